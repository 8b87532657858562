"""Logs of other programs: two exchanges in the form of each, and what is no log."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.trace import Exchange, Reset, TraceError, text
from cards.trace.reading import read

SELECT = Exchange(bytes.fromhex("A0A40000027F20"), bytes.fromhex("9F16"))
READ = Exchange(bytes.fromhex("00B2010404"), bytes.fromhex("11F2FF009000"))

LOGS = {
    "pySim": "-> a0a40000027f20\n<- 9f16: \n-> 00b2010404 \n<- 9000: 11f2ff00\n",
    "pySim, prefixed": "DEBUG: -> A0A4000002 7F20\nD: <- 9F16:\nDEBUG: -> 00B2010404\n<- 9000: 11F2FF00\n",
    "scriptor": (
        "Using T=0 protocol\n> A0 A4 00 00 02 7F 20\n< 9F 16 : 0x16 bytes of response\n"
        "> 00 B2 01 04 04\n< 11 F2 FF 00 90 00 : Normal processing.\n"
    ),
    "pcsc-perl": "=> A0 A4 00 00 02 7F 20\n<= 9F 16\n=> 00 B2 01 04 04\n<= 11 F2 FF 00 90 00\n",
    "pyscard": (
        "connecting to Reader 0\n>  A0 A4 00 00 02 7F 20\n<  []  9F 16\n"
        ">  00 B2 01 04 04\n<  11 F2 FF 00 90 0\n"
    ),
    "GlobalPlatformPro": (
        "# gp -ld\nA>> T=0 (4+0002) A0A40000 02 7F20\nA<< (0000+2) (24ms) 9F16\n"
        "[main] A>> T=1 (4+0000) 00B20104 04\nA<< (0004+2) (8ms) 11F2FF00 9000\n"
    ),
    "lpac": (
        "[DEBUG] [APDU] [TX] CLA: A0, INS: A4, P1: 00, P2: 00, Lc: 02, Data: 7F20\n"
        "[DEBUG] [APDU] [RX] SW1: 9F, SW2: 16, Data: \n"
        "\x1b[0;32m[DEBUG] [APDU] [TX] CLA: 00, INS: B2, P1: 01, P2: 04, Lc: 04, Data: \x1b[0m\n"
        "\x1b[0;31m[DEBUG] [APDU] [RX] SW1: 90, SW2: 00, Data: 11F2FF00\x1b[0m\n"
    ),
    "lpac's stdio driver": (
        '{"type":"apdu","payload":{"func":"connect","param":null}}\n{"type":"apdu","payload":{"ecode":0}}\n'
        '{"type":"apdu","payload":{"func":"transmit","param":"A0A40000027F20"}}\n'
        '{"type":"apdu","payload":{"ecode":0,"data":"9F16"}}\n'
        '{"type":"apdu","payload":{"func":"transmit","param":"00B2010404"}}\n'
        '{"type":"apdu","payload":{"ecode":0,"data":"11F2FF009000"}}\n'
    ),
    "esim apdu": (
        "> A0A40000027F20  SELECT\n< 9F16 22 bytes of response available (TS 51.011 §9.4)\n"
        "> 00B2010404  READ RECORD\n< 11F2FF00\n< 9000 normal ending of the command (TS 102 221 §10.2.1.1)\n"
    ),
    "hexadecimal": "# a GSM SIM\nA0A40000027F20\n9F16\n00 B2 01 04 04\n11:F2:FF:00:90:00\n",
}


@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS)
def test_a_log_is_read(log: str) -> None:
    assert read(log.encode()) == [SELECT, READ]


def test_commands_without_answers_are_kept() -> None:
    assert read(b"00A40004023F00\n00B0000009\n") == [
        Exchange(bytes.fromhex("00A40004023F00")),
        Exchange(bytes.fromhex("00B0000009")),
    ]


def test_an_atr_is_a_reset() -> None:
    assert read(b"ATR: 3B 9F 96 80\n> 00 B2 01 04 04\n< 6A 83\n") == [
        Reset(bytes.fromhex("3B9F9680")),
        Exchange(READ.command, bytes.fromhex("6A83")),
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "has no APDU in it"),
        (b"nothing of the kind\n", "has no APDU in it"),
        (b"\xff\xfe\x00", "neither a capture"),
    ],
)
def test_what_is_no_trace_is_told(data: bytes, sentence: str) -> None:
    with pytest.raises(TraceError, match=sentence):
        read(data, "notes.txt")


@given(st.text(alphabet='<>=-: 0123456789ABCDEFabcdefTRA[]{}"\n', max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(TraceError):
        read(text.encode())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "00A4000C022FE2 9000 00B000000A 988812010000400310F09000",
            ["00A4000C022FE2", "9000", "00B000000A", "988812010000400310F09000"],
        ),
        ("00 A4 00 04 02 3F 00", ["00A40004023F00"]),
        ("00A40004 023F00", ["00A40004023F00"]),
        ("D009810301010482028182 9000", ["D0098103010104820281829000"]),
    ],
    ids=["side by side", "octets", "groups", "an object in groups"],
)
def test_hexadecimal_in_one_line(line: str, words: list[str]) -> None:
    found = text.hex_words(line.encode())
    assert found is not None
    assert [word.hex().upper() for word in found] == words
