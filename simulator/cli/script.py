"""`esim script`: runs APDU scripts on a card and says line by line what it answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from cards.script import Script, SectionResult, StepResult

FILES = click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.group("script")
def command() -> None:
    """Run and check APDU scripts (docs/scripts.md)."""


@command.command()
@FILES
@card_options()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a step.")
def run(files: tuple[Path, ...], which: Which, as_json: bool) -> int:
    """Run scripts on a card, one after the other; the card is reset before each.

    A step that does not get what it expects ends its section, and the next section begins. The exit status is
    1 if any did.
    """
    from cards.script import Runner, load

    scripts = [load(path) for path in files]
    failures = 0
    with which.opened() as link:
        for script in scripts:
            link.reset()
            for result in Runner(link).run(script):
                failures += result.failure is not None
                _show(script, result, as_json)
    return 1 if failures else 0


@command.command()
@FILES
def check(files: tuple[Path, ...]) -> None:
    """Read scripts without a card: the first mistake is told with its line."""
    from cards.script import load

    for path in files:
        script = load(path)
        steps = sum(len(section.steps) for section in script.sections)
        click.echo(f"{path}: {len(script.sections)} sections, {steps} steps")


def _show(script: Script, result: SectionResult, as_json: bool) -> None:
    if not as_json:
        click.echo(f"{script.name}: {click.style(result.section.title, bold=True)}")
    for step in result.steps:
        if as_json:
            click.echo(json.dumps(_object(script, result, step)))
        else:
            _line(step)


def _object(script: Script, result: SectionResult, step: StepResult) -> dict[str, Any]:
    command, response = step.command, step.response
    return {
        "script": script.name,
        "section": result.section.title,
        "place": step.step.place,
        "step": step.step.text,
        "command": command.to_bytes().hex().upper() if command else None,
        "data": response.data.hex().upper() if response else None,
        "sw": str(response.sw) if response else None,
        "problem": step.problem or None,
    }


def _line(step: StepResult) -> None:
    verdict = click.style("FAIL", fg="red", bold=True) if step.problem else click.style(" ok ", fg="green")
    sw = step.response.sw if step.response else None
    answer = f"  {click.style(str(sw), dim=True)}" if sw is not None else ""
    click.echo(f" {verdict} {step.step.text}{answer}")
    if step.problem:
        click.echo(f"      {step.step.place}: {step.problem}")
