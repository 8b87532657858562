"""An eUICC stand-in for the server's tests: its side of ES9+, written from the specification and
`simulator.crypto` alone, so that the server is not checked by its own code."""

from __future__ import annotations

import os
import pwd
import random
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from asn1 import rsp, tlv
from simulator.crypto import ecc
from simulator.crypto.bsp import Bsp, SessionKeys, derive_session_keys
from simulator.crypto.certificates import Certificate
from simulator.crypto.ecc import Curve
from simulator.crypto.pki import TestPki
from simulator.smdp import MemoryStore, ProfileMetadata, SmdpIdentity, SmdpPlus, Store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EID = bytes.fromhex("89049032123451234512345678901235")
ADDRESS = "testsmdpplus1.example.com"
ALL_CAPABILITIES = (b"\xff\xff\xff\xff", 32)


def upp(size: int = 3000) -> bytes:
    """A package that the server can read: a header, and content that only the eUICC looks into."""
    from asn1 import saip

    header = {
        "major-version": 2,
        "minor-version": 3,
        "profileType": "Test profile",
        "iccid": bytes.fromhex("89000123456789012341"),
        "eUICC-Mandatory-services": {"usim": None},
        "eUICC-Mandatory-GFSTEList": ["2.23.143.1.2.1"],
    }
    return saip.encode("ProfileElement", ("header", header)) + tlv.encode(0xBF7F, bytes(size))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **kwargs: float) -> None:
        self.now += timedelta(**kwargs)


