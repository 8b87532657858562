"""An outcome as a journey that one can walk through: steps in time, each with the events that led to it, and
the stops on the map."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from simulator.network.journal import Event
from simulator.network.world import World
from simulator.scenario.map import Service
from simulator.scenario.map import Stop as Place
from simulator.scenario.outcome import Leg, Outcome
from simulator.scenario.trip import Trip

HEADLINES: Final = frozenset(
    {
        "packed",
        "arrived",
        "manual step",
        "bought",
        "code used",
        "refresh",
        "profile installed",
        "profile switched",
        "registered",
        "limited service",
        "no card",
    }
)
"""Kinds of events that end a step; others lead to the next one of these."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened, with what led to it."""

    number: int
    time: datetime
    stop: int
    """Index of the stop of the itinerary at which it happened."""
    events: tuple[Event, ...]
    """The last one is what the step is called after."""

    @property
    def headline(self) -> Event:
        return self.events[-1]

    @property
    def refusals(self) -> int:
        """How often a network has refused on the way to it."""
        return sum(event.kind == "refused" for event in self.events)


def steps_of(outcome: Outcome) -> list[Step]:
    """The journey in the order in which it happened."""
    found: list[Step] = []
    waiting: list[Event] = []
    stop = 0
    arrivals = 0
    for event in outcome.events:
        waiting.append(event)
        if event.kind == "arrived":
            stop, arrivals = arrivals, arrivals + 1
        if event.kind in HEADLINES:
            found.append(Step(len(found), event.time, stop, tuple(waiting)))
            waiting = []
    if waiting:
        found.append(Step(len(found), waiting[-1].time, stop, tuple(waiting)))
    return found


def leg_at(trip: Trip, outcome: Outcome, stop: int) -> Leg | None:
    """The stay abroad at a stop of the itinerary; None at home."""
    home = trip.traveller.lives_in
    if trip.itinerary[stop].country == home:
        return None
    number = sum(one.country != home for one in trip.itinerary[:stop])
    return outcome.legs[number] if number < len(outcome.legs) else None


def service_of(leg: Leg) -> Service:
    """Everything that was tried worked; something did; or nothing did."""
    has_network = leg.data is not None or any(line.network for line in leg.lines)
    if not has_network:
        return Service.NONE
    is_whole = leg.data is not None and leg.data_mb >= leg.wanted_mb
    return (
        Service.FULL if is_whole and leg.calls is not False and leg.messages is not False else Service.PARTLY
    )


def places_of(trip: Trip, outcome: Outcome | None, world: World, *, is_chinese: bool = False) -> list[Place]:
    """The stops for the map; at home nothing is said about service."""
    found = []
    for number, stop in enumerate(trip.itinerary):
        country = world.country(stop.country)
        leg = leg_at(trip, outcome, number) if outcome else None
        found.append(
            Place(
                country.name_zh if is_chinese else country.name,
                country.latitude,
                country.longitude,
                country.numeric,
                service_of(leg) if leg else Service.UNKNOWN,
                note_of(leg) if leg else "",
            )
        )
    return found


def note_of(leg: Leg) -> str:
    """Who one is registered with: 'AIS, 5G (NR)'."""
    line = leg.data or next((line for line in leg.lines if line.network), None)
    return f"{line.network_name}, {line.rat}" if line else ""
