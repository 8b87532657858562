"""Where the SM-DP+ keeps its records: the protocol, and the store in memory.

The store in memory serves tests, demos and fleets in one process, where the writes of a download over SQL
would cost as much as its cryptography; `simulator.smdp.sql` keeps records on disk.
"""

from __future__ import annotations

import threading
from typing import Any, Protocol

from simulator.smdp.records import (
    DeviceChange,
    Notification,
    Operator,
    Order,
    Outgoing,
    Record,
    RpmOrder,
    Session,
)


class ConflictError(Exception):
    """A record has changed since it was read, or a new one is there already. Nothing was saved."""


class StoreError(Exception):
    """The records cannot be read or written now. Nothing was changed."""


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

    def orders_with_iccid(self, iccid: str) -> list[Order]:
        """Oldest first."""
        ...

    def orders_of_type(self, profile_type: str) -> list[Order]:
        """Oldest first."""
        ...

    def rpm_order(self, order_id: str) -> RpmOrder | None: ...

    def rpm_order_by_matching_id(self, matching_id: str) -> RpmOrder | None: ...

    def rpm_orders_for_eid(self, eid: bytes) -> list[RpmOrder]:
        """Those for this EID (16 bytes), oldest first."""
        ...

    def rpm_orders(self) -> list[RpmOrder]:
        """All of them, oldest first."""
        ...

    def operator(self, oid: str) -> Operator | None: ...

    def operators(self) -> list[Operator]: ...

    def undelivered(self) -> list[Outgoing]:
        """What other servers are still to hear, oldest first."""
        ...

    def session(self, transaction_id: bytes) -> Session | None: ...

    def device_change(self, change_id: str) -> DeviceChange | None: ...

    def device_change_to(self, order_id: str) -> DeviceChange | None:
        """The one by which the new device gets this order."""
        ...

    def device_changes(self) -> list[DeviceChange]:
        """All of them, oldest first."""
        ...

    def device_changes_of(self, iccid: str) -> list[DeviceChange]:
        """Those of the profile with this ICCID (18 to 20 digits), oldest first."""
        ...

    def notification(self, key: str) -> Notification | None: ...

    def notifications(self) -> list[Notification]:
        """All of them, oldest first."""
        ...

    def save(self, *records: Record) -> None:
        """Writes all records as one transaction. ConflictError, and no change, unless every stored one has
        the version of the record given (0: must not be there yet)."""
        ...

    def close(self) -> None:
        """Ends all connections; the store must not be used any more."""
        ...

    def forget(self, before: int, initiated_before: int = 0) -> int:
        """Drops sessions that began, and delivered messages that were written, before that time (seconds
        since 1970), and sessions that began before `initiated_before` and never got beyond it, which any
        stranger can open; how many."""
        ...


