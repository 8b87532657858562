"""Commands of GlobalPlatform: published vectors (pySim's tests and documents, GP Card Specification annex H),
and bytes put together by hand from the tables of §11 and TS 102 226 §8."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.apdu import CommandApdu
from cards.explain import Explainer, Explanation, Field
from cards.explain.commands import PROPRIETARY, TABLES
from cards.explain.fields import read
from cards.explain.globalplatform import access_rules, install, keys, load_files, objects, registry
from cards.explain.place import Place

ISD, LOAD_FILE, MODULE = "A000000151000000", "D07002CA44", "D07002CA4490"


def counted(*fields: str) -> str:
    return "".join(f"{len(field) // 2:02X}{field}" for field in fields)


def ask(header: str, data: str = "", answer: str = "9000") -> Explanation:
    body = counted(data) if data else ""
    return Explainer().exchange(bytes.fromhex(header + body), bytes.fromhex(answer))


def values(explanation: Explanation) -> dict[str, str]:
    fields = list(explanation.walk())
    assert not [field for field in fields if field.problem]
    return {field.name: field.value for field in fields}


# The STK parameters of pySim's cap tutorial, in the install parameters of its test.
PUBLISHED = "C900EF1CC8020100C7020100CA12010001001505000000000000000000000000"


def test_install_and_make_selectable_with_published_parameters() -> None:
    data = counted(LOAD_FILE, MODULE, MODULE, "00", PUBLISHED, "")
    explanation = ask("80E60C00", data, "009000")
    found = values(explanation)
    assert explanation.title == "INSTALL [for install and make selectable]"
    expected = {
        "load file": LOAD_FILE, "module": MODULE, "application": MODULE, "privileges": "00: none",
        "parameters of the application (C9)": "none",
        "non-volatile memory, at most (C8)": "256 bytes", "volatile memory, at most (C7)": "256 bytes",
        "access domain parameter": "00: full access", "priority": "1", "timers, at most": "0",
        "length of a menu text, at most": "21", "menu entries, at most": "5",
        "menu entry 5": "position any, identifier any", "channels, at most": "0",
        "install token": "not given", "receipt": "none",
    }  # fmt: skip
    assert found.items() >= expected.items()


# TS 102 226 §8.2.1.3.2.2: priority 1, no timer, texts of 16, one menu entry at 2 with identifier 3, one
# channel, minimum security level '16' (cryptographic checksum, ciphered, counter higher), TAR
# B00123, one service; full access to the UICC's files, by access conditions '000000' to those of a USIM.
TOOLKIT = "0100100102030102011603B0012301"
USIM = "A0000000871002FF49FF0589"
ACCESS = "00010000" + counted(USIM) + "0402000000" + "00"


def test_toolkit_and_file_access_of_a_uicc() -> None:
    parameters = "C90101" + "EA" + counted("80" + counted(TOOLKIT) + "81" + counted(ACCESS))
    explanation = ask("80E60400", counted(LOAD_FILE, MODULE, MODULE, "04", parameters, ""))
    found = values(explanation)
    expected = {
        "privileges": "04: card reset", "parameters of the application (C9)": "01",
        "menu entry 1": "position 2, identifier 3", "channels, at most": "1",
        "minimum security level": "cryptographic checksum; ciphered; counter, must be higher",
        "TAR 1": "B00123", "services, at most": "1",
        "for files of": f"{USIM} (ADF.USIM)", "access domain parameter": "02: by access conditions",
        "access domain data": "000000",
    }  # fmt: skip
    assert found.items() >= expected.items()


def test_install_for_load() -> None:
    parameters = "EF" + counted("C6020C00C7020100C8020200")
    explanation = ask("80E60200", counted(LOAD_FILE, ISD, "11" * 20, parameters, ""), "009000")
    found = values(explanation)
    assert explanation.title == "INSTALL [for load]"
    expected = {
        "load file": LOAD_FILE, "security domain": f"{ISD} (ISD)",
        "hash of the load file data block": "11" * 20, "memory for code, at least (C6)": "3072 bytes",
        "volatile memory, at least (C7)": "256 bytes", "load token": "not given",
    }  # fmt: skip
    assert found.items() >= expected.items()


def test_a_supplementary_security_domain_is_told_its_protocols() -> None:
    parameters = "C9" + counted("81020370" + "810280 00".replace(" ", "") + "820120")
    found = values(
        ask("80E60C00", counted("A0000001515350", "A000000151535041", "D0700199", "80C000", parameters, ""))
    )
    assert found["privileges"] == "80C000: security domain, trusted path, authorized management"
    assert found["secure channel protocol (81)"] == "SCP80, i = 00"
    assert found["accepts extradition to it (82)"] == "20"


@pytest.mark.parametrize(
    ("header", "fields", "title", "expected"),
    [
        ("80E60800", ("", "", MODULE, "00", "EF03CF0180", ""), "INSTALL [for make selectable]",
         {"application": MODULE, "implicit selection (CF)": "contactless, logical channel 0"}),
        ("80E61000", (ISD, "", MODULE, "", "", ""), "INSTALL [for extradition]",
         {"security domain": f"{ISD} (ISD)", "application": MODULE, "privileges": "not given"}),
        ("80E62000", ("", "", MODULE, "", "", ""), "INSTALL [for personalization]", {"application": MODULE}),
        ("80E64000", (ISD, "", MODULE, "C10000", "EF03D90102", ""), "INSTALL [for registry update]",
         {"restricted (D9)": "load",
          "privileges": "C10000: security domain, DAP verification, mandated DAP verification"}),
        ("80E60E01", (LOAD_FILE, "", "", "", ""), "INSTALL [for load and install and make selectable]",
         {"load file": LOAD_FILE}),
        ("80E60E03", (LOAD_FILE, MODULE, MODULE, "00", "C900", "AB" * 8),
         "INSTALL [for load and install and make selectable]",
         {"module": MODULE, "install token": "AB" * 8}),
    ],
    ids=["make selectable", "extradition", "personalization", "registry update", "all begins", "all ends"],
)  # fmt: skip
def test_install_for_other_purposes(
    header: str, fields: tuple[str, ...], title: str, expected: dict[str, str]
) -> None:
    explanation = ask(header, counted(*fields))
    assert explanation.title == title
    assert values(explanation).items() >= expected.items()


def test_a_receipt_is_read() -> None:
    """Confirmation of §11.1.6: receipt, counter, what identifies the card."""
    found = values(
        ask("80E61000", counted(ISD, "", MODULE, "", "", ""), counted("CC" * 8, "0007", ISD) + "9000")
    )
    assert found["receipt"] == "CC" * 8
    assert found["confirmation counter"] == "0007"
    assert found["card unique data"] == ISD


def component(tag: int, content: str) -> str:
    return f"{tag:02X}{len(content) // 2:04X}{content}"


# JCVM §6.4: DECAFFED, format 2.2, flags ACC_APPLET, package 1.0, AID; §6.5 sizes; §6.6 one applet whose
# install() is at 33; §6.7 java.lang 1.0 is imported; §6.8 two constants; §6.11 static fields.
HEADER = component(1, "DECAFFED" + "0202" + "04" + "0001" + counted(LOAD_FILE) + counted("78"))
DIRECTORY = component(
    2, "".join(f"{size:04X}" for size in range(1, 13)) + "000400010006" + "01" + "01" + "00"
)
APPLET = component(3, "01" + counted(MODULE) + "0021")
IMPORT = component(4, "01" + "0001" + counted("A0000000620001"))
POOL = component(5, "0002" + "01800000" + "06000123")
STATIC = component(8, "0006" + "0000" + "0001" + "03" + "0002" + "CAFE" + "0001" + "0003" + "010203")
CAP = HEADER + DIRECTORY + IMPORT + APPLET + component(6, "0102") + component(7, "00") + STATIC + POOL


def load(data: str, size: int = 60) -> list[Explanation]:
    explainer = Explainer()
    blocks = [data[at : at + 2 * size] for at in range(0, len(data), 2 * size)]
    return [
        explainer.exchange(
            bytes.fromhex(f"80E8{0x80 if block is blocks[-1] else 0:02X}{number:02X}{counted(block)}"),
            bytes.fromhex("009000"),
        )
        for number, block in enumerate(blocks)
    ]


def test_a_load_file_is_joined_and_read_component_by_component() -> None:
    dap = "E2" + counted("4F" + counted(ISD) + "C3" + counted("5A" * 8))
    explanations = load(dap + "C481" + f"{len(CAP) // 2:02X}" + CAP)
    assert explanations[0].title == "LOAD block 0"
    last = explanations[-1]
    assert last.title == f"LOAD block {len(explanations) - 1}, the last"
    found = values(last)
    expected = {
        "security domain that verifies (4F)": f"{ISD} (ISD)",
        "signature over the load file data block (C3)": "5A" * 8,
        "version of the format": "2.2", "flags": "has applets", "version of the package": "1.0",
        "name of the package": "x", "size of Debug": "12 bytes", "arrays to set up": "1", "applet": MODULE,
        "offset of install()": "33", "constant": "static method 000123", "array": "CAFE", "values": "010203",
        "bytecode": "00",
    }  # fmt: skip
    assert found.items() >= expected.items()
    names = [field.name for field in last.walk() if field.name.endswith(")") and field.clause == "JCVM §6"]
    assert names == [
        "Header (01)", "Directory (02)", "Import (04)", "Applet (03)", "Class (06)", "Method (07)",
        "StaticField (08)", "ConstantPool (05)",
    ]  # fmt: skip


def test_code_that_is_no_cap_file_stays_bytes() -> None:
    (last,) = load("C4024142")
    assert values(last)["code, in another format than a CAP file's"] == "4142"


def test_put_key_of_scp03() -> None:
    """Version '30' with two AES keys, enciphered, each behind its clear length (Amendment D §7.2)."""
    key = "88" + counted("10" + "A5" * 16) + counted("C0FFEE")
    explanation = ask("80D80081", "30" + key + key, "30" + "C0FFEE" * 2 + "9000")
    assert explanation.title == "PUT KEY version 30, new"
    fields = [field for field in explanation.walk() if field.name.startswith("key ") and field.children]
    assert [(field.name, field.value) for field in fields] == [("key 1", "88: AES"), ("key 2", "88: AES")]
    found = values(explanation)
    expected = {
        "new key version": "30: SCP03", "length of the key": "16 bytes", "key, enciphered": "A5" * 16,
        "key check value": "C0FFEE", "check value 2": "C0FFEE", "P2": "81: key 1 is the first of several",
    }  # fmt: skip
    assert found.items() >= expected.items()


def test_put_key_in_place_of_another_and_in_the_extended_format() -> None:
    explanation = ask("80D82003", "21" + "80" + counted("0F" * 16) + "00")
    assert explanation.title == "PUT KEY version 21, in place of version 20"
    assert values(explanation)["type"] == "80: DES"
    # Format 2: type 'FF', component of an ECC public key, no check value, usage '8000', access '00'.
    found = values(ask("80D80001", "70" + "FFB0" + counted("04" * 65) + "00" + "028000" + "0100"))
    expected = {
        "new key version": "70: tokens", "type of component": "B0: ECC public key",
        "length of key data": "65",
        "usage": "verification or encipherment", "access": "00: the security domain and its applications",
    }  # fmt: skip
    assert found.items() >= expected.items()


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("C00401708010", {"key identifier": "1", "key version": "70: tokens", "component": "DES, 16 bytes"}),
        ("C00402038810", {"key identifier": "2", "key version": "03: SCP80", "component": "AES, 16 bytes"}),
        # Table 11-28: 'FF', AES, 32 bytes; usage '18 00'; access '01'.
        ("C00B0130FF8800200218000101",
         {"component": "AES, 32 bytes", "usage": "secure messaging of commands, confidentiality",
          "access": "01: the security domain only"}),
    ],
    ids=["DES, pySim", "AES, pySim", "extended"],
)  # fmt: skip
def test_key_information(template: str, expected: dict[str, str]) -> None:
    explanation = ask("80CA00E000", "", "E0" + counted(template) + "9000")
    assert explanation.title == "GET DATA object 00E0 (keys)"
    assert values(explanation).items() >= expected.items()


def test_card_recognition_data_of_a_card() -> None:
    """The answer of a real card that pySim quotes: GlobalPlatform 2.1.1, SCP02 with i = 15."""
    data = "6631732F06072A864886FC6B01600C060A2A864886FC6B02020101630906072A864886FC6B03"
    data += "640B06092A864886FC6B040215"
    fields = [f.value for f in ask("80CA006600", "", f"{data}9000").walk() if f.name.startswith("object id")]
    assert fields == [
        "card recognition data", "GlobalPlatform 2.1.1", "card identification scheme", "SCP02, i = 15",
    ]  # fmt: skip


def test_a_selected_security_domain_says_what_it_is() -> None:
    data = "6F1084" + counted(ISD) + "A504" + "9F6501FF"
    found = values(ask("00A40400", ISD, f"{data}9000"))
    assert found["longest command (9F65)"] == "255 bytes"


def test_production_life_cycle() -> None:
    """42 bytes by the list of fields: 2 2 2 2 2 2 4 2 2 2 2 2 2 2 4 2 2 4."""
    data = (
        "47905168479112103B00"
        + "8132"
        + "00012345"
        + "6789"
        + "4812"
        + "8133"
        + "0000" * 4
        + "00000000"
        + "0000" * 2
    )
    data += "00000000"
    assert len(data) == 2 * 42
    found = values(ask("80CA9F7F00", "", f"9F7F2A{data}9000"))
    expected = {
        "IC fabricator": "4790", "operating system release date": "day 210 of a year that ends in 1",
        "IC fabrication date": "day 132 of a year that ends in 8", "IC serial number": "00012345",
        "IC batch": "6789", "personalization date": "not set",
    }  # fmt: skip
    assert found.items() >= expected.items()
    # Some cards leave the tag out.
    assert values(ask("80CA9F7F00", "", f"{data}9000"))["IC type"] == "5168"


def test_capabilities_resources_and_applications() -> None:
    protocol = "A0" + counted("800103" + "81021070" + "820107")
    found = values(
        ask("80CA006700", "", "67" + counted(protocol + "8103BE5F00" + "83020102" + "88020003") + "9000")
    )
    expected = {
        "protocol (80)": "SCP03", "options (81)": "i = 10, i = 70",
        "AES keys (82)": "128 bits, 192 bits, 256 bits",
        "hashes of load files (83)": "SHA-1, SHA-256", "curves (88)": "00: P-256, 03: brainpoolP256r1",
    }  # fmt: skip
    assert found.items() >= expected.items()
    found = values(ask("80CAFF2100", "", "FF210D" + "810105" + "820200FF" + "8304" + "00001000" + "9000"))
    assert found["installed applications (81)"] == "5"
    assert found["free volatile memory (83)"] == "4096 bytes"
    found = values(ask("80CA2F0000", "", "2F000A" + "61084F06" + MODULE + "9000"))
    assert found["AID (4F)"] == MODULE


def test_get_status_in_both_layouts() -> None:
    asked = "4F00" + "5C064F9F70C5CCCE"
    entry = "4F" + counted(MODULE) + "9F700187" + "C50300C000" + "CC" + counted(ISD)
    explanation = ask("80F24002", asked, "E3" + counted(entry) + "9000")
    found = values(explanation)
    assert explanation.title == "GET STATUS of applications and security domains"
    expected = {
        "AID begins with (4F)": "anything",
        "wanted (5C)": "4F (AID), 9F70 (life cycle), C5 (privileges), CC (security domain), CE (version)",
        "life cycle (9F70)": "87: LOCKED, before: SELECTABLE",
        "privileges (C5)": "00C000: trusted path, authorized management",
        "security domain (CC)": f"{ISD} (ISD)",
    }  # fmt: skip
    assert found.items() >= expected.items()
    found = values(ask("80F28002", "4F00", "E3" + counted("4F" + counted(ISD) + "9F70010F") + "9000"))
    assert found["life cycle (9F70)"] == "0F: SECURED"
    older = counted(LOAD_FILE) + "0100" + "01" + counted(MODULE)
    found = values(ask("80F21000", "4F00", f"{older}9000"))
    expected = {"AID": LOAD_FILE, "life cycle": "01: LOADED", "number of modules": "1", "module": MODULE}
    assert found.items() >= expected.items()


@pytest.mark.parametrize(
    ("header", "data", "title"),
    [
        ("80F0807F", "", "SET STATUS of the card to CARD_LOCKED"),
        ("80F04083", MODULE, f"SET STATUS of {MODULE} to LOCKED, before: INSTALLED"),
        ("80F0600F", ISD, f"SET STATUS of {ISD} (ISD) to PERSONALIZED"),
        ("80E40080", "4F" + counted(MODULE), f"DELETE of {MODULE}"),
        ("80E40000", "D00101D20130", "DELETE of keys"),
    ],
)
def test_states_and_deletion(header: str, data: str, title: str) -> None:
    assert ask(header, data).title == title


def test_deletion_with_all_that_comes_from_it() -> None:
    found = values(ask("80E40080", "4F" + counted(MODULE) + "9E08" + "77" * 8, "009000"))
    assert found["P2"] == "80: this object and all that come from it"
    assert found["delete token (9E)"] == "77" * 8
    assert values(ask("80E40000", "D00101D20130"))["key version (D2)"] == "30: SCP03"


def test_store_data_of_a_security_domain() -> None:
    """§11.11.4: data group '0070' with objects, '00B9' with a control reference template for a key."""
    objects_of_group = "4208" + "89" * 8 + "4501AA"
    found = values(ask("80E28800", "0070" + counted(objects_of_group)))
    assert found["issuer identification number (42)"] == "89" * 8
    control = "B9" + counted("95028000" + "960100" + "8001B0" + "810120" + "820101" + "830174" + "850103")
    found = values(ask("80E28800", "00B9" + counted(control) + "0036" + counted("04" * 65)))
    expected = {
        "type (80)": "B0: ECC public key", "length (81)": "32 bytes", "key version (83)": "74: CASD",
        "curve (85)": "03: brainpoolP256r1", "ECC public key (0036)": "04" * 65,
    }  # fmt: skip
    assert found.items() >= expected.items()
    assert values(ask("80E29000", "5F500668747470733A"))["URL of the security domain manager (5F50)"]


def test_store_data_of_access_rules() -> None:
    """A rule of Android's carrier privileges: any application, a signer by SHA-1, all permissions."""
    which = "E1" + counted("4F00" + "C1" + counted("AB" * 20))
    rule = "E3" + counted("D00101" + "DB" + counted("00" * 7 + "01"))
    data = "F0" + counted("E2" + counted(which + rule))
    found = values(ask("80E29000", data))
    expected = {
        "application (4F)": "all that no other rule names", "program, by its signer (C1)": "AB" * 20,
        "commands": "01: all", "permissions (DB)": "0000000000000001",
    }  # fmt: skip
    assert found.items() >= expected.items()
    rule = "E3" + counted("D008" + "00A40000" + "FFFF0000")
    found = values(ask("80CAFF4000", "", "FF40" + counted("E2" + counted(which + rule)) + "9000"))
    assert found["commands with"] == "00A40000 under FFFF0000"
    assert (
        values(ask("80CADF2000", "", "DF20080102030405060708" + "9000"))["refresh tag (DF20)"]
        == "0102030405060708"
    )


