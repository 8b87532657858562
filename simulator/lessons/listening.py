"""Listens to what lessons do with cards, and explains it."""

from __future__ import annotations

from cards.explain import Explainer, Explanation
from cards.explain.secrets import Secrets
from cards.link import CardLike
from cards.trace import Entry, TracedLink


class Listener:
    """Hears everything on a link, and keeps it in words until `heard` hands it out."""

    def __init__(self, card: CardLike, secrets: Secrets | None = None) -> None:
        self._explainer = Explainer(secrets)
        self._kept: list[Explanation] = []
        self.link = TracedLink(card, (self,), clock=lambda: 0.0, timer=lambda: 0.0)

    def take(self, entry: Entry, /) -> None:
        self._kept.append(self._explainer.entry(entry))

    def close(self) -> None:
        """Nothing is open."""

    def heard(self) -> list[Explanation]:
        """What was said since the last call."""
        kept, self._kept = self._kept, []
        return kept

    def last(self, title: str = "") -> Explanation:
        """The last exchange whose title begins so, of those since the last call."""
        return next(one for one in reversed(self.heard()) if one.title.startswith(title))
