"""The fourteen access rules of the file templates, SAIP §9.9, and their coding in EF.ARR.

A template names a rule by its number, which is the record of EF.ARR that the file refers to; a profile
therefore carries these records in this order. Coding: ISO/IEC 7816-4 §5.4.3.2, TS 102 221 §9.2.4.
"""

from __future__ import annotations

READ, UPDATE, WRITE, DEACTIVATE, ACTIVATE, TERMINATE, DELETE = (1 << bit for bit in range(7))
"""Bits of the access mode byte of an EF (TS 102 221 Table 9.3a)."""
CREATE = DEACTIVATE  # SAIP writes one mode for DF and EF alike; for a DF b4 to b1 mean other commands.
INCREASE = 0x32
"""INS of INCREASE, for the access mode DO '84' that names a command by its INS."""

ALWAYS = bytes.fromhex("9000")
NEVER = bytes.fromhex("9700")


def user_authentication(key_reference: int) -> bytes:
    """Security condition: the key with this reference is verified (CRT 'A4', usage qualifier '08')."""
    return bytes([0xA4, 0x06, 0x83, 0x01, key_reference, 0x95, 0x01, 0x08])


PIN1 = user_authentication(0x01)
PIN2 = user_authentication(0x81)
ADM1 = user_authentication(0x0A)

_ADMINISTRATION = DEACTIVATE | ACTIVATE | DELETE

RULES: tuple[tuple[tuple[int, bytes], ...], ...] = (
    ((READ, ALWAYS), (UPDATE, PIN1), (_ADMINISTRATION, ADM1)),
    ((READ, PIN1), (UPDATE | _ADMINISTRATION, ADM1)),
    ((READ | UPDATE | _ADMINISTRATION, ADM1),),
    ((READ, ALWAYS), (UPDATE | DEACTIVATE | ACTIVATE, NEVER), (DELETE, ADM1)),
    ((READ | UPDATE, PIN1), (_ADMINISTRATION, ADM1)),
    ((READ | ACTIVATE, PIN1), (UPDATE | DEACTIVATE | DELETE, ADM1)),
    ((READ | UPDATE, PIN1), (_ADMINISTRATION, ADM1), (INCREASE << 8, PIN1)),
    ((READ, PIN1), (UPDATE, PIN2), (_ADMINISTRATION, ADM1)),
    ((READ, ALWAYS), (UPDATE | DEACTIVATE | ACTIVATE, PIN1), (DELETE, ADM1)),
    ((READ, ALWAYS), (UPDATE | _ADMINISTRATION, ADM1)),
    ((READ, ALWAYS), (DEACTIVATE | ACTIVATE, ADM1), (UPDATE | DELETE, NEVER)),
    ((READ, PIN1), (UPDATE | _ADMINISTRATION, NEVER)),
    ((READ | UPDATE | ACTIVATE, PIN1), (DEACTIVATE | DELETE, ADM1)),
    ((UPDATE | WRITE | _ADMINISTRATION, ADM1),),
)
"""Rule n (from 1) as pairs of access mode and condition; a mode above 'FF' is an INS in its high byte."""


def record(rule: tuple[tuple[int, bytes], ...]) -> bytes:
    """One record of EF.ARR: access mode DO '80' (or '84' with an INS), then its condition, and so on."""
    return b"".join(
        (bytes([0x84, 0x01, mode >> 8]) if mode > 0xFF else bytes([0x80, 0x01, mode])) + condition
        for mode, condition in rule
    )


RECORDS: tuple[bytes, ...] = tuple(map(record, RULES))
RECORD_LENGTH = max(map(len, RECORDS))
