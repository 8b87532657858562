"""Enterprise profiles on the eUICC: installation, enabling, disabling, updates, by real downloads (SGP.22 v3
§2.4.12, §5.5.3, §5.7.16, §5.7.17, §5.4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from asn1 import rsp, tlv
from cards import InProcessLink, Isdr
from cards.errors import CardStatusError
from cards.isdr.errors import DisableProfileError, EnableProfileError
from cards.ports import EsimPorts
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity, Features
from simulator.euicc.enterprise import objection_to_installation
from simulator.euicc.es6 import UpdateRefusal, apply_update, update_metadata
from simulator.euicc.features import V2, V3
from simulator.euicc.metadata import Objection, read_metadata
from simulator.euicc.ports import Mep
from simulator.lpa import InProcessEs9, Lpa, enterprise
from simulator.lpa.device import Device
from simulator.profile import build, describe
from simulator.smdp.metadata import Enterprise, PackageHeader, ProfileMetadata
from tests.simulator.conftest import ADDRESS, NOW, Bench, clock, entropy, make_bench
from tests.simulator.euicc.test_test_profiles import package_for_tests

ACME, OTHER = "2.999.100", "2.999.200"
REFERENCE, PRIORITY, ONLY = (
    "referenceEnterpriseRule",
    "priorityEnterpriseProfile",
    "onlyEnterpriseProfilesCanBeInstalled",
)
NAMES = ("test-operator", "home-operator", "travel-operator")
UPPS = {name: build.build_package(describe.load_shipped(name)) for name in NAMES}
CAPABLE = Device(is_enterprise_capable=True)


def of(oid: str, *rules: str, others: int = 0) -> ProfileMetadata:
    return ProfileMetadata(enterprise=Enterprise(oid, "Acme", rules or None, others))


def make(pki: TestPki, features: Features) -> Bench:
    bench = make_bench(pki, "enterprise")
    identity = EuiccIdentity.from_pki(pki, entropy=entropy("factory"), now=NOW)
    bench.euicc = Euicc(identity, entropy=entropy("card"), clock=clock, features=features)
    bench.euicc.card.on_fault = lambda apdu, error: bench.faults.append(error)
    bench.euicc.reset()
    return bench


@pytest.fixture
def bench(test_pki: TestPki) -> Bench:
    """One profile enabled at a time."""
    return make(test_pki, Features(svn=V3))


@pytest.fixture
def mep(test_pki: TestPki) -> Bench:
    """Three at once."""
    return make(test_pki, Features(svn=V3, mep=Mep(profiles=3)))


def install(
    bench: Bench, name: str, metadata: ProfileMetadata | None = None, device: Device = CAPABLE
) -> bytes:
    """A real download; the AID of the ISD-P."""
    matching_id = bench.smdp.add_order(UPPS[name], metadata=metadata)
    link = InProcessLink(bench.euicc)
    with Lpa(Isdr(link), InProcessEs9(bench.smdp), device=device) as lpa:
        return lpa.download(f"LPA:1${ADDRESS}${matching_id}").isdp_aid


def isdr_of(bench: Bench, device: Device = CAPABLE) -> Isdr:
    isdr = Isdr(InProcessLink(bench.euicc))
    isdr.device_capabilities = device.terminal_capabilities
    return isdr


def stored(name: str, metadata: ProfileMetadata | None = None) -> bytes:
    return (metadata or ProfileMetadata()).encode(PackageHeader.read(UPPS[name]), ADDRESS)


def objection(bench: Bench, name: str, metadata: ProfileMetadata | None = None) -> str:
    """What StoreMetadata with these answers."""
    return answer_to(bench, stored(name, metadata))


def answer_to(bench: Bench, der: bytes) -> str:
    try:
        read_metadata(bench.euicc.core, der)
    except Objection as found:
        return found.name
    return ""


class TestInstallation:
    """Each reason of ErrorReason that enterprises have, and the LPA proxy's (§5.5.3)."""

    def test_not_supported(self, test_pki: TestPki) -> None:
        bench = make(test_pki, Features(svn=V3, enterprise=False))
        assert objection(bench, "test-operator", of(ACME)) == "enterpriseProfilesNotSupported"
        assert objection(bench, "test-operator") == ""

    def test_an_euicc_of_version_2_passes_over_it(self, test_pki: TestPki) -> None:
        bench = make(test_pki, Features(svn=V2))
        metadata = read_metadata(bench.euicc.core, stored("test-operator", of(ACME, REFERENCE)))
        assert "enterpriseConfiguration" not in metadata

    def test_rules_need_a_capable_device(self, bench: Bench) -> None:
        with isdr_of(bench, Device()):
            assert objection(bench, "test-operator", of(ACME, REFERENCE)) == "enterpriseRulesNotAllowed"
            assert objection(bench, "test-operator", of(ACME)) == ""
        with isdr_of(bench):
            assert objection(bench, "test-operator", of(ACME, REFERENCE)) == ""

    def test_beside_a_profile_that_must_not_be_disabled(self, bench: Bench) -> None:
        install(bench, "home-operator")
        profile = bench.euicc.core.registry.profiles[0]
        profile.metadata["profilePolicyRules"] = (b"\x40", 2)
        assert objection(bench, "test-operator", of(ACME)) == "enterpriseProfileNotAllowed"
        profile.metadata["profilePolicyRules"] = (b"\x20", 3)
        assert objection(bench, "test-operator", of(ACME)) == ""

    def test_of_two_enterprises(self, bench: Bench) -> None:
        install(bench, "home-operator", of(ACME))
        assert objection(bench, "test-operator", of(OTHER)) == "enterpriseOidMismatch"
        assert objection(bench, "test-operator", of(ACME)) == ""

    def test_with_two_references(self, bench: Bench) -> None:
        install(bench, "home-operator", of(ACME, REFERENCE))
        assert objection(bench, "test-operator", of(ACME, REFERENCE)) == "enterpriseRulesError"
        assert objection(bench, "test-operator", of(ACME, PRIORITY)) == ""

    def test_with_a_number_that_cannot_be(self, bench: Bench) -> None:
        with isdr_of(bench):
            assert objection(bench, "home-operator", of(ACME, REFERENCE, others=-1)) == "enterpriseRulesError"

    def test_where_only_enterprise_profiles_may_be(self, bench: Bench) -> None:
        install(bench, "home-operator", of(ACME, REFERENCE, ONLY))
        assert objection(bench, "test-operator") == "enterpriseProfilesOnly"
        assert objection(bench, "test-operator", of(ACME)) == ""
        assert objection(bench, "test-operator", ProfileMetadata(profile_class="provisioning")) == ""
        with isdr_of(bench, Device()):
            assert objection(bench, "test-operator") == ""

    def test_the_rule_of_a_profile_without_the_reference_has_no_force(self, bench: Bench) -> None:
        install(bench, "home-operator", of(ACME, ONLY))
        assert objection(bench, "test-operator") == ""

    def test_the_lpa_proxy(self, test_pki: TestPki) -> None:
        proxied = ProfileMetadata(further={"lprConfiguration": {"pcmpAddress": "pcm.example.com"}})
        bench = make(test_pki, Features(svn=V3, lpa_proxy=False))
        assert objection(bench, "test-operator", proxied) == "lprNotSupported"
        bench = make(test_pki, Features(svn=V3))
        assert objection(bench, "test-operator", proxied) == ""

    @pytest.mark.parametrize(("svn", "answer"), [(V3, "unknownTlvInMetadata"), (V2, "")])
    def test_an_element_that_nobody_knows(self, test_pki: TestPki, svn: Any, answer: str) -> None:
        bench = make(test_pki, Features(svn=svn))
        known = tlv.find(stored("test-operator"), 0xBF25)
        assert known is not None
        der = tlv.encode(0xBF25, known + bytes.fromhex("9F6D0101"))
        assert answer_to(bench, der) == answer

    def test_the_installation_result_tells_it(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        """Past an LPA that does not look: the signed result has the number of ErrorReason."""
        from cards.isdr.errors import InstallationError
        from simulator.lpa import InstallationFailed

        install(bench, "home-operator", of(ACME))
        monkeypatch.setattr(enterprise, "judge", lambda *_: None)
        with pytest.raises(InstallationFailed) as caught:
            install(bench, "test-operator", of(OTHER))
        assert isinstance(caught.value.cause, InstallationError)
        assert (caught.value.reason, caught.value.cause.code) == ("enterpriseOidMismatch", 20)
        assert caught.value.command == "storeMetadata"


class TestOneProfileEnabled:
    """Enabling one disables the other."""

    def test_without_priority(self, bench: Bench) -> None:
        acme = install(bench, "home-operator", of(ACME, REFERENCE, others=1))
        private = install(bench, "test-operator")
        with isdr_of(bench) as isdr:
            isdr.enable_profile(acme, refresh=False)
            isdr.enable_profile(private, refresh=False)

    def test_no_others_at_all(self, bench: Bench) -> None:
        acme = install(bench, "home-operator", of(ACME, REFERENCE, others=0))
        private = install(bench, "test-operator")
        with isdr_of(bench) as isdr:
            with pytest.raises(EnableProfileError, match="disallowedByEnterpriseRule") as caught:
                isdr.enable_profile(private, refresh=False)
            assert caught.value.code == 6
            isdr.enable_profile(acme, refresh=False)
        with isdr_of(bench, Device()) as isdr:
            isdr.enable_profile(private, refresh=False)

    def test_with_priority_only_the_reference(self, bench: Bench) -> None:
        acme = install(bench, "home-operator", of(ACME, REFERENCE, PRIORITY, others=1))
        private = install(bench, "test-operator")
        colleague = install(bench, "travel-operator", of(ACME))
        with isdr_of(bench) as isdr:
            for forbidden in (private, colleague):
                with pytest.raises(EnableProfileError, match="disallowedByEnterpriseRule"):
                    isdr.enable_profile(forbidden, refresh=False)
            isdr.enable_profile(acme, refresh=False)
            with pytest.raises(EnableProfileError, match="disallowedByEnterpriseRule"):
                isdr.enable_profile(private, refresh=False)
            isdr.disable_profile(acme, refresh=False)
            isdr.delete_profile(acme)
            isdr.enable_profile(private, refresh=False)

    def test_a_test_profile_is_free(self, bench: Bench) -> None:
        acme = install(bench, "home-operator", of(ACME, REFERENCE, PRIORITY))
        bench.download(package_for_tests(), metadata=ProfileMetadata(profile_class="test"))
        test = bench.euicc.core.registry.profiles[-1].aid
        with isdr_of(bench) as isdr:
            isdr.enable_profile(acme, refresh=False)
            isdr.enable_profile(test, refresh=False)
            isdr.disable_profile(test, refresh=False)
        assert bench.euicc.core.registry.enabled is bench.euicc.core.registry.by_aid(acme)


@pytest.mark.parametrize("mode", ["MEP-A1", "MEP-A2", "MEP-B"])
class TestSeveralProfilesEnabled:
    """In each mode, through the port that the mode has for it."""

    def enable(self, ports: EsimPorts, mode: str, aid: bytes, slot: int) -> None:
        with self.port(ports, mode, slot) as isdr:
            isdr.enable_profile(aid, refresh=False, port=slot + 1 if mode == "MEP-A1" else None)

    def port(self, ports: EsimPorts, mode: str, slot: int) -> Isdr:
        isdr = Isdr(ports.port(slot if mode == "MEP-B" else 0))
        isdr.device_capabilities = CAPABLE.terminal_capabilities
        return isdr

    def test_the_reference_comes_first(self, mep: Bench, mode: str) -> None:
        acme = install(mep, "home-operator", of(ACME, REFERENCE, PRIORITY, others=2))
        private = install(mep, "test-operator")
        ports = EsimPorts(InProcessLink(mep.euicc))
        ports.configure([mode])
        with pytest.raises(EnableProfileError, match="disallowedByEnterpriseRule"):
            self.enable(ports, mode, private, 0)
        self.enable(ports, mode, acme, 0)
        self.enable(ports, mode, private, 1)
        with self.port(ports, mode, 0) as isdr:
            with pytest.raises(DisableProfileError, match="disallowedByEnterpriseRule") as caught:
                isdr.disable_profile(acme, refresh=False)
            assert caught.value.code == 6
        with self.port(ports, mode, 1) as isdr:
            isdr.disable_profile(private, refresh=False)
        with self.port(ports, mode, 0) as isdr:
            isdr.disable_profile(acme, refresh=False)
        assert mep.faults == []

    def test_how_many_others(self, mep: Bench, mode: str) -> None:
        install(mep, "home-operator", of(ACME, REFERENCE, others=1))
        first, second = install(mep, "test-operator"), install(mep, "travel-operator")
        ports = EsimPorts(InProcessLink(mep.euicc))
        ports.configure([mode])
        self.enable(ports, mode, first, 0)
        with pytest.raises(EnableProfileError, match="disallowedByEnterpriseRule"):
            self.enable(ports, mode, second, 1)
        if mode != "MEP-A2":  # where the eUICC chooses a free port, nothing is displaced
            self.enable(ports, mode, second, 0)

    def test_the_reference_is_not_displaced(self, mep: Bench, mode: str) -> None:
        """In MEP-A2 the eUICC itself takes the free port, so that both are enabled."""
        acme = install(mep, "home-operator", of(ACME, REFERENCE, PRIORITY, others=2))
        private = install(mep, "test-operator")
        ports = EsimPorts(InProcessLink(mep.euicc))
        ports.configure([mode])
        self.enable(ports, mode, acme, 0)
        if mode == "MEP-A2":
            self.enable(ports, mode, private, 0)
            assert {one.aid for one in mep.euicc.core.registry if one.is_enabled} == {acme, private}
            return
        with pytest.raises(EnableProfileError, match="disallowedByEnterpriseRule"):
            self.enable(ports, mode, private, 0)


def configuration(oid: str = ACME, name: str = "Acme", *rules: str) -> dict[str, Any]:
    return Enterprise(oid, name, rules or None, 1).value()


class TestUpdate:
    """What an update may change (§5.4.1), and how ES6 says that it may not."""

    @pytest.fixture
    def acme(self, bench: Bench) -> Bench:
        install(bench, "home-operator", of(ACME))
        return bench

    def refusal(self, bench: Bench, index: int = 0, **members: Any) -> str:
        profile = bench.euicc.core.registry.profiles[index]
        before = dict(profile.metadata)
        try:
            apply_update(bench.euicc.core, profile, members)
        except UpdateRefusal as refusal:
            assert profile.metadata == before
            return refusal.name
        return ""

    def test_the_name_and_the_rules(self, acme: Bench) -> None:
        new = configuration(ACME, "Acme Ltd", REFERENCE)
        with isdr_of(acme):
            assert self.refusal(acme, enterpriseConfiguration=new) == ""
        metadata = acme.euicc.core.registry.profiles[0].metadata
        assert metadata["enterpriseConfiguration"] == new

    def test_not_the_enterprise(self, acme: Bench) -> None:
        assert (
            self.refusal(acme, enterpriseConfiguration=configuration(OTHER))
            == "enterpriseConfigurationNotAllowed"
        )

    def test_not_of_a_private_profile(self, acme: Bench) -> None:
        install(acme, "test-operator")
        assert (
            self.refusal(acme, 1, enterpriseConfiguration=configuration())
            == "enterpriseConfigurationNotAllowed"
        )

    def test_no_second_reference(self, acme: Bench) -> None:
        install(acme, "test-operator", of(ACME, REFERENCE))
        assert (
            self.refusal(acme, enterpriseConfiguration=configuration(ACME, "Acme", REFERENCE))
            == "enterpriseConfigurationNotAllowed"
        )
        assert self.refusal(acme, 1, enterpriseConfiguration=configuration(ACME, "A", REFERENCE)) == ""

    def test_the_owner_of_remote_management_stays(self, acme: Bench) -> None:
        rpm = {"managingDpList": [{"managingDpOid": "2.999.10"}], "profileOwnerOid": "2.999.77"}
        assert self.refusal(acme, rpmConfiguration=rpm) == ""
        assert self.refusal(acme, rpmConfiguration={**rpm, "pollingAddress": "a"}) == ""
        changed = {**rpm, "profileOwnerOid": "2.999.78"}
        assert self.refusal(acme, rpmConfiguration=changed) == "invalidRpmConfiguration"

    def test_what_contradicts_itself(self, acme: Bench) -> None:
        both = {"hriServerAddress": "hri.example.com", "tagsForDeletion": b"\x9b"}
        assert self.refusal(acme, **both) == "commandError"
        assert self.refusal(acme, iconType=1) == "commandError"
        assert self.refusal(acme, tagsForDeletion=b"\x5a") == "deleteNotAllowed"
        assert self.refusal(acme, profilePolicyRules=(b"\x80", 1)) == "pprUpdateInvalidSetting"

    @pytest.mark.parametrize(
        ("members", "sw"),
        [
            ({"enterpriseConfiguration": configuration(OTHER)}, "6985"),
            ({"tagsForDeletion": b"\x5a"}, "6A80"),
            ({"iconType": 1}, "6A80"),
            ({"profilePolicyRules": (b"\x80", 1)}, "6A81"),
        ],
    )
    def test_status_words(self, acme: Bench, members: dict[str, Any], sw: str) -> None:
        from cards.status import StatusError

        message = rsp.encode("UpdateMetadataRequest", members)
        with pytest.raises(StatusError) as caught:
            update_metadata(acme.euicc.core, acme.euicc.core.registry.profiles[0], message)
        assert f"{int(caught.value.sw):04X}" == sw

    def test_every_member_can_go_by_its_tag(self, acme: Bench) -> None:
        profile = acme.euicc.core.registry.profiles[0]
        full = {
            "serviceSpecificDataStoredInEuicc": [],
            "hriServerAddress": "hri.example.com",
            "lprConfiguration": {"pcmpAddress": "pcm.example.com"},
            "deviceChangeConfiguration": ("usingStoredAc", {"activationCodeForDc": "1$a$b"}),
            "rpmConfiguration": {"managingDpList": [], "profileOwnerOid": "2.999.77"},
        }
        profile.metadata = {**profile.metadata, **full}
        tags = bytes.fromhex("BF22B6BA9BBCBDBF20")
        apply_update(acme.euicc.core, profile, {"tagsForDeletion": tags})
        gone = {*full, "notificationConfigurationInfo", "enterpriseConfiguration"}
        assert not gone & profile.metadata.keys()


def test_profile_info_shows_it(bench: Bench) -> None:
    install(bench, "home-operator", of(ACME, REFERENCE, others=1))
    with isdr_of(bench) as isdr:
        (info,) = isdr.get_profiles_info(tags=b"\xbd")
        (plain,) = isdr.get_profiles_info()
    assert info == {"enterpriseConfiguration": configuration(ACME, "Acme", REFERENCE)}
    assert "enterpriseConfiguration" not in plain


def test_it_outlives_the_power(bench: Bench) -> None:
    private = install(bench, "test-operator")
    install(bench, "home-operator", of(ACME, REFERENCE, PRIORITY))
    bench.euicc = Euicc.load(bench.euicc.save(), entropy=entropy("again"), clock=clock)
    with isdr_of(bench) as isdr, pytest.raises(EnableProfileError, match="disallowedByEnterpriseRule"):
        isdr.enable_profile(private, refresh=False)


def test_a_card_without_es10_is_no_way_round(bench: Bench) -> None:
    """The rules bind whatever the LPA says of itself afterwards by nonsense in TERMINAL CAPABILITY."""
    install(bench, "home-operator", of(ACME, REFERENCE, ONLY))
    with isdr_of(bench):
        assert objection_to_installation(bench.euicc.core, {}) == "enterpriseProfilesOnly"
    with pytest.raises(CardStatusError):
        Isdr(InProcessLink(bench.euicc))._basic.send(0xAA, data=b"\x00", cla=0x80)
    assert objection_to_installation(bench.euicc.core, {}) == "enterpriseProfilesOnly"
