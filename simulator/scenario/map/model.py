"""What is shown on a map: the stops of a trip, and what service was like there."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Service(Enum):
    """What a phone had at a stop. The value is the CSS class of what is drawn."""

    FULL = "served"
    """Service, as long as one was there."""
    PARTLY = "partly"
    """Now and then, or some services only."""
    NONE = "unserved"
    """None, or emergency calls only."""
    UNKNOWN = "visited"
    """Nothing is said about it: a plan, or a place where one only changes planes."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on the way. Latitude and longitude in degrees, north and east positive."""

    name: str
    latitude: float
    longitude: float
    country: str
    """ISO 3166-1 numeric code: which outline is coloured; where there is none, the point is all."""
    service: Service = Service.UNKNOWN
    note: str = ""
    """What is told of it beside its name: 'AIS, 4G, roaming'."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words on the map and below it, for pages in other languages."""

    title: str = "Map of the trip"
    service: dict[Service, str] = field(
        default_factory=lambda: {
            Service.FULL: "service",
            Service.PARTLY: "some service",
            Service.NONE: "no service",
            Service.UNKNOWN: "visited",
        }
    )
    source: str = "Outlines: Natural Earth, public domain."
