"""Profiles that a device enables of itself: fallback and back, emergency (SGP.32 §3.4.5, §3.4.6)."""

from __future__ import annotations

import pytest

from cards import InProcessLink
from cards.errors import CardError
from cards.isdr import Isdr
from cards.isdr.iot_errors import (
    AddInitialEimError,
    ConfigureImmediateProfileEnablingError,
    DisableEmergencyProfileError,
    EnableEmergencyProfileError,
    ExecuteFallbackMechanismError,
    GetCertsError,
    GetConnectivityParametersError,
    IotEuiccMemoryResetError,
    ReturnFromFallbackError,
)
from simulator.ipa import InProcessEsipa, Ipa, NotAnIotEuicc
from simulator.lpa import InProcessEs9
from simulator.profile import build, describe
from simulator.smdp.metadata import ProfileMetadata
from tests.simulator.conftest import Bench
from tests.simulator.ipa.conftest import IotBench


def allow(bench: IotBench, number: int, member: str) -> None:
    """A profile's metadata say so."""
    profile = bench.bench.euicc.core.registry.profiles[number]
    profile.metadata = {**profile.metadata, member: True}


def last_poll(bench: IotBench) -> dict[str, object]:
    bench.run()
    found = [value for name, value in bench.eim.received if name == "getEimPackageRequest"]
    poll: dict[str, object] = found[-1]
    bench.eim.received.clear()
    return poll


def test_fallback_and_return(direct: IotBench) -> None:
    allow(direct, 1, "fallbackAllowed")
    direct.eim.add(("setFallbackAttribute", direct.iccid(1)))
    assert direct.run()[0].done == ("setFallbackAttribute: ok",)
    with direct.ipa() as ipa:
        assert ipa.isdr.get_profiles_info()[1]["fallbackAttribute"] is True
        ipa.fall_back()
    assert direct.enabled == 1
    assert last_poll(direct)["stateChangeCause"] == 1  # fallback
    assert "stateChangeCause" not in last_poll(direct)
    with direct.ipa() as ipa, pytest.raises(ExecuteFallbackMechanismError) as caught:
        ipa.fall_back()
    assert caught.value.name == "profileNotInDisabledState"
    with direct.ipa() as ipa:
        ipa.return_from_fallback()
    assert direct.enabled == 0
    with direct.ipa() as ipa, pytest.raises(ReturnFromFallbackError) as caught2:
        ipa.return_from_fallback()
    assert caught2.value.name == "commandError"


def test_fallback_without_network(direct: IotBench) -> None:
    allow(direct, 1, "fallbackAllowed")
    direct.eim.add(("setFallbackAttribute", direct.iccid(1)))
    direct.run()
    with direct.ipa() as ipa:
        assert not ipa.fall_back_without_network()
        direct.has_network = lambda: direct.enabled == 1
        assert ipa.fall_back_without_network()
        assert not ipa.fall_back_without_network()
    assert direct.enabled == 1


def test_no_fallback(direct: IotBench) -> None:
    with direct.ipa() as ipa, pytest.raises(ExecuteFallbackMechanismError, match="fallback attribute"):
        ipa.fall_back()


def test_emergency(direct: IotBench) -> None:
    """§5.9.22, §5.9.23: the emergency profile takes the place of the enabled one; packages are refused, and
    so are fallback and memory reset."""
    with direct.ipa() as ipa, pytest.raises(EnableEmergencyProfileError) as caught:
        ipa.enable_emergency_profile()
    assert caught.value.name == "ecallNotAvailable"
    with direct.ipa() as ipa, pytest.raises(DisableEmergencyProfileError) as caught2:
        ipa.disable_emergency_profile()
    assert caught2.value.name == "ecallNotAvailable"
    allow(direct, 1, "ecallIndication")
    allow(direct, 0, "fallbackAllowed")
    direct.eim.add(("setFallbackAttribute", direct.iccid(0)))
    direct.run()
    with direct.ipa() as ipa:
        with pytest.raises(DisableEmergencyProfileError) as caught2:
            ipa.disable_emergency_profile()
        assert caught2.value.name == "profileNotInEnabledState"
        ipa.enable_emergency_profile()
        assert direct.enabled == 1
        with pytest.raises(EnableEmergencyProfileError) as caught:
            ipa.enable_emergency_profile()
        assert caught.value.name == "profileNotInDisabledState"
        with pytest.raises(ExecuteFallbackMechanismError, match="ecallActive"):
            ipa.fall_back()
        with pytest.raises(IotEuiccMemoryResetError, match="ecallActive"):
            ipa.isdr.iot_euicc_memory_reset("deleteOperationalProfiles")
    assert last_poll(direct)["stateChangeCause"] == 2  # emergencyProfile
    direct.eim.add(("getRAT", {}))
    assert direct.run()[0].done == ("refused: ecallActive",)
    direct.bench.euicc.reset()
    with direct.ipa() as ipa:
        ipa.disable_emergency_profile()
    assert direct.enabled == 0
    direct.eim.add(("getRAT", {}))
    assert direct.run()[0].done == ("getRAT: ok",)


