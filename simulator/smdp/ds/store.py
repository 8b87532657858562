"""Where the SM-DS keeps events, sessions, ecIds and push tokens: the protocol, and the store in memory."""

from __future__ import annotations

import threading
from enum import IntEnum
from typing import Any, Final, NamedTuple, Protocol

from simulator.smdp.records import Session
from simulator.smdp.store import ConflictError

HASH_LENGTH: Final = 32


class EventType(IntEnum):
    """What an event is about: the bits of OperationType (version 3). Older servers know downloads only."""

    PROFILE_DOWNLOAD = 0
    RPM = 1


class Event(NamedTuple):
    """An event record (§3.6.1): a server has something for an eUICC."""

    eid: bytes
    """16 bytes."""
    event_id: str
    """The matching id that the LPA gives the server."""
    rsp_server_address: str
    """FQDN of the SM-DP+, or of the SM-DS to ask next."""
    requester: str
    """functionRequesterIdentifier of who registered it; only they may delete it."""
    is_forwarded: bool = False
    """Whether the root SM-DS knows it too."""
    registered_at: int = 0
    """Seconds since 1970, UTC."""
    event_type: int = 0
    """An EventType."""
    hashed_iccids: bytes = b""
    """Of the profiles that it is about: SHA-256 hashes, 32 bytes each, one after the other."""
    salt: bytes = b""
    """8 to 16 bytes, hashed together with each ICCID."""
    service_provider_name: str = ""
    operator_id: bytes = b""
    """OperatorId, DER; empty if it was not told."""
    version: int = 0

    @property
    def key(self) -> str:
        """Event ids are unique for each eUICC."""
        return f"{self.eid.hex()}/{self.event_id}"


class EventCheck(NamedTuple):
    """An ecId, by which an LPA asks without authentication whether events wait (version 3)."""

    ec_id: bytes
    """32 random bytes, which say nothing of the EID."""
    eid: bytes
    expires_at: int
    """Seconds since 1970, UTC."""
    version: int = 0

    @property
    def key(self) -> str:
        return self.ec_id.hex()


class PushRegistration(NamedTuple):
    """How the LPA of an eUICC is told of new events (version 3)."""

    eid: bytes
    service: str
    """OID of the push service."""
    token: str
    expires_at: int
    version: int = 0

    @property
    def key(self) -> str:
        """An eUICC has one LPA at a time: the last token counts."""
        return self.eid.hex()


DsRecord = Event | Session | EventCheck | PushRegistration


class DsStore(Protocol):
    """Finds records, and saves changed copies of them, all or none."""

    def event(self, eid: bytes, event_id: str) -> Event | None: ...

    def events_for_eid(self, eid: bytes) -> list[Event]:
        """Oldest first."""
        ...

    def events(self) -> list[Event]:
        """All of them, oldest first."""
        ...

    def session(self, transaction_id: bytes) -> Session | None: ...

    def event_check(self, ec_id: bytes) -> EventCheck | None: ...

    def newest_event_check(self, eid: bytes) -> EventCheck | None:
        """The one of this eUICC that expires last."""
        ...

    def push_registration(self, eid: bytes) -> PushRegistration | None: ...

    def save(self, *records: DsRecord) -> None:
        """Writes all records as one transaction. ConflictError, and no change, unless every stored one has
        the version of the record given (0: must not be there yet)."""
        ...

    def forget(self, before: int, initiated_before: int = 0) -> int:
        """Drops sessions that began, and ecIds and push tokens that expired, before that time (seconds since
        1970), and sessions that began before `initiated_before` and never got beyond it, which any stranger
        can open; how many."""
        ...

    def delete(self, event: Event) -> None:
        """Removes an event; one that is gone already is no error."""
        ...


class DsMemoryStore:
    """Records in dictionaries; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[type[Any], dict[str, Any]] = {
            kind: {} for kind in (Event, Session, EventCheck, PushRegistration)
        }

    def event(self, eid: bytes, event_id: str) -> Event | None:
        return next((event for event in self.events_for_eid(eid) if event.event_id == event_id), None)

    def events_for_eid(self, eid: bytes) -> list[Event]:
        return [event for event in self.events() if event.eid == eid]

    def events(self) -> list[Event]:
        with self._lock:
            return list(self._records[Event].values())

    def session(self, transaction_id: bytes) -> Session | None:
        return self._records[Session].get(transaction_id.hex())

    def event_check(self, ec_id: bytes) -> EventCheck | None:
        return self._records[EventCheck].get(ec_id.hex())

    def newest_event_check(self, eid: bytes) -> EventCheck | None:
        with self._lock:
            own = [check for check in self._records[EventCheck].values() if check.eid == eid]
        return max(own, key=lambda check: check.expires_at, default=None)

    def push_registration(self, eid: bytes) -> PushRegistration | None:
        return self._records[PushRegistration].get(eid.hex())

    def save(self, *records: DsRecord) -> None:
        with self._lock:
            for record in records:
                stored = self._records[type(record)].get(record.key)
                if record.version != (stored.version if stored else 0):
                    raise ConflictError(record.key)
            for record in records:
                self._records[type(record)][record.key] = record._replace(version=record.version + 1)

    def forget(self, before: int, initiated_before: int = 0) -> int:
        with self._lock:
            old: list[tuple[type[Any], str]] = [
                (kind, key)
                for kind in (EventCheck, PushRegistration)
                for key, record in self._records[kind].items()
                if record.expires_at < before
            ]
            sessions = self._records[Session].items()
            old += [(Session, key) for key, one in sessions if one.is_dead(before, initiated_before)]
            for kind, key in old:
                del self._records[kind][key]
        return len(old)

    def delete(self, event: Event) -> None:
        with self._lock:
            self._records[Event].pop(event.key, None)
