"""The journey as widgets: the map, the slider, the timeline, and why things are as they are."""

from __future__ import annotations

from html import escape
from typing import Final

from nicegui import ui
from nicegui.events import GenericEventArguments

from simulator.network.journal import Event, Evidence
from simulator.scenario.map import Service, Words, figure
from simulator.scenario.outcome import Outcome, Statement
from simulator.web import sentences
from simulator.web.folding import folded
from simulator.web.travel import terms
from simulator.web.travel.comparison_view import option_title
from simulator.web.travel.evidence import Explained, evidence_html
from simulator.web.travel.model import TripDesk
from simulator.web.travel.steps import Step, places_of
from simulator.web.visitors import Visitor
from simulator.web.widgets import button, html, tag
from simulator.web.words import Language

_STEP: Final = (
    "(event) => { const one = event.target.closest('[data-step]'); if (one) emit(Number(one.dataset.step)); }"
)
_NUMBER: Final = "(event) => emit(Number(event.target.value))"


class JourneyView:
    """One outcome, walked through."""

    def __init__(self, visitor: Visitor, desk: TripDesk) -> None:
        self._visitor, self._say, self._desk = visitor, visitor.say, desk
        self._explained: Explained | None = None
        self._explained_of: Outcome | None = None
        self._drawn: tuple[int, bool] | None = None
        """The stop that the map and the statements show, and whether the map shows its region."""
        self._is_near = False
        self._root = tag("section", css="card journey", **{"aria-labelledby": "journey-title"})
        self.draw()

    def draw(self) -> None:
        """Another outcome: everything anew."""
        self._root.clear()
        self._drawn = None
        outcome = self._desk.outcome
        if outcome is None:
            return
        with self._root:
            title = self._say("travel.journey", option=option_title(outcome, self._say))
            tag("h2", title, id="journey-title")
            with tag("div", css="journey-both"):
                with tag("div", css="journey-map"):
                    self._map = tag("div", **{"data-test": "map"})
                    self._controls()
                    self._now = tag("div", css="now", **{"aria-live": "polite", "data-test": "now"})
                self._timeline()
            self._happened = tag("div", css="happened")
            self._why = tag("div", css="why")
            self._overall(outcome)
        self.show()

    def _controls(self) -> None:
        last = max(len(self._desk.steps) - 1, 0)
        with tag("div", css="controls"):
            button("◀", self._back, label=self._say("travel.before"), key="p")
            self._slider = tag("input", type="range", min="0", max=str(last), step="1")
            self._slider.props.update(
                {"aria-label": self._say("travel.slider"), "value": str(self._desk.step)}
            )
            self._slider.on("input", self._slide, js_handler=_NUMBER, throttle=0.05)
            button("▶", self._next, label=self._say("travel.next"), key="n")
        with tag("label", css="check"):
            box = tag("input", type="checkbox")
            box.props.update({"checked": self._is_near})
            box.on("change", self._zoom, [])
            tag("span", self._say("travel.zoom"))

    def _timeline(self) -> None:
        items = "".join(self._item(step) for step in self._desk.steps)
        with tag("nav", css="timeline", **{"aria-label": self._say("travel.timeline")}):
            html(items, "ol").props("data-walk='[data-step]'").on("click", self._chose, js_handler=_STEP)

    def _item(self, step: Step) -> str:
        current = " aria-current='step'" if step.number == self._desk.step else ""
        refused = f"<span class='bad small'>{escape(self._refused(step))}</span>" if step.refusals else ""
        return (
            f"<li class='at-{step.stop % 6}'><button type='button' data-step='{step.number}'{current}>"
            f"<time>{step.time:%Y-%m-%d %H:%M}</time> "
            f"<span class='actor'>{escape(sentences.actor(step.headline.actor, self._language))}</span> "
            f"{escape(self._headline(step))} {refused}</button></li>"
        )

    def _headline(self, step: Step) -> str:
        return self._said(step.headline)

    def _said(self, event: Event) -> str:
        key = event.details.get("step")
        if isinstance(key, str):
            return terms.step(key, self._language)
        return sentences.said(event.text, self._language)

    def _refused(self, step: Step) -> str:
        return self._say("travel.refused", count=step.refusals)

    @property
    def _language(self) -> Language:
        return self._visitor.language

    # Walking

    def _slide(self, event: GenericEventArguments) -> None:
        self._go(event.args)

    def _chose(self, event: GenericEventArguments) -> None:
        self._go(event.args)

    def _back(self) -> None:
        self._go(self._desk.step - 1)

    def _next(self) -> None:
        self._go(self._desk.step + 1)

    def _go(self, step: object) -> None:
        if isinstance(step, int):
            self._desk.go(step)
            self._slider.props["value"] = str(self._desk.step)
            self._slider.update()
            ui.run_javascript(f"window.travelStep({self._desk.step});")
            self.show()

    def _zoom(self) -> None:
        self._is_near = not self._is_near
        self.show()

    def show(self) -> None:
        """The step that one is at."""
        step = self._desk.current
        if step is None:
            return
        self._now.clear()
        with self._now:
            count = self._say("travel.step", number=step.number + 1, count=len(self._desk.steps))
            tag("p", f"{count} · {step.time:%Y-%m-%d %H:%M} UTC", "dim small")
            tag("p", self._headline(step), "headline")
        self._show_events(step)
        if self._drawn != (step.stop, self._is_near):
            self._drawn = step.stop, self._is_near
            self._show_map(step)
            self._show_why()

    def _show_map(self, step: Step) -> None:
        say, trip = self._say, self._desk.trip
        is_chinese = self._language is Language.ZH
        places = places_of(trip, self._desk.outcome, self._desk.world, is_chinese=is_chinese)
        services = {one: say(f"travel.service.{one.value}") for one in Service}
        words = Words(say("travel.map"), services, say("travel.outlines"))
        zoom = (places[step.stop],) if self._is_near else ()
        self._map.clear()
        with self._map:
            html(figure(places, current=step.stop, zoom=zoom, words=words, prefix="trip"))

    # Why

    def _show_events(self, step: Step) -> None:
        self._happened.clear()
        with self._happened:
            tag("h3", self._say("travel.happened"))
            for event in step.events:
                self._event(event)

    def _event(self, event: Event) -> None:
        with folded(lambda: self._evidence(event.evidence), css="event"):
            tag("span", sentences.actor(event.actor, self._language), "actor")
            tag("span", f" {self._said(event)} ")
            tag("span", self._say("travel.evidence", count=len(event.evidence)), "dim small")

    def _show_why(self) -> None:
        self._why.clear()
        leg = self._desk.leg
        with self._why:
            tag("h3", self._say("travel.why"))
            for statement in leg.statements if leg else ():
                self._statement(statement)
            if not leg:
                tag("p", self._say("travel.nothing"), "dim")

    def _overall(self, outcome: Outcome) -> None:
        if outcome.statements:
            with tag("div", css="why"):
                tag("h3", self._say("travel.why.trip"))
                for statement in outcome.statements:
                    self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        def draw() -> str:
            return self._advice(statement) + self._evidence(statement.evidence)

        with folded(draw, css="statement"):
            if statement.reason:
                tag("span", f"{terms.reason(statement.reason, self._language)[0]}: ", "bad")
            tag("span", f"{sentences.said(statement.text, self._language)} ")
            tag("span", self._say("travel.evidence", count=len(statement.evidence)), "dim small")

    def _advice(self, statement: Statement) -> str:
        if not statement.reason or statement.problem is None:
            return ""
        _, advice = terms.reason(statement.reason, self._language)
        where = escape(statement.problem.where)
        name = escape(self._say("travel.advice"))
        return f"<p><b>{name}</b>: {escape(advice)} <span class='dim small'>{where}</span></p>"

    def _evidence(self, evidence: tuple[Evidence, ...]) -> str:
        outcome = self._desk.outcome
        assert outcome is not None, "it is of an outcome"
        if self._explained is None or self._explained_of is not outcome:
            self._explained, self._explained_of = Explained(outcome.events), outcome
        return evidence_html(evidence, self._explained, self._desk.world, self._say)
