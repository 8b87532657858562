"""Descriptions of subscriptions: what is shipped loads, what is wrong is told in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.profile import describe
from simulator.profile.describe import DescriptionError

GOOD = """
name: Example
iccid: "899990000000000001"
operator: {name: Example, plmn: 001-01}
imsi: "001010000000001"
authentication: {key: 000102030405060708090a0b0c0d0e0f, opc: 000102030405060708090a0b0c0d0e0f}
"""


@pytest.mark.parametrize("name", describe.shipped())
def test_shipped_descriptions_load(name: str) -> None:
    subscription = describe.load_shipped(name)
    assert len(subscription.full_iccid) == 19


def test_the_example_of_the_documentation_loads() -> None:
    page = Path(__file__).parents[3] / "docs" / "profile-description.md"
    examples = page.read_text(encoding="utf-8").split("```yaml\n")[1:]
    assert examples
    for example in examples:
        describe.parse(example.split("```")[0], page.name)


def test_there_is_a_test_a_home_and_a_travel_operator() -> None:
    assert {"test-operator", "home-operator", "travel-operator"} <= set(describe.shipped())


def test_check_digit_is_appended_to_eighteen_digits() -> None:
    assert describe.parse(GOOD).full_iccid == "8999900000000000014"
    given = GOOD.replace("899990000000000001", "89999000000000000147")
    assert describe.parse(given).full_iccid == "89999000000000000147"


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('"001010000000001"', "001010000000001", "imsi", "quotes"),
        ('"001010000000001"', '"246010000000001"', "description", "does not begin with operator.plmn"),
        ("001-01", '"00101"', "operator.plmn", "pattern"),
        ("001-01", "00101", "operator.plmn", "quotes"),
        ("opc: 00", "opc: zz", "authentication.opc", "hexadecimal"),
        ("opc: 00", "opc: ", "authentication.opc", "15 bytes"),
        ("opc:", "top:", "authentication", "32"),
        ("name: Example\niccid", "title: Example\niccid", "name", "it is missing"),
        ("key: 0001", "keys: 0001", "authentication.key", "it is missing"),
        ("name: Example\niccid", "name: [\niccid", "", "not YAML"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, key: str, reason: str) -> None:
    assert old in GOOD
    with pytest.raises(DescriptionError) as caught:
        describe.parse(GOOD.replace(old, new, 1), "card.yaml")
    text = str(caught.value)
    assert text.startswith("card.yaml")
    assert key in text
    assert reason in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("added", "reason"),
    [
        ('msisdn: "12345678901234567890123"', "msisdn: dialling number"),
        ('sms_centre: "call me"', "sms_centre: dialling number"),
        ("access_control_classes: [10]", "access_control_classes: access control class 10"),
        ('emergency_numbers: ["1"]', "emergency_numbers.0: emergency call code"),
        ("emergency_numbers: []", "emergency_numbers: 1 or more are expected, and there are 0"),
        ("ims: {proxies: [ä]}", "ims.proxies.0: 'ä' is neither"),
        ("services: [0]", "services.0: must be greater"),
        ("pins: {pin1: abc}", "pins.pin1: String should match"),
        ("colour: red", "colour: there is no such member here"),
        ("phone_book: many", "phone_book: a whole number is expected"),
        ("networks: []", "networks: 'name: value' lines are expected"),
        ("networks: {home: {}, home: {}}", "'home' stands here twice"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_on_loading(added: str, reason: str) -> None:
    with pytest.raises(DescriptionError, match=rf"^card\.yaml:7: {reason}"):
        describe.parse(GOOD + added, "card.yaml")


def test_a_name_too_long_for_the_card_is_refused() -> None:
    with pytest.raises(DescriptionError, match=r":4: operator\.name: service provider name .* 27 bytes"):
        describe.parse(GOOD.replace("{name: Example", "{name: A name longer than sixteen!"))


def test_a_wrong_check_digit_is_refused() -> None:
    with pytest.raises(DescriptionError, match="the check digit of 8999900000000000017 is 4, not 7"):
        describe.parse(GOOD.replace("899990000000000001", "8999900000000000017"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (GOOD.replace("001-01", "00101"), 4),
        (GOOD + "networks:\n  home:\n    - {plmn: 001-01}\n    - {plmn: 1-01}\n", 10),
        (GOOD + "five_g:\n  home_network_keys:\n  - scheme: profile-a\n", 9),
        (GOOD.replace("name: Example", "", 1), 1),
        (GOOD + "pins: {pin1: 1234}\n", 7),
    ],
)
def test_the_line_is_named(text: str, line: int) -> None:
    with pytest.raises(DescriptionError, match=rf"^card\.yaml:{line}: "):
        describe.parse(text, "card.yaml")


def test_a_key_of_the_wrong_length_is_named_with_its_scheme() -> None:
    key = "five_g: {home_network_keys: [{scheme: profile-b, identifier: 1, value: " + "0a" * 32 + "}]}"
    with pytest.raises(DescriptionError, match="profile-b takes no key of 32 bytes"):
        describe.parse(GOOD + key)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "binary.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DescriptionError, match="not a text file"):
        describe.load(path)


def test_unknown_shipped_description_lists_those_that_are() -> None:
    with pytest.raises(DescriptionError, match="travel-operator"):
        describe.load_shipped("nobody")
