"""ARA-M: the rules that say which application of the device may speak to which application of the card (GPD
Secure Element Access Control §4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from asn1 import Asn1Error, tlv
from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.channel import Channel
from simulator.uicc.command import ISO, PROPRIETARY, command
from simulator.uicc.globalplatform.session import SecuredApplication

ALL: Final = 0xFF40
SPECIFIC: Final = 0xFF50
REFRESH: Final = 0xDF20
_STORE, _DELETE, _NEW_REFRESH = 0xF0, 0xF1, 0xF2
"""Command-Store-REF-AR-DO, Command-Delete, Command-UpdateRefreshTag-DO (Tables 4-24 to 4-27)."""
_REF_AR, _REF, _AR = 0xE2, 0xE1, 0xE3
_AID, _IMPLICIT_AID, _DEVICE_APPLICATION, _PACKAGE = 0x4F, 0xC0, 0xC1, 0xCA
_APDU_RULE, _NFC_RULE, _PERMISSIONS = 0xD0, 0xD1, 0xDB
_REFERENCE_TAGS = frozenset((_AID, _IMPLICIT_AID, _DEVICE_APPLICATION, _PACKAGE))
_RULE_TAGS = frozenset((_APDU_RULE, _NFC_RULE, _PERMISSIONS))
_REFRESH_LENGTH = 8
_HASH_LENGTHS = (0, 20, 32)
_PERMISSIONS_LENGTH = 8
_FILTER_LENGTH = 8


class AccessRules(SecuredApplication):
    """The rules are one data object of the instance, 'FF40', and the refresh tag another, 'DF20'."""

    def select(self, channel: Channel, command: CommandApdu) -> bytes:
        super().select(channel, command)
        return tlv.encode(0x6F, tlv.encode(0x84, self.aid))

    def get_data(self, channel: Channel, command: CommandApdu) -> bytes:
        """GET DATA, §4.1: 'FF40' all rules, 'FF50' those of a reference in the data, 'DF20' the refresh tag;
        6A88 for a reference that no rule has and for any other tag."""
        tag = command.p1 << 8 | command.p2
        data = self.instance.data
        if tag == REFRESH:
            return tlv.encode(REFRESH, data.get(REFRESH, bytes(_REFRESH_LENGTH)))
        if tag == ALL:
            return tlv.encode(ALL, data.get(ALL, b""))
        if tag != SPECIFIC:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        wanted = _read(command.data)
        if len(wanted) != 1 or wanted[0].tag != _REF:
            raise StatusError(SW.INCORRECT_DATA)
        rules = [_parts(rule) for rule in tlv.read_all(data.get(ALL, b""))]
        fitting = [rule for reference, rule in rules if reference == wanted[0].value]
        if not fitting:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        return tlv.encode(SPECIFIC, b"".join(tlv.encode(_AR, rule) for rule in fitting))

    def store_data(self, channel: Channel, command: CommandApdu) -> bytes:
        """STORE DATA, §4.2, one command in one block."""
        self.require_session(channel, command)
        if not command.p1 & 0x80 or command.p2:
            raise StatusError(SW.INCORRECT_P1_P2)
        return self.take(command.data)

    def take(self, data: bytes) -> bytes:
        """Carry out one command on the rules; the refresh tag changes with them. 6A80 for what is none, 6A89
        for a rule that is there, 6A88 for one to be deleted that is not."""
        commands = _read(data)
        if len(commands) != 1 or commands[0].tag not in (_STORE, _DELETE, _NEW_REFRESH):
            raise StatusError(SW.INCORRECT_DATA)
        tag, value = commands[0].tag, commands[0].value
        kept = self.instance.data
        rules = tlv.read_all(kept.get(ALL, b""))
        if tag == _STORE:
            new = _read(value)
            if len(new) != 1 or new[0].tag != _REF_AR:
                raise StatusError(SW.INCORRECT_DATA)
            _check(new[0])
            if any(rule.value == new[0].value for rule in rules):
                raise StatusError(SW.FILE_EXISTS)
            rules.append(new[0])
        elif tag == _DELETE:
            rules = _without(rules, _read(value))
        elif value:
            raise StatusError(SW.INCORRECT_DATA)
        self.instance.data = kept | {
            ALL: b"".join(rule.raw for rule in rules),
            REFRESH: self.card.entropy(_REFRESH_LENGTH),
        }
        return b""

    COMMANDS = (
        *SecuredApplication.SESSION_COMMANDS,
        command("GET DATA", ISO, 0xCA, "24", "GPD SE Access Control §4.1", get_data),
        command("GET DATA", PROPRIETARY, 0xCA, "24", "GPD SE Access Control §4.1", get_data),
        command("STORE DATA", PROPRIETARY, 0xE2, "34", "GPD SE Access Control §4.2", store_data),
    )


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


def _check(rule: tlv.Tlv) -> None:
    """6A80 unless the rule has its parts, with the lengths that they may have (Tables 4-3 to 4-9)."""
    reference, access = (_read(part) for part in _parts(rule))
    tags = {part.tag for part in reference}
    if not tags <= _REFERENCE_TAGS or _DEVICE_APPLICATION not in tags or not tags & {_AID, _IMPLICIT_AID}:
        raise StatusError(SW.INCORRECT_DATA)
    if not access or not {part.tag for part in access} <= _RULE_TAGS:
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
