"""Card content management: INSTALL and LOAD (GP Card Specification §9, §11.5, §11.6).

Executable load files are kept, listed and deleted; their bytecode is not executed, so that only two modules,
those that the card has itself, can be installed: supplementary security domains and the access rules.

The card has no keys for tokens, receipts or DAPs. Nobody is given a privilege that needs them; a domain that
manages only with tokens is refused, as is a load file that a domain of the profile wants verified.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from asn1 import Asn1Error, tlv
from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.command import PROPRIETARY, command
from simulator.uicc.globalplatform.capfile import read_package
from simulator.uicc.globalplatform.memory import memory_for, must_hold
from simulator.uicc.globalplatform.registry import (
    ACCESS_RULES_AID,
    AUTHORIZED_MANAGEMENT,
    DAP_VERIFICATION,
    IS_SECURITY_DOMAIN,
    MANDATED_DAP,
    PRIVILEGES_LENGTH,
    SECURITY_DOMAIN_MODULE,
    TOKEN_VERIFICATION,
    Instance,
    LifeCycle,
    LoadFile,
)

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel
    from simulator.uicc.globalplatform.security_domain import SecurityDomain

DONE: Final = b"\0"
"""The answer of a security domain that gives no receipt (§11.1.5)."""
_LOAD, _INSTALL, _SELECTABLE, _EXTRADITE, _REGISTRY, _PERSONALIZE = 0x02, 0x04, 0x08, 0x10, 0x40, 0x20
_LOAD_FILE_DATA = 0xC4
_APPLICATION_PARAMETERS = 0xC9
_HASHES: Final = {20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
_AID_LENGTHS = range(5, 17)
_NEVER_GRANTED: Final = bytes((DAP_VERIFICATION | MANDATED_DAP, TOKEN_VERIFICATION, 0xC0))
_MODULES: Final = frozenset((SECURITY_DOMAIN_MODULE, ACCESS_RULES_AID))
"""What the card has the code of."""


class Loading(NamedTuple):
    """What INSTALL [for load] announced, and what LOAD has brought of it."""

    aid: bytes
    domain: bytes
    digest: bytes
    data: bytes = b""
    blocks: int = 0


def install(application: SecurityDomain, channel: Channel, command: CommandApdu) -> bytes:
    """INSTALL, §11.5; P1 says what for. 6A80 for data that cannot be, 6A88 for what is not in the registry,
    6985 for what the registry forbids, 6A81 for a module whose bytecode would have to be executed."""
    application.require_change(channel, command)
    handler = _PURPOSES.get(command.p1)
    if handler is None or command.p2:
        raise StatusError(SW.INCORRECT_P1_P2)
    application.loading = None
    if command.p1 != _PERSONALIZE:
        must_be_authorized(application)
    handler(application, _fields(command.data))
    return DONE


def must_be_authorized(application: SecurityDomain, further: int = 0) -> None:
    """6985 unless the domain is the issuer's or has Authorized Management, or one of `further` privileges:
    this card checks no tokens, with which others could act (§9.1.3.1)."""
    is_issuer = application.aid == application.card.files.registry.issuer
    if not is_issuer and not application.instance.privileges[1] & (AUTHORIZED_MANAGEMENT | further):
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)


def _must_be_grantable(privileges: bytes) -> None:
    """6A80 for privileges that are none, or that this card cannot give (Table 11-7): verifying DAPs and
    tokens, making receipts, deciphering load files."""
    if len(privileges) not in (1, PRIVILEGES_LENGTH):
        raise StatusError(SW.INCORRECT_DATA)
    if any(has & never for has, never in zip(privileges, _NEVER_GRANTED, strict=False)):
        raise StatusError(SW.INCORRECT_DATA)


def _fields(data: bytes) -> list[bytes]:
    """The fields, each after its length; 6A80 unless they fill the data."""
    fields: list[bytes] = []
    place = 0
    while place < len(data):
        end = place + 1 + data[place]
        fields.append(data[place + 1 : end])
        place = end
    if place != len(data):
        raise StatusError(SW.INCORRECT_DATA)
    return fields


def _named(fields: list[bytes], count: int) -> list[bytes]:
    """That many fields; a token, which this card never asks for, must not come (§9.2)."""
    if len(fields) != count or fields[-1]:
        raise StatusError(SW.INCORRECT_DATA)
    return fields


def _for_load(application: SecurityDomain, fields: list[bytes]) -> None:
    aid, domain, digest, parameters, _ = _named(fields, 5)
    registry = application.card.files.registry
    domain = domain or application.aid
    if len(aid) not in _AID_LENGTHS or (digest and len(digest) not in _HASHES):
        raise StatusError(SW.INCORRECT_DATA)
    if aid in registry.load_files or aid in registry.instances:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    owner = _domain(application, domain)
    if owner.privileges[0] & DAP_VERIFICATION or registry.is_dap_mandated:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    must_hold(registry, parameters)
    application.loading = Loading(aid, domain, digest)


def _domain(application: SecurityDomain, aid: bytes) -> Instance:
    """A security domain of the registry; 6A88 if there is none of that AID."""
    found = application.card.files.registry.instances.get(aid)
    if found is None or not found.is_security_domain:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    return found


def _for_install(application: SecurityDomain, fields: list[bytes]) -> None:
    _install(application, fields, LifeCycle.INSTALLED)


def _for_install_and_selectable(application: SecurityDomain, fields: list[bytes]) -> None:
    _install(application, fields, LifeCycle.SELECTABLE)


def _install(application: SecurityDomain, fields: list[bytes], state: LifeCycle) -> None:
    file_aid, module, aid, privileges, parameters, _ = _named(fields, 6)
    card = application.card
    registry = card.files.registry
    file = registry.load_files.get(file_aid)
    if file is None or module not in file.modules:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    aid = aid or module
    taken = aid in registry.instances or aid in registry.load_files
    if taken or any(aid == node.aid for node in card.files.index.adfs):
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    if len(aid) not in _AID_LENGTHS:
        raise StatusError(SW.INCORRECT_DATA)
    _must_be_grantable(privileges)
    own = _own_parameters(parameters)
    if module not in _MODULES:
        raise StatusError(SW.FUNCTION_NOT_SUPPORTED)
    is_domain = bool(privileges[0] & IS_SECURITY_DOMAIN)
    if is_domain is not (module == SECURITY_DOMAIN_MODULE):
        raise StatusError(SW.INCORRECT_DATA)
    registry.instances[aid] = Instance(
        aid,
        application.aid,
        state,
        privileges.ljust(PRIVILEGES_LENGTH, b"\0"),
        file_aid,
        module,
        own,
        memory=memory_for(registry, parameters),
    )


def _own_parameters(parameters: bytes) -> bytes:
    """What the application itself is told, 'C9', which must be there (Table 11-49)."""
    try:
        own = tlv.find(parameters, _APPLICATION_PARAMETERS)
    except Asn1Error:
        own = None
    if own is None:
        raise StatusError(SW.INCORRECT_DATA)
    return own


def _for_make_selectable(application: SecurityDomain, fields: list[bytes]) -> None:
    first, second, aid, privileges, _, _ = _named(fields, 6)
    found = managed(application, aid)
    if first or second:
        raise StatusError(SW.INCORRECT_DATA)
    if found.life_cycle != LifeCycle.INSTALLED:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    _set_privileges(found, privileges)
    found.life_cycle = LifeCycle.SELECTABLE


def managed(application: SecurityDomain, aid: bytes, further: int = 0) -> Instance:
    """An instance that this domain may manage: its own, or any if it is the issuer's or has one of `further`
    privileges."""
    registry = application.card.files.registry
    found = registry.instances.get(aid)
    if found is None:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    is_own = application.aid in (registry.issuer, found.domain, found.aid)
    if not is_own and not application.instance.privileges[1] & further:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    return found


def _set_privileges(found: Instance, privileges: bytes) -> None:
    """New privileges, unless none are given; a security domain stays one (§11.5.2.3.3)."""
    if not privileges:
        return
    _must_be_grantable(privileges)
    if (privileges[0] ^ found.privileges[0]) & IS_SECURITY_DOMAIN:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    found.privileges = privileges.ljust(PRIVILEGES_LENGTH, b"\0")


def _for_extradition(application: SecurityDomain, fields: list[bytes]) -> None:
    domain, second, aid, fourth, _, _ = _named(fields, 6)
    registry = application.card.files.registry
    if second or fourth:
        raise StatusError(SW.INCORRECT_DATA)
    if file := registry.load_files.get(aid):
        _domain(application, domain)
        registry.load_files[aid] = file._replace(domain=domain)
        return
    _extradite(application, managed(application, aid), domain)


def _extradite(application: SecurityDomain, found: Instance, domain: bytes) -> None:
    """Associate with another security domain, which must not hang below what is moved (§9.4.1)."""
    registry = application.card.files.registry
    above: Instance | None = _domain(application, domain)
    seen: set[bytes] = set()
    while above is not None and above.aid not in seen:
        if above.aid == found.aid and domain != found.aid:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        seen.add(above.aid)
        above = registry.instances.get(above.domain)
    if found.aid == registry.issuer or (domain == found.aid and not found.is_security_domain):
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    found.domain = domain


def _for_registry_update(application: SecurityDomain, fields: list[bytes]) -> None:
    domain, second, aid, privileges, _, _ = _named(fields, 6)
    found = managed(application, aid)
    if second:
        raise StatusError(SW.INCORRECT_DATA)
    before = found.privileges
    _set_privileges(found, privileges)
    if domain:
        try:
            _extradite(application, found, domain)
        except StatusError:
            found.privileges = before
            raise


def _for_personalization(application: SecurityDomain, fields: list[bytes]) -> None:
    *others, aid, fourth, fifth, _ = _named(fields, 6)
    if any((*others, fourth, fifth)):
        raise StatusError(SW.INCORRECT_DATA)
    found = managed(application, aid)
    if found.domain != application.aid or found.is_locked or not found.is_executable:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    application.personalized = aid


_PURPOSES = {
    _LOAD: _for_load,
    _INSTALL: _for_install,
    _SELECTABLE: _for_make_selectable,
    _INSTALL | _SELECTABLE: _for_install_and_selectable,
    _EXTRADITE: _for_extradition,
    _PERSONALIZE: _for_personalization,
    _REGISTRY: _for_registry_update,
}
"""P1 of INSTALL (Table 11-42)."""


# --- LOAD ---------------------------------------------------------------------------------------------


def load(application: SecurityDomain, channel: Channel, command: CommandApdu) -> bytes:
    """LOAD, §11.6: P1 '80' the last block, else '00'; P2 counts the blocks from 0. 6985 without INSTALL [for
    load]; a block out of order, or a file that is none, ends the loading."""
    application.require_change(channel, command)
    loading, application.loading = application.loading, None
    if loading is None:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    if command.p1 & 0x7F or command.p2 != loading.blocks:
        raise StatusError(SW.INCORRECT_P1_P2)
    data = loading.data + command.data
    if len(data) > application.card.files.registry.free:
        raise StatusError(SW.NOT_ENOUGH_MEMORY)
    if command.p1:
        _finish(application, loading, data)
        return DONE
    if loading.blocks == 0xFF:
        raise StatusError(SW.INCORRECT_P1_P2)
    application.loading = loading._replace(data=data, blocks=loading.blocks + 1)
    return b""


def _finish(application: SecurityDomain, loading: Loading, data: bytes) -> None:
    """The whole file is here, 'C4'. 6A80 for a DAP block in front of it, 'E2': no domain of this card has the
    privilege to verify one."""
    try:
        parts = tlv.read_all(data)
        code = next((part.value for part in parts if part.tag == _LOAD_FILE_DATA), b"")
        package = read_package(code)
    except (Asn1Error, ValueError):
        raise StatusError(SW.INCORRECT_DATA) from None
    if [part.tag for part in parts] != [_LOAD_FILE_DATA] or package.aid != loading.aid:
        raise StatusError(SW.INCORRECT_DATA)
    if loading.digest and hashlib.new(_HASHES[len(loading.digest)], code).digest() != loading.digest:
        raise StatusError(SW.INCORRECT_DATA)
    registry = application.card.files.registry
    registry.load_files[loading.aid] = LoadFile(
        loading.aid, loading.domain, package.modules, package.version, code
    )


COMMANDS = (
    command("INSTALL", PROPRIETARY, 0xE6, "34", "GP Card Specification §11.5", install),
    command("LOAD", PROPRIETARY, 0xE8, "34", "GP Card Specification §11.6", load),
)
