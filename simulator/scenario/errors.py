"""What goes wrong with a trip before it begins: its file, the names in it, what cannot be issued."""

from __future__ import annotations


class ScenarioError(Exception):
    """A trip that cannot be run as it is described; the sentence says where it is wrong and what to do.

    What goes wrong on the way (no agreement, no eSIM …) is no error: it is what the trip tells.
    """


class IssuingError(ScenarioError):
    """An operator that can issue no subscription."""
