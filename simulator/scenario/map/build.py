"""Makes `outlines.txt` from `countries-110m.json` of the npm package world-atlas: a topology (TopoJSON 1.0)
is unfolded into one ring of points per coast or border, thinned, and written as text.

    python -m simulator.scenario.map.build countries-110m.json

Needed only when the outlines are to be made anew; the map reads `outlines.txt`.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from simulator.scenario.map.outlines import FILE, UNITS, Outlines, Point

TOLERANCE = 0.04
"""Degrees by which a line may lie beside the points that are left out: a few kilometres."""
ANTARCTICA = "010"
"""Left out: no operator is there, and it surrounds the pole, where a map with straight meridians has no
place."""
HEAD = f"""\
# Outlines of countries, for maps that are drawn without a network.
# Source: Natural Earth 4.1.0, Admin 0 countries, 1:110 million (public domain), as the npm package
# world-atlas 2.0.2 has it in countries-110m.json (ISC licence, copyright 2013-2019 Michael Bostock).
# Made by build.py, which thins the lines.
# Borders are those that Natural Earth draws; nothing is said by them about whom a place belongs to.
# A line is a country: ISO 3166-1 numeric code, or its name where it has none, then its rings, ';' between.
# A ring is longitude and latitude of its first point in 1/{UNITS} degree, then the steps to the next points.
# A ring that crosses the antimeridian goes on beyond 180 degrees.
"""


def outlines(topology: dict[str, Any]) -> Outlines:
    """Rings of every country by its code. Borders that two countries share stay the same for both."""
    arcs = [thinned(list(_arc(topology["transform"], steps))) for steps in topology["arcs"]]
    found: Outlines = {}
    for country in topology["objects"]["countries"]["geometries"]:
        key = country.get("id") or country["properties"]["name"].replace(" ", "")
        polygons = [country["arcs"]] if country["type"] == "Polygon" else country["arcs"]
        if key != ANTARCTICA:
            found[key] = [_ring(arcs, numbers) for polygon in polygons for numbers in polygon]
    return dict(sorted(found.items()))


def _arc(transform: dict[str, Any], steps: Iterable[Sequence[int]]) -> Iterator[Point]:
    """Points in degrees of an arc, which holds steps of whole units (TopoJSON §2.1.3)."""
    (scale_x, scale_y), (west, south) = transform["scale"], transform["translate"]
    x = y = 0
    for dx, dy in steps:
        x, y = x + dx, y + dy
        yield x * scale_x + west, y * scale_y + south


def _ring(arcs: list[list[Point]], numbers: Iterable[int]) -> list[Point]:
    """Arcs one after another, each of which starts where the last one ends; ~n is arc n backwards (§2.1.4).
    The last point, which is the first again, is left out."""
    points: list[Point] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points.extend(arc[1:] if points else arc)
    return _unwrapped(points[:-1])


def _unwrapped(points: Iterable[Point]) -> list[Point]:
    """The same ring without leaps from 180 to -180 degrees."""
    ring: list[Point] = []
    for longitude, latitude in points:
        if ring:
            longitude -= 360 * round((longitude - ring[-1][0]) / 360)
        ring.append((longitude, latitude))
    return ring


def thinned(line: list[Point]) -> list[Point]:
    """The line without the points that lie within TOLERANCE of what is left (Douglas and Peucker)."""
    if len(line) < 3:
        return line
    (ax, ay), (bx, by) = line[0], line[-1]
    length = math.hypot(bx - ax, by - ay)

    def distance(point: Point) -> float:
        x, y = point[0] - ax, point[1] - ay
        return abs((bx - ax) * y - (by - ay) * x) / length if length else math.hypot(x, y)

    farthest = max(range(1, len(line) - 1), key=lambda index: distance(line[index]))
    if distance(line[farthest]) <= TOLERANCE:
        return [line[0], line[-1]]
    return thinned(line[: farthest + 1])[:-1] + thinned(line[farthest:])


def text(found: Outlines) -> str:
    """The file. Rings that shrink to less than three points are left out."""
    lines = []
    for key, rings in found.items():
        written = [numbers for ring in rings if len(numbers := _steps(ring)) >= 6]
        lines.append(f"{key} {';'.join(' '.join(map(str, numbers)) for numbers in written)}\n")
    return HEAD + "".join(lines)


def _steps(ring: list[Point]) -> list[int]:
    numbers: list[int] = []
    x = y = 0
    for longitude, latitude in ring:
        dx, dy = round(longitude * UNITS) - x, round(latitude * UNITS) - y
        if dx or dy or not numbers:
            numbers += (dx, dy)
            x, y = x + dx, y + dy
    return numbers


if __name__ == "__main__":
    source = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    FILE.write_text(text(outlines(source)), encoding="utf-8")
