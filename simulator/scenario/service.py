"""What the phone's lines get in a country: registration by the handset, data, calls, and whether the home
number can be reached."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Final

from simulator.network.air import is_on_air
from simulator.network.handset.lock import Personalisation, network_lock
from simulator.network.handset.phone import Handset, Service
from simulator.network.handset.search import CIRCUIT, FALLBACK, IMS, Registration
from simulator.network.journal import Event, Evidence, Row, Rule
from simulator.network.world.model import Rat
from simulator.scenario.evidence import counted, unique
from simulator.scenario.journey import Journey
from simulator.scenario.outcome import LineService, Statement
from simulator.scenario.phone import Line, Phone
from simulator.scenario.phones import device_row
from simulator.scenario.steps import STEPS

_TELLING: Final = frozenset(
    {
        *("cells found", "card found", "registered", "location updated", "location refused", "refused"),
        *("no card", "locked"),
    }
)
"""Kinds of events that a statement on service stands on."""
_REGISTERING: Final = frozenset({"message received", "authenticated"})


def register(journey: Journey) -> None:
    """Every line that is on looks for a network; what each gets is said."""
    journey.pass_step("registration")
    leg = journey.leg
    for line in journey.active:
        begin = len(journey.journal)
        handset = _switched_on(journey, line)
        events = list(islice(journey.journal, begin, None))
        if leg is None:
            continue
        if handset.registration is None:
            leg.lines.append(LineService(line.name, ""))
            journey.add(_without_service(journey, line, handset, events))
        else:
            found = _service(journey, line, handset.registration)
            leg.lines.append(found)
            text = f"{line.name}: {found.network_name} ({found.plmn}) over {found.rat}, band {found.band}: "
            journey.say("service", text + found.mechanism, *_grounds(events))
    for line in [line for line in journey.radio if line not in journey.active]:
        del journey.radio[line]


def _switched_on(journey: Journey, line: Line) -> Handset:
    """The line's handset, in the country where the phone is; a card that is new to it is read first."""
    cells = journey.networks.cells(journey.country)
    handset = journey.radio.get(line)
    if handset is not None:
        handset.move(cells)
        return handset
    phone = journey.phone_of(line)
    handset = journey.radio[line] = Handset(journey.networks, phone.device, locks=_locks(journey, phone))
    handset.switch_on(phone.link(line), cells)
    return handset


def _locks(journey: Journey, phone: Phone) -> list[Personalisation]:
    """The SIM lock that the trip tells of; one that the device is sold with the handset knows itself."""
    if not phone.locked_to:
        return []
    return [network_lock(journey.issuer.home_plmns(journey.world.operators[phone.locked_to]))]


def _service(journey: Journey, line: Line, found: Registration) -> LineService:
    name = journey.world.operators[found.operator].name
    band = found.cell.band
    return LineService(
        line.name,
        found.operator,
        name,
        str(found.plmn),
        found.rat.value,
        band,
        _mechanism(journey, line, found),
    )


def _mechanism(journey: Journey, line: Line, found: Registration) -> str:
    """How a line comes to its network."""
    owner = journey.world.operators[found.home]
    form = "a profile on the eUICC" if line.is_profile else "a card"
    if len(line.issued.subscribers) > 1:
        where = "roaming" if found.is_roaming else "at home here"
        return f"multi-IMSI card with the identity of {owner.name}, {where}"
    if line in journey.home:
        return f"home IMSI of {owner.name}, {'roaming' if found.is_roaming else 'at home'} ({form})"
    if not found.is_roaming:
        return f"local IMSI of {owner.name} ({form})"
    if line.issued.seller == line.issued.operator:
        return f"IMSI of {owner.name}, roaming ({form})"
    return f"sponsor's IMSI of {owner.name}, roaming ({form})"


def _grounds(events: list[Event]) -> tuple[Evidence, ...]:
    """What a statement on service stands on: cells, challenge and answer of the card, acceptance."""
    return unique(one for event in events if event.kind in _TELLING | _REGISTERING for one in event.evidence)


# Why a line has no service


def _without_service(journey: Journey, line: Line, handset: Handset, events: list[Event]) -> Statement:
    """The reason, in the field's terms."""
    evidence = _grounds(events)
    country = journey.world.countries[journey.country].name
    if handset.no_card:
        reason = "pin-locked" if handset.lock is None else "sim-locked"
        return Statement("problem", f"{line.name}: {handset.no_card}", evidence, reason)
    if not handset.cells:
        return _hears_nothing(journey, line, country)
    refused = [event for event in events if event.kind == "refused"]
    reason = _refusal(journey, line, handset)
    said = "; ".join(dict.fromkeys(event.text for event in refused)) or "no network takes the phone"
    return Statement("problem", f"{line.name} finds no service in {country}: {said}", evidence, reason)


