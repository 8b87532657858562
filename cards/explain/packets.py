"""Secured packets of a session: those over several short messages are joined, and what is ciphered is opened
where somebody has the keys (TS 102 225 §5, TS 31.115 §4, TS 23.040 §9.2.3.24.1)."""

from __future__ import annotations

from dataclasses import replace

from cards.explain.fields import Decoder, Field, read
from cards.explain.secrets import Opened, Secrets
from cards.explain.sms import (
    CIPHERED,
    HEADER_LENGTH,
    PART,
    RESPONSE_HEADER_LENGTH,
    RESPONSE_LENGTH,
    SECURED_PACKET,
    Part,
    elements,
    packet_decoder,
    part_of,
    response_packet,
    response_part,
    secured_part,
)

_ASSEMBLIES = 8
"""Long messages that may be incomplete at a time; the oldest makes room for another."""
_CLEAR = 6
"""Bytes of a response packet that are never ciphered."""
_RESPONSE_CIPHERED = 0x10
"""b5 of the second byte of SPI (TS 102 225 §5.1.1)."""
_Key = tuple[str, int, int]


class Packets:
    """The packets of one session."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._parts: dict[_Key, dict[int, tuple[bytes, set[int]]]] = {}
        self._commands: dict[bytes, bytes] = {}
        """TAR → the last command packet to it, by whose SPI and keys the response is secured."""

    def within(self, field: Field, data: bytes) -> Field:
        """The field, in which packets are joined and opened; `data` is what its offset counts in."""
        if not field.children:
            return field
        inner = field.data if field.data is not None else data
        children = tuple(self._joined(child, field.children, inner) for child in field.children)
        children = tuple(self.within(child, inner) for child in children)
        if field.name == SECURED_PACKET:
            packet = data[field.offset : field.offset + field.length]
            children = self._opened(packet, field.offset, children)
        if all(new is old for new, old in zip(children, field.children, strict=False)):
            return field
        return replace(field, children=children)

    # Several messages

    def _joined(self, field: Field, siblings: tuple[Field, ...], data: bytes) -> Field:
        """A part of a message: with the last one comes the whole below it."""
        header = next((one for one in siblings if one.name == "user data header"), None)
        if field.name != PART or header is None:
            return field
        user_data = data[header.offset : header.offset + header.length]
        part = part_of(user_data)
        if part is None:
            return field
        whole, identifiers = self._added(
            part, field, siblings, data, {kind for kind, _ in elements(user_data)}
        )
        said = f"part {part.number} of {part.total}"
        if not whole:
            return replace(field, value=f"{said}: {field.value}")
        return replace(
            field,
            value=f"{said}, the last to come",
            children=_message(whole, part.total, identifiers),
            data=whole,
        )

    def _added(
        self, part: Part, field: Field, siblings: tuple[Field, ...], data: bytes, identifiers: set[int]
    ) -> tuple[bytes, set[int]]:
        """The whole message and the elements of its first part's header; empty while parts are missing."""
        who = next((one.value for one in siblings if one.name.endswith(" address")), "")
        key = (who, part.reference, part.total)
        parts = self._parts.setdefault(key, {})
        parts[part.number] = data[field.offset : field.offset + field.length], identifiers
        if len(parts) < part.total:
            if len(self._parts) > _ASSEMBLIES:
                del self._parts[next(iter(self._parts))]
            return b"", set()
        del self._parts[key]
        return b"".join(parts[number][0] for number in range(1, part.total + 1)), parts[1][1]

    # What is ciphered

    def _opened(self, packet: bytes, start: int, children: tuple[Field, ...]) -> tuple[Field, ...]:
        """The fields of a packet with those that were ciphered."""
        if children and children[0].name == RESPONSE_LENGTH:
            return self._response(packet, start, children)
        self._commands[packet[7:10]] = packet
        if children[-1].name != CIPHERED or not (opened := self._secrets.packet(packet)):
            return children
        checksum = packet[2] - HEADER_LENGTH
        return _with(children, opened, lambda cursor: secured_part(cursor, checksum))

    def _response(self, packet: bytes, start: int, children: tuple[Field, ...]) -> tuple[Field, ...]:
        tar = packet[3:_CLEAR]
        command = self._commands.get(tar)
        if command is None or len(packet) <= _CLEAR or not command[4] & _RESPONSE_CIPHERED:
            return children
        closed = read(lambda cursor: response_packet(cursor, ciphered=True), packet)
        closed = tuple(replace(field, offset=field.offset + start) for field in closed)
        opened = self._secrets.response(command, packet)
        if opened is None:
            return closed
        checksum = packet[2] - RESPONSE_HEADER_LENGTH
        return _with(closed, opened, lambda cursor: response_part(cursor, checksum, tar))


def _with(children: tuple[Field, ...], opened: Opened, decoder: Decoder) -> tuple[Field, ...]:
    parts = read(decoder, opened.data)
    return (*children[:-1], replace(children[-1], value=opened.note, children=parts, data=opened.data))


def _message(whole: bytes, total: int, identifiers: set[int]) -> tuple[Field, ...]:
    """What all parts say together: a secured packet if the first header has its element, else bytes."""
    said = f"{len(whole)} bytes of {total} short messages"
    decoder = packet_decoder(identifiers)
    if decoder is None:
        return (Field("user data, joined", whole.hex().upper(), 0, len(whole)),)
    return (Field(SECURED_PACKET, said, 0, len(whole), "TS 31.115 §4", read(decoder, whole)),)
