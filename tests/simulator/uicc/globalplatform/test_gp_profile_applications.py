"""Load files and applications that a profile brings: listed, not executed, and accounted for."""

from __future__ import annotations

from typing import Any

import pytest

from asn1 import saip, tlv
from simulator.uicc import Card, FileSystem
from simulator.uicc.image import CardImage, DfImage
from tests.simulator.uicc.globalplatform.conftest import (
    ARA_FILE,
    ARA_M,
    ISD,
    SSD,
    SSD_FILE,
    Terminal,
    image,
    make_card,
)
from tests.simulator.uicc.globalplatform.test_gp_access_rules import REF_AR
from tests.simulator.uicc.globalplatform.test_gp_content import APPLET, PACKAGE, cap_file, listed

CODE = cap_file(length=50)
EVERY_STATUS = bytes.fromhex("4F00")


def element(code: bytes = CODE, **instance: Any) -> bytes:
    """A PE-Application with one load file and one application of it."""
    described = {
        "applicationLoadPackageAID": PACKAGE,
        "classAID": APPLET,
        "instanceAID": APPLET + b"\x01",
        "applicationPrivileges": bytes.fromhex("040000"),
        "lifeCycleState": b"\x07",
        "applicationSpecificParametersC9": bytes.fromhex("8001AA"),
        **instance,
    }
    block = {"loadPackageAID": PACKAGE, "loadBlockObject": code}
    value = {"app-Header": {"identification": 9}, "loadBlock": block, "instanceList": [described]}
    return saip.encode("ProfileElement", ("application", value))


def card_with(*elements: bytes) -> Card:
    domains = image().security_domains
    kept = tuple(("application", der) for der in elements)
    return make_card(FileSystem(CardImage(DfImage(0x3F00), security_domains=domains, kept=kept)))


def opened(*elements: bytes) -> Terminal:
    terminal = Terminal(card_with(*elements))
    terminal.open()
    return terminal


def entry(terminal: Terminal, p1: int, aid: bytes) -> dict[int, bytes]:
    """What GET STATUS says of one AID."""
    answer = terminal.send(f"F2{p1:02X}02", tlv.encode(0x4F, aid))
    assert answer.sw == "9000"
    return {part.tag: part.value for part in tlv.read_all(tlv.read(answer.data).value)}


def test_get_status_lists_them() -> None:
    terminal = opened(element())
    assert listed(terminal, 0x20) == [SSD_FILE.hex(), ARA_FILE.hex(), PACKAGE.hex()]
    assert listed(terminal, 0x40) == [(APPLET + b"\x01").hex()]
    file = entry(terminal, 0x10, PACKAGE)
    assert (file[0x84], file[0xCE], file[0xCC]) == (APPLET, bytes((1, 0)), ISD)
    application = entry(terminal, 0x40, APPLET)
    assert (application[0x9F70], application[0xC5]) == (b"\x07", bytes.fromhex("040000"))
    assert (application[0xC4], application[0xCC]) == (PACKAGE, ISD)
    listing = terminal.send("CA2F00").data
    assert listing == tlv.encode(0x2F00, tlv.encode(0x61, tlv.encode(0x4F, APPLET + b"\x01")))


def test_what_cannot_be_executed_cannot_be_selected() -> None:
    terminal = opened(element())
    terminal.select(ISD)
    assert terminal.select(APPLET).sw == "6999"
    assert terminal.plain(0x80, "CA9F7F").sw == "9000", "the issuer security domain is still selected"
    assert terminal.select(bytes.fromhex("A0000000FFFF")).sw == "6A82"


def test_it_is_managed_as_any_other() -> None:
    terminal = opened(element())
    aid = APPLET + b"\x01"
    assert terminal.send("F04080", aid).sw == "9000"
    assert terminal.select(APPLET).sw == "6A82", "locked"
    terminal.open()
    assert terminal.install(0x20, b"", b"", aid, b"", b"", b"").sw == "6985", "nobody would take the data"
    assert terminal.send("E40000", tlv.encode(0x4F, PACKAGE)).sw == "6985"
    before, _ = free(terminal)
    assert terminal.send("E40080", tlv.encode(0x4F, PACKAGE)).sw == "9000"
    assert free(terminal)[0] == before + len(CODE)
    saved = terminal.card.files.save()
    again = card_with(element())
    again.files.restore(saved)
    after = Terminal(again)
    after.open()
    assert listed(after, 0x40) == []
    assert listed(after, 0x20) == [SSD_FILE.hex(), ARA_FILE.hex()]


def test_it_hangs_where_the_profile_says() -> None:
    terminal = opened(element(extraditeSecurityDomainAID=SSD))
    assert entry(terminal, 0x40, APPLET)[0xCC] == SSD


