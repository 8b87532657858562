"""The time of a trip: it goes on only when something takes time."""

from __future__ import annotations

from datetime import datetime, timedelta


class Clock:
    """Called, it gives the simulated time (UTC)."""

    def __init__(self, begin: datetime) -> None:
        self.now = begin

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, duration: timedelta) -> None:
        """Let some time pass."""
        self.now += duration

    def reach(self, moment: datetime) -> None:
        """Go on to a moment; if it is past already, the traveller is late and nothing happens."""
        self.now = max(self.now, moment)
