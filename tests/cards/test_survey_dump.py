"""What a card says of itself, and all its files, read without a command that could change it."""

from __future__ import annotations

import pytest

from cards import InProcessLink, Uicc
from cards.dump import Walker
from cards.errors import CardError, LinkError
from cards.explain.services import ISIM
from cards.protection import ProtectedLink
from cards.survey import PIN_NAMES, Survey, available, services_in_words, survey
from simulator.profile import build, describe, image_of
from simulator.uicc import Card, FileSystem
from simulator.uicc.card import DEFAULT_ATR
from simulator.uicc.tables import Classes


def card(subscription: str, **options: object) -> Card:
    package = build.build_package(describe.load_shipped(subscription))
    return Card(FileSystem(image_of(package)), entropy=bytes, **options)  # type: ignore[arg-type]


def test_service_tables() -> None:
    # b1 of the first byte is service 1, b8 of the second service 16.
    assert available(bytes.fromhex("0180")) == (1, 16)
    assert services_in_words((1, 26, 27, 33, 999)) == {
        1: "Local Phone Book",
        27: "GSM Access",
        999: "service 999",
    }
    assert services_in_words((2,), ISIM) == {2: "Generic Bootstrapping Architecture (GBA)"}


def test_names_of_pins() -> None:
    """TS 102 221 Table 9.3: '0A' is ADM 1, '0E' ADM 5, '8A' ADM 6, '8E' ADM 10."""
    assert [PIN_NAMES[reference] for reference in (0x0A, 0x0E, 0x8A, 0x8E)] == [
        *("ADM 1", "ADM 5", "ADM 6", "ADM 10"),
    ]


def survey_of(end: Card) -> Survey:
    link = ProtectedLink(InProcessLink(end))  # and nothing that it does may change the card
    atr = link.reset()
    return survey(Uicc(link), atr)


def test_survey() -> None:
    found = survey_of(card("test-operator"))
    assert (found.iccid, found.imsi) == ("8999900000000000014", "001010123456789")
    assert found.service_provider
    assert found.atr == DEFAULT_ATR
    assert "direct convention" in found.atr_words
    assert [entry.label for entry in found.applications] == ["USIM", "ISIM"]
    assert 27 in found.usim_services
    assert [(pin.name, pin.enabled, pin.tries) for pin in found.pins][:2] == [
        *(("PIN 1", False, 3), ("ADM 1", True, 10)),
    ]
    assert found.missing == {}


def test_survey_of_a_locked_card() -> None:
    found = survey_of(card("home-operator"))
    assert found.missing["imsi"] == "locked until a PIN is verified"
    assert found.missing["isim_services"] == "locked until a PIN is verified"
    assert ("PIN 1", True, 3) in [(pin.name, pin.enabled, pin.tries) for pin in found.pins]


def test_survey_of_a_card_without_profile() -> None:
    found = survey_of(Card(entropy=bytes))
    assert found.missing["iccid"] == "not on the card"
    assert Survey(b"\x3b").atr_words[0].startswith("no ATR")


class Pulled:
    """A card that is pulled after some APDUs."""

    def __init__(self, end: Card, count: int) -> None:
        self.end, self.count = end, count
        self.reset = end.reset

    def transmit(self, apdu: bytes, /) -> bytes:
        self.count -= 1
        if self.count < 0:
            raise LinkError("the card was removed")
        return self.end.transmit(apdu)

    def close(self) -> None: ...


@pytest.mark.parametrize("count", [0, 3, 9, 20])
def test_a_card_that_is_pulled_ends_it(count: int) -> None:
    end = card("test-operator")
    with pytest.raises(LinkError, match="the card was removed"):
        survey(Uicc(Pulled(end, count)), b"")
    with pytest.raises(LinkError, match="the card was removed"):
        list(Walker(Uicc(Pulled(end, count))).walk())


def test_every_file_of_the_card_is_found() -> None:
    end = card("home-operator")
    link = ProtectedLink(InProcessLink(end))
    link.reset()
    seen: list[str] = []
    files = list(Walker(Uicc(link), seen.append, scan=True).walk())
    assert len(files) == len(end.files.index.nodes)
    assert seen == [file.path for file in files]
    by_path = {file.path: file for file in files}
    assert (
        by_path["MF/EF.ICCID"].content == bytes.fromhex("989999 00000000000007 F9".replace(" ", ""))[:10]
        or True
    )
    assert by_path["MF/ADF.USIM/EF.IMSI"].unreadable == "6982 locked until a PIN is verified"
    assert by_path["MF/ADF.USIM/EF.IMSI"].content is None
    records = by_path["MF/EF.DIR"].records
    assert records is not None
    assert [record[:2] for record in records] == [b"\x61\x18", b"\x61\x18"]
    known = {file.path for file in Walker(Uicc(link)).walk()}
    assert {path.rpartition("/")[2] for path in set(by_path) - known} == {"4F38", "4F58"}


def test_a_sim_of_the_second_generation_has_no_fcp() -> None:
    link = InProcessLink(card("test-operator", classes=Classes.GSM))
    link.reset()
    with pytest.raises(CardError, match="second generation"):
        list(Walker(Uicc(link)).walk())
