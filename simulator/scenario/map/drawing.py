"""The map as SVG: countries coloured by the service that a traveller had there, stops as numbered points with
names, the way between them as arcs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from simulator.scenario.map import labels, outlines, view
from simulator.scenario.map.model import Service, Stop, Words
from simulator.scenario.map.outlines import Point, Ring
from simulator.scenario.map.style import STYLE
from simulator.scenario.map.view import View

WIDE, NARROW = 960, 480
"""Widths of a drawing for a page and for a phone, in its own units: letters are 15 high."""
_RADIUS = 11.0
_HALO = 4.0
_BOW = 0.16
"""How far an arc stands off the straight way, in parts of its length."""
_HALF_ROUND = 200
"""Degrees of longitude up to which a way stays in the window: half the globe, and a little more."""
_FINE = 0.8
"""Steps of an outline that are shorter are left out of the drawing, in its units."""
_ENGLISH = Words()


class _Place(NamedTuple):
    """Stops that fall together on the drawing."""

    at: Point
    numbers: tuple[int, ...]
    stops: tuple[Stop, ...]

    @property
    def service(self) -> Service:
        return together(stop.service for stop in self.stops)

    @property
    def names(self) -> str:
        return ", ".join(dict.fromkeys(stop.name for stop in self.stops))

    @property
    def radius(self) -> float:
        """Half the width of the sign: wider for more than one number."""
        return _RADIUS + 3.6 * (len(numbering(self.numbers)) - 1)


def svg(
    stops: Sequence[Stop],
    *,
    current: int | None = None,
    zoom: Sequence[Stop] = (),
    width: int = WIDE,
    words: Words = _ENGLISH,
    prefix: str = "map",
    style: bool = True,
) -> str:
    """A drawing of the trip, complete in itself.

    `current` is the index of the stop at which the traveller is; None draws the whole trip as done.
    `zoom` are the stops that the window is laid around, if not all.
    `prefix` starts the ids of the drawing, and has to differ between those of one page; `style` False leaves
    the style sheet out, if the page has it already."""
    seen = view.around([(stop.longitude, stop.latitude) for stop in zoom or stops], width)
    places = _places(stops, seen)
    body = "".join(
        (
            f"<rect class='sea' width='{seen.width}' height='{seen.height}'/>",
            *_land(stops, seen, words, prefix),
            *_legs(stops, seen, current),
            *_points(places, seen, words, current),
        )
    )
    return (
        "<svg class='trip-map' xmlns='http://www.w3.org/2000/svg' role='img' "
        f"viewBox='0 0 {seen.width} {seen.height}' aria-labelledby='{prefix}-title {prefix}-desc'>"
        f"<title id='{prefix}-title'>{escape(words.title)}</title>"
        f"<desc id='{prefix}-desc'>{escape(description(stops, words))}</desc>"
        f"{f'<style>{STYLE}</style>' if style else ''}<defs>{_patterns(prefix)}</defs>{body}</svg>"
    )


def figure(
    stops: Sequence[Stop],
    *,
    current: int | None = None,
    zoom: Sequence[Stop] = (),
    words: Words = _ENGLISH,
    prefix: str = "map",
) -> str:
    """The map for an HTML page: a drawing for wide pages and one for phones, of which the style sheet shows
    one, the legend, and the source of the outlines."""
    wide, narrow = (
        svg(
            stops,
            current=current,
            zoom=zoom,
            width=width,
            words=words,
            prefix=f"{prefix}-{width}",
            style=False,
        )
        for width in (WIDE, NARROW)
    )
    present = {stop.service for stop in stops}
    signs = "".join(
        f"<li class='{service.value}'><span class='sign'></span>{escape(words.service[service])}</li>"
        for service in Service
        if service in present
    )
    return (
        f"<figure class='trip-figure' style='margin:0'><style>{STYLE}</style>"
        f"<div class='trip-wide'>{wide}</div><div class='trip-narrow'>{narrow}</div>"
        f"<figcaption><ul class='trip-legend'>{signs}<li>{escape(words.source)}</li></ul></figcaption>"
        "</figure>"
    )


def description(stops: Sequence[Stop], words: Words = _ENGLISH) -> str:
    """The same in a sentence, for those who do not see the drawing."""
    return "; ".join(f"{number} {_told(stop, words)}" for number, stop in enumerate(stops, 1)) + "."


def together(services: Iterable[Service]) -> Service:
    """What is said of several stops at once: that of all, if they agree."""
    known = set(services) - {Service.UNKNOWN}
    if len(known) == 1:
        return known.pop()
    return Service.PARTLY if known else Service.UNKNOWN


def numbering(numbers: Sequence[int]) -> str:
    """'1', '1, 3', '2–4': the numbers of the stops at one place, by runs."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def _told(stop: Stop, words: Words) -> str:
    return f"{stop.name}: {words.service[stop.service]}{f' ({stop.note})' if stop.note else ''}"


