"""Cards for the checks: specimens and descriptions, and what running the checks on them needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from cards.link import CardLink
from simulator.conformance import SUITES, CheckResult, Verdict, checks, conform, known
from simulator.conformance.equipment import Equipment
from simulator.testing.bench import clock, entropy
from simulator.testing.sources import DescribedSource, SimulatedSource

Source = SimulatedSource | DescribedSource
TS48 = "ts48:"
"""Before the name of a package of GSMA TS.48, which a plain SIM gets."""


@cache
def source_of(name: str) -> Source:
    """A specimen or the path of a description; without a name an eUICC with a profile enabled."""
    return DescribedSource(name) if name else SimulatedSource()


def described(folder: Path, **members: Any) -> Source:
    """The card of a description with these members."""
    path = folder / "card.yaml"
    lines = ["name: Card\n", *(f"{name}: {value}\n" for name, value in members.items())]
    path.write_text("".join(lines))
    return DescribedSource(str(path))


def equipment(source: Source) -> Equipment:
    return Equipment(source.bench.pki, "conformance.example.com", entropy("equipment"), clock)


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
