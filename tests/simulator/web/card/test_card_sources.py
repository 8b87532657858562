"""Where the cards of the page come from."""

from __future__ import annotations

import pytest

from cards.errors import CardError
from simulator.testing.sources import source_of
from simulator.web.card import sources
from simulator.web.card.sources import ReaderCards, SavedCards, ShippedCards


def test_every_card_that_comes_along_can_be_opened() -> None:
    shelf = ShippedCards()
    assert "test-usim" in shelf.names()
    for name in ("test-usim", "gsm-sim"):
        assert shelf.open(name).reset()[0] in (0x3B, 0x3F)


def test_cards_that_are_offered_are_shown_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_offered", [])
    for _ in range(2):
        sources.offer(SavedCards(lambda: ["mine"], lambda name: source_of("sim:test-usim").open()))
    assert [shelf.kind for shelf in sources.shelves()] == ["shipped", "saved", "reader"]


def test_without_a_service_there_are_no_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    from cards import pcsc

    class Absent:
        def __init__(self) -> None:
            raise CardError("no service")

    monkeypatch.setattr(pcsc, "Service", Absent)
    assert ReaderCards().names() == []


def test_copies_of_named_cards(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from simulator.cli import home, web

    monkeypatch.setenv("ESIM_HOME", str(tmp_path))
    saved = source_of("sim:test-usim")
    assert saved
    with pytest.raises(CardError, match="there is no card named mine"):
        web._copy("mine")
    from simulator.profile import build, describe
    from simulator.specimens.sim import PlainSim
    from simulator.testing import entropy

    package = build.build_package(describe.load_shipped("test-operator"))
    sim = PlainSim(package, entropy=entropy("card"))
    home.write_card("mine", {"kind": "sim", **sim.save()})
    before = home.read_card("mine")
    assert web._copy("mine").transmit(bytes.fromhex("00A40004023F00"))[-2] == 0x61
    assert home.read_card("mine") == before
