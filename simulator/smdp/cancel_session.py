"""ES9+.CancelSession: the user or the LPA gave up, and the eUICC signs for it (SGP.22 §5.6.5)."""

from __future__ import annotations

from typing import Any, Final

from asn1 import rsp
from simulator.smdp.context import Context
from simulator.smdp.device_change.outcome import ended, given_up
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.euicc_proof import check_signature
from simulator.smdp.event_registration import closed
from simulator.smdp.progress import NotificationPoint, progress
from simulator.smdp.rpm.results import cancel_rpm
from simulator.smdp.states import OrderEvent, RpmEvent, SessionEvent

_LATER: Final = frozenset({1, 2, 16})
"""CancelSessionReason postponed, timeout and sessionAborted: the order stays, the user may come back
(§3.0.2)."""


def cancel_session(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Ends the session; the order too, unless the user only wants to wait."""
    session, cancelled = smdp.session_for(request["transactionId"], SessionEvent.CANCEL)
    kind, response = request["cancelSessionResponse"]
    if kind != "cancelSessionResponseOk":
        raise RspError.of(Refusal.EXECUTION_ERROR, "CancelSession", str(response))
    signed = response["euiccCancelSessionSigned"]
    certificate = smdp.identity.chains.parse(session.euicc_certificate)
    check_signature(certificate, response["euiccCancelSessionSignature"], signed.raw)
    credentials = smdp.identity.credentials_under(session.server_ci_key_id)
    if credentials is None or signed["smdpOid"] != credentials.oid:
        raise RspError.of(Refusal.SMDP_OID, signed["smdpOid"])
    if signed["transactionId"] != session.transaction_id:
        raise RspError.of(Refusal.TRANSACTION_ID, signed["transactionId"].hex().upper())
    error = RspError.of(Refusal.CANCELLED, detail=_name(signed["reason"]))
    managing = smdp.store.rpm_order(session.order_id)
    if managing is not None:
        is_later = signed["reason"] in _LATER
        cancel_rpm(smdp, managing, cancelled, RpmEvent.POSTPONE if is_later else RpmEvent.FAIL, error)
        return {}
    order = smdp.store.order(session.order_id)
    event = OrderEvent.POSTPONE if signed["reason"] in _LATER else OrderEvent.FAIL
    if order is None:
        smdp.store.save(cancelled, *given_up(smdp, session, for_good=event is OrderEvent.FAIL))
        return {}
    told = progress(smdp, order, NotificationPoint.DOWNLOAD, session.eid, error)
    is_session_s = not order.is_reusable and order.eid in (b"", session.eid)
    moved = (*closed(smdp, order.moved(event)), *ended(smdp, order, event)) if is_session_s else ()
    smdp.store.save(*moved, cancelled, *told)
    return {}


def _name(reason: int) -> str:
    names = rsp.names("CancelSessionReason")
    return next((name for name, number in names.items() if number == reason), str(reason))
