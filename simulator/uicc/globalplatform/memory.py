"""How much memory an application wants: system specific install parameters (GP Card Specification Tables
11-48, 11-49)."""

from __future__ import annotations

from asn1 import Asn1Error, tlv
from cards.status import SW, StatusError
from simulator.uicc.globalplatform.registry import Memory, Registry

_SYSTEM = 0xEF
"""Tag around the system specific parameters."""
_CODE, _VOLATILE, _NON_VOLATILE = 0xC6, 0xC7, 0xC8
_VOLATILE_RESERVED, _NON_VOLATILE_RESERVED = 0xD7, 0xD8
_LENGTHS = (2, 4)
"""Bytes of a number, big-endian; four where two are not enough."""


def _numbers(parameters: bytes) -> dict[int, int]:
    """The memory parameters by tag; StatusError 6A80 for a number that is none."""
    try:
        system = tlv.find(parameters, _SYSTEM) or b""
        found = {part.tag: part.value for part in tlv.read_all(system) if part.tag in _TAGS}
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    if any(len(value) not in _LENGTHS for value in found.values()):
        raise StatusError(SW.INCORRECT_DATA)
    return {tag: int.from_bytes(value, "big") for tag, value in found.items()}


_TAGS = frozenset((_CODE, _VOLATILE, _NON_VOLATILE, _VOLATILE_RESERVED, _NON_VOLATILE_RESERVED))


def must_hold(registry: Registry, parameters: bytes) -> None:
    """The parameters of INSTALL [for load]: the least that code ('C6') and data ('C7', 'C8') will need.
    StatusError 6A84 if there is less."""
    numbers = _numbers(parameters)
    lasting = numbers.get(_CODE, 0) + numbers.get(_NON_VOLATILE, 0)
    if lasting > registry.free or numbers.get(_VOLATILE, 0) > registry.free_volatile:
        raise StatusError(SW.NOT_ENOUGH_MEMORY)


def memory_for(registry: Registry, parameters: bytes) -> Memory:
    """The parameters of INSTALL [for install]: quotas ('C7', 'C8') and what is set aside ('D7', 'D8').
    StatusError 6A84 if that much is not free, 6A80 where more is set aside than the quota allows."""
    numbers = _numbers(parameters)
    memory = Memory(
        numbers.get(_VOLATILE),
        numbers.get(_NON_VOLATILE),
        numbers.get(_VOLATILE_RESERVED, 0),
        numbers.get(_NON_VOLATILE_RESERVED, 0),
    )
    quotas = (
        (memory.volatile_quota, memory.volatile_reserved),
        (memory.non_volatile_quota, memory.non_volatile_reserved),
    )
    if any(quota is not None and reserved > quota for quota, reserved in quotas):
        raise StatusError(SW.INCORRECT_DATA)
    if memory.volatile_reserved > registry.free_volatile or memory.non_volatile_reserved > registry.free:
        raise StatusError(SW.NOT_ENOUGH_MEMORY)
    return memory
