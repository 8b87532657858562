"""ARA-M: rules written, read in one answer and in pieces, found, deleted, lasting."""

from __future__ import annotations

import pytest

from asn1 import tlv
from simulator.uicc import FileSystem
from tests.simulator.uicc.globalplatform.conftest import ARA_M, Terminal, image, make_card

REFERENCE = bytes.fromhex("E11D4F05A000000001C114") + bytes(range(20))
ACCESS = bytes.fromhex("E306D00101D10101")
REF_AR = tlv.encode(0xE2, REFERENCE + ACCESS)


def test_access_rules(authenticated: Terminal) -> None:
    terminal = authenticated
    assert terminal.select(ARA_M).sw == "6A82", "nobody installed it"
    terminal.open()
    assert terminal.install_access_rules().sw == "9000"
    terminal.open(aid=ARA_M)
    assert terminal.plain(0x80, "CAFF40").data.hex() == "ff4000"
    first = terminal.plain(0x80, "CADF20").data
    terminal.open(aid=ARA_M)
    assert terminal.send("E29000", tlv.encode(0xF0, REF_AR)).sw == "9000"
    assert terminal.send("CAFF40").data == tlv.encode(0xFF40, REF_AR)
    assert terminal.send("CADF20").data != first
    assert terminal.send("CAFF50", REFERENCE).data == tlv.encode(0xFF50, ACCESS)
    assert terminal.send("CAFF50", b"\xe1\x00").sw == "6A88"
    assert terminal.send("E29000", tlv.encode(0xF0, REF_AR)).sw == "6A89"
    saved = terminal.card.files.save()
    files = FileSystem(image())
    files.restore(saved)
    again = Terminal(make_card(files))
    again.select(ARA_M)
    assert again.plain(0x80, "CAFF40").data == tlv.encode(0xFF40, REF_AR), "rules last"
    for wanted in (tlv.encode(0x4F, bytes.fromhex("A000000001")), REFERENCE, REF_AR, b""):
        assert terminal.send("E29000", tlv.encode(0xF1, wanted)).sw == "9000"
        assert terminal.send("CAFF40").data.hex() == "ff4000"
        if wanted:
            assert terminal.send("E29000", tlv.encode(0xF1, wanted)).sw == "6A88"
        assert terminal.send("E29000", tlv.encode(0xF0, REF_AR)).sw == "9000"


def test_access_rules_refuse(authenticated: Terminal) -> None:
    terminal = authenticated
    terminal.install_access_rules()
    terminal.select(ARA_M)
    assert terminal.plain(0x80, "E29000", tlv.encode(0xF0, REF_AR)).sw == "6982"
    terminal.open(aid=ARA_M)
    hash_ = bytes.fromhex("C114") + bytes(20)
    for data in (
        b"",
        b"\xf0",
        tlv.encode(0xF0, b""),
        tlv.encode(0xF0, ACCESS),
        tlv.encode(0xF0, tlv.encode(0xE2, REFERENCE)),
        tlv.encode(0xF0, tlv.encode(0xE2, tlv.encode(0xE1, hash_) + ACCESS)),
        tlv.encode(0xF0, tlv.encode(0xE2, REFERENCE + b"\xe3\x00")),
        tlv.encode(0xF0, tlv.encode(0xE2, REFERENCE + bytes.fromhex("E303D10200"))),
        tlv.encode(0xF0, tlv.encode(0xE2, tlv.encode(0xE1, b"\x4f\x00\xc1\x01\x00") + ACCESS)),
        tlv.encode(0xF0, REF_AR + REF_AR),
        tlv.encode(0xF2, b"\0"),
        tlv.encode(0xF9, b""),
    ):
        assert terminal.send("E29000", data or b"\0").sw == "6A80"
    assert terminal.send("E21000", tlv.encode(0xF0, REF_AR)).sw == "6A86"
    assert terminal.send("CAFF60").sw == "6985", "nothing is left"
    assert terminal.send("CAFF41").sw == "6A88"


def test_access_rules_come_by_personalization(authenticated: Terminal) -> None:
    terminal = authenticated
    terminal.install_access_rules()
    assert terminal.install(0x20, b"", b"", ARA_M, b"", b"", b"").sw == "9000"
    assert terminal.send("E29000", tlv.encode(0xF0, REF_AR)).sw == "9000"
    terminal.select(ARA_M)
    assert terminal.plain(0x80, "CAFF40").data == tlv.encode(0xFF40, REF_AR)


@pytest.fixture
def master(authenticated: Terminal) -> Terminal:
    """ARA-M selected, with a session that may write."""
    authenticated.install_access_rules()
    authenticated.open(aid=ARA_M)
    return authenticated


def rule(number: int) -> bytes:
    aid = tlv.encode(0x4F, bytes.fromhex("A0000000") + bytes((number,)))
    reference = tlv.encode(0xE1, aid + tlv.encode(0xC1, bytes((number,)) * 20))
    return tlv.encode(0xE2, reference + ACCESS)


def store(terminal: Terminal, *rules: bytes) -> None:
    for one in rules:
        assert terminal.send("E29000", tlv.encode(0xF0, one)).sw == "9000"


