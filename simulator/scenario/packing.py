"""What the traveller has before the trip: devices as they are sold, with the cards and profiles of home in
them."""

from __future__ import annotations

from typing import Final

from simulator.network.nas import Protocol
from simulator.network.world import World
from simulator.network.world.model import Device, OfferKind
from simulator.scenario import downloads
from simulator.scenario.evidence import told
from simulator.scenario.hardware import euicc_of
from simulator.scenario.issuing import Issued
from simulator.scenario.journey import HOME_LINE, Journey
from simulator.scenario.outcome import Outcome
from simulator.scenario.phone import Line, Phone
from simulator.scenario.trip import CarriedDevice, HomeSubscription, Rejection
from simulator.specimens.make import install

_OLD_PROFILES: Final = 100
"""The numbers from which subscriptions of earlier trips are counted."""


def pack(journey: Journey) -> None:
    """Make the phones, and put the traveller's own subscriptions in."""
    trip = journey.trip
    journey.phones = [_phone(journey, carried, number) for number, carried in enumerate(trip.devices)]
    journey.phone = journey.phones[journey.option.device]
    title = _title(journey)
    journey.outcome = Outcome(journey.option.option, journey.phone.device.key, trip.currency, title)
    _arrange_rejections(journey)
    for place, subscription in enumerate(trip.home):
        phone = journey.phones[subscription.device]
        journey.home.append(_put_in(journey, phone, place, subscription))
    journey.recorder.drain()


def _title(journey: Journey) -> str:
    """The option; with its device where there are several, with the offers that the trip names for it."""
    option, words = journey.option, journey.option.option.title
    if len(journey.trip.devices) > 1:
        words += f", with the {journey.phone.name}"
    return f"{words}: {', '.join(option.offers)}" if option.offers else words


def _arrange_rejections(journey: Journey) -> None:
    """Networks that reject what comes next, whoever asks."""
    for fault in journey.trip.faults:
        if isinstance(fault, Rejection):
            network = journey.networks.serving(fault.operator)
            network.reject_next += [(protocol, fault.cause) for protocol in Protocol] * fault.times


def _phone(journey: Journey, carried: CarriedDevice, number: int) -> Phone:
    device = carried.device(journey.world)
    begin = journey.trip.itinerary[0].at
    euicc = None
    if device.esim:
        euicc = euicc_of(device, begin.year, f"{journey.seed}/{number}", journey.clock, carried.memory)
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
    device = journey.trip.devices[subscription.device].device(journey.world)
    rules = rules_of(journey.world, subscription, device)
    return journey.issuer.subscription(subscription.operator, number=place + 1, ppr=rules)


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


def rules_of(world: World, subscription: HomeSubscription, device: Device) -> tuple[str, ...]:
    """The policy rules of a profile of home: those that the trip tells, and those of its tariff, save the one
    that an eUICC with several enabled profiles must not allow (SGP.22 v3 §2.9.2.1)."""
    if subscription.form == "card":
        return ()
    tariff = world.offers[subscription.offer].ppr if subscription.offer else ()
    allowed = [rule for rule in tariff if rule != "ppr1" or device.enabled_profiles < 2]
    return tuple(dict.fromkeys((*subscription.ppr, *allowed)))


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
