"""Lesson 4: a download step by step (SGP.22 §3.1.3, §5.6, §5.7)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cards import InProcessLink, Isdr
from cards.explain import Explanation
from cards.isdr import cut
from simulator.faults import Fault, FaultyEs9, Party, Plan
from simulator.faults import Kind as FaultKind
from simulator.lessons.listening import Listener
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
from simulator.lessons.parts import RecordingEs9, hexed, package, refused_with
from simulator.lpa import (
    ActivationCode,
    DownloadCancelled,
    InProcessEs9,
    Lpa,
    LpaError,
    Progress,
)
from simulator.lpa.steps import Decision, Question
from simulator.testing.bench import ADDRESS, Bench, make_bench

LAST_BLOCK = "STORE DATA: LoadBoundProfilePackage, LoadProfileElements, segment"
"""How the exchange is called that ends a piece of the profile."""


@dataclass
class Download:
    """A download that was watched from beginning to end."""

    bench: Bench
    code: str
    exchanges: list[Explanation]
    es9: RecordingEs9
    steps: list[Progress]
    profiles_at_consent: list[int] = field(default_factory=list)

    def said(self, function: str) -> Explanation:
        """The exchange of a function of ES10."""
        return next(one for one in self.exchanges if one.title == f"STORE DATA: {function}")

    def message(self, function: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Request and answer of a function of ES9+."""
        return next((sent, got) for name, sent, got in self.es9.messages if name == function)


def watched() -> Download:
    """Order a profile, download it, and keep all that was said."""
    bench = make_bench(seed="lesson")
    listener = Listener(bench.euicc)
    es9 = RecordingEs9(InProcessEs9(bench.smdp, through_json=True))
    download = Download(bench, f"LPA:1${ADDRESS}${bench.smdp.add_order(package())}", [], es9, [])

    def consent(_: Question) -> Decision:
        download.profiles_at_consent.append(len(bench.euicc.core.registry.profiles))
        return Decision()

    with Lpa(Isdr(listener.link), es9, consent=consent, progress=download.steps.append) as lpa:
        lpa.download(download.code)
    download.exchanges = listener.heard()
    download.steps = [step for step in download.steps if not step.segment]
    return download


def steps() -> Steps:
    """The code, the authentication, the consent, the package, the report; then all of it in one table."""
    download = watched()
    yield from _code(download)
    yield from _authentication(download)
    yield from _consent(download)
    yield from _package(download)
    yield from _report(download)
    yield from _overview(download)


def _code(download: Download) -> Steps:
    code = ActivationCode.parse(download.code)
    yield chapter("What a QR code holds")
    yield say(
        """An operator has sold us a subscription and sent a QR code. In it stands a line of text, the
        activation code:

        `{code}`

        The profile is a package of {size:,} bytes; the code has {length} characters.""",
        code=download.code,
        size=len(package()),
        length=len(download.code),
    )
    yield choice(
        text("What is in the code?"),
        option(
            "The profile itself, compressed.",
            False,
            text(
                """{size:,} bytes do not fit into {length} characters, and it is not secret enough for a
                picture.""",
                size=len(package()),
                length=len(download.code),
            ),
        ),
        option(
            "The address of a server, `{address}`, and a name for the order that waits there.",
            (code.smdp_address, code.matching_id) == (ADDRESS, download.bench.smdp.orders()[0].matching_id),
            text(
                """Right: version, address of the SM-DP+, matching ID (SGP.22 §4.1). The matching ID finds
                the order. So whoever has the code first can fetch the profile: treat it like a ticket."""
            ),
            address=code.smdp_address,
        ),
        option(
            "The key with which the profile is decrypted.",
            False,
            text("That key does not exist yet. Chip and server agree on it during the download."),
        ),
        hint=text("Split the line at the dollar signs."),
    )


def _authentication(download: Download) -> Steps:
    challenge = download.said("GetEUICCChallenge")
    authenticated = download.said("AuthenticateServer")
    request, answer = download.message("initiateAuthentication")
    drawn: bytes = request["euiccChallenge"]
    signed = answer["serverSigned1"]
    claim(signed["euiccChallenge"] == drawn, "the server signs the eUICC's challenge")
    yield chapter("Two strangers get to know each other")
    yield say(
        """The chip and the server have never met. The phone between them is trusted by neither: it only
        carries letters. First the chip draws 16 random bytes:"""
    )
    yield show(challenge)
    yield say(
        """The LPA takes them to the server (ES9+.InitiateAuthentication). The server signs a text and
        shows its certificate; the chip checks both, and signs in turn. This is the message that the chip
        gets:"""
    )
    yield show(
        authenticated,
        command=True,
        only=(
            "transactionId",
            "euiccChallenge",
            "serverAddress",
            "serverChallenge",
            "issuer",
            "subject:",
            "matchingId",
        ),
    )
    yield choice(
        text(
            "Why must the server sign the very bytes `{drawn}`, which the chip has just drawn?",
            drawn=hexed(drawn),
        ),
        option(
            "So that nobody can play back what a server signed another time.",
            _replayed() == "euiccChallengeMismatch",
            text(
                """Right. We tried it: an answer from an earlier session, with a perfect signature, and the
                chip says {reason} (SGP.22 §5.7.13).""",
                reason=_replayed(),
            ),
        ),
        option(
            "They are the key that the profile is encrypted with.",
            False,
            text("They travel in the clear. A key that everybody on the way can read is none."),
        ),
        option(
            "So that the server knows which chip it is.",
            False,
            text("They are drawn anew each time. Who the chip is, its certificate and its signature say."),
        ),
        hint=text("Think of somebody who has recorded an earlier conversation."),
    )


