"""Every check of the world's tables finds what it is for: each test breaks one thing in a small world."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cards.identities import Plmn
from simulator.network.world import World, load, read
from simulator.network.world.checks import CHECKS, problems
from simulator.network.world.model import (
    Agreement,
    Band,
    EsimSupport,
    Need,
    Operator,
    PriceClass,
    Radio,
    Rat,
    Rate,
)

LTE = Rat.E_UTRAN
SMALL = read(Path(__file__).parent / "small")


def broken(table: str, key: Any, /, **changes: Any) -> World:
    """The small world with members of one row changed."""
    rows = dict(getattr(SMALL, table))
    rows[key] = replace(rows[key], **changes)
    return replace(SMALL, **{table: rows})


def added(table: str, key: Any, row: Any) -> World:
    return replace(SMALL, **{table: {**getattr(SMALL, table), key: row}})


def found(world: World) -> set[tuple[str, str, str]]:
    return {(p.table, p.row, p.member) for p in problems(world)}


def radio(**changes: Any) -> Radio:
    return replace(Radio(LTE, ("2",), "example"), **changes)


def agreement(**changes: Any) -> Agreement:
    row = Agreement(
        "telekom-de",
        "ais-th",
        (LTE,),
        ("data",),
        PriceClass.HIGH,
        preferred=False,
        barred=False,
        source="example",
    )
    return replace(row, **changes)


def test_nothing_is_wrong_with_what_is_shipped() -> None:
    assert [str(p) for p in problems(load())] == []


ROWS: list[tuple[str, Any, dict[str, Any], str]] = [
    ("countries", "us", {"source": "nowhere"}, "source"),
    ("operators", "att-us", {"source": "nowhere"}, "source"),
    ("operators", "att-us", {"esim_source": "nowhere"}, "esim_source"),
    ("devices", "iphone-6s", {"source": "nowhere"}, "source"),
    ("offers", "att-us-home", {"source": "nowhere"}, "source"),
    ("rates", "EUR", {"source": "nowhere"}, "source"),
    ("sources", "itu-e212", {"seen": ""}, "seen"),
    ("countries", "us", {"note": "So they say (no-where)"}, "note"),
    ("countries", "us", {"key": "USA"}, "key"),
    ("countries", "us", {"numeric": "84"}, "numeric"),
    ("countries", "gb", {"numeric": "840"}, "numeric"),
    ("countries", "us", {"mccs": ("31",)}, "mccs"),
    ("countries", "us", {"mccs": ()}, "mccs"),
    ("countries", "jp", {"mccs": ("440", "262")}, "mccs"),
    ("countries", "us", {"latitude": 91.0}, "latitude"),
    ("countries", "de", {"areas": ("Moon",)}, "areas"),
    ("rates", "USD", {"usd": Decimal(2)}, "usd"),
    ("rates", "EUR", {"usd": Decimal(0)}, "usd"),
    ("operators", "att-us", {"country": "xx"}, "country"),
    ("operators", "att-us", {"country": ""}, "country"),
    ("operators", "att-us", {"plmns": ()}, "plmns"),
    ("operators", "att-us", {"plmns": (Plmn("262", "99"),)}, "plmns"),
    ("operators", "tmobile-us", {"plmns": (Plmn("310", "410"),)}, "plmns"),
    ("operators", "tmobile-us", {"plmns": (Plmn("310", "260"), Plmn("310", "26"))}, "plmns"),
    ("operators", "att-us", {"radios": (radio(), radio())}, "radios"),
    ("operators", "att-us", {"radios": (radio(bands=()),)}, "radios[0].bands"),
    ("operators", "att-us", {"radios": (radio(bands=("2", "2")),)}, "radios[0].bands"),
    ("operators", "att-us", {"radios": (radio(bands=("n2",)),)}, "radios[0].bands"),
    ("operators", "att-us", {"radios": (radio(source="nowhere"),)}, "radios[0].source"),
    (
        "operators",
        "att-us",
        {"radios": (radio(since=date(2022, 1, 1), until=date(2021, 1, 1)),)},
        "radios[0].until",
    ),
    ("operators", "att-us", {"smdp_address": ""}, "smdp_address"),
    ("operators", "att-us", {"smdp_address": "smdp.example.org"}, "smdp_address"),
    ("operators", "tmobile-us", {"smdp_address": "smdp.att-us.example.com"}, "smdp_address"),
    ("operators", "globe-sim", {"smdp_address": "smdp.globe.example.com"}, "smdp_address"),
    ("operators", "google-fi", {"host": "nobody"}, "host"),
    ("operators", "google-fi", {"host": "ee-gb"}, "host"),
    ("operators", "google-fi", {"radios": (radio(),)}, "radios"),
    ("devices", "iphone-6s", {"year": 1876}, "year"),
    ("devices", "iphone-6s", {"bands": {}}, "bands"),
    ("devices", "iphone-6s", {"bands": {LTE: ()}}, "bands.E_UTRAN"),
    ("devices", "iphone-6s", {"bands": {LTE: ("n1",)}}, "bands.E_UTRAN"),
    ("devices", "iphone-6s", {"sim_slots": 0}, "sim_slots"),
    ("devices", "iphone-6s", {"profiles": 1}, "profiles"),
    ("devices", "iphone-15", {"profiles": 0}, "profiles"),
    ("devices", "iphone-15", {"enabled_profiles": 0}, "enabled_profiles"),
    ("devices", "iphone-15", {"enabled_profiles": 9}, "enabled_profiles"),
    ("devices", "iphone-15", {"bands_source": "nowhere"}, "bands_source"),
    ("devices", "iphone-15", {"locked_to": "nobody"}, "locked_to"),
    ("devices", "iphone-15", {"locked_to": "google-fi"}, "locked_to"),
    ("devices", "iphone-15", {"active": 4}, "active"),
    ("devices", "iphone-15", {"active": 0}, "active"),
    ("offers", "att-us-home", {"seller": "nobody"}, "seller"),
    ("offers", "att-us-home", {"sponsor": "nobody"}, "sponsor"),
    ("offers", "att-us-home", {"sponsor": "google-fi"}, "sponsor"),
    ("offers", "att-us-home", {"countries": ()}, "countries"),
    ("offers", "att-us-home", {"countries": ("us", "us")}, "countries"),
    ("offers", "att-us-home", {"countries": ("us", "xx")}, "countries"),
    ("offers", "att-us-home", {"countries": ("jp",)}, "countries"),
    ("offers", "att-us-home", {"price": Decimal(-1)}, "price"),
    ("offers", "att-us-home", {"currency": "XXX"}, "currency"),
    ("offers", "att-us-home", {"days": 0}, "days"),
    ("offers", "att-us-home", {"per_mb": Decimal(1)}, "per_mb"),
    ("offers", "att-us-home", {"data_mb": 0}, "data_mb"),
    ("offers", "ais-th-tourist-sim", {"needs": (Need.SHOP, Need.SHOP)}, "needs"),
    ("offers", "ais-th-tourist-sim", {"needs": (Need.PASSPORT,)}, "needs"),
    ("offers", "ais-th-tourist-sim", {"needs": (Need.SHOP, Need.QR)}, "needs"),
    ("offers", "ais-th-esim", {"needs": (Need.WIFI,)}, "needs"),
    ("offers", "airalo-th", {"needs": (Need.QR,)}, "needs"),
    ("offers", "airalo-th", {"needs": (Need.WIFI, Need.SHOP)}, "needs"),
    ("offers", "att-us-day-pass", {"needs": (Need.POST,)}, "needs"),
    ("offers", "globe-sim-world", {"sponsors": ("singtel-sg",)}, "sponsors"),
    ("offers", "globe-sim-world", {"sponsor": "ais-th"}, "sponsors"),
    ("offers", "airalo-th", {"sponsors": ("singtel-sg", "ais-th")}, "sponsors"),
    ("offers", "att-us-day-pass", {"sponsor": "tmobile-us"}, "sponsor"),
    ("offers", "airalo-th", {"seller": "globe-sim"}, "seller"),
    ("offers", "att-us-day-pass", {"countries": ("us", "gb")}, "countries"),
    ("offers", "airalo-th", {"ppr": ("ppr3",)}, "ppr"),
    ("offers", "globe-sim-world", {"ppr": ("ppr1",)}, "ppr"),
]


@pytest.mark.parametrize(("table", "key", "changes", "member"), ROWS)
def test_a_broken_row_is_found(table: str, key: str, changes: dict[str, Any], member: str) -> None:
    row = changes.get("key", key)
    assert (table, row, member) in found(broken(table, key, **changes))


BANDS: list[tuple[dict[str, Any], str]] = [
    ({"source": "nowhere"}, "source"),
    ({"downlink": (Decimal(960), Decimal(925))}, "downlink"),
    ({"duplex": "XDD"}, "duplex"),
    ({"uplink": None}, "uplink"),
    ({"duplex": "TDD"}, "uplink"),
    ({"duplex": "SDL"}, "uplink"),
]


@pytest.mark.parametrize(("changes", "member"), BANDS)
def test_a_broken_band_is_found(changes: dict[str, Any], member: str) -> None:
    assert ("bands", "E_UTRAN 8", member) in found(broken("bands", (LTE, "8"), **changes))


AGREEMENTS: list[tuple[dict[str, Any], str]] = [
    ({"source": "nowhere"}, "source"),
    ({"home": "nobody"}, "home"),
    ({"home": "airalo"}, "home"),
    ({"visited": "nobody"}, "visited"),
    ({"visited": "google-fi"}, "visited"),
    ({"visited": "telekom-de"}, "visited"),
    ({"services": ()}, "services"),
    ({"services": ("data", "data")}, "services"),
    ({"services": ("data", "fax")}, "services"),
    ({"rats": (LTE, LTE)}, "rats"),
    ({"visited": "docomo-jp", "rats": (Rat.GERAN,)}, "rats"),
    ({"longest_days": 0}, "longest_days"),
    ({"preferred": True, "barred": True}, "preferred"),
    ({"visited": "orange-fr"}, "price"),
]


@pytest.mark.parametrize(("changes", "member"), AGREEMENTS)
def test_a_broken_agreement_is_found(changes: dict[str, Any], member: str) -> None:
    assert ("agreements", "new", member) in found(added("agreements", "new", agreement(**changes)))


def test_the_dollar_is_there() -> None:
    rates = {code: rate for code, rate in SMALL.rates.items() if code != "USD"}
    assert ("rates", "USD", "currency") in found(replace(SMALL, rates=rates))


def test_a_currency_has_three_capital_letters() -> None:
    assert ("rates", "euro", "currency") in found(added("rates", "euro", Rate("euro", Decimal(1), "example")))


def world_of_a_lonely_operator() -> World:
    """Its SIM is sold for two countries, but it has no agreement."""
    lonely = Operator(
        key="lonely",
        name="Lonely",
        country="th",
        plmns=(Plmn("520", "77"),),
        radios=(Radio(LTE, ("1",), "example"),),
        esim=EsimSupport.NONE,
        source="example",
        esim_source="example",
    )
    world = added("operators", "lonely", lonely)
    offer = world.offers["ais-th-tourist-sim"]
    offer = replace(offer, seller="lonely", sponsor="lonely", countries=("th", "jp"))
    return replace(world, offers={**world.offers, offer.key: offer})


def test_an_offer_reaches_no_country_without_a_network_or_an_agreement() -> None:
    (problem,) = problems(world_of_a_lonely_operator())
    assert str(problem) == (
        "offers.yaml, row 'ais-th-tourist-sim', member 'countries': "
        "in 'jp' no sponsor has a network or an agreement"
    )


def test_a_misspelt_key_is_met_with_what_was_meant() -> None:
    sentences = [str(p) for p in problems(broken("operators", "google-fi", host="tmobil-us"))]
    assert sentences[0] == (
        "operators.yaml, row 'google-fi', member 'host': "
        "there is no operator 'tmobil-us'; 'tmobile-us' was meant?"
    )


def test_every_check_is_broken_by_a_test() -> None:
    """No check is idle: each finds something in at least one of the worlds above."""
    worlds = [broken(table, key, **changes) for table, key, changes, _ in ROWS]
    worlds += [broken("bands", (LTE, "8"), **changes) for changes, _ in BANDS]
    worlds += [added("agreements", "new", agreement(**changes)) for changes, _ in AGREEMENTS]
    worlds.append(world_of_a_lonely_operator())
    for check in CHECKS:
        assert any(next(check(world), None) for world in worlds), check.__name__


def test_a_band_is_a_row_of_its_own() -> None:
    band = SMALL.bands[LTE, "8"]
    assert isinstance(band, Band)
    assert (band.rat, band.name) == (LTE, "8")
