"""Roaming agreements as their table says them: a row speaks of many pairs of operators at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, permutations, product
from pathlib import Path

from simulator.network.errors import WorldError
from simulator.network.world import reading
from simulator.network.world.model import Agreement, Operator, PriceClass, Rat


@dataclass(frozen=True, slots=True)
class Treaty:
    """It says the same of each of `homes` in each of `visited` that is in another country, and of all pairs
    `among` operators of different countries."""

    key: str
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


def treaties(path: Path) -> list[Treaty]:
    """The rows of agreements.yaml in their order."""
    return [reading.row(Treaty, path, key, node, {"key": key}) for key, node in reading.table(path).items()]


def agreements(path: Path, operators: dict[str, Operator]) -> dict[str, Agreement]:
    """What the rows say of each pair, by 'home/visited'."""

    def country(key: str) -> str:
        """An unknown operator is a country of its own, so that the checks find it."""
        return operators[key].country if key in operators else key

    rows: dict[str, Agreement] = {}
    for treaty in treaties(path):
        preferred, used = set(treaty.preferred), set[str]()
        for home, visited in treaty.pairs(country):
            pair = f"{home}/{visited}"
            if pair in rows:
                if treaty.otherwise:
                    continue
                raise WorldError(f"{path.name}, row {treaty.key!r}: another row already says of {pair!r}")
            which = preferred & {visited, pair}
            used |= which
            rows[pair] = treaty.agreement(home, visited, bool(which))
        if unused := preferred - used:
            where = f"{path.name}, row {treaty.key!r}, member 'preferred'"
            raise WorldError(f"{where}: {min(unused)!r} is not in the row")
    return rows
