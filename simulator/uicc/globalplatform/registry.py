"""The GlobalPlatform registry: what the card knows about security domains, applications and executable load
files (GP Card Specification §6.4.3, §7.3, §5).

It begins with the security domains that the profile brought, the first of them as issuer security domain,
with its load files and applications, and with two executable load files that the card has itself: of
supplementary security domains, and of the access rule application. Every change replaces a value whole, and
`save` gives all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, NamedTuple

from asn1 import Asn1Error, tlv
from cards.status import SW, StatusError
from simulator.uicc.image import CardImage, KeyImage, SecurityDomainImage

SECURITY_DOMAIN_FILE: Final = bytes.fromhex("A0000001515350")
SECURITY_DOMAIN_MODULE: Final = bytes.fromhex("A000000151535041")
ACCESS_RULES_FILE: Final = bytes.fromhex("A00000015141434C")
ACCESS_RULES_AID: Final = bytes.fromhex("A00000015141434C00")
"""AID of ARA-M, and of the module that it is made from (GPD Secure Element Access Control §3.1)."""

IS_SECURITY_DOMAIN, DAP_VERIFICATION, CARD_LOCK, CARD_TERMINATE, MANDATED_DAP = 0x80, 0x40, 0x10, 0x08, 0x01
"""Privileges in the first octet (Table 11-7); a mandated DAP is verified by who has 'C1'."""
AUTHORIZED_MANAGEMENT, TOKEN_VERIFICATION, GLOBAL_DELETE, GLOBAL_LOCK = 0x40, 0x20, 0x10, 0x08
"""Privileges in the second octet (Table 11-8)."""
PRIVILEGES_LENGTH: Final = 3
NON_VOLATILE_MEMORY: Final = 1 << 18
"""Bytes that all load files and data objects of a card may have together."""
VOLATILE_MEMORY: Final = 0x4000
"""Bytes that applications may have while the card is powered."""


class LifeCycle(IntEnum):
    """Life cycle states of applications and security domains (Tables 11-4, 11-5)."""

    INSTALLED = 0x03
    SELECTABLE = 0x07
    PERSONALIZED = 0x0F
    LOCKED = 0x80
    """This bit, over the state before."""


class CardLifeCycle(IntEnum):
    """Life cycle states of the card, which are the issuer security domain's (Table 11-6)."""

    OP_READY = 0x01
    INITIALIZED = 0x07
    SECURED = 0x0F
    CARD_LOCKED = 0x7F
    TERMINATED = 0xFF


# A member is found on its class more slowly than here, and every SELECT by name asks.
_SECURED, _LOCKED = CardLifeCycle.SECURED, CardLifeCycle.CARD_LOCKED


class Memory(NamedTuple):
    """Bytes that an application may have at most (`None`: no limit), and that are set aside for it (Table
    11-49)."""

    volatile_quota: int | None = None
    non_volatile_quota: int | None = None
    volatile_reserved: int = 0
    non_volatile_reserved: int = 0


UNLIMITED: Final = Memory()


class LoadFile(NamedTuple):
    """An executable load file with its modules; the card's own have no `data`."""

    aid: bytes
    domain: bytes
    modules: tuple[bytes, ...] = ()
    version: bytes = b""
    data: bytes = b""
    life_cycle: int = 0x01


@dataclass(slots=True)
class Instance:
    """An application or a security domain. `domain`: the security domain that it is associated with."""

    aid: bytes
    domain: bytes
    life_cycle: int
    privileges: bytes
    load_file: bytes
    module: bytes
    parameters: bytes = b""
    """Application specific install parameters: the value of 'C9'."""
    keys: dict[tuple[int, int], KeyImage] = field(default_factory=dict)
    """By key version number and key identifier."""
    counters: dict[int, int] = field(default_factory=dict)
    """Secure channel sequence counters by key version number."""
    data: dict[int, bytes] = field(default_factory=dict)
    """Data objects that STORE DATA brought, by tag."""
    memory: Memory = UNLIMITED

    @property
    def used(self) -> int:
        """Bytes of its data objects."""
        return sum(map(len, self.data.values()))

    @property
    def is_security_domain(self) -> bool:
        return bool(self.privileges[0] & IS_SECURITY_DOMAIN)

    @property
    def is_executable(self) -> bool:
        """Whether the card has the code: of the access rules and of security domains, whoever calls theirs
        what."""
        return self.is_security_domain or self.module in (SECURITY_DOMAIN_MODULE, ACCESS_RULES_AID)

    @property
    def is_locked(self) -> bool:
        return bool(self.life_cycle & LifeCycle.LOCKED)


