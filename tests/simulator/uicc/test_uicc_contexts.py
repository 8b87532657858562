"""AUTHENTICATE in the contexts beyond 3G and GSM: IMS AKA, GBA, MBMS, VGCS/VBS (TS 31.102 §7.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.crypto import gba
from simulator.crypto.aka import generate_vector, sqn_from_auts
from simulator.crypto.milenage import Milenage
from simulator.uicc import Card, FileSystem, services
from simulator.uicc.commands import authenticate
from simulator.uicc.commands.gba import state_of
from simulator.uicc.gba import GbaState
from simulator.uicc.image import CardImage, DfImage, EfImage, FileStructure
from simulator.uicc.index import index_of
from tests.simulator.uicc.conftest import (
    ALWAYS_READ,
    IMAGE,
    ISIM,
    KEY,
    OPC,
    PIN1_UPDATE,
    USIM,
    Terminal,
    rule,
)

# TS 35.208 §4.3.1, test set 1
RAND = bytes.fromhex("23553cbe9637a89d218ae64dae47bf35")
RES = "a54211d5e3ba50bf"
KS = bytes.fromhex("b40ba9a3c58b2a05bbf0d987b21bf8cb" + "f769bcd751044604127672711c6d3441")

NAF_ID = b"naf.example.org" + bytes.fromhex("0100000002")
IMPI = b"001010123456789@ims.mnc001.mcc001.3gppnetwork.org"
B_TID = b"btid@bsf.example"
# HMAC-SHA-256 under KS over the string of TS 33.220 §B.3, computed with openssl
KS_EXT_NAF = "7a205ce786b14dad6f28d1f8b39d74aba2a172a3c134043bb036912e2036b610"
KS_INT_NAF = "3e9f04a7de64efd1db6843a0a5f1c5677b7f7cc3fb7a37b7c53dcb4b2806b19c"

IDR, IDI = b"B-TID", b"NAF-ID"
MUK_ID = bytes.fromhex("A00F") + b"\x80\x05" + IDR + b"\x82\x06" + IDI
MUK = MUK_ID + bytes.fromhex("810400000005")
MSK_DOMAIN = bytes.fromhex("00F110")
MSK = MSK_DOMAIN + bytes.fromhex("02 0A0B0001 00000001 0A0C0002 00000002")
LENGTH = 60


def linear(fid: int, length: int, *contents: bytes) -> EfImage:
    body = b"".join(content.ljust(length, b"\xff") for content in contents)
    return EfImage(
        fid, FileStructure.LINEAR_FIXED, body, record_length=length, security=rule(PIN1_UPDATE, 0x6F06)
    )


def transparent(fid: int, content: bytes, number: int = PIN1_UPDATE) -> EfImage:
    return EfImage(fid, FileStructure.TRANSPARENT, content, security=rule(number, 0x6F06))


def with_files(*files: EfImage, isim: tuple[EfImage, ...] = ()) -> CardImage:
    """The card of conftest with more (or other) files in ADF.USIM and ADF.ISIM."""

    def extended(adf: DfImage, more: tuple[EfImage, ...]) -> DfImage:
        fids = {file.fid for file in more}
        return replace(adf, children=(*(child for child in adf.children if child.fid not in fids), *more))

    usim, old_isim = IMAGE.adfs
    return replace(IMAGE, adfs=(extended(usim, files), extended(old_isim, isim)))


GBA_FILES = (transparent(0x6FD6, b"\xff" * 64), linear(0x6FDA, LENGTH, b"", b""))
MBMS_FILES = (linear(0x6FD7, 20, MSK, b""), linear(0x6FD8, 40, MUK, b""))


def made(image: CardImage) -> Terminal:
    card = Card(FileSystem(image), entropy=bytes)
    terminal = Terminal(card)
    card.on_fault = lambda apdu, error: terminal.faults.append(error)
    return terminal.verified()


@pytest.fixture
def usim() -> Terminal:
    return made(with_files(*GBA_FILES, *MBMS_FILES))


def autn(seq: int = 1) -> bytes:
    return generate_vector(Milenage(KEY, OPC), RAND, (seq << 5).to_bytes(6, "big"), bytes(2)).autn


def autn_star(seq: int = 1) -> bytes:
    # SHA-1(IK) of test set 1 begins with these 8 bytes, computed with openssl
    mask = bytes.fromhex("c6e0c5ce26e01df7")
    plain = autn(seq)
    return plain[:8] + bytes(a ^ b for a, b in zip(plain[8:], mask, strict=True))


def authenticated(p2: str, data: bytes) -> str:
    return f"008800{p2}{len(data):02X}{data.hex()}00"


def bootstrapping(seq: int = 1) -> str:
    return authenticated("84", b"\xdd\x10" + RAND + b"\x10" + autn_star(seq))


def derivation(naf_id: bytes = NAF_ID) -> str:
    return authenticated("84", b"\xde" + bytes((len(naf_id),)) + naf_id + bytes((len(IMPI),)) + IMPI)


def kept(terminal: Terminal) -> GbaState:
    channel = terminal.card.channels[0]
    assert channel is not None and channel.adf is not None  # noqa: PT018
    return state_of(channel, channel.adf)


def test_every_context_has_a_clause_and_stands_once() -> None:
    rows = authenticate.CONTEXTS
    assert len({(row.naa, row.value) for row in rows}) == len(rows)
    assert all("§" in row.clause for row in rows)
    assert all("§" in row.clause for row in services.SERVICES)
    assert len({(row.naa, row.number) for row in services.SERVICES}) == len(services.SERVICES)


def test_key_derivation_and_mac_star() -> None:
    """TS 33.220 §B.3: FC '01', then "gba-me" or "gba-u", RAND, IMPI and NAF_ID, each before its length."""
    assert gba.ks_ext_naf(KS, RAND, IMPI, NAF_ID).hex() == KS_EXT_NAF
    assert gba.ks_int_naf(KS, RAND, IMPI, NAF_ID).hex() == KS_INT_NAF
    assert gba.convert_autn(autn(), KS[16:]) == autn_star()
    assert gba.convert_autn(autn_star(), KS[16:]) == autn()
    with pytest.raises(ValueError, match="65535"):
        gba.kdf(KS, 1, bytes(0x10000))


def test_bootstrapping_gives_res_alone_and_notes_rand(usim: Terminal) -> None:
    assert usim(bootstrapping()) == ("DB08" + RES).upper() + "9000"
    assert usim("00A40000026FD6").startswith("61")
    # EF.GBABP, TS 31.102 §4.2.79: RAND, and neither B-TID nor lifetime
    assert usim("00B0000040") == ("10" + RAND.hex() + "0000").upper() + "FF" * 45 + "9000"
    assert not usim.faults


def test_naf_derivation(usim: Terminal) -> None:
    assert usim(derivation()) == "6985", "no bootstrapping before"
    usim(bootstrapping())
    usim("00A40000026FD6")
    update = bytes((len(B_TID),)) + B_TID + b"\x02\x0e\x10"
    assert usim(f"00D60011{len(update):02X}{update.hex()}") == "9000"
    assert usim(derivation()) == ("DB20" + KS_EXT_NAF).upper() + "9000"
    # EF.GBANL, §4.2.83
    usim("00A40000026FDA")
    listed = b"\x80\x14" + NAF_ID + b"\x81\x10" + B_TID
    assert usim(f"00B20104{LENGTH:02X}") == listed.ljust(LENGTH, b"\xff").hex().upper() + "9000"
    state = kept(usim)
    assert state.naf_keys[NAF_ID] == (B_TID, bytes.fromhex(KS_INT_NAF))
    again = GbaState()
    again.restore(state.save())
    assert (again.ks, again.rand, again.naf_keys) == (KS, RAND, state.naf_keys)


def listed_nafs(terminal: Terminal) -> list[bytes]:
    files = terminal.card.files
    body = files.body(index_of(files.image).by_path[USIM.hex().upper() + "/6FDA"])
    return [body[at + 2 : at + 2 + body[at + 1]] for at in range(0, len(body), LENGTH)]


def test_the_naf_used_longest_ago_is_overwritten(usim: Terminal) -> None:
    """TS 31.102 §7.1.1.4: its own record, else an empty one, else the last of the list of used ones."""
    usim(bootstrapping())
    for name in (b"naf-1", b"naf-2", b"naf-1"):
        assert usim(derivation(name)).startswith("DB20")
    assert listed_nafs(usim) == [b"naf-1", b"naf-2"]
    assert usim(derivation(b"naf-3")).startswith("DB20")
    assert listed_nafs(usim) == [b"naf-1", b"naf-3"]
    assert usim(derivation(b"naf-4")).startswith("DB20")
    assert listed_nafs(usim) == [b"naf-4", b"naf-3"]
    assert usim(derivation(b"n" * 80)) == "9866", "longer than a record"


def test_bootstrapping_refuses_and_resynchronises(usim: Terminal) -> None:
    plain = authenticated("84", b"\xdd\x10" + RAND + b"\x10" + autn())
    assert usim(plain) == "9862", "AUTN in place of AUTN*"
    assert usim(bootstrapping(5)).startswith("DB08")
    answer = bytes.fromhex(usim(bootstrapping(5)))
    assert answer[:2] == b"\xdc\x0e"
    assert int.from_bytes(sqn_from_auts(Milenage(KEY, OPC), RAND, answer[2:16]), "big") >> 5 == 5
    assert usim(derivation()).startswith("DB20"), "the old Ks is still there"
    for data in ("DD", "DD10" + RAND.hex(), "DE", "DE00", "DE0141", "DE014100", "DE01410142FF"):
        assert usim(authenticated("84", bytes.fromhex(data))) == "6700"
    assert usim(authenticated("84", b"\xdf\x00")) == "9864"
    assert not usim.faults


def test_keys_outlive_a_reset_but_not_a_change_of_profile(usim: Terminal) -> None:
    usim(bootstrapping())
    usim.card.reset()
    assert usim.verified()(derivation()).startswith("DB20")
    usim.card.mount(FileSystem(usim.card.files.image))
    assert usim.verified()(derivation()) == "6985"


def test_too_small_a_file_for_rand_is_no_memory() -> None:
    terminal = made(with_files(transparent(0x6FD6, b"\xff" * 18)))
    assert terminal(bootstrapping()) == "9866"


def test_without_a_naf_list_some_keys_are_kept() -> None:
    terminal = made(IMAGE)
    terminal(bootstrapping())
    for number in range(12):
        assert terminal(derivation(b"naf-%d" % number)).startswith("DB20")
    assert list(kept(terminal).naf_keys) == [b"naf-%d" % number for number in range(4, 12)]


@pytest.mark.parametrize(
    ("service", "command"),
    [(38, f"0088008011 10{RAND.hex()}"), (68, bootstrapping()), (69, "0089808508 53060300F1100A0B")],
)
def test_a_service_that_the_table_lacks_is_refused(service: int, command: str) -> None:
    table = bytearray(b"\xff" * 17)
    table[(service - 1) // 8] &= ~(1 << (service - 1) % 8)
    assert made(with_files(transparent(0x6F38, bytes(table), ALWAYS_READ)))(command) == "9864"
    short = b"\xff" * ((service - 1) // 8)
    assert made(with_files(transparent(0x6F38, short, ALWAYS_READ)))(command) == "9864"


def test_ims_aka_and_gba_in_an_isim() -> None:
    """TS 31.103 §7.1: IMS AKA has no Kc; GBA depends on service 2 of EF.IST."""
    without = made(IMAGE)
    without("00A4040C10" + ISIM.hex())
    assert without(authenticated("81", b"\x10" + RAND + b"\x10" + autn())).startswith("DB08" + RES.upper())
    assert without(bootstrapping(2)) == "9864"
    for p2 in ("80", "82", "86"):
        assert without(authenticated(p2, b"\x10" + RAND)) == "9864"
    isim = made(with_files(isim=(transparent(0x6F07, b"\x02"), transparent(0x6FD5, b"\xff" * 40))))
    isim("00A4040C10" + ISIM.hex())
    assert isim(bootstrapping()) == ("DB08" + RES).upper() + "9000"
    assert isim(derivation()) == ("DB20" + KS_EXT_NAF).upper() + "9000"
    isim("00A4040C10" + USIM.hex())
    assert isim(derivation()) == "6985", "each application has its own keys"


def test_vgcs_and_local_key_establishment_and_rfu(usim: Terminal) -> None:
    assert usim(authenticated("82", bytes.fromhex("0400000001 0101 02AABB"))) == "6A88"
    assert usim(authenticated("82", bytes.fromhex("0400000001 0101"))) == "6700"
    assert usim(authenticated("82", bytes.fromhex("0400000001 0101 03AABB"))) == "6700"
    assert usim(authenticated("86", b"\x80\x00")) == "9864"
    assert usim("00898086025300") == "9864"
    for p2 in ("83", "87"):
        assert usim(authenticated(p2, b"\x10" + RAND)) == "6A86"
    assert not usim.faults


def object53(mode: int, content: bytes) -> bytes:
    return b"\x53" + bytes((1 + len(content), mode)) + content


def in_one_block(terminal: Terminal, mode: int, content: bytes) -> str:
    data = object53(mode, content)
    return terminal(f"00898085{len(data):02X}{data.hex()}")


def fetched(terminal: Terminal) -> str:
    return terminal("0089A00000")


def mikey(idi: bytes = IDI, idr: bytes = IDR, counter: int = 6) -> bytes:
    """An MSK message by hand (RFC 3830 §6): header with empty map, EXT, T, RAND, IDi, IDr, KEMAC."""
    identities = b"".join(
        bytes((after, 0)) + len(value).to_bytes(2, "big") + value for after, value in ((6, idi), (1, idr))
    )
    return (
        bytes.fromhex(
            "01 00 15 00 00000001 00 01"
        )  # version, pre-shared, next EXT, PRF, CSB ID, #CS, empty map
        + bytes.fromhex("05 03 0003 AABBCC")  # EXT
        + bytes.fromhex("0B 02")
        + counter.to_bytes(4, "big")  # T: counter
        + bytes.fromhex("06 10")
        + bytes(16)  # RAND
        + identities
        + bytes.fromhex("00 01 0010")
        + bytes(16)
        + b"\x01"
        + bytes(20)  # KEMAC: AES-CM-128, HMAC-SHA-1-160
    )


def test_msk_deletion(usim: Terminal) -> None:
    assert in_one_block(usim, 3, MSK_DOMAIN + b"\x0a\x0d") == "6A88"
    assert in_one_block(usim, 3, b"\x00\x00\x00\x0a\x0b") == "6A88"
    assert in_one_block(usim, 3, MSK_DOMAIN) == "6A80"
    assert in_one_block(usim, 3, MSK_DOMAIN + b"\x0a\x0b") == "62F3"
    assert fetched(usim) == "5301DB9000"
    usim("00A40000026FD7")
    assert usim("00B2010414") == "00F110010A0C000200000002" + "FF" * 8 + "9000"
    assert in_one_block(usim, 3, MSK_DOMAIN + b"\x0a\x0c") == "62F3"
    assert usim("00B2010414") == "FF" * 20 + "9000"


def test_muk_deletion(usim: Terminal) -> None:
    assert in_one_block(usim, 4, b"\xa0\x07\x80\x01A\x82\x02BC") == "6A88"
    assert in_one_block(usim, 4, b"\xa0\x03\x80\x01A") == "6A80"
    assert in_one_block(usim, 4, b"") == "6A80"
    assert in_one_block(usim, 4, MUK_ID) == "62F3"
    assert fetched(usim) == "5301DB9000"
    usim("00A40000026FD8")
    assert usim("00B2010428") == "FF" * 40 + "9000"
    assert in_one_block(usim, 4, MUK_ID) == "6A88"


def test_msk_update_refuses_what_it_must(usim: Terminal) -> None:
    assert in_one_block(usim, 1, mikey(idi=b"other")) == "6A88"
    assert in_one_block(usim, 1, mikey(counter=5)) == "9865"
    assert in_one_block(usim, 1, mikey(counter=6)) == "6A88", "listed, but no profile brings the key"
    assert in_one_block(usim, 2, mikey()) == "6A88"
    for damaged in (b"", mikey()[:-1], mikey() + b"\x00", mikey()[:12], b"\x01\x00\x63" + mikey()[3:]):
        assert in_one_block(usim, 1, damaged) == "6A80"
    assert in_one_block(usim, 5, b"") == "9864"
    assert usim("00898085025300") == "6A80", "no mode"


def test_a_naf_key_that_would_become_a_muk_needs_room() -> None:
    full = made(with_files(*GBA_FILES, linear(0x6FD8, 40, MUK)))
    full(bootstrapping())
    full(derivation(b"naf"))
    assert in_one_block(full, 1, mikey(b"naf", b"")) == "9867"
    assert in_one_block(full, 1, mikey(b"naf", b"B-TID of another bootstrapping")) == "6A88"
    roomy = made(with_files(*GBA_FILES, *MBMS_FILES))
    roomy(bootstrapping())
    roomy(derivation(b"naf"))
    assert in_one_block(roomy, 1, mikey(b"naf", b"")) == "9864"


def test_blocks(usim: Terminal) -> None:
    """TS 102 221 §11.1.16.2: 63F1 until the data object is whole, 62F3, and 62F1 while more is to fetch."""
    data = object53(3, MSK_DOMAIN + b"\x0a\x0b").hex()
    assert usim("0089A00000") == "6985"
    assert usim("0089000001" + "00") == "6985"
    assert usim(f"0089808502{data[:4]}") == "63F1"
    assert usim(f"0089000003{data[4:10]}") == "63F1"
    assert usim("0089A00000") == "6985"
    assert usim(f"0089000003{data[10:16]}") == "62F3"
    assert usim("0089A00002") == "530162F1"
    assert usim("0089200000") == "DB9000"
    assert usim("0089A00003") == "5301DB9000", "from the start again"
    assert usim("0089000001" + "00") == "6985"


def test_blocks_may_cut_the_length(usim: Terminal) -> None:
    for block in ("53", "82", "01", "00", "03"):
        assert usim(f"0089{'80' if block == '53' else '00'}8501{block}") == "63F1"
    rest = (MSK_DOMAIN + b"\x0a\x0b").ljust(255, b"\x00")
    assert usim(f"00890000FF{rest.hex()}") == "6A80", "a whole object, but not one that names a group"
    assert usim("0089808502" + "5385") == "6A80"


def test_blocks_refuse(usim: Terminal) -> None:
    assert usim("0089408502" + "5300") == "6A86"
    assert usim("0089808202" + "5300") == "9864", "VGCS goes by the even instruction"
    assert usim("0088008502" + "5300") == "9864", "MBMS by the odd one"
    assert usim("0089A00001" + "00" + "00") == "6700"
    assert usim("00898085" + "00") == "6700"
    assert usim("0089808503" + "530000") == "6A80"
    assert usim("0089808502" + "5400") == "6A80"
    assert usim("0089808502" + "5380") == "6A80"
    assert usim("0089808502" + "5306") == "63F1"
    usim("00A4040C10" + ISIM.hex())
    assert usim("0089000001" + "00") == "6985", "the application has changed"
    assert not usim.faults


def test_a_reset_ends_an_exchange(usim: Terminal) -> None:
    assert usim("0089808502" + "5306") == "63F1"
    usim.card.reset()
    assert usim.verified()("0089000001" + "03") == "6985"


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["80", "81", "82", "84", "85", "86"]),
    st.sampled_from(["8800", "8980", "8900"]),
    st.one_of(
        st.binary(min_size=1, max_size=90),
        st.binary(min_size=1, max_size=80).map(lambda tail: b"\xdd" + tail),
        st.binary(min_size=1, max_size=80).map(lambda tail: b"\xde" + tail),
        st.tuples(st.integers(1, 4), st.binary(max_size=80)).map(lambda pair: object53(*pair)),
        st.tuples(st.integers(0, 90), st.integers(0, 255)).map(
            lambda pair: object53(1, mikey()[: pair[0]] + bytes((pair[1],)) + mikey()[pair[0] + 1 :])
        ),
    ),
)
def test_no_challenge_is_a_fault(p2: str, start: str, data: bytes) -> None:
    terminal = made(with_files(*GBA_FILES, *MBMS_FILES))
    for _ in range(2):
        terminal(f"00{start}{p2}{len(data):02X}{data.hex()}")
        terminal("0089A00000")
    assert not terminal.faults, terminal.faults
