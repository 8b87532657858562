"""Traces of cards in readers, and what foreign programs print of theirs."""

from __future__ import annotations

import signal
from pathlib import Path

from cards.explain import Explainer
from cards.pcsc import Service
from cards.trace import Exchange, Reset
from cards.trace.reading import read
from simulator.uicc.card import DEFAULT_ATR
from tests.interop.conftest import READER, Insert, Program, has_card, make_card
from tests.interop.pcscd import PcscService, eventually
from tests.simulator.cli.conftest import Esim, Start, next_line

ICCID = "8999900000000000014"


def test_a_session_with_a_card_in_a_reader_is_recorded(insert: Insert, esim: Esim, tmp_path: Path) -> None:
    path = tmp_path / "reader.jsonl"
    with insert(make_card()):
        traced = esim("apdu", "--reader", READER, "--trace", path, "00A40804022FE2", "00B000000A")
        assert traced.status == 0, traced.err
        again = esim("trace", "replay", path, "--reader", READER)
    assert again.out.splitlines()[-1].endswith("0 answers differ.")
    entries = read(path.read_bytes())
    assert entries[0] == Reset(DEFAULT_ATR, entries[0].time)
    assert all(entry.seconds > 0 for entry in entries if isinstance(entry, Exchange))
    assert f'"reader": "reader {READER}"' in path.read_text(encoding="utf-8")
    assert f"ICCID: {ICCID}" in esim("trace", "show", path).out


def test_what_scriptor_prints_is_explained(insert: Insert, program: Program) -> None:
    with insert(make_card()):
        said = program(
            "scriptor", "-r", READER, "-p", "T=0", stdin="reset\n00 A4 08 04 02 2F E2\n00 B0 00 00 0A\n"
        )
    entries = read(said.encode())
    assert Reset(DEFAULT_ATR) in entries
    explainer = Explainer()
    values = {field.value for entry in entries for field in explainer.entry(entry).walk()}
    assert ICCID in values


def test_a_plugged_card_shows_what_it_is_asked(
    pcscd: PcscService, readers: Service, esim: Esim, start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "plugged.pcapng"
    assert esim("card", "new", "plain", "--sim", "--profile", "test-operator").status == 0
    assert eventually(lambda: not has_card(readers))
    process = start("reader", "plug", "plain", "--port", pcscd.port, "--trace", path)
    assert next_line(process.stderr).startswith("Card plain is in the virtual reader")
    assert eventually(lambda: has_card(readers))
    asked = ("apdu", "--reader", READER, "00A40804022FE2", "00B000000A")
    assert eventually(lambda: esim(*asked).status == 0)
    process.send_signal(signal.SIGTERM)
    process.wait(10)
    assert f"ICCID: {ICCID}" in esim("trace", "show", path).out
    both = esim("reader", "plug", "plain", "other", "--trace", path)
    assert both.status == 2
    assert "--trace follows one card" in both.err
