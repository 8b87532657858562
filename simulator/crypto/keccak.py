"""The permutation Keccak-f[1600] (FIPS 202 §3), which TUAK needs bare when it iterates it.

`hashlib` has the permutation only inside SHA-3 and SHAKE, which keep part of the state to themselves.
"""

from __future__ import annotations

import struct
from typing import Final

_LANES: Final = struct.Struct("<25Q")
_MASK: Final = (1 << 64) - 1


def _round_constants() -> tuple[int, ...]:
    """RC of ι for 24 rounds, from the linear feedback shift register of FIPS 202 §3.2.5, Algorithm 5."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for exponent in range(7):
            constant |= (register & 1) << ((1 << exponent) - 1)
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return tuple(constants)


def _rho_pi() -> tuple[tuple[int, int], ...]:
    """For each lane after π: the lane it comes from and its rotation by ρ (FIPS 202 §3.2.2, §3.2.3)."""
    source: list[tuple[int, int]] = [(0, 0)] * 25
    x, y = 1, 0
    for step in range(24):
        new_x, new_y = y, (2 * x + 3 * y) % 5
        source[new_x + 5 * new_y] = (x + 5 * y, (step + 1) * (step + 2) // 2 % 64)
        x, y = new_x, new_y
    return tuple(source)


_RC: Final = _round_constants()
_SOURCES: Final = _rho_pi()


def keccak_f1600(state: bytes) -> bytes:
    """The permutation of a state of 200 bytes, lanes little-endian as in FIPS 202 §B.1."""
    a = list(_LANES.unpack(state))
    for constant in _RC:
        a = _round(a, constant)
    return _LANES.pack(*a)


def _round(a: list[int], constant: int) -> list[int]:
    columns = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
    theta = [
        columns[x - 1] ^ (columns[(x + 1) % 5] << 1 & _MASK | columns[(x + 1) % 5] >> 63) for x in range(5)
    ]
    b = []
    for lane, shift in _SOURCES:
        value = a[lane] ^ theta[lane % 5]
        b.append((value << shift | value >> (64 - shift)) & _MASK)
    for row in range(0, 25, 5):
        b0, b1, b2, b3, b4 = b[row : row + 5]
        b[row : row + 5] = b0 ^ ~b1 & b2, b1 ^ ~b2 & b3, b2 ^ ~b3 & b4, b3 ^ ~b4 & b0, b4 ^ ~b0 & b1
    b[0] ^= constant
    return b
