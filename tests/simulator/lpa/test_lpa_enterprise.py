"""What an LPA of version 3 asks of enterprise profiles before it takes them, and how it says no, with real
parties (SGP.22 v3 §3.1.3, §3.0.2)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from asn1 import rsp
from cards import InProcessLink, Isdr
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity, Features
from simulator.euicc.features import V2, V3
from simulator.lpa import AskUser, Decision, Device, DownloadCancelled, InProcessEs9, Lpa
from simulator.profile import build, describe
from simulator.smdp.metadata import Enterprise, ProfileMetadata, ProfileOwner
from tests.simulator.conftest import ADDRESS, NOW, Bench, clock, entropy, make_bench

ACME, OTHER = "2.999.100", "2.999.200"
REFERENCE, ONLY = "referenceEnterpriseRule", "onlyEnterpriseProfilesCanBeInstalled"
UPPS = [build.build_package(describe.load_shipped(name)) for name in ("home-operator", "travel-operator")]
CAPABLE = Device(is_enterprise_capable=True)


class Watched(InProcessEs9):
    """Keeps what the server is told."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.smdp)
        self.reasons: list[str] = []
        self.capabilities: list[Any] = []

    def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
        if function == "cancelSession":
            number = message["cancelSessionResponse"][1]["euiccCancelSessionSigned"]["reason"]
            names = rsp.names("CancelSessionReason").items()
            self.reasons += [name for name, value in names if value == number]
        if function == "initiateAuthentication":
            self.capabilities.append(message.get("lpaRspCapability"))
        return super().post(address, function, message)


def of(oid: str, *rules: str) -> ProfileMetadata:
    return ProfileMetadata(enterprise=Enterprise(oid, "Acme", rules or None))


@pytest.fixture
def bench(test_pki: TestPki) -> Callable[..., Bench]:
    def make(**features: Any) -> Bench:
        bench = make_bench(test_pki, "lpa enterprise")
        identity = EuiccIdentity.from_pki(test_pki, entropy=entropy("factory"), now=NOW)
        options = Features(**({"svn": V3} | features))
        bench.euicc = Euicc(identity, entropy=entropy("card"), clock=clock, features=options)
        bench.euicc.reset()
        return bench

    return make


def attempt(
    bench: Bench,
    metadata: ProfileMetadata | None,
    device: Device = CAPABLE,
    *,
    upp: bytes = UPPS[0],
    answer: Decision | None = None,
) -> tuple[Watched, list[AskUser]]:
    es9, asked = Watched(bench), list[AskUser]()

    def consent(question: AskUser) -> Decision:
        asked.append(question)
        return answer or Decision()

    matching_id = bench.smdp.add_order(upp, metadata=metadata)
    link = InProcessLink(bench.euicc)
    with Lpa(Isdr(link), es9, device=device, consent=consent) as lpa, suppress(DownloadCancelled):
        lpa.download(f"LPA:1${ADDRESS}${matching_id}")
    return es9, asked


Maker = Callable[..., Bench]


