"""Which offer a traveller takes: the one that costs least for the rest of the trip, as far as it holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.network.journal import Row
from simulator.network.world.model import EsimSupport, Offer, OfferKind
from simulator.scenario.ledger import row_of
from simulator.scenario.stuck import Stuck
from simulator.scenario.trip import DAY, OptionName

if TYPE_CHECKING:
    from simulator.scenario.journey import Journey

_LOCAL: Final = (OfferKind.LOCAL_SIM, OfferKind.LOCAL_ESIM)
"""What is bought from an operator of the country where one is."""
_NEVER: Final = Decimal("Infinity")


class Stay(NamedTuple):
    """A country, and how many days of it are ahead."""

    country: str
    days: int


def stays_ahead(journey: Journey) -> list[Stay]:
    """What is left of the trip abroad, the stay that goes on first."""
    home, now = journey.trip.traveller.lives_in, journey.clock.now
    return [
        Stay(stop.country, max(1, math.ceil((end - stop.at) / DAY)))
        for stop, end in journey.trip.visits()
        if stop.country != home and end > now
    ]


def choose(journey: Journey, stays: Sequence[Stay]) -> Offer:
    """The offer for the first stay with which all stays cost least, among those that the trip names, or all
    of the kind that the option is about. Stuck, and why, if there is none."""
    candidates = _candidates(journey, stays[0].country)
    if not candidates:
        raise _nothing(journey, stays[0].country)
    best = min(candidates, key=lambda offer: (_total(journey, offer, stays), offer.key))
    others = tuple(row_of(offer) for offer in candidates if offer is not best)
    covered = [stay for stay in stays if stay.country in best.countries]
    names = ", ".join(dict.fromkeys(journey.world.countries[stay.country].name for stay in covered))
    days = sum(stay.days for stay in covered)
    words = f"{days} {'day' if days == 1 else 'days'} in {names}"
    text = (
        f"of {len(candidates)} offers {best.name} costs least" if others else f"{best.name} is the one offer"
    )
    journey.say("choice", f"{text} for {words}", row_of(best), *others)
    return best


def _candidates(journey: Journey, country: str) -> list[Offer]:
    kind, world = journey.option.option.kind, journey.world
    assert kind is not None, "the option buys something"
    if journey.option.offers:
        return [offer for key in journey.option.offers if country in (offer := world.offers[key]).countries]
    found = world.offers_for(country, kind)
    if kind in _LOCAL:
        return [offer for offer in found if world.operators[offer.sponsor].country == country]
    if kind is OfferKind.ROAMING_PASS:
        home = journey.trip.home[0].operator if journey.trip.home else ""
        return [offer for offer in found if offer.seller == home]
    return found


def _total(journey: Journey, offer: Offer, stays: Sequence[Stay]) -> Decimal:
    """What all stays cost if this offer is used for those that it holds in, and the cheapest one for each of
    the others; what nothing can be bought for costs nothing."""
    total, daily = Decimal(0), journey.trip.tries.data
    days = sum(stay.days for stay in stays if stay.country in offer.countries)
    total = _whole(journey, offer, daily * days, days)
    for stay in stays:
        if stay.country not in offer.countries:
            candidates = _candidates(journey, stay.country)
            prices = (_whole(journey, other, daily * stay.days, stay.days) for other in candidates)
            total += min(prices, default=Decimal(0))
    return total


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
    return price * max(times, math.ceil(megabytes / offer.data_mb)) if offer.data_mb else _NEVER


def _nothing(journey: Journey, country: str) -> Stuck:
    """Why there is nothing to buy here."""
    world, option = journey.world, journey.option
    name = world.countries[country].name
    if option.offers:
        rows = tuple(row_of(world.offers[key]) for key in option.offers)
        return Stuck("not-covered", f"none of the offers that the trip names holds in {name}", *rows)
    kind = option.option.kind
    assert kind is not None, "the option buys something"
    known = sorted(offer.key for offer in world.offers.values() if offer.kind is kind)
    says = f"offers of the kind '{kind.value}': {', '.join(known) or 'none'}; none holds in {name}"
    row = Row("offers", kind.name, says, "judged")
    if option.option is OptionName.LOCAL_ESIM:
        return _no_esim(journey, country, row)
    return Stuck("no-offer", f"there is no {kind.value} for {name}", row)


def _no_esim(journey: Journey, country: str, row: Row) -> Stuck:
    """No operator sells eSIMs, or none to visitors: they are for residents."""
    place, operators = journey.world.countries[country], journey.world.operators_in(country)
    said = [
        Row("operators", one.key, f"{one.name} sells eSIMs: {one.esim.value}", one.esim_source)
        for one in operators
    ]
    if place.note:
        said.append(Row("countries", country, place.note, place.source))
    whom = "" if all(one.esim is EsimSupport.NONE for one in operators) else " to visitors"
    return Stuck("no-esim-sold", f"no operator in {place.name} sells eSIMs{whom}", *said, row)
