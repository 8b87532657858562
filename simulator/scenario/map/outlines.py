"""The outlines of countries: `outlines.txt`, whose head says where they come from."""

from __future__ import annotations

from functools import cache
from pathlib import Path

UNITS = 50
"""Parts of a degree in the file: two kilometres, finer than the drawing that it comes from."""
FILE = Path(__file__).with_name("outlines.txt")
SOURCE = "Natural Earth"
"""What a map names as its source; the data are in the public domain."""

Point = tuple[float, float]
"""Longitude and latitude in degrees. Longitudes go beyond ±180 where a ring crosses the antimeridian."""
Ring = list[Point]
Outlines = dict[str, list[Ring]]
"""ISO 3166-1 numeric code ('840'), or a name where there is none → rings. A ring is closed: its last point is
joined to its first. A ring inside another one is a hole (Lesotho in South Africa)."""


@cache
def load() -> Outlines:
    """All outlines. Small places such as Hong Kong and Singapore have none at this scale."""
    found: Outlines = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            key, _, rings = line.partition(" ")
            found[key] = [_ring(ring) for ring in rings.split(";") if ring]
    return found


def _ring(text: str) -> Ring:
    numbers = [int(number) for number in text.split()]
    ring: Ring = []
    x = y = 0
    for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
        x, y = x + dx, y + dy
        ring.append((x / UNITS, y / UNITS))
    return ring
