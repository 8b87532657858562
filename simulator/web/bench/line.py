"""Lines: cards that the phone uses, each with the handset's own view of it, and the networks around them.

What the handset tells its journal becomes rows: messages of the network as they are, and what the phone
decides by which rule. The APDUs that it sends are rows already, by the link.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from cards.explain import Explanation, Field
from cards.link import CardLink
from simulator.network.handset.phone import Handset, Service
from simulator.network.journal import Apdu, Event, Evidence, Journal, Message
from simulator.network.journal import Row as TableRow
from simulator.network.networks import Networks
from simulator.network.world import World
from simulator.network.world.model import Device
from simulator.scenario.issuing import Issued
from simulator.web.bench.record import Party, Piece, Recorder, Said

_TOLD: Final = frozenset(
    (
        "cells found",
        "networks ordered",
        "registered",
        "limited service",
        "no card",
        "refresh",
        "refused",
        "vector made",
        "resynchronised",
        "resynchronisation refused",
        "subscriber unknown",
        "location updated",
        "location refused",
        "rejected",
    )
)
"""Kinds of events that are rows although they are no message between phone and network."""


class Lines:
    """All lines of a phone. `country` is where it is."""

    def __init__(
        self, world: World, recorder: Recorder, clock: Callable[[], datetime], seed: int, country: str
    ) -> None:
        self._world = world
        self._recorder = recorder
        self._journal = Journal(clock)
        self._journal.listeners.append(self._take)
        self._networks = Networks(world, self._journal, seed=seed)
        self._handsets: dict[str, Handset] = {}
        """ICCID → what the phone has made of the card."""
        self._known: set[str] = set()
        self.country = country

    def start(self, issued: Issued, link: CardLink, device: Device) -> None:
        """The phone takes a card into use."""
        self._subscribe(issued)
        handset = Handset(self._networks, device)
        self._handsets[str(issued.iccid)] = handset
        self._journal.forget()  # what was told before is in the rows
        handset.switch_on(link, self._networks.cells(self.country))

    def stop(self, iccid: str) -> None:
        """The card is gone."""
        self._handsets.pop(iccid, None)

    def stop_all(self) -> None:
        """The phone is switched off."""
        self._handsets.clear()

    def move(self, country: str) -> None:
        """The phone is in another country, with other cells."""
        self.country = country
        self._journal.forget()
        for handset in self._handsets.values():
            handset.move(self._networks.cells(country))

    def service(self, iccid: str) -> Said | None:
        """What the phone shows for a card; None if it does not use it."""
        handset = self._handsets.get(iccid)
        if handset is None:
            return None
        registration = handset.registration
        if registration is None:
            key = {Service.LIMITED: "line.limited", Service.NONE: "line.none"}[handset.service]
            return Said(key, {"why": handset.no_card or self._why(handset)})
        values = {
            "operator": self._world.operators[registration.operator].name,
            "rat": registration.rat.value,
            "band": registration.cell.band,
        }
        return Said("line.roaming" if registration.is_roaming else "line.home", values)

    @staticmethod
    def _why(handset: Handset) -> str:
        """What the last network that refused said."""
        return handset.failures[-1].why if handset.failures else handset.service.value

    def _subscribe(self, issued: Issued) -> None:
        """The home networks know their subscribers from the day they were issued."""
        if str(issued.iccid) in self._known:
            return
        self._known.add(str(issued.iccid))
        for subscriber in issued.subscribers:
            self._networks.subscribe(subscriber.operator, subscriber.imsi, subscriber.aka)

    # What the journal tells

    def _take(self, event: Event) -> None:
        for message in (one for one in event.evidence if isinstance(one, Message)):
            if "phone" in (message.sender, message.receiver):
                self._message(message)
                return
        if event.kind in _TOLD:
            party = Party.PHONE if event.actor in ("phone", "card") else Party.NETWORK
            explanation = Explanation(
                event.text, "", _clauses(event.evidence), tuple(_fields(event.evidence))
            )
            self._recorder.add(party, party, event.text, piece=Piece(explanation))

    def _message(self, message: Message) -> None:
        goes_up = message.sender == "phone"
        parties = (Party.PHONE, Party.NETWORK) if goes_up else (Party.NETWORK, Party.PHONE)
        fields = tuple(_member(name, value, message.data) for name, value in message.members.items())
        explanation = Explanation(message.name, "", message.clause, fields, raw_command=message.data)
        is_refusal = "REJECT" in message.name.upper() or "FAILURE" in message.name.upper()
        outcome = (
            "; ".join(f"{name}: {value}" for name, value in message.members.items()) if is_refusal else ""
        )
        self._recorder.add(
            *parties,
            message.name,
            interface="NAS",
            piece=Piece(explanation),
            succeeded=False if is_refusal else None,
            outcome=outcome,
        )


def _member(name: str, value: str, data: bytes) -> Field:
    """A member of a message, with its place where the bytes are found in it as they are."""
    try:
        octets = bytes.fromhex(value)
    except ValueError:
        return Field(name, value)
    at = data.find(octets) if octets else -1
    return Field(name, value, at, len(octets)) if at >= 0 else Field(name, value)


def _clauses(evidence: tuple[Evidence, ...]) -> str:
    return "; ".join(dict.fromkeys(one.clause for one in evidence if hasattr(one, "clause") and one.clause))


def _fields(evidence: tuple[Evidence, ...]) -> list[Field]:
    """What a statement stands on, as fields without bytes."""
    fields = []
    for one in evidence:
        if isinstance(one, Apdu):
            continue
        if isinstance(one, TableRow):
            fields.append(Field(f"{one.table}: {one.key}", one.says, clause=one.source))
        elif isinstance(one, Message):
            children = tuple(Field(name, value) for name, value in one.members.items())
            fields.append(
                Field(one.name, f"{one.sender} → {one.receiver}", clause=one.clause, children=children)
            )
        else:
            fields.append(Field(one.clause, one.says))
    return fields