class TestRefusals:
    """Each reason of CancelSession for enterprises; nobody is asked, nothing is installed."""

    def check(self, bench: Bench, metadata: ProfileMetadata | None, device: Device, reason: str) -> None:
        before = len(bench.euicc.core.registry.profiles)
        es9, asked = attempt(bench, metadata, device, upp=UPPS[1])
        assert (es9.reasons, asked) == ([reason], [])
        assert len(bench.euicc.core.registry.profiles) == before

    def test_the_euicc_takes_none(self, bench: Maker) -> None:
        self.check(bench(enterprise=False), of(ACME), CAPABLE, "enterpriseProfilesNotSupported")

    def test_rules_on_a_device_that_does_not_heed_them(self, bench: Maker) -> None:
        self.check(bench(), of(ACME, REFERENCE), Device(), "enterpriseRulesNotAllowed")

    def test_beside_ppr1(self, bench: Maker) -> None:
        world = bench()
        ruled = ProfileMetadata(owner=ProfileOwner("99970"), policy_rules=("ppr1",))
        attempt(world, ruled)
        self.check(world, of(ACME), CAPABLE, "enterpriseProfileNotAllowed")

    def test_of_another_enterprise(self, bench: Maker) -> None:
        world = bench()
        attempt(world, of(ACME))
        self.check(world, of(OTHER), CAPABLE, "enterpriseOidMismatch")

    def test_a_second_reference(self, bench: Maker) -> None:
        world = bench()
        attempt(world, of(ACME, REFERENCE))
        self.check(world, of(ACME, REFERENCE), CAPABLE, "enterpriseRulesError")

    def test_enterprise_profiles_only(self, bench: Maker) -> None:
        world = bench()
        attempt(world, of(ACME, REFERENCE, ONLY))
        self.check(world, None, CAPABLE, "enterpriseProfilesOnly")
        es9, _ = attempt(world, of(ACME), upp=UPPS[1])
        assert es9.reasons == []

    def test_no_lpa_proxy(self, bench: Maker) -> None:
        proxied = ProfileMetadata(further={"lprConfiguration": {"pcmpAddress": "pcm.example.com"}})
        self.check(bench(), proxied, CAPABLE, "lprNotSupported")
        self.check(bench(lpa_proxy=False), proxied, Device(has_lpa_proxy=True), "lprNotSupported")
        es9, _ = attempt(bench(), proxied, Device(has_lpa_proxy=True))
        assert es9.reasons == []


class TestConsent:
    """Rules that bind the device need more than a yes."""

    @pytest.mark.parametrize(
        ("rules", "is_strong"),
        [((), False), ((ONLY,), False), ((REFERENCE,), True), ((REFERENCE, ONLY), True)],
    )
    def test_how_strong(self, bench: Maker, rules: tuple[str, ...], is_strong: bool) -> None:
        _, (question,) = attempt(bench(), of(ACME, *rules))
        assert question.strong_consent_required is is_strong
        assert question.metadata.enterprise == "Acme"
        assert question.metadata.enterprise_rules == rules

    @pytest.mark.parametrize(
        ("rules", "given", "told"),
        [
            ((REFERENCE,), "endUserRejection", "enterpriseRulesNotAllowed"),
            ((REFERENCE,), "postponed", "postponed"),
            ((), "endUserRejection", "endUserRejection"),
        ],
    )
    def test_a_user_who_does_not_want_them(
        self, bench: Maker, rules: tuple[str, ...], given: str, told: str
    ) -> None:
        es9, _ = attempt(bench(), of(ACME, *rules), answer=Decision(False, reason=given))
        assert es9.reasons == [told]


@pytest.mark.parametrize(
    ("device", "bits"),
    [
        (Device(), (b"\xc0", 2)),
        (CAPABLE, (b"\xd0", 4)),
        (Device(has_lpa_proxy=True), (b"\xc8", 5)),
        (Device(lpa_svn=(2, 2, 2)), None),
    ],
)
def test_the_server_hears_what_the_device_can_do(bench: Maker, device: Device, bits: Any) -> None:
    """crlStaplingV3Support (0), certChainV3Support (1), enterpriseCapableDevice (3), lpaProxySupport (4)."""
    es9, _ = attempt(bench(), None, device)
    (said,) = es9.capabilities
    if bits is None:
        assert said is None
        return
    octets, length = bits
    assert said is not None
    assert bytes(a & b for a, b in zip(said[0], octets, strict=False)) == octets
    assert said[1] >= length


def test_an_euicc_of_version_2_hears_nothing_of_it(bench: Maker) -> None:
    es9, _ = attempt(bench(svn=V2), None)
    assert es9.capabilities == [None]


@pytest.mark.parametrize(
    ("device", "byte"),
    [
        (Device(), "07"),
        (CAPABLE, "27"),
        (Device(has_lpa_proxy=True), "87"),
        (Device(lpa_svn=(2, 2, 2)), "07"),
    ],
)
def test_the_card_hears_what_the_device_can_do(bench: Maker, device: Device, byte: str) -> None:
    """TERMINAL CAPABILITY, tag '83': bit 6 enterprise capable, bit 8 LPA proxy."""
    world = bench()
    with Lpa(Isdr(InProcessLink(world.euicc)), InProcessEs9(world.smdp), device=device):
        pass
    assert world.euicc.card.terminal_capability.hex().upper() == "8100820101" + "8301" + byte
