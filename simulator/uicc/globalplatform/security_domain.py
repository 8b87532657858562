"""Security domains as card applications: the issuer's and supplementary ones (GP Card Specification §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from asn1 import Asn1Error, tlv
from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.crypto import scp02, scp03
from simulator.uicc.command import ISO, PROPRIETARY, command
from simulator.uicc.globalplatform import content, deletion, keys, status
from simulator.uicc.globalplatform.registry import ACCESS_RULES_AID, Instance
from simulator.uicc.globalplatform.session import SecuredApplication, key_set

if TYPE_CHECKING:
    from simulator.uicc.card import Card
    from simulator.uicc.channel import Channel
    from simulator.uicc.globalplatform.content import Loading

_FCI, _DF_NAME, _PROPRIETARY_DATA, _LONGEST_COMMAND = 0x6F, 0x84, 0xA5, 0x9F65
_CARD_DATA, _RECOGNITION = 0x66, 0x73
_KEY_TEMPLATE, _KEY_INFORMATION = 0xE0, 0xC0
_SEQUENCE_COUNTER, _SECURITY_LEVEL, _RESOURCES = 0xC1, 0xD3, 0xFF21
_CAPABILITY, _PRODUCTION, _APPLICATIONS = 0x67, 0x9F7F, 0x2F00
_STORABLE: Final = frozenset((0x42, 0x45, 0x5F50, 0x5F20))
"""IIN, CIN, URL of the security domain manager, name: what STORE DATA may bring (§11.11.2)."""
_GLOBALPLATFORM = bytes.fromhex("2A864886FC6B")
_OID = 0x06
_UPDATE_METADATA: Final = b"\xbf\x2a"
_LAST, _DGI, _BER_TLV, _STRUCTURE, _ENCRYPTED = 0x80, 0x08, 0x10, 0x18, 0x60
_DGI_TAG_LENGTH = 2


class SecurityDomain(SecuredApplication):
    """A security domain: keys, registry, card content."""

    def __init__(self, card: Card, aid: bytes) -> None:
        super().__init__(card, aid)
        self.reset()

    def reset(self) -> None:
        super().reset()
        self.status_position = 0
        """Where GET STATUS [next] goes on."""
        self.loading: Loading | None = None
        self.personalized = b""
        """The instance that INSTALL [for personalization] named."""
        self._stored: tuple[bytes, int] = b"", 0

    def select(self, channel: Channel, command: CommandApdu) -> bytes:
        """FCI of Table 11-74: AID, card recognition data, longest command."""
        super().select(channel, command)
        details = tlv.encode(_RECOGNITION, self._recognition()) + tlv.encode(_LONGEST_COMMAND, b"\xff")
        return tlv.encode(_FCI, tlv.encode(_DF_NAME, self.aid) + tlv.encode(_PROPRIETARY_DATA, details))

    def _recognition(self) -> bytes:
        """Card recognition data (Table H-1): GlobalPlatform 2.3, and the secure channel protocols there are
        keys for."""
        found = tlv.encode(_OID, _oid(1)) + tlv.encode(0x60, tlv.encode(_OID, _oid(2, 2, 3)))
        found += tlv.encode(0x63, tlv.encode(_OID, _oid(3)))
        owner = self.card.files.registry.key_owner(self.aid)
        sets = [key_set(owner, version) for version in {one for one, _ in owner.keys}] if owner else []
        protocols = {
            (scp03.IDENTIFIER if one.is_aes else scp02.IDENTIFIER, one.option) for one in filter(None, sets)
        }
        for protocol, option in sorted(protocols):
            found += tlv.encode(0x64, tlv.encode(_OID, _oid(4, protocol, option)))
        return found

    # --- GET DATA, STORE DATA -------------------------------------------------------------------------

    def get_data(self, channel: Channel, command: CommandApdu) -> bytes:
        """GET DATA, §11.3: P1 and P2 are the tag. 6A88 if there is no such data object."""
        tag = command.p1 << 8 | command.p2
        computed = _COMPUTED.get(tag)
        value = computed(self, channel) if computed else self.instance.data.get(tag)
        if value is None:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return tlv.encode(tag, value)

    def _card_data(self, channel: Channel) -> bytes:
        return tlv.encode(_RECOGNITION, self._recognition())

    def _capabilities(self, channel: Channel) -> bytes:
        """Card capability information (§H.4): secure channel protocols with their options, privileges that
        can be given to security domains and applications, hashes over load files."""
        return _CAPABILITIES

    def _production(self, channel: Channel) -> bytes:
        """CPLC data, 42 bytes: a chip's makers and days of making. There is no chip, so that all is zero but
        the serial number (bytes 13 to 16), which is the end of the ICCID."""
        serial = self.card.files.image.iccid.hex().upper().rstrip("F")[-8:].rjust(8, "0")
        return bytes(12) + bytes.fromhex(serial) + bytes(26)

    def _applications(self, channel: Channel) -> bytes:
        """List of applications: those that are associated with this domain, an application template for
        each."""
        found = self.card.files.registry.associated(self.aid)
        return b"".join(tlv.encode(0x61, tlv.encode(0x4F, one.aid)) for one in found)

    def _key_information(self, channel: Channel) -> bytes:
        """Key information templates: identifier, version, and type and length of each component."""
        return b"".join(
            tlv.encode(
                _KEY_INFORMATION,
                bytes((identifier, version))
                + b"".join(bytes((kind, len(value))) for kind, value in key.components),
            )
            for (version, identifier), key in sorted(self.instance.keys.items())
        )

    def _sequence_counter(self, channel: Channel) -> bytes | None:
        """The counter of the key set that version 0 means (§E.5.1.6)."""
        owner = self.card.files.registry.key_owner(self.aid)
        default = key_set(owner, 0) if owner else None
        if default is None:
            return None
        length = scp03.SEQUENCE_LENGTH if default.is_aes else scp02.SEQUENCE_LENGTH
        return default.owner.counters.get(default.version, 0).to_bytes(length, "big")

    def _level(self, channel: Channel) -> bytes:
        return bytes((self.level(channel),))

    def _resources(self, channel: Channel) -> bytes:
        """Extended card resources (TS 102 226 §8.2.1.7.2): installed applications, free memory of both
        kinds."""
        registry = self.card.files.registry
        return (
            tlv.encode(0x81, bytes((len(registry.instances),)))
            + tlv.encode(0x82, registry.free.to_bytes(4, "big"))
            + tlv.encode(0x83, registry.free_volatile.to_bytes(4, "big"))
        )

    def store_data(self, channel: Channel, command: CommandApdu) -> bytes:
        """STORE DATA, §11.11: data objects of the domain, or of the instance that INSTALL [for
        personalization] named; P1 b8 the last block, P2 counts them from 0. Nothing counts before the
        last."""
        self.require_change(channel, command)
        so_far, expected = self._stored if command.p2 else (b"", 0)
        self._stored = b"", 0
        if command.p2 != expected:
            raise StatusError(SW.INCORRECT_P1_P2)
        data = command.data
        if command.p1 & _ENCRYPTED:
            data = self.decrypt(channel, data)
        if not command.p1 & _LAST:
            self._stored = so_far + data, expected + 1
            return b""
        whole = so_far + data
        personalized, self.personalized = self.personalized, b""
        if personalized:
            return self.card.registered(personalized).take(whole)
        structure = command.p1 & _STRUCTURE
        if structure == _STRUCTURE:
            raise StatusError(SW.INCORRECT_P1_P2)
        return self.take(_data_groups(whole) if structure == _DGI else whole)

    def take(self, data: bytes) -> bytes:
        """Keep data objects that GET DATA will show. On an eUICC the profile's issuer security domain, its
        MNO-SD, takes the update of metadata too (SGP.22 §5.4.1)."""
        update = self.card.update_metadata
        if data.startswith(_UPDATE_METADATA) and update and self.aid == self.card.files.registry.issuer:
            update(data)
            return b""
        self.store(_objects(data))
        return b""

    COMMANDS = (
        *SecuredApplication.SESSION_COMMANDS,
        *status.COMMANDS,
        *keys.COMMANDS,
        *content.COMMANDS,
        *deletion.COMMANDS,
        command("GET DATA", ISO, 0xCA, "24", "GP Card Specification §11.3", get_data),
        command("GET DATA", PROPRIETARY, 0xCA, "24", "GP Card Specification §11.3", get_data),
        command("STORE DATA", PROPRIETARY, 0xE2, "34", "GP Card Specification §11.11", store_data),
    )


_COMPUTED: Final[dict[int, Callable[[SecurityDomain, Channel], bytes | None]]] = {
    _CARD_DATA: SecurityDomain._card_data,
    _CAPABILITY: SecurityDomain._capabilities,
    _PRODUCTION: SecurityDomain._production,
    _APPLICATIONS: SecurityDomain._applications,
    _KEY_TEMPLATE: SecurityDomain._key_information,
    _SEQUENCE_COUNTER: SecurityDomain._sequence_counter,
    _SECURITY_LEVEL: SecurityDomain._level,
    _RESOURCES: SecurityDomain._resources,
}


_AES_KEYS: Final = 0x07
"""SCP03 keys of 128, 192 and 256 bits."""
_DOMAIN_PRIVILEGES, _APPLICATION_PRIVILEGES = bytes((0xBE, 0x5F, 0x00)), bytes((0x1E, 0x1F, 0x00))
"""Tables 11-7 to 11-9 without what `content` never grants."""
_LOAD_FILE_HASHES: Final = bytes((1, 2, 3, 4))
"""SHA-1, SHA-256, SHA-384, SHA-512."""


def _protocol(identifier: int, *options: int) -> bytes:
    return tlv.encode(0x80, bytes((identifier,))) + tlv.encode(0x81, bytes(options))


_CAPABILITIES: Final = (
    tlv.encode(0xA0, _protocol(scp02.IDENTIFIER, scp02.I_RANDOM, scp02.I_PSEUDO_RANDOM))
    + tlv.encode(
        0xA0,
        _protocol(scp03.IDENTIFIER, scp03.I_RANDOM, scp03.I_PSEUDO_RANDOM)
        + tlv.encode(0x82, bytes((_AES_KEYS,))),
    )
    + tlv.encode(0xA0, _protocol(0x80, 0x00))
    + tlv.encode(0x81, _DOMAIN_PRIVILEGES)
    + tlv.encode(0x82, _APPLICATION_PRIVILEGES)
    + tlv.encode(0x83, _LOAD_FILE_HASHES)
)


def _oid(*arcs: int) -> bytes:
    """An object identifier below that of GlobalPlatform."""
    return _GLOBALPLATFORM + bytes(arcs)


def _data_groups(data: bytes) -> bytes:
    """The contents of data grouping identifiers '0070', one after another: identifier (2), length (1, or 'FF'
    and 2), data; 6A88 for any other (§11.11.3.1)."""
    found, place = b"", 0
    while place < len(data):
        identifier, start = data[place : place + _DGI_TAG_LENGTH], place + 3
        length = int.from_bytes(data[place + 2 : place + 3], "big")
        if length == 0xFF:
            length, start = int.from_bytes(data[place + 3 : place + 5], "big"), place + 5
        place = start + length
        if place > len(data):
            raise StatusError(SW.INCORRECT_DATA)
        if identifier != b"\x00\x70":
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        found += data[start:place]
    return found


def _objects(data: bytes) -> dict[int, bytes]:
    """Data objects by their tags; 6A80 if they are none, 6A88 for one that a security domain has not."""
    try:
        parts: Iterable[tlv.Tlv] = tlv.read_all(data)
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    found = {part.tag: part.value for part in parts}
    if not found.keys() <= _STORABLE:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    return found


class StoredApplication(SecuredApplication):
    """An application whose load file is here, but whose bytecode nobody executes: it cannot be selected."""

    is_executable = False

    def take(self, data: bytes) -> bytes:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)


def application_of(card: Card, instance: Instance) -> SecuredApplication:
    """What answers the commands for an instance of the registry."""
    if instance.module == ACCESS_RULES_AID:
        from simulator.uicc.globalplatform.access_rules import AccessRules

        return AccessRules(card, instance.aid)
    is_issuer = instance.aid == card.files.registry.issuer
    kind = SecurityDomain if is_issuer or instance.is_executable else StoredApplication
    return kind(card, instance.aid)
