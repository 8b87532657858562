"""Loads the world's tables: one YAML file a table, read strictly and checked against one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, permutations, product
from pathlib import Path
from typing import TypeVar

from simulator.network.errors import WorldError
from simulator.network.world import reading
from simulator.network.world.checks import problems
from simulator.network.world.model import (
    Agreement,
    Band,
    Country,
    Device,
    Offer,
    Operator,
    PriceClass,
    Rat,
    Rate,
    Source,
)
from simulator.network.world.queries import World

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
        agreements=_agreements(folder / "agreements.yaml", operators),
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


@dataclass(frozen=True, slots=True)
class _Treaty:
    """A row of agreements.yaml says the same of many pairs: of each of `homes` in each of `visited` that is
    in another country, and of all pairs `among` operators of different countries."""

    rats: tuple[Rat, ...]
    services: tuple[str, ...]
    price: PriceClass
    source: str
    homes: tuple[str, ...] = ()
    visited: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    """Keys of visited operators, or 'home/visited' for one home operator's preference."""
    barred: bool = False
    otherwise: bool = False
    """It says nothing of pairs that rows above it speak of."""
    note: str = ""
    volte: bool = True
    longest_days: int | None = None

    def pairs(self, country: Callable[[str], str]) -> Iterator[tuple[str, str]]:
        for home, visited in chain(product(self.homes, self.visited), permutations(self.among, 2)):
            if country(home) != country(visited):
                yield home, visited

    def agreement(self, home: str, visited: str, preferred: bool) -> Agreement:
        return Agreement(
            home,
            visited,
            self.rats,
            self.services,
            self.price,
            preferred,
            self.barred,
            self.source,
            self.note,
            self.volte,
            self.longest_days,
        )


def _agreements(path: Path, operators: dict[str, Operator]) -> dict[str, Agreement]:
    def country(key: str) -> str:
        """An unknown operator is a country of its own, so that the checks find it."""
        return operators[key].country if key in operators else key

    rows: dict[str, Agreement] = {}
    for key, node in reading.table(path).items():
        treaty = reading.row(_Treaty, path, key, node, {})
        preferred, used = set(treaty.preferred), set()
        for home, visited in treaty.pairs(country):
            pair = f"{home}/{visited}"
            if pair in rows:
                if treaty.otherwise:
                    continue
                raise WorldError(f"{path.name}, row {key!r}: another row already says of {pair!r}")
            which = preferred & {visited, pair}
            used |= which
            rows[pair] = treaty.agreement(home, visited, bool(which))
        if unused := preferred - used:
            raise WorldError(
                f"{path.name}, row {key!r}, member 'preferred': {min(unused)!r} is not in the row"
            )
    return rows
