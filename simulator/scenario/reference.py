"""Writes docs/reference/travel.md: options, steps and their durations, prices by class, reasons, trips.

python -m simulator.scenario.reference > docs/reference/travel.md
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.network.world import load
from simulator.scenario import trip as trips
from simulator.scenario.prices import DOLLARS, ROAMING_PER_MB
from simulator.scenario.reasons import REASONS
from simulator.scenario.steps import STEPS
from simulator.scenario.trip import OptionName

_HEAD = """# Trips: tables

Made from the tables in `simulator/scenario/`; do not edit. [Trips](../travel.md) says how they are used.
Durations and prices on this page are examples: nobody has measured them.
"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join((_HEAD, _options(), _reasons(), _steps(), _prices(), _trips()))


def _options() -> str:
    rows = [(f"`{one.value}`", one.title, one.kind.value if one.kind else "nothing") for one in OptionName]
    return _table("## Options", ("option", "what it is", "what is bought"), rows)


def _reasons() -> str:
    rows = [(f"`{one.key}`", one.term, one.where, one.advice) for one in REASONS.values()]
    title = (
        "## Why something does not work\n\nA clause, or the table of the [world](world.md) and its member."
    )
    return _table(title, ("reason", "in the field's terms", "where it stands", "what helps"), rows)


def _steps() -> str:
    rows = [
        (f"`{one.key}`", one.text, f"{one.minutes:g}", "yes" if one.by_hand else "") for one in STEPS.values()
    ]
    return _table("## Steps", ("step", "what is done", "minutes", "by hand"), rows)


def _prices() -> str:
    rows = [(one.value, f"{price}") for one, price in ROAMING_PER_MB.items()]
    return _table("## Roaming without a pass", ("price class", f"{DOLLARS} a megabyte"), rows)


def _trips() -> str:
    world = load()
    rows = [
        (f"`{name}`", trip.name, trip.says)
        for name, trip in ((name, trips.parse(text, world, name)) for name, text in trips.shipped().items())
    ]
    return _table("## Trips that come along", ("name", "trip", "what it shows"), rows)


def _table(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [title, "", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201
