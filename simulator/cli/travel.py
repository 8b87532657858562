"""`esim travel`: trips, run and compared, and what to check before leaving."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simulator.cli import home, output

if TYPE_CHECKING:
    from simulator.cli.travel_why import Grounds
    from simulator.network.journal import Evidence
    from simulator.network.world import World
    from simulator.scenario.outcome import Outcome
    from simulator.scenario.trip import Trip

_OPTIONS = (
    "home-roaming",
    "roaming-pass",
    "local-sim-swap",
    "local-sim-second-slot",
    "multi-imsi",
    "local-esim",
    "travel-esim",
)
"""Names of `simulator.scenario.trip.OptionName`, which is not imported for a help text; a test compares."""
Function = TypeVar("Function", bound=Callable[..., Any])
_MANY = 3
"""Countries, above which a table only counts them."""
_COLOURS = {"good": "green", "take care": "yellow", "bad": "red"}


@click.group("travel")
def command() -> None:
    """Take phones and cards on trips, and see what becomes of them.

    TRIP is the name of a trip that comes along, or a file (docs/travel.md).
    """


def _trip(function: Function) -> Function:
    """The argument and options that all have in common."""
    decorators = (
        click.argument("name", metavar="TRIP"),
        click.option("--why", is_flag=True, help="Say on what each statement stands."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    )
    for decorate in reversed(decorators):
        function = decorate(function)
    return function


_SEED = click.option("--seed", type=click.IntRange(0, (1 << 32) - 1), help="Another seed than the trip's.")
_HTML = click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page here."
)
_OPTION = click.option(
    "--option",
    "names",
    multiple=True,
    type=click.Choice(_OPTIONS),
    help="Only these; all of the trip's if not given.",
)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_(as_json: bool) -> None:
    """List the trips that come along, with what they show."""
    from simulator.scenario import trip as trips

    world = _world()
    found = {name: trips.parse(text, world, name) for name, text in trips.shipped().items()}
    if as_json:
        output.write_json({name: {"name": trip.name, "says": trip.says} for name, trip in found.items()})
        return
    for name, trip in found.items():
        click.secho(name, bold=True)
        click.echo(click.wrap_text(f"{trip.name}. {trip.says}", initial_indent="  ", subsequent_indent="  "))


@command.command()
@_trip
@_OPTION
@_SEED
@_HTML
@click.option("--events", "with_events", is_flag=True, help="Tell every event with its time, too.")
def run(
    name: str,
    why: bool,
    as_json: bool,
    names: tuple[str, ...],
    seed: int | None,
    page: Path | None,
    with_events: bool,
) -> None:
    """Run a trip and tell what happens, option by option."""
    trip, world, outcomes = _outcomes(name, names, seed)
    _write_page(trip, world, outcomes, page)
    if as_json:
        output.write_json(_as_object(trip, outcomes))
        return
    for outcome in outcomes:
        _tell(outcome, world, why)
        if with_events:
            _events(outcome)


@command.command()
@_trip
@_OPTION
@_SEED
@_HTML
def compare(
    name: str, why: bool, as_json: bool, names: tuple[str, ...], seed: int | None, page: Path | None
) -> None:
    """Run a trip with each of its options, and put them side by side."""
    trip, world, outcomes = _outcomes(name, names, seed)
    _write_page(trip, world, outcomes, page)
    if as_json:
        output.write_json(_as_object(trip, outcomes, events=False))
        return
    _table(trip, outcomes)
    if why:
        for outcome in outcomes:
            _tell(outcome, world, why)


@command.command()
@_trip
def check(name: str, why: bool, as_json: bool) -> None:
    """Look at the four things to check before leaving: device, operators there, roaming terms, resellers."""
    from simulator.scenario import trip as trips
    from simulator.scenario.checks import check

    world = _world()
    trip = trips.load(name, world)
    findings = check(trip, world)
    if as_json:
        output.write_json({"trip": trip.name, "findings": [finding.as_object() for finding in findings]})
        return
    topic = None
    grounds = _grounds(world, why)
    for finding in findings:
        if finding.topic is not topic:
            topic = finding.topic
            click.secho(topic.value[:1].upper() + topic.value[1:], bold=True)
        verdict = finding.verdict.value
        click.echo(f"  {click.style(f'{verdict:<10}', fg=_COLOURS[verdict])}{finding.text}")
        _why(finding.evidence, grounds)
    _sources(grounds)


def _world() -> World:
    from simulator.network.world import load

    return load()


def _outcomes(name: str, names: Iterable[str], seed: int | None) -> tuple[Trip, World, list[Outcome]]:
    from simulator.scenario import trip as trips
    from simulator.scenario.engine import compare, run

    world = _world()
    trip = trips.load(name, world)
    chosen = [trips.OptionName(one) for one in names]
    outcomes = [run(trip, one, world, seed=seed) for name in chosen for one in trip.options_named(name)]
    outcomes = outcomes or compare(trip, world, seed=seed)
    return trip, world, outcomes


def _as_object(trip: Trip, outcomes: Iterable[Outcome], *, events: bool = True) -> dict[str, Any]:
    return {
        "trip": trip.name,
        "says": trip.says,
        "outcomes": [outcome.as_object(events=events) for outcome in outcomes],
    }


def _write_page(trip: Trip, world: World, outcomes: list[Outcome], page: Path | None) -> None:
    if page is None:
        return
    from simulator.scenario.report import html

    home.write_page(page, html(trip, outcomes, world).encode())


# In words


def _tell(outcome: Outcome, world: World, why: bool) -> None:
    from simulator.scenario.steps import STEPS

    grounds = _grounds(world, why)
    click.secho(outcome.title, bold=True, fg="cyan")
    for key in outcome.before:
        click.echo(f"  by hand, before leaving: {STEPS[key].text}")
    _statements(outcome.statements, grounds)
    for leg in outcome.legs:
        click.secho(f"  {world.countries[leg.country].name}, {leg.begin:%Y-%m-%d %H:%M}", bold=True)
        for key in leg.steps:
            click.echo(f"    by hand: {STEPS[key].text}")
        _statements(leg.statements, grounds, "    ")
    for key in outcome.after:
        click.echo(f"  by hand, at home again: {STEPS[key].text}")
    click.echo(f"  {_totals(outcome)}")
    _sources(grounds)
    click.echo()


def _statements(statements: Iterable[Any], grounds: Grounds | None, indent: str = "  ") -> None:
    for statement in statements:
        problem = statement.problem
        if problem is None:
            click.echo(f"{indent}{statement.text}")
        else:
            click.echo(f"{indent}{click.style(problem.term, fg='red')} ({problem.where})")
            click.echo(f"{indent}  {statement.text}. {problem.advice}")
        _why(statement.evidence, grounds, indent + "  ")


def _grounds(world: World, why: bool) -> Grounds | None:
    from simulator.cli.travel_why import Grounds

    return Grounds(world) if why else None


def _why(evidence: Iterable[Evidence], grounds: Grounds | None, indent: str = "          ") -> None:
    for line in grounds.lines(evidence) if grounds else ():
        click.secho(f"{indent}{line}", dim=True)


def _sources(grounds: Grounds | None) -> None:
    """What the numbers in brackets stand for."""
    lines = list(grounds.sources()) if grounds else []
    if lines:
        click.echo("  Sources")
    for line in lines:
        click.secho(f"    {line}", dim=True)


def _events(outcome: Outcome) -> None:
    for event in outcome.events:
        when = click.style(f"{event.time:%Y-%m-%d %H:%M}", dim=True)
        click.echo(f"  {when}  {event.actor:<13}{event.text}")
    click.echo()


def _totals(outcome: Outcome) -> str:
    from simulator.scenario.evidence import counted

    first = "never" if outcome.first_byte is None else counted(outcome.first_byte, "minute")
    number = "yes" if outcome.home_number else "no"
    return (
        f"first byte: {first}; {counted(outcome.manual_steps, 'step')} by hand; "
        f"{outcome.cost} {outcome.currency}; home number reachable: {number}"
    )


def _table(trip: Trip, outcomes: list[Outcome]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from simulator.scenario.reasons import REASONS

    console = Console()
    console.print(f"[bold]{escape(trip.name)}[/bold]", highlight=False)
    if trip.says:
        console.print(escape(trip.says.strip()), style="dim", highlight=False)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Option", min_width=18)
    table.add_column("Data over")
    for title in ("First byte", "By hand", trip.currency):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("Number")
    for outcome in outcomes:
        table.add_row(
            escape(outcome.title),
            _where(outcome),
            "never" if outcome.first_byte is None else f"{outcome.first_byte:g} min",
            str(outcome.manual_steps),
            f"{outcome.cost:.2f}",
            "yes" if outcome.home_number else "no",
            style=None if outcome.works else "red",
        )
    console.print(table)
    for reason in dict.fromkeys(reason for outcome in outcomes for reason in outcome.reasons):
        row = REASONS[reason]
        where = "; ".join(outcome.title for outcome in outcomes if reason in outcome.reasons)
        console.print(f"[bold]{row.term}[/bold] ({row.where})", highlight=False)
        console.print(f"  {where}", style="dim", highlight=False)


def _where(outcome: Outcome) -> str:
    """Over which networks data went; for many countries, in how many of them there were data."""
    legs = outcome.legs
    if len(legs) > _MANY:
        return f"in {sum(leg.data is not None for leg in legs)} of {len(legs)} countries"
    return "\n".join(f"{leg.data.network_name}, {leg.data.rat[:2]}" if leg.data else "none" for leg in legs)
