"""The toolkit, object by object: vectors of pySim's `cat` and of TS 31.124, else bytes put together by hand
from TS 102 223 §8 and TS 31.111 §8."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.explain import Explainer
from cards.explain.fields import read
from cards.explain.toolkit import TEMPLATES, messages, objects, terminal_profile
from cards.explain.toolkit.names import ADDITIONAL, command_name
from cards.explain.toolkit.objects import OBJECTS

VECTORS = [
    # pySim
    ("8D090470617373776F7264", {"text string (0D)": "“password”"}),
    ("B50103", {"type": "03: default bearer"}),
    ("BE052101020304", {"network address (3E)": "1.2.3.4"}),
    ("BC03028000", {"transport (3C)": "TCP, client, remote, port 32768"}),
    ("C704036E6161", {"network access name (47)": "naa"}),
    # Command details with qualifiers of §8.6
    ("8103012180", {"type": "DISPLAY TEXT", "qualifier": "waits for the user"}),
    ("8103012281", {"qualifier": "alphabet, help available"}),
    ("8103012305", {"qualifier": "alphabet, hidden"}),
    ("8103012403", {"qualifier": "presentation said, navigation"}),
    ("8103012501", {"qualifier": "soft keys"}),
    ("810301260F", {"type": "PROVIDE LOCAL INFORMATION", "qualifier": "0F: location by access technologies"}),
    ("8103012702", {"type": "TIMER MANAGEMENT", "qualifier": "current value"}),
    ("8103011004", {"type": "SET UP CALL", "qualifier": "04: others are ended"}),
    ("8103011301", {"qualifier": "packed by the terminal"}),
    ("8103011503", {"type": "LAUNCH BROWSER", "qualifier": "03: that one is closed first"}),
    ("8103012001", {"type": "PLAY TONE", "qualifier": "with vibration"}),
    ("8103013301", {"type": "GET READER STATUS", "qualifier": "identifier"}),
    ("8103013501", {"type": "LANGUAGE NOTIFICATION", "qualifier": "specific"}),
    ("8103014003", {"type": "OPEN CHANNEL", "qualifier": "link at once, reconnects"}),
    ("8103014101", {"qualifier": "goes on listening"}),
    ("8103014300", {"type": "SEND DATA", "qualifier": "stored until the rest comes"}),
    ("8103010109", {"type": "REFRESH", "qualifier": "09: eUICC profile state change"}),
    # Results with additional information, §8.12
    ("83022002", {"general result": "20: terminal currently unable",
                  "additional information": "02: busy on a call"}),
    ("83023A03", {"additional information": "03: channel not valid"}),
    ("83022601", {"additional information": "01: bearer unavailable"}),
    ("83023802", {"additional information": "02: no card"}),
    ("83023C01", {"additional information": "01: frame not valid"}),
    ("83023901", {"additional information": "01: not allowed"}),
    ("83022191", {"additional information": "cause 17 (TS 24.008 §10.5.4.11)"}),
    ("83023526", {"additional information": "cause 38 (TS 24.011 §8.2.5.4)"}),
    ("83023415", {"additional information": "error 21 (TS 24.080)"}),
    # One of each kind of object
    ("8E0110", {"tone (0E)": "10: general beep"}),
    ("9803102100", {"items next action indicator (18)": "SET UP CALL, DISPLAY TEXT, none"}),
    ("9A026091", {"cause (1A)": "cause 17, from location 0"}),
    ("9A00", {"cause (1A)": "radio link time-out"}),
    # Channels 70, 10 and 1 in ten bits each, and two bits over: 00010001 10000000 10100000 00000100.
    ("9D041180A004", {"ARFCNs": "70, 10, 1"}),
    ("9E020105", {"icon identifier (1E)": "beside the text, record 5 of EF.IMG"}),
    ("A00172", {"card reader status (20)": "reader 2: present, takes ID-1 cards, card in it"}),
    ("A1023B00", {"TS, convention": "direct"}),
    ("A20700A40004023F00", {"C-APDU (22)": "SELECT: 00A40004023F00"}),
    ("A3029000", {"R-APDU (23)": "9000: normal ending of the command"}),
    ("AA0101", {"BC repeat indicator (2A)": "01: alternate mode"}),
    ("AC022143", {"DTMF string (2C)": "1234"}),
    ("AE020105", {"timing advance (2E)": "not idle, timing advance 5"}),
    ("B00103", {"browser identity (30)": "03: XHTML"}),
    ("B20103", {"bearers (32)": "packet service"}),
    ("B3063F007F106F3A", {"file": "3F00/7F10/6F3A"}),
    ("B507020304021F0002", {"type": "02: GPRS", "delay class": "4", "PDP type": "02: IP"}),
    ("B8028105", {"channel status (38)": "channel 1, link established, link dropped"}),
    ("BA024142", {"card reader, or when REFRESH may come (3A)": "“AB”"}),
    ("BF020308", {"access technology (3F)": "UTRAN, E-UTRAN"}),
    ("C003081400", {"display parameters (40)": "8 lines of 20 characters"}),
    ("C0052108080808", {"display parameters (40)": "DNS server 8.8.8.8"}),
    ("CB0101", {"I-WLAN access status (4B)": "01: entered"}),
    ("D00400050344", {"attribute": "from 0, 5 characters: format 03, colour 44"}),
    ("D30101", {"contactless state request (53)": "01: enabled"}),
    ("D5020100", {"CSG cell selection (55)": "camped on a CSG cell (0100)"}),
    ("D70548656C6C6F", {"home node B name (57)": "Hello"}),
    ("E2094309523412345021F3", {"IMEISV (62)": "4902543214305123"}),
    ("E30104", {"battery (63)": "04: full"}),
    ("E40204F4", {"browsing status (64)": "404"}),
    ("E50101", {"search mode (65)": "01: automatic"}),
    ("E603023232", {"frame layout (66)": "one below the other: 50, 50"}),
    ("E90105", {"what is measured (69)": "05: E-UTRAN, same frequency"}),
    ("F10700500400416263", {"port": "80", "type of service": "00: local link", "text": "“Abc”"}),
    ("F20562F2104000", {"PLMN 1": "262-01 (E-UTRAN)"}),
    ("F30662F210372101", {"PLMN": "262-01", "LAC": "3721", "RAC": "01"}),
    ("F4010B", {"what was asked for (74)": "0B: tracking area updating"}),
    ("F5010B", {"rejection cause (75)": "11: PLMN not allowed"}),
    ("F60975726E3A75726E2D37", {"IARI, or location parameters (76)": "“urn:urn-7”"}),
    ("F90362F210", {"PLMN 1": "262-01"}),
    ("FA03050102", {"technology": "05: WiMAX", "location": "0102"}),
    ("FB0101", {"what is activated (7B)": "01: contactless front-end"}),
    ("FD0562F2100001", {"PLMN": "262-01", "TAC": "0001"}),
    # Location of LTE with cell identity, and of 5G
    ("930962F21000011234567F", {"area code": "0001", "cell": "1234567F"}),
    ("930B62F2100000011234567890", {"area code": "000001", "cell": "1234567890"}),
    # A cell broadcast page in the 7-bit alphabet: message 4370, English, page 1 of 1, "Test".
    ("8C0A" + "1234" + "1112" + "01" + "11" + "D4F29C0E",
     {"message identifier": "4370", "page": "1 of 1", "text": "“Test”"}),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), VECTORS, ids=[data[:14] for data, _ in VECTORS])
def test_an_object(data: str, expected: dict[str, str]) -> None:
    fields = read(objects, bytes.fromhex(data))
    found = {field.name: field.value for top in fields for field in top.walk()}
    assert found.items() >= expected.items()
    assert not [field for top in fields for field in top.walk() if field.problem]


def test_every_tag_that_is_assigned_has_a_row() -> None:
    """The tags of TS 102 223 §9.3 and TS 31.111 §9.3, as Wireshark's dissector lists them too."""
    assigned = {
        *range(0x01, 0x3D), 0x3E, 0x3F, *range(0x40, 0x4C), *range(0x50, 0x58), *range(0x60, 0x7F),
    }  # fmt: skip
    assert set(OBJECTS) == assigned
    assert all(row.clause for row in OBJECTS.values())


