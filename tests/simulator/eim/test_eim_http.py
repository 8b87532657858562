"""ESipa over HTTP and TLS: both bindings, what a stranger may send, and a download from end to end."""

from __future__ import annotations

import asyncio
import json
import random
from base64 import b64encode
from typing import Any

import httpx2
import pytest

from asn1 import esipa, iot
from simulator.eim import PackageState
from simulator.eim.http import create_app
from simulator.eim.records import Notification, NotificationState
from simulator.eim.serve import running
from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.es9 import Es9Client, tls_context
from simulator.smdp.serve import running as running_smdp
from simulator.smdp.store import StoreError
from tests.simulator.conftest import ADDRESS as SMDP_ADDRESS
from tests.simulator.eim.conftest import World
from tests.simulator.eim.test_eim_relay import PACKAGE

ASN1 = {
    "X-Admin-Protocol": "gsma/rsp/v2.1.0",
    "User-Agent": "gsma-rsp-ipad",
    "Content-Type": "application/x-gsma-rsp-asn1",
}
JSON = {**ASN1, "Content-Type": "application/json;charset=UTF-8"}


class Client:
    """Posts to the application without a network."""

    def __init__(self, world: World, **options: Any) -> None:
        self._transport = httpx2.ASGITransport(app=create_app(world.eim, **options))

    def post(self, path: str, content: bytes | str, headers: dict[str, str]) -> httpx2.Response:
        async def run() -> httpx2.Response:
            async with httpx2.AsyncClient(transport=self._transport, base_url="https://eim") as client:
                return await client.post(path, content=content, headers=headers)

        return asyncio.run(run())

    def asn1(self, octets: bytes) -> httpx2.Response:
        return self.post(esipa.ASN1_PATH, octets, ASN1)

    def json(self, function: str, document: Any) -> httpx2.Response:
        return self.post(esipa.BINDING.path(function), json.dumps(document), JSON)


@pytest.fixture
def client(world: World) -> Client:
    return Client(world)


def test_the_asn1_binding(world: World, client: Client) -> None:
    response = client.asn1(bytes.fromhex("BF4F125A10") + world.eid)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/x-gsma-rsp-asn1"
    assert response.headers["X-Admin-Protocol"].startswith("gsma/rsp/v2.")
    assert response.content.hex().upper() == "BF4F03020101"


def test_the_json_binding(world: World, client: Client) -> None:
    order = world.eim.order(world.eid, ("getRAT", {}))
    response = client.json("getEimPackage", {"eidValue": world.eid.hex()})
    assert response.status_code == 200
    _, (kind, request) = esipa.response_from_json("getEimPackage", response.json())
    assert kind == "euiccPackageRequest"
    result = iot.encode("EimPackageResult", ("euiccPackageResult", world.hand.load(request)))
    document = {"eidValue": world.eid.hex(), "eimPackageResult": b64encode(result).decode()}
    response = client.json("provideEimPackageResult", document)
    _, (kind, _) = esipa.response_from_json("provideEimPackageResult", response.json())
    assert kind == "eimAcknowledgements"
    assert world.again(order).state is PackageState.DONE


def test_notifications_are_not_answered(world: World, client: Client) -> None:
    told = {"eimTransactionId": b"unknown", "eimPackageResultErrorCode": 1}
    about = {"eidValue": world.eid, "eimPackageResult": ("eimPackageResultResponseError", told)}
    message = ("handleNotificationEsipa", ("provideEimPackageResult", about))
    for response in (
        client.asn1(esipa.encode_request(message)),
        client.json(*esipa.request_to_json(message)),
    ):
        assert (response.status_code, response.content) == (204, b"")


def test_refusals_of_a_download_in_json(client: Client) -> None:
    document = {"euiccChallenge": b64encode(bytes(16)).decode(), "eimTransactionId": "AABB"}
    response = client.json("initiateAuthentication", document)
    assert response.status_code == 200
    status = response.json()["header"]["functionExecutionStatus"]
    assert status["statusCodeData"] == {
        "subjectCode": "8.10.1",
        "reasonCode": "3.9",
        "message": "invalidEimTransactionId",
    }


def test_eids_that_are_none(client: Client) -> None:
    assert client.asn1(bytes.fromhex("BF4F00")).content.hex() == "bf4f03020104"
    assert client.asn1(bytes.fromhex("BF4F045A020102")).content.hex() == "bf4f03020103"
    for document, code in (({}, 4), ({"eidValue": "12"}, 3), ({"eidValue": "AB" * 16}, 3)):
        assert client.json("getEimPackage", document).json()["eimPackageError"] == code
    result = {"eidValue": "zz", "eimPackageResult": "oAMCAQI="}
    assert client.json("provideEimPackageResult", result).json()["provideEimPackageResultError"] == 3


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", ASN1, 400),
        (b"\xbf\x4f", ASN1, 400),
        (b"\x30\x00", ASN1, 400),
        (bytes.fromhex("BF4E020500"), ASN1, 400),
        (bytes(3000), ASN1, 413),
        (b"\xbf\x4f\x00", {**ASN1, "X-Admin-Protocol": "gsma/rsp/v1.0.0"}, 400),
        (b"\xbf\x4f\x00", {**ASN1, "Content-Type": "application/json"}, 415),
    ],
)
def test_strangers_in_asn1(world: World, content: bytes, headers: dict[str, str], status: int) -> None:
    response = Client(world, max_body=2000).post(esipa.ASN1_PATH, content, headers)
    assert response.status_code == status
    assert response.text.endswith("\n")
    assert "Traceback" not in response.text


