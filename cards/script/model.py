"""What a script consists of: sections of steps, each with its place in the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cards.script.bytes import Mask, StatusMask, Template


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a card shall answer. Without status words it must succeed; without data any will do."""

    status: StatusMask | None = None
    data: Mask | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One line. `place` is file and line, `text` the line as it stands."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Send(Step):
    """A command; with `raw` no GET RESPONSE follows it."""

    command: Template
    expected: Expectation = field(default_factory=Expectation)
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Reset(Step):
    """Reset the card, close its channels."""

    atr: Mask | None = None


@dataclass(frozen=True, slots=True)
class Select(Step):
    """Select a file by the names of its path."""

    path: str
    expected: Expectation = field(default_factory=Expectation)


@dataclass(frozen=True, slots=True)
class Verify(Step):
    """Present a PIN."""

    reference: int
    value: str
    expected: Expectation = field(default_factory=Expectation)


@dataclass(frozen=True, slots=True)
class Open(Step):
    """Open a logical channel and go on there."""

    variable: str


@dataclass(frozen=True, slots=True)
class On(Step):
    """Go on on a channel that is open."""

    channel: Template


@dataclass(frozen=True, slots=True)
class Close(Step):
    """Close the channel, go on on the basic one."""


@dataclass(frozen=True, slots=True)
class Set(Step):
    """Give bytes a name."""

    variable: str
    value: Template


@dataclass(frozen=True, slots=True)
class Section:
    """Steps under a heading; one test. `clause` is what it is about, `needs` names what a card must be able
    to do for it, and with `destructive` it leaves the card changed."""

    title: str
    place: str
    steps: tuple[Step, ...]
    clause: str = ""
    needs: tuple[str, ...] = ()
    destructive: bool = False
    case: str = ""
    """The test case of a test specification that it resembles."""


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script. `name` is its file; `variables` what it starts with."""

    name: str
    sections: tuple[Section, ...]
    variables: Mapping[str, bytes] = field(default_factory=dict)