def test_every_type_of_command_has_a_name_and_a_clause() -> None:
    types = [
        *range(0x01, 0x06), *range(0x10, 0x17), *range(0x20, 0x29), *range(0x30, 0x36), *range(0x40, 0x48),
        0x50, 0x51, 0x60, 0x61, 0x62, *range(0x70, 0x74), 0x81,
    ]  # fmt: skip
    assert [kind for kind in types if not all(command_name(kind))] == []
    assert command_name(0x06) == ("", "")


def test_every_result_with_additional_information_is_worded() -> None:
    for words in ADDITIONAL.values():
        assert "no cause" in words(b"\0")


def test_perform_card_apdu_as_ts_31_124_has_it() -> None:
    """TS 31.124 §27.22.4.17, sequence 1.1: SELECT of the MF on the card in reader 1."""
    command = "D012810301300082028111A207A0A40000023F00"
    explanation = Explainer().exchange(bytes.fromhex("8012000014"), bytes.fromhex(command + "9000"))
    found = {field.name: field.value for field in explanation.walk()}
    assert found["type"] == "PERFORM CARD APDU"
    assert found["to"] == "11: card reader 1"
    assert found["C-APDU (22)"] == "SELECT: A0A40000023F00"


def test_terminal_profile_to_its_last_byte_that_is_laid_down() -> None:
    data = bytes.fromhex("FF" * 10 + "03" + "FF" * 2 + "08" + "94" + "0F" + "FF" * 14 + "01")
    found = {field.name: field.value for field in read(terminal_profile, data)}
    assert found["byte 10"].startswith("soft keys in SELECT ITEM, soft keys in SET UP MENU")
    assert found["byte 11"] == "soft keys: 3"
    assert found["byte 14"] == "lines of the display: 8"
    assert found["byte 15"] == "characters in a line: 20"
    assert found["byte 22"].endswith("DISPLAY MULTIMEDIA MESSAGE")
    assert found["byte 30"].startswith("bearer I-WLAN")
    assert found["byte 31"] == "CONTACTLESS STATE CHANGED"


@settings(deadline=None)
@given(st.sampled_from(sorted(OBJECTS)), st.binary(max_size=30))
def test_no_object_raises(tag: int, value: bytes) -> None:
    data = bytes((tag, len(value))) + value
    for top in read(objects, data):
        for field in top.walk():
            assert 0 <= field.offset <= field.offset + field.length <= len(data)


@settings(deadline=None)
@given(st.sampled_from(sorted(TEMPLATES)), st.binary(max_size=40))
def test_no_message_raises(tag: int, value: bytes) -> None:
    assert read(messages, bytes((tag, len(value))) + value)
