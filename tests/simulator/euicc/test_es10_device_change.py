"""ES10b.PrepareDeviceChange, VerifyDeviceChange, VerifySmdpResponse, VerifyProfileRecovery: each result code,
against a server written here from `simulator.crypto` alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import pytest

from asn1 import rsp, tlv
from cards.status import StatusError
from simulator.crypto.bsp import Bsp, derive_session_keys
from simulator.crypto.ecc import Curve, one_time_key, public_bytes, shared_secret, sign_raw, verify_raw
from simulator.crypto.pki import CertificateAndKey, TestPki
from simulator.euicc.features import V3
from simulator.euicc.profiles import PPR2
from simulator.profile import build, describe
from tests.simulator.conftest import ADDRESS, Bench, entropy, make_bench

TRANSACTION = b"transaction"
DEVICE = {"tac": bytes.fromhex("35290611"), "deviceCapabilities": {}}
DELETE_BIT = (b"\x10", 4)
CRT = {"keyType": b"\x88", "keyLen": b"\x10", "hostId": b"host"}


@dataclass
class Server:
    """The SM-DP+'s side of a device change. `otpk` is the eUICC's one-time key as the server got it."""

    bench: Bench
    pki: TestPki
    eid: bytes = b""
    iccid: bytes = b""
    signatures: dict[int, bytes] = field(default_factory=dict)
    otpk: bytes = b""
    hash_cc: bytes | None = None

    def __post_init__(self) -> None:
        self.eid = self.bench.euicc.core.identity.eid
        self.iccid = self.bench.euicc.core.registry.profiles[0].iccid

    @property
    def auth(self) -> CertificateAndKey:
        item = next(iter(self.pki.branches.values())).dp_auth
        assert item is not None
        return item

    def execute(self, request: str, value: Any, response: str) -> tuple[str, Any]:
        answer = self.bench.euicc.isdr.execute(rsp.encode(request, value))
        decoded: tuple[str, Any] = rsp.decode(response, answer)
        return decoded

    def sign(self, signed: str, value: dict[str, Any], after: int) -> dict[str, Any]:
        """A signed member and the signature over it and over the eUICC's signature of that number."""
        number = signed[-1]
        raw = rsp.encode(signed, {"transactionId": TRANSACTION, **value})
        signature = sign_raw(self.auth.require_key(), raw + tlv.encode(0x5F37, self.signatures[after]))
        return {f"smdpSigned{number}": rsp.decode(signed, raw), f"smdpSignature{number}": signature}

    def authenticate(self, kind: str, **context: Any) -> tuple[str, Any]:
        challenge = self.bench.euicc.isdr.execute(bytes.fromhex("BF2E00"))[-16:]
        signed = {
            "transactionId": TRANSACTION,
            "euiccChallenge": challenge,
            "serverAddress": ADDRESS,
            "serverChallenge": bytes(16),
        }
        raw = rsp.encode("ServerSigned1", signed)
        request = {
            "serverSigned1": rsp.decode("ServerSigned1", raw),
            "serverSignature1": sign_raw(self.auth.require_key(), raw),
            "euiccCiPKIdToBeUsed": self.bench.euicc.core.identity.credentials[0].ci_key_id,
            "serverCertificate": self.auth.certificate_der,
            "ctxParams1": (kind, {"deviceInfo": DEVICE, **context}),
        }
        answer = self.execute("AuthenticateServerRequest", request, "AuthenticateServerResponse")
        if answer[0] == "authenticateResponseOk":
            self.signatures[1] = answer[1]["euiccSignature1"]
        return answer

    def for_change(self) -> Server:
        assert self.authenticate("ctxParamsForDeviceChange", iccid=self.iccid)[0] == "authenticateResponseOk"
        return self

    def for_recovery(self) -> Server:
        answer = self.authenticate("ctxParamsForProfileRecovery", iccid=self.iccid)
        assert answer[0] == "authenticateResponseOk"
        return self

    def offer(self, **members: Any) -> dict[str, Any]:
        return self.sign("SmdpSigned4", {"ccRequiredFlag": False, **members}, 1)

    def prepare(self, **changes: Any) -> tuple[str, Any]:
        """PrepareDeviceChange; what the eUICC signed is checked here."""
        request = {**self.offer(), **changes}
        kind, value = self.execute("PrepareDeviceChangeRequest", request, "PrepareDeviceChangeResponse")
        if kind == "prepareDeviceChangeResponseOk":
            signed, signature = value["euiccSigned3"], value["euiccSignature3"]
            credential = self.bench.euicc.core.identity.credentials[0]
            covered = signed.raw + tlv.encode(0x5F37, request["smdpSignature4"])
            assert verify_raw(credential.key.public_key(), signature, covered)
            assert signed["transactionId"] == TRANSACTION
            self.signatures[3] = signature
            self.otpk, self.hash_cc = signed.get("eacEuiccOtpk", b""), signed.get("hashCc")
        return kind, value

    def data(self, **members: Any) -> dict[str, Any]:
        return {"iccid": self.iccid, "activationCodeForDc": f"1${ADDRESS}$NEW", **members}

    def encrypted(self, data: bytes, template: dict[str, Any] = CRT, eid: bytes = b"") -> tuple[str, Any]:
        key = one_time_key(Curve.NIST_P256, entropy("server"))
        keys = derive_session_keys(shared_secret(key, self.otpk), host_id=b"host", eid=eid or self.eid)
        segments = Bsp.from_keys(keys).protect_all(0x87, data)
        return (
            "encryptedDeviceChangeData",
            {
                "controlRefTemplate": template,
                "eacSmdpOtpk": public_bytes(key),
                "sequenceOf87": [tlv.read(segment).value for segment in segments],
            },
        )

    def response(self, **members: Any) -> tuple[str, Any]:
        return self.encrypted(rsp.encode("DeviceChangeData", self.data(**members)))

    def verify(self, response: tuple[str, Any], **changes: Any) -> tuple[str, Any]:
        transaction = changes.pop("transactionId", TRANSACTION)
        signed = {"transactionId": transaction, "deviceChangeResponse": response}
        request = {**self.sign("SmdpSigned5", signed, 3), **changes}
        return self.execute("VerifyDeviceChangeRequest", request, "VerifyDeviceChangeResponse")

    def later(self, **changes: Any) -> tuple[str, Any]:
        retry = {"retryDelay": 5, "dcSessionId": b"session"}
        signed = {"requestSpecificData": ("retryData", retry), **changes}
        request = self.sign("SmdpSigned6", signed, 1)
        return self.execute("VerifySmdpResponseRequest", request, "VerifySmdpResponseResponse")

    def recover(self, **changes: Any) -> tuple[str, Any]:
        request = self.offer(activationCodeForProfileRecovery=f"1${ADDRESS}$BACK", **changes)
        return self.execute("VerifyProfileRecoveryRequest", request, "VerifyProfileRecoveryResponse")