def _refusal(journey: Journey, line: Line, handset: Handset) -> str:
    """What the world's agreements say of the networks that the phone hears."""
    found = [
        journey.world.agreement(subscriber.operator, operator)
        for operator in {cell.operator for cell in handset.cells}
        for subscriber in line.issued.subscribers
    ]
    known = [agreement for agreement in found if agreement is not None]
    homes = {journey.world.host_of(subscriber.operator).key for subscriber in line.issued.subscribers}
    if any(cell.operator in homes for cell in handset.cells):
        return "rejected"
    if not known:
        return "no-agreement"
    if all(agreement.barred for agreement in known):
        return "roaming-barred"
    heard = {(cell.operator, cell.rat) for cell in handset.cells}
    if not any((agreement.visited, rat) in heard for agreement in known for rat in agreement.rats):
        return "technology-not-agreed"
    return "rejected" if any("data" in agreement.services for agreement in known) else "no-data-service"


def _hears_nothing(journey: Journey, line: Line, country: str) -> Statement:
    """The phone has no band in common with any network; or had one, that was switched off."""
    phone, today = journey.phone_of(line), journey.clock.now.date()
    device = phone.device
    source = device.bands_source or device.source
    gone, rows = [], [Row("devices", device.key, f"{phone.name}: {device.says_bands()}", source)]
    for operator in journey.world.operators_in(journey.country):
        for radio in operator.radios:
            until = f" until {radio.until}" if radio.until else ""
            says = f"{operator.name}: {radio.rat.value} in {', '.join(radio.bands)}{until}"
            rows.append(Row("operators", operator.key, says, radio.source))
            common = set(radio.bands) & set(device.bands.get(radio.rat, ()))
            if common and radio.until and not is_on_air(radio, today):
                gone.append(f"{operator.name}'s {radio.rat.value} until {radio.until}")
    if gone:
        text = f"the {phone.name} hears nothing in {country}: what it could use was {', '.join(gone)}"
        return Statement("problem", text, tuple(rows), "switched-off")
    text = f"the {phone.name} has no band in common with any network of {country}"
    return Statement("problem", text, tuple(rows), "band-missing")


# Data


def connect(journey: Journey, line: Line) -> bool:
    """Data over a line: whether they pass. The first byte counts from the arrival."""
    leg, handset = journey.leg, journey.radio.get(line)
    found = handset.registration if handset else None
    if leg is None or found is None:
        return False
    grounds: tuple[Evidence, ...] = ()
    if found.agreement is not None:
        services = ", ".join(found.agreement.services)
        grounds = (Row("agreements", found.agreement.key, f"services: {services}", found.agreement.source),)
    if "data" not in found.services:
        journey.problem("no-data-service", f"{line.name} is registered, but without data", *grounds)
        return False
    journey.pass_step("first-byte")
    leg.data = next(one for one in leg.lines if one.line == line.name)
    if leg.first_byte is None:
        leg.first_byte = round((journey.clock.now - leg.begin).total_seconds() / 60, 1)
        rows = [STEPS[key].row for key in dict.fromkeys(leg.steps)]
        rule = Rule(
            "TS 23.401 §5.3.2" if found.rat is Rat.E_UTRAN else _SESSION[found.rat], "the data connection"
        )
        after, by_hand = counted(leg.first_byte, "minute"), counted(len(leg.steps), "step")
        text = f"first byte {after} after arrival, with {by_hand} by hand"
        journey.say("first byte", text, *rows, rule, *grounds)
    return True


_SESSION: Final = {
    Rat.GERAN: "TS 23.060 §9.2.2",
    Rat.UTRAN: "TS 23.060 §9.2.2",
    Rat.NG_RAN: "TS 23.502 §4.3.2",
}
"""Where the data connection over a technology is set up; over E-UTRAN with the attach."""


def stayed_too_long(journey: Journey, line: Line, days: int) -> bool:
    """Whether the home operator ends a guest's stay after so many days. It takes roaming off the
    subscription, and the phone is refused when it registers anew."""
    handset = journey.radio.get(line)
    found = handset.registration if handset else None
    if handset is None or found is None or found.agreement is None:
        return False
    longest = found.agreement.longest_days
    if longest is None or days < longest:
        return False
    home = journey.networks.home(found.home)
    home.subscriptions[found.imsi] = replace(home.subscriptions[found.imsi], roaming=False)
    begin = len(journey.journal)
    # The phone was off overnight.
    handset.switch_on(journey.phone_of(line).link(line), journey.networks.cells(journey.country))
    says = f"a guest for {longest} days at most"
    row = Row("agreements", found.agreement.key, says, found.agreement.source)
    text = f"{line.name} is refused after {longest} days: its operator ends permanent roaming"
    journey.problem("permanent-roaming", text, row, *_grounds(list(islice(journey.journal, begin, None))))
    return True


# Calls, messages, emergencies, and the home number


def try_everything(journey: Journey) -> None:
    """What the traveller tries besides data, and whether the home number can be reached."""
    leg, tries = journey.leg, journey.trip.tries
    assert leg is not None, "one tries abroad"
    if tries.call:
        leg.calls = _call(journey)
    if tries.message:
        leg.messages = _message(journey)
    if tries.emergency_call:
        leg.emergency = _emergency(journey)
    leg.home_number = home_number(journey)


