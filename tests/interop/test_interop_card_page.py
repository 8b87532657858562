"""The model of the page /card before a card in a reader, through the operating system's PC/SC service."""

from __future__ import annotations

from simulator.web.card.model import CardDesk, Choice
from simulator.web.card.sources import ReaderCards
from tests.interop.conftest import READER, Insert, make_card
from tests.interop.pcscd import eventually


def test_a_card_in_a_reader_is_read_and_never_changed(insert: Insert) -> None:
    card = make_card()
    with insert(card):
        shelf = ReaderCards()
        assert READER in shelf.names()
        desk = CardDesk([shelf], clock=lambda: 0.0, timer=lambda: 0.0)
        desk.choose(Choice("reader", READER))
        assert desk.problem == ""
        assert desk.is_real
        assert desk.now is None
        (line,) = desk.type("select MF/ADF.USIM/EF.LOCI")
        assert line.succeeded, line.problem
        (line,) = desk.type("UPDATE BINARY 0000 (01020304)")
        assert "it changes what the card stores" in line.problem
        desk.read()
        assert desk.now is not None
        imsi = desk.file("MF/ADF.USIM/EF.IMSI")
        assert imsi is not None
        assert imsi.content is not None
        assert desk.changes == {}
        desk.close()
    assert eventually(lambda: READER not in shelf.names())
