"""Downloads with chains of version 3 on either side, on both curves; and every broken chain refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import shake_256
from pathlib import Path
from typing import Any

import pytest

from cards import InProcessLink, Isdr
from simulator.crypto.certificates import Certificate, Role
from simulator.crypto.ecc import Curve, Entropy
from simulator.crypto.pki import TestPki, Variant
from simulator.euicc import Euicc, EuiccIdentity
from simulator.euicc.features import V3, Features
from simulator.lpa import Device, InProcessEs9, Lpa, ServerRefused
from simulator.lpa.errors import EuiccRefused
from simulator.smdp import MemoryStore, SmdpIdentity, SmdpPlus

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ADDRESS = "testsmdpplus1.example.com"
SERVER_VARIANTS = (Variant.A, Variant.B, Variant.C)
EUICC_VARIANTS = (Variant.OV3, *SERVER_VARIANTS)
NIST, BRAINPOOL = Curve


def replayed(seed: str) -> Entropy:
    drawn = iter(range(1 << 30))
    return lambda length: shake_256(f"{seed} {next(drawn)}".encode()).digest(length)


def made(seed: str, curves: Iterable[Curve]) -> TestPki:
    pki = TestPki.create(entropy=replayed(seed), now=NOW, curves=curves)
    return pki.with_variants(entropy=replayed(f"{seed} variants"), now=NOW)


PKIS = {curve: made(curve.name, [curve]) for curve in Curve}


@dataclass
class Listening:
    """A server whose messages are kept, and may be changed on their way."""

    server: SmdpPlus
    messages: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    change_request: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda function, message: message
    change_answer: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda function, message: message

    def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
        message = self.change_request(function, message)
        answer = InProcessEs9(self.server).post(address, function, message)
        self.messages.append((function, message, answer))
        return self.change_answer(function, answer)

    def answer(self, function: str) -> dict[str, Any]:
        return next(answer for name, _, answer in self.messages if name == function)

    def request(self, function: str) -> dict[str, Any]:
        return next(message for name, message, _ in self.messages if name == function)

    sent = received = 0


@dataclass
class World:
    euicc: Euicc
    es9: Listening
    package: bytes
    now: datetime = NOW
    device: Device = field(default_factory=Device)

    def download(self) -> None:
        matching_id = self.es9.server.add_order(self.package)
        with Lpa(Isdr(InProcessLink(self.euicc)), self.es9, device=self.device) as lpa:
            result = lpa.download(f"LPA:1${ADDRESS}${matching_id}")
            assert result.notification_error is None

    def refusal_of_euicc(self) -> str:
        with pytest.raises(EuiccRefused) as caught:
            self.download()
        return caught.value.cause.name

    def refusal_of_server(self) -> tuple[str, str]:
        with pytest.raises(ServerRefused) as caught:
            self.download()
        return caught.value.subject_code, caught.value.reason_code


@pytest.fixture(scope="module")
def package(shared_data: Path) -> bytes:
    return sorted((shared_data / "ts48").glob("*.der"))[0].read_bytes()


Maker = Callable[..., World]


@pytest.fixture
def make(package: bytes) -> Maker:
    def new(
        curve: Curve = NIST,
        server: Iterable[Variant] = (Variant.O,),
        euicc: Iterable[Variant] = (Variant.O,),
        features: Features | None = None,
        now: datetime = NOW,
        pki: TestPki | None = None,
    ) -> World:
        pki = pki or PKIS[curve]
        identity = SmdpIdentity.from_pki(pki, ADDRESS, variants=server)
        smdp = SmdpPlus(identity, MemoryStore(), entropy=replayed("server"), clock=lambda: now)
        ecasd = EuiccIdentity.from_pki(pki, entropy=replayed("ecasd"), now=NOW, variants=euicc)
        options = Features(svn=V3) if features is None else features
        card = Euicc(ecasd, entropy=replayed("card"), clock=lambda: now, features=options)
        card.reset()
        return World(card, Listening(smdp), package, now)

    return new


@pytest.mark.parametrize("curve", Curve)
@pytest.mark.parametrize(
    ("server", "euicc"),
    [
        *[(variant, variant) for variant in SERVER_VARIANTS],
        *[(Variant.O, variant) for variant in EUICC_VARIANTS],
        *[(variant, Variant.O) for variant in SERVER_VARIANTS],
        (Variant.C, Variant.OV3),
    ],
)
def test_a_download_with_each_variant(make: Maker, curve: Curve, server: Variant, euicc: Variant) -> None:
    world = make(curve, [server], [euicc])
    world.download()
    opening = world.es9.answer("initiateAuthentication")
    lengths = {Variant.O: 0, Variant.A: 1, Variant.B: 1, Variant.C: 2}
    assert len(opening.get("otherCertsInChain", ())) == lengths[server]
    context = opening["serverSigned1"]["sessionContext"]
    assert ("euiccCiPKIdToBeUsedV3" in context) == euicc.is_v3
    assert ("euiccCiPKIdToBeUsed" in opening) != euicc.is_v3
    _, proof = world.es9.request("authenticateClient")["authenticateServerResponse"]
    others = {Variant.O: 0, Variant.OV3: 0, Variant.A: 1, Variant.B: 1, Variant.C: 2}
    assert len(proof.get("otherCertsInChain", ())) == others[euicc]
    next_role = Certificate.parse(proof["eumCertificate"]).role
    assert next_role is (Role.EUM_SUB_CA if euicc in (Variant.A, Variant.C) else Role.EUM)


def test_notifications_carry_the_chain(make: Maker) -> None:
    """OtherSignedNotification with otherCertsInChain, verified by the server."""
    world = make(NIST, [Variant.C], [Variant.C])
    world.download()
    with Lpa(Isdr(InProcessLink(world.euicc)), world.es9) as lpa:
        lpa.enable(lpa.profiles()[0].iccid)
        assert [item.error for item in lpa.process_notifications()] == [None]
    kind, notification = world.es9.messages[-1][1]["pendingNotification"]
    assert kind == "otherSignedNotification"
    assert len(notification["otherCertsInChain"]) == 2
    roles = {Certificate.parse(der).role for der in notification["otherCertsInChain"]}
    assert roles == {Role.EUM, Role.CI_SUB_CA}


@pytest.mark.parametrize("variant", SERVER_VARIANTS)
def test_an_euicc_of_version_2_gets_a_chain_of_variant_o(make: Maker, variant: Variant) -> None:
    world = make(NIST, [variant, Variant.O], features=Features())
    world.download()
    opening = world.es9.answer("initiateAuthentication")
    assert "otherCertsInChain" not in opening
    assert "sessionContext" not in opening["serverSigned1"]
    assert Certificate.parse(opening["serverCertificate"]).is_v3 is False


def test_a_server_without_variant_o_has_no_certificate_for_version_2(make: Maker) -> None:
    world = make(NIST, [Variant.A], features=Features())
    assert world.refusal_of_server() == ("8.8.4", "3.7")


def test_an_lpa_that_carries_no_chains_gets_none(make: Maker) -> None:
    """An LPA of version 2 says nothing of itself: variant O on both sides."""
    world = make(NIST, [Variant.A, Variant.O], [Variant.A, Variant.O])
    world.device = Device(lpa_svn=(2, 2, 2))
    world.download()
    opening = world.es9.answer("initiateAuthentication")
    assert "otherCertsInChain" not in opening
    assert "euiccCiPKIdToBeUsedV3" not in opening["serverSigned1"]["sessionContext"]
    _, proof = world.es9.request("authenticateClient")["authenticateServerResponse"]
    assert Certificate.parse(proof["euiccCertificate"]).is_v3 is False


def test_the_first_variant_of_the_server_that_both_can_use_is_taken(make: Maker) -> None:
    for first, second in ((Variant.B, Variant.A), (Variant.C, Variant.O)):
        world = make(NIST, [first, second])
        world.download()
        der = world.es9.answer("initiateAuthentication")["serverCertificate"]
        branch = PKIS[NIST].branch(NIST, first)
        assert branch is not None
        assert branch.dp_auth is not None
        assert der == branch.dp_auth.certificate_der


def test_an_euicc_is_saved_with_its_chains(make: Maker) -> None:
    world = make(NIST, [Variant.C], [Variant.C, Variant.O])
    world.euicc = Euicc.load(world.euicc.save(), entropy=replayed("again"), clock=lambda: NOW)
    world.euicc.reset()
    world.download()
    _, proof = world.es9.request("authenticateClient")["authenticateServerResponse"]
    assert len(proof["otherCertsInChain"]) == 2


def spoil_answer(world: World, **members: Any) -> None:
    """Members of the answer of InitiateAuthentication in place of its own; None leaves one out."""

    def change(function: str, answer: dict[str, Any]) -> dict[str, Any]:
        if function != "initiateAuthentication":
            return answer
        return {name: value for name, value in {**answer, **members}.items() if value is not None}

    world.es9.change_answer = change


@pytest.mark.parametrize("curve", Curve)
@pytest.mark.parametrize("variant", SERVER_VARIANTS)
class TestBrokenChainsOfServers:
    """What the eUICC answers (AuthenticateErrorCode, §5.7.13)."""

    def test_without_its_chain(self, make: Maker, curve: Curve, variant: Variant) -> None:
        world = make(curve, [variant])
        spoil_answer(world, otherCertsInChain=None)
        assert world.refusal_of_euicc() == "ciPKUnknown"

    def test_with_the_chain_of_a_stranger(self, make: Maker, curve: Curve, variant: Variant) -> None:
        stranger = made("stranger", [curve]).variants[curve, variant]
        assert stranger.dp_auth is not None
        world = make(curve, [variant])
        spoil_answer(world, otherCertsInChain=list(stranger.above(stranger.dp_auth)))
        assert world.refusal_of_euicc() == "ciPKUnknown"

    def test_with_a_forged_sub_ca(self, make: Maker, curve: Curve, variant: Variant) -> None:
        branch = PKIS[curve].variants[curve, variant]
        assert branch.dp_auth is not None
        *below, top = branch.above(branch.dp_auth)
        forged = top[:-1] + bytes((top[-1] ^ 1,))
        world = make(curve, [variant])
        spoil_answer(world, otherCertsInChain=[*below, forged])
        assert world.refusal_of_euicc() == "invalidCertificate"

    def test_whose_sub_ca_has_expired(self, make: Maker, curve: Curve, variant: Variant) -> None:
        later = NOW + timedelta(days=365 * 50)
        world = make(curve, [variant], now=later)
        assert world.refusal_of_euicc() == "invalidCertOrCrlTime"

    def test_for_binding_in_place_of_authentication(
        self, make: Maker, curve: Curve, variant: Variant
    ) -> None:
        branch = PKIS[curve].variants[curve, variant]
        assert branch.dp_pb is not None
        world = make(curve, [variant])
        spoil_answer(world, serverCertificate=branch.dp_pb.certificate_der)
        assert world.refusal_of_euicc() == "invalidCertOrCrlConfiguration"

    def test_binding_certificate_of_another_chain(self, make: Maker, curve: Curve, variant: Variant) -> None:
        """PrepareDownload: under the same CI, but of another issuer than the certificate before."""
        other = PKIS[curve].branches[curve].dp_pb
        assert other is not None

        def change(function: str, answer: dict[str, Any]) -> dict[str, Any]:
            if function != "authenticateClient":
                return answer
            return {**answer, "smdpCertificate": other.certificate_der}

        world = make(curve, [variant])
        world.es9.change_answer = change
        assert world.refusal_of_euicc() == "invalidCertificate"


def test_an_euicc_of_version_2_takes_no_sub_ca(make: Maker) -> None:
    """Even if the LPA hands it a chain that would hold."""
    branch = PKIS[NIST].variants[NIST, Variant.A]
    assert branch.dp_auth is not None
    world = make(NIST, [Variant.O], features=Features())
    spoil_answer(
        world,
        serverCertificate=branch.dp_auth.certificate_der,
        otherCertsInChain=list(branch.above(branch.dp_auth)),
    )
    assert world.refusal_of_euicc() == "ciPKUnknown"


def spoil_proof(world: World, **members: Any) -> None:
    """Members of AuthenticateResponseOk in place of the eUICC's; None leaves one out."""

    def change(function: str, message: dict[str, Any]) -> dict[str, Any]:
        if function != "authenticateClient":
            return message
        kind, proof = message["authenticateServerResponse"]
        changed = {name: value for name, value in {**proof, **members}.items() if value is not None}
        return {**message, "authenticateServerResponse": (kind, changed)}

    world.es9.change_request = change


