"""The terminal's side of a GlobalPlatform secure channel, SCP02 or SCP03, with room for one wrong thing (GP
Card Specification annex E, Amendment D §7)."""

from __future__ import annotations

from typing import Final

from cards.apdu import ResponseApdu
from cards.status import StatusWord
from simulator.conformance.exchange import Line, answers
from simulator.conformance.known import RemoteKeys
from simulator.conformance.model import Subject, expect, require
from simulator.conformance.server import flipped
from simulator.crypto.scp02 import Scp02
from simulator.crypto.scp03 import Scp03
from simulator.crypto.secure_channel import SecureChannel, SecureMessagingError, SecurityLevel, StaticKeys
from simulator.testing.capabilities import find_domain

HOST_CHALLENGE: Final = bytes.fromhex("0102030405060708")
_SECURE = 0x84


def selected(subject: Subject) -> Line:
    """The issuer security domain, selected."""
    aid = find_domain(subject.link)
    require(bool(aid), "the card has no issuer security domain")
    return Line(subject.link)


class Session:
    """A secure channel that is being opened. `keys` is the key set, `line` leads to the selected domain."""

    def __init__(self, line: Line, keys: RemoteKeys) -> None:
        self.line, self.keys = line, keys
        self.answer = b""
        self.channel: SecureChannel | None = None

    def initialize(self, challenge: bytes = HOST_CHALLENGE) -> None:
        """INITIALIZE UPDATE; the card's cryptogram must be right."""
        head = f"8050{self.keys.version:02X}00{len(challenge):02X}"
        data = self.line(bytes.fromhex(head) + challenge + b"\0", doing="INITIALIZE UPDATE")
        static = StaticKeys(*(self.keys.values[number] for number in (1, 2, 3)))
        expect(
            len(data) in (28, 29, 32), f"INITIALIZE UPDATE answers {len(data)} bytes: 28, 29 or 32 are right"
        )
        version, protocol = data[10], data[11]
        expect(version == self.keys.version, f"it names key version {version:02X}")
        if protocol == 0x02:
            self.channel = Scp02(static, data[12:14], challenge, data[14:20])
            cryptogram = data[20:28]
        else:
            expect(protocol == 0x03, f"it names SCP{protocol:02X}, which is neither SCP02 nor SCP03")
            self.channel = Scp03(static, challenge, data[13:21])
            cryptogram = data[21:29]
        self.answer = data
        expect(cryptogram == self.channel.card_cryptogram, "the card cryptogram is wrong")

    def authenticate(
        self, level: SecurityLevel = SecurityLevel.C_MAC, *, spoil: int | None = None
    ) -> StatusWord:
        """EXTERNAL AUTHENTICATE, with the byte `spoil` of its data wrong."""
        assert self.channel is not None, "INITIALIZE UPDATE comes before"
        header = bytes((_SECURE, 0x82, level, 0))
        data = self.channel.protect_authentication(header, level)
        data = data if spoil is None else flipped(data, spoil)
        return self.line.send(header + bytes((len(data),)) + data).sw

    def open(self, level: SecurityLevel = SecurityLevel.C_MAC) -> None:
        """Both steps."""
        self.initialize()
        answers(self.authenticate(level), "9000", "EXTERNAL AUTHENTICATE")

    def protected(self, header: bytes, data: bytes) -> bytes:
        """A command, as bytes, whose data are secured as the session asks for."""
        assert self.channel is not None, "the session is open"
        secured = self.channel.protect_command(header, data)
        return header + bytes((len(secured),)) + secured + b"\0"

    def send(self, header: str, data: bytes = b"") -> ResponseApdu:
        """A secured command; the answer is opened."""
        assert self.channel is not None, "the session is open"
        response = self.line.send(self.protected(bytes.fromhex(header), data))
        try:
            opened = self.channel.open_response(response.data, response.sw)
        except SecureMessagingError as error:
            expect(False, f"{header}: {error}")
            raise AssertionError from error  # for the type checker
        return ResponseApdu(opened, response.sw)
