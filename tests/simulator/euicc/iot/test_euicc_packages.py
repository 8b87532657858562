"""An IoT eUICC and its eIMs: packages, their signatures and counters, results, and the ways back (SGP.32)."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from asn1 import iot, rsp, tlv
from cards.status import StatusError
from simulator.crypto.ecc import Curve, PrivateKey, one_time_key, sign_raw, verify_raw
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity, Features
from simulator.profile import build, describe
from tests.simulator.conftest import NOW, Bench, clock, entropy, make_bench

NAMES = ("test-operator", "home-operator", "travel-operator")


class Eim:
    """A test eIM: it signs packages, and reads what comes back."""

    def __init__(self, bench: Bench, eim_id: str = "eim.example.com", counter: int = 0) -> None:
        self.bench, self.eim_id, self.counter = bench, eim_id, counter
        self.key: PrivateKey = one_time_key(Curve.NIST_P256, entropy(eim_id))
        self.token: int | None = None

    def configuration(self, **changes: Any) -> dict[str, Any]:
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        data = {
            "eimId": self.eim_id,
            "eimIdType": 2,
            "counterValue": self.counter,
            "eimPublicKeyData": ("eimPublicKey", public),
        }
        return {name: value for name, value in (data | changes).items() if value is not None}

    @property
    def association(self) -> bytes:
        return bytes.fromhex("8401") + bytes((self.token or 0,))

    def package(self, *operations: tuple[str, Any], **changes: Any) -> bytes:
        self.counter += 1
        kind = "ecoList" if operations and operations[0][0].endswith("Eim") else "psmoList"
        signed = {
            "eimId": self.eim_id,
            "eidValue": self.bench.euicc.core.identity.eid,
            "counterValue": self.counter,
            "eimTransactionId": b"T1",
            "euiccPackage": (kind, list(operations)),
        } | changes
        tbs = iot.encode("EuiccPackageSigned", signed)
        signature = sign_raw(self.key, tbs + self.association)
        return tlv.encode(0xBF51, tbs + tlv.encode(0x5F37, signature))

    def send(self, *operations: tuple[str, Any], **changes: Any) -> Any:
        return self.read(execute(self.bench, self.package(*operations, **changes)))

    def read(self, answer: bytes) -> Any:
        """The results, after the eUICC's signature was verified; or the kind of error, and its code."""
        kind, value = iot.decode("EuiccPackageResult", answer)
        if kind == "euiccPackageErrorUnsigned":
            return kind, value.get("associationToken")
        signed, signature = (
            (value["euiccPackageResultDataSigned"], value["euiccSignEPR"])
            if kind == "euiccPackageResultSigned"
            else (value["euiccPackageErrorDataSigned"], value["euiccSignEPE"])
        )
        key = self.bench.euicc.core.identity.credentials[0].key.public_key()
        assert verify_raw(key, signature, signed.raw + self.association)
        assert (signed["eimId"], signed["eimTransactionId"]) == (self.eim_id, b"T1")
        if kind == "euiccPackageErrorSigned":
            return kind, signed["euiccPackageErrorCode"]
        return signed["euiccResult"]


def execute(bench: Bench, message: bytes) -> bytes:
    return bench.euicc.isdr.execute(message)


def call(bench: Bench, request: str, value: Any, response: str) -> Any:
    return iot.decode(response, execute(bench, iot.encode(request, value)))


@pytest.fixture
def bench(test_pki: TestPki) -> Bench:
    """An IoT eUICC with three profiles, the first one enabled."""
    bench = make_bench(test_pki, "iot")
    identity = EuiccIdentity.from_pki(test_pki, entropy=entropy("factory"), now=NOW)
    bench.euicc = Euicc(identity, entropy=entropy("card"), clock=clock, features=Features(iot=True))
    bench.euicc.card.on_fault = lambda apdu, error: bench.faults.append(error)
    for number, name in enumerate(NAMES):
        bench.download(build.build_package(describe.load_shipped(name)), enable=number == 0)
    with bench.lpa() as lpa:
        lpa.process_notifications()
    return bench


@pytest.fixture
def eim(bench: Bench) -> Eim:
    """Its first eIM."""
    eim = Eim(bench)
    assert add_initial(bench, eim.configuration()) == ("addInitialEimOk", [("addOk", None)])
    return eim


def add_initial(bench: Bench, *configurations: dict[str, Any]) -> Any:
    request = {"eimConfigurationDataList": list(configurations)}
    return call(bench, "AddInitialEimRequest", request, "AddInitialEimResponse")


def iccid(bench: Bench, number: int) -> dict[str, bytes]:
    return {"iccid": bench.euicc.core.registry.profiles[number].iccid}


