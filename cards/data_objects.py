"""Data objects of BER-TLV files, from the terminal's side: RETRIEVE DATA and SET DATA (TS 102 221 §11.3)."""

from __future__ import annotations

from asn1 import tlv
from asn1.errors import TlvError
from cards.apdu import SHORT_DATA_LIMIT, SHORT_LE_LIMIT, CommandApdu
from cards.errors import CardProtocolError, CardStatusError
from cards.session import CardSession
from cards.status import SW

RETRIEVE_DATA, SET_DATA = 0xCB, 0xDB
FIRST_BLOCK, NEXT_BLOCK = 0x80, 0x00
TAG_LIST = 0x5C
_PROPRIETARY = 0x80


def retrieve(session: CardSession, tag: int) -> bytes:
    """The value of an object of the selected file, in as many blocks as it takes. Raises CardStatusError."""
    command = CommandApdu(_PROPRIETARY, RETRIEVE_DATA, 0, FIRST_BLOCK, tlv.tag_bytes(tag), SHORT_LE_LIMIT)
    response = session.transmit(command)
    octets = response.data
    while response.sw in (SW.MORE_DATA, SW.MORE_DATA_PROACTIVE):
        command = CommandApdu(_PROPRIETARY, RETRIEVE_DATA, 0, NEXT_BLOCK, le=SHORT_LE_LIMIT)
        response = session.transmit(command)
        octets += response.data
    if not response.sw.is_success:
        raise CardStatusError(response.sw, command, f"RETRIEVE DATA {tag:X}")
    try:
        found = tlv.read(octets)
    except TlvError as error:
        raise CardProtocolError(f"RETRIEVE DATA {tag:X} brought no TLV: {error}") from None
    if found.tag != tag or found.end != len(octets):
        raise CardProtocolError(f"RETRIEVE DATA {tag:X} brought tag {found.tag:X}, {len(octets)} bytes")
    return found.value


def tags(session: CardSession) -> list[int]:
    """The tags of all objects in the selected file."""
    octets = retrieve(session, TAG_LIST)
    found, offset = [], 0
    while offset < len(octets):
        end = offset + 1
        if octets[offset] & 0x1F == 0x1F:
            while octets[end : end + 1] and octets[end] & 0x80:
                end += 1
            end += 1
        found.append(int.from_bytes(octets[offset:end], "big"))
        offset = end
    return found


def store(session: CardSession, tag: int, value: bytes) -> None:
    """Create or replace an object of the selected file."""
    _send(session, tlv.encode(tag, value), f"SET DATA {tag:X}")


def delete(session: CardSession, tag: int) -> None:
    """Delete an object of the selected file."""
    _send(session, tlv.tag_bytes(tag), f"SET DATA {tag:X} without value")


def _send(session: CardSession, octets: bytes, doing: str) -> None:
    for start in range(0, len(octets), SHORT_DATA_LIMIT):
        block = octets[start : start + SHORT_DATA_LIMIT]
        command = CommandApdu(_PROPRIETARY, SET_DATA, 0, NEXT_BLOCK if start else FIRST_BLOCK, block)
        sw = session.transmit(command).sw
        expects_more = sw in (SW.MORE_DATA_EXPECTED, SW.MORE_DATA_EXPECTED_PROACTIVE)
        is_last = start + SHORT_DATA_LIMIT >= len(octets)
        if is_last == expects_more or not (expects_more or sw.is_success):
            raise CardStatusError(sw, command, doing)
