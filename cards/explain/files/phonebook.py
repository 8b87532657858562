"""The phone book and the images of DF.TELECOM (TS 31.102 §4.4.2, §4.6.1). Which file of the phone book has which
identifier stands in EF.PBR, so that only the files with fixed ones have a row."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.fields import Cursor, Field, hexadecimal, named, number
from cards.explain.files.row import FileRow, whole
from cards.explain.tlvs import Row, template

_KINDS = {
    0xC0: "EF.ADN, numbers", 0xC1: "EF.IAP, index", 0xC2: "EF.EXT1, extensions", 0xC3: "EF.SNE, second names",
    0xC4: "EF.ANR, additional numbers", 0xC5: "EF.PBC, control", 0xC6: "EF.GRP, groups",
    0xC7: "EF.AAS, kinds of numbers", 0xC8: "EF.GAS, names of groups", 0xC9: "EF.UID, identifiers",
    0xCA: "EF.EMAIL, addresses", 0xCB: "EF.CCP1, configurations", 0xCC: "EF.PURI, URIs",
}  # fmt: skip


def _reference(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("file identifier", 2)
    if cursor.left:
        yield cursor.field("short file identifier", 1, number)


_FILES = {tag: Row(name, inside=_reference) for tag, name in _KINDS.items()}
_PHONE_BOOK = {
    0xA8: Row("as many records as EF.ADN", inside=template(_FILES)),
    0xA9: Row("found by the index file", inside=template(_FILES)),
    0xAA: Row("found by record numbers", inside=template(_FILES)),
}


def image(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.IMG: how many instances, and where each lies (TS 31.102 §4.6.1.1)."""
    count = cursor.peek()
    yield cursor.field("number of instances", 1, number)
    for instance in range(1, count[0] + 1):
        yield cursor.group(f"instance {instance}", 9, _instance)


def _instance(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("width", 1, lambda data: f"{data[0]} points")
    yield cursor.field("height", 1, lambda data: f"{data[0]} points")
    kinds = {0x11: "basic", 0x21: "colour", 0x22: "colour with transparency"}
    yield cursor.field("coding", 1, named(kinds))
    yield cursor.field("file identifier", 2)
    yield cursor.field("offset", 2, number)
    yield cursor.field("length", 2, number)


FILES = {
    "EF.PBR": FileRow("phone book reference", template(_PHONE_BOOK), "TS 31.102 §4.4.2.1"),
    "EF.PSC": FileRow("synchronisation counter", whole("counter", number), "TS 31.102 §4.4.2.12.2"),
    "EF.CC": FileRow("change counter", whole("counter", number), "TS 31.102 §4.4.2.12.3"),
    "EF.PUID": FileRow("previous unique identifier", whole("identifier", number), "TS 31.102 §4.4.2.12.4"),
}
GRAPHICS = {
    "EF.IMG": FileRow("image", image, "TS 31.102 §4.6.1.1"),
    "EF.LAUNCH_SCWS": FileRow(
        "launch of the web server", whole("parameters", hexadecimal), "TS 31.102 §4.6.1.3"
    ),
}
