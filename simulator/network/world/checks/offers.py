"""Checks of offers: who sells, where it works, what it costs, and what one must do to get it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.network.world.checks.problem import Problem, absent, twice
from simulator.network.world.model import EsimSupport, Need, Offer, OfferKind

if TYPE_CHECKING:
    from simulator.network.world.queries import World

ESIM_KINDS = (OfferKind.LOCAL_ESIM, OfferKind.TRAVEL_ESIM)
OWN_KINDS = (OfferKind.HOME, OfferKind.ROAMING_PASS)
"""For subscribers of the seller."""
RULES = ("ppr1", "ppr2")
"""SGP.22 §2.9.1."""
NEEDS: dict[OfferKind, tuple[tuple[Need, ...], tuple[Need, ...]]] = {
    OfferKind.HOME: ((), ()),
    OfferKind.ROAMING_PASS: ((), (Need.PASSPORT, Need.QR, Need.POST, Need.LOCAL_NUMBER)),
    OfferKind.LOCAL_SIM: ((Need.SHOP, Need.POST), (Need.QR,)),
    OfferKind.LOCAL_ESIM: ((Need.WIFI,), (Need.POST,)),
    OfferKind.TRAVEL_ESIM: ((Need.WIFI,), (Need.SHOP, Need.POST, Need.LOCAL_NUMBER)),
    OfferKind.MULTI_IMSI: ((Need.SHOP, Need.POST), (Need.QR, Need.LOCAL_NUMBER)),
}
"""Of each kind: needs of which it has at least one, and such as it cannot have."""


def parties(world: World) -> Iterator[Problem]:
    """Seller, sponsors and countries exist; a sponsor has IMSIs to give."""
    for offer in world.offers.values():
        if offer.seller not in world.operators:
            yield Problem("offers", offer.key, "seller", absent("operator", offer.seller, world.operators))
        for member, sponsors in (("sponsor", (offer.sponsor,)), ("sponsors", offer.sponsors)):
            for key in sponsors:
                if key not in world.operators:
                    yield Problem("offers", offer.key, member, absent("operator", key, world.operators))
                elif not world.operators[key].plmns:
                    yield Problem("offers", offer.key, member, f"{key!r} has no network code, so no IMSIs")
        if not offer.countries or twice(offer.countries):
            yield Problem("offers", offer.key, "countries", "countries are named, each once")
        for country in offer.countries:
            if country not in world.countries:
                yield Problem("offers", offer.key, "countries", absent("country", country, world.countries))


def reach(world: World) -> Iterator[Problem]:
    """Where an offer gives service, one of its sponsors has a network or may roam."""
    reached = {key: _reached(world, key) for key in {s for o in world.offers.values() for s in _sponsors(o)}}
    for offer in world.offers.values():
        everywhere = set().union(*(reached[s] for s in _sponsors(offer)))
        for country in sorted(set(offer.countries) & set(world.countries) - everywhere):
            says = f"in {country!r} no sponsor has a network or an agreement"
            yield Problem("offers", offer.key, "countries", says)


def _sponsors(offer: Offer) -> set[str]:
    return {offer.sponsor, *offer.sponsors}


def _reached(world: World, sponsor: str) -> set[str]:
    """Countries in which IMSIs of a sponsor get service."""
    if sponsor not in world.operators:
        return set()
    own = world.operators[sponsor].country
    visited = (a.visited for a in world.agreements_of(sponsor) if not a.barred)
    return {own} | {world.operators[key].country for key in visited if key in world.operators}


def prices(world: World) -> Iterator[Problem]:
    """Prices are not negative, in a currency with a rate; amounts are above 0."""
    for offer in world.offers.values():
        if offer.price < 0 or (offer.per_mb is not None and offer.per_mb < 0):
            yield Problem("offers", offer.key, "price", "a price is not below 0")
        if offer.currency not in world.rates:
            yield Problem("offers", offer.key, "currency", absent("rate for", offer.currency, world.rates))
        if offer.days == 0:
            yield Problem("offers", offer.key, "days", "it lasts at least a day; null: until it is cancelled")
        if offer.data_mb is None and offer.per_mb is not None:
            yield Problem("offers", offer.key, "per_mb", "nothing lies beyond data without limit")
        if offer.data_mb == 0 and offer.per_mb is None:
            yield Problem(
                "offers", offer.key, "data_mb", "no data within and none beyond: it gives no service"
            )


def needs(world: World) -> Iterator[Problem]:
    """What one must do fits the kind of offer."""
    for offer in world.offers.values():
        if twice(need.name for need in offer.needs):
            yield Problem("offers", offer.key, "needs", "a need stands twice")
        some, none = NEEDS[offer.kind]
        if some and not set(some) & set(offer.needs):
            names = " or ".join(need.name for need in some)
            yield Problem("offers", offer.key, "needs", f"a {offer.kind.value} needs {names}")
        seller = world.operators.get(offer.seller)
        in_shops = seller is not None and seller.esim is EsimSupport.SHOP
        if offer.kind is OfferKind.LOCAL_ESIM and in_shops and Need.SHOP not in offer.needs:
            yield Problem(
                "offers", offer.key, "needs", f"{offer.seller!r} sells eSIMs in shops only, so it needs SHOP"
            )
        for need in offer.needs:
            if need in none:
                yield Problem("offers", offer.key, "needs", f"a {offer.kind.value} does not need {need.name}")


def sponsors(world: World) -> Iterator[Problem]:
    """Several sponsors are for multi-IMSI SIMs, which have at least two; who sells to its own subscribers is
    its own sponsor; who sells an eSIM sells eSIMs; what is local works where its seller is."""
    for offer in world.offers.values():
        seller = world.operators.get(offer.seller)
        if offer.kind is OfferKind.MULTI_IMSI:
            if len(set(offer.sponsors)) < 2 or offer.sponsor not in offer.sponsors:
                says = "a multi-IMSI SIM has at least two, and `sponsor` is the first that it uses"
                yield Problem("offers", offer.key, "sponsors", says)
        elif offer.sponsors:
            yield Problem("offers", offer.key, "sponsors", f"a {offer.kind.value} has one sponsor")
        if seller is None:
            continue
        if offer.kind in OWN_KINDS and offer.sponsor not in (seller.key, seller.host):
            yield Problem(
                "offers", offer.key, "sponsor", "its subscribers have IMSIs of the seller or its host"
            )
        if offer.kind in ESIM_KINDS and seller.esim is EsimSupport.NONE:
            yield Problem("offers", offer.key, "seller", f"{seller.key!r} sells no eSIM")
        if offer.kind in (OfferKind.LOCAL_SIM, OfferKind.LOCAL_ESIM, OfferKind.HOME):
            if seller.country not in offer.countries:
                yield Problem("offers", offer.key, "countries", "it works in the country of its seller")
        elif offer.kind is OfferKind.ROAMING_PASS and seller.country in offer.countries:
            yield Problem("offers", offer.key, "countries", "a roaming pass is for other countries")


def rules(world: World) -> Iterator[Problem]:
    """Profile policy rules are in profiles."""
    for offer in world.offers.values():
        if twice(offer.ppr) or set(offer.ppr) - set(RULES):
            yield Problem("offers", offer.key, "ppr", f"rules are some of {', '.join(RULES)}, each once")
        seller = world.operators.get(offer.seller)
        if offer.ppr and seller and seller.esim is EsimSupport.NONE:
            yield Problem(
                "offers", offer.key, "ppr", f"{seller.key!r} sells no eSIM profiles, which would have rules"
            )
