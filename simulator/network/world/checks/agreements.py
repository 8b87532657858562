"""Checks of roaming agreements: who, what, and what regulation asks of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.network.world.checks.problem import Problem, absent, twice
from simulator.network.world.model import PriceClass

if TYPE_CHECKING:
    from simulator.network.world.queries import World

SERVICES = ("voice", "sms", "data")


def parties(world: World) -> Iterator[Problem]:
    """Both exist; who roams has network codes or a host; what is visited is a network in another country."""
    for key, agreement in world.agreements.items():
        home, visited = (world.operators.get(k) for k in (agreement.home, agreement.visited))
        if home is None:
            yield Problem("agreements", key, "home", absent("operator", agreement.home, world.operators))
        elif not (home.plmns or home.host):
            yield Problem("agreements", key, "home", "it has no network codes and no host, so no subscribers")
        if visited is None:
            yield Problem(
                "agreements", key, "visited", absent("operator", agreement.visited, world.operators)
            )
        elif not visited.radios:
            yield Problem("agreements", key, "visited", "it has no network to roam in")
        if home and visited and home.country == visited.country:
            yield Problem("agreements", key, "visited", "both are in the same country")


def contents(world: World) -> Iterator[Problem]:
    """Services and technologies are named, the visited network runs one; what is barred is not preferred."""
    runs = {key: {radio.rat for radio in operator.radios} for key, operator in world.operators.items()}
    known = set(SERVICES)
    sound: set[int] = set()  # rows of a table share their tuples: thousands of rows, few tuples
    for key, agreement in world.agreements.items():
        services, rats = agreement.services, agreement.rats
        if id(services) not in sound:
            if not services or twice(services) or set(services) - known:
                yield Problem(
                    "agreements", key, "services", f"they are some of {', '.join(SERVICES)}, each once"
                )
            sound.add(id(services))
        if id(rats) not in sound:
            if twice(rat.name for rat in rats):
                yield Problem("agreements", key, "rats", "a technology stands twice")
            sound.add(id(rats))
        if runs.get(agreement.visited, set(rats)).isdisjoint(rats):
            yield Problem("agreements", key, "rats", f"{agreement.visited!r} runs none of them")
        if agreement.longest_days == 0:
            yield Problem(
                "agreements", key, "longest_days", "a guest stays a day at least; leave it out for any"
            )
        if agreement.barred and agreement.preferred:
            yield Problem("agreements", key, "preferred", "a network that is barred is not preferred")


def regulation(world: World) -> Iterator[Problem]:
    """Regulation (EU) 2022/612 Article 4: within the EEA roaming costs what it costs at home."""
    areas = {
        o.key: set(world.countries[o.country].areas)
        for o in world.operators.values()
        if o.country in world.countries
    }
    for key, agreement in world.agreements.items():
        common = areas.get(agreement.home, set()) & areas.get(agreement.visited, set())
        if common and not agreement.barred and agreement.price is not PriceClass.LIKE_AT_HOME:
            yield Problem("agreements", key, "price", f"within the {min(common)} it is LIKE_AT_HOME")
