"""The page about what is explained says what the tables say."""

from __future__ import annotations

from cards.explain import reference


def test_the_page_is_up_to_date() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "python -m cards.explain.reference"
