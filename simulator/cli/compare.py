"""`esim compare`: one script on two cards, and where they differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
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
    (`--trace FILE`), which answers what was recorded. The exit status is 1 if they differ.
    """
    from cards.compare import compare
    from cards.script import load

    scripts = [load(path) for path in files] or _shipped()
    count = 0
    with _opened(left) as one, _opened(right) as other:
        for script in scripts:
            for comparison in compare(script, one, other):
                count += comparison.differs
                if comparison.differs or show_all:
                    _show(comparison, left, right, as_json)
    if not as_json:
        click.echo(f"{count or 'no'} {'difference' if count == 1 else 'differences'}")
    return 1 if count else 0


def _shipped() -> list[Script]:
    from dataclasses import replace

    from simulator.conformance.suite import script

    scripts = [script(name) for name in _SUITES]
    kept = [tuple(section for section in one.sections if not section.destructive) for one in scripts]
    return [replace(one, sections=sections) for one, sections in zip(scripts, kept, strict=True)]


@contextmanager
def _opened(text: str) -> Iterator[CardLink]:
    kind, _, rest = text.partition(":")
    real = {"reader": Which(reader=rest), "modem": Which(modem=rest)}.get(kind) if rest else None
    if real is not None:
        with real.opened() as link:
            yield link
    elif Path(text).suffix and Path(text).is_file():
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
