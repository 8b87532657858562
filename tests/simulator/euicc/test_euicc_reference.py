"""The page on the eUICC says what the tables say."""

from __future__ import annotations

from pathlib import Path

from simulator.euicc.reference import page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "es10.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m simulator.euicc.reference > docs/reference/es10.md"
    )
