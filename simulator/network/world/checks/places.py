"""Checks of sources, countries, bands and rates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.network.world.checks.problem import Problem, absent, is_digits

if TYPE_CHECKING:
    from simulator.network.world.queries import World

AREAS = ("EEA",)
_IN_BRACKETS = re.compile(r"\(([a-z0-9]+(?:-[a-z0-9]+)+)\)")
"""'(china-esim)': small letters and digits with a dash."""


def sources(world: World) -> Iterator[Problem]:
    """Every source that a row names is in the table, and says where to look unless it is no publication."""
    for table, row, member, key in named_sources(world):
        if key not in world.sources:
            yield Problem(table, row, member, absent("source", key, world.sources))
    for source in world.sources.values():
        if bool(source.address) != bool(source.seen):
            yield Problem("sources", source.key, "seen", "a source has an address and a date, or neither")


def notes(world: World) -> Iterator[Problem]:
    """A source that a note names in brackets is in the table."""
    seen: set[str] = set()
    for table in ("countries", "operators", "agreements", "devices", "offers"):
        for key, row in getattr(world, table).items():
            if row.note in seen:
                continue
            seen.add(row.note)
            for named in _IN_BRACKETS.findall(row.note):
                if named not in world.sources:
                    yield Problem(table, key, "note", absent("source", named, world.sources))


def named_sources(world: World) -> Iterator[tuple[str, str, str, str]]:
    """Table, row, member, and the source that it names."""
    for name in ("countries", "agreements", "devices", "offers", "rates"):
        for key, row in getattr(world, name).items():
            yield name, key, "source", row.source
    for (rat, name), band in world.bands.items():
        yield "bands", f"{rat.name} {name}", "source", band.source
    for key, device in world.devices.items():
        if device.bands_source:
            yield "devices", key, "bands_source", device.bands_source
    for key, operator in world.operators.items():
        yield "operators", key, "source", operator.source
        yield "operators", key, "esim_source", operator.esim_source
        for place, radio in enumerate(operator.radios):
            yield "operators", key, f"radios[{place}].source", radio.source


def countries(world: World) -> Iterator[Problem]:
    """Codes have the form that ISO 3166-1 and E.212 give them, and points are on Earth."""
    for country in world.countries.values():
        key = country.key
        if not (len(key) == 2 and key.isascii() and key.isalpha() and key.islower()):
            yield Problem(
                "countries", key, "key", "a country's key is its code of ISO 3166-1, two small letters"
            )
        if not is_digits(country.numeric, 3):
            yield Problem("countries", key, "numeric", f"{country.numeric!r} is no code of 3 digits")
        for mcc in country.mccs:
            if not is_digits(mcc, 3):
                yield Problem("countries", key, "mccs", f"{mcc!r} is no mobile country code of 3 digits")
        if not (-90 <= country.latitude <= 90 and -180 <= country.longitude <= 180):
            yield Problem("countries", key, "latitude", "latitude and longitude are no point on Earth")
        for area in country.areas:
            if area not in AREAS:
                yield Problem("countries", key, "areas", f"{area!r} is none of {', '.join(AREAS)}")


def country_codes(world: World) -> Iterator[Problem]:
    """A country has a mobile country code, and none is another's; nor is its numeric code."""
    owners: dict[str, str] = {}
    numbers: dict[str, str] = {}
    for country in world.countries.values():
        if not country.mccs:
            yield Problem("countries", country.key, "mccs", "a country has at least one mobile country code")
        for mcc in country.mccs:
            if (owner := owners.setdefault(mcc, country.key)) != country.key:
                yield Problem("countries", country.key, "mccs", f"{mcc} is a code of {owner!r}")
        if (owner := numbers.setdefault(country.numeric, country.key)) != country.key:
            yield Problem("countries", country.key, "numeric", f"{country.numeric} is the code of {owner!r}")


def bands(world: World) -> Iterator[Problem]:
    """Frequencies go up, and uplink and downlink fit the duplex mode."""
    for (rat, name), band in world.bands.items():
        key = f"{rat.name} {name}"
        for member, edges in (("uplink", band.uplink), ("downlink", band.downlink)):
            if edges and not 0 < edges[0] < edges[1]:
                yield Problem("bands", key, member, "the lower edge comes first, in MHz above 0")
        fits = {
            "FDD": band.uplink is not None and band.uplink != band.downlink,
            "TDD": band.uplink == band.downlink,
            "SDL": band.uplink is None,
        }
        if band.duplex not in fits:
            yield Problem("bands", key, "duplex", f"{band.duplex!r} is none of {', '.join(fits)}")
        elif not fits[band.duplex]:
            yield Problem("bands", key, "uplink", f"this is no uplink of a band with {band.duplex}")


def rates(world: World) -> Iterator[Problem]:
    """Currencies are written as ISO 4217 does, and a dollar is worth a dollar."""
    for code, rate in world.rates.items():
        if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            yield Problem(
                "rates", code, "currency", "a currency is its code of ISO 4217, three capital letters"
            )
        if rate.usd <= 0 or (code == "USD" and rate.usd != Decimal(1)):
            yield Problem("rates", code, "usd", "it is the worth in dollars: above 0, and 1 for USD")
    if "USD" not in world.rates:
        yield Problem("rates", "USD", "currency", "the dollar is missing")
