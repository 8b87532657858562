"""Every reason why a trip does not go as it should, provoked by what causes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from simulator.network.journal import Apdu, Message, Row
from simulator.network.world import World
from simulator.network.world.model import Need, Radio, Rat
from simulator.scenario.outcome import Outcome, Statement
from simulator.scenario.reasons import REASONS
from tests.simulator.scenario.conftest import WORLD, Runner

Change = tuple[str, str]
DEVICE = "[both]"
ESIM_AT_HOME = ("home-tariff}", "home-tariff, form: esim}")
HOME = "home: [{operator: home-us, offer: home-tariff}]\n"
TO_VN = ("2026-12-02 10:00, country: th", "2026-12-02 10:00, country: vn")
UNPREPARED = ("{lives_in: us}", "{lives_in: us, prepares: false}")


def on(device: str) -> Change:
    return DEVICE, f"[{device}]"


def who(**more: str) -> Change:
    words = ", ".join(f"{name}: {value}" for name, value in more.items())
    return "{lives_in: us}", f"{{lives_in: us, {words}}}"


def of_reason(outcome: Outcome, reason: str) -> Statement:
    """The one statement with this reason; it is in the whole outcome's reasons."""
    assert reason in outcome.reasons, outcome.reasons
    return next(one for one in outcome.problems if one.reason == reason)


def rows(statement: Statement, table: str) -> list[Row]:
    return [one for one in statement.evidence if isinstance(one, Row) and one.table == table]


def with_operator(**members: Any) -> World:
    changed = replace(WORLD.operators["local-th"], **members)
    return replace(WORLD, operators={**WORLD.operators, "local-th": changed})


def with_agreement(**members: Any) -> World:
    key = "home-us/local-th"
    return replace(WORLD, agreements={**WORLD.agreements, key: replace(WORLD.agreements[key], **members)})


def with_offer(key: str, **members: Any) -> World:
    return replace(WORLD, offers={**WORLD.offers, key: replace(WORLD.offers[key], **members)})


UMTS_WITHOUT_DATA = replace(
    with_operator(radios=(Radio(Rat.UTRAN, ("1",), "example"),)),
    agreements=with_agreement(services=("voice", "sms")).agreements,
)
UMTS_UNTIL_2024 = with_operator(radios=(Radio(Rat.UTRAN, ("1",), "example", until=date(2024, 6, 30)),))
NO_VOICE_OVER_LTE = with_agreement(volte=False)
LIMITED_TARIFF = with_offer("home-tariff", countries=("us", "th"), data_mb=500)
TWO_PPR1 = with_offer("travel-th", ppr=("ppr1",))
ASKS_FOR_NUMBER = with_offer("esim-th", needs=(Need.LOCAL_NUMBER, Need.WIFI, Need.QR))

