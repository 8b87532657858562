"""What can go wrong on the terminal's side of a card, one family, two sides told apart.

`CardStatusError` and its kin: the card refused what we asked. `CardProtocolError`: the card answered
nonsense. `LinkError`: there was no answer at all.
"""

from __future__ import annotations

from cards.apdu import CommandApdu
from cards.status import StatusWord


class CardError(Exception):
    """Base of all errors of this package that a user may meet; the text is one sentence."""


class LinkError(CardError):
    """The card cannot be reached."""


class CardProtocolError(CardError):
    """The card's answer is not what the specification allows."""


class CardStatusError(CardError):
    """The card answered with a status word that says no."""

    def __init__(self, sw: StatusWord, command: CommandApdu, doing: str = "") -> None:
        what = doing or f"command {command.header.hex().upper()}"
        super().__init__(f"{what}: the card answered {sw}, {sw.meaning}")
        self.sw = sw
        self.command = command


class InvalidPin(CardStatusError):  # noqa: N818 - a name that reads as what happened
    """The PIN or PUK was wrong; `remaining` tries are left (0: blocked)."""

    def __init__(self, remaining: int, sw: StatusWord, command: CommandApdu) -> None:
        super().__init__(sw, command, "PIN verification")
        tries = "it is blocked now" if not remaining else f"{remaining} tries are left"
        self.args = (f"the PIN is wrong, {tries}",)
        self.remaining = remaining


class PinBlocked(InvalidPin):
    """The PIN or PUK is blocked."""

    def __init__(self, sw: StatusWord, command: CommandApdu) -> None:
        super().__init__(0, sw, command)
        self.args = ("the PIN is blocked: unblock it with the PUK",)
