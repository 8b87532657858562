"""`esim script` on a card, and the example of docs/scripts.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.simulator.cli.conftest import Esim

PAGE = Path(__file__).parents[3] / "docs" / "scripts.md"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    path = tmp_path / "example.apdu"
    path.write_text(PAGE.read_text(encoding="utf-8").split("```apdu\n")[1].split("```")[0], encoding="utf-8")
    return path


def test_the_example_of_the_page(esim: Esim, example: Path) -> None:
    assert esim("script", "check", example).out == f"{example}: 3 sections, 8 steps\n"
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    outcome = esim("script", "run", example, "--card", "plain")
    assert outcome.status == 0, outcome.out
    assert "FAIL" not in outcome.out
    assert "ok  select MF/EF.ICCID  9000" in outcome.out


def test_what_differs(esim: Esim, tmp_path: Path) -> None:
    path = tmp_path / "wrong.apdu"
    path.write_text("select MF/EF.ICCID\n00B0000002 => 0000 9000\n")
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    outcome = esim("script", "run", path, "--card", "plain")
    assert outcome.status == 1
    assert "wrong.apdu, line 2: the data 9899: byte 0 is 98 in place of 00" in outcome.out
    lines = [
        json.loads(line) for line in esim("script", "run", path, "--card", "plain", "--json").out.splitlines()
    ]
    assert [line["command"] for line in lines] == ["00A40004022FE200", "00B0000002"]
    assert lines[1]["data"] == "9899"
    assert lines[1]["problem"].startswith("the data")
    assert lines[0]["problem"] is None


def test_a_mistake(esim: Esim, tmp_path: Path) -> None:
    path = tmp_path / "mistake.apdu"
    path.write_text("hello\n")
    outcome = esim("script", "run", path, "--card", "none")
    assert outcome.status == 1
    assert outcome.err.startswith("esim: mistake.apdu, line 1: 'hello' is neither")
