"""Bringing results to an eIM, and forgetting what it has acknowledged (SGP.32 §3.3.1, §6.3.2.7).

The eUICC keeps the results of its packages until they are removed; what it does not keep waits in the IPA's
memory. Nothing is forgotten before the eIM has taken it, so that it may come twice, but never not at all.
"""

from __future__ import annotations

from typing import Any

from asn1 import esipa, iot
from cards.isdr.errors import RemoveNotificationFromListError
from simulator.ipa.compact import compact_notification
from simulator.ipa.eim import Eim
from simulator.ipa.errors import EimRefused
from simulator.ipa.memory import Parcel
from simulator.ipa.setup import Setup
from simulator.ipa.steps import IpaProcedure, PostToEim, Remember
from simulator.lpa.errors import LpaError
from simulator.lpa.steps import SendToCard

PackageResult = tuple[str, Any]
"""EuiccPackageResult."""
NOTHING_TO_DELETE = 1
CERTIFICATES = "certificates"
"""How the memory calls both certificates of an eUICC."""
OTHER_ERRORS = {
    "getEimPackage": "GetEimPackageResponse.eimPackageError",
    "provideEimPackageResult": "ProvideEimPackageResultResponse.provideEimPackageResultError",
}
"""Function → where its errors stand, for those whose answer is more than success or error."""
ECO_RESULTS = ("addEimResult", "deleteEimResult", "updateEimResult", "listEimResult", "processingTerminated")
"""Results that no notification follows from."""


def operations_of(result: PackageResult) -> list[tuple[str, Any]]:
    """The results of a package's operations; none of a package that was refused."""
    kind, value = result
    if kind != "euiccPackageResultSigned":
        return []
    operations: list[tuple[str, Any]] = value["euiccPackageResultDataSigned"]["euiccResult"]
    return operations


def sequence_number(result: PackageResult) -> int | None:
    """The number by which the eUICC keeps a result; None if it does not."""
    kind, value = result
    if kind != "euiccPackageResultSigned":
        return None
    number: int = value["euiccPackageResultDataSigned"]["seqNumber"]
    return number


def eim_id_of(result: PackageResult) -> str:
    """The eIM that a result is for."""
    kind, value = result
    member = {
        "euiccPackageResultSigned": "euiccPackageResultDataSigned",
        "euiccPackageErrorSigned": "euiccPackageErrorDataSigned",
    }.get(kind)
    return str((value[member] if member else value)["eimId"])


def provide(eim: Eim, result: tuple[str, Any]) -> IpaProcedure[None]:
    """ProvideEimPackageResult with an EimPackageResult, and the removal of what the eIM acknowledges. Raises
    EimRefused, ServerUnreachable."""
    eid = yield SendToCard("get_eid")
    message = {"eidValue": eid.to_bytes(), "eimPackageResult": result}
    kind, value = yield PostToEim(eim, "provideEimPackageResult", message)
    if kind == "provideEimPackageResultError":
        raise refusal(eim, "provideEimPackageResult", value)
    if kind == "eimAcknowledgements":
        yield from remove(value)


def refusal(eim: Eim, function: str, code: int) -> EimRefused:
    """The error that an eIM has answered a function with, by its name."""
    codes = esipa.error_codes(function) if esipa.SHAPES[function].error else iot.names(OTHER_ERRORS[function])
    name = next((name for name, number in codes.items() if number == code), f"code {code}")
    return EimRefused(eim.eim_id, function, code, name)


def remove(numbers: list[int]) -> IpaProcedure[None]:
    """Have the eUICC forget acknowledged results and notifications; one that it has forgotten already is no
    error."""
    for number in numbers:
        try:
            yield SendToCard("remove_notification_from_list", (number,))
        except RemoveNotificationFromListError as error:
            if error.code != NOTHING_TO_DELETE:
                raise


def bring(setup: Setup, eim: Eim, result: PackageResult) -> IpaProcedure[None]:
    """An eUICC package's result to its eIM. If profiles were touched, and the eIM stands between IPA and
    SM-DP+, the notifications that wait go with it (§3.3.1, steps 9 and 10). Raises as `provide`."""
    message: tuple[str, Any] = ("euiccPackageResult", result)
    if eim.is_indirect and any(name not in ECO_RESULTS for name, _ in operations_of(result)):
        notifications = yield from pending(setup, eim)
        if notifications:
            members = {"euiccPackageResult": result, "notificationList": notifications}
            message = ("ePRAndNotifications", members)
    if sequence_number(result) is not None:
        yield from provide(eim, message)
    else:
        yield from send_parcel(setup, eim, message)


def pending(setup: Setup, eim: Eim) -> IpaProcedure[list[tuple[str, Any]]]:
    """The notifications that wait on the eUICC, in the form for this eIM."""
    notifications = yield SendToCard("retrieve_pending_notifications")
    return [in_form(setup, eim, item) for item in notifications]


def in_form(setup: Setup, eim: Eim, notification: tuple[str, Any], eid: bytes = b"") -> tuple[str, Any]:
    """A notification for this eIM: compact, if the IPA saves bytes and the eIM has the certificates that the
    compact form leaves out; `eid` is told where nothing else does."""
    kind, value = notification
    if not setup.compact:
        return notification
    if kind == "otherSignedNotification" and not setup.memory.knows(
        eim.eim_id, CERTIFICATES, certificates_of(value)
    ):
        return notification
    return compact_notification(notification, eid)


def certificates_of(value: dict[str, Any]) -> bytes:
    """The eUICC's certificate and its manufacturer's in a message, one after another."""
    return bytes(value["euiccCertificate"] + value["eumCertificate"])


def send_parcel(setup: Setup, eim: Eim, result: tuple[str, Any]) -> IpaProcedure[None]:
    """Bring what the eUICC does not keep: it stays in the IPA's memory until the eIM has taken it. Raises as
    `provide`."""
    parcel = Parcel(eim.eim_id, iot.encode("EimPackageResult", result))
    setup.memory.outbox.append(parcel)
    yield Remember()
    yield from _deliver(setup, eim, parcel)


def send_outbox(setup: Setup, eim: Eim) -> IpaProcedure[int]:
    """Bring what has been waiting for this eIM, oldest first; how much it was. Raises as `provide`."""
    waiting = [parcel for parcel in setup.memory.outbox if parcel.eim_id == eim.eim_id]
    for parcel in waiting:
        yield from _deliver(setup, eim, parcel)
    return len(waiting)


def _deliver(setup: Setup, eim: Eim, parcel: Parcel) -> IpaProcedure[None]:
    """A parcel that the eIM refuses would be refused again: it is dropped, after the error was told."""
    try:
        yield from provide(eim, iot.decode("EimPackageResult", parcel.result))
    except EimRefused:
        setup.memory.outbox.remove(parcel)
        yield Remember()
        raise
    setup.memory.outbox.remove(parcel)
    yield Remember()


def attempt(procedure: IpaProcedure[None]) -> IpaProcedure[LpaError | None]:
    """Run a procedure, and return its error instead of raising it."""
    try:
        yield from procedure
    except LpaError as error:
        return error
    return None