def _replayed() -> str:
    """What the chip says to the server's answer of another session."""
    bench = make_bench(seed="lesson, replay")
    code = f"1${ADDRESS}${bench.smdp.add_order(package())}"
    plan = Plan((Fault(Party.SERVER, FaultKind.OLD_ANSWER, number=2, function="initiateAuthentication"),))
    es9 = FaultyEs9(InProcessEs9(bench.smdp), plan)
    later = Decision(False, reason="postponed")
    with Lpa(Isdr(InProcessLink(bench.euicc)), es9, consent=lambda _: later) as lpa:
        with suppress(DownloadCancelled):
            lpa.download(code)
        return refused_with(lambda: lpa.download(code))


def _consent(download: Download) -> Steps:
    _, answer = download.message("authenticateClient")
    metadata = answer["profileMetadata"]
    claim(download.profiles_at_consent == [0], "nothing is on the chip when the user is asked")
    yield chapter("Do you want it?")
    yield say(
        """The server has checked the chip's certificate and signature, found the order, and sends what the
        profile is called: *{name}* by *{provider}*, and its ICCID. The phone asks you now. Nothing is on
        the chip yet.""",
        name=metadata["profileName"],
        provider=metadata["serviceProviderName"],
    )
    outcomes = {reason: _again_after(reason) for reason in ("endUserRejection", "postponed")}
    claim("installed" in outcomes.values(), "one way of saying no leaves the order open")
    yield choice(
        text("You want to think about it. After which answer can you use the same code tomorrow?"),
        _answer('"No", I do not want it (endUserRejection).', outcomes["endUserRejection"]),
        _answer('"Not now" (postponed).', outcomes["postponed"]),
        option(
            "After either, the code is good for ever.",
            False,
            text(
                """The chip signs your answer and the server gets it (CancelSession). One of the two
                answers ends the order."""
            ),
        ),
        hint=text("One of the answers is final."),
    )


def _answer(words: str, outcome: str) -> Option:
    if outcome == "installed":
        return option(
            words,
            True,
            text(
                """Right: the order stays as it was. We tried, and the second attempt installed the profile
                (SGP.22 §3.1.3, §5.6.5)."""
            ),
        )
    return option(
        words,
        False,
        text(
            """We tried: the second attempt was refused with {outcome}. The order is over; ask the operator
            for a new code.""",
            outcome=outcome,
        ),
    )


def _again_after(reason: str) -> str:
    """What the second attempt comes to, when the first one was ended with a reason: 'installed', or the
    server's codes."""
    bench = make_bench(seed="lesson, consent")
    code = f"1${ADDRESS}${bench.smdp.add_order(package())}"
    refusal = Decision(False, reason=reason)
    server = InProcessEs9(bench.smdp)
    with Lpa(Isdr(InProcessLink(bench.euicc)), server, consent=lambda _: refusal) as lpa:
        with suppress(DownloadCancelled):
            lpa.download(code)
        claim(not lpa.profiles(), "a profile that is not wanted is not installed")
    with bench.lpa() as lpa:
        return refused_with(lambda: lpa.download(code)) or "installed"


