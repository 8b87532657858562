"""A link that shows what passes through it to sinks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cards.link import CardLike
from cards.trace.entries import Exchange, Reset, Sink

Clock = Callable[[], float]


class TracedLink:
    """Stands before a card or a link, and hands every reset and exchange to each of the sinks.

    `clock` gives seconds since 1970 (UTC), `timer` seconds of a clock that never goes back. A command whose
    exchange fails is not shown, for it has no answer; the error goes on to the caller.
    """

    def __init__(self, card: CardLike, sinks: Iterable[Sink], *, clock: Clock, timer: Clock) -> None:
        self._card = card
        self._sinks = tuple(sinks)
        self._clock = clock
        self._timer = timer

    def transmit(self, apdu: bytes, /) -> bytes:
        sent, begin = self._clock(), self._timer()
        answer = self._card.transmit(apdu)
        entry = Exchange(bytes(apdu), bytes(answer), sent, self._timer() - begin)
        for sink in self._sinks:
            sink.take(entry)
        return answer

    def reset(self) -> bytes:
        sent = self._clock()
        atr = self._card.reset()
        for sink in self._sinks:
            sink.take(Reset(bytes(atr), sent))
        return atr

    def close(self) -> None:
        """Close the sinks, and the link if it has anything to close."""
        for sink in self._sinks:
            sink.close()
        close = getattr(self._card, "close", None)
        if close is not None:
            close()
