"""The phone's side of a registration in one protocol: it answers the network with the card's help, and writes
to the card what it got (TS 24.008 §4.4.4, §4.7.3; TS 24.301 §5.5.1; TS 24.501 §5.5.1; TS 31.102 §5.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cards.authentication import AuthenticationResult
from cards.errors import CardStatusError
from cards.status import SW
from simulator.crypto.access_keys import (
    SEPARATION_BIT,
    kasme,
    kausf,
    kseaf,
    res_star,
    serving_network_name,
)
from simulator.network.air import Cell
from simulator.network.causes import (
    MAC_FAILURE,
    SEPARATION_UNACCEPTABLE,
    SYNCH_FAILURE,
    Cause,
    Effect,
    cause_of,
)
from simulator.network.connection import Connection
from simulator.network.errors import NetworkError
from simulator.network.handset import files
from simulator.network.handset.card import PhoneCard
from simulator.network.handset.concealment import suci_of
from simulator.network.handset.files import LOCATION_FILES, Location, UpdateStatus
from simulator.network.journal import Rule
from simulator.network.nas import (
    Accepted,
    AuthenticationFailure,
    AuthenticationReject,
    AuthenticationRequest,
    AuthenticationResponse,
    Completed,
    Identity,
    IdentityRequest,
    IdentityResponse,
    Nas,
    Protocol,
    Registering,
    Rejected,
    SecurityModeCommand,
    SecurityModeComplete,
)
from simulator.network.serving import ServingNetwork

_KEY_FILES = {Protocol.MM: "EF.KEYS", Protocol.GMM: "EF.KEYSPS"}
AUTHENTICATION_REJECTED = Cause(
    Protocol.EMM, 0, "AUTHENTICATION REJECT", "the network takes the card for a forgery",
    Effect.FORGET | Effect.UPDATE_3 | Effect.INVALID_CS | Effect.INVALID_PS, "TS 24.301 §5.4.2.5",
)  # fmt: skip
_REJECT_CLAUSES = {
    Protocol.MM: "TS 24.008 §4.3.2.5", Protocol.GMM: "TS 24.008 §4.7.7.5", Protocol.EMM: "TS 24.301 §5.4.2.5",
    Protocol.FIVE_GMM: "TS 24.501 §5.4.1.3.5",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: `accepted`, or a cause."""

    connection: Connection
    kasme: bytes = b""
    """Of the EPS security context that was made."""
    accepted: Accepted | None = None
    cause: Cause | None = None


