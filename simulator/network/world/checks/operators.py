"""Checks of operators: their countries, codes, radios, eSIM service and hosts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.network.world.checks.problem import Problem, absent, twice
from simulator.network.world.model import EsimSupport

if TYPE_CHECKING:
    from simulator.network.world.queries import World

SMDP_DOMAIN = ".example.com"
"""RFC 2606 §3: no real server is ever asked."""


def places(world: World) -> Iterator[Problem]:
    """An operator's country exists; what has a network is in a country and has a code to broadcast."""
    for operator in world.operators.values():
        if operator.country and operator.country not in world.countries:
            says = absent("country", operator.country, world.countries)
            yield Problem("operators", operator.key, "country", says)
        if (operator.plmns or operator.radios) and not operator.country:
            yield Problem(
                "operators", operator.key, "country", "who has network codes or radios is in a country"
            )
        if operator.radios and not operator.plmns:
            yield Problem("operators", operator.key, "plmns", "who has radios broadcasts a network code")


def codes(world: World) -> Iterator[Problem]:
    """Network codes lie in the country, belong to one operator, and none is the beginning of another."""
    owners: dict[str, str] = {}
    for operator in world.operators.values():
        country = world.countries.get(operator.country)
        for plmn in operator.plmns:
            if country and plmn.mcc not in country.mccs:
                says = f"{plmn} is not in {country.name}, whose country codes are {', '.join(country.mccs)}"
                yield Problem("operators", operator.key, "plmns", says)
            digits = plmn.mcc + plmn.mnc
            if digits in owners:
                yield Problem("operators", operator.key, "plmns", f"{plmn} is a code of {owners[digits]!r}")
            owners[digits] = operator.key
    for digits, key in owners.items():
        if digits[:5] in owners and len(digits) == 6:
            says = f"{digits} begins like {digits[:5]} of {owners[digits[:5]]!r}, so IMSIs would fit both"
            yield Problem("operators", key, "plmns", says)


def radios(world: World) -> Iterator[Problem]:
    """A technology stands once, has bands that exist for it, and ends after it began."""
    for operator in world.operators.values():
        for rat in twice(radio.rat.name for radio in operator.radios):
            yield Problem("operators", operator.key, "radios", f"{rat} stands twice")
        for place, radio in enumerate(operator.radios):
            member = f"radios[{place}]"
            if not radio.bands or twice(radio.bands):
                yield Problem("operators", operator.key, f"{member}.bands", "bands are named, each once")
            for band in radio.bands:
                if (radio.rat, band) not in world.bands:
                    says = f"there is no band {band!r} for {radio.rat.name}"
                    yield Problem("operators", operator.key, f"{member}.bands", says)
            if radio.since and radio.until and radio.until <= radio.since:
                yield Problem("operators", operator.key, f"{member}.until", "it ends before it begins")


def esim(world: World) -> Iterator[Problem]:
    """Who sells eSIMs has an SM-DP+ address of its own that is made up; who does not has none."""
    addresses: dict[str, str] = {}
    for operator in world.operators.values():
        address = operator.smdp_address
        if (operator.esim is EsimSupport.NONE) != (not address):
            says = "who sells eSIM profiles has an address, and nobody else"
            yield Problem("operators", operator.key, "smdp_address", says)
        if address and not address.endswith(SMDP_DOMAIN):
            says = f"{address!r} is not made up: it ends in {SMDP_DOMAIN}"
            yield Problem("operators", operator.key, "smdp_address", says)
        if address and (owner := addresses.setdefault(address, operator.key)) != operator.key:
            yield Problem("operators", operator.key, "smdp_address", f"it is the address of {owner!r}")


def hosts(world: World) -> Iterator[Problem]:
    """A host has a network in the same country; a virtual operator has none of its own."""
    for operator in world.operators.values():
        if not operator.host:
            continue
        host = world.operators.get(operator.host)
        if host is None:
            yield Problem(
                "operators", operator.key, "host", absent("operator", operator.host, world.operators)
            )
        elif not host.radios or host.country != operator.country:
            says = f"{operator.host!r} has no network in the same country"
            yield Problem("operators", operator.key, "host", says)
        if operator.radios:
            yield Problem("operators", operator.key, "radios", "a virtual operator has none of its own")
