"""Scripts of other programs, read as ours: pcsc-tools' scriptor, and APDU dumps of pySim."""

from __future__ import annotations

import re
from pathlib import Path

from cards.script.bytes import Mask, StatusMask, Template
from cards.script.errors import ScriptError
from cards.script.language import parse_script
from cards.script.model import Expectation, Reset, Script, Section, Send, Step

_DUMP_COMMAND = re.compile(r"(?:^|\s)->\s*([0-9A-Fa-f]{8}[0-9A-Fa-f ]*)$")
_DUMP_ANSWER = re.compile(r"(?:^|\s)<-\s*(?:(?P<sw>[0-9A-Fa-f]{4}):\s*(?P<data>[0-9A-Fa-f]*))\s*$")


def load(path: Path) -> Script:
    """The script in a file: `.scriptor` of pcsc-tools, a dump of pySim, or our language. ScriptError."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ScriptError(str(path), "it is no text") from None
    return parse(text, path.name, path.parent)


def parse(text: str, name: str = "script", folder: Path | None = None) -> Script:
    """A script from text; `name` tells its format by its ending, and stands in messages."""
    if name.endswith(".scriptor"):
        return read_scriptor(text, name)
    if any(_DUMP_COMMAND.search(line) for line in text.splitlines()):
        return read_dump(text, name)
    return parse_script(text, name, folder)


def read_scriptor(text: str, name: str) -> Script:
    """A script of scriptor: `reset`, commands in hexadecimal, `#` comments, `\\` at the end of a line that
    goes on. It expects nothing: every answer will do."""
    steps: list[Step] = []
    waiting, place = "", ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition("#")[0].strip()
        place = place if waiting else f"{name}, line {number}"
        if line.endswith("\\"):
            waiting += line[:-1]
            continue
        line, waiting = waiting + line, ""
        if not line.strip():
            continue
        if line.strip().casefold() == "reset":
            steps.append(Reset(place, line))
            continue
        digits = re.sub(r"[\s:]|0x", "", line)
        try:
            template = Template.parse(digits)
        except ValueError as error:
            raise ScriptError(place, str(error)) from None
        steps.append(Send(place, line, template, Expectation(StatusMask.parse("????")), raw=True))
    return Script(name, (Section(name, f"{name}, line 1", tuple(steps)),))


def read_dump(text: str, name: str) -> Script:
    """An APDU dump of pySim: `-> a0a40000023f00` and `<- 9f17:` in turn. The card shall answer the same."""
    steps: list[Step] = []
    pending: tuple[str, str, str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if match := _DUMP_COMMAND.search(line):
            if pending:
                raise ScriptError(pending[0], "the dump has no answer to this command")
            pending = f"{name}, line {number}", line.strip(), match[1]
        elif (match := _DUMP_ANSWER.search(line)) and pending:
            place, shown, command = pending
            pending = None
            data = Mask.parse(match["data"]) if match["data"] else None
            expected = Expectation(StatusMask.parse(match["sw"]), data)
            try:
                steps.append(Send(place, shown, Template.parse(command), expected, raw=True))
            except ValueError as error:
                raise ScriptError(place, str(error)) from None
    if pending:
        raise ScriptError(pending[0], "the dump has no answer to this command")
    return Script(name, (Section(name, f"{name}, line 1", tuple(steps)),))
