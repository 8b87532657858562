"""Event retrieval: the SM-DS says which servers have something for the eUICC (SGP.22 §3.6.2, §5.8).

An entry may lead to another SM-DS, which an event was forwarded by. Which kind of server it leads to its
certificate says, so each is asked to open a session; the session with an SM-DP+ is left at once, before any
order was asked for.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from simulator.lpa.certificate import role_names
from simulator.lpa.device import Device
from simulator.lpa.errors import LpaError, ServerProtocolError, ServerUnreachable
from simulator.lpa.es9 import EVENT_RETRIEVAL
from simulator.lpa.session import authenticate, open_session
from simulator.lpa.steps import Procedure, SendToCard

LONGEST_WAY: Final = 3
"""Servers from the root SM-DS to an SM-DP+; §3.6.1 has one alternative SM-DS between them."""


class Event(NamedTuple):
    """Something waits for the eUICC: the server, and the matching id to give it."""

    server_address: str
    event_id: str


def discover(address: str = "", device: Device | None = None) -> Procedure[list[Event]]:
    """What waits for the eUICC, oldest first, at the SM-DS of this address; without one, at the eUICC's root
    SM-DS. LpaError if it is no SM-DS, or the eUICC names none."""
    if not address:
        addresses = yield SendToCard("get_euicc_configured_addresses")
        address = str(addresses.get("rootDsAddress", ""))
        if not address:
            raise LpaError("the eUICC has no root SM-DS address: name an SM-DS")
    found = yield from _follow(Event(address, ""), device or Device(), LONGEST_WAY)
    if found == [Event(address, "")]:
        raise ServerProtocolError(f"{address} is no SM-DS: its certificate is an SM-DP+'s")
    return found


def _follow(event: Event, device: Device, length: int) -> Procedure[list[Event]]:
    """The event itself if its server is an SM-DP+, or does not answer; else what the SM-DS there knows."""
    if length == 0:
        raise ServerProtocolError(f"{event.server_address} sends in a circle: SM-DSs name one another")
    try:
        session = yield from open_session(event.server_address, device=device)
    except ServerUnreachable:
        if length == LONGEST_WAY:
            raise
        return [event]
    if "ds-auth" not in role_names(session.opening["serverCertificate"]):
        return [event]
    context = session.common_context(device, event.event_id)
    answer = yield from authenticate(session, context, EVENT_RETRIEVAL)
    found: list[Event] = []
    for entry in answer["eventEntries"]:
        further = Event(entry["rspServerAddress"], entry["eventId"])
        found += yield from _follow(further, device, length - 1)
    return list(dict.fromkeys(found))
