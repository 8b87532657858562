"""SIM against eSIM on the page: the table of differences, and below it what happened on either side."""

from __future__ import annotations

from html import escape

from nicegui import run

from simulator.network.world import load
from simulator.web.bench.diagram import Diagram
from simulator.web.bench.model import utc_now
from simulator.web.bench.texts import in_words
from simulator.web.bench.versus import Comparison, Side, compare
from simulator.web.visitors import Visitor
from simulator.web.widgets import button, html, tag


class Versus:
    """A visitor's last comparison."""

    def __init__(self) -> None:
        self.comparison: Comparison | None = None


class VersusPanel:
    """A panel that is folded up until somebody wants it."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor, self._say = visitor, visitor.say
        self._versus = visitor.thing(Versus, Versus)
        with tag("details", css="card versus") as box:
            tag("summary", self._say("versus.title"), "heading")
            tag("p", self._say("versus.intro"), "dim")
            self._run = button(self._say("versus.run"), self._compare, css="main", **{"data-focus": "versus"})
            self._body = tag("div")
        if self._versus.comparison is not None:
            box.props["open"] = True
            self._draw(self._versus.comparison)

    async def _compare(self) -> None:
        self._run.props["disabled"] = True
        comparison = await run.io_bound(compare, load(), utc_now)
        self._run.props["disabled"] = False
        if comparison is not None:  # the server ends
            self._versus.comparison = comparison
            self._draw(comparison)

    def _draw(self, comparison: Comparison) -> None:
        say = self._say
        self._body.clear()
        with self._body:
            rows = "".join(
                f'<tr class="{"differs" if one.differs else ""}"><th scope="row">{escape(say(one.key))}</th>'
                f"<td>{escape(in_words(self._visitor, one.sim))}</td>"
                f"<td>{escape(in_words(self._visitor, one.esim))}</td></tr>"
                for one in comparison.differences
            )
            heads = "".join(
                f'<th scope="col">{escape(say(key))}</th>'
                for key in ("versus.what", "versus.sim", "versus.esim")
            )
            html(f'<table class="differences"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>')
            with tag("div", css="sides"):
                self._side("versus.sim", comparison.sim)
                self._side("versus.esim", comparison.esim)

    def _side(self, title: str, side: Side) -> None:
        with tag("section", css="diagram", **{"aria-label": self._say(title)}):
            tag("h3", self._say(title))
            Diagram(self._visitor, side.bench.recorder).refresh()
