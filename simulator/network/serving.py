"""The serving network: VLR, SGSN, MME or AMF of one operator (TS 23.012, TS 23.060, TS 23.401, TS 23.502).

A connection is a conversation in one protocol: the phone sends a message, the network answers one, until the
phone is registered or refused. `_registration` reads as the procedure runs: identify, authenticate and
resynchronise if need be, switch security on, ask the home network, accept.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final

from cards.identities import Imsi
from simulator.crypto.access_keys import hxres_star
from simulator.crypto.aka import ResynchronisationError
from simulator.network.air import Cell
from simulator.network.auc import UnknownSubscriber
from simulator.network.causes import MAC_FAILURE, SYNCH_FAILURE, cause_of
from simulator.network.errors import NetworkError
from simulator.network.home import HomeNetwork, Located, Refusal, Refused
from simulator.network.journal import Evidence, Journal, Message, Rule
from simulator.network.nas import (
    Accepted,
    Area,
    AuthenticationFailure,
    AuthenticationReject,
    AuthenticationRequest,
    AuthenticationResponse,
    Identity,
    IdentityRequest,
    IdentityResponse,
    Nas,
    Protocol,
    Registering,
    Rejected,
    SecurityModeCommand,
    SecurityModeComplete,
    Temporary,
    name_of,
)
from simulator.network.nas_coding import encode
from simulator.network.nas_words import members
from simulator.network.world.model import Operator

_MM, _GMM, _EMM, _5GMM = Protocol.MM, Protocol.GMM, Protocol.EMM, Protocol.FIVE_GMM
CAUSE_OF_REFUSAL: Final[dict[Refusal, dict[Protocol, int]]] = {
    Refusal.UNKNOWN_SUBSCRIBER: {_MM: 2, _GMM: 8, _EMM: 8, _5GMM: 3},
    Refusal.NO_CIRCUIT_SERVICE: {_MM: 2, _GMM: 2, _EMM: 2, _5GMM: 7},
    Refusal.NO_PACKET_SERVICE: {_MM: 2, _GMM: 7, _EMM: 7, _5GMM: 7},
    Refusal.ROAMING_NOT_ALLOWED: {_MM: 11, _GMM: 11, _EMM: 11, _5GMM: 11},
    Refusal.PACKET_ROAMING_NOT_ALLOWED: {_MM: 11, _GMM: 14, _EMM: 14, _5GMM: 27},
    Refusal.OPERATOR_BARRING: {_MM: 11, _GMM: 11, _EMM: 15, _5GMM: 15},
    Refusal.RAT_NOT_ALLOWED: {_MM: 15, _GMM: 15, _EMM: 15, _5GMM: 27},
    Refusal.STEERING: {_MM: 17, _GMM: 17, _EMM: 17, _5GMM: 111},
}
"""What a serving network tells the phone when the home network refuses (TS 29.010 §2.2, TS 29.272 annex A, TS
29.524 §5)."""
_CAUSE_CLAUSES: Final = {
    _MM: "TS 29.010 §2.2", _GMM: "TS 29.010 §2.2", _EMM: "TS 29.272 annex A", _5GMM: "TS 29.524 §5",
}  # fmt: skip
_ASK: Final = {
    _MM: ("MAP_SEND_AUTHENTICATION_INFO", "MAP_UPDATE_LOCATION", "TS 29.002 §8.5.2", "TS 29.002 §8.1.2"),
    _GMM: (
        "MAP_SEND_AUTHENTICATION_INFO", "MAP_UPDATE_GPRS_LOCATION",
        "TS 29.002 §8.5.2", "TS 29.002 §8.1.7",
    ),
    _EMM: (
        "Authentication-Information-Request", "Update-Location-Request",
        "TS 29.272 §7.2.5", "TS 29.272 §7.2.3",
    ),
    _5GMM: (
        "Nausf_UEAuthentication_Authenticate", "Nudm_UECM_Registration",
        "TS 29.509 §5.2", "TS 29.503 §5.3",
    ),
}  # fmt: skip
"""Protocol → how the serving network asks for vectors and reports the location."""
MAX_FAILURES: Final = 3
"""Consecutive authentication failures after which the network gives up (TS 24.301 §5.4.2.7 c to e)."""

Procedure = Generator[Nas, Nas, None]


@dataclass(slots=True)
class Context:
    """What a network keeps of a phone that it has authenticated."""

    imsi: Imsi
    ksi: int = 7
    located: Located | None = None


@dataclass(slots=True)
class _Challenge:
    request: AuthenticationRequest
    is_right: Callable[[bytes], bool]


class ServingNetwork:
    """The core of one operator. `home_of` finds the home network of an IMSI, or says why there is no way to
    it.

    `authenticates_always` is policy: whether a phone with keys that the network still has is authenticated
    again.
    """

    def __init__(
        self,
        operator: Operator,
        entropy: Callable[[int], bytes],
        journal: Journal,
        home_of: Callable[[Imsi], HomeNetwork | Refused],
        emergency_numbers: tuple[str, ...] = (),
    ) -> None:
        self.operator = operator
        self.journal = journal
        self.entropy = entropy
        self.emergency_numbers = emergency_numbers
        self.authenticates_always = True
        self.equivalent = operator.plmns[1:]
        self.home_of = home_of
        self.contexts: dict[tuple[bool, bytes], Context] = {}
        """(Packet-switched, temporary identity) → who it is."""
        self.reject_next: list[tuple[Protocol, int]] = []
        """Causes that the next registrations in a protocol get, whoever asks: for tests and lessons."""

    def connect(self, cell: Cell, protocol: Protocol) -> Connection:
        """A signalling connection of a phone in a cell of this network."""
        return Connection(self, cell, protocol)


@dataclass(slots=True)
class Connection:
    """One phone's conversation with a network. `located` is what it may use once it is accepted; `refused`
    says in a sentence why not."""

    network: ServingNetwork
    cell: Cell
    protocol: Protocol
    located: Located | None = None
    home: HomeNetwork | None = None
    refused: Refused | None = None
    _procedure: Procedure | None = None
    _ksi: int = field(default=7)

    @property
    def is_packet(self) -> bool:
        return self.protocol is not Protocol.MM

    def send(self, message: Nas) -> Nas | None:
        """A message of the phone; the network's answer, None if it says no more."""
        self._tell(message, "phone", self.network.operator.name)
        try:
            if self._procedure is None:
                if not isinstance(message, Registering):
                    raise NetworkError("a phone begins with a request for registration")
                self._procedure = self._registration(message)
                answer = next(self._procedure)
            else:
                answer = self._procedure.send(message)
        except StopIteration:
            return None
        self._tell(answer, self.network.operator.name, "phone")
        return answer

    def _tell(self, message: Nas, sender: str, receiver: str, *evidence: Evidence) -> None:
        name = name_of(message, self.protocol)
        words = members(message, self.protocol)
        told = Message(name.text, sender, receiver, words, encode(message, self.protocol), name.clause)
        actor = "phone" if sender == "phone" else "network"
        kind = "message sent" if sender == "phone" else "message received"
        self.network.journal.tell(actor, kind, f"{sender} → {receiver}: {name.text}", told, *evidence)

    def _registration(self, request: Registering) -> Procedure:
        """TS 24.008 §4.4.4, §4.7.3; TS 24.301 §5.5.1; TS 24.501 §5.5.1."""
        if (forced := self._forced()) is not None:
            yield Rejected(forced)
            return
        context = self._context_of(request.identity)
        if context is None:
            imsi = yield from self._identify(request.identity)
        else:
            imsi = context.imsi
        home = self.network.home_of(imsi)
        if isinstance(home, Refused):
            yield self._reject(home)
            return
        self.home = home
        if context is None or context.ksi != request.ksi or self.network.authenticates_always:
            if not (yield from self._authenticate(imsi, home)):
                return
            if self.protocol in (_EMM, _5GMM) and not (yield from self._secure()):
                return
        answer = self._update_location(imsi, home)
        if isinstance(answer, Refused):
            yield self._reject(answer)
            return
        self.located = answer
        yield self._accept(imsi, answer)

    def _forced(self) -> int | None:
        waiting = self.network.reject_next
        found = next((item for item in waiting if item[0] is self.protocol), None)
        if found is None:
            return None
        waiting.remove(found)
        return found[1]

    def _context_of(self, identity: Identity) -> Context | None:
        """The context of a temporary identity that this network gave out."""
        if not isinstance(identity, Temporary) or identity.plmn not in self.network.operator.plmns:
            return None
        return self.network.contexts.get((self.is_packet, identity.value))

    def _identify(self, identity: Identity) -> Generator[Nas, Nas, Imsi]:
        """The IMSI, asked for where the phone gave a temporary identity of somebody else (TS 24.008 §4.3.3,
        TS 24.301 §5.4.4, TS 24.501 §5.4.3)."""
        while not isinstance(identity, Imsi):
            answer = yield IdentityRequest()
            if not isinstance(answer, IdentityResponse):
                raise NetworkError(f"{name_of(answer, self.protocol).text} is no answer to IDENTITY REQUEST")
            identity = answer.identity
        return identity

    def _authenticate(self, imsi: Imsi, home: HomeNetwork) -> Generator[Nas, Nas, bool]:
        """TS 24.008 §4.3.2, TS 24.301 §5.4.2, TS 24.501 §5.4.1.3: a challenge; after a synch failure another
        one with the card's sequence number; after a MAC failure the identity again."""
        failures = 0
        while failures < MAX_FAILURES:
            challenge = self._challenge(imsi, home)
            if challenge is None:
                yield self._reject(
                    Refused(Refusal.UNKNOWN_SUBSCRIBER, f"the home network has no subscriber {imsi}")
                )
                return False
            answer = yield challenge.request
            if isinstance(answer, AuthenticationResponse):
                if challenge.is_right(answer.res):
                    self._ksi = challenge.request.ksi
                    return True
                break
            if not isinstance(answer, AuthenticationFailure):
                raise NetworkError(f"{name_of(answer, self.protocol).text} is no answer to a challenge")
            failures += 1
            if answer.cause == SYNCH_FAILURE:
                if not self._resynchronise(imsi, home, challenge.request.rand, answer.auts):
                    break
            elif answer.cause == MAC_FAILURE and failures < MAX_FAILURES:
                imsi = yield from self._identify(b"")
        yield AuthenticationReject()
        return False

    def _challenge(self, imsi: Imsi, home: HomeNetwork) -> _Challenge | None:
        ask, _, clause, _ = _ASK[self.protocol]
        here, there = self.network.operator.name, home.operator.name
        sent = Message(ask, here, there, {"IMSI": str(imsi)}, clause=clause)
        try:
            challenge = self._vector(imsi, home)
        except UnknownSubscriber as error:
            self.network.journal.tell("home network", "subscriber unknown", str(error), sent)
            return None
        got = Message(
            f"{ask} answered", there, here,
            {"RAND": challenge.request.rand.hex().upper(), "AUTN": challenge.request.autn.hex().upper()},
            clause=clause,
        )  # fmt: skip
        text = f"{there} makes an authentication vector for {here}"
        self.network.journal.tell("home network", "vector made", text, sent, got)
        return challenge

    def _vector(self, imsi: Imsi, home: HomeNetwork) -> _Challenge:
        plmn, auc = self.cell.plmn, home.auc
        if self.protocol is _EMM:
            eps = auc.eps_vector(imsi, plmn)
            return _Challenge(AuthenticationRequest(eps.rand, eps.autn), lambda res: res == eps.xres)
        if self.protocol is _5GMM:
            five = auc.five_g_vector(imsi, plmn)
            return _Challenge(
                AuthenticationRequest(five.rand, five.autn),
                lambda res: hxres_star(five.rand, res) == five.hxres_star and res == five.xres_star,
            )
        vector = auc.vector(imsi)
        return _Challenge(AuthenticationRequest(vector.rand, vector.autn), lambda res: res == vector.xres)

    def _resynchronise(self, imsi: Imsi, home: HomeNetwork, rand: bytes, auts: bytes) -> bool:
        ask, _, clause, _ = _ASK[self.protocol]
        sent = Message(
            ask, self.network.operator.name, home.operator.name,
            {"IMSI": str(imsi), "RAND": rand.hex().upper(), "AUTS": auts.hex().upper()}, clause=clause,
        )  # fmt: skip
        rule = Rule(
            "TS 33.102 §6.3.5",
            "the authentication centre takes over the card's sequence number if MAC-S is right",
        )
        try:
            seq = home.auc.resynchronise(imsi, rand, auts)
        except ResynchronisationError as error:
            self.network.journal.tell("home network", "resynchronisation refused", str(error), sent, rule)
            return False
        text = f"{home.operator.name} goes on from the card's sequence number, SEQ {seq}"
        self.network.journal.tell("home network", "resynchronised", text, sent, rule, seq=seq)
        return True

    def _secure(self) -> Generator[Nas, Nas, bool]:
        """TS 24.301 §5.4.3, TS 24.501 §5.4.2."""
        answer = yield SecurityModeCommand(self._ksi)
        return isinstance(answer, SecurityModeComplete)

    def _update_location(self, imsi: Imsi, home: HomeNetwork) -> Located | Refused:
        _, ask, _, clause = _ASK[self.protocol]
        here, there = self.network.operator.name, home.operator.name
        sent = Message(ask, here, there, {"IMSI": str(imsi), "RAT": self.cell.rat.value}, clause=clause)
        answer = home.update_location(imsi, self.network.operator, self.cell.rat, self.is_packet)
        if isinstance(answer, Located):
            services = ", ".join(sorted(answer.services))
            got = Message(f"{ask} answered", there, here, {"services": services}, clause=clause)
            text = f"{there} lets {here} serve the subscriber: {services}"
            self.network.journal.tell("home network", "location updated", text, sent, got, *answer.evidence)
        else:
            got = Message(
                f"{ask} refused", there, here, {"error": self._error(answer.refusal)}, clause=clause
            )
            self.network.journal.tell(
                "home network", "location refused", answer.why, sent, got, *answer.evidence
            )
        return answer

    def _error(self, refusal: Refusal) -> str:
        if self.protocol is _5GMM:
            return refusal.problem
        return refusal.diameter if self.protocol is _EMM else refusal.map_error

    def _reject(self, refused: Refused) -> Rejected:
        self.refused = refused
        number = CAUSE_OF_REFUSAL[refused.refusal][self.protocol]
        rule = Rule(_CAUSE_CLAUSES[self.protocol], f"{self._error(refused.refusal)} becomes cause #{number}")
        cause = cause_of(self.protocol, number)
        text = f"{self.network.operator.name} refuses with cause #{number}, {cause.name}: {refused.why}"
        self.network.journal.tell("network", "refused", text, rule, *refused.evidence, cause=number)
        return Rejected(number)

    def _accept(self, imsi: Imsi, located: Located) -> Accepted:
        network, cell = self.network, self.cell
        value = network.entropy(4)
        if self.protocol in (_MM, _GMM):
            # Two bits tell the types of temporary identity apart: '11' is a P-TMSI (TS 23.003 §2.4, §2.6).
            value = bytes((value[0] & 0x3F | (0xC0 if self.protocol is _GMM else 0), *value[1:]))
        pool = {_EMM: b"\x80\x01\x01", _5GMM: b"\x01\x00\x41"}.get(self.protocol, b"")
        network.contexts[self.is_packet, value] = Context(imsi, self._ksi, located)
        return Accepted(
            Temporary(value, cell.plmn, pool), Area(cell.plmn, cell.area), network.equivalent,
            network.emergency_numbers,
        )  # fmt: skip
