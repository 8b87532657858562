"""Primitive types in DER: BOOLEAN, INTEGER, strings of bits and octets, OIDs (ITU-T X.690 §8, §10, §11)."""

from __future__ import annotations

from typing import Any

from asn1.der.base import wrong_type
from asn1.der.constraints import Ranges, allows, describe
from asn1.errors import DecodeError, EncodeError


class Boolean:
    """One octet, 00 or FF (X.690 §11.1); a `bool`."""

    def decode(self, data: bytes, start: int, content: int, end: int) -> bool:
        if end - content != 1 or data[content] not in (0x00, 0xFF):
            raise DecodeError("", start, "a BOOLEAN is the one octet 00 or FF")
        return data[content] == 0xFF

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, bool):
            raise wrong_type("a bool", value)
        return b"\xff" if value else b"\x00"


class Null:
    """No octets; None."""

    def decode(self, data: bytes, start: int, content: int, end: int) -> None:
        if content != end:
            raise DecodeError("", start, "a NULL with a value")

    def encode(self, value: Any) -> bytes:
        if value is not None:
            raise wrong_type("None", value)
        return b""


class Integer:
    """Two's complement in the fewest octets (X.690 §8.3.2); an `int` within `ranges`."""

    __slots__ = ("_ranges",)

    def __init__(self, ranges: Ranges) -> None:
        self._ranges = ranges

    def decode(self, data: bytes, start: int, content: int, end: int) -> int:
        value = minimal_integer(data, start, content, end)
        if self._ranges and not allows(self._ranges, value):
            raise DecodeError("", start, f"an INTEGER outside {describe(self._ranges)}")
        return value

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type("an int", value)
        if self._ranges and not allows(self._ranges, value):
            raise EncodeError("", f"an INTEGER outside {describe(self._ranges)}")
        return integer_octets(value)


def minimal_integer(data: bytes, start: int, content: int, end: int) -> int:
    """The two's complement number in `data[content:end]`, which must use the fewest octets."""
    if content == end:
        raise DecodeError("", start, "an INTEGER without a value")
    if end - content > 1 and data[content] in (0x00, 0xFF) and (data[content] ^ data[content + 1]) < 0x80:
        raise DecodeError("", start, "an INTEGER in more octets than it needs")
    return int.from_bytes(data[content:end], "big", signed=True)


def integer_octets(value: int) -> bytes:
    """Two's complement in the fewest octets."""
    magnitude = value if value >= 0 else ~value
    return value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


class Enumerated:
    """An INTEGER that stands for a name; the name as `str`."""

    __slots__ = ("_names", "_numbers")

    def __init__(self, names: tuple[tuple[int, str], ...]) -> None:
        self._names = dict(names)
        self._numbers = {name: number for number, name in names}

    def decode(self, data: bytes, start: int, content: int, end: int) -> str:
        name = self._names.get(minimal_integer(data, start, content, end))
        if name is None:
            raise DecodeError("", start, "a number that the ENUMERATED does not name")
        return name

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, str) or value not in self._numbers:
            raise EncodeError("", f"one of {', '.join(self._numbers)} expected, not {value!r:.40}")
        return integer_octets(self._numbers[value])


class OctetString:
    """Any octets (X.690 §8.7); `bytes`."""

    def decode(self, data: bytes, start: int, content: int, end: int) -> bytes:
        return data[content:end]

    def encode(self, value: Any) -> bytes:
        if type(value) is bytes:
            return value
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise wrong_type("bytes", value)
        return bytes(value)


class SizedOctetString(OctetString):
    """Octets in a number that SIZE allows; `bytes`."""

    __slots__ = ("_high", "_low", "_ranges")

    def __init__(self, ranges: Ranges) -> None:
        self._ranges = ranges
        (low, high), *others = ranges
        # With one range, as nearly always, two comparisons decide; else the bounds stay for the slow way.
        self._low = 0 if others else low or 0
        self._high = -1 if others else (1 << 32 if high is None else high)

    def decode(self, data: bytes, start: int, content: int, end: int) -> bytes:
        if not self._low <= end - content <= self._high and not allows(self._ranges, end - content):
            raise DecodeError("", start, f"{end - content} octets, SIZE ({describe(self._ranges)}) asked")
        return data[content:end]

    def encode(self, value: Any) -> bytes:
        octets = super().encode(value)
        if not self._low <= len(octets) <= self._high and not allows(self._ranges, len(octets)):
            raise EncodeError("", f"{len(octets)} octets, SIZE ({describe(self._ranges)}) asked")
        return octets


