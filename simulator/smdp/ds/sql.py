"""The SM-DS's store in a database; see `simulator.smdp.database`. It may be the SM-DP+'s."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Table, delete, select

from simulator.smdp.database import Database, is_dead, table
from simulator.smdp.ds.store import DsRecord, Event, EventCheck, PushRegistration
from simulator.smdp.records import Session

_EVENTS = table("events", Event, frozenset({"eid"}))
_SESSIONS = table("ds_sessions", Session, frozenset({"created_at"}))
_CHECKS = table("event_checks", EventCheck, frozenset({"eid", "expires_at"}))
_PUSH = table("push_registrations", PushRegistration, frozenset({"expires_at"}))


class DsSqlStore(Database):
    """Records in a database that SQLAlchemy knows; "sqlite://" is in memory."""

    TABLES: ClassVar[dict[type[Any], Table]] = {
        Event: _EVENTS,
        Session: _SESSIONS,
        EventCheck: _CHECKS,
        PushRegistration: _PUSH,
    }

    def event(self, eid: bytes, event_id: str) -> Event | None:
        wanted = (_EVENTS.c.eid == eid) & (_EVENTS.c.event_id == event_id)
        return self.one(Event, select(_EVENTS).where(wanted))

    def events_for_eid(self, eid: bytes) -> list[Event]:
        return self.all(Event, select(_EVENTS).where(_EVENTS.c.eid == eid).order_by(_EVENTS.c.row_id))

    def events(self) -> list[Event]:
        return self.all(Event, select(_EVENTS).order_by(_EVENTS.c.row_id))

    def session(self, transaction_id: bytes) -> Session | None:
        return self.one(Session, select(_SESSIONS).where(_SESSIONS.c.key == transaction_id.hex()))

    def event_check(self, ec_id: bytes) -> EventCheck | None:
        return self.one(EventCheck, select(_CHECKS).where(_CHECKS.c.key == ec_id.hex()))

    def newest_event_check(self, eid: bytes) -> EventCheck | None:
        own = select(_CHECKS).where(_CHECKS.c.eid == eid)
        return self.one(EventCheck, own.order_by(_CHECKS.c.expires_at.desc()).limit(1))

    def push_registration(self, eid: bytes) -> PushRegistration | None:
        return self.one(PushRegistration, select(_PUSH).where(_PUSH.c.key == eid.hex()))

    def save(self, *records: DsRecord) -> None:
        self.save_records(*records)

    def delete(self, event: Event) -> None:
        with self.transaction() as connection:
            connection.execute(delete(_EVENTS).where(_EVENTS.c.key == event.key))

    def forget(self, before: int, initiated_before: int = 0) -> int:
        with self.transaction() as connection:
            old = (
                delete(_SESSIONS).where(is_dead(_SESSIONS, before, initiated_before)),
                delete(_CHECKS).where(_CHECKS.c.expires_at < before),
                delete(_PUSH).where(_PUSH.c.expires_at < before),
            )
            return sum(connection.execute(statement).rowcount for statement in old)
