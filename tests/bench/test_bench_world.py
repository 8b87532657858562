"""How long it takes to read the tables of the mobile world, and to check them."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.network.world import read
from simulator.network.world.checks import problems
from simulator.network.world.loading import SHIPPED


@pytest.mark.benchmark(group="world")
def test_read_and_check(benchmark: Any) -> None:
    world = benchmark(read, SHIPPED)
    assert len(world.agreements) > 1000


@pytest.mark.benchmark(group="world")
def test_check(benchmark: Any) -> None:
    world = read(SHIPPED)
    assert benchmark(lambda: list(problems(world))) == []
