"""ES12 and ES15: events are registered and deleted, the root SM-DS told (SGP.22 §3.6.1, §5.9, §5.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.ds.store import Event
from simulator.smdp.errors import RspError
from simulator.smdp.store import ConflictError

if TYPE_CHECKING:
    from simulator.smdp.ds.core import SmDs

EID_DIGITS = 32


def register_event(ds: SmDs, request: dict[str, Any]) -> dict[str, Any]:
    """§5.9.1. With forwardingIndicator the root SM-DS hears of it first, under this server's address: an
    event that the root does not take is not registered."""
    eid, event_id = _eid(request["eid"]), _filled(request, "eventId")
    address = _filled(request, "rspServerAddress")
    if ds.store.event(eid, event_id):
        raise DsRefusal.EVENT_EXISTS.error(event_id)
    is_forwarded = bool(request["forwardingIndicator"]) and ds.root is not None
    if is_forwarded:
        own = {"rspServerAddress": ds.identity.address, "forwardingIndicator": False}
        _tell_root(ds, "registerEvent", {**request, **own})
    event = Event(
        eid, event_id, address, request["functionRequesterIdentifier"], is_forwarded, registered_at=ds.now()
    )
    try:
        ds.store.save(event)
    except ConflictError:
        raise DsRefusal.EVENT_EXISTS.error(event_id) from None
    return {}


def delete_event(ds: SmDs, request: dict[str, Any]) -> dict[str, Any]:
    """§5.9.2. An event that somebody else registered is as unknown as one that is not there."""
    event = ds.store.event(_eid(request["eid"]), request["eventId"])
    if event is None or event.requester != request["functionRequesterIdentifier"]:
        raise DsRefusal.EVENT_UNKNOWN.error(request["eventId"])
    if event.is_forwarded:
        _tell_root(ds, "deleteEvent", request, ignored=DsRefusal.EVENT_UNKNOWN)
    ds.store.delete(event)
    return {}


def _tell_root(
    ds: SmDs, function: str, request: dict[str, Any], *, ignored: DsRefusal = DsRefusal.EVENT_EXISTS
) -> None:
    """ES15. What the root knows already, or no more, is as it should be."""
    assert ds.root is not None
    try:
        ds.root.post(function, {**request, "functionRequesterIdentifier": ds.oid})
    except RspError as error:
        if (error.subject_code, error.reason_code) != (ignored.subject_code, ignored.reason_code):
            raise DsRefusal.ROOT_FAILED.error(detail=str(error)) from error
    except OSError as error:
        raise DsRefusal.ROOT_INACCESSIBLE.error(detail=str(error)) from error


def _eid(text: str) -> bytes:
    if len(text) != EID_DIGITS or not (text.isascii() and text.isdigit()):
        raise DsRefusal.MALFORMED.error("eid", f"{EID_DIGITS} digits expected")
    return bytes.fromhex(text)


def _filled(request: dict[str, Any], member: str) -> str:
    if not request[member]:
        raise DsRefusal.MALFORMED.error(member, "it is empty")
    return str(request[member])
