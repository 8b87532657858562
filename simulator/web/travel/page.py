"""The page `/travel`: which trip, the options side by side, and the journey with one of them."""

from __future__ import annotations

from typing import Final

from nicegui import context, ui
from nicegui.events import GenericEventArguments

from simulator.network.world import load
from simulator.web.travel import terms
from simulator.web.travel.comparison_view import differences_html, option_title, table_html
from simulator.web.travel.form_view import FormView
from simulator.web.travel.journey_view import JourneyView
from simulator.web.travel.model import OWN_NAME, TripDesk
from simulator.web.visitors import Visitor
from simulator.web.widgets import html, tag

_VALUE: Final = "(event) => emit(event.target.value)"
_OPTION: Final = (
    "(event) => { const one = event.target.closest('[data-option]'); "
    "if (one) emit(Number(one.dataset.option)); }"
)


def draw(visitor: Visitor) -> None:
    """Fill the page."""
    desk = visitor.thing(TripDesk, lambda: TripDesk(load()))
    ui.add_head_html(
        '<link rel="stylesheet" href="/assets/travel.css"><script defer src="/assets/travel.js"></script>'
    )
    TravelPage(visitor, desk)


class TravelPage:
    """What one visitor sees."""

    def __init__(self, visitor: Visitor, desk: TripDesk) -> None:
        self._visitor, self._say, self._desk = visitor, visitor.say, desk
        self._client = context.client
        self._runs = 0
        """How often a trip was run since the page was opened: tests wait for it."""
        tag("h1", self._say("travel.title"))
        tag("p", self._say("travel.intro"), "dim")
        with tag("section", css="card"):
            self._choice()
            self._says = tag("p", css="trip-says")
            self._problem = tag("div", role="alert")
            with tag("details", css="change"):
                tag("summary", self._say("travel.change"))
                self._form = FormView(visitor, desk, self._draw)
        with tag("section", css="card", **{"aria-labelledby": "options-title"}):
            tag("h2", self._say("travel.options"), id="options-title")
            self._table = tag("div", css="options-box")
            self._table.on("click", self._look, js_handler=_OPTION)
            tag("p", self._say("travel.simplified"), "dim small")
            self._differences = tag("div", css="differences-box")
        self._journey = JourneyView(visitor, desk)
        self._draw_comparison()

    def _choice(self) -> None:
        with tag("label", css="field-label"):
            tag("span", self._say("travel.which"))
            self._select = tag("select", **{"data-test": "trip"})
            self._select.on("change", self._choose, js_handler=_VALUE)
            with self._select:
                for name in self._desk.names():
                    title, _ = terms.trip(name, self._desk.title(name), "", self._visitor.language)
                    tag("option", title, value=name, selected=name == self._desk.name)
                own = self._say("travel.own")
                tag("option", own, value="own", selected=self._desk.name == OWN_NAME)

    def _choose(self, event: GenericEventArguments) -> None:
        name = str(event.args)
        self._desk.choose(name if name in self._desk.names() else OWN_NAME)
        self._form.draw()
        self._draw()

    def _look(self, event: GenericEventArguments) -> None:
        if isinstance(event.args, int) and event.args != self._desk.chosen:
            self._desk.look_at(event.args)
            ui.run_javascript(f"window.travelOption({self._desk.chosen});")
            self._draw_differences()
            self._journey.draw()

    def _against(self, event: GenericEventArguments) -> None:
        if str(event.args).isdecimal():
            self._desk.against = int(event.args)
            self._draw_differences()

    def _draw(self) -> None:
        """The trip was run."""
        chosen = self._desk.name or "own"
        # By the page, not by what was pressed: that may be gone since the form was drawn anew.
        self._client.run_javascript(f"document.querySelector('[data-test=trip]').value = {chosen!r};")
        self._draw_comparison()
        self._journey.draw()

    def _draw_comparison(self) -> None:
        self._says.clear()
        with self._says:
            desk = self._desk
            title, says = terms.trip(desk.name, desk.trip.name, desk.trip.says, self._visitor.language)
            tag("span", says or title)
        self._problem.clear()
        with self._problem:
            if self._desk.problem:
                tag("p", self._desk.problem, "bad")
        self._table.clear()
        with self._table:
            html(table_html(self._desk.outcomes, self._desk.chosen, self._say, self._visitor.language))
        self._runs += 1
        self._table.props["data-runs"] = str(self._runs)
        self._table.update()
        self._draw_differences()

    def _draw_differences(self) -> None:
        self._differences.clear()
        desk = self._desk
        if desk.outcome is None or len(desk.outcomes) < 2:
            return
        other = desk.outcomes[desk.compared]
        with self._differences:
            with tag("label", css="row-of"):
                tag("span", self._say("travel.against"))
                with tag("select") as select:
                    for number, one in enumerate(desk.outcomes):
                        name = option_title(one, self._say)
                        tag("option", name, value=str(number), selected=number == desk.compared)
                select.on("change", self._against, js_handler=_VALUE)
            title = self._say("travel.differences", option=option_title(other, self._say))
            tag("h3", f"{option_title(desk.outcome, self._say)}: {title}")
            html(differences_html(other, desk.outcome, self._say, self._visitor.language))
