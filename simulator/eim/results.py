"""ESipa.ProvideEimPackageResult: what became of a package, verified and kept (SGP.32 §3.3.1, §5.14.6).

A signed result is believed if this device's eUICC signed it, over the association token too, for a package
of this eIM. The same one again is acknowledged again and changes nothing; another one with its sequence
number is refused. What comes without a signature is only as good as the connection to the IPA, and changes
nothing of a package that is over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from asn1 import iot
from simulator.eim import notifications
from simulator.eim.context import Context
from simulator.eim.errors import UNDEFINED, Refused
from simulator.eim.packages import data_request, known_device
from simulator.eim.proofs import check_result, euicc_certificate
from simulator.eim.records import (
    Device,
    Notification,
    Package,
    PackageEvent,
    PackageKind,
    Receipt,
    Record,
)

_log = logging.getLogger(__name__)
Outcome = tuple[list[int], list[Notification]]
"""Sequence numbers to acknowledge, and notifications to deliver."""


def provide_eim_package_result(
    eim: Context, request: dict[str, Any]
) -> tuple[tuple[str, Any], list[Notification]]:
    """§5.14.6: the ProvideEimPackageResultResponse, and notifications to deliver. Refused, with a name of
    provideEimPackageResultError, if the device is unknown or the result is not believed."""
    kind, result = request["eimPackageResult"]
    device = _device(eim, request.get("eidValue"), result)
    acknowledged, to_deliver = _TAKE[kind](eim, device, result)
    if acknowledged:
        return ("eimAcknowledgements", acknowledged), to_deliver
    return ("emptyResponse", {}), to_deliver


def _device(eim: Context, eid: bytes | None, result: Any) -> Device:
    """Whose result it is: as the IPA says, or whose package has its transaction id."""
    if eid is not None:
        return known_device(eim, eid)
    transaction_id = transaction_id_of(result)
    package = eim.package(transaction_id) if transaction_id else None
    if package is None:
        raise Refused("missingEid", "the result names neither a device nor a package of this eIM")
    return known_device(eim, package.eid)


def transaction_id_of(result: Any) -> bytes | None:
    """eimTransactionId of any EimPackageResult, wherever it stands in it."""
    if isinstance(result, tuple):
        return transaction_id_of(result[1])
    if not isinstance(result, dict):
        return None
    found: bytes | None = result.get("eimTransactionId")
    inside = ("euiccPackageResult", "euiccPackageResultDataSigned", "euiccPackageErrorDataSigned")
    return found or next((transaction_id_of(result[name]) for name in inside if name in result), None)


def _package(eim: Context, device: Device, about: dict[str, Any], kind: PackageKind | None) -> Package:
    """The package that a result is about: by its transaction id; without one by its counter, or else the one
    of this kind that has no result yet. Refused if there is none."""
    transaction_id, counter = about.get("eimTransactionId"), about.get("counterValue")
    for package in eim.store.all(Package, device.eid):
        if not package.deliveries or (kind is not None and package.kind is not kind):
            continue
        if transaction_id is not None and package.transaction_id != transaction_id:
            continue
        if counter is not None and package.counter != counter:
            continue
        if transaction_id is not None or counter is not None or package.is_open:
            return package
    raise Refused(UNDEFINED, "a result for no package of this eIM")


def _finished(
    eim: Context, package: Package, event: PackageEvent, result: bytes, detail: str = ""
) -> Package:
    """The package with its result; one that has just this result stays as it is."""
    if result in package.results:
        return package
    return package.moved(event)._replace(
        results=(*package.results, result), detail=detail, finished_at=eim.now()
    )


def _take_euicc_result(eim: Context, device: Device, result: tuple[str, Any]) -> Outcome:
    kind, value = result
    return _EUICC_RESULTS[kind](eim, device, value, iot.encode("EuiccPackageResult", result))


def _take_signed_result(eim: Context, device: Device, value: dict[str, Any], der: bytes) -> Outcome:
    signed = value["euiccPackageResultDataSigned"]
    check_result(eim, device, value["euiccSignEPR"], signed.raw)
    receipt = Receipt(device.eid, signed["seqNumber"], sha256(der).digest())
    known = eim.store.get(Receipt, receipt.key)
    if known is not None:
        if known.digest != receipt.digest:
            raise Refused(UNDEFINED, f"another result has had sequence number {receipt.sequence_number}")
        return [receipt.sequence_number], []
    _check_eim_id(eim, signed)
    package = _package(eim, device, signed, PackageKind.EUICC)
    detail = first_failure(signed["euiccResult"])
    event = PackageEvent.FAIL if detail else PackageEvent.SUCCEED
    if not detail and any(kind == "rollbackResult" for kind, _ in signed["euiccResult"]):
        detail = "the IPA has gone back to the profile that was enabled before"
    eim.store.save(
        _learnt(device, package, signed["euiccResult"]), _finished(eim, package, event, der, detail), receipt
    )
    return [receipt.sequence_number], []


def _check_eim_id(eim: Context, about: dict[str, Any]) -> None:
    if about["eimId"] != eim.identity.eim_id:
        raise Refused(UNDEFINED, f"a result for another eIM, {about['eimId']}")


def first_failure(results: list[tuple[str, Any]]) -> str:
    """The first operation that failed, and why, by the names of SGP.32; empty if all were carried out."""
    for kind, value in results:
        if name := failure_name(kind, value):
            return f"{kind}: {name}"
    return ""


_ALSO_GOOD: Final = {"deleteEimResult": frozenset({"lastEimDeleted"})}


def failure_name(kind: str, value: Any) -> str:
    """What an alternative of EuiccResultData fails with; empty if it does not."""
    path = f"EuiccResultData.{kind}" if kind == "processingTerminated" else kind[:1].upper() + kind[1:]
    path = {"EnableResult": "EnableProfileResult", "DisableResult": "DisableProfileResult"}.get(path, path)
    path = {"DeleteResult": "DeleteProfileResult", "RollbackResult": "RollbackProfileResult"}.get(path, path)
    if isinstance(value, tuple):
        inner, value = value
        path = {
            "profileInfoListError": "IotProfileInfoListResponse.profileInfoListError",
            "addEimResultCode": "AddEimResult.addEimResultCode",
            "listEimError": "ListEimResult.listEimError",
        }.get(inner, "")
    if isinstance(value, dict) and kind == "setDefaultDpAddressResult":
        path = "IotSetDefaultDpAddressResponse.setDefaultDpAddressResult"
        value = value["setDefaultDpAddressResult"]
    if not path or not isinstance(value, int) or value == 0:
        return ""
    names = {number: name for name, number in iot.names(path).items()}
    name = names.get(value, str(value))
    return "" if name in _ALSO_GOOD.get(kind, ()) else name


def _learnt(device: Device, package: Package, results: list[tuple[str, Any]]) -> Device:
    """What results tell of the device beyond the package."""
    operations = iot.decode("EuiccPackage", package.content)[1]
    for number, (kind, value) in enumerate(results):
        if kind == "listProfileInfoResult" and value[0] == "profileInfoListOk":
            device = device._replace(profiles=iot.encode("IotProfileInfoListResponse", value))
        elif kind == "getRATResult":
            device = device._replace(rules=iot.encode("RulesAuthorisationTable", value))
        elif kind == "setDefaultDpAddressResult" and not failure_name(kind, value):
            device = device._replace(default_smdp_address=operations[number][1]["defaultDpAddress"])
    return device


def _take_signed_error(eim: Context, device: Device, value: dict[str, Any], der: bytes) -> Outcome:
    """The eUICC refused the package as a whole. replayError says that it has carried it out before: the
    result, which was lost on the way, is asked for."""
    signed = value["euiccPackageErrorDataSigned"]
    check_result(eim, device, value["euiccSignEPE"], signed.raw)
    _check_eim_id(eim, signed)
    package = _package(eim, device, signed, PackageKind.EUICC)
    if not package.is_open:
        return [], []
    names = {number: name for name, number in iot.names("EuiccPackageErrorCode").items()}
    name = names.get(signed["euiccPackageErrorCode"], str(signed["euiccPackageErrorCode"]))
    changed: list[Record] = [_finished(eim, package, PackageEvent.FAIL, der, name)]
    if name == "replayError":
        request = data_request(("euiccPackageResultList",))
        changed.append(eim.new_package(device.eid, PackageKind.DATA, request, is_automatic=True))
    eim.store.save(*changed)
    return [], []


def _take_unsigned_error(eim: Context, device: Device, value: dict[str, Any], der: bytes) -> Outcome:
    """The eUICC does not know this eIM, or finds its signature wrong; anybody could say so, which is why a
    result that comes after all is still taken."""
    _check_eim_id(eim, value)
    package = _package(eim, device, value, PackageKind.EUICC)
    if not package.is_open:
        return [], []
    token = value.get("associationToken")
    detail = "the eUICC does not know this eIM, or the signature is wrong for it"
    if token is not None and token != device.association_token:
        detail += f"; its association token is {token}"
    eim.store.save(_finished(eim, package, PackageEvent.FAIL, der, detail))
    return [], []


_EUICC_RESULTS: Final[dict[str, Callable[[Context, Device, dict[str, Any], bytes], Outcome]]] = {
    "euiccPackageResultSigned": _take_signed_result,
    "euiccPackageErrorSigned": _take_signed_error,
    "euiccPackageErrorUnsigned": _take_unsigned_error,
}


def _take_with_notifications(eim: Context, device: Device, value: dict[str, Any]) -> Outcome:
    acknowledged, to_deliver = _take_euicc_result(eim, device, value["euiccPackageResult"])
    more, others = _take_notifications(eim, eim.device(device.eid), value["notificationList"])
    return acknowledged + more, to_deliver + others


def _take_notifications(eim: Context, device: Device, pending: list[tuple[str, Any]]) -> Outcome:
    """One that is not believed is left to the IPA, and does not keep the others back."""
    taken = []
    for one in pending:
        try:
            taken.append(notifications.take(eim, device, one))
        except Refused as error:
            _log.warning("a notification of %s is refused: %s", device.key, error)
    return [one.sequence_number for one in taken], taken


def _take_data(eim: Context, device: Device, response: tuple[str, Any]) -> Outcome:
    """§2.11.2.2. A certificate that does not lead to a trusted CI, or is another eUICC's, is refused."""
    kind, value = response
    package = _package(eim, device, value, PackageKind.DATA)
    der = iot.encode("IpaEuiccDataResponse", response)
    if kind == "ipaEuiccDataResponseError" and not package.is_open:
        return [], []
    if kind == "ipaEuiccDataResponseError":
        names = {number: name for name, number in iot.names("IpaEuiccDataErrorCode").items()}
        name = names.get(value["ipaEuiccDataErrorCode"], str(value["ipaEuiccDataErrorCode"]))
        eim.store.save(_finished(eim, package, PackageEvent.FAIL, der, name))
        return [], []
    device = _told(eim, device, value)
    eim.store.save(device, _finished(eim, package, PackageEvent.SUCCEED, der))
    acknowledged = _take_kept_results(eim, device, value.get("euiccPackageResultList", []))
    more, to_deliver = _take_notifications(eim, eim.device(device.eid), value.get("notificationsList", []))
    return acknowledged + more, to_deliver


