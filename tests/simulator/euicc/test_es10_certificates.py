"""Which servers an eUICC believes: certificates out of time, of another role, issuer or server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from asn1 import rsp, tlv
from simulator.crypto.ecc import PrivateKey, sign_raw
from simulator.crypto.pki import CertificateAndKey, TestPki
from simulator.euicc.core import EuiccCore
from tests.simulator.conftest import ADDRESS, NOW, Bench, entropy

TRANSACTION = b"transaction"


def outcome(answer: bytes, response: str, member: str, codes: str) -> str:
    kind, value = rsp.decode(response, answer)
    if kind.endswith("Ok"):
        return "ok"
    return next(name for name, number in rsp.names(codes).items() if number == value[member])


def authenticate(bench: Bench, server: CertificateAndKey, **changes: Any) -> str:
    """AuthenticateServer as a server with this certificate would ask for it."""
    signed = {
        "transactionId": TRANSACTION,
        "euiccChallenge": changes.get("challenge") or _challenge(bench),
        "serverAddress": ADDRESS,
        "serverChallenge": bytes(16),
    }
    tbs = rsp.encode("ServerSigned1", signed)
    request = {
        "serverSigned1": rsp.decode("ServerSigned1", tbs),
        "serverSignature1": sign_raw(changes.get("key") or server.require_key(), tbs),
        "euiccCiPKIdToBeUsed": changes.get("ci") or bench.euicc.core.identity.credentials[0].ci_key_id,
        "serverCertificate": server.certificate_der,
        "ctxParams1": (
            "ctxParamsForCommonAuthentication",
            {"deviceInfo": {"tac": bytes(4), "deviceCapabilities": {}}},
        ),
    }
    answer = bench.euicc.isdr.execute(rsp.encode("AuthenticateServerRequest", request))
    return outcome(answer, "AuthenticateServerResponse", "authenticateErrorCode", "AuthenticateErrorCode")


def _challenge(bench: Bench) -> bytes:
    return bench.euicc.isdr.execute(bytes.fromhex("BF2E00"))[-16:]


def prepare(bench: Bench, server: CertificateAndKey, transaction_id: bytes = TRANSACTION) -> str:
    session = bench.euicc.core.session
    assert session is not None
    tbs = rsp.encode("SmdpSigned2", {"transactionId": transaction_id, "ccRequiredFlag": False})
    signature = sign_raw(server.require_key(), tbs + tlv.encode(0x5F37, session.signature1))
    request = {
        "smdpSigned2": rsp.decode("SmdpSigned2", tbs),
        "smdpSignature2": signature,
        "smdpCertificate": server.certificate_der,
    }
    answer = bench.euicc.isdr.execute(rsp.encode("PrepareDownloadRequest", request))
    return outcome(answer, "PrepareDownloadResponse", "downloadErrorCode", "DownloadErrorCode")


def auth(pki: TestPki) -> CertificateAndKey:
    item = next(iter(pki.branches.values())).dp_auth
    assert item is not None
    return item


def binding(pki: TestPki) -> CertificateAndKey:
    item = next(iter(pki.branches.values())).dp_pb
    assert item is not None
    return item


@pytest.fixture(scope="module")
def foreign_pki() -> TestPki:
    return TestPki.create(entropy=entropy("foreign"), now=NOW)


def test_the_right_server_is_believed_once(bench: Bench, test_pki: TestPki) -> None:
    challenge = _challenge(bench)
    assert authenticate(bench, auth(test_pki), challenge=challenge) == "ok"
    assert authenticate(bench, auth(test_pki), challenge=challenge) == "noSessionContext", "replayed"
    assert authenticate(bench, auth(test_pki)) == "ok"


def test_without_a_challenge_there_is_no_session(bench: Bench, test_pki: TestPki) -> None:
    assert authenticate(bench, auth(test_pki), challenge=bytes(range(16))) == "noSessionContext"
    _challenge(bench)
    assert authenticate(bench, auth(test_pki), challenge=bytes(range(16))) == "euiccChallengeMismatch"


@pytest.mark.parametrize("days", [-400, 40000])
def test_a_certificate_out_of_its_time(bench: Bench, test_pki: TestPki, days: int) -> None:
    core: EuiccCore = bench.euicc.core
    core.clock = lambda: NOW + timedelta(days=days)
    assert authenticate(bench, auth(test_pki)) == "invalidCertificate"
    core.clock = lambda: NOW
    assert authenticate(bench, auth(test_pki)) == "ok"


def test_a_certificate_of_another_role(bench: Bench, test_pki: TestPki) -> None:
    assert authenticate(bench, binding(test_pki)) == "invalidCertificate"
    branch = next(iter(test_pki.branches.values()))
    assert branch.eum is not None
    assert authenticate(bench, branch.eum) == "invalidCertificate"
    assert authenticate(bench, auth(test_pki)) == "ok"
    assert prepare(bench, auth(test_pki)) == "invalidCertificate"


def test_a_server_under_another_issuer(bench: Bench, test_pki: TestPki, foreign_pki: TestPki) -> None:
    assert authenticate(bench, auth(foreign_pki)) == "ciPKUnknown"
    assert authenticate(bench, auth(test_pki)) == "ok"
    assert prepare(bench, binding(foreign_pki)) == "invalidCertificate"


def test_a_key_that_is_not_the_certificates(bench: Bench, test_pki: TestPki, foreign_pki: TestPki) -> None:
    stolen: PrivateKey = auth(foreign_pki).require_key()
    assert authenticate(bench, auth(test_pki), key=stolen) == "invalidSignature"


def test_an_issuer_that_this_euicc_has_no_key_under(bench: Bench, test_pki: TestPki) -> None:
    assert authenticate(bench, auth(test_pki), ci=bytes(20)) == "ciPKUnknown"


def test_prepare_download(bench: Bench, test_pki: TestPki) -> None:
    assert authenticate(bench, auth(test_pki)) == "ok"
    assert prepare(bench, binding(test_pki), b"another") == "invalidTransactionId"
    assert prepare(bench, binding(test_pki)) == "ok"
    session = bench.euicc.core.session
    assert session is not None
    session.server_oid = "2.999.99"
    assert prepare(bench, binding(test_pki)) == "invalidCertificate", "of another SM-DP+"


def test_cancel_session_needs_its_transaction(bench: Bench, test_pki: TestPki) -> None:
    def cancel(transaction_id: bytes) -> Any:
        request = {"transactionId": transaction_id, "reason": 0}
        message = rsp.encode("CancelSessionRequest", request)
        return rsp.decode("CancelSessionResponse", bench.euicc.isdr.execute(message))

    assert cancel(TRANSACTION) == ("cancelSessionResponseError", 5)
    assert authenticate(bench, auth(test_pki)) == "ok"
    assert cancel(b"another") == ("cancelSessionResponseError", 5)
    kind, answer = cancel(TRANSACTION)
    assert kind == "cancelSessionResponseOk"
    assert answer["euiccCancelSessionSigned"]["reason"] == 0
    assert cancel(TRANSACTION) == ("cancelSessionResponseError", 5)


def on_a_foreign_curve(original: CertificateAndKey) -> CertificateAndKey:
    """The same certificate with a P-384 key, signed by nobody who matters."""
    key = ec.generate_private_key(ec.SECP384R1())
    template = x509.load_der_x509_certificate(original.certificate_der)
    builder = (
        x509.CertificateBuilder(template.issuer, template.subject)
        .public_key(key.public_key())
        .serial_number(template.serial_number)
        .not_valid_before(template.not_valid_before_utc)
        .not_valid_after(template.not_valid_after_utc)
    )
    for extension in template.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    der = builder.sign(key, SHA256()).public_bytes(Encoding.DER)
    return CertificateAndKey(der, original.key)


def test_a_curve_that_the_euicc_does_not_know(bench: Bench, test_pki: TestPki) -> None:
    assert authenticate(bench, on_a_foreign_curve(auth(test_pki))) == "unsupportedCurve"
    assert authenticate(bench, auth(test_pki)) == "ok"
    assert prepare(bench, on_a_foreign_curve(binding(test_pki))) == "unsupportedCurve"


def test_both_certificates_hang_under_one_issuer(bench: Bench, test_pki: TestPki) -> None:
    first, second = (branch.dp_pb for branch in test_pki.branches.values())
    assert first is not None
    assert second is not None
    assert authenticate(bench, auth(test_pki)) == "ok"
    assert prepare(bench, second) == "invalidCertificate"
    assert prepare(bench, first) == "ok"