def _registered(journey: Journey) -> list[tuple[Line, Registration]]:
    return [(line, hs.registration) for line, hs in journey.radio.items() if hs.registration is not None]


def _call(journey: Journey) -> bool:
    grounds: list[Evidence] = []
    with_voice = False
    for line, found in _registered(journey):
        row = _services_row(journey, line, found)
        if "voice" not in found.services:
            grounds.append(row)
            continue
        with_voice = True
        way, rows = _way_of_call(journey, line, found)
        if way:
            journey.say("call", f"a call goes through {line.name}, {way}", row, *rows)
            return True
        grounds += [row, *rows]
    if not grounds:
        return False  # there is no service at all, which has been said
    if with_voice:
        journey.problem("no-voice", "a call does not go through", *grounds)
    else:
        journey.problem("data-only", "there is no line for calls", *grounds)
    return False


def _services_row(journey: Journey, line: Line, found: Registration) -> Row:
    """What the line may do: by its offer, or by the agreement."""
    services = ", ".join(sorted(found.services)) or "none"
    offer = journey.world.offers.get(line.issued.offer)
    if offer is not None:
        return Row("offers", offer.key, f"{offer.name} ({offer.kind.value}): {services}", offer.source)
    if found.agreement is not None:
        return Row("agreements", found.agreement.key, f"services: {services}", found.agreement.source)
    operator = journey.world.operators[found.home]
    return Row("operators", operator.key, f"{operator.name} at home: {services}", operator.source)


def _way_of_call(journey: Journey, line: Line, found: Registration) -> tuple[str, tuple[Evidence, ...]]:
    """How calls go, and what that stands on; empty if they do not."""
    agreement, phone = found.agreement, journey.phone_of(line)
    says = f"calls over 4G: {'yes' if phone.device.volte else 'no'}"
    rows: list[Evidence] = [device_row(journey, says, phone)]
    if agreement is not None:
        said = f"calls over 4G: {'yes' if agreement.volte else 'no'}"
        rows.append(Row("agreements", agreement.key, said, agreement.source))
    if not found.voice:
        name = journey.world.operators[found.operator].name
        for radio in journey.world.radios_of(found.operator):
            until = f" until {radio.until}" if radio.until else ""
            rows.append(Row("operators", found.operator, f"{name}: {radio.rat.value}{until}", radio.source))
        return "", tuple(rows)
    words, rule = _CALLS[found.voice]
    return words, (*rows, rule)


_CALLS: Final = {
    CIRCUIT: ("circuit switched", Rule("TS 24.008 §5.2", "a call over a 2G or 3G network")),
    IMS: ("over 4G or 5G", Rule("GSMA IR.92, IR.65", "voice over IMS, for guests too")),
    FALLBACK: ("by falling back to 2G or 3G", Rule("TS 23.272 §6", "the phone changes the technology")),
}
"""How calls go → in words, and by which clause."""


def _message(journey: Journey) -> bool:
    for line, found in _registered(journey):
        if "sms" in found.services:
            journey.say("message", f"an SMS goes through {line.name}", _services_row(journey, line, found))
            return True
    grounds = [_services_row(journey, line, found) for line, found in _registered(journey)]
    if grounds:
        journey.problem("data-only", "there is no line for an SMS", *grounds)
    return False


def _emergency(journey: Journey) -> bool:
    """In any cell of any network, with or without a card that is taken (TS 22.101 §10.1)."""
    handset = next(iter(journey.radio.values()), None)
    if handset is None:
        handset = Handset(journey.networks, journey.phone.device)
        handset.switch_on(None, journey.networks.cells(journey.country))
    rule = Rule("TS 22.101 §10.1", "emergency calls need no card and no agreement, only a cell")
    camped = handset.camped
    rows = camped.evidence if camped else ()
    if handset.service is Service.NONE:
        journey.say("emergency call", "no emergency call either", rule, device_row(journey, "hears no cell"))
        return False
    words = handset.service.value
    journey.say("emergency call", f"an emergency call would get through ({words})", rule, *rows)
    return True


def home_number(journey: Journey) -> bool:
    """Whether the home number can be reached now; it is said."""
    if not journey.home:
        return False
    line = journey.home[0]
    handset = journey.radio.get(line)
    found = handset.registration if handset else None
    if found is not None and found.services & {"voice", "sms"}:
        name = journey.world.operators[found.operator].name
        row = _services_row(journey, line, found)
        journey.say("home number", f"the home number can be reached, by {name}", row)
        return True
    phone = journey.phone_of(line)
    row = device_row(journey, f"{counted(phone.device.active, 'line')} at once", phone)
    if not line.is_active:
        where = "switched off" if line in phone.lines else "not in the phone"
        journey.problem("home-number-off", f"the home number cannot be reached: its line is {where}", row)
        return False
    reasons = [one for one in journey.statements if one.reason and line.name in one.text]
    grounds = unique(one for statement in reasons for one in statement.evidence) or (row,)
    journey.problem("home-number-off", "the home number cannot be reached: its line has no service", *grounds)
    return False
