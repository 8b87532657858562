"""Named cards: made, listed, switched, spoken to by APDU, and put back as they were left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.cli import home, named
from tests.simulator.cli.conftest import Esim

SELECT_ICCID = "00A40804022FE2"
READ_10 = "00B000000A"
TEST_ICCID = "8999900000000000014"
HOME_ICCID = "8999900000000000709"
ICCID_BYTES = "989909000000000010F4"
"""TEST_ICCID as EF.ICCID holds it: nibbles swapped, filled with 'F'."""


@pytest.fixture
def phone(esim: Esim) -> str:
    made = esim(
        "card", "new", "phone", "--profile", "test-operator", "--profile", "home-operator", "--enable"
    )
    assert made.status == 0, made.err
    return "phone"


def show(esim: Esim, name: str) -> dict[str, object]:
    shown = json.loads(esim("card", "show", name, "--json").out)
    assert isinstance(shown, dict)
    return shown


def test_a_plain_sim_answers_with_its_iccid(esim: Esim) -> None:
    made = esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    assert made.out.splitlines() == ["Made card plain.", f"ICCID  {TEST_ICCID}", "IMSI   001010123456789"]
    answered = esim("apdu", "--card", "plain", SELECT_ICCID, READ_10)
    assert answered.status == 0
    assert f"< {ICCID_BYTES}\n" in answered.out
    assert "READ BINARY" in answered.out
    assert "normal ending of the command (TS 102 221 §10.2.1.1)" in answered.out


def test_an_euicc_is_made_with_profiles(esim: Esim, phone: str) -> None:
    card = show(esim, phone)
    profiles = card["profiles"]
    assert isinstance(profiles, list)
    assert [(p["iccid"], p["state"]) for p in profiles] == [(TEST_ICCID, "enabled"), (HOME_ICCID, "disabled")]
    assert (card["iccid"], card["imsi"]) == (TEST_ICCID, "001010123456789")
    assert str(card["eid"]).startswith("89049032")
    assert int(str(card["eid"])) % 97 == 1


@pytest.mark.parametrize("meant", [HOME_ICCID, "2", "Home operator"])
def test_switching_is_kept_on_disk(esim: Esim, phone: str, meant: str) -> None:
    assert f"Enabled Home operator ({HOME_ICCID})" in esim("lpa", "enable", meant).out
    assert show(esim, phone)["iccid"] == HOME_ICCID
    assert "Disabled Home operator" in esim("lpa", "disable", meant).out
    assert show(esim, phone)["iccid"] == ""
    assert "ICCID  none" in esim("card", "show", phone).out


def test_what_the_euicc_refuses_is_told_and_changes_nothing(esim: Esim, phone: str) -> None:
    refused = esim("lpa", "enable", TEST_ICCID)
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "the profile is not disabled" in refused.err
    assert show(esim, phone)["iccid"] == TEST_ICCID


def test_a_profile_is_deleted_then_the_card(esim: Esim, esim_home: Path, phone: str) -> None:
    assert "Deleted Home operator" in esim("lpa", "delete", HOME_ICCID).out
    profiles = show(esim, phone)["profiles"]
    assert isinstance(profiles, list)
    assert len(profiles) == 1
    unknown = esim("lpa", "delete", HOME_ICCID)
    assert unknown.err.startswith(f"esim: the card has no profile '{HOME_ICCID}' (profiles: 1: Test operator")
    assert esim("card", "delete", phone).status == 0
    assert list((esim_home / "cards").iterdir()) == []


def test_cards_are_listed(esim: Esim, phone: str) -> None:
    esim("card", "new", "plain", "--sim", "--profile", "travel-operator")
    listed = esim("card", "list").out
    assert "phone  euicc  EID 89049032" in listed
    assert "2 profiles, Test operator enabled" in listed
    assert "plain  sim    ICCID 8999900000000000808" in listed
    assert set(json.loads(esim("card", "list", "--json").out)) == {"phone", "plain"}


def test_there_are_no_cards_at_first(esim: Esim) -> None:
    assert esim("card", "list").out == "No cards yet; make one with `esim card new NAME`.\n"
    assert esim("card", "show", "x").err == (
        "esim: there is no card named x (cards: none yet; make one with `esim card new`).\n"
    )


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("phone",), 1, "already"),
        (("x", "--sim"), 2, "exactly one --profile"),
        (("x", "--enable"), 2, "--enable needs a --profile"),
        (("x", "--eid", "123"), 1, "EID"),
        (("x", "--eid", "11111111111111111111111111111111"), 1, "begin with 89049032"),
        (("../x",), 2, "is no card name"),
        (("x", "--profile", "nowhere"), 1, "no description 'nowhere' is shipped"),
    ],
)
def test_cards_that_cannot_be_made(
    esim: Esim, phone: str, arguments: tuple[str, ...], status: int, words: str
) -> None:
    refused = esim("card", "new", *arguments)
    assert refused.status == status
    assert words in refused.err
    assert list(home.card_names()) == [phone]


def test_a_sim_has_no_profiles_to_switch(esim: Esim) -> None:
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    assert "plain is a plain SIM" in esim("lpa", "enable", "--card", "plain", "1").err
    assert "nothing can be downloaded onto it" in esim("download", "1$h$x", "--card", "plain").err


def test_what_an_apdu_changes_is_kept(esim: Esim) -> None:
    esim("card", "new", "plain", "--sim", "--profile", "home-operator")
    wrong_pin = "0020000108" + b"9999\xff\xff\xff\xff".hex()
    first = esim("apdu", "--card", "plain", "--json", wrong_pin)
    assert json.loads(first.out)["sw"] == "63C2"
    assert json.loads(esim("apdu", "--card", "plain", "--json", wrong_pin).out)["sw"] == "63C1"


def test_apdus_come_from_standard_input_too(esim: Esim) -> None:
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    lines = f"# the MF first\n00A40004023F00\n\n{SELECT_ICCID}\n{READ_10}\n"
    answers = [
        json.loads(line)
        for line in esim("apdu", "--card", "plain", "--json", "-", stdin=lines).out.splitlines()
    ]
    assert [answer["name"] for answer in answers][-1] == "READ BINARY"
    assert answers[-1]["data"] == ICCID_BYTES
    raw = esim("apdu", "--card", "plain", "--no-follow", "--json", "00A40004023F00").out.splitlines()
    assert len(raw) == 1
    assert json.loads(raw[0])["sw"].startswith("61")


def test_a_wrong_le_is_repeated_with_the_right_one(esim: Esim) -> None:
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    lines = esim("apdu", "--card", "plain", "--json", SELECT_ICCID, "00B0000014").out.splitlines()
    assert json.loads(lines[-2])["sw"] == "6C0A"
    assert json.loads(lines[-1])["data"] == ICCID_BYTES


@pytest.mark.parametrize("text", ["00", "zz", "00A400040501"])
def test_what_is_no_apdu_is_refused_before_the_card_is_touched(esim: Esim, text: str) -> None:
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    refused = esim("apdu", "--card", "plain", "00A40004023F00", text)
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)


def test_two_commands_do_not_hold_one_card(esim: Esim, phone: str) -> None:
    with named.opened(phone):
        busy = esim("apdu", "--card", phone, "00A40004023F00")
    assert (busy.status, busy.err) == (1, f"esim: card {phone} is in use by another esim command.\n")


def test_a_card_that_only_answered_is_not_written_again(esim: Esim, esim_home: Path) -> None:
    esim("card", "new", "plain", "--sim", "--profile", "test-operator")
    path = esim_home / "cards" / "plain.json"
    before = path.stat().st_mtime_ns
    esim("apdu", "--card", "plain", SELECT_ICCID, READ_10)
    assert path.stat().st_mtime_ns == before


def test_a_card_file_with_missing_parts_is_named(esim: Esim) -> None:
    home.write_card("broken", {"kind": "euicc", "euicc": {}})
    assert "is not a card file of ours" in esim("card", "show", "broken").err


@pytest.mark.parametrize(
    "name",
    [
        "gsm-sim",
        "multi-imsi-sim",
        "usim-isim",
        "laboratory-sim",
        "test-usim",
        "usim-t1",
        "euicc-empty",
        "euicc-two-profiles",
        "euicc-company-phone",
        "euicc-iot",
    ],
)
def test_cards_from_specimens(esim: Esim, name: str) -> None:
    assert name in esim("card", "specimens").out
    made = esim("card", "new", "made", "--from", name)
    assert made.status == 0, made.err
    shown = json.loads(esim("card", "show", "made", "--json").out)
    assert shown["kind"] == ("euicc" if name.startswith("euicc") else "sim")
    if name == "euicc-two-profiles":
        states = [(profile["nickname"], profile["state"]) for profile in shown["profiles"]]
        assert states == [("Home", "enabled"), ("Travel", "disabled")]
    if name == "euicc-company-phone":
        work, private = shown["profiles"]
        assert (work["enterprise"], "enterprise" in private) == ("Acme", False)
        refused = esim("lpa", "enable", "--card", "made", "Private", "--enterprise-device")
        assert "disallowedByEnterpriseRule" in refused.err
        assert esim("lpa", "enable", "--card", "made", "Private").status == 0
    if name == "usim-t1":
        answered = esim("apdu", "--card", "made", SELECT_ICCID, "00B0000014")
        assert "6282" in answered.out


def test_a_card_from_a_file_and_from_nothing(esim: Esim, tmp_path: Path) -> None:
    path = tmp_path / "card.yaml"
    path.write_text("name: Mine\nkind: sim\nprofile: test-operator\natr: 3B00\n")
    assert esim("card", "new", "mine", "--from", str(path)).status == 0
    path.write_text("name: Mine\nkind: sim\nprofile: nobody\n")
    refused = esim("card", "new", "other", "--from", str(path))
    assert (refused.status, refused.out) == (1, "")
    assert "nobody" in refused.err
    assert "specimen" in esim("card", "new", "other", "--from", "nobody").err
    assert esim("card", "new", "other", "--from", "test-usim", "--sim").status == 2


def test_the_global_sim_changes_its_identity_and_keeps_it(esim: Esim) -> None:
    assert esim("card", "new", "global", "--from", "multi-imsi-sim").status == 0
    done = "81030{}{}0082028281830100"
    answered = esim(
        "apdu",
        "--card",
        "global",
        "801000000D" + "FF" * 13,
        "8012000000",
        "801400000C" + done.format(1, "25"),  # SET UP MENU
        "8012000000",
        "801400000C" + done.format(1, "05"),  # SET UP EVENT LIST
        "8012000000",
        "8014000015" + done.format(1, "26") + "930725F09900010001",  # here: 520-99
        "8012000000",
    )
    assert "D009810301010082028182" in answered.out, "REFRESH"
    assert "520990000000007" in esim("card", "show", "global").out


def test_quirks_are_in_the_way_and_told(esim: Esim, tmp_path: Path) -> None:
    esim("card", "new", "odd", "--profile", "test-operator")
    path = tmp_path / "deaf.py"
    path.write_text("def after_apdu(command, response):\n    return bytes.fromhex('6F00')\n")
    done = esim("--quirks", path, "apdu", "--card", "odd", "00A40004023F00")
    assert "6F00" in done.out
    assert done.err.startswith(f"Quirks of {path} are in the way.\n")
    assert "quirk after_apdu of deaf.py: the answer 61" in done.err
    path.write_text("def after_apdu(command): return 1 / 0\n")
    failed = esim("--quirks", path, "apdu", "--card", "odd", "00A40004023F00")
    assert failed.status == 1
    assert "quirk after_apdu of deaf.py" in failed.err


def test_the_rules_that_an_euicc_authorises(esim: Esim, tmp_path: Path) -> None:
    path = tmp_path / "strict.yaml"
    text = "name: Strict\nkind: euicc\ntest_profiles: false\npolicy_rules:\n"
    text += "  - {rules: [ppr2], operators: [001-01, 99E-EEE], consent: false}\n"
    path.write_text(text)
    assert esim("card", "new", "strict", "--from", path).status == 0
    rat = "BF431BA0193017" + "80020520" + "A10E" + "3005800300F110" + "3005800399EEEE" + "820100"
    card = named.revive("strict", home.read_card("strict"))
    assert isinstance(card, named.EuiccCard)
    answer = card.card.isdr.execute(bytes.fromhex("BF4300"))
    assert answer.hex().upper() == rat
    assert not card.card.core.features.test_profiles
    path.write_text(text.replace("99E", "99X"))
    assert "strict.yaml:5: policy_rules" in esim("card", "new", "stricter", "--from", path).err


def test_an_euicc_with_several_ports(esim: Esim, tmp_path: Path) -> None:
    path = tmp_path / "ports.yaml"
    path.write_text("name: Ports\nkind: euicc\nmep: {modes: [B]}\n")
    assert esim("card", "new", "ports", "--from", path).status == 0
    configure = "807C040009" + "800101" + "900103" + "910102" + "00"
    assert "800101810100900203039101029000" in esim("apdu", "--card", "ports", configure).out.replace(
        "\n< ", ""
    )
    path.write_text("name: Ports\nkind: euicc\nmep: {modes: [C]}\n")
    assert "ports.yaml:3: mep" in esim("card", "new", "other", "--from", path).err


def test_an_euicc_of_an_iot_device(esim: Esim, tmp_path: Path) -> None:
    path = tmp_path / "meter.yaml"
    path.write_text("name: Meter\nkind: euicc\niot: true\n")
    assert esim("card", "new", "meter", "--from", path).status == 0
    select = "00A4040010A0000005591010FFFFFFFF890000010000"
    told = esim("apdu", "--card", "meter", select, "80E2910003BF550000")
    assert "BF5502A000" in told.out
