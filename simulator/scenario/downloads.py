"""Profiles on the phone's eUICC: real downloads over ES9+ and ES10, switching, and what refusals mean for a
trip (SGP.22 §3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cards.errors import CardError
from cards.isdr import Es10Error, InstallationError, Isdr
from simulator.faults import Fault, FaultyEs9, FaultyLink, Plan
from simulator.lpa import (
    ActivationCode,
    AskUser,
    Decision,
    Device,
    DownloadCancelled,
    DownloadInterrupted,
    EuiccRefused,
    InstallationFailed,
    Lpa,
    LpaError,
    Patience,
    Progress,
    ServerRefused,
    ServerUnreachable,
)
from simulator.lpa.driver import Consent
from simulator.lpa.es9 import Es9
from simulator.network.journal import Evidence, Row, Rule
from simulator.scenario.phone import Line, Phone
from simulator.scenario.stuck import Stuck
from simulator.scenario.trip import CodeMissing, Interrupted

if TYPE_CHECKING:
    from simulator.scenario.journey import Journey

_REFUSALS: Final = {
    ("8.1", "4.8"): "memory",
    ("8.2.6", "3.8"): "code-used",
    ("8.2.7", "2.2"): "confirmation-code",
    ("8.2.7", "3.8"): "confirmation-code",
    ("8.2.7", "6.4"): "confirmation-code",
}
"""Subject and reason code of the server (SGP.22 §5.2.6) → our reason; others are 'download-failed'."""
_CANCELLED: Final = {"pprNotAllowed": "ppr-forbids", "endUserRejection": "confirmation-code"}
"""CancelSessionReason → our reason. The traveller rejects nothing but for want of a confirmation code."""
_NOT_INSTALLED: Final = {
    "installFailedDueToInsufficientMemoryForProfile": "memory",
    "pprNotAllowed": "ppr-forbids",
    "installFailedDueToInterruption": "download-interrupted",
}
"""errorReason of the eUICC (§2.5.6) → our reason."""


def check_room(journey: Journey, phone: Phone) -> None:
    """Whether the device keeps one profile more; Stuck if it does not. The number is the device's own limit,
    memory is another."""
    with listening(journey, phone) as lpa:
        installed = lpa.profiles()
    shown = journey.recorder.drain()
    limit = phone.device.profiles
    row = Row("devices", phone.device.key, f"it keeps {limit} profiles", phone.device.source)
    text = f"there are {len(installed)} profiles on the eUICC of the {phone.name}, which keeps {limit}"
    journey.journal.tell("LPA", "profiles counted", text, *shown, row)
    if len(installed) >= limit:
        raise Stuck("quota", text, *shown, row)


def download(journey: Journey, phone: Phone, code: ActivationCode) -> None:
    """Download and install; time passes. Stuck, with what server or eUICC said, if it does not work."""
    journey.journal.tell("LPA", "download begins", f"a download from {code.smdp_address} begins")
    begin = len(journey.journal)
    try:
        with listening(journey, phone, journey.interruptions) as lpa:
            result = lpa.download(code)
    except (LpaError, CardError) as error:
        said = journey.recorder.drain()
        journey.journal.tell("LPA", "download failed", str(error), *said)
        raise _stuck(error, journey.evidence_since(begin)) from None
    finally:
        journey.pass_step("download")
    journey.journal.tell(
        "LPA", "profile installed", f"{result.metadata.name} is installed", *journey.recorder.drain(),
        iccid=str(result.iccid),
    )  # fmt: skip


def enable(journey: Journey, phone: Phone, line: Line, port: int) -> None:
    """Enable a profile on an eSIM port (0 where there is one); the one that was enabled there is disabled by
    the eUICC. Stuck where a policy rule forbids that."""
    others = [other for other in phone.enabled if other.port == port and other is not line]
    iccid = line.issued.iccid
    with switching(journey, phone, f"{line.name} is enabled") as isdr:
        if phone.has_ports:
            isdr.enable_profile(iccid, refresh=False, port=port)
        else:
            isdr.enable_profile(iccid)
            isdr.settle()
    for other in others:
        other.port = None
    line.port = port


def disable(journey: Journey, phone: Phone, line: Line) -> None:
    """Disable a profile. Stuck where its policy rule forbids that."""
    with switching(journey, phone, f"{line.name} is disabled") as isdr:
        isdr.disable_profile(line.issued.iccid, refresh=not phone.has_ports)
        if not phone.has_ports:
            isdr.settle()
    line.port = None


@contextmanager
def listening(journey: Journey, phone: Phone, faults: Plan | None = None) -> Iterator[Lpa]:
    """The phone's LPA; what it says and hears goes to the journal, step by step."""
    isdr = phone.isdr()
    way: Es9 = journey.way
    if faults is not None:
        isdr = Isdr(FaultyLink(isdr.link, faults, sleep=lambda seconds: None))
        way = FaultyEs9(way, faults, sleep=lambda seconds: None)
    journey.recorder.drain()
    lpa = Lpa(
        isdr,
        way,
        device=Device(),
        consent=_consent(journey),
        progress=_telling(journey),
        patience=_patience(journey),
    )
    with lpa:
        yield lpa


