"""The pages on the eIM say what the tables say, and what works."""

from __future__ import annotations

from pathlib import Path

from simulator.eim.reference import page

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "reference" / "eim.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m simulator.eim.reference > docs/reference/eim.md"
    )
