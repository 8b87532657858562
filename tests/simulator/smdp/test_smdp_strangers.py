"""A server among strangers: slow ones, long ones, many workers; and its management, as its OpenAPI has it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from asn1 import es9
from simulator.smdp import SmdpPlus, exchange, peer
from simulator.smdp.http import create_app
from simulator.smdp.management import MAX_BODY, PATH, create_management
from simulator.smdp.serve import running, running_workers
from simulator.smdp.sql import SqlStore
from simulator.smdp.states import OrderState

TOKEN = "secret"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
HEADERS = {"X-Admin-Protocol": "gsma/rsp/v2.2.2", "Content-Type": "application/json"}
INITIATE = es9.path("initiateAuthentication")


def connected(address: Any) -> socket.socket:
    return socket.create_connection((address.host, address.port), timeout=5)


def test_slow_headers_end_the_connection(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "HEADER_SECONDS", 0.1)
    with running(world.smdp, is_tls=False) as address:
        with connected(address) as silent, connected(address) as slow:
            slow.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nX-")
            assert silent.recv(100) == b""
            assert slow.recv(100) == b""
        # A connection that is kept open is not hung up on while its client thinks, but when it begins slowly.
        kept = http.client.HTTPConnection(address.host, address.port, timeout=5)
        kept.request("GET", "/")
        assert kept.getresponse().read()
        time.sleep(0.2)
        kept.request("GET", "/")
        assert kept.getresponse().read()
        kept.sock.sendall(b"POST / HTTP/1.1\r\nHost")
        assert kept.sock.recv(100) == b""
        kept.close()


def test_a_slow_body_is_refused(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "BODY_SECONDS", 0.1)
    with running(world.smdp, is_tls=False) as address:
        slow = http.client.HTTPConnection(address.host, address.port, timeout=5)
        slow.putrequest("POST", INITIATE)
        for name, value in {**HEADERS, "Content-Length": "1000"}.items():
            slow.putheader(name, value)
        slow.endheaders(b"{")
        answer = slow.getresponse()
        said = answer.read()
        slow.close()
    assert answer.status == 408
    assert b"it took more than 0.1 seconds" in said


@pytest.fixture
def client(world: Any) -> TestClient:
    return TestClient(create_app(world.smdp, management_token=TOKEN))


def posted(client: TestClient, path: str, **members: Any) -> Any:
    return client.post(PATH + path, json=members, headers=AUTHORIZED)


def test_orders_are_managed(world: Any, client: TestClient) -> None:
    package = b64encode(world.upp).decode()
    made = posted(client, "/orders", package=package, matchingId="ID-1", confirmationCode="1")
    assert made.status_code == 201
    order = made.json()
    assert order["activationCode"] == "LPA:1$testsmdpplus1.example.com$ID-1$$1"
    assert (order["state"], order["iccid"]) == ("Released", "89000123456789012341")
    listed = client.get(PATH + "/orders", headers=AUTHORIZED).json()
    assert listed == [order] == [client.get(f"{PATH}/orders/ID-1", headers=AUTHORIZED).json()]
    withdrawn = posted(client, "/orders/ID-1/withdraw", toStock=True).json()
    assert (withdrawn["state"], withdrawn["matchingId"]) == ("Available", "")
    assert posted(client, "/orders/ID-1/release").status_code == 404
    assert posted(client, f"/orders/{order['orderId']}/release").json()["detail"].startswith("an order in")
    found = client.get(PATH + "/orders", params={"state": "Available"}, headers=AUTHORIZED).json()
    assert [item["orderId"] for item in found] == [order["orderId"]]


def test_an_order_after_an_error_is_released_again(world: Any, client: TestClient) -> None:
    world.order()
    offer = world.authenticated()
    world.smdp.cancel_session(world.euicc.cancel(offer["transactionId"], 0))
    assert world.smdp.orders()[0].state is OrderState.ERROR
    assert posted(client, "/orders/ID-1/release").json()["state"] == "Released"
    world.authenticated()


def test_stock_and_operators(world: Any, client: TestClient) -> None:
    package = b64encode(world.upp).decode()
    stocked = posted(client, "/profiles", package=package, owner="2.999.20")
    assert (stocked.status_code, stocked.json()["state"]) == (201, "Available")
    assert posted(client, "/profiles", package=package).status_code == 409
    operator = {"oid": "2.999.20", "callback": "localhost:9", "isV3": True}
    assert client.put(PATH + "/operators", json=operator, headers=AUTHORIZED).json() == operator
    assert client.get(PATH + "/operators", headers=AUTHORIZED).json() == [operator]


def test_orders_of_remote_management_are_listed(world: Any, client: TestClient) -> None:
    assert client.get(PATH + "/rpm-orders", headers=AUTHORIZED).json() == []
    world.order(rpm_owner="2.999.77")
    world.smdp.handle_notification(world.euicc.result(world.delivered()["transactionId"]))
    eid = world.euicc.eid.hex()
    script = [{"rpmCommand": "enable", "iccid": world.smdp.orders()[0].iccid}]
    request = {
        "functionRequesterIdentifier": "2.999.77",
        "eid": eid,
        "rpmScript": script,
        "matchingId": "MINE",
    }
    world.smdp.rpm_order(request)
    (order,) = client.get(PATH + "/rpm-orders", headers=AUTHORIZED).json()
    del order["orderId"]
    assert order == {
        "state": "Released",
        "eid": eid,
        "matchingId": "MINE",
        "owner": "2.999.77",
        "commandsDone": 0,
        "commandsLeft": 1,
    }


def test_notifications_are_listed(world: Any, client: TestClient) -> None:
    world.order()
    world.smdp.handle_notification(world.euicc.result(world.delivered()["transactionId"]))
    (told,) = client.get(PATH + "/notifications", headers=AUTHORIZED).json()
    assert (told["event"], told["isSuccess"]) == ("install", True)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "package: Field required"),
        ({"package": "!"}, "package: "),
        ({"package": "AAAA"}, "package: not a profile package"),
        ({"package": "AAAA", "eid": "1"}, "eid: String should match"),
        ({"package": "AAAA", "colour": "red"}, "colour: Extra inputs"),
        ({"package": "AAAA", "expiresAt": "2026-01-01T00:00:00"}, "expiresAt: Input should have timezone"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    world: Any, client: TestClient, members: dict[str, Any], reason: str
) -> None:
    answer = posted(client, "/orders", **members)
    assert answer.status_code == 422
    assert reason in answer.json()["detail"]
    assert world.smdp.orders() == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}, {"Authorization": "Basic x"}])
def test_management_needs_the_token(client: TestClient, headers: dict[str, str]) -> None:
    for path in ("/orders", "/operators", "/notifications", "/rpm-orders"):
        answer = client.get(PATH + path, headers=headers)
        assert (answer.status_code, answer.json()["detail"]) == (401, "the bearer token is missing or wrong")


def test_without_a_token_there_is_no_management(world: Any) -> None:
    assert TestClient(create_app(world.smdp)).get(PATH + "/orders").status_code == 404


def test_a_long_package_is_not_read(client: TestClient) -> None:
    answer = client.post(PATH + "/orders", content=b"x" * (MAX_BODY + 1), headers=AUTHORIZED)
    assert (answer.status_code, answer.json()["detail"]) == (413, f"the body has more than {MAX_BODY} bytes")


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_management_keeps_what_its_openapi_promises(world: Any, mode: schemathesis.GenerationMode) -> None:
    """Schemathesis makes requests from the OpenAPI document, well-formed and malformed."""
    world.order()
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_management(world.smdp, TOKEN))
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == 13

    for operation in operations:

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def keeps(case: Any) -> None:
            case.call_and_validate(headers=AUTHORIZED, checks=checks)

        try:
            keeps()
        except Unsatisfiable:
            assert mode is schemathesis.GenerationMode.NEGATIVE, "nothing can be wrong with such a request"


@contextmanager
def workers(make_world: Callable[..., Any], path: Path) -> Iterator[tuple[Any, str, Any]]:
    """A server of two processes over one database; its world, its URL, and the TLS identity."""
    url = f"sqlite:///{path / 'smdp.db'}"
    store = SqlStore(url)
    world = make_world(store)
    world.order()
    store.close()

    @contextmanager
    def start(number: int) -> Iterator[tuple[Any, Any]]:
        with SqlStore(url) as own:
            smdp = SmdpPlus(world.smdp.identity, own, entropy=os.urandom, clock=world.clock)
            app = create_app(smdp)

            @app.get("/worker")
            def worker() -> int:
                return os.getpid()

            yield smdp, app

    with running_workers(world.smdp.identity, start, 2, is_tls=False) as address:
        yield world, address.url, store


def asked(url: str) -> int:
    """The number of the process that answers on a new connection; it may still be starting."""
    for _ in range(100):
        try:
            return int(httpx2.get(f"{url}/worker", timeout=5).text)
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError("no worker answers")


def test_two_processes_serve_one_download(make_world: Any, tmp_path: Path) -> None:
    with workers(make_world, tmp_path) as (world, url, _):

        def call(function: str, values: dict[str, Any]) -> dict[str, Any]:
            body = json.dumps(es9.encode_request(function, values))
            response = httpx2.post(url + es9.path(function), content=body, headers=HEADERS)
            return es9.decode_response(function, response.json()) if response.content else {}

        asked(url)
        server = call("initiateAuthentication", world.euicc.initiate())
        offer = call("authenticateClient", world.euicc.authenticate(server, "ID-1"))
        package = call("getBoundProfilePackage", world.euicc.prepare(offer))
        call("handleNotification", world.euicc.result(package["transactionId"]))
    with SqlStore(f"sqlite:///{tmp_path / 'smdp.db'}") as store:
        assert store.orders()[0].state is OrderState.INSTALLED


def test_a_worker_that_dies_is_replaced(make_world: Any, tmp_path: Path) -> None:
    with workers(make_world, tmp_path) as (_, url, _):
        first = asked(url)
        os.kill(first, signal.SIGKILL)
        seen: set[int] = set()
        for _ in range(200):
            seen.add(asked(url))
            if len(seen - {first}) >= 2:
                break
            time.sleep(0.02)
        assert len(seen - {first}) >= 2
