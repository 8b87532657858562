"""Options side by side: what is measured, which is best in each, and what differs between two of them, in the
order of what people ask first."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple

from simulator.scenario.outcome import Outcome


class Measure(NamedTuple):
    """Something that options differ in. `value` is None where there is none; of two, the one for which
    `badness` is smaller is better, if there is a badness."""

    key: str
    value: Callable[[Outcome], Any]
    badness: Callable[[Any], float] | None = None


class Difference(NamedTuple):
    """What is otherwise with another option. `key` is the end of the key of its text, `values` are filled
    in."""

    key: str
    is_better: bool | None
    values: dict[str, str]


NEVER: Final = float("inf")


def _served(outcome: Outcome) -> tuple[int, int]:
    return sum(leg.data is not None for leg in outcome.legs), len(outcome.legs)


def _networks(outcome: Outcome) -> tuple[str, ...]:
    lines = [leg.data or next((one for one in leg.lines if one.network), None) for leg in outcome.legs]
    return tuple(dict.fromkeys(f"{line.network_name}, {line.rat}" for line in lines if line))


def _mechanisms(outcome: Outcome) -> tuple[str, ...]:
    return tuple(dict.fromkeys(leg.data.mechanism for leg in outcome.legs if leg.data))


def _tried(name: str) -> Callable[[Outcome], bool | None]:
    def value(outcome: Outcome) -> bool | None:
        found = [getattr(leg, name) for leg in outcome.legs if getattr(leg, name) is not None]
        return all(found) if found else None

    return value


def _yes(value: bool | None) -> float:
    return {True: 0.0, None: 0.5, False: 1.0}[value]


MEASURES: Final = (
    Measure("served", _served, lambda value: -value[0]),
    Measure("network", _networks),
    Measure("mechanism", _mechanisms),
    Measure("steps", lambda outcome: outcome.manual_steps, float),
    Measure("first", lambda outcome: outcome.first_byte, lambda value: NEVER if value is None else value),
    Measure("cost", lambda outcome: outcome.cost, float),
    Measure("calls", _tried("calls"), _yes),
    Measure("messages", _tried("messages"), _yes),
    Measure("number", lambda outcome: outcome.home_number, _yes),
)


def best(measure: Measure, outcomes: list[Outcome]) -> set[int]:
    """Which options are best, as their places in the list; none where all are alike, or where nothing makes
    one better than another. Only those that work everywhere are best in anything."""
    judge = measure.badness
    if judge is None:
        return set()
    able = [n for n, outcome in enumerate(outcomes) if outcome.works]
    badness = {n: judge(measure.value(outcomes[n])) for n in able}
    if len(set(badness.values())) < 2:
        return set()
    least = min(badness.values())
    return {n for n, value in badness.items() if value == least}


def differences(one: Outcome, other: Outcome) -> list[Difference]:
    """What is otherwise with `other` than with `one`; better or worse is said of `other`."""
    found: list[Difference] = []
    for measure in MEASURES:
        mine, theirs = measure.value(one), measure.value(other)
        if mine == theirs:
            continue
        is_better = measure.badness(theirs) < measure.badness(mine) if measure.badness else None
        found.append(_DIFFERENCES[measure.key](mine, theirs, is_better, other))
    return found


def _amounts(key: str, unit: Callable[[Any], str]) -> Callable[..., Difference]:
    """'more' or 'less' of something, and how much."""

    def difference(mine: Any, theirs: Any, is_better: bool | None, other: Outcome) -> Difference:
        word = "less" if is_better else "more"
        return Difference(
            f"{key}.{word}", is_better, {"amount": unit(abs(theirs - mine)), "currency": other.currency}
        )

    return difference


def _first(mine: float | None, theirs: float | None, is_better: bool | None, other: Outcome) -> Difference:
    if mine is None or theirs is None:
        return Difference(
            "first.never" if theirs is None else "first.now", is_better, {"amount": minutes(theirs)}
        )
    return _amounts("first", minutes)(mine, theirs, is_better, other)


def _either(key: str) -> Callable[..., Difference]:
    """So, or not so."""

    def difference(mine: Any, theirs: Any, is_better: bool | None, other: Outcome) -> Difference:
        return Difference(f"{key}.{'yes' if is_better else 'no'}", is_better, {})

    return difference


def _other(key: str) -> Callable[..., Difference]:
    """Another value."""

    def difference(mine: Any, theirs: Any, is_better: bool | None, other: Outcome) -> Difference:
        values = {"before": "; ".join(mine) or "–", "after": "; ".join(theirs) or "–"}
        return Difference(key, None, values)

    return difference


def _served_differs(
    mine: tuple[int, int], theirs: tuple[int, int], is_better: bool | None, other: Outcome
) -> Difference:
    word = "more" if is_better else "less"
    return Difference(f"served.{word}", is_better, {"count": str(theirs[0]), "of": str(theirs[1])})


_DIFFERENCES: Final[dict[str, Callable[..., Difference]]] = {
    "served": _served_differs,
    "network": _other("network"),
    "mechanism": _other("mechanism"),
    "steps": _amounts("steps", str),
    "first": _first,
    "cost": _amounts("cost", lambda amount: money(amount)),
    "calls": _either("calls"),
    "messages": _either("messages"),
    "number": _either("number"),
}


def money(amount: Decimal) -> str:
    """An amount to the cent."""
    return f"{amount:.2f}"


def minutes(value: float | None) -> str:
    """Minutes without a needless point."""
    return "–" if value is None else f"{value:.1f}".rstrip("0").rstrip(".")