def _package(download: Download) -> Steps:
    prepared = download.said("PrepareDownload")
    _, answer = download.message("getBoundProfilePackage")
    segments = cut(answer["boundProfilePackage"])
    longest = max(len(segment.data) for segment in segments)
    names = list(dict.fromkeys(segment.name for segment in segments))
    yield chapter("A package for one chip")
    yield say(
        """You say yes. The chip makes a pair of keys for this one download, and signs the public one,
        euiccOtpk:"""
    )
    yield show(prepared, only=("transactionId", "euiccOtpk"))
    yield say(
        """The server makes a pair of its own. Each side computes from its private and the other's public
        key the same secret, which never travels: that is ECKA, elliptic-curve key agreement (SGP.22
        §2.6.4). With the keys that come from it the server encrypts the profile. The result is the *bound
        profile package*. The LPA cuts it into pieces:"""
    )
    yield Rows(
        (text("carries"), text("pieces"), text("bytes")),
        tuple(
            (
                name,
                str(sum(one.name == name for one in segments)),
                f"{sum(len(one.data) for one in segments if one.name == name):,}",
            )
            for name in names
        ),
    )
    per_block = 255
    needed = -(-longest // per_block)
    claim(needed == _blocks(download, longest), "a piece takes as many STORE DATA as was counted")
    yield ask(
        Kind.NUMBER,
        text(
            """The longest piece has {longest} bytes, and one STORE DATA carries at most {per_block}. How
            many commands does it take?""",
            longest=longest,
            per_block=per_block,
        ),
        needed,
        mistake(needed - 1, "{rest} bytes would be left over.", rest=longest - (needed - 1) * per_block),
        mistake(needed + 1, "It fits into fewer. Divide once more."),
        why=text(
            """Right, and exactly: that is why pieces have at most 1,020 bytes (SGP.22 §2.5.3). The whole
            package takes {apdus} APDUs.""",
            apdus=next(
                step.apdus for step in download.steps if step.exchange.function == "LoadBoundProfilePackage"
            ),
        ),
        hint=text("{longest} divided by {per_block}, rounded up.", longest=longest, per_block=per_block),
    )


def _blocks(download: Download, longest: int) -> int:
    """How many STORE DATA the first piece of this length took: those up to the first command that ends
    one."""
    counted = 0
    for exchange in download.exchanges:
        if exchange.title == LAST_BLOCK:
            return counted + 1
        counted = counted + 1 if exchange.title.startswith("STORE DATA, block") else 0
    return 0


def _report(download: Download) -> Steps:
    result = next(one for one in reversed(download.exchanges) if one.title == LAST_BLOCK)
    waiting, state, later = _offline()
    yield chapter("Installed, and reported")
    yield say(
        """The chip decrypts and checks every piece, builds the profile at the last one, and signs what
        came of it:"""
    )
    yield show(
        result,
        only=("seqNumber", "profileManagementOperation", "iccid", "finalResult", "successResult", "aid"),
    )
    yield say(
        """The LPA takes this result to the server, so that the operator knows that the subscriber has the
        profile."""
    )
    yield choice(
        text("The Wi-Fi breaks off just before that. What becomes of the result?"),
        option(
            "It is lost, and the download must be done again.",
            waiting == 0,
            text("The profile is installed and can be used. But think where the result is kept."),
        ),
        option(
            "It stays on the chip until a server has got it.",
            waiting == 1 and later == "Installed",
            text(
                """Right. We cut the connection there: {waiting} notification waits on the chip, the server
                still calls the order {state}. Delivered later, it says {later} (SGP.22 §3.5).""",
                waiting=waiting,
                state=state,
                later=later,
            ),
        ),
        option(
            "The chip deletes the profile again.",
            False,
            text("The profile is the user's now. We looked: it is still there."),
        ),
        hint=text(
            "The chip removes a notification only when the LPA tells it to: RemoveNotificationFromList."
        ),
    )


def _offline() -> tuple[int, str, str]:
    """A download whose report does not get through: notifications that wait, state of the order then and
    later."""
    bench = make_bench(seed="lesson, offline")
    code = f"1${ADDRESS}${bench.smdp.add_order(package())}"
    plan = Plan((Fault(Party.SERVER, FaultKind.DROP_REQUEST, function="handleNotification"),))
    with Lpa(Isdr(InProcessLink(bench.euicc)), FaultyEs9(InProcessEs9(bench.smdp), plan)) as lpa:
        error = lpa.download(code).notification_error
        claim(
            isinstance(error, LpaError) and len(lpa.profiles()) == 1,
            "the profile stays when its report is lost",
        )
        waiting, state = len(lpa.notifications()), bench.smdp.orders()[0].state.value
        lpa.process_notifications()
        claim(not lpa.notifications(), "a delivered notification is removed")
    return waiting, state, bench.smdp.orders()[0].state.value


def _overview(download: Download) -> Steps:
    rows = tuple(
        (
            step.exchange.interface,
            step.exchange.function,
            str(step.apdus or ""),
            f"{step.sent:,}",
            f"{step.received:,}",
        )
        for step in download.steps
    )
    es9 = sum(step.exchange.interface == "ES9+" for step in download.steps)
    yield chapter("All of it")
    yield say("ES10 is the interface to the chip, in APDUs; ES9+ the one to the server, in JSON over HTTPS.")
    yield Rows(
        (text("interface"), text("function"), text("APDUs"), text("bytes there"), text("and back")), rows
    )
    yield ask(
        Kind.NUMBER,
        text("How many times did the phone have to reach the server?"),
        es9,
        mistake(
            len(rows) - es9, "You counted ES10, the interface to the chip. ES9+ is the one to the server."
        ),
        mistake(len(rows), "That is all of them. ES10 needs no network: it goes to the chip."),
        mistake(es9 - 1, "The last one, HandleNotification, counts, too."),
        why=text(
            """Right, and all of that before there is any subscription on the chip. That is why a phone
            needs Wi-Fi, or another SIM, to get its first eSIM."""
        ),
        hint=text("Count the lines with ES9+."),
    )