def v3_bench(pki: TestPki, **features: Any) -> Bench:
    bench = make_bench(pki)
    bench.euicc.core.features = replace(bench.euicc.core.features, svn=V3, **features)
    bench.download(build.build_package(describe.load_shipped("home-operator")))
    configure(bench)
    return bench


def configure(bench: Bench, how: str = "requestToDp", **members: Any) -> None:
    profile = bench.euicc.core.registry.profiles[0]
    value = {"smdpAddressForDc": ADDRESS} if how == "requestToDp" else {"activationCodeForDc": "1$a$b"}
    profile.metadata = {**profile.metadata, "deviceChangeConfiguration": (how, {**value, **members})}


@pytest.fixture
def server(test_pki: TestPki) -> Server:
    return Server(v3_bench(test_pki), test_pki)


def code(answer: tuple[str, Any], path: str, member: str = "") -> str:
    kind, value = answer
    if kind.endswith("Ok"):
        return "ok"
    number = value[member] if member else value
    return next(name for name, known in rsp.names(path).items() if known == number)


def authentication_code(answer: tuple[str, Any]) -> str:
    return code(answer, "AuthenticateErrorCode", "authenticateErrorCode")


def prepare_code(answer: tuple[str, Any]) -> str:
    return code(answer, "DownloadErrorCode", "downloadErrorCode")


