"""Push services: an LPA is told of a new event, and need not ask by the clock (SGP.22 v3 §3.6.5).

How a push service works is not the specification's matter. Here it is a function that takes the token by
which the service knows the LPA; which ones there are, by their OIDs, whoever makes the SM-DS says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.ds.store import PushRegistration

if TYPE_CHECKING:
    from simulator.smdp.ds.core import SmDs

PushService = Callable[[str], None]
"""Push token → the LPA behind it is told. It must not wait for anybody, and OSErrors are for nobody: an LPA
that hears nothing asks when its time comes."""


def register(ds: SmDs, eid: bytes, parameters: dict[str, Any]) -> PushRegistration:
    """The record of ctxParamsForPushServiceRegistration; it replaces an older one of the same eUICC."""
    if not ds.push_services:
        raise DsRefusal.UNSUPPORTED.error("ctxParamsForPushServiceRegistration")
    service, token = parameters["selectedPushService"], parameters["pushToken"]
    if service not in ds.push_services:
        raise DsRefusal.PUSH_SERVICE.error(service)
    if not token:
        raise DsRefusal.MALFORMED.error("pushToken", "it is empty")
    older = ds.store.push_registration(eid)
    expires_at = ds.now() + int(ds.push_lifetime.total_seconds())
    return PushRegistration(eid, service, token, expires_at, older.version if older else 0)


def notify(ds: SmDs, eid: bytes) -> None:
    """Tells the LPA of this eUICC that an event is new, if it has a token that has not expired."""
    registration = ds.store.push_registration(eid)
    if registration is None or ds.now() >= registration.expires_at:
        return
    if service := ds.push_services.get(registration.service):
        service(registration.token)