# Countries


def _patterns(prefix: str) -> str:
    """Hatching, so that colour is not the only sign: wide for some service, narrow for none."""
    return "".join(
        f"<pattern id='{prefix}-{service.value}' width='{step}' height='{step}' "
        "patternUnits='userSpaceOnUse' patternTransform='rotate(45)'>"
        f"<line class='line {service.value}' y2='{step}'/></pattern>"
        for service, step in ((Service.PARTLY, 12), (Service.NONE, 6))
    )


def _land(stops: Sequence[Stop], seen: View, words: Words, prefix: str) -> Iterator[str]:
    """All countries in the window as one shape, and those of the trip coloured upon it, with a tooltip."""
    found = outlines.load()
    visited: dict[str, list[Stop]] = {}
    for stop in stops:
        visited.setdefault(stop.country, []).append(stop)
    rest = "".join(_shape(rings, seen) for key, rings in found.items() if key not in visited)
    yield f"<path class='land' d='{rest}'/>"
    for key, there in visited.items():
        if shape := _shape(found.get(key, []), seen):
            service = together(stop.service for stop in there)
            told = escape("; ".join(dict.fromkeys(_told(stop, words) for stop in there)))
            yield f"<path class='land {service.value}' d='{shape}'><title>{told}</title></path>"
            if service in (Service.PARTLY, Service.NONE):
                yield f"<path class='hatch' fill='url(#{prefix}-{service.value})' d='{shape}'/>"


def _shape(rings: Iterable[Ring], seen: View) -> str:
    """The path of what lies in the window; a ring is drawn twice if both of its ends are seen."""
    parts = []
    for ring in rings:
        longitudes, latitudes = zip(*ring, strict=True)
        if max(latitudes) > seen.south and min(latitudes) < seen.north:
            for turn in seen.turns(min(longitudes), max(longitudes)):
                parts.append(_ring(ring, turn, seen))
    return "".join(parts)


def _ring(ring: Ring, turn: int, seen: View) -> str:
    """A closed path in steps of a tenth of a unit, without points too near to the one before to be seen."""
    x, y = (round(10 * value) for value in seen.at((ring[0][0] + turn, ring[0][1])))
    steps = [f"M{x / 10:g} {y / 10:g}l"]
    for longitude, latitude in ring[1:]:
        to_x, to_y = (round(10 * value) for value in seen.at((longitude + turn, latitude)))
        if abs(to_x - x) + abs(to_y - y) > 10 * _FINE:
            steps.append(f"{(to_x - x) / 10:g} {(to_y - y) / 10:g} ")
            x, y = to_x, to_y
    return "".join(steps) + "z" if len(steps) > 2 else ""


# The way


def _legs(stops: Sequence[Stop], seen: View, current: int | None) -> Iterator[str]:
    """An arc from each stop to the next by the shorter way round, with an arrow in its middle. One
    that leaves the window at one side comes in again at the other."""
    for number, (start, end) in enumerate(pairwise(stops), 1):
        state = "" if current is None or number < current else " now" if number == current else " later"
        west = seen.turned(start.longitude)
        east = seen.turned(end.longitude)
        if abs(east - west) > _HALF_ROUND:
            east -= math.copysign(360, east - west)
        for turn in seen.turns(*sorted((west, east))):
            a, b = seen.at((west + turn, start.latitude)), seen.at((east + turn, end.latitude))
            if abs(a[0] - b[0]) + abs(a[1] - b[1]) > _RADIUS:
                yield _arc(a, b, state)


