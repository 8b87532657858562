"""The outlines are the earth's: places lie in their countries, and countries are as large as they are."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from simulator.scenario.map import build, outlines


def _inside(key: str, longitude: float, latitude: float) -> bool:
    """Whether a place lies in a country: a line to the east crosses its rings an odd number of times."""
    crossings = 0
    for ring in outlines.load()[key]:
        for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if (y1 > latitude) != (y2 > latitude):
                crossings += longitude < x1 + (latitude - y1) * (x2 - x1) / (y2 - y1)
    return bool(crossings % 2)


def _area(key: str) -> float:
    """Square kilometres on a sphere of 6371 km. Holes turn the other way, and are taken off."""
    total = 0.0
    for ring in outlines.load()[key]:
        for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
            total += math.radians(x2 - x1) * (2 + math.sin(math.radians(y1)) + math.sin(math.radians(y2))) / 2
    return abs(total) * 6371**2


@pytest.mark.parametrize(
    ("key", "longitude", "latitude"),
    [
        ("840", -98.6, 39.8),  # the middle of the United States
        ("840", -149.9, 62.0),  # Alaska
        ("764", 100.5, 15.0),  # Thailand
        ("704", 105.8, 21.0),  # Hanoi
        ("276", 13.4, 52.5),  # Berlin
        ("392", 139.0, 36.0),  # Japan
        ("036", 133.9, -23.7),  # Alice Springs
        ("643", 180.5, 67.5),  # Chukotka, beyond the antimeridian
        ("643", 37.6, 55.8),  # Moscow
        ("426", 28.2, -29.5),  # Lesotho
    ],
)
def test_places_lie_in_their_countries_and_in_no_other(key, longitude, latitude):
    assert [other for other in outlines.load() if _inside(other, longitude, latitude)] == [key]


@pytest.mark.parametrize(
    ("key", "square_kilometres"),
    [
        ("036", 7_692_000),
        ("076", 8_510_000),
        ("276", 357_600),
        ("356", 3_287_000),
        ("392", 378_000),
        ("643", 17_098_000),
        ("704", 331_000),
        ("710", 1_221_000),  # without Lesotho
        ("764", 513_000),
        ("840", 9_525_000),
    ],
)
def test_countries_are_as_large_as_they_are(key, square_kilometres):
    assert _area(key) == pytest.approx(square_kilometres, rel=0.08)  # at 1:110 million


def test_rings_have_no_leaps_and_the_file_is_small_and_names_its_source():
    for key, rings in outlines.load().items():
        for ring in rings:
            longitudes = [x for x, _ in ring]
            steps = [abs(b - a) for a, b in pairwise(longitudes)]
            assert max(steps) < 40, key
            assert len(ring) >= 3
    text = outlines.FILE.read_text(encoding="utf-8")
    assert len(text) < 100_000
    assert "Natural Earth" in text
    assert "public domain" in text
    assert "ISC licence" in text


def test_topology_is_unfolded():
    """Two squares that share a border, one over the antimeridian; the shared arc runs backwards in it.
    Steps are whole units of a tenth of a degree from -180, -90 (TopoJSON 1.0 §2.1.2)."""
    topology = {
        "transform": {"scale": [0.1, 0.1], "translate": [-180, -90]},
        "arcs": [
            [[3500, 900], [0, 100]],  # (170, 0) to (170, 10): the border
            [[3500, 1000], [-100, 0], [0, -50], [0, -50], [100, 0]],  # round the western square
            [[3500, 900], [-3400, 0], [0, 100], [3400, 0]],  # round the eastern one: (-170, 0), (-170, 10)
        ],
        "objects": {
            "countries": {
                "geometries": [
                    {"type": "Polygon", "id": "001", "arcs": [[0, 1]], "properties": {"name": "West"}},
                    {"type": "MultiPolygon", "arcs": [[[2, -1]]], "properties": {"name": "The East"}},
                    {"type": "Polygon", "id": "010", "arcs": [[0, 1]], "properties": {"name": "Antarctica"}},
                ]
            }
        },
    }
    found = build.outlines(topology)
    assert {
        key: [[(round(x), round(y)) for x, y in ring] for ring in rings] for key, rings in found.items()
    } == {
        "001": [[(170, 0), (170, 10), (160, 10), (160, 0)]],  # (160, 5) lies on the line and is left out
        "TheEast": [[(170, 0), (190, 0), (190, 10), (170, 10)]],
    }
    assert build.text(found).splitlines()[-1] == "TheEast 8500 0 1000 0 0 500 -1000 0"


def test_thinning_leaves_out_what_lies_on_the_line_and_no_more():
    line = [(0.0, 0.0), (1.0, 0.03), (2.0, 0.0), (2.0, 1.0), (2.0, 2.0)]
    assert build.thinned(line) == [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0)]
    ring = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)]
    assert build.thinned(ring) == ring
