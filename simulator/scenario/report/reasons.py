"""The evidence of a statement as HTML: APDUs with every field explained, messages with what they say and
their bytes, rows with their sources, clauses."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from cards.explain import Explainer, Field
from simulator.network.journal import Apdu, Evidence, Message, Row, Rule
from simulator.network.world import World
from simulator.scenario.evidence import TRIP


class Reasons:
    """Shows evidence; sources are those of a world. `sources` are the keys of those that were shown."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.sources: dict[str, None] = {}

    def list(self, evidence: Iterable[Evidence]) -> str:
        """A list, each piece of evidence an item that opens."""
        explainer = Explainer()
        return f"<ol class='evidence'>{''.join(self._item(one, explainer) for one in evidence)}</ol>"

    def _item(self, evidence: Evidence, explainer: Explainer) -> str:
        match evidence:
            case Apdu():
                return f"<li>{_apdu(evidence, explainer)}</li>"
            case Message():
                return f"<li>{_message(evidence)}</li>"
            case Row():
                return f"<li>{self._row(evidence)}</li>"
            case Rule(clause, says):
                return f"<li><span class='clause'>{escape(clause)}</span>: {escape(says)}</li>"

    def _row(self, row: Row) -> str:
        where = f"<code>{escape(row.table)}/{escape(row.key)}</code>"
        return f"{where}: {escape(row.says)} <span class='dim'>[{self.source(row.source)}]</span>"

    def source(self, key: str) -> str:
        """A source by its title, leading to the list at the end."""
        found = self._world.sources.get(key)
        if found is None:
            return "the trip's file" if key == TRIP else escape(key)
        self.sources[key] = None
        return f"<a href='#source-{escape(key)}'>{escape(found.title)}</a>"

    def all_sources(self) -> str:
        """The list of the sources that were shown."""
        items = []
        for key in self.sources:
            source = self._world.sources[key]
            where = f", {escape(source.address)}" if source.address else ""
            seen = f", seen {escape(source.seen)}" if source.seen else ""
            items.append(f"<li id='source-{escape(key)}'>{escape(source.title)}{where}{seen}</li>")
        return f"<ul>{''.join(items)}</ul>"


def _apdu(apdu: Apdu, explainer: Explainer) -> str:
    explained = explainer.exchange(apdu.command, apdu.response)
    clause = f" <span class='clause'>({escape(explained.clause)})</span>" if explained.clause else ""
    title = f"{escape(explained.title)} → {escape(explained.outcome)}{clause}"
    parts = (
        ("command", apdu.command, explained.command),
        ("answer", apdu.response, explained.answer),
    )
    body = "".join(
        f"<div>{name} <code>{data.hex().upper()}</code>{_fields(fields)}</div>"
        for name, data, fields in parts
    )
    return f"<details><summary>APDU: {title}</summary>{body}</details>"


def _fields(fields: tuple[Field, ...]) -> str:
    if not fields:
        return ""
    items = []
    for field in fields:
        value = f": {escape(field.value)}" if field.value else ""
        problem = f" <span class='care'>{escape(field.problem)}</span>" if field.problem else ""
        items.append(f"<li>{escape(field.name)}{value}{problem}{_fields(field.children)}</li>")
    return f"<ul class='fields'>{''.join(items)}</ul>"


def _message(message: Message) -> str:
    title = f"{escape(message.name)}, {escape(message.sender)} → {escape(message.receiver)}"
    clause = f" <span class='clause'>({escape(message.clause)})</span>" if message.clause else ""
    members = "".join(f"<li>{escape(name)}: {escape(value)}</li>" for name, value in message.members.items())
    data = f"<div>bytes {_bytes(message.data)}</div>" if message.data else ""
    body = f"<ul class='fields'>{members}</ul>{data}"
    return f"<details><summary>Message: {title}{clause}</summary>{body}</details>"


def _bytes(data: bytes) -> str:
    """JSON as it is, anything else in hexadecimal."""
    shown = data.decode() if data.startswith(b"{") else data.hex().upper()
    return f"<code>{escape(shown)}</code>"
