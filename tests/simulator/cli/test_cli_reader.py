"""`esim reader`, `esim shell`, `esim card info` and `dump`, without a service; tests/interop has one."""

from __future__ import annotations

import json
import shlex
import socket
import sys
from pathlib import Path

import pytest
from smartcard import scard

from tests.simulator.cli.conftest import Esim, Start, next_line

ICCID = "8999900000000000709"
ISD_R = "A0000005591010FFFFFFFF8900000100"


@pytest.fixture
def plain(esim: Esim) -> str:
    """A plain SIM with PIN 1 enabled (2468)."""
    assert esim("card", "new", "plain", "--sim", "--profile", "home-operator").status == 0
    return "plain"


@pytest.fixture
def phone(esim: Esim) -> str:
    assert esim("card", "new", "phone", "--profile", "test-operator", "--enable").status == 0
    return "phone"


@pytest.fixture
def no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever runs on this machine, or for other tests: PC/SC answers that it does not."""
    monkeypatch.setattr(scard, "SCardEstablishContext", lambda scope: (scard.SCARD_E_NO_SERVICE, None))


@pytest.mark.usefixtures("no_service")
def test_without_a_service_one_sentence_says_what_to_do(esim: Esim, plain: str) -> None:
    commands = (
        ("reader", "list"),
        ("reader", "watch", "--for", "0"),
        ("lpa", "list", "--reader", "0"),
        ("apdu", "--reader", "0", "00A40004023F00"),
        ("card", "info", "--reader", "0"),
        ("download", "--upp", "test-operator", "--reader", "0"),
    )
    for command in commands:
        outcome = esim(*command)
        assert outcome.status == 1
        assert outcome.err.splitlines()[-1] == (
            "esim: the PC/SC service does not run (SCARD_E_NO_SERVICE); "
            "start it with `systemctl start pcscd`, or run `pcscd`"
        )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    assert (
        f"no virtual reader listens on 127.0.0.1:{free}" in esim("reader", "plug", plain, "--port", free).err
    )


@pytest.mark.usefixtures("no_service")
def test_which_card(esim: Esim, plain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Say which card: --card NAME, or --reader" in esim("apdu", "00A40004023F00").err
    assert esim("apdu", "--card", plain, "--reader", "0", "00A40004023F00").status == 2
    monkeypatch.setenv("ESIM_READER", "0")
    assert esim("apdu", "--card", plain, "00A40004023F00").status == 0
    assert "PC/SC service" in esim("apdu", "00A40004023F00").err


def test_plug_is_called_wrongly(esim: Esim, plain: str) -> None:
    assert (
        "Give one of --tcp, --modem, --stdio, --run."
        in esim("reader", "plug", plain, "--tcp", "0", "--stdio").err
    )
    assert "slots for more than one card" in esim("reader", "plug", plain, "other", "--stdio").err
    assert "A card fits into one slot only." in esim("reader", "plug", plain, plain).err
    assert "there is no card named other" in esim("reader", "plug", "other").err


def test_a_card_behind_a_port(esim: Esim, plain: str, start: Start) -> None:
    process = start("reader", "plug", plain, "--tcp", "0")
    said = next_line(process.stderr)
    assert said.startswith("Card plain listens on 127.0.0.1:")
    port = int(said.split()[4].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(bytes.fromhex("000104"))
        assert client.recv(100)[:3] == bytes.fromhex("00163B")
        client.sendall(bytes.fromhex("000700A40804022FE2"))
        assert client.recv(100).hex() == "00026118"


def test_a_card_on_standard_input_and_output(esim: Esim, phone: str) -> None:
    lines = [
        {"type": "apdu", "payload": {"func": "connect", "param": None}},
        {"type": "apdu", "payload": {"func": "logic_channel_open", "param": ISD_R}},
        {"type": "apdu", "payload": {"func": "transmit", "param": "81e2910003bf2000"}},
        {"type": "progress", "payload": {}},
        {"type": "apdu", "payload": {"func": "logic_channel_close", "param": "01"}},
        {"type": "apdu", "payload": {"func": "disconnect"}},
    ]
    outcome = esim(
        "reader", "plug", phone, "--stdio", stdin="".join(f"{json.dumps(line)}\n" for line in lines)
    )
    answers = [json.loads(line)["payload"] for line in outcome.out.splitlines()]
    assert [answer["ecode"] for answer in answers] == [0, 1, 0, 0, 0]
    assert answers[2]["data"][:2] == "61"


def test_a_program_on_a_card(esim: Esim, phone: str, tmp_path: Path) -> None:
    """What it writes to others is passed on, and so is its exit status."""
    script = tmp_path / "program.py"
    script.write_text(
        "import os, sys\n"
        """print('{"type":"apdu","payload":{"func":"transmit","param":"00a40004023f00"}}', flush=True)\n"""
        "answer = sys.stdin.readline()\n"
        "print('it said', answer.strip(), os.environ['LPAC_APDU'])\n"
        "sys.exit(3)\n"
    )
    outcome = esim("reader", "plug", phone, "--run", shlex.join((sys.executable, str(script))))
    assert outcome.out == 'it said {"type":"apdu","payload":{"ecode":0,"data":"6122"}} stdio\n'
    assert outcome.status == 3
    missing = esim("reader", "plug", phone, "--run", "no-such-program")
    assert (missing.status, missing.err) == (1, "esim: no-such-program: No such file or directory\n")


def test_card_info(esim: Esim, plain: str, phone: str) -> None:
    said = esim("card", "info", "--card", plain).out
    assert f"ICCID            {ICCID}" in said
    assert "IMSI             locked until a PIN is verified" in said
    assert "PIN 1            enabled, 3 tries left" in said
    assert "IMSI             999700000000001" in esim("card", "info", "--card", plain, "--pin1", "2468").out
    assert "the PIN is wrong, 2 tries are left" in esim("card", "info", "--card", plain, "--pin1", "0000").err
    data = json.loads(esim("card", "info", "--card", plain, "--json").out)
    assert data["euicc"] is None
    assert data["applications"][0]["aid"].startswith("A0000000871002")
    euicc = json.loads(esim("card", "info", "--card", phone, "--json").out)["euicc"]
    assert euicc["info1"]["sgp22_version"] == euicc["sgp22_version"] == "2.2.2"
    assert [profile["state"] for profile in euicc["profiles"]] == ["enabled"]
    said = esim("card", "info", "--card", phone).out
    assert f"EID              {euicc['eid']}" in said
    assert "19 Service Provider" in said


def test_a_dump_becomes_a_card(esim: Esim, plain: str, tmp_path: Path) -> None:
    file = tmp_path / "dump.yaml"
    told = esim("card", "dump", "--card", plain, "--pin1", "2468", "-o", file)
    assert told.out == f"64 files, 0 of them unreadable, are in {file}.\n"
    assert "MF/ADF.USIM/EF.IMSI" in told.err
    assert esim("card", "new", "copy", "--from", file).status == 0
    assert "999700000000001" in esim("card", "info", "--card", "copy", "--pin1", "0000").out
    assert file.read_text() == esim("card", "dump", "--card", "copy", "--pin1", "0000").out
    assert esim("apdu", "--card", "copy", "00200001083030303030303030", "00A40004023F00").status == 0
    assert "copy" in esim("card", "list").out


def test_shell(esim: Esim, plain: str) -> None:
    lines = """
        # comments and empty lines are skipped

        select MF/ADF.USIM/EF.IMSI
        read
        verify 2468
        tries
        read
        update 083999
        select MF/EF.DIR
        read 1
        read
        fcp
        ls
        apdu 00 A4 00 04 02 3F 00
        info
        reset
        read
        select
        read 0
        update
        fly
        verify
        update 1 FF
        authenticate 00 11
        help
        quit
        read"""
    outcome = esim("shell", "--card", plain, stdin=lines)
    assert outcome.status == 1
    assert outcome.err.splitlines() == [
        "esim: READ BINARY: the card answered 6982, security status not satisfied",
        "esim: UPDATE BINARY: the card answered 6982, security status not satisfied",
        "esim: select a file first",
        "esim: this takes 1 word, not 0",
        "esim: select a file first",
        "esim: update takes HEX, or NUMBER and HEX",
        "esim: no word 'fly'; type help",
        "esim: verify takes PIN, or REFERENCE and PIN",
        *outcome.err.splitlines()[8:],
    ]
    assert len(outcome.err.splitlines()) == 10
    said = outcome.out.splitlines()
    assert said[0] == "ATR 3B9F96801FC78031A073BE21136743200718000001A5"
    assert said[1:5] == ["transparent, 9 bytes", "verified", "3", "089999070000000010"]
    assert said[5] == "linear fixed, 2 records of 26 bytes"
    assert said[6].startswith("6118")
    assert "9000 normal ending of the command" in said
    assert any(line.startswith("  select PATH: ") for line in said)


def test_a_shell_without_mistakes_succeeds(esim: Esim, plain: str) -> None:
    assert esim("shell", "--card", plain, stdin="select MF/EF.ICCID\nread\n").status == 0


def test_a_sim_of_the_second_generation_is_told_of_dumped_and_copied(esim: Esim, tmp_path: Path) -> None:
    """It knows class 'A0' alone, so that all is read with commands of TS 51.011."""
    esim("card", "new", "old", "--from", "gsm-sim")
    told = esim("card", "info", "--card", "old").out
    assert "ICCID            8999900000000000808" in told
    assert "none: the card is a SIM of the second generation (class 'A0')" in told.replace(
        "\n" + " " * 17, " "
    )
    assert "SIM services     1 CHV1 disable function" in told
    assert "ICCID  8999900000000000808" in esim("card", "show", "old").out
    file = tmp_path / "old.yaml"
    esim("card", "dump", "--card", "old", "-o", file)
    esim("card", "new", "copy", "--from", file)
    assert esim("card", "dump", "--card", "copy").out == file.read_text()


def test_the_shell_speaks_with_a_sim_of_the_second_generation(esim: Esim) -> None:
    esim("card", "new", "old", "--from", "gsm-sim")
    lines = """
        select MF/DF.GSM/EF.IMSI
        read
        tries
        select MF/DF.TELECOM/EF.SMSP
        read 1
        authenticate 00 00
        select A0000000871002
    """
    told = esim("shell", "--card", "old", stdin=lines)
    assert "transparent, 9 bytes\n089999080000000010\n3\n" in told.out
    assert told.err.count("the card is a SIM of the second generation, which does not have this") == 2
