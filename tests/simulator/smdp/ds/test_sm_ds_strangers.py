"""An SM-DS among strangers: nonsense, long and slow messages, two workers, dead sessions, push servers."""

from __future__ import annotations

import http.server
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from asn1 import es9, es11, es12, rsp
from simulator.crypto.pki import TestPki
from simulator.smdp import RspError, SmdpPlus, exchange
from simulator.smdp.ds import DsIdentity, DsMemoryStore, DsStore, SmDs
from simulator.smdp.ds.http import create_app
from simulator.smdp.ds.push_client import PushClients
from simulator.smdp.ds.sql import DsSqlStore
from simulator.smdp.http import Interface, answer
from simulator.smdp.serve import running_application
from simulator.smdp.sql import SqlStore
from simulator.smdp.store import MemoryStore
from simulator.smdp.upkeep import tidy, tidying

ADDRESS = "testrootsmds.example.com"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEADERS = {"X-Admin-Protocol": "gsma/rsp/v2.2.2", "Content-Type": "application/json"}
EVENT = {
    "functionRequesterIdentifier": "2.999.10",
    "functionCallIdentifier": "1",
    "eid": "89049032123451234512345678901235",
    "rspServerAddress": "testsmdpplus1.example.com",
    "eventId": "EVENT-1",
    "forwardingIndicator": False,
}


@pytest.fixture(scope="module")
def identity(rsp_pki: TestPki) -> DsIdentity:
    return DsIdentity.from_pki(rsp_pki, ADDRESS, entropy=random.Random("ds").randbytes, now=NOW)


def make_ds(world: Any, identity: DsIdentity, store: DsStore | None = None) -> SmDs:
    return SmDs(identity, store or DsMemoryStore(), entropy=world.entropy, clock=world.clock)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.binary(max_size=20).map(bytes.hex),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = sorted(
    {
        member.name
        for binding in (es11.BINDING, es12.BINDING)
        for function in binding.functions.values()
        for member in function.request
    }
)


@settings(max_examples=150, deadline=None)
@given(
    interface=st.sampled_from([es11.BINDING, es12.BINDING]),
    members=st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=8),
    data=st.data(),
)
def test_nonsense_is_refused_with_codes(
    identity: DsIdentity, interface: Any, members: dict[str, Any], data: st.DataObject
) -> None:
    """Whatever a JSON object holds: status 200, codes, and nothing kept."""
    ds = SmDs(identity, DsMemoryStore(), entropy=bytes, clock=lambda: NOW)
    function = data.draw(st.sampled_from(sorted(interface.functions)))
    document = {
        "header": {"functionRequesterIdentifier": "2.999.10", "functionCallIdentifier": "1"},
        **members,
    }
    answered = answer(Interface.of(interface, ds), function, document)
    assert answered.status == 200
    assert answered.document is not None
    status = answered.document["header"]["functionExecutionStatus"]
    if status["status"] == "Failed":
        assert status["statusCodeData"]["subjectCode"]
        assert ds.store.events() == []


def test_a_long_body_is_cut_off(world: Any, identity: DsIdentity) -> None:
    client = TestClient(create_app(make_ds(world, identity), max_body=1000))
    response = client.post(es11.BINDING.path("checkEvent"), content=b" " * 1001, headers=HEADERS)
    assert response.status_code == 413


