"""The console as widgets: a field to type into, lines to choose from, and what was said with every byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import Final

from nicegui import ui
from nicegui.events import GenericEventArguments

from cards.explain import Explanation
from simulator.web.card import templates
from simulator.web.card.console import Line
from simulator.web.card.model import CardDesk
from simulator.web.explained import exchange_html
from simulator.web.folding import folded
from simulator.web.visitors import Visitor
from simulator.web.widgets import button, html, keys, tag
from simulator.web.words import texts

FIELD: Final = "console-line"
SHOWN: Final = 25
"""Lines that are shown; more are remembered."""
_VALUE: Final = (
    f"() => {{ const box = document.getElementById('{FIELD}'); emit(box.value); box.value = ''; }}"
)
_CHOSEN: Final = "(event) => { emit(event.target.value); event.target.selectedIndex = 0; }"


class ConsoleView:
    """`changed` is called after something was said to the card."""

    def __init__(self, visitor: Visitor, desk: CardDesk, changed: Callable[[], None]) -> None:
        self._visitor, self._desk, self._changed = visitor, desk, changed
        self._say = visitor.say
        with tag("section", css="card console", **{"aria-labelledby": "console-title"}):
            tag("h2", self._say("card.console"), id="console-title")
            self._field()
            self._templates()
            self._output = tag("div", css="said", **{"aria-live": "polite", "data-test": "said"})
        self.draw()

    def put(self, line: str) -> None:
        """Put a line into the field, for the visitor to send or change."""
        ui.run_javascript(
            f"const box = document.getElementById('{FIELD}'); box.value = {json.dumps(line)}; box.focus();"
        )

    def draw(self) -> None:
        """Show what was said, the newest first."""
        self._box.props.update({"data-typed": json.dumps(self._desk.typed)})
        self._box.update()
        lines = self._desk.lines
        self._output.clear()
        with self._output:
            if not lines:
                tag("p", self._say("card.nothing"), "dim")
            for number, line in enumerate(reversed(lines[-SHOWN:])):
                self._line(line, is_newest=number == 0)
            if len(lines) > SHOWN:
                tag("p", self._say("card.earlier", count=len(lines) - SHOWN), "dim small")

    def _field(self) -> None:
        with tag("div", css="console-ask"):
            with tag("label", css="field-label"):
                tag("span", self._say("card.line"))
                self._box = tag(
                    "textarea", css="mono", id=FIELD, rows="2", spellcheck="false", autocomplete="off",
                    autocapitalize="off", **keys("c"), **{"data-does": self._say("card.console")},
                )  # fmt: skip
            button(self._say("card.send"), None, css="main", id="console-send").on(
                "click", self._send, js_handler=_VALUE
            )
        tag("p", self._say("card.keys"), "dim small")

    def _templates(self) -> None:
        options = [f"<option value=''>{escape(self._say('card.choose'))}</option>"]
        for group in templates.GROUPS:
            inside = "".join(self._option(template) for template in templates.of(group))
            options.append(
                f"<optgroup label='{escape(self._say(f'card.group.{group}'))}'>{inside}</optgroup>"
            )
        with tag("label", css="field-label"):
            tag("span", self._say("card.templates"))
            html("".join(options), "select").on("change", self._template, js_handler=_CHOSEN)

    def _option(self, template: templates.Template) -> str:
        does = self._say(f"card.does.{template.key}") if template.key else template.clause
        said = f"{template.name}: {does}" if template.key else f"{template.name} ({does})"
        return f"<option value='{escape(template.line)}'>{escape(said)}</option>"

    def _template(self, event: GenericEventArguments) -> None:
        if isinstance(event.args, str) and event.args:
            self.put(self._desk.filled(event.args))

    def _send(self, event: GenericEventArguments) -> None:
        if isinstance(event.args, str):
            self._desk.type(event.args)
            self.draw()
            self._changed()

    def _line(self, line: Line, *, is_newest: bool) -> None:
        state = "good" if line.succeeded else "bad"
        with tag("article", css=f"said-line {'arrives' if is_newest else ''}"):
            with tag("h3", css="mono"):
                tag("span", "❯ ", "dim", **{"aria-hidden": "true"})
                tag("span", line.text)
                if line.status:
                    tag("span", line.status, f"status {state}")
            if line.problem:
                tag("p", line.problem, "bad", role="alert" if is_newest else "none")
                if f"card.hint.{line.status}" in texts():
                    tag("p", self._say(f"card.hint.{line.status}"), "small")
            if line.note:
                tag("p", line.note, "warn small")
            last = len(line.exchanges) - 1
            for number, exchange in enumerate(line.exchanges):
                self._exchange(exchange, is_open=is_newest and number == last)

    def _exchange(self, exchange: Explanation, *, is_open: bool) -> None:
        colour = {True: "good", False: "bad", None: "dim"}[exchange.succeeded]
        with folded(lambda: exchange_html(exchange, self._say), css="said-exchange", is_open=is_open):
            tag("b", exchange.title)
            tag("span", f" {exchange.outcome}", colour)
            if exchange.clause:
                tag("span", f" {exchange.clause}", "dim small")
