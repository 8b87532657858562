"""What a visitor does with a trip, without a page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from html import escape

import pytest

from simulator.network.journal import Apdu, Event, Message, Row, Rule
from simulator.network.world import World, load
from simulator.scenario.map import Service
from simulator.scenario.outcome import Leg, LineService, Outcome
from simulator.scenario.reasons import REASONS
from simulator.scenario.steps import STEPS
from simulator.scenario.trip import OptionName
from simulator.web.travel import comparison, steps, terms
from simulator.web.travel.comparison import MEASURES, best, differences
from simulator.web.travel.comparison_view import differences_html, table_html
from simulator.web.travel.evidence import Explained, evidence_html
from simulator.web.travel.form import OWN
from simulator.web.travel.model import OWN_NAME, TripDesk
from simulator.web.words import Language, say


def english(key: str, /, **values: object) -> str:
    return say(Language.EN, key, **values)


@pytest.fixture(scope="module")
def world() -> World:
    return load()


@pytest.fixture
def desk(world: World) -> TripDesk:
    desk = TripDesk(world)
    desk.choose(OWN_NAME)
    assert desk.problem == ""
    return desk


def test_a_trip_is_run_with_every_option_at_once(desk: TripDesk) -> None:
    assert [outcome.option for outcome in desk.outcomes] == list(OptionName)
    assert desk.outcome is not None
    assert desk.outcome.works  # the one that is shown first


def test_every_trip_that_comes_along_can_be_chosen(world: World) -> None:
    desk = TripDesk(world)
    for name in desk.names():
        desk.choose(name)
        assert desk.problem == ""
        assert desk.outcomes
        assert desk.title(name) == desk.trip.name
        assert desk.steps


def test_steps_hold_all_events_in_order_and_know_where_they_are(desk: TripDesk) -> None:
    assert desk.outcome is not None
    assert [event for step in desk.steps for event in step.events] == desk.outcome.events
    assert [step.number for step in desk.steps] == list(range(len(desk.steps)))
    stops = [step.stop for step in desk.steps]
    assert stops == sorted(stops)
    assert set(stops) == {0, 1, 2}
    for step in desk.steps[:-1]:
        assert step.headline.kind in steps.HEADLINES
        arrived = [event for event in step.events if event.kind == "arrived"]
        assert not arrived or step.headline is arrived[0]


def test_walking_ends_at_the_ends(desk: TripDesk) -> None:
    desk.go(-5)
    assert desk.step == 0
    assert desk.leg is None
    desk.go(10_000)
    assert desk.step == len(desk.steps) - 1
    desk.go(next(step.number for step in desk.steps if step.stop == 1))
    assert desk.leg is not None
    assert desk.leg.country == "th"


def test_another_option_is_shown_at_the_same_stop(desk: TripDesk) -> None:
    desk.go(next(step.number for step in desk.steps if step.stop == 1))
    desk.look_at(0)
    assert desk.current is not None
    assert desk.current.stop == 1
    desk.look_at(99)
    assert desk.chosen == len(desk.outcomes) - 1
    assert desk.compared == 0
    desk.look_at(0)
    assert desk.compared == 1
    desk.against = 3
    assert desk.compared == 3


def test_changes_are_run_when_one_travels_and_mistakes_are_told(desk: TripDesk) -> None:
    desk.change(lambda form: form.move(1, country="vn"))
    assert desk.trip.itinerary[1].country == "th"
    desk.travel()
    assert desk.trip.itinerary[1].country == "vn"
    before = desk.outcomes
    desk.change(lambda form: form.move(2, at="2026-01-01T00:00"))
    desk.travel()
    assert "the stops of the itinerary are not in the order of their times" in desk.problem
    assert desk.outcomes is before
    assert desk.form.stops[2][0].year == 2026  # what was typed stays, to be mended
    desk.change(lambda form: form.move(2, at="nonsense"))
    assert desk.problem == "'nonsense' is no date with a time."
    desk.use("name: [")
    assert "not YAML" in desk.problem
    desk.use(OWN)
    assert desk.problem == ""


def test_places_for_the_map(desk: TripDesk, world: World) -> None:
    places = steps.places_of(desk.trip, desk.outcome, world)
    assert [place.country for place in places] == ["840", "764", "840"]
    assert [place.service for place in places] == [Service.UNKNOWN, Service.FULL, Service.UNKNOWN]
    assert places[1].note
    chinese = steps.places_of(desk.trip, None, world, is_chinese=True)
    assert [place.name for place in chinese] == ["美国", "泰国", "美国"]


def _leg(**values: object) -> Leg:
    from simulator.scenario.clock import Clock

    time = Clock(_TIME).now
    leg = Leg("th", time, time)
    for name, value in values.items():
        setattr(leg, name, value)
    return leg


_TIME = datetime(2026, 12, 1, tzinfo=UTC)
_LINE = LineService("home line", "ais-th", "AIS", "520-03", "4G (LTE)", "3", "home IMSI, roaming")


@pytest.mark.parametrize(
    ("values", "service"),
    [
        ({"data": _LINE, "data_mb": 5, "wanted_mb": 5}, Service.FULL),
        ({"data": _LINE, "data_mb": 5, "wanted_mb": 5, "calls": False}, Service.PARTLY),
        ({"data": _LINE, "data_mb": 5, "wanted_mb": 5, "messages": False}, Service.PARTLY),
        ({"data": _LINE, "data_mb": 4, "wanted_mb": 5}, Service.PARTLY),
        ({"lines": [_LINE]}, Service.PARTLY),
        ({"lines": [replace(_LINE, network="")]}, Service.NONE),
        ({}, Service.NONE),
    ],
)
def test_service_of_a_stay(values: dict[str, object], service: Service) -> None:
    assert steps.service_of(_leg(**values)) is service


# Comparison


def _outcome(option: OptionName, cost: str, *legs: Leg, by_hand: int = 0) -> Outcome:
    return Outcome(option, "phone", "USD", before=["scan-qr"] * by_hand, cost=Decimal(cost), legs=list(legs))


GOOD = _outcome(
    OptionName.PASS,
    "70",
    _leg(data=_LINE, first_byte=2.5, calls=True, messages=None, home_number=True),
    by_hand=1,
)
CHEAP = _outcome(
    OptionName.SWAP,
    "9.50",
    _leg(data=replace(_LINE, mechanism="local IMSI"), first_byte=58.0, calls=False, home_number=False),
    by_hand=4,
)
FAILED = _outcome(OptionName.MULTI_IMSI, "0", _leg(first_byte=None, calls=False))


def test_the_best_is_sought_among_those_that_work() -> None:
    found = {measure.key: best(measure, [GOOD, CHEAP, FAILED]) for measure in MEASURES}
    assert found == {
        "served": set(),
        "network": set(),
        "mechanism": set(),
        "steps": {0},
        "first": {0},
        "cost": {1},  # not what cost nothing, for it did not work
        "calls": {0},
        "messages": set(),
        "number": {0},
    }
    cost = next(measure for measure in MEASURES if measure.key == "cost")
    assert best(cost, [FAILED, replace(FAILED, cost=Decimal(1))]) == set()


def test_differences_are_named() -> None:
    text = "\n".join(english(f"travel.differs.{one.key}", **one.values) for one in differences(GOOD, CHEAP))
    assert text.splitlines() == [
        "Another mechanism: local IMSI in place of home IMSI, roaming",
        "3 more steps by hand",
        "The first byte comes 55.5 minutes later",
        "60.50 USD cheaper",
        "Calls do not get through everywhere",
        "The home number cannot be reached",
    ]
    assert [one.is_better for one in differences(GOOD, CHEAP)] == [None, False, False, True, False, False]
    assert differences(GOOD, GOOD) == []


def test_differences_from_and_to_nothing() -> None:
    there = {one.key: one.is_better for one in differences(GOOD, FAILED)}
    back = {one.key: one.is_better for one in differences(FAILED, GOOD)}
    assert there["first.never"] is False
    assert there["served.less"] is False
    assert there["cost.less"] is True
    assert back["first.now"] is True
    assert back["served.more"] is True
    assert comparison.minutes(None) == "–"
    assert comparison.minutes(3.0) == "3"


def test_a_table_with_a_row_for_each_option_and_differences_in_both_languages(desk: TripDesk) -> None:
    for language in Language:

        def words(key: str, /, _language: Language = language, **values: object) -> str:
            return say(_language, key, **values)

        table = table_html(desk.outcomes, desk.chosen, words, language)
        assert table.count("data-option=") == len(desk.outcomes)
        assert table.count("aria-current") == 1
        for outcome in desk.outcomes:
            assert escape(words(f"travel.option.{outcome.option.value}")) in table
            assert differences_html(outcome, desk.outcomes[0], words)
    assert english("travel.same") in differences_html(GOOD, GOOD, english)


# Evidence


def test_every_piece_of_evidence_of_a_trip_can_be_shown(desk: TripDesk, world: World) -> None:
    kinds = set()
    for outcome in desk.outcomes:
        explained = Explained(outcome.events)
        for statement in outcome.all_statements:
            shown = evidence_html(statement.evidence, explained, world, english)
            assert shown.count("<li>") >= len(statement.evidence)
            kinds |= {type(one) for one in statement.evidence}
    assert kinds == {Apdu, Message, Row, Rule}


def test_apdus_are_explained_by_those_before(world: World) -> None:
    select = Apdu(bytes.fromhex("00A40004022FE2"), bytes.fromhex("9000"))
    read = Apdu(bytes.fromhex("00B000000A"), bytes.fromhex("989909000000000000F19000"))
    event = Event(_TIME, "phone", "file read", "EF.ICCID read", (select, read))
    explained = Explained([event])
    assert explained.of(read).title == "READ BINARY of EF.ICCID, 10 bytes" or (
        "EF.ICCID" in explained.of(read).title
    )
    shown = evidence_html([read], explained, world, english)
    assert "EF.ICCID" in shown
    assert 'data-from="' in shown  # fields mark their bytes


def test_rows_name_their_source_and_messages_open(world: World) -> None:
    key = next(iter(world.sources))
    source = world.sources[key]
    pieces = (
        Row("operators", "x", "says <this>", key),
        Row("trip", "itinerary.1", "2026", "trip"),
        Message("ATTACH REJECT", "AIS", "phone", {"cause": "#11"}, b"\x07\x44\x0b", "TS 24.301 §8.2.3"),
        Message("ATTACH COMPLETE", "phone", "AIS"),
        Rule("TS 23.122 §4.4.3", "the home network comes first"),
    )
    shown = evidence_html(pieces, Explained(()), world, english)
    assert escape(source.title) in shown
    assert "says &lt;this&gt;" in shown
    assert "07 44 0B" in shown
    assert "#11" in shown
    data = b'{"transactionId": "0102", "prepareDownloadResponse": "vyEA"}'  # base64 of BF2100
    es9 = Message("ES9+.GetBoundProfilePackage", "LPA", "server", {}, data, "SGP.22 §6.5.2.7")
    opened = evidence_html([es9], Explained(()), world, english)
    assert "transactionId" in opened
    assert "BF 21 00" in opened
    assert shown.count("<details>") == 1  # a message that says nothing does not open
    assert english("travel.no.evidence") in evidence_html((), Explained(()), world, english)


def test_fixed_terms_are_there_in_both_languages() -> None:
    """What is added there is shown in English until it stands here, too; nothing stands here without being
    there."""
    assert set(terms._TRIPS_ZH) <= set(TripDesk.names())
    assert terms.trip("bangkok", "A", "b", Language.EN) == ("A", "b")
    assert terms.trip("of one's own", "A", "b", Language.ZH) == ("A", "b")
    assert set(terms._STEPS_ZH) <= set(STEPS)
    assert set(terms._REASONS_ZH) <= set(REASONS)
    assert terms.step("scan-qr", Language.ZH) == "扫描二维码"
    assert terms.step("scan-qr", Language.EN) == STEPS["scan-qr"].text
    assert terms.reason("no-esim", Language.EN) == (REASONS["no-esim"].term, REASONS["no-esim"].advice)
    assert terms.reason("no-esim", Language.ZH)[0] == "设备没有 eUICC"
