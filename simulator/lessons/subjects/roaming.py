"""Lesson 7: roaming (TS 23.122 §4.4.3, TS 24.301 §5.5.1, TS 33.401 §6.1)."""

from __future__ import annotations

import random
from collections.abc import Iterable

from cards import Plmn
from cards.explain import Explanation
from simulator.lessons.abroad import ALPHA, BETA, DELTA, GAMMA, HOME, PLMNS, Trip
from simulator.lessons.model import (
    Kind,
    Option,
    Rows,
    Steps,
    ask,
    chapter,
    choice,
    claim,
    mistake,
    option,
    say,
    show,
    text,
)
from simulator.lessons.parts import package, plain_sim, subscription
from simulator.network.handset import selection
from simulator.network.handset.phone import Service
from simulator.testing.bench import make_bench


def steps() -> Steps:
    """Which network comes first, who lets the phone in, a door that stays shut, steering, and eSIMs."""
    trip = Trip(plain_sim().card)
    trip.switch_on()
    yield from _order(trip)
    yield from _door(trip)
    yield from _shut()
    yield from _steering()
    yield from _esim(trip)


def _read(heard: Iterable[Explanation], name: str) -> Explanation:
    """How a file was read."""
    return next(one for one in heard if one.title.startswith("READ") and name in one.title)


def _order(trip: Trip) -> Steps:
    heard = trip.listener.heard()
    strongest = max(trip.cells, key=lambda cell: cell.level)
    lists = Trip(plain_sim().card)
    lists.phone.switch_on(lists.listener.link, ())
    candidates = selection.automatic(trip.cells, lists.phone.lists(), random.Random(0))
    first = candidates[0]
    claim(
        trip.registered() == first.cell.operator, "the phone registers with the network that it tries first"
    )
    yield chapter("Which network first?")
    yield say(
        """Our SIM is from {home}, {plmn}. You land in a country far away and switch the phone on. It hears
        these networks:""",
        home="Home",
        plmn=PLMNS[HOME],
    )
    cells = sorted(trip.cells, key=lambda cell: -cell.level)
    yield Rows(
        (text("network"), text("PLMN"), text("signal")),
        tuple((trip.name(cell.plmn), str(cell.plmn), f"{cell.level} dBm") for cell in cells),
    )
    yield say(
        """Before, it has read the card: which networks the operator likes, and which have turned the card
        away."""
    )
    yield show(_read(heard, "EF.OPLMNWACT"), _read(heard, "EF.FPLMN"), only=("PLMN",))
    yield ask(
        Kind.DIGITS,
        text("Which network does the phone try first? Type its PLMN."),
        str(first.plmn).replace("-", ""),
        mistake(
            str(strongest.plmn).replace("-", ""),
            "That is the strongest signal. It counts only among networks that are on no list.",
        ),
        mistake(PLMNS[BETA].replace("-", ""), "It is in the operator's list, but further down."),
        mistake(
            PLMNS[DELTA].replace("-", ""), "That one is in EF.FPLMN: the phone does not try it by itself."
        ),
        mistake(PLMNS[HOME].replace("-", ""), "It would come first, if it were here."),
        why=text(
            """Right: {name}, though its signal is the weakest. The list of the card goes before the signal
            (TS 23.122 §4.4.3.1.1).""",
            name=trip.name(first.plmn),
        ),
        hint=text(
            """The order: home network, user's list, operator's list, then the rest. The first list that
            names somebody here decides."""
        ),
    )
    yield Rows(
        (text("order"), text("network"), text("why"), text("clause")),
        tuple(
            (str(place), trip.name(one.plmn), one.reason.text, one.reason.clause)
            for place, one in enumerate(candidates, 1)
        ),
    )


def _door(trip: Trip) -> Steps:
    messages = trip.messages()
    asked = next(one for one in messages if one.name.startswith("Authentication-Information"))
    registration = trip.phone.registration
    assert registration is not None
    assert registration.agreement is not None
    yield chapter("Who opens the door?")
    yield say("This is the whole conversation, with the messages between the two networks:")
    yield Rows(
        (text("from"), text("to"), text("message")),
        tuple((one.sender, one.receiver, one.name) for one in messages),
    )
    yield choice(
        text("Alpha has never seen this SIM. How can it tell a genuine one from a forgery?"),
        option(
            "It asks Home, which makes the challenge and knows the answer.",
            (asked.sender, asked.receiver) == ("Alpha", "Home"),
            text(
                """Right. Home sends RAND, AUTN, the expected answer, and a key that is good for Alpha
                alone (TS 33.401 §6.1); K stays at home. That takes an agreement between the two: here one
                with the price class *{price}*.""",
                price=registration.agreement.price.value,
            ),
        ),
        option(
            "It gets K from Home when the contract is signed.",
            any("K" in one.members for one in messages),
            text("No message holds K, and no operator would give it away: with K one can be the subscriber."),
        ),
        option("It trusts the IMSI.", False, text("An IMSI is no secret. See the challenge in the list.")),
        hint=text("Look at the second and third line."),
    )


