"""`esim travel`: what its commands print, and how mistakes are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator.cli.conftest import Esim


def test_the_trips_that_come_along(esim: Esim) -> None:
    outcome = esim("travel", "list")
    assert outcome.status == 0
    assert outcome.out.startswith("bangkok\n  A week in Bangkok. A local SIM means a swap")
    found = json.loads(esim("travel", "list", "--json").out)
    assert found["zurich-2g-phone"]["name"] == "A 2G phone in Zürich"


def test_a_comparison_in_a_table(esim: Esim) -> None:
    outcome = esim("travel", "compare", "hanoi-one-slot")
    assert outcome.status == 0
    assert "local SIM in place" in outcome.out
    assert "57.6 min" in outcome.out
    assert "the device has no eUICC (SGP.22 §2.4; devices: esim)" in outcome.out
    assert all(len(line) <= 80 for line in outcome.out.splitlines())


def test_many_countries_are_counted(esim: Esim) -> None:
    assert "in 6 of 6" in esim("travel", "compare", "six-cities", "--option", "multi-imsi").out


def test_a_run_tells_steps_problems_and_totals(esim: Esim) -> None:
    outcome = esim("travel", "run", "subsidised-phone", "--option", "travel-esim")
    assert "by hand, before leaving: scan the QR code" in outcome.out
    assert "a profile policy rule forbids it (SGP.22 §2.9)" in outcome.out
    assert "Only the operator can lift the rule." in outcome.out
    assert "first byte: never; " in outcome.out
    assert "home SIM" not in outcome.out


def test_why(esim: Esim) -> None:
    out = esim("travel", "run", "subsidised-phone", "--option", "travel-esim", "--why").out
    assert "→ 9000: normal ending of the command" in out
    assert "row offers/airalo-us: " in out
    assert "SGP.22 §2.9.1: PPR1: the profile must not be disabled" in out
    compared = esim("travel", "compare", "subsidised-phone", "--option", "travel-esim", "--why").out
    assert "row offers/airalo-us: " in compared


def test_events(esim: Esim) -> None:
    out = esim("travel", "run", "zurich-2g-phone", "--option", "home-roaming", "--events").out
    assert "  2026-01-12 12:01  traveller    switch airplane mode off after landing\n" in out
    assert "  phone        the phone hears the networks none\n" in out


def test_json(esim: Esim) -> None:
    run = esim("travel", "run", "zurich-2g-phone", "--json")
    document = json.loads(run.out)
    assert [one["option"] for one in document["outcomes"]] == ["home-roaming", "local-sim-swap"]
    first = document["outcomes"][0]
    assert first["problems"] == ["switched-off", "home-number-off"]
    assert first["events"][0]["kind"] == "packed"
    assert run.out == esim("travel", "run", "zurich-2g-phone", "--json").out
    assert run.out != esim("travel", "run", "zurich-2g-phone", "--json", "--seed", "2").out
    compared = json.loads(esim("travel", "compare", "zurich-2g-phone", "--json").out)
    assert "events" not in compared["outcomes"][0]


def test_the_same_json_in_every_process(esim_home: Path) -> None:
    """Nothing depends on how Python orders sets."""
    code = "from simulator.cli import main; main()"
    call = [sys.executable, "-c", code, "travel", "run", "zurich-2g-phone", "--json"]
    texts = [
        subprocess.run(
            call, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert texts[0] == texts[1]
    assert texts[0]


def test_check(esim: Esim) -> None:
    out = esim("travel", "check", "shanghai-without-tray").out
    assert [line for line in out.splitlines() if not line.startswith(" ")] == [
        "Device",
        "Operators at the destination",
        "Roaming terms",
        "Resellers",
    ]
    assert "takes no card: only an eSIM will do" in out
    assert "row devices/iphone-16-us: " in esim("travel", "check", "shanghai-without-tray", "--why").out
    document = json.loads(esim("travel", "check", "shanghai-without-tray", "--json").out)
    assert {one["verdict"] for one in document["findings"]} <= {"good", "take care", "bad"}


def test_a_page_in_one_file(esim: Esim, tmp_path: Path) -> None:
    path = tmp_path / "trip.html"
    outcome = esim("travel", "compare", "zurich-2g-phone", "--html", path)
    assert outcome.status == 0
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "nowhere"), "esim: no trip 'nowhere' comes along; `esim travel list` shows those that do"),
        (("compare", "missing.yaml"), "esim: missing.yaml: cannot be read: No such file or directory"),
        (("check", "broken.yaml"), "esim: broken.yaml:1: name: it is missing"),
    ],
)
def test_mistakes(
    esim: Esim,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.yaml").write_text("traveller: {lives_in: us}\n")
    outcome = esim("travel", *arguments)
    assert outcome.status == 1
    assert outcome.err.startswith(sentence)
    assert outcome.err.count("\n") == 1


def test_an_unknown_option(esim: Esim) -> None:
    outcome = esim("travel", "run", "bangkok", "--option", "teleport")
    assert outcome.status == 2
    assert "'teleport' is not one of 'home-roaming'" in outcome.err
