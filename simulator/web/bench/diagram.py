"""The sequence diagram: a row for each message, which opens into its bytes."""

from __future__ import annotations

from html import escape
from typing import Final

from nicegui import ui

from simulator.web.bench.record import Act, Party, Recorder, Row, State, Words
from simulator.web.bench.texts import in_words
from simulator.web.explained import exchange_html
from simulator.web.visitors import Visitor
from simulator.web.widgets import button, html, tag

_COLUMNS: Final = {party: number for number, party in enumerate(Party)}
_WIDTH: Final = 100 / len(_COLUMNS)
_USUAL: Final = "9000"
"""The status word of most APDUs."""
_SHORTEST: Final = 0.00005
"""Seconds that are worth telling."""
_LIST: Final = {
    "data-walk": ".message",
    "data-follow": "",
    "role": "log",
    "aria-live": "off",
    "tabindex": "0",
}
_STATES: Final = {State.RUNS: "bench.running", State.DONE: "end.done", State.FAILED: "end.failed"}


class Diagram:
    """Draws the acts of a recorder, and goes on where it stopped."""

    def __init__(self, visitor: Visitor, recorder: Recorder) -> None:
        self._visitor, self._say = visitor, visitor.say
        self._recorder = recorder
        self._acts: dict[int, _ActElement] = {}
        self._head()
        self._list = tag("div", css="acts", **_LIST)
        with self._list:
            self._empty = tag("p", self._say("bench.diagram.none"), "dim")

    def _head(self) -> None:
        with tag("div", css="parties", **{"aria-hidden": "true"}):
            for party in Party:
                tag("span", self._say(f"party.{party.value}"))

    def refresh(self) -> None:
        """Draw what is new, and take away what is no longer kept."""
        acts = list(self._recorder.acts)
        kept = {act.number for act in acts}
        for number in [number for number in self._acts if number not in kept]:
            self._acts.pop(number).box.delete()
        self._empty.set_visibility(not acts)
        with self._list:
            for act in acts:
                if act.number not in self._acts:
                    self._acts[act.number] = _ActElement(act, self)
                self._acts[act.number].refresh()

    def words(self, words: Words) -> str:
        """A text in the visitor's language."""
        return in_words(self._visitor, words)

    def say(self, key: str, /, **values: object) -> str:
        return self._say(key, **values)


class _ActElement:
    """One act with its rows."""

    def __init__(self, act: Act, diagram: Diagram) -> None:
        self._act, self._diagram = act, diagram
        self._rows: dict[int, _RowElement] = {}
        self._shown: object = None
        self.box = tag("section", css="act arrives")
        with self.box:
            self._title = html("")
            self._body = tag("div", css="messages")
            self._end = html("")

    def refresh(self) -> None:
        act, diagram = self._act, self._diagram
        with self._body:
            for row in act.rows[len(self._rows) :]:
                self._rows[row.number] = _RowElement(row, diagram)
        for element in self._rows.values():
            element.refresh()
        shown = (act.state, act.result, act.left_out)
        if shown == self._shown:
            return
        self._shown = shown
        state = diagram.say(_STATES[act.state])
        self._title.set_content(
            f'<h3 class="act-title">{act.number}. {escape(diagram.words(act.title))} '
            f'<span class="state {act.state.value}">{escape(state)}</span></h3>'
        )
        parts = [diagram.say("bench.left-out", count=act.left_out)] if act.left_out else []
        parts += [diagram.words(act.result)] if act.result else []
        told = "".join(f'<p class="result {act.state.value}">{escape(part)}</p>' for part in parts)
        self._end.set_content(f'<div role="status">{told}</div>' if told else "")


class _RowElement:
    """One row; pressed, it opens below."""

    def __init__(self, row: Row, diagram: Diagram) -> None:
        self._row, self._diagram = row, diagram
        self._shown: object = None
        self._is_open = False
        self._box = tag("div", css="row-box arrives")
        with self._box:
            self._button = tag("button", css="message", type="button", **{"aria-expanded": "false"})
            self._button.props.update({"data-row": str(row.number)})
            self._button.on("click", self._press, [])
            with self._button:
                self._face = html("", "span")
            self._detail = tag("div", css="detail")

    def refresh(self) -> None:
        row = self._row
        shown = (row.title, row.outcome, len(row.pieces), row.succeeded)
        if shown == self._shown:
            return
        self._shown = shown
        self._face.set_content(_face(row, self._diagram))
        if self._is_open:
            self._draw_detail()

    def _press(self) -> None:
        self._is_open = not self._is_open
        self._button.props["aria-expanded"] = "true" if self._is_open else "false"
        self._detail.clear()
        if self._is_open:
            self._draw_detail()

    def _draw_detail(self) -> None:
        row, diagram = self._row, self._diagram
        self._detail.clear()
        with self._detail:
            if row.why:
                tag("p", diagram.words(row.why))
            opened = telling(row)
            for number in range(len(row.pieces)):
                _PieceElement(row, number, diagram, is_open=number in opened)