class Attempt:
    """One attempt of a phone in one cell and protocol: `is_update` for a phone that is registered and has
    come into another area, `is_combined` for one that wants calls of a 2G or 3G network, too."""

    def __init__(
        self,
        card: PhoneCard,
        network: ServingNetwork,
        cell: Cell,
        protocol: Protocol,
        *,
        is_update: bool = False,
        is_combined: bool = False,
    ) -> None:
        self.card, self.cell, self.protocol, self.journal = card, cell, protocol, network.journal
        self.connection = Connection(network, cell, protocol)
        self.is_update = is_update
        self.is_combined = is_combined and protocol is Protocol.EMM
        self._keys: AuthenticationResult | None = None
        self._ksi = files.NO_KSI
        self.kasme = b""
        """Of the context that was made, in EMM."""

    def run(self) -> Outcome:
        """Talk until the network accepts or refuses."""
        answer = self.connection.send(self._request())
        while answer is not None:
            if isinstance(answer, Accepted):
                self._take(answer)
                return Outcome(self.connection, self.kasme, accepted=answer)
            if isinstance(answer, Rejected):
                return Outcome(self.connection, cause=cause_of(self.protocol, answer.cause))
            if isinstance(answer, AuthenticationReject):
                clause = _REJECT_CLAUSES[self.protocol]
                cause = AUTHENTICATION_REJECTED._replace(protocol=self.protocol, clause=clause)
                return Outcome(self.connection, cause=cause)
            answer = self.connection.send(self._answer(answer))
        raise NetworkError(f"{self.connection.network.operator.name} ended without an answer")

    def _request(self) -> Registering:
        """With the temporary identity of the last registration where the card has one, else with the IMSI."""
        known = self.card.data.location(self.protocol)
        identity = known.identity or self._permanent()
        ksi = self._stored_ksi() if known.identity else files.NO_KSI
        self._mark_in_use()
        return Registering(identity, known.area, ksi, self.is_update, self.is_combined)

    def _stored_ksi(self) -> int:
        contents = self.card.data.contents
        if self.protocol is Protocol.EMM:
            return files.eps_keys(contents.get("EF.EPSNSC", b""))
        return files.keys(contents.get(_KEY_FILES.get(self.protocol, ""), b""))

    def _mark_in_use(self) -> None:
        """The context on the card is not valid while the phone is registered (TS 24.301 §4.4.2.1)."""
        stored = self.card.data.contents.get("EF.EPSNSC", b"")
        if self.protocol is Protocol.EMM and files.eps_keys(stored) != files.NO_KSI:
            self.card.write("EF.EPSNSC", stored[:4] + bytes((files.NO_KSI,)) + stored[5:])

    def _permanent(self) -> Identity:
        """The IMSI, in 5GS concealed."""
        if self.protocol is Protocol.FIVE_GMM:
            return suci_of(self.card, self.connection.network.entropy)
        imsi = self.card.data.imsi
        if imsi is None:
            raise NetworkError("the phone has read no IMSI")
        return imsi

    def _answer(self, message: Nas) -> Nas:
        if isinstance(message, IdentityRequest):
            return IdentityResponse(self._permanent())
        if isinstance(message, SecurityModeCommand):
            return SecurityModeComplete()
        if isinstance(message, AuthenticationRequest):
            return self._authenticate(message)
        raise NetworkError(f"a phone has no answer to {type(message).__name__}")

    def _authenticate(self, request: AuthenticationRequest) -> Nas:
        """AUTHENTICATE on the card (TS 31.102 §7.1), and what becomes of its answer."""
        if not request.autn or self.card.is_gsm:
            self._keys, self._ksi = self.card.authenticate_gsm(request.rand), request.ksi
            self._tell("the card computes SRES and Kc", "TS 43.020 §3.2")
            return AuthenticationResponse(self._keys.res)
        if self.protocol in (Protocol.EMM, Protocol.FIVE_GMM) and not request.autn[6] & SEPARATION_BIT:
            return AuthenticationFailure(SEPARATION_UNACCEPTABLE)
        try:
            result = self.card.authenticate(request.rand, request.autn)
        except CardStatusError as error:
            if error.sw != SW.AUTHENTICATION_ERROR_MAC:
                raise
            self._tell("the card finds the network's MAC wrong", "TS 33.102 §6.3.3")
            return AuthenticationFailure(MAC_FAILURE)
        if result.is_synchronisation_failure:
            self._tell("the card finds the sequence number not fresh, and answers AUTS", "TS 33.102 §6.3.3")
            return AuthenticationFailure(SYNCH_FAILURE, result.auts)
        self._tell("the card authenticates the network and answers RES, CK and IK", "TS 33.102 §6.3.3")
        self._keys, self._ksi = result, request.ksi
        if self.protocol is Protocol.EMM:
            self.kasme = kasme(result.ck, result.ik, self.cell.plmn.to_bytes(), request.autn[:6])
        if self.protocol is Protocol.FIVE_GMM:
            return AuthenticationResponse(self._five_g(request, result))
        return AuthenticationResponse(result.res)

    def _five_g(self, request: AuthenticationRequest, result: AuthenticationResult) -> bytes:
        """RES*, and the keys that the card keeps (TS 33.501 §6.1.3.2)."""
        name = serving_network_name(self.cell.plmn.mcc, self.cell.plmn.mnc)
        key = kausf(result.ck, result.ik, name, request.autn[:6])
        self.card.write("EF.5GAUTHKEYS", files.five_g_keys(key, kseaf(key, name)))
        return res_star(result.ck, result.ik, name, request.rand, result.res)

    def _tell(self, text: str, clause: str) -> None:
        self.journal.tell("card", "authenticated", text, *self.card.evidence(), Rule(clause, text))

    def _take(self, accepted: Accepted) -> None:
        """Write location and keys to the card, and confirm the new identity."""
        written = self._write(self.protocol, Location(accepted.identity, accepted.area, UpdateStatus.UPDATED))
        if accepted.circuit is not None:
            written += self._write(Protocol.MM, Location(*accepted.circuit, UpdateStatus.UPDATED))
        written += self._write_keys()
        written += self._outdate(accepted)
        if written:
            text = f"the phone writes {', '.join(written)} of the card"
            rule = Rule(
                LOCATION_FILES[self.protocol].clause, "location information and keys are kept on the card"
            )
            self.journal.tell("phone", "card written", text, *self.card.evidence(), rule)
        self.connection.send(Completed(accepted.is_update))

    def _write(self, protocol: Protocol, location: Location) -> list[str]:
        row = LOCATION_FILES[protocol]
        return [row.name] if self.card.write(row.name, files.write_location(row, location)) else []

    def _write_keys(self) -> list[str]:
        """EF.Keys or EF.KeysPS; on a SIM, and on a USIM after a challenge of GSM, EF.Kc (TS 51.011
        §10.3.3)."""
        name, keys = _KEY_FILES.get(self.protocol), self._keys
        if keys is None or name is None:
            return []
        content = bytes((self._ksi,)) + keys.ck + keys.ik
        if not keys.ck:
            name, content = "EF.KC", keys.kc + bytes((self._ksi,))
        return [name] if self.card.write(name, content) else []

    def _outdate(self, accepted: Accepted) -> list[str]:
        """Locations in other networks are not up to date any more: the network registered last is this
        one."""
        written = []
        for protocol in LOCATION_FILES:
            known = self.card.data.location(protocol)
            if known.area and known.area.plmn != accepted.area.plmn and known.status is UpdateStatus.UPDATED:
                written += self._write(protocol, replace(known, status=UpdateStatus.NOT_UPDATED))
        return written