def verify_code(answer: tuple[str, Any]) -> str:
    return code(answer, "VerifyDeviceChangeResponse.verifyDeviceChangeError")


def profiles(server: Server) -> list[bytes]:
    return [profile.iccid for profile in server.bench.euicc.core.registry]


# --- AuthenticateServer -----------------------------------------------------------------------------------


def test_the_request_is_signed_as_it_came(server: Server) -> None:
    context = {"iccid": server.iccid, "targetEidValue": bytes(16), "targetTacValue": bytes(4)}
    _, answer = server.authenticate("ctxParamsForDeviceChange", **context)
    signed = answer["euiccSigned1"]
    assert signed["ctxParams1"] == ("ctxParamsForDeviceChange", {"deviceInfo": DEVICE, **context})
    capability, _ = signed["euiccInfo2"]["rspCapability"]
    assert capability[1] & 0x18 == 0x18, "deviceChangeSupport (11) and encryptedDeviceChangeDataSupport (12)"


@pytest.mark.parametrize("how", ["absent", "another", "usingStoredAc"])
def test_only_a_profile_that_may_change_over_a_server(server: Server, how: str) -> None:
    iccid = bytes(10) if how == "another" else server.iccid
    if how == "absent":
        profile = server.bench.euicc.core.registry.profiles[0]
        profile.metadata = {k: v for k, v in profile.metadata.items() if k != "deviceChangeConfiguration"}
    elif how == "usingStoredAc":
        configure(server.bench, how)
    answer = server.authenticate("ctxParamsForDeviceChange", iccid=iccid)
    assert authentication_code(answer) == "invalidIccid"


def test_only_below_the_ci_that_the_operator_allows(server: Server) -> None:
    configure(server.bench, allowedCiPKId=bytes(20))
    answer = server.authenticate("ctxParamsForDeviceChange", iccid=server.iccid)
    assert authentication_code(answer) == "ciPKUnknown"
    configure(server.bench, allowedCiPKId=next(iter(server.pki.branches.values())).ci_key_id)
    server.for_change()


def test_a_profile_to_be_recovered_is_not_there(server: Server) -> None:
    answer = server.authenticate("ctxParamsForProfileRecovery", iccid=bytes(10))
    assert answer[0] == "authenticateResponseOk"


def test_an_euicc_of_version_2_knows_nothing_of_it(test_pki: TestPki) -> None:
    server = Server(v3_bench(test_pki), test_pki)
    core = server.bench.euicc.core
    core.features = replace(core.features, svn=(2, 2, 2))
    with pytest.raises(StatusError, match="6A80"):
        server.authenticate("ctxParamsForDeviceChange", iccid=server.iccid)
    for tag in ("BF4D", "BF4B", "BF60", "BF62"):
        with pytest.raises(StatusError, match="6A88"):
            server.bench.euicc.isdr.execute(bytes.fromhex(tag + "00"))


# --- PrepareDeviceChange ----------------------------------------------------------------------------------


def test_prepare_signs_the_code_and_a_new_key(server: Server) -> None:
    hash_cc = sha256(b"code").digest()
    assert prepare_code(server.for_change().prepare(hashCc=hash_cc)) == "ok"
    assert server.hash_cc == hash_cc
    first = server.otpk
    assert len(first) == 65
    assert first[0] == 4
    assert prepare_code(server.for_change().prepare()) == "ok"
    assert server.hash_cc is None
    assert server.otpk != first


def test_prepare_refusals(server: Server) -> None:
    server.signatures[1] = bytes(64)
    assert prepare_code(server.prepare()) == "noSessionContext"
    server.for_recovery()
    assert prepare_code(server.prepare()) == "noSessionContext", "a session for something else"
    server.for_change()
    assert prepare_code(server.prepare(smdpSignature4=bytes(64))) == "invalidSignature"
    assert prepare_code(server.prepare(smdpSignature4=bytes(63))) == "invalidSignature"
    wrong = server.offer(transactionId=b"another")
    assert prepare_code(server.prepare(**wrong)) == "invalidTransactionId"
    assert prepare_code(server.prepare()) == "ok"