def _take_kept_results(eim: Context, device: Device, results: list[tuple[str, Any]]) -> list[int]:
    """Results that the eUICC has kept. One that is not believed, as of another eIM, does not keep the others
    back."""
    taken: list[int] = []
    for result in results:
        try:
            taken += _take_euicc_result(eim, eim.device(device.eid), result)[0]
        except Refused as error:
            _log.warning("a kept result of %s is refused: %s", device.key, error)
    return taken


def _told(eim: Context, device: Device, value: dict[str, Any]) -> Device:
    """The device with what its IPA has told."""
    if "euiccCertificate" in value and "eumCertificate" in value:
        try:
            certificate = euicc_certificate(eim, value["euiccCertificate"], value["eumCertificate"])
        except Refused as error:
            raise Refused(UNDEFINED, error.why) from error
        if certificate.eid != device.eid:
            raise Refused(UNDEFINED, f"the certificate of {certificate.eid.hex()}, another eUICC")
        device = device._replace(
            euicc_certificate=value["euiccCertificate"], eum_certificate=value["eumCertificate"]
        )
    told: dict[str, Any] = {
        field: iot.encode(name, value[member]) for member, field, name in _KEPT if member in value
    }
    told |= {field: value[member] for member, field in _PLAIN if member in value}
    return device._replace(**told)


