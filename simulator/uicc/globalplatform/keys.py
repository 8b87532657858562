"""PUT KEY: keys of a security domain come new or in place of others (GP Card Specification §11.8, Amendment D
§7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.crypto.secure_channel import key_check_value
from simulator.uicc.command import PROPRIETARY, command
from simulator.uicc.globalplatform.session import KEY_TYPE_AES, KEY_TYPES_DES
from simulator.uicc.image import KeyImage

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel
    from simulator.uicc.globalplatform.session import SecuredApplication

_SEVERAL_KEYS, _MORE_COMMANDS = 0x80, 0x80
_LAST_VERSION: Final = 0x7F
_AES_LENGTHS, _DES_LENGTHS = (16, 24, 32), (8, 16, 24)
_USAGE: Final = {1: 0x18, 2: 0x14, 3: 0x48}
"""Key usage qualifier by key identifier: ciphering, MAC, key encryption (§11.1.9)."""


class _NewKey(NamedTuple):
    kind: int
    value: bytes
    check_value: bytes


def put_key(application: SecuredApplication, channel: Channel, command: CommandApdu) -> bytes:
    """PUT KEY: P1 the version to be replaced, 0 for none; P2 the identifier of the first key, b8 if there are
    more. Answers with the new version and the key check values. All keys come, or none does.

    6A88 unknown version, 6A80 a version or data that cannot be, 9484 a type of key that is not known, 9485 a
    key whose check value is another one.
    """
    application.require_change(channel, command)
    if command.p1 & _MORE_COMMANDS:
        raise StatusError(SW.INCORRECT_P1_P2)
    data = command.data
    version, first = data[0], command.p2 & ~_SEVERAL_KEYS
    if not 0 < version <= _LAST_VERSION or not first:
        raise StatusError(SW.INCORRECT_DATA)
    new = _read(application, channel, data)
    if len(new) > 1 and not command.p2 & _SEVERAL_KEYS:
        raise StatusError(SW.INCORRECT_DATA)
    owner = application.instance
    versions = {known for known, _ in owner.keys}
    if command.p1 and command.p1 not in versions:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    identifiers = range(first, first + len(new))
    keys = dict(owner.keys)
    if command.p1 != version and any((version, identifier) in keys for identifier in identifiers):
        raise StatusError(SW.INCORRECT_DATA)
    for identifier, key in zip(identifiers, new, strict=True):
        if command.p1 and keys.pop((command.p1, identifier), None) is None:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        keys[version, identifier] = KeyImage(
            identifier, version, ((key.kind, key.value),), _USAGE.get(identifier, 0x18)
        )
    owner.keys = keys
    # A sequence counter belongs to its keys, and begins anew with them (§E.1.2).
    owner.counters = {
        known: count for known, count in owner.counters.items() if known not in (version, command.p1)
    }
    application.card.keys_changed()
    return bytes((version,)) + b"".join(key.check_value for key in new)


def _read(application: SecuredApplication, channel: Channel, data: bytes) -> list[_NewKey]:
    found: list[_NewKey] = []
    place = 1
    try:
        while place < len(data):
            kind, length = data[place], data[place + 1]
            field = data[place + 2 : place + 2 + length]
            place += 2 + length
            check_length = data[place]
            check_value = data[place + 1 : place + 1 + check_length]
            place += 1 + check_length
            if len(field) != length or len(check_value) != check_length:
                raise IndexError
            found.append(_key(application, channel, kind, field, check_value))
    except IndexError:
        raise StatusError(SW.INCORRECT_DATA) from None
    if not found:
        raise StatusError(SW.INCORRECT_DATA)
    return found


def _key(
    application: SecuredApplication, channel: Channel, kind: int, field: bytes, check_value: bytes
) -> _NewKey:
    """One key, deciphered. A field of AES begins with the length of the key, for the cipher may have filled
    it up (Amendment D §7.2)."""
    is_aes = kind == KEY_TYPE_AES
    if not is_aes and kind not in KEY_TYPES_DES:
        raise StatusError(SW.ALGORITHM_NOT_SUPPORTED)
    length, ciphered = (field[0], field[1:]) if is_aes else (len(field), field)
    value = application.decrypt(channel, ciphered)[:length]
    if len(value) != length or length not in (_AES_LENGTHS if is_aes else _DES_LENGTHS):
        raise StatusError(SW.INCORRECT_DATA)
    expected = key_check_value(value, is_aes=is_aes)
    if check_value and check_value != expected:
        raise StatusError(SW.INVALID_KEY_CHECK_VALUE)
    return _NewKey(kind, value, expected)


COMMANDS = (command("PUT KEY", PROPRIETARY, 0xD8, "34", "GP Card Specification §11.8", put_key),)
