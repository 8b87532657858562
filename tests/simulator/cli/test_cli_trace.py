"""--trace: files and packets that other commands and programs read."""

from __future__ import annotations

import json
import socket
import subprocess
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


def test_a_trace_in_words_goes_to_standard_error(esim: Esim, sim: str) -> None:
    outcome = esim("apdu", "--card", sim, "--json", "--trace", "-", "00A40804022FE2", "00B000000A")
    assert "READ BINARY MF/EF.ICCID, 10 bytes" in outcome.err
    assert "ICCID: 89" in outcome.err
    assert all(json.loads(line) for line in outcome.out.splitlines())


def test_a_trace_is_shown_in_words_and_as_json(esim: Esim, sim: str, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    esim("apdu", "--card", sim, "--trace", path, "00A40804022FE2", "00B000000A", "00B0000100")
    shown = esim("trace", "show", path)
    assert "ICCID: 89" in shown.out
    assert "file control parameters (62)" in shown.out
    brief = esim("trace", "show", path, "--brief").out.splitlines()
    assert brief[0].endswith("Reset  → answer to reset")
    assert brief[3].endswith("READ BINARY MF/EF.ICCID, 10 bytes  → 9000: normal ending of the command")
    data = json.loads(esim("trace", "show", "-", "--json", stdin=path.read_text()).out)
    assert [one["title"] for one in data][1] == "SELECT MF/EF.ICCID"


def test_a_trace_is_converted_with_explanations_for_wireshark(esim: Esim, sim: str, tmp_path: Path) -> None:
    recording, capture = tmp_path / "s.jsonl", tmp_path / "s.pcapng"
    esim("apdu", "--card", sim, "--trace", recording, "00A40804022FE2", "00B000000A")
    assert esim("trace", "convert", recording, capture).status == 0
    comments = subprocess.run(
        ["tshark", "-r", capture, "-T", "fields", "-e", "frame.comment"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert comments[-1] == "READ BINARY MF/EF.ICCID, 10 bytes"
    back = tmp_path / "back.jsonl"
    assert esim("trace", "convert", capture, back).status == 0
    before, after = read(recording.read_bytes()), read(back.read_bytes())
    assert [e.command for e in after if isinstance(e, Exchange)] == [
        e.command for e in before if isinstance(e, Exchange)
    ]


def test_a_recording_replays_as_a_card_and_against_one(esim: Esim, sim: str, tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    esim("apdu", "--card", sim, "--trace", path, "00A40804022FE2", "00B000000A")
    iccid = read(path.read_bytes())[-1]
    assert isinstance(iccid, Exchange)
    assert iccid.response[:-2].hex().upper() in esim("trace", "replay", path, "--skip", "00B000000A").out
    refused = esim("trace", "replay", path, "00B000000B")
    assert refused.status == 1
    assert "the recording does not go on with 00B000000B" in refused.err
    assert (
        esim("trace", "replay", path, "--card", sim).out.splitlines()[-1] == "3 commands, 0 answers differ."
    )
    assert esim("card", "new", "other", "--sim", "--profile", "home-operator").status == 0
    differs = esim("trace", "replay", path, "--card", "other")
    assert differs.status == 1
    assert "answers differ" in differs.out
    assert esim("trace", "replay", path).status == 2


def test_hexadecimal_is_explained_from_arguments_and_standard_input(esim: Esim) -> None:
    words = [
        "00A4040C07A0000000871002",
        "9000",
        "00A4000C026F07",
        "9000",
        "00B0000009",
        "0829826082000020809000",
    ]
    assert "IMSI: 228062800000208" in esim("explain", *words).out
    assert "IMSI: 228062800000208" in esim("explain", stdin="\n".join(words)).out
    assert "IMSI: 228062800000208" in esim("explain", "--as", "EF.IMSI", "08 29 82 60 82 00 00 20 80").out
    log = "-> 00a4000c022fe2\n<- 9000:\n-> 00b000000a\n<- 9000: 988812010000400310f0\n"
    assert "ICCID: 8988211000000430010" in esim("explain", "-", stdin=log).out
    (one,) = json.loads(esim("explain", "--json", "D009810301010482028182").out)
    assert one["title"] == "Proactive command"


def test_nothing_to_explain_is_told(esim: Esim) -> None:
    outcome = esim("explain", stdin="\n")
    assert outcome.status == 1
    assert outcome.err == "esim: standard input is empty; give it hexadecimal, or a trace.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("explain", "xyz"), "'xyz' is not hexadecimal"),
        (("explain", "--as", "EF.NOTHING", "00"), "no file whose layout is known"),
        (("trace", "show", "nowhere.jsonl"), "No such file"),
        (("trace", "show", "-"), "standard input has no APDU in it"),
    ],
)
def test_what_cannot_be_explained_is_told(esim: Esim, arguments: tuple[str, ...], sentence: str) -> None:
    outcome = esim(*arguments)
    assert outcome.status == 1
    assert sentence in outcome.err


def test_session_keys_open_a_traced_download(
    esim: Esim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, trace = tmp_path / "keys.log", tmp_path / "download.pcapng"
    monkeypatch.setenv("ESIM_KEYLOG", str(keys))
    assert esim("download", "--upp", "test-operator", "--trace", trace).status == 0
    assert keys.stat().st_mode & 0o077 == 0, "nobody else may read it"
    shown = esim("trace", "show", trace, "--keylog", keys).out
    assert "opened with the session keys; the MAC is right" in " ".join(shown.split())
    assert "profile element 1: header" in shown
    assert "profile element 1: header" not in esim("trace", "show", trace).out
    keys.write_text("BSP_S_ENC nonsense\n")
    refused = esim("trace", "show", trace, "--keylog", keys)
    assert refused.status == 1
    assert "line 1 of the key log" in refused.err