@pytest.mark.parametrize(
    ("function", "content", "headers", "status", "code"),
    [
        ("getEimPackage", "{", JSON, 400, "1.3.1/2.1"),
        ("getEimPackage", "[]", JSON, 400, "1.3.1/2.1"),
        ("getEimPackage", "{}", {**JSON, "Content-Type": "text/plain"}, 415, "1.3.1/2.1"),
        ("cancelSession", "{}", JSON, 200, "1.6/2.2"),
        ("cancelSession", '{"transactionId": "xx"}', JSON, 200, "1.6/2.1"),
        ("handleNotification", "{}", JSON, 200, "1.6/2.2"),
        ("provideEimPackageResult", '{"eimPackageResult": "AAAA"}', JSON, 200, "1.6/2.1"),
    ],
)
def test_strangers_in_json(
    client: Client, function: str, content: str, headers: dict[str, str], status: int, code: str
) -> None:
    response = client.post(esipa.BINDING.path(function), content, headers)
    assert response.status_code == status
    found = response.json()["header"]["functionExecutionStatus"]["statusCodeData"]
    assert f"{found['subjectCode']}/{found['reasonCode']}" == code


def test_other_paths_and_methods(client: Client) -> None:
    assert client.post("/gsma/rsp2/esipa/transferEimPackage", "{}", JSON).status_code == 404
    assert client.post("/gsma/rsp2/es9plus/initiateAuthentication", "{}", JSON).status_code == 404


@pytest.mark.parametrize("saves_bytes", [False, True])
def test_damaged_messages_are_refused_not_suffered(world: World, client: Client, saves_bytes: bool) -> None:
    """Every message of packages and of a download, with a bit changed: an answer, or status 400."""
    world.hand.saves_bytes = saves_bytes
    world.eim.order(world.eid, ("getRAT", {}))
    for _ in range(2):
        code = ActivationCode(SMDP_ADDRESS, world.bench.smdp.add_order(PACKAGE))
        world.eim.order_download(world.eid, code, is_indirect=True)
    world.hand.work_off()
    world.hand.cancel()
    chance = random.Random(f"eim {saves_bytes}")
    kinds = {octets[:2]: octets for octets in world.hand.sent}
    assert len(kinds) == 6
    for octets in kinds.values():
        for _ in range(60):
            damaged = bytearray(octets)
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
            assert client.asn1(bytes(damaged)).status_code in (200, 204, 400)
    order = world.eim.order(world.eid, ("getRAT", {}))
    world.hand.work_off()
    assert world.again(order).state is PackageState.DONE


def test_a_database_that_does_not_work(world: World, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise StoreError("the disk is full")

    monkeypatch.setattr(world.store, "get", broken)
    assert client.asn1(bytes.fromhex("BF4F125A10") + world.eid).status_code == 503
    assert client.json("getEimPackage", {"eidValue": world.eid.hex()}).status_code == 503


def test_a_download_over_tls(world: World) -> None:
    """Real sockets on both sides: the IPA's to the eIM, and the eIM's to the SM-DP+; in JSON and in ASN.1."""
    pki = world.pki
    with running_smdp(world.bench.smdp) as smdp, Es9Client(pki.anchors) as es9:
        world.eim.es9 = es9
        code = ActivationCode(smdp.smdp_address, world.bench.smdp.add_order(PACKAGE))
        order = world.eim.order_download(world.eid, code, is_indirect=True)
        identity = world.eim.identity
        own = identity.from_pki(
            pki,
            "localhost",
            eim_id=identity.eim_id,
            signing=identity.signing,
            entropy=world.eim.entropy,
            now=world.clock(),
        )
        world.eim.identity = own
        with running(world.eim, interval=0.05) as address:
            assert address.is_tls
            with httpx2.Client(verify=tls_context(pki.anchors)) as http:

                def talk(alternative: str, value: Any) -> Any:
                    function, document = esipa.request_to_json((alternative, value))
                    url = address.url + esipa.BINDING.path(function)
                    response = http.post(url, content=json.dumps(document), headers=JSON)
                    assert response.status_code == 200
                    return esipa.response_from_json(function, response.json())[1]

                world.hand.talk = talk  # type: ignore[method-assign]
                assert world.hand.work()[0] == "eimAcknowledgements"
                octets = bytes.fromhex("BF4F125A10") + world.eid
                response = http.post(address.url + esipa.ASN1_PATH, content=octets, headers=ASN1)
                assert response.content.hex().upper() == "BF4F03020101"
    assert world.again(order).state is PackageState.DONE
    assert [one.state for one in world.store.all(Notification)] == [NotificationState.DELIVERED]
    assert len(world.bench.smdp.notifications()) == 1


def test_what_waits_is_delivered_while_it_serves(world: World) -> None:
    world.servers.down.add(SMDP_ADDRESS)
    world.add_profiles("test-operator")
    _, pending = iot.decode("IotRetrieveNotificationsListResponse", world.hand.es10(bytes.fromhex("BF2B00")))
    world.hand.talk("handleNotificationEsipa", ("pendingNotification", pending[0]))
    assert world.store.all(Notification)[0].state is NotificationState.WAITING
    world.servers.down.clear()
    world.later(hours=1)
    world.eim.identity = world.eim.identity.from_pki(
        world.pki, "localhost", entropy=world.eim.entropy, now=world.clock()
    )
    with running(world.eim, is_tls=False, interval=0.01):
        for _ in range(200):
            if world.store.all(Notification)[0].state is NotificationState.DELIVERED:
                break
            asyncio.run(asyncio.sleep(0.01))
    assert world.store.all(Notification)[0].state is NotificationState.DELIVERED
