"""A mistake in a script: told with file and line, before anything is sent to a card."""

from __future__ import annotations

from cards.errors import CardError


class ScriptError(CardError):
    """The script is at fault, not the card. `place` is file and line; `problem` says what is wrong."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place
        self.problem = problem
