"""Answers to reset: those of real cards, and bytes that are none."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import Atr
from cards.atr import AtrError

EUICC = "3B9F96803F87828031E073FE211F574543753130136502"
USIM = "3B9F96801FC78031A073BE21136743200718000001A5"


def parse(text: str) -> Atr:
    return Atr.parse(bytes.fromhex(text))


def test_a_test_euicc() -> None:
    atr = parse(EUICC)
    assert atr.is_euicc
    assert not atr.has_multiple_enabled_profiles
    assert atr.protocols == (0,)
    assert atr.bit_rate == (512, 32)
    assert atr.check == 0x02
    assert atr.historical.hex().upper() == "8031E073FE211F5745437531301365"
    assert atr.compact_tlvs[3] == b"\xe0"
    assert "an eUICC" in atr.words()
    assert str(atr) == EUICC


def test_a_plain_usim() -> None:
    atr = parse(USIM)
    assert not atr.is_euicc
    assert atr.voltage_classes == ("A (5 V)", "B (3 V)", "C (1.8 V)")
    assert atr.compact_tlvs == {3: b"\xa0", 7: b"\xbe\x21\x13", 6: bytes.fromhex("43200718000001")}


def test_the_shortest() -> None:
    atr = parse("3B00")
    assert (atr.protocols, atr.bit_rate, atr.check, atr.historical) == ((0,), (372, 1), None, b"")


def test_several_protocols() -> None:
    # T=0 and T=1, then T=15 with TA; TCK makes the exclusive-or zero.
    body = bytes.fromhex("80811F03")
    check = 0x80 ^ 0x80 ^ 0x81 ^ 0x1F ^ 0x03
    atr = Atr.parse(b"\x3b\x80" + body + bytes((check,)))
    assert atr.protocols == (0, 1)
    assert atr.global_bytes[0].ta == 0x03


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        ("3B", "shorter"),
        ("3C00", "neither"),
        ("3B80", "cut off"),
        ("3B0280", "2 historical bytes"),
        ("3B00FF", "too many"),
        (EUICC[:-2], "TCK is missing"),
        (EUICC[:-2] + "03", "TCK '03' is wrong"),
    ],
)
def test_bytes_that_are_no_atr(encoded: str, reason: str) -> None:
    with pytest.raises(AtrError, match=reason):
        parse(encoded)


@given(st.binary(max_size=40))
def test_nothing_but_an_atr_error_comes_out(data: bytes) -> None:
    with suppress(AtrError):
        Atr.parse(b"\x3b" + data).words()
