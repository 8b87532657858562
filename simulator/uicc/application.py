"""What a card application is to the card: an AID, instructions of its own, and perhaps secure messaging."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from cards.apdu import CommandApdu
from cards.status import SW, StatusError, StatusWord
from simulator.uicc.command import Command
from simulator.uicc.tables import CARD_HANDLERS, Row

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel


class Application:
    """A card application that is selected by its AID and has instructions of its own.

    A subclass sets `AID` and `COMMANDS`; a row's handler is a function of (self, channel, command).
    """

    AID: ClassVar[bytes]
    COMMANDS: ClassVar[Sequence[Command]] = ()
    is_executable: ClassVar[bool] = True
    """Whether it can be selected at all; a load file of a profile may bring code that the card only keeps."""

    def __init__(self) -> None:
        self.aid = self.AID
        self.handlers: dict[int, Row] = {
            **CARD_HANDLERS,
            **{row.key: (row.cases, partial(row.handler, self)) for row in self.COMMANDS},
        }

    def select(self, channel: Channel, command: CommandApdu) -> bytes:
        """What SELECT by AID answers with: the FCI, or nothing."""
        return b""

    def reset(self) -> None:
        """Forget whatever does not survive a reset."""

    def is_secured(self, channel: Channel) -> bool:
        """Whether commands under secure messaging are understood on this channel now."""
        return False

    def is_busy(self, channel: Channel) -> bool:
        """Whether it has begun on this channel what no suspension survives, a secure channel at least."""
        return self.is_secured(channel)

    def unwrap(self, channel: Channel, command: CommandApdu) -> CommandApdu:
        """The command without its secure messaging; StatusError 6982 or 6988 if that is not right."""
        raise StatusError(SW.SECURE_MESSAGING_NOT_SUPPORTED)

    def wrap(self, channel: Channel, data: bytes, sw: StatusWord) -> bytes:
        """Data and status word of an answer, with the secure messaging that the session asks for."""
        return data + sw.to_bytes(2, "big")
