"""What the traveller has before the trip: devices as they are sold, with the cards and profiles of home in
them."""

from __future__ import annotations

from typing import Final

from simulator.network.world import World
from simulator.network.world.model import OfferKind
from simulator.scenario import downloads
from simulator.scenario.evidence import told
from simulator.scenario.hardware import euicc_of
from simulator.scenario.issuing import Issued
from simulator.scenario.journey import HOME_LINE, Journey
from simulator.scenario.outcome import Outcome
from simulator.scenario.phone import Line, Phone
from simulator.scenario.trip import CarriedDevice, HomeSubscription
from simulator.specimens.make import install

_OLD_PROFILES: Final = 100
"""The numbers from which subscriptions of earlier trips are counted."""


def pack(journey: Journey) -> None:
    """Make the phone, and put the traveller's own subscriptions in."""
    number = journey.option.device
    phone = journey.phone = _phone(journey, journey.trip.devices[number], number)
    journey.outcome = Outcome(journey.option.option, phone.device.key, journey.trip.currency)
    for place, subscription in enumerate(journey.trip.home):
        if subscription.device == number:
            journey.home.append(_put_in(journey, phone, place, subscription))
    journey.recorder.drain()


def _phone(journey: Journey, carried: CarriedDevice, number: int) -> Phone:
    device = carried.device(journey.world)
    begin = journey.trip.itinerary[0].at
    euicc = None
    if device.esim:
        euicc = euicc_of(device, begin.year, journey.seed, journey.clock, carried.memory)
        for issued in _on_esim(journey, carried, number):
            smdp = journey.servers.at(address_of(journey, issued.seller))
            install(euicc, smdp, issued.package, issued.metadata)
    return Phone(
        device, euicc, journey.recorder, lambda: journey.clock.now.timestamp(), carried.locked_to or ""
    )


def _on_esim(journey: Journey, carried: CarriedDevice, number: int) -> list[Issued]:
    """What is on the eUICC: the profiles of home, then those of earlier trips."""
    trip, issuer = journey.trip, journey.issuer
    own = [
        _issued(journey, place, subscription)
        for place, subscription in enumerate(trip.home)
        if subscription.device == number and subscription.form == "esim"
    ]
    operator = trip.home[0].operator if trip.home else next(iter(journey.world.agreements.values())).home
    old = range(_OLD_PROFILES, _OLD_PROFILES + carried.other_profiles)
    return own + [issuer.subscription(operator, number=item) for item in old]


def _issued(journey: Journey, place: int, subscription: HomeSubscription) -> Issued:
    return journey.issuer.subscription(
        subscription.operator, number=place + 1, ppr=rules_of(journey.world, subscription)
    )


def _put_in(journey: Journey, phone: Phone, place: int, subscription: HomeSubscription) -> Line:
    issued = _issued(journey, place, subscription)
    enter(journey, issued)
    name = HOME_LINE if place == 0 else f"line {place + 1}"
    line = Line(name, issued)
    if subscription.form == "card":
        line.card = journey.issuer.sim(issued).card
        slot = phone.free_slot()
        assert slot is not None, "the trip was checked"
        phone.put_in(line, slot)
    else:
        port = phone.free_port()
        assert port is not None, "the trip was checked"
        phone.lines.append(line)
        downloads.enable(journey, phone, line, port)
    operator = journey.world.operators[subscription.operator].name
    text = f"{name}: {operator}, {'a card' if line.card else 'a profile'} in the {phone.name}"
    journey.journal.tell(
        "traveller", "packed", text, told(f"home.{place}", f"{operator}, {subscription.form}")
    )
    return line


def rules_of(world: World, subscription: HomeSubscription) -> tuple[str, ...]:
    """The policy rules of a profile of home: those that the trip tells, and those of its tariff."""
    tariff = world.offers[subscription.offer].ppr if subscription.offer else ()
    return tuple(dict.fromkeys((*subscription.ppr, *tariff))) if subscription.form == "esim" else ()


def enter(journey: Journey, issued: Issued) -> None:
    """Make the networks know a subscription. A travel eSIM has data only: a simplification, most have."""
    offer = journey.world.offers.get(issued.offer)
    data_only = offer is not None and offer.kind is OfferKind.TRAVEL_ESIM
    services = ("data",) if data_only else ("voice", "sms", "data")
    for subscriber in issued.subscribers:
        journey.networks.subscribe(subscriber.operator, subscriber.imsi, subscriber.aka, services=services)


def address_of(journey: Journey, seller: str) -> str:
    """The SM-DP+ of an operator or reseller; one that has none in the tables gets one for profiles that were
    there before the trip."""
    return journey.world.operators[seller].smdp_address or f"smdp.{seller}.example.com"
