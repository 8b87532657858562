"""What a statement stands on, as HTML: APDUs and messages open to their bytes and fields, rows name their
source, rules their clause."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from html import escape

from asn1 import es9
from cards.explain import Explainer, Explanation, Field
from cards.explain.secrets import NoSecrets
from simulator.network.journal import Apdu, Event, Evidence, Message, Row, Rule
from simulator.network.world import World
from simulator.web.bench.server_watch import json_fields
from simulator.web.explained import block_html, exchange_html

Say = Callable[..., str]


class Explained:
    """The APDUs of a journey in words. They are read in their order, for what one means may depend on those
    before."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._explainer = Explainer()
        self._found: dict[int, tuple[Apdu, Explanation]] = {}
        for event in events:
            for one in event.evidence:
                if isinstance(one, Apdu):
                    self.of(one)

    def of(self, apdu: Apdu) -> Explanation:
        """The explanation of an APDU that took place in the journey."""
        if id(apdu) not in self._found:
            # The APDU is kept too, so that no other one can get its number.
            self._found[id(apdu)] = apdu, self._explainer.exchange(apdu.command, apdu.response)
        return self._found[id(apdu)][1]


def evidence_html(evidence: Iterable[Evidence], explained: Explained, world: World, say: Say) -> str:
    """A list with an entry for each piece."""
    entries = "".join(f"<li>{_entry(one, explained, world, say)}</li>" for one in evidence)
    return (
        f"<ul class='evidence'>{entries}</ul>"
        if entries
        else f"<p class='dim'>{escape(say('travel.no.evidence'))}</p>"
    )


def _entry(evidence: Evidence, explained: Explained, world: World, say: Say) -> str:
    match evidence:
        case Apdu():
            return _apdu(explained.of(evidence), say)
        case Message():
            return _message(evidence, say)
        case Row():
            return _row(evidence, world, say)
        case Rule(clause, says):
            return f"{_kind(say, 'rule')} <b>{escape(clause)}</b>: {escape(says)}"


def _kind(say: Say, kind: str) -> str:
    return f"<span class='kind of-{kind}'>{escape(say(f'travel.kind.{kind}'))}</span>"


def _apdu(explanation: Explanation, say: Say) -> str:
    colour = {True: "good", False: "bad", None: "dim"}[explanation.succeeded]
    line = (
        f"{_kind(say, 'apdu')} <b>{escape(explanation.title)}</b> "
        f"<span class='{colour}'>{escape(explanation.outcome)}</span> "
        f"<span class='dim small'>{escape(explanation.clause)}</span>"
    )
    return f"<details><summary>{line}</summary>{exchange_html(explanation, say)}</details>"


def _message(message: Message, say: Say) -> str:
    line = (
        f"{_kind(say, 'message')} <b>{escape(message.name)}</b> "
        f"{escape(message.sender)} → {escape(message.receiver)} "
        f"<span class='dim small'>{escape(message.clause)}</span>"
    )
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in message.members.items()
    )
    members = f"<table>{rows}</table>" if rows else ""
    data = _data(message, say) if message.data else ""
    return f"<details><summary>{line}</summary>{members}{data}</details>" if members or data else line


def _data(message: Message, say: Say) -> str:
    """Bytes of a message; those of ES9+ with their fields."""
    caption = say("travel.bytes", count=len(message.data))
    return block_html(caption, message.data, tuple(_json_fields(message)))


def _json_fields(message: Message) -> Iterator[Field]:
    function = message.name.removeprefix("ES9+.")
    known = es9.FUNCTIONS.get(function[:1].lower() + function[1:])
    if known is None or function == message.name:
        return
    document = json.loads(message.data)
    members = known.request if message.sender == "LPA" else known.response_with(document)
    yield from json_fields(message.data, members, NoSecrets())


def _row(row: Row, world: World, say: Say) -> str:
    source = world.sources.get(row.source)
    said = escape(source.title if source else row.source)
    if source:
        more = ", ".join(escape(text) for text in (source.address, source.seen) if text)
        said += f" ({more})" if more else ""
    return (
        f"{_kind(say, 'row')} <b>{escape(row.table)}/{escape(row.key)}</b>: {escape(row.says)} "
        f"<span class='dim small'>{escape(say('travel.source'))}: {said}</span>"
    )
