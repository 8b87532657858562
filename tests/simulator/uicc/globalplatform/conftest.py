"""A card with an issuer security domain, and the terminal's end of secure channels."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from simulator.crypto.scp02 import Scp02
from simulator.crypto.scp03 import Scp03
from simulator.crypto.secure_channel import SecureChannel, SecurityLevel, StaticKeys, key_check_value
from simulator.uicc import Card, FileSystem
from simulator.uicc.image import CardImage, DfImage, KeyImage, SecurityDomainImage
from tests.simulator.conftest import entropy

ISD = bytes.fromhex("A000000151000000")
SSD = bytes.fromhex("A00000015153500001")
ARA_M = bytes.fromhex("A00000015141434C00")
SSD_FILE, SSD_MODULE = bytes.fromhex("A0000001515350"), bytes.fromhex("A000000151535041")
ARA_FILE = bytes.fromhex("A00000015141434C")
AES, DES = 0x88, 0x80
HOST_CHALLENGE = b"terminal"
OK = bytes.fromhex("9000")


def keys_of(length: int) -> StaticKeys:
    return StaticKeys(*(bytes(range(start, start + length)) for start in (0x10, 0x40, 0x70)))


def key_images(version: int, kind: int, keys: StaticKeys) -> tuple[KeyImage, ...]:
    return tuple(KeyImage(number, version, ((kind, value),)) for number, value in enumerate(keys, 1))


VERSIONS = {0x01: (AES, 16), 0x20: (DES, 16), 0x30: (AES, 16), 0x31: (AES, 24), 0x32: (AES, 32)}
"""Key sets of the issuer security domain: version → type and length."""


def image(parameters: str = "810202158102 0370", privileges: str = "9EDC00") -> CardImage:
    keys = [key_images(version, kind, keys_of(length)) for version, (kind, length) in VERSIONS.items()]
    domain = SecurityDomainImage(
        ISD,
        SSD_FILE,
        SSD_MODULE,
        bytes.fromhex(privileges),
        application_specific_parameters=bytes.fromhex(parameters),
        keys=tuple(key for one in keys for key in one),
    )
    return CardImage(DfImage(0x3F00, name="MF"), security_domains=(domain,))


class Answer(NamedTuple):
    data: bytes
    sw: str


class Terminal:
    """Speaks with one application of the card, over T=0, in a secure channel once `open` was called."""

    def __init__(self, card: Card, channel: int = 0) -> None:
        self.card = card
        self.channel = channel
        self.secure: SecureChannel | None = None

    def plain(self, cla: int, command: str, data: bytes = b"", *, le: bool = True) -> Answer:
        header = bytes((cla | self.channel,)) + bytes.fromhex(command)
        apdu = header + (bytes((len(data),)) + data if data else b"") + (b"\0" if le else b"")
        answer = self.card.transmit(apdu)
        if answer[0] == 0x6C:
            answer = self.card.transmit(apdu[:-1] + answer[1:2])
        data, status = answer[:-2], answer[-2:]
        # 6310 leaves its data in the answer itself; 61XX has more to fetch.
        while status[0] == 0x61:
            answer = self.card.transmit(bytes((self.channel, 0xC0, 0, 0, status[1])))
            data, status = data + answer[:-2], answer[-2:]
        return Answer(data, status.hex().upper())

    def select(self, aid: bytes) -> Answer:
        self.secure = None
        return self.plain(0x00, "A40400", aid)

    def open(
        self,
        version: int = 0x30,
        level: int = 0x01,
        keys: StaticKeys | None = None,
        aid: bytes = ISD,
    ) -> None:
        """Select, INITIALIZE UPDATE, check the card cryptogram, EXTERNAL AUTHENTICATE."""
        assert self.select(aid).sw == "9000"
        answer = self.plain(0x80, f"50{version:02X}00", HOST_CHALLENGE)
        assert answer.sw == "9000", answer
        body = answer.data
        assert body[:10] == bytes(10)
        assert body[10] == version or not version
        keys = keys or keys_of(VERSIONS[body[10]][1])
        secure: SecureChannel
        if body[11] == 0x02:
            secure, cryptogram = Scp02(keys, body[12:14], HOST_CHALLENGE, body[14:20]), body[20:28]
        else:
            secure, cryptogram = Scp03(keys, HOST_CHALLENGE, body[13:21]), body[21:29]
        assert secure.card_cryptogram == cryptogram
        header = bytes((0x84, 0x82, level, 0))
        data = secure.protect_authentication(header, SecurityLevel(level))
        assert self.plain(0x84, f"82{level:02X}00", data, le=False) == Answer(b"", "9000")
        self.secure = secure

    def send(self, command: str, data: bytes = b"", *, le: bool = True) -> Answer:
        """INS, P1, P2 in hexadecimal, of class '80', secured as the session asks for it."""
        assert self.secure is not None
        if not self.secure.level:
            return self.plain(0x80, command, data, le=le)
        protected = self.secure.protect_command(bytes((0x84,)) + bytes.fromhex(command), data)
        answer = self.plain(0x84, command, protected, le=le)
        return Answer(self.secure.open_response(answer.data, int(answer.sw, 16)), answer.sw)

    def put_key(self, version: int, keys: StaticKeys, kind: int = AES, replaces: int = 0) -> Answer:
        return self.send(f"D8{replaces:02X}81", self.key_data(version, keys, kind))

    def key_data(self, version: int, keys: StaticKeys, kind: int = AES) -> bytes:
        assert self.secure is not None
        data = bytes((version,))
        for key in keys:
            ciphered = self.secure.encrypt_sensitive(key + bytes(-len(key) % 16))
            field = bytes((len(key),)) + ciphered if kind == AES else ciphered
            check = key_check_value(key, is_aes=kind == AES)
            data += bytes((kind, len(field))) + field + bytes((3,)) + check
        return data

    def install(self, p1: int, *fields: bytes) -> Answer:
        return self.send(f"E6{p1:02X}00", b"".join(bytes((len(field),)) + field for field in fields))

    def install_domain(self, aid: bytes = SSD) -> Answer:
        return self.install(0x0C, SSD_FILE, SSD_MODULE, aid, b"\x80", bytes.fromhex("C900"), b"")

    def install_access_rules(self) -> Answer:
        return self.install(0x0C, ARA_FILE, ARA_M, ARA_M, b"\0", bytes.fromhex("C900"), b"")


def make_card(files: FileSystem | None = None) -> Card:
    card = Card(files or FileSystem(image()), entropy=entropy("globalplatform"))

    def on_fault(apdu: bytes, error: Exception) -> None:
        raise AssertionError(f"fault at {apdu.hex()}") from error

    card.on_fault = on_fault
    return card


@pytest.fixture
def card() -> Card:
    return make_card()


@pytest.fixture
def terminal(card: Card) -> Terminal:
    return Terminal(card)


@pytest.fixture
def authenticated(terminal: Terminal) -> Terminal:
    terminal.open()
    return terminal
