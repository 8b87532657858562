"""`esim conform` and its reports."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.simulator.cli.conftest import Esim


def test_a_plain_sim(esim: Esim, tmp_path: Path) -> None:
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    junit, html = tmp_path / "report.xml", tmp_path / "report.html"
    outcome = esim("conform", "--card", "plain", "--junit", junit, "--html", html)
    assert outcome.status == 0, outcome.out
    totals = outcome.out.splitlines()[-1]
    assert re.fullmatch(r"\d{3} passed, 0 failed, \d+ not applicable", totals), totals
    suites = ET.parse(junit).getroot()
    assert {suite.get("name"): suite.get("failures") for suite in suites}["uicc"] == "0"
    assert "<h1>Conformance of plain</h1>" in html.read_text()
    assert re.search(r"<p>\d{4}-\d\d-\d\d \d\d:\d\d UTC: " + totals, html.read_text())
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}", suite.get("timestamp", "")) for suite in suites)
    (tmp_path / "mine").touch()
    assert junit.stat().st_mode == html.stat().st_mode == (tmp_path / "mine").stat().st_mode


def test_an_euicc_stays_as_it_is(esim: Esim) -> None:
    esim("card", "new", "phone", "--profile", "test-operator", "--enable")
    before = esim("card", "show", "phone", "--json").out
    outcome = esim("conform", "--card", "phone", "--suite", "profiles", "--suite", "provisioning", "--json")
    results = [json.loads(line) for line in outcome.out.splitlines()]
    assert {result["verdict"] for result in results} == {"passed", "not applicable"}
    assert results[0]["apdus"]
    assert esim("card", "show", "phone", "--json").out == before


def test_a_failure_is_told_with_its_apdus(esim: Esim, tmp_path: Path) -> None:
    quirk = tmp_path / "wrong.py"
    quirk.write_text(
        "def after_apdu(command, response):\n"
        "    if command[:2] == bytes.fromhex('00FC'):\n"
        "        return bytes.fromhex('9000')\n"
    )
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    outcome = esim("--quirks", quirk, "conform", "--card", "plain", "--suite", "uicc")
    assert outcome.status == 1
    assert "failed  uicc: An unknown instruction\n        TS 102 221 §10.1.2" in outcome.out
    assert "-> 00FC0000" in outcome.out


def test_several_failures_are_named_again_below_their_apdus(esim: Esim, tmp_path: Path) -> None:
    quirk = tmp_path / "wrong.py"
    quirk.write_text(
        "def on_reset(atr):\n"
        "    return bytes.fromhex('3B00')\n"
        "def after_apdu(command, response):\n"
        "    if command[:2] == bytes.fromhex('00FC'):\n"
        "        return bytes.fromhex('9000')\n"
    )
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    outcome = esim("--quirks", quirk, "conform", "--card", "plain", "--suite", "uicc")
    lines = outcome.out.splitlines()
    at = lines.index("2 failed:")
    assert lines[at + 1 :][:2] == [
        "  uicc: An unknown instruction",
        "  uicc: The ATR has historical bytes that add up",
    ]
    assert all(line == line.rstrip() for line in lines)


def test_a_card_that_goes_leaves_what_was_found(esim: Esim, tmp_path: Path) -> None:
    quirks = tmp_path / "gone.py"
    quirks.write_text(
        "from cards.errors import LinkError\n"
        "left = 100\n"
        "def before_apdu(command):\n"
        "    global left\n"
        "    left -= 1\n"
        "    if left < 0:\n"
        "        raise LinkError('the card was removed')\n"
    )
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    report = tmp_path / "report.xml"
    outcome = esim("--quirks", quirks, "conform", "--card", "plain", "--suite", "uicc", "--junit", report)
    assert outcome.status == 1
    assert "the card was removed" in outcome.err
    assert " passed" in outcome.out
    assert "stopped after " in report.read_text(encoding="utf-8")


def test_a_suite_that_is_not_there(esim: Esim) -> None:
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    outcome = esim("conform", "--card", "plain", "--suite", "hat")
    assert outcome.status == 2
    assert "there is no suite 'hat': they are uicc, files" in outcome.err


def test_the_list(esim: Esim) -> None:
    assert (
        "SELECT of the MF answers its FCP (TS 102 221 §11.1.1.3)"
        in esim("conform", "--card", "x", "--list").out
    )
