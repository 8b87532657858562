"""Secured pages of a cell broadcast, as the terminal hands them on in ENVELOPE 'D2'; all of them by hand."""

from __future__ import annotations

import pytest

from cards.status import StatusError
from simulator.crypto.scp80 import CommandPacket, Keys, Spi, secure_command
from simulator.profile import build, describe, image_of
from simulator.uicc import Card, FileSystem
from simulator.uicc.cell_broadcast import read_page
from simulator.uicc.toolkit import Applet, commands
from simulator.uicc.toolkit.runtime import Session
from tests.simulator.uicc.ota.conftest import OPEN, Network, tlv
from tests.simulator.uicc.ota.test_ota_card import KIC, KID, UICC_FILES

SECURED, CLEAR = "1080", "1000"
UPDATE = "00A40004026FF1" + "00D6000003AABBCC"


def envelope(
    content: bytes, *, identifier: str = SECURED, parameter: int = 0x11, serial: str = "0010"
) -> bytes:
    """One page, filled up with 'FF'."""
    page = bytes.fromhex(serial + identifier) + b"\x01" + bytes((parameter,)) + content.ljust(82, b"\xff")
    return tlv(0xD2, bytes.fromhex("82028381") + tlv(0x8C, page))


def body(network: Network) -> bytes:
    card = network.card
    return card.files.body(card.files.index.by_path["3F00/6FF1"])[:3]


def broadcast(network: Network, *pages: bytes) -> None:
    for page in pages:
        network.ota.broadcast(read_page(page))


def test_a_script_in_one_page(network: Network) -> None:
    network.spi = "0000"
    broadcast(network, envelope(network.packet(OPEN, UPDATE)))
    assert body(network).hex() == "aabbcc"
    assert network.sent == []


def test_a_script_by_hand(network: Network) -> None:
    """CPL 001D, CHL 0D, SPI 0000, KIc and KID 00, TAR B00003, CNTR and PCNTR 0, then the commands."""
    packet = bytes.fromhex("001D" + "0D" + "0000" + "00" + "00" + "B00003" + "000000000000" + UPDATE)
    broadcast(network, envelope(packet))
    assert body(network).hex() == "aabbcc"


def test_pages_come_in_any_order(network: Network) -> None:
    network.spi = "0000"
    packet = network.packet(OPEN, "00A40004026FF1" + "00D6000060" + "5A" * 96)
    assert 82 < len(packet) <= 164
    first, second = (
        envelope(packet[at : at + 82], parameter=number << 4 | 2) for number, at in ((1, 0), (2, 82))
    )
    other = envelope(packet[:82], parameter=0x12, serial="0011")
    broadcast(network, second, other)
    assert body(network).hex() == "000102"
    broadcast(network, first)
    assert body(network).hex() == "5a5a5a"


def test_security_is_asked_for_as_in_short_messages(network: Network) -> None:
    """A wrong checksum, a target that wants one, a counter that was there: nothing happens."""
    network.spi = "1221"  # checksum, counter higher, a proof by SMS-SUBMIT
    good = network.packet(network.ota.configuration.targets[0].tar, UPDATE)
    broadcast(network, envelope(good[:-1] + bytes((good[-1] ^ 1,))))
    assert body(network).hex() == "000102"
    broadcast(network, envelope(good))
    assert body(network).hex() == "aabbcc"
    network.card.files.bodies.clear()
    broadcast(network, envelope(good))
    assert body(network).hex() == "000102", "the counter"
    network.spi = "0000"
    broadcast(network, envelope(network.packet(network.ota.configuration.targets[0].tar, UPDATE)))
    assert body(network).hex() == "000102", "too little security"
    assert network.sent == [], "nobody is there to get a proof"
    assert network.faults == []


@pytest.mark.parametrize(
    "data",
    [
        "D200",
        "D20482028381",
        "D2 04 82028281".replace(" ", ""),
        tlv(0xD2, bytes.fromhex("82028381") + tlv(0x8C, bytes(87))).hex(),
        tlv(0xD2, bytes.fromhex("82028281") + tlv(0x8C, bytes(88))).hex(),
        "D2058202838100",
        "D2FF",
    ],
)
def test_what_is_no_page(data: str) -> None:
    with pytest.raises(StatusError, match="6A80"):
        read_page(bytes.fromhex(data))


def test_what_is_no_packet(network: Network) -> None:
    with pytest.raises(StatusError, match="6A80"):
        broadcast(network, envelope(bytes.fromhex("0003") + bytes(3)))
    broadcast(network, envelope(b"", parameter=0x32))  # page 3 of 2


def test_a_parameter_of_zero_is_one_page() -> None:
    page = read_page(envelope(b"", parameter=0x00))
    assert (page.number, page.total) == (1, 1)
    assert (page.serial, page.identifier, page.coding, len(page.content)) == (0x10, 0x1080, 1, 82)


class Listener(Applet):
    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def broadcast_received(self, card: Card, page: object) -> Session:
        self.heard.append(page.content[:4])  # type: ignore[attr-defined]
        yield commands.more_time()


def make_card(*applets: Applet) -> Card:
    files = FileSystem(image_of(build.build_package(describe.load_shipped("home-operator"))))
    card = Card(files, entropy=bytes, applets=applets)
    card.transmit(bytes.fromhex("8010000009") + b"\xff" * 9)
    return card


def send(card: Card, data: bytes) -> str:
    return card.transmit(bytes.fromhex("80C20000") + bytes((len(data),)) + data).hex().upper()


def test_a_card_with_a_real_profile_is_written_and_remembers_the_counter() -> None:
    """ADM1 is what the profile lets the network do: EF.LI is written, and the packet counts once."""
    card = make_card()
    command = CommandPacket(
        Spi.parse(bytes.fromhex("1600")),
        0x12,
        0x12,
        UICC_FILES,
        7,
        bytes.fromhex("00A40004022F05" + "00D60000026672"),
    )
    page = envelope(secure_command(command, Keys(KIC, KID)))
    assert send(card, page) == "9000"
    files = FileSystem(card.files.image)
    files.restore(card.files.save())
    assert files.body(files.index.by_path["3F00/2F05"])[:2] == b"fr"
    assert max(files.remote_counters.values()) == 7


def test_a_page_in_clear_goes_to_the_applications() -> None:
    listener = Listener()
    card = make_card(listener)
    assert send(card, envelope(b"news", identifier=CLEAR)) == "910B"
    assert listener.heard == [b"news"]
    assert send(make_card(), envelope(b"news", identifier=CLEAR)) == "9000"
    assert send(card, bytes.fromhex("D20482028381")) == "6A80"
    assert listener.heard == [b"news"]
