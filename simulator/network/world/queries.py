"""The world as one value, and what is asked of it: who works where, with whom, and what one can buy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from cards.identities import Imsi, Plmn
from simulator.network.errors import WorldError
from simulator.network.world.model import (
    Agreement,
    Band,
    Country,
    Device,
    Offer,
    OfferKind,
    Operator,
    Radio,
    Rat,
    Rate,
    Source,
)

Value = TypeVar("Value")


@dataclass(frozen=True)
class World:
    """Every table by key. Methods that take a key raise WorldError, one sentence, if there is no such row."""

    sources: dict[str, Source]
    countries: dict[str, Country]
    bands: dict[tuple[Rat, str], Band]
    operators: dict[str, Operator]
    agreements: dict[str, Agreement]
    """By 'home/visited'."""
    devices: dict[str, Device]
    offers: dict[str, Offer]
    rates: dict[str, Rate]

    def country(self, key: str) -> Country:
        return _row("country", self.countries, key)

    def operator(self, key: str) -> Operator:
        return _row("operator", self.operators, key)

    def device(self, key: str) -> Device:
        return _row("device", self.devices, key)

    def offer(self, key: str) -> Offer:
        return _row("offer", self.offers, key)

    def source(self, key: str) -> Source:
        return _row("source", self.sources, key)

    def operators_in(self, country: str) -> list[Operator]:
        """The networks of a country, in the order of the table: without virtual operators and resellers."""
        self.country(country)
        return [o for o in self.operators.values() if o.country == country and o.radios]

    def operator_of(self, identity: Plmn | Imsi | str) -> Operator | None:
        """Whose network code or IMSI this is; MNCs of 3 digits before those of 2. None: not in the table."""
        if isinstance(identity, Plmn):
            return self._by_plmn.get(identity.mcc + identity.mnc)
        digits = identity.digits if isinstance(identity, Imsi) else identity.replace("-", "")
        return self._by_plmn.get(digits[:6]) or self._by_plmn.get(digits[:5])

    def host_of(self, operator: str) -> Operator:
        """Whose network a subscriber of `operator` uses at home: its own, or that of a virtual one's host."""
        found = self.operator(operator)
        return self.operator(found.host) if found.host else found

    def radios_of(self, operator: str, rat: Rat | None = None) -> tuple[Radio, ...]:
        """The radios of a network (a virtual operator's are its host's), of one technology or all."""
        return tuple(r for r in self.host_of(operator).radios if rat is None or r.rat is rat)

    def agreements_of(self, home: str) -> list[Agreement]:
        """Where subscribers of `home` may roam or are barred; a virtual operator's own rows come before its
        host's."""
        operator = self.operator(home)
        rows = dict(self._by_home.get(operator.host, {})) if operator.host else {}
        return list((rows | self._by_home.get(home, {})).values())

    def agreement(self, home: str, visited: str) -> Agreement | None:
        """The row for a subscriber of `home` in the network of `visited`; of a virtual operator its own row,
        else its host's. None: there is no agreement."""
        network = self.host_of(visited).key
        own = self._by_home.get(home, {}).get(network)
        return own or self._by_home.get(self.host_of(home).key, {}).get(network)

    def offers_for(self, country: str, kind: OfferKind | None = None) -> list[Offer]:
        """What gives service in a country, of one kind or all."""
        self.country(country)
        return [o for o in self.offers.values() if country in o.countries and kind in (None, o.kind)]

    def offers_of(self, seller: str) -> list[Offer]:
        self.operator(seller)
        return [o for o in self.offers.values() if o.seller == seller]

    def dollars(self, amount: Decimal, currency: str) -> Decimal:
        """An amount in US dollars, rounded to cents."""
        return (amount * _row("rate", self.rates, currency).usd).quantize(Decimal("0.01"))

    @cached_property
    def _by_plmn(self) -> dict[str, Operator]:
        return {plmn.mcc + plmn.mnc: o for o in self.operators.values() for plmn in o.plmns}

    @cached_property
    def _by_home(self) -> dict[str, dict[str, Agreement]]:
        rows: dict[str, dict[str, Agreement]] = {}
        for agreement in self.agreements.values():
            rows.setdefault(agreement.home, {})[agreement.visited] = agreement
        return rows


def _row(name: str, table: dict[str, Value], key: str) -> Value:
    if key not in table:
        raise WorldError(f"the world has no {name} {key!r}{_nearest(key, table)}")
    return table[key]


def _nearest(key: str, keys: Iterable[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(key.lower(), list(keys), 3, 0.5)
    return f"; did you mean {' or '.join(map(repr, found))}?" if found else ""