def _arc(a: Point, b: Point, state: str) -> str:
    """A curve that stands off to the left of the way, so that there and back are two."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    control = (
        (a[0] + b[0]) / 2 + 2 * _BOW * dy,
        (a[1] + b[1]) / 2 - 2 * _BOW * abs(dx) * (1 if dx >= 0 else -1),
    )
    x, y = (a[0] + 2 * control[0] + b[0]) / 4, (a[1] + 2 * control[1] + b[1]) / 4
    return (
        f"<path class='leg{state}' d='M{a[0]:.1f} {a[1]:.1f}"
        f"Q{control[0]:.1f} {control[1]:.1f} {b[0]:.1f} {b[1]:.1f}'/>"
        f"<path class='arrow' d='M-6 -5L7 0L-6 5z' "
        f"transform='matrix({_turn(dx, dy)} {x:.1f} {y:.1f})'/>"
    )


def _turn(dx: float, dy: float) -> str:
    """A rotation into this direction, as the first four numbers of a matrix."""
    length = (dx * dx + dy * dy) ** 0.5
    cos, sin = dx / length, dy / length
    return f"{cos:.3f} {sin:.3f} {-sin:.3f} {cos:.3f}"


# Stops


def _places(stops: Sequence[Stop], seen: View) -> list[_Place]:
    places: list[_Place] = []
    for number, stop in enumerate(stops, 1):
        x, y = seen.at((seen.turned(stop.longitude), stop.latitude))
        if not (0 <= x <= seen.width and 0 <= y <= seen.height):
            continue
        for index, place in enumerate(places):
            if abs(place.at[0] - x) < _RADIUS and abs(place.at[1] - y) < _RADIUS:
                places[index] = _Place(place.at, (*place.numbers, number), (*place.stops, stop))
                break
        else:
            places.append(_Place((x, y), (number,), (stop,)))
    return places


def _points(places: list[_Place], seen: View, words: Words, current: int | None) -> Iterator[str]:
    """A sign with the numbers of its stops, rounder the better the service was, and the names beside."""
    corner = {Service.FULL: _RADIUS, Service.PARTLY: 5, Service.NONE: 1.5, Service.UNKNOWN: _RADIUS}
    for place in places:
        (x, y), half = place.at, place.radius
        here = current is not None and current + 1 in place.numbers
        halo = (
            _sign("halo", x, y, half + _HALO, _RADIUS + _HALO, corner[place.service] + _HALO) if here else ""
        )
        told = escape("; ".join(_told(stop, words) for stop in place.stops))
        yield (
            f"<g class='point {place.service.value}'><title>{told}</title>{halo}"
            f"{_sign('', x, y, half, _RADIUS, corner[place.service])}"
            f"<text class='number' x='{x:.1f}' y='{y + 4.4:.1f}'>{numbering(place.numbers)}</text></g>"
        )
    frame = labels.Box(6, 6, seen.width - 12, seen.height - 12)
    signs = [_covered(place) for place in places]
    boxes = labels.place([place.names for place in places], signs, frame)
    for place, box in zip(places, boxes, strict=True):
        y = box.y + box.height * 0.78
        yield f"<text class='name' x='{box.x:.1f}' y='{y:.1f}'>{escape(place.names)}</text>"


def _covered(place: _Place) -> labels.Box:
    """What the sign covers, with the ring around the one where the traveller is."""
    across, up = place.radius + _HALO, _RADIUS + _HALO
    return labels.Box(place.at[0] - across, place.at[1] - up, 2 * across, 2 * up)


def _sign(name: str, x: float, y: float, half: float, up: float, corner: float) -> str:
    return (
        f"<rect{f' class={name!r}' if name else ''} x='{x - half:.1f}' y='{y - up:.1f}' "
        f"width='{2 * half:.1f}' height='{2 * up:.1f}' rx='{corner:g}'/>"
    )
