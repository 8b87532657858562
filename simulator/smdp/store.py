"""Where the SM-DP+ keeps its records: the protocol, and the store in memory.

The store in memory serves tests, demos and fleets in one process, where the writes of a download over SQL
would cost as much as its cryptography; `simulator.smdp.sql` keeps records on disk.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Protocol

from simulator.smdp.records import Notification, Order, Record, Session


class ConflictError(Exception):
    """A record has changed since it was read, or a new one is there already. Nothing was saved."""


class Store(Protocol):
    """Finds records, and saves changed copies of them, all or none."""

    def order(self, order_id: str) -> Order | None: ...

    def order_by_matching_id(self, matching_id: str) -> Order | None: ...

    def orders_for_eid(self, eid: bytes) -> list[Order]:
        """Orders without a matching id that are linked to this EID (16 bytes), oldest first."""
        ...

    def orders(self) -> list[Order]:
        """All of them, oldest first."""
        ...

    def session(self, transaction_id: bytes) -> Session | None: ...

    def notification(self, key: str) -> Notification | None: ...

    def notifications(self) -> list[Notification]:
        """All of them, oldest first."""
        ...

    def save(self, *records: Record) -> None:
        """Writes all records as one transaction. ConflictError, and no change, unless every stored one has
        the version of the record given (0: must not be there yet)."""
        ...


class MemoryStore:
    """Records in dictionaries; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: dict[str, Order] = {}
        self._sessions: dict[str, Session] = {}
        self._notifications: dict[str, Notification] = {}
        self._by_matching_id: dict[str, str] = {}
        self._by_eid: dict[bytes, list[str]] = {}

    def order(self, order_id: str) -> Order | None:
        return self._orders.get(order_id)

    def order_by_matching_id(self, matching_id: str) -> Order | None:
        return self._orders.get(self._by_matching_id.get(matching_id, ""))

    def orders_for_eid(self, eid: bytes) -> list[Order]:
        return [self._orders[order_id] for order_id in self._by_eid.get(eid, ())]

    def orders(self) -> list[Order]:
        return list(self._orders.values())

    def session(self, transaction_id: bytes) -> Session | None:
        return self._sessions.get(transaction_id.hex())

    def notification(self, key: str) -> Notification | None:
        return self._notifications.get(key)

    def notifications(self) -> list[Notification]:
        return list(self._notifications.values())

    def save(self, *records: Record) -> None:
        with self._lock:
            self._check(records)
            for record in records:
                self._put(record)

    def _check(self, records: Iterable[Record]) -> None:
        for record in records:
            stored = self._stored(record)
            if record.version != (stored.version if stored else 0):
                raise ConflictError(record.key)
            if isinstance(record, Order) and not stored and record.matching_id in self._by_matching_id:
                raise ConflictError(record.matching_id)

    def _stored(self, record: Record) -> Record | None:
        if isinstance(record, Order):
            return self._orders.get(record.key)
        if isinstance(record, Session):
            return self._sessions.get(record.key)
        return self._notifications.get(record.key)

    def _put(self, record: Record) -> None:
        saved = record._replace(version=record.version + 1)
        if isinstance(saved, Order):
            if record.version == 0:
                self._index(saved)
            self._orders[saved.key] = saved
        elif isinstance(saved, Session):
            self._sessions[saved.key] = saved
        else:
            self._notifications[saved.key] = saved

    def _index(self, order: Order) -> None:
        if order.matching_id:
            self._by_matching_id[order.matching_id] = order.key
        elif order.is_linked:
            self._by_eid.setdefault(order.eid, []).append(order.key)
