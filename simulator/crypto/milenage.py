"""Milenage, the AES-based example algorithm set for AKA (3GPP TS 35.206 §4).

One AES context lives as long as the subscriber, values are 128-bit integers, and the blocks that do not
depend on each other are encrypted in one call.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from simulator.crypto.errors import KeyFormatError

DEFAULT_ROTATIONS: Final = bytes([64, 0, 32, 64, 96])
"""r1 to r5 in bits (TS 35.206 §4.1)."""
DEFAULT_CONSTANTS: Final = bytes(16) + b"".join((1 << n).to_bytes(16, "big") for n in range(4))
"""c1 to c5, 16 bytes each (TS 35.206 §4.1)."""
_BLOCK: Final = 16
_MASK: Final = (1 << 128) - 1


def _rotate(value: int, bits: int) -> int:
    """Cyclic rotation of 128 bits towards the most significant bit."""
    return (value << bits | value >> (128 - bits)) & _MASK


class Milenage:
    """The functions of one subscriber. `k` and `opc` are 16 bytes, `r` five bit counts, `c` 80 bytes."""

    __slots__ = ("_c", "_encrypt", "_opc", "_r", "_rand", "_temp")

    def __init__(
        self, k: bytes, opc: bytes, *, c: bytes = DEFAULT_CONSTANTS, r: bytes = DEFAULT_ROTATIONS
    ) -> None:
        if (len(k), len(opc), len(c), len(r)) != (16, 16, 80, 5):
            raise KeyFormatError(
                "Milenage takes K and OPc of 16 bytes, five rotations, 80 bytes of constants"
            )
        if max(r) > 127:
            raise KeyFormatError("a Milenage rotation is 0 to 127 bits")
        self._encrypt = Cipher(AES(k), ECB()).encryptor().update
        self._opc = int.from_bytes(opc, "big")
        self._c = tuple(int.from_bytes(c[at : at + _BLOCK], "big") for at in range(0, 80, _BLOCK))
        self._r = tuple(r)
        self._rand = b""
        self._temp = 0

    @staticmethod
    def opc(k: bytes, op: bytes) -> bytes:
        """OPc = OP ⊕ E(OP) under K, 16 bytes each (TS 35.206 §4.1)."""
        if (len(k), len(op)) != (16, 16):
            raise KeyFormatError("Milenage takes K and OP of 16 bytes")
        encrypted = Cipher(AES(k), ECB()).encryptor().update(op)
        return (int.from_bytes(op, "big") ^ int.from_bytes(encrypted, "big")).to_bytes(_BLOCK, "big")

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-A, 8 bytes, over RAND (16 bytes), SQN (6) and AMF (2)."""
        return self._out1(rand, sqn, amf)[:8]

    def f1star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S, 8 bytes."""
        return self._out1(rand, sqn, amf)[8:]

    def f2345(self, rand: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """RES (8 bytes), CK (16), IK (16), AK (6)."""
        opc, (_, c2, c3, c4, _), (_, r2, r3, r4, _) = self._opc, self._c, self._r
        mixed = self._temp_of(rand) ^ opc
        blocks = (
            (_rotate(mixed, r2) ^ c2) << 256 | (_rotate(mixed, r3) ^ c3) << 128 | (_rotate(mixed, r4) ^ c4)
        )
        encrypted = int.from_bytes(self._encrypt(blocks.to_bytes(48, "big")), "big")
        out = (encrypted ^ (opc << 256 | opc << 128 | opc)).to_bytes(48, "big")
        return out[8:16], out[16:32], out[32:], out[:6]

    def f5star(self, rand: bytes) -> bytes:
        """AK of a resynchronisation, 6 bytes."""
        block = _rotate(self._temp_of(rand) ^ self._opc, self._r[4]) ^ self._c[4]
        encrypted = int.from_bytes(self._encrypt(block.to_bytes(_BLOCK, "big")), "big")
        return (encrypted ^ self._opc).to_bytes(_BLOCK, "big")[:6]

    def _temp_of(self, rand: bytes) -> int:
        """TEMP = E(RAND ⊕ OPc); kept for the last RAND, since every AUTHENTICATE needs it twice."""
        if rand != self._rand:
            block = (int.from_bytes(rand, "big") ^ self._opc).to_bytes(_BLOCK, "big")
            self._temp, self._rand = int.from_bytes(self._encrypt(block), "big"), rand
        return self._temp

    def _out1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        in1 = int.from_bytes((sqn + amf) * 2, "big")
        block = self._temp_of(rand) ^ _rotate(in1 ^ self._opc, self._r[0]) ^ self._c[0]
        encrypted = int.from_bytes(self._encrypt(block.to_bytes(_BLOCK, "big")), "big")
        return (encrypted ^ self._opc).to_bytes(_BLOCK, "big")
