"""Visitors and the door, without a browser."""

from __future__ import annotations

import pytest

from simulator.web.door import is_ours
from simulator.web.visitors import Visitors, preferred
from simulator.web.words import Language


class Thing:
    def __init__(self) -> None:
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_a_visitor_keeps_things_and_shares_none() -> None:
    visitors = Visitors()
    thing = visitors.of("a").thing(Thing, Thing)
    assert visitors.of("a").thing(Thing, Thing) is thing
    assert visitors.of("b").thing(Thing, Thing) is not thing


def test_the_one_who_was_away_longest_is_forgotten_and_its_things_end() -> None:
    visitors = Visitors(limit=2)
    things = {name: visitors.of(name).thing(Thing, Thing) for name in "ab"}
    visitors.of("a")
    visitors.of("c")
    assert len(visitors) == 2
    assert (things["a"].is_closed, things["b"].is_closed) == (False, True)
    assert visitors.of("a").thing(Thing, Thing) is things["a"]


def test_a_thing_that_is_replaced_ends() -> None:
    visitor = Visitors().of("a")
    old, new = visitor.thing(Thing, Thing), Thing()
    visitor.replace(Thing, new)
    assert old.is_closed
    assert visitor.thing(Thing, Thing) is new
    visitor.close()
    assert new.is_closed


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", Language.EN),
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.ZH),
        ("de,en;q=0.5,zh;q=0.7", Language.ZH),
        ("fr", Language.EN),
        ("zh;q=0, en", Language.EN),
        ("zh;q=nonsense", Language.EN),
    ],
)
def test_the_language_is_the_one_that_the_browser_likes_best(accepted: str, language: Language) -> None:
    assert preferred(accepted) is language


@pytest.mark.parametrize(
    ("host", "is_let_in"),
    [
        ("localhost:8080", True),
        ("127.0.0.1", True),
        ("[::1]:8080", True),
        ("127.0.0.1.example.com", False),
        ("", False),
        ("[::1", False),
    ],
)
def test_only_loopback_hosts_are_ours(host: str, is_let_in: bool) -> None:
    assert is_ours(host) is is_let_in
