"""A card made by hand, small enough to know by heart: every file structure, every kind of rule, every PIN."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from simulator.profile import access_rules
from simulator.uicc import Card, FileSystem
from simulator.uicc.image import (
    AkaAlgorithm,
    AkaImage,
    CardImage,
    DfImage,
    EfImage,
    FileStructure,
    PinImage,
)

USIM = bytes.fromhex("A0000000871002FFFFFFFF8903020000")
ISIM = bytes.fromhex("A0000000871004FFFFFFFF8903020000")
# TS 35.208 §4.3 test set 1
KEY = bytes.fromhex("465b5ce8b199b49faa5f0a2ee238a6bc")
OPC = bytes.fromhex("cd63cb71954a9f4e48a5994e37a02baf")

ALWAYS_READ, PIN1_READ, PIN1_UPDATE, PIN1_INCREASE, PIN2_UPDATE = 10, 2, 5, 7, 8
"""Records of EF.ARR, SAIP §9.9: read always / PIN1; read and update PIN1; and so on."""


def rule(number: int, arr: int = 0x2F06) -> bytes:
    return bytes((0x8B, 0x03)) + arr.to_bytes(2, "big") + bytes((number,))


def transparent(fid: int, content: str, number: int, sfi: int | None = None, arr: int = 0x6F06) -> EfImage:
    return EfImage(
        fid, FileStructure.TRANSPARENT, bytes.fromhex(content), sfi=sfi, security=rule(number, arr)
    )


def records(fid: int, structure: FileStructure, contents: list[str], number: int, sfi: int) -> EfImage:
    body = bytes.fromhex("".join(contents))
    length = len(body) // len(contents)
    return EfImage(fid, structure, body, record_length=length, sfi=sfi, security=rule(number, 0x6F06))


def arr(fid: int) -> EfImage:
    length = access_rules.RECORD_LENGTH
    body = b"".join(record.ljust(length, b"\xff") for record in access_rules.RECORDS)
    return EfImage(fid, FileStructure.LINEAR_FIXED, body, record_length=length, security=b"")


def image() -> CardImage:
    telecom = DfImage(
        0x7F10,
        (
            transparent(0x6F3A, "0102030405", PIN1_READ, arr=0x2F06),
            DfImage(0x5F3A, (transparent(0x4F22, "AA", ALWAYS_READ, arr=0x2F06),)),
        ),
        pin_status=bytes((0x01, 0x0A)),
    )
    mf = DfImage(
        0x3F00,
        (
            transparent(0x2FE2, "98001032547698103214", ALWAYS_READ, 2, 0x2F06),
            arr(0x2F06),
            telecom,
        ),
        name="MF",
        pin_status=bytes((0x01, 0x0A, 0x11)),
    )
    usim = DfImage(
        0x7FF1,
        (
            transparent(0x6F07, "080910101032547698", PIN1_READ, 7),
            transparent(0x6F38, "FF" * 17, PIN1_READ, 4),
            arr(0x6F06),
            records(0x6F3B, FileStructure.LINEAR_FIXED, ["010203FF", "040506FF", "010207FF"], PIN1_UPDATE, 9),
            records(0x6F39, FileStructure.CYCLIC, ["000003", "000002", "000001"], PIN1_INCREASE, 10),
            EfImage(0x6FF0, FileStructure.BER_TLV, b"", maximum_size=100, security=rule(PIN1_UPDATE, 0x6F06)),
            transparent(0x6FF1, "00" * 300, ALWAYS_READ),
            transparent(0x6FF2, "0000", PIN2_UPDATE, 11),
            DfImage(0x5F3B, (transparent(0x4F20, "FF" * 9, PIN1_UPDATE, 1),)),
            EfImage(
                0x6FF3,
                FileStructure.TRANSPARENT,
                b"",
                security=rule(PIN1_UPDATE, 0x6F06),
                link=(0x6F07,),
                link_aid=USIM,
            ),
        ),
        name="ADF.USIM",
        aid=USIM,
        pin_status=bytes((0x01, 0x81, 0x0A)),
    )
    isim = DfImage(0x7FF2, (arr(0x6F06),), aid=ISIM, pin_status=bytes((0x01,)))
    return CardImage(
        mf,
        (usim, isim),
        pins=(
            PinImage(0x01, b"1234\xff\xff\xff\xff", unblock=b"12345678"),
            PinImage(0x11, b"9999\xff\xff\xff\xff"),
            PinImage(0x0A, b"55555555", tries=10, maximum_tries=10, attributes=0x03),
            PinImage(0x81, b"5678\xff\xff\xff\xff", unblock=b"87654321", aid=USIM, attributes=0x03),
        ),
        akas=tuple(AkaImage(aid, AkaAlgorithm.MILENAGE, KEY, opc=OPC) for aid in (USIM, ISIM)),
    )


IMAGE = image()


@dataclass
class Terminal:
    """Sends hexadecimal, gets hexadecimal. `faults` collects what the card reports of itself."""

    card: Card
    faults: list[Exception] = field(default_factory=list)

    def __call__(self, command: str) -> str:
        return self.card.transmit(bytes.fromhex(command)).hex().upper()

    def usim(self) -> Terminal:
        assert self("00A4040C10" + USIM.hex()) == "9000"
        return self

    def verified(self) -> Terminal:
        """With ADF.USIM selected and PIN1 verified."""
        self.usim()
        assert self("0020000108" + b"1234\xff\xff\xff\xff".hex()) == "9000"
        return self


@pytest.fixture
def terminal() -> Terminal:
    card = Card(FileSystem(IMAGE), entropy=lambda count: bytes(range(count % 256)))
    made = Terminal(card)
    card.on_fault = lambda apdu, error: made.faults.append(error)
    return made
