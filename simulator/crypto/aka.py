"""Authentication and key agreement: vectors, AUTS and conversions for any algorithm set (TS 33.102 §6).

SQN is 6 bytes, AMF 2, RAND 16, all big-endian. `AkaFunctions` is what Milenage, TUAK and the XOR test
algorithm have in common; the card and the network each hold one instance for their subscriber.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from simulator.crypto.errors import CryptoError

RESYNCHRONISATION_AMF: Final = bytes(2)
"""AMF* in MAC-S: all zeros, so that it need not be sent (TS 33.102 §6.3.3)."""
_SQN_LENGTH: Final = 6


class AkaFunctions(Protocol):
    """The authentication functions of one subscriber, key and operator variant included (TS 33.102 §6.3)."""

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-A: network to card."""

    def f1star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S: card to network, in a resynchronisation."""

    def f2345(self, rand: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """RES, CK, IK and the 6-byte AK."""

    def f5star(self, rand: bytes) -> bytes:
        """AK of a resynchronisation, 6 bytes."""


class Vector(NamedTuple):
    """An authentication vector of the network (TS 33.102 §6.3.2)."""

    rand: bytes
    autn: bytes
    """SQN ⊕ AK (6 bytes), AMF (2), MAC (8; with TUAK as long as its MAC)."""
    xres: bytes
    ck: bytes
    ik: bytes


class ResynchronisationError(CryptoError):
    """AUTS does not come from the holder of the key: its MAC-S is wrong."""


def xor(a: bytes, b: bytes) -> bytes:
    """`a` ⊕ `b`, both of one length."""
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big")


def generate_vector(functions: AkaFunctions, rand: bytes, sqn: bytes, amf: bytes) -> Vector:
    """What the authentication centre hands out for this RAND and SQN (TS 33.102 §6.3.2)."""
    res, ck, ik, ak = functions.f2345(rand)
    return Vector(rand, xor(sqn, ak) + amf + functions.f1(rand, sqn, amf), res, ck, ik)


def resynchronisation_token(functions: AkaFunctions, rand: bytes, sqn_ms: bytes) -> bytes:
    """AUTS of the card: SQN_MS ⊕ AK* (6 bytes), then MAC-S (TS 33.102 §6.3.3)."""
    mac = functions.f1star(rand, sqn_ms, RESYNCHRONISATION_AMF)
    return xor(sqn_ms, functions.f5star(rand)) + mac


def sqn_from_auts(functions: AkaFunctions, rand: bytes, auts: bytes) -> bytes:
    """SQN_MS, 6 bytes, that a card reports (TS 33.102 §6.3.5).

    ResynchronisationError if `auts` is not the subscriber's.
    """
    if len(auts) <= _SQN_LENGTH:
        raise ResynchronisationError(f"AUTS of {len(auts)} bytes has no room for SQN and MAC-S")
    sqn_ms = xor(auts[:_SQN_LENGTH], functions.f5star(rand))
    if functions.f1star(rand, sqn_ms, RESYNCHRONISATION_AMF) != auts[_SQN_LENGTH:]:
        raise ResynchronisationError("MAC-S in AUTS is wrong")
    return sqn_ms


def c2(res: bytes) -> bytes:
    """SRES, 4 bytes, from RES of 4 to 16 bytes: its 32-bit words XORed (TS 33.102 §6.8.1.2 b)."""
    words = int.from_bytes(res.ljust(16, b"\0"), "big")
    return _fold(words, 64, 32).to_bytes(4, "big")


def c3(ck: bytes, ik: bytes) -> bytes:
    """Kc, 8 bytes: the halves of CK and IK, 16 bytes each, XORed (TS 33.102 §6.8.1.2 c)."""
    both = int.from_bytes(ck, "big") ^ int.from_bytes(ik, "big")
    return _fold(both, 64).to_bytes(8, "big")


def _fold(value: int, *widths: int) -> int:
    """XORs the part above each width, in bits, onto the part below it."""
    for width in widths:
        value = (value >> width) ^ (value & (1 << width) - 1)
    return value
