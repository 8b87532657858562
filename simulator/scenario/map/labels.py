"""Where names are written on a map, so that they do not lie upon one another."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

SIZE = 15
"""Of the letters, in units of the drawing."""
_WIDE, _NARROW = 1.02, 0.66
_GAP = 2
"""Width of a letter in parts of its size: Chinese ones, and Latin ones on average."""
_GAP = 2
"""Between a sign and its text."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: Box) -> float:
        """The area that both have."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return across * down if across > 0 and down > 0 else 0.0


def length(text: str) -> float:
    """About how wide a text is drawn."""
    return SIZE * sum(_WIDE if unicodedata.east_asian_width(c) in "WF" else _NARROW for c in text)


def place(texts: list[str], signs: list[Box], frame: Box) -> list[Box]:
    """A box for the text of each sign, wherever about it the text covers least of signs and of texts placed
    before, and leaves the frame least."""
    taken = list(signs)
    for text, sign in zip(texts, signs, strict=True):
        taken.append(min(_choices(length(text), sign), key=lambda box: _cost(box, taken, frame)))
    return taken[len(signs) :]


def _choices(width: float, sign: Box) -> list[Box]:
    """Places for a text of this width: right, left, above, below, then at the corners; the first is best."""
    height = SIZE * 1.3
    left, right = sign.x - _GAP - width, sign.x + sign.width + _GAP
    above, below = sign.y - _GAP - height, sign.y + sign.height + _GAP
    across, down = sign.x + (sign.width - width) / 2, sign.y + (sign.height - height) / 2
    places = [
        *((right, down), (left, down), (across, above), (across, below)),
        *((right - 3, above + 3), (right - 3, below - 3), (left + 3, above + 3), (left + 3, below - 3)),
    ]
    return [Box(x, y, width, height) for x, y in places]


def _cost(box: Box, taken: list[Box], frame: Box) -> float:
    outside = box.width * box.height - box.overlap(frame)
    return 3 * outside + sum(box.overlap(other) for other in taken)
