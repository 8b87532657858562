"""Lesson 8: what goes wrong (SGP.22 §5.2.6, §3.1.3, §5.7; TS 102 221 §9.5, §11.1.9; TS 23.122 §3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cards import Eid, InProcessLink, Isdr, Uicc
from cards.status import SW, StatusWord
from simulator.crypto.ecc import Curve
from simulator.crypto.issue import Issuer
from simulator.crypto.spoilt import Defect, spoilt
from simulator.faults import Fault, FaultyEs9, FaultyLink, Party, Plan
from simulator.faults import Kind as FaultKind
from simulator.lessons.abroad import ALPHA, DELTA, GAMMA, Trip
from simulator.lessons.listening import Listener
from simulator.lessons.model import Option, Rows, Steps, chapter, choice, claim, option, say, show, text
from simulator.lessons.parts import PIN1, package, plain_sim, refusal, subscription
from simulator.lpa import (
    DownloadInterrupted,
    EuiccRefused,
    InProcessEs9,
    InstallationFailed,
    Lpa,
    LpaError,
    ServerRefused,
)
from simulator.lpa.reasons import REASONS, SUBJECTS
from simulator.network.handset.phone import Service
from simulator.network.world.model import Device, Rat
from simulator.testing.bench import ADDRESS, NOW, Bench, entropy, make_bench

OTHER_EID = Eid.with_check_digits("890490320000000000000000000002").to_bytes()


@dataclass
class Attempt:
    """One download: what became of it, and what is on the chip and at the server afterwards."""

    error: LpaError | None
    profiles: int
    state: str


def attempt(bench: Bench, code: str, *faults: Fault) -> Attempt:
    """Download with faults in the way, and look."""
    plan = Plan(faults)
    error = None
    way, link = FaultyEs9(InProcessEs9(bench.smdp), plan), FaultyLink(InProcessLink(bench.euicc), plan)
    try:
        with Lpa(Isdr(link), way) as lpa:
            lpa.download(code)
    except LpaError as raised:
        error = raised
    claim(len(plan.struck) == len(faults), "the fault has struck")
    with bench.lpa() as lpa:
        installed = len(lpa.profiles())
    return Attempt(error, installed, bench.smdp.orders()[0].state.value)


def ordered(seed: str, **order: Any) -> tuple[Bench, str]:
    """A bench with an order, and its activation code."""
    bench = make_bench(seed=f"lesson, {seed}")
    return bench, f"LPA:1${ADDRESS}${bench.smdp.add_order(package(), **order)}"


def steps() -> Steps:
    """Codes of servers, a certificate, power, a wrong byte, the PIN, and no service."""
    yield from _codes()
    yield from _certificate()
    yield from _power()
    yield from _wrong_byte()
    yield from _pin()
    yield from _no_service()


def _codes() -> Steps:
    cases = {
        "The code is typed with a wrong letter at its end.": _code(*_mistyped()),
        "The operator has not released the profile yet.": _code(*ordered("early", is_released=False)),
        "The order has expired.": _code(*ordered("late", expires=NOW - timedelta(days=1))),
        "The profile was ordered for another chip.": _code(*ordered("other", eid=OTHER_EID)),
    }
    wanted = "The operator has not released the profile yet."
    subject, reason = cases[wanted]
    yield chapter("What a server says with two numbers")
    yield say(
        """When a server refuses, it says what it is about (subject) and what is the matter (reason), as
        numbers. Phones show them as they come, if at all. Some of the table (SGP.22 §5.2.6):"""
    )
    subjects, reasons = sorted({one for one, _ in cases.values()}), sorted({one for _, one in cases.values()})
    yield Rows(
        (text("number"), text("stands for")),
        tuple((number, SUBJECTS[number]) for number in subjects)
        + tuple((number, f"… {REASONS[number]}") for number in reasons),
    )
    yield say(
        "Four people try to download a profile today. Your phone shows **{subject} / {reason}**.",
        subject=subject,
        reason=reason,
    )
    yield choice(
        text("Which one are you?"),
        *(_cause(words, codes, (subject, reason)) for words, codes in cases.items()),
        hint=text("Look the two numbers up, and make a sentence of them."),
    )


def _code(bench: Bench, code: str) -> tuple[str, str]:
    error = attempt(bench, code).error
    claim(isinstance(error, ServerRefused), "the server refuses")
    assert isinstance(error, ServerRefused)
    return error.subject_code, error.reason_code


def _mistyped() -> tuple[Bench, str]:
    bench, code = ordered("mistyped")
    return bench, code[:-1] + ("0" if code[-1] != "0" else "1")


def _cause(words: str, codes: tuple[str, str], shown: tuple[str, str]) -> Option:
    subject, reason = codes
    sentence = f"{SUBJECTS[subject]} {REASONS[reason]}"
    if codes == shown:
        why = text(
            "Right: {sentence}. Nothing is wrong with your phone; wait, or ask the operator.",
            sentence=sentence,
        )
        return option(words, True, why)
    why = text(
        "There the server says {subject}/{reason}: {sentence}.",
        subject=subject,
        reason=reason,
        sentence=sentence,
    )
    return option(words, False, why)


def _certificate() -> Steps:
    bench, code = ordered("certificate")
    branch = bench.pki.branches[Curve.NIST_P256]
    right = branch.dp_auth
    assert right is not None
    issuer = Issuer(branch.ci.certificate, branch.ci.require_key())
    false = spoilt(right, Defect.WRONG_SIGNATURE, issuer, entropy=entropy("lesson, false"), now=NOW)
    fault = Fault(
        Party.SERVER,
        FaultKind.WRONG_CERTIFICATE,
        function="initiateAuthentication",
        certificate=false.certificate_der,
    )
    result = attempt(bench, code, fault)
    error = result.error
    by_chip = isinstance(error, EuiccRefused)
    by_server = isinstance(error, ServerRefused)
    yield chapter("Somebody does not trust somebody")
    yield say(
        """Somebody runs a false server. Its certificate looks like the real one, name for name, only that
        he has signed it himself. The download ends with this sentence:

        > {error}""",
        error=str(error),
    )
    yield choice(
        text("Who has refused?"),
        option(
            "The server.",
            by_server,
            text("Its refusals come with two numbers, as above. And it would hardly refuse itself."),
        ),
        option(
            "The phone.",
            not by_chip and not by_server,
            text("The phone carries this certificate, but does not judge it."),
        ),
        option(
            "The chip.",
            by_chip,
            text(
                """Right: ES10 is the interface to the eUICC, and AuthenticateServer its function. The chip
                checks the certificate with the keys of its own issuers (lesson 3), whatever the phone
                thinks. If such errors come from *all* servers, chip and servers belong to different
                issuers, as with a test chip."""
            ),
        ),
        hint=text("The sentence begins with the interface and the function."),
    )


def _power() -> Steps:
    cut = Fault(Party.CARD, FaultKind.POWER_OFF_BEFORE, 30)
    bench, code = ordered("power")
    broken = attempt(bench, code, cut)
    claim(isinstance(broken.error, DownloadInterrupted), "the power goes in the middle of the package")
    again = attempt(bench, code)
    yield chapter("The battery, and one wrong byte")
    yield say(
        """While the package is being loaded, after about half of it, the phone loses its power. It says,
        when it is on again:

        > {error}""",
        error=str(broken.error),
    )
    yield choice(
        text("What is on the chip now?"),
        option(
            "Half a profile, which has to be deleted.",
            False,
            text(
                "We asked for the list: {count} profiles. A chip installs whole profiles or none.",
                count=broken.profiles,
            ),
        ),
        option(
            "Nothing; the same code works again.",
            broken.profiles == 0 and again.error is None,
            text(
                """Right. Chip and server keep their one-time keys for a second attempt, and that installed
                the profile (SGP.22 §3.1.3)."""
            ),
        ),
        option(
            "Nothing, and the code is used up.",
            broken.profiles == 0 and again.error is not None,
            text("Nothing is there, right. But we tried the code once more, and it worked."),
        ),
        hint=text("Profiles are installed when the last piece has come."),
    )


def _wrong_byte() -> Steps:
    spoilt_byte = Fault(Party.CARD, FaultKind.CORRUPT_REQUEST, 30)
    other, other_code = ordered("byte")
    damaged = attempt(other, other_code, spoilt_byte)
    assert isinstance(damaged.error, InstallationFailed)
    after = attempt(other, other_code)
    other.smdp.release_order(other.smdp.orders()[0].matching_id)
    claim(attempt(other, other_code).error is None, "a profile that is released anew can be downloaded")
    yield say(
        """Another phone has a weak contact to the chip. One byte of the same piece arrives wrong:

        > {error}""",
        error=str(damaged.error),
    )
    yield choice(
        text("And this time? Does the same code work again?"),
        option(
            "Yes, as after the loss of power.",
            after.error is None,
            text(
                """We tried, and it was refused. To the chip it makes a difference whether a package is
                unfinished or wrong."""
            ),
        ),
        option(
            "No. A package that does not verify may be an attack.",
            isinstance(after.error, ServerRefused),
            text(
                """Right. The chip signs the failure, the server gets it and calls the order *{state}*;
                then the code is refused. The operator has to release the profile anew (SGP.22 §2.5.6,
                §3.1.3).""",
                state=after.state,
            ),
        ),
        option("Yes, but only on another phone.", False, text("The order is over, whoever asks.")),
        hint=text("Which of the two failures would you find suspicious, if you were the server?"),
    )


def _pin() -> Steps:
    pins = subscription().pins
    listener = Listener(plain_sim().card)
    uicc = Uicc(listener.link)
    answers = [_verify(uicc, wrong) for wrong in ("0000", "1111", "2222")]
    rightly = _verify(uicc, pins.pin1)
    claim(answers[-1].retries == 0, "three wrong PINs block it")
    heard = [one for one in listener.heard() if one.title.startswith("VERIFY")]
    uicc.unblock_pin(PIN1, pins.puk1, "1357")
    works = _verify(uicc, "1357") == SW.OK
    unblocked = listener.heard()[0]
    claim(works, "the PUK sets a new PIN")
    yield chapter("Three times the wrong PIN")
    yield say("The phone was in the hands of a child:")
    yield show(*heard[:3], command=True)
    yield choice(
        text("You take it back and type the right PIN, {pin}. What does the card say?", pin=pins.pin1),
        *(
            _pin_answer(sw, rightly, why)
            for sw, why in (
                (SW.OK, "It was right, but it comes too late: the card does not even look at it."),
                (StatusWord(0x63C2), "There is nothing left to count down."),
                (SW.AUTHENTICATION_METHOD_BLOCKED, ""),
            )
        ),
        hint=text("How many tries were left after the third time?"),
    )
    yield say("With the PUK, which is on the paper that the SIM came with, you set a new PIN:")
    yield show(unblocked, command=True)


def _verify(uicc: Uicc, pin: str) -> StatusWord:
    return refusal(lambda: uicc.verify_pin(PIN1, pin))


def _pin_answer(sw: StatusWord, found: StatusWord, why: str) -> Option:
    reason = (
        text(why)
        if why
        else text("Right: a blocked PIN stays blocked for the right one, too (TS 102 221 §9.5.1, §11.1.9).")
    )
    return option("{sw}: {meaning}.", sw == found, reason, sw=sw, meaning=sw.meaning)


def _no_service() -> Steps:
    device = Device(
        key="old", maker="Example", model="Old phone", market="", year=2012, bands={Rat.GERAN: ("GSM900",)},
        sim_slots=1, esim=False, profiles=0, enabled_profiles=0, active=1, source="example",
    )  # fmt: skip
    everywhere = [ALPHA, GAMMA, DELTA]
    trips = {
        "There is no roaming agreement with the only network here.": Trip(plain_sim().card, [GAMMA]),
        "The user has not typed the PIN.": Trip(plain_sim().card, everywhere, pin="0000"),
        "The phone has none of the frequency bands that are used here.": Trip(
            plain_sim().card, everywhere, device=device
        ),
    }
    services = {words: trip.switch_on() for words, trip in trips.items()}
    told = {words: _last(trip) for words, trip in trips.items()}
    yield chapter("No service")
    yield say(
        """At last, three phones abroad, with the same subscription. None can make a call. Two of them show
        *{limited}*, one shows *{none}*.""",
        limited=Service.LIMITED.value,
        none=Service.NONE.value,
    )
    yield choice(
        text("What is the matter with the one that shows *{none}*?", none=Service.NONE.value),
        *(_service(words, services[words], told[words], trip) for words, trip in trips.items()),
        hint=text("For an emergency call a phone needs no subscription and no PIN. But what does it need?"),
    )
    yield say(
        """So the words on the screen tell a lot: *emergency calls only* means that the phone hears
        networks, and that something is wrong with the subscription, its agreements, or the PIN. *No
        service* means that it hears nothing that it understands: no coverage, or the wrong bands, as a
        phone of another continent may have. `esim phone` and `esim travel check` find out which."""
    )


def _service(words: str, service: Service, told: str, trip: Trip) -> Option:
    if service is Service.NONE:
        why = text(
            """Right. It hears {heard} of {count} networks, and without a cell there is nobody to take an
            emergency call (TS 23.122 §3.5).""",
            heard=len(trip.phone.cells),
            count=len(trip.cells),
        )
        return option(words, True, why)
    why = text("That one shows *{service}*: {told}.", service=service.value, told=told)
    return option(words, False, why)


def _last(trip: Trip) -> str:
    """The sentence of the journal that names the cause; empty if there is none."""
    return next((event.text for event in trip.journal if event.kind in ("no card", "refused")), "")
