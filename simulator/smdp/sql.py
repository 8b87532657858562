"""The SM-DP+'s store in a database; see `simulator.smdp.database`."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Column, Integer, LargeBinary, String, Table, delete, insert, select, update

from simulator.smdp.database import METADATA, SECRET, Database, is_dead, table
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
from simulator.smdp.vault import Vault

_ORDERS = table(
    "orders",
    Order,
    frozenset({"eid", "iccid", "profile_type"}),
    # NULL may come many times in a unique column, an empty string only once.
    Column("unique_matching_id", String, unique=True),
)
_RPM_ORDERS = table(
    "rpm_orders", RpmOrder, frozenset({"eid"}), Column("unique_matching_id", String, unique=True)
)
_SESSIONS = table("sessions", Session, frozenset({"created_at"}))
_DEVICE_CHANGES = table("device_changes", DeviceChange, frozenset({"iccid", "new_order_id"}))
_NOTIFICATIONS = table("notifications", Notification)
_OPERATORS = table("operators", Operator)
_OUTGOING = table("outgoing", Outgoing, frozenset({"is_delivered"}))
_VAULT = Table("vault", METADATA, Column("vault_id", Integer, primary_key=True), Column("seal", LargeBinary))


class SqlStore(Database):
    """Records in a database that SQLAlchemy knows, such as "sqlite:///smdp.db" or
    "postgresql+psycopg://user@host/database"; "sqlite://" is in memory."""

    TABLES: ClassVar[dict[type[Any], Table]] = {
        Order: _ORDERS,
        RpmOrder: _RPM_ORDERS,
        Session: _SESSIONS,
        DeviceChange: _DEVICE_CHANGES,
        Notification: _NOTIFICATIONS,
        Operator: _OPERATORS,
        Outgoing: _OUTGOING,
    }

    def __init__(self, url: str, passphrase: str = "") -> None:
        """Opens the database, and brings its tables up to date. With a passphrase, keys in it are encrypted.
        VaultError if that is not the database's, MigrationError if the database is of a later version."""
        super().__init__(url)
        try:
            self.vault = self._open_vault(passphrase)
        except BaseException:
            self.close()
            raise

    def _open_vault(self, passphrase: str) -> Vault:
        with self.transaction() as connection:
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
        with self.transaction() as connection:
            secrets = [_ORDERS.c[name] for name in sorted(SECRET)]
            for key, *kept in connection.execute(select(_ORDERS.c.key, *secrets)).all():
                values = {
                    column: vault.encrypt(self.vault.decrypt(value))
                    for column, value in zip(secrets, kept, strict=True)
                }
                connection.execute(update(_ORDERS).where(_ORDERS.c.key == key).values(values))
            connection.execute(delete(_VAULT))
            if vault.seal:
                connection.execute(insert(_VAULT).values(vault_id=1, seal=vault.seal))
        self.vault = vault

    def order(self, order_id: str) -> Order | None:
        return self.one(Order, select(_ORDERS).where(_ORDERS.c.key == order_id))

    def order_by_matching_id(self, matching_id: str) -> Order | None:
        return self.one(Order, select(_ORDERS).where(_ORDERS.c.unique_matching_id == matching_id))

    def orders_for_eid(self, eid: bytes) -> list[Order]:
        linked = select(_ORDERS).where(
            _ORDERS.c.eid == eid, _ORDERS.c.is_linked.is_(True), _ORDERS.c.unique_matching_id.is_(None)
        )
        return self.all(Order, linked.order_by(_ORDERS.c.row_id))

    def orders(self) -> list[Order]:
        return self.all(Order, select(_ORDERS).order_by(_ORDERS.c.row_id))

    def orders_with_iccid(self, iccid: str) -> list[Order]:
        return self.all(Order, select(_ORDERS).where(_ORDERS.c.iccid == iccid).order_by(_ORDERS.c.row_id))

    def orders_of_type(self, profile_type: str) -> list[Order]:
        of_type = select(_ORDERS).where(_ORDERS.c.profile_type == profile_type)
        return self.all(Order, of_type.order_by(_ORDERS.c.row_id))

    def rpm_order(self, order_id: str) -> RpmOrder | None:
        return self.one(RpmOrder, select(_RPM_ORDERS).where(_RPM_ORDERS.c.key == order_id))

    def rpm_order_by_matching_id(self, matching_id: str) -> RpmOrder | None:
        query = select(_RPM_ORDERS).where(_RPM_ORDERS.c.unique_matching_id == matching_id)
        return self.one(RpmOrder, query)

    def rpm_orders_for_eid(self, eid: bytes) -> list[RpmOrder]:
        query = select(_RPM_ORDERS).where(_RPM_ORDERS.c.eid == eid)
        return self.all(RpmOrder, query.order_by(_RPM_ORDERS.c.row_id))

    def rpm_orders(self) -> list[RpmOrder]:
        return self.all(RpmOrder, select(_RPM_ORDERS).order_by(_RPM_ORDERS.c.row_id))

    def operator(self, oid: str) -> Operator | None:
        return self.one(Operator, select(_OPERATORS).where(_OPERATORS.c.key == oid))

    def operators(self) -> list[Operator]:
        return self.all(Operator, select(_OPERATORS).order_by(_OPERATORS.c.row_id))

    def undelivered(self) -> list[Outgoing]:
        waiting = select(_OUTGOING).where(_OUTGOING.c.is_delivered.is_(False))
        return self.all(Outgoing, waiting.order_by(_OUTGOING.c.row_id))

    def session(self, transaction_id: bytes) -> Session | None:
        return self.one(Session, select(_SESSIONS).where(_SESSIONS.c.key == transaction_id.hex()))

    def device_change(self, change_id: str) -> DeviceChange | None:
        return self.one(DeviceChange, select(_DEVICE_CHANGES).where(_DEVICE_CHANGES.c.key == change_id))

    def device_change_to(self, order_id: str) -> DeviceChange | None:
        table = _DEVICE_CHANGES
        if not order_id:
            return None
        return self.one(DeviceChange, select(table).where(table.c.new_order_id == order_id))

    def device_changes(self) -> list[DeviceChange]:
        return self.all(DeviceChange, select(_DEVICE_CHANGES).order_by(_DEVICE_CHANGES.c.row_id))

    def device_changes_of(self, iccid: str) -> list[DeviceChange]:
        of_profile = select(_DEVICE_CHANGES).where(_DEVICE_CHANGES.c.iccid == iccid)
        return self.all(DeviceChange, of_profile.order_by(_DEVICE_CHANGES.c.row_id))

    def notification(self, key: str) -> Notification | None:
        return self.one(Notification, select(_NOTIFICATIONS).where(_NOTIFICATIONS.c.key == key))

    def notifications(self) -> list[Notification]:
        return self.all(Notification, select(_NOTIFICATIONS).order_by(_NOTIFICATIONS.c.row_id))

    def save(self, *records: Record) -> None:
        self.save_records(*records)

    def forget(self, before: int, initiated_before: int = 0) -> int:
        with self.transaction() as connection:
            old = (
                delete(_SESSIONS).where(is_dead(_SESSIONS, before, initiated_before)),
                delete(_OUTGOING).where(_OUTGOING.c.is_delivered.is_(True), _OUTGOING.c.created_at < before),
            )
            return sum(connection.execute(statement).rowcount for statement in old)

    def _derived(self, record: Any) -> dict[str, Any]:
        if isinstance(record, Order | RpmOrder):
            return {"unique_matching_id": record.matching_id or None}
        return {}
