"""Choosing an offer, and doing what it asks for before it works: shops, passports, apps, Wi-Fi, the post."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from simulator.network.journal import Evidence, Row
from simulator.network.world.model import EsimSupport, Need, Offer, OfferKind
from simulator.scenario.ledger import Plan, row_of
from simulator.scenario.outcome import Statement
from simulator.scenario.steps import STEPS
from simulator.scenario.stuck import Stuck
from simulator.scenario.trip import OptionName

if TYPE_CHECKING:
    from simulator.scenario.journey import Journey

_ESIMS: Final = (OfferKind.LOCAL_ESIM, OfferKind.TRAVEL_ESIM)
ONLINE_NEEDS: Final = frozenset({Need.APP, Need.WIFI, Need.QR})
"""Needs that can be met anywhere where there is a network."""


def choose(journey: Journey, country: str, megabytes: int, days: int) -> Offer:
    """The offer that costs least for this stay, among those that the trip names, or all of the kind that the
    option is about. Stuck, and why, if there is none."""
    candidates = _candidates(journey, country)
    if not candidates:
        raise _nothing(journey, country)
    priced = sorted((_whole(journey, offer, megabytes, days), offer.key, offer) for offer in candidates)
    best = priced[0][2]
    others = tuple(row_of(offer) for _, _, offer in priced[1:])
    name = journey.world.countries[country].name
    text = f"{best.name} costs least for {days} {'day' if days == 1 else 'days'} in {name}"
    text = f"{text}, of {len(priced)} offers" if others else f"{best.name} is the one offer for {name}"
    journey.say("choice", text, row_of(best), *others)
    return best


def _candidates(journey: Journey, country: str) -> list[Offer]:
    kind, world = journey.option.option.kind, journey.world
    assert kind is not None, "the option buys something"
    if journey.option.offers:
        return [offer for key in journey.option.offers if country in (offer := world.offers[key]).countries]
    found = world.offers_for(country, kind)
    if kind is OfferKind.ROAMING_PASS:
        home = journey.trip.home[0].operator if journey.trip.home else ""
        return [offer for offer in found if offer.seller == home]
    return found


def _whole(journey: Journey, offer: Offer, megabytes: int, days: int) -> Decimal:
    """What a stay costs with an offer, in the currency of the trip: as often as it has to be bought."""
    price, _ = journey.ledger.price(offer)
    times = math.ceil(days / offer.days) if offer.days else 1
    over = megabytes - (offer.data_mb or 0) * times if offer.data_mb is not None else 0
    if over <= 0:
        return price * times
    if offer.per_mb is not None:
        more = offer.per_mb * over * journey.world.rates[offer.currency].usd
        return price * times + more / journey.world.rates[journey.trip.currency].usd
    return price * max(times, math.ceil(megabytes / offer.data_mb)) if offer.data_mb else Decimal("Infinity")


def _nothing(journey: Journey, country: str) -> Stuck:
    """Why there is nothing to buy here."""
    world, option = journey.world, journey.option
    name = world.countries[country].name
    if option.offers:
        rows = tuple(row_of(world.offers[key]) for key in option.offers)
        return Stuck("not-covered", f"none of the offers that the trip names holds in {name}", *rows)
    operators = world.operators_in(country)
    if option.option is OptionName.LOCAL_ESIM and all(one.esim is EsimSupport.NONE for one in operators):
        said = tuple(
            Row("operators", one.key, f"{one.name} sells eSIMs: {one.esim.value}", one.esim_source)
            for one in operators
        )
        return Stuck("no-esim-sold", f"no operator in {name} sells eSIMs", *said)
    kind = option.option.kind
    assert kind is not None, "the option buys something"
    known = sorted(offer.key for offer in world.offers.values() if offer.kind is kind)
    says = f"offers of the kind '{kind.value}': {', '.join(known) or 'none'}; none holds in {name}"
    return Stuck("no-offer", f"there is no {kind.value} for {name}", Row("offers", kind.name, says, "judged"))


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
