"""An eIM of the tests' own, made of ASN.1 values alone, and an IoT eUICC with an IPA before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from asn1 import iot, rsp, tlv
from cards import InProcessLink
from cards.isdr import Isdr
from simulator.crypto.ecc import Curve, PrivateKey, one_time_key, sign_raw, verify_raw
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity, Features
from simulator.ipa import Handled, InProcessEsipa, Ipa, Memory, Setup
from simulator.ipa.errors import EimUnreachable
from simulator.lpa import InProcessEs9
from simulator.profile import build, describe
from tests.simulator.conftest import ADDRESS, NOW, Bench, clock, entropy, make_bench

NAMES = ("test-operator", "home-operator")
Message = tuple[str, Any]


@dataclass
class ScriptedEim:
    """Gives its packages out one after another, and keeps what comes back. Results are checked against the
    eUICC's key, and acknowledged unless `acknowledges` is off; `is_away` is a network that is down."""

    bench: Bench
    eim_id: str = "eim.example.com"
    counter: int = 0
    token: int = 0
    packages: list[Message] = field(default_factory=list)
    received: list[Message] = field(default_factory=list)
    results: list[Message] = field(default_factory=list)
    is_away: Callable[[str], bool] = lambda alternative: False
    acknowledges: bool = True
    answers: dict[str, Callable[[Any], Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key: PrivateKey = one_time_key(Curve.NIST_P256, entropy(self.eim_id))

    def configuration(self, **changes: Any) -> dict[str, Any]:
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {
            "eimId": self.eim_id,
            "eimIdType": 2,
            "counterValue": 0,
            "eimPublicKeyData": ("eimPublicKey", public),
        } | changes

    def add(self, *operations: Message, **changes: Any) -> None:
        """A signed package of operations for the next poll."""
        self.counter += 1
        kind = "ecoList" if operations[0][0].endswith("Eim") else "psmoList"
        signed = {
            "eimId": self.eim_id,
            "eidValue": self.bench.euicc.core.identity.eid,
            "counterValue": self.counter,
            "eimTransactionId": bytes((self.counter,)),
            "euiccPackage": (kind, list(operations)),
        } | changes
        tbs = iot.encode("EuiccPackageSigned", signed)
        signature = sign_raw(self.key, tbs + bytes((0x84, 1, self.token)))
        octets = tlv.encode(0xBF51, tbs + tlv.encode(0x5F37, signature))
        self.packages.append(("euiccPackageRequest", iot.decode("EuiccPackageRequest", octets)))

    def answer(self, octets: bytes) -> bytes:
        """The ASN.1 binding."""
        alternative, value = iot.decode("EsipaMessageFromIpaToEim", octets)
        if self.is_away(alternative):
            raise EimUnreachable(self.eim_id, "the network is down")
        self.received.append((alternative, value))
        response = self._respond(alternative, value)
        return iot.encode("EsipaMessageFromEimToIpa", response) if response else b""

    def _respond(self, alternative: str, value: Any) -> Message | None:
        if alternative in self.answers:
            response: Message | None = self.answers[alternative](value)
            return response
        if alternative == "getEimPackageRequest":
            assert value["eidValue"] == self.bench.euicc.core.identity.eid
            package = self.packages.pop(0) if self.packages else ("eimPackageError", 1)
            return "getEimPackageResponse", package
        if alternative == "provideEimPackageResult":
            return "provideEimPackageResultResponse", self._take(value["eimPackageResult"])
        assert alternative == "handleNotificationEsipa", alternative
        return None

    def _take(self, result: Message) -> Message:
        self.results.append(result)
        kind, value = result
        numbers = []
        if kind == "ePRAndNotifications":
            numbers += [number_of(item) for item in value["notificationList"]]
            kind, value = "euiccPackageResult", value["euiccPackageResult"]
        if kind == "euiccPackageResult" and value[0] == "euiccPackageResultSigned":
            signed = value[1]["euiccPackageResultDataSigned"]
            self._verify(signed.raw, value[1]["euiccSignEPR"])
            numbers.append(signed["seqNumber"])
        if kind == "profileDownloadTriggerResult":
            data = value["profileDownloadTriggerResultData"]
            if data[0] == "profileInstallationResult":
                numbers.append(number_of(data))
        if self.acknowledges and numbers:
            return "eimAcknowledgements", numbers
        return "emptyResponse", {}

    def _verify(self, octets: bytes, signature: bytes) -> None:
        key = self.bench.euicc.core.identity.credentials[0].key.public_key()
        assert verify_raw(key, signature, octets + bytes((0x84, 1, self.token)))

    def operations(self) -> list[Message]:
        """What the eUICC says of the operations, package after package."""
        found: list[Message] = []
        for kind, value in self.results:
            result = value["euiccPackageResult"] if kind == "ePRAndNotifications" else value
            if kind in ("euiccPackageResult", "ePRAndNotifications") and result[0].endswith("ResultSigned"):
                found += result[1]["euiccPackageResultDataSigned"]["euiccResult"]
        return found


def number_of(notification: Message) -> int:
    kind, value = notification
    if kind == "profileInstallationResult":
        value = value["profileInstallationResultData"]["notificationMetadata"]
    elif kind == "compactProfileInstallationResult":
        value = value["compactProfileInstallationResultData"]
    else:
        value = value["tbsOtherNotification"]
    number: int = value["seqNumber"]
    return number


class Proxy:
    """The eIM's part in an indirect download: it hands everything on to the SM-DP+."""

    def __init__(self, eim: ScriptedEim, **extra: Any) -> None:
        self.eim, self.smdp = eim, eim.bench.smdp
        self.extra = extra
        """Members that this eIM adds to its answers, or with None takes away."""
        eim.answers |= {
            "initiateAuthenticationRequestEsipa": self.initiate,
            "authenticateClientRequestEsipa": self.authenticate,
            "getBoundProfilePackageRequestEsipa": self.package,
            "cancelSessionRequestEsipa": self.cancel,
        }

    def _with_extra(self, value: dict[str, Any], *names: str) -> dict[str, Any]:
        changed = value | {name: self.extra[name] for name in names if name in self.extra}
        return {name: member for name, member in changed.items() if member is not None}

    def initiate(self, value: Any) -> Message:
        request = {"smdpAddress": ADDRESS, **value}
        request.setdefault("euiccInfo1", self.extra.get("known_info1"))
        opening = self.smdp.initiate_authentication(request)
        renamed = {"euiccCiPKIdentifierToBeUsed": opening["euiccCiPKIdToBeUsed"][:4]}
        names = ("transactionId", "serverSigned1", "serverSignature1", "serverCertificate")
        answer = {name: opening[name] for name in names} | renamed
        answer = self._with_extra(answer, "matchingId", "ctxParams1")
        return "initiateAuthenticationResponseEsipa", ("initiateAuthenticationOkEsipa", answer)

    def authenticate(self, value: Any) -> Message:
        message = value | {"authenticateServerResponse": as_rsp("AuthenticateServerResponse", value)}
        found = self.smdp.authenticate_client(message)
        names = ("transactionId", "smdpSigned2", "smdpSignature2", "smdpCertificate")
        answer = {name: found[name] for name in names} | {"profileMetaData": found["profileMetadata"]}
        answer = self._with_extra(answer, "hashCc", "profileMetaData")
        return "authenticateClientResponseEsipa", ("authenticateClientOkDPEsipa", answer)

    def package(self, value: Any) -> Message:
        message = value | {"prepareDownloadResponse": as_rsp("PrepareDownloadResponse", value)}
        found = self.smdp.get_bound_profile_package(message)
        package = rsp.decode("BoundProfilePackage", found["boundProfilePackage"])
        answer = {"transactionId": found["transactionId"], "boundProfilePackage": package}
        return "getBoundProfilePackageResponseEsipa", ("getBoundProfilePackageOkEsipa", answer)

    def cancel(self, value: Any) -> Message:
        message = value | {"cancelSessionResponse": as_rsp("CancelSessionResponse", value)}
        self.smdp.cancel_session(message)
        return "cancelSessionResponseEsipa", ("cancelSessionOk", {})


def as_rsp(name: str, value: dict[str, Any]) -> Any:
    """A response of ES10b as ES9+ has it."""
    member = name[:1].lower() + name[1:]
    return rsp.decode(name, iot.encode(f"Iot{name}", value[member]))


@dataclass
class IotBench:
    """An IoT eUICC with two profiles, the first one enabled, an eIM, and an IPA between them."""

    bench: Bench
    eim: ScriptedEim
    setup: Setup = field(default_factory=Setup)
    has_network: Callable[[], bool] = lambda: True
    stored: dict[str, Any] = field(default_factory=dict)
    es9: Any = None
    """A way to servers, if it is more than one SM-DP+."""

    def ipa(self) -> Ipa:
        return Ipa(
            Isdr(InProcessLink(self.bench.euicc)),
            self.es9 or InProcessEs9(self.bench.smdp),
            InProcessEsipa(self.eim.answer),
            self.setup,
            connectivity=lambda: self.has_network(),
            store=self._store,
        )

    def _store(self, memory: dict[str, Any]) -> None:
        self.stored = memory

    def run(self) -> list[Handled]:
        with self.ipa() as ipa:
            return ipa.run_once()

    def lose_power(self) -> None:
        """The IPA forgets all but what it has stored; the card is reset."""
        self.bench.euicc.reset()
        self.setup.memory = Memory.load(self.stored) if self.stored else Memory()

    def associate(self, **changes: Any) -> None:
        request = {"eimConfigurationDataList": [self.eim.configuration(**changes)]}
        with self.ipa() as ipa:
            ((_, token),) = ipa.add_eims(iot.encode("AddInitialEimRequest", request))
        self.eim.token = token or 0

    def iccid(self, number: int) -> dict[str, bytes]:
        return {"iccid": self.bench.euicc.core.registry.profiles[number].iccid}

    @property
    def enabled(self) -> int:
        """The place of the enabled profile; -1 if there is none."""
        found = [number for number, one in enumerate(self.bench.euicc.core.registry) if one.is_enabled]
        return found[0] if found else -1

    def order(self, name: str = "travel-operator", **options: Any) -> str:
        """A new order; its activation code."""
        package = build.build_package(describe.load_shipped(name))
        return f"1${ADDRESS}${self.bench.smdp.add_order(package, **options)}"


@pytest.fixture
def iot_bench(test_pki: TestPki) -> IotBench:
    bench = make_bench(test_pki, "ipa")
    identity = EuiccIdentity.from_pki(test_pki, entropy=entropy("factory"), now=NOW)
    bench.euicc = Euicc(identity, entropy=entropy("card"), clock=clock, features=Features(iot=True))
    bench.euicc.card.on_fault = lambda apdu, error: bench.faults.append(error)
    for number, name in enumerate(NAMES):
        bench.download(build.build_package(describe.load_shipped(name)), enable=number == 0)
    with bench.lpa() as lpa:
        lpa.process_notifications()
    return IotBench(bench, ScriptedEim(bench))


@pytest.fixture
def direct(iot_bench: IotBench) -> IotBench:
    """The IPA reaches SM-DP+s itself."""
    iot_bench.associate()
    return iot_bench


@pytest.fixture
def indirect(iot_bench: IotBench) -> IotBench:
    """The eIM stands between the IPA and SM-DP+s."""
    iot_bench.associate(indirectProfileDownload=None)
    return iot_bench
