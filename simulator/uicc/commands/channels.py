"""MANAGE CHANNEL, GET CHALLENGE and GET RESPONSE (TS 102 221 §11.1.17, §11.1.18, §12.1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.command import ISO, PROPRIETARY, command

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

_OPEN, _CLOSE = 0x00, 0x80
_RESPONSE_PIECE = 256
_CHALLENGE_LIMIT = 256


def manage_channel(channel: Channel, command: CommandApdu) -> bytes:
    """MANAGE CHANNEL: P1 '00' opens the channel P2, or with P2 '00' the lowest free one, whose number is
    answered; P1 '80' closes P2. A channel opened from another than 0 starts where that one stands."""
    if command.p1 == _CLOSE:
        return _close(channel, command.p2)
    if command.p1 != _OPEN:
        raise StatusError(SW.INCORRECT_P1_P2)
    return _open(channel, command)


def _open(channel: Channel, command: CommandApdu) -> bytes:
    channels = channel.card.channels
    number = command.p2
    if number >= len(channels):
        raise StatusError(SW.INCORRECT_P1_P2)
    if number:
        if channels[number] is not None:
            raise StatusError(SW.INCORRECT_P1_P2)
    else:
        if command.le not in (1, 256):
            raise StatusError(SW.WRONG_LENGTH if command.le is None else SW.wrong_le(1))
        if None not in channels:
            raise StatusError(SW.FUNCTION_NOT_SUPPORTED)
        number = channels.index(None)
    channel.card.open_channel(number, channel)
    return b"" if command.p2 else bytes((number,))


def _close(channel: Channel, number: int) -> bytes:
    channels = channel.card.channels
    if not 0 < number < len(channels):
        raise StatusError(SW.INCORRECT_P1_P2)
    if channels[number] is None:
        raise StatusError(SW.WARNING)
    channels[number] = None
    return b""


def get_response(channel: Channel, command: CommandApdu) -> bytes:
    """GET RESPONSE: the next bytes of the answer that 61XX announced."""
    pending = channel.pending
    if not pending:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    if command.p1 or command.p2:
        raise StatusError(SW.INCORRECT_P1_P2)
    le = command.le or _RESPONSE_PIECE
    if le > len(pending) and le != _RESPONSE_PIECE:
        raise StatusError(SW.wrong_le(len(pending)))
    channel.pending = pending[le:]
    return pending[:le]


def get_challenge(channel: Channel, command: CommandApdu) -> bytes:
    """GET CHALLENGE: as many random bytes as Le asks for."""
    if command.p1 or command.p2:
        raise StatusError(SW.INCORRECT_P1_P2)
    return channel.card.entropy(min(command.le or 0, _CHALLENGE_LIMIT))


COMMANDS = (
    command("MANAGE CHANNEL", ISO, 0x70, "12", "TS 102 221 §11.1.17", manage_channel),
    command("GET RESPONSE", ISO, 0xC0, "2", "TS 102 221 §12.1.1", get_response),
    # Terminals fetch the answer to a proprietary command with that command's class.
    command("GET RESPONSE", PROPRIETARY, 0xC0, "2", "TS 102 221 §7.3.1.1.3", get_response),
    command("GET CHALLENGE", ISO, 0x84, "2", "TS 102 221 §11.1.18", get_challenge),
)
