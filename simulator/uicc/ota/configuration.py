"""Who may manage a card from afar, and what: key sets, targets, access domains (TS 102 226 §8.2.1.3.2).

A configuration is plain data. `configuration_of` reads one from what a profile puts on a card: the SCP80 key
sets of its security domains, and its PE-RFM (SAIP §8.7.3, §8.8).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from asn1 import saip
from asn1.errors import Asn1Error
from simulator.crypto.scp80_algorithms import Algorithm, Key, Keys
from simulator.uicc.access import Condition, Kind
from simulator.uicc.filesystem import FileSystem
from simulator.uicc.globalplatform.registry import Instance
from simulator.uicc.image import KeyImage, SecurityDomainImage

TAR_LENGTH: Final = 3
ISSUER_TAR: Final = bytes(TAR_LENGTH)
"""Remote application management of the issuer security domain (TS 101 220 Annex D)."""
SCP80_VERSIONS: Final = range(0x01, 0x10)
"""Key versions that are SCP80 key sets; KIc and KID name them by their high half (TS 102 225 §5.1.2)."""
_KIC, _KID, _KIK = 1, 2, 3
"""Key identifiers of an SCP80 key set (TS 102 226 §8.2.1.5)."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """One SCP80 key set of a security domain. `counter`: the highest CNTR accepted so far, 0 to 2^40 - 1."""

    version: int
    kic: Key | None = None
    kid: Key | None = None
    kik: Key | None = None
    """The key under which a command carries other keys (PUT KEY)."""
    security_domain: bytes = b""
    counter: int = 0


KeySets = tuple[KeySet, ...]

_REFERENCES: Final = (
    (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08),
    (0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x8A, 0x8B, 0x8C),
    (0x8D, 0x8E),
)
"""Key references that the bits of the access domain data stand for, b1 first, in bytes 1 to 3."""
_ALWAYS, _SECOND_PINS = 0x04, 0x08
"""Byte 3: the condition 'always', and the second PINs of applications ('81' to '88')."""
_FULL_ACCESS, _UICC_ACCESS = 0x00, 0x02


class AccessDomain(NamedTuple):
    """Which access conditions count as fulfilled (TS 102 226 §8.2.1.3.2.3). 'Never' is never among them."""

    is_full: bool = False
    references: frozenset[int] = frozenset()
    always: bool = False

    @classmethod
    def parse(cls, octets: bytes) -> AccessDomain:
        """From the access domain parameter, '00' full access, '02' UICC access mechanism with three bytes
        of data behind, 'FF' no access. What cannot be read gives no access."""
        if octets[:1] == bytes((_FULL_ACCESS,)):
            return FULL_ACCESS
        if len(octets) != 4 or octets[0] != _UICC_ACCESS:
            return NO_ACCESS
        references = {
            reference
            for octet, row in zip(octets[1:], _REFERENCES, strict=True)
            for bit, reference in enumerate(row)
            if octet & 1 << bit
        }
        if octets[3] & _SECOND_PINS:
            references |= set(range(0x81, 0x89))
        return cls(references=frozenset(references), always=bool(octets[3] & _ALWAYS))

    @classmethod
    def of(cls, *references: int) -> AccessDomain:
        """What is open to all, and what these key references open."""
        return cls(references=frozenset(references), always=True)

    def fulfils(self, condition: Condition, verified: frozenset[int]) -> bool:
        """Whether a condition holds in this domain, with these key references verified besides."""
        if condition.kind is Kind.ALWAYS:
            return self.is_full or self.always
        known = self.references | verified
        return self != NO_ACCESS and condition.holds(lambda key: self.is_full or key in known)


FULL_ACCESS: Final = AccessDomain(is_full=True, always=True)
NO_ACCESS: Final = AccessDomain()


@dataclass(frozen=True, slots=True)
class FileTarget:
    """Remote file management: of the files below the MF, and of one ADF, which is then current at first.

    `minimum_security_level` is coded as the first octet of an SPI. The administrative domains rule creating,
    deleting, resizing and terminating files, the others all else.
    """

    tar: bytes
    minimum_security_level: int = 0
    security_domain: bytes = b""
    access: AccessDomain = NO_ACCESS
    administrative_access: AccessDomain = NO_ACCESS
    adf: bytes = b""
    """AID of the ADF; empty: the MF is current at first."""
    adf_access: AccessDomain = NO_ACCESS
    adf_administrative_access: AccessDomain = NO_ACCESS


@dataclass(frozen=True, slots=True)
class ApplicationTarget:
    """Remote application management: commands go to the card application with this AID."""

    tar: bytes
    minimum_security_level: int = 0
    security_domain: bytes = b""
    application: bytes = b""


Target = FileTarget | ApplicationTarget


@dataclass(frozen=True, slots=True)
class OtaConfiguration:
    """Key sets and targets. A target is managed under the keys of its own security domain."""

    keys: KeySets = ()
    targets: tuple[Target, ...] = ()

    def target(self, tar: bytes) -> Target | None:
        return next((target for target in self.targets if target.tar == tar), None)

    def key_set(self, security_domain: bytes, version: int) -> KeySet | None:
        """A key set by its version; for version 0, which both sides know without naming it, the first."""
        for keys in self.keys:
            if keys.security_domain == security_domain and version in (0, keys.version):
                return keys
        return None

    def keys_for(self, target: Target, kic: int, kid: int) -> Keys:
        """The keys that KIc and KID of a packet name by their high halves."""
        ciphering = self.key_set(target.security_domain, kic >> 4)
        checking = self.key_set(target.security_domain, kid >> 4)
        return Keys(ciphering.kic if ciphering else None, checking.kid if checking else None)


# --- from a profile ---------------------------------------------------------------------------------------

_KEY_TYPE_AES = 0x88
_KEY_TYPES: Final = {0x80: None, 0x82: None, 0x83: Algorithm.DES_ECB, 0x84: Algorithm.DES_CBC}
"""Key types of DES (GP Card Specification Table 11-16); None: what the length of the key says."""
_DES_BY_LENGTH: Final = {8: Algorithm.DES_CBC, 16: Algorithm.TRIPLE_DES_2, 24: Algorithm.TRIPLE_DES_3}
_MAC_LENGTHS = (8, 4)
"""Bytes of a CMAC (TS 102 225 §5.1.3.2); a key that asks for another length makes the longer one."""
_DEFAULT_LEVEL = 0x16
"""Of an issuer security domain that says nothing: cryptographic checksum, ciphered, higher counter."""


def configuration_of(files: FileSystem) -> OtaConfiguration:
    """Key sets and targets of a profile, with the keys that its security domains have now. A PE-RFM that
    cannot be read is no target."""
    image = files.image
    keys = tuple(keys for domain in files.registry.instances.values() for keys in _key_sets(domain))
    issuer = image.security_domains[0].instance_aid if image.security_domains else b""
    targets: list[Target] = []
    for name, der in image.kept:
        if name == "rfm":
            targets += _file_targets(der, issuer)
    for number, domain in enumerate(image.security_domains):
        targets += _application_targets(domain, is_issuer=number == 0)
    return OtaConfiguration(keys, tuple(targets))


def _key_sets(domain: Instance) -> Iterator[KeySet]:
    for version in SCP80_VERSIONS:
        found = {
            key.identifier: key for key in domain.keys.values() if key.version == version and key.components
        }
        if found:
            kic, kid, kik = (
                _key(found[number]) if number in found else None for number in (_KIC, _KID, _KIK)
            )
            counter = max(key.counter for key in found.values())
            yield KeySet(version, kic, kid, kik, domain.aid, counter)


def _key(key: KeyImage) -> Key:
    key_type, value = key.components[0]
    if key_type == _KEY_TYPE_AES:
        length = key.mac_length if key.mac_length in _MAC_LENGTHS else _MAC_LENGTHS[0]
        return Key(value, Algorithm.AES, length)
    return Key(value, _KEY_TYPES.get(key_type) or _DES_BY_LENGTH.get(len(value)))


def _file_targets(der: bytes, issuer: bytes) -> Iterator[FileTarget]:
    try:
        _, rfm = saip.decode("ProfileElement", der)
        adf: dict[str, Any] = rfm.get("adfRFMAccess", {})
        tars = rfm.get("tarList") or [rfm["instanceAID"][12:15]]
    except (Asn1Error, KeyError, ValueError):
        return
    for tar in tars:
        if len(tar) == TAR_LENGTH:
            yield FileTarget(
                tar,
                rfm["minimumSecurityLevel"][0],
                rfm.get("securityDomainAID", issuer),
                AccessDomain.parse(rfm["uiccAccessDomain"]),
                AccessDomain.parse(rfm["uiccAdminAccessDomain"]),
                adf.get("adfAID", b""),
                AccessDomain.parse(adf.get("adfAccessDomain", b"\xff")),
                AccessDomain.parse(adf.get("adfAdminAccessDomain", b"\xff")),
            )


def _application_targets(domain: SecurityDomainImage, *, is_issuer: bool) -> Iterator[ApplicationTarget]:
    """A security domain under the TARs of its toolkit parameters; the issuer's under '000000' at least."""
    level, tars = read_toolkit_parameters(domain.toolkit_parameters)
    if is_issuer and ISSUER_TAR not in tars:
        tars = (ISSUER_TAR, *tars)
    for tar in tars:
        yield ApplicationTarget(tar, level, domain.instance_aid, domain.instance_aid)


def read_toolkit_parameters(field: bytes) -> tuple[int, tuple[bytes, ...]]:
    """Minimum security level and TARs from UICC toolkit application specific parameters (TS 102 226
    §8.2.1.3.2.2.1): priority, timers, length of menu text, menu entries, channels, then the two with their
    lengths. A level that is not there is the highest that a profile would ask for."""
    level, tars = _DEFAULT_LEVEL, b""
    try:
        offset = 4 + 2 * field[3] + 1
        security = field[offset + 1 : offset + 1 + field[offset]]
        offset += 1 + field[offset]
        tars = field[offset + 1 : offset + 1 + field[offset]]
        if not security:
            level = 0
        elif security[0] == 0x01:
            level = security[1]
    except IndexError:
        return _DEFAULT_LEVEL, ()
    whole = len(tars) // TAR_LENGTH * TAR_LENGTH
    return level, tuple(tars[place : place + TAR_LENGTH] for place in range(0, whole, TAR_LENGTH))
