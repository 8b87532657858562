"""How ES10 messages reach the ISD-R: logical channel, SELECT, STORE DATA (SGP.22 §5.7.2)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from asn1 import Codec, rsp
from asn1.errors import DecodeError
from cards.apdu import SHORT_DATA_LIMIT, ApduError, CommandApdu
from cards.errors import CardError, CardProtocolError, CardStatusError, LinkError
from cards.link import CardLink, Meter
from cards.proactive import fetch_pending
from cards.processors import LogicalChannel, StoreData
from cards.session import CardSession, TraceSink
from cards.status import SW

ISD_R_AID = bytes.fromhex("A0000005591010FFFFFFFF8900000100")
ECASD_AID = bytes.fromhex("A0000005591010FFFFFFFF8900000200")
PROPRIETARY_CLASS = 0x80


class Es10Transport:
    """One request, one response, over a channel that `open` gets from the card.

    `segment_length` is the most that one STORE DATA carries; short APDUs end at 255 bytes.
    """

    def __init__(
        self,
        link: CardLink,
        aid: bytes = ISD_R_AID,
        *,
        segment_length: int = SHORT_DATA_LIMIT,
        trace: TraceSink | None = None,
    ) -> None:
        if not 1 <= segment_length <= SHORT_DATA_LIMIT:
            raise CardError(f"STORE DATA carries 1 to {SHORT_DATA_LIMIT} bytes, not {segment_length}")
        self.link = link
        self.aid = aid
        self._segment_length = segment_length
        self.meter = Meter(link)
        """Counts what goes to the card."""
        self._trace = trace
        self._basic = CardSession(self.meter, trace=trace)
        self._channel: CardSession | None = None
        self.device_capabilities = 0
        """What the device announces besides its LPA when the channel is opened: bits of tag '83' in TERMINAL
        CAPABILITY (TS 102 221 §11.1.19.2.4), '20' enterprise capable, '80' LPA proxy."""
        self.pending_proactive = 0
        """Length of the proactive command that the last answer announced (91XX), 0 if none."""

    @property
    def is_open(self) -> bool:
        return self._channel is not None

    def open(self) -> None:
        """Announce the LPA, open a logical channel and select the ISD-R. A second call does nothing."""
        if self._channel:
            return
        self._basic.terminal_capability(self.device_capabilities)
        channel = CardSession(self.meter, self._basic.open_channel(), trace=self._trace)
        try:
            channel.select_application(self.aid)
        except CardStatusError as error:
            self._basic.close_channel(channel.channel)
            if error.sw in (SW.FILE_NOT_FOUND, SW.APPLET_SELECT_FAILED):
                aid = self.aid.hex().upper()
                raise CardError(f"no eUICC: the card has no ISD-R with the AID {aid}") from None
            raise
        self._channel = channel
        blocks = StoreData(channel.fetching, self._segment_length)
        self._stack = LogicalChannel(blocks, channel.channel)

    def close(self) -> None:
        """Close the logical channel. A second call does nothing, nor does one after the card was reset, or is
        gone."""
        if self._channel:
            number, self._channel = self._channel.channel, None
            with suppress(CardStatusError, LinkError):
                self._basic.close_channel(number)

    def restart(self) -> bytes:
        """Reset the card, which closes all channels, and open the ISD-R again; the ATR."""
        self._channel = None
        atr = self.link.reset()
        self.open()
        return atr

    def settle(self) -> None:
        """Do what the card asked for after a profile switch: fetch the REFRESH that is pending, then reset
        (SGP.22 §3.2.1, TS 102 223 §6.4.7)."""
        if self.pending_proactive:
            fetch_pending(self._basic, self.pending_proactive)
            self.pending_proactive = 0
        self.restart()

    def store_data(self, message: bytes) -> bytes:
        """Send one ES10 message, in blocks from number 0 on, and return the answer. Opens if need be.
        Raises CardStatusError if the card refuses."""
        self.open()
        try:
            command = CommandApdu(PROPRIETARY_CLASS, StoreData.INS, StoreData.LAST_BLOCK, data=message)
            response = self._stack.transmit(command)
        except ApduError as error:
            raise CardError(f"ES10 message {_tag(message)} is too long: {error}") from None
        self.pending_proactive = response.sw.proactive_length or 0
        if not response.sw.is_success:
            raise CardStatusError(response.sw, command, f"ES10 message {_tag(message)}")
        return response.data

    def call(self, request: str, value: Any, response: str, codec: Codec = rsp) -> Any:
        """Send a request type with a value, and decode the response type; `codec` has both.
        CardProtocolError if the card's answer is not of that type."""
        answer = self.store_data(codec.encode(request, value))
        return self.decode(response, answer, codec)

    def decode(self, response: str, answer: bytes, codec: Codec = rsp) -> Any:
        """Decode an answer of the card."""
        try:
            return codec.decode(response, answer)
        except DecodeError as error:
            raise CardProtocolError(f"the eUICC's answer is no {response}: {error}") from None


def _tag(message: bytes) -> str:
    return message[: 2 if message[:1] and message[0] & 0x1F == 0x1F else 1].hex().upper()
