"""Access rules: who may do what with a file (TS 102 221 §9.2, ISO/IEC 7816-4 §5.4.3).

A rule is read once into pairs of what it is for and a condition; whether the condition holds is asked of
the security status, which knows the verified key references.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NamedTuple

from asn1 import tlv
from asn1.errors import Asn1Error


class Operation:
    """What a command does with a file: the bit of the access mode byte, or in the high byte the INS.

    Plain numbers, for a decision is looked up by them at every command and an Enum hashes slowly.
    """

    READ: Final = 0x01
    UPDATE: Final = 0x02
    DELETE_CHILD: Final = 0x01
    """Of a DF, as the two that follow."""
    CREATE_EF: Final = 0x02
    CREATE_DF: Final = 0x04
    DEACTIVATE: Final = 0x08
    ACTIVATE: Final = 0x10
    TERMINATE: Final = 0x20
    DELETE: Final = 0x40
    INCREASE: Final = 0x3200
    RESIZE: Final = 0xD400


class Kind(Enum):
    ALWAYS = auto()
    NEVER = auto()
    KEY = auto()
    AND = auto()
    OR = auto()
    NOT = auto()


class Condition(NamedTuple):
    """A security condition: ALWAYS, NEVER, a KEY to be verified, or AND, OR, NOT of others."""

    kind: Kind
    key_reference: int = 0
    parts: tuple[Condition, ...] = ()

    def holds(self, verified: Callable[[int], bool]) -> bool:
        """Whether the condition holds, where `verified(key_reference)` tells the security status."""
        if self.kind is Kind.KEY:
            return verified(self.key_reference)
        if self.kind is Kind.OR:
            return any(part.holds(verified) for part in self.parts)
        if self.kind is Kind.AND:
            return all(part.holds(verified) for part in self.parts)
        if self.kind is Kind.NOT:
            return not any(part.holds(verified) for part in self.parts)
        return self.kind is Kind.ALWAYS


ALWAYS = Condition(Kind.ALWAYS)
NEVER = Condition(Kind.NEVER)


class Grant(NamedTuple):
    """`mask`: access mode bits, or an INS in the high byte; `condition`: what they need."""

    mask: int
    condition: Condition


Rule = tuple[Grant, ...]

OPEN: Rule = (
    Grant(0x7F, ALWAYS),
    Grant(Operation.INCREASE, ALWAYS),
    Grant(Operation.RESIZE, ALWAYS),
)
"""The rule of a file that has no security attributes."""


def condition_for(rule: Rule, operation: int) -> Condition:
    """The condition of `operation`: any grant that names it will do; NEVER if none does (§9.2.4)."""
    if operation > 0xFF:
        parts = tuple(grant.condition for grant in rule if grant.mask == operation)
    else:
        parts = tuple(grant.condition for grant in rule if grant.mask <= 0xFF and grant.mask & operation)
    if not parts:
        return NEVER
    return parts[0] if len(parts) == 1 else Condition(Kind.OR, parts=parts)


# Access mode DO: '80' bits of the access mode byte, '81' to '8F' a description of commands. The low
# nibble says which of CLA (8), INS (4), P1 (2), P2 (1) stand in it; TS 102 221 uses '84', the INS.
_ACCESS_MODE_BYTE = 0x80
_ACCESS_MODE_INS = 0x84


def parse_expanded(data: bytes) -> Rule:
    """Rules in expanded format: the value of 'AB', or one record of EF.ARR ('FF' padding ends it).

    A rule that cannot be read grants nothing.
    """
    grants: list[Grant] = []
    modes: list[int] = []
    conditions: list[Condition] = []
    try:
        for item in tlv.read_all(data.rstrip(b"\xff")):
            if 0x80 <= item.tag <= 0x8F:
                if conditions:
                    grants += _grants(modes, conditions)
                    modes, conditions = [], []
                modes += _modes(item.tag, item.value)
            else:
                conditions.append(_condition(item.tag, item.value))
    except Asn1Error:
        return tuple(grants)
    return tuple(grants + _grants(modes, conditions))


def _modes(tag: int, value: bytes) -> list[int]:
    if tag == _ACCESS_MODE_BYTE and len(value) == 1:
        return [value[0]]
    if tag == _ACCESS_MODE_INS:
        return [ins << 8 for ins in value]
    return []


def _grants(modes: list[int], conditions: list[Condition]) -> list[Grant]:
    """Several conditions in a row are alternatives (ISO/IEC 7816-4 §5.4.3.2)."""
    if not conditions:
        return []
    condition = conditions[0] if len(conditions) == 1 else Condition(Kind.OR, parts=tuple(conditions))
    return [Grant(mode, condition) for mode in modes]


_TEMPLATES = {0xA0: Kind.OR, 0xAF: Kind.AND, 0xA7: Kind.NOT}
_USER_AUTHENTICATION = 0x08


def _condition(tag: int, value: bytes) -> Condition:
    """One security condition DO, ISO/IEC 7816-4 Table 24. NEVER where it cannot be read, or any part of it:
    what nobody understands is no reason to let somebody in, not even under NOT."""
    try:
        return _read_condition(tag, value)
    except _UnreadableError:
        return NEVER


class _UnreadableError(Exception):
    """A condition, or a part of one, is none that this card knows."""


def _read_condition(tag: int, value: bytes) -> Condition:
    if tag in (0x90, 0x97) and not value:
        return ALWAYS if tag == 0x90 else NEVER
    if tag == 0xA4:
        reference = tlv.find(value, 0x83)
        if reference and len(reference) == 1:
            return Condition(Kind.KEY, reference[0])
    if tag in _TEMPLATES:
        parts = tuple(_read_condition(item.tag, item.value) for item in tlv.read_all(value))
        if parts:
            return Condition(_TEMPLATES[tag], parts=parts)
    raise _UnreadableError


_COMPACT_USER_AUTHENTICATION = 0x10
_ALL_CONDITIONS, _FURTHER_CONDITIONS = 0x80, 0x60


def parse_compact(value: bytes) -> Rule:
    """Rules in compact format, the value of '8C': an access mode byte, then a condition byte for each of
    its bits from b7 down (ISO/IEC 7816-4 §5.4.3.1)."""
    if not value:
        return ()
    bits = [1 << bit for bit in range(6, -1, -1) if value[0] & 1 << bit]
    return tuple(Grant(bit, _compact_condition(byte)) for bit, byte in zip(bits, value[1:], strict=False))


def _compact_condition(byte: int) -> Condition:
    """'00' always, 'FF' never; user authentication stands for PIN1, the only one without a key reference.
    Where it is asked for together with secure messaging or external authentication (b8), which the files of
    this card do not know, nobody gets in."""
    if byte == 0x00:
        return ALWAYS
    needs_more = byte & _ALL_CONDITIONS and byte & _FURTHER_CONDITIONS
    if byte != 0xFF and byte & _COMPACT_USER_AUTHENTICATION and not needs_more:
        return Condition(Kind.KEY, 0x01)
    return NEVER
