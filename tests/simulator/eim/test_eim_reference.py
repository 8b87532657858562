"""The page on the eIM says what the tables say."""

from __future__ import annotations

from pathlib import Path

from simulator.eim.reference import page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "eim.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m simulator.eim.reference > docs/reference/eim.md"
    )
