"""The store in a database: tables made from the records, SQLite or PostgreSQL, by SQLAlchemy.

The version of a record guards it: an update that finds another version than the record's own is a conflict,
so that workers, threads or machines may share a database. Tables change by the migrations of
`simulator.smdp.migrations`.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar, get_type_hints

from sqlalchemy import (
    BigInteger,
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
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.pool import StaticPool

from simulator.smdp.records import Notification, Operator, Order, Outgoing, Record, Session
from simulator.smdp.states import OrderState, SessionState
from simulator.smdp.store import ConflictError
from simulator.smdp.vault import Vault

_TYPES: dict[type, Any] = {
    str: String,
    bytes: LargeBinary,
    int: BigInteger,
    bool: Boolean,
    # Names of states as text: a database's own enumerations are hard to add a state to.
    OrderState: SqlEnum(OrderState, native_enum=False, length=32),
    SessionState: SqlEnum(SessionState, native_enum=False, length=32),
}
METADATA = MetaData()
SECRET = frozenset({"upp"})
"""Columns with keys in them, encrypted where there is a passphrase: a package holds K and OPc."""
_R = TypeVar("_R", Order, Session, Notification, Operator, Outgoing)
_DEADLOCK = "40P01"
"""SQLSTATE of PostgreSQL for one of two transactions that waited for each other."""


def _table(name: str, kind: type[Any], indices: frozenset[str] = frozenset()) -> Table:
    """A table with a column for each field of the record, and the record's key and place in time."""
    columns = [
        Column(field, _TYPES[of], nullable=False, index=field in indices)
        for field, of in get_type_hints(kind).items()
    ]
    return Table(
        name,
        METADATA,
        Column("row_id", Integer, primary_key=True, autoincrement=True),
        Column("key", String, unique=True, nullable=False),
        # NULL may come many times in a unique column, an empty string only once.
        *([Column("unique_matching_id", String, unique=True)] if kind is Order else []),
        *columns,
    )


_ORDERS = _table("orders", Order, frozenset({"eid", "iccid", "profile_type"}))
_SESSIONS = _table("sessions", Session, frozenset({"created_at"}))
_NOTIFICATIONS = _table("notifications", Notification)
_OPERATORS = _table("operators", Operator)
_OUTGOING = _table("outgoing", Outgoing, frozenset({"is_delivered"}))
_VAULT = Table("vault", METADATA, Column("vault_id", Integer, primary_key=True), Column("seal", LargeBinary))
_TABLES: dict[type[Any], Table] = {
    Order: _ORDERS,
    Session: _SESSIONS,
    Notification: _NOTIFICATIONS,
    Operator: _OPERATORS,
    Outgoing: _OUTGOING,
}


class SqlStore:
    """Records in a database that SQLAlchemy knows, such as "sqlite:///smdp.db" or
    "postgresql+psycopg://user@host/database"; "sqlite://" is in memory."""

    def __init__(self, url: str, passphrase: str = "") -> None:
        """Opens the database, and brings its tables up to date. With a passphrase, keys in it are encrypted.
        VaultError if that is not the database's, MigrationError if the database is of a later version."""
        from simulator.smdp.migrations import upgrade

        in_memory = url in ("sqlite://", "sqlite:///:memory:")
        options: dict[str, Any] = (
            {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}} if in_memory else {}
        )
        self._engine = create_engine(url, **options)
        # A database in memory is one connection, which threads must use one after the other.
        self._lock: AbstractContextManager[Any] = threading.RLock() if in_memory else nullcontext()
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _set_pragmas)
        try:
            if in_memory:
                METADATA.create_all(self._engine)
            else:
                upgrade(self._engine)
            self._vault = self._open_vault(passphrase)
        except BaseException:
            self.close()
            raise

    def _open_vault(self, passphrase: str) -> Vault:
        with self._engine.begin() as connection:
            seal = connection.execute(select(_VAULT.c.seal)).scalar_one_or_none()
            has_orders = connection.execute(select(_ORDERS.c.row_id).limit(1)).first() is not None
            vault = Vault.open(passphrase, seal, is_new=not has_orders)
            if vault.seal and not seal:
                connection.execute(insert(_VAULT).values(vault_id=1, seal=vault.seal))
        return vault

    def change_passphrase(self, passphrase: str) -> None:
        """Encrypts all keys with another passphrase, or with none if it is empty, as one transaction. No
        other worker may use the database meanwhile."""
        vault = Vault.new(passphrase) if passphrase else Vault()
        with self._lock, self._engine.begin() as connection:
            for row in connection.execute(select(_ORDERS.c.key, _ORDERS.c.upp)).all():
                upp = vault.encrypt(self._vault.decrypt(row.upp))
                connection.execute(update(_ORDERS).where(_ORDERS.c.key == row.key).values(upp=upp))
            connection.execute(delete(_VAULT))
            if vault.seal:
                connection.execute(insert(_VAULT).values(vault_id=1, seal=vault.seal))
        self._vault = vault

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
                    self._write(connection, record)
        except IntegrityError as error:
            raise ConflictError(str(error.orig)) from error
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") == _DEADLOCK:
                raise ConflictError(str(error.orig)) from error
            raise

    def forget(self, before: int) -> int:
        with self._lock, self._engine.begin() as connection:
            old = (
                delete(_SESSIONS).where(_SESSIONS.c.created_at < before),
                delete(_OUTGOING).where(_OUTGOING.c.is_delivered.is_(True), _OUTGOING.c.created_at < before),
            )
            return sum(connection.execute(statement).rowcount for statement in old)

    def _one(self, kind: type[_R], query: Select[Any]) -> _R | None:
        with self._lock, self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
            return self._record(kind, row) if row else None

    def _all(self, kind: type[_R], query: Select[Any]) -> list[_R]:
        with self._lock, self._engine.connect() as connection:
            return [self._record(kind, row) for row in connection.execute(query)]

    def _record(self, kind: type[_R], row: Row[Any]) -> _R:
        values = {field: getattr(row, field) for field in kind._fields}
        for field in SECRET.intersection(values):
            values[field] = self._vault.decrypt(values[field])
        return kind(**values)

    def _write(self, connection: Connection, record: Record) -> None:
        """Inserts a record of version 0; updates any other if its stored version is the same."""
        table = _TABLES[type(record)]
        values = record._asdict()
        values["version"] = record.version + 1
        if isinstance(record, Order):
            values["unique_matching_id"] = record.matching_id or None
        if record.version == 0:
            for field in SECRET.intersection(values):
                values[field] = self._vault.encrypt(values[field])
            connection.execute(insert(table).values(key=record.key, **values))
            return
        # What never changes is not written again: a package is long.
        values = {field: value for field, value in values.items() if field not in SECRET}
        current = (table.c.key == record.key) & (table.c.version == record.version)
        if connection.execute(update(table).where(current).values(values)).rowcount != 1:
            raise ConflictError(record.key)


def _set_pragmas(connection: Any, _: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
