"""Whatever a card answers, the terminal's side raises errors of its family and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asn1 import tlv
from cards import Fcp, Iccid, InProcessLink, Isdr, Uicc
from cards.errors import CardError
from cards.isdr import bpp
from cards.proactive import parse_proactive

FCP = bytes.fromhex("620C8202412183022FE28002000A9000")


class Babbler:
    """Answers from a list, then with '9000'; SELECT sometimes gets an FCP so that more is reached."""

    def __init__(self, answers: list[bytes]) -> None:
        self.answers = answers

    def transmit(self, apdu: bytes) -> bytes:
        if apdu[1] == 0xA4:
            return FCP
        return self.answers.pop(0) if self.answers else b"\x90\x00"

    def reset(self) -> bytes:
        return b"\x3b\x00"


ANSWER = st.one_of(
    st.binary(max_size=40),
    st.binary(max_size=40).map(lambda data: data + b"\x90\x00"),
    st.sampled_from([b"\x61\x10", b"\x6c\x05", b"\x01\x90\x00", b"\x9f\x00", b"\x91\x05"]),
)

UICC_CALLS: list[Callable[[Uicc], Any]] = [
    lambda card: card.read_iccid(),
    lambda card: card.read_imsi(),
    lambda card: card.applications(),
    lambda card: card.status(),
    lambda card: card.open_channel(),
    lambda card: card.authenticate(bytes(16), bytes(16)),
    lambda card: card.authenticate_gsm(bytes(16)),
    lambda card: card.verify_pin(1, "1234"),
    lambda card: card.search_record(b"\x01"),
    lambda card: card.increase(1),
]
ISDR_CALLS: list[Callable[[Isdr], Any]] = [
    lambda card: card.get_eid(),
    lambda card: card.get_profiles_info(),
    lambda card: card.get_euicc_info2(),
    lambda card: card.list_notification(),
    lambda card: card.retrieve_notifications_list(1),
    lambda card: card.cancel_session(b"\x01", "timeout"),
    lambda card: card.enable_profile(Iccid("8901234567890123414")),
    lambda card: card.settle(),
]


@pytest.mark.parametrize("call", UICC_CALLS)
@settings(max_examples=30)
@given(answers=st.lists(ANSWER, max_size=5))
def test_uicc(call: Callable[[Uicc], Any], answers: list[bytes]) -> None:
    with suppress(CardError):
        call(Uicc(InProcessLink(Babbler(answers))))


@pytest.mark.parametrize("call", ISDR_CALLS)
@settings(max_examples=30)
@given(answers=st.lists(ANSWER, max_size=5))
def test_isdr(call: Callable[[Isdr], Any], answers: list[bytes]) -> None:
    with suppress(CardError):
        call(Isdr(InProcessLink(Babbler([b"\x90\x00", b"\x01\x90\x00", *answers]))))


@given(st.binary(max_size=60))
def test_parsers(data: bytes) -> None:
    with suppress(CardError):
        Fcp.parse(tlv.encode(0x62, data))
    with suppress(CardError):
        parse_proactive(tlv.encode(0xD0, data))
    with suppress(bpp.PackageError):
        bpp.metadata(bpp.cut(tlv.encode(0xBF36, data)))
