"""Event checking: an LPA asks by an ecId whether events wait, without authentication (SGP.22 v3 §3.6.4).

An ecId comes with the signed list of events. It is random, so that it says nothing of the eUICC to anybody
else; it expires, and is given again with later lists until half of its life is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.ds.store import EventCheck

if TYPE_CHECKING:
    from simulator.smdp.ds.core import SmDs

EC_ID_LENGTH: Final = 32
ALLOWED_LENGTHS: Final = range(16, 33)


def check_event(ds: SmDs, request: dict[str, Any]) -> dict[str, Any]:
    """ES11.CheckEvent: whether any event waits for the eUICC that the ecId stands for."""
    if ds.identity.own_address(request["smdsAddress"]) is None:
        raise DsRefusal.SMDS_ADDRESS.error(request["smdsAddress"])
    if not ds.ec_id_lifetime:
        raise DsRefusal.UNSUPPORTED.error("CheckEvent")
    ec_id = request["ecId"]
    if len(ec_id) not in ALLOWED_LENGTHS:
        raise DsRefusal.MALFORMED.error("ecId", "16 to 32 bytes expected")
    check = ds.store.event_check(ec_id)
    if check is None:
        raise DsRefusal.EVENT_UNKNOWN.error(ec_id.hex().upper())
    if ds.now() >= check.expires_at:
        raise DsRefusal.EC_ID_EXPIRED.error(ec_id.hex().upper())
    return {"isPendingEvent": bool(ds.store.events_for_eid(check.eid))}


def ec_id_for(ds: SmDs, eid: bytes) -> tuple[bytes, tuple[EventCheck, ...]]:
    """The ecId to give the LPA of this eUICC, and the record to save if it is a new one."""
    lifetime = int(ds.ec_id_lifetime.total_seconds())
    known = ds.store.newest_event_check(eid)
    if known and known.expires_at - ds.now() > lifetime // 2:
        return known.ec_id, ()
    new = EventCheck(ds.entropy(EC_ID_LENGTH), eid, ds.now() + lifetime)
    return new.ec_id, (new,)
