"""Proactive commands between card and terminal: announced, fetched, answered (TS 102 221 §7.4.2, TS 102 223
§6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cards.status import SW, StatusError
from cards.toolkit import Details, ToolkitError, parse_objects, read_template


def _ignore(response: bytes) -> None:
    """Nobody waits for the terminal's response."""


class Pending(NamedTuple):
    """A proactive command that waits for the terminal, and who wants its response."""

    command: bytes
    on_response: Callable[[bytes], None]


class ProactiveQueue:
    """The commands that wait. One is out at a time; a reset clears them all."""

    __slots__ = ("is_fetched", "pending")

    def __init__(self) -> None:
        self.pending: list[Pending] = []
        self.is_fetched = False
        """The terminal has the first one and carries it out; until its response nothing is announced."""

    def queue(self, command: bytes, on_response: Callable[[bytes], None] = _ignore) -> None:
        """Have a command fetched: from now on success is answered by 91XX. `on_response` gets the TERMINAL
        RESPONSE to it, and raises ToolkitError for one that it cannot read."""
        self.pending.append(Pending(command, on_response))

    def clear(self) -> None:
        self.pending.clear()
        self.is_fetched = False

    @property
    def is_busy(self) -> bool:
        """Whether a command waits or is being carried out."""
        return bool(self.pending)

    @property
    def announced(self) -> int:
        """Length of the command that the terminal is to fetch; 0 if there is none."""
        return len(self.pending[0].command) if self.pending and not self.is_fetched else 0

    def waiting(self) -> bytes:
        """The command to be fetched; StatusError 6985 if there is none."""
        if not self.pending:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        return self.pending[0].command

    def respond(self, response: bytes) -> None:
        """The terminal has carried out the command that it fetched: its command details say which.
        StatusError 6985 if none is out, 6A80 for a response that cannot be read or is to another command."""
        if not self.pending or not self.is_fetched:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        pending = self.pending[0]
        try:
            expected = Details.of(read_template(pending.command)[1])
            if Details.of(parse_objects(response)) != expected:
                raise StatusError(SW.INCORRECT_DATA)
        except ToolkitError:
            raise StatusError(SW.INCORRECT_DATA) from None
        self.pending.pop(0)
        self.is_fetched = False
        try:
            pending.on_response(response)
        except ToolkitError:
            raise StatusError(SW.INCORRECT_DATA) from None
