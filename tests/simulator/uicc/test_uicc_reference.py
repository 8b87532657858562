"""The page about the card's instructions says what the tables say."""

from __future__ import annotations

import pytest

from simulator.uicc import reference


def test_the_page_is_up_to_date() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), (
        "python -m simulator.uicc.reference"
    )


def test_limits_and_synonyms_name_clauses() -> None:
    named = {clause for clause, _ in reference.clauses()}
    assert set(reference.LIMITS) <= named
    assert set(reference.SAME) <= named


@pytest.mark.parametrize(("clause", "name"), list(reference.clauses()))
def test_rows_are_called_as_their_clause(clause: str, name: str) -> None:
    assert {row.name for row in reference.rows_of(clause)} <= {name}
