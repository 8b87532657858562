"""Runs a trip with one of its options, or with all of them.

    trip = load("bangkok", world)
    outcome = run(trip, OptionName.TRAVEL_ESIM, world)
    outcomes = compare(trip, world)

The same trip, option and seed give the same outcome, byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from simulator.network.journal import Event, Evidence
from simulator.network.world import World
from simulator.scenario import buying, service
from simulator.scenario.evidence import unique
from simulator.scenario.journey import Journey
from simulator.scenario.ledger import Use
from simulator.scenario.outcome import Leg, Outcome, Statement
from simulator.scenario.packing import pack
from simulator.scenario.phone import Line
from simulator.scenario.strategies import STRATEGIES, Strategy
from simulator.scenario.trip import DAY, Option, OptionName, Trip

Listener = Callable[[Event], None]


def run(
    trip: Trip,
    option: Option | OptionName,
    world: World,
    *,
    seed: int | None = None,
    listener: Listener | None = None,
) -> Outcome:
    """One option. `listener` hears of every event as it happens; `seed` is the trip's own if not given."""
    if isinstance(option, OptionName):
        option = trip.options_named(option)[0]
    journey = Journey(world, trip, option, trip.seed if seed is None else seed)
    if listener is not None:
        journey.journal.listeners.append(listener)
    pack(journey)
    _travel(journey, STRATEGIES[option.option](journey))
    journey.outcome.cost = journey.ledger.total
    journey.outcome.events = list(journey.journal)
    return journey.outcome


def compare(trip: Trip, world: World, *, seed: int | None = None) -> list[Outcome]:
    """All options of the trip, each from the same beginning."""
    return [run(trip, option, world, seed=seed) for option in trip.options]


def _travel(journey: Journey, strategy: Strategy) -> None:
    for number, (stop, end) in enumerate(journey.trip.visits()):
        journey.go(stop, end)
        if journey.leg is not None:
            strategy.arrive()
            _stay(journey, strategy, journey.leg)
        elif number == 0:
            service.register(journey)
            if journey.trip.traveller.prepares:
                strategy.prepare()
        else:
            journey.is_back = True
            strategy.come_home()
            service.register(journey)
            journey.is_back = False


def _stay(journey: Journey, strategy: Strategy, leg: Leg) -> None:
    """The days of a stay: everything is tried on the first, data on each."""
    service.try_everything(journey)
    days = max(1, math.ceil((leg.end - leg.begin) / DAY))
    leg.wanted_mb = journey.trip.tries.data * days
    uses: list[Use] = []
    first = journey.clock.now
    for day in range(days):
        journey.clock.reach(first + day * DAY)
        if leg.data is None:
            break
        ended = [
            line for line in dict.fromkeys((strategy.line, *journey.home)) if _is_over(journey, line, day)
        ]
        if journey.home and journey.home[0] in ended:
            leg.home_number = service.home_number(journey)
        if strategy.line in ended:
            break
        uses.append(_use(journey, strategy))
    if uses:
        _tell_use(journey, strategy, leg, uses)
    journey.clock.reach(leg.end)


def _is_over(journey: Journey, line: Line | None, day: int) -> bool:
    return line is not None and service.stayed_too_long(journey, line, day)


def _use(journey: Journey, strategy: Strategy) -> Use:
    """A day's data over the line that they go over."""
    megabytes = journey.trip.tries.data
    if strategy.plan is not None:
        return journey.ledger.use(strategy.plan, megabytes, journey.clock.now)
    assert strategy.line is not None, "data go over a line"
    found = journey.radio[strategy.line].registration
    assert found is not None, "and it is registered"
    if found.agreement is None:
        return Use(megabytes, Decimal(0), ())
    return journey.ledger.roam(found.agreement, megabytes)


def _tell_use(journey: Journey, strategy: Strategy, leg: Leg, uses: list[Use]) -> None:
    megabytes = journey.trip.tries.data
    leg.data_mb = sum(use.megabytes for use in uses)
    amount = sum((use.amount for use in uses), Decimal(0))
    evidence: tuple[Evidence, ...] = unique(one for use in uses for one in use.evidence)
    journey.pay(amount)
    again = sum(use.bought for use in uses)
    if again and strategy.plan is not None:
        journey.outcome.offers += [strategy.plan.offer.key] * again
        journey.add(buying.bought_again(strategy.plan, again))
    text = f"{leg.data_mb} MB in {len(uses)} {'day' if len(uses) == 1 else 'days'}"
    paid = amount.quantize(Decimal("0.01"))
    journey.add(Statement("cost", f"{text} cost {paid} {journey.trip.currency} more", evidence))
    if leg.data_mb < megabytes * len(uses):
        journey.problem("data-used-up", f"only {leg.data_mb} of {leg.wanted_mb} MB", *evidence)
