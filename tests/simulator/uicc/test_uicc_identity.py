"""GET IDENTITY (TS 31.102 §7.5): a USIM that calculates the SUCI, against the test data of TS 33.501 §C.4."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.crypto import suci
from simulator.crypto.suci import ProtectionScheme
from simulator.uicc import Card, FileSystem
from simulator.uicc.commands import identity
from simulator.uicc.image import CardImage, DfImage, EfImage, FileStructure
from simulator.uicc.tables import FILE_HANDLERS
from tests.simulator.uicc.conftest import IMAGE, ISIM, USIM, Terminal

# TS 33.501 §C.4: home network keys, and the ephemeral private keys of the four data sets
PRIVATE_A = "c53c22208b61860b06c62e5406a7b330c2b577aa5558981510d128247d38bd1d"
PUBLIC_A = "5a8d38864820197c3394b92613b20b91633cbd897119273bf8e4a6f4eec0a650"
PUBLIC_B = "0272da71976234ce833a6907425867b82e074d44ef907dfb4b3e21c1c2256ebcd1"
EPHEMERAL_A = "c80949f13ebe61af4ebdbd293ea4f942696b9e815d7e8f0096bbf6ed7de62256"
EPHEMERAL_A_NAI = "be9eff3e9f22a4b42a3d236e7a6c500b3f2e7e0c7449988ba800d664bf4fcd97"
EPHEMERAL_B = "99798858a1dc6a2c68637149a4b1dbfd1fdff5addd62a2142f06699ed7602529"
EPHEMERAL_B_NAI = "90a5898bd29ffa3f261e00e980067c70a2b1b992a21f5b4fef6d4df69fe804ad"
OUTPUT_A = "b2e92f836055a255837debf850b528997ce0201cb82adfe4be1f587d07d8457dcb02352410cddd9e730ef3fa87"
OUTPUT_B = "039aab8376597021e855679a9778ea0b67396e68c66df32c0f41e9acca2da9b9d146a33fc2716ac7dae96aa30a4d"

IMSI = "08 29 47 10 02 10 00 02 68"
"""274 012 001002086 (§C.4); the nibble before the first digit says that their number is odd."""
AD = "00000003"
NAI = "801A" + b"verylongusername1@3gpp.com".hex()
BOTH = f"A006020101020000A14B80011B8121{PUBLIC_B}80011E8120{PUBLIC_A}"
"""EF.SUCI_Calc_Info as in TS 31.121 §4.9.4: Profile B by key 27, Profile A by key 30, the null scheme."""
ONLY_A = f"A0020101A12580011E8120{PUBLIC_A}"
NULL = "A0020000"
NULL_SUCI = "A10D 01 722410 F0FF 00 00 00012080F6"
GET_IDENTITY = "8078000100"


def ef(fid: int, content: str) -> EfImage:
    return EfImage(fid, FileStructure.TRANSPARENT, bytes.fromhex(content))


def table(*missing: int) -> str:
    """EF.UST with all services up to 136 but NAI SUPIs (130) and those given."""
    body = bytearray(b"\xff" * 17)
    for service in (130, *missing):
        body[(service - 1) // 8] &= ~(1 << (service - 1) % 8)
    return body.hex()


def image(
    calculation: str | None = BOTH,
    *,
    ust: str = table(),
    imsi: str | None = IMSI,
    ad: str = AD,
    nai: str | None = None,
    routing_indicator: str | None = None,
) -> CardImage:
    """The card of conftest with DF.5GS and DF.SAIP."""
    of_5gs = [ef(0x4F07, ONLY_A)]  # what the terminal reads; the USIM must not
    of_5gs += [ef(0x4F09, nai)] if nai is not None else []
    of_5gs += [ef(0x4F0A, routing_indicator)] if routing_indicator is not None else []
    saip = (ef(0x4F01, calculation),) if calculation is not None else ()
    usim, isim = IMAGE.adfs
    children = tuple(child for child in usim.children if child.fid not in (0x6F07, 0x6F38, 0x6FAD, 0x6FF3))
    own = (ef(0x6F38, ust), ef(0x6FAD, ad), *((ef(0x6F07, imsi),) if imsi is not None else ()))
    directories = (DfImage(0x5FC0, tuple(of_5gs)), DfImage(0x5FD0, saip))
    return replace(IMAGE, adfs=(replace(usim, children=(*children, *own, *directories)), isim))


def made(card_image: CardImage, entropy: Callable[[int], bytes] = bytes) -> Terminal:
    card = Card(FileSystem(card_image), entropy=entropy)
    card.file_handlers = FILE_HANDLERS | {row.key: (row.cases, row.handler) for row in identity.COMMANDS}
    channel = card.channels[0]
    assert channel is not None
    channel.handlers = card.file_handlers
    terminal = Terminal(card)
    card.on_fault = lambda apdu, error: terminal.faults.append(error)
    return terminal


def profile_a(ephemeral: str) -> Callable[[int], bytes]:
    return lambda count: bytes.fromhex(ephemeral)[:count]


def profile_b(ephemeral: str) -> Callable[[int], bytes]:
    """Entropy from which extra random bits (FIPS 186-5 §A.2.1) make this private key: one more than it."""
    return lambda count: (int(ephemeral, 16) - 1).to_bytes(count, "big")


def answered(terminal: Terminal) -> str:
    """What comes after the length has been learnt, as T=0 has it for case 2."""
    wrong_length = terminal.verified()(GET_IDENTITY)
    if wrong_length.startswith("6C"):
        return terminal(GET_IDENTITY[:8] + wrong_length[2:])
    return wrong_length


def expected(text: str) -> str:
    return text.replace(" ", "").upper() + "9000"


def test_null_scheme() -> None:
    """§C.4.2.1."""
    assert answered(made(image(NULL))) == expected(NULL_SUCI)


def test_profile_a() -> None:
    """§C.4.3.1, with routing indicator 678 and key 30."""
    terminal = made(image(ONLY_A, routing_indicator="76F8FFFF"), profile_a(EPHEMERAL_A))
    assert answered(terminal) == expected(f"A135 01 722410 76F8 01 1E {OUTPUT_A}")


def test_profile_b_comes_first_in_the_list() -> None:
    """§C.4.4.1 with key 27."""
    terminal = made(image(routing_indicator="71FFFFFF"), profile_b(EPHEMERAL_B))
    assert answered(terminal) == expected(f"A136 01 722410 71FF 02 1B {OUTPUT_B}")


def test_two_answers_differ_where_entropy_does() -> None:
    counter = iter(range(1, 10))
    terminal = made(image(ONLY_A), lambda count: bytes((next(counter),)) * count)
    first, second = answered(terminal), answered(terminal)
    assert first != second
    for answer in (first, second):
        output = bytes.fromhex(answer)[10:-2]
        assert suci.reveal(ProtectionScheme.PROFILE_A, output, bytes.fromhex(PRIVATE_A)).hex() == "00012080f6"


@pytest.mark.parametrize(
    ("ad", "home_network", "msin"),
    [
        ("00000003", "722410", "00012080F6"),
        ("00000002", "72F410", "0210000268"),
        ("000000", "72F410", "0210000268"),
    ],
)
def test_the_length_of_the_mnc_stands_in_ef_ad(ad: str, home_network: str, msin: str) -> None:
    assert answered(made(image(NULL, ad=ad))) == expected(f"A10D 01 {home_network} F0FF 00 00 {msin}")


@pytest.mark.parametrize("blank", [None, "FF" * 40, "00" * 40, "", "A000", "A0"])
def test_without_a_provisioned_key_the_null_scheme_is_used(blank: str | None) -> None:
    """TS 33.501 §6.12.2."""
    assert answered(made(image(blank))) == expected(NULL_SUCI)


def test_a_scheme_that_cannot_be_used_is_passed_over() -> None:
    """Proprietary scheme 12, Profile B with a key that is no point, Profile A with an index to no key."""
    broken = f"A00A 0C01 0201 0109 0102 0000 A14B 80011B8121 02{'FF' * 32} 80011E8120{PUBLIC_A}"
    terminal = made(image(broken), profile_a(EPHEMERAL_A))
    assert answered(terminal) == expected(f"A135 01 722410 F0FF 01 1E {OUTPUT_A}")
    assert answered(made(image("A0020101"))) == "6A88", "Profile A, and no key at all"


NETWORK_SPECIFIC = [
    (NULL, bytes, b"type1.rid0.schid0.useridverylongusername1@3gpp.com"),  # §C.4.2.2
    (
        ONLY_A,
        profile_a(EPHEMERAL_A_NAI),  # §C.4.3.2
        b"type1.rid0.schid1.hnkey30."
        b"ecckey977D8B2FDAA7B64AA700D04227D5B440630EA4EC50F9082273A26BB678C92222."
        b"cip8E358A1582ADB15322C10E515141D2039A.mac12E1D7783A97F1AC@3gpp.com",
    ),
    (
        BOTH,
        profile_b(EPHEMERAL_B_NAI),  # §C.4.4.2
        b"type1.rid0.schid2.hnkey27."
        b"ecckey03759BB22C563D9F4A6B3C1419E543FC2F39D6823F02A9D71162B39399218B244B."
        b"cipBE22D8B9F856A52ED381CD7EAF4CF2D525.mac3CDDC61A0A7882EB@3gpp.com",
    ),
]


@pytest.mark.parametrize(("calculation", "entropy", "nai"), NETWORK_SPECIFIC)
def test_network_specific_identifier(calculation: str, entropy: Callable[[int], bytes], nai: bytes) -> None:
    """Service 130: SUPI format 1, and the SUCI is a NAI (TS 23.003 §28.7.3)."""
    terminal = made(image(calculation, ust="FF" * 17, nai=NAI + "FFFF"), entropy)
    value = b"\x11" + nai
    length = f"81{len(value):02X}" if len(value) > 127 else f"{len(value):02X}"
    assert answered(terminal) == expected("A1" + length + value.hex())


def test_line_and_cable_identifiers_are_never_concealed() -> None:
    nai = b"id@5gc.mnc012.mcc274.3gppnetwork.org"
    for tag, start in (("81", b"\x31type2"), ("82", b"\x21type3")):
        content = tag + f"{len(nai):02X}" + nai.hex()
        answer = answered(made(image(ust="FF" * 17, nai=content, routing_indicator="76F8FFFF")))
        value = start + b".rid678.schid0.userid" + nai
        assert answer == expected(f"A1{len(value):02X}" + value.hex())


def test_the_imsi_counts_where_ef_supi_nai_is_of_no_use() -> None:
    assert answered(made(image(NULL, nai=NAI))) == expected(NULL_SUCI), "service 130 is not available"
    for nai in (None, "FF" * 20, "8000", "80"):
        assert answered(made(image(NULL, ust="FF" * 17, nai=nai))) == expected(NULL_SUCI)


def test_refusals() -> None:
    terminal = made(image())
    assert terminal(GET_IDENTITY) == "6D00", "no application"
    terminal.usim()
    assert terminal(GET_IDENTITY) == "6982"
    terminal.verified()
    for command, sw in {
        "8078010100": "6A86",
        "8078000000": "6A86",
        "8078000300": "6A86",
        "8078000200": "6A81",  # 5G NSWO
        "80780001": "6700",
        "807800010100": "6700",
        "80780001010000": "6700",
        "0078000100": "6D00",
    }.items():
        assert terminal(command) == sw, command
    terminal("00A4040C10" + ISIM.hex())
    assert terminal(GET_IDENTITY) == "6D00"
    assert not terminal.faults


@pytest.mark.parametrize("missing", [(124,), (125,), (124, 125)])
def test_the_services_decide_who_calculates(missing: tuple[int, ...]) -> None:
    assert answered(made(image(ust=table(*missing)))) == "6985"


@pytest.mark.parametrize(
    "imsi", [None, "FF" * 9, "00", "", "08FF", "012900000000000000", "0829FFFFFFFFFFFFFF"]
)
def test_no_imsi(imsi: str | None) -> None:
    assert answered(made(image(imsi=imsi))) == "6A88"


def test_on_another_channel() -> None:
    terminal = made(image(NULL)).verified()
    assert terminal("0070000101") == "9000"
    assert terminal("01A4040C10" + USIM.hex()) == "9000"
    assert terminal("817800010F") == expected(NULL_SUCI)


contents = st.one_of(
    st.none(), st.binary(max_size=90).map(bytes.hex), st.sampled_from([BOTH, ONLY_A, NAI, IMSI])
)


@settings(max_examples=200, deadline=None)
@given(contents, contents, contents, contents, st.binary(max_size=5).map(bytes.hex))
def test_no_content_is_a_fault(
    calculation: str | None, imsi: str | None, nai: str | None, routing_indicator: str | None, ad: str
) -> None:
    terminal = made(
        image(calculation, ust="FF" * 17, imsi=imsi, ad=ad, nai=nai, routing_indicator=routing_indicator)
    )
    answer = answered(terminal)
    assert answer.endswith("9000") or answer == "6A88"
    assert not terminal.faults, terminal.faults
