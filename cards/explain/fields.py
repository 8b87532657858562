"""Trees of fields: what bytes mean, and where they lie. Bytes that do not parse stay in the tree as bytes,
with the reason; nothing here raises for what a card or a file holds.

A decoder is a generator: it takes a `Cursor` and yields fields as it moves on. What it needs and does not
find is `Unreadable`; the fields that it yielded until then stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

Words = Callable[[bytes], str]
"""Bytes in words; any ValueError says why they are none."""


class Unreadable(ValueError):  # noqa: N818 - it ends the decoding of a part, and reaches nobody
    """The bytes are not what the specification lays down; the text says why."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that bytes say.

    `offset` and `length` count bytes in the data of the nearest field above that has `data`, else in the
    whole that is explained (command, answer or object).
    """

    name: str
    value: str = ""
    offset: int = 0
    length: int = 0
    clause: str = ""
    children: tuple[Field, ...] = ()
    problem: str = ""
    """Why the bytes could not be read; `value` has them in hexadecimal then."""
    data: bytes | None = None
    """The bytes that offsets of the fields below count in, where they were joined, cut out or decrypted."""

    def as_data(self) -> dict[str, Any]:
        """JSON-able values; what is empty is left out."""
        found: dict[str, Any] = {"name": self.name, "offset": self.offset, "length": self.length}
        texts = {"value": self.value, "clause": self.clause, "problem": self.problem}
        found |= {name: text for name, text in texts.items() if text}
        if self.data is not None:
            found["data"] = hexadecimal(self.data)
        if self.children:
            found["fields"] = [child.as_data() for child in self.children]
        return found

    def walk(self) -> Iterator[Field]:
        """This field and all below it, in the order of the tree."""
        yield self
        for child in self.children:
            yield from child.walk()


def hexadecimal(data: bytes) -> str:
    """Upper-case digits without spaces; the way in which bytes are shown."""
    return data.hex().upper()


class Cursor:
    """A place in bytes, and an end that nothing reads over."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data = data
        self.at = at
        self.end = len(data) if end is None else end

    @property
    def left(self) -> int:
        return self.end - self.at

    @property
    def rest(self) -> bytes:
        """The bytes up to the end, not taken."""
        return self.data[self.at : self.end]

    def peek(self, count: int = 1) -> bytes:
        return self.data[self.at : min(self.at + count, self.end)]

    def take(self, count: int) -> bytes:
        """The next bytes. Unreadable if there are fewer."""
        if count > self.left:
            raise Unreadable(f"{count} bytes are due, {self.left} are there")
        self.at += count
        return self.data[self.at - count : self.at]

    def field(self, name: str, count: int | None, words: Words = hexadecimal, clause: str = "") -> Field:
        """The next bytes (None: all that are left) as a field with a value in words."""
        start = self.at
        data = self.take(self.left if count is None else count)
        value, problem = in_words(words, data)
        return Field(name, value, start, len(data), clause, problem=problem)

    def group(
        self, name: str, count: int | None, decoder: Decoder, clause: str = "", value: str = ""
    ) -> Field:
        """The next bytes as a field whose children a decoder finds."""
        start = self.at
        taken = len(self.take(self.left if count is None else count))
        children = read(decoder, self.data, start, start + taken)
        return Field(name, value, start, taken, clause, children)


Decoder = Callable[[Cursor], Iterable[Field]]


def in_words(words: Words, data: bytes) -> tuple[str, str]:
    """The value of bytes and nothing, or the bytes and why they have no value."""
    try:
        return words(data), ""
    except (ValueError, IndexError, OverflowError) as error:
        return hexadecimal(data), str(error) or "not readable"


def read(decoder: Decoder, data: bytes, start: int = 0, end: int | None = None) -> tuple[Field, ...]:
    """The fields of a part of `data`: all that the decoder yields, then what it left over."""
    cursor = Cursor(data, start, end)
    found: list[Field] = []
    try:
        for field in decoder(cursor):
            found.append(field)
    except (ValueError, IndexError, OverflowError) as error:
        found.append(_unread(cursor, str(error) or "not readable"))
        return tuple(found)
    if cursor.left:
        found.append(_left_over(cursor))
    return tuple(found)


def _unread(cursor: Cursor, reason: str) -> Field:
    return Field("not readable", hexadecimal(cursor.rest), cursor.at, cursor.left, problem=reason)


def _left_over(cursor: Cursor) -> Field:
    rest = cursor.rest
    if not rest.strip(b"\xff"):
        return Field("unused", f"{len(rest)} × FF", cursor.at, len(rest))
    if not rest.strip(b"\x00"):
        return Field("further bytes", f"{len(rest)} × 00", cursor.at, len(rest))
    return Field("further bytes", hexadecimal(rest), cursor.at, len(rest))


def moved(field: Field, by: int) -> Field:
    """The field as it lies in bytes that begin `by` bytes before its own."""
    if field.data is not None:
        return replace(field, offset=field.offset + by)
    children = tuple(moved(child, by) for child in field.children)
    return replace(field, offset=field.offset + by, children=children)


# Values in words that many fields have


def number(data: bytes) -> str:
    """A big-endian number."""
    if not data:
        raise Unreadable("a number without bytes")
    return str(int.from_bytes(data, "big"))


def counted(unit: str) -> Words:
    """A big-endian number of things."""

    def words(data: bytes) -> str:
        amount = int(number(data))
        return f"{amount} {unit[:-1] if amount == 1 and unit.endswith('s') else unit}"

    return words


def named(names: Mapping[int, str], otherwise: str = "unknown") -> Words:
    """A number that stands for something."""

    def words(data: bytes) -> str:
        value = int(number(data))
        return f"{value:0{2 * len(data)}X}: {names.get(value, otherwise)}"

    return words


def flags(bits: Mapping[int, str], none: str = "none") -> Words:
    """Bits that are set, by the bits of a big-endian number: bit 1 is the lowest."""

    def words(data: bytes) -> str:
        value = int(number(data))
        found = [text for bit, text in bits.items() if value >> (bit - 1) & 1]
        rest = value & ~sum(1 << (bit - 1) for bit in bits)
        if rest:
            found.append(f"reserved bits {rest:0{2 * len(data)}X}")
        return ", ".join(found) or none

    return words


def ascii_text(data: bytes) -> str:
    """ASCII, whatever else is shown by its number."""
    return "".join(chr(octet) if 0x20 <= octet < 0x7F else f"\\x{octet:02x}" for octet in data)


def utf8(data: bytes) -> str:
    """UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Unreadable("no UTF-8") from None


def or_unused(words: Words, unused: str = "not set") -> Words:
    """As `words`, but 'FF' all over says that nothing is kept there."""

    def chosen(data: bytes) -> str:
        return unused if data and not data.strip(b"\xff") else words(data)

    return chosen
