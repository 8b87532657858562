"""A card that is locked or terminated, and privileges that nobody gets."""

from __future__ import annotations

import pytest

from asn1 import tlv
from simulator.uicc import Card, FileSystem
from simulator.uicc.image import CardImage, DfImage, EfImage, FileStructure, SecurityDomainImage
from tests.simulator.uicc.conftest import USIM
from tests.simulator.uicc.globalplatform.conftest import (
    ISD,
    SSD,
    SSD_FILE,
    SSD_MODULE,
    Terminal,
    image,
    keys_of,
    make_card,
)
from tests.simulator.uicc.globalplatform.test_gp_content import PACKAGE

C9 = bytes.fromhex("C900")


def send(card: Card, command: str) -> str:
    return card.transmit(bytes.fromhex(command)).hex().upper()


@pytest.fixture
def locked() -> Terminal:
    """A card with a USIM and a supplementary domain, locked by its issuer."""
    iccid = EfImage(0x2FE2, FileStructure.TRANSPARENT, bytes.fromhex("98001032547698103214"))
    whole = CardImage(
        DfImage(0x3F00, (iccid,)),
        adfs=(DfImage(0x7FF1, aid=USIM),),
        security_domains=image().security_domains,
        iccid=bytes.fromhex("8900012345678901234F"),
    )
    terminal = Terminal(make_card(FileSystem(whole)))
    terminal.open()
    terminal.install_domain()
    assert terminal.send("F0807F").sw == "9000"
    return terminal


def test_of_a_locked_card_only_the_issuer_answers(locked: Terminal) -> None:
    card = locked.card
    for _ in range(2):
        assert locked.select(SSD).sw == "6A82"
        assert send(card, "00A4040C10" + USIM.hex()) == "6A81"
        assert send(card, "00A4040C0C" + USIM[:12].hex()) == "6A81"
        assert send(card, f"00A4040008{ISD.hex()}00").endswith("6283"), "selected, and told so"
        assert locked.plain(0x80, "CA9F7F").sw == "9000"
        card.reset()
    assert send(card, "00A4000C022FE2") == "9000", "files of the card stay"


def test_a_locked_card_changes_nothing(locked: Terminal) -> None:
    before = locked.card.files.registry.save()
    assert locked.install_access_rules().sw == "6985"
    assert locked.send("E80000", b"\xc4\x00").sw == "6985"
    assert locked.send("E40000", tlv.encode(0x4F, SSD)).sw == "6985"
    assert locked.put_key(0x35, keys_of(16)).sw == "6985"
    assert locked.send("E29000", bytes.fromhex("4202AABB")).sw == "6985"
    assert locked.card.files.registry.save() == before
    assert locked.send("F24002", bytes.fromhex("4F00")).sw == "9000", "but it tells"


def test_a_locked_card_is_unlocked(locked: Terminal) -> None:
    locked.card.reset()
    locked.secure = None
    assert locked.select(ISD).sw == "6283"
    locked.card.reset()
    terminal = _session(locked.card)
    assert terminal.send("F0800F").sw == "9000"
    assert send(locked.card, "00A4040C10" + USIM.hex()) == "9000"
    assert terminal.select(SSD).sw == "9000"


def _session(card: Card) -> Terminal:
    """A session with the issuer of a locked card, whose SELECT warns."""
    terminal = Terminal(card)
    select = terminal.select
    terminal.select = lambda aid: select(aid)._replace(sw="9000")  # type: ignore[method-assign]
    terminal.open()
    terminal.select = select  # type: ignore[method-assign]
    return terminal


def test_a_terminated_card_only_says_what_it_is(locked: Terminal) -> None:
    card = locked.card
    assert locked.send("F080FF").sw == "9000"
    for _ in range(2):
        assert send(card, "80CA9F7F2D").startswith("9F7F2A")
        assert send(card, "00CA006600").startswith("663D733B06072A864886FC6B01")
        assert send(card, "80CA123400") == "6A88"
        assert send(card, f"00A4040C08{ISD.hex()}") == "6A82"
        assert send(card, "80500000085566778899AABBCC00") == "6D00"
        assert send(card, "00B000000A") == "6985"
        assert send(card, "0020000108" + "31323334FFFFFFFF") == "6985"
        card.reset()
    assert card.files.registry.save()["card_life_cycle"] == 0xFF


def test_a_terminated_card_without_a_domain_has_no_data() -> None:
    card = Card(FileSystem(CardImage(DfImage(0x3F00))), entropy=bytes)
    card.terminate()
    assert send(card, "80CA9F7F00") == "6D00"


