"""A map of a trip that needs no network: outlines of countries from Natural Earth, drawn as SVG.

    stops = [Stop("New York", 40.71, -74.01, "840"), Stop("Bangkok", 13.75, 100.5, "764", Service.FULL)]
    svg(stops)
    figure(stops)

`svg` is a drawing that stands alone, `figure` one for an HTML page: also for phones, with a legend.
"""

from simulator.scenario.map.drawing import NARROW, WIDE, description, figure, svg
from simulator.scenario.map.model import Service, Stop, Words
from simulator.scenario.map.style import STYLE

__all__ = ["NARROW", "STYLE", "WIDE", "Service", "Stop", "Words", "description", "figure", "svg"]
