"""SUSPEND UICC (TS 102 221 §11.1.22): the card is switched off and goes on later where it stood.

RESUME must be the first command after the card is activated again. Whatever else comes first, also a command
that the card refuses, ends the suspension: the card is then one that was reset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.command import PROPRIETARY, command

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel
    from simulator.uicc.suspension import Suspension

_SUSPEND, _RESUME = 0x00, 0x01
TOKEN_LENGTH = 8
_UNITS = (1, 60, 3600, 86400, 864000)
"""Seconds, minutes, hours, days, ten days: the first byte of a duration; the second is the number of them."""
LONGEST = bytes((2, 12))
"""What the card suspends for at most: twelve hours."""


def seconds(duration: bytes) -> int:
    """A duration of two bytes, unit and number, in seconds; StatusError 6A80 for an unknown unit."""
    if duration[0] >= len(_UNITS):
        raise StatusError(SW.INCORRECT_DATA)
    return _UNITS[duration[0]] * duration[1]


def suspend_uicc(channel: Channel, command: CommandApdu) -> bytes:
    """SUSPEND UICC: P1 '00' with the shortest and longest duration that the terminal wants answers the
    longest that the card allows and a token; P1 '01' with that token, as the first command after the reset,
    resumes. 6985 while a proactive session, a secure channel or a download goes on, which the card could not
    take up again; 6A80 for durations that contradict each other; 6A88 for a token that is not the card's, or
    where nothing waits to be resumed."""
    kept = channel.card.take_suspended()
    if command.p2 or command.p1 not in (_SUSPEND, _RESUME):
        raise StatusError(SW.INCORRECT_P1_P2)
    if command.p1 == _RESUME:
        return _resume(channel, kept, command.data)
    if len(command.data) != 4:
        raise StatusError(SW.WRONG_LENGTH)
    shortest, longest = command.data[:2], command.data[2:]
    if seconds(shortest) > seconds(longest):
        raise StatusError(SW.INCORRECT_DATA)
    card = channel.card
    if card.proactive.is_busy or card.is_busy or seconds(shortest) > seconds(LONGEST):
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    agreed = longest if seconds(longest) <= seconds(LONGEST) else LONGEST
    token = card.entropy(TOKEN_LENGTH)
    card.suspend(token)
    return agreed + token


def _resume(channel: Channel, kept: Suspension | None, token: bytes) -> bytes:
    if len(token) != TOKEN_LENGTH:
        raise StatusError(SW.WRONG_LENGTH)
    if kept is None or kept.token != token:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    channel.card.resume(kept)
    return b""


# All four cases: a command without data has the wrong length, and as a first command it ends a suspension.
COMMANDS = (command("SUSPEND UICC", PROPRIETARY, 0x76, "1234", "TS 102 221 §11.1.22", suspend_uicc),)
