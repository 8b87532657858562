"""The tape names what passes, counts it, and changes nothing; the story fits a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from simulator.cli.reading import Identity, Profile
from simulator.cli.story import Story
from simulator.cli.tape import Step, Tape


class Echo:
    """A link that answers every command with the same bytes."""

    def __init__(self, answer: str = "9000") -> None:
        self.answer = bytes.fromhex(answer)
        self.closed = False

    def transmit(self, apdu: bytes, /) -> bytes:
        return self.answer

    def reset(self) -> bytes:
        return b"\x3b\x00"

    def close(self) -> None:
        self.closed = True


def names(*apdus: str) -> list[tuple[str, str, int]]:
    tape = Tape(Echo())
    for apdu in apdus:
        tape.transmit(bytes.fromhex(apdu))
    return [(step.interface, step.function, step.exchanges) for step in tape.steps]


def test_functions_are_known_by_their_tag_and_continue_until_the_next() -> None:
    assert names(
        "0070000001",  # MANAGE CHANNEL
        "81E2910003BF2E00",
        "01C0000015",  # GET RESPONSE belongs to it
        "81E2110003BF3800",
        "81E2910103AABBCC",  # second block: no tag of its own
        "81E2910003BF3600",
        "81E29100028700",
        "81E29100028800",
        "81E2910003BF3100",
        "00A40004023F00",
    ) == [
        ("UICC", "commands", 1),
        ("ES10b", "GetEUICCChallenge", 2),
        ("ES10b", "AuthenticateServer", 2),
        ("ES10b", "LoadBoundProfilePackage", 3),
        ("ES10c", "EnableProfile", 1),
        ("UICC", "commands", 1),
    ]


def test_bytes_pass_unchanged_and_are_counted() -> None:
    link = Echo("AABB9000")
    tape = Tape(link)
    assert tape.transmit(bytes.fromhex("81E2910003BF2E00")) == bytes.fromhex("AABB9000")
    tape.es9("InitiateAuthentication", 300, 1200, 0.01)
    tape.close()
    assert (tape.steps[0].sent, tape.steps[0].received) == (8, 4)
    assert tape.steps[1] == Step("ES9+", "InitiateAuthentication", 1, 300, 1200, 0.01)
    assert (tape.apdus, tape.reset(), link.closed) == (1, b"\x3b\x00", True)
    assert tape.since(1) == tape.steps[1:]


def test_the_story_fits_80_columns() -> None:
    out = io.StringIO()
    story = Story(Console(file=out, width=80, highlight=False))
    story.chapter("The download")
    story.identity(Identity(why="selecting MF: file or application not found"))
    story.identity(Identity("8999990000000000014", "001010000000001"))
    story.profiles([])
    story.profiles([Profile(1, "8999990000000000014", "A000", "enabled", "operational", "n" * 20, "p", "")])
    story.steps([Step("ES10b", "LoadBoundProfilePackage", 140, 1_234_567, 12_345, 0.1234)])
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    for part in ("none", "001010000000001", "No profiles.", "LoadBoundProfilePackage", "1,234,567", "123.4"):
        assert part in text
