"""ES9+.CheckProgress: is the profile for the new device ready? (SGP.22 v3 §3.11.1, §5.6.7)"""

from __future__ import annotations

from typing import Any

from simulator.smdp.context import Context
from simulator.smdp.device_change.policy import DeviceChangePolicy
from simulator.smdp.device_change.request import is_prepared
from simulator.smdp.device_change.states import DeviceChangeState
from simulator.smdp.errors import Refusal, RspError


def check_progress(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """In how many minutes to ask again; nothing once the old device may go on."""
    change_id = request["dcSessionId"].hex()
    change = smdp.store.device_change(change_id)
    if change is None:
        raise RspError.of(Refusal.DC_SESSION, change_id.upper())
    if change.state is not DeviceChangeState.REQUESTED or is_prepared(smdp, change):
        return {}
    old = smdp.store.order(change.order_id)
    policy = DeviceChangePolicy.of_json(old.device_change) if old else None
    return {"retryDelay": (policy or DeviceChangePolicy()).retry_minutes}
