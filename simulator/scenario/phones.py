"""Getting a line into the phone: into a slot, in place of another card, or onto the eUICC."""

from __future__ import annotations

from typing import Final

from cards import InProcessLink, Isdr, Uicc
from cards.link import CardLike
from cards.uicc import PIN1
from simulator.lpa import ActivationCode, InProcessEs9, Lpa
from simulator.network.journal import Row
from simulator.network.world.model import Need, Offer
from simulator.scenario import downloads
from simulator.scenario.evidence import counted, told
from simulator.scenario.hardware import euicc_of
from simulator.scenario.journey import Journey
from simulator.scenario.ledger import row_of
from simulator.scenario.packing import address_of, enter
from simulator.scenario.phone import Line, Phone
from simulator.scenario.stuck import Stuck
from simulator.scenario.trip import CardLocked, CodeMissing, QrUsed, ServerDown

CONFIRMATION_CODE: Final = "4711"
"""What orders ask for, if the trip has a fault with it."""
_FIRST_PIN: Final = "0000"
"""PIN 1 of every card that is issued."""


def device_row(journey: Journey, says: str, phone: Phone | None = None) -> Row:
    """The row of the world of a phone, of the one that the option is about if none is named."""
    phone = phone or journey.phone
    device = phone.device
    return Row("devices", device.key, f"{phone.name} ({device.market}): {says}", device.source)


def check_slot(journey: Journey) -> None:
    """Stuck if the device takes no cards."""
    if not journey.phone.device.sim_slots:
        text = f"the {journey.phone.name} has no slot for a card"
        raise Stuck("no-slot", text, device_row(journey, "0 slots for cards"))


def check_second(journey: Journey) -> None:
    """Stuck if no card fits in beside what is there, or it cannot be on at the same time."""
    phone, device = journey.phone, journey.phone.device
    check_slot(journey)
    if phone.free_slot() is None or not phone.has_room:
        slots = f"{counted(device.sim_slots, 'slot')} for cards"
        says = f"{slots}, {counted(device.active, 'line')} at once"
        text = f"the {phone.name} has no free slot, or no second line at the same time"
        raise Stuck("no-second-slot", text, device_row(journey, says))


def check_esim(journey: Journey) -> None:
    """Stuck if the device has no eUICC."""
    if journey.phone.euicc is None:
        text = f"the {journey.phone.name} has no eUICC"
        raise Stuck("no-esim", text, device_row(journey, "no eSIM"))


def make_card(journey: Journey, offer: Offer) -> Line:
    """The card that was bought, known to its network."""
    issued = journey.issuer.offer(offer.key, number=1 + len(journey.outcome.offers))
    enter(journey, issued)
    sim = journey.issuer.sim(issued)
    if any(isinstance(fault, CardLocked) for fault in journey.trip.faults):
        _switch_pin_on(sim.card)
    return Line(offer.name, issued, sim.card)


def _switch_pin_on(card: CardLike) -> None:
    """The seller has left PIN 1 enabled: done with the card's own command, ENABLE PIN."""
    uicc = Uicc(InProcessLink(card))
    uicc.select(uicc.find_application("ADF.USIM"))
    uicc.enable_pin(PIN1, _FIRST_PIN)


def put_beside(journey: Journey, line: Line) -> None:
    """Put a card into a free slot, beside what is there."""
    check_second(journey)
    slot = journey.phone.free_slot()
    assert slot is not None, "it was checked"
    journey.do("put-card-in", device_row(journey, f"slot {slot + 1} is free"))
    journey.phone.put_in(line, slot)


def put_in_place_of(journey: Journey, old: Line, line: Line, *, keep: bool = True) -> None:
    """Take a card out and put another one in its place."""
    check_slot(journey)
    slot = old.slot
    assert slot is not None, "a card is in a slot"
    row = device_row(journey, f"slot {slot + 1} holds the card of {old.name}")
    journey.do("take-card-out", row)
    journey.phone.take_out(old)
    journey.do("put-card-in", row)
    journey.phone.put_in(line, slot)
    if keep:
        journey.do("keep-card", row)


def install_profile(journey: Journey, offer: Offer) -> Line:
    """Download the profile that was bought. Stuck, and why, if that does not work."""
    check_esim(journey)
    issued = journey.issuer.offer(offer.key, number=1 + len(journey.outcome.offers))
    enter(journey, issued)
    downloads.check_room(journey, journey.phone)
    journey.get_online(f"to download {offer.name}")
    address = address_of(journey, offer.seller)
    faults = journey.trip.faults
    if any(isinstance(fault, ServerDown) for fault in faults):
        journey.servers.down.add(address)
    code = journey.servers.order(issued, address, confirmation_code=_confirmation_code(journey))
    if any(isinstance(fault, QrUsed) for fault in faults):
        _use_up(journey, code)
    if Need.QR in offer.needs:
        journey.do(_how_to_enter_code(journey, offer), row_of(offer))
    downloads.download(journey, journey.phone, code)
    line = Line(offer.name, issued)
    journey.phone.lines.append(line)
    return line


def _confirmation_code(journey: Journey) -> str:
    """What the order asks for, if the trip's fault is that there is a code."""
    return CONFIRMATION_CODE if any(isinstance(fault, CodeMissing) for fault in journey.trip.faults) else ""


def _use_up(journey: Journey, code: ActivationCode) -> None:
    """Somebody else downloads the profile with the same code first, onto an eUICC of their own."""
    other = euicc_of(journey.phone.device, journey.clock.now.year, f"{journey.seed}/other", journey.clock)
    link = InProcessLink(other)
    link.reset()
    with Lpa(Isdr(link), InProcessEs9(journey.servers.at(code.smdp_address))) as lpa:
        lpa.download(code)
    row = told("faults", "qr-used: the code was used on another device before")
    journey.journal.tell("traveller", "code used", row.says, row)


def _how_to_enter_code(journey: Journey, offer: Offer) -> str:
    """A QR code is scanned from another screen or from paper; a phone alone cannot see its own screen."""
    elsewhere = journey.is_at_home or len(journey.trip.devices) > 1 or Need.SHOP in offer.needs
    return "scan-qr" if elsewhere else "type-code"


def enable_profile(journey: Journey, line: Line) -> None:
    """Switch a profile on; where there is no port or no room for one line more, another one goes off."""
    phone = journey.phone
    port = phone.free_port()
    if port is None or not phone.has_room:
        port = _make_room(journey, port)
    journey.do(
        "enable-profile",
        device_row(journey, f"{counted(phone.device.enabled_profiles, 'profile')} enabled at once"),
    )
    downloads.enable(journey, phone, line, port)


def _make_room(journey: Journey, port: int | None) -> int:
    """What was bought earlier goes off, else a line of home; the port to use."""
    phone = journey.phone
    lines = sorted(phone.active, key=lambda line: line in journey.home)
    victim = next(line for line in lines if port is not None or line.is_profile)
    if victim.port is not None:
        return victim.port  # EnableProfile disables it (SGP.22 §3.2.1)
    assert port is not None, "there is a port without a profile, only no room for one line more"
    victim.is_on = False
    journey.do("switch-line-off", device_row(journey, f"{counted(phone.device.active, 'line')} at once"))
    return port