def test_many_rules_come_in_pieces(master: Terminal) -> None:
    """GET DATA [all] brings as much as Le asks for, [next] what is behind it, without a tag of its own."""
    rules = [rule(number) for number in range(1, 17)]
    store(master, *rules)
    whole = tlv.encode(0xFF40, b"".join(rules))
    assert len(whole) > 512
    master.select(ARA_M)
    transmit = master.card.transmit
    pieces = [transmit(bytes.fromhex("80CAFF4000"))]
    assert len(pieces[0]) == 258
    while sum(len(piece) - 2 for piece in pieces) < len(whole):
        pieces.append(transmit(bytes.fromhex("80CAFF6000")))
        if pieces[-1][0] == 0x6C:
            pieces[-1] = transmit(bytes.fromhex("80CAFF60") + pieces[-1][1:])
    assert b"".join(piece[:-2] for piece in pieces) == whole
    assert all(piece[-2:].hex() == "9000" for piece in pieces)
    assert transmit(bytes.fromhex("80CAFF6000")).hex() == "6985"


def test_pieces_as_long_as_le(master: Terminal) -> None:
    store(master, rule(1), rule(2))
    whole = tlv.encode(0xFF40, rule(1) + rule(2))
    transmit = master.card.transmit
    master.select(ARA_M)
    assert transmit(bytes.fromhex("80CAFF4010")) == whole[:16] + bytes.fromhex("9000")
    assert transmit(bytes.fromhex("80CAFF6010")) == whole[16:32] + bytes.fromhex("9000")
    assert transmit(bytes.fromhex("80CADF200B"))[-2:].hex() == "9000"
    assert transmit(bytes.fromhex("80CAFF6010")).hex() == "6985", "another command came between"
    transmit(bytes.fromhex("80CAFF4010"))
    master.select(ARA_M)
    assert transmit(bytes.fromhex("80CAFF6010")).hex() == "6985", "selected anew"


def test_each_channel_reads_for_itself(master: Terminal) -> None:
    store(master, rule(1), rule(2))
    whole = tlv.encode(0xFF40, rule(1) + rule(2))
    transmit = master.card.transmit
    master.select(ARA_M)
    transmit(bytes.fromhex("0070000001"))
    other = Terminal(master.card, 1)
    other.select(ARA_M)
    assert transmit(bytes.fromhex("80CAFF4010"))[:-2] == whole[:16]
    assert transmit(bytes.fromhex("81CAFF4008"))[:-2] == whole[:8]
    assert transmit(bytes.fromhex("80CAFF6010"))[:-2] == whole[16:32]
    assert transmit(bytes.fromhex("81CAFF6008"))[:-2] == whole[8:16]


def test_specific_rules(master: Terminal) -> None:
    """Those of exactly the reference that was asked for."""
    store(master, rule(1), rule(2))
    wanted = tlv.find(tlv.read(rule(2)).value, 0xE1)
    assert wanted is not None
    reference = tlv.encode(0xE1, wanted)
    assert master.send("CAFF50", reference).data == tlv.encode(0xFF50, ACCESS)
    assert master.send("CAFF50", REFERENCE).sw == "6A88"
    for wrong in (b"\xe2\x00", reference * 2, b"\xe1"):
        assert master.send("CAFF50", wrong).sw == "6A80"


def test_versions_of_the_interface(master: Terminal) -> None:
    """DF21 tells the card's, and takes the device's for who asks with 'F8'."""
    answer = "df2107e505e603010100"
    assert master.send("CADF21").data.hex() == answer
    assert master.send("E29000", bytes.fromhex("F800")).data.hex() == "ff7f00"
    device = bytes.fromhex("E405E603010200")
    assert master.send("CADF21", device).data.hex() == answer
    assert master.send("E29000", bytes.fromhex("F800")).data == tlv.encode(0xFF7F, device)
    for wrong in ("E400", "E404E6020102", "E505E603010200"):
        assert master.send("CADF21", bytes.fromhex(wrong)).sw == "6A80", wrong


def test_what_store_data_reads(master: Terminal) -> None:
    rules = [rule(number) for number in range(1, 8)]
    store(master, *rules)
    whole = tlv.encode(0xFF40, b"".join(rules))
    first = master.send("E29000", bytes.fromhex("F400"))
    assert first.data == whole[:256]
    assert master.send("E29000", bytes.fromhex("F500")).data == whole[256:]
    assert master.send("E29000", bytes.fromhex("F500")).sw == "6985"
    wanted = tlv.encode(0x4F, bytes.fromhex("A000000003"))
    assert master.send("E29000", tlv.encode(0xF3, wanted)).data == tlv.encode(0xFF40, rule(3))
    assert master.send("E29000", bytes.fromhex("F3024F00")).sw == "6A88"
    assert master.send("E29000", bytes.fromhex("F302E100")).sw == "6A80"
    assert master.send("E29000", bytes.fromhex("F40100")).sw == "6A80"
    assert master.send("E29000", bytes.fromhex("F600")).data.hex() == "ff7000"
    assert master.send("E29000", bytes.fromhex("F7074F05A000000001")).sw == "6A81"


def test_a_rule_of_carrier_privileges_names_no_application(master: Terminal) -> None:
    """As phones of Android read them: hash of the certificate, package, permissions."""
    reference = tlv.encode(0xC1, bytes(range(20))) + tlv.encode(0xCA, b"com.example.carrier")
    permissions = tlv.encode(0xDB, bytes.fromhex("0000000000000001"))
    carrier = tlv.encode(0xE2, tlv.encode(0xE1, reference) + tlv.encode(0xE3, permissions))
    store(master, carrier)
    assert master.send("CAFF40").data == tlv.encode(0xFF40, carrier)
