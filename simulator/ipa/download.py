"""Profile downloads that an eIM asks for, directly or by way of it (SGP.32 §3.2.3).

There is no user: the device's owner agrees to what the eIM asks for, as far as the eUICC's rules allow it.
What became of a download the eIM hears in a ProfileDownloadTriggerResult; an IPA that lost power on the way
takes the download up again, and brings what the eUICC has installed meanwhile.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from asn1 import iot
from cards.errors import CardError
from cards.isdr.errors import InstallationError
from cards.isdr.iot_errors import ImmediateEnableError
from simulator.ipa.eim import Eim
from simulator.ipa.emergency import refuse_in_emergency
from simulator.ipa.errors import EmergencyActive, UnusablePackage
from simulator.ipa.indirect import download_indirectly
from simulator.ipa.memory import Trigger
from simulator.ipa.results import attempt, send_parcel
from simulator.ipa.setup import Setup
from simulator.ipa.steps import IpaProcedure, Remember
from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.discovery import discover
from simulator.lpa.download import Agreement, DownloadResult, default_address
from simulator.lpa.errors import ActivationCodeError, InstallationFailed, LpaError
from simulator.lpa.notifications import deliver_result
from simulator.lpa.retry import download_patiently, patiently
from simulator.lpa.steps import SendToCard

Value = dict[str, Any]
IMMEDIATE_ENABLE = "immediateEnableProfile"


def trigger(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[list[str]]:
    """Carry out a ProfileDownloadTriggerRequest, and tell the eIM what became of it; the profiles installed,
    in words. What went wrong with a download is raised, after it was told."""
    yield from _begin(setup, eim, request)
    try:
        yield from refuse_in_emergency()
        targets = yield from _targets(eim, request)
    except (UnusablePackage, EmergencyActive, LpaError, CardError) as error:
        yield from _fail(setup, eim, request, error)
        raise
    done: list[str] = []
    problem: LpaError | CardError | None = None
    for target in targets:
        try:
            done.append((yield from _one(setup, eim, request, target)))
        except (LpaError, CardError) as error:
            problem = error
    if problem is not None:
        raise problem
    return done


def begin_later(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[None]:
    """Keep a ProfileDownloadTriggerRequest for `take_up`. UnusablePackage if another one is under way."""
    if setup.memory.trigger is not None:
        raise UnusablePackage("another download is under way", "undefinedError")
    yield from _begin(setup, eim, request)


def _begin(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[None]:
    octets = iot.encode("ProfileDownloadTriggerRequest", request)
    setup.memory.trigger = Trigger(eim.eim_id, octets, (yield from _last()))
    yield Remember()


def _last() -> IpaProcedure[int]:
    """The highest sequence number of a notification that waits."""
    listed = yield SendToCard("list_notification")
    return max((item["seqNumber"] for item in listed), default=-1)


def _targets(eim: Eim, request: Value) -> IpaProcedure[list[ActivationCode | None]]:
    """Where to download from: an activation code, the default SM-DP+, or the events of an SM-DS; None: the
    eIM knows. UnusablePackage if the request does not say enough."""
    data = request.get("profileDownloadData")
    if data is None:
        if not eim.is_indirect:
            raise UnusablePackage("it asks for a direct download, and does not say where from")
        return [None]
    kind, value = data
    if kind == "activationCode":
        try:
            return [ActivationCode.parse(value)]
        except ActivationCodeError as error:
            raise UnusablePackage(str(error)) from error
    if kind == "contactDefaultSmdp":
        return [ActivationCode((yield from default_address()))]
    if kind == "contactSmds":
        events = yield from discover(value.get("smdsAddress", ""))
        if not events:
            raise LpaError("the SM-DS has no event for this eUICC")
        return [ActivationCode(event.server_address, event.event_id) for event in events]
    raise UnusablePackage("it asks for a download of a kind that this IPA does not know")


def _one(setup: Setup, eim: Eim, request: Value, target: ActivationCode | None) -> IpaProcedure[str]:
    """One download and what follows from it."""
    procedure = _indirect if eim.is_indirect else _direct
    try:
        result = yield from procedure(setup, eim, request, target)
    except InstallationFailed as error:
        yield from _finish(setup, eim, request, error.result)
        raise
    except (LpaError, CardError) as error:
        yield from _fail(setup, eim, request, error)
        raise
    problem: ImmediateEnableError | None = None
    enabled = False
    try:
        enabled = yield from enable_immediately(setup, eim)
    except ImmediateEnableError as error:
        problem = error
    yield from _finish(setup, eim, request, result.notification)
    if problem is not None:
        raise problem
    return f"installed {result.iccid}" + (" and enabled it at once" if enabled else "")


def _direct(
    setup: Setup, eim: Eim, request: Value, target: ActivationCode | None
) -> IpaProcedure[DownloadResult]:
    """§3.2.3.1: the LPA's own procedure."""
    return (yield from download_patiently(target, setup.confirmation_code, setup.device, setup.patience))


