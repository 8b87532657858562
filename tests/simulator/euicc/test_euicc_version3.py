"""What an eUICC of version 3 tells of itself and of its profiles, member by member, and what it does besides
(SGP.22 v3 §5.7.3, §5.7.4, §5.7.8, §5.7.15, §5.7.18, §5.7.19)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from asn1 import rsp
from cards import InProcessLink, Isdr
from cards.isdr.errors import DeleteProfileError, EuiccMemoryResetError, SetDefaultDpAddressError
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity, Features
from simulator.euicc.features import V2, V3
from simulator.euicc.info import euicc_info1, euicc_info2
from simulator.euicc.profiles import ProfileState
from simulator.lpa.profiles import bit_names
from simulator.smdp.metadata import ProfileMetadata
from tests.simulator.conftest import NOW, Bench, clock, entropy, make_bench
from tests.simulator.euicc.test_es10_functions import package
from tests.simulator.euicc.test_test_profiles import package_for_tests

V3_MEMBERS_1 = {"euiccRspCapability", "highestSvn"}
V3_MEMBERS_2 = {"certificationDataObject", "treProperties", "highestSvn"}
V3_BITS = {
    "serviceSpecificDataSupport",
    "hriServerAddressSupport",
    "serviceProviderMessageSupport",
    "lpaProxySupport",
    "enterpriseProfilesSupport",
    "serviceDescriptionSupport",
    "estimatedProfileSizeIndicationSupport",
    "profileSizeInProfilesInfoSupport",
    "crlStaplingV3Support",
    "certChainV3VerificationSupport",
    "euiccRspCapInInfo1",
    "cancelForEmptySpnPnSupport",
    "updateNotifConfigInfoSupport",
    "updateMetadataV3Support",
    "v3ObjectsInCtxParamsCASupport",
}


def make(pki: TestPki, features: Features) -> Bench:
    bench = make_bench(pki, "version 3")
    identity = EuiccIdentity.from_pki(pki, entropy=entropy("factory"), now=NOW)
    bench.euicc = Euicc(identity, entropy=entropy("card"), clock=clock, features=features)
    bench.euicc.reset()
    return bench


@pytest.fixture
def bench(test_pki: TestPki) -> Bench:
    return make(test_pki, Features(svn=V3))


def isdr_of(bench: Bench) -> Isdr:
    return Isdr(InProcessLink(bench.euicc))


class TestEuiccInfo:
    def test_version_2_has_none_of_it(self, test_pki: TestPki) -> None:
        core = make(test_pki, Features(svn=V2)).euicc.core
        assert euicc_info1(core).keys() == {
            "svn",
            "euiccCiPKIdListForVerification",
            "euiccCiPKIdListForSigning",
        }
        info2 = euicc_info2(core)
        further = {"treProductReference", "additionalEuiccInfo", "additionalEuiccProfilePackageVersions"}
        assert not (V3_MEMBERS_2 | further | {"lpaMode"}) & info2.keys()
        bits = set(bit_names("RspCapability", info2["rspCapability"]))
        assert "crlSupport" in bits
        assert not bits & V3_BITS

    def test_what_version_3_adds(self, bench: Bench) -> None:
        core = bench.euicc.core
        info1, info2 = euicc_info1(core), euicc_info2(core)
        assert info1.keys() == {
            "svn",
            "euiccCiPKIdListForVerification",
            "euiccCiPKIdListForSigning",
            *V3_MEMBERS_1,
        }
        assert info2.keys() >= V3_MEMBERS_2
        assert info1["svn"] == info2["svn"] == bytes(V2)
        assert info1["highestSvn"] == info2["highestSvn"] == bytes(V3)
        assert info1["euiccRspCapability"] == info2["rspCapability"]
        bits = set(bit_names("RspCapability", info2["rspCapability"]))
        assert bits >= V3_BITS
        assert "crlSupport" not in bits
        assert info2["treProperties"] == (b"\x80", 1)

    @pytest.mark.parametrize(
        ("option", "bit"),
        [
            ({"enterprise": False}, "enterpriseProfilesSupport"),
            ({"lpa_proxy": False}, "lpaProxySupport"),
            ({"test_profiles": False}, "testProfileSupport"),
        ],
    )
    def test_a_bit_for_each_option(self, test_pki: TestPki, option: dict[str, bool], bit: str) -> None:
        for features, has in ((Features(svn=V3), True), (Features(svn=V3, **option), False)):  # type: ignore[arg-type]
            info = euicc_info2(make(test_pki, features).euicc.core)
            assert (bit in bit_names("RspCapability", info["rspCapability"])) is has

    def test_what_is_only_there_if_it_was_described(self, test_pki: TestPki) -> None:
        features = Features(
            svn=V3,
            tre=("isIntegrated", "usesRemoteMemory"),
            tre_product="2.999.1/soc",
            additional_info=b"\xca\xfe",
            package_versions=((3, 3, 1),),
        )
        euicc = make(test_pki, features).euicc
        euicc = Euicc.load(euicc.save(), entropy=entropy("again"), clock=clock)
        info = euicc_info2(euicc.core)
        assert info["treProperties"] == (b"\x60", 3)
        assert info["treProductReference"] == "2.999.1/soc"
        assert info["additionalEuiccInfo"] == b"\xca\xfe"
        assert info["additionalEuiccProfilePackageVersions"] == [b"\x03\x03\x01"]

    def test_the_bytes_of_the_new_members(self, bench: Bench) -> None:
        """highestSvn '93', treProperties '8D', euiccRspCapability '88' (§5.7.8)."""
        with isdr_of(bench) as isdr:
            info1, info2 = (isdr.store_data(bytes.fromhex(tag + "00")) for tag in ("BF20", "BF22"))
        assert bytes.fromhex("9303030100") in info1
        assert bytes.fromhex("9303030100") in info2
        assert bytes.fromhex("8D020780") in info2


FURTHER = {
    "serviceSpecificDataStoredInEuicc": [
        {"vendorOid": "2.999.5", "vendorSpecificData": bytes.fromhex("040101")}
    ],
    "rpmConfiguration": {
        "managingDpList": [{"managingDpOid": "2.999.10", "rpmType": (b"\x80", 1)}],
        "pollingAddress": "poll.example.com",
        "profileOwnerOid": "2.999.77",
    },
    "hriServerAddress": "hri.example.com",
    "lprConfiguration": {"pcmpAddress": "pcm.example.com", "dpiEnable": "on"},
    "serviceDescription": (b"\xa0", 3),
    "deviceChangeConfiguration": (
        "requestToDp",
        {"smdpAddressForDc": "dc.example.com", "eidRequired": None},
    ),
}
TAGS = {
    "serviceSpecificDataStoredInEuicc": "BF22",
    "rpmConfiguration": "BA",
    "hriServerAddress": "9B",
    "lprConfiguration": "BC",
    "serviceDescription": "9F1F",
    "deviceChangeConfiguration": "BF20",
}
CARRIED = ProfileMetadata(
    further={**FURTHER, "serviceProviderMessage": {"message": "Hello"}, "estimatedProfileSize": 9000}
)


def download(bench: Bench, metadata: ProfileMetadata = CARRIED) -> None:
    """Past the LPA, whose device has no LPA proxy."""
    profile = rsp.decode("StoreMetadataRequest", metadata.encode(header(), "a.example.com"))
    bench.download(package("home-operator"))
    bench.euicc.core.registry.profiles[-1].metadata |= {
        name: value for name, value in profile.items() if name in FURTHER
    }


def header() -> Any:
    from simulator.smdp.metadata import PackageHeader

    return PackageHeader.read(package("home-operator"))


class TestProfilesInfo:
    @pytest.mark.parametrize("member", FURTHER)
    def test_each_tag_of_version_3(self, bench: Bench, member: str) -> None:
        download(bench)
        with isdr_of(bench) as isdr:
            (info,) = isdr.get_profiles_info(tags=bytes.fromhex(TAGS[member]))
        assert info == {member: FURTHER[member]}

    def test_the_size(self, bench: Bench) -> None:
        bench.download(package("home-operator"))
        with isdr_of(bench) as isdr:
            (info,) = isdr.get_profiles_info(tags=bytes.fromhex("5A9F25"))
        assert info["profileSize"] == len(package("home-operator"))

    def test_not_without_being_asked_for(self, bench: Bench) -> None:
        download(bench)
        with isdr_of(bench) as isdr:
            (info,) = isdr.get_profiles_info()
        assert not info.keys() & {*FURTHER, "profileSize"}

    def test_version_2_passes_over_the_tags(self, test_pki: TestPki) -> None:
        bench = make(test_pki, Features(svn=V2))
        download(bench)
        with isdr_of(bench) as isdr:
            (info,) = isdr.get_profiles_info(tags=bytes.fromhex("5A" + "".join(TAGS.values()) + "9F25"))
        assert info.keys() == {"iccid"}


class TestDefaultSmdp:
    def test_the_only_ci_for_it(self, bench: Bench) -> None:
        trusted = bench.euicc.core.identity.chains.anchor_key_ids[0]
        with isdr_of(bench) as isdr:
            isdr.set_default_dp_address("dp.example.com", trusted)
            addresses = isdr.get_euicc_configured_addresses()
            assert addresses["allowedCiPKId"] == trusted
            with pytest.raises(SetDefaultDpAddressError, match="unsupportedCiPKId") as caught:
                isdr.set_default_dp_address("other.example.com", bytes(20))
            assert caught.value.code == 8
            assert isdr.get_euicc_configured_addresses() == addresses
            isdr.set_default_dp_address("other.example.com")
            assert "allowedCiPKId" not in isdr.get_euicc_configured_addresses()
            isdr.set_default_dp_address("dp.example.com", trusted)
        again = Euicc.load(bench.euicc.save(), entropy=entropy("again"), clock=clock)
        assert again.core.default_dp_ci == trusted
        with Isdr(InProcessLink(again)) as isdr:
            isdr.set_default_dp_address("", trusted)
            assert "allowedCiPKId" not in isdr.get_euicc_configured_addresses()

    def test_version_2_knows_no_ci_for_it(self, test_pki: TestPki) -> None:
        bench = make(test_pki, Features(svn=V2))
        with isdr_of(bench) as isdr:
            isdr.set_default_dp_address("dp.example.com", bytes(20))
            assert isdr.get_euicc_configured_addresses()["defaultDpAddress"] == "dp.example.com"
            assert "allowedCiPKId" not in isdr.get_euicc_configured_addresses()


class TestMemoryReset:
    """Each option deletes the profiles of its kind, and nothing else (§5.7.19)."""

    @pytest.fixture
    def full(self, bench: Bench) -> Bench:
        return self.filled(bench)

    def filled(self, bench: Bench) -> Bench:
        """An operational, a provisioning, a pre-loaded and a field-loaded test profile."""
        bench.download(package("home-operator"))
        bench.download(package("travel-operator"), metadata=ProfileMetadata(profile_class="provisioning"))
        test = ProfileMetadata(profile_class="test")
        bench.download(package_for_tests(), metadata=test)
        bench.download(package_for_tests("899990000000000019"), metadata=test)
        bench.euicc.core.registry.profiles[2].is_preloaded = True
        return bench

    @pytest.mark.parametrize(
        ("option", "gone"),
        [
            ("deleteOperationalProfiles", 0),
            ("deleteProvisioningProfiles", 1),
            ("deletePreLoadedTestProfiles", 2),
            ("deleteFieldLoadedTestProfiles", 3),
        ],
    )
    def test_each_option(self, full: Bench, option: str, gone: int) -> None:
        registry = full.euicc.core.registry
        left = [profile.aid for profile in registry]
        del left[gone]
        full.euicc = Euicc.load(full.euicc.save(), entropy=entropy("again"), clock=clock)
        with isdr_of(full) as isdr:
            isdr.euicc_memory_reset(option)
            assert [profile.aid for profile in full.euicc.core.registry] == left
            with pytest.raises(EuiccMemoryResetError, match="nothingToDelete"):
                isdr.euicc_memory_reset(option)

    @pytest.mark.parametrize("option", ["deleteProvisioningProfiles", "deletePreLoadedTestProfiles"])
    def test_version_2_does_not_know_the_new_ones(self, test_pki: TestPki, option: str) -> None:
        bench = self.filled(make(test_pki, Features(svn=V2)))
        with isdr_of(bench) as isdr, pytest.raises(EuiccMemoryResetError, match="nothingToDelete"):
            isdr.euicc_memory_reset(option)
        assert len(bench.euicc.core.registry.profiles) == 4


def test_what_comes_back_after_a_test_profile_is_not_deleted(bench: Bench) -> None:
    bench.download(package("home-operator"), enable=True)
    bench.download(package_for_tests(), metadata=ProfileMetadata(profile_class="test"))
    home, test = (profile.aid for profile in bench.euicc.core.registry)
    with isdr_of(bench) as isdr:
        isdr.enable_profile(test, refresh=False)
        with pytest.raises(DeleteProfileError, match="disallowedInTestMode") as caught:
            isdr.delete_profile(home)
        assert caught.value.code == 4
        isdr.disable_profile(test, refresh=False)
    found = bench.euicc.core.registry.by_aid(home)
    assert found is not None
    assert found.state is ProfileState.ENABLED
    bench.euicc.core.features = replace(bench.euicc.core.features, svn=V2)
    with isdr_of(bench) as isdr:
        isdr.enable_profile(test, refresh=False)
        isdr.delete_profile(home)
