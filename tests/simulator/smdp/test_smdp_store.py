"""The stores: both keep the same promises, and a server goes on after a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.smdp import ConflictError, MemoryStore, RspError, SmdpPlus, Store
from simulator.smdp.records import Notification, Order, Session
from simulator.smdp.sql import SqlStore
from simulator.smdp.states import ORDER, SESSION, OrderEvent, OrderState, SessionEvent, SessionState

EID = bytes(range(16))


@pytest.fixture(params=["memory", "sqlite in memory", "sqlite file", "encrypted", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    url = {"sqlite in memory": "sqlite://"}.get(request.param, f"sqlite:///{tmp_path / 'smdp.db'}")
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql")
    sql = SqlStore(url, "open sesame" if request.param == "encrypted" else "")
    yield sql
    sql.close()


def order(order_id: str = "1", **values: Any) -> Order:
    return Order(order_id=order_id, upp=b"upp", profile_metadata=b"metadata", **values)


def session(transaction_id: bytes = b"\x01") -> Session:
    return Session(transaction_id, 5, bytes(20), bytes(20), bytes(16))


def notification(content: bytes = b"n") -> Notification:
    return Notification(EID, 1, "install", b"", True, 5, content)


def test_records_come_back_as_saved(store: Store) -> None:
    first = order(matching_id="A", expires_at=7, is_reusable=True, state=OrderState.CONFIRMED)
    store.save(first, session(), notification())
    assert store.order("1") == store.order_by_matching_id("A") == first._replace(version=1)
    assert store.session(b"\x01") == session()._replace(version=1)
    assert store.notification(notification().key) == notification()._replace(version=1)
    assert store.orders() == [first._replace(version=1)]
    assert store.notifications() == [notification()._replace(version=1)]


def test_what_is_not_there(store: Store) -> None:
    assert store.order("1") is None
    assert store.order_by_matching_id("A") is None
    assert store.order_by_matching_id("") is None
    assert store.orders_for_eid(EID) == []
    assert store.session(b"") is None
    assert store.notification("x") is None


def test_orders_for_an_eid_are_those_without_a_matching_id(store: Store) -> None:
    store.save(order("1", matching_id="A", eid=EID, is_linked=True))
    store.save(order("2", eid=EID, is_linked=True), order("3", eid=EID, is_linked=True))
    store.save(order("4", eid=bytes(16), is_linked=True))
    assert [found.order_id for found in store.orders_for_eid(EID)] == ["2", "3"]


def test_only_the_current_version_is_replaced(store: Store) -> None:
    store.save(order())
    stored = store.order("1")
    assert stored is not None
    store.save(stored._replace(attempts=1))
    with pytest.raises(ConflictError):
        store.save(stored._replace(attempts=5))
    with pytest.raises(ConflictError):
        store.save(order())
    current = store.order("1")
    assert current is not None
    assert (current.attempts, current.version) == (1, 2)


def test_a_matching_id_belongs_to_one_order(store: Store) -> None:
    store.save(order("1", matching_id="A"))
    with pytest.raises(ConflictError):
        store.save(order("2", matching_id="A"))
    assert store.order("2") is None


def test_all_or_none_are_saved(store: Store) -> None:
    store.save(session())
    with pytest.raises(ConflictError):
        store.save(order(), notification(), session())
    assert store.order("1") is None
    assert store.notifications() == []


def test_one_of_many_threads_wins(store: Store) -> None:
    store.save(session())
    stored = store.session(b"\x01")
    assert stored is not None
    barrier, wins = threading.Barrier(4), []

    def change(state: SessionState) -> None:
        barrier.wait()
        try:
            store.save(stored._replace(state=state))
        except ConflictError:
            return
        wins.append(state)

    threads = [threading.Thread(target=change, args=(state,)) for state in list(SessionState)[:4]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 1
    now = store.session(b"\x01")
    assert now is not None
    assert now.state is wins[0]


def test_a_restart_goes_on_in_the_middle_of_a_session(make_world: Callable[..., Any], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'smdp.db'}"
    world = make_world(SqlStore(url))

    def restart() -> None:
        world.store.close()
        world.store = SqlStore(url)
        identity = world.smdp.identity
        world.smdp = SmdpPlus(identity, world.store, entropy=world.entropy, clock=world.clock)

    world.order()
    server = world.initiated()
    restart()
    offer = world.smdp.authenticate_client(world.euicc.authenticate(server, "ID-1"))
    restart()
    package = world.smdp.get_bound_profile_package(world.euicc.prepare(offer))
    assert world.euicc.open(package["boundProfilePackage"])[2] == world.upp
    restart()
    world.smdp.handle_notification(world.euicc.result(package["transactionId"]))
    (stored,) = world.smdp.orders()
    assert stored.state is OrderState.INSTALLED
    world.store.close()


class Interrupting(MemoryStore):
    """Lets another request in between a handler's reading and its writing, once."""

    def __init__(self) -> None:
        super().__init__()
        self.between: Callable[[], Any] | None = None

    def save(self, *records: Any) -> None:
        between, self.between = self.between, None
        if between:
            between()
        super().save(*records)


def test_two_requests_on_one_session_cannot_both_win(make_world: Callable[..., Any]) -> None:
    store = Interrupting()
    world = make_world(store)
    world.order()
    request = world.euicc.authenticate(world.initiated(), "ID-1")
    store.between = lambda: world.smdp.authenticate_client(request)
    with pytest.raises(RspError, match=r"8\.10\.1/3\.9"):
        world.smdp.authenticate_client(request)
    (stored,) = store.orders()
    assert stored.attempts == 1


def test_two_sessions_on_one_order_both_count(make_world: Callable[..., Any]) -> None:
    store = Interrupting()
    world = make_world(store)
    world.order()
    first, second = (world.euicc.authenticate(world.initiated(), "ID-1") for _ in range(2))
    store.between = lambda: world.smdp.authenticate_client(first)
    world.smdp.authenticate_client(second)
    (stored,) = store.orders()
    assert stored.attempts == 2


def test_a_store_that_always_conflicts_gives_up(make_world: Callable[..., Any]) -> None:
    class Busy(MemoryStore):
        def save(self, *records: Any) -> None:
            raise ConflictError("busy")

    world = make_world(Busy())
    with pytest.raises(RspError, match="in progress"):
        world.initiated()


# The tables of states


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("event", OrderEvent)
def test_orders_move_as_the_table_says(state: OrderState, event: OrderEvent) -> None:
    moved = order(state=state).moved(event)
    assert moved.state is ORDER[state].get(event, state)


@pytest.mark.parametrize("state", SessionState)
@pytest.mark.parametrize("event", SessionEvent)
def test_sessions_move_as_the_table_says(state: SessionState, event: SessionEvent) -> None:
    moved = session()._replace(state=state).moved(event)
    assert (moved.state if moved else None) is SESSION[state].get(event)


def test_every_state_can_be_reached_and_is_in_its_table() -> None:
    orders = {to for row in ORDER.values() for to in row.values()} | {OrderState.AVAILABLE}
    sessions = {to for row in SESSION.values() for to in row.values()} | {SessionState.INITIATED}
    assert orders == set(ORDER) == set(OrderState)
    assert sessions == set(SESSION) == set(SessionState)
