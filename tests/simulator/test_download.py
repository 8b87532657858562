"""The whole way of a profile: SM-DP+, LPA, eUICC and a terminal that reads the card (SGP.22 §3.1)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cards import InProcessLink, Isdr, Uicc
from cards.errors import CardError, CardStatusError
from simulator.crypto.aka import generate_vector
from simulator.crypto.ecc import Curve
from simulator.crypto.pki import TestPki
from simulator.crypto.xor_test import XorTest
from simulator.euicc import Euicc, EuiccIdentity
from simulator.lpa import (
    AskUser,
    Decision,
    DownloadCancelled,
    Es9Client,
    InProcessEs9,
    InstallationFailed,
    Lpa,
    LpaError,
    Progress,
    ServerRefused,
)
from simulator.lpa.errors import ServerUnreachable
from simulator.profile import image_of
from simulator.smdp import MemoryStore, SmdpIdentity, SmdpPlus
from simulator.smdp.serve import running
from simulator.uicc.image import AkaAlgorithm

NOW = datetime.now(UTC)
"""TLS is verified against the real time, so the rest of the world lives in it too."""
ADDRESS = "testsmdpplus1.example.com"


@dataclass
class World:
    """The parties of a download."""

    pki: TestPki
    smdp: SmdpPlus
    card: Euicc

    @property
    def link(self) -> InProcessLink:
        return InProcessLink(self.card)

    @contextmanager
    def lpa(self, es9: Any = None, **options: Any) -> Iterator[Lpa]:
        with Lpa(Isdr(self.link), es9 or InProcessEs9(self.smdp), **options) as lpa:
            yield lpa


def world(pki: TestPki, now: datetime = NOW) -> World:
    smdp = SmdpPlus(SmdpIdentity.from_pki(pki, ADDRESS), MemoryStore(), entropy=os.urandom, clock=lambda: now)
    identity = EuiccIdentity.from_pki(pki, entropy=os.urandom, now=now)
    card = Euicc(identity, entropy=os.urandom, clock=lambda: now)
    card.reset()
    return World(pki, smdp, card)


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create(entropy=os.urandom, now=NOW)


@pytest.fixture
def parties(pki: TestPki) -> World:
    return world(pki)


@pytest.fixture(scope="module")
def package(shared_data: Path) -> bytes:
    return next(
        (shared_data / "ts48").glob("*V5*.der"), sorted((shared_data / "ts48").glob("*.der"))[0]
    ).read_bytes()


def code(matching_id: str, address: str = ADDRESS) -> str:
    return f"LPA:1${address}${matching_id}"


def test_every_generic_test_profile(ts48_package: Path, pki: TestPki) -> None:
    """From the server to the IMSI, with each of the TS.48 packages."""
    upp = ts48_package.read_bytes()
    parties = world(pki)
    with pytest.raises(CardStatusError):
        Uicc(parties.link).read_iccid()
    with parties.lpa() as lpa:
        result = lpa.download(code(parties.smdp.add_order(upp)))
        assert result.notification_error is None
        assert lpa.notifications() == []
        assert [profile.is_enabled for profile in lpa.profiles()] == [False]
        lpa.enable(result.iccid)
        assert [(item.operation, item.iccid) for item in lpa.notifications()] == [("enable", result.iccid)]
        assert [item.error for item in lpa.process_notifications()] == [None]
        assert lpa.notifications() == []
    read_and_authenticate(Uicc(parties.link), upp, str(result.iccid))


def read_and_authenticate(uicc: Uicc, upp: bytes, iccid: str) -> None:
    """The card is that of the package: ICCID, IMSI, and a network with the same key."""
    assert str(uicc.read_iccid()) == iccid
    assert uicc.read_imsi().digits.startswith("001010")
    aka = next(item for item in image_of(upp).akas if item.aid)
    assert aka.algorithm is AkaAlgorithm.USIM_TEST
    vector = generate_vector(XorTest(aka.key), os.urandom(16), (1 << 6).to_bytes(6, "big"), bytes(2))
    uicc.select("MF/ADF.USIM")
    answer = uicc.authenticate(vector.rand, vector.autn)
    assert answer.res == vector.xres[: len(answer.res)]
    assert (answer.ck, answer.ik) == (vector.ck, vector.ik)


def test_over_https(parties: World, package: bytes) -> None:
    """The same over a real socket, with a TLS certificate that is verified for the server's own name."""
    matching_id = parties.smdp.add_order(package)
    with running(parties.smdp) as address:
        places = {ADDRESS: address.smdp_address}
        with Es9Client(parties.pki.anchors, connect_to=places) as es9, parties.lpa(es9) as lpa:
            assert lpa.download(code(matching_id)).notification_error is None
        assert es9.sent > 1000
        assert es9.received > len(package)
    assert [item.iccid for item in parties.smdp.notifications()] != []


