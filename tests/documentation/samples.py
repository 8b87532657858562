"""The samples of a page: its fenced blocks, what is to be done with each, and the lines of its commands."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_TEXTS = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
PAGES = sorted(path for path in _TEXTS if "```" in path.read_text(encoding="utf-8"))
"""README and every page of docs that has a fenced block."""
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*).*$")
_MARKER = re.compile(r"^ *<!-- (?P<word>not run|file|setup): (?P<rest>.+) -->$")
OUTPUT = ("text", "json", "yaml", "mermaid", "ini", "toml", "xml", "")
"""Blocks that show something and are not run, unless they are files of the walk."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A fenced block. `marker` is the word of the comment before it, `rest` what that says."""

    page: Path
    line: int
    language: str
    text: str
    marker: str = ""
    rest: str = ""

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def samples(page: Path) -> list[Sample]:
    """The blocks of a page from top to bottom."""
    found: list[Sample] = []
    marker, rest = "", ""
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if told := _MARKER.match(line):
            marker, rest = told["word"], told["rest"]
        elif fence := _FENCE.match(line):
            indent = fence["indent"]
            text = []
            for _, inner in lines:
                if inner.startswith(indent + "```"):
                    break
                text.append(inner.removeprefix(indent))
            body = "\n".join(text) + "\n"
            found.append(Sample(page, number, fence["language"], body, marker, rest))
            marker, rest = "", ""
        elif line.strip():
            marker, rest = "", ""
    return found


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a block, and what the page shows of its output: '…' stands for anything."""

    line: str
    shows: str = ""
    refused: bool = False
    """The comment behind it begins with 'refused' or 'differs': its status is not to be 0."""


def commands(sample: Sample) -> list[Command]:
    """The commands of a block of shell lines; in a console block they stand after '$ '."""
    if sample.language == "console":
        blocks = re.split(r"^\$ ", sample.text, flags=re.MULTILINE)[1:]
        return [_command(first, rest) for first, _, rest in (block.partition("\n") for block in blocks)]
    joined = sample.text.replace("\\\n", " ")
    return [_command(line) for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def _command(line: str, shows: str = "") -> Command:
    code, comment = _without_comment(line)
    return Command(code, shows, comment.startswith(("refused", "differs")))


def _without_comment(line: str) -> tuple[str, str]:
    """The code of a line, and the comment behind it, as a shell tells them apart."""
    lexer = shlex.shlex(line, posix=False, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    for word in lexer:
        if word.startswith("#"):
            code, _, comment = line.rpartition(" #") if line.count(" #") == 1 else line.partition(" #")
            return code.strip(), comment.strip()
    return line.strip(), ""
