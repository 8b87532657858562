"""Profiles of the class test beside operational ones (SGP.22 §2.4.5.3, §3.2.1, §5.7.16 to §5.7.19)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from simulator.euicc import Euicc
from simulator.euicc.switching import DISALLOWED_BY_POLICY, OK, WRONG_PROFILE_REENABLING, disable, enable
from simulator.lpa import InstallationFailed
from simulator.profile import build, describe
from simulator.smdp.metadata import ProfileMetadata
from tests.simulator.conftest import Bench, clock, entropy
from tests.simulator.euicc.test_es10_functions import call, package

TEST_KEY = "000102030405060708090a0b0c0d0e0f"
TEST = ProfileMetadata(profile_class="test")


def package_for_tests(iccid: str = "899990000000000001", key: str = TEST_KEY) -> bytes:
    described = describe.load_shipped("test-operator")
    secret = described.authentication.model_copy(update={"key": bytes.fromhex(key)})
    return build.build_package(described.model_copy(update={"authentication": secret, "iccid": iccid}))


@pytest.fixture
def mixed(bench: Bench) -> Bench:
    """Two operational profiles, the first one enabled, then two test profiles."""
    bench.download(package("home-operator"), enable=True)
    bench.download(package("travel-operator"))
    bench.download(package_for_tests(), metadata=TEST)
    bench.download(package_for_tests("899990000000000019"), metadata=TEST)
    return bench


def enabled(bench: Bench) -> int:
    """The place of the enabled profile; -1 if there is none."""
    found = [number for number, one in enumerate(bench.euicc.core.registry) if one.is_enabled]
    return found[0] if found else -1


def test_the_way_back_from_a_test_profile(mixed: Bench) -> None:
    core = mixed.euicc.core
    home, travel, test, other = core.registry.profiles
    assert enable(core, test, refresh=False) == OK
    assert enable(core, travel, refresh=False) == WRONG_PROFILE_REENABLING
    assert enable(core, other, refresh=False) == OK
    assert enable(core, travel, refresh=False) == WRONG_PROFILE_REENABLING
    assert enable(core, home, refresh=False) == OK
    assert enable(core, travel, refresh=False) == OK


def test_disabling_it_enables_what_was_there_before(mixed: Bench) -> None:
    core = mixed.euicc.core
    _, _, test, other = core.registry.profiles
    enable(core, test, refresh=False)
    enable(core, other, refresh=False)
    mixed.euicc = again = Euicc.load(mixed.euicc.save(), entropy=entropy("again"), clock=clock)
    before = again.core.notifications.last_number
    assert disable(again.core, again.core.registry.profiles[3], refresh=False) == OK
    assert enabled(mixed) == 0
    assert again.card.files is again.core.registry.profiles[0].files
    events = [item.metadata["profileManagementOperation"] for item in again.core.notifications.pending]
    assert events[-2:] == [(b"\x20", 3), (b"\x40", 2)]
    assert again.core.notifications.last_number == before + 2


def test_after_nothing_comes_nothing(bench: Bench) -> None:
    bench.download(package_for_tests(), metadata=TEST, enable=True)
    assert disable(bench.euicc.core, bench.euicc.core.registry.profiles[0], refresh=False) == OK
    assert enabled(bench) == -1


def test_it_overrides_the_rule_against_disabling(mixed: Bench) -> None:
    core = mixed.euicc.core
    home, travel, test, _ = core.registry.profiles
    home.metadata = {**home.metadata, "profilePolicyRules": (b"\x40", 2)}
    assert enable(core, travel, refresh=False) == DISALLOWED_BY_POLICY
    assert enable(core, test, refresh=False) == OK
    assert disable(core, test, refresh=False) == OK
    assert enabled(mixed) == 0


def reset(bench: Bench, bits: bytes, length: int) -> int:
    value = {"resetOptions": (bits, length)}
    return int(call(bench, "EuiccMemoryResetRequest", value, "EuiccMemoryResetResponse")["resetResult"])


def test_memory_reset_of_test_profiles_enables_the_operational_one_again(mixed: Bench) -> None:
    core = mixed.euicc.core
    enable(core, core.registry.profiles[2], refresh=False)
    assert reset(mixed, b"\x40", 2) == OK
    assert len(core.registry.profiles) == 2
    assert enabled(mixed) == 0
    assert reset(mixed, b"\x40", 2) == 1


def test_memory_reset_of_operational_profiles_leaves_the_test_profile(mixed: Bench) -> None:
    core = mixed.euicc.core
    enable(core, core.registry.profiles[2], refresh=False)
    assert reset(mixed, b"\x80", 1) == OK
    assert [profile.is_test for profile in core.registry] == [True, True]
    assert enabled(mixed) == 0
    assert disable(core, core.registry.profiles[0], refresh=False) == OK
    assert enabled(mixed) == -1


@pytest.mark.parametrize(
    ("key", "features", "reason"),
    [
        ("465b5ce8b199b49faa5f0a2ee238a6bc", {}, "testProfileInstallFailedDueToInvalidNaaKey"),
        ("000102030405060708090a0b0c0d0f0e", {}, "testProfileInstallFailedDueToInvalidNaaKey"),
        (TEST_KEY, {"test_profiles": False}, "unsupportedProfileClass"),
    ],
)
def test_what_is_no_test_profile_is_refused(
    bench: Bench, key: str, features: dict[str, Any], reason: str
) -> None:
    core = bench.euicc.core
    core.features = replace(core.features, **features)
    with pytest.raises(InstallationFailed, match=reason):
        bench.download(package_for_tests(key=key), metadata=TEST)
    assert not core.registry.profiles