@contextmanager
def switching(journey: Journey, phone: Phone, text: str) -> Iterator[Isdr]:
    """The ISD-R for a change of state; Stuck if the eUICC refuses it."""
    isdr = phone.isdr()
    journey.recorder.drain()
    try:
        with isdr:
            yield isdr
    except Es10Error as error:
        said = journey.recorder.drain()
        journey.journal.tell("eUICC", "switch refused", str(error), *said)
        reason = "ppr-forbids" if error.name == "disallowedByPolicy" else "download-failed"
        rule = Rule("SGP.22 §2.9.1", "PPR1: the profile must not be disabled")
        raise Stuck(reason, f"the eUICC refuses: {error}", *said, rule) from None
    journey.journal.tell("LPA", "profile switched", text, *journey.recorder.drain())


def _consent(journey: Journey) -> Consent:
    """The traveller agrees to the profile, and types the confirmation code if there is one to type."""

    def answer(question: object) -> Decision:
        assert isinstance(question, AskUser), "trips have no remote management"
        journey.do("accept-profile")
        if not question.confirmation_code_required:
            return Decision()
        typed = next((fault.typed for fault in journey.trip.faults if isinstance(fault, CodeMissing)), "")
        if not typed or question.code_refused:
            return Decision(accepted=False)
        journey.do("type-confirmation-code")
        return Decision(confirmation_code=typed)

    return answer


def _telling(journey: Journey) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        if progress.segment:
            return
        exchange = progress.exchange
        name = f"{exchange.interface}.{exchange.function}"
        text = f"{name} failed: {progress.error}" if progress.error else name
        journey.journal.tell("LPA", "step of the download", text, *journey.recorder.drain())

    return tell


def _patience(journey: Journey) -> Patience:
    attempts = [fault.attempts for fault in journey.trip.faults if isinstance(fault, Interrupted)]
    return Patience(attempts=max(attempts, default=1), pause=0.0)


def plan_of(faults: tuple[object, ...]) -> Plan | None:
    """The interruptions of a trip."""
    found = tuple(
        Fault(fault.party, fault.kind, fault.number, fault.function)
        for fault in faults
        if isinstance(fault, Interrupted)
    )
    return Plan(found) if found else None


def _stuck(error: Exception, evidence: tuple[Evidence, ...]) -> Stuck:
    """What an error of the LPA is in a trip's terms."""
    cause = error.cause if isinstance(error, EuiccRefused) else error
    match error:
        case ServerUnreachable():
            reason = "server-unreachable"
        case ServerRefused(subject_code=subject, reason_code=code):
            reason = _REFUSALS.get((subject, code), "download-failed")
        case DownloadCancelled(reason=why):
            reason = _CANCELLED.get(why, "download-failed")
        case InstallationFailed() if isinstance(cause, InstallationError):
            reason = _NOT_INSTALLED.get(cause.name, "download-failed")
        case DownloadInterrupted() | CardError():
            reason = "download-interrupted"
        case _:
            reason = "download-failed"
    return Stuck(reason, f"the download fails: {error}", *evidence)
