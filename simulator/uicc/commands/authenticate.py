"""AUTHENTICATE (TS 102 221 §11.1.16, TS 31.102 §7.1, TS 31.103 §7.1): 3G and GSM security contexts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.aka import AkaState, SynchronisationFailure
from simulator.uicc.command import ISO, command
from simulator.uicc.index import Node

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

_CONTEXT = 0x07
_GSM_CONTEXT, _3G_CONTEXT = 0x00, 0x01
_P2_RFU = 0x78
_SUCCESS, _SYNCHRONISATION_FAILURE = 0xDB, 0xDC
_RAND_LENGTH, _AUTN_LENGTH = 16, 16
_USIM_RID = bytes.fromhex("A0000000871002")
_UST = 0x6F38
_GSM_ACCESS, _GSM_SECURITY_CONTEXT = 27, 38
"""Services of EF.UST that AUTHENTICATE depends on (TS 31.102 §4.2.8)."""


def authenticate(channel: Channel, command: CommandApdu) -> bytes:
    """AUTHENTICATE. The PIN of the application must be verified (or disabled), TS 31.102 §7.1.1.1."""
    if command.p1 or command.p2 & _P2_RFU:
        raise StatusError(SW.INCORRECT_P1_P2)
    adf = channel.adf
    state = channel.files.aka(adf.df.aid) if adf else None
    if adf is None or state is None:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    _require_pin(channel, adf)
    context = command.p2 & _CONTEXT
    if context == _3G_CONTEXT:
        return _in_3g_context(channel, adf, state, command.data)
    if context == _GSM_CONTEXT and _is_usim(adf):
        return _in_gsm_context(channel, adf, state, command.data)
    raise StatusError(SW.SECURITY_CONTEXT_NOT_SUPPORTED)


def _require_pin(channel: Channel, adf: Node) -> None:
    """The application's PIN is the first global one that its PIN status template names."""
    reference = next((key for key in adf.df.pin_status if 0x01 <= key <= 0x08), None)
    if reference is None:
        return
    if not channel.files.is_satisfied(adf, reference, channel.card.verified):
        raise StatusError(SW.SECURITY_STATUS_NOT_SATISFIED)


def _fields(data: bytes, *lengths: int) -> list[bytes]:
    """Length-prefixed fields; 6700 if they are not as long as the context wants or do not fill the data."""
    if len(data) != sum(lengths) + len(lengths):
        raise StatusError(SW.WRONG_LENGTH)
    fields, at = [], 0
    for length in lengths:
        if data[at] != length:
            raise StatusError(SW.INCORRECT_DATA)
        fields.append(data[at + 1 : at + 1 + length])
        at += 1 + length
    return fields


def _prefixed(*fields: bytes) -> bytes:
    return b"".join(bytes((len(field),)) + field for field in fields)


def _in_3g_context(channel: Channel, adf: Node, state: AkaState, data: bytes) -> bytes:
    """RAND and AUTN; 'DB' with RES, CK, IK (and Kc where the USIM has GSM access), or 'DC' with AUTS."""
    # TUAK may use a MAC of 16 or 32 bytes, which makes AUTN longer.
    autn_length = data[17] if len(data) > 17 and data[17] in (16, 24, 40) else _AUTN_LENGTH
    rand, autn = _fields(data, _RAND_LENGTH, autn_length)
    result = state.authenticate(rand, autn)
    if isinstance(result, SynchronisationFailure):
        return bytes((_SYNCHRONISATION_FAILURE,)) + _prefixed(result.auts)
    keys = _prefixed(result.res, result.ck, result.ik)
    if _is_usim(adf) and _has_service(channel, adf, _GSM_ACCESS):
        keys += _prefixed(result.kc)
    return bytes((_SUCCESS,)) + keys


def _in_gsm_context(channel: Channel, adf: Node, state: AkaState, data: bytes) -> bytes:
    """RAND; SRES and Kc."""
    if not _has_service(channel, adf, _GSM_SECURITY_CONTEXT):
        raise StatusError(SW.SECURITY_CONTEXT_NOT_SUPPORTED)
    (rand,) = _fields(data, _RAND_LENGTH)
    return _prefixed(*state.gsm(rand))


def _is_usim(adf: Node) -> bool:
    return adf.df.aid.startswith(_USIM_RID)


def _has_service(channel: Channel, adf: Node, service: int) -> bool:
    """Whether EF.UST says that a service is available; a card without EF.UST has all."""
    table = adf.by_fid.get(_UST)
    if table is None:
        return True
    byte, bit = divmod(service - 1, 8)
    body = channel.files.body(table)
    return byte < len(body) and bool(body[byte] >> bit & 1)


COMMANDS = (command("AUTHENTICATE", ISO, 0x88, "34", "TS 102 221 §11.1.16", authenticate),)
