"""Event retrieval: SM-DSs say which servers have something for the eUICC (SGP.22 §3.6.2, §5.8).

An entry may lead to another SM-DS, which an event was forwarded by. Which kind of server it leads to its
certificate says, so each is asked to open a session; the session with an SM-DP+ is left at once, before any
order was asked for.

Where eUICC and SM-DS follow version 3, the list is signed and the eUICC checks it; it tells what an event is
about, and gives an ecId, by which the SM-DS says the next time without authentication whether to ask at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

from asn1 import rsp
from cards.identities import Iccid
from cards.isdr.errors import Es10Error, GetProfilesInfoError
from simulator.lpa.certificate import role_names
from simulator.lpa.device import Device
from simulator.lpa.errors import EuiccRefused, LpaError, ServerProtocolError, ServerRefused, ServerUnreachable
from simulator.lpa.es9 import EVENT_CHECK, EVENT_RETRIEVAL
from simulator.lpa.session import Session, authenticate, open_session
from simulator.lpa.steps import PostToServer, Procedure, SendToCard

LONGEST_WAY: Final = 3
"""Servers from the root SM-DS to an SM-DP+; §3.6.1 has one alternative SM-DS between them."""
DOWNLOAD, RPM = "profileDownload", "rpm"
"""Names of OperationType: what an event is about."""
RPM_CONFIGURATION: Final = bytes.fromhex("BA")
_SIGNED = "signedSmdsResponseV3Support"

Checks = MutableMapping[str, bytes]
"""Address of an SM-DS → the ecId that it gave."""


class Event(NamedTuple):
    """Something waits for the eUICC: the server, and the matching id to give it. What else is told comes from
    an SM-DS of version 3."""

    server_address: str
    event_id: str
    operation: str = DOWNLOAD
    """DOWNLOAD, or RPM: remote profile management."""
    service_provider: str = ""
    iccids: tuple[Iccid, ...] = ()
    """Those profiles on the eUICC that it is about."""


@dataclass(frozen=True, slots=True)
class _Search:
    """What all questions of one search have in common."""

    device: Device
    checks: Checks


def discover(
    address: str = "", device: Device | None = None, checks: Checks | None = None
) -> Procedure[list[Event]]:
    """What waits for the eUICC, oldest first, at the SM-DS of this address; without one, at all that the
    eUICC names: its root SM-DSs, and where its profiles want to be polled. `checks` are the ecIds of earlier
    searches, and new ones are put there. LpaError if the address is no SM-DS, or the eUICC names none."""
    search = _Search(device or Device(), {} if checks is None else checks)
    if address:
        return (yield from _ask_sm_ds(address, search))
    roots = yield from _roots()
    polled = [one for one in (yield from _polled()) if one not in roots]
    if not roots + polled:
        raise LpaError("the eUICC has no root SM-DS address: name an SM-DS")
    found: list[Event] = []
    failures: list[ServerUnreachable] = []
    for one in roots + polled:
        try:
            found += yield from (_ask_sm_ds if one in roots else _ask)(one, search)
        except ServerUnreachable as error:
            failures.append(error)
    if len(failures) == len(roots + polled):
        raise failures[0]
    return list(dict.fromkeys(found))


def _roots() -> Procedure[list[str]]:
    addresses = yield SendToCard("get_euicc_configured_addresses")
    named = (addresses.get("rootDsAddress", ""), *addresses.get("additionalRootDsAddresses", ()))
    return list(dict.fromkeys(filter(None, named)))


def _polled() -> Procedure[list[str]]:
    """The polling addresses of installed profiles (RpmConfiguration, version 3): SM-DSs, or SM-DP+s."""
    try:
        profiles = yield SendToCard("get_profiles_info", (None, RPM_CONFIGURATION))
    except GetProfilesInfoError:
        return []
    named = (profile.get("rpmConfiguration", {}).get("pollingAddress", "") for profile in profiles)
    return list(dict.fromkeys(filter(None, named)))


def _ask_sm_ds(address: str, search: _Search) -> Procedure[list[Event]]:
    found = yield from _ask(address, search)
    if found == [Event(address, "")]:
        raise ServerProtocolError(f"{address} is no SM-DS: its certificate is an SM-DP+'s")
    return found


def _ask(address: str, search: _Search) -> Procedure[list[Event]]:
    """What one server knows; nothing, if it says by the ecId of an earlier time that nothing waits."""
    if address in search.checks and not (yield from _is_pending(address, search.checks)):
        return []
    return (yield from _follow(Event(address, ""), search, LONGEST_WAY))


def _is_pending(address: str, checks: Checks) -> Procedure[bool]:
    """Event checking (v3 §3.6.4). An ecId that the SM-DS refuses is forgotten, and all is asked for."""
    message = {"ecId": checks[address], "smdsAddress": address}
    try:
        answer = yield PostToServer(address, EVENT_CHECK, message)
    except ServerRefused:
        del checks[address]
        return True
    return bool(answer["isPendingEvent"])


def _follow(event: Event, search: _Search, length: int) -> Procedure[list[Event]]:
    """The event itself if its server is an SM-DP+, or does not answer; else what the SM-DS there knows."""
    if length == 0:
        raise ServerProtocolError(f"{event.server_address} sends in a circle: SM-DSs name one another")
    try:
        session = yield from open_session(event.server_address, device=search.device)
    except ServerUnreachable:
        if length == LONGEST_WAY:
            raise
        return [event]
    if "ds-auth" not in role_names(session.opening["serverCertificate"]):
        return [event]
    found: list[Event] = []
    for further in (yield from _retrieve(session, event.event_id, search)):
        found += yield from _follow(further, search, length - 1)
    return list(dict.fromkeys(found))


def _retrieve(session: Session, event_id: str, search: _Search) -> Procedure[list[Event]]:
    """The events of an SM-DS, or the one with this id."""
    operations = (DOWNLOAD, RPM) if "rpmSupport" in session.euicc_capabilities else (DOWNLOAD,)
    context = session.common_context(search.device, event_id, operations)
    answer = yield from authenticate(session, context, EVENT_RETRIEVAL)
    if "smdsSigned2" not in answer:
        _check_unsigned(session, answer)
        return [Event(entry["rspServerAddress"], entry["eventId"]) for entry in answer["eventEntries"]]
    kind, listed = yield from verified(session, answer)
    if kind != "eventList":
        raise ServerProtocolError(f"{session.address} answered with {kind} where events were asked for")
    if not event_id and "ecId" in listed:
        search.checks[session.address] = listed["ecId"]
    records = listed["eventEntries"]
    installed = (yield SendToCard("get_profiles_info")) if any("salt" in record for record in records) else []
    iccids = [profile["iccid"] for profile in installed]
    return [_event(record, iccids) for record in records]


def verified(session: Session, answer: Mapping[str, Any]) -> Procedure[tuple[str, dict[str, Any]]]:
    """requestSpecificData of a signed answer, once the eUICC has checked it (ES10b.VerifySmdsResponse)."""
    signed, signature = answer["smdsSigned2"], answer.get("smdsSignature2", b"")
    if signed["transactionId"] != session.transaction_id:
        raise ServerProtocolError(f"{session.address} signed another transaction than it opened")
    try:
        yield SendToCard("verify_smds_response", (signed, signature))
    except Es10Error as error:
        raise EuiccRefused(error) from error
    kind, members = signed["requestSpecificData"]
    return kind, members


def _check_unsigned(session: Session, answer: Mapping[str, Any]) -> None:
    """A plain list is that of version 2. From a server that signs, it means that somebody took the signature
    away, as what a server can do is signed."""
    can_all = _SIGNED in session.euicc_capabilities and _SIGNED in session.lpa_capabilities
    if can_all and "eventListSigningV3Support" in session.capabilities:
        raise ServerProtocolError(f"{session.address} signs its lists of events, and this one is not signed")
    if "eventEntries" not in answer:
        raise ServerProtocolError(f"{session.address} answered without a list of events")


def _event(record: Mapping[str, Any], installed: Iterable[bytes]) -> Event:
    """What an EventRecordV3 says. Which profiles it is about only who has them can tell: the server gives
    SHA-256 over the ICCID, as in EF.ICCID, and a salt."""
    names = {number: name for name, number in rsp.names("OperationType").items()}
    hashes = record.get("hashedIccids", ())
    own = [iccid for iccid in installed if sha256(iccid + record.get("salt", b"")).digest() in hashes]
    return Event(
        record["rspServerAddress"],
        record["eventId"],
        names.get(record["eventType"], f"type {record['eventType']}"),
        record.get("serviceProviderName", ""),
        tuple(map(Iccid.from_bytes, own)),
    )