def test_access_rules_of_a_profile_are_the_cards() -> None:
    store = bytes.fromhex("80E29000") + bytes((len(tlv.encode(0xF0, REF_AR)),)) + tlv.encode(0xF0, REF_AR)
    described = {"applicationLoadPackageAID": ARA_FILE, "classAID": ARA_M, "instanceAID": ARA_M}
    terminal = Terminal(card_with(element(**described, processData=[store, b"\x80"])))
    assert terminal.select(ARA_M).sw == "9000"
    assert terminal.plain(0x80, "CAFF40").data == tlv.encode(0xFF40, REF_AR)


def test_a_load_file_that_is_none_is_kept_without_modules() -> None:
    terminal = opened(element(b"no components"))
    assert 0x84 not in entry(terminal, 0x10, PACKAGE)
    assert PACKAGE.hex() in listed(terminal, 0x20)


def test_an_element_that_cannot_be_read_brings_nothing() -> None:
    terminal = opened(b"\x30\x00", element())
    assert listed(terminal, 0x40) == [(APPLET + b"\x01").hex()]


# --- memory -------------------------------------------------------------------------------------------


def system(**numbers: str) -> bytes:
    """Install parameters: 'C9' empty, and system specific ones by their tags."""
    parts = b"".join(tlv.encode(int(tag, 16), bytes.fromhex(value)) for tag, value in numbers.items())
    return bytes.fromhex("C900") + tlv.encode(0xEF, parts)


def free(terminal: Terminal) -> tuple[int, int]:
    """Non-volatile and volatile bytes, as GET DATA 'FF21' says."""
    parts = tlv.read(terminal.send("CAFF21").data).value
    return tuple(int.from_bytes(tlv.find(parts, tag) or b"", "big") for tag in (0x82, 0x83))  # type: ignore[return-value]


def test_memory_of_a_profile_is_set_aside() -> None:
    reserved = {"volatileReservedMemory": b"\x01\x00", "nonVolatileReservedMemory": b"\x10\x00"}
    without, with_ = free(opened(element())), free(opened(element(systemSpecificParameters=reserved)))
    assert (without[0] - with_[0], without[1] - with_[1]) == (0x1000, 0x100)


def test_memory_is_set_aside_and_given_back(authenticated: Terminal) -> None:
    terminal, before = authenticated, free(authenticated)
    parameters = system(D7="0200", D8="4000")
    assert terminal.install(0x0C, SSD_FILE, SSD_FILE + b"\x41", SSD, b"\x80", parameters, b"").sw == "9000"
    after = free(terminal)
    assert (before[0] - after[0], before[1] - after[1]) == (0x4000, 0x200)
    assert terminal.send("E40000", tlv.encode(0x4F, SSD)).sw == "9000"
    assert free(terminal) == before


@pytest.mark.parametrize(
    ("numbers", "sw"),
    [
        ({"D8": "00040001"}, "6A84"),
        ({"D7": "4001"}, "6A84"),
        ({"D7": "4000"}, "9000"),
        ({"C8": "0100", "D8": "0101"}, "6A80"),
        ({"C7": "0100", "D7": "0101"}, "6A80"),
        ({"C8": "01"}, "6A80"),
        ({"C8": "00000100"}, "9000"),
    ],
)
def test_memory_that_is_not_there(authenticated: Terminal, numbers: dict[str, str], sw: str) -> None:
    parameters = system(**numbers)
    answer = authenticated.install(0x0C, SSD_FILE, SSD_FILE + b"\x41", SSD, b"\x80", parameters, b"")
    assert answer.sw == sw
    assert (SSD in authenticated.card.files.registry.instances) is (sw == "9000")


@pytest.mark.parametrize(
    ("numbers", "sw"),
    [({"C6": "00040001"}, "6A84"), ({"C7": "4001"}, "6A84"), ({"C6": "1000", "C8": "1000"}, "9000")],
)
def test_room_for_a_load_file_is_asked_for_in_advance(
    authenticated: Terminal, numbers: dict[str, str], sw: str
) -> None:
    assert authenticated.install(0x02, PACKAGE, ISD, b"", system(**numbers)[2:], b"").sw == sw


def test_a_quota_ends_what_is_stored(authenticated: Terminal) -> None:
    """The access rules may have forty bytes: one rule of them, with the refresh tag, is more."""
    terminal = authenticated
    terminal.install(0x0C, ARA_FILE, ARA_M, ARA_M, b"\0", system(C8="0028"), b"")
    terminal.open(aid=ARA_M)
    assert terminal.send("E29000", tlv.encode(0xF0, REF_AR)).sw == "6A84"
    assert terminal.send("CAFF40").data.hex() == "ff4000", "nothing half done"
    assert terminal.send("E29000", bytes.fromhex("F200")).sw == "9000"
    saved = terminal.card.files.save()
    files = FileSystem(image())
    files.restore(saved)
    again = Terminal(make_card(files))
    again.open(aid=ARA_M)
    assert again.send("E29000", tlv.encode(0xF0, REF_AR)).sw == "6A84", "the quota lasts"
