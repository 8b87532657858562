"""The authentication centre: subscribers' keys, sequence numbers and vectors (TS 33.102 §6.3 and annex C, TS
33.401 §6.1, TS 33.501 §6.1.3.2).

A sequence number is SEQ‖IND, 43 and 5 bits. SEQ counts up by one with each vector and knows no time (annex
C.3.2); IND goes round with each vector (annex C.3.4), so that vectors may be used in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from cards.identities import Imsi, Plmn
from simulator.crypto.access_keys import (
    SEPARATION_BIT,
    hxres_star,
    kasme,
    kausf,
    kseaf,
    res_star,
    serving_network_name,
)
from simulator.crypto.aka import AkaFunctions, Vector, c2, c3, generate_vector, sqn_from_auts
from simulator.network.errors import NetworkError

IND_BITS: Final = 5
_IND_MASK: Final = (1 << IND_BITS) - 1
SEQ_LIMIT: Final = 1 << 43
DELTA: Final = 1 << 28
"""How far a number may be ahead of the card's (annex C.2.1, C.3.2)."""
AMF: Final = bytes(2)
RAND_LENGTH: Final = 16


class UnknownSubscriber(NetworkError):  # noqa: N818 - says what the subscriber is
    """The centre has no subscriber of this IMSI."""


class Triplet(NamedTuple):
    """A vector for GSM (TS 43.020 §3)."""

    rand: bytes
    sres: bytes
    kc: bytes


class EpsVector(NamedTuple):
    """An EPS authentication vector (TS 33.401 §6.1.2). `kasme` holds for one serving network."""

    rand: bytes
    autn: bytes
    xres: bytes
    kasme: bytes


class FiveGVector(NamedTuple):
    """A vector of 5G AKA as the home network keeps it (TS 33.501 §6.1.3.2); the serving network gets RAND,
    AUTN and HXRES*."""

    rand: bytes
    autn: bytes
    xres_star: bytes
    hxres_star: bytes
    kseaf: bytes


@dataclass(slots=True)
class Subscriber:
    """A subscriber's functions, with the sequence number that was used last."""

    functions: AkaFunctions
    seq: int = 0
    ind: int = 0
    amf: bytes = AMF

    def next_sqn(self) -> bytes:
        """The sequence number of the next vector, 6 bytes (annex C.1.2, C.3.2)."""
        if self.seq + 1 >= SEQ_LIMIT:
            raise NetworkError("the sequence numbers of this subscriber are used up; issue a new card")
        self.seq += 1
        self.ind = (self.ind + 1) & _IND_MASK
        return (self.seq << IND_BITS | self.ind).to_bytes(6, "big")


class AuthenticationCentre:
    """Vectors for the subscribers of one operator. `entropy` gives as many random bytes as asked."""

    def __init__(self, entropy: Callable[[int], bytes]) -> None:
        self._entropy = entropy
        self._subscribers: dict[Imsi, Subscriber] = {}

    def add(self, imsi: Imsi, functions: AkaFunctions, *, seq: int = 0, amf: bytes = AMF) -> Subscriber:
        """Enter a subscriber, or exchange one; `seq` is the last sequence number that counts as used."""
        subscriber = self._subscribers[imsi] = Subscriber(functions, seq, amf=amf)
        return subscriber

    def subscriber(self, imsi: Imsi) -> Subscriber:
        """UnknownSubscriber if there is none."""
        try:
            return self._subscribers[imsi]
        except KeyError:
            raise UnknownSubscriber(f"the authentication centre knows no subscriber {imsi}") from None

    def __contains__(self, imsi: Imsi) -> bool:
        return imsi in self._subscribers

    def vector(self, imsi: Imsi) -> Vector:
        """A quintet for UMTS; the separation bit is 0 (TS 33.102 §6.3.2)."""
        subscriber = self.subscriber(imsi)
        amf = bytes((subscriber.amf[0] & ~SEPARATION_BIT, subscriber.amf[1]))
        return self._generate(subscriber, amf)

    def triplet(self, imsi: Imsi) -> Triplet:
        """A triplet for a network that knows only GSM, by conversion functions c2 and c3 (§6.8.1.2)."""
        vector = self.vector(imsi)
        return Triplet(vector.rand, c2(vector.xres), c3(vector.ck[:16], vector.ik[:16]))

    def eps_vector(self, imsi: Imsi, serving: Plmn) -> EpsVector:
        """A vector for EPS: separation bit 1, KASME in place of CK and IK."""
        vector = self._separated(imsi)
        key = kasme(vector.ck, vector.ik, serving.to_bytes(), vector.autn[:6])
        return EpsVector(vector.rand, vector.autn, vector.xres, key)

    def five_g_vector(self, imsi: Imsi, serving: Plmn) -> FiveGVector:
        """A vector of 5G AKA: separation bit 1, XRES* and KSEAF bound to the serving network's name."""
        vector = self._separated(imsi)
        name = serving_network_name(serving.mcc, serving.mnc)
        expected = res_star(vector.ck, vector.ik, name, vector.rand, vector.xres)
        anchor = kseaf(kausf(vector.ck, vector.ik, name, vector.autn[:6]), name)
        return FiveGVector(vector.rand, vector.autn, expected, hxres_star(vector.rand, expected), anchor)

    def resynchronise(self, imsi: Imsi, rand: bytes, auts: bytes) -> int:
        """Take over the card's sequence number (§6.3.5); the SEQ from which it goes on. Raises
        `simulator.crypto.aka.ResynchronisationError` for AUTS with a wrong MAC-S, which changes nothing."""
        subscriber = self.subscriber(imsi)
        sqn_ms = int.from_bytes(sqn_from_auts(subscriber.functions, rand, auts), "big")
        seq_ms = sqn_ms >> IND_BITS
        # A number of ours that the card would take stays: vectors that were handed out meanwhile must not be
        # repeated. One that it would not take, for being behind or too far ahead, becomes the card's.
        if not seq_ms <= subscriber.seq < seq_ms + DELTA:
            subscriber.seq = seq_ms
        return subscriber.seq

    def _separated(self, imsi: Imsi) -> Vector:
        subscriber = self.subscriber(imsi)
        return self._generate(subscriber, bytes((subscriber.amf[0] | SEPARATION_BIT, subscriber.amf[1])))

    def _generate(self, subscriber: Subscriber, amf: bytes) -> Vector:
        return generate_vector(subscriber.functions, self._entropy(RAND_LENGTH), subscriber.next_sqn(), amf)