_KEPT: Final = (
    ("euiccInfo1", "euicc_info1", "EUICCInfo1"),
    ("euiccInfo2", "euicc_info2", "EUICCInfo2"),
    ("ipaCapabilities", "ipa_capabilities", "IpaCapabilities"),
    ("deviceInfo", "device_info", "DeviceInfo"),
)
_PLAIN: Final = (
    ("defaultSmdpAddress", "default_smdp_address"),
    ("rootSmdsAddress", "root_smds_address"),
    ("associationToken", "association_token"),
)


def _take_trigger_result(eim: Context, device: Device, value: dict[str, Any]) -> Outcome:
    """§2.11.2.3. What was downloaded through this eIM is for it to tell the SM-DP+; an IPA that spoke to the
    SM-DP+ itself tells it itself."""
    kind, result = value["profileDownloadTriggerResultData"]
    package = _package(eim, device, value, PackageKind.DOWNLOAD)
    der = iot.encode("ProfileDownloadTriggerResult", value)
    if kind == "profileDownloadError" and not package.is_open:
        return [], []
    if kind == "profileDownloadError":
        path = "ProfileDownloadTriggerResult.profileDownloadTriggerResultData.profileDownloadError"
        names = iot.names(f"{path}.profileDownloadErrorReason")
        reason = result["profileDownloadErrorReason"]
        name = next((name for name, number in names.items() if number == reason), str(reason))
        detail = f"{name}; {package.detail}" if package.detail else name
        eim.store.save(_finished(eim, package, PackageEvent.FAIL, der, detail))
        return [], []
    pending = ("profileInstallationResult", result)
    if notifications.session_of(eim, result) is not None:
        notification = notifications.take(eim, device, pending)
        eim.store.save(installed(eim, package, pending, der))
        return [notification.sequence_number], [notification]
    notifications.check_installation(eim, device, result)
    eim.store.save(installed(eim, package, pending, der))
    return [], []


