"""The codecs as their users see them: messages, records of what is signed, fields, names, errors."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asn1 import Asn1Error, DecodeError, EncodeError, Record, iot, pkix, rsp, saip, tlv
from asn1.signed import OPAQUE, SIGNED

TRANSACTION = bytes(range(16))
SERVER_SIGNED = {
    "transactionId": TRANSACTION,
    "euiccChallenge": bytes(16),
    "serverAddress": "smdp.example.com",
    "serverChallenge": bytes(range(16, 32)),
}


def test_messages_carry_their_own_tag() -> None:
    assert rsp.encode("GetEuiccChallengeRequest", {}).hex().upper() == "BF2E00"
    assert rsp.decode("GetEuiccChallengeRequest", bytes.fromhex("BF2E00")) == {}
    assert rsp.decode("ProfileInfoListRequest", bytes.fromhex("BF2D00")) == {}
    enable = bytes.fromhex("BF3111 A00C5A0A98001032547698103214 8101FF")
    assert rsp.decode("EnableProfileRequest", enable) == {
        "profileIdentifier": ("iccid", bytes.fromhex("98001032547698103214")),
        "refreshFlag": True,
    }


def test_a_message_as_lpac_sends_it() -> None:
    # BF38 {…, ctxParams1 A0 {matchingId 80, deviceInfo A1 {tac 80, deviceCapabilities A1 {}}}}
    context = bytes.fromhex(
        "A010 8002 2D31 A10A 8004 35290611 A100".replace("A010", "A00E").replace("A10A", "A108")
    )
    value = rsp.decode("CtxParams1", context)
    assert value == (
        "ctxParamsForCommonAuthentication",
        {"matchingId": "-1", "deviceInfo": {"tac": bytes.fromhex("35290611"), "deviceCapabilities": {}}},
    )
    assert rsp.encode("CtxParams1", value) == context


def test_input_may_be_any_buffer() -> None:
    octets = bytes.fromhex("BF2E00")
    for data in (bytearray(octets), memoryview(octets)):
        assert rsp.decode("GetEuiccChallengeRequest", data) == {}  # type: ignore[arg-type]


def test_decode_wants_all_of_the_input_and_decode_prefix_does_not() -> None:
    octets = bytes.fromhex("BF2E00BF2E00")
    assert rsp.decode_prefix("GetEuiccChallengeRequest", octets, 3) == ({}, 6)
    for decode in (rsp.decode, rsp.fields):
        with pytest.raises(DecodeError, match="3 octets after the end") as caught:
            decode("GetEuiccChallengeRequest", octets)
        assert caught.value.offset == 3
    for offset in (-1, 6):
        with pytest.raises(DecodeError, match="no data left"):
            rsp.decode_prefix("GetEuiccChallengeRequest", octets, offset)


def test_unknown_types_and_names() -> None:
    with pytest.raises(Asn1Error, match="rsp has no type Nothing"):
        rsp.decode("Nothing", b"\x30\x00")
    with pytest.raises(Asn1Error, match="rsp has no type Nothing"):
        rsp.encode("Nothing", {})
    with pytest.raises(Asn1Error, match="no named numbers"):
        saip.names("File")
    assert repr(saip) == "<ASN.1 codec of saip>"


def test_names() -> None:
    assert saip.names("PEStatus.status")["unsupported-profile-version"] == 31
    assert rsp.names("ProfileState") == {"disabled": 0, "enabled": 1}
    assert rsp.names("NotificationEvent")["notificationDelete"] == 3
    assert pkix.names("KeyUsage")["cRLSign"] == 6


class TestRecords:
    """What is signed keeps the octets that it came in."""

    def received(self) -> tuple[Any, bytes]:
        """A record, and its octets, which hold a member of a later version too."""
        known = tlv.read(rsp.encode("ServerSigned1", SERVER_SIGNED)).value
        octets = tlv.encode(0x30, known + bytes.fromhex("9F7F00"))
        return rsp.decode("ServerSigned1", octets), octets

    def test_the_octets_are_kept(self) -> None:
        record, octets = self.received()
        assert isinstance(record, Record)
        assert record["serverAddress"] == "smdp.example.com"
        assert record["..."] == [bytes.fromhex("9F7F00")]
        assert record.raw == octets
        assert rsp.encode("ServerSigned1", record) == octets

    def test_every_signed_type_gives_one(self) -> None:
        for codec, names in SIGNED.items():
            types = {"iot": iot, "rsp": rsp, "saip": saip, "pkix": pkix}[codec].types
            assert names <= types
        assert not OPAQUE["rsp"] & rsp.types

    def test_within_a_message(self) -> None:
        tbs = {"seqNumber": 7, "profileManagementOperation": (b"\x40", 2), "notificationAddress": "a.example"}
        certificate = bytes.fromhex("30030101FF")
        message = {
            "tbsOtherNotification": tbs,
            "euiccNotificationSignature": bytes(64),
            "euiccCertificate": certificate,
            "eumCertificate": certificate,
        }
        encoded = rsp.encode("OtherSignedNotification", message)
        decoded = rsp.decode("OtherSignedNotification", encoded)
        assert decoded == message
        assert decoded["tbsOtherNotification"].raw == rsp.encode("NotificationMetadata", tbs)
        assert decoded["euiccCertificate"] == certificate
        assert rsp.encode("OtherSignedNotification", decoded) == encoded

    def test_a_record_does_not_change(self) -> None:
        record, octets = self.received()
        changes: list[Any] = [
            lambda: record.update(serverAddress="x"),
            lambda: record.__setitem__("serverAddress", "x"),
            lambda: record.pop("serverAddress"),
            lambda: record.setdefault("x", 1),
            record.clear,
            record.popitem,
        ]
        for change in changes:
            with pytest.raises(TypeError, match=r"dict\(record\)"):
                change()
        changed = dict(record) | {"serverAddress": "other.example"}
        assert rsp.decode("ServerSigned1", rsp.encode("ServerSigned1", changed)) == changed
        for again in (copy.deepcopy(record), pickle.loads(pickle.dumps(record))):
            assert (type(again), again, again.raw) == (Record, record, octets)

    def test_a_record_of_another_type_is_refused(self) -> None:
        record, _ = self.received()
        with pytest.raises(EncodeError, match="does not start with its tag BF2F") as caught:
            rsp.encode("NotificationMetadata", record)
        assert caught.value.path == "NotificationMetadata"


class TestCertificates:
    """SGP.26 certificates: pkix opens them, rsp hands them on."""

    @pytest.fixture(
        scope="class", params=["CERT_CI_ECDSA_NIST", "CERT_EUM_ECDSA_NIST", "CERT_S_SM_DPpb_ECDSA_BRP"]
    )
    @classmethod
    def certificate(cls, request: pytest.FixtureRequest, shared_data: Path) -> bytes:
        return (shared_data / "sgp26" / f"{request.param}.der").read_bytes()

    def test_pkix_opens_it(self, certificate: bytes, pkix_oracle: Any) -> None:
        value = pkix.decode("Certificate", certificate)
        assert pkix.encode("Certificate", value) == certificate
        assert value["tbsCertificate"]["version"] == 2
        theirs = pkix_oracle.decode("Certificate", certificate)
        assert value["tbsCertificate"]["extensions"] == theirs["tbsCertificate"]["extensions"]
        assert value["tbsCertificate"]["subject"] == theirs["tbsCertificate"]["subject"]

    def test_its_extensions(self, certificate: bytes) -> None:
        found = {
            e["extnID"]: e["extnValue"]
            for e in pkix.decode("Certificate", certificate)["tbsCertificate"]["extensions"]
        }
        key_identifier = pkix.decode("SubjectKeyIdentifier", found["2.5.29.14"])
        assert len(key_identifier) == 20
        for oid, name in [
            ("2.5.29.15", "KeyUsage"),
            ("2.5.29.17", "SubjectAltName"),
            ("2.5.29.30", "NameConstraints"),
            ("2.5.29.31", "CRLDistributionPoints"),
            ("2.5.29.32", "CertificatePolicies"),
            ("2.5.29.35", "AuthorityKeyIdentifier"),
        ]:
            if oid in found:
                assert pkix.encode(name, pkix.decode(name, found[oid])) == found[oid]

    def test_rsp_hands_it_on(self, certificate: bytes) -> None:
        assert rsp.decode("Certificate", certificate) == certificate
        assert rsp.encode("Certificate", certificate) == certificate
        with pytest.raises(EncodeError, match="not one complete TLV"):
            rsp.encode("Certificate", certificate[:-1])
        with pytest.raises(EncodeError, match="SEQUENCE"):
            rsp.encode("Certificate", b"\x31\x00")


@given(
    st.sampled_from(["AuthenticateServerRequest", "BoundProfilePackage", "PendingNotification"]),
    st.binary(max_size=80),
)
def test_arbitrary_octets(name: str, data: bytes) -> None:
    try:
        value = rsp.decode(name, data)
    except DecodeError as error:
        assert error.path.startswith(name)  # noqa: PT017
    else:
        assert rsp.encode(name, value) == data


def test_importing_the_package_is_light() -> None:
    assert loaded("import asn1") == []
    assert "asn1tools" not in loaded("from asn1 import rsp; rsp.encode('GetEuiccChallengeRequest', {})")


def loaded(code: str) -> list[str]:
    """Which of the heavy parts a process has loaded after running `code`."""
    code += "; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = ("asn1.der", "asn1.tables", "asn1tools")
    return [module for module in done.stdout.split() if module.startswith(heavy)]


def test_bits_are_set_by_their_names() -> None:
    """Trailing zero bits are left out (X.690 §11.2.2): bit 17 is the second of the third octet."""
    assert rsp.bits("RspCapability", ["signedSmdsResponseV3Support", "additionalProfile"]) == (
        bytes.fromhex("800040"),
        18,
    )
    assert rsp.bits("LpaRspCapability", []) == (b"", 0)
    with pytest.raises(Asn1Error, match="LpaRspCapability has no bit 'nothing'"):
        rsp.bits("LpaRspCapability", ["nothing"])
