"""Authentication and key agreement on the card: sequence numbers and freshness (TS 33.102 §6.3, annex C).

A sequence number is 48 bits, SEQ‖IND with an IND of 5 bits; the card keeps the highest SEQ it has accepted
for each IND. All lengths are in bytes, all numbers big-endian.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cards.status import SW, StatusError
from simulator.crypto.aka import AkaFunctions, c2, c3, resynchronisation_token, xor
from simulator.uicc.image import AkaAlgorithm, AkaImage

_IND_BITS = 5
_IND_MASK = (1 << _IND_BITS) - 1
_RESYNCHRONISE = b"\xff\xff"
"""AMF that makes a test USIM ask for resynchronisation (TS 34.108 §8.1.2.2, AMF_RESYNCH)."""


class Agreement(NamedTuple):
    """Result of a successful authentication in 3G context."""

    res: bytes
    ck: bytes
    ik: bytes

    @property
    def kc(self) -> bytes:
        """The GSM cipher key that conversion function c3 gives, 8 bytes."""
        return c3(self.ck, self.ik)


class SynchronisationFailure(NamedTuple):
    """The network's SQN is not fresh; AUTS tells it the card's (14 bytes)."""

    auts: bytes


def functions_of(image: AkaImage) -> AkaFunctions:
    """The algorithm that a profile's parameters name, ready with their keys. Imported here, because most
    cards never authenticate and loading the cryptography takes longer than making a card."""
    if image.algorithm is AkaAlgorithm.TUAK:
        from simulator.crypto.tuak import Tuak

        return Tuak(
            image.key,
            image.opc,
            iterations=image.keccak_iterations,
            res_length=image.res_length,
            mac_length=image.mac_length,
            ck_length=image.ck_length,
            ik_length=image.ik_length,
        )
    if image.algorithm is AkaAlgorithm.USIM_TEST:
        from simulator.crypto.xor_test import XorTest

        return XorTest(image.key, res_length=image.res_length)
    from simulator.crypto.milenage import Milenage

    return Milenage(image.key, image.opc, c=image.constants, r=image.rotations)


class AkaState:
    """AKA of one application on one card: the algorithm and the sequence numbers seen."""

    __slots__ = ("_changed", "failures", "functions", "highest", "image")

    def __init__(self, image: AkaImage) -> None:
        self.image = image
        self.functions = functions_of(image)
        self._changed: dict[int, int] = {}
        """IND → highest SEQ accepted, where it is no longer the image's."""
        self.highest = max(image.sqn_init)
        self.failures = 0

    def authenticate(self, rand: bytes, autn: bytes) -> Agreement | SynchronisationFailure:
        """AUTHENTICATE in 3G context. StatusError 9862 if the MAC is wrong, 6983 when blocked."""
        functions = self.functions
        limit = self.image.authentication_counter_maximum
        if limit and self.failures >= limit:
            raise StatusError(SW.AUTHENTICATION_METHOD_BLOCKED)
        res, ck, ik, ak = functions.f2345(rand)
        sqn, amf, mac = xor(autn[:6], ak), autn[6:8], autn[8:]
        if functions.f1(rand, sqn, amf)[: len(mac)] != mac:
            self.failures += bool(limit)
            raise StatusError(SW.AUTHENTICATION_ERROR_MAC)
        if not self._accept(int.from_bytes(sqn, "big"), amf):
            sqn_ms = self._sqn_ms().to_bytes(6, "big")
            return SynchronisationFailure(resynchronisation_token(functions, rand, sqn_ms))
        self.failures = 0
        return Agreement(res, ck, ik)

    def gsm(self, rand: bytes) -> tuple[bytes, bytes]:
        """AUTHENTICATE in GSM context: SRES (4) and Kc (8) by the conversion functions c2 and c3."""
        res, ck, ik, _ = self.functions.f2345(rand)
        return c2(res), c3(ck[:16], ik[:16])

    def _accept(self, sqn: int, amf: bytes) -> bool:
        """Whether SQN is fresh, annex C.2; if so it is noted."""
        seq, ind = sqn >> _IND_BITS, sqn & _IND_MASK
        if self.image.algorithm is AkaAlgorithm.USIM_TEST:
            # A test USIM takes any SQN, and is out of step on demand.
            if amf == _RESYNCHRONISE:
                return False
        elif not self._is_fresh(seq, ind):
            return False
        self._changed[ind] = seq
        self.highest = max(self.highest, seq)
        return True

    def _is_fresh(self, seq: int, ind: int) -> bool:
        """Annex C.2.1 (not too far ahead), C.2.2 (not too old), and newer than what IND last saw."""
        image = self.image
        if image.sqn_delta and seq - self.highest > image.sqn_delta:
            return False
        if image.sqn_age_limit and self.highest - seq > image.sqn_age_limit:
            return False
        return seq > self._seen(ind)

    def _seen(self, ind: int) -> int:
        changed = self._changed.get(ind)
        return self.image.sqn_init[ind] if changed is None else changed

    def _sqn_ms(self) -> int:
        """The highest SQN ever accepted, with the IND that brought it (annex C.2.1)."""
        ind = next((ind for ind in self._changed if self._changed[ind] == self.highest), 0)
        return self.highest << _IND_BITS | ind

    def save(self) -> dict[str, Any]:
        seen = {str(ind): seq for ind, seq in self._changed.items()}
        return {"seen": seen, "highest": self.highest, "failures": self.failures}

    def restore(self, state: dict[str, Any]) -> None:
        self._changed = {int(ind): seq for ind, seq in state["seen"].items()}
        self.highest, self.failures = state["highest"], state["failures"]
