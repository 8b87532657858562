"""What stands between a client and a link: each processor takes a command and returns the answer.

They have one signature, so they stack: `LogicalChannel(GetResponse(Trace(Direct(link), sink)), 1)`.
Each does one thing of ISO/IEC 7816-4 or TS 102 221 and is tested alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cards.apdu import SHORT_DATA_LIMIT, ApduError, CommandApdu, ResponseApdu
from cards.errors import CardProtocolError
from cards.link import CardLink
from cards.status import SW

GET_RESPONSE = 0xC0
GSM_CLASS = 0xA0
RESPONSE_LIMIT = 1 << 16
"""No answer of a card is longer; a card that goes on forever is stopped here."""
CHAINING_BIT = 0x10
MORE_DATA = (0x61, 0x9F)
"""SW1 that announce data for GET RESPONSE."""


class Processor(Protocol):
    """One step on the way to the card."""

    def transmit(self, command: CommandApdu, /) -> ResponseApdu: ...


class Direct:
    """The last step: bytes to the link and back."""

    def __init__(self, link: CardLink) -> None:
        self._transmit = link.transmit

    def transmit(self, command: CommandApdu, /) -> ResponseApdu:
        try:
            return ResponseApdu.parse(self._transmit(command.to_bytes()))
        except ApduError as error:
            raise CardProtocolError(f"the card's answer is no response APDU: {error}") from None


class Trace:
    """Shows every exchange to `sink(command, response)`."""

    def __init__(self, following: Processor, sink: Callable[[CommandApdu, ResponseApdu], None]) -> None:
        self._following = following
        self._sink = sink

    def transmit(self, command: CommandApdu, /) -> ResponseApdu:
        response = self._following.transmit(command)
        self._sink(command, response)
        return response


def class_on_channel(cla: int, channel: int) -> int:
    """CLA with a logical channel number, 0 to 3 in b2 b1, 4 to 19 in b4 to b1 of '4X' and 'CX'
    (TS 102 221 §10.1.1)."""
    if not 0 <= channel <= 19:
        raise ApduError(f"logical channel {channel} is not between 0 and 19")
    if channel < 4:
        return cla & ~0x03 | channel
    # b6 is secure messaging here, in place of b4 and b3 of the first interindustry class.
    return cla & 0x90 | 0x40 | (0x20 if cla & 0x0C else 0) | (channel - 4)


class LogicalChannel:
    """Sends every command on one logical channel, TS 102 221 §10.1.1."""

    def __init__(self, following: Processor, number: int) -> None:
        class_on_channel(0x00, number)
        self._following = following
        self.number = number

    def transmit(self, command: CommandApdu, /) -> ResponseApdu:
        return self._following.transmit(command.with_class(class_on_channel(command.cla, self.number)))


def _class_of_get_response(cla: int) -> int:
    """GET RESPONSE keeps the channel, but is an interindustry command ('0X', '4X'); a GSM SIM knows only
    'A0' (TS 51.011 §9.2)."""
    return cla if cla == GSM_CLASS else cla & 0x4F


class GetResponse:
    """Fetches the whole answer: 61XX by GET RESPONSE, 6CXX by repeating with the right Le
    (TS 102 221 §7.3.1.1)."""

    def __init__(self, following: Processor) -> None:
        self._following = following

    def transmit(self, command: CommandApdu, /) -> ResponseApdu:
        response = self._following.transmit(command)
        if response.sw == SW.OK:
            return response
        if response.sw.sw1 == 0x6C:
            command = command.with_le(response.sw.number)
            response = self._following.transmit(command)
        if response.sw.sw1 not in MORE_DATA:
            return response
        data = response.data
        fetch = CommandApdu(_class_of_get_response(command.cla), GET_RESPONSE)
        while response.sw.sw1 in MORE_DATA:
            response = self._following.transmit(fetch.with_le(response.sw.number))
            data += response.data
            if not response.data and response.sw.sw1 == 0x61:
                raise CardProtocolError("the card announces more data, but GET RESPONSE brings none")
            if len(data) > RESPONSE_LIMIT:
                raise CardProtocolError(f"the card's answer does not end after {RESPONSE_LIMIT} bytes")
        return ResponseApdu(data, response.sw)


class CommandChaining:
    """Cuts data that is too long for one short APDU into a chain, ISO/IEC 7816-4 §5.3.3."""

    def __init__(self, following: Processor, block_length: int = SHORT_DATA_LIMIT) -> None:
        self._following = following
        self._block_length = block_length

    def transmit(self, command: CommandApdu, /) -> ResponseApdu:
        rest = command.data
        while len(rest) > self._block_length:
            block, rest = rest[: self._block_length], rest[self._block_length :]
            link = command._replace(cla=command.cla | CHAINING_BIT, data=block, le=None, extended=False)
            response = self._following.transmit(link)
            if response.sw != SW.OK:
                return response
        return self._following.transmit(command._replace(data=rest))


class StoreData:
    """Cuts long data into blocks of STORE DATA: P1 '11' more blocks, '91' last block, P2 the number
    (SGP.22 §5.7.2, GP Card Specification §11.11). Other commands pass untouched."""

    INS = 0xE2
    MORE_BLOCKS = 0x11
    LAST_BLOCK = 0x91

    def __init__(self, following: Processor, block_length: int = SHORT_DATA_LIMIT) -> None:
        self._following = following
        self._block_length = block_length

    def transmit(self, command: CommandApdu, /) -> ResponseApdu:
        if command.ins != self.INS:
            return self._following.transmit(command)
        size = self._block_length
        blocks = [command.data[start : start + size] for start in range(0, len(command.data), size)] or [b""]
        if len(blocks) > 256:
            raise ApduError(f"{len(command.data)} bytes are more than 256 blocks of STORE DATA can carry")
        for number, block in enumerate(blocks[:-1]):
            response = self._following.transmit(command.with_block(self.MORE_BLOCKS, number, block))
            if response.sw != SW.OK and not response.sw.is_success:
                return response
        return self._following.transmit(command.with_block(self.LAST_BLOCK, len(blocks) - 1, blocks[-1]))
