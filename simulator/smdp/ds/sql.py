"""The SM-DS's store in a database; see `simulator.smdp.database`. It may be the SM-DP+'s."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Table, delete, select

from simulator.smdp.database import Database, table
from simulator.smdp.ds.store import Event
from simulator.smdp.records import Session

_EVENTS = table("events", Event, frozenset({"eid"}))
_SESSIONS = table("ds_sessions", Session, frozenset({"created_at"}))


class DsSqlStore(Database):
    """Records in a database that SQLAlchemy knows; "sqlite://" is in memory."""

    TABLES: ClassVar[dict[type[Any], Table]] = {Event: _EVENTS, Session: _SESSIONS}

    def event(self, eid: bytes, event_id: str) -> Event | None:
        wanted = (_EVENTS.c.eid == eid) & (_EVENTS.c.event_id == event_id)
        return self.one(Event, select(_EVENTS).where(wanted))

    def events_for_eid(self, eid: bytes) -> list[Event]:
        return self.all(Event, select(_EVENTS).where(_EVENTS.c.eid == eid).order_by(_EVENTS.c.row_id))

    def events(self) -> list[Event]:
        return self.all(Event, select(_EVENTS).order_by(_EVENTS.c.row_id))

    def session(self, transaction_id: bytes) -> Session | None:
        return self.one(Session, select(_SESSIONS).where(_SESSIONS.c.key == transaction_id.hex()))

    def save(self, *records: Event | Session) -> None:
        self.save_records(*records)

    def delete(self, event: Event) -> None:
        with self.transaction() as connection:
            connection.execute(delete(_EVENTS).where(_EVENTS.c.key == event.key))

    def forget(self, before: int) -> int:
        with self.transaction() as connection:
            return connection.execute(delete(_SESSIONS).where(_SESSIONS.c.created_at < before)).rowcount
