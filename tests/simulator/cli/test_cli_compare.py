"""`esim compare`: cards on disk and recordings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.simulator.cli.conftest import Esim


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "iccid.apdu"
    path.write_text("select MF/EF.ICCID\n00B000000A\nselect MF/EF.DIR\n")
    return path


def test_two_cards(esim: Esim, script: Path) -> None:
    esim("card", "new", "one", "--sim", "--profile", "test-operator")
    esim("card", "new", "other", "--sim", "--profile", "home-operator")
    outcome = esim("compare", "one", "other", "--script", script)
    assert outcome.status == 1
    assert outcome.out.splitlines() == [
        "script: 00B000000A",
        "  EF.ICCID, number of the card / ICCID",
        "    one    8999900000000000014",
        "    other  8999900000000000709",
        "1 difference",
    ]
    assert esim("compare", "one", "one", "--script", script).out == "no differences\n"
    lines = esim("compare", "one", "other", "--script", script, "--json", "--all").out.splitlines()
    assert [json.loads(line)["differs"] for line in lines] == [False, True, False]


def test_what_is_run_without_a_script(esim: Esim) -> None:
    esim("card", "new", "one", "--sim", "--profile", "test-operator")
    assert esim("compare", "one", "one").status == 0


def test_a_card_and_its_recording(esim: Esim, script: Path, tmp_path: Path) -> None:
    esim("card", "new", "one", "--sim", "--profile", "test-operator")
    recording = tmp_path / "one.jsonl"
    esim("script", "run", script, "--card", "one", "--trace", recording)
    outcome = esim("compare", "one", recording, "--script", script)
    assert (outcome.status, outcome.out) == (0, "no differences\n"), outcome.err


def test_a_card_that_is_not_there(esim: Esim, script: Path) -> None:
    outcome = esim("compare", "one", "other", "--script", script)
    assert outcome.status == 1
    assert "there is no card named one" in outcome.err


def test_an_euicc_is_no_different_from_itself(esim: Esim) -> None:
    """Although its challenges are."""
    esim("card", "new", "one", "--profile", "test-operator", "--enable")
    assert esim("compare", "one", "one").out == "no differences\n"


def test_what_only_one_card_can_do_is_one_difference(esim: Esim) -> None:
    esim("card", "new", "sim", "--sim", "--profile", "test-operator")
    esim("card", "new", "euicc", "--profile", "test-operator", "--enable")
    lines = esim("compare", "sim", "euicc").out.splitlines()
    assert lines[lines.index("  es10b") - 1 :][:4] == [
        "The card is an eUICC, which loads profiles; what needs that was left out",
        "  es10b",
        "    sim    no",
        "    euicc  yes",
    ]
    told = [json.loads(line) for line in esim("compare", "sim", "euicc", "--json").out.splitlines()]
    assert {"needs": "es10b", "differs": True, "left": False, "right": True} in told
