"""Contents of EFs against examples of the specifications and against GSMA's TS.48 profiles."""

from __future__ import annotations

import pytest

from simulator.profile import access_rules, ef

GSMA_TS48_V7 = {
    # From GSMA's own value notation of the TS.48 v7 profile.
    ef.iccid("89000123456789012341"): "98001032547698103214",
    ef.imsi("001010123456789"): "080910101032547698",
    ef.application_template(bytes.fromhex("A0000000871002FF49FF0589"), "USIM"): (
        "61144F0CA0000000871002FF49FF0589" + "50045553494D"
    ),
    ef.uri("001010123456789@test.3gpp.com"): "801D303031303130313233343536373839"
    + "40746573742E336770702E636F6D",
}


@pytest.mark.parametrize(("content", "expected"), GSMA_TS48_V7.items(), ids=range(len(GSMA_TS48_V7)))
def test_contents_are_those_of_the_gsma_test_profile(content: bytes, expected: str) -> None:
    assert content == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("mcc", "mnc", "expected"),
    [
        ("246", "81", "42F618"),  # TS 31.121 §4.1.1.2: PLMN 246 081 is coded '42 16 80', 246 81 '42 F6 18'
        ("246", "081", "421680"),
        ("001", "01", "00F110"),
        ("310", "410", "130014"),
    ],
)
def test_plmn(mcc: str, mnc: str, expected: str) -> None:
    assert ef.plmn(mcc, mnc) == bytes.fromhex(expected)


def test_imsi_of_even_length_has_parity_one() -> None:
    assert ef.imsi("24681000000000")[1] & 0x0F == 0x1
    assert ef.imsi("24681000000000")[0] == 8


def test_service_table() -> None:
    assert ef.service_table([1, 9, 27], 4).hex() == "01010004"
    assert ef.service_table([], 2).hex() == "0000"
    assert len(ef.service_table([124], 1)) == 16


def test_access_control_classes() -> None:
    assert ef.access_control_classes([15]).hex() == "8000"
    assert ef.access_control_classes([0, 5]).hex() == "0021"


def test_names_fall_back_to_ucs2() -> None:
    assert ef.service_provider_name("Test").hex() == "0154657374" + "ff" * 12
    assert ef.service_provider_name("移动").hex() == "01" + "80" + "79fb52a8" + "ff" * 11


def test_dialling_number() -> None:
    record = ef.dialling_number("+14085551212")
    assert record.hex() == "ff" * 14 + "07" + "91" + "4180551512f2" + "ffffffff" + "ffff"


def test_sms_parameters() -> None:
    """As on a card of a real network, but for the label and the validity period."""
    record = ef.sms_parameters("+4915790109999", validity=0xA9)
    assert record.hex() == "ff" * 10 + "e1" + "ff" * 12 + "0891945197109099f9ffffff" + "0000a9"
    assert len(record) == 38


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("Telekom.de", "430a82d432bbbc7eb75de432"),  # read from cards of these networks
        ("E-Networks", "430a82c596b34cbfbfe5eb39"),
        ("移动", "43059079fb52a8"),
    ],
)
def test_network_name(name: str, record: str) -> None:
    assert ef.network_name(name).hex() == record


def test_operator_plmn() -> None:
    assert ef.operator_plmn("246", "081", 1).hex() == "421680" + "0000fffe" + "01"


def test_routing_indicator() -> None:
    assert ef.routing_indicator("17").hex() == "71ffffff"  # TS 31.102 §4.4.11.11
    assert ef.routing_indicator("0").hex() == "f0ffffff"  # TS 48's, and the default of SAIP


def test_suci_calculation_information() -> None:
    """TS 31.121 §4.9.4: Profile B with key 27, Profile A with key 30, then the null scheme."""
    profile_b = bytes.fromhex("0272DA71976234CE833A6907425867B82E074D44EF907DFB4B3E21C1C2256EBCD1")
    profile_a = bytes.fromhex("5A8D38864820197C3394B92613B20B91633CBD897119273BF8E4A6F4EEC0A650")
    content = ef.suci_calculation_information(
        [("profile-b", 27, profile_b), ("profile-a", 30, profile_a)],
    )
    expected = "A006020101020000" + "A14B" + "80011B8121" + profile_b.hex() + "80011E8120" + profile_a.hex()
    assert content.hex() == expected.lower()
    assert ef.suci_calculation_information([]).hex() == "a0020000"  # as in TS.48


def test_host_names_and_addresses() -> None:
    assert ef.host_name("a.example").hex() == "800a00" + b"a.example".hex()
    assert ef.host_name("192.0.2.1").hex() == "800501c0000201"
    assert ef.host_name("2001:db8::1").hex() == "801102" + "20010db8" + "00" * 11 + "01"


@pytest.mark.parametrize(
    "call",
    [
        lambda: ef.imsi("12a"),
        lambda: ef.iccid("123"),
        lambda: ef.plmn("1", "01"),
        lambda: ef.pin("12"),
        lambda: ef.access_control_classes([10]),
        lambda: ef.service_provider_name("a name longer than sixteen"),
        lambda: ef.plmn_with_access_technology("001", "01", ["6g"]),
        lambda: ef.service_table([0], 1),
        lambda: ef.dialling_number("call me"),
        lambda: ef.records([b"12"], 1, 1),
        lambda: ef.routing_indicator("12345"),
        lambda: ef.uri("x" * 256),
        lambda: ef.suci_calculation_information([("profile-b", number, bytes(65)) for number in range(4)]),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ef.ContentError) as caught:
        call()
    assert str(caught.value)


def test_access_rules_are_fourteen_records_of_saip() -> None:
    assert len(access_rules.RECORDS) == 14
    assert access_rules.RECORDS[1].hex().upper() == "800101A40683010195010880015AA40683010A950108"
    assert access_rules.RECORDS[6].hex().upper() == (
        "800103A406830101950108800158A40683010A950108840132A406830101950108"
    )
    assert access_rules.RECORDS[13].hex().upper() == "80015EA40683010A950108"


@pytest.mark.parametrize(
    ("technology", "octets"),
    [
        ("eutran", "4000"),
        ("eutran-nb-s1", "5000"),
        ("eutran-wb-s1", "6000"),
        ("ng-ran", "0800"),
        ("utran", "8000"),
    ],
)
def test_access_technologies(technology: str, octets: str) -> None:
    """TS 31.102 Table 4.2.5.1: b7 E-UTRAN, b6 WB-S1, b5 NB-S1; b7 alone is both."""
    assert ef.plmn_with_access_technology("001", "01", [technology]).hex() == "00f110" + octets
