"""Access rules: security attributes of files, and the records of EF.ARR that they refer to (TS 102 221 §9.2,
ISO/IEC 7816-4 §9.3)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.fields import Cursor, Decoder, Field, hexadecimal, number
from cards.explain.tlvs import Row, template

KEY_REFERENCES = {
    **{0x00 + n: f"PIN {n} of an application" for n in range(1, 9)},
    **{0x0A + n: f"ADM {n + 1}" for n in range(5)},
    0x11: "universal PIN",
    **{0x80 + n: f"second PIN {n} of an application" for n in range(1, 9)},
    **{0x8A + n: f"ADM {n + 6}" for n in range(5)},
}
KEY_REFERENCES |= {0x01: "PIN 1", 0x81: "PIN 2"}
"""TS 102 221 Table 9.3; '01' and '81' are what people call PIN 1 and PIN 2."""

_EF_OPERATIONS = {
    0x40: "DELETE FILE", 0x20: "TERMINATE EF", 0x10: "ACTIVATE FILE", 0x08: "DEACTIVATE FILE",
    0x04: "WRITE", 0x02: "UPDATE", 0x01: "READ, SEARCH",
}  # fmt: skip
_DF_OPERATIONS = {
    0x40: "DELETE FILE", 0x20: "TERMINATE DF", 0x10: "ACTIVATE FILE", 0x08: "DEACTIVATE FILE",
    0x04: "CREATE FILE DF", 0x02: "CREATE FILE EF", 0x01: "DELETE FILE (a child)",
}  # fmt: skip
"""Access mode byte of an EF and of a DF (ISO/IEC 7816-4 Tables 29 and 30)."""
_INSTRUCTIONS = {0x32: "INCREASE", 0xD4: "RESIZE FILE", 0xCB: "RETRIEVE DATA", 0xDB: "SET DATA"}


def key_reference(data: bytes) -> str:
    return f"{hexadecimal(data)}: {KEY_REFERENCES.get(data[0], 'another key')}"


def _mode(data: bytes) -> str:
    """What the rule is for. Whether a file is an EF or a DF does not stand in the rule: both are told
    where they differ."""
    value = data[0]
    if value & 0x80:
        return hexadecimal(data)
    of_file, of_directory = (
        ", ".join(text for bit, text in table.items() if value & bit)
        for table in (_EF_OPERATIONS, _DF_OPERATIONS)
    )
    same = of_file == of_directory
    return of_file or "nothing" if same else f"{of_file}; of a directory: {of_directory}"


def _instruction(data: bytes) -> str:
    return f"{_INSTRUCTIONS.get(data[-1], 'command')} (INS {data[-1]:02X})"


def _condition_byte(data: bytes) -> str:
    value = data[0]
    if value in (0x00, 0xFF):
        return "always" if value == 0 else "never"
    kinds = {0x40: "secure messaging", 0x20: "external authentication", 0x10: "user authentication"}
    joined = " and " if value & 0x80 else " or "
    return joined.join(text for bit, text in kinds.items() if value & bit)


_KEY = {
    0x83: Row("key reference", key_reference, "TS 102 221 §9.5.1"),
    0x95: Row("usage qualifier", hexadecimal, "ISO/IEC 7816-4 §10.3.1"),
}
_CONDITIONS: dict[int, Row] = {
    0x90: Row("always", lambda _: "allowed"),
    0x97: Row("never", lambda _: "forbidden"),
    0x9E: Row("security condition byte", _condition_byte),
    0xA4: Row("after verification of", inside=template(_KEY)),
}


def _nested(cursor: Cursor) -> Iterator[Field]:
    yield from template(_RULE)(cursor)


_CONDITIONS |= {
    0xA0: Row("one of", inside=_nested),
    0xA7: Row("all of", inside=_nested),
    0xAF: Row("none of", inside=_nested),
}
_MODES = {
    0x80: Row("for", _mode),
    **{tag: Row("for", _instruction) for tag in (0x81, 0x82, 0x84, 0x88)},
    0x9C: Row("for proprietary use"),
}
_RULE = {**_MODES, **_CONDITIONS}
rules: Decoder = template(_RULE)
"""A record of EF.ARR, or the expanded format 'AB': for what, then under which condition."""


def referenced(cursor: Cursor) -> Iterator[Field]:
    """'8B': EF.ARR and record, or EF.ARR and pairs of security environment and record (TS 102 221 §9.2.7)."""
    yield cursor.field("file identifier of EF.ARR", 2)
    if cursor.left == 1:
        yield cursor.field("record", 1, number)
    while cursor.left >= 2:
        yield cursor.field("security environment", 1, lambda data: f"{data[0]:02X}")
        yield cursor.field("record", 1, number)


def compact(cursor: Cursor) -> Iterator[Field]:
    """'8C': an access mode byte, then a condition byte for each bit in it, from the highest down."""
    mode = cursor.peek()
    yield cursor.field("for", 1, _mode)
    for bit, text in _EF_OPERATIONS.items():
        if mode and mode[0] & bit and cursor.left:
            yield cursor.field(text, 1, _condition_byte)
