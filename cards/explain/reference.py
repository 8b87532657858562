"""Which files and commands are explained, clause by clause: `python -m cards.explain.reference` writes
docs/reference/explained.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cards import files
from cards.explain import es10
from cards.explain.commands import TABLES
from cards.explain.files import tables
from cards.explain.globalplatform import objects
from cards.explain.toolkit.objects import OBJECTS as TOOLKIT_OBJECTS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "explained.md"


def page() -> str:
    """The page as Markdown."""
    return "\n".join([*_head(), *_files(), *_commands(), *_messages(), *_objects()]) + "\n"


def _head() -> Iterator[str]:
    yield "# What is explained"
    yield ""
    yield "Made from the tables by `python -m cards.explain.reference`; a test compares the two. Contents of"
    yield "other files, and data of other commands, are shown as bytes or TLVs. Bytecode, cellular"
    yield "measurements and lists that are packed bit by bit for CDMA terminals have a name, and are shown as"
    yield "bytes."
    yield ""


def _files() -> Iterator[str]:
    yield "## Files"
    for directory, table in tables().items():
        yield from (
            "",
            f"### {directory}",
            "",
            "| file | identifier | content | clause |",
            "|---|---|---|---|",
        )
        for name, row in sorted(table.items()):
            fid = files.TREE[directory].get(name)
            if directory == "DF.PHONEBOOK" and fid is None:
                yield f"| {name} | by EF.PBR | {row.title} | {row.clause} |"
            # A row that is shared with another directory, where this one has no such file.
            if fid is not None:
                yield f"| {name} | {fid:04X} | {row.title} | {row.clause} |"


def _commands() -> Iterator[str]:
    yield from ("", "## Commands", "", "| class | INS | command | clause |", "|---|---|---|---|")
    for kind, table in TABLES.items():
        for ins, row in sorted(table.items()):
            yield f"| {kind} | {ins:02X} | {row.name} | {row.clause} |"


def _messages() -> Iterator[str]:
    yield from ("", "## ES10", "", "| tag | function | clause |", "|---|---|---|")
    for tag, function in es10.FUNCTIONS.items():
        yield f"| {tag:04X} | {function.name} | {function.clause} |"


def _objects() -> Iterator[str]:
    """Data objects of GlobalPlatform commands and of the toolkit."""
    for title, table in (("GlobalPlatform", objects.OBJECTS), ("Toolkit", TOOLKIT_OBJECTS)):
        yield from ("", f"## {title}", "", "| tag | data object | clause |", "|---|---|---|")
        for tag, row in sorted(table.items()):
            yield f"| {tag:02X} | {row.name} | {row.clause} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
