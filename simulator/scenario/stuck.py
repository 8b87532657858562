"""How a traveller's plan comes to a stop: with a statement of why."""

from __future__ import annotations

from simulator.network.journal import Evidence
from simulator.scenario.outcome import Statement


class Stuck(Exception):  # noqa: N818 - it is no error: it is what the trip tells
    """The plan does not go on; `statement` says why, and on what that stands."""

    def __init__(self, reason: str, text: str, *evidence: Evidence) -> None:
        super().__init__(text)
        self.statement = Statement("problem", text, evidence, reason)
