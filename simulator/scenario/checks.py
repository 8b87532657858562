"""The four things to look at before leaving: the device, the operators at the destination and how they sell
eSIMs, the roaming terms of one's own operator, and resellers. Nothing is simulated for it: it reads the
world's tables."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from simulator.network.air import is_on_air
from simulator.network.journal import Row
from simulator.network.world import World
from simulator.network.world.model import (
    Agreement,
    Device,
    EsimSupport,
    OfferKind,
    Operator,
    PriceClass,
    Radio,
)
from simulator.scenario.evidence import as_object, counted
from simulator.scenario.ledger import row_of
from simulator.scenario.prices import ROAMING_PER_MB
from simulator.scenario.trip import DAY, CarriedDevice, Trip

_BOUGHT = (OfferKind.TRAVEL_ESIM, OfferKind.MULTI_IMSI)


class Verdict(Enum):
    """How something looks."""

    GOOD = "good"
    CARE = "take care"
    BAD = "bad"


class Topic(Enum):
    """What is looked at."""

    DEVICE = "device"
    OPERATORS = "operators at the destination"
    ROAMING = "roaming terms"
    RESELLERS = "resellers"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `country` is a key, empty for what is the same everywhere."""

    topic: Topic
    country: str
    verdict: Verdict
    text: str
    evidence: tuple[Row, ...]

    def as_object(self) -> dict[str, Any]:
        """JSON-able values."""
        return {
            "topic": self.topic.value,
            "country": self.country,
            "verdict": self.verdict.value,
            "text": self.text,
            "evidence": [as_object(row) for row in self.evidence],
        }


def check(trip: Trip, world: World) -> list[Finding]:
    """What to know before the trip, by topic and then by country."""
    stays: dict[str, tuple[date, int]] = {}
    for stop, end in trip.visits():
        if stop.country != trip.traveller.lives_in:
            first, days = stays.get(stop.country, (stop.at.date(), 0))
            stays[stop.country] = first, days + max(1, math.ceil((end - stop.at) / DAY))
    found = [*_device(trip, world)]
    for country, (day, days) in stays.items():
        found += _bands(trip, world, country, day)
        found += _operators(trip, world, country)
        found += _roaming(trip, world, country, days)
        found += _resellers(trip, world, country)
    return sorted(found, key=lambda finding: list(Topic).index(finding.topic))


def _device(trip: Trip, world: World) -> Iterator[Finding]:
    for carried in trip.devices:
        device = carried.device(world)
        name = f"{device.maker} {device.model} ({device.market})"
        yield _slots(device, name)
        yield _esim(device, name)
        yield _lock(carried, device, name, world)


def _finding(device: Device, verdict: Verdict, text: str, says: str) -> Finding:
    return Finding(Topic.DEVICE, "", verdict, text, (Row("devices", device.key, says, device.source),))


def _slots(device: Device, name: str) -> Finding:
    slots, lines = counted(device.sim_slots, "slot"), counted(device.active, "line")
    says = f"{slots} for cards, {lines} at once"
    if not device.sim_slots:
        return _finding(device, Verdict.CARE, f"the {name} takes no card: only an eSIM will do", says)
    if device.active < 2:
        return _finding(device, Verdict.CARE, f"the {name} has one line: another one takes its place", says)
    return _finding(device, Verdict.GOOD, f"the {name} has {says}", says)


def _esim(device: Device, name: str) -> Finding:
    if not device.esim:
        return _finding(device, Verdict.CARE, f"the {name} has no eSIM: only a card will do", "no eSIM")
    says = f"{counted(device.profiles, 'profile')}, {device.enabled_profiles} enabled at once"
    return _finding(device, Verdict.GOOD, f"the {name} keeps {says}", says)


def _lock(carried: CarriedDevice, device: Device, name: str, world: World) -> Finding:
    locked_to = carried.locked_to or device.locked_to
    if locked_to:
        says = f"locked to {world.operators[locked_to].name}"
        text = f"the {name} is {says}: it takes no subscription of anybody else"
        return _finding(device, Verdict.BAD, text, says)
    return _finding(device, Verdict.GOOD, f"the {name} has no SIM lock", "no SIM lock")


def _common(device: Device, radio: Radio) -> list[str]:
    return [band for band in radio.bands if band in device.bands.get(radio.rat, ())]


def _bands(trip: Trip, world: World, country: str, day: date) -> Iterator[Finding]:
    """Whether the phone and the country's networks have bands in common, on the day of arrival."""
    name = world.countries[country].name
    for carried in trip.devices:
        device = carried.device(world)
        rows = [Row("devices", device.key, device.says_bands(), device.bands_source or device.source)]
        rats = set()
        for operator in world.operators_in(country):
            for radio in operator.radios:
                if is_on_air(radio, day) and (common := _common(device, radio)):
                    rats.add(radio.rat)
                    says = f"{_says(operator, radio)}; in common {', '.join(common)}"
                    rows.append(Row("operators", operator.key, says, radio.source))
        model = f"{device.maker} {device.model}"
        words = ", ".join(sorted(rat.value for rat in rats))
        if rats:
            text = f"the {model} can use {words} in {name}"
            yield Finding(Topic.DEVICE, country, Verdict.GOOD, text, tuple(rows))
        else:
            rows += [
                Row("operators", one.key, _says(one, radio), radio.source)
                for one in world.operators_in(country)
                for radio in one.radios
            ]
            text = f"the {model} hears no network in {name} on {day}"
            yield Finding(Topic.DEVICE, country, Verdict.BAD, text, tuple(rows))


