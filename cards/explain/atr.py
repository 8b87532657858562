"""An answer to reset as fields (ISO/IEC 7816-3 §8, TS 102 221 §6.3)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.atr import CONVENTIONS, Atr
from cards.explain.fields import Cursor, Field, ascii_text, hexadecimal


def decode(cursor: Cursor) -> Iterator[Field]:
    """TS, T0, the interface bytes in groups, historical bytes, and TCK."""
    answer = Atr.parse(cursor.rest)
    yield cursor.field("TS, convention", 1, lambda data: CONVENTIONS.get(data[0], "unknown"))
    following = cursor.peek()[0] >> 4
    yield cursor.field("T0", 1, lambda data: f"{data[0] & 15} historical bytes")
    number = 1
    while following:
        start = cursor.at
        mask, protocol = following, 0
        for bit, name in enumerate("ABCD"):
            if mask >> bit & 1:
                octet = cursor.take(1)[0]
                if name == "D":
                    following, protocol = octet >> 4, octet & 15
        if not mask & 8:
            following = 0
        octets = cursor.data[start : cursor.at]
        then = f"T={protocol} follows" if mask & 8 else "the last group"
        names = " ".join(name for bit, name in enumerate("ABCD") if mask >> bit & 1)
        yield Field(
            f"interface bytes {number}, {names}", f"{hexadecimal(octets)}, {then}", start, len(octets)
        )
        number += 1
    if answer.historical:
        yield cursor.field(
            "historical bytes", len(answer.historical), lambda d: f"{hexadecimal(d)} “{ascii_text(d)}”"
        )
    if answer.check is not None:
        yield cursor.field("check byte (TCK)", 1)
