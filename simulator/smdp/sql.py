"""The SM-DP+'s records in SQL: one table per kind of record, made from its fields.

A restart goes on where the server stopped, in the middle of a session too. SQLite is opened with a
write-ahead log and synchronous commits: what was answered is on disk.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar, get_type_hints

from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    create_engine,
    event,
    insert,
    select,
    update,
)
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool

from simulator.smdp.records import Notification, Operator, Order, Outgoing, Record, Session
from simulator.smdp.states import OrderState, SessionState
from simulator.smdp.store import ConflictError

_TYPES: dict[type, Any] = {
    str: String,
    bytes: LargeBinary,
    int: Integer,
    bool: Boolean,
    OrderState: SqlEnum(OrderState),
    SessionState: SqlEnum(SessionState),
}
_METADATA = MetaData()
_R = TypeVar("_R", Order, Session, Notification, Operator, Outgoing)


def _table(name: str, kind: type[Any], indices: frozenset[str] = frozenset()) -> Table:
    """A table with a column for each field of the record, and the record's key and place in time."""
    columns = [
        Column(field, _TYPES[of], nullable=False, index=field in indices)
        for field, of in get_type_hints(kind).items()
    ]
    return Table(
        name,
        _METADATA,
        Column("row_id", Integer, primary_key=True, autoincrement=True),
        Column("key", String, unique=True, nullable=False),
        # NULL may come many times in a unique column, an empty string only once.
        *([Column("unique_matching_id", String, unique=True)] if kind is Order else []),
        *columns,
    )


_ORDERS = _table("orders", Order, frozenset({"eid", "iccid", "profile_type"}))
_SESSIONS = _table("sessions", Session)
_NOTIFICATIONS = _table("notifications", Notification)
_OPERATORS = _table("operators", Operator)
_OUTGOING = _table("outgoing", Outgoing, frozenset({"is_delivered"}))
_TABLES: dict[type[Any], Table] = {
    Order: _ORDERS,
    Session: _SESSIONS,
    Notification: _NOTIFICATIONS,
    Operator: _OPERATORS,
    Outgoing: _OUTGOING,
}


class SqlStore:
    """Records in a database that SQLAlchemy knows, such as "sqlite:///smdp.db"; "sqlite://" is in memory."""

    def __init__(self, url: str) -> None:
        in_memory = url in ("sqlite://", "sqlite:///:memory:")
        options: dict[str, Any] = (
            {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}} if in_memory else {}
        )
        self._engine = create_engine(url, **options)
        # A database in memory is one connection, which threads must use one after the other.
        self._lock: AbstractContextManager[Any] = threading.RLock() if in_memory else nullcontext()
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _set_pragmas)
        _METADATA.create_all(self._engine)

    @property
    def engine(self) -> Engine:
        return self._engine

    def close(self) -> None:
        """Closes all connections; the store must not be used any more."""
        self._engine.dispose()

    def order(self, order_id: str) -> Order | None:
        return self._one(Order, select(_ORDERS).where(_ORDERS.c.key == order_id))

    def order_by_matching_id(self, matching_id: str) -> Order | None:
        return self._one(Order, select(_ORDERS).where(_ORDERS.c.unique_matching_id == matching_id))

    def orders_for_eid(self, eid: bytes) -> list[Order]:
        linked = select(_ORDERS).where(
            _ORDERS.c.eid == eid, _ORDERS.c.is_linked.is_(True), _ORDERS.c.unique_matching_id.is_(None)
        )
        return self._all(Order, linked.order_by(_ORDERS.c.row_id))

    def orders(self) -> list[Order]:
        return self._all(Order, select(_ORDERS).order_by(_ORDERS.c.row_id))

    def orders_with_iccid(self, iccid: str) -> list[Order]:
        return self._all(Order, select(_ORDERS).where(_ORDERS.c.iccid == iccid).order_by(_ORDERS.c.row_id))

    def orders_of_type(self, profile_type: str) -> list[Order]:
        of_type = select(_ORDERS).where(_ORDERS.c.profile_type == profile_type)
        return self._all(Order, of_type.order_by(_ORDERS.c.row_id))

    def operator(self, oid: str) -> Operator | None:
        return self._one(Operator, select(_OPERATORS).where(_OPERATORS.c.key == oid))

    def operators(self) -> list[Operator]:
        return self._all(Operator, select(_OPERATORS).order_by(_OPERATORS.c.row_id))

    def undelivered(self) -> list[Outgoing]:
        waiting = select(_OUTGOING).where(_OUTGOING.c.is_delivered.is_(False))
        return self._all(Outgoing, waiting.order_by(_OUTGOING.c.row_id))

    def session(self, transaction_id: bytes) -> Session | None:
        return self._one(Session, select(_SESSIONS).where(_SESSIONS.c.key == transaction_id.hex()))

    def notification(self, key: str) -> Notification | None:
        return self._one(Notification, select(_NOTIFICATIONS).where(_NOTIFICATIONS.c.key == key))

    def notifications(self) -> list[Notification]:
        return self._all(Notification, select(_NOTIFICATIONS).order_by(_NOTIFICATIONS.c.row_id))

    def save(self, *records: Record) -> None:
        try:
            with self._lock, self._engine.begin() as connection:
                for record in records:
                    _write(connection, record)
        except IntegrityError as error:
            raise ConflictError(str(error.orig)) from error

    def _one(self, kind: type[_R], query: Select[Any]) -> _R | None:
        with self._lock, self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
            return _record(kind, row) if row else None

    def _all(self, kind: type[_R], query: Select[Any]) -> list[_R]:
        with self._lock, self._engine.connect() as connection:
            return [_record(kind, row) for row in connection.execute(query)]


def _record(kind: type[_R], row: Row[Any]) -> _R:
    return kind(**{field: getattr(row, field) for field in kind._fields})


def _write(connection: Connection, record: Record) -> None:
    """Inserts a record of version 0; updates any other if its stored version is the same."""
    table = _TABLES[type(record)]
    values = record._asdict()
    values["version"] = record.version + 1
    if isinstance(record, Order):
        values["unique_matching_id"] = record.matching_id or None
    if record.version == 0:
        connection.execute(insert(table).values(key=record.key, **values))
        return
    current = (table.c.key == record.key) & (table.c.version == record.version)
    if connection.execute(update(table).where(current).values(values)).rowcount != 1:
        raise ConflictError(record.key)


def _set_pragmas(connection: Any, _: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
