"""What one types into the console: a line of the script language (docs/scripts.md), a command by the name of
its instruction, or a function of ES10 by its name."""

from __future__ import annotations

import re
from typing import Final

from cards.explain.commands import TABLES
from cards.script.errors import ScriptError
from cards.script.formats import parse as parse_script
from cards.script.model import Section, Step
from simulator.web.card import es10
from simulator.web.card.es10 import Es10Line

_SEPARATED: Final = re.compile(r"(?:0x)?[0-9A-Fa-f]{2}(?:[\s:,;.-]+(?:0x)?[0-9A-Fa-f]{2}){3,}[\s:,;]*$")
"""Bytes as programs print them: '00:a4:00:04', '0x00, 0xA4 …'."""
_DUMPED: Final = re.compile(r"^(?:->|=>|>|C-APDU:?|APDU:?)\s*(?=[0-9A-Fa-f]{2})", re.IGNORECASE)
"""What stands before a command in a dump."""
_OF_FILES: Final = ("define", "include", "end")
_WORDS: Final = ("select", "verify", "reset", "open", "on", "close", "set", "raw")
_CLASSES: Final = {"interindustry": 0x00, "proprietary": 0x80, "GSM": 0xA0}


def _instructions() -> dict[str, tuple[int, int]]:
    """Names of instructions, in lower case → class and INS. A name that more than one class has stands for
    the first of them."""
    found: dict[str, tuple[int, int]] = {}
    for kind, cla in _CLASSES.items():
        for ins, row in TABLES[kind].items():
            found.setdefault(row.name.lower(), (cla, ins))
    del found["select"]  # a word of the script language: `select MF/EF.ICCID`
    return found


INSTRUCTIONS: Final = _instructions()


def parse(line: str) -> Es10Line | tuple[Step, ...]:
    """What a line asks for; no steps for an empty one. ValueError says in a sentence what is wrong."""
    text = line.strip()
    if not text or text.startswith("#"):
        return ()
    if text.split()[0] in _OF_FILES:
        raise ValueError(f"{text.split()[0]} belongs into a script file, which `esim script run` runs")
    if function := es10.parse(text):
        return function
    text = _plain(text)
    try:
        sections: tuple[Section, ...] = parse_script(_with_codes(text), "line").sections
    except ScriptError as error:
        raise ValueError(_problem(text, error.problem)) from None
    return tuple(step for section in sections for step in section.steps)


def _plain(text: str) -> str:
    """Bytes without what dumps put before and between them."""
    bare = _DUMPED.sub("", text)
    if _SEPARATED.match(bare):
        return re.sub(r"0x|[\s:,;.-]", "", bare)
    return bare


def _with_codes(text: str) -> str:
    """'READ BINARY 0000 0A' as '00B0 0000 0A': the name stands for class and instruction."""
    lower = text.lower()
    for name in sorted(INSTRUCTIONS, key=len, reverse=True):
        rest = text[len(name) :]
        if lower.startswith(name) and re.match(r"$|\s+(?:[0-9A-Fa-f(]|=>)", rest):
            cla, ins = INSTRUCTIONS[name]
            command, arrow, expected = rest.partition("=>")
            body = command.strip() or "0000"
            return f"{cla:02X}{ins:02X} {body} {arrow}{expected}"
    word, _, rest = text.partition(" ")
    return f"{word.lower()} {rest}".strip() if word.lower() in _WORDS else text


def _problem(text: str, problem: str) -> str:
    word = text.split()[0]
    known = {*_WORDS, *(name.split()[0] for name in INSTRUCTIONS)}
    if word.lower() in known or re.fullmatch(r"[0-9A-Fa-f$(]+", word):
        return problem
    return (
        f"{word!r} is neither bytes in hexadecimal nor a word, an instruction or a function of ES10: choose "
        "one from the list"
    )