CASES: dict[str, tuple[str, list[Change], dict[str, Any]]] = {
    "band-missing": ("home-roaming", [on("gsm-only")], {}),
    "switched-off": ("home-roaming", [on("umts-only")], {"world": UMTS_UNTIL_2024}),
    "sim-locked": ("local-sim-swap", [(DEVICE, "[{model: both, locked_to: home-us}]")], {}),
    "no-slot": ("local-sim-swap", [on("no-tray"), ESIM_AT_HOME], {}),
    "no-second-slot": ("local-sim-second-slot", [], {}),
    "no-esim": ("travel-esim", [on("two-slots")], {}),
    "pin-locked": ("local-sim-swap", [], {"also": "faults: [{fault: pin}]\n"}),
    "no-home-line": ("roaming-pass", [(HOME, "")], {}),
    "no-agreement": ("home-roaming", [TO_VN], {}),
    "roaming-barred": ("home-roaming", [], {"world": with_agreement(barred=True)}),
    "technology-not-agreed": ("home-roaming", [], {"world": with_agreement(rats=(Rat.GERAN,))}),
    "rejected": (
        "home-roaming",
        [],
        {"also": "faults: [{fault: rejected, operator: local-th, cause: 22, times: 20}]\n"},
    ),
    "permanent-roaming": ("home-roaming", [], {"world": with_agreement(longest_days=3)}),
    "no-data-service": ("home-roaming", [], {"world": UMTS_WITHOUT_DATA}),
    "no-voice": ("home-roaming", [on("no-volte")], {}),
    "data-only": ("travel-esim", [TO_VN], {}),
    "home-number-off": ("local-sim-swap", [], {}),
    "no-offer": ("roaming-pass", [TO_VN], {}),
    "no-esim-sold": ("local-esim", [TO_VN], {}),
    "not-covered": (
        "travel-esim",
        [TO_VN],
        {"also": "options: [{option: travel-esim, offers: [travel-th]}]\n"},
    ),
    "no-shop": ("local-sim-swap", [who(shops="false")], {}),
    "no-passport": ("local-sim-swap", [who(passport="false")], {}),
    "no-local-number": ("local-esim", [], {"world": ASKS_FOR_NUMBER}),
    "no-post": ("multi-imsi", [who(post="false")], {}),
    "no-network-for-download": ("travel-esim", [who(prepares="false", wifi="[home]")], {}),
    "server-unreachable": ("travel-esim", [], {"also": "faults: [{fault: server-down}]\n"}),
    "download-interrupted": (
        "travel-esim",
        [],
        {"also": "faults: [{fault: interrupted, party: card, kind: drop-response, number: 40}]\n"},
    ),
    "code-used": ("travel-esim", [], {"also": "faults: [{fault: qr-used}]\n"}),
    "confirmation-code": ("travel-esim", [], {"also": "faults: [{fault: confirmation-code}]\n"}),
    "quota": ("travel-esim", [(DEVICE, "[{model: both, other_profiles: 8}]")], {}),
    "memory": ("travel-esim", [(DEVICE, "[{model: both, memory: 1000}]")], {}),
    "ppr-forbids": (
        "travel-esim",
        [on("one-line"), ("home-tariff}", "home-tariff, form: esim, ppr: [ppr1]}")],
        {},
    ),
    "download-failed": (
        "travel-esim",
        [],
        {"also": "faults: [{fault: interrupted, kind: corrupt-response, function: authenticateClient}]\n"},
    ),
    "data-used-up": ("home-roaming", [], {"world": LIMITED_TARIFF}),
}  # fmt: skip


def test_every_reason_has_a_case() -> None:
    assert set(CASES) == set(REASONS)


@pytest.mark.parametrize("reason", CASES)
def test_reason(travel: Runner, reason: str) -> None:
    option, changes, more = CASES[reason]
    outcome = travel(option, *changes, **more)
    statement = of_reason(outcome, reason)
    assert statement.evidence
    assert statement.problem is REASONS[reason]
    assert statement.text[:1].isalnum()
    assert "\n" not in statement.text


def case(travel: Runner, reason: str) -> Statement:
    option, changes, more = CASES[reason]
    return of_reason(travel(option, *changes, **more), reason)


def test_a_missing_band_is_told_by_the_rows_of_both_sides(travel: Runner) -> None:
    statement = case(travel, "band-missing")
    assert "GSM900" in rows(statement, "devices")[0].says
    assert {row.key for row in rows(statement, "operators")} == {"local-th", "other-th"}


def test_a_sunset_is_told_with_its_date(travel: Runner) -> None:
    assert "2024-06-30" in case(travel, "switched-off").text


def test_no_agreement_is_a_reject_with_its_cause(travel: Runner) -> None:
    statement = case(travel, "no-agreement")
    names = [one.name for one in statement.evidence if isinstance(one, Message)]
    assert "ATTACH REJECT" in names
    assert "cause #11" in statement.text
    assert [row.key for row in rows(statement, "agreements")] == ["home-us/lone-vn"]


def said(outcome: Outcome, kind: type[Apdu] | type[Message]) -> list[Any]:
    return [one for event in outcome.events for one in event.evidence if isinstance(one, kind)]


def test_the_card_keeps_the_forbidden_network(travel: Runner) -> None:
    outcome = travel("home-roaming", TO_VN)
    updates = [one.command.hex().upper() for one in said(outcome, Apdu) if one.command[1] == 0xD6]
    assert any("00F310" in update for update in updates)


def test_permanent_roaming_ends_after_its_days(travel: Runner) -> None:
    option, changes, more = CASES["permanent-roaming"]
    outcome = travel(option, *changes, **more)
    assert outcome.legs[0].data_mb == 3 * 300
    names = [one.name for one in of_reason(outcome, "permanent-roaming").evidence if isinstance(one, Message)]
    assert any("REJECT" in name for name in names)


