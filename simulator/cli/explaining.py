"""Explanations on the terminal: a line for what is asked, one for what became of it, and the fields below."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cards.explain import Explainer, Explanation, Field
    from cards.trace import Entry

_NARROWEST = 60
KEY_LOG = click.option(
    "--keylog",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Show what these session keys open; ESIM_KEYLOG wrote them.",
)


def explainer(keylog: Path | None) -> Explainer:
    """Explains a session, with the keys of a log if there is one."""
    from cards.explain import Explainer

    if keylog is None:
        return Explainer()
    from simulator.explain import KeyRing

    return Explainer(KeyRing.parse(keylog.read_text(encoding="utf-8", errors="replace")))


def show(
    explanation: Explanation, *, brief: bool = False, number: int | None = None, err: bool = False
) -> None:
    """Print one explanation."""
    for line in lines(explanation, brief=brief, number=number):
        click.echo(line, err=err)


def lines(explanation: Explanation, *, brief: bool = False, number: int | None = None) -> Iterator[str]:
    """The lines of an explanation; `brief`: only what was asked and what became of it."""
    count = "" if number is None else click.style(f"{number:>4}  ", dim=True)
    clause = click.style(f"  ({explanation.clause})", dim=True) if explanation.clause and not brief else ""
    colour = (
        {True: "green", False: "red"}.get(explanation.succeeded)
        if explanation.succeeded is not None
        else None
    )
    outcome = click.style(explanation.outcome, fg=colour) if explanation.outcome else ""
    if brief:
        yield f"{count}{explanation.title}" + (f"  → {outcome}" if outcome else "")
        return
    yield f"{count}{click.style(explanation.title, bold=True)}{clause}"
    for arrow, raw, fields in (
        (">", explanation.raw_command, explanation.command),
        ("<", explanation.raw_answer, explanation.answer),
    ):
        if raw:
            yield from _wrapped(f"  {arrow} ", "    ", raw.hex().upper())
        for field in fields:
            yield from field_lines(field, 2)
    yield ""


def field_lines(field: Field, depth: int) -> Iterator[str]:
    """A field and those below it: offset, name, value in words; why bytes could not be read."""
    place = f"{field.offset:>5} " if field.length else "      "
    margin = click.style(place, dim=True) + "  " * depth
    value = f"{field.name}: {field.value}" if field.value else field.name
    first = 6 + 2 * depth
    yield from _wrapped(margin, " " * (first + 2), value, first)
    if field.problem:
        yield from _wrapped(
            " " * (first + 2), " " * (first + 2), click.style(f"! {field.problem}", fg="yellow")
        )
    for child in field.children:
        yield from field_lines(child, depth + 1)


def _wrapped(first: str, following: str, text: str, width_of_first: int | None = None) -> Iterator[str]:
    """Text in as many lines as it takes; `first` may hold invisible characters."""
    width = max(_NARROWEST, shutil.get_terminal_size().columns)
    used = len(first) if width_of_first is None else width_of_first
    pieces = textwrap.wrap(text, width - max(used, len(following))) or [""]
    yield first + pieces[0]
    yield from (following + piece for piece in pieces[1:])


def entries_in_words(entries: Iterable[Entry], keylog: Path | None) -> Iterator[Explanation]:
    """A whole trace."""
    reader = explainer(keylog)
    return (reader.entry(entry) for entry in entries)


class TerminalSink:
    """Explains a trace on standard error while it comes."""

    def __init__(self) -> None:
        self._explainer = explainer(None)

    def take(self, entry: Entry, /) -> None:
        show(self._explainer.entry(entry), err=True)

    def close(self) -> None:
        """Nothing is open."""
