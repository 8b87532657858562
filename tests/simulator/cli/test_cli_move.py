"""A profile moves from one phone to another over the command line, through a server that runs by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.cli import codes
from simulator.cli.operator import DEFAULT_OID
from tests.simulator.cli.conftest import Esim, Server, Start, next_line

ICCID = "8999900000000000014"
OTHER_ICCID = "8999900000000000709"
EID_B = "89049032123451234512345678901235"
V3 = "name: Phone\nkind: euicc\nversion: 3\neid: '{eid}'\n"
EID_A = "89049032000000000000000000000163"


def answer(esim: Esim, *arguments: object) -> Any:
    outcome = esim(*arguments, "--json")
    assert outcome.status == 0, outcome
    return json.loads(outcome.out)


def profiles(esim: Esim, card: str) -> list[str]:
    return [profile["iccid"] for profile in answer(esim, "lpa", "list", "--card", card)["profiles"]]


@pytest.fixture
def phones(esim: Esim, tmp_path: Path) -> None:
    """Two phones of version 3: old and new."""
    for name, eid in (("old", EID_A), ("new", EID_B)):
        description = tmp_path / f"{name}.yaml"
        description.write_text(V3.format(eid=eid))
        made = esim("card", "new", name, "--from", description)
        assert made.status == 0, made.err


@pytest.fixture
def code(esim: Esim, serve: Server, phones: None) -> str:
    """Of a profile that users may take elsewhere."""
    return serve("--upp", "test-operator", "--matching-id", "FIRST")[-1]


def movable(esim: Esim, *options: object) -> None:
    outcome = esim("smdp", "movable", "FIRST", *options)
    assert outcome.out == "FIRST can be taken to another device.\n", outcome.err


def download(esim: Esim, code: str, card: str) -> None:
    outcome = esim("download", code, "--card", card, "--yes")
    assert outcome.status == 0, outcome.err


def test_a_profile_moves_from_phone_to_phone(esim: Esim, code: str, tmp_path: Path) -> None:
    movable(esim, "--message", "Good bye", "--recovery-days", 2)
    assert esim("smdp", "moves").out == "No profile has left for another device.\n"
    download(esim, code, "old")
    refused = esim("lpa", "move", "--card", "old", 1)
    assert (refused.status, refused.err.splitlines()[-1]) == (
        1,
        "esim: a profile leaves only with your consent: say --yes",
    )
    picture = tmp_path / "move.png"
    moved = answer(esim, "lpa", "move", "--card", "old", ICCID, "--yes", "-o", picture)
    assert (moved["iccid"], moved["deleted"], moved["is_recoverable"]) == (ICCID, True, True)
    assert [item["delivered"] for item in moved["notifications"]] == [True]
    assert codes.text_of(str(picture)) == moved["activation_code"]
    assert profiles(esim, "old") == []
    early = esim("lpa", "recover", "--card", "old")
    assert "8.13/1.2" in early.err
    assert "the change is Deleted, not Failed" in early.err
    download(esim, moved["activation_code"], "new")
    assert profiles(esim, "new") == [ICCID]
    (row,) = answer(esim, "smdp", "moves")["moves"]
    assert (row["state"], row["iccid"], row["from_eid"]) == ("Installed", ICCID, EID_A)
    assert "Installed" in esim("smdp", "moves").out


def test_a_profile_that_the_new_phone_cannot_have_comes_back(esim: Esim, code: str) -> None:
    movable(esim, "--recovery-days", 2)
    download(esim, code, "old")
    esim("download", "--upp", "test-operator", "--card", "new")
    moved = esim("lpa", "move", "--card", "old", 1, "--yes")
    assert "`esim lpa recover` brings it back until 2" in moved.out
    (line,) = [line for line in moved.out.splitlines() if line.startswith("Code  ")]
    failed = esim("download", line.removeprefix("Code  "), "--card", "new", "--yes")
    assert "installFailedDueToIccidAlreadyExistsOnEuicc" in failed.err
    back = esim("lpa", "recover", "--card", "old")
    assert (back.status, back.out) == (0, f"Test operator ({ICCID}) is back, disabled.\n")
    assert profiles(esim, "old") == [ICCID]
    assert "No profile has left" in esim("lpa", "recover", "--card", "old").err
    assert answer(esim, "smdp", "moves")["moves"][0]["state"] == "Recovered"


def test_the_code_is_shown_as_text_and_drawing(esim: Esim, code: str) -> None:
    movable(esim)
    download(esim, code, "old")
    esim("lpa", "enable", "--card", "old", 1)
    outcome = esim("lpa", "move", "--card", "old", 1, "--yes")
    assert outcome.status == 0, outcome.err
    assert "█" in outcome.out
    (line,) = [line for line in outcome.out.splitlines() if line.startswith("Code  LPA:1$")]
    assert f"({ICCID}) is deleted here" in outcome.out
    download(esim, line.removeprefix("Code  "), "new")
    lpac = esim("lpa", "move", "--card", "new", 1, "--yes", "--format", "lpac")
    assert json.loads(lpac.out)["payload"]["data"]["activationCode"].startswith("LPA:1$")


def test_what_the_operator_wants_to_know(esim: Esim, code: str) -> None:
    movable(esim, "--needs", "eid", "--needs", "tac", "--confirmation-code", "4711")
    download(esim, code, "old")
    move = ("lpa", "move", "--card", "old", 1, "--yes")
    assert "wants to know the EID and the TAC of the new device" in esim(*move).err
    assert "32 digits" in esim(*move, "--eid", "1").err
    assert "8 or 14 or 15 digits" in esim(*move, "--tac", "x").err
    new = ("--eid", EID_B, "--tac", "352906110000018")
    missing = esim(*move, *new)
    assert "give it with --confirmation-code" in missing.err
    wrong = esim(*move, *new, "--confirmation-code", "1", "--json")
    assert json.loads(wrong.out)["error"]["reason_code"] == "3.8"
    moved = answer(esim, *move, *new, "--confirmation-code", "4711")
    download(esim, moved["activation_code"], "new")


def test_an_operator_that_is_asked_gives_another_profile(
    esim: Esim, serve: Server, start: Start, phones: None
) -> None:
    address = serve()[0].split()[1]
    ear = start("operator", "listen", "--port", "0", "--message", "Welcome", "--new-profile", OTHER_ICCID)
    callback = next_line(ear.stderr).split("https://")[1].split(";")[0]
    esim("smdp", "operator", DEFAULT_OID, "--callback", callback)
    stock = ("--owner", DEFAULT_OID, "--address", address)
    esim("smdp", "stock", "test-operator", "home-operator", *stock)
    smdp = ("--smdp", address)
    asked = esim("smdp", "movable", ICCID, "--ask-operator", "--retry-minutes", 3)
    assert asked.status == 0, asked.err
    esim("operator", "order", "--iccid", ICCID, *smdp)
    confirmed = answer(esim, "operator", "confirm", ICCID, *smdp)
    download(esim, confirmed["activationCode"], "old")
    delayed = esim("lpa", "move", "--card", "old", 1, "--yes")
    assert "do the same again in 3 minutes" in delayed.err
    assert json.loads(next_line(ear.stdout))["iccid"] == f"{ICCID}F"
    esim("operator", "order", "--iccid", OTHER_ICCID, *smdp)
    other = answer(esim, "operator", "confirm", OTHER_ICCID, *smdp)
    moved = esim("lpa", "move", "--card", "old", 1, "--yes", "--json")
    assert moved.status == 0, moved.err
    assert "Welcome" in moved.err
    new_code = json.loads(moved.out)["activation_code"]
    assert new_code.startswith(other["activationCode"])
    download(esim, new_code, "new")


def test_an_operator_that_refuses(esim: Esim, serve: Server, start: Start, phones: None) -> None:
    address = serve()[0].split()[1]
    ear = start("operator", "listen", "--port", "0", "--refuse-moves")
    callback = next_line(ear.stderr).split("https://")[1].split(";")[0]
    esim("smdp", "operator", DEFAULT_OID, "--callback", callback)
    esim("smdp", "stock", "test-operator", "--owner", DEFAULT_OID)
    esim("smdp", "movable", ICCID, "--ask-operator", "--address", address)
    esim("operator", "order", "--iccid", ICCID, "--smdp", address)
    confirmed = answer(esim, "operator", "confirm", ICCID, "--smdp", address)
    download(esim, confirmed["activationCode"], "old")
    refused = esim("lpa", "move", "--card", "old", 1, "--yes", "--json")
    error = json.loads(refused.out)["error"]
    assert (error["subject_code"], error["reason_code"]) == ("8.13", "1.2")
    assert "the operator refuses" in error["server_message"]


def test_a_stored_code(esim: Esim, code: str) -> None:
    movable(esim, "--stored-code", "LPA:1$localhost:8443$STORED", "--keep-old")
    download(esim, code, "old")
    moved = answer(esim, "lpa", "move", "--card", "old", 1, "--yes")
    assert (moved["activation_code"], moved["deleted"]) == ("LPA:1$localhost:8443$STORED", False)
    assert profiles(esim, "old") == [ICCID]
    assert "stays here" in esim("lpa", "move", "--card", "old", 1, "--yes").out


def test_what_cannot_move(esim: Esim, code: str) -> None:
    esim("card", "new", "older")
    download(esim, code, "older")
    old = esim("lpa", "move", "--card", "older", 1, "--yes")
    assert old.status == 1
    assert old.err.count("\n") == 1
    assert "the eUICC follows SGP.22 version 2, in which a profile cannot change to another device" in old.err
    assert "has left this eUICC" in esim("lpa", "recover", "--card", "old").err
    assert "no order NONE" in esim("smdp", "movable", "NONE").err
    assert esim("smdp", "movable", "FIRST", "--no").out == "FIRST cannot be taken to another device.\n"


def test_what_is_kept_of_a_profile_that_left(esim: Esim, esim_home: Path, phones: None) -> None:
    kept = [
        {"iccid": ICCID, "smdp_address": "localhost:1", "until": None, "allowed_ci": ""},
        {"iccid": OTHER_ICCID, "smdp_address": "localhost:2", "until": None, "allowed_ci": ""},
    ]
    (esim_home / "recoveries.json").write_text(json.dumps({EID_A: kept}))
    assert "localhost:2 cannot be reached" in esim("lpa", "recover", "--card", "old").err
    assert "localhost:1 cannot be reached" in esim("lpa", "recover", "--card", "old", ICCID).err
    assert "No profile 8900 has left" in esim("lpa", "recover", "--card", "old", "8900").err
    assert "No profile has left" in esim("lpa", "recover", "--card", "new").err
    (esim_home / "recoveries.json").write_text("{")
    assert "delete it" in esim("lpa", "recover", "--card", "old").err
