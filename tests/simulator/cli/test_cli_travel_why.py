"""`--why`: evidence once in full, then by its number; rows of one key in one line; sources at the end."""

from __future__ import annotations

from simulator.cli.travel_why import Grounds, ranges
from simulator.network.journal import Row, Rule
from simulator.network.world import load

RULE = Rule("TS 23.122 §3.1", "forbidden")
ROWS = (
    Row("operators", "ais-th", "AIS runs 4G in 1, 3", "judged"),
    Row("operators", "ais-th", "AIS runs 5G in n41", "judged"),
    Row("operators", "true-th", "True runs 4G in 1", "example"),
    Row("trip", "home.0", "a card", "trip"),
)


def test_each_piece_once() -> None:
    grounds = Grounds(load())
    assert list(grounds.lines([*ROWS, RULE])) == [
        "  1  row operators/ais-th: AIS runs 4G in 1, 3; 5G in n41 [1]",
        "  2  row operators/true-th: True runs 4G in 1 [2]",
        "  3  row trip/home.0: a card",
        "  4  TS 23.122 §3.1: forbidden",
    ]
    assert list(grounds.lines([RULE, ROWS[2], Rule("TS 22.022 §5", "locked"), *ROWS[:2]])) == [
        "  5  TS 22.022 §5: locked",
        "     as above: 1–2, 4",
    ]
    first, second = grounds.sources()
    assert first.startswith("[1] Judged from general knowledge")
    assert second.startswith("[2] An example")


def test_ranges() -> None:
    assert ranges([1, 2, 3, 5, 7, 8]) == "1–3, 5, 7–8"
