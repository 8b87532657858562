"""Each option on a trip on which everything goes well, and what is the same of all of them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from simulator.network.journal import Apdu, Message, Row
from simulator.network.world import World, load
from simulator.scenario import trip as trips
from simulator.scenario.engine import compare
from simulator.scenario.trip import OptionName
from tests.simulator.scenario.conftest import TRIP, WORLD, Runner


def test_home_sim_roaming(travel: Runner) -> None:
    outcome = travel("home-roaming")
    (leg,) = outcome.legs
    assert outcome.works
    assert leg.data is not None
    assert (leg.data.network, leg.data.plmn, leg.data.band[-1]) == ("local-th", "002-01", leg.data.band[-1])
    assert leg.data.mechanism == "home IMSI of Operator home-us, roaming (a card)"
    assert leg.steps == ["airplane-mode-off", "allow-roaming"]
    assert outcome.cost == Decimal("3000.00")  # 1500 MB of an agreement with a high price
    assert (outcome.home_number, leg.calls, leg.messages, leg.emergency) == (True, True, True, True)
    assert outcome.reasons == []


def test_roaming_pass(travel: Runner) -> None:
    outcome = travel("roaming-pass")
    assert outcome.works
    assert outcome.before == ["buy-pass"]
    assert outcome.cost == Decimal("50.00")  # five days
    assert outcome.offers == ["pass"] * 5
    assert outcome.home_number


def test_local_sim_by_swapping(travel: Runner) -> None:
    outcome = travel("local-sim-swap")
    (leg,) = outcome.legs
    assert leg.data is not None
    assert leg.data.mechanism == "local IMSI of Operator local-th (a card)"
    swap = ["take-card-out", "put-card-in", "keep-card"]
    assert leg.steps == ["airplane-mode-off", "find-shop", "buy-in-shop", "show-passport", *swap]
    assert outcome.after == ["take-card-out", "put-card-in"]
    assert outcome.cost == Decimal("5.00")
    assert not outcome.home_number
    assert outcome.reasons == ["home-number-off"]
    assert leg.first_byte == pytest.approx(57.6)


def test_local_sim_in_the_second_slot(travel: Runner) -> None:
    outcome = travel("local-sim-second-slot", ("[both]", "[two-slots]"))
    (leg,) = outcome.legs
    assert outcome.works
    assert {line.line for line in leg.lines} == {"home line", "sim-th"}
    assert outcome.home_number
    assert "take-card-out" not in leg.steps


def test_multi_imsi_sim(travel: Runner) -> None:
    outcome = travel("multi-imsi", ("[both]", "[two-slots]"))
    (leg,) = outcome.legs
    assert leg.data is not None
    assert leg.data.mechanism == "multi-IMSI card with the identity of Operator local-th, at home here"
    assert outcome.before == ["order-card", "put-card-in", "choose-data-line"]
    assert leg.steps == ["airplane-mode-off"]
    assert outcome.home_number
    assert any(event.kind == "refresh" for event in outcome.events)  # the card's own application did it


def test_local_esim(travel: Runner) -> None:
    outcome = travel("local-esim")
    (leg,) = outcome.legs
    assert leg.data is not None
    assert leg.data.mechanism == "local IMSI of Operator local-th (a profile on the eUICC)"
    assert outcome.before == []
    assert "reach-airport-wifi" in leg.steps
    assert leg.steps.index("reach-airport-wifi") > leg.steps.index("show-passport")
    assert outcome.home_number


def test_travel_esim_before_leaving(travel: Runner) -> None:
    outcome = travel("travel-esim")
    (leg,) = outcome.legs
    assert leg.data is not None
    assert leg.data.mechanism == "sponsor's IMSI of Operator hub-de, roaming (a profile on the eUICC)"
    assert outcome.before == ["install-app", "buy-online", "scan-qr", "accept-profile"]
    assert leg.steps == ["airplane-mode-off", "enable-profile", "choose-data-line", "allow-roaming"]
    names = [one.name for event in outcome.events for one in event.evidence if isinstance(one, Message)]
    assert names.count("ES9+.GetBoundProfilePackage") == 2  # there and back
    assert outcome.cost == Decimal("4.00")


def test_travel_esim_after_arrival(travel: Runner) -> None:
    outcome = travel("travel-esim", ("{lives_in: us}", "{lives_in: us, prepares: false}"))
    (leg,) = outcome.legs
    assert outcome.works
    assert outcome.before == []
    assert leg.steps[:3] == ["airplane-mode-off", "reach-airport-wifi", "install-app"]
    assert "type-code" in leg.steps  # a phone cannot scan its own screen


def test_two_countries_with_one_esim_each(travel: Runner) -> None:
    second = "  - {at: 2026-12-05 10:00, country: vn}\n  - {at: 2026-12-07 10:00, country: us}"
    outcome = travel("travel-esim", ("  - {at: 2026-12-07 10:00, country: us}", second))
    first, other = outcome.legs
    assert (first.country, other.country) == ("th", "vn")
    assert outcome.works
    assert outcome.offers == ["travel-th", "travel-vn"]
    assert other.data is not None
    assert other.data.line == "travel-vn"


def test_a_home_profile_that_was_replaced_comes_back(travel: Runner) -> None:
    outcome = travel(
        "travel-esim", ("[both]", "[one-line]"), ("home-tariff}", "home-tariff, form: esim}")
    )  # one profile enabled at once
    assert outcome.works
    assert not outcome.home_number
    assert "switch-line-on" in outcome.after
    assert outcome.events[-1].kind == "location told" or any(
        event.kind == "registered" and "001-001" in event.text for event in outcome.events[-40:]
    )


@pytest.mark.parametrize("option", list(OptionName))
def test_every_statement_stands_on_something(travel: Runner, option: OptionName) -> None:
    for device in ("both", "two-slots", "no-tray"):
        form = ("home-tariff}", "home-tariff, form: esim}") if device == "no-tray" else ("us", "us")
        outcome = travel(option.value, ("[both]", f"[{device}]"), form)
        assert outcome.all_statements
        for statement in outcome.all_statements:
            assert statement.evidence, statement
        service = [one for one in outcome.all_statements if one.topic == "service"]
        assert service
        for statement in service:
            assert any(isinstance(one, Apdu) for one in statement.evidence)
            assert any(isinstance(one, Message) and "ACCEPT" in one.name for one in statement.evidence)


def test_the_same_seed_gives_the_same_bytes(small_world: World) -> None:
    def as_text(seed: int) -> str:
        outcomes = compare(trips.parse(TRIP, small_world), small_world, seed=seed)
        return json.dumps([outcome.as_object() for outcome in outcomes])

    assert as_text(1) == as_text(1)
    assert as_text(1) != as_text(2)


def test_events_are_heard_as_they_happen(travel: Runner) -> None:
    heard: list[str] = []
    outcome = travel("home-roaming", listener=lambda event: heard.append(event.kind))
    assert heard == [event.kind for event in outcome.events]


def test_costs_in_another_currency(travel: Runner) -> None:
    outcome = travel("travel-esim", ("name: A week in th", "name: A week in th\ncurrency: EUR"))
    assert (outcome.cost, outcome.currency) == (Decimal("3.20"), "EUR")
    rates = [
        one for statement in outcome.all_statements for one in statement.evidence
        if isinstance(one, Row) and one.table == "rates"
    ]  # fmt: skip
    assert rates


SECOND_PHONE = ("[both]", "[one-slot, two-slots]")


def test_a_second_phone_takes_the_local_card(travel: Runner) -> None:
    """The home line stays in the first one, and its number can be reached."""
    also = "options: [{option: local-sim-swap, device: 1}]\n"
    outcome = travel("local-sim-swap", SECOND_PHONE, also=also)
    (leg,) = outcome.legs
    assert outcome.works
    assert outcome.home_number
    assert outcome.device == "two-slots"
    assert "take-card-out" not in leg.steps
    assert {line.line for line in leg.lines} == {"home line", "sim-th"}
    assert outcome.after == []


def test_roaming_with_the_line_of_another_phone(travel: Runner) -> None:
    outcome = travel("home-roaming", SECOND_PHONE, also="options: [{option: home-roaming, device: 1}]\n")
    assert outcome.works
    assert outcome.legs[0].data is not None
    assert outcome.legs[0].data.line == "home line"


def test_a_traveller_without_any_subscription_buys_one(travel: Runner) -> None:
    home = "home: [{operator: home-us, offer: home-tariff}]\n"
    for option in ("local-sim-swap", "local-esim", "travel-esim"):
        outcome = travel(option, (home, ""))
        assert outcome.works, option
        assert not outcome.home_number
    without = travel("home-roaming", (home, ""))
    assert without.reasons == ["no-home-line"]
    assert without.legs[0].emergency is True  # any cell takes an emergency call, without a card


def test_a_home_profile_that_was_switched_off_for_a_card_comes_back(travel: Runner) -> None:
    form = ("home-tariff}", "home-tariff, form: esim}")
    outcome = travel("local-sim-swap", form)
    assert outcome.works
    assert "switch-line-off" in outcome.legs[0].steps
    assert outcome.after == ["switch-line-on"]
    assert any(event.kind == "registered" and "001-001" in event.text for event in outcome.events[-60:])


def test_a_tariffs_rule_that_the_device_does_not_allow_is_left_out(travel: Runner) -> None:
    tariff = replace(WORLD.offers["home-tariff"], ppr=("ppr1", "ppr2"))
    world = replace(WORLD, offers={**WORLD.offers, "home-tariff": tariff})
    form = ("home-tariff}", "home-tariff, form: esim}")
    assert travel("home-roaming", form, world=world).works
    refused = travel("travel-esim", ("[both]", "[one-line]"), form, world=world)
    assert refused.reasons == ["ppr-forbids"]


ITINERARY = """  - {at: 2026-11-20 08:00, country: us}
  - {at: 2026-12-02 10:00, country: th}
  - {at: 2026-12-07 10:00, country: us}
