"""The page on networks and phones says what the tables say."""

from __future__ import annotations

from pathlib import Path

from cards.explain.files import decoder_of
from simulator.network.causes import CAUSES, Effect
from simulator.network.handset.card import READ_5GS, READ_ORDER
from simulator.network.home import Refusal
from simulator.network.interfaces import CAUSE_OF_REFUSAL
from simulator.network.nas import Protocol
from simulator.network.reference import EFFECTS, page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "network.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m simulator.network.reference > docs/reference/network.md"
    )


def test_every_effect_has_words_and_every_refusal_a_cause() -> None:
    assert set(EFFECTS) == set(Effect)
    known = {(cause.protocol, cause.number) for cause in CAUSES}
    for refusal in Refusal:
        for protocol in Protocol:
            assert (protocol, CAUSE_OF_REFUSAL[refusal][protocol]) in known


def test_clauses_of_files_are_those_of_the_explanations() -> None:
    """Two tables that were written apart."""
    for directory, rows in (("ADF.USIM", READ_ORDER), ("DF.5GS", READ_5GS)):
        for row in rows:
            explained = decoder_of(directory, row.name)
            assert explained is not None
            assert (row.name, row.clause) == (row.name, explained.clause)
