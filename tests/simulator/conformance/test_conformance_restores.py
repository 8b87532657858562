"""All checks on one card, one after the other, as on a real one: it passes them again, and is as it was."""

from __future__ import annotations

from typing import Any

import pytest

from cards import Uicc
from cards.dump import walk
from cards.errors import CardStatusError
from cards.link import CardLink
from simulator.conformance import known
from simulator.testing.sources import Lent
from tests.simulator.conformance.cards_under_test import equipment, failures, run, secrets, source_of


def visible(link: CardLink, card: Any, secret: known.Known) -> dict[str, Any]:
    """What somebody sees of a card: files, PINs, profiles, notifications."""
    link.reset()
    uicc = Uicc(link)
    seen: dict[str, Any] = {}
    try:
        uicc.select("MF")
        uicc.verify_pin(known.PIN1, secret.pins[known.PIN1].rstrip(b"\xff").decode())
    except (CardStatusError, KeyError):
        pass  # not enabled, or there are no files at all
    try:
        seen["files"] = list(walk(uicc))
    except CardStatusError:
        seen["files"] = []
    if hasattr(card, "save"):
        state = card.save()["state"]
        seen["notifications"] = state["notifications"]["pending"]
        members = ("aid", "state", "metadata", "nickname")
        seen["profiles"] = [[one.get(name) for name in members] for one in state["profiles"]]
        seen["eims"] = (state.get("iot") or {}).get("eims")
    now = known.of_card(getattr(card, "card", card))
    return seen | {"pins": now.pins, "puks": now.puks}


@pytest.mark.parametrize(
    "name", ["", "euicc-company-phone", "euicc-iot", "euicc-version3", "laboratory-sim", "usim-t1"]
)
def test_a_card_is_left_as_it_was(name: str) -> None:
    source = source_of(name)
    link = source.open()
    card: Any = link._inserted()  # type: ignore[union-attr]
    tools, secret = equipment(source), secrets(source)
    before = visible(link, card, secret)
    for _ in range(2):
        results = run(source, connect=lambda: Lent(link), equipment=tools, known=secret)
        assert failures(results) == {}
        assert visible(link, card, secret) == before
