"""One logical channel of a card, ready for commands: processors stacked, refusals raised as errors."""

from __future__ import annotations

from collections.abc import Callable

from cards.apdu import CommandApdu, ResponseApdu
from cards.errors import CardProtocolError, CardStatusError
from cards.link import CardLink
from cards.processors import Direct, GetResponse, LogicalChannel, Processor, Trace
from cards.status import SW

TraceSink = Callable[[CommandApdu, ResponseApdu], None]

TERMINAL_CAPABILITY = 0xAA
MANAGE_CHANNEL = 0x70
SELECT = 0xA4
BY_AID = 0x04
LPA_CAPABILITIES = bytes.fromhex("A9088100820101830107")
"""TS 102 221 §11.1.19.2: no extended logical channels, additional interfaces '01', eUICC-related
capabilities '07' (local profile download, management and discovery by an LPA in the device) in the last
byte."""


class CardSession:
    """Commands on one logical channel of a link. `trace` sees every exchange as it goes to the card."""

    def __init__(self, link: CardLink, channel: int = 0, *, trace: TraceSink | None = None) -> None:
        self.link = link
        self.channel = channel
        self.trace = trace
        direct: Processor = Direct(link)
        if trace:
            direct = Trace(direct, trace)
        self.fetching: Processor = GetResponse(direct)
        """Brings whole answers to commands whose class names the channel already."""
        self._processor: Processor = LogicalChannel(self.fetching, channel) if channel else self.fetching

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send a command and fetch its whole answer, whatever the status word."""
        return self._processor.transmit(command)

    def send(
        self,
        ins: int,
        p1: int = 0,
        p2: int = 0,
        data: bytes = b"",
        le: int | None = None,
        *,
        cla: int = 0,
        doing: str = "",
    ) -> ResponseApdu:
        """Send a command that must succeed (90XX, 91XX, 92XX or a warning). Raises CardStatusError."""
        command = CommandApdu(cla, ins, p1, p2, data, le)
        response = self.transmit(command)
        if not response.sw.is_success and response.sw.sw1 not in (0x62, 0x63):
            raise CardStatusError(response.sw, command, doing)
        return response

    def terminal_capability(self, further: int = 0) -> bool:
        """Say that this terminal has an LPA (TS 102 221 §11.1.19), and `further` eUICC-related capabilities.
        False if the card refuses it."""
        data = LPA_CAPABILITIES[:-1] + bytes((LPA_CAPABILITIES[-1] | further,))
        return self.transmit(CommandApdu(0x80, TERMINAL_CAPABILITY, data=data)).sw == SW.OK

    def open_channel(self) -> int:
        """Open a logical channel and return its number (MANAGE CHANNEL, TS 102 221 §11.1.17)."""
        response = self.send(MANAGE_CHANNEL, le=1, doing="opening a logical channel")
        if len(response.data) != 1 or not 1 <= response.data[0] <= 19:
            raise CardProtocolError(f"MANAGE CHANNEL answered {response.data.hex().upper() or 'nothing'}")
        return response.data[0]

    def close_channel(self, number: int) -> None:
        """Close a logical channel other than the basic one."""
        self.send(MANAGE_CHANNEL, 0x80, number, doing=f"closing logical channel {number}")

    def select_application(self, aid: bytes, *, le: int | None = None) -> bytes:
        """Select an application by its AID or the first bytes of it; the answer is its FCP or FCI."""
        return self.send(SELECT, BY_AID, 0x04, aid, le, doing=f"selecting {aid.hex().upper()}").data
