"""Loads the world's tables: one YAML file a table, read strictly and checked against one another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar

from simulator.network.errors import WorldError
from simulator.network.world import reading
from simulator.network.world.checks import problems
from simulator.network.world.model import (
    Band,
    Country,
    Device,
    Offer,
    Operator,
    Rat,
    Rate,
    Source,
)
from simulator.network.world.queries import World
from simulator.network.world.treaties import agreements

Value = TypeVar("Value")
SHIPPED = Path(__file__).parent


@cache
def load() -> World:
    """The world that comes along. The same value each time: nobody changes it."""
    return read(SHIPPED)


def read(folder: Path) -> World:
    """The tables in a folder. Raises WorldError with one sentence that names file, row, member and what is
    wrong."""
    operators = _keyed(folder / "operators.yaml", Operator)
    world = World(
        sources=_keyed(folder / "sources.yaml", Source),
        countries=_keyed(folder / "countries.yaml", Country),
        bands={(band.rat, band.name): band for band in _bands(folder / "bands.yaml")},
        operators=operators,
        agreements=agreements(folder / "agreements.yaml", operators),
        devices=_keyed(folder / "devices.yaml", Device),
        offers=_keyed(folder / "offers.yaml", Offer),
        rates=_keyed(folder / "rates.yaml", Rate, "currency"),
    )
    for problem in problems(world):
        raise WorldError(str(problem))
    return world


def _keyed(path: Path, kind: type[Value], name: str = "key") -> dict[str, Value]:
    """Rows whose key is the member `name`."""
    nodes = reading.table(path).items()
    return {key: reading.row(kind, path, key, node, {name: key}) for key, node in nodes}


def _bands(path: Path) -> Iterator[Band]:
    """Rows by technology and name."""
    for technology, rows in reading.table(path).items():
        if technology not in Rat.__members__:
            raise WorldError(f"{path.name}, row {technology!r}: it is none of {', '.join(Rat.__members__)}")
        for name, node in reading.members(path, technology, rows).items():
            given = {"rat": Rat[technology], "name": name}
            yield reading.row(Band, path, f"{technology} {name}", node, given)
