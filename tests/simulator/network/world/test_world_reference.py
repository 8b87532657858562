"""The page on the world says what the tables say, and every source is used."""

from __future__ import annotations

import re
from pathlib import Path

from simulator.network.world import load
from simulator.network.world.checks.places import named_sources
from simulator.network.world.reference import page

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "world.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m simulator.network.world.reference > docs/reference/world.md"
    )


def test_every_source_is_named_by_a_row_or_a_note() -> None:
    world = load()
    named = {key for *_, key in named_sources(world)}
    tables = (world.countries, world.operators, world.agreements, world.devices, world.offers)
    for table in tables:
        for row in table.values():
            named |= set(re.findall(r"[a-z0-9-]+", row.note))
    assert set(world.sources) <= named | {"absent"}  # which stands where there is no row


def test_every_row_is_on_the_page() -> None:
    world, text = load(), page()
    for table in (world.countries, world.operators, world.devices, world.offers, world.sources):
        for key in table:
            assert f"| {key} |" in text, key