def test_initialize_update_of_a_card() -> None:
    """The answer of pySim's test of SCP03 with AES-128."""
    answer = "0000000000000000000030037030760CD2C47C1DD395065FE5EAD8A9D7000001"
    found = values(ask("80503000", "8E1552D0513C60F3", f"{answer}9000"))
    expected = {
        "key version": "30: SCP03", "i": "70: pseudo-random challenge, R-MAC, R-ENCRYPTION",
        "card challenge": "30760CD2C47C1DD3", "card cryptogram": "95065FE5EAD8A9D7", "sequence counter": "1",
    }  # fmt: skip
    assert found.items() >= expected.items()


def within(fields: tuple[Field, ...], length: int) -> None:
    for top in fields:
        for field in top.walk():
            assert 0 <= field.offset <= field.offset + field.length <= length


@settings(deadline=None)
@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=60))
def test_no_bytes_make_a_decoder_raise(p1: int, p2: int, data: bytes) -> None:
    for ins, row in TABLES[PROPRIETARY].items():
        command = CommandApdu(0x80, ins, p1, p2, data)
        assert isinstance(row.asks(command, Place()), str)
        row.parameters(command)
        for decoder in (row.data(command, Place()), row.answer(command, Place())):
            if decoder:
                within(read(decoder, data), len(data))


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_no_damaged_object_makes_a_decoder_raise(data: bytes) -> None:
    for table in (objects.OBJECTS, access_rules.RULES, keys.INFORMATION, keys.CONTROL_REFERENCE):
        for row in table.values():
            if row.inside:
                within(read(row.inside, data), len(data))
    for decoder in (install.deleted, install.LOADING, load_files.components, registry.SEARCH):
        within(read(decoder, data), len(data))


@settings(deadline=None)
@given(st.integers(0, len(CAP)), st.integers(0, 255))
def test_a_damaged_load_file_stays_in_its_bytes(place: int, octet: int) -> None:
    data = bytearray(bytes.fromhex(CAP))
    data[place % len(data)] = octet
    within(read(load_files.block, bytes(data)), len(data))
