"""What was said between a test and its card, kept to be shown when the test fails."""

from __future__ import annotations

import time
from collections.abc import Iterable

from cards.explain import Explainer
from cards.link import CardLike
from cards.trace import Entry, Reset, TracedLink

SHOWN = 60
"""How many of the last exchanges a report shows."""


class ApduTrace:
    """Keeps the resets and exchanges of one test; a sink for `TracedLink`."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def take(self, entry: Entry, /) -> None:
        self.entries.append(entry)

    def close(self) -> None:
        """Nothing is open."""

    def of(self, link: CardLike) -> TracedLink:
        """The same link, which is listened to."""
        return TracedLink(link, (self,), clock=time.time, timer=time.perf_counter)

    def lines(self) -> list[str]:
        """The last exchanges with their meaning."""
        return in_words(self.entries)


def in_words(entries: Iterable[Entry]) -> list[str]:
    """What was said, two lines for each of the last exchanges: bytes and meaning of command and answer."""
    explainer = Explainer()
    lines: list[str] = []
    count = 0
    for count, entry in enumerate(entries, 1):  # noqa: B007 - counted, and used after the loop
        explained = explainer.entry(entry)
        if isinstance(entry, Reset):
            lines += [f"   reset, ATR {entry.atr.hex().upper() or 'not told'}", ""]
        else:
            lines += [
                f"-> {entry.command.hex().upper()}  {explained.title}",
                f"<- {entry.response.hex().upper()}  {explained.outcome}",
            ]
    left_out = count - SHOWN
    return [f"… {left_out} exchanges before", *lines[2 * left_out :]] if left_out > 0 else lines