def test_a_session_for_a_change_downloads_nothing(server: Server) -> None:
    server.for_change()
    signed = rsp.encode("SmdpSigned2", {"transactionId": TRANSACTION, "ccRequiredFlag": False})
    request = {
        "smdpSigned2": rsp.decode("SmdpSigned2", signed),
        "smdpSignature2": bytes(64),
        "smdpCertificate": server.auth.certificate_der,
    }
    answer = server.execute("PrepareDownloadRequest", request, "PrepareDownloadResponse")
    assert prepare_code(answer) == "noSessionContext"


# --- VerifyDeviceChange -----------------------------------------------------------------------------------


def test_the_profile_goes_and_is_reported(server: Server) -> None:
    server.for_change().prepare()
    before = server.bench.euicc.core.notifications.last_number
    members = {"deleteOldProfile": None, "notificationAddress": ADDRESS, "profileRecoverySupport": None}
    kind, data = server.verify(server.response(**members))
    assert kind == "verifyDeviceChangeOk"
    assert data == server.data(**members)
    assert profiles(server) == []
    assert server.bench.euicc.core.session is None
    pending = server.bench.euicc.core.notifications.pending[-1]
    assert pending.sequence_number == before + 1
    assert pending.metadata["profileManagementOperation"] == DELETE_BIT
    assert pending.metadata["iccid"] == server.iccid


def test_a_profile_that_is_to_stay_stays(server: Server) -> None:
    server.for_change().prepare()
    assert verify_code(server.verify(server.response())) == "ok"
    assert profiles(server) == [server.iccid]


def test_data_of_many_segments(server: Server) -> None:
    server.for_change().prepare()
    long = rsp.encode("DeviceChangeData", server.data(notificationAddress="a" * 3000))
    response = server.encrypted(long)
    assert len(response[1]["sequenceOf87"]) == 4
    assert verify_code(server.verify(response)) == "ok"


def test_an_euicc_that_does_not_encrypt_takes_clear_data(test_pki: TestPki) -> None:
    server = Server(v3_bench(test_pki, encrypts_device_change=False), test_pki)
    server.for_change().prepare()
    assert server.otpk == b""
    server.otpk = public_bytes(one_time_key(Curve.NIST_P256, entropy("x")))
    assert verify_code(server.verify(server.response())) == "invalidData"
    assert verify_code(server.verify(("deviceChangeData", server.data(deleteOldProfile=None)))) == "ok"
    assert profiles(server) == []


def test_what_was_to_be_encrypted_must_be(server: Server) -> None:
    server.for_change().prepare()
    assert verify_code(server.verify(("deviceChangeData", server.data()))) == "invalidData"


def test_verify_needs_a_prepared_session(server: Server) -> None:
    server.signatures[3] = bytes(64)
    server.otpk = public_bytes(one_time_key(Curve.NIST_P256, entropy("x")))
    assert verify_code(server.verify(server.response())) == "noSession"
    server.for_change()
    assert verify_code(server.verify(server.response())) == "noSession", "nothing was prepared"
    server.for_recovery()
    assert verify_code(server.verify(server.response())) == "noSession", "for something else"


Make = Callable[[Server], tuple[str, Any]]

BAD_DATA: dict[str, tuple[str, Make]] = {
    "another key type": ("unsupportedCrtValues", lambda s: s.encrypted(b"", {**CRT, "keyType": b"\x80"})),
    "another key length": ("unsupportedCrtValues", lambda s: s.encrypted(b"", {**CRT, "keyLen": b"\x20"})),
    "another host": (
        "invalidData",
        lambda s: s.encrypted(rsp.encode("DeviceChangeData", s.data()), {**CRT, "hostId": b"other"}),
    ),
    "another eUICC": (
        "invalidData",
        lambda s: s.encrypted(rsp.encode("DeviceChangeData", s.data()), eid=bytes(16)),
    ),
    "no data": ("invalidData", lambda s: s.encrypted(b"")),
    "other data": ("invalidData", lambda s: s.encrypted(b"\x30\x03\x02\x01\x00")),
    "no point": (
        "invalidData",
        lambda s: (
            "encryptedDeviceChangeData",
            {"controlRefTemplate": CRT, "eacSmdpOtpk": b"\x04" + bytes(64), "sequenceOf87": [bytes(24)]},
        ),
    ),
    "another profile": ("invalidData", lambda s: s.response(iccid=bytes(10))),
}


