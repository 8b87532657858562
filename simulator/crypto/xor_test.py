"""The test algorithm of test USIMs: everything is K ⊕ RAND (3GPP TS 34.108 §8.1.2). It protects nothing."""

from __future__ import annotations

from simulator.crypto.aka import xor
from simulator.crypto.errors import KeyFormatError


class XorTest:
    """The functions of one test subscriber: `k` is 16 bytes, RES is 4 to 16 bytes long (§8.1.2.1)."""

    __slots__ = ("_k", "_res_length")

    def __init__(self, k: bytes, *, res_length: int = 16) -> None:
        if len(k) != 16 or not 4 <= res_length <= 16:
            raise KeyFormatError("the test algorithm takes K of 16 bytes and gives RES of 4 to 16 bytes")
        self._k, self._res_length = k, res_length

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """XMAC, 8 bytes: XDOUT[0..63] ⊕ CDOUT, where CDOUT is SQN (6 bytes) and AMF (2)."""
        return xor(xor(self._k, rand)[:8], sqn + amf)

    def f1star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S: as f1 (§8.1.2.2)."""
        return self.f1(rand, sqn, amf)

    def f2345(self, rand: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """RES, CK, IK, AK: XDOUT, cut or rotated by 0, 8, 16 and 24 bits."""
        out = xor(self._k, rand)
        return out[: self._res_length], out[1:] + out[:1], out[2:] + out[:2], out[3:9]

    def f5star(self, rand: bytes) -> bytes:
        """AK of a resynchronisation: the same AK (§8.1.2.2)."""
        return xor(self._k, rand)[3:9]
