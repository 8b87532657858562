"""The trips that come along: each shows what it says, and everything that it says stands on something."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import pytest

from simulator.network.journal import Apdu, Message, Row, Rule
from simulator.network.world import load as load_world
from simulator.scenario import trip as trips
from simulator.scenario.engine import compare
from simulator.scenario.outcome import Outcome
from simulator.scenario.trip import OptionName

NAMES = sorted(trips.shipped())
Outcomes = dict[str, Outcome]


@cache
def outcomes(name: str) -> Outcomes:
    trip = trips.load(name, load_world())
    return {outcome.option.value: outcome for outcome in compare(trip, load_world())}


def networks(outcome: Outcome) -> list[str | None]:
    return [leg.data.network if leg.data else None for leg in outcome.legs]


def text_of(outcome: Outcome, reason: str) -> str:
    return next(one.text for one in outcome.problems if one.reason == reason)


def bangkok(found: Outcomes) -> None:
    swap, roaming, travel = found["local-sim-swap"], found["home-roaming"], found["travel-esim"]
    assert swap.works
    assert "take-card-out" in swap.legs[0].steps
    assert not swap.home_number
    assert roaming.works
    assert roaming.home_number
    assert roaming.cost > 10 * max(swap.cost, travel.cost)
    assert roaming.legs[0].first_byte is not None
    assert swap.first_byte is not None
    assert roaming.legs[0].first_byte < swap.first_byte
    assert travel.home_number
    assert travel.before
    assert travel.first_byte is not None
    assert travel.first_byte < 10


def hanoi_one_slot(found: Outcomes) -> None:
    assert found["local-sim-swap"].works
    assert not found["local-sim-swap"].home_number
    assert found["local-sim-swap"].cost < found["roaming-pass"].cost < found["home-roaming"].cost
    assert found["local-sim-second-slot"].reasons == ["no-second-slot"]
    assert found["local-esim"].reasons == found["travel-esim"].reasons == ["no-esim"]


def second_phone(found: Outcomes) -> None:
    swap, second = found["local-sim-swap"], found["local-sim-second-slot"]
    assert (swap.device, swap.home_number) == ("iphone-6s", False)
    assert (second.device, second.home_number) == ("galaxy-s9", True)
    assert swap.works
    assert second.works
    assert "take-card-out" not in second.legs[0].steps


def no_agreement(found: Outcomes) -> None:
    roaming = found["home-roaming"]
    assert networks(roaming) == ["singtel-sg", None]
    assert "no-agreement" in roaming.reasons
    assert "cause #11" in text_of(roaming, "no-agreement")
    assert found["local-sim-swap"].works
    assert found["travel-esim"].works


def paris_without_esim(found: Outcomes) -> None:
    assert found["travel-esim"].reasons == found["local-esim"].reasons == ["no-esim"]
    second = found["local-sim-second-slot"]
    assert second.works
    assert second.home_number
    assert "find-shop" in second.legs[0].steps


def no_wifi_on_arrival(found: Outcomes) -> None:
    assert found["travel-esim"].reasons == found["local-esim"].reasons == ["no-network-for-download"]
    assert found["local-sim-swap"].works


def shanghai_without_tray(found: Outcomes) -> None:
    assert found["local-sim-swap"].reasons == ["no-slot"]
    assert found["local-esim"].reasons == ["no-esim-sold"]
    working = [outcome for outcome in found.values() if outcome.works]
    assert min(working, key=lambda outcome: outcome.cost).option is OptionName.TRAVEL_ESIM


def jakarta_plain_sim(found: Outcomes) -> None:
    working = [outcome for outcome in found.values() if outcome.works and outcome.home_number]
    best = min(working, key=lambda outcome: outcome.cost)
    assert best.option is OptionName.SECOND_SLOT
    assert found["travel-esim"].cost > 5 * best.cost
    assert found["local-esim"].reasons == ["no-esim-sold"]


def roam_like_at_home(found: Outcomes) -> None:
    roaming, travel = found["home-roaming"], found["travel-esim"]
    assert [leg.cost == 0 for leg in roaming.legs] == [True, True, True, False]
    assert roaming.legs[-1].cost > travel.cost > 0
    assert roaming.works
    assert roaming.home_number
    assert roaming.manual_steps < travel.manual_steps


def locked_phone(found: Outcomes) -> None:
    assert found["local-sim-swap"].reasons[0] == found["multi-imsi"].reasons[0] == "sim-locked"
    assert found["roaming-pass"].works
    assert found["travel-esim"].reasons == ["no-esim"]


def zurich_2g_phone(found: Outcomes) -> None:
    for outcome in found.values():
        assert outcome.reasons == ["switched-off", "home-number-off"]
        assert outcome.legs[0].emergency is False
    assert "2021-04-16" in text_of(found["home-roaming"], "switched-off")


def one_profile_at_a_time(found: Outcomes) -> None:
    travel = found["travel-esim"]
    assert travel.works
    assert not travel.home_number
    assert travel.reasons == ["data-only", "home-number-off"]
    assert found["local-sim-second-slot"].home_number


def subsidised_phone(found: Outcomes) -> None:
    for option in ("local-esim", "travel-esim"):
        assert found[option].reasons == ["ppr-forbids"]
        assert "disallowedByPolicy" in text_of(found[option], "ppr-forbids")
    assert found["local-sim-second-slot"].works


def six_cities(found: Outcomes) -> None:
    card = found["multi-imsi"]
    assert card.works
    assert card.home_number
    assert card.cost < min(found[name].cost for name in ("roaming-pass", "travel-esim", "local-sim-swap"))
    assert all(leg.steps == ["airplane-mode-off"] for leg in card.legs)
    assert sum(event.kind == "refresh" for event in card.events) >= 3  # it changed its identity


def winter_in_antalya(found: Outcomes) -> None:
    assert found["home-roaming"].reasons == ["permanent-roaming", "home-number-off"]
    assert not found["home-roaming"].home_number
    assert found["home-roaming"].legs[0].data_mb == 90 * 100
    assert found["local-sim-swap"].legs[0].data_mb == found["local-sim-swap"].legs[0].wanted_mb


def no_calls_in_japan(found: Outcomes) -> None:
    roaming = found["home-roaming"]
    assert roaming.works
    assert roaming.reasons == ["no-voice"]
    assert roaming.legs[0].calls is False
    assert roaming.legs[0].emergency is True
    assert found["local-esim"].legs[0].calls is True


def fi_everywhere(found: Outcomes) -> None:
    roaming = found["home-roaming"]
    assert roaming.works
    assert roaming.home_number
    assert roaming.cost < min(found[name].cost for name in ("local-esim", "travel-esim"))
    assert roaming.manual_steps < found["travel-esim"].manual_steps


CLAIMS: dict[str, Callable[[Outcomes], None]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        bangkok,
        hanoi_one_slot,
        second_phone,
        no_agreement,
        paris_without_esim,
        no_wifi_on_arrival,
        shanghai_without_tray,
        jakarta_plain_sim,
        roam_like_at_home,
        locked_phone,
        zurich_2g_phone,
        one_profile_at_a_time,
        subsidised_phone,
        six_cities,
        winter_in_antalya,
        no_calls_in_japan,
        fi_everywhere,
    )
}


def test_every_trip_has_a_claim() -> None:
    assert sorted(CLAIMS) == NAMES
    assert all(trips.load(name, load_world()).says for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_claim(name: str) -> None:
    CLAIMS[name](outcomes(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_statement_can_be_traced(name: str) -> None:
    world = load_world()
    tables = {
        *("countries", "operators", "agreements", "devices", "offers", "rates"),
        *("steps", "prices", "trip"),
    }
    for outcome in outcomes(name).values():
        assert outcome.all_statements
        for statement in outcome.all_statements:
            assert statement.evidence, f"{outcome.option}: {statement.text}"
            for one in statement.evidence:
                assert isinstance(one, Apdu | Message | Row | Rule)
                if isinstance(one, Row):
                    assert one.table in tables
                    assert one.says
                    assert one.source in world.sources or one.source == "trip", one
                elif isinstance(one, Rule):
                    assert one.clause
                elif isinstance(one, Message):
                    assert one.clause or one.data or one.members


@pytest.mark.parametrize("name", NAMES)
def test_every_manual_step_is_in_the_journal(name: str) -> None:
    for outcome in outcomes(name).values():
        told = [event.details["step"] for event in outcome.events if event.kind == "manual step"]
        kept = [*outcome.before, *(key for leg in outcome.legs for key in leg.steps), *outcome.after]
        assert sorted(told) == sorted(kept)


def test_the_same_trip_twice_is_the_same_to_the_byte() -> None:
    trip = trips.load("six-cities", load_world())
    again = [outcome.as_object() for outcome in compare(trip, load_world())]
    assert json.dumps(again) == json.dumps([one.as_object() for one in outcomes("six-cities").values()])
