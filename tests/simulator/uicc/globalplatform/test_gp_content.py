"""Keys, registry, card content: the status words of each clause, and what the registry says afterwards."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asn1 import tlv
from simulator.uicc import Card, FileSystem
from tests.simulator.uicc.globalplatform.conftest import (
    AES,
    ARA_FILE,
    ARA_M,
    DES,
    ISD,
    SSD,
    SSD_FILE,
    SSD_MODULE,
    Answer,
    Terminal,
    image,
    keys_of,
    make_card,
)

PACKAGE, APPLET = bytes.fromhex("A000000001020304"), bytes.fromhex("A00000000102030401")
C9 = bytes.fromhex("C900")


def cap_file(aid: bytes = PACKAGE, applet: bytes = APPLET, length: int = 600) -> bytes:
    """The components that the card reads, and a method component to make it long."""
    header = bytes.fromhex("DECAFFED0102040001") + bytes((len(aid),)) + aid
    applets = bytes((1, len(applet))) + applet + bytes(2)
    parts = ((1, header), (3, applets), (7, bytes(length)))
    return b"".join(bytes((tag,)) + len(body).to_bytes(2, "big") + body for tag, body in parts)


def load(terminal: Terminal, code: bytes, aid: bytes = PACKAGE, digest: bytes = b"") -> Answer:
    answer = terminal.install(0x02, aid, ISD, digest, b"", b"")
    if answer.sw != "9000":
        return answer
    data = tlv.encode(0xC4, code)
    blocks = [data[place : place + 200] for place in range(0, len(data), 200)]
    for number, block in enumerate(blocks):
        p1 = 0x80 if number == len(blocks) - 1 else 0x00
        answer = terminal.send(f"E8{p1:02X}{number:02X}", block)
    return answer


def listed(terminal: Terminal, p1: int) -> list[str]:
    """AIDs that GET STATUS lists, over as many answers as it takes."""
    found, p2 = [], 0x02
    while True:
        answer = terminal.send(f"F2{p1:02X}{p2:02X}", bytes.fromhex("4F00"))
        if answer.sw not in ("9000", "6310"):
            return found
        found += [(tlv.find(one.value, 0x4F) or b"").hex() for one in tlv.read_all(answer.data)]
        if answer.sw == "9000":
            return found
        p2 = 0x03


# --- PUT KEY, DELETE of keys --------------------------------------------------------------------------


@pytest.mark.parametrize("session", [0x20, 0x30, 0x32])
@pytest.mark.parametrize(("kind", "length"), [(AES, 16), (AES, 24), (AES, 32), (DES, 16)])
def test_new_keys_open_a_session(terminal: Terminal, session: int, kind: int, length: int) -> None:
    terminal.open(session, 0x03)
    new = keys_of(length)
    answer = terminal.put_key(0x3A, new, kind)
    assert answer.sw == "9000"
    assert answer.data[0] == 0x3A
    assert len(answer.data) == 10
    terminal.open(0x3A, 0x01, new)


def test_keys_are_replaced_as_one(authenticated: Terminal) -> None:
    terminal = authenticated
    new = keys_of(32)
    assert terminal.put_key(0x30, new, replaces=0x30).sw == "9000"
    terminal.open(0x30, 0x33, new)
    assert terminal.put_key(0x33, keys_of(16), replaces=0x30).sw == "9000"
    terminal.select(ISD)
    assert terminal.plain(0x80, "503000", bytes(8)).sw == "6A88"
    terminal.open(0x33, 0x33, keys_of(16))


def test_counters_begin_anew_with_keys(terminal: Terminal) -> None:
    for _ in range(3):
        terminal.open(0x30)
    terminal.put_key(0x30, keys_of(16), replaces=0x30)
    terminal.select(ISD)
    assert terminal.plain(0x80, "503000", bytes(8)).data[-3:] == bytes.fromhex("000001")


def test_put_key_refuses(authenticated: Terminal) -> None:
    terminal = authenticated
    before = terminal.card.files.save()["registry"]["instances"]
    good = terminal.key_data(0x3A, keys_of(16))
    wrong_check = good[:-1] + bytes((good[-1] ^ 1,))
    table = [
        ("D80081", wrong_check, "9485"),
        ("D80081", good[:1] + b"\xa1" + good[2:], "9484"),
        ("D80081", good[:-2], "6A80"),
        ("D80081", good[:1], "6A80"),
        ("D80081", b"\0" + good[1:], "6A80"),
        ("D80081", b"\x80" + good[1:], "6A80"),
        ("D80081", b"\x30" + good[1:], "6A80"),  # there is such a set
        ("D80080", good, "6A80"),
        ("D80001", good, "6A80"),  # three keys announced as one
        ("D80081", good[:3] + b"\x0f" + good[4:], "6A80"),
        ("D87E81", good, "6A88"),
        ("D83084", good, "6A88"),  # no keys of these identifiers
        ("D88081", good, "6A86"),
    ]
    for command, data, sw in table:
        assert terminal.send(command, data).sw == sw, command
    assert terminal.card.files.save()["registry"]["instances"] == before, "all keys or none"


def test_keys_are_deleted(authenticated: Terminal) -> None:
    terminal = authenticated
    assert terminal.send("E40000", bytes.fromhex("D00101D20131")) == Answer(b"\0", "9000")
    assert terminal.send("E40000", bytes.fromhex("D20132")).sw == "9000"
    assert terminal.send("E40000", bytes.fromhex("D20132")).sw == "6A88"
    keys = {(key[0], key[1]) for key in terminal.card.files.registry.instances[ISD].keys}
    assert (0x31, 1) not in keys
    assert {(0x31, 2), (0x31, 3)} <= keys
    assert not any(version == 0x32 for version, _ in keys)


def test_the_key_information_template(authenticated: Terminal) -> None:
    answer = authenticated.send("CA00E0").data
    keys = [one.value.hex() for one in tlv.read_all(tlv.read(answer).value)]
    assert keys[:4] == ["01018810", "02018810", "03018810", "01208010"]
    assert len(keys) == 15


# --- load files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "sha1", "sha256", "sha512"])
def test_a_load_file_is_stored_listed_and_deleted(authenticated: Terminal, name: str) -> None:
    terminal, code = authenticated, cap_file()
    digest = hashlib.new(name, code).digest() if name else b""
    assert load(terminal, code, digest=digest) == Answer(b"\0", "9000")
    assert PACKAGE.hex() in listed(terminal, 0x20)
    modules = terminal.send("F21002", tlv.encode(0x4F, PACKAGE)).data
    entry = tlv.read(modules).value
    assert tlv.find(entry, 0x84) == APPLET
    assert tlv.find(entry, 0xCE) == bytes.fromhex("0100")
    assert load(terminal, code).sw == "6985", "it is there"
    assert terminal.install(0x0C, PACKAGE, APPLET, APPLET, b"\0", C9, b"").sw == "6A81", "no bytecode runs"
    assert terminal.send("E40080", tlv.encode(0x4F, PACKAGE)) == Answer(b"\0", "9000")
    assert terminal.send("E40000", tlv.encode(0x4F, PACKAGE)).sw == "6A88"


def test_what_is_no_load_file_is_not_stored(authenticated: Terminal) -> None:
    terminal, code = authenticated, cap_file()
    for wrong, aid, digest in (
        (code[:-1], PACKAGE, b""),
        (code + b"\x01", PACKAGE, b""),
        (b"\x02" + code[1:], PACKAGE, b""),
        (code, APPLET, b""),
        (code, PACKAGE, bytes(20)),
        (b"", PACKAGE, b""),
    ):
        assert load(terminal, wrong, aid, digest).sw == "6A80"
        assert len(listed(terminal, 0x20)) == 2


def test_blocks_come_in_order(authenticated: Terminal) -> None:
    terminal = authenticated
    assert terminal.send("E80000", b"\xc4\x01\x00").sw == "6985", "without INSTALL"
    for wrong in ("E80001", "E84000", "E80000|E80000", "E80000|E88002"):
        assert terminal.install(0x02, PACKAGE, b"", b"", b"", b"").sw == "9000"
        *first, last = wrong.split("|")
        for command in first:
            assert terminal.send(command, b"\xc4\x10").sw == "9000"
        assert terminal.send(last, b"\0").sw == "6A86"
        assert terminal.send("E80001", b"\0").sw == "6985", "the loading is over"


def test_memory_is_finite(authenticated: Terminal) -> None:
    terminal, code = authenticated, cap_file(length=50_000)
    for number in range(5):
        aid = PACKAGE[:-1] + bytes((number,))
        terminal.card.files.registry.load_files[aid] = terminal.card.files.registry.load_files[
            SSD_FILE
        ]._replace(aid=aid, data=code)
    assert load(terminal, cap_file(length=20_000)).sw in ("6A84", "6985")
    assert PACKAGE.hex() not in listed(terminal, 0x20)[7:]


# --- INSTALL, DELETE, SET STATUS ----------------------------------------------------------------------


def test_a_supplementary_domain_lives(authenticated: Terminal) -> None:
    terminal = authenticated
    assert terminal.install_domain() == Answer(b"\0", "9000")
    assert listed(terminal, 0x40) == [SSD.hex()]
    assert terminal.install_domain().sw == "6985", "it is there"
    # Without keys of its own it uses those of the domain above it.
    terminal.open(0x30, 0x01, aid=SSD)
    new = keys_of(24)
    assert terminal.put_key(0x30, new).sw == "9000"
    terminal.open(0x30, 0x33, new, aid=SSD)
    assert terminal.send("CA00E0").data.hex().count("c00401308818") == 1
    terminal.open()
    assert terminal.send("E40000", tlv.encode(0x4F, SSD)).sw == "9000"
    assert terminal.select(SSD).sw == "6A82"


def test_installed_then_made_selectable(authenticated: Terminal) -> None:
    terminal = authenticated
    assert terminal.install(0x04, SSD_FILE, SSD_MODULE, SSD, b"\x80", C9, b"").sw == "9000"
    assert terminal.card.registered_by_name(SSD) == []
    assert terminal.send("F04007", SSD).sw == "6985", "SET STATUS makes nothing selectable"
    assert terminal.install(0x08, b"", b"", SSD, b"\x80\0\0", b"", b"").sw == "9000"
    assert terminal.install(0x08, b"", b"", SSD, b"\x80\0\0", b"", b"").sw == "6985"
    assert terminal.select(SSD).sw == "9000"


@pytest.mark.parametrize(
    ("p1", "fields", "sw"),
    [
        (0x0C, (SSD_FILE, APPLET, SSD, b"\x80", C9, b""), "6A88"),
        (0x0C, (PACKAGE, SSD_MODULE, SSD, b"\x80", C9, b""), "6A88"),
        (0x0C, (SSD_FILE, SSD_MODULE, SSD, b"\x80", b"", b""), "6A80"),
        (0x0C, (SSD_FILE, SSD_MODULE, SSD, b"\x80", b"\xc9\x05", b""), "6A80"),
        (0x0C, (SSD_FILE, SSD_MODULE, SSD, b"\x80\0", C9, b""), "6A80"),
        (0x0C, (SSD_FILE, SSD_MODULE, SSD, b"\0", C9, b""), "6A80"),
        (0x0C, (ARA_FILE, ARA_M, ARA_M, b"\x80", C9, b""), "6A80"),
        (0x0C, (SSD_FILE, SSD_MODULE, SSD[:4], b"\x80", C9, b""), "6A80"),
        (0x0C, (SSD_FILE, SSD_MODULE, SSD, b"\x80", C9, b"token"), "6A80"),
        (0x0C, (SSD_FILE, SSD_MODULE, ISD, b"\x80", C9, b""), "6985"),
        (0x0C, (SSD_FILE, SSD_MODULE, SSD), "6A80"),
        (0x02, (PACKAGE, SSD, b"", b"", b""), "6A88"),
        (0x02, (PACKAGE[:4], ISD, b"", b"", b""), "6A80"),
        (0x02, (PACKAGE, ISD, b"12345", b"", b""), "6A80"),
        (0x02, (SSD_FILE, ISD, b"", b"", b""), "6985"),
        (0x08, (b"", b"", SSD, b"", b"", b""), "6A88"),
        (0x10, (SSD, b"", ISD, b"", b"", b""), "6A88"),
        (0x10, (ISD, b"", ISD, b"", b"", b""), "6985"),
        (0x20, (b"", b"", SSD, b"", b"", b""), "6A88"),
        (0x20, (b"x", b"", ISD, b"", b"", b""), "6A80"),
        (0x40, (b"", b"", ISD, b"\0", b"", b""), "6985"),
        (0x01, (), "6A86"),
        (0x0E, (), "6A86"),
    ],
)
def test_install_refuses(authenticated: Terminal, p1: int, fields: tuple[bytes, ...], sw: str) -> None:
    before = authenticated.card.files.registry.save()
    data = b"".join(bytes((len(field),)) + field for field in fields) or b"\0"
    assert authenticated.send(f"E6{p1:02X}00", data).sw == sw
    assert authenticated.send(f"E6{p1:02X}01", data).sw == "6A86"
    after = authenticated.card.files.registry.save()
    assert after == before


def test_extradition_and_registry_update(authenticated: Terminal) -> None:
    terminal = authenticated
    terminal.install_domain()
    terminal.install_access_rules()
    assert terminal.install(0x10, SSD, b"", ARA_M, b"", b"", b"").sw == "9000"
    instances = terminal.card.files.registry.instances
    assert instances[ARA_M].domain == SSD
    assert terminal.send("E40000", tlv.encode(0x4F, SSD)).sw == "6985", "something hangs on it"
    assert terminal.install(0x10, SSD, b"", SSD, b"", b"", b"").sw == "9000", "a domain of its own"
    assert terminal.install(0x40, ISD, b"", ARA_M, b"\x04\0\0", b"", b"").sw == "9000"
    assert (instances[ARA_M].domain, instances[ARA_M].privileges) == (ISD, b"\x04\0\0")
    assert terminal.install(0x40, ARA_M, b"", ARA_M, b"\0", b"", b"").sw == "6A88", "ARA-M is no domain"
    assert instances[ARA_M].privileges == b"\x04\0\0", "nothing half done"
    assert terminal.install(0x10, ISD, b"", PACKAGE, b"", b"", b"").sw == "6A88"
    assert terminal.install(0x10, SSD, b"", ARA_FILE, b"", b"", b"").sw == "9000"
    assert terminal.card.files.registry.load_files[ARA_FILE].domain == SSD


def test_a_domain_cannot_hang_below_itself(authenticated: Terminal) -> None:
    other = SSD[:-1] + b"\x02"
    authenticated.install_domain()
    authenticated.install_domain(other)
    assert authenticated.install(0x10, SSD, b"", other, b"", b"", b"").sw == "9000"
    assert authenticated.install(0x10, other, b"", SSD, b"", b"", b"").sw == "6985"


def test_a_supplementary_domain_manages_only_its_own(authenticated: Terminal) -> None:
    terminal = authenticated
    terminal.install_domain()
    terminal.install_access_rules()
    terminal.open(aid=SSD)
    assert terminal.send("E40000", tlv.encode(0x4F, ARA_M)).sw == "6985"
    assert terminal.install(0x10, SSD, b"", ARA_M, b"", b"", b"").sw == "6985"
    assert terminal.send("F04080", ARA_M).sw == "6985"


@pytest.mark.parametrize(("privileges", "sw"), [("80", "6985"), ("800000", "6985"), ("804000", "9000")])
def test_content_management_needs_the_privilege(authenticated: Terminal, privileges: str, sw: str) -> None:
    terminal, own = authenticated, bytes.fromhex(privileges)
    assert terminal.install(0x0C, SSD_FILE, SSD_MODULE, SSD, own, C9, b"").sw == "9000"
    terminal.open(aid=SSD)
    assert terminal.install_access_rules().sw == sw
    assert terminal.install(0x02, PACKAGE, b"", b"", b"", b"").sw == sw


def test_what_is_selected_elsewhere_stays(authenticated: Terminal) -> None:
    terminal = authenticated
    terminal.install_domain()
    terminal.card.transmit(bytes.fromhex("0070000001"))
    Terminal(terminal.card, 1).select(SSD)
    assert terminal.send("E40000", tlv.encode(0x4F, SSD)).sw == "6985"
    terminal.card.transmit(bytes.fromhex("00708001"))
    assert terminal.send("E40000", tlv.encode(0x4F, SSD)).sw == "9000"


def test_delete_refuses(authenticated: Terminal) -> None:
    for command, data, sw in (
        ("E40000", tlv.encode(0x4F, ISD), "6985"),
        ("E40000", tlv.encode(0x4F, SSD_FILE), "6985"),
        ("E40000", tlv.encode(0x4F, SSD), "6A88"),
        ("E40100", tlv.encode(0x4F, SSD), "6A86"),
        ("E40001", tlv.encode(0x4F, SSD), "6A86"),
        ("E40000", b"\x4f\x09\xa0", "6A80"),
        ("E40000", bytes.fromhex("D3 01 01"), "6A80"),
        ("E40000", bytes.fromhex("D000"), "6A80"),
    ):
        assert authenticated.send(command, data).sw == sw


def test_locking_and_unlocking(authenticated: Terminal) -> None:
    terminal = authenticated
    terminal.install_domain()
    terminal.install_access_rules()
    terminal.install(0x10, SSD, b"", ARA_M, b"", b"", b"")
    assert terminal.send("F04080", SSD).sw == "9000"
    assert terminal.send("F24002", tlv.encode(0x4F, SSD)).data.hex().count("9f700187") == 1
    assert terminal.card.registered_by_name(SSD) == []
    assert terminal.send("F04007", SSD).sw == "9000"
    assert terminal.send("F0400F", SSD).sw == "9000"
    assert terminal.send("F04007", SSD).sw == "6985", "states only go forward"
    assert terminal.send("F06080", SSD).sw == "9000", "with what hangs on it"
    assert terminal.card.registered_by_name(ARA_M) == []
    assert terminal.send("F06080", ARA_M).sw == "6A88"
    assert terminal.send("F04080", ISD).sw == "6A88"
    assert terminal.send("F02080", SSD).sw == "6A86"


def test_the_card_is_locked_and_terminated(authenticated: Terminal) -> None:
    terminal = authenticated
    terminal.install_domain()
    assert terminal.send("F08007").sw == "6985"
    assert terminal.send("F0807F").sw == "9000"
    assert terminal.card.registered_by_name(SSD) == []
    assert terminal.send("F28002", bytes.fromhex("4F00")).data.hex().count("9f70017f") == 1
    assert terminal.send("F0800F").sw == "9000"
    assert terminal.card.registered_by_name(SSD) != []
    assert terminal.send("F080FF").sw == "9000"
    terminal.card.reset()
    assert terminal.card.transmit(bytes.fromhex("00B000000A")).hex() == "6985"


def test_locking_needs_the_privilege() -> None:
    terminal = Terminal(make_card(FileSystem(image(privileges="82DC00"))))
    terminal.open()
    assert terminal.send("F0807F").sw == "6985"
    assert terminal.send("F080FF").sw == "6985"


# --- GET STATUS, GET DATA, STORE DATA -----------------------------------------------------------------


def test_get_status_in_pieces(authenticated: Terminal) -> None:
    aids = [SSD[:-1] + bytes((number,)) for number in range(20)]
    for aid in aids:
        assert authenticated.install_domain(aid).sw == "9000"
    assert authenticated.send("F24002", bytes.fromhex("4F00")).sw == "6310"
    assert listed(authenticated, 0x40) == [aid.hex() for aid in aids]


def test_get_status_in_its_old_form(authenticated: Terminal) -> None:
    assert authenticated.send("F28000", bytes.fromhex("4F00")).data.hex() == "08" + ISD.hex() + "0f9e"
    assert authenticated.send("F21000", tlv.encode(0x4F, SSD_FILE)).data.hex() == (
        "07" + SSD_FILE.hex() + "0100" + "0108" + SSD_MODULE.hex()
    )


def test_the_tag_list_chooses(authenticated: Terminal) -> None:
    answer = authenticated.send("F28002", bytes.fromhex("4F005C039F70CC")).data
    assert [one.tag for one in tlv.read_all(tlv.read(answer).value)] == [0x9F70, 0xCC]


def test_get_status_refuses(authenticated: Terminal) -> None:
    for command, data, sw in (
        ("F24002", bytes.fromhex("4F00"), "6A88"),
        ("F24003", bytes.fromhex("4F00"), "6A88"),
        ("F20002", bytes.fromhex("4F00"), "6A86"),
        ("F28004", bytes.fromhex("4F00"), "6A86"),
        ("F28002", bytes.fromhex("5C00"), "6A80"),
        ("F28002", bytes.fromhex("4F05A0"), "6A80"),
    ):
        assert authenticated.send(command, data).sw == sw


def test_data_objects_are_stored_and_read(authenticated: Terminal) -> None:
    terminal = authenticated
    assert terminal.send("CA0042").sw == "6A88"
    assert terminal.send("E29000", bytes.fromhex("42031234564502ABCD")).sw == "9000"
    assert terminal.plain(0x00, "CA0042").data.hex() == "4203123456", "reading needs no session"
    terminal.open()
    assert terminal.send("E21000", bytes.fromhex("5F50")).sw == "9000"
    assert terminal.send("E29001", b"\x03url").sw == "9000"
    assert terminal.send("CA5F50").data == bytes.fromhex("5F5003") + b"url"
    assert terminal.send("E28800", bytes.fromhex("0070044202AAAA")).sw == "9000"
    assert terminal.send("CA0042").data.hex() == "4202aaaa"
    for command, data, sw in (
        ("E29001", b"\x42\x00", "6A86"),
        ("E29000", b"\x99\x00", "6A88"),
        ("E29000", b"\x42\x05", "6A80"),
        ("E28800", bytes.fromhex("0071044202AAAA"), "6A88"),
        ("E28800", bytes.fromhex("0070094202AAAA"), "6A80"),
        ("E29800", b"\x42\x00", "6A86"),
    ):
        assert terminal.send(command, data).sw == sw


def test_encrypted_data_objects(authenticated: Terminal) -> None:
    assert authenticated.secure is not None
    ciphered = authenticated.secure.encrypt_sensitive(bytes.fromhex("420E") + bytes(14))
    assert authenticated.send("E2F000", ciphered).sw == "9000"
    assert authenticated.send("CA0042").data.hex() == "420e" + "00" * 14
    assert authenticated.send("E2F000", ciphered[:-1]).sw == "6A80"


def test_extended_card_resources(authenticated: Terminal) -> None:
    free = authenticated.send("CAFF21").data
    assert free.hex().startswith("ff210f8101018204")
    load(authenticated, cap_file(length=1000))
    assert authenticated.send("CAFF21").data < free


# --- nonsense -----------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0x50, 0xCA, 0xD8, 0xE2, 0xE4, 0xE6, 0xE8, 0xF0, 0xF2]),
            st.integers(0, 255),
            st.integers(0, 255),
            st.binary(max_size=60),
        ),
        max_size=12,
    )
)
def test_nonsense_is_answered(commands: list[tuple[int, int, int, bytes]]) -> None:
    """No fault of ours, whatever comes in a session; and the registry can always be stored."""
    card: Card = make_card()
    terminal = Terminal(card)
    terminal.open(level=0)
    for ins, p1, p2, data in commands:
        terminal.plain(0x80, f"{ins:02X}{p1:02X}{p2:02X}", data)
        saved = card.files.save()
        files = FileSystem(image())
        files.restore(saved)
        assert files.save() == saved
