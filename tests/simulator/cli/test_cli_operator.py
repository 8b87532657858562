"""`esim operator` orders, confirms, releases and cancels at a running SM-DP+, and hears of the download."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from simulator.cli.operator import DEFAULT_OID
from tests.simulator.cli.conftest import Esim, Outcome, Server, Start, next_line

ICCID = "8999900000000000014"
Operator = Callable[..., Outcome]


@pytest.fixture
def address(esim: Esim, serve: Server) -> str:
    """Where an SM-DP+ listens that has one profile of the operator in stock."""
    assert esim("smdp", "stock", "test-operator", "--owner", DEFAULT_OID).status == 0
    return serve()[0].split()[1]


@pytest.fixture
def operator(esim: Esim, address: str) -> Operator:
    return lambda name, *more: esim("operator", name, *more, "--smdp", address)


def test_an_order_is_made_confirmed_released_downloaded_and_heard_of(
    esim: Esim, operator: Operator, start: Start
) -> None:
    ear = start("operator", "listen", "--port", "0")
    callback = next_line(ear.stderr).split("https://")[1].split(";")[0]
    assert esim("smdp", "operator", DEFAULT_OID, "--callback", callback).status == 0

    assert json.loads(operator("order", "--type", "Test operator", "--json").out) == {"iccid": f"{ICCID}F"}
    waiting = operator("confirm", ICCID, "--no-release", "--matching-id", "MINE")
    code, advice = waiting.out.splitlines()
    assert code.endswith("$MINE")
    assert advice == f"Nobody can download it before `esim operator release {ICCID}`."
    esim("card", "new", "phone")
    early = esim("download", code, "--card", "phone", "--yes")
    assert "8.2/1.2" in early.err
    assert operator("release", ICCID).out == f"The profile {ICCID} may be downloaded.\n"
    assert esim("download", code, "--card", "phone", "--yes").status == 0
    heard = [json.loads(next_line(ear.stdout)) for _ in range(4)]
    points = [(m["notificationPointId"], m["notificationPointStatus"]["status"]) for m in heard]
    done = "Executed-Success"
    assert points == [(1, "Failed"), (1, done), (3, done), (4, done)]
    assert heard[3]["resultData"].startswith("bf37")


def test_a_cancelled_profile_can_be_ordered_again_or_not(operator: Operator) -> None:
    assert operator("order", "--iccid", ICCID).status == 0
    kept = operator("cancel", ICCID, "--to-stock")
    assert kept.out == f"The order of profile {ICCID} is cancelled; the profile is now available.\n"
    assert operator("order", "--iccid", ICCID).status == 0
    assert operator("cancel", ICCID).status == 0
    gone = operator("order", "--iccid", ICCID)
    assert (gone.status, gone.err.count("\n")) == (1, 1)
    assert f"refused ES2+.DownloadOrder about {ICCID}" in gone.err


def test_only_the_owner_may_order(esim: Esim, operator: Operator, address: str) -> None:
    stranger = esim("operator", "order", "--iccid", ICCID, "--smdp", address, "--oid", "2.999.78")
    assert "refused ES2+.DownloadOrder" in stranger.err
    assert operator("order", "--iccid", ICCID).status == 0


def test_wrong_calls_and_a_server_that_is_away_are_told_in_a_sentence(esim: Esim) -> None:
    assert "either --iccid or --type" in esim("operator", "order").err
    wrong = esim("operator", "order", "--iccid", ICCID, "--oid", "rubbish")
    assert "rubbish is no object identifier" in wrong.err
    away = esim("operator", "order", "--iccid", ICCID, "--smdp", "localhost:1")
    assert away.err.endswith("Is `esim smdp serve` running?\n")
