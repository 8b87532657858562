"""Evidence as plain values and in words: what `--why`, JSON and the page show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from cards.explain import Explainer
from simulator.network.journal import Apdu, Event, Evidence, Message, Row, Rule
from simulator.network.world import World

TRIP: Final = "trip"
"""The source of what stands in the trip's own file."""


def as_object(evidence: Evidence) -> dict[str, Any]:
    """JSON-able values; `kind` tells which sort it is."""
    match evidence:
        case Apdu(command, response):
            return {"kind": "apdu", "command": command.hex().upper(), "response": response.hex().upper()}
        case Message(name, sender, receiver, members, data, clause):
            found: dict[str, Any] = {"kind": "message", "name": name, "sender": sender, "receiver": receiver}
            found |= {"members": dict(members), "clause": clause}
            return found | ({"data": data.hex().upper()} if data else {})
        case Row(table, key, says, source):
            return {"kind": "row", "table": table, "key": key, "says": says, "source": source}
        case Rule(clause, says):
            return {"kind": "rule", "clause": clause, "says": says}


def event_as_object(event: Event) -> dict[str, Any]:
    """One event of a journal."""
    return {
        "time": event.time.isoformat(),
        "actor": event.actor,
        "kind": event.kind,
        "text": event.text,
        "details": dict(event.details),
        "evidence": [as_object(one) for one in event.evidence],
    }


def told(key: str, says: str) -> Row:
    """What the trip's own file says, as evidence; `key` is the path in it."""
    return Row("trip", key, says, TRIP)


def unique(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each piece once, where it comes first."""
    return tuple({repr(one): one for one in evidence}.values())


def counted(number: float, what: str) -> str:
    """1 slot, 2 slots; 2.6 minutes."""
    return f"{number:g} {what}{'' if number == 1 else 's'}"


_MOST: Final = 40
"""Bytes of a command that are shown."""


def _shortened(data: bytes) -> str:
    shown = data[:_MOST].hex().upper()
    return shown if len(data) <= _MOST else f"{shown}… ({len(data)} bytes)"


class Words:
    """Says evidence in words. APDUs are explained in their order, for some need those before."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._explainer = Explainer()

    def line(self, evidence: Evidence) -> str:
        """One line."""
        match evidence:
            case Apdu(command, response):
                explained = self._explainer.exchange(command, response)
                return f"APDU {_shortened(command)}: {explained.title} → {explained.outcome}"
            case Message(name, sender, receiver, members, _, clause):
                said = ", ".join(f"{member} {value}" for member, value in members.items())
                return f"message {name}, {sender} → {receiver}{f': {said}' if said else ''} ({clause})"
            case Row(table, key, says, source):
                return f"row {table}/{key}: {says} [{self.source(source)}]"
            case Rule(clause, says):
                return f"{clause}: {says}"

    def source(self, key: str) -> str:
        """A source by its title."""
        found = self._world.sources.get(key)
        return found.title if found else key
