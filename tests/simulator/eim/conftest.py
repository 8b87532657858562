"""An eIM, an IoT eUICC that knows it, an SM-DP+, an SM-DS, and a hand that plays the IPA between them.

The hand speaks ES10 with the eUICC and ESipa in octets with the eIM; it shares no code with either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from asn1 import esipa, iot, rsp
from cards.isdr import bpp
from simulator.crypto.pki import TestPki
from simulator.eim import Device, Eim, EimIdentity, EimStore, Package
from simulator.euicc import Euicc, EuiccIdentity, Features
from simulator.lpa.errors import ServerUnreachable
from simulator.lpa.es9 import InProcessEs9
from simulator.profile import build, describe
from simulator.smdp.ds import DsIdentity, DsMemoryStore, SmDs
from tests.simulator.conftest import NOW, Bench, clock, entropy, make_bench

ADDRESS = "eim.example.com"
SMDS_ADDRESS = "testrootsmds.example.com"
NAMES = ("test-operator", "home-operator", "travel-operator")
DEVICE_INFO = {"tac": bytes.fromhex("35290611"), "deviceCapabilities": {}}


class Servers:
    """The way to SM-DP+ and SM-DS by their addresses; `down` are those that do not answer."""

    def __init__(self, **servers: Any) -> None:
        self._ways = {address: InProcessEs9(server) for address, server in servers.items()}
        self.down: set[str] = set()
        self.posted: list[tuple[str, str]] = []
        self.sent = self.received = 0

    def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
        self.posted.append((address, function))
        if address in self.down or address not in self._ways:
            raise ServerUnreachable(address, "nothing listens there")
        return self._ways[address].post(address, function, message)


@dataclass
class Hand:
    """Plays the IPA. `saves_bytes`: it sends compact forms; `features`: bits of its capabilities."""

    eim: Eim
    bench: Bench
    saves_bytes: bool = False
    features: tuple[bytes, int] = (b"\xe0", 3)
    transaction_id: bytes | None = None
    sent: list[bytes] = field(default_factory=list)

    @property
    def eid(self) -> bytes:
        return self.bench.euicc.core.identity.eid

    def talk(self, alternative: str, value: Any) -> Any:
        """The value of the answer."""
        self.sent.append(esipa.encode_request((alternative, value)))
        octets = self.eim.answer(self.sent[-1])
        return esipa.decode_response(octets)[1] if octets else None

    def es10(self, octets: bytes) -> bytes:
        return self.bench.euicc.isdr.execute(octets)

    def poll(self, **members: Any) -> tuple[str, Any]:
        answer: tuple[str, Any] = self.talk("getEimPackageRequest", {"eidValue": self.eid, **members})
        return answer

    def provide(self, kind: str, result: Any, **members: Any) -> tuple[str, Any]:
        about = {"eidValue": self.eid, "eimPackageResult": (kind, result), **members}
        answer: tuple[str, Any] = self.talk(
            "provideEimPackageResult", {name: value for name, value in about.items() if value is not None}
        )
        return answer

    def load(self, request: Any) -> tuple[str, Any]:
        """The eUICC's answer to an eUICC package."""
        result: tuple[str, Any] = iot.decode(
            "EuiccPackageResult", self.es10(iot.encode("EuiccPackageRequest", request))
        )
        return result

    def work(self) -> tuple[str, Any]:
        """Fetches one package, does what it says, and brings the result; the eIM's answer."""
        kind, value = self.poll()
        if kind == "euiccPackageRequest":
            return self.provide("euiccPackageResult", self.load(value))
        if kind == "ipaEuiccDataRequest":
            return self.provide("ipaEuiccDataResponse", self.data(value))
        assert kind == "profileDownloadTriggerRequest", (kind, value)
        return self.download(value)

    def work_off(self) -> int:
        """Does all that waits; how much it was."""
        count = 0
        while self.poll() != ("eimPackageError", 1):
            self.work()
            count += 1
        return count

    def data(self, request: dict[str, Any]) -> tuple[str, Any]:
        """IpaEuiccDataResponse with what is asked for, by the tags."""
        tags = request["tagList"].hex()
        certs = iot.decode("GetCertsResponse", self.es10(bytes.fromhex("BF5600")))[1]
        found: dict[str, Any] = {"eimTransactionId": request["eimTransactionId"]}
        if "bf20" in tags:
            found["euiccInfo1"] = iot.decode("EUICCInfo1", self.es10(bytes.fromhex("BF2000")))
        if "bf22" in tags:
            found["euiccInfo2"] = iot.decode("EUICCInfo2", self.es10(bytes.fromhex("BF2200")))
        if "a5a6" in tags:
            found |= certs
        if "81" in tags:
            found["defaultSmdpAddress"] = self.bench.euicc.core.default_dp_address
        if "83" in tags:
            found["rootSmdsAddress"] = SMDS_ADDRESS
        if "a2" in tags:
            answer = iot.decode(
                "IotRetrieveNotificationsListResponse", self.es10(bytes.fromhex("BF2B04A0028200"))
            )
            found["euiccPackageResultList"] = answer[1]
        if "84" in tags:
            configured = iot.decode("GetEimConfigurationDataResponse", self.es10(bytes.fromhex("BF5500")))
            own = [
                one
                for one in configured["eimConfigurationDataList"]
                if one["eimId"] == self.eim.identity.eim_id
            ]
            if own and "associationToken" in own[0]:
                found["associationToken"] = own[0]["associationToken"]
        if "a8a9" in tags:
            found |= {"ipaCapabilities": {"ipaFeatures": self.features}, "deviceInfo": DEVICE_INFO}
        return "ipaEuiccData", found

    def download(self, trigger: dict[str, Any], **changes: Any) -> tuple[str, Any]:
        """An indirect download up to the result; the eIM's answer to that, or its first error."""
        step, value = self.initiate(trigger["eimTransactionId"], **changes)
        if step.endswith("ErrorEsipa"):
            return step, value
        step, value = self.authenticate(value)
        if step.endswith("ErrorEsipa"):
            return step, value
        if step == "authenticateClientOkDSEsipa":
            further = value.get("profileDownloadTrigger")
            return self.download(further) if further else (step, value)
        step, value = self.bound_package(value)
        if step.endswith("ErrorEsipa"):
            return step, value
        result = self.install(value["boundProfilePackage"])
        return self.provide(
            "profileDownloadTriggerResult",
            {
                "eimTransactionId": trigger["eimTransactionId"],
                "profileDownloadTriggerResultData": ("profileInstallationResult", result),
            },
        )

    def initiate(self, transaction_id: bytes | None, **changes: Any) -> tuple[str, Any]:
        challenge = rsp.decode("GetEuiccChallengeResponse", self.es10(bytes.fromhex("BF2E00")))
        request: dict[str, Any] = {"euiccChallenge": challenge["euiccChallenge"]}
        if transaction_id is not None:
            request["eimTransactionId"] = transaction_id
        if not self.saves_bytes:
            request["euiccInfo1"] = iot.decode("EUICCInfo1", self.es10(bytes.fromhex("BF2000")))
        answer: tuple[str, Any] = self.talk("initiateAuthenticationRequestEsipa", request | changes)
        return answer

    def authenticate_server(self, ok: dict[str, Any], matching_id: str = "") -> tuple[str, Any]:
        """The eUICC's answer to the server."""
        context = ok.get("ctxParams1") or (
            "ctxParamsForCommonAuthentication",
            {"matchingId": ok.get("matchingId", matching_id), "deviceInfo": DEVICE_INFO},
        )
        message = {
            "serverSigned1": ok["serverSigned1"],
            "serverSignature1": ok["serverSignature1"],
            "euiccCiPKIdToBeUsed": ok["euiccCiPKIdentifierToBeUsed"],
            "serverCertificate": ok["serverCertificate"],
            "ctxParams1": rsp.decode("CtxParams1", iot.encode("CtxParams1", context)),
        }
        answer = self.es10(rsp.encode("AuthenticateServerRequest", message))
        response: tuple[str, Any] = iot.decode("IotAuthenticateServerResponse", answer)
        return response

    def authenticate(self, ok: dict[str, Any], matching_id: str = "") -> tuple[str, Any]:
        kind, value = self.authenticate_server(ok, matching_id)
        self.transaction_id = ok["serverSigned1"]["transactionId"]
        if self.saves_bytes and kind == "authenticateResponseOk":
            kind, value = self.compact_authentication(value, with_context="ctxParams1" not in ok)
        request = {"transactionId": self.transaction_id, "authenticateServerResponse": (kind, value)}
        answer: tuple[str, Any] = self.talk("authenticateClientRequestEsipa", request)
        return answer

    @staticmethod
    def compact_authentication(value: dict[str, Any], *, with_context: bool) -> tuple[str, Any]:
        signed = value["euiccSigned1"]
        compact = {"extCardResource": signed["euiccInfo2"]["extCardResource"]}
        if with_context:
            compact["ctxParams1"] = signed["ctxParams1"]
        return "compactAuthenticateResponseOk", {
            "signedData": ("compactEuiccSigned1", compact),
            "euiccSignature1": value["euiccSignature1"],
        }

    def prepare(self, ok: dict[str, Any], **changes: Any) -> tuple[str, Any]:
        """The eUICC's answer to PrepareDownload, compact if bytes are to be saved."""
        names = ("smdpSigned2", "smdpSignature2", "smdpCertificate", "hashCc")
        message = {name: ok[name] for name in names if name in ok} | changes
        answer = self.es10(rsp.encode("PrepareDownloadRequest", message))
        kind, value = iot.decode("IotPrepareDownloadResponse", answer)
        if not self.saves_bytes or kind != "downloadResponseOk":
            return kind, value
        compact = {"euiccOtpk": value["euiccSigned2"]["euiccOtpk"]}
        return "compactDownloadResponseOk", {
            "compactEuiccSigned2": compact,
            "euiccSignature2": value["euiccSignature2"],
        }

    def bound_package(self, ok: dict[str, Any], response: Any = None) -> tuple[str, Any]:
        request = {
            "transactionId": self.transaction_id,
            "prepareDownloadResponse": response or self.prepare(ok),
        }
        answer: tuple[str, Any] = self.talk("getBoundProfilePackageRequestEsipa", request)
        return answer

    def install(self, package: Any) -> Any:
        """The ProfileInstallationResult."""
        segments = bpp.cut(iot.encode("BoundProfilePackage", package))
        answer = next(filter(None, (self.es10(segment.data) for segment in segments)))
        return iot.decode("ProfileInstallationResult", answer)

    def cancel(self, reason: int = 5) -> tuple[str, Any]:
        """CancelSession at the eUICC and at the eIM."""
        request = {"transactionId": self.transaction_id, "reason": reason}
        answer = self.es10(rsp.encode("CancelSessionRequest", request))
        kind, value = iot.decode("IotCancelSessionResponse", answer)
        if self.saves_bytes and kind == "cancelSessionResponseOk":
            kind, value = (
                "compactCancelSessionResponseOk",
                {
                    "compactEuiccCancelSessionSigned": {"reason": reason},
                    "euiccCancelSessionSignature": value["euiccCancelSessionSignature"],
                },
            )
        message = {"transactionId": self.transaction_id, "cancelSessionResponse": (kind, value)}
        done: tuple[str, Any] = self.talk("cancelSessionRequestEsipa", message)
        return done