def _shut() -> Steps:
    sim = plain_sim()
    trip = Trip(sim.card, [GAMMA])
    trip.switch_on()
    written = next(
        one for one in trip.listener.heard() if "UPDATE BINARY" in one.title and "FPLMN" in one.title
    )
    cause = trip.cause()
    again = Trip(sim.card, [GAMMA])
    service = again.switch_on()
    attempts = sum(one.sender == "phone" for one in again.messages())
    yield chapter("A door that stays shut")
    yield say(
        """In the mountains there is only Gamma. Home has no agreement with Gamma, so there is nobody whom
        it could ask. It refuses with cause {number}, *{name}*, and the phone writes that down on the
        card:""",
        number=cause.number,
        name=cause.name,
    )
    yield show(written, command=True, only=("PLMN",))
    yield choice(
        text("You put the SIM into another phone, at the same place. What does that phone do?"),
        option(
            "It tries Gamma, and is refused, too.",
            attempts > 0,
            text("It would, if it knew nothing. But what has it read from the card?"),
        ),
        option(
            "It does not even try, and shows *emergency calls only*.",
            attempts == 0 and service is Service.LIMITED,
            text(
                """Right: we did, and it sent {attempts} messages. The list of forbidden networks travels
                with the card (TS 23.122 §3.1). A network gets off the list when you select it by hand and
                it lets you in.""",
                attempts=attempts,
            ),
        ),
        option(
            "It takes Gamma: another phone, another answer.",
            bool(again.registered()),
            text("As a rule networks refuse subscriptions, not phones; stolen ones are an exception."),
        ),
        hint=text("Where was it written down?"),
    )


def _steering() -> Steps:
    trip = Trip(plain_sim().card, preferred=BETA)
    trip.switch_on()
    refused = [event for event in trip.journal if event.kind == "location refused"]
    by_home = {event.actor for event in refused} == {"home network"}
    claim(by_home and trip.registered() == BETA, "Home steers the phone from Alpha to Beta")
    yield chapter("Steering")
    yield say(
        """Next year Home has a better price with Beta. Your card still names Alpha first. You land, and
        the phone registers with Alpha: identity and challenge go well, and then comes a refusal. {count}
        times. After that it tries Beta, and is in.""",
        count=len(refused),
    )
    yield choice(
        text("Who did not want you in Alpha's network?"),
        option(
            "Alpha: it is full.",
            not by_home,
            text("Alpha had no objection; it asked somebody, and passed the answer on."),
        ),
        option("Your phone: the signal is too weak.", False, text("The phone tried. It was refused.")),
        option(
            "Home: it prefers Beta.",
            by_home,
            text(
                """Right. This is steering of roaming (GSMA IR.73): the home network refuses the location
                update a few times, so that the phone looks for another network. To you it looks like a
                network that does not work. The gentle way is to change the list on the card over the air."""
            ),
        ),
        hint=text("Who answers the question whether the subscriber may be served there?"),
    )
    yield Rows((text("who"), text("what")), ((refused[0].actor, refused[0].text),))


def _esim(trip: Trip) -> Steps:
    bench = make_bench(seed="lesson")
    bench.download(package("home-operator"), enable=True)
    bench.download(package("travel-operator"))
    first = Trip(bench.euicc)
    first.switch_on()
    claim(
        first.registered() == trip.registered(), "an eSIM with the same subscription does what the SIM does"
    )
    with bench.lpa() as lpa:
        lpa.enable(next(one for one in lpa.profiles() if not one.is_enabled).iccid)
    second = Trip(bench.euicc, pin=subscription("travel-operator").pins.pin1)
    second.switch_on()
    there = second.phone.registration
    assert there is not None
    elsewhere = Trip(bench.euicc, [BETA], pin=subscription("travel-operator").pins.pin1)
    elsewhere.switch_on()
    further = elsewhere.phone.registration
    assert further is not None
    claim(further.is_roaming and further.agreement is not None, "the travel profile roams with Beta")
    yield chapter("And with an eSIM?")
    yield say(
        """We put the same subscription on an eUICC, and switched on at the same place: it registers with
        {name}, in the same way. Roaming knows no kinds of cards. But an eSIM can do another thing: get a
        second subscription. On our eUICC is the profile *Travel*, with an IMSI that begins with {plmn}.
        You enable it.""",
        name=first.name(Plmn.parse(PLMNS[first.registered()])),
        plmn=PLMNS[ALPHA],
    )
    yield choice(
        text("The phone registers with {name} again. What is different now?", name=second.name(there.plmn)),
        _roaming("Nothing: it is roaming, as before.", there.is_roaming, there.is_roaming),
        _roaming(
            "It is at home there: no roaming, no agreement, no foreign price.",
            not there.is_roaming,
            there.is_roaming,
        ),
        option(
            "It has two numbers at the same time.",
            False,
            text("One profile is enabled. The other waits (lesson 6)."),
        ),
        hint=text("Compare the beginning of the IMSI with the PLMN of the network."),
    )
    yield say(
        """Where only {beta} can be heard, the same profile registers there, and roams: {alpha} has an
        agreement with {beta}. So does a travel eSIM that works in fifty countries: it is a subscription of
        one operator, at home in one place and roaming in all others, at a price that its seller has agreed
        beforehand.""",
        alpha=ALPHA.title(),
        beta=elsewhere.name(further.plmn),
    )


def _roaming(words: str, right: bool, roams: bool) -> Option:
    why = (
        """Right: {plmn} is the IMSI's own network. A local eSIM is a local SIM, without a shop and without
        swapping cards; you have to buy it, though, and need a network for the download."""
        if right and not roams
        else "The IMSI begins with {plmn}, and that is the network's own code."
    )
    return option(words, right, text(why, plmn=PLMNS[ALPHA]))
