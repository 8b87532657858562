"""One phone's conversation with a serving network: VLR, SGSN, MME or AMF (TS 24.008 §4.4.4, §4.7.3; TS 24.301
§5.5.1; TS 24.501 §5.5.1).

The phone sends a message, the network answers one, until the phone is registered or refused. `_registration`
reads as the procedure runs: identify, authenticate and resynchronise if need be, switch security on, ask the
home network, accept.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Final

from cards.identities import Imsi
from simulator.crypto.access_keys import hxres_star
from simulator.crypto.aka import ResynchronisationError
from simulator.network.air import Cell
from simulator.network.auc import UnknownSubscriber
from simulator.network.causes import MAC_FAILURE, SYNCH_FAILURE, cause_of
from simulator.network.errors import NetworkError
from simulator.network.home import HomeNetwork, Located, Refusal, Refused
from simulator.network.interfaces import CAUSE_CLAUSES, CAUSE_OF_REFUSAL, REQUESTS
from simulator.network.journal import Evidence, Message, Rule
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
from simulator.network.nas_words import NO_KEY, members
from simulator.network.serving import Context, ServingNetwork

_MM, _GMM, _EMM, _5GMM = Protocol.MM, Protocol.GMM, Protocol.EMM, Protocol.FIVE_GMM
MAX_FAILURES: Final = 3
"""Consecutive authentication failures after which the network gives up (TS 24.301 §5.4.2.7 c to e)."""

Procedure = Generator[Nas, Nas, None]


@dataclass(slots=True)
class _Challenge:
    request: AuthenticationRequest
    is_right: Callable[[bytes], bool]


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
    circuit: Located | None = None
    """The same for calls and messages, of a combined attach."""
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
            yield Rejected(forced, request.is_update)
            return
        context = self._context_of(request.identity)
        if context is None:
            found = yield from self._identify(request.identity)
            if isinstance(found, Refused):
                yield self._reject(found, request)
                return
            imsi = found
        else:
            imsi = context.imsi
        home = self.network.home_of(imsi)
        if isinstance(home, Refused):
            yield self._reject(home, request)
            return
        self.home = home
        if context is not None and self._trusts(context, request):
            self._ksi = context.ksi
        else:
            if not (yield from self._authenticate(request, imsi, home)):
                return
            if self.protocol in (_EMM, _5GMM) and not (yield from self._secure()):
                return
        answer = self._update_location(imsi, home)
        if isinstance(answer, Refused):
            yield self._reject(answer, request)
            return
        self.located = answer
        yield self._accept(request, imsi, answer)

    def _trusts(self, context: Context, request: Registering) -> bool:
        """Whether the keys of the last authentication are used again: phone and network still have them."""
        has_keys = request.ksi == context.ksi != NO_KEY
        return has_keys and not self.network.authenticates_always

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

    def _identify(self, identity: Identity | None) -> Generator[Nas, Nas, Imsi | Refused]:
        """The IMSI, asked for where the phone gave a temporary identity of somebody else (TS 24.008 §4.3.3,
        TS 24.301 §5.4.4, TS 24.501 §5.4.3); a SUCI is read by the home network."""
        while identity is None or isinstance(identity, Temporary):
            answer = yield IdentityRequest()
            if not isinstance(answer, IdentityResponse):
                raise NetworkError(f"{name_of(answer, self.protocol).text} is no answer to IDENTITY REQUEST")
            identity = answer.identity
        return self.network.reveal(identity) if isinstance(identity, bytes) else identity

    def _authenticate(self, request: Registering, imsi: Imsi, home: HomeNetwork) -> Generator[Nas, Nas, bool]:
        """TS 24.008 §4.3.2, TS 24.301 §5.4.2, TS 24.501 §5.4.1.3: a challenge; after a synch failure another
        one with the card's sequence number; after a MAC failure the identity again."""
        failures = 0
        while failures < MAX_FAILURES:
            challenge = self._challenge(imsi, home)
            if challenge is None:
                why = f"{home.operator.name} has no subscriber {imsi}"
                yield self._reject(Refused(Refusal.UNKNOWN_SUBSCRIBER, why), request)
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
                found = yield from self._identify(None)
                if isinstance(found, Refused):
                    yield self._reject(found, request)
                    return False
                imsi = found
        yield AuthenticationReject()
        return False

    def _challenge(self, imsi: Imsi, home: HomeNetwork) -> _Challenge | None:
        ask, _, clause, _ = REQUESTS[self.protocol]
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
        subscription = home.subscriptions.get(imsi)
        if subscription is not None and subscription.is_gsm:
            triplet = auc.triplet(imsi)
            return _Challenge(AuthenticationRequest(triplet.rand, b""), lambda res: res == triplet.sres)
        vector = auc.vector(imsi)
        return _Challenge(AuthenticationRequest(vector.rand, vector.autn), lambda res: res == vector.xres)

    def _resynchronise(self, imsi: Imsi, home: HomeNetwork, rand: bytes, auts: bytes) -> bool:
        ask, _, clause, _ = REQUESTS[self.protocol]
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
        _, ask, _, clause = REQUESTS[self.protocol]
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

    def _reject(self, refused: Refused, request: Registering) -> Rejected:
        self.refused = refused
        number = CAUSE_OF_REFUSAL[refused.refusal][self.protocol]
        rule = Rule(CAUSE_CLAUSES[self.protocol], f"{self._error(refused.refusal)} becomes cause #{number}")
        cause = cause_of(self.protocol, number)
        text = f"{self.network.operator.name} refuses with cause #{number}, {cause.name}: {refused.why}"
        self.network.journal.tell("network", "refused", text, rule, *refused.evidence, cause=number)
        return Rejected(number, request.is_update)

    def _accept(self, request: Registering, imsi: Imsi, located: Located) -> Accepted:
        network, cell = self.network, self.cell
        identity = self._temporary(self.protocol, imsi, located)
        accepted = Accepted(
            identity, Area(cell.plmn, cell.area), network.equivalent, network.emergency_numbers,
            is_update=request.is_update, has_ims_voice=self._has_ims_voice(located),
        )  # fmt: skip
        return self._with_circuit(accepted, imsi) if request.is_combined else accepted

    def _temporary(self, protocol: Protocol, imsi: Imsi, located: Located) -> Temporary:
        value = self.network.entropy(4)
        if protocol in (_MM, _GMM):
            # Two bits tell the types of temporary identity apart: '11' is a P-TMSI (TS 23.003 §2.4, §2.6).
            value = bytes((value[0] & 0x3F | (0xC0 if protocol is _GMM else 0), *value[1:]))
        pool = {_EMM: b"\x80\x01\x01", _5GMM: b"\x01\x00\x41"}.get(protocol, b"")
        self.network.contexts[protocol is not _MM, value] = Context(imsi, self._ksi, located)
        return Temporary(value, self.cell.plmn, pool)

    def _has_ims_voice(self, located: Located) -> bool:
        """Calls over packet services: as the home network's agreement says, at home always."""
        if self.protocol not in (_EMM, _5GMM) or "voice" not in located.services:
            return False
        return located.agreement is None or located.agreement.volte

    def _with_circuit(self, accepted: Accepted, imsi: Imsi) -> Accepted:
        """The circuit-switched half of a combined attach (TS 24.301 §5.5.1.3.4): the VLR reports the
        location, too."""
        located = self.located
        rats = [rat for rat in self.network.circuit_rats() if located and rat in located.rats]
        if not rats or self.home is None:
            return replace(accepted, cause=18)
        answer = self.home.update_location(imsi, self.network.operator, rats[0], packet=False)
        if isinstance(answer, Refused):
            number = 2 if answer.refusal is Refusal.NO_CIRCUIT_SERVICE else 18
            text = f"{self.network.operator.name} accepts for packet services only: {answer.why}"
            self.network.journal.tell("network", "packet services only", text, *answer.evidence, cause=number)
            return replace(accepted, cause=number)
        self.circuit = answer
        identity = self._temporary(_MM, imsi, answer)
        return replace(accepted, circuit=(identity, Area(self.cell.plmn, self.network.location_area)))