def enabled(bench: Bench) -> int:
    """The place of the enabled profile, after the terminal has reset the card; -1 if there is none."""
    bench.euicc.reset()
    found = [number for number, one in enumerate(bench.euicc.core.registry) if one.is_enabled]
    return found[0] if found else -1


def test_a_package_by_bytes(bench: Bench) -> None:
    """EuiccPackageSigned as the published ASN.1 says: enable with the rollback flag, which is a bare NULL."""
    signed = {
        "eimId": "eim1",
        "eidValue": bytes(16),
        "counterValue": 5,
        "euiccPackage": ("psmoList", [("enable", {"iccid": bytes(10), "rollbackFlag": None})]),
    }
    expected = "302D" + "800465696D31" + "5A10" + "00" * 16 + "810105" + "A010A30E5A0A" + "00" * 10 + "0500"
    assert iot.encode("EuiccPackageSigned", signed).hex().upper() == expected


def test_the_first_eims(bench: Bench) -> None:
    eim, other = Eim(bench), Eim(bench, "other.example.com")
    answer = add_initial(bench, eim.configuration(associationToken=-1), other.configuration())
    assert answer == ("addInitialEimOk", [("associationToken", 1), ("addOk", None)])
    assert add_initial(bench, Eim(bench, "third").configuration()) == ("addInitialEimError", 2)
    found = call(bench, "GetEimConfigurationDataRequest", {}, "GetEimConfigurationDataResponse")
    assert [one["eimId"] for one in found["eimConfigurationDataList"]] == [eim.eim_id, other.eim_id]
    request = {"searchCriteria": ("eimId", other.eim_id)}
    found = call(bench, "GetEimConfigurationDataRequest", request, "GetEimConfigurationDataResponse")
    assert found["eimConfigurationDataList"] == [other.configuration()]
    eim.token = 1
    assert eim.send(("getRAT", {}))[0][0] == "getRATResult"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"eimPublicKeyData": None}, 7),
        ({"eimPublicKeyData": ("eimPublicKey", b"\x30\x00")}, 7),
        ({"counterValue": None}, 7),
        ({"counterValue": 0x800000}, 6),
        ({"euiccCiPKId": bytes(20)}, 3),
        ({"associationToken": 5}, 5),
    ],
)
def test_eims_that_are_refused(bench: Bench, changes: dict[str, Any], code: int) -> None:
    good, bad = Eim(bench, "good"), Eim(bench, "bad")
    answer = add_initial(bench, good.configuration(), bad.configuration(**changes))
    assert answer == ("addInitialEimError", code)
    assert bench.euicc.core.iot is not None
    assert not bench.euicc.core.iot.eims, "all or none"


def test_a_consumers_euicc_knows_none_of_it(test_pki: TestPki) -> None:
    with pytest.raises(StatusError):
        execute(make_bench(test_pki, "consumer"), bytes.fromhex("BF5500"))


def test_signatures_and_counters(bench: Bench, eim: Eim) -> None:
    stranger = Eim(bench, "stranger")
    assert stranger.send(("getRAT", {})) == ("euiccPackageErrorUnsigned", None)
    damaged = bytearray(eim.package(("getRAT", {})))
    damaged[-1] ^= 1
    assert eim.read(execute(bench, bytes(damaged))) == ("euiccPackageErrorUnsigned", None)
    assert eim.send(("getRAT", {}), eidValue=bytes(16)) == ("euiccPackageErrorSigned", 3)
    good = eim.package(("getRAT", {}))
    assert eim.read(execute(bench, good))[0][0] == "getRATResult"
    assert eim.read(execute(bench, good)) == ("euiccPackageErrorSigned", 4), "replayed"
    assert eim.send(("getRAT", {}), counterValue=0x800000) == ("euiccPackageErrorSigned", 6)
    eim.token = 9
    assert eim.read(execute(bench, eim.package(("getRAT", {})))) == ("euiccPackageErrorUnsigned", None)


def test_the_operations_on_profiles(bench: Bench, eim: Eim) -> None:
    (_, (kind, listed)) = eim.send(("listProfileInfo", {}))[0]
    assert kind == "profileInfoListOk"
    assert len(listed) == 3
    assert eim.send(("enable", iccid(bench, 1))) == [("enableResult", 0)]
    assert enabled(bench) == 1
    results = eim.send(("disable", iccid(bench, 1)), ("delete", iccid(bench, 1)), ("enable", iccid(bench, 0)))
    assert results == [("disableResult", 0), ("deleteResult", 0), ("enableResult", 5)], "a REFRESH waits"
    assert enabled(bench) == -1
    assert len(bench.euicc.core.registry.profiles) == 2
    address = {"defaultDpAddress": "dp.example.com"}
    assert eim.send(("setDefaultDpAddress", address)) == [
        ("setDefaultDpAddressResult", {"setDefaultDpAddressResult": 0})
    ]
    assert bench.euicc.core.default_dp_address == "dp.example.com"
    assert bench.faults == []


