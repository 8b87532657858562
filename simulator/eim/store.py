"""Where an eIM keeps its records: one SQLite file, or one in memory; a row for each, its fields in JSON.

An eIM looks records up by their key or by device and nothing else, so that columns of their own would be
columns to migrate. Processes may share a file.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Final, Self, TypeVar, get_args, get_type_hints

from simulator.eim.records import Device, Notification, Package, Receipt, Record, Session
from simulator.smdp.store import ConflictError, StoreError

R = TypeVar("R", bound=Record)
_FORMAT: Final = 1
_KINDS: Final[dict[type[Any], str]] = {
    Device: "device",
    Package: "package",
    Receipt: "receipt",
    Session: "session",
    Notification: "notification",
}
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS records (
    row_id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    eid TEXT NOT NULL,
    version INTEGER NOT NULL,
    fields TEXT NOT NULL,
    UNIQUE (kind, key)
);
CREATE INDEX IF NOT EXISTS records_by_eid ON records (kind, eid);
"""


class EimStore:
    """Finds records, and saves changed copies of them, all or none; threads may share it."""

    def __init__(self, path: Path | str = ":memory:") -> None:
        """StoreError if the file cannot be used, or is of a later version."""
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=5.0
            )
        except sqlite3.Error as error:
            raise StoreError(f"the database {path} cannot be used: {error}") from error
        try:
            self._open(path)
        except BaseException:
            self._connection.close()
            raise

    def _open(self, path: Path | str) -> None:
        with self._working():
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version > _FORMAT:
                raise StoreError(f"{path} is of a later version: use the esim-simulator that made it")
            for pragma in ("journal_mode=WAL", "synchronous=FULL", f"user_version={_FORMAT}"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(_TABLE)

    def get(self, kind: type[R], key: str) -> R | None:
        """The record of a kind with this key."""
        rows = self._select("kind = ? AND key = ?", _KINDS[kind], key)
        return _read(kind, *rows[0]) if rows else None

    def all(self, kind: type[R], eid: bytes | None = None) -> list[R]:
        """The records of a kind, or those of one device, oldest first."""
        rows = (
            self._select("kind = ?", _KINDS[kind])
            if eid is None
            else self._select("kind = ? AND eid = ?", _KINDS[kind], eid.hex())
        )
        return [_read(kind, *row) for row in rows]

    def save(self, *records: Record) -> None:
        """Writes all records as one transaction. ConflictError, and no change, unless every stored one has
        the version of the record given (0: must not be there yet)."""
        with self._transaction() as connection:
            for record in records:
                _write(connection, record)

    def remove(self, eid: bytes) -> None:
        """Forgets a device and all that belongs to it."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM records WHERE eid = ?", (eid.hex(),))

    def forget(self, *records: Record) -> int:
        """Drops records; how many were there."""
        with self._transaction() as connection:
            statement = "DELETE FROM records WHERE kind = ? AND key = ?"
            gone = [connection.execute(statement, (_KINDS[type(one)], one.key)) for one in records]
        return sum(cursor.rowcount for cursor in gone)

    def close(self) -> None:
        """The store must not be used any more."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _select(self, condition: str, *values: str) -> list[tuple[str, int]]:
        with self._working():
            query = f"SELECT fields, version FROM records WHERE {condition} ORDER BY row_id"
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _working(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.Error as error:
            raise StoreError(f"the database does not work: {error}") from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written in the block, or nothing."""
        with self._working():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _write(connection: sqlite3.Connection, record: Record) -> None:
    kind, fields = _KINDS[type(record)], _to_json(record)
    if record.version == 0:
        try:
            connection.execute(
                "INSERT INTO records (kind, key, eid, version, fields) VALUES (?, ?, ?, 1, ?)",
                (kind, record.key, record.eid.hex(), fields),
            )
        except sqlite3.IntegrityError:
            raise ConflictError(record.key) from None
        return
    done = connection.execute(
        "UPDATE records SET eid = ?, version = version + 1, fields = ?"
        " WHERE kind = ? AND key = ? AND version = ?",
        (record.eid.hex(), fields, kind, record.key, record.version),
    )
    if done.rowcount != 1:
        raise ConflictError(record.key)


def _to_json(record: Record) -> str:
    fields = {name: value for name, value in record._asdict().items() if name != "version"}
    return json.dumps(fields, default=bytes.hex)


def _read(kind: type[R], fields: str, version: int) -> R:
    """Fields that the record did not have when it was written take their defaults."""
    readers: dict[str, Callable[[Any], Any]] = _readers(kind)  # type: ignore[arg-type]
    values = {name: readers[name](value) for name, value in json.loads(fields).items() if name in readers}
    return kind(**values, version=version)


@cache
def _readers(kind: type[Any]) -> dict[str, Callable[[Any], Any]]:
    return {name: _reader(of) for name, of in get_type_hints(kind).items()}


def _reader(of: Any) -> Callable[[Any], Any]:
    if of is bytes:
        return bytes.fromhex
    if of == tuple[bytes, ...]:
        return lambda values: tuple(bytes.fromhex(value) for value in values)
    if isinstance(of, UnionType):
        inner = next(one for one in get_args(of) if one is not type(None))
        return lambda value: None if value is None else _reader(inner)(value)
    if isinstance(of, type) and issubclass(of, StrEnum):
        return of
    return lambda value: value
