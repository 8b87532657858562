"""ES9+.AuthenticateClient with ctxParamsForProfileRecovery: the old device gets back what the new one could
not install (SGP.22 v3 §3.11.2, §5.6.3)."""

from __future__ import annotations

from typing import Any

from simulator.smdp.context import Context
from simulator.smdp.device_change.confirmation import same_profile
from simulator.smdp.device_change.states import DEVICE_CHANGE, DeviceChangeEvent
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.metadata import iccid_digits
from simulator.smdp.operation import Client
from simulator.smdp.progress import NotificationPoint, progress
from simulator.smdp.records import DeviceChange, Order
from simulator.smdp.server_proof import sign


def recover_profile(smdp: Context, client: Client) -> dict[str, Any]:
    """An activation code for the old eUICC (smdpSigned4)."""
    change, old = _recoverable(smdp, iccid_digits(client.parameters["iccid"]), client.eid)
    order = _order(smdp, change, old)
    code = f"1${smdp.identity.address}${order.matching_id}"
    members = {"ccRequiredFlag": False, "activationCodeForProfileRecovery": code}
    signed4, signature = sign(smdp, client.session, "SmdpSigned4", members, client.signature1)
    recovered = change.moved(DeviceChangeEvent.RECOVER)._replace(recovery_order_id=order.order_id)
    told = progress(smdp, old, NotificationPoint.PROFILE_RECOVERY, client.eid)
    smdp.store.save(order, recovered, client.session, *told)
    return {
        "transactionId": client.session.transaction_id,
        "smdpSigned4": signed4,
        "smdpSignature4": signature,
    }


def _recoverable(smdp: Context, iccid: str, eid: bytes) -> tuple[DeviceChange, Order]:
    """The last change away from this eUICC, and the order that it began with."""
    if not smdp.store.orders_with_iccid(iccid):
        raise RspError.of(Refusal.ICCID, iccid)
    changes = [change for change in smdp.store.device_changes_of(iccid) if change.eid == eid]
    if not changes:
        raise RspError.of(Refusal.DEVICE_CHANGE_NOT_ALLOWED, iccid, f"it did not leave {eid.hex()}")
    change = changes[-1]
    old = smdp.store.order(change.order_id)
    if DeviceChangeEvent.RECOVER not in DEVICE_CHANGE[change.state] or old is None:
        raise RspError.of(
            Refusal.DEVICE_CHANGE_NOT_ALLOWED, iccid, f"the change is {change.state.value}, not Failed"
        )
    if smdp.now() >= change.recoverable_until:
        why = "the time for it is over" if change.recoverable_until else "recovery was not offered"
        raise RspError.of(Refusal.DEVICE_CHANGE_NOT_ALLOWED, iccid, why)
    return change, old


def _order(smdp: Context, change: DeviceChange, old: Order) -> Order:
    """The order made when the old device asked before, or a new one that only it may download."""
    order = smdp.store.order(change.recovery_order_id) if change.recovery_order_id else None
    if order is not None and not order.is_open:
        raise RspError.of(Refusal.DEVICE_CHANGE_NOT_ALLOWED, change.iccid, f"it is {order.state.value}")
    return order or same_profile(smdp, old)._replace(eid=change.eid, is_linked=True)
