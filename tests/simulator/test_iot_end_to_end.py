"""The whole of SGP.32 over real HTTPS: eIM, SM-DP+, IPA and eUICC, none of which knows another's code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from asn1 import iot
from cards import InProcessLink
from cards.isdr import Isdr
from simulator.crypto.pki import TestPki
from simulator.eim import Package, PackageState
from simulator.eim.records import Notification, NotificationState
from simulator.eim.serve import running
from simulator.ipa import EimUnreachable, EsipaClient, Handled, Ipa, Memory, Setup
from simulator.lpa import ActivationCode, Es9Client
from simulator.profile import build, describe
from simulator.smdp.serve import running as running_smdp
from tests.simulator.eim.conftest import World

PACKAGE = build.build_package(describe.load_shipped("travel-operator"))


@dataclass
class Plant:
    """A device in the field: an IoT eUICC with two profiles, its IPA, and servers at the end of sockets."""

    world: World
    smdp_address: str
    eim_address: str
    binding: str = "asn1"
    setup: Setup = field(default_factory=Setup)
    has_network: Callable[[], bool] = lambda: True
    stored: dict[str, Any] = field(default_factory=dict)

    def associate(self, *, is_indirect: bool = True, **changes: Any) -> None:
        identity = replace(self.world.eim.identity, address=self.eim_address)
        data = {**identity.configuration(with_token=True), **changes}
        if not is_indirect:
            data.pop("indirectProfileDownload", None)
        with Es9Client() as es9, EsipaClient() as esipa, self._ipa(es9, esipa) as ipa:
            ((_, token),) = ipa.add_eims(iot.encode("EimConfigurationData", data))
        self.world.eim.add_device(self.world.eid, association_token=token)

    def _ipa(self, es9: Es9Client, esipa: EsipaClient) -> Ipa:
        return Ipa(
            Isdr(InProcessLink(self.world.bench.euicc)),
            es9,
            esipa,
            self.setup,
            connectivity=lambda: self.has_network(),
            store=self.stored.update,
        )

    def run(self) -> list[Handled]:
        """The IPA wakes up: it trusts the eIM by the eUICC's configuration data, and SM-DP+s by the CI."""
        with (
            Es9Client(self.world.pki.anchors) as es9,
            EsipaClient(binding=self.binding) as esipa,
            self._ipa(es9, esipa) as ipa,
        ):
            return ipa.run_once()

    def lose_power(self) -> None:
        self.world.bench.euicc.reset()
        self.setup.memory = Memory.load(self.stored)

    def order(self, *operations: tuple[str, Any]) -> Package:
        return self.world.eim.order(self.world.eid, *operations)

    def order_download(self, *, is_indirect: bool, **options: Any) -> Package:
        matching_id = self.world.bench.smdp.add_order(PACKAGE, **options)
        code = ActivationCode(self.smdp_address, matching_id)
        chosen = {name: options[name] for name in ("confirmation_code",) if name in options}
        return self.world.eim.order_download(self.world.eid, code, is_indirect=is_indirect, **chosen)

    def state(self, package: Package) -> tuple[PackageState, str]:
        found = self.world.again(package)
        return found.state, found.detail

    @property
    def enabled(self) -> int:
        registry = self.world.bench.euicc.core.registry
        return next((number for number, one in enumerate(registry) if one.is_enabled), -1)


@pytest.fixture
def plant(test_pki: TestPki) -> Iterator[Plant]:
    world = World(test_pki, "field")
    world.add_profiles("test-operator", "home-operator")
    with world.bench.lpa() as lpa:
        lpa.process_notifications()
    with ExitStack() as stack:
        smdp = stack.enter_context(running_smdp(world.bench.smdp))
        world.eim.es9 = stack.enter_context(Es9Client(test_pki.anchors))
        identity = world.eim.identity
        world.eim.identity = identity.from_pki(
            test_pki, "localhost", eim_id=identity.eim_id, signing=identity.signing,
            entropy=world.eim.entropy, now=world.clock(),
        )  # fmt: skip
        address = stack.enter_context(running(world.eim, interval=0.05))
        assert address.is_tls
        yield Plant(world, smdp.smdp_address, address.url.removeprefix("https://"))


def errors(handled: list[Handled]) -> list[Exception]:
    return [one.error for one in handled if one.error]


