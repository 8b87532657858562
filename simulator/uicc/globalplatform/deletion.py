"""DELETE: instances, load files, keys (GP Card Specification §9.5, §11.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asn1 import Asn1Error, tlv
from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.command import PROPRIETARY, command
from simulator.uicc.globalplatform.content import DONE, managed, must_be_authorized
from simulator.uicc.globalplatform.registry import GLOBAL_DELETE

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel
    from simulator.uicc.globalplatform.security_domain import SecurityDomain

_AID, _KEY_IDENTIFIER, _KEY_VERSION = 0x4F, 0xD0, 0xD2
_AND_RELATED = 0x80


def delete(application: SecurityDomain, channel: Channel, command: CommandApdu) -> bytes:
    """DELETE, §11.2: an instance, a load file (P2 '80': with its instances), or keys by identifier 'D0' and
    version 'D2'. 6A88 if it is not there, 6985 if something still needs it."""
    application.require_change(channel, command)
    if command.p1 or command.p2 & ~_AND_RELATED:
        raise StatusError(SW.INCORRECT_P1_P2)
    try:
        parts = {part.tag: part.value for part in tlv.read_all(command.data)}
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    registry = application.card.files.registry
    aid = parts.get(_AID)
    if aid is None:
        _delete_keys(application, parts)
    elif aid in registry.instances:
        _delete_instance(application, aid)
    elif aid in registry.load_files:
        _delete_file(application, aid, is_with_related=bool(command.p2))
    else:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    return DONE


def _delete_instance(application: SecurityDomain, aid: bytes) -> None:
    registry = application.card.files.registry
    must_be_authorized(application, GLOBAL_DELETE)
    found = managed(application, aid, GLOBAL_DELETE)
    is_used = found.is_security_domain and (
        registry.associated(aid) or any(file.domain == aid for file in registry.load_files.values())
    )
    if is_used or aid in (registry.issuer, application.aid) or _is_current(application, {aid}):
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    del registry.instances[aid]


def _is_current(application: SecurityDomain, aids: set[bytes]) -> bool:
    """Whether one of them is selected on a logical channel (§9.5.1)."""
    channels = filter(None, application.card.channels)
    return any(channel.application is not None and channel.application.aid in aids for channel in channels)


def _delete_file(application: SecurityDomain, aid: bytes, *, is_with_related: bool) -> None:
    registry = application.card.files.registry
    must_be_authorized(application, GLOBAL_DELETE)
    is_deleter = bool(application.instance.privileges[1] & GLOBAL_DELETE)
    if not is_deleter and application.aid not in (registry.issuer, registry.load_files[aid].domain):
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    related = {found.aid for found in registry.instances.values() if found.load_file == aid}
    is_own = not registry.load_files[aid].data
    if is_own or (related and not is_with_related) or _is_current(application, related):
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    del registry.load_files[aid]
    registry.instances = {known: found for known, found in registry.instances.items() if known not in related}


def _delete_keys(application: SecurityDomain, parts: dict[int, bytes]) -> None:
    identifier, version = parts.get(_KEY_IDENTIFIER), parts.get(_KEY_VERSION)
    if not parts.keys() <= {_KEY_IDENTIFIER, _KEY_VERSION} or not (identifier or version):
        raise StatusError(SW.INCORRECT_DATA)
    owner = application.instance
    kept = {
        key: image
        for key, image in owner.keys.items()
        if (version and key[0] != version[0]) or (identifier and key[1] != identifier[0])
    }
    if len(kept) == len(owner.keys):
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    owner.keys = kept
    application.card.keys_changed()


COMMANDS = (command("DELETE", PROPRIETARY, 0xE4, "34", "GP Card Specification §11.2", delete),)
