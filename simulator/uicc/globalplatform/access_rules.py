"""ARA-M: the rules that say which application of the device may speak to which application of the card (GPD
Secure Element Access Control v1.1 §4 to §6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from asn1 import Asn1Error, tlv
from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.command import ISO, PROPRIETARY, command
from simulator.uicc.globalplatform.session import SecuredApplication

if TYPE_CHECKING:
    from simulator.uicc.card import Card
    from simulator.uicc.channel import Channel

ALL: Final = 0xFF40
SPECIFIC: Final = 0xFF50
NEXT: Final = 0xFF60
REFRESH: Final = 0xDF20
CONFIGURATION: Final = 0xDF21
"""Tags of GET DATA (Table 4-1)."""
_STORE, _DELETE, _NEW_REFRESH = 0xF0, 0xF1, 0xF2
_GET, _GET_ALL, _GET_NEXT, _GET_CLIENTS, _REGISTER_CLIENTS, _GET_DEVICE = 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8
"""Command DOs of STORE DATA (Tables 5-2 to 5-12)."""
_CLIENTS, _DEVICES = 0xFF70, 0xFF7F
"""Response-ARAC-AID-DO, Response-Device-Config-DO (Tables 5-13, 5-14)."""
_REF_AR, _REF, _AR = 0xE2, 0xE1, 0xE3
_DEVICE, _MASTER, _VERSION = 0xE4, 0xE5, 0xE6
"""Device-Config-DO, ARAM-Config-DO, Device-Interface-Version-DO (Tables 6-10 to 6-12)."""
_AID, _IMPLICIT_AID, _DEVICE_APPLICATION, _PACKAGE = 0x4F, 0xC0, 0xC1, 0xCA
_APDU_RULE, _NFC_RULE, _PERMISSIONS = 0xD0, 0xD1, 0xDB
_REFERENCE_TAGS = frozenset((_AID, _IMPLICIT_AID, _DEVICE_APPLICATION, _PACKAGE))
_RULE_TAGS = frozenset((_APDU_RULE, _NFC_RULE, _PERMISSIONS))
_REFRESH_LENGTH = 8
_HASH_LENGTHS = (0, 20, 32)
_PERMISSIONS_LENGTH = 8
_FILTER_LENGTH = 8
_INTERFACE_VERSION = bytes((1, 1, 0))
"""Major, minor, patch: what the card understands is version 1.1."""
_LONGEST = 256
"""Octets that a command without Le, or with '00', brings at once; GET DATA [next] brings those behind."""


class AccessRules(SecuredApplication):
    """The rules are one data object of the instance, 'FF40', and the refresh tag another, 'DF20'."""

    def __init__(self, card: Card, aid: bytes) -> None:
        super().__init__(card, aid)
        self._rest: dict[int, bytes] = {}
        """What 'next' brings, by logical channel."""

    def select(self, channel: Channel, command: CommandApdu) -> bytes:
        super().select(channel, command)
        self._rest.pop(channel.number, None)
        return tlv.encode(0x6F, tlv.encode(0x84, self.aid))

    def reset(self) -> None:
        super().reset()
        self._rest.clear()

    # --- GET DATA -------------------------------------------------------------------------------------

    def get_data(self, channel: Channel, command: CommandApdu) -> bytes:
        """GET DATA, §4.1: 'FF40' all rules, 'FF50' those of a reference in the data, 'DF20' the refresh tag,
        'DF21' the version of the interface, of which the device may tell its own. What is longer than Le
        comes in pieces: 'FF60' brings the next one.

        6A88 for a reference that no rule has and for any other tag, 6985 for 'next' where nothing is left.
        """
        tag = command.p1 << 8 | command.p2
        if tag == NEXT:
            if channel.number not in self._rest:
                raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
            return self._piece(channel, command, self._rest.pop(channel.number))
        self._rest.pop(channel.number, None)
        find = _BY_TAG.get(tag)
        if find is None:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return self._piece(channel, command, find(self, command.data))

    def _piece(self, channel: Channel, command: CommandApdu, whole: bytes) -> bytes:
        limit = len(whole) if getattr(channel, "is_remote", False) else command.le or _LONGEST
        if len(whole) > limit:
            self._rest[channel.number] = whole[limit:]
        return whole[:limit]

    @property
    def _rules(self) -> bytes:
        return self.instance.data.get(ALL, b"")

    def _all(self, data: bytes) -> bytes:
        return tlv.encode(ALL, self._rules)

    def _specific(self, data: bytes) -> bytes:
        wanted = _read(data)
        if len(wanted) != 1 or wanted[0].tag != _REF:
            raise StatusError(SW.INCORRECT_DATA)
        rules = [_parts(rule) for rule in tlv.read_all(self._rules)]
        fitting = [rule for reference, rule in rules if reference == wanted[0].value]
        if not fitting:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return tlv.encode(SPECIFIC, b"".join(tlv.encode(_AR, rule) for rule in fitting))

    def _refresh_tag(self, data: bytes) -> bytes:
        return tlv.encode(REFRESH, self.instance.data.get(REFRESH, bytes(_REFRESH_LENGTH)))

    def _configuration(self, data: bytes) -> bytes:
        """The version of the card; that of the device is remembered, for who asks by STORE DATA."""
        if data:
            device = _read(data)
            if len(device) != 1 or device[0].tag != _DEVICE or len(_version(device[0].value)) != 3:
                raise StatusError(SW.INCORRECT_DATA)
            self.store({_DEVICES: device[0].raw})
        return tlv.encode(CONFIGURATION, tlv.encode(_MASTER, tlv.encode(_VERSION, _INTERFACE_VERSION)))

    # --- STORE DATA -----------------------------------------------------------------------------------

    def store_data(self, channel: Channel, command: CommandApdu) -> bytes:
        """STORE DATA, §5.1, one command in one block; what a command of reading is answered with comes in
        pieces, as that of GET DATA."""
        self.require_change(channel, command)
        if not command.p1 & 0x80 or command.p2:
            raise StatusError(SW.INCORRECT_P1_P2)
        if command.data[:1] == bytes((_GET_NEXT,)):
            if command.data != bytes((_GET_NEXT, 0)):
                raise StatusError(SW.INCORRECT_DATA)
            if channel.number not in self._rest:
                raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
            return self._piece(channel, command, self._rest.pop(channel.number))
        self._rest.pop(channel.number, None)
        return self._piece(channel, command, self.take(command.data))

    def take(self, data: bytes) -> bytes:
        """Carry out one command. 6A80 for what is none, 6A81 for the registration of a client, which this
        card has not."""
        commands = _read(data)
        handle = _BY_COMMAND.get(commands[0].tag) if len(commands) == 1 else None
        if handle is None:
            raise StatusError(SW.INCORRECT_DATA)
        return handle(self, commands[0].value)

    def _store(self, value: bytes) -> bytes:
        """One more rule; 6A89 if it is there."""
        new = _read(value)
        if len(new) != 1 or new[0].tag != _REF_AR:
            raise StatusError(SW.INCORRECT_DATA)
        _check(new[0])
        rules = tlv.read_all(self._rules)
        if any(rule.value == new[0].value for rule in rules):
            raise StatusError(SW.FILE_EXISTS)
        return self._keep([*rules, new[0]])

    def _delete(self, value: bytes) -> bytes:
        """Rules go; 6A88 if there is none of those."""
        return self._keep(_without(tlv.read_all(self._rules), _read(value)))

    def _new_refresh_tag(self, value: bytes) -> bytes:
        if value:
            raise StatusError(SW.INCORRECT_DATA)
        return self._keep(tlv.read_all(self._rules))

    def _keep(self, rules: list[tlv.Tlv]) -> bytes:
        """The refresh tag changes with the rules."""
        kept = b"".join(rule.raw for rule in rules)
        self.store({ALL: kept, REFRESH: self.card.entropy(_REFRESH_LENGTH)})
        return b""

    def _get(self, value: bytes) -> bytes:
        """The rules of an application; 6A88 if there is none."""
        wanted = _read(value)
        if len(wanted) != 1 or wanted[0].tag not in (_AID, _IMPLICIT_AID):
            raise StatusError(SW.INCORRECT_DATA)
        rules = tlv.read_all(self._rules)
        fitting = [rule.raw for rule in rules if wanted[0].raw in [part.raw for part in _reference(rule)]]
        if not fitting:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return tlv.encode(ALL, b"".join(fitting))

    def _get_all(self, value: bytes) -> bytes:
        if value:
            raise StatusError(SW.INCORRECT_DATA)
        return self._all(b"")

    def _get_clients(self, value: bytes) -> bytes:
        """No client (ARA-C) can be registered, so the list is empty."""
        return tlv.encode(_CLIENTS, b"")

    def _register_clients(self, value: bytes) -> bytes:
        raise StatusError(SW.FUNCTION_NOT_SUPPORTED)

    def _get_device(self, value: bytes) -> bytes:
        """What the device said of itself; nothing if it did not."""
        return tlv.encode(_DEVICES, self.instance.data.get(_DEVICES, b""))

    COMMANDS = (
        *SecuredApplication.SESSION_COMMANDS,
        command("GET DATA", ISO, 0xCA, "24", "GPD SE Access Control §4.1", get_data),
        command("GET DATA", PROPRIETARY, 0xCA, "24", "GPD SE Access Control §4.1", get_data),
        command("STORE DATA", PROPRIETARY, 0xE2, "34", "GPD SE Access Control §5.1", store_data),
    )


_BY_TAG: Final[dict[int, Callable[[AccessRules, bytes], bytes]]] = {
    ALL: AccessRules._all,
    SPECIFIC: AccessRules._specific,
    REFRESH: AccessRules._refresh_tag,
    CONFIGURATION: AccessRules._configuration,
}
_BY_COMMAND: Final[dict[int, Callable[[AccessRules, bytes], bytes]]] = {
    _STORE: AccessRules._store,
    _DELETE: AccessRules._delete,
    _NEW_REFRESH: AccessRules._new_refresh_tag,
    _GET: AccessRules._get,
    _GET_ALL: AccessRules._get_all,
    _GET_CLIENTS: AccessRules._get_clients,
    _REGISTER_CLIENTS: AccessRules._register_clients,
    _GET_DEVICE: AccessRules._get_device,
}


def _read(data: bytes) -> list[tlv.Tlv]:
    try:
        return tlv.read_all(data)
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None


def _parts(rule: tlv.Tlv) -> tuple[bytes, bytes]:
    """REF-DO and AR-DO of a REF-AR-DO, their values."""
    parts = _read(rule.value)
    if [part.tag for part in parts] != [_REF, _AR]:
        raise StatusError(SW.INCORRECT_DATA)
    return parts[0].value, parts[1].value


def _reference(rule: tlv.Tlv) -> list[tlv.Tlv]:
    return _read(_parts(rule)[0])


def _version(value: bytes) -> bytes:
    """The Device-Interface-Version-DO of a configuration; nothing if there is none."""
    return next((part.value for part in _read(value) if part.tag == _VERSION), b"")


def _check(rule: tlv.Tlv) -> None:
    """6A80 unless the rule has its parts, with the lengths that they may have (Tables 6-3 to 6-9). A rule
    with permissions, for a package of the device's operating system, needs no application of the card."""
    reference, access = (_read(part) for part in _parts(rule))
    tags = {part.tag for part in reference}
    permitted = {part.tag for part in access}
    needs_aid = _PERMISSIONS not in permitted
    if not tags <= _REFERENCE_TAGS or _DEVICE_APPLICATION not in tags:
        raise StatusError(SW.INCORRECT_DATA)
    if needs_aid and not tags & {_AID, _IMPLICIT_AID}:
        raise StatusError(SW.INCORRECT_DATA)
    if not access or not permitted <= _RULE_TAGS:
        raise StatusError(SW.INCORRECT_DATA)
    for part in (*reference, *access):
        if not _LENGTHS[part.tag](len(part.value)):
            raise StatusError(SW.INCORRECT_DATA)


