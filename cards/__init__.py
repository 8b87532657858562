"""A card as the terminal sees it: APDUs, status words, links, and typed commands over any link."""

from __future__ import annotations

from cards.apdu import ApduError, CommandApdu, ResponseApdu
from cards.link import CardLink, InProcessLink
from cards.status import SW, StatusError, StatusWord

__all__ = [
    "SW",
    "ApduError",
    "CardLink",
    "CommandApdu",
    "InProcessLink",
    "ResponseApdu",
    "StatusError",
    "StatusWord",
]
