"""AUTHENTICATE (TS 102 221 §11.1.16, TS 31.102 §7.1, TS 31.103 §7.1).

P2 names the security context; `CONTEXTS` says which application knows which, and what it needs for it.
The even instruction carries everything in one command; the odd one, for MBMS and local key establishment,
carries one data object '53' in blocks, and its answer is fetched in blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from asn1 import tlv
from asn1.errors import Asn1Error
from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc import services
from simulator.uicc.aka import AkaState, SynchronisationFailure
from simulator.uicc.command import ISO, command
from simulator.uicc.commands import gba, mbms
from simulator.uicc.commands.authenticate_data import (
    SUCCESS,
    SYNCHRONISATION_FAILURE,
    prefixed,
    read_fields,
    require_pin,
)
from simulator.uicc.index import Node
from simulator.uicc.services import Naa, Service

if TYPE_CHECKING:
    from simulator.uicc.card import Card
    from simulator.uicc.channel import Channel

_CONTEXT = 0x07
_P2_RFU = 0x78
_RAND_LENGTH, _AUTN_LENGTH = 16, 16
_VSERVICE_ID_LENGTH, _VK_ID_LENGTH = 4, 1


def _in_3g_context(channel: Channel, adf: Node, state: AkaState, data: bytes) -> bytes:
    """RAND and AUTN; 'DB' with RES, CK, IK (and Kc where the USIM has GSM access), or 'DC' with AUTS."""
    # TUAK may use a MAC of 16 or 32 bytes, which makes AUTN longer.
    autn_length = data[17] if len(data) > 17 and data[17] in (16, 24, 40) else _AUTN_LENGTH
    rand, autn = read_fields(data, _RAND_LENGTH, autn_length)
    result = state.authenticate(rand, autn)
    if isinstance(result, SynchronisationFailure):
        return bytes((SYNCHRONISATION_FAILURE,)) + prefixed(result.auts)
    keys = prefixed(result.res, result.ck, result.ik)
    if services.is_available(channel, adf, services.GSM_ACCESS):
        keys += prefixed(result.kc)
    return bytes((SUCCESS,)) + keys


def _in_gsm_context(channel: Channel, adf: Node, state: AkaState, data: bytes) -> bytes:
    """RAND; SRES and Kc."""
    (rand,) = read_fields(data, _RAND_LENGTH)
    return prefixed(*state.gsm(rand))


def _in_vgcs_vbs_context(channel: Channel, adf: Node, state: AkaState, data: bytes) -> bytes:
    """Vservice_Id, VK_Id and VSTK_RAND. No profile brings group keys (V_Ki), so none is ever found."""
    at = _VSERVICE_ID_LENGTH + _VK_ID_LENGTH + 2
    if len(data) <= at:
        raise StatusError(SW.WRONG_LENGTH)
    read_fields(data, _VSERVICE_ID_LENGTH, _VK_ID_LENGTH, data[at])
    raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)


class Context(NamedTuple):
    """A security context: which application knows it, by which instruction, with any of which services."""

    naa: Naa | None
    """None: an application that authenticates and is neither."""
    value: int
    """b3 to b1 of P2."""
    is_odd: bool
    services: tuple[Service, ...]
    clause: str
    run: Callable[[Channel, Node, AkaState, bytes], bytes]


CONTEXTS: tuple[Context, ...] = (
    Context(Naa.USIM, 0, False, (services.GSM_SECURITY_CONTEXT,), "TS 31.102 §7.1.1.1", _in_gsm_context),
    Context(Naa.USIM, 1, False, (), "TS 31.102 §7.1.1.1", _in_3g_context),
    Context(
        Naa.USIM,
        2,
        False,
        (services.VGCS_SECURITY, services.VBS_SECURITY),
        "TS 31.102 §7.1.1.2",
        _in_vgcs_vbs_context,
    ),
    Context(Naa.USIM, 4, False, (services.GBA,), "TS 31.102 §7.1.1.3", gba.in_gba_context),
    Context(Naa.USIM, 5, True, (services.MBMS_SECURITY,), "TS 31.102 §7.1.1.5", mbms.in_mbms_context),
    Context(Naa.ISIM, 1, False, (), "TS 31.103 §7.1.1.1", _in_3g_context),
    Context(Naa.ISIM, 4, False, (services.GBA_ISIM,), "TS 31.103 §7.1.1.3", gba.in_gba_context),
    Context(None, 1, False, (), "TS 102 221 §11.1.16", _in_3g_context),
)
"""Not here, and so refused with 9864: HTTP digest (ISIM, 2) and local key establishment (6)."""
_CONTEXTS = {(context.naa, context.value): context for context in CONTEXTS}
_KNOWN_CONTEXTS = frozenset((0, 1, 2, 4, 5, 6))
"""Codings of P2 that are not RFU, TS 31.102 Table 7.1.2-2."""


def _find(channel: Channel, p2: int, is_odd: bool) -> tuple[Context, Node, AkaState]:
    """The context that P2 names, if the current application has it and its PIN is verified (or disabled).

    StatusError 6A86 for RFU codings, 6985 without an application that authenticates, 6982, and 9864 for a
    context that this application does not have, has not as a service or takes by the other instruction.
    """
    if p2 & _P2_RFU or p2 & _CONTEXT not in _KNOWN_CONTEXTS:
        raise StatusError(SW.INCORRECT_P1_P2)
    adf = channel.adf
    state = channel.files.aka(adf.df.aid) if adf else None
    if adf is None or state is None:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    require_pin(channel, adf)
    context = _CONTEXTS.get((services.naa_of(adf), p2 & _CONTEXT))
    if context is None or context.is_odd is not is_odd:
        raise StatusError(SW.SECURITY_CONTEXT_NOT_SUPPORTED)
    if context.services and not any(services.is_available(channel, adf, row) for row in context.services):
        raise StatusError(SW.SECURITY_CONTEXT_NOT_SUPPORTED)
    return context, adf, state


def authenticate(channel: Channel, command: CommandApdu) -> bytes:
    """AUTHENTICATE with even instruction: the whole challenge in one command."""
    if command.p1:
        raise StatusError(SW.INCORRECT_P1_P2)
    context, adf, state = _find(channel, command.p2, is_odd=False)
    return context.run(channel, adf, state, command.data)


class _Exchange:
    """A challenge that comes, and an answer that goes, in several blocks on one channel.

    It ends where the application changes, or where a reset or a PIN command changes the security status.
    """

    __slots__ = ("aid", "answer", "challenge", "context", "epoch", "sent")

    def __init__(self, context: Context, aid: bytes, epoch: int) -> None:
        self.context = context
        self.aid = aid
        self.epoch = epoch
        self.challenge = b""
        self.answer = b""
        self.sent = 0


_exchanges: WeakKeyDictionary[Card, dict[int, _Exchange]] = WeakKeyDictionary()
"""Per card: channel number → exchange under way."""

_FIRST_BLOCK, _NEXT_BLOCK = 0x80, 0x00
_FIRST_ANSWER_BLOCK, _NEXT_ANSWER_BLOCK = 0xA0, 0x20


def authenticate_in_blocks(channel: Channel, command: CommandApdu) -> bytes:
    """AUTHENTICATE with odd instruction (TS 102 221 §11.1.16.2): P1 says what the block is."""
    if command.p1 in (_FIRST_ANSWER_BLOCK, _NEXT_ANSWER_BLOCK):
        return _answer_block(channel, command)
    if not command.data:
        raise StatusError(SW.WRONG_LENGTH)
    if command.p1 == _FIRST_BLOCK:
        context, adf, _ = _find(channel, command.p2, is_odd=True)
        exchange = _Exchange(context, adf.df.aid, channel.card.security_epoch)
        _exchanges.setdefault(channel.card, {})[channel.number] = exchange
    elif command.p1 == _NEXT_BLOCK:
        exchange = _current(channel)
    else:
        raise StatusError(SW.INCORRECT_P1_P2)
    try:
        return _take(channel, exchange, command.data)
    except StatusError as error:
        if error.sw not in (SW.MORE_DATA_EXPECTED, SW.RESPONSE_DATA_AVAILABLE):
            del _exchanges[channel.card][channel.number]
        raise


def _current(channel: Channel) -> _Exchange:
    exchange = _exchanges.get(channel.card, {}).get(channel.number)
    if exchange is None or channel.adf is None or exchange.aid != channel.adf.df.aid:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    if exchange.epoch != channel.card.security_epoch:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    return exchange


def _take(channel: Channel, exchange: _Exchange, block: bytes) -> bytes:
    """Add a block; 63F1 until the data object is complete, then 62F3 when there is an answer to fetch."""
    if exchange.answer:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    exchange.challenge += block
    content, end = _extent(exchange.challenge)
    if len(exchange.challenge) < end:
        raise StatusError(SW.MORE_DATA_EXPECTED)
    if len(exchange.challenge) > end:
        raise StatusError(SW.INCORRECT_DATA)
    context, adf, state = _find(channel, exchange.context.value, is_odd=True)
    exchange.answer = context.run(channel, adf, state, exchange.challenge[content:])
    exchange.epoch = channel.card.security_epoch
    raise StatusError(SW.RESPONSE_DATA_AVAILABLE)


def _extent(challenge: bytes) -> tuple[int, int]:
    """Where the value of the data object '53' begins and ends. 6A80 for any other, 63F1 if its length is
    not there yet."""
    if challenge[0] != mbms.DATA_OBJECT:
        raise StatusError(SW.INCORRECT_DATA)
    try:
        return tlv.read_header(challenge, 0)[1:]
    except Asn1Error:
        octets = challenge[1] & 0x7F if len(challenge) > 1 else 1
        if len(challenge) < 2 + octets <= 2 + tlv.MAX_LENGTH_OCTETS:
            raise StatusError(SW.MORE_DATA_EXPECTED) from None
        raise StatusError(SW.INCORRECT_DATA) from None


def _answer_block(channel: Channel, command: CommandApdu) -> bytes:
    """A block of the answer, as long as Le asks; 62F1 while more is there."""
    if command.data:
        raise StatusError(SW.WRONG_LENGTH)
    exchange = _current(channel)
    if not exchange.answer:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    if command.p1 == _FIRST_ANSWER_BLOCK:
        exchange.sent = 0
    elif not 0 < exchange.sent < len(exchange.answer):
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    block = exchange.answer[exchange.sent : exchange.sent + (command.le or 0)]
    exchange.sent += len(block)
    if exchange.sent < len(exchange.answer):
        raise StatusError(SW.MORE_DATA, block)
    return block


COMMANDS = (
    command("AUTHENTICATE", ISO, 0x88, "34", "TS 102 221 §11.1.16", authenticate),
    command("AUTHENTICATE (in blocks)", ISO, 0x89, "234", "TS 102 221 §11.1.16.2", authenticate_in_blocks),
)
