"""Listens to what lessons do with cards, and explains it."""

from __future__ import annotations

from dataclasses import replace

from cards.explain import Explainer, Explanation
from cards.explain.secrets import Secrets
from cards.link import CardLike
from cards.trace import Entry, TracedLink


class Listener:
    """Hears everything on a link, and keeps it in words until `heard` hands it out.

    An answer that a card with T=0 holds back (61XX) and gives to GET RESPONSE is one with its command, as a
    reader of a lesson would have it.
    """

    def __init__(self, card: CardLike, secrets: Secrets | None = None) -> None:
        self._explainer = Explainer(secrets)
        self._kept: list[Explanation] = []
        self.link = TracedLink(card, (self,), clock=lambda: 0.0, timer=lambda: 0.0)

    def take(self, entry: Entry, /) -> None:
        said = self._explainer.entry(entry)
        before = self._kept[-1] if self._kept else None
        if before and _holds_back(before) and said.title == f"GET RESPONSE to {before.title}":
            data = before.raw_answer[:-2] + said.raw_answer
            said = replace(before, answer=said.answer, raw_answer=data, outcome=said.outcome)
            self._kept.pop()
        self._kept.append(said)

    def close(self) -> None:
        """Nothing is open."""

    def heard(self) -> list[Explanation]:
        """What was said since the last call."""
        kept, self._kept = self._kept, []
        return kept

    def last(self, title: str = "") -> Explanation:
        """The last exchange whose title begins so, of those since the last call."""
        return next(one for one in reversed(self.heard()) if one.title.startswith(title))


def _holds_back(exchange: Explanation) -> bool:
    return len(exchange.raw_answer) >= 2 and exchange.raw_answer[-2] == _MORE


_MORE = 0x61
"""SW1: the answer waits (TS 102 221 §7.3.1.1.5)."""
