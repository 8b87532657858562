"""The story: every step with its messages, bytes and time, within 80 columns."""

from __future__ import annotations

import io

from rich.console import Console

from asn1 import es9
from cards import Iccid
from simulator.cli.reading import Identity
from simulator.cli.story import Recorder, Step, Story
from simulator.lpa import Progress
from simulator.lpa.profiles import InstalledProfile
from simulator.lpa.steps import CARD_EXCHANGES, SERVER_EXCHANGES, Exchange
from simulator.lpa.words import STEPS

EXCHANGE = Exchange("ES10b", "AuthenticateServer", "AuthenticateServerRequest", "AuthenticateServerResponse")


def profile(name: str, *, enabled: bool) -> InstalledProfile:
    return InstalledProfile(
        Iccid("8999990000000000014"), b"", enabled, "", "provider", name, "operational", None, (), {}
    )


def told(tell: object) -> str:
    out = io.StringIO()
    story = Story(Console(file=out, width=80, highlight=False))
    assert callable(tell)
    tell(story)
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    return text


def test_every_function_of_the_lpa_has_words() -> None:
    functions = {exchange.function for exchange in (*CARD_EXCHANGES.values(), *SERVER_EXCHANGES.values())}
    assert functions <= set(STEPS)
    assert len(SERVER_EXCHANGES) == len(es9.FUNCTIONS) + 2  # AuthenticateClient and CheckEvent of ES11


def test_progress_becomes_timed_steps_and_segments_do_not() -> None:
    recorder = Recorder()
    recorder.start()
    recorder.progress(Progress(EXCHANGE, segment="StoreMetadata", number=1, count=9))
    recorder.progress(Progress(EXCHANGE, 3, 1_000, 200))
    (step,) = recorder.steps
    assert (step.function, step.apdus, step.sent, step.received) == ("AuthenticateServer", 3, 1000, 200)
    assert 0 <= step.seconds < 1
    assert set(step.as_data()) == {
        *(
            "interface",
            "function",
            "request",
            "response",
            "apdus",
            "sent",
            "received",
            "error",
            "milliseconds",
        )
    }


def test_a_step_is_told_with_messages_bytes_and_time() -> None:
    text = told(lambda story: story.add(Step(*EXCHANGE, 140, 1_234_567, 12_345, 0.1234)))
    for part in ("ES10b", "140 APDUs", "1,234,567 →", "12,345 ←", "123.4 ms", "AuthenticateServerResponse"):
        assert part in text
    failed = told(lambda story: story.add(Step(*EXCHANGE, 2, 10, 10, 0.1, "no")))
    assert "failed" in failed


def test_identities_and_profiles_are_told() -> None:
    assert told(lambda story: story.identity(Identity(why="file not found"))).split() == [
        *("ICCID", "none", "IMSI", "none", "file", "not", "found")
    ]
    assert "001010000000001" in told(lambda story: story.identity(Identity("89", "001010000000001")))
    assert "empty" in told(lambda story: story.profiles([]))
    listed = told(
        lambda story: story.profiles([profile("A", enabled=True), profile("n" * 60, enabled=False)])
    )
    assert "enabled  A (provider)" in listed
    assert f"disabled\n  {'n' * 60} (provider)" in listed