@pytest.mark.parametrize(
    ("reason", "codes"),
    [
        ("code-used", "8.2.6/3.8"),
        ("confirmation-code", "endUserRejection"),
        ("memory", "8.1/4.8"),
        ("ppr-forbids", "disallowedByPolicy"),
    ],
)
def test_refusals_are_told_with_the_fields_codes(travel: Runner, reason: str, codes: str) -> None:
    statement = case(travel, reason)
    assert codes in statement.text
    assert any(isinstance(one, Apdu) for one in statement.evidence)


def test_a_wrong_confirmation_code(travel: Runner) -> None:
    also = "faults: [{fault: confirmation-code, typed: '0000'}]\n"
    statement = of_reason(travel("travel-esim", also=also), "confirmation-code")
    assert "8.2.7/3.8" in statement.text or "endUserRejection" in statement.text


def test_the_right_confirmation_code(travel: Runner) -> None:
    outcome = travel("travel-esim", also="faults: [{fault: confirmation-code, typed: '4711'}]\n")
    assert outcome.works
    assert "type-confirmation-code" in outcome.before


def test_a_profile_with_ppr1_is_not_a_second_one(travel: Runner) -> None:
    outcome = travel("travel-esim", on("one-line"), ESIM_AT_HOME, world=TWO_PPR1)
    assert "pprNotAllowed" in of_reason(outcome, "ppr-forbids").text


def test_a_home_profile_with_ppr1_cannot_be_switched_off(travel: Runner) -> None:
    ppr1 = ("home-tariff}", "home-tariff, form: esim, ppr: [ppr1]}")
    outcome = travel("local-sim-swap", on("one-line"), ppr1)
    assert "disallowedByPolicy" in of_reason(outcome, "ppr-forbids").text


def test_an_interrupted_download_is_begun_anew(travel: Runner) -> None:
    also = (
        "faults: [{fault: interrupted, kind: drop-response, function: getBoundProfilePackage, attempts: 3}]\n"
    )
    outcome = travel("travel-esim", also=also)
    assert outcome.works
    asked = [one for one in said(outcome, Message) if one.name == "ES9+.GetBoundProfilePackage"]
    assert [one.sender for one in asked].count("LPA") == 2


def test_a_download_that_failed_before_leaving_is_tried_again_abroad(travel: Runner) -> None:
    """Interrupted at home, the profile comes over the airport's Wi-Fi; it is bought once more, for the code
    was lost."""
    option, changes, more = CASES["download-interrupted"]
    outcome = travel(option, *changes, **more)
    assert outcome.works
    assert "reach-airport-wifi" in outcome.legs[0].steps


def test_home_roaming_without_data_still_has_the_number(travel: Runner) -> None:
    outcome = travel("home-roaming", world=UMTS_WITHOUT_DATA)
    assert not outcome.works
    assert outcome.home_number


def test_where_there_is_only_4g_no_data_means_no_service(travel: Runner) -> None:
    outcome = travel("home-roaming", world=with_agreement(services=("voice", "sms")))
    assert outcome.reasons == ["no-data-service", "home-number-off"]


LOCKED = (DEVICE, "[{model: both, locked_to: home-us}]")


def test_a_lock_lets_its_own_operator_through(travel: Runner) -> None:
    assert travel("home-roaming", LOCKED).reasons == []


@pytest.mark.parametrize("option", ["travel-esim", "local-esim", "multi-imsi"])
def test_a_lock_refuses_profiles_and_other_cards_too(travel: Runner, option: str) -> None:
    statement = of_reason(travel(option, LOCKED), "sim-locked")
    assert "Insert correct SIM card" in statement.text
    assert any(isinstance(one, Apdu) for one in statement.evidence)


def test_a_lock_that_the_device_is_sold_with(travel: Runner) -> None:
    locked = replace(WORLD.devices["both"], locked_to="home-us")
    world = replace(WORLD, devices={**WORLD.devices, "both": locked})
    assert "sim-locked" in travel("local-sim-swap", world=world).reasons


def test_a_locked_phone_still_calls_for_help(travel: Runner) -> None:
    (leg,) = travel("local-sim-swap", LOCKED).legs
    assert leg.emergency is True
    assert leg.calls is False


def test_a_local_card_that_its_own_network_rejects(travel: Runner) -> None:
    also = "faults: [{fault: rejected, operator: local-th, cause: 11, times: 40}]\n"
    outcome = travel("local-sim-swap", also=also)
    assert "refuses with cause #11" in of_reason(outcome, "rejected").text
