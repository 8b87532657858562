"""What a trace is made of: resets with their ATR, and exchanges of one command for one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cards.errors import CardError


class TraceError(CardError):
    """A file or text that is no trace, or one that is damaged; the sentence says where."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The card was reset and answered with its ATR (ISO/IEC 7816-3 §8); empty where it is not known."""

    atr: bytes = b""
    time: float = 0.0
    """Seconds since 1970-01-01 in UTC; 0 where the source does not tell."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command APDU and the answer: data and status word. An empty answer: it is not known."""

    command: bytes
    response: bytes = b""
    time: float = 0.0
    """When the command was sent, as in `Reset`."""
    seconds: float = 0.0
    """How long the card took; 0 where the source does not tell."""


Entry = Reset | Exchange


class Sink(Protocol):
    """Takes the entries of a trace one after the other."""

    def take(self, entry: Entry, /) -> None:
        """The next entry."""

    def close(self) -> None:
        """No entry follows; a second call does nothing."""
