"""`esim operator rpm` and `esim lpa rpm`: an operator orders, the user's LPA fetches it, the card obeys."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from cards.identities import Iccid
from simulator.cli.consent import Consent, describe_commands
from simulator.cli.operator import DEFAULT_OID
from simulator.lpa import AskRpm, RpmCommand
from tests.simulator.cli.conftest import Esim, Outcome, Server, Start, next_line

ICCID = "8999900000000000014"
Operator = Callable[..., Outcome]


class Shop:
    """A running SM-DP+, and a card named phone with a profile that its operator may manage."""

    def __init__(self, esim: Esim, address: str) -> None:
        self.esim, self.address = esim, address
        made = esim("card", "new", "phone", "--from", "euicc-version3")
        assert made.status == 0, made.err
        self.eid = json.loads(esim("card", "show", "phone", "--json").out)["eid"]
        assert self.operator("order", "--type", "Test operator").status == 0
        code = json.loads(self.operator("confirm", ICCID, "--json").out)["activationCode"]
        installed = esim("download", code, "--card", "phone", "--yes")
        assert installed.status == 0, installed.err

    def operator(self, name: str, *more: object) -> Outcome:
        return self.esim("operator", name, *more, "--smdp", self.address)

    def rpm(self, *arguments: object) -> Outcome:
        return self.esim("lpa", "rpm", "--card", "phone", *arguments)

    def states(self) -> list[tuple[str, str]]:
        profiles = json.loads(self.esim("lpa", "list", "--card", "phone", "--json").out)["profiles"]
        return [(one["state"], one["name"]) for one in profiles]


@pytest.fixture
def shop(esim: Esim, serve: Server) -> Shop:
    lines = serve()
    address = lines[0].split()[1]
    stocked = esim("smdp", "stock", "test-operator", "--owner", DEFAULT_OID, "--rpm", "--address", address)
    assert stocked.status == 0, stocked.err
    return Shop(esim, address)


def test_an_operator_manages_its_profile_and_hears_of_it(shop: Shop, esim: Esim, start: Start) -> None:
    ear = start("operator", "listen", "--port", "0")
    callback = next_line(ear.stderr).split("https://")[1].split(";")[0]
    known = esim("smdp", "operator", DEFAULT_OID, "--callback", callback, "--v3")
    assert known.status == 0, known.err

    ordered = shop.operator(
        "rpm", shop.eid, f"update:{ICCID}", f"enable:{ICCID}", "list", "--name", "Renamed"
    )
    assert ordered.status == 0, ordered.err
    assert ordered.out.startswith("Ordered as ")
    done = shop.rpm()
    assert done.status == 0, done.err
    assert [line.split()[0] for line in done.out.splitlines()] == [
        "updateMetadata",
        "enable",
        "listProfileInfo",
        ICCID,
    ]
    assert shop.states() == [("enabled", "Renamed")]

    shop.operator("rpm", shop.eid, f"disable:{ICCID}", f"delete:{ICCID}", "--matching-id", "LAST")
    refused = shop.rpm(f"LPA:1${shop.address}$LAST")
    assert refused.status == 1
    assert "an operator wants to delete a profile; agree to it with --yes" in refused.err
    assert shop.states() == [("enabled", "Renamed")]
    answer = json.loads(shop.rpm(f"LPA:1${shop.address}$LAST", "--yes", "--json").out)
    (package,) = answer["packages"]
    assert [(one["command"], one["result"]) for one in package["commands"]] == [
        ("disable", "ok"),
        ("delete", "ok"),
    ]
    assert package["notification_error"] is None
    assert shop.states() == []

    heard = [json.loads(next_line(ear.stdout)) for _ in range(9)]
    events = [(m["notificationEvent"], m["notificationEventStatus"]["status"]) for m in heard]
    good, bad = "Executed-Success", "Failed"
    enabled, disabled, deleted, delivered, executed = 8, 9, 10, 11, 12
    assert events == [
        *((delivered, good), (enabled, good), (executed, good)),
        *((delivered, good), (delivered, bad)),
        *((delivered, good), (disabled, good), (deleted, good), (executed, good)),
    ]


def test_the_ways_to_ask_and_what_can_go_wrong(shop: Shop, esim: Esim) -> None:
    """One server for all of it: to start one takes longer than to ask it."""
    nothing_waits(shop)
    by_profile_by_default_and_as_lpac(shop, esim)
    a_failure_is_told_in_words(shop)
    an_order_is_cancelled(shop)
    the_user_refuses(shop)
    a_download_tells_of_it(shop)


def nothing_waits(shop: Shop) -> None:
    assert shop.rpm().out == "No operator wants anything.\n"
    assert json.loads(shop.rpm("--json").out) == {"packages": []}
    asked = shop.rpm(shop.address)
    assert asked.status == 1
    assert "8.2.6/3.8" in asked.err


def by_profile_by_default_and_as_lpac(shop: Shop, esim: Esim) -> None:
    shop.operator("rpm", shop.eid, f"enable:{ICCID}")
    line = json.loads(shop.rpm("--profile", "1", "--format", "lpac").out.splitlines()[-1])
    assert line["payload"]["data"][0]["commands"][0]["result"] == "ok"
    esim("lpa", "smdp", "--card", "phone", shop.address)
    shop.operator("rpm", shop.eid, f"disable:{ICCID}")
    assert shop.rpm("--default").status == 0
    assert shop.states() == [("disabled", "Test operator")]


def a_download_tells_of_it(shop: Shop) -> None:
    shop.operator("rpm", shop.eid, f"enable:{ICCID}", "--matching-id", "WAITS")
    code = shop.esim("smdp", "stock", "home-operator", "--owner", DEFAULT_OID).out.split()[0]
    shop.operator("order", "--iccid", code)
    confirmed = json.loads(shop.operator("confirm", code, "--json").out)["activationCode"]
    assert "`esim lpa rpm` fetches them" in shop.esim("download", confirmed, "--card", "phone", "--yes").out
    shop.operator("rpm-cancel", "WAITS")


def a_failure_is_told_in_words(shop: Shop) -> None:
    shop.operator("rpm", shop.eid, f"disable:{ICCID}", f"enable:{ICCID}")
    out = shop.rpm().out
    assert "the profile is not enabled (profileNotInEnabledState)" in out
    assert "1 further command was not carried out." in out
    shop.operator("rpm", shop.eid, f"disable:{ICCID}", f"enable:{ICCID}", "--keep-going")
    assert "done" in shop.rpm().out
    assert shop.states()[0][0] == "enabled"


def an_order_is_cancelled(shop: Shop) -> None:
    shop.operator("rpm", shop.eid, f"enable:{ICCID}", "--matching-id", "MINE")
    assert shop.operator("rpm-cancel", "MINE").out == "The order MINE is cancelled.\n"
    again = shop.operator("rpm-cancel", "MINE")
    assert again.status == 1
    assert "8.2.6/3.5" in again.err
    assert shop.rpm().out == "No operator wants anything.\n"
    listed = shop.esim("smdp", "orders").out
    assert listed.splitlines()[-1].split()[1:] == ["Cancelled", "MINE", shop.eid, DEFAULT_OID, "0", "1"]


def the_user_refuses(shop: Shop) -> None:
    shop.operator("rpm", shop.eid, f"enable:{ICCID}")
    refused = shop.rpm("--refuse")
    assert refused.status == 1
    assert "rpmDisabled" in refused.err
    assert json.loads(shop.rpm("--json", shop.address).out)["error"]["reason_code"] == "3.8"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["1" * 32, "reset:1"], "is no step: use one of enable"),
        (["1" * 32, "update:1"], "say what to update"),
        (["1" * 32, "list", "--tags", "xx"], "is not hexadecimal"),
    ],
)
def test_misuse_by_the_operator(esim: Esim, arguments: list[str], words: str) -> None:
    outcome = esim("operator", "rpm", *arguments)
    assert outcome.status == 2
    assert words in outcome.err


def test_misuse_by_the_user(esim: Esim) -> None:
    esim("card", "new", "phone")
    assert esim("lpa", "rpm", "localhost:1", "--default").status == 2
    assert "version 2, which has no remote profile management" in esim("lpa", "rpm", "localhost:1").err


def test_an_euicc_that_is_described_without_it(esim: Esim, tmp_path: Path) -> None:
    card = tmp_path / "phone.yaml"
    text = "name: phone\nkind: euicc\nversion: 3\nremote_management: false\n"
    card.write_text(text, encoding="utf-8")
    assert esim("card", "new", "phone", "--from", card).status == 0
    assert "the eUICC does not support remote profile management" in esim("lpa", "rpm", "localhost:1").err


def command(name: str, **details: Any) -> RpmCommand:
    return RpmCommand(name, Iccid(ICCID), None, details)


def test_what_is_shown() -> None:
    update = command("updateMetadata", updateMetadataRequest={"profileName": "New"})
    everything = RpmCommand("listProfileInfo", None, None)
    assert describe_commands([command("delete"), update, everything]) == [
        "The operator of your profiles wants to",
        f"  delete {ICCID}",
        f"  change what {ICCID} says of itself: the name to 'New'",
        "  read the list of its profiles",
    ]


class Terminal:
    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("strong", "typed", "reason"),
    [
        (False, "y", ""),
        (False, "n", "endUserRejection"),
        (False, "l", "postponed"),
        (True, "agree", ""),
        (True, "y", "endUserRejection"),
    ],
)
def test_the_terminal_asks(monkeypatch: pytest.MonkeyPatch, strong: bool, typed: str, reason: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(click, "prompt", lambda *_, **__: typed)
    decision = Consent()(AskRpm((command("delete" if strong else "enable"),), strong))
    assert decision.accepted is not bool(reason)
    assert not reason or decision.reason == reason