def test_emergency_outlives_the_loss_of_power(direct: IotBench) -> None:
    from simulator.euicc.iot.state import IotState

    allow(direct, 1, "ecallIndication")
    with direct.ipa() as ipa:
        ipa.enable_emergency_profile()
    core = direct.bench.euicc.core
    assert core.iot is not None
    core.iot = IotState.load(core.iot.save())
    with direct.ipa() as ipa:
        ipa.disable_emergency_profile()
    assert direct.enabled == 0


def test_emergency_ends_the_leave_to_roll_back(direct: IotBench) -> None:
    direct.eim.add(("enable", direct.iccid(1) | {"rollbackFlag": None}))
    direct.run()
    allow(direct, 0, "ecallIndication")
    core = direct.bench.euicc.core
    assert core.iot is not None
    assert core.iot.rollback is not None
    with direct.ipa() as ipa:
        ipa.enable_emergency_profile()
    assert core.iot.rollback is None


def test_first_eims_and_immediate_enabling(iot_bench: IotBench) -> None:
    with Isdr(InProcessLink(iot_bench.bench.euicc)) as isdr:
        isdr.configure_immediate_profile_enabling(smdp_oid="2.999.10", smdp_address="smdp.example.com")
        configuration = iot_bench.eim.configuration()
        assert isdr.add_initial_eim([configuration]) == [None]
        assert isdr.get_eim_configuration_data("nobody") == []
        with pytest.raises(AddInitialEimError) as caught:
            isdr.add_initial_eim([configuration])
        assert caught.value.name == "associatedEimAlreadyExists"
        with pytest.raises(ConfigureImmediateProfileEnablingError, match="has an eIM already"):
            isdr.configure_immediate_profile_enabling(enable=False)


def test_what_an_iot_euicc_has_not(iot_bench: IotBench) -> None:
    with Isdr(InProcessLink(iot_bench.bench.euicc)) as isdr:
        with pytest.raises(GetConnectivityParametersError, match="parametersNotAvailable"):
            isdr.get_connectivity_parameters()
        with pytest.raises(GetCertsError, match="invalidCiPKId"):
            isdr.get_certs(bytes(20))
        with pytest.raises(CardError, match="nothing was named"):
            isdr.iot_euicc_memory_reset()


def test_memory_reset(direct: IotBench) -> None:
    with direct.ipa() as ipa:
        ipa.isdr.iot_euicc_memory_reset("resetEimConfigData", "resetImmediateEnableConfig")
        assert ipa.eims() == []
        with pytest.raises(IotEuiccMemoryResetError, match="nothing to delete"):
            ipa.isdr.iot_euicc_memory_reset("resetEimConfigData")


def test_a_consumers_euicc(bench: Bench) -> None:
    ipa = Ipa(Isdr(InProcessLink(bench.euicc)), InProcessEs9(None), InProcessEsipa(lambda octets: b""))
    with ipa, pytest.raises(NotAnIotEuicc, match=r"functions of SGP\.32"):
        ipa.run_once()


@pytest.mark.parametrize("kind", ["consumer", "iot"])
def test_metadata_of_sgp32(kind: str, iot_bench: IotBench, bench: Bench) -> None:
    """A consumer's eUICC passes over what only SGP.32 knows (§4.4)."""
    chosen = iot_bench.bench if kind == "iot" else bench
    metadata = ProfileMetadata(further={"ecallIndication": True, "fallbackAllowed": True})
    chosen.download(build.build_package(describe.load_shipped("travel-operator")), metadata=metadata)
    kept = chosen.euicc.core.registry.profiles[-1].metadata
    expected = {"ecallIndication", "fallbackAllowed"} if kind == "iot" else set()
    assert kept.keys() & {"ecallIndication", "fallbackAllowed"} == expected
