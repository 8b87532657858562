"""A SIM of the second generation in a phone: class 'A0', triplets, 2G and 3G only."""

from __future__ import annotations

import random

import pytest

from cards.identities import Imsi
from simulator.crypto.milenage import Milenage
from simulator.network.handset.files import UpdateStatus
from simulator.network.handset.phone import Handset, Service
from simulator.network.nas import Protocol
from simulator.network.networks import Networks
from simulator.network.world.model import Rat
from simulator.profile.build import build_package
from simulator.specimens.sim import PlainSim
from tests.simulator.network.conftest import HOME, OPC, K, link_to, sim, subscription

IMSI = Imsi("001010123456789")


def gsm_sim(**changes: object) -> PlainSim:
    package = build_package(subscription(**changes))
    return PlainSim(package, entropy=random.Random(1).randbytes, classes="gsm")


@pytest.fixture
def gsm(networks: Networks) -> Networks:
    networks.subscribe(HOME, IMSI, Milenage(K, OPC), is_gsm=True)
    return networks


def test_a_sim_registers_with_triplets_in_2g_and_3g(gsm: Networks) -> None:
    phone = Handset(gsm)
    assert phone.switch_on(link_to(gsm_sim()), gsm.cells("hm")) is Service.NORMAL
    assert phone.registration is not None
    assert phone.registration.rat is Rat.UTRAN
    assert {item.rat for item in phone.candidates} == {Rat.GERAN, Rat.UTRAN}
    assert phone.data.imsi == IMSI
    assert phone.data.location(Protocol.MM).status is UpdateStatus.UPDATED
    assert phone.registration.protocols == (Protocol.MM, Protocol.GMM)
    requests = [e for e in phone.journal if e.kind == "message received" and "AUTHENTICATION" in e.text]
    assert all(one.members["AUTN"] == "" for e in requests for one in e.evidence if hasattr(one, "members"))


def test_every_command_has_class_a0(gsm: Networks) -> None:
    card = gsm_sim().card
    seen: list[bytes] = []

    class Watched:
        def reset(self) -> bytes:
            return card.reset()

        def transmit(self, apdu: bytes) -> bytes:
            answer = card.transmit(apdu)
            if answer[-2:] != b"\x6e\x00":
                seen.append(apdu)
            return answer

        def close(self) -> None: ...

    Handset(gsm).switch_on(Watched(), gsm.cells("hm"))
    assert seen
    assert {apdu[0] for apdu in seen} == {0xA0}
    assert {apdu[1] for apdu in seen} >= {0xA4, 0xB0, 0xC0, 0xD6, 0x88}


def test_kc_is_kept_on_the_card(gsm: Networks) -> None:
    phone = Handset(gsm)
    phone.switch_on(link_to(gsm_sim()), [c for c in gsm.cells("hm") if c.rat is Rat.GERAN])
    assert "EF.KC" in {name for name, _, _ in (phone.card.changes if phone.card else ())}
    assert phone.data.contents["EF.KC"][8] == 0


def test_chv1(gsm: Networks) -> None:
    card = gsm_sim(pins={"pin1_enabled": True})
    phone = Handset(gsm)
    assert phone.switch_on(link_to(card), gsm.cells("hm")) is Service.LIMITED
    assert phone.no_card == "CHV1 is asked for"
    wrong = Handset(gsm, pin1="9999")
    wrong.switch_on(link_to(card), gsm.cells("hm"))
    assert wrong.no_card == "CHV1 is wrong, 2 tries are left"
    assert Handset(gsm, pin1="1234").switch_on(link_to(card), gsm.cells("hm")) is Service.NORMAL


def test_a_usim_answers_a_network_of_gsm_with_sres(gsm: Networks) -> None:
    """The home network takes the subscriber for one with a SIM: a challenge without AUTN."""
    phone = Handset(gsm)
    assert (
        phone.switch_on(link_to(sim()), [c for c in gsm.cells("hm") if c.rat is Rat.GERAN]) is Service.NORMAL
    )


def test_refusals_are_written_to_a_sim_too(gsm: Networks) -> None:
    phone = Handset(gsm)
    cells = [c for c in gsm.cells("vs") if c.rat is Rat.GERAN and c.operator == "gamma"]
    assert phone.switch_on(link_to(gsm_sim()), cells) is Service.LIMITED
    assert [str(plmn) for plmn in phone.data.forbidden] == ["999-90"]
    assert phone.data.location(Protocol.MM).status is UpdateStatus.PLMN_NOT_ALLOWED


def test_a_card_that_answers_nothing_sensible(networks: Networks) -> None:
    class Strange:
        def reset(self) -> bytes:
            return b"\x3b\x00"

        def transmit(self, apdu: bytes) -> bytes:
            return b"\x6f\x00"

        def close(self) -> None: ...

    phone = Handset(networks)
    assert phone.switch_on(Strange(), networks.cells("hm")) is Service.LIMITED
    assert "6F00" in phone.no_card
