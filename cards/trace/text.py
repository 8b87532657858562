"""APDU logs of other programs, line by line: pySim, pcsc-perl (scriptor), pyscard, GlobalPlatformPro, lpac
and its stdio driver, `esim apdu`, and plain hexadecimal.

Every program marks commands and answers by arrows, and writes status words where it likes: a row of `FORMATS`
tells what one line of a program looks like. Other lines are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from cards.apdu import ApduError, CommandApdu
from cards.processors import GSM_CLASS
from cards.trace.entries import Entry, Exchange, Reset

COMMAND, ANSWER, DATA, ATR = "command", "answer", "data", "ATR"


class Piece(NamedTuple):
    """What one line carries: a command, an answer with status word, an answer whose status word may stand in
    the next line, or an ATR."""

    kind: str
    data: bytes


class Format(NamedTuple):
    """How a program writes a line: its name, what the line looks like, and what it carries, if anything."""

    program: str
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str]], Piece | None]


_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
"""Colours of a terminal."""


def _octets(text: str) -> bytes | None:
    """Hexadecimal digits with spaces or colons; single digits are bytes, as pyscard writes '90 0'."""
    words = text.replace(":", " ").split()
    try:
        return b"".join(bytes.fromhex(word.zfill(2)) for word in words)
    except ValueError:
        return None


def _piece(kind: str) -> Callable[[re.Match[str]], Piece | None]:
    """The line is an arrow and bytes."""

    def read(match: re.Match[str]) -> Piece | None:
        data = _octets(match["data"])
        return Piece(kind, data) if data else None

    return read


def _status_first(match: re.Match[str]) -> Piece | None:
    data, sw = _octets(match["data"] or ""), _octets(match["sw"])
    return Piece(ANSWER, data + sw) if data is not None and sw else None


def _lpac_command(match: re.Match[str]) -> Piece | None:
    data = _octets(match["data"])
    header = _octets(f"{match['cla']} {match['ins']} {match['p1']} {match['p2']}")
    length = _octets(match["lc"])
    return Piece(COMMAND, header + length + data) if header and length and data is not None else None


def _lpac_answer(match: re.Match[str]) -> Piece | None:
    data, sw = _octets(match["data"]), _octets(f"{match['sw1']} {match['sw2']}")
    return Piece(ANSWER, data + sw) if data is not None and sw else None


def _lpac_driver(match: re.Match[str]) -> Piece | None:
    """A line of lpac's stdio driver, whose payload is {"func": "transmit", "param": …}, answered by
    {"ecode": 0, "data": …}."""
    try:
        payload = json.loads(match[0])["payload"]
        kind = COMMAND if payload.get("func") == "transmit" else ANSWER
        data = bytes.fromhex(payload["param"] if kind is COMMAND else payload["data"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return Piece(kind, data) if len(data) > 1 else None


def _row(program: str, pattern: str, read: Callable[[re.Match[str]], Piece | None]) -> Format:
    return Format(program, re.compile(pattern, re.IGNORECASE), read)


_HEX = r"(?P<data>[0-9A-F][0-9A-F: ]*)"
_LPAC_COMMAND = (
    r".*\[APDU\] \[TX\] CLA: (?P<cla>\w\w), INS: (?P<ins>\w\w), P1: (?P<p1>\w\w), P2: (?P<p2>\w\w), "
    r"Lc: (?P<lc>\w\w), Data: *(?P<data>[0-9A-F]*)$"
)
_LPAC_ANSWER = r".*\[APDU\] \[RX\] SW1: (?P<sw1>\w\w), SW2: (?P<sw2>\w\w), Data: *(?P<data>[0-9A-F]*)$"
FORMATS = (
    _row("lpac", _LPAC_COMMAND, _lpac_command),
    _row("lpac", _LPAC_ANSWER, _lpac_answer),
    _row("lpac stdio", r'\{.*"type" *: *"apdu".*\}$', _lpac_driver),
    _row("GlobalPlatformPro", r"(?:.* )?A>> T=\d(?: \([^)]*\))? (?P<data>[0-9A-F ]+)$", _piece(COMMAND)),
    _row("GlobalPlatformPro", r"(?:.* )?A<< (?:\([^)]*\) )*(?P<data>[0-9A-F ]+)$", _piece(ANSWER)),
    _row("pySim", r"(?:.*[ \t:])?-> (?P<data>[0-9A-F]{2}[0-9A-F ]*)$", _piece(COMMAND)),
    _row("pySim", r"(?:.*[ \t:])?<- (?P<sw>[0-9A-F]{4}):? *(?P<data>[0-9A-F ]*)$", _status_first),
    _row("pyscard", r"<  ?\[\] *(?P<data>[0-9A-F]{1,2} [0-9A-F]{1,2}) *$", _piece(ANSWER)),
    _row("esim apdu", r"< (?P<data>[0-9A-F]{4}) .*\(.*§.*\)$", _piece(ANSWER)),
    _row("esim apdu", r"< (?P<data>[0-9A-F]+)$", _piece(DATA)),
    _row("pcsc-perl", rf"=?> *{_HEX}(?:  .*)?$", _piece(COMMAND)),
    _row("pcsc-perl", rf"<=? *{_HEX}(?: : .*| [a-z].*)?$", _piece(ANSWER)),
    _row("pcsc-perl", rf"<=? *OK: {_HEX}$", _piece(ATR)),
    _row("any", rf"ATR *[:=] *(?:\[[^]]*\] *)?{_HEX}(?:  .*)?$", _piece(ATR)),
)
"""In the order in which a line is compared with them."""


def pieces(text: str) -> Iterator[Piece]:
    """What the lines of a log carry, in their order; lines in no known form are left out."""
    for raw in text.splitlines():
        line = _ESCAPES.sub("", raw).strip()
        found = (row.read(match) for row in FORMATS if (match := row.pattern.match(line)))
        piece = next((one for one in found if one), None)
        if piece is not None:
            yield piece


def read_log(text: str) -> list[Entry]:
    """The resets and exchanges of a log. A command whose answer is missing has an empty one."""
    entries: list[Entry] = []
    is_open = False
    for piece in pieces(text):
        if piece.kind is ATR:
            entries.append(Reset(piece.data))
        elif piece.kind is COMMAND:
            entries.append(Exchange(piece.data))
            is_open = False
        elif entries and isinstance(last := entries[-1], Exchange) and (is_open or not last.response):
            entries[-1] = Exchange(last.command, last.response + piece.data)
            is_open = piece.kind is DATA
    return entries


def hex_words(data: bytes) -> list[bytes] | None:
    """Plain hexadecimal: a string a line, or commands and answers side by side as one writes them behind each
    other; '#' begins a comment. None if a line is anything else."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    words = [_octets(word) for line in lines if line for word in _side_by_side(line)]
    found = [word for word in words if word is not None]
    return found if len(found) == len(words) else None


