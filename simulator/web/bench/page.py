"""The page `/`: the bench, drawn from its model."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from simulator.web.bench.consent import Consent
from simulator.web.bench.diagram import Diagram
from simulator.web.bench.model import Bench
from simulator.web.bench.panels import FaultPanel, PhonePanel, TablePanel
from simulator.web.bench.person import BenchError, Pace
from simulator.web.bench.versus_panel import VersusPanel
from simulator.web.live import Live
from simulator.web.visitors import Visitor
from simulator.web.widgets import button, choice, tag


def draw(visitor: Visitor) -> None:
    """Fill the page."""
    bench = visitor.thing(Bench, new_bench)
    _BenchPage(visitor, bench)


def new_bench() -> Bench:
    """A bench for a person: messages come so that one can follow."""
    bench = Bench()
    bench.pace = Pace.FOLLOW
    return bench


class _BenchPage:
    def __init__(self, visitor: Visitor, bench: Bench) -> None:
        self._visitor, self._bench, self._say = visitor, bench, visitor.say
        tag("h1", self._say("page.bench"), "unseen")
        tag("p", self._say("bench.intro"), "dim intro")
        with tag("div", css="bench"):
            with tag("div", css="bench-things"):
                phone = PhonePanel(visitor, bench, self._do)
                table = TablePanel(visitor, bench, self._do, phone)
                faults = FaultPanel(visitor, bench)
                button(self._say("bench.reset"), self._reset, css="quiet danger")
            with tag("section", css="card diagram", **{"aria-label": self._say("bench.diagram")}):
                self._toolbar()
                diagram = Diagram(visitor, bench.recorder)
        VersusPanel(visitor)
        self._parts = (phone, table, faults, diagram, Consent(visitor, bench))
        Live(bench.recorder.listeners, self._refresh).now()

    def _refresh(self) -> None:
        for part in self._parts:
            part.refresh()
        self._next.set_visibility(self._bench.pace is Pace.STEP)

    def _toolbar(self) -> None:
        say, bench = self._say, self._bench
        with tag("div", css="row-of between"):
            tag("h2", say("bench.diagram"))
            with tag("div", css="row-of"):
                paces = {pace.value: say(f"bench.pace.{pace.value}") for pace in Pace}
                choice(say("bench.pace"), paces, bench.pace.value, self._pace)
                self._next = button(say("bench.next"), bench.go_on, css="main", key="n")
                button(say("bench.clear"), bench.recorder.clear, css="quiet")

    def _pace(self, name: str) -> None:
        self._bench.pace = Pace(name)
        self._bench.go_on()
        self._refresh()

    def _do(self, action: Callable[[], None]) -> None:
        """Run an action, and say so if it cannot be."""
        try:
            self._bench.start(action)
        except BenchError as error:
            ui.notify(self._say(error.words.key, **error.words.values))

    def _reset(self) -> None:
        self._visitor.replace(Bench, new_bench())
        ui.navigate.reload()