def _indirect(
    setup: Setup, eim: Eim, request: Value, target: ActivationCode | None
) -> IpaProcedure[DownloadResult]:
    """§3.2.3.2."""
    agreement = Agreement(setup.confirmation_code)
    transaction_id = request.get("eimTransactionId")
    begin = partial(download_indirectly, setup, eim, target, transaction_id, agreement)
    return (yield from patiently(begin, agreement, setup.patience))


def enable_immediately(setup: Setup, eim: Eim) -> IpaProcedure[bool]:
    """ImmediateEnable (§5.9.15): the eUICC knows whether it is configured for this profile. The eIM hears of
    the change with the next GetEimPackage."""
    try:
        yield SendToCard("immediate_enable")
    except ImmediateEnableError as error:
        if error.name not in ("immediateEnableNotAvailable", "noSessionContext"):
            raise
        return False
    yield SendToCard("settle")
    setup.memory.state_changes[eim.eim_id] = IMMEDIATE_ENABLE
    yield Remember()
    return True


def _finish(setup: Setup, eim: Eim, request: Value, result: Value) -> IpaProcedure[None]:
    """The ProfileInstallationResult to the SM-DP+, directly or by way of the eIM, and to the eIM in any
    case. If the eIM cannot be reached, it waits in the memory."""
    if not eim.is_indirect:
        yield from deliver_result(result)
    yield from _answer(setup, eim, request, ("profileInstallationResult", result))


def _fail(setup: Setup, eim: Eim, request: Value, error: Exception) -> IpaProcedure[None]:
    """Why there is no ProfileInstallationResult, to the eIM."""
    if isinstance(error, UnusablePackage):
        code = iot.names("EimPackageResultErrorCode")[error.name]
        failed: Value = {"eimPackageResultErrorCode": code, **_transaction(request)}
        setup.memory.trigger = None
        yield from attempt(send_parcel(setup, eim, ("eimPackageResultResponseError", failed)))
        return
    name = "ecallActive" if isinstance(error, EmergencyActive) else "undefinedError"
    path = "ProfileDownloadTriggerResult.profileDownloadTriggerResultData.profileDownloadError"
    reason = iot.names(f"{path}.profileDownloadErrorReason")[name]
    problem = ("profileDownloadError", {"profileDownloadErrorReason": reason})
    yield from _answer(setup, eim, request, problem)


def _answer(setup: Setup, eim: Eim, request: Value, data: tuple[str, Value]) -> IpaProcedure[None]:
    """The ProfileDownloadTriggerResult. From here on the download is at an end: its result is in the outbox
    if it is not with the eIM."""
    setup.memory.trigger = None
    result = {**_transaction(request), "profileDownloadTriggerResultData": data}
    yield from attempt(send_parcel(setup, eim, ("profileDownloadTriggerResult", result)))


def _transaction(request: Value) -> Value:
    found = request.get("eimTransactionId")
    return {} if found is None else {"eimTransactionId": found}


def take_up(setup: Setup, eim: Eim) -> IpaProcedure[list[str]]:
    """A download that was interrupted by the loss of power: what the eUICC has installed since is brought to
    the eIM; if there is nothing, the download begins anew."""
    begun = setup.memory.trigger
    if begun is None or begun.eim_id != eim.eim_id:
        return []
    request = iot.decode("ProfileDownloadTriggerRequest", begun.request)
    for kind, value in (yield SendToCard("retrieve_notifications_list")):
        if kind != "profileInstallationResult":
            continue
        data = value["profileInstallationResultData"]
        if data["notificationMetadata"]["seqNumber"] > begun.last_number:
            yield from _finish(setup, eim, request, value)
            if data["finalResult"][0] == "successResult":
                return ["brought the result of an installation before the loss of power"]
            raise InstallationFailed(InstallationError(value))
    return (yield from trigger(setup, eim, request))
