"""Where the SM-DS keeps events and sessions: the protocol, and the store in memory."""

from __future__ import annotations

import threading
from typing import NamedTuple, Protocol

from simulator.smdp.records import Session
from simulator.smdp.store import ConflictError


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
    version: int = 0

    @property
    def key(self) -> str:
        """Event ids are unique for each eUICC."""
        return f"{self.eid.hex()}/{self.event_id}"


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

    def save(self, *records: Event | Session) -> None:
        """Writes all records as one transaction. ConflictError, and no change, unless every stored one has
        the version of the record given (0: must not be there yet)."""
        ...

    def forget(self, before: int) -> int:
        """Drops sessions that began before that time (seconds since 1970); how many."""
        ...

    def delete(self, event: Event) -> None:
        """Removes an event; one that is gone already is no error."""
        ...


class DsMemoryStore:
    """Records in dictionaries; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, Event] = {}
        self._sessions: dict[str, Session] = {}

    def event(self, eid: bytes, event_id: str) -> Event | None:
        return next((event for event in self.events_for_eid(eid) if event.event_id == event_id), None)

    def events_for_eid(self, eid: bytes) -> list[Event]:
        return [event for event in self.events() if event.eid == eid]

    def events(self) -> list[Event]:
        with self._lock:
            return list(self._events.values())

    def session(self, transaction_id: bytes) -> Session | None:
        return self._sessions.get(transaction_id.hex())

    def save(self, *records: Event | Session) -> None:
        with self._lock:
            for record in records:
                stored = self._events.get(record.key) or self._sessions.get(record.key)
                if record.version != (stored.version if stored else 0):
                    raise ConflictError(record.key)
            for record in records:
                if isinstance(record, Event):
                    self._events[record.key] = record._replace(version=record.version + 1)
                else:
                    self._sessions[record.key] = record._replace(version=record.version + 1)

    def forget(self, before: int) -> int:
        with self._lock:
            old = [key for key, session in self._sessions.items() if session.created_at < before]
            for key in old:
                del self._sessions[key]
        return len(old)

    def delete(self, event: Event) -> None:
        with self._lock:
            self._events.pop(event.key, None)
