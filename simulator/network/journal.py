"""A journal of what happened, in which every statement stands on something that can be looked up: an APDU, a
message, a row of a table, or a clause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Apdu:
    """A command that the card got, and its answer with the status word."""

    command: bytes
    response: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A message between two parties: of the network (ATTACH REJECT …), or of ES9+."""

    name: str
    sender: str
    receiver: str
    members: dict[str, str] = field(default_factory=dict)
    """What the message says, in words."""
    data: bytes = b""
    """Its bytes, where it is coded."""
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the world's tables: 'operators', 'att-us'. `says` is what was taken from it."""

    table: str
    key: str
    says: str
    source: str
    """A key of the world's sources, or 'example'."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A clause that was followed, and what it says."""

    clause: str
    says: str


Evidence = Apdu | Message | Row | Rule


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: who did it, and what that statement stands on. `time` is simulated."""

    time: datetime
    actor: str
    """'phone', 'card', 'network', 'traveller', 'LPA', 'SM-DP+' …"""
    kind: str
    """A short name for programs: 'cell found', 'attach rejected' …"""
    text: str
    evidence: tuple[Evidence, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    """JSON-able values for programs."""


class Journal:
    """Events in the order in which they happened. `clock` gives the simulated time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._events: list[Event] = []
        self.listeners: list[Callable[[Event], None]] = []
        """Called with each new event: the page of `esim web` listens."""

    def now(self) -> datetime:
        """The simulated time."""
        return self._clock()

    def tell(self, actor: str, kind: str, text: str, *evidence: Evidence, **details: Any) -> Event:
        """Write down what happened now."""
        event = Event(self._clock(), actor, kind, text, evidence, details)
        self._events.append(event)
        for listener in self.listeners:
            listener(event)
        return event

    def forget(self) -> None:
        """Drop the events so far: for who listens, and keeps what is wanted."""
        self._events.clear()

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)
