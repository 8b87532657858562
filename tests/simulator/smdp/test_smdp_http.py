"""The SM-DP+ over HTTP: paths, headers, statuses, and whatever a stranger may send."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from asn1 import es9
from simulator.crypto.pki import TestPki
from simulator.smdp import SmdpIdentity
from simulator.smdp.http import create_app
from simulator.smdp.serve import ServeError, running
from simulator.smdp.states import OrderState

HEADERS = {"X-Admin-Protocol": "gsma/rsp/v2.2.2", "User-Agent": "gsma-rsp-lpad"}
JSON = {**HEADERS, "Content-Type": "application/json"}


class Client:
    """Posts to the application without a network."""

    def __init__(self, world: Any, **options: Any) -> None:
        self._transport = httpx2.ASGITransport(app=create_app(world.smdp, **options))

    def post(self, path: str, content: bytes | str, headers: dict[str, str] = JSON) -> httpx2.Response:
        async def run() -> httpx2.Response:
            async with httpx2.AsyncClient(transport=self._transport, base_url="https://smdp") as client:
                return await client.post(path, content=content, headers=headers)

        return asyncio.run(run())

    def call(self, function: str, values: dict[str, Any]) -> dict[str, Any]:
        response = self.post(es9.path(function), json.dumps(es9.encode_request(function, values)))
        assert response.headers["X-Admin-Protocol"].startswith("gsma/rsp/v2.")
        if es9.FUNCTIONS[function].is_notification and response.status_code == 204:
            assert response.content == b""
            return {}
        assert response.status_code == 200
        return es9.decode_response(function, response.json())


def codes(response: httpx2.Response) -> str:
    status = response.json()["header"]["functionExecutionStatus"]
    assert status["status"] == "Failed"
    return "{subjectCode}/{reasonCode}".format(**status["statusCodeData"])


@pytest.fixture
def client(world: Any) -> Client:
    return Client(world)


def download(world: Any, call: Callable[[str, dict[str, Any]], dict[str, Any]]) -> bytes:
    """The transaction id of a download whose package opened."""
    euicc = world.euicc
    server = call("initiateAuthentication", euicc.initiate())
    offer = call("authenticateClient", euicc.authenticate(server, "ID-1"))
    package = call("getBoundProfilePackage", euicc.prepare(offer))
    assert euicc.open(package["boundProfilePackage"])[2] == world.upp
    transaction_id: bytes = package["transactionId"]
    return transaction_id


def test_download(world: Any, client: Client) -> None:
    world.order()
    transaction_id = download(world, client.call)
    assert client.call("handleNotification", world.euicc.result(transaction_id)) == {}
    assert world.smdp.orders()[0].state is OrderState.INSTALLED


def test_cancel_session(world: Any, client: Client) -> None:
    world.order()
    transaction_id = download(world, client.call)
    assert client.call("cancelSession", world.euicc.cancel(transaction_id, 1)) == {}


def test_a_refusal_has_status_200_and_codes(world: Any, client: Client) -> None:
    server = client.call("initiateAuthentication", world.euicc.initiate())
    with pytest.raises(es9.Es9FunctionError) as caught:
        client.call("authenticateClient", world.euicc.authenticate(server, "NOT-THERE"))
    error = caught.value
    assert (error.subject_code, error.reason_code) == ("8.2.6", "3.8")
    assert error.subject_identifier == "NOT-THERE"
    assert error.message


def test_a_forged_notification_is_not_acknowledged(world: Any, client: Client) -> None:
    kind, signed = world.euicc.notify("enable")["pendingNotification"]
    forged = {**signed, "euiccNotificationSignature": bytes(64)}
    with pytest.raises(es9.Es9FunctionError, match=r"8\.1/6\.1"):
        client.call("handleNotification", {"pendingNotification": (kind, forged)})


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ("", 400, "1.3.1/2.1"),
        ("{", 400, "1.3.1/2.1"),
        ("[]", 400, "1.3.1/2.1"),
        ("null", 400, "1.3.1/2.1"),
        (b"\xff\xfe\x00", 400, "1.3.1/2.1"),
        ("[" * 100000, 400, "1.3.1/2.1"),
        ("{}", 200, "1.6/2.2"),
        ('{"transactionId": 5, "cancelSessionResponse": ""}', 200, "1.6/2.1"),
        ('{"transactionId": "00", "cancelSessionResponse": "%"}', 200, "1.6/2.1"),
        ('{"transactionId": "00", "cancelSessionResponse": "MAA="}', 200, "1.6/2.1"),
    ],
)
def test_malformed_bodies(client: Client, content: bytes | str, status: int, code: str) -> None:
    response = client.post(es9.path("cancelSession"), content)
    assert (response.status_code, codes(response)) == (status, code)
    assert "Traceback" not in response.text


def test_a_long_body_is_cut_off(world: Any) -> None:
    response = Client(world, max_body=1000).post(es9.path("cancelSession"), b" " * 1001)
    assert (response.status_code, codes(response)) == (413, "1.3.1/2.1")


@pytest.mark.parametrize("protocol", [None, "gsma/rsp/v1.0.0", "gsma/rsp/v4.0", "v2.2.2", ""])
def test_protocol_version(client: Client, protocol: str | None) -> None:
    headers = {"Content-Type": "application/json"}
    if protocol is not None:
        headers["X-Admin-Protocol"] = protocol
    assert codes(client.post(es9.path("cancelSession"), "{}", headers)) == "1.3.2/3.1"


@pytest.mark.parametrize("protocol", ["gsma/rsp/v2.0.0", "gsma/rsp/v2.2.2", "gsma/rsp/v3.1.0"])
def test_protocol_versions_that_are_served(client: Client, protocol: str) -> None:
    headers = {**JSON, "X-Admin-Protocol": protocol, "Content-Type": "application/json;charset=UTF-8"}
    assert codes(client.post(es9.path("cancelSession"), "{}", headers)) == "1.6/2.2"


def test_other_content_types_paths_and_methods(client: Client) -> None:
    headers = {**HEADERS, "Content-Type": "text/plain"}
    assert client.post(es9.path("cancelSession"), "{}", headers).status_code == 415
    assert client.post("/gsma/rsp2/es9plus/unknown", "{}").status_code == 404
    assert client.post("/docs", "{}").status_code == 404


def trust(pki: TestPki) -> ssl.SSLContext:
    pem = "".join(
        load_der_x509_certificate(anchor).public_bytes(Encoding.PEM).decode() for anchor in pki.anchors
    )
    return ssl.create_default_context(cadata=pem)


def test_https_on_loopback(world: Any) -> None:
    world.order()
    with (
        running(world.smdp, "localhost") as address,
        httpx2.Client(verify=trust(world.pki), base_url=address.url, headers=JSON) as client,
    ):

        def call(function: str, values: dict[str, Any]) -> dict[str, Any]:
            if "smdpAddress" in values:
                values["smdpAddress"] = address.smdp_address
            document = json.dumps(es9.encode_request(function, values))
            return es9.decode_response(function, client.post(es9.path(function), content=document).json())

        transaction_id = download(world, call)
        request = json.dumps(es9.encode_request("handleNotification", world.euicc.result(transaction_id)))
        assert client.post(es9.path("handleNotification"), content=request).status_code == 204
    assert world.smdp.orders()[0].state is OrderState.INSTALLED


def test_plain_http_and_a_taken_port(world: Any) -> None:
    with running(world.smdp, "127.0.0.1", is_tls=False) as address:
        assert address.url == f"http://127.0.0.1:{address.port}"
        assert httpx2.get(f"{address.url}/").status_code == 404
        with (
            pytest.raises(ServeError, match="cannot listen"),
            running(world.smdp, "127.0.0.1", address.port, is_tls=False),
        ):
            pass


def test_a_host_that_is_none(world: Any) -> None:
    with pytest.raises(ServeError), running(world.smdp, "host.invalid"):
        pass


def test_no_tls_certificate(world: Any, brainpool_pki: TestPki) -> None:
    world.smdp.identity = SmdpIdentity.from_pki(brainpool_pki)
    with pytest.raises(Exception, match="no TLS certificate"), running(world.smdp):
        pass


def test_identity_from_a_folder(world: Any, tmp_path: Path) -> None:
    world.pki.save(tmp_path)
    identity = SmdpIdentity.load(tmp_path, "smdp.example.com")
    assert identity.address == "smdp.example.com"
    assert [c.ci_key_id for c in identity.credentials] == [b.ci_key_id for b in world.pki.branches.values()]
    assert {c.oid for c in identity.credentials} == {"2.999.10"}


def test_identity_needs_keys() -> None:
    source = random.Random(3).randbytes
    from datetime import UTC, datetime

    from simulator.crypto.pki import Branch, CertificateAndKey, PkiError

    pki = TestPki.create(entropy=source, now=datetime(2026, 1, 1, tzinfo=UTC))
    curve, branch = next(iter(pki.branches.items()))
    assert branch.dp_auth is not None
    keyless = Branch(branch.ci, dp_auth=CertificateAndKey(branch.dp_auth.certificate_der), dp_pb=branch.dp_pb)
    with pytest.raises(PkiError):
        SmdpIdentity.from_pki(TestPki({curve: keyless}))