_LENGTHS: Final[dict[int, Callable[[int], bool]]] = {
    _AID: lambda length: length == 0 or 5 <= length <= 16,
    _IMPLICIT_AID: lambda length: length == 0,
    _DEVICE_APPLICATION: lambda length: length in _HASH_LENGTHS,
    _PACKAGE: lambda length: 1 <= length <= 127,
    _APDU_RULE: lambda length: length == 1 or (length > 0 and length % _FILTER_LENGTH == 0),
    _NFC_RULE: lambda length: length == 1,
    _PERMISSIONS: lambda length: length == _PERMISSIONS_LENGTH,
}


def _without(rules: list[tlv.Tlv], named: list[tlv.Tlv]) -> list[tlv.Tlv]:
    """Every rule goes, those of an application ('4F'), those of a reference ('E1'), or one whole rule
    ('E2')."""
    if not named:
        return []
    if len(named) != 1 or named[0].tag not in (_AID, _REF, _REF_AR):
        raise StatusError(SW.INCORRECT_DATA)
    wanted = named[0]
    kept = [rule for rule in rules if not _is_meant(rule, wanted)]
    if len(kept) == len(rules):
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    return kept


def _is_meant(rule: tlv.Tlv, wanted: tlv.Tlv) -> bool:
    if wanted.tag == _REF_AR:
        return rule.value == wanted.value
    reference, _ = _parts(rule)
    if wanted.tag == _REF:
        return reference == wanted.value
    return tlv.find(reference, _AID) == wanted.value
