"""Money and megabytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from simulator.network.journal import Row
from simulator.network.world import load
from simulator.network.world.model import Agreement, Offer, OfferKind, PriceClass, Rate
from simulator.scenario.ledger import Ledger, Plan

NOW = datetime(2026, 12, 1, tzinfo=UTC)
OFFER = Offer(
    key="trip",
    kind=OfferKind.TRAVEL_ESIM,
    seller="airalo",
    sponsor="singtel-sg",
    name="Trip 1 GB",
    countries=("th",),
    price=Decimal(300),
    currency="THB",
    data_mb=1000,
    days=7,
    per_mb=None,
    needs=(),
    source="example",
)
WORLD = replace(
    load(),
    rates={
        "USD": Rate("USD", Decimal(1), "example"),
        "THB": Rate("THB", Decimal("0.03"), "example"),
        "EUR": Rate("EUR", Decimal("1.2"), "example"),
    },
)


def test_a_purchase_is_converted_and_says_by_which_rates() -> None:
    ledger = Ledger(WORLD, "EUR")
    amount, statement = ledger.buy(OFFER)
    assert amount == Decimal("7.50")
    assert ledger.total == amount
    assert statement.text == "Trip 1 GB was bought for 300 THB, 7.50 EUR"
    assert [row.key for row in statement.evidence if isinstance(row, Row)] == ["trip", "THB", "EUR"]


def test_the_same_currency_needs_no_rate() -> None:
    amount, statement = Ledger(WORLD, "THB").buy(OFFER)
    assert (amount, len(statement.evidence)) == (Decimal("300.00"), 1)


def test_data_run_out_and_are_bought_again() -> None:
    ledger, plan = Ledger(WORLD, "THB"), Plan.of(OFFER)
    first = ledger.use(plan, 900, NOW)
    assert (first.megabytes, first.amount, first.bought, plan.left_mb) == (900, 0, 0, 100)
    second = ledger.use(plan, 900, NOW)
    assert (second.megabytes, second.amount, second.bought, plan.left_mb) == (900, 300, 1, 200)
    third = ledger.use(plan, 2500, NOW)
    assert (third.megabytes, third.bought, plan.left_mb) == (2500, 3, 700)


def test_days_run_out() -> None:
    ledger, plan = Ledger(WORLD, "THB"), Plan.of(OFFER)
    assert ledger.use(plan, 1, NOW).bought == 0
    assert ledger.use(plan, 1, NOW + timedelta(days=6)).bought == 0
    assert ledger.use(plan, 1, NOW + timedelta(days=7)).bought == 1
    assert plan.ends == NOW + timedelta(days=14)


def test_what_is_not_bought_again_ends() -> None:
    ledger, plan = Ledger(WORLD, "THB"), Plan.of(OFFER, renews=False)
    assert ledger.use(plan, 1500, NOW).megabytes == 1000
    assert ledger.use(plan, 1, NOW).megabytes == 0
    nothing = Plan.of(replace(OFFER, data_mb=0))
    assert ledger.use(nothing, 1, NOW).megabytes == 0
    assert ledger.total == 0


def test_megabytes_beyond_the_price() -> None:
    ledger = Ledger(WORLD, "USD")
    plan = Plan.of(replace(OFFER, data_mb=100, per_mb=Decimal(1)))
    use = ledger.use(plan, 150, NOW)
    assert (use.megabytes, use.amount, use.bought) == (150, Decimal("1.50"), 0)
    assert ledger.total == Decimal("1.50")


def test_no_limit() -> None:
    plan = Plan.of(replace(OFFER, data_mb=None, days=None))
    assert Ledger(WORLD, "USD").use(plan, 10**6, NOW + timedelta(days=999)).megabytes == 10**6


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        (PriceClass.LIKE_AT_HOME, "0"),
        (PriceClass.LOW, "1"),
        (PriceClass.MIDDLE, "10"),
        (PriceClass.HIGH, "200"),
    ],
)
def test_roaming_by_price_class(price: PriceClass, amount: str) -> None:
    agreement = Agreement("a", "b", (), (), price, False, False, "example")
    ledger = Ledger(WORLD, "USD")
    use = ledger.roam(agreement, 100)
    assert use.amount == ledger.total == Decimal(amount)
    assert [row.table for row in use.evidence if isinstance(row, Row)] == ["agreements", "prices"]
