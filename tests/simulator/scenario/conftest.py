"""A small world for trips: four countries; a device, an operator or an offer for each thing that can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cards.identities import Plmn
from simulator.network.world import World
from simulator.network.world.model import (
    Agreement,
    Country,
    Device,
    EsimSupport,
    Need,
    Offer,
    OfferKind,
    Operator,
    PriceClass,
    Radio,
    Rat,
    Rate,
    Source,
)
from simulator.scenario import trip as trips
from simulator.scenario.engine import run
from simulator.scenario.outcome import Outcome
from simulator.scenario.trip import OptionName

GSM, UMTS, LTE, NR = Rat.GERAN, Rat.UTRAN, Rat.E_UTRAN, Rat.NG_RAN
ALL_RATS = (GSM, UMTS, LTE, NR)


def _country(key: str, mcc: str, numeric: str) -> Country:
    return Country(key, f"Country {key}", key, "", (mcc,), numeric, 10, 20, "example")


def _operator(key: str, plmn: str, *radios: Radio, **more: Any) -> Operator:
    country = more.pop("country", key[-2:])
    esim = more.pop("esim", EsimSupport.ONLINE)
    codes = (Plmn.parse(plmn),) if plmn else ()
    return Operator(
        key=key,
        name=f"Operator {key}",
        esim=esim,
        source="example",
        esim_source="example",
        country=country,
        plmns=codes,
        radios=radios,
        smdp_address=f"smdp.{key}.example.com" if esim is not EsimSupport.NONE else "",
        **more,
    )


def _radio(rat: Rat, *bands: str, until: date | None = None) -> Radio:
    return Radio(rat, bands, "example", until=until)


def _agreement(home: str, visited: str, price: PriceClass = PriceClass.HIGH, **more: Any) -> Agreement:
    services = more.pop("services", ("voice", "sms", "data"))
    return Agreement(home, visited, ALL_RATS, services, price, False, False, "example", **more)


_EVERYTHING = {GSM: ("GSM900",), UMTS: ("1",), LTE: ("1", "3"), NR: ("n1",)}


def _device(key: str, slots: int, profiles: int, enabled: int, active: int, **more: Any) -> Device:
    bands = more.pop("bands", _EVERYTHING)
    return Device(
        key,
        "Acme",
        key,
        "test",
        2024,
        bands,
        slots,
        profiles > 0,
        profiles,
        enabled,
        active,
        "example",
        **more,
    )


def _offer(
    key: str, kind: OfferKind, seller: str, country: str, price: str, *needs: Need, **more: Any
) -> Offer:
    sponsor = more.pop("sponsor", seller)
    data = more.pop("data_mb", 3000)
    days = more.pop("days", 30)
    return Offer(
        key,
        kind,
        seller,
        sponsor,
        key,
        (country,),
        Decimal(price),
        "USD",
        data,
        days,
        None,
        needs,
        "example",
        **more,
    )


OPERATORS = (
    _operator("home-us", "001-001", _radio(LTE, "1"), _radio(UMTS, "1", until=date(2022, 2, 22))),
    _operator("local-th", "002-01", _radio(LTE, "3"), _radio(NR, "n1")),
    _operator("other-th", "002-02", _radio(LTE, "1")),
    _operator("lone-vn", "003-01", _radio(LTE, "1"), esim=EsimSupport.NONE),
    _operator("hub-de", "004-01", _radio(LTE, "1"), _radio(GSM, "GSM900")),
    _operator("seller", "", country=""),
    _operator("globe", "", country="", esim=EsimSupport.NONE),
)
AGREEMENTS = (
    _agreement("home-us", "local-th"),
    _agreement("home-us", "hub-de", PriceClass.LIKE_AT_HOME),
    _agreement("hub-de", "local-th", PriceClass.LOW),
    _agreement("hub-de", "lone-vn", PriceClass.LOW),
)
DEVICES = (
    _device("both", 1, 8, 2, 2),
    _device("no-tray", 0, 8, 2, 2),
    _device("two-slots", 2, 0, 0, 2),
    _device("one-slot", 1, 0, 0, 1),
    _device("one-line", 1, 5, 1, 1),
    _device("gsm-only", 1, 0, 0, 1, bands={GSM: ("GSM900",)}),
    _device("umts-only", 1, 0, 0, 1, bands={UMTS: ("1",)}),
    _device("no-volte", 1, 0, 0, 1, volte=False),
)
_SHOP = (Need.SHOP, Need.PASSPORT)
_APP = (Need.APP, Need.WIFI, Need.QR)
OFFERS = (
    _offer("home-tariff", OfferKind.HOME, "home-us", "us", "50", data_mb=None),
    _offer("pass", OfferKind.ROAMING_PASS, "home-us", "th", "10", Need.APP, data_mb=None, days=1),
    _offer("sim-th", OfferKind.LOCAL_SIM, "local-th", "th", "5", *_SHOP),
    _offer("sim-vn", OfferKind.LOCAL_SIM, "lone-vn", "vn", "5", *_SHOP),
    _offer("esim-th", OfferKind.LOCAL_ESIM, "local-th", "th", "6", *_SHOP, Need.WIFI, Need.QR),
    _offer("travel-th", OfferKind.TRAVEL_ESIM, "seller", "th", "4", *_APP, sponsor="hub-de"),
    _offer("travel-vn", OfferKind.TRAVEL_ESIM, "seller", "vn", "4", *_APP, sponsor="hub-de"),
    _offer("globe-th", OfferKind.MULTI_IMSI, "globe", "th", "9", Need.POST, sponsor="hub-de",
           sponsors=("local-th",)),
)  # fmt: skip
WORLD = World(
    sources={"example": Source("example", "an example")},
    countries={c.key: c for c in (_country("us", "001", "840"), _country("th", "002", "764"),
                                  _country("vn", "003", "704"), _country("de", "004", "276"))},
    bands={},
    operators={one.key: one for one in OPERATORS},
    agreements={one.key: one for one in AGREEMENTS},
    devices={one.key: one for one in DEVICES},
    offers={one.key: one for one in OFFERS},
    rates={"USD": Rate("USD", Decimal(1), "example"), "EUR": Rate("EUR", Decimal("1.25"), "example")},
)  # fmt: skip
"""home-us is the traveller's; th has two operators, of which one has an agreement with it; vn has one, which
sells no eSIM and has agreements with hub-de alone, the sponsor of the travel eSIM."""

TRIP = """
name: A week in th
traveller: {lives_in: us}
devices: [both]
home: [{operator: home-us, offer: home-tariff}]
itinerary:
  - {at: 2026-11-20 08:00, country: us}
  - {at: 2026-12-02 10:00, country: th}
  - {at: 2026-12-07 10:00, country: us}
tries: {data: 300, call: true, message: true, emergency_call: true}
"""

Runner = Callable[..., Outcome]


@pytest.fixture
def small_world() -> World:
    return WORLD


@pytest.fixture
def travel() -> Runner:
    """Runs the trip to th with an option, after texts of it were exchanged for others."""

    def run_option(option: str, *changes: tuple[str, str], world: World = WORLD, **more: Any) -> Outcome:
        text = TRIP
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        trip = trips.parse(text + more.pop("also", ""), world, "test.yaml")
        return run(trip, OptionName(option), world, **more)

    return run_option


@pytest.fixture
def world_with() -> Callable[..., World]:
    """The small world with rows exchanged, by table."""

    def make(**tables: Any) -> World:
        merged = {name: {**getattr(WORLD, name), **rows} for name, rows in tables.items()}
        return replace(WORLD, **merged)

    return make
