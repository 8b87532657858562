"""A simulated card as hardware: in a virtual reader of the PC/SC service, behind a TCP port, on a pipe.

Whatever has `transmit` and `reset` can be plugged in. The protocols themselves are without I/O: `slot` and
`lpac`.
"""

from __future__ import annotations

from cards.plug.lpac import LpacCard
from cards.plug.slot import CardInSlot, Frames, frame
from cards.plug.tcp import CardServer
from cards.plug.vpcd import FIRST_PORT, VirtualSlot, plugged

__all__ = [
    "FIRST_PORT",
    "CardInSlot",
    "CardServer",
    "Frames",
    "LpacCard",
    "VirtualSlot",
    "frame",
    "plugged",
]
