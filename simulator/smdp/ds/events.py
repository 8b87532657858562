"""ES12 and ES15: events are registered and deleted, the root SM-DS told (SGP.22 §3.6.1, §5.9, §5.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asn1 import rsp
from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.ds.push import notify
from simulator.smdp.ds.store import HASH_LENGTH, Event, EventType
from simulator.smdp.errors import RspError

if TYPE_CHECKING:
    from simulator.smdp.ds.core import SmDs

EID_DIGITS: Final = 32
SALT_LENGTHS: Final = range(8, 17)
NAME_LENGTH: Final = 32


def register_event(ds: SmDs, request: dict[str, Any]) -> dict[str, Any]:
    """§5.9.1. With forwardingIndicator the root SM-DS hears of it first, under this server's address: an
    event that the root does not take is not registered."""
    eid, event_id = _eid(request["eid"]), _filled(request, "eventId")
    address = _filled(request, "rspServerAddress")
    more = _of_version_3(request)
    if ds.store.event(eid, event_id):
        raise DsRefusal.EVENT_EXISTS.error(event_id)
    is_forwarded = bool(request["forwardingIndicator"]) and ds.root is not None
    if is_forwarded:
        own = {"rspServerAddress": ds.identity.address, "forwardingIndicator": False}
        _tell_root(ds, "registerEvent", {**request, **own})
    requester = request["functionRequesterIdentifier"]
    event = Event(eid, event_id, address, requester, is_forwarded, registered_at=ds.now(), **more)
    ds.store.save(event)
    notify(ds, eid)
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


def _of_version_3(request: dict[str, Any]) -> dict[str, Any]:
    """What a server of version 3 tells of an event besides, as an Event has it; by default, a download."""
    hashes, salt = request.get("hashedIccids", []), request.get("salt", b"")
    if bool(hashes) != bool(salt):
        raise DsRefusal.CONDITIONAL.error("hashedIccids, salt")
    if any(len(one) != HASH_LENGTH for one in hashes):
        raise DsRefusal.MALFORMED.error("hashedIccids", f"{HASH_LENGTH} bytes each expected")
    if salt and len(salt) not in SALT_LENGTHS:
        raise DsRefusal.MALFORMED.error("salt", "8 to 16 bytes expected")
    event_type = request.get("eventType", EventType.PROFILE_DOWNLOAD)
    if event_type not in set(EventType):
        raise DsRefusal.MALFORMED.error("eventType", f"{event_type} is not known")
    name = request.get("serviceProviderName", "")
    if len(name) > NAME_LENGTH:
        raise DsRefusal.MALFORMED.error("serviceProviderName", f"at most {NAME_LENGTH} characters expected")
    operator = request.get("operatorId")
    return {
        "event_type": int(event_type),
        "hashed_iccids": b"".join(hashes),
        "salt": salt,
        "service_provider_name": name,
        "operator_id": rsp.encode("OperatorId", operator) if operator else b"",
    }


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
