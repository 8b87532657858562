"""SIMs of the second generation: what SELECT answers, files, CHVs, survey. The answers to SELECT are those of
real cards, from pySim's tests."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards import InProcessLink, Uicc
from cards.dump import GsmWalker, walk
from cards.errors import CardProtocolError, CardStatusError, InvalidPin, LinkError, PinBlocked
from cards.fcp import Fcp
from cards.gsm import GsmStatus, Sim, card_on
from cards.protection import ProtectedLink, numbers_of
from cards.survey import Survey, activated, survey
from simulator.profile import build, describe, image_of
from simulator.uicc import Card, FileSystem
from simulator.uicc.tables import Classes

MF = bytes.fromhex("000000003F000100000000000981020C0400838A838A")
MSISDN = bytes.fromhex("000000346F40040011FFFF0102011A")
ICCID = bytes.fromhex("0000000A2FE204000CFFFF01020000")


def sim(subscription: str = "home-operator") -> Sim:
    """`home-operator` asks for PIN 1, 2468; of a card that knows class 'A0' alone."""
    return Sim(InProcessLink(end(subscription)))


def end(subscription: str) -> Card:
    package = build.build_package(describe.load_shipped(subscription))
    return Card(FileSystem(image_of(package)), entropy=bytes, classes=Classes.GSM)


def test_a_directory_says_how_many_tries_are_left() -> None:
    status = GsmStatus.parse(MF)
    assert (status.fid, status.is_df, status.record_count) == (0x3F00, True, 0)
    assert [(chv.reference, chv.enabled, chv.tries) for chv in status.chvs] == [
        (1, False, 3),
        (0x81, True, 3),
    ]
    fcp = Fcp.parse(status.fcp)
    assert fcp.is_df
    assert [(pin.reference, pin.enabled) for pin in fcp.pins] == [(1, False), (0x81, True)]


def test_a_record_file_says_its_records() -> None:
    status = GsmStatus.parse(MSISDN)
    assert (status.structure, status.file_size, status.record_length, status.record_count) == (
        "linear fixed", 52, 26, 2,
    )  # fmt: skip
    assert status.chvs == ()
    fcp = Fcp.parse(status.fcp)
    assert (fcp.structure, fcp.record_length, fcp.record_count, fcp.file_size) == ("linear fixed", 26, 2, 52)
    # READ and UPDATE by CHV1, the rest never (level 15): by hand, TS 102 221 §9.2.4.
    assert fcp.security.hex().upper() == (
        "AB1E" + "800101A406830101950108" + "800102A406830101950108" + "8001109700" + "8001089700"
    ).replace("AB1E", f"AB{2 * 11 + 2 * 5:02X}")


def test_levels_of_administrators_are_keys_in_their_order() -> None:
    """EF.ICCID of a real card: READ always, UPDATE by level 12, the ninth of the ADMs from 4 on ('8D')."""
    fcp = Fcp.parse(GsmStatus.parse(ICCID).fcp)
    assert fcp.fid == 0x2FE2
    assert fcp.security.hex().upper().startswith("AB1A8001019000800102A40683018D950108")
    assert fcp.life_cycle_name == "activated"


@settings(deadline=None)
@given(st.binary(max_size=30))
def test_what_is_no_answer_is_told(answer: bytes) -> None:
    try:
        status = GsmStatus.parse(answer)
    except CardProtocolError:
        return
    assert Fcp.parse(status.fcp).fid == status.fid


def test_files_are_read_once_the_chv_was_verified() -> None:
    card = sim()
    assert str(card.read_iccid()) == "8999900000000000709"
    with pytest.raises(CardStatusError, match="9804"):
        card.read_imsi()
    with pytest.raises(InvalidPin) as wrong:
        card.verify_pin(1, "0000")
    assert wrong.value.remaining == 2
    card.verify_pin(1, "2468")
    assert str(card.read_imsi()).startswith("99970")
    assert len(card.authenticate_gsm(bytes(16)).kc) == 8
    card.select("MF/DF.TELECOM/EF.SMSP")
    assert len(card.read_records()) == card.selected.record_count if card.selected else 0


def test_a_blocked_chv_is_told() -> None:
    card = sim()
    for _ in range(3):
        with pytest.raises((InvalidPin, PinBlocked)):
            card.verify_pin(1, "0000")
    with pytest.raises(PinBlocked):
        card.verify_pin(1, "2468")


def test_the_card_is_known_by_the_class_that_it_takes() -> None:
    assert isinstance(card_on(InProcessLink(end("test-operator"))), Sim)
    package = build.build_package(describe.load_shipped("test-operator"))
    both = Card(FileSystem(image_of(package)), entropy=bytes)
    assert isinstance(card_on(InProcessLink(both)), Uicc)


def surveyed(subscription: str) -> Survey:
    link = ProtectedLink(InProcessLink(end(subscription)))  # nothing that is read changes the card
    atr = link.reset()
    return survey(card_on(link), atr)


def test_survey_of_a_sim() -> None:
    found = surveyed("test-operator")
    assert (found.iccid, found.imsi) == ("8999900000000000014", "001010123456789")
    assert found.service_provider
    assert 4 in found.sim_services
    assert found.usim_services == ()
    assert [(pin.name, pin.enabled, pin.tries) for pin in found.pins] == [
        ("PIN 1", False, 3), ("PIN 2", True, 3),
    ]  # fmt: skip
    assert found.missing == {"applications": "none: the card is a SIM of the second generation (class 'A0')"}
    assert surveyed("home-operator").missing["imsi"] == "locked until a PIN is verified"


def test_no_atr_is_told_of() -> None:
    assert Survey(b"").atr_words == ["not known: a modem keeps it to itself"]


def test_services_of_two_bits() -> None:
    # 'F3': services 1, 3 and 4 are allocated and activated, 2 neither; '01': 5 is allocated only.
    assert activated(bytes.fromhex("F301")) == (1, 3, 4)


def test_a_sim_is_named_by_its_iccid() -> None:
    assert numbers_of(InProcessLink(end("test-operator"))) == ["8999900000000000014"]


def test_all_files_are_walked_over() -> None:
    seen: list[str] = []
    files = {file.path: file for file in walk(sim("test-operator"), seen.append)}
    assert list(files) == seen
    assert files["MF/DF.GSM/EF.IMSI"].content == bytes.fromhex("080910101032547698")
    assert files["MF/DF.GSM/EF.SST"].content
    assert "MF/DF.TELECOM/DF.GSM" not in files
    tried = [fid for fid, _ in GsmWalker(sim(), scan=True)._candidates("DF.TELECOM", 2)]
    assert {0x6F00, 0x6FFF, 0x5F50} <= set(tried)
    assert 0x7F20 not in tried
    locked = {file.path: file for file in walk(sim("home-operator"))}
    assert locked["MF/DF.GSM/EF.IMSI"].unreadable == "9804 locked until a PIN is verified"


class Pulled:
    """A card that is pulled after some commands."""

    def __init__(self, card: Card, count: int) -> None:
        self._card, self.count = card, count

    def reset(self) -> bytes:
        return self._card.reset()

    def transmit(self, apdu: bytes) -> bytes:
        self.count -= 1
        if self.count < 0:
            raise LinkError("the card was pulled")
        return self._card.transmit(apdu)


@pytest.mark.parametrize("count", [0, 1, 3, 9, 30])
def test_a_card_that_is_pulled_ends_the_walk(count: int) -> None:
    card = Sim(InProcessLink(Pulled(end("test-operator"), count)))
    with pytest.raises(LinkError):
        list(walk(card))


def test_files_are_written_and_tries_are_asked_for() -> None:
    card = sim("home-operator")
    assert card.pin_tries(1) == 3
    with pytest.raises(InvalidPin):
        card.verify_pin(1, "1111")
    assert card.pin_tries(1) == 2
    card.verify_pin(1, "2468")
    card.select("MF/DF.TELECOM/EF.SMSP")
    record = bytes.fromhex("FF" * (card.selected.record_length if card.selected else 0))
    card.update_record(1, record)
    assert card.read_record(1) == record
    card.select("MF/DF.GSM/EF.FPLMN")
    card.update_binary(bytes.fromhex("62F210"))
    assert card.read_binary()[:3] == bytes.fromhex("62F210")
    status = card.status()
    assert (status.fid, status.aid, status.pins) == (0x7F20, b"", status.chvs)
