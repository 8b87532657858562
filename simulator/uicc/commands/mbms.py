"""AUTHENTICATE in the MBMS security context (TS 31.102 §7.1.1.5 to §7.1.1.8, TS 33.246).

Service keys (MSK) and user keys (MUK) are found and deleted by their identifiers in EF.MSK and EF.MUK. No
profile brings the keys themselves, and this card does not take them out of MIKEY messages: an update is
checked for a known and fresh key, and refused where its MAC would have to be checked next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from asn1 import tlv
from asn1.errors import Asn1Error
from cards.status import SW, StatusError
from simulator.uicc.aka import AkaState
from simulator.uicc.commands.authenticate_data import SUCCESS
from simulator.uicc.commands.gba import state_of
from simulator.uicc.image import FileStructure
from simulator.uicc.index import Node

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

DATA_OBJECT: Final = 0x53
"""Tag of the one data object that command and answer consist of."""
_DONE = tlv.encode(DATA_OBJECT, bytes((SUCCESS,)))
"""The answer of a mode that gives no data."""

_EF_MSK, _EF_MUK = 0x6FD7, 0x6FD8
_MUK_ID, _TIME_STAMP = 0xA0, 0x81
_IDR, _IDI = 0x80, 0x82
_KEY_DOMAIN_LENGTH, _KEY_GROUP_LENGTH, _MSK_ID_LENGTH, _COUNTER_LENGTH = 3, 2, 4, 4


def in_mbms_context(channel: Channel, adf: Node, state: AkaState, data: bytes) -> bytes:
    """The value of '53': the mode and what it works on. Unknown modes are no supported context."""
    if not data:
        raise StatusError(SW.INCORRECT_DATA)
    mode = _MODES.get(data[0])
    if mode is None:
        raise StatusError(SW.SECURITY_CONTEXT_NOT_SUPPORTED)
    return mode(channel, adf, data[1:])


def _update_msk(channel: Channel, adf: Node, message: bytes) -> bytes:
    """MSK Update Mode: a MIKEY message that the user key between IDi and IDr protects.

    6A88 if there is no such key, 9865 if the message's counter is not higher than the last one, 9867 if a
    NAF key would become a user key and EF.MUK is full.
    """
    mikey = _read_mikey(message)
    for record in _records(channel, adf, _EF_MUK):
        muk = _read_muk(record)
        if muk is None or (muk.idi, muk.idr) != (mikey.idi, mikey.idr):
            continue
        if mikey.counter <= muk.counter:
            raise StatusError(SW.KEY_FRESHNESS_FAILURE)
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    naf_key = state_of(channel, adf).naf_keys.get(mikey.idi)
    if naf_key is None or naf_key.b_tid != mikey.idr:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    if not any(_is_unused(record) for record in _records(channel, adf, _EF_MUK)):
        raise StatusError(SW.AUTHENTICATION_NO_MEMORY_MUK)
    raise StatusError(SW.SECURITY_CONTEXT_NOT_SUPPORTED)


def _generate_mtk(channel: Channel, adf: Node, message: bytes) -> bytes:
    """MTK Generation Mode: a MIKEY message that a service key protects; this card holds none."""
    _read_payloads(message)
    raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)


def _delete_msk(channel: Channel, adf: Node, data: bytes) -> bytes:
    """MSK Deletion Mode: Key Domain ID and Key Group part; every MSK of the group goes. 6A88 if none."""
    if len(data) != _KEY_DOMAIN_LENGTH + _KEY_GROUP_LENGTH:
        raise StatusError(SW.INCORRECT_DATA)
    domain, group = data[:_KEY_DOMAIN_LENGTH], data[_KEY_DOMAIN_LENGTH:]
    records = _records(channel, adf, _EF_MSK)
    remaining = [_without_group(record, domain, group) for record in records]
    if remaining == records:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    channel.card.write(adf.by_fid[_EF_MSK], b"".join(remaining))
    return _DONE


def _without_group(record: bytes, domain: bytes, group: bytes) -> bytes:
    """A record of EF.MSK without the keys of a group: Key Domain ID, their number, and for each the MSK ID
    (Key Group part first) and its time stamp counter (§4.2.80)."""
    header, size = _KEY_DOMAIN_LENGTH + 1, _MSK_ID_LENGTH + _COUNTER_LENGTH
    if record[:_KEY_DOMAIN_LENGTH] != domain or len(record) < header:
        return record
    count = min(record[_KEY_DOMAIN_LENGTH], (len(record) - header) // size)
    entries = [record[header + size * at : header + size * (at + 1)] for at in range(count)]
    kept = [entry for entry in entries if not entry.startswith(group)]
    if len(kept) == len(entries):
        return record
    shortened = domain + bytes((len(kept),)) + b"".join(kept) if kept else b""
    return shortened.ljust(len(record), b"\xff")


def _delete_muk(channel: Channel, adf: Node, data: bytes) -> bytes:
    """MUK Deletion Mode: the MUK ID as EF.MUK has it, 'A0' with IDr and IDi. 6A88 if it is not there."""
    wanted = _read_muk_id(data)
    if wanted is None:
        raise StatusError(SW.INCORRECT_DATA)
    records = _records(channel, adf, _EF_MUK)
    known = [_read_muk(record) for record in records]
    number = next((at for at, muk in enumerate(known) if muk and (muk.idi, muk.idr) == wanted), None)
    if number is None:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    records[number] = b"\xff" * len(records[number])
    channel.card.write(adf.by_fid[_EF_MUK], b"".join(records))
    return _DONE


_MODES: dict[int, Callable[[Channel, Node, bytes], bytes]] = {
    0x01: _update_msk,
    0x02: _generate_mtk,
    0x03: _delete_msk,
    0x04: _delete_muk,
}
"""MBMS Security Context Mode (§7.1.2.4)."""


def _records(channel: Channel, adf: Node, fid: int) -> list[bytes]:
    node = adf.by_fid.get(fid)
    if node is None or node.structure is not FileStructure.LINEAR_FIXED or not node.record_length:
        return []
    body = channel.files.body(node)
    return [body[at : at + node.record_length] for at in range(0, len(body), node.record_length)]


def _is_unused(record: bytes) -> bool:
    return not record.strip(b"\xff")


class _Muk(NamedTuple):
    """A record of EF.MUK (§4.2.81)."""

    idi: bytes
    idr: bytes
    counter: int


def _read_muk(record: bytes) -> _Muk | None:
    """A record of EF.MUK; None if it is unused or cannot be read."""
    identifier = _read_muk_id(record)
    if identifier is None:
        return None
    try:
        stamp = tlv.read(record, tlv.read(record).end)
    except Asn1Error:
        return None
    return _Muk(*identifier, int.from_bytes(stamp.value, "big")) if stamp.tag == _TIME_STAMP else None


def _read_muk_id(data: bytes) -> tuple[bytes, bytes] | None:
    """IDi and IDr of the MUK ID that the data begin with; None if they do not."""
    try:
        template = tlv.read(data)
        idi, idr = tlv.find(template.value, _IDI), tlv.find(template.value, _IDR)
    except Asn1Error:
        return None
    if template.tag != _MUK_ID or idi is None or idr is None:
        return None
    return idi, idr


class _Mikey(NamedTuple):
    """What a MIKEY message says in clear: the two parties and the replay counter (RFC 3830 §6)."""

    idi: bytes
    idr: bytes
    counter: int


_KEMAC, _TIME, _ID, _POLICY, _RAND, _EXTENSION = 1, 5, 6, 10, 11, 21
_HEADER_LENGTH = 10
_SESSION_MAP_ENTRY = {0: 9, 1: 0}
"""CS ID map type → bytes per session: SRTP-ID (RFC 3830 §6.1), empty map (RFC 4563 §5)."""
_TIME_STAMP_LENGTH = {0: 8, 1: 8, 2: 4}
"""TS type → length: NTP-UTC, NTP, COUNTER (RFC 3830 §6.6)."""
_COUNTER = 2
_MAC_LENGTH = {0: 0, 1: 20}
"""MAC algorithm of KEMAC → length: none, HMAC-SHA-1-160 (RFC 3830 §6.2)."""


def _read_mikey(message: bytes) -> _Mikey:
    """The parts of an MSK message that identify its key. 6A80 if it is not one."""
    payloads = _read_payloads(message)
    identities = [body[3:] for kind, body in payloads if kind == _ID]
    counters = [body[1:] for kind, body in payloads if kind == _TIME and body[0] == _COUNTER]
    if len(identities) != 2 or len(counters) != 1:
        raise StatusError(SW.INCORRECT_DATA)
    idi, idr = identities
    return _Mikey(idi, idr, int.from_bytes(counters[0], "big"))


def _read_payloads(message: bytes) -> list[tuple[int, bytes]]:
    """The payloads behind the common header, as (type, what follows the next-payload byte). 6A80 if they
    do not fill the message exactly."""
    try:
        kind, at = message[2], _HEADER_LENGTH + message[8] * _SESSION_MAP_ENTRY[message[9]]
        payloads = []
        while kind:
            length = _payload_length(kind, message, at + 1)
            payloads.append((kind, message[at + 1 : at + 1 + length]))
            kind, at = message[at], at + 1 + length
    except (IndexError, KeyError):
        raise StatusError(SW.INCORRECT_DATA) from None
    if at != len(message):
        raise StatusError(SW.INCORRECT_DATA)
    return payloads


def _payload_length(kind: int, message: bytes, at: int) -> int:
    """Length of a payload without its next-payload byte, from `at`. KeyError for a type that no MBMS
    message has, IndexError at the end of the message."""

    def word(offset: int) -> int:
        return message[at + offset] << 8 | message[at + offset + 1]

    if kind == _KEMAC:
        encrypted = word(1)
        return 4 + encrypted + _MAC_LENGTH[message[at + 3 + encrypted]]
    if kind == _TIME:
        return 1 + _TIME_STAMP_LENGTH[message[at]]
    if kind == _RAND:
        return 1 + message[at]
    if kind == _POLICY:
        return 4 + word(2)
    if kind in (_ID, _EXTENSION):
        return 3 + word(1)
    raise KeyError(kind)
