"""Access rules of ARA-M and ARA-C: which program on a device may reach which application (GPD_SPE_013 §5, §6;
the last two rows are Android's)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.fields import Cursor, Field, ascii_text, hexadecimal, named, number
from cards.explain.files.uicc import application
from cards.explain.tlvs import Row, template

_CLAUSE = "GPD_SPE_013 §6"
_WHICH = {
    0x4F: Row(
        "application", lambda data: application(data) if data else "all that no other rule names", _CLAUSE
    ),
    0xC0: Row("application", lambda _: "the one selected by itself", _CLAUSE),
    0xC1: Row("program, by its signer", lambda data: hexadecimal(data) if data else "any", _CLAUSE),
    0xCA: Row("package name", ascii_text, "Android, UICC carrier privileges"),
}
"""REF-DO."""


def _commands(cursor: Cursor) -> Iterator[Field]:
    """One byte for all commands, or pairs of header and mask, four bytes each (Table 6-8)."""
    if cursor.left == 1:
        yield cursor.field("commands", 1, named({0: "none", 1: "all"}))
        return
    while cursor.left >= 8:
        yield cursor.field(
            "commands with", 8, lambda data: f"{hexadecimal(data[:4])} under {hexadecimal(data[4:])}"
        )


_RULE = {
    0xD0: Row("commands", clause=_CLAUSE, inside=_commands),
    0xD1: Row("NFC events", named({0: "never", 1: "always"}), _CLAUSE),
    0xDB: Row("permissions", hexadecimal, "Android, UICC carrier privileges"),
}
"""AR-DO."""
_RULES = {
    0xE2: Row(
        "rule",
        clause=_CLAUSE,
        inside=template(
            {
                0xE1: Row("who to whom", clause=_CLAUSE, inside=template(_WHICH)),
                0xE3: Row("what is allowed", clause=_CLAUSE, inside=template(_RULE)),
            }
        ),
    )
}
_VERSION = template({0xE6: Row("version", lambda data: ".".join(str(octet) for octet in data), _CLAUSE)})


def _block(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("offset", 2, number)
    yield cursor.field("length", 1, number)


RULES: dict[int, Row] = {
    **_RULES,
    0xE1: Row("who to whom", clause=_CLAUSE, inside=template(_WHICH)),
    0xE3: Row("what is allowed", clause=_CLAUSE, inside=template(_RULE)),
    0xE4: Row("device", clause=_CLAUSE, inside=_VERSION),
    0xE5: Row("ARA-M", clause=_CLAUSE, inside=_VERSION),
    0xE7: Row("block", clause=_CLAUSE, inside=_block),
    0xF0: Row("store rules", clause="GPD_SPE_013 §5.1", inside=template(_RULES)),
    0xF1: Row("delete rules", clause="GPD_SPE_013 §5.1", inside=template({**_WHICH, **_RULES})),
    0xF2: Row("renew the refresh tag", lambda _: "wanted", "GPD_SPE_013 §5.1"),
    0xF3: Row("get rules", clause="GPD_SPE_013 §5.1", inside=template(_WHICH)),
    0xF4: Row("get all rules", lambda _: "wanted", "GPD_SPE_013 §5.1"),
    0xF5: Row("get the next rules", lambda _: "wanted", "GPD_SPE_013 §5.1"),
    0xF6: Row("get AIDs of clients", lambda _: "wanted", "GPD_SPE_013 §5.1"),
    0xF7: Row("register AIDs of clients", clause="GPD_SPE_013 §5.1", inside=template(_WHICH)),
    0xF8: Row("get device configuration", lambda _: "wanted", "GPD_SPE_013 §5.1"),
    0xDF20: Row("refresh tag", hexadecimal, "GPD_SPE_013 §4.1"),
    0xDF21: Row("configuration", clause="GPD_SPE_013 §4.1",
                inside=template({0xE5: Row("ARA-M", inside=_VERSION)})),
    0xFF40: Row("all rules", clause="GPD_SPE_013 §4.1", inside=template(_RULES)),
    0xFF50: Row("rules", clause="GPD_SPE_013 §4.1",
                inside=template({0xE3: Row("what is allowed", inside=template(_RULE))})),
    0xFF70: Row("AIDs of clients", clause="GPD_SPE_013 §5.1", inside=template(_WHICH)),
    0xFF7F: Row("device configuration", clause="GPD_SPE_013 §5.1",
                inside=template({0xE4: Row("device", inside=_VERSION)})),
}  # fmt: skip
"""Data objects of GET DATA and STORE DATA."""
