"""eIM and IPA in one process: every way a profile comes by, with and without tokens, whole and compact."""

from __future__ import annotations

from typing import Any

import pytest

from asn1 import iot
from cards import InProcessLink
from cards.isdr import Isdr
from simulator.crypto.pki import TestPki
from simulator.eim import PackageState
from simulator.eim.records import Package
from simulator.ipa import InProcessEsipa, Ipa, Setup
from simulator.lpa.activation_code import ActivationCode
from simulator.profile import build, describe
from tests.simulator.conftest import ADDRESS as SMDP_ADDRESS
from tests.simulator.eim.conftest import SMDS_ADDRESS, World

PACKAGE = build.build_package(describe.load_shipped("test-operator"))


@pytest.fixture
def world(test_pki: TestPki) -> World:
    return World(test_pki, "iot")


def make_ipa(world: World, setup: Setup | None = None) -> Ipa:
    link = InProcessLink(world.bench.euicc)
    return Ipa(Isdr(link), world.servers, InProcessEsipa(world.eim.answer), setup or Setup())


def introduce(world: World, **options: Any) -> None:
    der = iot.encode("EimConfigurationData", world.eim.identity.configuration(**options))
    with make_ipa(world) as ipa:
        ipa.add_eims(der)
    world.eim.add_device(world.eid)


def run(world: World, ipa: Ipa | None = None) -> None:
    """The device wakes up; nothing may go wrong."""
    with ipa or make_ipa(world) as opened:
        for handled in opened.run_once():
            assert handled.error is None, (handled.what, handled.error)
    world.bench.euicc.reset()
    assert not world.bench.faults


def states(world: World) -> list[tuple[str, str]]:
    return [(str(one.state), one.detail) for one in world.store.all(Package, world.eid)]


@pytest.mark.parametrize("with_token", [False, True])
@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize(("supports_indirect", "is_indirect"), [(False, False), (True, False), (True, True)])
def test_a_profile_comes_is_enabled_and_goes(
    world: World, with_token: bool, compact: bool, is_indirect: bool, supports_indirect: bool
) -> None:
    introduce(world, with_token=with_token, is_indirect=supports_indirect)
    setup = Setup(compact=compact)
    code = ActivationCode(SMDP_ADDRESS, world.bench.smdp.add_order(PACKAGE))
    world.eim.order_download(world.eid, code, is_indirect=is_indirect)
    run(world, make_ipa(world, setup))
    assert states(world) == [("done", ""), ("done", "")]
    [heard] = world.bench.smdp.notifications()
    assert heard.is_success
    enable = world.eim.order(world.eid, ("enable", world.iccid(0)), ("listProfileInfo", {}))
    run(world, make_ipa(world, setup))
    run(world, make_ipa(world, setup))
    assert world.again(enable).state is PackageState.DONE
    world.eim.order(world.eid, ("disable", world.iccid(0)))
    run(world, make_ipa(world, setup))
    run(world, make_ipa(world, setup))
    world.eim.order(world.eid, ("delete", world.iccid(0)))
    run(world, make_ipa(world, setup))
    run(world, make_ipa(world, setup))
    assert all(state == "done" for state, _ in states(world)), states(world)
    events = [one.event for one in world.bench.smdp.notifications()]
    assert events == ["install", "enable", "disable", "delete"]
    assert world.device.association_token == (1 if with_token else None)
    with make_ipa(world) as ipa:
        assert set(ipa.waiting().values()) == {0}


@pytest.mark.parametrize("compact", [False, True])
def test_confirmation_codes_default_servers_and_sm_ds(world: World, compact: bool) -> None:
    introduce(world)
    setup = Setup(compact=compact)
    names = ("test-operator", "home-operator", "travel-operator")
    packages = [build.build_package(describe.load_shipped(name)) for name in names]
    smdp = world.bench.smdp
    code = ActivationCode(SMDP_ADDRESS, smdp.add_order(packages[0], confirmation_code="1234"))
    world.eim.order_download(world.eid, code, confirmation_code="1234", is_indirect=True)
    smdp.add_order(packages[1], "", eid=world.eid)
    world.eim.order(world.eid, ("setDefaultDpAddress", {"defaultDpAddress": SMDP_ADDRESS}))
    world.eim.order_download(world.eid, is_indirect=True)
    matching_id = smdp.add_order(packages[2])
    world.ds.register_event(
        {
            "functionRequesterIdentifier": "2.999.10",
            "functionCallIdentifier": "1",
            "eid": world.eid.hex(),
            "rspServerAddress": SMDP_ADDRESS,
            "eventId": matching_id,
            "forwardingIndicator": False,
        }
    )
    world.eim.order_download(world.eid, smds=SMDS_ADDRESS, is_indirect=True)
    run(world, make_ipa(world, setup))
    assert all(state == "done" for state, _ in states(world)), states(world)
    assert len(world.bench.euicc.core.registry.profiles) == 3
    assert [one.is_success for one in smdp.notifications()] == [True] * 3


def test_what_fails_is_told(world: World) -> None:
    introduce(world)
    order = world.eim.order_download(world.eid, ActivationCode(SMDP_ADDRESS, "NOT-THERE"), is_indirect=True)
    with make_ipa(world) as ipa:
        ipa.run_once()
    failed = world.again(order)
    assert failed.state is PackageState.FAILED
    assert "8.2.6/3.8" in failed.detail


def test_a_fallback_is_noticed(world: World) -> None:
    introduce(world)
    setup = Setup()  # the IPA remembers what the eIM has not heard of
    world.add_profiles("test-operator", "home-operator")
    run(world, make_ipa(world, setup))
    world.bench.euicc.core.registry.profiles[1].metadata["fallbackAllowed"] = True
    world.eim.order(world.eid, ("setFallbackAttribute", world.iccid(1)))
    run(world, make_ipa(world, setup))
    with make_ipa(world, setup) as ipa:
        ipa.fall_back()
    world.bench.euicc.reset()
    run(world, make_ipa(world, setup))
    assert world.device.state_change == "fallback"
    listed = iot.decode("IotProfileInfoListResponse", world.device.profiles)[1]
    assert [one["profileState"] for one in listed] == [0, 1]
