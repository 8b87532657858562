"""Records in a database: tables made from record types, SQLite or PostgreSQL, by SQLAlchemy.

The version of a record guards it: an update that finds another version than the record's own is a conflict,
so that workers, threads or machines may share a database. Tables change by the migrations of
`simulator.smdp.migrations`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, ClassVar, Self, TypeVar, get_type_hints

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
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
    update,
)
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import StaticPool

from simulator.smdp.device_change.states import DeviceChangeState
from simulator.smdp.states import OrderState, RpmState, SessionState
from simulator.smdp.store import ConflictError, StoreError
from simulator.smdp.vault import Vault

_TYPES: dict[type, Any] = {
    str: String,
    bytes: LargeBinary,
    int: BigInteger,
    bool: Boolean,
    # Names of states as text: a database's own enumerations are hard to add a state to.
    OrderState: SqlEnum(OrderState, native_enum=False, length=32),
    RpmState: SqlEnum(RpmState, native_enum=False, length=32),
    SessionState: SqlEnum(SessionState, native_enum=False, length=32),
    DeviceChangeState: SqlEnum(DeviceChangeState, native_enum=False, length=32),
}
METADATA = MetaData()
SECRET = frozenset({"upp", "ppk"})
"""Columns with keys in them, encrypted where there is a passphrase: a package holds K and OPc."""
R = TypeVar("R")
_DEADLOCK = "40P01"
"""SQLSTATE of PostgreSQL for one of two transactions that waited for each other."""


def table(name: str, kind: type[Any], indices: frozenset[str] = frozenset(), *extra: Column[Any]) -> Table:
    """A table with a column for each field of the record, the record's key and place in time, and `extra`."""
    columns = [
        Column(field, _TYPES[of], nullable=False, index=field in indices)
        for field, of in get_type_hints(kind).items()
    ]
    return Table(
        name,
        METADATA,
        Column("row_id", Integer, primary_key=True, autoincrement=True),
        Column("key", String, unique=True, nullable=False),
        *extra,
        *columns,
    )


def is_dead(sessions: Table, before: int, initiated_before: int) -> ColumnElement[bool]:
    """`Session.is_dead` as a condition."""
    is_idle = (sessions.c.state == SessionState.INITIATED) & (sessions.c.created_at < initiated_before)
    return (sessions.c.created_at < before) | is_idle


class Database:
    """Saves and finds records in tables. A subclass says which record has which table."""

    TABLES: ClassVar[dict[type[Any], Table]]

    def __init__(self, url: str) -> None:
        """Opens the database, and brings its tables up to date; "sqlite://" is in memory. MigrationError if
        it is of a later version."""
        from simulator.smdp.migrations import upgrade

        in_memory = url in ("sqlite://", "sqlite:///:memory:")
        options: dict[str, Any] = (
            {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}} if in_memory else {}
        )
        self.engine: Engine = create_engine(url, **options)
        # A database in memory is one connection, which threads must use one after the other.
        self._lock: AbstractContextManager[Any] = threading.RLock() if in_memory else nullcontext()
        self.vault = Vault()
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _set_pragmas)
        try:
            if in_memory:
                METADATA.create_all(self.engine)
            else:
                upgrade(self.engine)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes all connections; the store must not be used any more."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All that is written in the block, or nothing. ConflictError if another transaction was faster,
        StoreError if the database does not work."""
        try:
            with self._lock, self.engine.begin() as connection:
                yield connection
        except IntegrityError as error:
            raise ConflictError(str(error.orig)) from error
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") == _DEADLOCK:
                raise ConflictError(str(error.orig)) from error
            raise StoreError(f"the database does not work: {error.orig}") from error

    def save_records(self, *records: Any) -> None:
        """See `Store.save`."""
        with self.transaction() as connection:
            for record in records:
                self._write(connection, record)

    def one(self, kind: type[R], query: Select[Any]) -> R | None:
        """The record that the query finds; None if there is none."""
        with self.transaction() as connection:
            row = connection.execute(query).one_or_none()
            return self._record(kind, row) if row else None

    def all(self, kind: type[R], query: Select[Any]) -> list[R]:
        """The records that the query finds."""
        with self.transaction() as connection:
            return [self._record(kind, row) for row in connection.execute(query)]

    def _record(self, kind: type[R], row: Row[Any]) -> R:
        values = {field: getattr(row, field) for field in get_type_hints(kind)}
        for field in SECRET.intersection(values):
            values[field] = self.vault.decrypt(values[field])
        return kind(**values)

    def _derived(self, record: Any) -> dict[str, Any]:
        """Columns of a record besides its fields."""
        return {}

    def _write(self, connection: Connection, record: Any) -> None:
        """Inserts a record of version 0; updates any other if its stored version is the same."""
        into = self.TABLES[type(record)]
        values = {**record._asdict(), **self._derived(record), "version": record.version + 1}
        if record.version == 0:
            for field in SECRET.intersection(values):
                values[field] = self.vault.encrypt(values[field])
            connection.execute(insert(into).values(key=record.key, **values))
            return
        # What never changes is not written again: a package is long.
        values = {field: value for field, value in values.items() if field not in SECRET}
        current = (into.c.key == record.key) & (into.c.version == record.version)
        if connection.execute(update(into).where(current).values(values)).rowcount != 1:
            raise ConflictError(record.key)


def _set_pragmas(connection: Any, _: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")
