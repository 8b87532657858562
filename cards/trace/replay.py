"""A recording as a card: it answers what the recorded card answered."""

from __future__ import annotations

from collections.abc import Iterable

from cards.errors import LinkError
from cards.trace.entries import Entry, Exchange, Reset


class ReplayCard:
    """A card that knows one session. Commands must come in its order; what the session leaves out after an
    exchange may be left out by the terminal, too: a command is looked for from the last one on.

    `exact`: the next command must be the next of the recording. Else a command that comes later is taken, and
    what stands between is skipped.
    """

    def __init__(self, entries: Iterable[Entry], *, exact: bool = True) -> None:
        self._entries = list(entries)
        self._exact = exact
        self._next = 0

    @property
    def remaining(self) -> int:
        """How many exchanges have not been asked for."""
        return sum(isinstance(entry, Exchange) for entry in self._entries[self._next :])

    def reset(self) -> bytes:
        """The ATR of the next recorded reset; with none left, the session begins anew."""
        at = self._find_reset()
        if at is None:
            self._next = 0
            at = self._find_reset()
        if at is None:
            return b""
        entry = self._entries[at]
        assert isinstance(entry, Reset)
        self._next = at + 1
        return entry.atr

    def _find_reset(self) -> int | None:
        places = range(self._next, len(self._entries))
        return next((at for at in places if isinstance(self._entries[at], Reset)), None)

    def transmit(self, apdu: bytes, /) -> bytes:
        """The recorded answer. LinkError if the recording has no such command there."""
        wanted = bytes(apdu)
        for at in range(self._next, len(self._entries)):
            entry = self._entries[at]
            if isinstance(entry, Exchange) and entry.command == wanted and entry.response:
                self._next = at + 1
                return entry.response
            if self._exact or isinstance(entry, Reset):
                raise LinkError(f"the recording does not go on with {_short(wanted)}: {_expected(entry)}")
        raise LinkError(f"the recording has ended before {_short(wanted)}")

    def close(self) -> None:
        """Nothing to release."""


def _short(command: bytes) -> str:
    digits = command.hex().upper()
    return digits if len(digits) <= 40 else f"{digits[:40]}… ({len(command)} bytes)"


def _expected(entry: Entry) -> str:
    return "a reset follows there" if isinstance(entry, Reset) else f"{_short(entry.command)} follows there"
