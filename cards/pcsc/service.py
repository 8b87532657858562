"""The PC/SC service: which readers there are, what is in them, and what changes (PC/SC part 5 §3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from cards.errors import LinkError
from cards.pcsc.errors import ReaderError
from cards.pcsc.link import PcscLink, Protocol
from cards.pcsc.native import load

_NEW_READERS = "\\\\?PnP?\\Notification"
"""The name that stands for readers that come and go."""
_ATR_PATTERN = re.compile(r"3[BbFf][0-9A-Fa-f.]*\*?")
_IGNORED = 0xFFFF
"""The upper half of a state counts events (pcsc-lite), so that two states are compared by the lower one."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader, its number in the service's list (from 0), and what is in it."""

    number: int
    name: str
    atr: bytes = b""
    """Answer to reset of the card; empty if there is none, or one that does not answer."""
    has_card: bool = False
    is_mute: bool = False
    """There is a card, but it does not answer to reset."""
    is_in_use: bool = False
    is_exclusive: bool = False
    """Some program has the card to itself."""

    @property
    def state(self) -> str:
        """In words."""
        if not self.has_card:
            return "no card"
        if self.is_mute:
            return "a card that does not answer"
        return "card in exclusive use" if self.is_exclusive else "card in use" if self.is_in_use else "card"


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened: `what` is 'reader plugged in', 'reader unplugged', 'card inserted' or 'card
    removed'."""

    what: str
    reader: Reader


class Service:
    """A connection to the PC/SC service. Errors are ReaderErrors, one sentence each."""

    def __init__(self, scard: Any = None) -> None:
        """`scard` is pyscard's module of that name, or what behaves like it."""
        self._scard = scard or load()
        self._context: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the service; the next call connects again."""
        if self._context is not None:
            context, self._context = self._context, None
            self._scard.SCardReleaseContext(context)

    def _established(self) -> Any:
        if self._context is None:
            code, context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)
            if code:
                raise ReaderError(code)
            self._context = context
        return self._context

    def _names(self) -> list[str]:
        code, names = self._scard.SCardListReaders(self._established(), [])
        if code & 0xFFFFFFFF == self._scard.SCARD_E_NO_READERS_AVAILABLE & 0xFFFFFFFF:
            return []
        if code:
            self.close()
            raise ReaderError(code)
        return list(names)

    def readers(self) -> list[Reader]:
        """All readers, in the service's order."""
        names = self._names()
        states = self._states([(name, 0) for name in names], 0) if names else []
        return [self._reader(number, *state) for number, state in enumerate(states)]

    def _states(self, known: list[tuple[str, int]], milliseconds: int) -> list[tuple[str, int, bytes]]:
        """Name, state and ATR of each reader, once one of them is not as known, or the time is over."""
        code, states = self._scard.SCardGetStatusChange(self._established(), milliseconds, known)
        if code and code & 0xFFFFFFFF != self._scard.SCARD_E_TIMEOUT & 0xFFFFFFFF:
            self.close()
            raise ReaderError(code)
        return [(name, state, bytes(atr)) for name, state, atr in states]

    def _reader(self, number: int, name: str, state: int, atr: bytes) -> Reader:
        scard = self._scard
        return Reader(
            number,
            name,
            atr,
            has_card=bool(state & scard.SCARD_STATE_PRESENT),
            is_mute=bool(state & scard.SCARD_STATE_MUTE),
            is_in_use=bool(state & (scard.SCARD_STATE_INUSE | scard.SCARD_STATE_EXCLUSIVE)),
            is_exclusive=bool(state & scard.SCARD_STATE_EXCLUSIVE),
        )

    def find(self, wanted: str) -> Reader:
        """The reader that is meant by its number, its name or a part of it, or the ATR of the card in it (in
        hexadecimal from the first byte on, '.' for any digit). LinkError if none or more than one fits."""
        readers = self.readers()
        if not readers:
            raise ReaderError(self._scard.SCARD_E_NO_READERS_AVAILABLE)
        found = [reader for reader in readers if wanted in (reader.name, str(reader.number))]
        found = found or _matching(readers, wanted)
        if len(found) == 1:
            return found[0]
        there = "; ".join(f"{reader.number}: {reader.name}, {reader.state}" for reader in readers)
        problem = f"fits {len(found)} readers; name one by its number" if found else "fits no reader"
        raise LinkError(f"{wanted!r} {problem} (readers: {there})")

    def connect(self, wanted: str, *, protocol: Protocol = Protocol.ANY, is_shared: bool = False) -> PcscLink:
        """A link to the card in a reader that is named as for `find`. Exclusive, unless it is to be shared
        with other programs. Closing the link leaves the service alone."""
        reader = self.find(wanted)
        return PcscLink(self._scard, reader.name, protocol=protocol, is_shared=is_shared)

    def changes(self, seconds: float | None = None) -> Iterator[Change]:
        """What happens to readers and cards, as it happens; first what is there already. Ends after `seconds`
        without any change, if they are given."""
        known: dict[str, Reader] = {}
        waited = 0.0
        while True:
            readers = {reader.name: reader for reader in self.readers()}
            happened = list(_differences(known, readers))
            known = readers
            yield from happened
            waited = 0.0 if happened else waited + 0.5
            if seconds is not None and waited > seconds:
                return
            self._wait(known)

    def _wait(self, known: dict[str, Reader]) -> None:
        """Up to half a second, so that Ctrl-C is heard."""
        current = self._states([(name, 0) for name in known], 0) if known else []
        states = [(name, state & ~self._scard.SCARD_STATE_CHANGED) for name, state, _ in current]
        self._states([*states, (_NEW_READERS, len(known) << 16)], 500)


def _matching(readers: list[Reader], wanted: str) -> list[Reader]:
    """Readers by a part of the name, in any case; else by the ATR of their card."""
    named = [reader for reader in readers if wanted.casefold() in reader.name.casefold()]
    if named or not _ATR_PATTERN.fullmatch(wanted):
        return named
    pattern = re.compile(wanted.rstrip("*"), re.IGNORECASE)
    return [reader for reader in readers if pattern.match(reader.atr.hex())]


def _differences(before: dict[str, Reader], after: dict[str, Reader]) -> Iterator[Change]:
    for name, reader in before.items():
        if name not in after:
            yield Change("reader unplugged", reader)
    for name, reader in after.items():
        old = before.get(name)
        if old is None:
            yield Change("reader plugged in", reader)
        if old and old.has_card and (not reader.has_card or old.atr != reader.atr):
            yield Change("card removed", old)
        if reader.has_card and (not old or not old.has_card or old.atr != reader.atr):
            yield Change("card inserted", reader)