class BitString:
    """`(octets, number_of_bits)`; unused bits are zero (X.690 §11.2.1), SIZE counts bits.

    X.690 §11.2.2 strips trailing zero bits where the bits have names. Servers and cards in the field do not
    keep to it, so such bits are accepted, kept in the number of bits, and written back as they were.
    """

    __slots__ = ("_ranges",)

    def __init__(self, ranges: Ranges) -> None:
        self._ranges = ranges

    def decode(self, data: bytes, start: int, content: int, end: int) -> tuple[bytes, int]:
        if content == end:
            raise DecodeError("", start, "a BIT STRING without its count of unused bits")
        unused = data[content]
        octets = data[content + 1 : end]
        if unused > 7 or (unused and (not octets or octets[-1] & ((1 << unused) - 1))):
            raise DecodeError("", start, "a BIT STRING whose unused bits are not zero")
        number_of_bits = 8 * len(octets) - unused
        if self._ranges and not allows(self._ranges, number_of_bits):
            raise DecodeError("", start, f"{number_of_bits} bits, SIZE ({describe(self._ranges)}) asked")
        return octets, number_of_bits

    def encode(self, value: Any) -> bytes:
        octets, number_of_bits = _checked_bits(value)
        if self._ranges and not allows(self._ranges, number_of_bits):
            raise EncodeError("", f"{number_of_bits} bits, SIZE ({describe(self._ranges)}) asked")
        return bytes((8 * len(octets) - number_of_bits,)) + octets


def _checked_bits(value: Any) -> tuple[bytes, int]:
    """The octets and the number of bits of a BIT STRING value; EncodeError where they contradict."""
    match value:
        case (bytes() | bytearray() as octets, int(number_of_bits)):
            unused = 8 * len(octets) - number_of_bits
        case _:
            raise wrong_type("(bytes, number of bits)", value)
    if not 0 <= unused <= 7:
        raise EncodeError("", f"{number_of_bits} bits do not lie in {len(octets)} octets")
    if unused and octets[-1] & ((1 << unused) - 1):
        raise EncodeError("", "a BIT STRING whose unused bits are not zero")
    return bytes(octets), number_of_bits


class ObjectIdentifier:
    """Arcs in base 128 (X.690 §8.19); dotted `str`. The first two share a number: 2.999 is 1079."""

    # An arc is at most a UUID (X.667): 128 bits, 19 octets.
    MAX_ARC_BITS = 128

    def decode(self, data: bytes, start: int, content: int, end: int) -> str:
        if content == end or data[end - 1] & 0x80:
            raise DecodeError("", start, "an OBJECT IDENTIFIER cut short")
        numbers: list[int] = []
        number = 0
        fresh = True
        for octet in data[content:end]:
            if (fresh and octet == 0x80) or number >> self.MAX_ARC_BITS - 7:
                raise DecodeError("", start, "an OBJECT IDENTIFIER arc in more octets than it needs")
            number = number << 7 | octet & 0x7F
            fresh = not octet & 0x80
            if fresh:
                numbers.append(number)
                number = 0
        root = min(numbers[0] // 40, 2)
        return ".".join(map(str, (root, numbers[0] - 40 * root, *numbers[1:])))

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise wrong_type("a dotted OID as str", value)
        parts = value.split(".")
        if len(parts) < 2 or not all(
            part.isascii() and part.isdecimal() and len(part) < 40 for part in parts
        ):
            raise EncodeError("", f"no object identifier: {value!r:.60}")
        root, second, *rest = map(int, parts)
        if root > 2 or (root < 2 and second > 39):
            raise EncodeError("", f"no object identifier: {value!r:.60}")
        return b"".join(map(_base128, (40 * root + second, *rest)))


def _base128(number: int) -> bytes:
    """A number in groups of seven bits, the top bit set on all but the last octet."""
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(number & 0x7F | 0x80)
    return bytes(reversed(octets))
