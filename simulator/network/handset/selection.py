"""Which network a phone tries, in which order (TS 23.122 §4.4.3).

Everything here is a function of cells, lists and a source of chance; nothing registers. A candidate is a
network with a technology, as the clauses order "PLMN/access technology combinations".
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from cards.identities import Plmn
from simulator.network.air import Cell
from simulator.network.handset.files import BEST_FIRST, Listed
from simulator.network.world.model import Rat

CLAUSE = "TS 23.122 §4.4.3.1.1"


class Reason(Enum):
    """Why a candidate stands where it does: what to say, and the clause."""

    REGISTERED = "registered there last", "TS 23.122 §4.4.3.1"
    EQUIVALENT = "equivalent to the network registered last", "TS 23.122 §4.4.3.1"
    HOME = "home network", f"{CLAUSE} i"
    EQUIVALENT_HOME = "equivalent home network", f"{CLAUSE} i"
    USER = "in the user's list", f"{CLAUSE} ii"
    OPERATOR = "in the operator's list", f"{CLAUSE} iii"
    HIGH_QUALITY = "high quality signal, in random order", f"{CLAUSE} iv"
    OTHER = "by decreasing signal quality", f"{CLAUSE} v"

    @property
    def text(self) -> str:
        return self.value[0]

    @property
    def clause(self) -> str:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network with a technology, and its cells from the strongest on."""

    plmn: Plmn
    rat: Rat
    cells: tuple[Cell, ...]
    reason: Reason
    place: int = 0
    """In the list that put it there, from 1; 0 where there is no list."""

    @property
    def cell(self) -> Cell:
        return self.cells[0]

    def __str__(self) -> str:
        place = f", place {self.place}" if self.place else ""
        return f"{self.plmn} {self.rat.value} ({self.reason.text}{place})"


@dataclass(frozen=True, slots=True)
class Lists:
    """What a phone goes by: from the card, and from its own memory."""

    homes: tuple[Plmn, ...] = ()
    """The EHPLMN list by priority, or the HPLMN alone."""
    home_list: tuple[Listed, ...] = ()
    user_list: tuple[Listed, ...] = ()
    operator_list: tuple[Listed, ...] = ()
    forbidden: frozenset[Plmn] = frozenset()
    registered: Plmn | None = None
    equivalent: tuple[Plmn, ...] = ()
    """To the one registered last; the network sent them."""

    def is_home(self, plmn: Plmn) -> bool:
        return plmn in self.homes


Air = dict[tuple[Plmn, Rat], tuple[Cell, ...]]


def on_air(cells: Iterable[Cell]) -> Air:
    """Cells by network and technology, the strongest first."""
    found: dict[tuple[Plmn, Rat], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.plmn, cell.rat), []).append(cell)
    return {key: tuple(sorted(value, key=lambda cell: -cell.level)) for key, value in found.items()}


def automatic(cells: Iterable[Cell], lists: Lists, chance: random.Random) -> list[Candidate]:
    """All candidates of automatic mode in the order in which they are tried, from switch-on: the network
    registered last and its equivalents (§4.4.3.1), then i to v of §4.4.3.1.1. Forbidden networks are not
    among them (§3.1)."""
    air = {
        key: value
        for key, value in on_air(cells).items()
        if key[0] not in lists.forbidden or lists.is_home(key[0])
    }
    return _unique([*_registered(air, lists), *_ordered(air, lists, chance)])


def manual(cells: Iterable[Cell], lists: Lists, chance: random.Random) -> list[Candidate]:
    """What the user may choose from, forbidden networks among them (§4.4.3.1.2)."""
    return _unique(_ordered(on_air(cells), lists, chance))


def higher_priority(
    cells: Iterable[Cell], lists: Lists, current: Candidate, chance: random.Random
) -> list[Candidate]:
    """What a phone abroad looks for in the background (§4.4.3.3.1): home networks, and entries of the user's
    and the operator's list that stand before the network that it is on, in the same country."""
    air = {
        key: value
        for key, value in on_air(cells).items()
        if key[0] not in lists.forbidden and (lists.is_home(key[0]) or key[0].mcc == current.plmn.mcc)
    }
    ordered = _unique(_ordered(air, lists, chance))
    listed = [item for item in ordered if item.reason not in (Reason.HIGH_QUALITY, Reason.OTHER)]
    here = next((item for item in listed if (item.plmn, item.rat) == (current.plmn, current.rat)), None)
    before = listed if here is None else listed[: listed.index(here)]
    return [
        item for item in before if item.plmn != current.plmn or (here is None and item.rat != current.rat)
    ]


def _registered(air: Air, lists: Lists) -> Iterator[Candidate]:
    if lists.registered is None:
        return
    for plmn in (lists.registered, *lists.equivalent):
        reason = Reason.REGISTERED if plmn == lists.registered else Reason.EQUIVALENT
        for rat in _technologies(plmn, lists):
            yield from _found(air, plmn, rat, reason)


def _technologies(plmn: Plmn, lists: Lists) -> tuple[Rat, ...]:
    """The order of technologies: by EF.HPLMNwAcT at home (§4.4.3.1.1 f), else the phone's."""
    if not lists.is_home(plmn):
        return BEST_FIRST
    named = [rat for entry in lists.home_list if entry.plmn == plmn for rat in entry.rats]
    return tuple(dict.fromkeys([*named, *BEST_FIRST]))


def _ordered(air: Air, lists: Lists, chance: random.Random) -> Iterator[Candidate]:
    """i to v of §4.4.3.1.1."""
    for place, plmn in enumerate(lists.homes, 1):
        reason = Reason.HOME if len(lists.homes) == 1 or place == 1 else Reason.EQUIVALENT_HOME
        for rat in _technologies(plmn, lists):
            yield from _found(air, plmn, rat, reason, place if len(lists.homes) > 1 else 0)
    yield from _listed(air, lists.user_list, Reason.USER)
    yield from _listed(air, lists.operator_list, Reason.OPERATOR)
    yield from _others(air, chance)


def _listed(air: Air, entries: Collection[Listed], reason: Reason) -> Iterator[Candidate]:
    for place, entry in enumerate(entries, 1):
        for rat in entry.rats or BEST_FIRST:
            yield from _found(air, entry.plmn, rat, reason, place)


def _others(air: Air, chance: random.Random) -> Iterator[Candidate]:
    combinations = sorted(air, key=lambda key: (key[0], BEST_FIRST.index(key[1])))
    good = [key for key in combinations if air[key][0].is_high_quality]
    chance.shuffle(good)
    rest = [key for key in combinations if not air[key][0].is_high_quality]
    # §4.4.3.1.1 h: by level within a technology; the order of technologies is the phone's.
    rest.sort(key=lambda key: (BEST_FIRST.index(key[1]), -air[key][0].level))
    for plmn, rat in good:
        yield Candidate(plmn, rat, air[plmn, rat], Reason.HIGH_QUALITY)
    for plmn, rat in rest:
        yield Candidate(plmn, rat, air[plmn, rat], Reason.OTHER)


def _found(air: Air, plmn: Plmn, rat: Rat, reason: Reason, place: int = 0) -> Iterator[Candidate]:
    if (plmn, rat) in air:
        yield Candidate(plmn, rat, air[plmn, rat], reason, place)


def _unique(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each combination once, where it comes first."""
    first: dict[tuple[Plmn, Rat], Candidate] = {}
    for candidate in candidates:
        first.setdefault((candidate.plmn, candidate.rat), candidate)
    return list(first.values())
