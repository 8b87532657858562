"""Every check can fail: among the answers of its card is one that must not be another."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from cards.link import CardLink
from simulator.conformance import SUITES, CheckResult, Verdict, checks, conform
from tests.simulator.conformance.altered import Altered, alterations
from tests.simulator.conformance.cards_under_test import (
    Source,
    described,
    equipment,
    failures,
    run,
    secrets,
    source_of,
)

_MOST = 40
"""Alterations of one check that are tried; most fail with the first."""
_PLACES = {
    "laboratory-sim": ("domains", "toolkit", "ota"),
    "euicc-empty": ("profiles",),
    "euicc-version3": ("version3", "revocation", "metadata", "packages"),
    "euicc-company-phone": ("mep",),
    "euicc-iot": ("iot",),
    "euicc-two-profiles": ("profiles", "revocation", "packages"),
    "": (),
}
"""The suites that run on a card; on the last one those that run on no other."""


@pytest.fixture(autouse=True)
def _leave_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """No check takes back what it did, so that its last answers are those that it is about."""
    checks(tuple(SUITES))  # loads their modules: one that is loaded later would keep what is put there here
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731
    loaded = [module for name, module in sys.modules.items() if name.startswith("simulator.conformance.")]
    for module in loaded:
        for name in ("clean", "forget_notifications"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, nothing)


def failing(source: Source, passed: CheckResult) -> CheckResult | None:
    """The result of a check with the first alteration that it notices."""
    bare = replace(passed.check, needs=())
    options: dict[str, Any] = {"equipment": equipment(source), "known": secrets(source), "may_change": True}
    for place, answer in islice(alterations(passed.entries), _MOST):

        def connect(place: int = place, answer: bytes = answer) -> CardLink:
            return Altered(source.open(), place, answer)

        (result,) = conform(connect, [bare], **options)
        if result.verdict is Verdict.FAILED:
            return result
    return None


@pytest.mark.parametrize("name", _PLACES)
def test_every_check_can_fail(name: str) -> None:
    """The last card's checks include those of no other card; some checks need cards of their own."""
    suites = _PLACES[name] or tuple(set(SUITES) - {suite for other in _PLACES.values() for suite in other})
    assert blind(source_of(name), *suites) == []


def test_checks_that_need_cards_of_their_own_can_fail(shared_data: Path, tmp_path: Path) -> None:
    package = shared_data / "ts48" / "TS48v5_SAIP2.3_BERTLV_SUCI.der"
    assert blind(described(tmp_path, kind="sim", profile=package), "writing", "ota") == []
    bare = described(tmp_path, kind="euicc", version=3, test_profiles="false", enterprise_profiles="false")
    assert blind(bare, "packages") == []


def blind(source: Source, *suites: str) -> list[str]:
    """The checks that pass and cannot fail."""
    results = run(source, *suites)
    assert failures(results) == {}
    tried = [(one, failing(source, one)) for one in results if one.verdict is Verdict.PASSED]
    assert all(failed.finding for _, failed in tried if failed)
    return [passed.check.title for passed, failed in tried if failed is None]
