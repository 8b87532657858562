"""What must hold within and between the world's tables: `problems` finds everything that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from simulator.network.world.checks import agreements, devices, offers, operators, places
from simulator.network.world.checks.problem import Problem

if TYPE_CHECKING:
    from simulator.network.world.queries import World

CHECKS: tuple[Callable[[World], Iterator[Problem]], ...] = (
    places.sources,
    places.notes,
    places.countries,
    places.country_codes,
    places.bands,
    places.rates,
    operators.places,
    operators.codes,
    operators.radios,
    operators.esim,
    operators.hosts,
    agreements.parties,
    agreements.contents,
    agreements.regulation,
    devices.bands,
    devices.slots,
    devices.locks,
    offers.parties,
    offers.reach,
    offers.prices,
    offers.needs,
    offers.sponsors,
    offers.rules,
)


def problems(world: World) -> Iterator[Problem]:
    """Everything that is wrong, in the order of the tables."""
    for check in CHECKS:
        yield from check(world)
