"""The phone book and the images of DF.TELECOM (TS 31.102 §4.4.2, §4.6.1). Which file of the phone book has which
identifier stands in EF.PBR: `PhoneBooks` follows it through a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cards.explain.fields import Cursor, Decoder, Field, flags, hexadecimal, named, number, or_unused, utf8
from cards.explain.files.row import FileRow, parts, whole
from cards.explain.files.telecom import call_configuration, dialling_number, extension
from cards.explain.numbers import alpha, number_of_length
from cards.explain.tlvs import Row, ber_header, template

_CLAUSE = "TS 31.102 §4.4.2"
_SAME, _INDEXED, _POINTED = 0xA8, 0xA9, 0xAA
"""How the records of a file belong to those of EF.ADN: by the same number, by EF.IAP, by numbers in other files
(types 1, 2 and 3)."""


def index(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.IAP: a record number for each file of type 2, in the order of EF.PBR (§4.4.2.2)."""
    for place in range(1, cursor.left + 1):
        yield cursor.field(f"record in the file of type 2, {place}", 1, or_unused(number, "none"))


def groups(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.GRP: records of EF.GAS (§4.4.2.6)."""
    for place in range(1, cursor.left + 1):
        yield cursor.field(f"group {place}: record of EF.GAS", 1, lambda d: number(d) if d[0] else "none")


def _with_owner(decoder: Decoder, is_indexed: bool) -> Decoder:
    """A record of a file of type 2 ends with where its entry is: short identifier of EF.ADN, record."""
    if not is_indexed:
        return decoder

    def decode(cursor: Cursor) -> Iterator[Field]:
        end = max(cursor.at, cursor.end - 2)
        inner = Cursor(cursor.data, cursor.at, end)
        yield from decoder(inner)
        cursor.at = inner.at
        if inner.left:
            yield cursor.field("further bytes", inner.left)
        yield cursor.field("EF.ADN of the entry, short file identifier", 1, or_unused(number, "none"))
        yield cursor.field("record of the entry", 1, or_unused(number, "none"))

    return decode


def additional_number(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.ANR (§4.4.2.9)."""
    kind = lambda data: number(data) if data[0] else "none"  # noqa: E731
    yield cursor.field("kind of number: record of EF.AAS", 1, or_unused(kind))
    yield from number_of_length("number", 10)(cursor)
    yield cursor.field("capability configuration record", 1, or_unused(number, "none"))
    yield cursor.field("extension record", 1, or_unused(number, "none"))


def _text(name: str) -> Decoder:
    return whole(name, or_unused(alpha, "empty"))


_CONTROL = parts(
    ("changed", 1, flags({1: "by a terminal that keeps no phone book of its own"}, "no")),
    ("hidden key", 1, lambda data: number(data) if data[0] else "none"),
)
"""EF.PBC (§4.4.2.5)."""


class Kind(NamedTuple):
    """What a tag of EF.PBR stands for."""

    name: str
    title: str
    decoder: Decoder
    section: str


KINDS = {
    0xC0: Kind("EF.ADN", "phone book entry", dialling_number, "3"),
    0xC1: Kind("EF.IAP", "index", index, "2"),
    0xC2: Kind("EF.EXT1", "extension", extension, "4"),
    0xC3: Kind("EF.SNE", "second name", _text("second name"), "10"),
    0xC4: Kind("EF.ANR", "additional number", additional_number, "9"),
    0xC5: Kind("EF.PBC", "control of an entry", _CONTROL, "5"),
    0xC6: Kind("EF.GRP", "groups of an entry", groups, "6"),
    0xC7: Kind("EF.AAS", "kind of number", _text("kind of number"), "7"),
    0xC8: Kind("EF.GAS", "name of a group", _text("name of the group"), "8"),
    0xC9: Kind("EF.UID", "unique identifier", whole("identifier", number), "12.1"),
    0xCA: Kind("EF.EMAIL", "e-mail address", _text("address"), "13"),
    0xCB: Kind("EF.CCP1", "capability configuration", call_configuration, "14"),
    0xCC: Kind("EF.PURI", "URI", template({0x80: Row("URI", utf8)}), "15"),
}  # fmt: skip
"""Tag → file (TS 31.102 Table 4.3)."""


def _row(kind: Kind, is_indexed: bool = False) -> FileRow:
    return FileRow(kind.title, _with_owner(kind.decoder, is_indexed), f"{_CLAUSE}.{kind.section}")


BY_REFERENCE = {kind.name: _row(kind) for kind in KINDS.values()}
"""The files whose identifiers stand in EF.PBR, as they are where their records have the numbers of EF.ADN's."""


class Assigned(NamedTuple):
    """A file that EF.PBR names."""

    name: str
    fid: int
    sfi: int | None
    row: FileRow


def references(record: bytes) -> Iterator[Assigned]:
    """The files of a record of EF.PBR; what is not readable is passed over."""
    for tag, value in _objects(record):
        for inner, reference in _objects(value) if tag in (_SAME, _INDEXED, _POINTED) else ():
            kind = KINDS.get(inner)
            if kind and len(reference) >= 2:
                sfi = reference[2] if len(reference) > 2 else None
                row = _row(kind, is_indexed=tag == _INDEXED)
                yield Assigned(kind.name, int.from_bytes(reference[:2], "big"), sfi, row)


def _objects(data: bytes) -> Iterator[tuple[int, bytes]]:
    cursor = Cursor(data)
    try:
        while cursor.left and cursor.peek() != b"\xff":
            tag, start, end = ber_header(cursor)
            yield tag, data[start:end]
    except ValueError:
        return


class PhoneBooks:
    """The files of the phone books of a card, as far as a session has shown them: there may be one below
    DF.TELECOM and one in each USIM."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, int], Assigned] = {}
        self._short: dict[tuple[str, int], Assigned] = {}

    def learn(self, directory: str, record: bytes) -> None:
        """A record of the EF.PBR in a directory ('MF/ADF.USIM/DF.PHONEBOOK')."""
        for file in references(record):
            self._files[directory, file.fid] = file
            if file.sfi:
                self._short[directory, file.sfi] = file

    def by_identifier(self, directory: str, fid: int) -> Assigned | None:
        return self._files.get((directory, fid))

    def by_short_identifier(self, directory: str, number: int) -> Assigned | None:
        return self._short.get((directory, number))


def _reference(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("file identifier", 2)
    if cursor.left:
        yield cursor.field("short file identifier", 1, number)


_FILES = {tag: Row(f"{kind.name}, {kind.title}", inside=_reference) for tag, kind in KINDS.items()}
_PHONE_BOOK = {
    _SAME: Row("as many records as EF.ADN", inside=template(_FILES)),
    _INDEXED: Row("found by the index file", inside=template(_FILES)),
    _POINTED: Row("found by record numbers", inside=template(_FILES)),
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
    "EF.PBR": FileRow("phone book reference", template(_PHONE_BOOK), f"{_CLAUSE}.1"),
    "EF.PSC": FileRow("synchronisation counter", whole("counter", number), f"{_CLAUSE}.12.2"),
    "EF.CC": FileRow("change counter", whole("counter", number), f"{_CLAUSE}.12.3"),
    "EF.PUID": FileRow("previous unique identifier", whole("identifier", number), f"{_CLAUSE}.12.4"),
    **BY_REFERENCE,
}
GRAPHICS = {
    "EF.IMG": FileRow("image", image, "TS 31.102 §4.6.1.1"),
    "EF.LAUNCH_SCWS": FileRow(
        "launch of the web server", whole("parameters", hexadecimal), "TS 31.102 §4.6.1.3"
    ),
}
