"""How long it takes to compare the options of a week abroad."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.network.world import load
from simulator.scenario import trip as trips
from simulator.scenario.engine import compare, run
from simulator.scenario.report import html
from simulator.scenario.trip import OptionName


@pytest.mark.benchmark(group="travel")
def test_compare_a_week_with_seven_options(benchmark: Any) -> None:
    world = load()
    trip = trips.load("bangkok", world)
    assert len(benchmark(compare, trip, world)) == 7


@pytest.mark.benchmark(group="travel")
def test_a_travel_esim(benchmark: Any) -> None:
    world = load()
    trip = trips.load("bangkok", world)
    assert benchmark(run, trip, OptionName.TRAVEL_ESIM, world).works


@pytest.mark.benchmark(group="travel")
def test_the_page(benchmark: Any) -> None:
    world = load()
    trip = trips.load("bangkok", world)
    outcomes = compare(trip, world)
    assert benchmark(html, trip, outcomes, world)
