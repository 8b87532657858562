"""ADM1 to ADM10 (TS 102 221 Table 9.3): each opens what its rule names, and nothing else."""

from __future__ import annotations

import pytest

from asn1 import tlv
from simulator.uicc import Card, FileSystem
from simulator.uicc.image import CardImage, DfImage, EfImage, FileStructure, PinImage

ADMINISTRATIVE = (*range(0x0A, 0x0F), *range(0x8A, 0x8F))
READ = bytes.fromhex("800101")
UNIVERSAL = 0x11


def value(reference: int) -> bytes:
    return f"adm {reference:02X}".encode().ljust(8, b"\xff")


def rule(reference: int) -> bytes:
    """Read with this key reference: one 'A4' of the expanded format."""
    usage = bytes.fromhex("950108")
    return tlv.encode(0xAB, READ + tlv.encode(0xA4, bytes((0x83, 1, reference)) + usage))


def make_card() -> Card:
    files = tuple(
        EfImage(0x6F00 | reference, FileStructure.TRANSPARENT, bytes((reference,)), security=rule(reference))
        for reference in (*ADMINISTRATIVE, UNIVERSAL)
    )
    pins = tuple(
        PinImage(reference, value(reference), unblock=b"12345678")
        for reference in (*ADMINISTRATIVE, UNIVERSAL)
    )
    status = bytes((*ADMINISTRATIVE, UNIVERSAL))
    return Card(FileSystem(CardImage(DfImage(0x3F00, files, pin_status=status), pins=pins)), entropy=bytes)


def send(card: Card, command: str, data: bytes = b"") -> str:
    length = bytes((len(data),)) if data else b""
    return card.transmit(bytes.fromhex(command) + length + data).hex().upper()


def readable(card: Card) -> list[int]:
    """Which files can be read now."""
    found = []
    for reference in (*ADMINISTRATIVE, UNIVERSAL):
        assert send(card, "00A4000C", bytes((0x6F, reference))) == "9000"
        answer = send(card, "00B0000001")
        assert answer in ("6982", f"{reference:02X}9000")
        if answer != "6982":
            found.append(reference)
    return found


@pytest.mark.parametrize("reference", [*ADMINISTRATIVE, UNIVERSAL])
def test_one_opens_its_own_files_and_no_other(reference: int) -> None:
    card = make_card()
    assert readable(card) == []
    assert send(card, f"002000{reference:02X}") == "63C3"
    assert send(card, f"002000{reference:02X}", value(reference)) == "9000"
    assert readable(card) == [reference]
    card.reset()
    assert readable(card) == []


@pytest.mark.parametrize("reference", [*ADMINISTRATIVE, UNIVERSAL])
def test_change_block_and_unblock(reference: int) -> None:
    card, new = make_card(), b"new\xff\xff\xff\xff\xff"
    assert send(card, f"002400{reference:02X}", value(reference) + new) == "9000"
    for tries in ("63C2", "63C1", "63C0"):
        assert send(card, f"002000{reference:02X}", value(reference)) == tries
    assert send(card, f"002000{reference:02X}", new) == "6983"
    assert readable(card) == []
    assert send(card, f"002C00{reference:02X}", b"87654321" + new) == "63C9"
    assert send(card, f"002C00{reference:02X}", b"12345678" + new) == "9000"
    assert readable(card) == [reference]
    others = {other for other in ADMINISTRATIVE if other != reference}
    assert all(send(card, f"002000{other:02X}") == "63C3" for other in others), "their tries are their own"


def test_the_status_of_all_in_the_fcp() -> None:
    card = make_card()
    available = card.transmit(bytes.fromhex("00A40004023F00"))[1]
    fcp = card.transmit(bytes((0x00, 0xC0, 0, 0, available)))[:-2]
    status = tlv.find(tlv.read(fcp).value, 0xC6)
    assert status is not None
    assert [part.value[0] for part in tlv.read_all(status) if part.tag == 0x83] == [
        *ADMINISTRATIVE,
        UNIVERSAL,
    ]


@pytest.mark.parametrize("reference", [0x00, 0x09, 0x0F, 0x12, 0x89, 0x8F, 0x91])
def test_a_reference_that_is_none(reference: int) -> None:
    assert send(make_card(), f"002000{reference:02X}", b"12345678") in ("6A86", "6A88")