"""


@pytest.mark.parametrize("option", list(OptionName))
@pytest.mark.parametrize(
    "countries",
    [
        ("th", "vn"),
        ("th", "us"),
        ("us", "th"),
        ("us", "th", "us", "th", "us"),
        ("us", "th", "vn", "th", "us"),
    ],
)
def test_itineraries_of_any_shape(travel: Runner, option: OptionName, countries: tuple[str, ...]) -> None:
    """That begin or end abroad, come home in between, or come back to a country."""
    stops = "".join(
        f"  - {{at: 2026-12-{2 * n + 1:02d} 10:00, country: {key}}}\n" for n, key in enumerate(countries)
    )
    for device in ("both", "one-slot", "one-line"):
        outcome = travel(option.value, ("[both]", f"[{device}]"), (ITINERARY, stops))
        assert [leg.country for leg in outcome.legs] == [key for key in countries if key != "us"]
        assert outcome.works or outcome.reasons


def test_any_trip_can_be_run() -> None:
    """Whatever the device, the home operator and the countries: something comes out, with reasons."""
    world, draw = load(), random.Random(7)
    operators = [one for one in world.operators.values() if one.plmns or one.host]
    for _ in range(12):
        home, device = draw.choice(operators), draw.choice(list(world.devices.values()))
        abroad = [key for key in world.countries if key != home.country]
        text = f"""
name: any
traveller: {{lives_in: '{home.country}', prepares: {draw.choice(["true", "false"])}}}
devices: [{device.key}]
home: [{{operator: {home.key}, form: {"card" if device.sim_slots else "esim"}}}]
itinerary:
  - {{at: 2026-05-01 08:00, country: '{home.country}'}}
  - {{at: 2026-05-10 08:00, country: '{draw.choice(abroad)}'}}
  - {{at: 2026-05-12 08:00, country: '{draw.choice(abroad)}'}}
tries: {{data: {draw.choice((0, 50, 4000))}, call: true, message: true, emergency_call: true}}
"""
        for outcome in compare(trips.parse(text, world), world):
            assert len(outcome.legs) == 2
            assert all(statement.evidence for statement in outcome.all_statements)
            assert outcome.works or outcome.reasons
