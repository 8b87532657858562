"""Notifications of eUICCs: verified, kept, delivered to the server that they are for (SGP.32 §3.7, §5.14.4).

An IPA that has no way to an SM-DP+ hands them to its eIM. From then on they are the eIM's: what cannot be
delivered now is tried again, later each time.
"""

from __future__ import annotations

from typing import Any, Final

from asn1 import rsp
from simulator.eim import compact
from simulator.eim.context import Context
from simulator.eim.errors import UNDEFINED, Refused
from simulator.eim.proofs import euicc_certificate, is_signed
from simulator.eim.records import Device, Notification, NotificationState, Session
from simulator.lpa.errors import LpaError, ServerRefused
from simulator.smdp.store import ConflictError

EVENTS: Final = ("install", "enable", "disable", "delete")
_FIRST_WAIT: Final = 60
"""Seconds after a failed delivery; twice as long after each further one, at most a day."""
_LONGEST_WAIT: Final = 86400

Pending = tuple[str, dict[str, Any]]


def take(eim: Context, device: Device | None, pending: Pending) -> Notification:
    """Verify an IotPendingNotification and keep it; the record, as it was if it was there already. Refused if
    its signature is wrong. It is saved, and not delivered yet."""
    kind, value = pending
    device, whole = _WHOLE[kind](eim, device, value)
    if device is None:
        raise Refused(UNDEFINED, "a notification of no device of this eIM")
    content = rsp.encode("PendingNotification", whole)
    metadata = metadata_of(whole)
    notification = Notification(
        eid=device.eid,
        sequence_number=metadata["seqNumber"],
        event=_event(metadata),
        address=metadata["notificationAddress"],
        content=content,
        is_success=is_success(whole),
        received_at=eim.now(),
    )
    known = eim.store.get(Notification, notification.key)
    if known is not None:
        return known
    eim.store.save(notification)
    return notification._replace(version=1)


def session_of(eim: Context, result: dict[str, Any]) -> Session | None:
    """The session through this eIM that a ProfileInstallationResult, compact or whole, ends."""
    data = result.get("profileInstallationResultData") or result["compactProfileInstallationResultData"]
    return eim.store.get(Session, data["transactionId"].hex())


def is_success(pending: Pending) -> bool:
    """Whether the notification tells of something that was done."""
    kind, value = pending
    if kind != "profileInstallationResult":
        return True
    return bool(value["profileInstallationResultData"]["finalResult"][0] == "successResult")


def metadata_of(pending: Pending) -> dict[str, Any]:
    """The NotificationMetadata of a PendingNotification."""
    kind, value = pending
    found: dict[str, Any] = (
        value["profileInstallationResultData"]["notificationMetadata"]
        if kind == "profileInstallationResult"
        else value["tbsOtherNotification"]
    )
    return found


def _event(metadata: dict[str, Any]) -> str:
    octets, length = metadata["profileManagementOperation"]
    names = [name for bit, name in enumerate(EVENTS[:length]) if octets[0] & 0x80 >> bit]
    if len(names) != 1:
        raise Refused(UNDEFINED, "a notification is about exactly one event")
    return names[0]


def _device_of(eim: Context, device: Device | None, result: dict[str, Any]) -> Device | None:
    """Whose installation it is, if the message does not say so."""
    session = session_of(eim, result)
    if device is None and session is not None and session.eid:
        return eim.store.get(Device, session.eid.hex())
    return device


def _installation(
    eim: Context, device: Device | None, result: dict[str, Any]
) -> tuple[Device | None, Pending]:
    """A result of an eUICC whose certificate is unknown is handed on: the SM-DP+ has it."""
    device = _device_of(eim, device, result)
    check_installation(eim, device, result)
    return device, ("profileInstallationResult", result)


def check_installation(eim: Context, device: Device | None, result: dict[str, Any]) -> None:
    """Refused unless the device's eUICC has signed a ProfileInstallationResult, as far as is known of it."""
    if device is None or not device.euicc_certificate:
        return
    certificate = eim.identity.chains.parse(device.euicc_certificate)
    if not is_signed(certificate, result["euiccSignPIR"], result["profileInstallationResultData"].raw):
        raise Refused(UNDEFINED, "the signature of a profile installation result is wrong")


def _compact_installation(
    eim: Context, device: Device | None, result: dict[str, Any]
) -> tuple[Device | None, Pending]:
    session = session_of(eim, result)
    device = _device_of(eim, device, result)
    if session is None or device is None or not device.euicc_certificate:
        raise Refused(UNDEFINED, "a compact installation result of no session of this eIM")
    certificate = eim.identity.chains.parse(device.euicc_certificate)
    for whole in compact.installation_results(session, result):
        if is_signed(certificate, whole["euiccSignPIR"], whole["profileInstallationResultData"].raw):
            return device, ("profileInstallationResult", whole)
    raise Refused(UNDEFINED, "the signature of a compact installation result is wrong")


def _other(eim: Context, device: Device | None, signed: dict[str, Any]) -> tuple[Device | None, Pending]:
    others = signed.get("otherCertsInChain", ())
    certificate = euicc_certificate(eim, signed["euiccCertificate"], signed["eumCertificate"], others)
    if device is not None and certificate.eid != device.eid:
        raise Refused(UNDEFINED, "a notification of another eUICC")
    tbs = signed["tbsOtherNotification"]
    if not is_signed(certificate, signed["euiccNotificationSignature"], tbs.raw):
        raise Refused(UNDEFINED, "the signature of a notification is wrong")
    owner = device or eim.store.get(Device, certificate.eid.hex())
    return owner, ("otherSignedNotification", signed)


def _compact_other(
    eim: Context, device: Device | None, value: dict[str, Any]
) -> tuple[Device | None, Pending]:
    if device is None and "eidValue" in value:
        device = eim.store.get(Device, value["eidValue"].hex())
    return _other(eim, device, compact.other_notification(device, value))


_WHOLE: Final = {
    "profileInstallationResult": _installation,
    "otherSignedNotification": _other,
    "compactProfileInstallationResult": _compact_installation,
    "compactOtherSignedNotification": _compact_other,
}


def deliver(eim: Context, notification: Notification) -> Notification:
    """Hand a notification to its server (ES9+'.HandleNotification); how it stands then, saved. One that is
    not waiting is left alone. Where two try at once, the server hears it twice, and the first is noted."""
    if notification.state is not NotificationState.WAITING or eim.es9 is None:
        return notification
    pending = rsp.decode("PendingNotification", notification.content)
    try:
        eim.es9.post(notification.address, "handleNotification", {"pendingNotification": pending})
    except ServerRefused as error:
        after = notification._replace(state=NotificationState.REFUSED, detail=str(error))
    except LpaError as error:
        wait = min(_FIRST_WAIT << min(notification.failures, 20), _LONGEST_WAIT)
        after = notification._replace(
            failures=notification.failures + 1, next_attempt_at=eim.now() + wait, detail=str(error)
        )
    else:
        after = notification._replace(state=NotificationState.DELIVERED, detail="")
    try:
        eim.store.save(after)
    except ConflictError:
        return eim.store.get(Notification, notification.key) or after
    return after._replace(version=after.version + 1)


def deliver_waiting(eim: Context) -> int:
    """Try every notification whose time has come; how many were delivered."""
    due = [
        one
        for one in eim.store.all(Notification)
        if one.state is NotificationState.WAITING and one.next_attempt_at <= eim.now()
    ]
    return sum(deliver(eim, one).state is NotificationState.DELIVERED for one in due)
