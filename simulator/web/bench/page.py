"""The page `/`: the bench."""

from __future__ import annotations

from simulator.web.visitors import Visitor
from simulator.web.widgets import tag


def draw(visitor: Visitor) -> None:
    """Fill the page."""
    tag("h1", visitor.say("page.bench"))
