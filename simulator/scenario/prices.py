"""What roaming costs where an agreement says only its price class, and prices in the currency of a trip."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from simulator.network.journal import Row
from simulator.network.world import World
from simulator.network.world.model import Agreement, PriceClass
from simulator.scenario.steps import EXAMPLE

ROAMING_PER_MB: Final = {
    PriceClass.LIKE_AT_HOME: Decimal(0),
    PriceClass.LOW: Decimal("0.01"),
    PriceClass.MIDDLE: Decimal("0.10"),
    PriceClass.HIGH: Decimal("2.00"),
}
"""US dollars for a megabyte of a subscriber abroad without a pass; like at home: it is in the home tariff.
Examples: tariffs differ, these have their orders of size."""
DOLLARS: Final = "USD"


def roaming(agreement: Agreement, megabytes: int) -> tuple[Decimal, tuple[Row, ...]]:
    """The price in dollars of data under an agreement, and what that stands on."""
    each = ROAMING_PER_MB[agreement.price]
    return each * megabytes, (
        Row("agreements", agreement.key, f"price class: {agreement.price.value}", agreement.source),
        Row("prices", agreement.price.value, f"{each} {DOLLARS} a megabyte", EXAMPLE),
    )


def converted(world: World, amount: Decimal, currency: str, into: str) -> tuple[Decimal, tuple[Row, ...]]:
    """An amount in another currency, rounded to cents, and the rates that were used."""
    if currency == into:
        return amount.quantize(Decimal("0.01")), ()
    used = [world.rates[name] for name in (currency, into) if name != DOLLARS]
    value = amount * world.rates[currency].usd / world.rates[into].usd
    rows = tuple(
        Row("rates", rate.currency, f"1 {rate.currency} is {rate.usd} {DOLLARS}", rate.source)
        for rate in used
    )
    return value.quantize(Decimal("0.01")), rows
