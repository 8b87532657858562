"""Scripts of remote management, and what the card answers to them (TS 102 226 §5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.apdu import ApduError, CommandApdu
from cards.explain.commands import find
from cards.explain.fields import Cursor, Field, Words, hexadecimal, named, number
from cards.explain.tlvs import Row, template
from cards.status import StatusWord

_DEFINITE, _INDEFINITE = (b"\xaa", b"\xab"), (b"\xae", b"\xaf")
_OUTGOING = (0xB0, 0xB2, 0xC0, 0xF2, 0x12, 0xCA)
"""INS whose P3 is Le: READ BINARY, READ RECORD, GET RESPONSE, STATUS, FETCH, GET DATA."""


def named_command(data: bytes) -> str:
    """A command with its name in front."""
    try:
        command = CommandApdu.parse(data)
    except ApduError as error:
        raise ValueError(str(error)) from None
    row = find(command)
    return f"{row.name if row else f'instruction {command.ins:02X}'}: {hexadecimal(data)}"


def named_answer(data: bytes) -> str:
    """Data and status word, this in words."""
    if len(data) < 2:
        raise ValueError("an answer has at least a status word")
    sw = StatusWord(int.from_bytes(data[-2:], "big"))
    return f"{hexadecimal(data[:-2])}{', ' if data[2:] else ''}{sw}: {sw.meaning}"


_EXPANDED = "TS 102 226 §5.2.1"
_ACTIONS = {0x81: "a proactive session is asked for", 0x82: "an early response is asked for"}
_CHAINING = named(
    {
        0x01: "first script",
        0x11: "first script, kept over a reset",
        0x02: "further script",
        0x03: "last script",
    }
)


def _action(data: bytes) -> str:
    """A proactive command to be sent at once, by its record of EF.RMA or by itself (Table 5.4)."""
    if len(data) == 1:
        return _ACTIONS.get(data[0], f"record {data[0]} of EF.RMA")
    return hexadecimal(data)


_COMMANDS = {
    0x22: Row("command", named_command, _EXPANDED),
    0x81: Row("immediate action", _action, _EXPANDED),
    0x82: Row("error action", lambda data: _action(data) if data else "none", _EXPANDED),
    0x83: Row("script chaining", _CHAINING, _EXPANDED),
}
_ERRORS: Words = named({1: "unknown tag", 2: "wrong length", 3: "length not found"})
_REFUSALS: Words = named({1: "no previous script", 2: "not supported", 3: "unable to process"})
_ANSWERS = {
    0x80: Row("commands executed", number, "TS 102 226 §5.2.2"),
    0x23: Row("answer", named_answer, "TS 102 226 §5.2.2"),
    0x81: Row("immediate action", named({1: "suspension error"}), "TS 102 226 Table 5.14"),
    0x83: Row("script chaining", _REFUSALS, "TS 102 226 Table 5.16"),
    0x90: Row("bad format", _ERRORS, "TS 102 226 Table 5.12"),
}


def _expanded(cursor: Cursor, name: str, rows: dict[int, Row]) -> Iterator[Field]:
    """A template of definite length, or one of indefinite length that two zeros end."""
    if cursor.peek() in _DEFINITE:
        row = Row(name, clause=_EXPANDED, inside=template(rows))
        yield from template({0xAA: row, 0xAB: row})(cursor)
        return
    start = cursor.at
    cursor.take(2)
    inner = cursor.group(name, None, template(rows))
    yield Field(f"{name}, of indefinite length", "", start, cursor.at - start, _EXPANDED, inner.children)


def script(cursor: Cursor) -> Iterator[Field]:
    """Commands one after the other: in the compact format as they are, in the expanded format as objects '22'
    in a template 'AA' or 'AE'."""
    if cursor.peek() in (_DEFINITE[0], _INDEFINITE[0]):
        yield from _expanded(cursor, "script, expanded format", _COMMANDS)
        return
    while cursor.left >= 5:
        start = cursor.at
        header, p3 = cursor.take(4), cursor.take(1)[0]
        row = find(CommandApdu(*header))
        is_outgoing = header[1] in _OUTGOING and (row is None or row.name != "GET STATUS")
        has_data = p3 and p3 <= cursor.left and not is_outgoing
        if has_data:
            cursor.take(p3)
        name = row.name if row else f"instruction {header[1]:02X}"
        whole = cursor.data[start : cursor.at]
        yield Field(f"command: {name}", hexadecimal(whole), start, len(whole), "TS 102 226 §5.1.1")
        if has_data and cursor.left == 1:
            yield cursor.field("Le", 1, number)


def response(cursor: Cursor) -> Iterator[Field]:
    """How many commands were executed, status word of the last one and its data; or the template 'AB' or 'AF'
    with the answer to each."""
    if cursor.peek() in (_DEFINITE[1], _INDEFINITE[1]):
        yield from _expanded(cursor, "answers, expanded format", _ANSWERS)
        return
    yield cursor.field("commands executed", 1, number, "TS 102 226 §5.1.2")
    yield cursor.field("status word", 2, lambda data: named_answer(data))
    if cursor.left:
        yield cursor.field("data", None)
