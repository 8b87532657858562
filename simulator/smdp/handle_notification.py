"""ES9+.HandleNotification: installation results and other notifications of eUICCs (SGP.22 §5.6.4, §3.5)."""

from __future__ import annotations

from typing import Any, Final

from asn1 import Record, rsp
from simulator.smdp.context import Context
from simulator.smdp.device_change.deletion import deleted
from simulator.smdp.device_change.outcome import ended
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.euicc_proof import check_signature, euicc_path
from simulator.smdp.event_registration import closed
from simulator.smdp.metadata import EVENTS
from simulator.smdp.progress import NotificationPoint, profile_notification, progress
from simulator.smdp.records import Notification, Order, Session
from simulator.smdp.rpm.results import finish_rpm, is_success
from simulator.smdp.states import OrderEvent, SessionEvent

_CURABLE: Final = frozenset({10, 11})
"""errorReason after which the same order may be downloaded again: memory, interruption (§2.5.6)."""

_FAILED: Final = {
    event: RspError.of(Refusal.EXECUTION_ERROR, "ProfileInstallationResult", "the installation failed")
    for event in (OrderEvent.FAIL, OrderEvent.POSTPONE)
}


def handle_notification(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Verifies and keeps a notification; a repeated one changes nothing."""
    kind, notification = pending = request["pendingNotification"]
    handle = _HANDLERS.get(kind)
    if handle is None:
        raise RspError.of(Refusal.MALFORMED, "pendingNotification", f"{kind} is not supported")
    handle(smdp, notification, rsp.encode("PendingNotification", pending))
    return {}


def _installation_result(smdp: Context, result: dict[str, Any], content: bytes) -> None:
    data = result["profileInstallationResultData"]
    session = _session_of(smdp, data, result["euiccSignPIR"])
    is_success = data["finalResult"][0] == "successResult"
    notification = _notification(
        smdp, session.eid, data["notificationMetadata"], content, is_success=is_success
    )
    if smdp.store.notification(notification.key) is None:
        _finish(smdp, session, notification, _order_event(data["finalResult"]))


def _session_of(smdp: Context, data: Record, signature: bytes) -> Session:
    """The session that a signed result belongs to, once signature and recipient are right."""
    transaction_id = data["transactionId"]
    session = smdp.store.session(transaction_id)
    if session is None or not session.euicc_certificate:
        raise RspError.of(Refusal.TRANSACTION_ID, transaction_id.hex().upper())
    certificate = smdp.identity.chains.parse(session.euicc_certificate)
    check_signature(certificate, signature, data.raw)
    credentials = smdp.identity.credentials_under(session.server_ci_key_id)
    if credentials is None or data["smdpOid"] != credentials.oid:
        raise RspError.of(Refusal.SMDP_OID, data["smdpOid"])
    return session


def _rpm_result(smdp: Context, result: dict[str, Any], content: bytes) -> None:
    """LoadRpmPackageResult of version 3 (v3 §3.7.3)."""
    data = result["loadRpmPackageResultDataSigned"]
    session = _session_of(smdp, data, result["euiccSignRPR"])
    kind, results = data["finalResult"]
    good = kind == "rpmPackageExecutionResult" and all(map(is_success, results))
    notification = _notification(smdp, session.eid, data["notificationMetadata"], content, is_success=good)
    if smdp.store.notification(notification.key) is None:
        finish_rpm(smdp, session, notification, data["finalResult"])


def _order_event(final_result: tuple[str, dict[str, Any]]) -> OrderEvent:
    kind, result = final_result
    if kind == "successResult":
        return OrderEvent.INSTALL
    return OrderEvent.POSTPONE if result["errorReason"] in _CURABLE else OrderEvent.FAIL


def _finish(smdp: Context, session: Session, notification: Notification, event: OrderEvent) -> None:
    finished = session.moved(SessionEvent.RESULT)
    if finished is None:
        raise RspError.of(Refusal.TRANSACTION_ID, session.transaction_id.hex().upper(), session.state.value)
    order = smdp.store.order(session.order_id)
    if order is None:
        smdp.store.save(finished, notification)
        return
    told = progress(
        smdp, order, NotificationPoint.INSTALLATION, session.eid, _FAILED.get(event), notification.content
    )
    is_session_s = _is_its_outcome(order, session, event)
    moved = (*closed(smdp, order.moved(event)), *ended(smdp, order, event)) if is_session_s else ()
    smdp.store.save(*moved, finished, notification, *told)


def _is_its_outcome(order: Order, session: Session, event: OrderEvent) -> bool:
    """Whether the order ends as the session did. A reusable one stays as it is; one with another EID was
    released for another eUICC since; and a failure does not count of a session after which the package was
    fetched again: that download may have succeeded, or be under way."""
    if order.is_reusable or order.eid != session.eid:
        return False
    is_last = order.transaction_id in (b"", session.transaction_id)
    return is_last or event is OrderEvent.INSTALL


def _other(smdp: Context, signed: dict[str, Any], content: bytes) -> None:
    euicc, eum = signed["euiccCertificate"], signed["eumCertificate"]
    certificate = euicc_path(smdp, euicc, eum, signed.get("otherCertsInChain", ()))[0]
    metadata = signed["tbsOtherNotification"]
    check_signature(certificate, signed["euiccNotificationSignature"], metadata.raw)
    notification = _notification(smdp, certificate.eid, metadata, content)
    if smdp.store.notification(notification.key) is None:
        told = profile_notification(smdp, notification)
        smdp.store.save(notification, *deleted(smdp, notification), *told)


def _notification(
    smdp: Context, eid: bytes, metadata: dict[str, Any], content: bytes, *, is_success: bool = True
) -> Notification:
    octets, length = metadata["profileManagementOperation"]
    names = [name for bit, name in enumerate(EVENTS[:length]) if octets[0] & 0x80 >> bit]
    if len(names) != 1:
        raise RspError.of(Refusal.MALFORMED, "profileManagementOperation", "exactly one event expected")
    return Notification(
        eid=eid,
        sequence_number=metadata["seqNumber"],
        event=names[0],
        iccid=metadata.get("iccid", b""),
        is_success=is_success,
        received_at=smdp.now(),
        content=content,
    )


_HANDLERS: Final = {
    "profileInstallationResult": _installation_result,
    "otherSignedNotification": _other,
    "loadRpmPackageResultSigned": _rpm_result,
}
