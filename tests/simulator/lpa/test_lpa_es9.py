"""The LPA's way to a server: HTTP messages as they go over the wire, and every way it can fail."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from asn1 import es9, rsp
from simulator.crypto.pki import TestPki
from simulator.lpa import Es9Client, InProcessEs9, LpaError, ServerProtocolError, ServerRefused
from simulator.lpa.certificate import role_names
from simulator.lpa.errors import ServerFault, ServerUnreachable
from simulator.lpa.es9 import snake_case, tls_context, why
from simulator.lpa.reasons import EUICC_ADVICE, REASONS, SUBJECTS, TABLE, explain
from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.errors import Refusal

TRANSACTION = {"transactionId": b"\xab", "cancelSessionResponse": ("cancelSessionResponseError", 127)}


def client(handler: Any, **options: Any) -> Es9Client:
    return Es9Client(transport=httpx2.MockTransport(handler), **options)


def test_the_request_on_the_wire() -> None:
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=es9.success_header())

    with client(handler) as server:
        assert server.post("smdp.example.com:8443", "cancelSession", TRANSACTION) == {}
        assert server.sent == len(seen[0].content)
        assert server.received > 0
    request = seen[0]
    assert str(request.url) == "https://smdp.example.com:8443/gsma/rsp2/es9plus/cancelSession"
    assert request.headers["User-Agent"] == "gsma-rsp-lpad"
    assert request.headers["X-Admin-Protocol"] == "gsma/rsp/v2.2.2"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.content)["transactionId"] == "AB"


def test_a_server_that_listens_elsewhere() -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == "127.0.0.1"
        assert request.headers["Host"] == "smdp.example.com"
        assert request.extensions["sni_hostname"] == "smdp.example.com"
        return httpx2.Response(200, json=es9.success_header())

    places = {"smdp.example.com": "127.0.0.1:8443"}
    client(handler, connect_to=places).post("smdp.example.com", "cancelSession", TRANSACTION)


def test_a_refusal_is_told_in_words() -> None:
    document = es9.failure_header("8.2.6", "3.8", "ID", "Refused.")
    server = client(lambda _: httpx2.Response(200, json=document))
    with pytest.raises(ServerRefused) as caught:
        server.post("a.example", "cancelSession", TRANSACTION)
    text = str(caught.value)
    assert "8.2.6/3.8 (ID): the matching id is refused (SGP.22 §5.6.3)" in text
    assert "Check the activation code" in text
    assert "The server says: Refused." in text


def test_a_server_of_another_world_or_version_is_told_apart() -> None:
    def said(version: str) -> httpx2.Response:
        headers = {"X-Admin-Protocol": version} if version else {}
        return httpx2.Response(200, json=es9.success_header(), headers=headers)

    for version in ("", "gsma/rsp/v2.1.0", "gsma/rsp/v2.2.2", "gsma/rsp/v3.1.0"):
        assert client(lambda _, v=version: said(v)).post("a.example", "cancelSession", TRANSACTION) == {}
    with pytest.raises(ServerProtocolError, match="no RSP server"):
        client(lambda _: said("nginx")).post("a.example", "cancelSession", TRANSACTION)
    with pytest.raises(ServerProtocolError, match=r"speaks gsma/rsp/v1\.0\.0"):
        client(lambda _: said("gsma/rsp/v1.0.0")).post("a.example", "cancelSession", TRANSACTION)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_that_fails_may_be_well_again(status: int) -> None:
    with pytest.raises(ServerFault, match=f"status {status}"):
        client(lambda _: httpx2.Response(status)).post("a.example", "cancelSession", TRANSACTION)


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("Hostname mismatch", "address that the certificate is for"),
        ("self-signed certificate", "Trust its issuer"),
    ],
)
def test_what_is_wrong_with_a_tls_certificate_comes_with_advice(word: str, advice: str) -> None:
    cause = ssl.SSLCertVerificationError("x")
    cause.verify_message = word
    error = httpx2.ConnectError("x")
    error.__cause__ = cause
    assert advice in why(error)


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (httpx2.Response(500, text="oops"), "status 500"),
        (httpx2.Response(200, text="oops"), "not usable"),
        (httpx2.Response(200, json=[]), "not usable"),
        (httpx2.Response(200, json={}), "not usable"),
    ],
)
def test_answers_that_are_nonsense(response: httpx2.Response, words: str) -> None:
    with pytest.raises(ServerProtocolError, match=words):
        client(lambda _: response).post("a.example", "cancelSession", TRANSACTION)


def test_members_that_are_missing() -> None:
    server = client(lambda _: httpx2.Response(200, json=es9.success_header()))
    with pytest.raises(ServerProtocolError, match=r"boundProfilePackage|transactionId"):
        server.post(
            "a.example",
            "getBoundProfilePackage",
            {
                "transactionId": b"\xab",
                "prepareDownloadResponse": (
                    "downloadResponseError",
                    {"transactionId": b"\xab", "downloadErrorCode": 1},
                ),
            },
        )
    with pytest.raises(ServerProtocolError, match="cannot be sent"):
        server.post("a.example", "cancelSession", {})


def test_a_notification_is_answered_with_204() -> None:
    class Server:
        def handle_notification(self, message: dict[str, Any]) -> None:
            return None

    assert client(lambda _: httpx2.Response(204)).post("a.example", "cancelSession", TRANSACTION) == {}
    assert InProcessEs9(Server()).post("a.example", "handleNotification", {}) == {}


def test_no_server() -> None:
    def handler(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("Connection refused")

    with pytest.raises(ServerUnreachable, match=r"a\.example cannot be reached: Connection refused"):
        client(handler).post("a.example", "cancelSession", TRANSACTION)


def test_expired_certificates_are_explained() -> None:
    cause = ssl.SSLCertVerificationError("x")
    cause.verify_message = "certificate has expired"
    error = httpx2.ConnectError("x")
    error.__cause__ = cause
    assert "SGP.26" in why(error)


def test_in_process_over_json() -> None:
    class Server:
        def cancel_session(self, message: dict[str, Any]) -> dict[str, Any]:
            assert message == TRANSACTION
            return {}

    server = InProcessEs9(Server(), through_json=True)
    assert server.post("a.example", "cancelSession", TRANSACTION) == {}
    assert server.sent > 40
    assert server.received > 40


def test_refusals_of_a_server_object() -> None:
    class RefusalError(Exception):
        subject_code, reason_code, message = "8.8.5", "4.1", ""

    class Server:
        def cancel_session(self, message: dict[str, Any]) -> dict[str, Any]:
            raise RefusalError

        def handle_notification(self, message: dict[str, Any]) -> dict[str, Any]:
            raise ZeroDivisionError

    server = InProcessEs9(Server())
    with pytest.raises(ServerRefused, match="order has expired"):
        server.post("a.example", "cancelSession", TRANSACTION)
    with pytest.raises(ZeroDivisionError):
        server.post("a.example", "handleNotification", {})


def test_names_of_methods() -> None:
    assert [snake_case(name) for name in es9.FUNCTIONS] == [
        "initiate_authentication",
        "authenticate_client",
        "get_bound_profile_package",
        "handle_notification",
        "cancel_session",
        "confirm_device_change",
        "check_progress",
    ]


def test_every_code_is_explained_with_its_clause() -> None:
    for (subject, reason), row in TABLE.items():
        assert "§" in row.clause
        assert subject in SUBJECTS
        assert reason in REASONS
        assert row.advice.endswith((".", "'."))
        assert row.meaning in explain(subject, reason)
    assert explain("8.1.1", "6.4") == "the EID was tried too often (SGP.22 §5.2.6)."
    assert explain("9.9", "9.9") == "subject 9.9 has reason code 9.9 (SGP.22 §5.2.6)."


@pytest.mark.parametrize("refusals", [Refusal, DsRefusal])
def test_whatever_our_servers_say_is_explained(refusals: type[Refusal | DsRefusal]) -> None:
    """ES9+ and ES11 in the table; what only servers tell each other at least in words."""
    unknown = [
        row.name for row in refusals if row.subject_code not in SUBJECTS or row.reason_code not in REASONS
    ]
    assert not unknown
    explained = [row for row in refusals if (row.subject_code, row.reason_code) in TABLE]
    assert len(explained) > 0.9 * len(refusals)


def test_what_an_euicc_refuses_has_advice() -> None:
    named = {name for path in ("ErrorReason", "DownloadErrorCode") for name in rsp.names(path)}
    assert {"invalidSignature", "scp03tSecurityError", "installFailedDueToPEProcessingError"} <= named
    helped = [name for name in named if EUICC_ADVICE.get(name)]
    assert len(helped) >= 16
    assert all(advice.endswith(".") for advice in EUICC_ADVICE.values())


def test_the_family() -> None:
    assert issubclass(ServerUnreachable, LpaError)


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
@pytest.mark.parametrize("from_file", [True, False])
def test_issuers_come_as_der_and_pem(
    test_pki: TestPki, tmp_path: Path, encoding: Encoding, from_file: bool
) -> None:
    data = load_der_x509_certificate(test_pki.anchors[0]).public_bytes(encoding)
    path = tmp_path / "issuer"
    path.write_bytes(data)
    (trusted,) = tls_context([path if from_file else data]).get_ca_certs(True)
    assert trusted == test_pki.anchors[0]


def test_roles_of_certificates(test_pki: TestPki) -> None:
    assert role_names(test_pki.tls.certificate_der) == ["dp-tls"]
    (branch, *_) = test_pki.branches.values()
    assert role_names(branch.ci.certificate_der) == ["ci"]


def test_a_certificate_for_another_role_must_not_serve_tls(test_pki: TestPki) -> None:
    """The connection is there already when the role is looked at, so a stand-in for it is enough."""
    (branch, *_) = test_pki.branches.values()
    shown = [branch.dp_auth.certificate_der]
    tls = SimpleNamespace(getpeercert=lambda _: shown[-1])
    stream = SimpleNamespace(get_extra_info=lambda _: tls)

    def handler(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=es9.success_header(), extensions={"network_stream": stream})

    with pytest.raises(ServerProtocolError, match="certificate for dp-auth as its TLS certificate"):
        client(handler).post("a.example", "cancelSession", TRANSACTION)
    assert client(handler, verify=False).post("a.example", "cancelSession", TRANSACTION) == {}
    shown.append(test_pki.tls.certificate_der)
    server = client(handler)
    assert server.post("a.example", "cancelSession", TRANSACTION) == {}
    assert server.post("a.example", "cancelSession", TRANSACTION) == {}
