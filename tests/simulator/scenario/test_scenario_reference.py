"""The page on trips says what the tables say; the tables are whole."""

from __future__ import annotations

from pathlib import Path

from simulator.cli import travel
from simulator.scenario.reasons import REASONS
from simulator.scenario.reference import page
from simulator.scenario.steps import STEPS
from simulator.scenario.trip import OptionName

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "travel.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m simulator.scenario.reference > docs/reference/travel.md"
    )


def test_the_command_line_knows_every_option() -> None:
    assert tuple(option.value for option in OptionName) == travel._OPTIONS


def test_no_row_twice() -> None:
    assert all(key == row.key for key, row in REASONS.items())
    assert all(key == row.key for key, row in STEPS.items())
    assert len({row.term for row in REASONS.values()}) == len(REASONS)
    assert len({row.text for row in STEPS.values()}) == len(STEPS)
    assert all(row.minutes > 0 for row in STEPS.values())