class _PieceElement:
    """An APDU of a row, or its only message; its bytes are drawn when it is opened."""

    def __init__(self, row: Row, number: int, diagram: Diagram, *, is_open: bool) -> None:
        self._explanation, self._diagram = row.pieces[number].explanation, diagram
        self._button: ui.element | None
        say = diagram.say
        with tag("div", css="piece"):
            if len(row.pieces) > 1:
                title = say(
                    "bench.piece", number=number + 1, count=len(row.pieces), title=self._explanation.title
                )
                self._button = button(
                    title, self._press, css="quiet piece-title", **{"aria-expanded": "false"}
                )
            else:
                self._button = None
                tag("strong", self._explanation.title)
            if self._explanation.outcome and not self._explanation.outcome.startswith(_USUAL):
                tag("span", self._explanation.outcome, "dim small")
            self._body = tag("div")
        self._is_open = False
        if is_open:
            self._press()

    def _press(self) -> None:
        self._is_open = not self._is_open
        if self._button is not None:
            self._button.props["aria-expanded"] = "true" if self._is_open else "false"
        self._body.clear()
        if self._is_open:
            with self._body:
                if self._explanation.clause:
                    tag("span", self._explanation.clause, "dim small")
                html(exchange_html(self._explanation, self._diagram.say))


def telling(row: Row) -> set[int]:
    """The pieces that say most of a row: the last, and the one that ends the message it answers."""
    ends = [
        number
        for number, piece in enumerate(row.pieces)
        if piece.explanation.title.startswith("STORE DATA: ") and piece.explanation.command
    ]
    return {len(row.pieces) - 1, *(ends if len(ends) == 1 else ())}


def _face(row: Row, diagram: Diagram) -> str:
    """What a row looks like closed: its name, an arrow from its sender to its receiver, what came back."""
    begin, end = sorted((_COLUMNS[row.sender], _COLUMNS[row.receiver]))
    left, width = (begin + 0.5) * _WIDTH, (end - begin) * _WIDTH
    goes = "right" if _COLUMNS[row.sender] <= _COLUMNS[row.receiver] else "left"
    if not width:
        goes = "self late" if begin > len(_COLUMNS) / 2 else "self"
    interface = f'<span class="interface">{escape(row.interface)}</span> ' if row.interface else ""
    facts = " · ".join(_facts(row, diagram))
    state = {True: "", False: "wrong", None: ""}[row.succeeded]
    fault = " fault" if row.is_fault else ""
    sides = f"{diagram.say(f'party.{row.sender.value}')} → {diagram.say(f'party.{row.receiver.value}')}: "
    back = '<span class="line back"></span>' if row.outcome else ""
    failed = (
        f'<span class="bad small">{escape(row.outcome)}</span>'
        if row.succeeded is False and row.outcome
        else ""
    )
    is_reason = row.succeeded is False and (row.is_fault or isinstance(row.why, str))
    why = diagram.words(row.why) if is_reason else ""
    reason = f'<span class="small reason">{escape(why)}</span>' if why else ""
    return (
        f'<span class="face {goes} {state}{fault}" style="--left:{left:.2f}%;--width:{width:.2f}%">'
        f'<span class="label"><span class="unseen">{escape(sides)}</span>{interface}'
        f'<b>{escape(diagram.words(row.title))}</b> <span class="facts">{escape(facts)}</span></span>'
        f'<span class="arrow" aria-hidden="true"><span class="line"></span>{back}</span>'
        f"{failed}{reason}</span>"
    )


def _facts(row: Row, diagram: Diagram) -> list[str]:
    if not row.pieces:
        return []
    there, back = row.size
    facts = []
    if there and back:
        facts.append(diagram.say("bench.size", there=f"{there:,}", back=f"{back:,}"))
    elif there or back:
        facts.append(diagram.say("bench.bytes", count=f"{there or back:,}"))
    if len(row.pieces) > 1:
        facts.insert(0, diagram.say("bench.apdus", count=len(row.pieces)))
    if row.seconds >= _SHORTEST:
        facts.append(diagram.say("bench.time", milliseconds=f"{row.seconds * 1e3:.1f}"))
    return facts
