"""Templates of TLVs as tables: tag → what the object is called, what its value says, and where that is
laid down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from cards.explain.fields import Cursor, Decoder, Field, Unreadable, Words, hexadecimal, in_words, read

FILLERS = (0x00, 0xFF)
"""Bytes between and behind TLVs that are none (ISO/IEC 7816-4 §5.2.2.1; files are filled with 'FF')."""


class Row(NamedTuple):
    """One data object: `words` for a value of one piece, `inside` for what has parts."""

    name: str
    words: Words = hexadecimal
    clause: str = ""
    inside: Decoder | None = None


class Header(NamedTuple):
    """Tag, and where the value begins and ends."""

    tag: int
    start: int
    end: int


Read = Callable[[Cursor], Header]


def ber_header(cursor: Cursor) -> Header:
    """Take tag and length of a BER-TLV; unlike DER, lengths may have more octets than they need.
    Unreadable."""
    first = cursor.take(1)
    tag = first
    while (len(tag) == 1 and tag[0] & 0x1F == 0x1F) or (1 < len(tag) < 4 and tag[-1] & 0x80):
        tag += cursor.take(1)
    return Header(int.from_bytes(tag, "big"), *extent(cursor))


def extent(cursor: Cursor) -> tuple[int, int]:
    """Take the length and the value: where it begins and ends. Unreadable."""
    length = cursor.take(1)[0]
    if length == 0x80 or length > 0x84:
        raise Unreadable(f"a length field cannot begin with {length:02X}")
    if length > 0x80:
        length = int.from_bytes(cursor.take(length & 0x7F), "big")
    start = cursor.at
    cursor.take(length)
    return start, start + length


def comprehension_header(cursor: Cursor) -> Header:
    """Take tag and length of a COMPREHENSION-TLV (TS 101 220 §7.1.1); its tag is without the highest bit."""
    tag = cursor.take(1)[0] & 0x7F
    if tag == 0x7F:
        tag = int.from_bytes(cursor.take(2), "big") & 0x7FFF
    return Header(tag, *extent(cursor))


def template(table: Mapping[int, Row], header: Read = ber_header, otherwise: Row | None = None) -> Decoder:
    """A decoder of one TLV after the other; a tag that the table does not know is `otherwise`, or shown as
    it is."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        while cursor.left:
            if header is ber_header and _is_filler(cursor, table):
                if not cursor.rest.strip(cursor.peek()):
                    return
                cursor.take(1)
                continue
            yield one(cursor, table, header, otherwise)

    return decode


def _is_filler(cursor: Cursor, table: Mapping[int, Row]) -> bool:
    """Whether the next byte is no tag; some tags of GlobalPlatform begin with 'FF', too."""
    return cursor.peek()[0] in FILLERS and int.from_bytes(cursor.peek(2), "big") not in table


def one(
    cursor: Cursor, table: Mapping[int, Row], header: Read = ber_header, otherwise: Row | None = None
) -> Field:
    """The next TLV as a field. Unreadable, with the cursor where it was, if there is none."""
    begin = cursor.at
    try:
        tag, start, end = header(cursor)
    except Unreadable:
        cursor.at = begin
        raise
    shown = f"{tag:02X}"
    row = table.get(tag) or otherwise
    if row is None:
        row = Row("object", inside=template({}) if _is_constructed(cursor.data[begin], header) else None)
    name = f"{row.name} ({shown})"
    if row.inside is not None:
        children = read(row.inside, cursor.data, start, end)
        return Field(name, "", begin, end - begin, row.clause, children)
    value, problem = in_words(row.words, cursor.data[start:end])
    return Field(name, value, begin, end - begin, row.clause, problem=problem)


def _is_constructed(first: int, header: Read) -> bool:
    return header is ber_header and bool(first & 0x20)