class MemoryStore:
    """Records in dictionaries; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: dict[str, Order] = {}
        self._rpm_orders: dict[str, RpmOrder] = {}
        self._sessions: dict[str, Session] = {}
        self._device_changes: dict[str, DeviceChange] = {}
        self._notifications: dict[str, Notification] = {}
        self._operators: dict[str, Operator] = {}
        self._outgoing: dict[str, Outgoing] = {}
        self._by_matching_id: dict[str, str] = {}
        self._by_eid: dict[bytes, dict[str, None]] = {}

    def order(self, order_id: str) -> Order | None:
        return self._orders.get(order_id)

    def order_by_matching_id(self, matching_id: str) -> Order | None:
        return self._orders.get(self._by_matching_id.get(matching_id, ""))

    def orders_for_eid(self, eid: bytes) -> list[Order]:
        return [self._orders[order_id] for order_id in self._by_eid.get(eid, ())]

    def orders(self) -> list[Order]:
        return list(self._orders.values())

    def orders_with_iccid(self, iccid: str) -> list[Order]:
        return [order for order in self.orders() if order.iccid == iccid]

    def orders_of_type(self, profile_type: str) -> list[Order]:
        return [order for order in self.orders() if order.profile_type == profile_type]

    def rpm_order(self, order_id: str) -> RpmOrder | None:
        return self._rpm_orders.get(order_id)

    def rpm_order_by_matching_id(self, matching_id: str) -> RpmOrder | None:
        return next((order for order in self.rpm_orders() if order.matching_id == matching_id), None)

    def rpm_orders_for_eid(self, eid: bytes) -> list[RpmOrder]:
        return [order for order in self.rpm_orders() if order.eid == eid]

    def rpm_orders(self) -> list[RpmOrder]:
        return list(self._rpm_orders.values())

    def session(self, transaction_id: bytes) -> Session | None:
        return self._sessions.get(transaction_id.hex())

    def device_change(self, change_id: str) -> DeviceChange | None:
        return self._device_changes.get(change_id)

    def device_change_to(self, order_id: str) -> DeviceChange | None:
        return next((one for one in self.device_changes() if one.new_order_id == order_id), None)

    def device_changes(self) -> list[DeviceChange]:
        return list(self._device_changes.values())

    def device_changes_of(self, iccid: str) -> list[DeviceChange]:
        return [change for change in self.device_changes() if change.iccid == iccid]

    def notification(self, key: str) -> Notification | None:
        return self._notifications.get(key)

    def notifications(self) -> list[Notification]:
        return list(self._notifications.values())

    def operator(self, oid: str) -> Operator | None:
        return self._operators.get(oid)

    def operators(self) -> list[Operator]:
        return list(self._operators.values())

    def undelivered(self) -> list[Outgoing]:
        return [outgoing for outgoing in self._outgoing.values() if not outgoing.is_delivered]

    def save(self, *records: Record) -> None:
        with self._lock:
            for record in records:
                self._check(record)
            for record in records:
                self._put(record)

    def close(self) -> None:
        """There is nothing to end."""

    def forget(self, before: int, initiated_before: int = 0) -> int:
        with self._lock:
            sessions = [key for key, item in self._sessions.items() if item.is_dead(before, initiated_before)]
            delivered = [
                key for key, item in self._outgoing.items() if item.is_delivered and item.created_at < before
            ]
            for key in sessions:
                del self._sessions[key]
            for key in delivered:
                del self._outgoing[key]
        return len(sessions) + len(delivered)

    def _table(self, record: Record) -> dict[str, Any]:
        tables: dict[type[Any], dict[str, Any]] = {
            Order: self._orders,
            RpmOrder: self._rpm_orders,
            Session: self._sessions,
            DeviceChange: self._device_changes,
            Notification: self._notifications,
            Operator: self._operators,
            Outgoing: self._outgoing,
        }
        return tables[type(record)]

    def _check(self, record: Record) -> None:
        stored = self._table(record).get(record.key)
        if record.version != (stored.version if stored else 0):
            raise ConflictError(record.key)
        if isinstance(record, RpmOrder):
            taken = self.rpm_order_by_matching_id(record.matching_id)
            if taken is not None and taken.key != record.key:
                raise ConflictError(record.matching_id)
        if not isinstance(record, Order) or not record.matching_id:
            return
        if self._by_matching_id.get(record.matching_id, record.key) != record.key:
            raise ConflictError(record.matching_id)

    def _put(self, record: Record) -> None:
        table = self._table(record)
        if isinstance(record, Order):
            self._index(self._orders.get(record.key), record)
        table[record.key] = record._replace(version=record.version + 1)

    def _index(self, before: Order | None, order: Order) -> None:
        if before is not None and _places(before) != _places(order):
            self._by_matching_id.pop(before.matching_id, None)
            self._by_eid.get(before.eid, {}).pop(order.key, None)
        elif before is not None:
            return
        if order.matching_id:
            self._by_matching_id[order.matching_id] = order.key
        elif order.is_linked:
            self._by_eid.setdefault(order.eid, {})[order.key] = None


def _places(order: Order) -> tuple[str, bytes, bool]:
    """What an order is found by."""
    return order.matching_id, order.eid, order.is_linked