def installed(eim: Context, package: Package, pending: notifications.Pending, der: bytes) -> Package:
    """The package of a download that has come to its end."""
    if notifications.is_success(pending):
        return _finished(eim, package, PackageEvent.SUCCEED, der)
    error = pending[1]["profileInstallationResultData"]["finalResult"][1]
    names = {number: name for name, number in iot.names("ErrorReason").items()}
    reason = names.get(error["errorReason"], str(error["errorReason"]))
    return _finished(eim, package, PackageEvent.FAIL, der, reason)


def _take_refusal(eim: Context, device: Device, value: dict[str, Any]) -> Outcome:
    """The IPA could make nothing of the package."""
    package = _package(eim, device, value, None)
    if not package.is_open:
        return [], []
    names = {number: name for name, number in iot.names("EimPackageResultErrorCode").items()}
    code = value["eimPackageResultErrorCode"]
    der = iot.encode("EimPackageResultResponseError", value)
    eim.store.save(_finished(eim, package, PackageEvent.FAIL, der, names.get(code, str(code))))
    return [], []


_TAKE: Final[dict[str, Callable[[Context, Device, Any], Outcome]]] = {
    "euiccPackageResult": _take_euicc_result,
    "ePRAndNotifications": _take_with_notifications,
    "ipaEuiccDataResponse": _take_data,
    "profileDownloadTriggerResult": _take_trigger_result,
    "eimPackageResultResponseError": _take_refusal,
}