def test_what_comes_after_a_failure_is_not_carried_out(bench: Bench, eim: Eim) -> None:
    missing = {"iccid": bytes(10)}
    assert eim.send(("disable", missing), ("delete", iccid(bench, 1))) == [("disableResult", 1)]
    assert len(bench.euicc.core.registry.profiles) == 3
    assert eim.send(("delete", iccid(bench, 0))) == [("deleteResult", 2)]
    assert eim.send(("enable", iccid(bench, 0))) == [("enableResult", 2)]
    assert eim.send(("listProfileInfo", {"tagList": b"\x9f"})) == [
        ("listProfileInfoResult", ("profileInfoListError", 1))
    ]


def test_rollback(bench: Bench, eim: Eim) -> None:
    def rollback() -> Any:
        return call(bench, "ProfileRollbackRequest", {"refreshFlag": True}, "ProfileRollbackResponse")

    assert rollback() == {"cmdResult": 1}
    assert eim.send(("enable", iccid(bench, 1) | {"rollbackFlag": None})) == [("enableResult", 0)]
    assert enabled(bench) == 1
    assert eim.send(("delete", iccid(bench, 0))) == [("deleteResult", 20)]
    eim.counter -= 1
    answer = execute(bench, iot.encode("ProfileRollbackRequest", {"refreshFlag": True}))
    assert iot.decode("ProfileRollbackResponse", answer)["cmdResult"] == 0
    result = tlv.find(tlv.read(answer).value, 0xBF51)
    assert result is not None
    assert eim.read(tlv.encode(0xBF51, result)) == [("rollbackResult", 0)]
    assert enabled(bench) == 0
    assert rollback() == {"cmdResult": 1}, "once"
    eim.counter += 1
    assert eim.send(("disable", iccid(bench, 0))) == [("disableResult", 0)]
    bench.euicc.reset()
    assert eim.send(("enable", iccid(bench, 1) | {"rollbackFlag": None})) == [("enableResult", 20)]


def test_fallback(bench: Bench, eim: Eim) -> None:
    def fall(request: str) -> int:
        answer = call(bench, f"{request}Request", {"refreshFlag": False}, f"{request}Response")
        return int(next(iter(answer.values())))

    assert fall("ExecuteFallbackMechanism") == 6
    assert eim.send(("unsetFallbackAttribute", {})) == [("unsetFallbackAttributeResult", 2)]
    assert eim.send(("setFallbackAttribute", iccid(bench, 2))) == [("setFallbackAttributeResult", 2)]
    profile = bench.euicc.core.registry.profiles[2]
    profile.metadata = {**profile.metadata, "fallbackAllowed": True}
    assert eim.send(("setFallbackAttribute", iccid(bench, 2))) == [("setFallbackAttributeResult", 0)]
    assert fall("ReturnFromFallback") == 7
    assert fall("ExecuteFallbackMechanism") == 0
    assert enabled(bench) == 2
    assert fall("ExecuteFallbackMechanism") == 2
    assert eim.send(("delete", iccid(bench, 0))) == [("deleteResult", 21)]
    assert eim.send(("unsetFallbackAttribute", {})) == [("unsetFallbackAttributeResult", 3)]
    assert fall("ReturnFromFallback") == 0
    assert enabled(bench) == 0


def test_immediate_enabling(bench: Bench) -> None:
    def enable_now() -> int:
        answer = call(bench, "ImmediateEnableRequest", {"refreshFlag": False}, "ImmediateEnableResponse")
        return int(answer["immediateEnableResult"])

    def configure(**data: Any) -> int:
        names = "ConfigureImmediateProfileEnabling"
        return int(call(bench, f"{names}Request", data, f"{names}Response")["configImmediateEnableResult"])

    core = bench.euicc.core
    bench.euicc.reset()
    assert enable_now() == 4
    core.last_installed = core.registry.profiles[2].aid
    assert enable_now() == 1
    assert configure(immediateEnableFlag=None, defaultSmdpOid="2.999.77") == 0
    assert enable_now() == 1, "of another SM-DP+"
    assert configure(immediateEnableFlag=None, defaultSmdpOid=core.registry.profiles[2].dp_oid) == 0
    assert enable_now() == 0
    assert enabled(bench) == 2
    eim = Eim(bench)
    add_initial(bench, eim.configuration())
    assert configure() == 2, "an eIM does it now"
    assert eim.send(("configureImmediateEnable", {})) == [("configureImmediateEnableResult", 0)]
    core.last_installed = core.registry.profiles[1].aid
    assert enable_now() == 1


