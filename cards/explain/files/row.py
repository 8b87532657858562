"""The row of a file in the tables, and how rows are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cards.explain.fields import Cursor, Decoder, Field, Words


class FileRow(NamedTuple):
    """What a file is called in words, what a transparent file or a record of it holds, and where that is laid
    down."""

    title: str
    decoder: Decoder
    clause: str


def whole(name: str, words: Words) -> Decoder:
    """A content that is one thing."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        yield cursor.field(name, None, words)

    return decode


def parts(*fields: tuple[str, int | None, Words]) -> Decoder:
    """Fields one after the other: name, length in bytes (None: the rest), words. A field that the file is too
    short for is left out if nothing at all is left for it."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        for name, length, words in fields:
            if not cursor.left:
                return
            yield cursor.field(name, length, words)

    return decode
