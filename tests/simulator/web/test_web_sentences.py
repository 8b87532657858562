"""Sentences of trips in Chinese: every one that the trips that come along say."""

from __future__ import annotations

import re

import pytest

from simulator.network.world import load
from simulator.scenario import trip as trips
from simulator.scenario.engine import compare
from simulator.web import sentences
from simulator.web.words import Language

LEFT = re.compile(r"\b(the|is|are|has|and|no|phone|roaming|home|card)\b")
"""Words that are in no name of an operator, an offer, a message or a cause that these trips say."""


def zh(text: str) -> str:
    return sentences.said(text, Language.ZH)


@pytest.mark.parametrize("name", sorted(trips.shipped()))
def test_nothing_stays_english(name: str) -> None:
    world = load()
    names = [operator.name for operator in world.operators.values()]
    names += [offer.name for offer in world.offers.values()]
    for outcome in compare(trips.load(name, world), world):
        events = [event.text for event in outcome.events if event.kind != "manual step"]
        lines = [line.mechanism for leg in outcome.legs for line in leg.lines if line.mechanism]
        for text in {*events, *lines, *(statement.text for statement in outcome.all_statements)}:
            if sentences.is_name(text):
                continue
            said = zh(text)
            assert said != text, text
            assert sentences.said(text, Language.EN) == text
            for one in names:
                said = said.replace(one, "")
            assert not LEFT.search(re.sub(r"（[A-Z][^）]*）|“[^”]*”", "", said)), said


def test_parts_of_sentences() -> None:
    assert zh("home IMSI of AT&T, roaming (a card)") == "AT&T 的归属 IMSI，漫游（实体卡）"
    assert zh("the traveller is in Thailand") == "旅客到达泰国"
    order = (
        "the phone tries in this order: 520-03 4G (LTE) (in the operator's list, place 7); 520-04 5G (NR) "
    )
    assert zh(f"{order}(by decreasing signal quality)") == (
        "手机按此顺序尝试：520-03 4G (LTE)（在运营商列表中，第 7 位）；520-04 5G (NR)（按信号质量递减）"
    )
    assert sentences.actor("home network", Language.ZH) == "归属网络"
    assert zh("words of a trip's own") == "words of a trip's own"
    assert zh("Japan, unlimited") == "Japan, unlimited"  # the name of an offer
