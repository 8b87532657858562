"""PUT KEY and key information (GP Card Specification §11.8, §11.3.3.1, §11.11.4)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.apdu import CommandApdu
from cards.explain.fields import Cursor, Decoder, Field, counted, hexadecimal, named, number
from cards.explain.globalplatform.words import (
    KEY_TYPES,
    key_access,
    key_type,
    key_usage_of_one_or_two,
    key_version,
)
from cards.explain.place import Place
from cards.explain.tlvs import Row, template

_CLAUSE = "GP Card Specification §11.8"
_AES, _EXTENDED = 0x88, 0xFF
_MULTIPLE, _MORE = 0x80, 0x80


def asked(command: CommandApdu, place: Place) -> str:
    version = command.data[:1]
    old = command.p1 & ~_MORE
    new = f"version {version[0]:02X}" if version else "no version"
    return f"{new}, {f'in place of version {old:02X}' if old else 'new'}"


def parameters(command: CommandApdu) -> tuple[str, str]:
    old = command.p1 & ~_MORE
    first = f"version {old:02X} is replaced" if old else "new keys"
    more = ", more commands follow" if command.p1 & _MORE else ""
    several = " is the first of several" if command.p2 & _MULTIPLE else ""
    return first + more, f"key {command.p2 & ~_MULTIPLE}{several}"


def new_keys(command: CommandApdu, place: Place) -> Decoder:
    """The new version, then key after key, whose identifiers count from P2 on (Tables 11-67 to 11-69)."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        yield cursor.field("new key version", 1, key_version, f"{_CLAUSE}.2.3")
        identifier = command.p2 & ~_MULTIPLE
        while cursor.left:
            start = cursor.at
            children = tuple(_key(cursor))
            yield Field(f"key {identifier}", children[0].value, start, cursor.at - start, _CLAUSE, children)
            identifier += 1

    return decode


def _key(cursor: Cursor) -> Iterator[Field]:
    kind = cursor.peek()
    yield cursor.field("type", 1, key_type, "GP Card Specification Table 11-16")
    if kind[0] == _EXTENDED:
        yield from _extended(cursor)
        return
    yield from _value(cursor, is_aes=kind[0] == _AES)
    yield from _check_value(cursor)


def _value(cursor: Cursor, *, is_aes: bool) -> Iterator[Field]:
    """The key as it came: enciphered with the key encryption key; that of AES behind its clear length
    (Amendment D §7.2)."""
    length = _length(cursor)
    yield length
    left = int(length.value)
    if is_aes and left > 1:
        yield cursor.field("length of the key", 1, counted("bytes"), "GP Amendment D §7.2")
        left -= 1
    yield cursor.field("key, enciphered", left)


def _length(cursor: Cursor) -> Field:
    start = cursor.at
    octet = cursor.take(1)[0]
    if octet in (0x81, 0x82):
        octet = int.from_bytes(cursor.take(octet & 0x7F), "big")
    return Field("length of key data", str(octet), start, cursor.at - start)


def _check_value(cursor: Cursor) -> Iterator[Field]:
    length = cursor.peek()
    yield cursor.field("length of check value", 1, number)
    if length[0]:
        yield cursor.field("key check value", length[0])


def _extended(cursor: Cursor) -> Iterator[Field]:
    """Format 2: component after component, check value, usage and access (Table 11-69)."""
    yield cursor.field("type of component", 1, key_type)
    yield from _value(cursor, is_aes=False)
    yield from _check_value(cursor)
    length = cursor.peek()
    yield cursor.field("length of usage", 1, number)
    if length[0]:
        yield cursor.field("usage", length[0], key_usage_of_one_or_two, "GP Card Specification §11.1.9")
    length = cursor.peek()
    yield cursor.field("length of access", 1, number)
    if length[0]:
        yield cursor.field("access", length[0], key_access, "GP Card Specification §11.1.10")


def put_answer(cursor: Cursor) -> Iterator[Field]:
    """The key version, then three bytes of check value a key (Table 11-71)."""
    yield cursor.field("key version", 1, key_version)
    place = 0
    while cursor.left >= 3:
        place += 1
        yield cursor.field(f"check value {place}", 3)


def _information(cursor: Cursor) -> Iterator[Field]:
    """Identifier, version, and type and length of each component (Table 11-27); 'FF' in front of a type: two
    bytes of type and length each, then usage and access (Table 11-28)."""
    yield cursor.field("key identifier", 1, number)
    yield cursor.field("key version", 1, key_version)
    while cursor.left >= 2 and cursor.peek() != b"\xff":
        yield cursor.field(
            "component", 2, lambda data: f"{KEY_TYPES.get(data[0], f'type {data[0]:02X}')}, {data[1]} bytes"
        )
    while cursor.left >= 4 and cursor.peek() == b"\xff":
        yield cursor.field(
            "component",
            4,
            lambda data: (
                f"{KEY_TYPES.get(data[1], f'type {data[1]:02X}')}, {int.from_bytes(data[2:], 'big')} bytes"
            ),
        )
    for name, words in (("usage", key_usage_of_one_or_two), ("access", key_access)):
        if cursor.left:
            size = cursor.peek()[0]
            yield cursor.field(f"length of {name}", 1, number)
            if size:
                yield cursor.field(name, size, words)


INFORMATION = {0xC0: Row("key", clause="GP Card Specification Table 11-27", inside=_information)}
"""In 'E0'."""
_REFERENCES = {
    0: "P-256", 1: "P-384", 2: "P-521", 3: "brainpoolP256r1", 4: "brainpoolP256t1", 5: "brainpoolP384r1",
    6: "brainpoolP384t1", 7: "brainpoolP512r1", 8: "brainpoolP512t1",
}  # fmt: skip
curve = named(_REFERENCES)
"""Key parameter reference (Table B-2)."""
_SCOPE = "GP Card Specification Table 11-91"
CONTROL_REFERENCE = {
    0xB9: Row(
        "control reference template",
        clause=_SCOPE,
        inside=template(
            {
                0x95: Row("usage", key_usage_of_one_or_two, _SCOPE),
                0x96: Row("access", key_access, _SCOPE),
                0x80: Row("type", key_type, _SCOPE),
                0x81: Row("length", counted("bytes"), _SCOPE),
                0x82: Row("key identifier", hexadecimal, _SCOPE),
                0x83: Row("key version", key_version, _SCOPE),
                0x85: Row("curve", curve, _SCOPE),
                0x91: Row("initial value of the counter", number, _SCOPE),
            }
        ),
    )
}
"""Of keys that STORE DATA brings."""
