"""The language of APDU scripts, read line by line (docs/scripts.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cards import files
from cards.errors import CardError
from cards.script.bytes import NAME, Mask, StatusMask, Template
from cards.script.errors import ScriptError
from cards.script.model import (
    Close,
    Expectation,
    On,
    Open,
    Reset,
    Script,
    Section,
    Select,
    Send,
    Set,
    Step,
    Verify,
)

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_SECTION = re.compile(r"\[(.+)\]$")
_WORD = re.compile(rf"({NAME})(?:\s+(.*))?$", re.DOTALL)
_KEY_REFERENCES = {f"PIN{n}": n for n in range(1, 9)} | {f"ADM{n}": 0x09 + n for n in range(1, 6)}
"""TS 102 221 Table 9.3: application PINs '01' to '08', ADM1 to ADM5 '0A' to '0E'."""
KEY_REFERENCES = _KEY_REFERENCES | {"UPIN": 0x11} | {f"LOCAL{n}": 0x80 + n for n in range(1, 9)}
"""Names of key references; LOCAL1 is the second application PIN '81'."""
_ABOUT = ("clause", "case", "needs", "destructive")
"""First words of lines about a section."""
_DEPTH = 32
"""How deep includes and macros may stand in one another."""


@dataclass(frozen=True, slots=True)
class _Line:
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class _Macro:
    parameters: tuple[str, ...]
    lines: tuple[_Line, ...]


@dataclass(slots=True)
class _Reader:
    """What is known while a script is read: macros, sections so far."""

    macros: dict[str, _Macro] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    title: str = ""
    place: str = ""
    steps: list[Step] = field(default_factory=list)
    clause: str = ""
    case: str = ""
    needs: tuple[str, ...] = ()
    destructive: bool = False

    def begin(self, title: str, place: str) -> None:
        if self.steps or self.title:
            self.sections.append(
                Section(
                    self.title or "script",
                    self.place,
                    tuple(self.steps),
                    self.clause,
                    self.needs,
                    self.destructive,
                    self.case,
                )
            )
        self.title, self.place, self.steps = title, place, []
        self.clause, self.case, self.needs, self.destructive = "", "", (), False

    def describe(self, word: str, rest: str) -> None:
        """A line about the section, before its first step."""
        if self.steps:
            raise ValueError(f"{word} belongs before the first step of its section")
        if word == "clause":
            self.clause = rest
        elif word == "case":
            self.case = rest
        elif word == "needs":
            self.needs += tuple(rest.split())
        elif rest:
            raise ValueError("destructive takes nothing")
        else:
            self.destructive = True


def parse_script(text: str, name: str, folder: Path | None = None) -> Script:
    """Read a script; includes are looked for in `folder`. ScriptError names the line that is wrong."""
    reader = _Reader(place=f"{name}, line 1")
    _read(reader, _lines(text, name), folder, 0)
    reader.begin("", "")
    return Script(name, tuple(reader.sections))


def _lines(text: str, name: str) -> Iterator[_Line]:
    """Lines without comments; indented ones go on with the line before, except within a macro."""
    gathered, place, in_macro = "", "", False
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw).rstrip()
        if not line.strip():
            continue
        inside = in_macro
        in_macro = (inside or line.split()[0] == "define") and line.strip() != "end"
        if line[0].isspace() and gathered and not inside:
            gathered += " " + line.strip()
            continue
        if gathered:
            yield _Line(place, gathered)
        gathered, place = line.strip(), f"{name}, line {number}"
    if gathered:
        yield _Line(place, gathered)


def _read(reader: _Reader, lines: Iterator[_Line], folder: Path | None, depth: int) -> None:
    for line in lines:
        try:
            if section := _SECTION.match(line.text):
                reader.begin(section[1].strip(), line.place)
            elif line.text.split()[0] == "define":
                _define(reader, line, lines)
            elif line.text.split()[0] == "include":
                _include(reader, line, folder, depth)
            else:
                _step(reader, line, folder, depth)
        except ScriptError:
            raise
        except (ValueError, CardError) as error:
            raise ScriptError(line.place, str(error)) from None


def _define(reader: _Reader, line: _Line, lines: Iterator[_Line]) -> None:
    name, *parameters = line.text.split()[1:] or [""]
    if (
        not re.fullmatch(NAME, name)
        or name in (*_STEPS, *_ABOUT)
        or not all(re.fullmatch(NAME, item) for item in parameters)
    ):
        raise ScriptError(line.place, f"{name!r} cannot be the name of a macro")
    body: list[_Line] = []
    for inner in lines:
        if inner.text == "end":
            reader.macros[name] = _Macro(tuple(parameters), tuple(body))
            return
        body.append(inner)
    raise ScriptError(line.place, f"the macro {name} has no `end`")


def _include(reader: _Reader, line: _Line, folder: Path | None, depth: int) -> None:
    path = (folder or Path()) / line.text.removeprefix("include").strip()
    if depth >= _DEPTH:
        raise ScriptError(line.place, "files include one another without end")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(line.place, f"{path} cannot be read: {getattr(error, 'strerror', error)}") from None
    _read(reader, _lines(text, path.name), path.parent, depth + 1)


def _step(reader: _Reader, line: _Line, folder: Path | None, depth: int) -> None:
    word = _WORD.match(line.text)
    name, rest = (word[1], word[2] or "") if word else ("", "")
    if name in _ABOUT:
        reader.describe(name, rest)
    elif name in reader.macros:
        _expand(reader, line, reader.macros[name], rest.split(), folder, depth)
    elif name in _STEPS:
        reader.steps.append(_STEPS[name](line, rest))
    else:
        reader.steps.append(_send(line, line.text))


def _expand(
    reader: _Reader, line: _Line, macro: _Macro, arguments: list[str], folder: Path | None, depth: int
) -> None:
    if len(arguments) != len(macro.parameters):
        raise ScriptError(
            line.place, f"the macro takes {len(macro.parameters)} arguments, not {len(arguments)}"
        )
    if depth >= _DEPTH:
        raise ScriptError(line.place, "macros call one another without end")
    values = dict(zip(macro.parameters, arguments, strict=True))

    def filled(text: str) -> str:
        return re.sub(rf"\$({NAME})", lambda match: values.get(match[1], match[0]), text)

    inner = (_Line(f"{line.place} ({item.place})", filled(item.text)) for item in macro.lines)
    _read(reader, inner, folder, depth + 1)


def _send(line: _Line, text: str, *, raw: bool = False) -> Send:
    command, expected = _expectation(text)
    template = Template.parse(command)
    if not template.pieces:
        raise ValueError("there is no command before =>")
    waits = expected.status is not None and expected.status.is_about_more_data
    return Send(line.place, line.text, template, expected, raw or waits)


def _expectation(text: str) -> tuple[str, Expectation]:
    """What stands before `=>`, and what is expected after it: `[data] status words`."""
    command, arrow, rest = text.partition("=>")
    if not arrow:
        return command.strip(), Expectation()
    words = rest.split()
    if not words:
        raise ValueError("after => status words are missing, such as 9000 or 61??")
    data = " ".join(words[:-1])
    status = StatusMask.parse(words[-1])
    if not data:
        return command.strip(), Expectation(status)
    return command.strip(), Expectation(status, Mask(()) if data == "none" else Mask.parse(data))


def _reset(line: _Line, rest: str) -> Step:
    _, arrow, atr = rest.partition("=>")
    if rest and not arrow:
        raise ValueError("reset takes nothing but => and the ATR")
    return Reset(line.place, line.text, Mask.parse(atr) if arrow else None)


def _select(line: _Line, rest: str) -> Step:
    path, expected = _expectation(rest)
    if not path:
        raise ValueError("select needs the path of a file, such as MF/ADF.USIM/EF.IMSI")
    directory = ""
    for name in path.strip("/").split("/"):
        if name.upper() not in files.APPLICATIONS:
            files.file_identifier(name, directory)
        directory = name
    return Select(line.place, line.text, path, expected)


def _verify(line: _Line, rest: str) -> Step:
    call, expected = _expectation(rest)
    words = call.split()
    if len(words) != 2:
        raise ValueError("verify needs a key reference and a PIN, such as verify PIN1 1234")
    name, value = words
    known = KEY_REFERENCES.get(name.upper())
    if known is None and not re.fullmatch(r"[0-9A-Fa-f]{2}", name):
        raise ValueError(
            f"{name} is no key reference: {', '.join(KEY_REFERENCES)}, or two hexadecimal digits"
        )
    if not (re.fullmatch(r"\d{4,8}|[0-9A-Fa-f]{16}", value) or value.startswith("$")):
        raise ValueError("a PIN has 4 to 8 digits, or is 8 bytes in hexadecimal")
    return Verify(line.place, line.text, int(name, 16) if known is None else known, value, expected)


def _open(line: _Line, rest: str) -> Step:
    if not re.fullmatch(NAME, rest):
        raise ValueError("open needs a name for the channel's number")
    return Open(line.place, line.text, rest)


def _on(line: _Line, rest: str) -> Step:
    return On(line.place, line.text, Template.parse(f"{int(rest):02X}" if rest.isdecimal() else rest))


def _close(line: _Line, rest: str) -> Step:
    if rest:
        raise ValueError("close takes nothing: it closes the channel that is in use")
    return Close(line.place, line.text)


def _set(line: _Line, rest: str) -> Step:
    match = re.match(rf"({NAME})\s*=?\s*(.*)$", rest)
    if match is None:
        raise ValueError("set needs a name and bytes")
    return Set(line.place, line.text, match[1], Template.parse(match[2]))


_STEPS: dict[str, Callable[[_Line, str], Step]] = {
    "reset": _reset,
    "select": _select,
    "verify": _verify,
    "open": _open,
    "on": _on,
    "close": _close,
    "set": _set,
    "raw": lambda line, rest: _send(line, rest, raw=True),
}
"""First word of a line → what reads it. Other lines are commands, or calls of macros."""
