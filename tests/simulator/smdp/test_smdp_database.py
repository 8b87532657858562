"""The database: its history, keys at rest, what is forgotten, and two workers that want the same."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from simulator.smdp import ProfileMetadata, RspError, SmdpPlus
from simulator.smdp.database import METADATA
from simulator.smdp.ds.sql import DsSqlStore
from simulator.smdp.migrations import FOLDER, HEAD, MigrationError, upgrade
from simulator.smdp.records import Outgoing
from simulator.smdp.sql import SqlStore
from simulator.smdp.states import OrderState
from simulator.smdp.vault import Vault, VaultError


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    return f"sqlite:///{tmp_path / 'smdp.db'}"


@pytest.fixture
def open_store(url: str) -> Iterator[Callable[..., SqlStore]]:
    """Opens stores on the same database."""
    stores: list[SqlStore] = []

    def make(passphrase: str = "") -> SqlStore:
        stores.append(SqlStore(url, passphrase))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def test_migrations_lead_to_the_tables_of_the_records(url: str) -> None:
    engine = create_engine(url)
    upgrade(engine)
    upgrade(engine)  # a second time there is nothing to do
    assert {table.name for table in DsSqlStore.TABLES.values()} < set(METADATA.tables)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        differences = compare_metadata(context, METADATA)
    engine.dispose()
    assert differences == []


def test_the_head_is_the_last_migration() -> None:
    assert ScriptDirectory(str(FOLDER)).get_current_head() == HEAD


LATER_COLUMNS = frozenset(
    (
        *("iccid", "profile_type", "owner", "smds_address", "is_event_registered", "ppk", "ppp"),
        *("device_change", "awaits_deletion", "transaction_id"),
    )
)
"""Of orders, what the first version did not have."""


def test_a_database_of_the_first_version_keeps_its_orders(tmp_path: Path, make_world: Any) -> None:
    """As version 0.1 made it: the tables of then, and no note of Alembic's."""
    path = tmp_path / "old.db"
    old = sqlite3.connect(path)
    old.executescript(
        """
        CREATE TABLE orders (row_id INTEGER NOT NULL PRIMARY KEY, "key" VARCHAR NOT NULL UNIQUE,
            unique_matching_id VARCHAR UNIQUE, order_id VARCHAR NOT NULL, upp BLOB NOT NULL,
            profile_metadata BLOB NOT NULL, matching_id VARCHAR NOT NULL, eid BLOB NOT NULL,
            is_linked BOOLEAN NOT NULL, state VARCHAR(11) NOT NULL, confirmation_code_hash BLOB NOT NULL,
            confirmation_code_failures INTEGER NOT NULL, attempts INTEGER NOT NULL,
            max_attempts INTEGER NOT NULL, expires_at INTEGER NOT NULL, is_reusable BOOLEAN NOT NULL,
            allows_rebinding BOOLEAN NOT NULL, with_ppk BOOLEAN NOT NULL, bpp_euicc_otpk BLOB NOT NULL,
            bpp_smdp_otpk BLOB NOT NULL, bpp_body BLOB NOT NULL, version INTEGER NOT NULL);
        CREATE INDEX ix_orders_eid ON orders (eid);
        CREATE TABLE sessions (row_id INTEGER NOT NULL PRIMARY KEY, "key" VARCHAR NOT NULL UNIQUE,
            transaction_id BLOB NOT NULL, created_at INTEGER NOT NULL, euicc_ci_key_id BLOB NOT NULL,
            server_ci_key_id BLOB NOT NULL, server_challenge BLOB NOT NULL, state VARCHAR(13) NOT NULL,
            eid BLOB NOT NULL, order_id VARCHAR NOT NULL, euicc_certificate BLOB NOT NULL,
            smdp_signature2 BLOB NOT NULL, version INTEGER NOT NULL);
        CREATE TABLE notifications (row_id INTEGER NOT NULL PRIMARY KEY, "key" VARCHAR NOT NULL UNIQUE,
            eid BLOB NOT NULL, sequence_number INTEGER NOT NULL, event VARCHAR NOT NULL,
            iccid BLOB NOT NULL, is_success BOOLEAN NOT NULL, received_at INTEGER NOT NULL,
            content BLOB NOT NULL, version INTEGER NOT NULL);
        """
    )
    world = make_world()
    world.order("OLD-1")
    (order,) = world.smdp.orders()
    columns = {name: value for name, value in order._asdict().items() if name not in LATER_COLUMNS}
    row = {**columns, "state": order.state.name, "key": order.key, "unique_matching_id": "OLD-1"}
    names = ", ".join(f'"{name}"' for name in row)
    old.execute(f"INSERT INTO orders ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
    old.commit()
    old.close()
    store = SqlStore(f"sqlite:///{path}")
    kept = store.order_by_matching_id("OLD-1")
    assert kept is not None
    assert (kept.upp, kept.state, kept.owner) == (world.upp, OrderState.RELEASED, "")
    assert make_world(store).delivered("OLD-1")["boundProfilePackage"]
    store.close()


def test_a_database_of_a_later_version_is_refused(url: str, open_store: Callable[..., SqlStore]) -> None:
    open_store()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(MigrationError, match=r"of a later version \(9999\)"):
        open_store()
    assert inspect(engine).has_table("orders")
    engine.dispose()


def test_keys_at_rest_are_encrypted(url: str, open_store: Callable[..., SqlStore], make_world: Any) -> None:
    store = open_store("correct horse")
    world = make_world(store)
    world.order("ID-1")
    with store.engine.connect() as connection:
        (kept,) = connection.execute(text("SELECT upp FROM orders")).one()
    assert world.upp[:40] not in bytes(kept)
    assert len(kept) == len(world.upp) + 28
    again = make_world(open_store("correct horse"))
    package = again.delivered("ID-1")
    assert again.euicc.open(package["boundProfilePackage"])[2] == world.upp
    with pytest.raises(VaultError, match="is not the one that this database was made with"):
        open_store("wrong")
    with pytest.raises(VaultError, match="are encrypted: give its passphrase"):
        open_store()


def test_a_passphrase_is_changed_set_and_taken_away(
    open_store: Callable[..., SqlStore], make_world: Any
) -> None:
    world = make_world(open_store())
    world.order("ID-1")
    with pytest.raises(VaultError, match="are not encrypted"):
        open_store("first")
    passphrases = ["", "first", "second", ""]
    for before, after in pairwise(passphrases):
        open_store(before).change_passphrase(after)
        kept = open_store(after).order_by_matching_id("ID-1")
        assert kept is not None
        assert kept.upp == world.upp
        if before:
            with pytest.raises(VaultError):
                open_store(before)


def test_a_changed_ciphertext_is_noticed() -> None:
    vault = Vault.new("x")
    sealed = bytearray(vault.encrypt(b"K and OPc"))
    assert vault.decrypt(bytes(sealed)) == b"K and OPc"
    sealed[-1] ^= 1
    with pytest.raises(VaultError):
        vault.decrypt(bytes(sealed))


def test_old_sessions_and_delivered_messages_are_forgotten(
    open_store: Callable[..., SqlStore], make_world: Any
) -> None:
    store = open_store()
    world = make_world(store)
    world.order()
    first = world.delivered()["transactionId"]
    told = Outgoing("1", "ES2+", "2.999.20", "f", "{}", world.smdp.now(), is_delivered=True)
    store.save(told, told._replace(message_id="2", is_delivered=False))
    world.clock.advance(days=2)
    second = world.initiated()["transactionId"]
    assert store.forget(world.smdp.now() - 86400) == 2
    assert store.session(first) is None
    assert store.session(second) is not None
    assert [outgoing.message_id for outgoing in store.undelivered()] == ["2"]
    assert store.orders()[0].state is OrderState.DOWNLOADED


def test_messages_of_one_session_may_go_to_any_worker(
    open_store: Callable[..., SqlStore], make_world: Any
) -> None:
    """Two servers that share nothing but certificates and the database take turns."""
    world = make_world(open_store())
    workers = [world.smdp, _worker(world, open_store())]
    world.order()
    server = workers[1].initiate_authentication(world.euicc.initiate())
    offer = workers[0].authenticate_client(world.euicc.authenticate(server, "ID-1"))
    package = workers[1].get_bound_profile_package(world.euicc.prepare(offer))
    workers[0].handle_notification(world.euicc.result(package["transactionId"]))
    assert workers[1].orders()[0].state is OrderState.INSTALLED


@pytest.mark.parametrize("function", ["authenticate_client", "download_order"])
def test_two_workers_cannot_both_win(
    open_store: Callable[..., SqlStore], make_world: Any, function: str
) -> None:
    """The same message to both at the same moment: one answers, the other refuses."""
    world = make_world(open_store())
    workers = [world.smdp, _worker(world, open_store())]
    other = ProfileMetadata(iccid="8900012345678901235")
    world.order(max_attempts=1, metadata=other)
    iccid = world.smdp.add_profile(world.upp)
    for _ in range(4):
        if function == "authenticate_client":
            request = world.euicc.authenticate(world.initiated(), "ID-1")
        else:
            request = {"functionRequesterIdentifier": "2.999.20", "iccid": iccid}
        answers = _at_once([getattr(worker, function) for worker in workers], request)
        assert sorted(type(answer).__name__ for answer in answers) == ["RspError", "dict"], answers
        (stock,) = world.store.orders_with_iccid(iccid)
        order = world.store.order_by_matching_id("ID-1")
        world.store.save(order._replace(attempts=0), stock._replace(state=OrderState.AVAILABLE))


def _worker(world: Any, store: SqlStore) -> SmdpPlus:
    return SmdpPlus(world.smdp.identity, store, entropy=world.entropy, clock=world.clock)


def _at_once(calls: list[Callable[[Any], Any]], request: Any) -> list[Any]:
    """The answers, or errors, of calls that begin together."""
    barrier = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        barrier.wait()
        try:
            answers[number] = calls[number](request)
        except RspError as error:
            answers[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