@pytest.mark.parametrize(
    "privileges",
    ["C0", "81", "C1", "800020", "C00000", "802000", "800080", "800040"],
)
def test_privileges_that_the_card_cannot_honour_are_not_granted(
    authenticated: Terminal, privileges: str
) -> None:
    """DAP verification, mandated DAP, token verification, receipts, ciphered load files."""
    own = bytes.fromhex(privileges)
    expected = "9000" if privileges == "800020" else "6A80"  # contactless activation asks for nothing
    assert authenticated.install(0x0C, SSD_FILE, SSD_MODULE, SSD, own, C9, b"").sw == expected
    if expected == "6A80":
        authenticated.install_domain()
        assert authenticated.install(0x40, b"", b"", SSD, own, b"", b"").sw == "6A80"


@pytest.mark.parametrize("token", [b"", bytes(128)])
def test_delegated_management_needs_tokens_that_nobody_checks(authenticated: Terminal, token: bytes) -> None:
    terminal = authenticated
    assert terminal.install(0x0C, SSD_FILE, SSD_MODULE, SSD, b"\xa0", C9, b"").sw == "9000"
    terminal.open(aid=SSD, level=0)
    assert terminal.install(0x02, PACKAGE, b"", b"", b"", token).sw == "6985"
    assert terminal.send("E40000", tlv.encode(0x4F, SSD)).sw == "6985"


def domain(aid: bytes, privileges: str) -> SecurityDomainImage:
    return SecurityDomainImage(aid, SSD_FILE, SSD_MODULE, bytes.fromhex(privileges))


@pytest.mark.parametrize(("privileges", "owner"), [("C00000", SSD), ("C10000", ISD)])
def test_a_load_file_whose_dap_nobody_verifies_is_not_loaded(privileges: str, owner: bytes) -> None:
    """A profile brought a domain with DAP verification; mandated, it concerns the files of all domains."""
    whole = CardImage(DfImage(0x3F00), security_domains=(*image().security_domains, domain(SSD, privileges)))
    terminal = Terminal(make_card(FileSystem(whole)))
    terminal.open()
    assert terminal.install(0x02, PACKAGE, owner, b"", b"", b"").sw == "6985"


def test_a_dap_block_that_nobody_asked_for(authenticated: Terminal) -> None:
    from tests.simulator.uicc.globalplatform.test_gp_content import cap_file

    code = tlv.encode(0xC4, cap_file(length=10))
    dap = tlv.encode(0xE2, tlv.encode(0x4F, SSD) + tlv.encode(0xC3, bytes(16)))
    assert authenticated.install(0x02, PACKAGE, ISD, b"", b"", b"").sw == "9000"
    assert authenticated.send("E88000", dap + code).sw == "6A80"
    assert PACKAGE not in authenticated.card.files.registry.load_files


@pytest.mark.parametrize(("privileges", "sw"), [("80", "6985"), ("804000", "6985"), ("801000", "9000")])
def test_global_delete(authenticated: Terminal, privileges: str, sw: str) -> None:
    """Another domain's application goes only to who has the privilege."""
    terminal = authenticated
    other = SSD[:-1] + b"\x02"
    terminal.install(0x0C, SSD_FILE, SSD_MODULE, SSD, bytes.fromhex(privileges), C9, b"")
    terminal.install_domain(other)
    terminal.open(aid=SSD)
    assert terminal.send("E40000", tlv.encode(0x4F, other)).sw == sw


@pytest.mark.parametrize(("privileges", "sw"), [("80", "6985"), ("800800", "9000")])
def test_global_lock(authenticated: Terminal, privileges: str, sw: str) -> None:
    terminal = authenticated
    other = SSD[:-1] + b"\x02"
    terminal.install(0x0C, SSD_FILE, SSD_MODULE, SSD, bytes.fromhex(privileges), C9, b"")
    terminal.install_domain(other)
    terminal.open(aid=SSD)
    assert terminal.send("F04080", other).sw == sw


def test_data_that_every_issuer_domain_has(locked: Terminal) -> None:
    production = locked.send("CA9F7F").data
    assert production[:3].hex() == "9f7f2a"
    assert len(production) == 45
    assert production[15:19].hex() == "78901234", "the serial number is the end of the ICCID"
    capabilities = tlv.read(locked.send("CA0067").data).value
    protocols = [tlv.find(part.value, 0x80) for part in tlv.read_all(capabilities) if part.tag == 0xA0]
    assert protocols == [b"\x02", b"\x03", b"\x80"]
    assert tlv.find(capabilities, 0x83) == bytes((1, 2, 3, 4))
    for tag in ("0066", "00E0", "00C1", "00D3", "FF21", "2F00"):
        assert locked.send(f"CA{tag}").sw == "9000", tag
    assert locked.send("CA0042").sw == "6A88", "nobody stored an IIN"
