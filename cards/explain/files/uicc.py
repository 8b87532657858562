"""The files under the MF (TS 102 221 §13, TS 31.101 §13)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.access import rules
from cards.explain.fields import Cursor, Field, ascii_text, counted, flags, hexadecimal
from cards.explain.files.row import FileRow, parts, whole
from cards.explain.numbers import alpha
from cards.explain.tlvs import Row, template
from cards.identities import Iccid


def iccid(data: bytes) -> str:
    number = Iccid.from_bytes(data)
    return f"{number}" if number.is_valid else f"{number} (its last digit is no check digit)"


def application(data: bytes) -> str:
    from cards.explain.applications import name_of

    name = name_of(data)
    return f"{hexadecimal(data)} ({name})" if name else hexadecimal(data)


_APPLICATION = {
    0x4F: Row("AID", application, "TS 101 220 annex E"),
    0x50: Row("label", alpha),
    0x51: Row("file reference"),
    0x52: Row("command APDU"),
    0x53: Row("discretionary data"),
    0x5F50: Row("URL", ascii_text),
    0x73: Row("discretionary objects", inside=template({})),
}
APPLICATION_TEMPLATE = {0x61: Row("application", inside=template(_APPLICATION), clause="TS 102 221 §13.1")}


def languages(cursor: Cursor) -> Iterator[Field]:
    """Language codes of two letters, preferred first."""
    place = 0
    while cursor.left >= 2:
        place += 1
        if cursor.peek(2) == b"\xff\xff":
            cursor.take(2)
            continue
        yield cursor.field(f"language {place}", 2, ascii_text)


_CONSUMPTION = parts(
    ("maximum consumption", 1, counted("mA")),
    ("time-out for maximum consumption", 1, counted("s")),
    ("additional information", 1, flags({1: "raised idle current needed", 2: "UICC suspension supported"})),
    ("reserved", 2, hexadecimal),
)

FILES = {
    "EF.DIR": FileRow("applications on the card", template(APPLICATION_TEMPLATE), "TS 102 221 §13.1"),
    "EF.ICCID": FileRow("number of the card", whole("ICCID", iccid), "TS 102 221 §13.2"),
    "EF.PL": FileRow("preferred languages", languages, "TS 102 221 §13.3"),
    "EF.ARR": FileRow("access rules", rules, "TS 102 221 §13.4"),
    "EF.UMPC": FileRow("maximum power consumption", _CONSUMPTION, "TS 102 221 §13.6"),
}