def test_a_slow_body_is_given_up(world: Any, identity: DsIdentity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "BODY_SECONDS", 0.1)
    ds = make_ds(world, identity)
    with running_application(ds, create_app(ds), is_tls=False) as address:
        import socket

        with socket.create_connection((address.host, address.port), timeout=5) as slow:
            path = es11.BINDING.path("checkEvent")
            head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
            slow.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n{head}\r\n{{".encode())
            assert slow.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_workers_cannot_both_answer_one_transaction(
    world: Any, identity: DsIdentity, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'ds.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgresql")
    with DsSqlStore(url) as one, DsSqlStore(url) as other:
        workers = [make_ds(world, identity, store) for store in (one, other)]
        for _ in range(5):
            opening = {**world.euicc.initiate(), "smdpAddress": ADDRESS}
            server = workers[0].initiate_authentication(opening)
            proof = world.euicc.authenticate(server, "")
            outcomes = at_once([partial(ds.authenticate_client, proof) for ds in workers])
            refused = [outcome for outcome in outcomes if isinstance(outcome, RspError)]
            assert [(error.subject_code, error.reason_code) for error in refused] == [("8.10.1", "3.9")]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_workers_cannot_both_register_an_event(
    world: Any, identity: DsIdentity, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'ds.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgresql")
    with DsSqlStore(url) as one, DsSqlStore(url) as other:
        workers = [make_ds(world, identity, store) for store in (one, other)]
        for number in range(5):
            event = {**EVENT, "eventId": f"EVENT-{number}"}
            outcomes = at_once([partial(ds.register_event, event) for ds in workers])
            refused = [outcome for outcome in outcomes if isinstance(outcome, RspError)]
            assert [(error.subject_code, error.reason_code) for error in refused] == [("8.9.5", "3.3")]
        assert len(one.events()) == 5


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """What calls give that begin at the same moment: answers, or the errors that they raise."""
    barrier = threading.Barrier(len(calls))
    outcomes: list[Any] = []

    def run(call: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            outcomes.append(call())
        except RspError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
def test_sessions_of_strangers_are_forgotten_first(
    world: Any, identity: DsIdentity, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Anybody can open sessions: after an hour they are gone. One with an eUICC is kept for a week."""
    url = f"sqlite:///{tmp_path / 'all.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgresql")
    ds = make_ds(world, identity, DsMemoryStore() if kind == "memory" else DsSqlStore(url))
    smdp = SmdpPlus(
        world.smdp.identity,
        MemoryStore() if kind == "memory" else SqlStore(url),
        entropy=world.entropy,
        clock=world.clock,
    )
    smdp.add_order(world.upp, "ID-1")
    for server in (ds, smdp):
        address = server.identity.address
        opened = [
            server.initiate_authentication({**world.euicc.initiate(), "smdpAddress": address})
            for _ in range(3)
        ]
        matching_id = "ID-1" if server is smdp else ""
        server.authenticate_client(world.euicc.authenticate(opened[0], matching_id))
    assert (tidy(ds), tidy(smdp)) == (0, 0)
    world.clock.advance(hours=1, seconds=1)
    assert (tidy(ds), tidy(smdp)) == (2, 2)
    world.clock.advance(days=7)
    assert (tidy(ds), tidy(smdp)) == (1, 1)
    for store in (ds.store, smdp.store):
        if kind != "memory":
            store.close()  # type: ignore[union-attr]


def test_a_running_sm_ds_tidies_up(world: Any, identity: DsIdentity) -> None:
    ds = make_ds(world, identity)
    server = ds.initiate_authentication({**world.euicc.initiate(), "smdpAddress": ADDRESS})
    world.clock.advance(hours=2)
    with tidying(ds, interval=0.01):
        until = time.monotonic() + 5
        while ds.store.session(server["transactionId"]) and time.monotonic() < until:
            time.sleep(0.01)
    assert ds.store.session(server["transactionId"]) is None


@contextmanager
def push_server() -> Iterator[tuple[str, list[Any]]]:
    """The URL of a push server, and the bodies that it gets."""
    told: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.HTTPServer(("localhost", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/push", told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_push_server_is_told_and_may_be_away(caplog: pytest.LogCaptureFixture) -> None:
    with push_server() as (url, told):
        with PushClients({"2.999.70.1": url, "2.999.70.2": "http://localhost:1/"}) as push:
            for oid, service in push.services.items():
                service(f"token of {oid}")
        assert told == [{"pushToken": "token of 2.999.70.1"}]
    assert "push server http://localhost:1/:" in caplog.text


def test_events_cannot_be_harvested(world: Any, identity: DsIdentity) -> None:
    """What an LPA hears without authentication is a yes or no, and only for an ecId that nobody can guess."""
    ds = make_ds(world, identity)
    ds.register_event(EVENT)
    eid = bytes.fromhex(str(EVENT["eid"]))
    for ec_id in (eid, eid * 2, bytes(32), bytes(range(16))):
        with pytest.raises(RspError):
            ds.check_event({"ecId": ec_id, "smdsAddress": ADDRESS})
    assert rsp.names("CheckEventResponse.checkEventError")["unknownEcid"] == 4
    assert es9.PATH_PREFIX in es11.BINDING.path("checkEvent")
    assert timedelta(days=1) < ds.ec_id_lifetime < timedelta(days=366)
