"""`esim compare`: one script on two cards, and where they differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.which import Which

if TYPE_CHECKING:
    from cards.compare import Comparison
    from cards.link import CardLink
    from cards.script import Script

_SUITES = ("uicc", "usim", "es10")
"""What is run if no script is named: these suites of `esim conform`, but for what changes a card."""


@click.command("compare")
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.option(
    "--script",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Run these; the checks of `esim conform` if not given.",
)
@click.option("--all", "show_all", is_flag=True, help="Show steps without a difference, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a step.")
def command(left: str, right: str, files: tuple[Path, ...], show_all: bool, as_json: bool) -> int:
    """Run scripts on two cards and say where they differ, by meaning.

    A card is the name of a simulated one, of which a copy is taken, reader:READER, modem:PORT, or a recording
    (`--trace FILE`), which answers what was recorded. Nothing is sent to a real card that could change it. Of
    what a card makes anew each time, such as challenges, only the length counts. The exit status is 1 if they
    differ.
    """
    from cards.compare import compare
    from cards.protection import ProtectedLink
    from cards.script import load

    scripts = [load(path) for path in files] or _shipped()
    count = withheld = 0
    with _opened(left) as one, _opened(right) as other:
        if _is_real(left) or _is_real(right):  # what is kept from one card is kept from the other, too
            one, other = ProtectedLink(one), ProtectedLink(other)
        lacks = _Lacks(None if _is_recording(left) else one, None if _is_recording(right) else other)
        for script in scripts:
            for comparison in compare(lacks.common(script), one, other):
                count += comparison.differs
                withheld += comparison.is_withheld
                if comparison.differs or show_all:
                    _show(comparison, left, right, as_json)
    count += _show_lacks(lacks.found, left, right, as_json)
    if not as_json:
        _summary(count, withheld)
    return 1 if count else 0


def _shipped() -> list[Script]:
    from simulator.conformance.suite import script

    scripts = [script(name) for name in _SUITES]
    kept = [tuple(section for section in one.sections if not section.destructive) for one in scripts]
    return [replace(one, sections=sections) for one, sections in zip(scripts, kept, strict=True)]


class _Lacks:
    """What only one of two cards can do, found out by asking them; None for one that cannot be asked."""

    def __init__(self, left: CardLink | None, right: CardLink | None) -> None:
        self._links = left, right
        self._asked: dict[str, tuple[bool, bool]] = {}

    def common(self, script: Script) -> Script:
        """The script without sections that need what one of the cards lacks."""
        kept = (
            section for section in script.sections if all(all(self._have(word)) for word in section.needs)
        )
        return replace(script, sections=tuple(kept))

    @property
    def found(self) -> dict[str, tuple[bool, bool]]:
        """Word of a capability → which of the two cards has it, where one has it and the other one not."""
        return {word: have for word, have in self._asked.items() if any(have) and not all(have)}

    def _have(self, word: str) -> tuple[bool, bool]:
        from simulator.testing.capabilities import CAPABILITIES, has

        if word not in CAPABILITIES:
            return True, True
        if word not in self._asked:
            left, right = (link is None or has(link, word) for link in self._links)
            self._asked[word] = left, right
        return self._asked[word]


def _is_real(text: str) -> bool:
    return text.startswith(("reader:", "modem:"))


def _is_recording(text: str) -> bool:
    return not _is_real(text) and bool(Path(text).suffix) and Path(text).is_file()


@contextmanager
def _opened(text: str) -> Iterator[CardLink]:
    kind, _, rest = text.partition(":")
    real = {"reader": Which(reader=rest), "modem": Which(modem=rest)}.get(kind) if rest else None
    if real is not None:
        with real.opened() as link:
            yield link
    elif _is_recording(text):
        yield _recording(Path(text))
    else:
        link = Which(name=text).copies()()
        yield link
        link.close()


def _recording(path: Path) -> CardLink:
    from cards import InProcessLink
    from cards.trace import reading
    from cards.trace.replay import ReplayCard

    return InProcessLink(ReplayCard(reading.read(path.read_bytes(), str(path)), exact=False))


def _show(comparison: Comparison, left: str, right: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_object(comparison)))
        return
    click.echo(click.style(f"{comparison.section.title}: {comparison.step.text}", bold=True))
    if comparison.left != comparison.right:
        _pair("answer", comparison.left, comparison.right, left, right)
    for field in comparison.fields:
        _pair(field.name, field.left, field.right, left, right)


def _show_lacks(lacks: Mapping[str, tuple[bool, bool]], left: str, right: str, as_json: bool) -> int:
    """What only one of the cards can do; how much that is."""
    from simulator.testing.capabilities import CAPABILITIES

    for word, have in lacks.items():
        meaning = CAPABILITIES[word].meaning
        if as_json:
            click.echo(json.dumps({"needs": word, "differs": True, "left": have[0], "right": have[1]}))
            continue
        click.echo(click.style(f"The card {meaning}; what needs that was left out", bold=True))
        one, other = ("yes" if has else "no" for has in have)
        _pair(word, one, other, left, right)
    return len(lacks)


def _summary(count: int, withheld: int) -> None:
    if withheld:
        sections = "section ends" if withheld == 1 else "sections end"
        click.echo(f"{withheld} {sections} early: the next step could change a real card, and was not sent")
    click.echo(f"{count or 'no'} {'difference' if count == 1 else 'differences'}")


def _pair(name: str, one: str, other: str, left: str, right: str) -> None:
    click.echo(f"  {name}")
    width = max(len(left), len(right))
    click.echo(click.style(f"    {left:<{width}}  {one or '(nothing)'}", fg="red"))
    click.echo(click.style(f"    {right:<{width}}  {other or '(nothing)'}", fg="green"))


def _object(comparison: Comparison) -> dict[str, Any]:
    return {
        "section": comparison.section.title,
        "place": comparison.step.place,
        "step": comparison.step.text,
        "differs": comparison.differs,
        "left": comparison.left,
        "right": comparison.right,
        "fields": [field._asdict() for field in comparison.fields],
    }