def _side_by_side(line: str) -> list[str]:
    """The words of a line that each are a command or an answer; any other line is one string, which may have
    spaces between its octets."""
    words = line.split()
    data = [_octets(word) for word in words]
    whole = [one for one in data if one is not None and (_is_command(one) or is_answer(one))]
    return words if len(words) > 1 and len(whole) == len(words) and _is_command(whole[0]) else [line]


def _is_command(data: bytes) -> bool:
    try:
        command = CommandApdu.parse(data)
    except ApduError:
        return False
    # Four octets alone are rather the beginning of a command that is written in groups.
    return len(data) > 4 and (command.cla & 0x20 == 0 or command.cla == GSM_CLASS)


def read_hex(words: list[bytes]) -> list[Entry]:
    """Commands, each followed by its answer or not."""
    entries: list[Entry] = []
    for data in words:
        last = entries[-1] if entries else None
        if isinstance(last, Exchange) and not last.response and is_answer(data):
            entries[-1] = Exchange(last.command, data)
        else:
            entries.append(Exchange(data))
    return entries


def is_answer(data: bytes) -> bool:
    """Whether bytes behind a command are its answer rather than another command: they end in a status word,
    and are no command APDU of a class that cards use."""
    if len(data) < 2 or data[-2] >> 4 not in (0x6, 0x9):
        return False
    try:
        command = CommandApdu.parse(data)
    except ApduError:
        return True
    # Secure messaging of channels 4 to 19 has b6 set, too, but is rarer than an answer that looks so.
    return command.cla & 0x20 != 0 and command.cla != GSM_CLASS
