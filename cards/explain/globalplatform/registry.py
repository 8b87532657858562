"""GET STATUS and SET STATUS: what the card's registry says, and how states change (GP Card Specification
§11.4, §11.10)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.apdu import CommandApdu
from cards.explain.fields import Cursor, Decoder, Field, Words, hexadecimal, number
from cards.explain.files.uicc import application
from cards.explain.globalplatform.words import (
    application_state,
    card_state,
    implicit_selection,
    load_file_state,
    privileges,
)
from cards.explain.place import Place
from cards.explain.tlvs import Row, template

_ISSUER, _APPLICATIONS, _FILES, _MODULES = 0x80, 0x40, 0x20, 0x10
_SUBSETS = {
    _ISSUER: "issuer security domain", _APPLICATIONS: "applications and security domains",
    _FILES: "load files", _MODULES: "load files with their modules",
}  # fmt: skip
"""P1 of GET STATUS (Table 11-32)."""
_STATES: dict[int, Words] = {_ISSUER: card_state, _FILES: load_file_state, _MODULES: load_file_state}
_TLV_FORMAT, _NEXT = 0x02, 0x01


def asked(command: CommandApdu, _: Place) -> str:
    return f"of {_SUBSETS.get(command.p1, 'an unknown subset')}"


def parameters(command: CommandApdu) -> tuple[str, str]:
    layout = "TLVs" if command.p2 & _TLV_FORMAT else "the older layout"
    return _SUBSETS.get(command.p1, ""), f"{'next' if command.p2 & _NEXT else 'first'} entries, as {layout}"


def _tags(data: bytes) -> str:
    """A list of tags, of one or two bytes each."""
    names, at = [], 0
    while at < len(data):
        size = 2 if data[at] & 0x1F == 0x1F else 1
        tag = int.from_bytes(data[at : at + size], "big")
        row = _ENTRY_ROWS.get(tag)
        names.append(f"{tag:02X}{f' ({row.name})' if row else ''}")
        at += size
    return ", ".join(names)


_CLAUSE = "GP Card Specification Table 11-36"
_ENTRY_ROWS = {
    0x4F: Row("AID", application, _CLAUSE),
    0x9F70: Row("life cycle", application_state, _CLAUSE),
    0xC5: Row("privileges", privileges, _CLAUSE),
    0xCF: Row("implicit selection", implicit_selection, _CLAUSE),
    0xC4: Row("load file", application, _CLAUSE),
    0xCE: Row("version", hexadecimal, _CLAUSE),
    0x84: Row("module", application, _CLAUSE),
    0xCC: Row("security domain", application, _CLAUSE),
}
SEARCH = template(
    {
        0x4F: Row("AID begins with", lambda data: application(data) if data else "anything",
                  "GP Card Specification Table 11-34"),
        0x5C: Row("wanted", _tags, "GP Card Specification Table 11-34"),
    }
)  # fmt: skip
"""Data of GET STATUS."""


def entries(command: CommandApdu, _: Place) -> Decoder:
    """The answer to GET STATUS: what states are called depends on what was asked for."""
    state = _STATES.get(command.p1, application_state)
    if not command.p2 & _TLV_FORMAT:
        return lambda cursor: _older(cursor, command.p1, state)
    rows = {**_ENTRY_ROWS, 0x9F70: Row("life cycle", state, _CLAUSE)}
    return template({0xE3: Row("entry", clause=_CLAUSE, inside=template(rows))})


def _older(cursor: Cursor, subset: int, state: Words) -> Iterator[Field]:
    """AID behind its length, life cycle, privileges, and the modules of a load file (Table 11-37)."""
    while cursor.left:
        start = cursor.at
        children = tuple(_older_entry(cursor, subset, state))
        yield Field(
            "entry",
            children[1].value,
            start,
            cursor.at - start,
            "GP Card Specification Table 11-37",
            children,
        )


def _older_entry(cursor: Cursor, subset: int, state: Words) -> Iterator[Field]:
    yield from _counted(cursor, "AID")
    yield cursor.field("life cycle", 1, state)
    yield cursor.field("privileges", 1, privileges)
    if subset == _MODULES:
        count = cursor.peek()
        yield cursor.field("number of modules", 1, number)
        for _ in range(count[0]):
            yield from _counted(cursor, "module")


def _counted(cursor: Cursor, name: str) -> Iterator[Field]:
    length = cursor.peek()
    yield cursor.field(f"length of {name}", 1, number)
    yield cursor.field(name, length[0], application)


def set_asked(command: CommandApdu, _: Place) -> str:
    if command.p1 == _ISSUER:
        return f"of the card to {_state(card_state, command.p2)}"
    whom = application(command.data) if command.data else "an application"
    return f"of {whom} to {_state(application_state, command.p2)}"


def _state(words: Words, value: int) -> str:
    return words(bytes((value,))).partition(": ")[2]


_SCOPES = {
    0x80: "the card, by its issuer security domain", 0x40: "an application or a security domain",
    0x60: "a security domain and its applications",
}  # fmt: skip
"""P1 of SET STATUS (Table 11-86)."""


def set_parameters(command: CommandApdu) -> tuple[str, str]:
    words = card_state if command.p1 == _ISSUER else application_state
    return _SCOPES.get(command.p1 & 0xE0, ""), _state(words, command.p2)


def set_data(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("AID", None, application)
