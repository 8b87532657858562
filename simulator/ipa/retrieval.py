"""What an IPA does when it wakes up: bring what waits, fetch what its eIMs want (SGP.32 §3.1.1.1, §3.7).

For each eIM, in this order: a download that was interrupted, results that have not reached it, new packages
until there is none. One eIM that cannot be reached does not keep the others waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from asn1 import iot
from cards.errors import CardError, CardStatusError
from cards.status import SW
from simulator.ipa.data import answer_data_request
from simulator.ipa.download import take_up, trigger
from simulator.ipa.eim import Eim
from simulator.ipa.errors import NoConnectivity, NotAnIotEuicc, UnusablePackage
from simulator.ipa.packages import bring_waiting, execute
from simulator.ipa.results import attempt, in_form, refusal, remove, send_outbox, send_parcel
from simulator.ipa.setup import Setup
from simulator.ipa.steps import IpaProcedure, PostToEim, Remember
from simulator.lpa.errors import LpaError, ServerUnreachable
from simulator.lpa.notifications import deliver_all, waiting
from simulator.lpa.steps import SendToCard

Value = dict[str, Any]
PACKAGE_LIMIT: Final = 32
"""Packages of one eIM that are carried out before the others get their turn."""
NO_PACKAGE: Final = 1
"""noEimPackageAvailable."""


@dataclass(frozen=True, slots=True)
class Handled:
    """Something done for an eIM; `error` says what went wrong with it."""

    eim_id: str
    what: str
    """'euiccPackageRequest' and the like, or what was brought."""
    done: tuple[str, ...] = ()
    error: LpaError | CardError | None = None


def associated() -> IpaProcedure[list[Eim]]:
    """The eIMs that the eUICC obeys. Raises NotAnIotEuicc."""
    try:
        found = yield SendToCard("get_eim_configuration_data")
    except CardStatusError as error:
        if error.sw == SW.REFERENCED_DATA_NOT_FOUND:
            raise NotAnIotEuicc from error
        raise
    return [Eim(data) for data in found]


def run_once(setup: Setup) -> IpaProcedure[list[Handled]]:
    """Do everything that there is to do; what was done, in its order."""
    eims = yield from associated()
    handled: list[Handled] = []
    for eim in eims:
        if eim.can_be_polled:
            handled += yield from _serve(setup, eim)
    return handled + (yield from deliver_notifications(setup, eims))


def _serve(setup: Setup, eim: Eim) -> IpaProcedure[list[Handled]]:
    """One eIM."""
    handled: list[Handled] = []
    steps: tuple[tuple[str, Callable[[], IpaProcedure[list[str]]]], ...] = (
        ("interrupted download", lambda: take_up(setup, eim)),
        ("waiting results", lambda: bring_waiting(setup, eim)),
        ("waiting results", lambda: _send_outbox(setup, eim)),
    )
    for what, step in steps:
        one = yield from _attempt(eim, what, step())
        if one.done or one.error:
            handled.append(one)
        if isinstance(one.error, ServerUnreachable | NoConnectivity):
            return handled
    return handled + (yield from _poll(setup, eim))


def _send_outbox(setup: Setup, eim: Eim) -> IpaProcedure[list[str]]:
    count = yield from send_outbox(setup, eim)
    return [f"brought {count} from the memory"] if count else []


def _attempt(eim: Eim, what: str, procedure: IpaProcedure[list[str]]) -> IpaProcedure[Handled]:
    """Run a procedure; its error becomes part of what is told of it."""
    try:
        done = yield from procedure
    except (LpaError, CardError) as error:
        return Handled(eim.eim_id, what, error=error)
    return Handled(eim.eim_id, what, tuple(done))


def _poll(setup: Setup, eim: Eim) -> IpaProcedure[list[Handled]]:
    """Fetch and carry out packages until there is none."""
    handled: list[Handled] = []
    for _ in range(PACKAGE_LIMIT):
        try:
            package = yield from fetch(setup, eim)
        except (LpaError, CardError) as error:
            return [*handled, Handled(eim.eim_id, "getEimPackage", error=error)]
        if package is None:
            break
        one = yield from _attempt(eim, package[0], carry_out(setup, eim, package))
        handled.append(one)
        if isinstance(one.error, ServerUnreachable | NoConnectivity):
            break
    return handled


def fetch(setup: Setup, eim: Eim) -> IpaProcedure[tuple[str, Value] | None]:
    """GetEimPackage: the next package, None if there is none. What has changed without the eIM it is told
    by the way. Raises EimRefused, ServerUnreachable."""
    eid = yield SendToCard("get_eid")
    request: Value = {"eidValue": eid.to_bytes()}
    cause = setup.memory.state_changes.get(eim.eim_id)
    if cause:
        request |= {"notifyStateChange": None, "stateChangeCause": iot.names("StateChangeCause")[cause]}
    if setup.plmn:
        request["rPLMN"] = setup.plmn
    package: tuple[str, Any] = yield PostToEim(eim, "getEimPackage", request)
    if cause:
        del setup.memory.state_changes[eim.eim_id]
        yield Remember()
    kind, value = package
    if kind != "eimPackageError":
        return package
    if value == NO_PACKAGE:
        return None
    raise refusal(eim, "getEimPackage", value)


def carry_out(setup: Setup, eim: Eim, package: tuple[str, Value]) -> IpaProcedure[list[str]]:
    """One package; what was done, in words. One that cannot be used the eIM gets back with the reason."""
    kind, value = package
    if kind == "profileDownloadTriggerRequest":
        return (yield from trigger(setup, eim, value))
    try:
        if kind == "euiccPackageRequest":
            return (yield from execute(setup, eim, value))
        if kind == "ipaEuiccDataRequest":
            response = yield from answer_data_request(setup, eim, value)
            yield from send_parcel(setup, eim, ("ipaEuiccDataResponse", response))
            return [response[0]]
        raise UnusablePackage("this IPA does not know packages of its kind", "unknownPackage")
    except UnusablePackage as error:
        code = iot.names("EimPackageResultErrorCode")[error.name]
        failed = {"eimPackageResultErrorCode": code, **transaction_of(kind, value)}
        yield from attempt(send_parcel(setup, eim, ("eimPackageResultResponseError", failed)))
        raise


def transaction_of(kind: str, value: Any) -> Value:
    """The eimTransactionId of a package, if it has one."""
    holder = value["euiccPackageSigned"] if kind == "euiccPackageRequest" else value
    found = holder.get("eimTransactionId") if isinstance(holder, dict) else None
    return {} if found is None else {"eimTransactionId": found}


def deliver_notifications(setup: Setup, eims: list[Eim]) -> IpaProcedure[list[Handled]]:
    """Notifications to the SM-DP+s: from the IPA itself, or, if no eIM lets it download directly, by way of
    the first eIM (§3.7)."""
    if not eims or not (yield from waiting()):
        return []
    through = next((eim for eim in eims if eim.can_be_polled), None)
    if through is None or not all(eim.is_indirect for eim in eims):
        return [
            Handled(
                delivery.notification.address,
                "notification",
                (delivery.notification.operation,),
                delivery.error,
            )
            for delivery in (yield from deliver_all())
        ]
    return [(yield from _attempt(through, "notifications", _forward(setup, through)))]


def _forward(setup: Setup, eim: Eim) -> IpaProcedure[list[str]]:
    """HandleNotification for each that waits; the eIM forwards it. It is not answered, so that what the eIM
    takes is removed."""
    eid = yield SendToCard("get_eid")
    done: list[str] = []
    for notification in (yield SendToCard("retrieve_pending_notifications")):
        kind, value = notification
        message = in_form(setup, eim, notification, eid.to_bytes())
        yield PostToEim(eim, "handleNotification", ("pendingNotification", message))
        metadata = (
            value["profileInstallationResultData"]["notificationMetadata"]
            if kind == "profileInstallationResult"
            else value["tbsOtherNotification"]
        )
        yield from remove([metadata["seqNumber"]])
        done.append(f"{metadata['notificationAddress']} number {metadata['seqNumber']}")
    return done
