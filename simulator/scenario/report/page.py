"""The page: the comparison, a section for each option, what to check before, where the facts are from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from simulator.network.journal import Event
from simulator.network.world import World
from simulator.scenario.checks import Finding, check
from simulator.scenario.map import STYLE as MAP_STYLE
from simulator.scenario.map import Service, Stop, figure
from simulator.scenario.outcome import Leg, Outcome, Statement
from simulator.scenario.report.reasons import Reasons
from simulator.scenario.report.style import STYLE
from simulator.scenario.steps import STEPS
from simulator.scenario.trip import Trip

_SHOWN = {
    "arrived": "",
    "manual step": "hand",
    "bought": "",
    "profile installed": "",
    "profile switched": "",
    "download failed": "failed",
    "switch refused": "failed",
    "registered": "registered",
    "refused": "failed",
    "refresh": "",
    "no card": "failed",
    "limited service": "failed",
}
"""Kinds of events on the timeline → the CSS class of their points."""
_VERDICTS = {"good": "good", "take care": "care", "bad": "bad"}


def html(trip: Trip, outcomes: Sequence[Outcome], world: World) -> str:
    """The whole page."""
    reasons = Reasons(world)
    body = "".join(
        (
            _head(trip, world),
            _comparison(trip, outcomes, world),
            *(_option(trip, one, number, world, reasons) for number, one in enumerate(outcomes, 1)),
            _checks(check(trip, world), reasons),
            _foot(reasons),
        )
    )
    head = (
        "<meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{escape(trip.name)}</title><style>{STYLE}{MAP_STYLE}</style>"
    )
    return f"<!doctype html>\n<html lang='en'><head>{head}</head><body>{body}</body></html>\n"


def _head(trip: Trip, world: World) -> str:
    home = world.countries[trip.traveller.lives_in].name
    devices = ", ".join(f"{d.maker} {d.model} ({d.market})" for d in (c.device(world) for c in trip.devices))
    own = ", ".join(
        f"{world.operators[one.operator].name} ({'card' if one.form == 'card' else 'eSIM'})"
        for one in trip.home
    )
    days = f"{trip.itinerary[0].at:%Y-%m-%d} to {trip.end:%Y-%m-%d}"
    facts = (f"lives in {home}", devices, own, f"{trip.tries.data} MB a day", days, f"seed {trip.seed}")
    items = "".join(f"<li>{escape(fact)}</li>" for fact in facts if fact)
    says = f"<p class='says'>{escape(trip.says)}</p>" if trip.says else ""
    return f"<header><h1>{escape(trip.name)}</h1>{says}<ul class='facts'>{items}</ul></header>"


# The comparison

_COLUMNS = ("Option", "Data", "First byte", "Steps by hand", "Cost", "Home number", "What went wrong")


def _comparison(trip: Trip, outcomes: Sequence[Outcome], world: World) -> str:
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in _COLUMNS)
    working = [outcome for outcome in outcomes if outcome.works]
    cheapest = min((outcome.cost for outcome in working), default=None)
    fastest = min((outcome.first_byte or 0 for outcome in working), default=None)
    fewest = min((outcome.manual_steps for outcome in working), default=None)
    rows = []
    for number, outcome in enumerate(outcomes, 1):
        first = "never" if outcome.first_byte is None else f"{outcome.first_byte:g} min"
        best = outcome.works
        rows.append(
            f"<tr><th scope='row'><a href='#option-{number}'>{escape(outcome.title)}</a></th>"
            f"<td data-name='Data'>{'<br>'.join(_where(leg, world) for leg in outcome.legs)}</td>"
            + _cell("First byte", first, best and outcome.first_byte == fastest)
            + _cell("Steps by hand", str(outcome.manual_steps), best and outcome.manual_steps == fewest)
            + _cell("Cost", f"{outcome.cost:.2f} {trip.currency}", best and outcome.cost == cheapest)
            + f"<td data-name='Home number'>{_yes(outcome.home_number)}</td>"
            f"<td data-name='What went wrong'>{_terms(outcome)}</td></tr>"
        )
    return (
        "<h2 id='comparison'>Side by side</h2><table class='compare'>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(name: str, text: str, is_best: bool) -> str:
    return f"<td data-name='{name}' class='number{' best good' if is_best else ''}'>{escape(text)}</td>"


def _yes(value: bool) -> str:
    return "<span class='good'>✓ reachable</span>" if value else "<span class='bad'>✗ not reachable</span>"


def _where(leg: Leg, world: World) -> str:
    name = escape(world.countries[leg.country].name)
    if leg.data is None:
        return f"<span class='bad'>✗ {name}: none</span>"
    return f"<span class='good'>✓</span> {name}: {escape(leg.data.network_name)}, {escape(leg.data.rat)}"


def _terms(outcome: Outcome) -> str:
    terms = dict.fromkeys(one.problem.term for one in outcome.problems if one.problem)
    return "<br>".join(map(escape, terms)) or "<span class='dim'>nothing</span>"


# One option


def _option(trip: Trip, outcome: Outcome, number: int, world: World, reasons: Reasons) -> str:
    parts = [
        f"<section><h2 id='option-{number}'>{escape(outcome.title)}</h2>",
        _totals(outcome),
    ]
    parts.append(figure(_stops(trip, outcome, world), prefix=f"map-{number}"))
    parts.append(_timeline(outcome.events, world))
    if outcome.statements:
        parts.append("<h3>Before leaving</h3>")
        parts += (_statement(one, reasons) for one in outcome.statements)
    for leg in outcome.legs:
        name = escape(world.countries[leg.country].name)
        parts.append(f"<h3>{name}, {leg.begin:%Y-%m-%d %H:%M} to {leg.end:%Y-%m-%d %H:%M}</h3>")
        parts += (_statement(one, reasons) for one in leg.statements)
    return "".join((*parts, "</section>"))


def _totals(outcome: Outcome) -> str:
    first = "never" if outcome.first_byte is None else f"{outcome.first_byte:g} min"
    items = (
        ("first byte, at the slowest", first),
        ("steps by hand", str(outcome.manual_steps)),
        ("cost", f"{outcome.cost:.2f} {outcome.currency}"),
        ("home number", "reachable" if outcome.home_number else "not reachable"),
    )
    shown = "".join(f"<li>{escape(name)}<strong>{escape(value)}</strong></li>" for name, value in items)
    return f"<ul class='totals'>{shown}</ul>"


def _stops(trip: Trip, outcome: Outcome, world: World) -> list[Stop]:
    """The stops on the map; abroad with what the phone had there."""
    legs, stops = iter(outcome.legs), []
    for stop in trip.itinerary:
        place = world.countries[stop.country]
        service, note = Service.UNKNOWN, ""
        if stop.country != trip.traveller.lives_in:
            leg = next(legs)
            service, note = service_of(leg)
        stops.append(Stop(place.name, place.latitude, place.longitude, place.numeric, service, note))
    return stops


def service_of(leg: Leg) -> tuple[Service, str]:
    """How a stay is drawn on the map, and what is told of it."""
    if leg.data is not None:
        is_whole = leg.data_mb >= leg.wanted_mb
        return Service.FULL if is_whole else Service.PARTLY, f"{leg.data.network_name}, {leg.data.rat}"
    served = [line for line in leg.lines if line.network]
    if served:
        return Service.PARTLY, f"{served[0].network_name}, no data"
    return Service.NONE, ""


def _timeline(events: Sequence[Event], world: World) -> str:
    items = []
    for event in events:
        if event.kind not in _SHOWN:
            continue
        shown = _SHOWN[event.kind]
        tag = " <span class='tag dim'>by hand</span>" if shown == "hand" else ""
        text = STEPS[event.details["step"]].text if shown == "hand" else event.text
        items.append(
            f"<li class='{shown}'><time datetime='{event.time.isoformat()}'>{event.time:%m-%d %H:%M}</time> "
            f"{escape(text)}{tag}</li>"
        )
    return f"<h3>Timeline</h3><ol class='timeline'>{''.join(items)}</ol>"


def _statement(statement: Statement, reasons: Reasons) -> str:
    problem = statement.problem
    if problem is None:
        head, more = escape(statement.text), ""
    else:
        clause = f"<span class='clause'>({escape(problem.where)})</span>"
        head = f"<span class='bad'>{escape(problem.term)}</span> {clause}"
        more = f"<p>{escape(statement.text)}. {escape(problem.advice)}</p>"
    return (
        f"<details class='statement'><summary>{head}</summary>"
        f"<div>{more}{reasons.list(statement.evidence)}</div></details>"
    )


# Before leaving, and the end of the page


def _checks(findings: Sequence[Finding], reasons: Reasons) -> str:
    return "<h2 id='check'>What to check before leaving</h2>" + "".join(_findings(findings, reasons))


def _findings(findings: Sequence[Finding], reasons: Reasons) -> Iterator[str]:
    topic = None
    for finding in findings:
        if finding.topic is not topic:
            topic = finding.topic
            yield f"<h3>{escape(topic.value.capitalize())}</h3>"
        verdict = finding.verdict.value
        yield (
            f"<details class='statement'><summary><span class='{_VERDICTS[verdict]}'>{verdict}</span> "
            f"{escape(finding.text)}</summary><div>{reasons.list(finding.evidence)}</div></details>"
        )


def _foot(reasons: Reasons) -> str:
    return (
        "<h2 id='sources'>Sources</h2><p>Durations of steps, prices of roaming by class, and every row whose "
        "source is an example were made up; keys and identities are a simulation's. docs/travel.md says what "
        f"is simplified.</p>{reasons.all_sources()}"
    )
