"""The ISD-R and the ECASD as card applications (SGP.22 §2.4.2, §2.4.3, §5.7.1, §5.7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asn1 import Asn1Error, rsp, tlv
from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.euicc import (
    authentication,
    device_change,
    download,
    es10a,
    es10b,
    es10c,
    revocation,
    rpm,
    smds_response,
)
from simulator.euicc.core import EuiccCore
from simulator.euicc.es10 import Es10Function
from simulator.euicc.installation import PIECE_TAGS, Installation, begin
from simulator.euicc.ports import MepMode
from simulator.uicc.application import Application
from simulator.uicc.command import ISO, PROPRIETARY, command

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

FUNCTIONS: dict[int, Es10Function] = {
    function.tag: function
    for functions in (
        es10a.FUNCTIONS,
        es10b.FUNCTIONS,
        revocation.FUNCTIONS,
        authentication.FUNCTIONS,
        download.FUNCTIONS,
        device_change.FUNCTIONS,
        smds_response.FUNCTIONS,
        rpm.FUNCTIONS,
        es10c.FUNCTIONS,
    )
    for function in functions
}
"""Every function of ES10 by the tag of its request."""

_MORE_BLOCKS, _LAST_BLOCK = 0x11, 0x91
BLOCK_LIMIT = 256
"""Blocks of one message; P2 cannot count further."""
_CANCEL_SESSION = 0xBF41
MESSAGE_LIMIT = 0xFFFF
"""Longest ES10 message that the ISD-R collects, in bytes."""


class IsdR(Application):
    """The ISD-R: STORE DATA brings the messages of ES10, in blocks."""

    AID = bytes.fromhex("A0000005591010FFFFFFFF8900000100")

    def __init__(self, core: EuiccCore, port: int = 0) -> None:
        super().__init__()
        self.core = core
        self.port = port
        self._functions = FUNCTIONS
        if core.iot is not None:
            from simulator.euicc.iot.functions import FUNCTIONS as IOT_FUNCTIONS

            self._functions = FUNCTIONS | IOT_FUNCTIONS
        self._installation: Installation | None = None
        self.reset()

    def reset(self) -> None:
        """A session does not survive a reset; what was installed does."""
        self._interrupt()
        self._messages: dict[int, tuple[bytes, int]] = {}
        """By logical channel, what STORE DATA has brought so far, and in how many blocks."""
        if self.core.port == self.port:
            self.core.session = None

    def is_busy(self, channel: Channel) -> bool:
        """A session with a server, or an installation, which no suspension survives."""
        return self.core.session is not None or self._installation is not None

    def select(self, channel: Channel, command: CommandApdu) -> bytes:
        """FCI with the proprietary template 'E0' of SGP.22 §5.7.1."""
        if self.port and self.core.mode is not MepMode.B:
            raise StatusError(SW.FILE_NOT_FOUND)
        template = rsp.encode("ISDRProprietaryApplicationTemplate", {"svn": self.core.features.base_svn})
        return tlv.encode(0x6F, tlv.encode(0x84, self.aid) + tlv.encode(0xA5, template))

    def store_data(self, channel: Channel, command: CommandApdu) -> bytes:
        """STORE DATA, §5.7.2: P1 '11' more blocks, '91' the last; P2 counts them from 0."""
        if command.p1 not in (_MORE_BLOCKS, _LAST_BLOCK):
            raise StatusError(SW.INCORRECT_P1_P2)
        messages, number = self._messages, channel.number
        collected, blocks = messages.get(number, (b"", 0))
        if command.p2 != blocks:
            messages.pop(number, None)
            if command.p2 or blocks == BLOCK_LIMIT:
                raise StatusError(SW.INCORRECT_P1_P2)
            collected, blocks = b"", 0
        message = collected + command.data
        if len(message) > MESSAGE_LIMIT:
            messages.pop(number, None)
            raise StatusError(SW.NOT_ENOUGH_MEMORY)
        if command.p1 == _MORE_BLOCKS:
            messages[number] = message, blocks + 1
            return b""
        messages.pop(number, None)
        return self.execute(message)

    def execute(self, message: bytes) -> bytes:
        """Answer one message of ES10, or take one piece of a bound profile package.

        StatusError 6A88 for an unknown function, 6A80 for a message that is not what its tag says.
        """
        tag = _tag(message)
        function = self._function(tag)
        # What nothing else knows counts as a piece while a package comes in: the package is at fault.
        if tag in PIECE_TAGS or (function is None and self._installation is not None):
            return self._take_piece(tag, message)
        if function is None:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        try:
            request = function.codec.decode(function.request, message)
        except Asn1Error:
            raise StatusError(SW.INCORRECT_DATA) from None
        if tag != _CANCEL_SESSION:
            self._interrupt()
        self._installation = None
        self.core.port = self.port
        return function.handler(self.core, request)

    def _function(self, tag: int) -> Es10Function | None:
        """What this eUICC has for the tag, in the version that it follows."""
        function = self._functions.get(tag)
        if function is None:
            return None
        return None if (function.is_v2 if self.core.features.is_v3 else function.is_v3) else function

    def _interrupt(self) -> None:
        """A package that was on its way in is given up, and the server will hear of it (SGP.22 §2.5.6)."""
        installation, self._installation = self._installation, None
        if installation is not None:
            installation.interrupt()

    def _take_piece(self, tag: int, piece: bytes) -> bytes:
        """§5.7.6 LoadBoundProfilePackage; 6985 without a prepared download."""
        if tag == 0xBF36:
            self._installation, result = begin(self.core, piece)
            if self._installation is None and not result:
                raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
            return result
        if self._installation is None:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        answer = self._installation.take(piece)
        if answer is None:
            return b""
        self._installation = None
        return answer

    COMMANDS = (command("STORE DATA", PROPRIETARY, 0xE2, "34", "SGP.22 §5.7.2", store_data),)


def _tag(message: bytes) -> int:
    """The tag that a message begins with, one or two bytes; 0 for an empty message."""
    if not message:
        return 0
    return message[0] if message[0] & 0x1F != 0x1F else int.from_bytes(message[:2], "big")


class Ecasd(Application):
    """The ECASD: EID and certificates, to be read with GET DATA (SGP.22 §2.4.3)."""

    AID = bytes.fromhex("A0000005591010FFFFFFFF8900000200")

    def __init__(self, core: EuiccCore) -> None:
        super().__init__()
        self.core = core

    def select(self, channel: Channel, command: CommandApdu) -> bytes:
        return tlv.encode(0x6F, tlv.encode(0x84, self.aid))

    def get_data(self, channel: Channel, command: CommandApdu) -> bytes:
        """GET DATA: '5A' the EID; 'BF30' the certificates of eUICC and EUM."""
        tag = command.p1 << 8 | command.p2
        if tag == 0x005A:
            return tlv.encode(0x5A, self.core.identity.eid)
        if tag == 0xBF30:
            pairs = ((item.certificate, item.eum_certificate) for item in self.core.identity.credentials)
            return tlv.encode(0xBF30, b"".join(der for pair in pairs for der in pair))
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)

    COMMANDS = (
        command("GET DATA", ISO, 0xCA, "2", "GP Card Specification §11.3", get_data),
        command("GET DATA", PROPRIETARY, 0xCA, "2", "GP Card Specification §11.3", get_data),
    )
