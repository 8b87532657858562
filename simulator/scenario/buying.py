"""Doing what an offer asks for before it works: shops, passports, apps, Wi-Fi, the post."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.network.journal import Evidence, Row
from simulator.network.world.model import Need, Offer, OfferKind
from simulator.scenario.ledger import Plan, row_of
from simulator.scenario.outcome import Statement
from simulator.scenario.steps import STEPS
from simulator.scenario.stuck import Stuck

if TYPE_CHECKING:
    from simulator.scenario.journey import Journey

ONLINE_NEEDS: Final = frozenset({Need.APP, Need.WIFI, Need.QR})
"""Needs that can be met anywhere where there is a network."""


def buy(journey: Journey, offer: Offer) -> Plan:
    """Do what the offer asks for, and pay. Stuck where the traveller cannot or does not want to."""
    row = row_of(offer)
    for need, check in _CHECKS.items():
        if need in offer.needs:
            check(journey, offer)
    _order(journey, offer, row)
    for need, step in _AFTER.items():
        if need in offer.needs:
            journey.do(step, row)
    amount, statement = journey.ledger.buy(offer)
    journey.journal.tell("traveller", "bought", statement.text, *statement.evidence)
    journey.outcome.offers.append(offer.key)
    journey.pay(amount)
    journey.add(statement)
    return Plan.of(offer)


def _order(journey: Journey, offer: Offer, row: Row) -> None:
    if Need.SHOP in offer.needs:
        journey.do("find-shop", row)
        journey.do("buy-in-shop", row)
    elif Need.POST in offer.needs:
        journey.get_online(f"to order {offer.name}")
        _check_time(journey, offer)
        journey.do("order-card", row)
        journey.pass_step("post")
    elif offer.kind is OfferKind.ROAMING_PASS:
        journey.do("buy-pass", row)
    else:
        journey.get_online(f"to buy {offer.name}")
        if Need.APP in offer.needs:
            journey.do("install-app", row)
        journey.do("buy-online", row)


def _check_shop(journey: Journey, offer: Offer) -> None:
    if not journey.trip.traveller.shops:
        raise Stuck(
            "no-shop", f"{offer.name} is sold in shops, and the traveller goes to none", *_need(offer)
        )


def _check_passport(journey: Journey, offer: Offer) -> None:
    if not journey.trip.traveller.passport:
        text = f"{offer.name} is registered by passport, and the traveller has none"
        raise Stuck("no-passport", text, *_need(offer))


def _check_post(journey: Journey, offer: Offer) -> None:
    if not journey.is_at_home or not journey.trip.traveller.post:
        where = "abroad" if not journey.is_at_home else "in time"
        raise Stuck("no-post", f"{offer.name} comes by post, and that does not come {where}", *_need(offer))


def _check_time(journey: Journey, offer: Offer) -> None:
    """Stuck if the post does not come before the next stop."""
    leaves = next((stop.at for stop in journey.trip.itinerary if stop.at > journey.clock.now), None)
    takes = STEPS["order-card"].duration + STEPS["post"].duration
    if leaves is not None and journey.clock.now + takes > leaves:
        text = f"{offer.name} comes by post, and not before the traveller leaves on {leaves:%Y-%m-%d %H:%M}"
        raise Stuck("no-post", text, *_need(offer), STEPS["post"].row)


def _check_number(journey: Journey, offer: Offer) -> None:
    seller = journey.world.operators[offer.sponsor]
    if not any(
        journey.world.operators[line.issued.operator].country == seller.country for line in journey.home
    ):
        text = f"{offer.name} asks for a telephone number of the country, and the traveller has none"
        raise Stuck("no-local-number", text, *_need(offer))


def _need(offer: Offer) -> tuple[Evidence, ...]:
    needs = ", ".join(need.value for need in offer.needs)
    return (Row("offers", offer.key, f"{offer.name} needs: {needs}", offer.source),)


_CHECKS: Final = {
    Need.SHOP: _check_shop,
    Need.PASSPORT: _check_passport,
    Need.POST: _check_post,
    Need.LOCAL_NUMBER: _check_number,
}
_AFTER: Final = {Need.PASSPORT: "show-passport", Need.LOCAL_NUMBER: "give-local-number"}


def is_sold_online(offer: Offer) -> bool:
    """Whether it can be bought, and a profile of it downloaded, before leaving."""
    return set(offer.needs) <= ONLINE_NEEDS


def bought_again(plan: Plan, times: int) -> Statement:
    """The statement of an offer that did not suffice."""
    often = "once more" if times == 1 else f"{times} times more"
    return Statement("cost", f"{plan.offer.name} was bought {often}", (row_of(plan.offer),))
