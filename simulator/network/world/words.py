"""Rows of the world's tables in words: columns for people, plain values for programs.

The reference page and `esim world` show the same columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from cards.identities import Plmn
from simulator.network.world.model import (
    Agreement,
    Device,
    Offer,
    Operator,
    Radio,
    Rat,
)
from simulator.network.world.queries import World

Cell = Callable[[World, Any], str]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    cell: Cell
    wide: bool = False
    """For a page; too much for a line of a terminal."""


@dataclass(frozen=True, slots=True)
class View:
    """How a table is shown: what it holds, its rows by key, its columns, and the countries of a row."""

    holds: str
    rows: Callable[[World], dict[str, Any]]
    columns: tuple[Column, ...]
    countries: Callable[[World, Any], Collection[str]] = lambda world, row: ()


def generation(rat: Rat) -> str:
    """'4G'"""
    return rat.value.partition(" ")[0]


def radio(row: Radio) -> str:
    """'3G 1 8 until 2028-12-31'"""
    dates = f" until {row.until}" if row.until else ""
    return (
        f"{generation(row.rat)} {' '.join(row.bands)}" + (f" from {row.since}" if row.since else "") + dates
    )


def data(row: Offer) -> str:
    """'5 GB for 30 days', 'no limit for a day', '0.05 a MB'"""
    amount = "no limit" if row.data_mb is None else _megabytes(row.data_mb) if row.data_mb else ""
    days = "" if row.days is None else "a day" if row.days == 1 else f"{row.days} days"
    parts = [" for ".join(filter(None, (amount, days)))]
    if row.per_mb is not None:
        parts.append(f"{'then ' if amount else ''}{row.per_mb} a MB")
    return ", ".join(filter(None, parts))


def _megabytes(amount: int) -> str:
    return f"{amount} MB" if amount % 1000 else f"{amount // 1000} GB"


def price(row: Offer) -> str:
    return f"{row.price:f} {row.currency}"


def slots(row: Device) -> str:
    """'1 card and eSIM (8 profiles, 2 at once)'"""
    cards = "" if not row.sim_slots else "1 card" if row.sim_slots == 1 else f"{row.sim_slots} cards"
    several = f", {row.enabled_profiles} at once" if row.enabled_profiles > 1 else ""
    esim = f"eSIM ({row.profiles} profiles{several})" if row.esim else ""
    return " and ".join(filter(None, (cards, esim)))


def remarks(row: Agreement) -> str:
    said = (
        "barred" if row.barred else "",
        "preferred" if row.preferred else "",
        "" if row.volte else "no calls over 4G",
        f"{row.longest_days} days at most" if row.longest_days else "",
        row.note,
    )
    return "; ".join(filter(None, said))


def _edges(edges: tuple[Decimal, Decimal] | None) -> str:
    return f"{edges[0]}–{edges[1]}" if edges else "–"


def _seller(row: Offer) -> str:
    sponsors = row.sponsors or ((row.sponsor,) if row.sponsor != row.seller else ())
    return row.seller + (f" (IMSI of {', '.join(sponsors)})" if sponsors else "")


def _sources(*keys: str) -> str:
    return ", ".join(dict.fromkeys(filter(None, keys)))


def _where(world: World, keys: tuple[str, ...]) -> str:
    """Countries by key, or which are left out if they are nearly all."""
    missing = [key for key in world.countries if key not in keys]
    return f"all but {', '.join(missing)}" if len(missing) <= 4 < len(keys) else ", ".join(keys)


def _of(*names: str) -> Cell:
    """Members as they are."""
    return lambda world, row: " ".join(str(getattr(row, name)) for name in names)


_KEY, _NAME, _SOURCE, _NOTE = (
    Column("key", _of("key")),
    Column("name", _of("name")),
    Column("source", _of("source")),
    Column("note", _of("note"), wide=True),
)
TABLES: dict[str, View] = {
    "countries": View(
        "countries and regions, with their codes",
        lambda world: world.countries,
        (
            _KEY,
            _NAME,
            Column("中文", _of("name_zh")),
            Column("region", _of("region")),
            Column("MCC", lambda world, row: " ".join(row.mccs)),
            Column("ISO", _of("numeric")),
            Column("roaming area", lambda world, row: " ".join(row.areas)),
            Column("point", lambda world, row: f"{row.latitude}, {row.longitude}", wide=True),
            _SOURCE,
            _NOTE,
        ),
        lambda world, row: (row.key,),
    ),
    "operators": View(
        "networks, virtual operators and resellers",
        lambda world: world.operators,
        (
            _KEY,
            _NAME,
            Column("country", _of("country")),
            Column("network codes", lambda world, row: " ".join(map(str, row.plmns)) or _host(row)),
            Column("radio", lambda world, row: "; ".join(map(radio, row.radios))),
            Column("eSIM", lambda world, row: row.esim.value),
            Column("SM-DP+", _of("smdp_address"), wide=True),
            Column(
                "source",
                lambda world, row: _sources(row.source, *(r.source for r in row.radios), row.esim_source),
            ),
            _NOTE,
        ),
        lambda world, row: (row.country,),
    ),
    "agreements": View(
        "who may roam where, with what",
        lambda world: world.agreements,
        (
            Column("home", _of("home")),
            Column("visited", _of("visited")),
            Column("technologies", lambda world, row: " ".join(map(generation, row.rats))),
            Column("services", lambda world, row: " ".join(row.services)),
            Column("price", lambda world, row: row.price.value),
            Column("remarks", lambda world, row: remarks(row)),
            _SOURCE,
        ),
        lambda world, row: (world.operator(row.home).country, world.operator(row.visited).country),
    ),
    "devices": View(
        "phones and one tracker, by model and market",
        lambda world: world.devices,
        (
            _KEY,
            Column("model", _of("maker", "model")),
            Column("market", _of("market")),
            Column("year", _of("year")),
            Column("holds", lambda world, row: slots(row)),
            Column("at once", _of("active")),
            Column("calls over 4G", lambda world, row: "yes" if row.volte else "no"),
            Column("locked to", _of("locked_to")),
            Column("bands", lambda world, row: _bands(row), wide=True),
            Column("source", lambda world, row: _sources(row.source, row.bands_source)),
            _NOTE,
        ),
    ),
    "offers": View(
        "what one can buy, and what one must do for it",
        lambda world: world.offers,
        (
            _KEY,
            Column("kind", lambda world, row: row.kind.value),
            Column("seller", lambda world, row: _seller(row)),
            _NAME,
            Column("where", lambda world, row: _where(world, row.countries)),
            Column("price", lambda world, row: price(row)),
            Column("data", lambda world, row: data(row)),
            Column("needs", lambda world, row: ", ".join(need.value for need in row.needs)),
            Column("rules", lambda world, row: " ".join(row.ppr), wide=True),
            _SOURCE,
            _NOTE,
        ),
        lambda world, row: row.countries,
    ),
    "bands": View(
        "operating bands and their frequencies in MHz",
        lambda world: {f"{rat.name}/{name}": band for (rat, name), band in world.bands.items()},
        (
            Column("technology", lambda world, row: row.rat.value),
            _NAME,
            Column("uplink", lambda world, row: _edges(row.uplink)),
            Column("downlink", lambda world, row: _edges(row.downlink)),
            Column("duplex", _of("duplex")),
            _SOURCE,
        ),
    ),
    "rates": View(
        "what currencies are worth in US dollars",
        lambda world: world.rates,
        (Column("currency", _of("currency")), Column("in dollars", _of("usd")), _SOURCE),
    ),
    "sources": View(
        "where all of this is from",
        lambda world: world.sources,
        (
            _KEY,
            Column("title", _of("title")),
            Column("address", _of("address")),
            Column("seen", _of("seen")),
            Column("licence", _of("licence")),
        ),
    ),
}
"""Table → how it is shown, in the order of interest."""


def _host(row: Operator) -> str:
    return f"in the network of {row.host}" if row.host else "none"


def _bands(row: Device) -> str:
    return "; ".join(f"{generation(rat)} {' '.join(bands)}" for rat, bands in row.bands.items())


def plain(value: Any) -> Any:
    """A row as JSON-able values: enums by name, dates and network codes as text."""
    if is_dataclass(value) and not isinstance(value, Plmn):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, date | Plmn) else value
