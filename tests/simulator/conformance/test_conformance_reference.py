"""docs/reference/conformance.md is what the checks say."""

from __future__ import annotations

from pathlib import Path

from simulator.conformance.reference import page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "conformance.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m simulator.conformance.reference > docs/reference/conformance.md"
    )
