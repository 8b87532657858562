"""TUAK, the Keccak-based example algorithm set for AKA (3GPP TS 35.231).

Strings of the specification enter Keccak with their last bit first, so every field is written with its
bytes reversed. The input block of clause 6.1 is, bit for bit, 96 bytes of message with the padding of
SHAKE256 (FIPS 202 §6.2), and all outputs lie within its rate: with one iteration TUAK *is* SHAKE256, and
the library's is used. With more iterations the bare permutation runs.
"""

from __future__ import annotations

from hashlib import shake_256
from typing import Final

from simulator.crypto.errors import KeyFormatError
from simulator.crypto.keccak import keccak_f1600

_ALGONAME: Final = b"TUAK1.0"[::-1]
_PADDING: Final = b"\x1f" + bytes(38) + b"\x80" + bytes(64)
"""IN[768..772] and IN[1087] are 1, all else up to 1599 is 0 (TS 35.231 §6.1)."""
_OUTPUT: Final = 102
"""AK ends at OUT[815], the last bit that any function reads."""
_MAC_BITS: Final = {8: 0x08, 16: 0x10, 32: 0x20}
_RES_BITS: Final = {4: 0x00, 8: 0x08, 16: 0x10, 32: 0x20}
_CK_BITS: Final = {16: 0x00, 32: 0x04}
_IK_BITS: Final = {16: 0x00, 32: 0x02}
_KEY_BITS: Final = {16: 0x00, 32: 0x01}
_F1STAR: Final = 0x80
_F2345: Final = 0x40
_F5STAR: Final = 0xC0


def _permute(message: bytes, iterations: int) -> bytes:
    """OUT[0..815] for the 96 bytes IN[0..767]."""
    if iterations == 1:
        return shake_256(message).digest(_OUTPUT)
    state = message + _PADDING
    for _ in range(iterations):
        state = keccak_f1600(state)
    return state


class Tuak:
    """The functions of one subscriber (TS 35.231 §6.2 to §6.6). Lengths are in bytes.

    `k` 16 or 32, `topc` 32; RES 4, 8, 16 or 32; MAC 8, 16 or 32; CK and IK 16 or 32.
    """

    __slots__ = ("_ck", "_f1", "_f5star", "_f2345", "_ik", "_iterations", "_k", "_mac", "_res", "_topc")

    def __init__(
        self,
        k: bytes,
        topc: bytes,
        *,
        iterations: int = 1,
        res_length: int = 8,
        mac_length: int = 8,
        ck_length: int = 16,
        ik_length: int = 16,
    ) -> None:
        if len(topc) != 32 or iterations < 1:
            raise KeyFormatError("TUAK takes a TOPc of 32 bytes and at least one Keccak iteration")
        try:
            key_bits, mac_bits = _KEY_BITS[len(k)], _MAC_BITS[mac_length]
            lengths = _RES_BITS[res_length] | _CK_BITS[ck_length] | _IK_BITS[ik_length]
        except KeyError as unknown:
            raise KeyFormatError(f"TUAK knows no length of {unknown} bytes there") from None
        self._iterations = iterations
        self._topc, self._k = topc[::-1], k[::-1].ljust(32, b"\0")
        self._mac, self._res, self._ck, self._ik = mac_length, res_length, ck_length, ik_length
        self._f1 = mac_bits | key_bits
        self._f2345 = _F2345 | lengths | key_bits
        self._f5star = _F5STAR | key_bits

    @staticmethod
    def topc(k: bytes, top: bytes, *, iterations: int = 1) -> bytes:
        """TOPc, 32 bytes, from K (16 or 32 bytes) and the operator's TOP (32 bytes), §6.2."""
        if len(k) not in _KEY_BITS or len(top) != 32:
            raise KeyFormatError("TUAK takes K of 16 or 32 bytes and TOP of 32 bytes")
        head = top[::-1] + bytes([_KEY_BITS[len(k)]]) + _ALGONAME
        return _permute(head + bytes(24) + k[::-1].ljust(32, b"\0"), iterations)[31::-1]

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-A over RAND (16 bytes), SQN (6) and AMF (2), §6.3."""
        return self._out(self._f1, rand, sqn, amf)[self._mac - 1 :: -1]

    def f1star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S, §6.4."""
        return self._out(self._f1 | _F1STAR, rand, sqn, amf)[self._mac - 1 :: -1]

    def f2345(self, rand: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """RES, CK, IK and the 6-byte AK, §6.5."""
        out = self._out(self._f2345, rand)
        ck, ik = out[32 : 32 + self._ck], out[64 : 64 + self._ik]
        return out[self._res - 1 :: -1], ck[::-1], ik[::-1], out[101:95:-1]

    def f5star(self, rand: bytes) -> bytes:
        """AK of a resynchronisation, 6 bytes, §6.6."""
        return self._out(self._f5star, rand)[101:95:-1]

    def _out(self, instance: int, rand: bytes, sqn: bytes = bytes(6), amf: bytes = bytes(2)) -> bytes:
        head = self._topc + bytes([instance]) + _ALGONAME + rand[::-1]
        return _permute(head + amf[::-1] + sqn[::-1] + self._k, self._iterations)