@pytest.mark.parametrize("curve", Curve)
class TestBrokenChainsOfEuiccs:
    """What the server answers (§5.6.3)."""

    @pytest.mark.parametrize("variant", SERVER_VARIANTS)
    def test_without_its_chain(self, make: Maker, curve: Curve, variant: Variant) -> None:
        world = make(curve, [Variant.O], [variant])
        spoil_proof(world, otherCertsInChain=None)
        assert world.refusal_of_server() == ("8.11.1", "3.9")

    @pytest.mark.parametrize("variant", SERVER_VARIANTS)
    def test_with_a_forged_certificate_in_it(self, make: Maker, curve: Curve, variant: Variant) -> None:
        world = make(curve, [Variant.O], [variant])
        *rest, last = world.euicc.core.identity.credentials[0].others
        spoil_proof(world, otherCertsInChain=[*rest, last[:-1] + bytes((last[-1] ^ 1,))])
        assert world.refusal_of_server() == ("8.1.2", "6.1")

    @pytest.mark.parametrize("variant", EUICC_VARIANTS)
    def test_with_a_forged_certificate_of_its_own(self, make: Maker, curve: Curve, variant: Variant) -> None:
        world = make(curve, [Variant.O], [variant])
        own = world.euicc.core.identity.credentials[0].certificate
        spoil_proof(world, euiccCertificate=own[:-1] + bytes((own[-1] ^ 1,)))
        assert world.refusal_of_server() == ("8.1.3", "6.1")

    @pytest.mark.parametrize("variant", EUICC_VARIANTS)
    def test_of_a_manufacturer_that_has_expired(self, make: Maker, curve: Curve, variant: Variant) -> None:
        world = make(curve, [Variant.O], [variant])
        smdp = world.es9.server
        world.es9.server = SmdpPlus(
            smdp.identity,
            MemoryStore(),
            entropy=replayed("late"),
            clock=lambda: NOW + timedelta(days=365 * 34 + 1),
        )
        assert world.refusal_of_server() == ("8.1.2", "6.3")

    def test_with_a_chain_under_another_ci_than_asked_for(self, make: Maker, curve: Curve) -> None:
        """The eUICC has chains under two CIs, and answers with the other one's."""
        other = made("other", [curve])
        both = replace(
            SmdpIdentity.from_pki(PKIS[curve], ADDRESS), anchors=(*PKIS[curve].anchors, *other.anchors)
        )
        world = make(curve, [Variant.O], [Variant.A])
        world.es9.server.identity = both
        foreign = EuiccIdentity.from_pki(other, entropy=replayed("x"), now=NOW, variants=[Variant.A])
        (mine,), (theirs,) = world.euicc.core.identity.credentials, foreign.credentials
        world.euicc.core.identity = replace(
            world.euicc.core.identity, credentials=(replace(theirs, ci_key_id=mine.ci_key_id),)
        )
        assert world.refusal_of_server() == ("8.11.1", "3.9")
