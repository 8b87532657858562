"""The page of a trip: one file, well formed, that loads nothing and opens every reason."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from simulator.network.world import load as load_world
from simulator.scenario import trip as trips
from simulator.scenario.engine import compare
from simulator.scenario.outcome import Outcome
from simulator.scenario.report import html
from simulator.scenario.trip import Trip

VOID = frozenset({"meta", "br", "rect", "path", "line", "circle", "use", "stop", "polygon", "ellipse"})


class Page(HTMLParser):
    """Checks that elements are nested, and collects what is looked for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a":
            self.links.append(str(values["href"]))
        self.loaded += [str(values[name]) for name in ("src", "srcset", "data") if name in values]
        assert tag not in ("script", "link", "iframe", "img", "object"), tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def ran() -> tuple[Trip, list[Outcome], str]:
    world = load_world()
    trip = trips.load("no-agreement", world)
    outcomes = compare(trip, world)
    return trip, outcomes, html(trip, outcomes, world)


def test_it_is_one_well_formed_file_that_loads_nothing(ran: tuple[Trip, list[Outcome], str]) -> None:
    page = Page(ran[2])
    assert page.loaded == []
    assert not re.search(r"url\((?!#)", ran[2])
    assert "@import" not in ran[2]
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        assert link.startswith("#")
        assert link[1:] in page.ids


def test_it_says_what_the_outcomes_say(ran: tuple[Trip, list[Outcome], str]) -> None:
    trip, outcomes, text = ran
    words = " ".join(Page(text).text)
    assert trip.name in words
    for outcome in outcomes:
        assert outcome.title in words
        assert f"{outcome.cost:.2f} JPY" in words
        for statement in outcome.all_statements:
            assert statement.text in words
    assert text.count("<svg") >= len(outcomes)
    assert "cause #11" in words


def test_reasons_open_to_explained_bytes_and_sources(ran: tuple[Trip, list[Outcome], str]) -> None:
    words = " ".join(Page(ran[2]).text)
    assert "AUTHENTICATE" in words
    assert "length of RAND: 16" in words  # a field of an APDU
    assert "Message: ATTACH REJECT" in words
    assert "ES9+.GetBoundProfilePackage" in ran[2] or "profile is installed" not in words
    assert "An example that was made up" in words


def test_the_same_page_each_time(ran: tuple[Trip, list[Outcome], str]) -> None:
    trip, _, text = ran
    assert html(trip, compare(trip, load_world()), load_world()) == text


def test_texts_from_a_trips_file_are_escaped() -> None:
    world = load_world()
    text = trips.shipped()["zurich-2g-phone"].replace("A 2G phone in Zürich", "'<b>&'")
    trip = trips.parse(text, world)
    page = html(trip, [], world)
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;" in page


def test_the_same_option_twice_is_told_apart() -> None:
    world = load_world()
    options = "options: [{option: local-sim-swap, device: 0}, {option: local-sim-swap, device: 1}]"
    text = trips.shipped()["second-phone"]
    trip = trips.parse(text[: text.index("options:")] + options, world)
    outcomes = compare(trip, world)
    assert [outcome.title for outcome in outcomes] == [
        "local SIM in place of the home SIM, with the Apple iPhone 6s",
        "local SIM in place of the home SIM, with the Samsung Galaxy S9",
    ]
    page = Page(html(trip, outcomes, world))
    assert len(page.ids) == len(set(page.ids))
