"""Recordings, their replay, and the link that makes them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.errors import LinkError
from cards.trace import Entry, Exchange, Reset, TracedLink, TraceError
from cards.trace.reading import read
from cards.trace.recording import RecordingSink
from cards.trace.replay import ReplayCard

ATR = bytes.fromhex("3B9F96801FC78031A073BE21136743200718000001A5")
SELECT, READ = bytes.fromhex("00A40004022FE2"), bytes.fromhex("00B000000A")
ANSWERS = {SELECT: b"\x61\x1e", READ: bytes.fromhex("98001032547698103214") + b"\x90\x00"}


class Card:
    """Knows two commands, and counts how often it was closed."""

    closed = 0

    def transmit(self, apdu: bytes) -> bytes:
        if apdu not in ANSWERS:
            raise LinkError("the card is gone")
        return ANSWERS[apdu]

    def reset(self) -> bytes:
        return ATR

    def close(self) -> None:
        self.closed += 1


class Listed(list[Entry]):
    closed = 0

    def take(self, entry: Entry) -> None:
        self.append(entry)

    def close(self) -> None:
        self.closed += 1


def ticking(start: float, step: float) -> Iterator[float]:
    while True:
        yield start
        start += step


def recorded(*commands: bytes) -> tuple[str, Listed]:
    file, listed = io.StringIO(), Listed()
    close, file.close = file.close, lambda: None  # type: ignore[method-assign]
    clock, timer = ticking(1700000000.0, 0.5), ticking(5.0, 0.001)
    link = TracedLink(
        Card(), [RecordingSink(file, "demo"), listed], clock=lambda: next(clock), timer=lambda: next(timer)
    )
    link.reset()
    for command in commands:
        link.transmit(command)
    link.close()
    text = file.getvalue()
    close()
    return text, listed


def test_a_recording_says_who_when_and_what() -> None:
    text, _ = recorded(SELECT, READ)
    head, *lines = map(json.loads, text.splitlines())
    assert head == {
        "format": "esim-recording",
        "version": 1,
        "reader": "demo",
        "started": "2023-11-14T22:13:20.000000+00:00",
    }
    assert lines == [
        {"time": 0.0, "reset": ATR.hex().upper()},
        {"time": 0.5, "command": "00A40004022FE2", "response": "611E", "seconds": 0.001},
        {"time": 1.0, "command": "00B000000A", "response": "980010325476981032149000", "seconds": 0.001},
    ]


def test_a_recording_read_again_is_what_the_sinks_saw() -> None:
    text, listed = recorded(SELECT, READ)
    assert read(text.encode()) == [
        entry if isinstance(entry, Reset) else Exchange(entry.command, entry.response, entry.time, 0.001)
        for entry in listed
    ]


def test_closing_the_link_closes_sinks_and_card() -> None:
    card, sink = Card(), Listed()
    TracedLink(card, [sink], clock=lambda: 0.0, timer=lambda: 0.0).close()
    assert (card.closed, sink.closed) == (1, 1)


def test_a_failed_exchange_reaches_the_caller_and_no_sink() -> None:
    sink = Listed()
    link = TracedLink(Card(), [sink], clock=lambda: 0.0, timer=lambda: 0.0)
    with pytest.raises(LinkError):
        link.transmit(b"\x00\x01\x02\x03")
    assert sink == []


def test_a_replay_answers_as_the_card_did() -> None:
    replay = ReplayCard(recorded(SELECT, READ)[1])
    assert replay.reset() == ATR
    assert replay.transmit(SELECT) == ANSWERS[SELECT]
    assert replay.remaining == 1
    assert replay.transmit(READ) == ANSWERS[READ]
    with pytest.raises(LinkError, match="has ended"):
        replay.transmit(READ)
    assert replay.reset() == ATR, "the session begins anew"
    assert replay.transmit(SELECT) == ANSWERS[SELECT]


def test_an_exact_replay_refuses_another_order_and_a_loose_one_skips() -> None:
    entries = recorded(SELECT, READ)[1]
    exact, loose = ReplayCard(entries), ReplayCard(entries, exact=False)
    exact.reset()
    loose.reset()
    with pytest.raises(LinkError, match="00A40004022FE2 follows there"):
        exact.transmit(READ)
    assert loose.transmit(READ) == ANSWERS[READ]
    with pytest.raises(LinkError, match="has ended"):
        loose.transmit(SELECT)


def test_a_replay_does_not_pass_a_reset() -> None:
    entries = [Reset(ATR), Exchange(SELECT, b"\x90\x00"), Reset(ATR), Exchange(READ, b"\x90\x00")]
    for exact in (True, False):
        replay = ReplayCard(entries, exact=exact)
        replay.reset()
        with pytest.raises(LinkError, match=r"follows there"):
            replay.transmit(READ)
        replay.reset()
        assert replay.transmit(READ) == b"\x90\x00"


def test_a_recording_without_reset_has_no_atr() -> None:
    replay = ReplayCard([Exchange(SELECT, b"\x90\x00")])
    assert replay.reset() == b""
    assert replay.transmit(SELECT) == b"\x90\x00"


HEAD = '{"format": "esim-recording", "version": 1, "reader": "", "started": "2026-11-28T06:35:10+00:00"}'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"format": "esim-recording", "version": 2}', "line 1 is not the head"),
        ('{"format": "esim-recording", "version": 1, "started": "now"}', "started at 'now'"),
        (f"{HEAD}\nnonsense", "line 2 of the recording is no JSON object"),
        (f"{HEAD}\n[]", "line 2 of the recording is no JSON object"),
        (f'{HEAD}\n{{"time": 0, "reset": "zz"}}', "line 2 of the recording is neither"),
        (f'{HEAD}\n\n{{"time": 0, "command": "00"}}', "line 2 of the recording is neither"),
        (HEAD, "has no APDU in it"),
    ],
)
def test_a_damaged_recording_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(TraceError, match=f"old.jsonl.*{sentence}"):
        read(text.encode(), "old.jsonl")


@given(st.text(max_size=80))
def test_any_text_behind_the_head_is_read_or_refused(line: str) -> None:
    with suppress(TraceError):
        read(f"{HEAD}\n{line}".encode("utf-8", "surrogatepass"))