def test_the_address_may_be_host_and_port(parties: World, package: bytes) -> None:
    """As with a server on this machine; its notifications go to the address that it is configured with."""
    matching_id = parties.smdp.add_order(package)
    with running(parties.smdp) as address:
        places = {ADDRESS: address.smdp_address}
        with Es9Client(parties.pki.anchors, connect_to=places) as es9, parties.lpa(es9) as lpa:
            result = lpa.download(code(matching_id, address.smdp_address))
    assert result.smdp_address == address.smdp_address
    assert result.notification_error is None


def test_tls_is_verified(parties: World, package: bytes) -> None:
    stranger = TestPki.create(entropy=os.urandom, now=NOW, curves=[Curve.NIST_P256])
    with (
        running(parties.smdp) as address,
        Es9Client(stranger.anchors) as es9,
        parties.lpa(es9) as lpa,
        pytest.raises(ServerUnreachable, match="TLS certificate is not accepted"),
    ):
        lpa.download(code("ANY", address.smdp_address))


def published(shared_data: Path, server_curve: Curve) -> TestPki:
    """The SGP.26 set with servers on one curve. The only manufacturer published is under the NIST CI, so the
    eUICC signs there, and verifies a server under the brainpool CI (SGP.22 §3.0.1: a CI for each)."""
    loaded = TestPki.load(shared_data / "sgp26")
    branches = {
        curve: branch if curve is server_curve else replace(branch, dp_auth=None, dp_pb=None)
        for curve, branch in loaded.branches.items()
    }
    return replace(loaded, branches=branches)


@pytest.mark.parametrize("curve", list(Curve))
def test_with_the_published_certificates(shared_data: Path, package: bytes, curve: Curve) -> None:
    parties = world(published(shared_data, curve))
    with parties.lpa() as lpa:
        result = lpa.download(code(parties.smdp.add_order(package)) + "$2.999.10")
        assert result.notification_error is None
        lpa.enable(result.iccid)
    assert Uicc(parties.link).read_iccid() == result.iccid


def test_the_published_tls_certificate(shared_data: Path, package: bytes) -> None:
    """It expired on 2026-08-02: refused with a hint, unless the user accepts any certificate."""
    parties = world(published(shared_data, Curve.NIST_P256))
    matching_id = parties.smdp.add_order(package)
    with running(parties.smdp) as address:
        places = {ADDRESS: address.smdp_address}
        with (
            Es9Client(parties.pki.anchors, connect_to=places) as es9,
            parties.lpa(es9) as lpa,
            pytest.raises(ServerUnreachable, match=r"expired.*SGP\.26"),
        ):
            lpa.download(code(matching_id))
        with Es9Client(verify=False, connect_to=places) as es9, parties.lpa(es9) as lpa:
            assert lpa.download(code(matching_id)).notification_error is None


@pytest.mark.parametrize("curve", list(Curve))
def test_on_each_curve(curve: Curve, package: bytes) -> None:
    parties = world(TestPki.create(entropy=os.urandom, now=NOW, curves=[curve]))
    with parties.lpa() as lpa:
        assert lpa.download(code(parties.smdp.add_order(package))).notification_error is None


def test_profiles_come_and_go(parties: World, package: bytes) -> None:
    with parties.lpa() as lpa:
        result = lpa.download(code(parties.smdp.add_order(package)))
        lpa.set_nickname(result.iccid, "Mine")
        lpa.enable("Mine", refresh=False)
        assert Uicc(parties.link).read_iccid() == result.iccid
        lpa.disable("Mine")
        with pytest.raises(CardStatusError):
            Uicc(parties.link).read_iccid()
        lpa.delete(result.isdp_aid)
        assert lpa.profiles() == []
        assert [item.operation for item in lpa.notifications()] == ["enable", "disable", "delete"]
        assert [item.error for item in lpa.process_notifications()] == [None] * 3


