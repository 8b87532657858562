"""The checks of cards: ours passes them all; a card with a fault is found out by the check about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from cards.link import CardLink
from simulator.conformance import SUITES, CheckResult, Verdict, checks, conform, known
from simulator.conformance.equipment import Equipment
from simulator.testing.bench import ADDRESS, clock, entropy
from simulator.testing.sources import DescribedSource, SimulatedSource

Source = SimulatedSource | DescribedSource
SPECIMENS = (
    "euicc-company-phone",
    "euicc-empty",
    "euicc-iot",
    "euicc-two-profiles",
    "euicc-version3",
    "gsm-sim",
    "laboratory-sim",
    "multi-imsi-sim",
    "test-usim",
    "usim-isim",
    "usim-t1",
)


@cache
def source_of(name: str) -> Source:
    return DescribedSource(name) if name else SimulatedSource()


def equipment(source: Source) -> Equipment:
    return Equipment(source.bench.pki, ADDRESS, entropy("equipment"), clock)


def secrets(source: Source) -> known.Known:
    card: Any = source.open().remove()  # type: ignore[union-attr]
    return known.of_card(getattr(card, "card", card))


def run(
    source: Source, *suites: str, connect: Callable[[], CardLink] | None = None, **options: Any
) -> list[CheckResult]:
    options = {"equipment": equipment(source), "known": secrets(source), "may_change": True} | options
    return list(conform(connect or source.open, checks(suites or SUITES), **options))


def failures(results: list[CheckResult]) -> dict[str, str]:
    return {one.check.title: one.finding for one in results if one.verdict is Verdict.FAILED}


@pytest.mark.parametrize("name", ["", *SPECIMENS])
def test_our_cards_pass(name: str) -> None:
    results = run(source_of(name))
    assert failures(results) == {}
    assert all(one.entries for one in results if one.verdict is Verdict.PASSED)
    assert all(one.finding for one in results if one.verdict is Verdict.NOT_APPLICABLE)
    assert sum(one.verdict is Verdict.PASSED for one in results) > (10 if name == "gsm-sim" else 50)


def test_what_is_not_run() -> None:
    careful = list(conform(source_of("").open, checks()))
    skipped = Counter(one.finding for one in careful if one.verdict is Verdict.SKIPPED)
    assert skipped["needs a server that the card trusts"] > 80
    assert skipped["would change the card"] > 5
    assert all(one.verdict is not Verdict.FAILED for one in careful)


def test_every_check_has_a_clause_and_a_name_of_its_own() -> None:
    found = checks()
    assert all(check.clause for check in found)
    names = Counter((check.suite, check.title) for check in found)
    assert max(names.values()) == 1
    assert {check.suite for check in found} == set(SUITES)
