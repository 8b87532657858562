"""What is paid, and how much of what was bought is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from simulator.network.journal import Evidence, Row
from simulator.network.world import World
from simulator.network.world.model import Agreement, Offer
from simulator.scenario.outcome import Statement
from simulator.scenario.prices import DOLLARS, converted, roaming


def row_of(offer: Offer) -> Row:
    """The offer as evidence, with what it costs and holds."""
    data = "unlimited data" if offer.data_mb is None else f"{offer.data_mb} MB"
    days = "" if offer.days is None else f" for {offer.days} {'day' if offer.days == 1 else 'days'}"
    each = f", then {offer.per_mb} {offer.currency} a MB" if offer.per_mb is not None else ""
    says = f"{offer.name} ({offer.kind.value}): {offer.price} {offer.currency}, {data}{days}{each}"
    return Row("offers", offer.key, says, offer.source)


HALF_A_DAY: Final = timedelta(hours=12)


@dataclass(slots=True)
class Plan:
    """An offer that was bought."""

    offer: Offer
    left_mb: int | None
    """Megabytes; None: no limit."""
    ends: datetime | None = None
    """None: it has not begun, or it does not end."""
    renews: bool = True
    """Whether it is bought again when it is used up."""

    @classmethod
    def of(cls, offer: Offer, *, renews: bool = True) -> Plan:
        """The offer as it was bought: its days count from the first use on (a simplification)."""
        return cls(offer, offer.data_mb, None, renews)

    def begin(self, now: datetime) -> None:
        """The first use, or the first after it was bought again."""
        self.left_mb = self.offer.data_mb
        self.ends = None if self.offer.days is None else now + timedelta(days=self.offer.days)

    def covers(self, country: str) -> bool:
        return country in self.offer.countries

    def is_over(self, now: datetime) -> bool:
        """Whether it does not last for the day that begins now, half of it at least."""
        return self.ends is not None and now + HALF_A_DAY > self.ends


@dataclass(frozen=True, slots=True)
class Use:
    """What became of a day's data."""

    megabytes: int
    """That went through."""
    amount: Decimal
    """In the currency of the trip, besides what was bought before."""
    evidence: tuple[Evidence, ...]
    bought: int = 0
    """How often the offer had to be bought again."""


class Ledger:
    """Prices in the trip's currency, with what they stand on."""

    def __init__(self, world: World, currency: str) -> None:
        self._world = world
        self.currency = currency
        self.total = Decimal(0)

    def price(self, offer: Offer) -> tuple[Decimal, tuple[Row, ...]]:
        """Of the offer, once."""
        amount, rates = converted(self._world, offer.price, offer.currency, self.currency)
        return amount, (row_of(offer), *rates)

    def buy(self, offer: Offer) -> tuple[Decimal, Statement]:
        """Pay for an offer; the amount, and the statement of it."""
        amount, rows = self.price(offer)
        self.total += amount
        paid = f"{offer.price} {offer.currency}"
        if offer.currency != self.currency:
            paid += f", {amount} {self.currency}"
        return amount, Statement("cost", f"{offer.name} was bought for {paid}", rows)

    def use(self, plan: Plan, megabytes: int, now: datetime) -> Use:
        """A day's data out of a plan: within it, at its price for more, or after it was bought again."""
        amount, rows, bought, done = Decimal(0), [row_of(plan.offer)], 0, 0
        if plan.ends is None and plan.offer.days is not None:
            plan.begin(now)
        while done < megabytes:
            if plan.is_over(now) or (plan.left_mb == 0 and plan.offer.per_mb is None):
                if not plan.renews or (not plan.offer.data_mb and plan.offer.data_mb is not None):
                    break
                plan.begin(now)
                paid, _ = self.buy(plan.offer)
                amount, bought = amount + paid, bought + 1
                continue
            part = megabytes - done
            if plan.left_mb == 0:
                amount += self._per_mb(plan.offer, part, rows)
            elif plan.left_mb is not None:
                part = min(part, plan.left_mb)
                plan.left_mb -= part
            done += part
        return Use(done, amount, tuple(rows), bought)

    def _per_mb(self, offer: Offer, megabytes: int, rows: list[Row]) -> Decimal:
        assert offer.per_mb is not None, "the offer has a price for more"
        amount, rates = converted(self._world, offer.per_mb * megabytes, offer.currency, self.currency)
        rows += rates
        self.total += amount
        return amount

    def roam(self, agreement: Agreement, megabytes: int) -> Use:
        """A day's data of a guest without any plan, by the price class of the agreement."""
        dollars, rows = roaming(agreement, megabytes)
        amount, rates = converted(self._world, dollars, DOLLARS, self.currency)
        self.total += amount
        return Use(megabytes, amount, (*rows, *rates))
