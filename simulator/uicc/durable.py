"""A card that keeps what it says: every change is stored before the command that made it is answered.

Power may fail at any moment. A real card writes its memory in transactions; this one hands its whole state to
`commit`, which must store all of it or nothing (a file takes another one's name, a database commits). Who has
seen an answer can rely on it, and a try that was counted stays counted; who has not sees the state before or
after, never between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cards.link import CardLike

State = dict[str, Any]
"""Everything that survives the loss of power, as plain values."""


class DurableCard:
    """A card, how to ask it for its state, and where the state goes."""

    def __init__(self, card: CardLike, save: Callable[[], State], commit: Callable[[State], None]) -> None:
        self._card = card
        self._save = save
        self._commit = commit
        self._stored = save()

    def transmit(self, apdu: bytes, /) -> bytes:
        """Execute a command, store what it changed, and only then answer. What `commit` raises goes to the
        caller, and there is no answer: the power is gone."""
        answer = self._card.transmit(apdu)
        self._keep()
        return answer

    def reset(self) -> bytes:
        """Reset the card. An interrupted installation leaves its result, which is stored too."""
        atr = self._card.reset()
        self._keep()
        return atr

    def _keep(self) -> None:
        state = self._save()
        if state != self._stored:
            self._commit(state)
            self._stored = state