def _says(operator: Operator, radio: Radio) -> str:
    until = f" until {radio.until}" if radio.until else ""
    return f"{operator.name}: {radio.rat.value} in {', '.join(radio.bands)}{until}"


def _operators(trip: Trip, world: World, country: str) -> Iterator[Finding]:
    """How the country's operators sell eSIMs, and cards."""
    name, operators = world.countries[country].name, world.operators_in(country)
    rows = tuple(
        Row("operators", one.key, f"{one.name} sells eSIMs: {one.esim.value}", one.esim_source)
        for one in operators
    )
    selling = [one for one in operators if one.esim is not EsimSupport.NONE]
    online = [one for one in selling if one.esim is not EsimSupport.SHOP]
    if not selling:
        yield Finding(Topic.OPERATORS, country, Verdict.BAD, f"no operator in {name} sells eSIMs", rows)
    else:
        verdict = Verdict.GOOD if online else Verdict.CARE
        words = ", ".join(f"{one.name} ({one.esim.value})" for one in selling)
        yield Finding(Topic.OPERATORS, country, verdict, f"eSIMs in {name}: {words}", rows)
    for kind in (OfferKind.LOCAL_SIM, OfferKind.LOCAL_ESIM):
        yield _offers(world, Topic.OPERATORS, country, kind)


def _offers(world: World, topic: Topic, country: str, kind: OfferKind) -> Finding:
    name, offers = world.countries[country].name, world.offers_for(country, kind)
    if not offers:
        row = Row("offers", kind.name, f"none of the kind '{kind.value}' for {name}", "judged")
        return Finding(topic, country, Verdict.CARE, f"no {kind.value} for {name} in the tables", (row,))
    cheapest = min(offers, key=lambda offer: (world.dollars(offer.price, offer.currency), offer.key))
    needs = ", ".join(need.value for need in cheapest.needs) or "nothing"
    text = (
        f"{kind.value} for {name}: {len(offers)}, from {cheapest.price} {cheapest.currency} ({cheapest.name})"
    )
    rows = tuple(map(row_of, offers))
    return Finding(topic, country, Verdict.GOOD, f"{text}; it needs: {needs}", rows)


def _roaming(trip: Trip, world: World, country: str, days: int) -> Iterator[Finding]:
    """The terms of each home operator with each operator of the country, and its passes."""
    for subscription in trip.home:
        home = world.operators[subscription.operator]
        yield _agreements(world, home, country, days)
        offers = [one for one in world.offers_for(country, OfferKind.ROAMING_PASS) if one.seller == home.key]
        if offers:
            rows = tuple(map(row_of, offers))
            words = "; ".join(f"{one.name}, {one.price} {one.currency}" for one in offers)
            yield Finding(Topic.ROAMING, country, Verdict.GOOD, f"passes of {home.name}: {words}", rows)


def _agreements(world: World, home: Operator, country: str, days: int) -> Finding:
    name = world.countries[country].name
    pairs = [(one, world.agreement(home.key, one.key)) for one in world.operators_in(country)]
    known = [(one, agreement) for one, agreement in pairs if agreement is not None]
    rows = [Row("agreements", agreement.key, _terms(agreement), agreement.source) for _, agreement in known]
    usable = [(one, agreement) for one, agreement in known if not agreement.barred]
    if not usable:
        rows += [
            Row("agreements", f"{home.key}/{one.key}", "there is no such row", "absent")
            for one, a in pairs
            if a is None
        ]
        text = f"{home.name} has no roaming agreement in {name}"
        return Finding(Topic.ROAMING, country, Verdict.BAD, text, tuple(rows))
    words = ", ".join(f"{one.name} ({agreement.price.value})" for one, agreement in usable)
    text = f"{home.name} in {name}: {words}"
    longest = min((one.longest_days for _, one in usable if one.longest_days), default=days)
    if longest < days:
        text += f"; for {longest} days at most, and this stay has {days}"
    dear = all(
        ROAMING_PER_MB[agreement.price] >= ROAMING_PER_MB[PriceClass.MIDDLE] for _, agreement in usable
    )
    verdict = Verdict.CARE if dear or longest < days else Verdict.GOOD
    return Finding(Topic.ROAMING, country, verdict, text, tuple(rows))


def _terms(agreement: Agreement) -> str:
    rats = ", ".join(rat.value for rat in agreement.rats)
    barred = "barred; " if agreement.barred else ""
    return f"{barred}{agreement.price.value}; {', '.join(agreement.services)}; {rats}"


def _resellers(trip: Trip, world: World, country: str) -> Iterator[Finding]:
    for kind in _BOUGHT:
        yield _offers(world, Topic.RESELLERS, country, kind)
