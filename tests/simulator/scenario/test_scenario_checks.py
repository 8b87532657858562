"""The four things to look at before leaving."""

from __future__ import annotations

from dataclasses import replace

from simulator.network.world import World
from simulator.scenario import trip as trips
from simulator.scenario.checks import Finding, Topic, Verdict, check
from tests.simulator.scenario.conftest import TRIP, WORLD


def findings(text: str = TRIP, world: World = WORLD) -> list[Finding]:
    return check(trips.parse(text, world), world)


def texts(found: list[Finding], topic: Topic, verdict: Verdict | None = None) -> list[str]:
    return [one.text for one in found if one.topic is topic and verdict in (None, one.verdict)]


def test_all_four_and_each_on_rows() -> None:
    found = findings()
    assert {one.topic for one in found} == set(Topic)
    assert all(one.evidence for one in found)
    assert [one.topic for one in found] == sorted((one.topic for one in found), key=list(Topic).index)


def test_the_device() -> None:
    good = texts(findings(), Topic.DEVICE, Verdict.GOOD)
    assert "the Acme both (test) has 1 slot for cards, 2 lines at once" in good
    assert "the Acme both (test) keeps 8 profiles, 2 enabled at once" in good
    assert "the Acme both can use 4G (LTE), 5G (NR) in Country th" in good


def test_a_device_that_lacks_things() -> None:
    found = findings(TRIP.replace("[both]", "[{model: gsm-only, locked_to: home-us}]"))
    care = texts(found, Topic.DEVICE, Verdict.CARE)
    assert "the Acme gsm-only (test) has one line: another one takes its place" in care
    assert "the Acme gsm-only (test) has no eSIM: only a card will do" in care
    bad = texts(found, Topic.DEVICE, Verdict.BAD)
    assert "the Acme gsm-only hears no network in Country th on 2026-12-02" in bad
    assert any(f"locked to {WORLD.operators['home-us'].name}: it takes" in text for text in bad)
    no_tray = TRIP.replace("[both]", "[no-tray]").replace("home-tariff}", "home-tariff, form: esim}")
    assert "the Acme no-tray (test) takes no card: only an eSIM will do" in texts(
        findings(no_tray), Topic.DEVICE, Verdict.CARE
    )


def test_operators_and_how_they_sell_esims() -> None:
    found = findings()
    assert texts(found, Topic.OPERATORS)[0].startswith("eSIMs in Country th: Operator local-th (online)")
    other = findings(TRIP.replace("country: th", "country: vn"))
    assert "no operator in Country vn sells eSIMs" in texts(other, Topic.OPERATORS, Verdict.BAD)
    assert "no local eSIM for Country vn in the tables" in texts(other, Topic.OPERATORS, Verdict.CARE)
    assert any("it needs: go to a shop, show a passport" in text for text in texts(found, Topic.OPERATORS))


def test_roaming_terms() -> None:
    found = findings()
    assert "Operator home-us in Country th: Operator local-th (high)" in texts(
        found, Topic.ROAMING, Verdict.CARE
    )
    assert "passes of Operator home-us: pass, 10 USD" in texts(found, Topic.ROAMING, Verdict.GOOD)
    other = findings(TRIP.replace("country: th", "country: vn"))
    assert texts(other, Topic.ROAMING, Verdict.BAD) == [
        "Operator home-us has no roaming agreement in Country vn"
    ]


def test_a_stay_that_is_too_long() -> None:
    agreement = replace(WORLD.agreements["home-us/local-th"], longest_days=3)
    world = replace(WORLD, agreements={**WORLD.agreements, agreement.key: agreement})
    care = texts(findings(world=world), Topic.ROAMING, Verdict.CARE)
    assert care[0].endswith("for 3 days at most, and this stay has 5")


def test_resellers() -> None:
    good = texts(findings(), Topic.RESELLERS, Verdict.GOOD)
    assert good[0].startswith("travel eSIM for Country th: 1, from 4 USD (travel-th)")
    care = texts(findings(TRIP.replace("country: th", "country: vn")), Topic.RESELLERS, Verdict.CARE)
    assert care == ["no multi-IMSI SIM for Country vn in the tables"]


def test_as_object() -> None:
    first = findings()[0].as_object()
    assert first["topic"] == "device"
    assert first["evidence"][0]["kind"] == "row"
