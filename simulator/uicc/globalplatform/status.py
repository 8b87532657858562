"""GET STATUS and SET STATUS (GP Card Specification §11.4, §11.10, §5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from asn1 import Asn1Error, tlv
from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.command import PROPRIETARY, command
from simulator.uicc.globalplatform.registry import (
    CARD_LOCK,
    CARD_TERMINATE,
    GLOBAL_LOCK,
    CardLifeCycle,
    Instance,
    LifeCycle,
    LoadFile,
    Registry,
)

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel
    from simulator.uicc.globalplatform.security_domain import SecurityDomain

_ISSUER, _INSTANCES, _LOAD_FILES, _LOAD_FILES_AND_MODULES = 0x80, 0x40, 0x20, 0x10
_TLV_FORMAT, _NEXT = 0x02, 0x01
_AID, _TAG_LIST = 0x4F, 0x5C
_ENTRY, _STATE, _PRIVILEGES, _FILE, _MODULE, _DOMAIN, _VERSION = (
    0xE3,
    0x9F70,
    0xC5,
    0xC4,
    0x84,
    0xCC,
    0xCE,
)
_DEFAULT_TAGS: Final = frozenset((_AID, _STATE, _PRIVILEGES, _FILE, _MODULE, _DOMAIN, _VERSION))
_PIECE: Final = 239
"""Bytes of an answer before 6310 announces another: with MAC and padding it still fits in 256."""
Fields = list[tuple[int, bytes]]


def get_status(application: SecurityDomain, channel: Channel, command: CommandApdu) -> bytes:
    """GET STATUS: what the registry says about the issuer security domain, instances, or load files. 6A88 if
    nothing fits; 6310 with the data if there is more, which P2 b1 asks for."""
    application.require_session(channel, command)
    if command.p1 not in _CHOICES or command.p2 & ~(_TLV_FORMAT | _NEXT):
        raise StatusError(SW.INCORRECT_P1_P2)
    try:
        search = tlv.find(command.data, _AID)
        tags = tlv.find(command.data, _TAG_LIST)
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    if search is None:
        raise StatusError(SW.INCORRECT_DATA)
    wanted = _DEFAULT_TAGS if tags is None else frozenset(_tags(tags))
    registry = application.card.files.registry
    fitting = [
        _entry(fields, wanted, bool(command.p2 & _TLV_FORMAT))
        for fields in _CHOICES[command.p1](registry)
        if fields[0][1].startswith(search)
    ]
    start = application.status_position if command.p2 & _NEXT else 0
    end, answer = start, b""
    while end < len(fitting) and (not answer or len(answer) + len(fitting[end]) <= _PIECE):
        answer += fitting[end]
        end += 1
    application.status_position = end
    if not answer:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    if end < len(fitting):
        raise StatusError(SW.MORE_STATUS_DATA, answer)
    return answer


def _issuer(registry: Registry) -> Iterator[Fields]:
    found = registry.instances.get(registry.issuer)
    if found is not None:
        yield _of_instance(found, registry.card_life_cycle)


def _instances(registry: Registry) -> Iterator[Fields]:
    for found in registry.instances.values():
        if found.aid != registry.issuer:
            yield _of_instance(found, found.life_cycle)


def _of_instance(found: Instance, state: int) -> Fields:
    return [
        (_AID, found.aid),
        (_STATE, bytes((state,))),
        (_PRIVILEGES, found.privileges),
        (_FILE, found.load_file),
        (_DOMAIN, found.domain),
    ]


def _load_files(registry: Registry) -> Iterator[Fields]:
    for file in registry.load_files.values():
        yield _of_file(file)


def _load_files_and_modules(registry: Registry) -> Iterator[Fields]:
    for file in registry.load_files.values():
        yield [*_of_file(file), *((_MODULE, module) for module in file.modules)]


def _of_file(file: LoadFile) -> Fields:
    version = [(_VERSION, file.version)] if file.version else []
    return [(_AID, file.aid), (_STATE, bytes((file.life_cycle,))), *version, (_DOMAIN, file.domain)]


_CHOICES = {
    _ISSUER: _issuer,
    _INSTANCES: _instances,
    _LOAD_FILES: _load_files,
    _LOAD_FILES_AND_MODULES: _load_files_and_modules,
}
"""P1 of GET STATUS (Table 11-32)."""


def _entry(fields: Fields, wanted: frozenset[int], is_tlv: bool) -> bytes:
    """One entry: 'E3' with the tags asked for (Table 11-36), or AID, state and privileges one after another
    (Table 11-37), which are followed by the modules of a load file."""
    if is_tlv:
        chosen = b"".join(tlv.encode(tag, value) for tag, value in fields if tag in wanted)
        return tlv.encode(_ENTRY, chosen)
    values = dict(fields)
    head = _counted(values[_AID]) + values[_STATE] + values.get(_PRIVILEGES, b"\0")[:1]
    modules = [value for tag, value in fields if tag == _MODULE]
    if not modules:
        return head
    return head + bytes((len(modules),)) + b"".join(map(_counted, modules))


def _counted(value: bytes) -> bytes:
    return bytes((len(value),)) + value


def _tags(listed: bytes) -> Iterator[int]:
    """The tags of a tag list, of one or two bytes each."""
    place = 0
    while place < len(listed):
        length = 2 if listed[place] & 0x1F == 0x1F else 1
        yield int.from_bytes(listed[place : place + length], "big")
        place += length


# --- SET STATUS ---------------------------------------------------------------------------------------


def set_status(application: SecurityDomain, channel: Channel, command: CommandApdu) -> bytes:
    """SET STATUS: P1 '80' the card, '40' an instance, '60' a security domain and what is associated with
    it; P2 the new state. 6985 for a transition that §5 does not have, 6A88 for an unknown AID."""
    application.require_session(channel, command)
    registry = application.card.files.registry
    if command.p1 == _ISSUER:
        _set_card(application, registry, command.p2)
        return b""
    if command.p1 not in (0x40, 0x60):
        raise StatusError(SW.INCORRECT_P1_P2)
    found = registry.instances.get(command.data)
    if found is None or found.aid == registry.issuer:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    _must_rule(registry, application.instance, found)
    concerned = [found]
    if command.p1 == 0x60:
        if not found.is_security_domain:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        concerned += registry.associated(found.aid)
    states = [_next_state(each, command.p2) for each in concerned]
    for each, state in zip(concerned, states, strict=True):
        each.life_cycle = state
    return b""


def _must_rule(registry: Registry, domain: Instance, found: Instance) -> None:
    """6985 unless the instance hangs below the security domain, or is it, or the domain may lock any."""
    if domain.privileges[1] & GLOBAL_LOCK:
        return
    while found.aid != domain.aid:
        if found.domain == found.aid or found.domain not in registry.instances:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        found = registry.instances[found.domain]


def _next_state(found: Instance, wanted: int) -> int:
    """Locking keeps the state and unlocking brings it back; else states only go forward (§5.3)."""
    if wanted & LifeCycle.LOCKED:
        return found.life_cycle | LifeCycle.LOCKED
    now = found.life_cycle & ~LifeCycle.LOCKED
    if found.is_locked:
        return now
    is_state = wanted in (LifeCycle.SELECTABLE, LifeCycle.PERSONALIZED)
    if not found.is_security_domain:
        is_state = wanted & LifeCycle.SELECTABLE == LifeCycle.SELECTABLE
    if not is_state or (found.is_security_domain and wanted < now) or now == LifeCycle.INSTALLED:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    return wanted


_CARD_TRANSITIONS: Final = frozenset(
    (
        (CardLifeCycle.OP_READY, CardLifeCycle.INITIALIZED),
        (CardLifeCycle.INITIALIZED, CardLifeCycle.SECURED),
        (CardLifeCycle.SECURED, CardLifeCycle.CARD_LOCKED),
        (CardLifeCycle.CARD_LOCKED, CardLifeCycle.SECURED),
    )
)
"""§5.1; to TERMINATED from every state."""


def _set_card(application: SecurityDomain, registry: Registry, wanted: int) -> None:
    privileges = application.instance.privileges[0]
    if wanted == CardLifeCycle.TERMINATED:
        if not privileges & CARD_TERMINATE:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        registry.card_life_cycle = CardLifeCycle.TERMINATED
        application.card.terminate()
        return
    if (registry.card_life_cycle, wanted) not in _CARD_TRANSITIONS:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    if CardLifeCycle.CARD_LOCKED in (registry.card_life_cycle, wanted) and not privileges & CARD_LOCK:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    registry.card_life_cycle = CardLifeCycle(wanted)


COMMANDS = (
    command("GET STATUS", PROPRIETARY, 0xF2, "34", "GP Card Specification §11.4", get_status),
    command("SET STATUS", PROPRIETARY, 0xF0, "1234", "GP Card Specification §11.10", set_status),
)
