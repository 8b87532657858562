"""A simulated card behind a modem on a pseudo-terminal: what works with a card works through it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from cards import InProcessLink, Isdr, Uicc
from cards.at import AtClient, CglaLink, CrsmLink, CsimLink, Modem, ModemError, SerialPort, open_modem
from cards.at.terminal import ModemTerminal
from cards.errors import LinkError
from simulator.lpa.es9 import InProcessEs9
from simulator.lpa.lpa import Lpa
from simulator.profile import build, describe
from tests.simulator.conftest import ADDRESS, Bench


@pytest.fixture
def profile() -> bytes:
    return build.build_package(describe.load_shipped("test-operator"))


@pytest.fixture
def terminal(bench: Bench) -> Iterator[ModemTerminal]:
    with ModemTerminal(Modem(bench.euicc)) as opened:
        yield opened


@pytest.mark.parametrize(("mode", "kind"), [("csim", CsimLink), ("cgla", CglaLink)])
def test_a_download(bench: Bench, terminal: ModemTerminal, profile: bytes, mode: str, kind: type) -> None:
    matching_id = bench.smdp.add_order(profile)
    link = open_modem(SerialPort(terminal.path), mode)
    assert isinstance(link, kind)
    with Lpa(Isdr(link), InProcessEs9(bench.smdp)) as lpa:
        result = lpa.download(f"LPA:1${ADDRESS}${matching_id}")
        assert [item.iccid for item in lpa.profiles()] == [result.iccid]
    link.close()


def test_files_only(bench: Bench, terminal: ModemTerminal, profile: bytes) -> None:
    bench.download(profile, enable=True)
    direct = Uicc(InProcessLink(bench.euicc))
    expected = direct.read_iccid(), direct.read_imsi(), direct.select("MF/ADF.USIM/EF.AD")
    bench.euicc.reset()
    link = open_modem(SerialPort(terminal.path), "crsm")
    assert isinstance(link, CrsmLink)
    card = Uicc(link)
    assert (card.read_iccid(), card.read_imsi(), card.select("MF/ADF.USIM/EF.AD")) == expected
    card.select("MF/ADF.USIM/EF.FPLMN")
    card.update_binary(b"\x99\xf9\x07")
    assert card.read_binary(length=3) == b"\x99\xf9\x07"
    assert card.status().aid.startswith(bytes.fromhex("A0000000871002"))
    link.close()


def test_the_card_is_reset_through_the_modem(terminal: ModemTerminal) -> None:
    link = open_modem(SerialPort(terminal.path), "csim")
    assert link.transmit(bytes.fromhex("0070000001")) == b"\x01\x90\x00"
    assert link.reset() == b""
    assert link.transmit(bytes.fromhex("0070000001")) == b"\x01\x90\x00"
    link.close()


def test_a_modem_that_is_taken_away(bench: Bench) -> None:
    terminal = ModemTerminal(Modem(bench.euicc))
    link = open_modem(SerialPort(terminal.path))
    terminal.close()
    with pytest.raises(LinkError, match=r"is gone|did not answer"):
        link.transmit(bytes.fromhex("00A40004023F00"))
    link.close()


def test_a_port_that_is_not_there() -> None:
    with pytest.raises(LinkError, match=r"/dev/none cannot be opened: No such file"):
        SerialPort("/dev/none")


def talk(modem: Modem, line: str) -> list[str]:
    return [text for text in modem.feed(line.encode() + b"\r\n").decode().split("\r\n") if text]


def test_what_the_modem_says(bench: Bench) -> None:
    modem = Modem(bench.euicc, ways=("CSIM",))
    assert talk(modem, "AT") == ["AT\r", "OK"]
    assert talk(modem, "ATE0") == ["ATE0\r", "OK"]
    assert talk(modem, "ATI")[-1] == "OK"
    assert talk(modem, "AT+CGLA=?") == ["ERROR"]
    assert talk(modem, "AT+CMEE=1") == ["OK"]
    assert talk(modem, "AT+CGLA=?") == ["+CME ERROR: 4"]
    assert talk(modem, "AT+CSIM=?") == ["OK"]
    assert talk(modem, 'AT+CSIM=14,"00A40004023F00"')[-1] == "OK"
    assert talk(modem, 'AT+CSIM=15,"00A40004023F00"') == ["+CME ERROR: 50"]
    assert talk(modem, 'AT+CSIM=14,"00A40004023FXX"') == ["+CME ERROR: 50"]
    assert talk(modem, "AT+CSIM=") == ["+CME ERROR: 50"]
    assert talk(modem, "AT+CFUN=9") == ["+CME ERROR: 4"]
    assert talk(modem, "AT+CFUN=0") == ["OK"]
    assert talk(modem, "AT+CFUN?") == ["+CFUN: 0", "OK"]
    assert talk(modem, 'AT+CSIM=14,"00A40004023F00"') == ["+CME ERROR: 3"]
    assert talk(modem, "hello") == ["+CME ERROR: 4"]


def test_channels_end(bench: Bench) -> None:
    modem = Modem(bench.euicc)
    aid = "A0000005591010FFFFFFFF8900000100"
    talk(modem, "ATE0")
    talk(modem, "AT+CMEE=1")
    opened = [talk(modem, f'AT+CCHO="{aid}"')[0] for _ in range(20)]
    assert opened == [f"+CCHO: {number}" for number in range(1, 20)] + ["+CME ERROR: 20"]
    assert talk(modem, "AT+CCHC=7") == ["OK"]
    assert talk(modem, "AT+CCHC=7") == ["+CME ERROR: 22"]
    assert talk(modem, 'AT+CGLA=7,10,"00B0000001"') == ["+CME ERROR: 22"]
    assert talk(modem, 'AT+CCHO="A000000001"') == ["+CME ERROR: 22"]
    assert talk(modem, 'AT+CCHO=""') == ["+CME ERROR: 50"]
    assert talk(modem, "AT+CFUN=1") == ["OK"]
    assert talk(modem, f'AT+CCHO="{aid}"') == ["+CCHO: 1", "OK"]


def test_a_refused_restart_is_told(bench: Bench) -> None:
    class Deaf:
        def __init__(self) -> None:
            self.modem = Modem(bench.euicc)
            self.waiting = b""

        def write(self, data: bytes) -> None:
            self.waiting += b"\r\nERROR\r\n" if b"CFUN" in data else self.modem.feed(data)

        def read(self, limit: int, seconds: float) -> bytes:
            piece, self.waiting = self.waiting, b""
            return piece

        def close(self) -> None: ...

    with pytest.raises(ModemError, match=r"refused AT.CFUN"):
        CsimLink(AtClient(Deaf())).reset()


def test_nothing_is_left_open(bench: Bench) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(50):
        with ModemTerminal(Modem(bench.euicc)) as terminal:
            SerialPort(terminal.path).close()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
