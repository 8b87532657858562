"""A card with three targets, and the network that sends to it. Packets and envelopes are put together here
from their fields, so that the receiver is not tested with its own code alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.crypto.scp80 import (
    CommandPacket,
    Key,
    Keys,
    ResponsePacket,
    Spi,
    open_response,
    secure_command,
)
from simulator.profile import access_rules
from simulator.uicc.application import Application
from simulator.uicc.card import Card
from simulator.uicc.channel import Channel
from simulator.uicc.command import ISO, PROPRIETARY, command
from simulator.uicc.filesystem import FileSystem
from simulator.uicc.image import CardImage, DfImage, EfImage, FileStructure, PinImage
from simulator.uicc.ota import AccessDomain, ApplicationTarget, FileTarget, KeySet, Ota, OtaConfiguration
from simulator.uicc.ota.configuration import FULL_ACCESS

USIM = bytes.fromhex("A0000000871002FFFFFFFF8903020000")
ISD = bytes.fromhex("A000000151000000")
DES_KEYS = KeySet(
    1,
    Key(bytes.fromhex("300102030405060708090a0b0c0d0e0f")),
    Key(bytes.fromhex("301102030405060708090a0b0c0d0e0f")),
    Key(bytes.fromhex("302102030405060708090a0b0c0d0e0f")),
    ISD,
)
AES_KEYS = KeySet(
    2,
    Key(bytes.fromhex("200102030405060708090a0b0c0d0e0f")),
    Key(bytes.fromhex("201102030405060708090a0b0c0d0e0f")),
    None,
    ISD,
    0x10,
)
SHARED, USIM_FILES, LIMITED, ISSUER, ABSENT, OPEN = (
    bytes.fromhex(tar) for tar in ("B00000", "B00001", "B00002", "000000", "B0000F", "B00003")
)
CONFIGURATION = OtaConfiguration(
    (DES_KEYS, AES_KEYS),
    (
        FileTarget(SHARED, 0x02, ISD, FULL_ACCESS, FULL_ACCESS),
        FileTarget(USIM_FILES, 0x16, ISD, FULL_ACCESS, FULL_ACCESS, USIM, FULL_ACCESS, FULL_ACCESS),
        FileTarget(LIMITED, 0x02, ISD, AccessDomain.of(0x01), adf=USIM, adf_access=AccessDomain.of(0x01)),
        ApplicationTarget(ISSUER, 0x02, ISD, ISD),
        FileTarget(ABSENT, 0x00, ISD, FULL_ACCESS, adf=bytes(5)),
        FileTarget(OPEN, 0x00, b"", FULL_ACCESS),
    ),
)


def ef(fid: int, content: str, rule: int, arr: int = 0x2F06) -> EfImage:
    security = b"\x8b\x03" + arr.to_bytes(2, "big") + bytes((rule,))
    return EfImage(fid, FileStructure.TRANSPARENT, bytes.fromhex(content), security=security)


def arr(fid: int) -> EfImage:
    length = access_rules.RECORD_LENGTH
    body = b"".join(record.ljust(length, b"\xff") for record in access_rules.RECORDS)
    return EfImage(fid, FileStructure.LINEAR_FIXED, body, record_length=length)


ALWAYS_READ, PIN1_READ = 10, 2
"""Records of EF.ARR, SAIP §9.9: update by ADM; read always, or with PIN1."""
DISPLAY_TEXT = "D00F8103012100820281028D0404484921FF"
IMAGE = CardImage(
    DfImage(
        0x3F00,
        (
            ef(0x2FE2, "98001032547698103214", ALWAYS_READ),
            ef(0x2F05, "656EFFFF", PIN1_READ),
            ef(0x6FF1, bytes(range(256)).hex() + "00" * 44, ALWAYS_READ),
            arr(0x2F06),
            DfImage(
                0x7F10,
                (
                    EfImage(
                        0x6F53,
                        FileStructure.LINEAR_FIXED,
                        bytes.fromhex("FF" * 18 + DISPLAY_TEXT),
                        record_length=18,
                    ),
                ),
            ),
        ),
        security=bytes.fromhex("AB0B" + "800107" + "A406" + "83010A" + "950108"),
        pin_status=bytes((0x01, 0x0A)),
    ),
    (
        DfImage(
            0x7FF1,
            (ef(0x6F07, "080910101032547698", PIN1_READ, 0x6F06), arr(0x6F06)),
            aid=USIM,
            pin_status=bytes((0x01, 0x0A)),
        ),
    ),
    pins=(
        PinImage(0x01, b"1234\xff\xff\xff\xff", unblock=b"12345678"),
        PinImage(0x0A, b"55555555", tries=10, maximum_tries=10),
    ),
)


class Issuer(Application):
    """Stands for an issuer security domain: it tells what it was asked."""

    AID: ClassVar[bytes] = ISD

    def __init__(self) -> None:
        super().__init__()
        self.keks: list[Key | None] = []

    def get_data(self, channel: Channel, command: CommandApdu) -> bytes:
        return bytes.fromhex("E012C00401018210C00402018210C00403018210")

    def put_key(self, channel: Channel, command: CommandApdu) -> bytes:
        assert getattr(channel, "is_remote", False)
        self.keks.append(getattr(channel, "kik", None))
        return b"\x01"

    def fail(self, channel: Channel, command: CommandApdu) -> bytes:
        raise ZeroDivisionError

    def get_status(self, channel: Channel, command: CommandApdu) -> bytes:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)

    COMMANDS = (
        command("GET DATA", PROPRIETARY, 0xCA, "2", "GP §11.3", get_data),
        command("PUT KEY", PROPRIETARY, 0xD8, "34", "GP §11.8", put_key),
        command("GET STATUS", PROPRIETARY, 0xF2, "34", "GP §11.4", get_status),
        command("STORE DATA", PROPRIETARY, 0xE2, "34", "GP §11.11", fail),
        command("GET CHALLENGE", ISO, 0x84, "2", "no business of the network", get_data),
    )


def tlv(tag: int, value: bytes) -> bytes:
    """A TLV with a length of one or two octets."""
    return bytes((tag,)) + (b"\x81" if len(value) > 127 else b"") + bytes((len(value),)) + value


def download(
    user_data: bytes, *, first: int = 0x44, pid: int = 0x7F, dcs: int = 0xF6, centre: str = ""
) -> bytes:
    """ENVELOPE (SMS-PP DOWNLOAD) with an SMS-DELIVER from number '910'; TP-SCTS of 2011-11-42."""
    tpdu = bytes((first,)) + bytes.fromhex("038119F0") + bytes((pid, dcs)) + bytes.fromhex("11112413582204")
    tpdu += bytes((len(user_data),)) + user_data
    address = tlv(0x06, bytes.fromhex(centre)) if centre else b""
    return tlv(0xD1, bytes.fromhex("82028381") + address + tlv(0x8B, tpdu))


@dataclass
class Network:
    """Sends scripts, and opens what comes back."""

    card: Card
    ota: Ota
    issuer: Issuer
    spi: str = "1609"
    kic: int = 0x15
    kid: int = 0x15
    keys: KeySet = DES_KEYS
    counter: int = 0
    sent: list[bytes] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    command: CommandPacket = CommandPacket(Spi(), 0, 0, bytes(3))  # noqa: RUF009 - immutable

    def packet(self, tar: bytes, script: str) -> bytes:
        self.counter += 1
        self.command = CommandPacket(
            Spi.parse(bytes.fromhex(self.spi)), self.kic, self.kid, tar, self.counter, bytes.fromhex(script)
        )
        return secure_command(self.command, Keys(self.keys.kic, self.keys.kid))

    def send(self, tar: bytes, script: str) -> bytes:
        """The answer to ENVELOPE: user data of the delivery report."""
        return self.ota.handle(download(b"\x02\x70\x00" + self.packet(tar, script)))

    def opened(self, user_data: bytes) -> ResponsePacket:
        assert user_data[:3].hex() == "027100"
        return open_response(user_data[3:], self.command, Keys(self.keys.kic, self.keys.kid))

    def __call__(self, tar: bytes, script: str) -> str:
        """The response data of a script, hexadecimal."""
        response = self.opened(self.send(tar, script))
        assert response.status == 0
        return response.data.hex().upper()

    def refused(self, tar: bytes, script: str = "00A40004023F00") -> bytes:
        """The user data that come with 6200."""
        with pytest.raises(StatusError) as caught:
            self.send(tar, script)
        assert caught.value.sw == SW.WARNING
        return caught.value.data


def make_network() -> Network:
    issuer = Issuer()
    card = Card(FileSystem(IMAGE), entropy=bytes, applications=[issuer])
    sent: list[bytes] = []
    made = Network(card, Ota(card, CONFIGURATION, sent.append), issuer, sent=sent)
    card.on_fault = lambda apdu, error: made.faults.append(error)
    return made


@pytest.fixture
def network() -> Network:
    return make_network()
