"""--trace: files and packets that other commands and programs read."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from cards.trace import Exchange, Reset
from cards.trace.reading import read
from tests.simulator.cli.conftest import Esim


@pytest.fixture
def sim(esim: Esim) -> str:
    assert esim("card", "new", "plain", "--sim", "--profile", "test-operator").status == 0
    return "plain"


def test_a_trace_is_a_recording_and_a_capture_at_once(esim: Esim, sim: str, tmp_path: Path) -> None:
    recording, capture = tmp_path / "s.jsonl", tmp_path / "s.pcapng"
    outcome = esim(
        "apdu", "--card", sim, "--trace", recording, "--trace", capture, "00A40004022FE2", "00B000000A"
    )
    assert outcome.status == 0
    entries, captured = read(recording.read_bytes()), read(capture.read_bytes())
    assert [type(entry) for entry in entries] == [type(entry) for entry in captured]
    assert isinstance(entries[0], Reset)
    assert isinstance(last := entries[-1], Exchange)
    assert last.command.hex() == "00b000000a"
    assert last.response.endswith(b"\x90\x00")
    assert json.loads(recording.read_text().splitlines()[0])["reader"] == "card plain"


def test_a_trace_goes_to_a_listener(esim: Esim, sim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(5)
        monkeypatch.setattr(
            "cards.trace.gsmtap.UdpSink.__init__.__defaults__", ("127.0.0.1", listener.getsockname()[1])
        )
        assert esim("apdu", "--card", sim, "--trace", "gsmtap:127.0.0.1", "00A40004022FE2").status == 0
        assert listener.recv(2000)[12] == 1, "first the ATR"
        assert listener.recv(2000)[16:].startswith(bytes.fromhex("00A40004022FE2"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("lpa", "list", "--card", "phone"),
        ("card", "show", "phone"),
        ("download", "--upp", "home-operator", "--card", "phone"),
    ],
    ids=["lpa", "card", "download"],
)
def test_every_command_with_a_card_can_be_traced(
    esim: Esim, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert esim("card", "new", "phone").status == 0
    path = tmp_path / "trace.jsonl"
    outcome = esim(*arguments, "--trace", path)
    assert outcome.status == 0, outcome.err
    entries = read(path.read_bytes())
    assert isinstance(entries[0], Reset)
    assert any(isinstance(entry, Exchange) and entry.command[1] == 0xE2 for entry in entries)


def test_a_place_that_cannot_be_written_is_told(esim: Esim, sim: str, tmp_path: Path) -> None:
    outcome = esim("apdu", "--card", sim, "--trace", tmp_path / "no" / "s.pcapng", "00A40004022FE2")
    assert outcome.status == 1
    assert "No such file" in outcome.err
    outcome = esim("apdu", "--card", sim, "--trace", "gsmtap:nowhere.invalid", "00A40004022FE2")
    assert outcome.status == 1
    assert "cannot send a trace to nowhere.invalid" in outcome.err
