"""What the map shows, read back from its SVG."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from simulator.scenario.map import (
    NARROW,
    STYLE,
    Service,
    Stop,
    Words,
    description,
    drawing,
    figure,
    labels,
    svg,
)
from simulator.scenario.map import view as views

NEW_YORK = Stop("New York", 40.71, -74.01, "840", Service.FULL, "AT&T")
BANGKOK = Stop("Bangkok", 13.75, 100.5, "764", Service.NONE)
BERLIN = Stop("Berlin", 52.52, 13.4, "276", Service.FULL)
TOKYO = Stop("Tokyo", 35.68, 139.69, "392", Service.PARTLY)
SAN_FRANCISCO = Stop("San Francisco", 37.77, -122.42, "840", Service.FULL)
SYDNEY = Stop("Sydney", -33.87, 151.2, "036")
SINGAPORE = Stop("Singapore", 1.29, 103.85, "702", Service.PARTLY)


def _drawn(*stops: Stop, **options: object) -> ElementTree.Element:
    text = svg(stops, **options)  # type: ignore[arg-type]
    return ElementTree.fromstring(text.replace(" xmlns='http://www.w3.org/2000/svg'", ""))


def _of(tree: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """Elements that have this class."""
    return [element for element in tree.iter() if name in element.get("class", "").split()]


def _at(point: ElementTree.Element) -> tuple[float, float]:
    rect = point.findall("rect")[-1]
    x, y, width, height = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
    return x + width / 2, y + height / 2


def test_it_says_the_same_to_those_who_do_not_see_it():
    tree = _drawn(NEW_YORK, BANGKOK)
    title, desc = tree.find("title"), tree.find("desc")
    assert title is not None
    assert desc is not None
    assert tree.get("role") == "img"
    assert tree.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == "Map of the trip"
    assert desc.text == "1 New York: service (AT&T); 2 Bangkok: no service."


def test_countries_are_coloured_and_hatched_by_service():
    tree = _drawn(NEW_YORK, BANGKOK, TOKYO)
    told = {element.findtext("title"): element.get("class") for element in _of(tree, "land")}
    assert told == {
        None: "land",
        "New York: service (AT&T)": "land served",
        "Bangkok: no service": "land unserved",
        "Tokyo: some service": "land partly",
    }
    assert [e.get("fill") for e in _of(tree, "hatch")] == ["url(#map-unserved)", "url(#map-partly)"]
    assert {e.get("id") for e in tree.iter("pattern")} == {"map-unserved", "map-partly"}


@pytest.mark.parametrize(
    ("services", "together"),
    [
        ((Service.FULL, Service.FULL), Service.FULL),
        ((Service.FULL, Service.NONE), Service.PARTLY),
        ((Service.NONE, Service.UNKNOWN), Service.NONE),
        ((Service.UNKNOWN,), Service.UNKNOWN),
    ],
)
def test_service_of_several_stops_in_a_country(services, together):
    assert drawing.together(services) is together


def test_a_place_without_an_outline_is_a_point():
    tree = _drawn(SINGAPORE)
    assert [point.get("class") for point in _of(tree, "point")] == ["point partly"]
    assert [land.get("class") for land in _of(tree, "land")] == ["land"]


def test_stops_at_one_place_are_one_point_with_their_numbers():
    tree = _drawn(NEW_YORK, BANGKOK, NEW_YORK)
    assert [e.text for e in _of(tree, "number")] == ["1, 3", "2"]
    assert [e.text for e in _of(tree, "name")] == ["New York", "Bangkok"]
    assert drawing.numbering((1, 2, 3, 5, 6)) == "1–3, 5, 6"


def test_a_flight_over_the_pacific_stays_in_one_piece():
    tree = _drawn(SAN_FRANCISCO, TOKYO)
    (america, _), (japan, _) = (_at(point) for point in _of(tree, "point"))
    assert japan < america
    assert len(_of(tree, "leg")) == 1
    (land,) = [e for e in _of(tree, "land") if e.get("class") == "land served"]
    assert land.get("d", "").count("M") > 2  # Alaska lies on this side too


def test_a_way_that_leaves_the_window_comes_in_again_at_the_other_side():
    tree = _drawn(NEW_YORK, BERLIN, BANGKOK, SYDNEY, NEW_YORK)
    width = float(tree.get("viewBox", "").split()[2])
    ends = [[float(n) for n in re.findall(r"-?[\d.]+", leg.get("d", ""))] for leg in _of(tree, "leg")]
    assert len(ends) == 5
    before, beyond = ends[3], ends[4]
    assert beyond[0] < width < beyond[4]
    assert before[0] < 0 < before[4]


def test_there_and_back_are_two_arcs():
    there, back = (
        [float(n) for n in re.findall(r"-?[\d.]+", leg.get("d", ""))]
        for leg in _of(_drawn(NEW_YORK, BANGKOK, NEW_YORK), "leg")
    )
    assert there[3] < min(there[1], there[5])  # the way out bows to the north
    assert back[3] > max(back[1], back[5])


def test_a_way_of_half_the_globe_stays_in_the_window():
    tree = _drawn(NEW_YORK, BANGKOK, TOKYO)  # laid around the Pacific, though the Atlantic is a little nearer
    assert len(_of(tree, "leg")) == 2


def test_steps_of_the_journey():
    stops = (NEW_YORK, BANGKOK, TOKYO, NEW_YORK)
    tree = _drawn(*stops, current=2)
    assert [leg.get("class") for leg in _of(tree, "leg")] == ["leg", "leg now", "leg later"]
    halos = [point.findtext("title") for point in _of(tree, "point") if _of(point, "halo")]
    assert halos == ["Tokyo: some service"]
    assert not _of(_drawn(*stops), "halo")


def test_zoom_leaves_out_what_lies_far_away():
    tree = _drawn(NEW_YORK, BANGKOK, SINGAPORE, zoom=(BANGKOK, SINGAPORE))
    assert [e.text for e in _of(tree, "name")] == ["Bangkok", "Singapore"]


def test_texts_are_escaped():
    tree = _drawn(replace(BANGKOK, name="<b>&'\""), prefix="x")
    assert [e.text for e in _of(tree, "name")] == ["<b>&'\""]
    assert tree.find("b") is None


def test_without_stops_it_is_the_world():
    tree = _drawn()
    assert tree.get("viewBox", "").startswith("0 0 960 ")
    assert len(_of(tree, "land")[0].get("d", "")) > 40_000


def test_figure_for_a_page_has_both_drawings_and_a_legend():
    words = Words("行程地图", {service: service.name for service in Service}, "来源")
    page = ElementTree.fromstring(figure([NEW_YORK, BANGKOK], words=words))
    drawings = page.findall(".//{http://www.w3.org/2000/svg}svg")
    assert [d.get("viewBox", "").split()[2] for d in drawings] == ["960", str(NARROW)]
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert ["".join(item.itertext()) for item in page.iter("li")] == ["FULL", "NONE", "来源"]
    assert description([BANGKOK], words) == "1 Bangkok: NONE."


def test_every_class_that_is_drawn_has_a_style():
    names = {
        name
        for stops in ((NEW_YORK, BANGKOK, TOKYO, SYDNEY), ())
        for element in ElementTree.fromstring(figure(stops, current=1)).iter()
        for name in element.get("class", "").split()
    } - {"trip-figure"}
    assert [name for name in sorted(names) if f".{name}" not in STYLE] == []
    for variable in set(re.findall(r"var\(--([\w-]+)\)", STYLE)):
        assert STYLE.count(f"--{variable}:") == 4, variable  # light and dark, by preference and by the page


@pytest.mark.parametrize("width", [960, 480])
@pytest.mark.parametrize(
    "points",
    [
        [(-74.0, 40.7), (100.5, 13.7)],
        [(0.0, 51.0)],
        [(13.4, 52.5), (13.4, 52.5)],
        [(170.0, -40.0), (-170.0, 60.0)],
        [(0.0, 70.0), (10.0, 71.0)],
        [(-150.0, 0.0), (-60.0, 0.0), (30.0, 0.0), (120.0, 0.0)],
    ],
)
def test_every_stop_lies_in_the_window_and_shapes_are_true_in_its_middle(points, width):
    seen = views.around(points, width)
    for longitude, latitude in points:
        x, y = seen.at((seen.turned(longitude), latitude))
        assert 0 < x < seen.width
        assert 0 < y < seen.height
    assert -180 <= seen.west < 180
    assert 1.4 < seen.width / seen.height < 2.9
    middle = (seen.south + seen.north) / 2
    (x1, y1), (x2, y2) = seen.at((seen.west, middle)), seen.at((seen.west + 1, middle + 1))
    assert (x2 - x1) / (y1 - y2) == pytest.approx(max(math.cos(math.radians(middle)), 1 / 3), rel=0.01)


def test_names_do_not_lie_on_one_another():
    signs = [labels.Box(120 + 36 * i, 100 + 14 * i, 22, 22) for i in range(4)]
    frame = labels.Box(0, 0, 400, 300)
    boxes = labels.place(["Kuala Lumpur", "Singapore", "Bangkok", "胡志明市"], signs, frame)
    every = [*signs, *boxes]
    for box in boxes:
        assert sum(box.overlap(other) for other in every if other is not box) < 4
        assert box.overlap(frame) == pytest.approx(box.width * box.height)