class Registry:
    """All entries of one card. `issuer` is the AID of the issuer security domain."""

    def __init__(self, image: CardImage) -> None:
        self.issuer = image.security_domains[0].instance_aid if image.security_domains else b""
        self.card_life_cycle = CardLifeCycle.SECURED
        self.instances: dict[bytes, Instance] = {
            domain.instance_aid: _instance(domain, self.issuer) for domain in image.security_domains
        }
        own = (
            LoadFile(SECURITY_DOMAIN_FILE, self.issuer, (SECURITY_DOMAIN_MODULE,)),
            LoadFile(ACCESS_RULES_FILE, self.issuer, (ACCESS_RULES_AID,)),
        )
        self.load_files: dict[bytes, LoadFile] = {file.aid: file for file in own if self.issuer}
        brought = [der for name, der in image.kept if name == "application"]
        if brought and self.issuer:
            from simulator.uicc.globalplatform.brought import read_applications  # loads the SAIP tables

            files, instances = read_applications(brought, self.issuer)
            self.load_files |= files
            self.instances |= instances

    def selectable(self, name: bytes) -> list[bytes]:
        """AIDs that begin with `name` of what SELECT finds: neither only installed nor locked (§5.3); of a
        locked card the issuer security domain alone (§5.1.1.4), of a terminated one nothing."""
        if self.card_life_cycle is not _SECURED:
            if self.card_life_cycle is CardLifeCycle.TERMINATED:
                return []
            if self.is_locked:
                return [self.issuer] if self.issuer.startswith(name) else []
        return [
            aid
            for aid, instance in self.instances.items()
            if aid.startswith(name) and not instance.is_locked and instance.life_cycle != LifeCycle.INSTALLED
        ]

    @property
    def is_locked(self) -> bool:
        """Whether the whole card is: of its applications only the issuer security domain answers."""
        return self.card_life_cycle is _LOCKED

    @property
    def is_dap_mandated(self) -> bool:
        """Whether a security domain wants a DAP for every load file (§9.2.1)."""
        return any(found.privileges[0] & MANDATED_DAP for found in self.instances.values())

    @property
    def free(self) -> int:
        """Bytes of non-volatile memory that are neither used nor set aside."""
        files = sum(len(file.data) for file in self.load_files.values())
        held = sum(max(found.used, found.memory.non_volatile_reserved) for found in self.instances.values())
        return NON_VOLATILE_MEMORY - files - held

    @property
    def free_volatile(self) -> int:
        """Bytes of volatile memory that are not set aside."""
        return VOLATILE_MEMORY - sum(found.memory.volatile_reserved for found in self.instances.values())

    def store(self, found: Instance, objects: dict[int, bytes]) -> None:
        """Give an instance data objects, in place of those it had; StatusError 6A84 where its quota or the
        card has no room."""
        data = found.data | objects
        used = sum(map(len, data.values()))
        quota, reserved = found.memory.non_volatile_quota, found.memory.non_volatile_reserved
        more = max(used, reserved) - max(found.used, reserved)
        if (quota is not None and used > quota) or (more > 0 and more > self.free):
            raise StatusError(SW.NOT_ENOUGH_MEMORY)
        found.data = data

    def associated(self, domain: bytes) -> list[Instance]:
        """The instances that a security domain is responsible for, itself left out."""
        return [found for found in self.instances.values() if found.domain == domain and found.aid != domain]

    def key_owner(self, aid: bytes) -> Instance | None:
        """The security domain whose keys an instance uses: its own if it is one and has some, else those of
        the domain that it is associated with, and so on upwards (§7.3)."""
        seen: set[bytes] = set()
        instance = self.instances.get(aid)
        while instance is not None and instance.aid not in seen:
            seen.add(instance.aid)
            if instance.is_security_domain and instance.keys:
                return instance
            instance = self.instances.get(instance.domain)
        return None

    def save(self) -> dict[str, Any]:
        """Everything, as plain values (bytes in hexadecimal)."""
        return {
            "card_life_cycle": int(self.card_life_cycle),
            "instances": [_save_instance(instance) for instance in self.instances.values()],
            "load_files": [
                {
                    "aid": file.aid.hex(),
                    "domain": file.domain.hex(),
                    "modules": [module.hex() for module in file.modules],
                    "version": file.version.hex(),
                    "data": file.data.hex(),
                }
                for file in self.load_files.values()
            ],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `save` gave."""
        self.card_life_cycle = CardLifeCycle(state["card_life_cycle"])
        restored = [_restore_instance(saved) for saved in state["instances"]]
        self.instances = {instance.aid: instance for instance in restored}
        files = [
            LoadFile(
                bytes.fromhex(saved["aid"]),
                bytes.fromhex(saved["domain"]),
                tuple(bytes.fromhex(module) for module in saved["modules"]),
                bytes.fromhex(saved["version"]),
                bytes.fromhex(saved["data"]),
            )
            for saved in state["load_files"]
        ]
        self.load_files = {file.aid: file for file in files}


def _instance(domain: SecurityDomainImage, issuer: bytes) -> Instance:
    data: dict[int, bytes] = {}
    for payload in domain.personalisation:
        try:
            data |= {found.tag: found.value for found in tlv.read_all(payload)}
        except Asn1Error:
            continue  # STORE DATA in DGI format, which holds nothing that GET DATA could show
    return Instance(
        domain.instance_aid,
        issuer,
        domain.life_cycle,
        domain.privileges.ljust(PRIVILEGES_LENGTH, b"\0")[:PRIVILEGES_LENGTH],
        domain.load_package_aid or SECURITY_DOMAIN_FILE,
        domain.class_aid or SECURITY_DOMAIN_MODULE,
        domain.application_specific_parameters,
        {(key.version, key.identifier): key for key in domain.keys},
        {},
        data,
    )


def _save_instance(instance: Instance) -> dict[str, Any]:
    return {
        "aid": instance.aid.hex(),
        "domain": instance.domain.hex(),
        "life_cycle": instance.life_cycle,
        "privileges": instance.privileges.hex(),
        "load_file": instance.load_file.hex(),
        "module": instance.module.hex(),
        "parameters": instance.parameters.hex(),
        "keys": [
            {
                "identifier": key.identifier,
                "version": key.version,
                "components": [[kind, value.hex()] for kind, value in key.components],
                "usage_qualifier": key.usage_qualifier,
                "access": key.access,
                "counter": key.counter,
                "mac_length": key.mac_length,
            }
            for key in instance.keys.values()
        ],
        "counters": {f"{version:02X}": counter for version, counter in instance.counters.items()},
        "data": {f"{tag:X}": value.hex() for tag, value in instance.data.items()},
        "memory": list(instance.memory),
    }


def _restore_instance(saved: dict[str, Any]) -> Instance:
    keys = [
        KeyImage(
            key["identifier"],
            key["version"],
            tuple((kind, bytes.fromhex(value)) for kind, value in key["components"]),
            key["usage_qualifier"],
            key["access"],
            key["counter"],
            key.get("mac_length", 8),
        )
        for key in saved["keys"]
    ]
    return Instance(
        bytes.fromhex(saved["aid"]),
        bytes.fromhex(saved["domain"]),
        saved["life_cycle"],
        bytes.fromhex(saved["privileges"]),
        bytes.fromhex(saved["load_file"]),
        bytes.fromhex(saved["module"]),
        bytes.fromhex(saved["parameters"]),
        {(key.version, key.identifier): key for key in keys},
        {int(version, 16): counter for version, counter in saved["counters"].items()},
        {int(tag, 16): bytes.fromhex(value) for tag, value in saved["data"].items()},
        Memory(*saved.get("memory", ())),
    )