@pytest.mark.parametrize("name", BAD_DATA)
def test_bad_data_change_nothing(server: Server, name: str) -> None:
    expected, make = BAD_DATA[name]
    server.for_change().prepare()
    assert verify_code(server.verify(make(server))) == expected
    assert profiles(server) == [server.iccid]
    assert verify_code(server.verify(server.response(deleteOldProfile=None))) == "ok", "the session is there"


def test_verify_signature_and_transaction(server: Server) -> None:
    server.for_change().prepare()
    response = server.response(deleteOldProfile=None)
    assert verify_code(server.verify(response, smdpSignature5=bytes(64))) == "invalidSignature"
    assert verify_code(server.verify(response, transactionId=b"another")) == "invalidTransactionId"
    assert profiles(server) == [server.iccid]


def test_an_enabled_profile_is_disabled_first(server: Server) -> None:
    server.for_change().prepare()
    core = server.bench.euicc.core
    request = {"profileIdentifier": ("iccid", server.iccid), "refreshFlag": False}
    server.bench.euicc.isdr.execute(rsp.encode("EnableProfileRequest", request))
    response = server.response(deleteOldProfile=None)
    assert verify_code(server.verify(response)) == "profileNotInDisabledState"
    assert core.registry.profiles[0].is_enabled
    server.bench.euicc.isdr.execute(rsp.encode("DisableProfileRequest", request))
    assert verify_code(server.verify(response)) == "ok", "the session outlives the disabling"
    assert profiles(server) == []


def test_a_policy_rule_keeps_the_profile(server: Server) -> None:
    profile = server.bench.euicc.core.registry.profiles[0]
    profile.metadata = {**profile.metadata, "profilePolicyRules": (bytes((0x80 >> PPR2,)), PPR2 + 1)}
    server.for_change().prepare()
    assert verify_code(server.verify(server.response(deleteOldProfile=None))) == "disallowedByPolicy"
    assert profiles(server) == [server.iccid]


def test_a_profile_that_went_meanwhile(server: Server) -> None:
    server.for_change().prepare()
    server.bench.euicc.isdr.execute(rsp.encode("DeleteProfileRequest", ("iccid", server.iccid)))
    assert verify_code(server.verify(server.response(deleteOldProfile=None))) == "invalidData"


# --- VerifySmdpResponse, VerifyProfileRecovery ------------------------------------------------------------


def later_code(answer: tuple[str, Any]) -> str:
    return code(answer, "VerifySmdpResponseResponse.verifySmdpResponseError")


def recovery_code(answer: tuple[str, Any]) -> str:
    return code(answer, "VerifyProfileRecoveryResponse.verifyProfileRecoveryError")


def test_to_come_again_later(server: Server) -> None:
    server.signatures[1] = bytes(64)
    assert later_code(server.later()) == "noSession"
    server.for_recovery()
    assert later_code(server.later()) == "noSession"
    server.for_change()
    assert later_code(server.later(transactionId=b"another")) == "invalidTransactionId"
    right, server.signatures[1] = server.signatures[1], bytes(64)
    assert later_code(server.later()) == "invalidSignature"
    server.signatures[1] = right
    assert later_code(server.later()) == "ok"
    assert later_code(server.later()) == "noSession", "it ends the session"


def test_recovery(server: Server) -> None:
    server.signatures[1] = bytes(64)
    assert recovery_code(server.recover()) == "noSession"
    server.for_change()
    assert recovery_code(server.recover()) == "noSession"
    server.for_recovery()
    assert recovery_code(server.recover(transactionId=b"another")) == "invalidTransactionId"
    right, server.signatures[1] = server.signatures[1], bytes(64)
    assert recovery_code(server.recover()) == "invalidSignature"
    server.signatures[1] = right
    assert recovery_code(server.recover()) == "ok"
    assert recovery_code(server.recover()) == "noSession"


def test_a_reset_ends_the_session(server: Server) -> None:
    server.for_change().prepare()
    server.bench.euicc.reset()
    assert verify_code(server.verify(server.response())) == "noSession"