@pytest.mark.parametrize("binding", ["asn1", "json"])
@pytest.mark.parametrize("is_compact", [False, True], ids=["whole", "compact"])
def test_a_device_by_way_of_its_eim(plant: Plant, binding: str, is_compact: bool) -> None:
    """Data, profile and eIM operations, an indirect download, and its profile enabled."""
    plant.binding, plant.setup.compact = binding, is_compact
    plant.associate()
    assert errors(plant.run()) == []  # what the eIM asks of each new device
    device = plant.world.device
    assert device.euicc_certificate == plant.world.bench.euicc.core.identity.credentials[0].certificate
    download = plant.order_download(is_indirect=True)
    assert errors(plant.run()) == []
    assert plant.state(download) == (PackageState.DONE, "")
    profiles = plant.world.bench.euicc.core.registry.profiles
    assert len(profiles) == 3
    enable = plant.order(("enable", {"iccid": profiles[2].iccid}))
    listing = plant.order(("listEim", {}))
    assert errors(plant.run()) == []
    assert plant.enabled == 2
    assert [plant.state(one)[0] for one in (enable, listing)] == [PackageState.DONE] * 2
    # The eIM has the notifications now. That of the installation it has brought to the SM-DP+ that is there;
    # the others are for the address of the profiles' metadata, where none is.
    taken = plant.world.store.all(Notification)
    assert [one.event for one in taken] == ["install", "disable", "enable"]
    assert taken[0].state is NotificationState.DELIVERED
    assert plant.run() == []


@pytest.mark.parametrize("binding", ["asn1", "json"])
def test_a_device_that_downloads_directly(plant: Plant, binding: str) -> None:
    plant.binding = binding
    plant.associate(is_indirect=False)
    plant.run()
    download = plant.order_download(is_indirect=False)
    assert errors(plant.run()) == []
    assert plant.state(download) == (PackageState.DONE, "")
    assert len(plant.world.bench.euicc.core.registry.profiles) == 3
    assert [one.event for one in plant.world.bench.smdp.notifications()][-1:] == ["install"]


def test_a_download_with_a_confirmation_code_of_the_eim(plant: Plant) -> None:
    plant.associate()
    plant.run()
    download = plant.order_download(is_indirect=True, confirmation_code="4711")
    assert errors(plant.run()) == []
    assert plant.state(download)[0] is PackageState.DONE


def test_a_download_that_the_server_refuses(plant: Plant) -> None:
    plant.associate()
    plant.run()
    code = ActivationCode(plant.smdp_address, "NO-SUCH-ORDER")
    download = plant.world.eim.order_download(plant.world.eid, code, is_indirect=True)
    (error,) = errors(plant.run())
    assert "matchingIdRefused" in str(error)
    assert plant.state(download)[0] is PackageState.FAILED


def test_a_profile_without_network_is_rolled_back(plant: Plant) -> None:
    plant.associate()
    plant.run()
    plant.has_network = lambda: plant.enabled == 0
    enable = plant.order(("enable", {**plant.world.iccid(1), "rollbackFlag": None}))
    handled = plant.run()
    assert errors(handled) == []
    assert handled[0].done == ("enable: ok", "rollback: ok")
    assert plant.enabled == 0
    assert plant.state(enable) == (
        PackageState.DONE,
        "the IPA has gone back to the profile that was enabled before",
    )


def test_power_is_lost_after_the_package(plant: Plant) -> None:
    """The eUICC keeps the result; the IPA brings it when it runs again."""
    plant.associate()
    plant.run()
    order = plant.order(("enable", plant.world.iccid(1)))
    plant.has_network = lambda: plant.enabled == 0
    assert len(errors(plant.run())) == 1
    plant.lose_power()
    assert plant.state(order)[0] is not PackageState.DONE
    plant.has_network = lambda: True
    assert errors(plant.run()) == []
    assert plant.state(order) == (PackageState.DONE, "")


@pytest.mark.parametrize("is_right", [True, False])
def test_an_eim_known_by_its_tls_key(plant: Plant, is_right: bool) -> None:
    """trustedEimPkTls: one key is trusted, and nothing is sent to the holder of another one."""
    identity = plant.world.eim.identity
    holder = identity.tls if is_right else identity.signing
    assert holder is not None
    key = holder.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    plant.associate(trustedPublicKeyDataTls=("trustedEimPkTls", key))
    found = errors(plant.run())
    if is_right:
        assert found == []
    else:
        assert isinstance(found[0], EimUnreachable)
        assert "another public key" in str(found[0])


def test_an_eim_known_by_another_ca(plant: Plant, other_pki: TestPki) -> None:
    plant.associate(trustedPublicKeyDataTls=("trustedCertificateTls", other_pki.anchors[0]))
    (error,) = errors(plant.run())
    assert isinstance(error, EimUnreachable)
    assert "certificate is not accepted" in str(error)


@pytest.fixture(scope="session")
def other_pki() -> TestPki:
    from tests.simulator.conftest import NOW, entropy

    return TestPki.create(entropy=entropy("another pki"), now=NOW)