class World:
    """One of everything."""

    def __init__(self, pki: TestPki, seed: str = "eim") -> None:
        self.pki = pki
        self.time = NOW
        self.bench = make_bench(pki, seed)
        identity = EuiccIdentity.from_pki(pki, entropy=entropy("factory"), now=NOW)
        self.bench.euicc = Euicc(identity, entropy=entropy("card"), clock=clock, features=Features(iot=True))
        ds = DsIdentity.from_pki(pki, SMDS_ADDRESS, entropy=entropy("ds"), now=NOW)
        self.ds = SmDs(ds, DsMemoryStore(), entropy=entropy("smds"), clock=clock)
        self.servers = Servers(**{self.bench.smdp.identity.address: self.bench.smdp, SMDS_ADDRESS: self.ds})
        self.store = EimStore()
        own = EimIdentity.from_pki(pki, ADDRESS, entropy=entropy("eim"), now=NOW)
        self.eim = Eim(own, self.store, entropy=entropy("packages"), clock=self.clock, es9=self.servers)
        self.hand = Hand(self.eim, self.bench)

    def clock(self) -> datetime:
        return self.time

    def later(self, **by: float) -> None:
        self.time += timedelta(**by)

    @property
    def eid(self) -> bytes:
        return self.hand.eid

    @property
    def device(self) -> Device:
        return self.eim.device(self.eid)

    def tell_the_card(self, **options: Any) -> Any:
        """AddInitialEim with the configuration of the eIM."""
        request = {"eimConfigurationDataList": [self.eim.identity.configuration(**options)]}
        answer = self.hand.es10(iot.encode("AddInitialEimRequest", request))
        return iot.decode("AddInitialEimResponse", answer)

    def add_profiles(self, *names: str) -> None:
        """Downloads profiles in the consumer's way, and enables the first."""
        for number, name in enumerate(names):
            package = build.build_package(describe.load_shipped(name))
            self.bench.download(package, enable=number == 0)

    def iccid(self, number: int) -> dict[str, bytes]:
        return {"iccid": self.bench.euicc.core.registry.profiles[number].iccid}

    def again(self, package: Package) -> Package:
        """The package as it is now."""
        found = self.eim.package(package.transaction_id)
        assert found is not None
        return found


@pytest.fixture
def world(test_pki: TestPki) -> World:
    """The eUICC knows the eIM, the eIM has the eUICC as a device and has asked what it is."""
    world = World(test_pki)
    assert world.tell_the_card() == ("addInitialEimOk", [("addOk", None)])
    world.eim.add_device(world.eid)
    assert world.hand.work_off() == 1
    return world
