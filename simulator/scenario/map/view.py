"""The part of the world that a map shows, and where a place lies on the drawing.

The projection is the equirectangular one with the middle of the map as its standard parallel: x is longitude,
y is latitude, and there shapes are true. The seam is not at the antimeridian but where the trip leaves the
largest gap, so that a flight over the Pacific stays in one piece.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simulator.scenario.map.outlines import Point

LEAST = (22.0, 14.0)
"""Degrees of longitude and latitude that are shown at least: outlines are too coarse for less."""
MARGIN = 0.22
"""Of the extent of the stops, on each side."""
RATIOS = (1.5, 2.2)
"""Width over height: the flattest and the steepest map."""
SOUTH, NORTH = -60.0, 84.0
"""What is worth showing; beyond are Antarctica and the pole."""


@dataclass(frozen=True, slots=True)
class View:
    """A window on the world. `west` lies in -180 to 180 degrees, `east` east of it, beyond 180 if need be."""

    west: float
    east: float
    south: float
    north: float
    width: int
    """Of the drawing, in its own units."""

    @property
    def height(self) -> int:
        return round((self.north - self.south) * self._scale)

    @property
    def _scale(self) -> float:
        """Units a degree of latitude."""
        return self.width / ((self.east - self.west) * _shrink((self.south + self.north) / 2))

    def at(self, point: Point) -> Point:
        """Where a place lies on the drawing, x to the right and y down; see `turned`."""
        longitude, latitude = point
        return (
            (longitude - self.west) * self.width / (self.east - self.west),
            (self.north - latitude) * self._scale,
        )

    def turned(self, longitude: float) -> float:
        """The same meridian, in the turn of the globe that the window lies in."""
        return longitude - 360 * math.floor((longitude - self.west) / 360)

    def turns(self, west: float, east: float) -> Iterator[int]:
        """Degrees, multiples of 360, by which something between two meridians has to be moved to be seen in
        the window; more than one where it is seen on both sides, none where it is not."""
        first = math.ceil((self.west - east) / 360)
        last = math.floor((self.east - west) / 360)
        return (360 * turn for turn in range(first, last + 1))


def around(points: Iterable[Point], width: int) -> View:
    """The smallest sensible view of these places; the whole world if there are none."""
    places = list(points)
    if not places:
        return _bounded(-170.0, 190.0, SOUTH, NORTH, width)
    west, east = _span([longitude for longitude, _ in places])
    south, north = min(p[1] for p in places), max(p[1] for p in places)
    x, y = _wider(west, east, LEAST[0]), _wider(south, north, LEAST[1])
    middle = (y[0] + y[1]) / 2
    across = (x[1] - x[0]) * _shrink(middle)
    up = y[1] - y[0]
    across, up = max(across, up * RATIOS[0]), max(up, across / RATIOS[1])
    centre = (x[0] + x[1]) / 2
    half = min(across / _shrink(middle), 360.0) / 2
    return _bounded(centre - half, centre + half, middle - up / 2, middle + up / 2, width)


def _span(longitudes: list[float]) -> tuple[float, float]:
    """The shortest piece of the equator that has all these meridians: it leaves out the largest gap."""
    ring = sorted({(longitude + 180) % 360 - 180 for longitude in longitudes})
    gaps = [(ring[(i + 1) % len(ring)] - ring[i]) % 360 or 360.0 for i in range(len(ring))]
    last = max(range(len(ring)), key=lambda i: gaps[i])
    west = ring[(last + 1) % len(ring)]
    return west, west + 360 - gaps[last]


def _wider(low: float, high: float, least: float) -> tuple[float, float]:
    extent = high - low
    more = max(extent * MARGIN, (least - extent) / 2)
    return low - more, high + more


def _bounded(west: float, east: float, south: float, north: float, width: int) -> View:
    """The window moved, and cut where that is not enough, so that it ends before the poles."""
    up = min(north - south, NORTH - SOUTH)
    middle = min(max((south + north) / 2, SOUTH + up / 2), NORTH - up / 2)
    turn = 360 * math.floor((west + 180) / 360)
    return View(west - turn, east - turn, middle - up / 2, middle + up / 2, width)


def _shrink(latitude: float) -> float:
    """How much shorter a degree of longitude is there than a degree of latitude; at most to a third."""
    return max(math.cos(math.radians(latitude)), 1 / 3)
