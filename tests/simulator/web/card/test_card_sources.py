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


def test_cards_of_a_bench_are_looked_at_while_a_phone_uses_them() -> None:
    from simulator.web.bench.model import Bench
    from simulator.web.card.changes import Kind
    from simulator.web.card.model import CardDesk, Choice
    from simulator.web.card.sources import BenchCards

    assert BenchCards(lambda: None).names() == []
    bench = Bench(device="iphone-15")
    operator = next(one.key for one in bench.sellers if one.plmns)
    bench.buy_sim(operator)
    shelf = BenchCards(lambda: bench)
    desk = CardDesk([shelf], clock=lambda: 0.0, timer=lambda: 0.0)
    sim, euicc = desk.choices()
    assert euicc.name == "eUICC, Apple iPhone 15"
    desk.choose(sim)
    assert desk.problem == ""
    assert desk.type("select MF/EF.ICCID")[0].succeeded  # it lies on the table
    # In a phone that is on, its files change, and nobody takes the phone's selection away.
    bench.insert(bench.sims[0], 0)
    bench.switch_on()
    desk.read()
    assert {change.kind for change in desk.changes.values()} == {Kind.CHANGED}
    assert any("LOCI" in path for path in desk.changes)
    (line,) = desk.type("00A40004023F00")
    assert line.problem.startswith("The phone uses this card: switch it off")
    assert desk.type("reset")[0].problem.startswith("The phone uses this card")
    assert all(one.succeeded for one in desk.type("open ch\nselect MF/EF.ICCID\n00B000000A\nclose"))
    bench.travel(next(key for key in bench.world.countries if key != bench.lines.country))
    assert "our-fault" not in str(bench.recorder.acts[-1])  # the phone could still use the card
    bench.switch_off()
    assert desk.type("reset")[0].succeeded
    desk.choose(Choice("bench", "gone"))
    assert "there is no card bench:gone any more" in desk.problem
    with pytest.raises(CardError, match="is not on the bench any more"):
        shelf.open("gone")
