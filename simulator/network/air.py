"""Which cells a phone finds at a place on a day, from the world's operators, radios and sunsets.

A simplification: an operator covers its whole country with one cell for each band; levels come from a seed,
for this is no model of radio. What counts as a high quality signal is what the specifications say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from cards.identities import Plmn
from simulator.network.journal import Row
from simulator.network.world.model import Operator, Radio, Rat
from simulator.network.world.queries import World

HIGH_QUALITY: Final[dict[Rat, tuple[int, str]]] = {
    Rat.GERAN: (-85, "TS 43.022 §4.1: above −85 dBm"),
    Rat.UTRAN: (-95, "TS 25.304 §5.1.2.2: CPICH RSCP of at least −95 dBm"),
    Rat.E_UTRAN: (-110, "TS 36.304 §5.1.2.2: RSRP of at least −110 dBm"),
    Rat.NG_RAN: (-110, "TS 38.304 §5.1.1.2: RSRP of at least −110 dBm"),
}
"""RAT → level in dBm from which on a signal is of high quality, and where that stands."""
_LEVELS: Final = {
    Rat.GERAN: (-95, -60),
    Rat.UTRAN: (-105, -70),
    Rat.E_UTRAN: (-118, -80),
    Rat.NG_RAN: (-118, -80),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as a phone hears it."""

    plmn: Plmn
    rat: Rat
    band: str
    """By its name in the world's tables."""
    area: int
    """Location area code (GERAN, UTRAN; 16 bits) or tracking area code (16 bits; 24 in NG-RAN)."""
    level: int
    """In dBm: RXLEV, RSCP or RSRP."""
    operator: str
    """Key of the operator that runs it."""
    country: str
    identity: int = 1
    barred_classes: frozenset[int] = frozenset()
    """Access classes that may not use it; 10: no emergency calls without IMSI (TS 22.011 §4)."""
    evidence: tuple[Row, ...] = ()

    @property
    def is_high_quality(self) -> bool:
        """TS 23.122 §4.4.3.1.1 iv takes these in random order. Above the level in GERAN, from it on else."""
        limit = HIGH_QUALITY[self.rat][0]
        return self.level > limit if self.rat is Rat.GERAN else self.level >= limit

    def __str__(self) -> str:
        return f"{self.plmn} {self.rat.value} band {self.band}, {self.level} dBm"


def cells_at(world: World, country: str, on: date, *, seed: int = 0) -> list[Cell]:
    """All cells in a country (its key) on a day, by operator, RAT and band. The same seed gives the same
    levels."""
    return [
        cell
        for operator in world.operators_in(country)
        if operator.plmns
        for cell in cells_of(operator, on, seed)
    ]


def cells_of(operator: Operator, on: date, seed: int = 0) -> Iterator[Cell]:
    """The cells of one operator on a day."""
    for radio in operator.radios:
        if not is_on_air(radio, on):
            continue
        row = Row("operators", operator.key, _says(operator, radio), radio.source)
        for number, band in enumerate(radio.bands, 1):
            draw = _draw(seed, operator.key, radio.rat.name, band)
            lowest, highest = _LEVELS[radio.rat]
            yield Cell(
                operator.plmns[0],
                radio.rat,
                band,
                area=1 + _draw(seed, operator.key, radio.rat.name) % 0xFFFD,
                level=lowest + draw % (highest - lowest + 1),
                operator=operator.key,
                country=operator.country,
                identity=number,
                evidence=(row,),
            )


def is_on_air(radio: Radio, on: date) -> bool:
    """Whether a technology is switched on that day; `until` is its last."""
    return (radio.since is None or radio.since <= on) and (radio.until is None or on <= radio.until)


def hearable(cells: Iterable[Cell], bands: dict[Rat, tuple[str, ...]]) -> list[Cell]:
    """The cells that a device with these bands can hear."""
    return [cell for cell in cells if cell.band in bands.get(cell.rat, ())]


def _says(operator: Operator, radio: Radio) -> str:
    until = f" until {radio.until}" if radio.until else ""
    bands = ", ".join(radio.bands)
    return f"{operator.name} ({operator.plmns[0]}) runs {radio.rat.value} in bands {bands}{until}"


def _draw(seed: int, *words: str) -> int:
    """Four bytes that depend on nothing but the arguments."""
    return int.from_bytes(hashlib.sha256("/".join((str(seed), *words)).encode()).digest()[:4], "big")
