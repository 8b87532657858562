"""A secured packet as the terminal hands it on: ENVELOPE to a card with a real profile, keys and all."""

from __future__ import annotations

import pytest

from asn1 import saip
from simulator.crypto.scp80 import (
    CommandPacket,
    Key,
    Keys,
    ResponsePacket,
    Spi,
    open_response,
    secure_command,
)
from simulator.crypto.scp80_algorithms import Algorithm
from simulator.profile import build, describe, image_of
from simulator.uicc import Card, FileSystem
from simulator.uicc.ota.sms import ShortMessage
from simulator.uicc.toolkit import Applet, commands
from simulator.uicc.toolkit.runtime import Session
from tests.simulator.uicc.ota.conftest import download

KIC, KID = (
    Key(bytes.fromhex(value), Algorithm.AES)
    for value in ("404142434445464748494a4b4c4d4e4f", "505152535455565758595a5b5c5d5e5f")
)
UICC_FILES = bytes.fromhex("B00000")
"""TAR of the remote file management of the UICC's own files (TS 101 220 annex D)."""
READ_ICCID = "00A40004022FE2" + "00B000000A"


class Operator:
    """Sends scripts by SMS-PP to the card, and opens the proofs of receipt."""

    def __init__(self, files: FileSystem, keys: Keys = Keys(KIC, KID)) -> None:  # noqa: B008 - immutable
        self.keys = keys
        self.card = Card(files, entropy=bytes)
        self.faults: list[Exception] = []
        self.card.on_fault = lambda apdu, error: self.faults.append(error)

    def send(self, counter: int, script: str) -> ResponsePacket:
        spi = Spi.parse(bytes.fromhex("1619"))  # CMAC, ciphered, counter higher; the proof of receipt too
        command = CommandPacket(spi, 0x12, 0x12, UICC_FILES, counter, bytes.fromhex(script))
        packet = secure_command(command, self.keys)
        envelope = download(b"\x02\x70\x00" + packet)
        answer = self.card.transmit(bytes.fromhex("80C20000") + bytes((len(envelope),)) + envelope)
        assert answer[0] in (0x61, 0x62)
        report = self.card.transmit(bytes.fromhex("00C0000000"))
        assert report[-2:] == b"\x90\x00"
        assert not self.faults
        return open_response(report[3:-2], command, self.keys)


@pytest.fixture
def operator() -> Operator:
    return Operator(FileSystem(image_of(build.build_package(describe.load_shipped("home-operator")))))


def test_a_file_is_read_over_the_air(operator: Operator) -> None:
    response = operator.send(1, READ_ICCID)
    assert (response.status, response.data.hex()) == (0, "029000" + "989909000000000007f9")


def test_a_key_of_the_profile_says_how_long_its_macs_are() -> None:
    """macLength 4 of the SAIP key: four bytes of CMAC are right now, and eight are not."""
    listed = list(build.elements(describe.load_shipped("home-operator")))
    for name, element in listed:
        if name == "securityDomain":
            for key in element["keyList"]:
                key["keyComponents"] = [{**part, "macLength": 4} for part in key["keyComponents"]]
    package = b"".join(saip.encode("ProfileElement", element) for element in listed)
    files = FileSystem(image_of(package))
    short = Operator(files, Keys(KIC, KID._replace(mac_length=4)))
    assert short.send(1, READ_ICCID).status == 0
    restored = FileSystem(files.image)
    restored.restore(files.save())
    assert Operator(restored, short.keys).send(2, READ_ICCID).status == 0
    envelope = download(
        b"\x02\x70\x00"
        + secure_command(
            CommandPacket(Spi.parse(bytes.fromhex("1621")), 0x12, 0x12, UICC_FILES, 9, b""), Keys(KIC, KID)
        )
    )
    answer = short.card.transmit(bytes.fromhex("80C20000") + bytes((len(envelope),)) + envelope)
    assert answer.hex().startswith("91"), "the proof of receipt, an error, waits as SEND SHORT MESSAGE"
    fetched = short.card.transmit(bytes.fromhex("80120000") + answer[1:])
    assert fetched[:-2].hex().endswith("027100" + "000b0a" + "b00000" + "0000000000" + "00" + "06")


def test_a_packet_is_not_taken_twice_even_after_the_power_was_gone(operator: Operator) -> None:
    assert operator.send(5, READ_ICCID).status == 0
    assert operator.send(5, READ_ICCID).status == 2
    files = FileSystem(operator.card.files.image)
    files.restore(operator.card.files.save())
    again = Operator(files)
    assert again.send(5, READ_ICCID).status == 2
    assert again.send(6, READ_ICCID).status == 0


def test_the_terminal_sees_nothing_of_the_remote_selection(operator: Operator) -> None:
    assert operator.card.transmit(bytes.fromhex("00A4080C022F05")) == b"\x90\x00"
    operator.send(1, READ_ICCID)
    assert operator.card.transmit(bytes.fromhex("00B0000002"))[:2] == b"en"


def test_other_envelopes_are_taken(operator: Operator) -> None:
    assert operator.card.transmit(bytes.fromhex("80C2000004D6020000")) == b"\x90\x00"
    assert operator.card.transmit(bytes.fromhex("80C2000003D10100")) == bytes.fromhex("6A80")


class Reader(Applet):
    """Notes what messages say."""

    def __init__(self) -> None:
        self.read: list[tuple[bytes, bytes]] = []

    def message_received(self, card: Card, message: ShortMessage) -> Session:
        self.read.append((message.originator.octets, message.text))
        yield commands.more_time()


def test_a_message_without_a_packet_goes_to_the_applications() -> None:
    """In one part and in two; one that is not for the card is nobody's."""
    reader = Reader()
    files = FileSystem(image_of(build.build_package(describe.load_shipped("home-operator"))))
    card = Card(files, entropy=bytes, applets=[reader])
    card.transmit(bytes.fromhex("8010000009") + b"\xff" * 9)

    def send(envelope: bytes) -> str:
        return card.transmit(bytes.fromhex("80C20000") + bytes((len(envelope),)) + envelope).hex()

    assert send(download(b"hello", first=0x04)) == "910b"
    assert send(download(bytes.fromhex("050003070202") + b"world")) == "910b"
    assert reader.read == [(bytes.fromhex("8119f0"), b"hello")]
    assert send(download(bytes.fromhex("050003070201") + b"big ")) == "910b"
    assert send(download(b"for you", first=0x04, pid=0x00)) == "910b"
    card.transmit(bytes.fromhex("801200000B"))
    card.transmit(bytes.fromhex("801400000C") + bytes.fromhex("810301020082028281830100"))
    assert [text for _, text in reader.read] == [b"hello", b"big world"]
