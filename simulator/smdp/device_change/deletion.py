"""The old eUICC reports that the profile is gone: by an ordinary notification, or by one that travels within
the activation code, deleteNotificationForDc (SGP.22 v3 §3.11.1, §3.5)."""

from __future__ import annotations

from typing import Any

from asn1 import rsp
from simulator.smdp.context import Context
from simulator.smdp.device_change.states import DEVICE_CHANGE, DeviceChangeEvent
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.euicc_proof import check_signature
from simulator.smdp.metadata import EVENTS, iccid_digits, named_bits
from simulator.smdp.records import DeviceChange, Notification, Order, Record
from simulator.smdp.states import OrderEvent

DELETE = "delete"
NOTIFICATION_METADATA = 0xBF2F


def deleted(smdp: Context, notification: Notification) -> tuple[Record, ...]:
    """What else to save with a new notification: after a deletion that a device change has waited for, the
    change, the order that may be downloaded now, and the one that is over."""
    if notification.event != DELETE:
        return ()
    changes = smdp.store.device_changes_of(iccid_digits(notification.iccid))
    for change in reversed(changes):
        if change.eid == notification.eid and DeviceChangeEvent.DELETE in DEVICE_CHANGE[change.state]:
            return _moved(smdp, change)
    return ()


def accept_deletion(smdp: Context, order: Order, message: dict[str, Any]) -> Order:
    """The order, which a deleteNotificationForDc of the new device's LPA may set free. RspError
    EUICC_SIGNATURE if the old eUICC has not signed it, DELETION if it tells of something else."""
    change = smdp.store.device_change_to(order.order_id)
    if not order.awaits_deletion or change is None:
        return order
    metadata = message["notificationMetadata"]
    certificate = smdp.identity.chains.parse(change.euicc_certificate)
    # It was signed as tbsOtherNotification, which has the tag of its type.
    tbs = metadata.retagged(NOTIFICATION_METADATA).raw
    check_signature(certificate, message["euiccNotificationSignature"], tbs)
    told = _notification(smdp, change, message)
    if metadata["profileManagementOperation"] != named_bits([DELETE], EVENTS):
        raise RspError.of(Refusal.DELETION, change.iccid, "it tells of no deletion")
    if iccid_digits(told.iccid) != change.iccid:
        raise RspError.of(Refusal.DELETION, change.iccid, "it tells of another profile")
    if any(_is_same_event(told, earlier) for earlier in smdp.store.notifications()):
        raise RspError.of(Refusal.DELETION, change.iccid, "it was told before this change began")
    smdp.store.save(told, *_moved(smdp, change))
    freed = smdp.store.order(order.order_id)
    assert freed is not None, "orders are never forgotten"
    return freed


def _is_same_event(told: Notification, earlier: Notification) -> bool:
    """Whether a notification that is here already reports the same: the order would be free then, if it did
    not belong to an earlier change."""
    return (told.eid, told.sequence_number, told.event, told.iccid) == (
        earlier.eid,
        earlier.sequence_number,
        earlier.event,
        earlier.iccid,
    )


def _notification(smdp: Context, change: DeviceChange, message: dict[str, Any]) -> Notification:
    metadata = message["notificationMetadata"]
    return Notification(
        eid=change.eid,
        sequence_number=metadata["seqNumber"],
        event=DELETE,
        iccid=metadata.get("iccid", b""),
        is_success=True,
        received_at=smdp.now(),
        content=rsp.encode("DeleteNotificationForDc", message),
    )


def _moved(smdp: Context, change: DeviceChange) -> tuple[Record, ...]:
    records: list[Record] = [change.moved(DeviceChangeEvent.DELETE)]
    if (order := smdp.store.order(change.new_order_id)) is not None:
        records.append(order._replace(awaits_deletion=False))
    if (old := smdp.store.order(change.order_id)) is not None:
        records.append(old.moved(OrderEvent.WITHDRAW))
    return tuple(records)
