"""VERIFY, CHANGE, DISABLE, ENABLE and UNBLOCK PIN (TS 102 221 §11.1.9 to §11.1.13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.command import ISO, command
from simulator.uicc.filesystem import UNIVERSAL_PIN
from simulator.uicc.pins import Pin

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

_PIN_LENGTH = 8
_USE_UNIVERSAL_PIN = 0x80 | UNIVERSAL_PIN
"""P1 of DISABLE PIN that puts the universal PIN in place of the one that P2 names (Table 11.16)."""


def _pin(channel: Channel, reference: int) -> Pin:
    """The PIN that P2 means in the current directory; 6A88 if there is none. '00' is no reference here."""
    pin = channel.files.pin(channel.df, reference)
    if pin is None and channel.adf is not None:
        pin = channel.files.pin(channel.adf, reference)
    if pin is None:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    return pin


def _p1_must_be_zero(command: CommandApdu) -> None:
    if command.p1:
        raise StatusError(SW.INCORRECT_P1_P2)


def _one_pin(data: bytes) -> bytes:
    if len(data) != _PIN_LENGTH:
        raise StatusError(SW.WRONG_LENGTH)
    return data


def _two_pins(data: bytes) -> tuple[bytes, bytes]:
    if len(data) != 2 * _PIN_LENGTH:
        raise StatusError(SW.WRONG_LENGTH)
    return data[:_PIN_LENGTH], data[_PIN_LENGTH:]


def _tell_tries(tries: int) -> bytes:
    """A command without data asks how many tries are left: 63CX, or 6983 if there are none."""
    raise StatusError(SW.retries(tries) if tries else SW.AUTHENTICATION_METHOD_BLOCKED)


def verify(channel: Channel, command: CommandApdu) -> bytes:
    """VERIFY PIN, §11.1.9. A wrong PIN takes back an earlier verification."""
    _p1_must_be_zero(command)
    pin = _pin(channel, command.p2)
    if not command.data:
        return _tell_tries(pin.tries)
    value = _one_pin(command.data)
    if not pin.enabled:
        raise StatusError(SW.REFERENCED_DATA_INVALIDATED)
    try:
        pin.verify(value)
    except StatusError:
        channel.card.forget(pin.key)
        raise
    channel.card.remember(pin.key)
    return b""


def change(channel: Channel, command: CommandApdu) -> bytes:
    """CHANGE PIN, §11.1.10: the old PIN and the new one; the PIN counts as verified afterwards."""
    _p1_must_be_zero(command)
    pin = _pin(channel, command.p2)
    old, new = _two_pins(command.data)
    pin.change(old, new)
    channel.card.remember(pin.key)
    return b""


def disable(channel: Channel, command: CommandApdu) -> bytes:
    """DISABLE PIN, §11.1.11: nothing, or the universal PIN, takes the place of the PIN."""
    if command.p1 not in (0x00, _USE_UNIVERSAL_PIN):
        raise StatusError(SW.INCORRECT_P1_P2)
    replace = command.p1 == _USE_UNIVERSAL_PIN
    pin = _pin(channel, command.p2)
    if replace and channel.files.pin(channel.df, UNIVERSAL_PIN) is None:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    pin.disable(_one_pin(command.data), replace)
    channel.card.forget(pin.key)
    return b""


def enable(channel: Channel, command: CommandApdu) -> bytes:
    """ENABLE PIN, §11.1.12; the PIN counts as verified afterwards."""
    _p1_must_be_zero(command)
    pin = _pin(channel, command.p2)
    pin.enable(_one_pin(command.data))
    channel.card.remember(pin.key)
    return b""


def unblock(channel: Channel, command: CommandApdu) -> bytes:
    """UNBLOCK PIN, §11.1.13: the PUK and a new PIN; the PIN is enabled and verified afterwards."""
    _p1_must_be_zero(command)
    pin = _pin(channel, command.p2)
    if not command.data:
        return _tell_tries(pin.unblock_tries)
    puk, new = _two_pins(command.data)
    pin.unblock(puk, new)
    channel.card.remember(pin.key)
    return b""


COMMANDS = (
    command("VERIFY PIN", ISO, 0x20, "13", "TS 102 221 §11.1.9", verify),
    command("CHANGE PIN", ISO, 0x24, "3", "TS 102 221 §11.1.10", change),
    command("DISABLE PIN", ISO, 0x26, "3", "TS 102 221 §11.1.11", disable),
    command("ENABLE PIN", ISO, 0x28, "3", "TS 102 221 §11.1.12", enable),
    command("UNBLOCK PIN", ISO, 0x2C, "13", "TS 102 221 §11.1.13", unblock),
)
