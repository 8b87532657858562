"""ES10b.VerifySmdsResponse: the eUICC believes the SM-DS that it has authenticated, once, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from asn1 import rsp, tlv
from cards.status import SW, StatusError
from simulator.crypto.certificates import Role
from simulator.crypto.ecc import sign_raw
from simulator.crypto.pki import CertificateAndKey, TestPki
from simulator.euicc import Euicc, EuiccIdentity
from simulator.euicc.features import V3, Features
from tests.simulator.conftest import ADDRESS, NOW, clock, entropy

TRANSACTION = b"transaction"
OK = bytes.fromhex("BF45028000")


@pytest.fixture(scope="module")
def server(test_pki: TestPki) -> CertificateAndKey:
    curve = next(iter(test_pki.branches))
    return test_pki.issue_sm_ds(curve, "2.999.15", entropy=entropy("ds"), now=NOW)


def made(pki: TestPki, features: Features) -> Euicc:
    identity = EuiccIdentity.from_pki(pki, entropy=entropy("factory"), now=NOW)
    return Euicc(identity, entropy=entropy("card"), clock=clock, features=features)


@pytest.fixture
def euicc(test_pki: TestPki) -> Euicc:
    return made(test_pki, Features(svn=V3))


def authenticated(euicc: Euicc, server: CertificateAndKey) -> bytes:
    """euiccSignature1 of a session with the SM-DS."""
    signed = {
        "transactionId": TRANSACTION,
        "euiccChallenge": euicc.isdr.execute(bytes.fromhex("BF2E00"))[-16:],
        "serverAddress": ADDRESS,
        "serverChallenge": bytes(16),
    }
    tbs = rsp.encode("ServerSigned1", signed)
    context = {"selectedPushService": "2.999.70.1", "pushToken": "token"}
    request = {
        "serverSigned1": rsp.decode("ServerSigned1", tbs),
        "serverSignature1": sign_raw(server.require_key(), tbs),
        "euiccCiPKIdToBeUsed": euicc.core.identity.credentials[0].ci_key_id,
        "serverCertificate": server.certificate_der,
        "ctxParams1": ("ctxParamsForPushServiceRegistration", context),
    }
    answer = euicc.isdr.execute(rsp.encode("AuthenticateServerRequest", request))
    kind, response = rsp.decode("AuthenticateServerResponse", answer)
    assert kind == "authenticateResponseOk"
    assert response["euiccSigned1"]["ctxParams1"] == request["ctxParams1"]
    signature: bytes = response["euiccSignature1"]
    return signature


def response(
    server: CertificateAndKey, signature1: bytes, transaction_id: bytes = TRANSACTION, **changes: Any
) -> bytes:
    content = ("eventList", {"eventEntries": []})
    signed = rsp.encode("SmdsSigned2", {"transactionId": transaction_id, "requestSpecificData": content})
    signature = sign_raw(server.require_key(), signed + tlv.encode(0x5F37, signature1))
    return tlv.encode(0xBF45, signed + tlv.encode(0x5F37, changes.get("signature", signature)))


def outcome(answer: bytes) -> str:
    kind, code = rsp.decode("VerifySmdsResponseResponse", answer)
    if kind == "verifySmdsResponseOk":
        return "ok"
    names = rsp.names("VerifySmdsResponseResponse.verifySmdsResponseError")
    return next(name for name, number in names.items() if number == code)


def test_an_answer_is_believed_once(euicc: Euicc, server: CertificateAndKey) -> None:
    message = response(server, authenticated(euicc, server))
    assert euicc.isdr.execute(message) == OK
    assert outcome(euicc.isdr.execute(message)) == "noSession"


def test_an_answer_without_a_session(euicc: Euicc, server: CertificateAndKey) -> None:
    assert outcome(euicc.isdr.execute(response(server, bytes(64)))) == "noSession"
    euicc.isdr.execute(bytes.fromhex("BF2E00"))  # a challenge makes no server known
    assert outcome(euicc.isdr.execute(response(server, bytes(64)))) == "noSession"


def test_wrong_signatures(euicc: Euicc, server: CertificateAndKey, test_pki: TestPki) -> None:
    signature1 = authenticated(euicc, server)
    other = next(iter(test_pki.branches.values())).dp_auth
    assert other is not None
    for message in (
        response(server, bytes(64)),  # does not cover the eUICC's signature
        response(other, signature1),
        response(server, signature1, signature=bytes(64)),
        response(server, signature1, signature=bytes(63)),
    ):
        assert outcome(euicc.isdr.execute(message)) == "invalidSignature"
    assert outcome(euicc.isdr.execute(response(server, signature1))) == "ok", "a wrong one changes nothing"


def test_another_transaction(euicc: Euicc, server: CertificateAndKey) -> None:
    message = response(server, authenticated(euicc, server), transaction_id=b"other")
    assert outcome(euicc.isdr.execute(message)) == "invalidTransactionId"


def test_an_euicc_of_version_2_knows_no_such_function(test_pki: TestPki, server: CertificateAndKey) -> None:
    euicc = made(test_pki, Features())
    with pytest.raises(StatusError) as caught:
        euicc.isdr.execute(response(server, bytes(64)))
    assert caught.value.sw == SW.REFERENCED_DATA_NOT_FOUND


def test_what_an_euicc_of_version_3_says_that_it_can(euicc: Euicc, server: CertificateAndKey) -> None:
    info = rsp.decode("EUICCInfo1", euicc.isdr.execute(bytes.fromhex("BF2000")))
    names = rsp.bit_names("RspCapability", info["euiccRspCapability"])
    assert {"signedSmdsResponseV3Support", "pushServiceRegistrationSupport"} < set(names)
    assert Role.DS_AUTH is server.certificate.role


def test_additional_root_sm_dss_survive(test_pki: TestPki) -> None:
    euicc = made(test_pki, Features(svn=V3))
    euicc.core.additional_root_ds_addresses = ("second.example.com",)
    answer = euicc.isdr.execute(bytes.fromhex("BF3C00"))
    addresses = rsp.decode("EuiccConfiguredAddressesResponse", answer)
    assert addresses["additionalRootDsAddresses"] == ["second.example.com"]
    later = made(test_pki, Features(svn=V3))
    later.core.restore(euicc.core.save())
    assert later.core.additional_root_ds_addresses == ("second.example.com",)
    older = made(test_pki, Features())
    older.core.additional_root_ds_addresses = ("second.example.com",)
    assert "additionalRootDsAddresses" not in rsp.decode(
        "EuiccConfiguredAddressesResponse", older.isdr.execute(bytes.fromhex("BF3C00"))
    )
