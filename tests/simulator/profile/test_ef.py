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


@pytest.mark.parametrize(
    ("number", "digit"),
    [("7992739871", "3"), ("1789372997", "4"), ("8900012345678901234", "1")],
)
def test_luhn(number: str, digit: str) -> None:
    assert ef.luhn_digit(number) == digit


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