def test_the_operations_on_eims(bench: Bench, eim: Eim) -> None:
    other = Eim(bench, "other")
    assert eim.send(("addEim", other.configuration(associationToken=-1))) == [
        ("addEimResult", ("associationToken", 1))
    ]
    assert eim.send(("addEim", other.configuration())) == [("addEimResult", ("addEimResultCode", 2))]
    other.token = 1
    assert other.send(("listEim", {})) == [
        (
            "listEimResult",
            ("eimIdList", [{"eimId": eim.eim_id, "eimIdType": 2}, {"eimId": "other", "eimIdType": 2}]),
        )
    ]
    assert eim.send(("updateEim", {"eimId": "nobody"})) == [("updateEimResult", 1)]
    assert eim.send(("updateEim", {"eimId": "other", "counterValue": 0})) == [("updateEimResult", 6)]
    assert eim.send(("updateEim", {"eimId": "other", "eimFqdn": "new.example.com"})) == [
        ("updateEimResult", 0)
    ]
    replaced = Eim(bench, "other")
    replaced.key = one_time_key(Curve.BRAINPOOL_P256R1, entropy("replaced"))
    update = replaced.configuration(counterValue=0)
    assert eim.send(("updateEim", update)) == [("updateEimResult", 0)]
    assert other.send(("listEim", {})) == ("euiccPackageErrorUnsigned", 1)
    replaced.token = 1
    assert replaced.send(("deleteEim", {"eimId": eim.eim_id})) == [("deleteEimResult", 0)]
    assert replaced.send(("deleteEim", {"eimId": eim.eim_id})) == [("deleteEimResult", 1)]


def test_the_last_eim_may_go(bench: Bench, eim: Eim) -> None:
    assert eim.send(("deleteEim", {"eimId": eim.eim_id})) == [("deleteEimResult", 2)]
    assert add_initial(bench, eim.configuration()) == ("addInitialEimOk", [("addOk", None)])


def test_results_wait_for_their_acknowledgement(bench: Bench, eim: Eim) -> None:
    def results(criterion: Any = ("euiccPackageResults", None)) -> Any:
        request = {"searchCriteria": criterion}
        names = "IotRetrieveNotificationsList"
        return call(bench, f"{names}Request", request, f"{names}Response")

    eim.send(("getRAT", {}))
    eim.send(("enable", iccid(bench, 1)))
    bench.euicc = Euicc.load(bench.euicc.save(), entropy=entropy("again"), clock=clock)
    kind, found = results()
    assert kind == "euiccPackageResultList"
    numbers = [one[1]["euiccPackageResultDataSigned"]["seqNumber"] for one in found]
    assert len(numbers) == 2
    assert results(("seqNumber", numbers[0]))[0] == "euiccPackageResultList"
    assert results(("profileManagementOperation", (b"\xf0", 4)))[0] == "notificationList"
    request = rsp.encode("NotificationSentRequest", {"seqNumber": numbers[0]})
    for status in (0, 1):
        answer = rsp.decode("NotificationSentResponse", execute(bench, request))
        assert answer == {"deleteNotificationStatus": status}
    assert len(results()[1]) == 1
    eim.bench = bench
    assert eim.send(("getRAT", {}))[0][0] == "getRATResult", "the counter was kept"


def test_certificates_and_memory_reset(bench: Bench, eim: Eim) -> None:
    credential = bench.euicc.core.identity.credentials[1]
    request = {"euiccCiPKId": credential.ci_key_id}
    kind, certs = call(bench, "GetCertsRequest", request, "GetCertsResponse")
    assert kind == "certs"
    assert certs == {"eumCertificate": credential.eum_certificate, "euiccCertificate": credential.certificate}
    assert call(bench, "GetCertsRequest", {"euiccCiPKId": bytes(20)}, "GetCertsResponse") == (
        "getCertsError",
        1,
    )
    request = {"resetOptions": (b"\x06", 7)}
    names = "IotEuiccMemoryReset"
    assert call(bench, f"{names}Request", request, f"{names}Response") == {
        "resetResult": 1,
        "resetEimResult": 0,
        "resetImmediateEnableConfigResult": 0,
    }
    found = call(bench, "GetEimConfigurationDataRequest", {}, "GetEimConfigurationDataResponse")
    assert found["eimConfigurationDataList"] == []
    names = "GetConnectivityParameters"
    assert call(bench, f"{names}Request", {}, f"{names}Response") == ("connectivityParametersError", 1)