class Euicc:
    """The eUICC and LPA of one download. Attributes may be changed to make it lie."""

    def __init__(self, pki: TestPki, entropy: Callable[[int], bytes], eid: bytes = EID) -> None:
        self.pki, self.entropy, self.eid = pki, entropy, eid
        self.curve = next(iter(pki.branches))
        self.branch = pki.branches[self.curve]
        self.own = pki.issue_euicc(eid, self.curve, entropy=entropy, now=NOW)
        assert self.branch.eum is not None
        self.eum_der = self.branch.eum.certificate_der
        self.ci_key_ids = [branch.ci_key_id for branch in pki.branches.values()]
        self.one_time = ecc.one_time_key(self.curve, entropy)
        self.svn = bytes([2, 3, 0])
        self.profile_version = bytes([2, 3, 1])
        self.capability = ALL_CAPABILITIES
        self.rsp_capability = (b"\x90", 4)
        self.is_v3 = False
        self.lpa_capability: tuple[bytes, int] | None = None
        """What an LPA of version 3 says of itself, unsigned and then signed."""
        self.card_resource = bytes.fromhex("8101008204000800008304 00002000".replace(" ", ""))
        self.sequence_number = 1
        self.server_oid = "2.999.10"

    def sign(self, data: bytes) -> bytes:
        return ecc.sign_raw(self.own.require_key(), data)

    def info1(self) -> dict[str, Any]:
        return {
            "svn": self.svn,
            "euiccCiPKIdListForVerification": self.ci_key_ids,
            "euiccCiPKIdListForSigning": self.ci_key_ids,
            **({"euiccRspCapability": self.rsp_capability} if self.is_v3 else {}),
        }

    def info2(self) -> dict[str, Any]:
        return {
            "profileVersion": self.profile_version,
            "euiccFirmwareVer": bytes([1, 0, 0]),
            "extCardResource": self.card_resource,
            "uiccCapability": self.capability,
            "rspCapability": self.rsp_capability,
            "ppVersion": bytes([1, 0, 0]),
            "sasAcreditationNumber": "test",
            **{name: value for name, value in self.info1().items() if name != "euiccRspCapability"},
        }

    def initiate(self) -> dict[str, Any]:
        told = {"lpaRspCapability": self.lpa_capability} if self.lpa_capability else {}
        return {
            "euiccChallenge": self.entropy(16),
            "euiccInfo1": self.info1(),
            "smdpAddress": ADDRESS,
            **told,
        }

    def become_version_3(self, *capabilities: str) -> None:
        """It and its LPA follow version 3 from now on, with these capabilities of RspCapability."""
        self.is_v3, self.lpa_capability = True, rsp.bits("LpaRspCapability", ["apduApiSupport"])
        self.rsp_capability = rsp.bits("RspCapability", ["euiccRspCapInInfo1", *capabilities])

    def authenticate(self, server: dict[str, Any], matching_id: str, **changes: Any) -> dict[str, Any]:
        """Checks the server's proof, and gives the request of AuthenticateClient."""
        signed = server["serverSigned1"]
        self.auth_certificate = server["serverCertificate"]
        certificate = Certificate.parse(server["serverCertificate"])
        assert ecc.verify_raw(certificate.public_key, server["serverSignature1"], signed.raw)
        context = {"matchingId": matching_id, "deviceInfo": {"tac": bytes(4), "deviceCapabilities": {}}}
        kind, context = changes.pop("ctxParams1", ("ctxParamsForCommonAuthentication", context))
        if self.lpa_capability and "deviceInfo" in context:
            device = {"lpaRspCapability": self.lpa_capability, **context["deviceInfo"]}
            context = {**context, "deviceInfo": device}
        signed1 = rsp.encode(
            "EuiccSigned1",
            {
                "transactionId": server["transactionId"],
                "serverAddress": signed["serverAddress"],
                "serverChallenge": signed["serverChallenge"],
                "euiccInfo2": self.info2(),
                "ctxParams1": (kind, context),
                **changes,
            },
        )
        self.signature1 = self.sign(signed1)
        response = {
            "euiccSigned1": rsp.decode("EuiccSigned1", signed1),
            "euiccSignature1": self.signature1,
            "euiccCertificate": self.own.certificate_der,
            "eumCertificate": self.eum_der,
        }
        return {
            "transactionId": server["transactionId"],
            "authenticateServerResponse": ("authenticateResponseOk", response),
        }

    def prepare(self, offer: dict[str, Any], confirmation_code: str = "", **changes: Any) -> dict[str, Any]:
        """Checks the server's offer, and gives the request of GetBoundProfilePackage."""
        signed2 = offer["smdpSigned2"]
        certificate = Certificate.parse(offer["smdpCertificate"])
        covered = signed2.raw + tlv.encode(0x5F37, self.signature1)
        assert ecc.verify_raw(certificate.public_key, offer["smdpSignature2"], covered)
        self.pb_certificate = certificate
        answer: dict[str, Any] = {
            "transactionId": offer["transactionId"],
            "euiccOtpk": ecc.public_bytes(self.one_time),
        }
        if confirmation_code:
            once = sha256(confirmation_code.encode()).digest()
            answer["hashCc"] = sha256(once + offer["transactionId"]).digest()
        raw = rsp.encode("EUICCSigned2", {**answer, **changes})
        signature = self.sign(raw + tlv.encode(0x5F37, offer["smdpSignature2"]))
        response = {"euiccSigned2": rsp.decode("EUICCSigned2", raw), "euiccSignature2": signature}
        return {
            "transactionId": offer["transactionId"],
            "prepareDownloadResponse": ("downloadResponseOk", response),
        }

    def prepare_change(
        self, offer: dict[str, Any], confirmation_code: str = "", *, encrypts: bool = True, **changes: Any
    ) -> dict[str, Any]:
        """Checks the server's offer of a device change, and gives the request of ConfirmDeviceChange."""
        self.check_auth(offer, 4, self.signature1)
        answer: dict[str, Any] = {"transactionId": offer["transactionId"]}
        if encrypts:
            answer["eacEuiccOtpk"] = ecc.public_bytes(self.one_time)
        if confirmation_code:
            once = sha256(confirmation_code.encode()).digest()
            answer["hashCc"] = sha256(once + offer["transactionId"]).digest()
        raw = rsp.encode("EUICCSigned3", {**answer, **changes})
        self.signature3 = self.sign(raw + tlv.encode(0x5F37, offer["smdpSignature4"]))
        response = {"euiccSigned3": rsp.decode("EUICCSigned3", raw), "euiccSignature3": self.signature3}
        return {
            "transactionId": offer["transactionId"],
            "prepareDeviceChangeResponse": ("prepareDeviceChangeResponseOk", response),
        }

    def check_auth(self, answer: dict[str, Any], number: int, previous: bytes) -> Any:
        """What the server has signed with the key of its CERT.DPauth, over `previous` too."""
        signed = answer[f"smdpSigned{number}"]
        covered = signed.raw + tlv.encode(0x5F37, previous)
        certificate = Certificate.parse(self.auth_certificate)
        assert ecc.verify_raw(certificate.public_key, answer[f"smdpSignature{number}"], covered)
        assert signed["transactionId"] == answer["transactionId"]
        return signed

    def open_change(self, answer: dict[str, Any]) -> dict[str, Any]:
        """DeviceChangeData in the answer of ConfirmDeviceChange."""
        kind, value = self.check_auth(answer, 5, self.signature3)["deviceChangeResponse"]
        if kind == "deviceChangeData":
            return dict(value)
        template = value["controlRefTemplate"]
        assert (template["keyType"], template["keyLen"]) == (b"\x88", b"\x10")
        secret = ecc.shared_secret(self.one_time, value["eacSmdpOtpk"])
        bsp = Bsp.from_keys(derive_session_keys(secret, host_id=template["hostId"], eid=self.eid))
        clear = b"".join(bsp.unprotect(tlv.encode(0x87, one)) for one in value["sequenceOf87"])
        return dict(rsp.decode("DeviceChangeData", clear))

    def deletion(self, **changes: Any) -> dict[str, Any]:
        """DeleteNotificationForDc, as it travels within an activation code."""
        raw = rsp.encode("NotificationMetadata", {**self._metadata("delete"), **changes})
        metadata = rsp.decode("NotificationMetadata", raw).retagged(0xA0)
        return {"notificationMetadata": metadata, "euiccNotificationSignature": self.sign(raw)}

    def open(self, package: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
        """ConfigureISDP, StoreMetadata and the profile package in a Bound Profile Package (§2.5.4)."""
        value = rsp.decode("BoundProfilePackage", package)
        request = value["initialiseSecureChannelRequest"]
        inner = next(t for t in tlv.read_all(tlv.read(package).value) if t.tag == 0xBF23).value
        signed = inner[: inner.index(bytes.fromhex("5F3740"))]
        covered = signed + tlv.encode(0x5F49, ecc.public_bytes(self.one_time))
        assert ecc.verify_raw(self.pb_certificate.public_key, request["smdpSign"], covered)
        template = request["controlRefTemplate"]
        assert (template["keyType"], template["keyLen"]) == (b"\x88", b"\x10")
        secret = ecc.shared_secret(self.one_time, request["smdpOtpk"])
        bsp = Bsp.from_keys(derive_session_keys(secret, host_id=template["hostId"], eid=self.eid))
        parts = {t.tag: t.value for t in tlv.read_all(tlv.read(package).value)}
        isdp = b"".join(bsp.unprotect(s) for s in segments(parts[0xA0], 0x87))
        metadata = b"".join(bsp.verify_mac_only(s) for s in segments(parts[0xA1], 0x88))
        if 0xA2 in parts:
            raw = b"".join(bsp.unprotect(s) for s in segments(parts[0xA2], 0x87))
            keys = rsp.decode("ReplaceSessionKeysRequest", raw)
            bsp = Bsp.from_keys(SessionKeys(keys["ppkEnc"], keys["ppkCmac"], keys["initialMacChainingValue"]))
        profile = b"".join(bsp.unprotect(s) for s in segments(parts[0xA3], 0x86))
        return (
            rsp.decode("ConfigureISDPRequest", isdp),
            rsp.decode("StoreMetadataRequest", metadata),
            profile,
        )

    def result(self, transaction_id: bytes, error: int | None = None, **changes: Any) -> dict[str, Any]:
        """The request of HandleNotification with the result of the installation."""
        final: tuple[str, dict[str, Any]] = (
            ("successResult", {"aid": bytes(16), "simaResponse": b"\x30\x00"})
            if error is None
            else ("errorResult", {"bppCommandId": 5, "errorReason": error})
        )
        data = {
            "transactionId": transaction_id,
            "notificationMetadata": self._metadata("install"),
            "smdpOid": self.server_oid,
            "finalResult": final,
            **changes,
        }
        raw = rsp.encode("ProfileInstallationResultData", data)
        result = {
            "profileInstallationResultData": rsp.decode("ProfileInstallationResultData", raw),
            "euiccSignPIR": self.sign(raw),
        }
        return {"pendingNotification": ("profileInstallationResult", result)}

    def notify(self, event: str) -> dict[str, Any]:
        """The request of HandleNotification with another notification."""
        raw = rsp.encode("NotificationMetadata", self._metadata(event))
        signed = {
            "tbsOtherNotification": rsp.decode("NotificationMetadata", raw),
            "euiccNotificationSignature": self.sign(raw),
            "euiccCertificate": self.own.certificate_der,
            "eumCertificate": self.eum_der,
        }
        return {"pendingNotification": ("otherSignedNotification", signed)}

    def cancel(self, transaction_id: bytes, reason: int, **changes: Any) -> dict[str, Any]:
        """The request of CancelSession."""
        signed = {"transactionId": transaction_id, "smdpOid": self.server_oid, "reason": reason, **changes}
        raw = rsp.encode("EuiccCancelSessionSigned", signed)
        response = {
            "euiccCancelSessionSigned": rsp.decode("EuiccCancelSessionSigned", raw),
            "euiccCancelSessionSignature": self.sign(raw),
        }
        return {
            "transactionId": transaction_id,
            "cancelSessionResponse": ("cancelSessionResponseOk", response),
        }

    def _metadata(self, event: str) -> dict[str, Any]:
        self.sequence_number += 1
        bit = 0x80 >> ("install", "enable", "disable", "delete").index(event)
        return {
            "seqNumber": self.sequence_number,
            "profileManagementOperation": (bytes([bit]), bit.bit_length() and 8 - bit.bit_length() + 1),
            "notificationAddress": ADDRESS,
            "iccid": bytes.fromhex("98001032547698103214"),
        }


def segments(data: bytes, tag: int) -> list[bytes]:
    """The TLVs of a sequence, each at most 1020 bytes, all with the same tag."""
    whole = [data[t.offset : t.end] for t in tlv.read_all(data)]
    assert all(t.tag == tag for t in tlv.read_all(data))
    assert all(len(segment) <= 1020 for segment in whole)
    return whole


class World:
    """A server, an eUICC that knows it, and the way through a download."""

    def __init__(self, pki: TestPki, store: Store) -> None:
        source = random.Random("world")
        self.entropy = source.randbytes
        self.clock = Clock()
        self.store = store
        self.pki = pki
        self.smdp = SmdpPlus(
            SmdpIdentity.from_pki(pki, ADDRESS), store, entropy=source.randbytes, clock=self.clock
        )
        self.euicc = Euicc(pki, self.entropy)
        self.upp = upp()

    def order(self, matching_id: str | None = "ID-1", **options: Any) -> str:
        return self.smdp.add_order(self.upp, matching_id, **options)

    def initiated(self) -> dict[str, Any]:
        return self.smdp.initiate_authentication(self.euicc.initiate())

    def authenticated(self, matching_id: str = "ID-1") -> dict[str, Any]:
        return self.smdp.authenticate_client(self.euicc.authenticate(self.initiated(), matching_id))

    def delivered(self, matching_id: str = "ID-1", code: str = "") -> dict[str, Any]:
        offer = self.authenticated(matching_id)
        return self.smdp.get_bound_profile_package(self.euicc.prepare(offer, code))

    def records(self) -> tuple[Any, ...]:
        """Everything that the store holds, to see that nothing changed."""
        sessions = [self.store.session(bytes.fromhex(key)) for key in self.session_keys()]
        return self.store.orders(), sessions, self.store.notifications()

    def session_keys(self) -> list[str]:
        assert isinstance(self.store, MemoryStore)
        return list(self.store._sessions)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL of our own, on a socket in a folder of ours, for as long as the tests run; the URL of its
    first database. It does not run as root."""
    folder = Path(tempfile.mkdtemp(prefix="esim-pg-"))
    programs = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/bin")]
    bin_folder = next((at for at in programs if (at / "initdb").exists()), None)
    assert bin_folder, "PostgreSQL is missing: install the package postgresql, as `make test` does"
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [bin_folder / program, *arguments], cwd=folder, capture_output=True, text=True, **user
        )
        assert done.returncode == 0, done.stderr

    run("initdb", "--pgdata", str(data), "--auth=trust", "--username=test", "--no-sync", "--encoding=UTF8")
    options = f"-c listen_addresses= -k {folder} -c fsync=off -c full_page_writes=off"
    run("pg_ctl", "--pgdata", str(data), "--wait", "--log", str(folder / "log"), "-o", options, "start")
    yield f"postgresql+psycopg://test@/postgres?host={folder}"
    run("pg_ctl", "--pgdata", str(data), "--mode=immediate", "stop")
    shutil.rmtree(folder)


@pytest.fixture
def postgresql(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty database on a real PostgreSQL."""
    name = f"test_{secrets.token_hex(6)}"
    engine = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgresql_server.replace("/postgres?", f"/{name}?")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def rsp_pki() -> TestPki:
    return TestPki.create(entropy=random.Random("pki").randbytes, now=NOW)


@pytest.fixture(scope="session")
def brainpool_pki() -> TestPki:
    source = random.Random("brainpool").randbytes
    return TestPki.create(entropy=source, now=NOW, curves=[Curve.BRAINPOOL_P256R1])


@pytest.fixture
def world(rsp_pki: TestPki) -> World:
    return World(rsp_pki, MemoryStore())


@pytest.fixture
def make_world(rsp_pki: TestPki) -> Callable[..., World]:
    def make(store: Store | None = None, pki: TestPki = rsp_pki) -> World:
        return World(pki, store or MemoryStore())

    return make


@pytest.fixture
def make_euicc() -> Callable[..., Euicc]:
    return Euicc


@pytest.fixture
def sgp26_pki(shared_data: Path) -> TestPki:
    return TestPki.load(shared_data / "sgp26")


@pytest.fixture
def metadata() -> type[ProfileMetadata]:
    return ProfileMetadata