def test_confirmation_code(parties: World, package: bytes) -> None:
    matching_id = parties.smdp.add_order(package, confirmation_code="4711")
    with parties.lpa() as lpa:
        with pytest.raises(ServerRefused, match=r"8\.2\.7/3\.8.*confirmation code is wrong"):
            lpa.download(code(matching_id), "0815")
        assert lpa.download(code(matching_id), "4711").notification_error is None


def test_the_user_says_no_and_yes_later(parties: World, package: bytes) -> None:
    matching_id = parties.smdp.add_order(package)
    asked: list[AskUser] = []

    def consent(question: AskUser) -> Decision:
        asked.append(question)
        return Decision(len(asked) > 1, reason="postponed")

    with parties.lpa(consent=consent) as lpa:
        with pytest.raises(DownloadCancelled, match="later"):
            lpa.download(code(matching_id))
        assert lpa.profiles() == []
        assert lpa.download(code(matching_id)).iccid == asked[0].metadata.iccid


def test_a_profile_that_is_there_already(parties: World, package: bytes) -> None:
    with parties.lpa() as lpa:
        lpa.download(code(parties.smdp.add_order(package)))
        with pytest.raises(InstallationFailed, match="on the eUICC already"):
            lpa.download(code(parties.smdp.add_order(package)))
        assert lpa.notifications() == []


def test_unknown_matching_id(parties: World) -> None:
    with parties.lpa() as lpa, pytest.raises(ServerRefused, match=r"8\.2\.6/3\.8"):
        lpa.download(code("NOTHING"))


def test_what_an_lpa_knows_of_the_euicc(parties: World) -> None:
    with parties.lpa() as lpa:
        info = lpa.info()
        assert info["eid"].is_valid
        assert info["info2"]["svn"][0] == 2


@pytest.mark.parametrize("segment_length", [1, 120])
def test_with_short_segments(parties: World, package: bytes, segment_length: int) -> None:
    """120 bytes is what lpac sends by default (137 to 143 APDUs); with 1 byte, 256 blocks end too soon."""
    isdr = Isdr(parties.link, segment_length=segment_length)
    with Lpa(isdr, InProcessEs9(parties.smdp)) as lpa:
        if segment_length == 1:
            with pytest.raises(CardError, match="256 blocks"):
                lpa.download(code(parties.smdp.add_order(package)))
            return
        lpa.download(code(parties.smdp.add_order(package)))
    assert 100 < isdr.meter.apdus < 160


def test_a_reset_in_the_middle_of_the_package(parties: World, package: bytes) -> None:
    """The card loses power between two segments: nothing is installed, and another order goes through."""

    def progress(step: Progress) -> None:
        if step.number == 6:
            parties.card.reset()

    with parties.lpa(progress=progress) as lpa, pytest.raises(LpaError):
        lpa.download(code(parties.smdp.add_order(package)))
    with parties.lpa() as lpa:
        assert lpa.profiles() == []
        lpa.process_notifications()
        assert lpa.download(code(parties.smdp.add_order(package))).notification_error is None
        assert len(lpa.profiles()) == 1


def test_the_steps_are_told(parties: World, package: bytes) -> None:
    steps: list[Progress] = []
    es9 = InProcessEs9(parties.smdp, through_json=True)
    with parties.lpa(es9, progress=steps.append) as lpa:
        lpa.download(code(parties.smdp.add_order(package)))
    done = [item.exchange.function for item in steps if not item.segment]
    assert done == [
        "GetEUICCInfo",
        "GetEUICCChallenge",
        "InitiateAuthentication",
        "AuthenticateServer",
        "AuthenticateClient",
        "PrepareDownload",
        "GetBoundProfilePackage",
        "LoadBoundProfilePackage",
        "ListNotification",
        "HandleNotification",
        "RemoveNotificationFromList",
    ]
    segments = [item for item in steps if item.segment]
    assert segments[-1].number == segments[-1].count == len(segments)
    assert next(item for item in steps if item.exchange.function == "AuthenticateClient").sent > 1000
