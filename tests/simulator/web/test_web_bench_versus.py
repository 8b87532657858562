"""SIM against eSIM: what the table says, held against what can be known without it."""

from __future__ import annotations

import pytest

from simulator.network.world import load
from simulator.web.bench.record import Party, Said, State
from simulator.web.bench.versus import NEW, OWN, Comparison, compare
from tests.simulator.web.test_web_bench_model import NOW

YES, NO = Said("versus.yes"), Said("versus.no")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare(load(), lambda: NOW)


def found(comparison: Comparison, key: str) -> tuple[object, object]:
    difference = next(one for one in comparison.differences if one.key == key)
    return difference.sim, difference.esim


def test_both_ways_lead_to_the_same_service(comparison: Comparison) -> None:
    sim, esim = found(comparison, "versus.service")
    assert sim == esim
    assert isinstance(sim, Said)
    assert sim.key == "line.home"
    assert sim.values["operator"] == load().operators[NEW].name
    for side in (comparison.sim, comparison.esim):
        assert all(act.state is State.DONE for act in side.acts)


@pytest.mark.parametrize(
    ("key", "sim", "esim"),
    [
        ("versus.shop", YES, NO),
        ("versus.online", NO, YES),
        ("versus.server", "0", "4"),
        ("versus.keys", Said("versus.keys.card"), Said("versus.keys.server")),
        ("versus.clear", NO, NO),
        ("versus.old", Said("versus.old.table"), Said("versus.old.disabled")),
    ],
)
def test_what_differs(comparison: Comparison, key: str, sim: object, esim: object) -> None:
    assert found(comparison, key) == (sim, esim)


def test_a_card_goes_on_working_elsewhere_and_a_code_does_not(comparison: Comparison) -> None:
    sim, esim = found(comparison, "versus.again")
    assert isinstance(sim, Said)
    assert isinstance(esim, Said)
    assert (sim.key, esim.key) == ("versus.again.works", "versus.again.refused")
    assert "8.2.6/3.8" in str(esim.values["why"])


def test_figures_are_those_of_the_rows(comparison: Comparison) -> None:
    for side, told in zip((comparison.sim, comparison.esim), found(comparison, "versus.apdus"), strict=True):
        cards = [row for row in side.rows if row.receiver is Party.CARD]
        assert sum(len(row.pieces) for row in cards) == int(str(told))
    assert comparison.sim.bench.sims[0].issued.operator == OWN


def test_the_key_is_nowhere_in_what_passed_though_the_server_has_it(comparison: Comparison) -> None:
    side = comparison.esim
    key = side.issued.description.authentication.key
    assert key in side.bench.stored(side.bench.orders[-1]).upp
    opened = [field.value for row in side.rows for piece in row.pieces for field in piece.explanation.walk()]
    assert any(key.hex().upper() in value for value in opened), "only the keys of the session open it"
