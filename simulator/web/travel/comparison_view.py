"""Options side by side as HTML: a table that marks what is best, and the differences of two in words."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from simulator.scenario.outcome import Outcome
from simulator.web.sentences import said
from simulator.web.travel import terms
from simulator.web.travel.comparison import MEASURES, Measure, best, differences, minutes, money
from simulator.web.words import Language

Say = Callable[..., str]


def option_title(outcome: Outcome, say: Say) -> str:
    """The option in the language of the page."""
    return say(f"travel.option.{outcome.option.value}")


def table_html(outcomes: list[Outcome], chosen: int, say: Say, language: Language) -> str:
    """A row for each option; its name is a button with the number of the option in `data-option`."""
    heads = "".join(
        f"<th scope='col'>{escape(say(f'travel.measure.{key}'))}</th>"
        for key in (*(measure.key for measure in MEASURES), "problems")
    )
    winners = {measure.key: best(measure, outcomes) for measure in MEASURES}
    rows = "".join(
        _row(number, outcome, number == chosen, winners, say, language)
        for number, outcome in enumerate(outcomes)
    )
    head = f"<tr><th scope='col'>{escape(say('travel.option'))}</th>{heads}</tr>"
    body = f"<tbody data-walk='[data-option]'>{rows}</tbody>"
    return f"<table class='travel-options'><thead>{head}</thead>{body}</table>"


def _row(
    number: int, outcome: Outcome, is_chosen: bool, winners: dict[str, set[int]], say: Say, language: Language
) -> str:
    cells = "".join(
        _cell(measure, outcome, number in winners[measure.key], say, language) for measure in MEASURES
    )
    problems = "".join(f"<li>{escape(terms.reason(key, language)[0])}</li>" for key in outcome.reasons)
    current = " aria-current='true'" if is_chosen else ""
    sign, colour = ("✓", "good") if outcome.works else ("✗", "bad")
    name = (
        f"<button type='button' data-option='{number}'{current}>"
        f"<span class='{colour}' aria-hidden='true'>{sign}</span> "
        f"{escape(option_title(outcome, say))}</button>"
    )
    label = escape(say("travel.measure.problems"))
    return (
        f"<tr class='{'works' if outcome.works else 'fails'}'><th scope='row'>{name}</th>{cells}"
        f"<td data-label='{label}'>{f'<ul>{problems}</ul>' if problems else '–'}</td></tr>"
    )


def _cell(measure: Measure, outcome: Outcome, is_best: bool, say: Say, language: Language) -> str:
    shown = escape(_shown(measure, measure.value(outcome), outcome, say, language))
    star = (
        f" <span class='best' role='img' aria-label='{escape(say('travel.best'))}'>★</span>"
        if is_best
        else ""
    )
    label = escape(say(f"travel.measure.{measure.key}"))
    return f"<td data-label='{label}'>{shown}{star}</td>"


def _shown(measure: Measure, value: Any, outcome: Outcome, say: Say, language: Language) -> str:
    match measure.key:
        case "served":
            return say("travel.countries", count=value[0], of=value[1])
        case "network" | "mechanism":
            return "; ".join(said(one, language) for one in value) or "–"
        case "first":
            return say("travel.never") if value is None else say("travel.minutes", amount=minutes(value))
        case "cost":
            return f"{money(value)} {outcome.currency}"
        case "steps":
            return str(value)
    return say({True: "travel.yes", False: "travel.no", None: "travel.untried"}[value])


def differences_html(one: Outcome, other: Outcome, say: Say, language: Language = Language.EN) -> str:
    """What is otherwise with `other`, each with a sign for better or worse."""
    found = differences(one, other)
    if not found:
        return f"<p class='dim'>{escape(say('travel.same'))}</p>"
    signs = {True: ("good", "▲"), False: ("bad", "▼"), None: ("dim", "◆")}
    items = []
    for difference in found:
        colour, sign = signs[difference.is_better]
        values = {key: said(value, language) for key, value in difference.values.items()}
        text = escape(say(f"travel.differs.{difference.key}", **values))
        items.append(f"<li><span class='{colour}' aria-hidden='true'>{sign}</span> {text}</li>")
    return f"<ul class='differs'>{''.join(items)}</ul>"
