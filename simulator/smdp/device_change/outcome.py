"""What becomes of a device change when the order of the new device ends, or the user gives up (SGP.22 v3
§3.11)."""

from __future__ import annotations

from typing import Final

from simulator.smdp.context import Context
from simulator.smdp.device_change.states import DEVICE_CHANGE, DeviceChangeEvent
from simulator.smdp.records import DeviceChange, Order, Session
from simulator.smdp.states import OrderEvent

_EVENTS: Final = {
    OrderEvent.INSTALL: DeviceChangeEvent.INSTALL,
    OrderEvent.FAIL: DeviceChangeEvent.FAIL,
}


def ended(smdp: Context, order: Order, event: OrderEvent) -> tuple[DeviceChange, ...]:
    """What to save besides an order that `event` happens to: the change that leads to it, if it ends too."""
    change = smdp.store.device_change_to(order.order_id) if event in _EVENTS else None
    if change is None or _EVENTS[event] not in DEVICE_CHANGE[change.state]:
        return ()
    return (change.moved(_EVENTS[event]),)


def given_up(smdp: Context, session: Session, *, for_good: bool) -> tuple[DeviceChange, ...]:
    """What to save besides a session that was cancelled: the change that it was for, unless the user only
    wants to wait."""
    change = smdp.store.device_change(session.change_id) if session.change_id else None
    if change is None or not for_good or DeviceChangeEvent.CANCEL not in DEVICE_CHANGE[change.state]:
        return ()
    return (change.moved(DeviceChangeEvent.CANCEL),)
