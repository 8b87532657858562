"""lpac drives our eUICC and downloads from our SM-DP+, through PC/SC and on a pipe.

`ESIM_LPAC` names the program, built from its own sources with the drivers pcsc, stdio and curl.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cards.plug import LpacCard
from simulator.cli import rsp
from simulator.cli.named import EuiccCard
from simulator.crypto.pki import TestPki
from simulator.profile import build, describe
from simulator.smdp.states import OrderState
from simulator.smdp.store import MemoryStore
from tests.interop.conftest import Insert
from tests.interop.pcscd import PcscService

LPAC = os.environ.get("ESIM_LPAC", "")
pytestmark = pytest.mark.skipif(not LPAC, reason="ESIM_LPAC does not name a build of lpac")

FIRST, SECOND = "8999900000000000014", "8999900000000000709"
Lpac = Callable[..., Any]


@pytest.fixture(scope="module")
def live_pki() -> TestPki:
    """A PKI that is valid today, as lpac and the server's clock are."""
    from simulator.cli import edge

    return TestPki.create(entropy=os.urandom, now=edge.now())


@pytest.fixture
def card(live_pki: TestPki) -> EuiccCard:
    return EuiccCard(rsp.maker(lambda: live_pki).euicc())


def answer_of(lines: str, fails: bool) -> Any:
    """The data of lpac's last line; what it was told about progress goes before it."""
    last = json.loads(lines.strip().splitlines()[-1])
    assert last["type"] == "lpa"
    assert (last["payload"]["code"] != 0) is fails, lines
    return last["payload"]["message"] if fails else last["payload"]["data"]


@pytest.fixture(params=["pcsc", "stdio"])
def lpac(request: pytest.FixtureRequest, card: EuiccCard) -> Iterator[Lpac]:
    """Calls lpac on the card; the data of its answer. `fails` turns it around."""
    if request.param == "pcsc":
        insert: Insert = request.getfixturevalue("insert")
        service: PcscService = request.getfixturevalue("pcscd")
        environment = {**service.environment, "LPAC_APDU": "pcsc", "LPAC_APDU_PCSC_DRV_IFID": "0"}

        def by_reader(*arguments: str, fails: bool = False) -> Any:
            finished = subprocess.run(
                [LPAC, *arguments], env=environment, stdout=subprocess.PIPE, text=True, timeout=60
            )
            return answer_of(finished.stdout, fails)

        with insert(card.end):
            yield by_reader
        return

    def by_pipe(*arguments: str, fails: bool = False) -> Any:
        end, lines = LpacCard(card.end), []
        with subprocess.Popen(
            [LPAC, *arguments],
            env={**os.environ, "LPAC_APDU": "stdio"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for line in process.stdout:
                answer = end.take(line)
                if answer is None:
                    lines.append(line)
                else:
                    process.stdin.write(answer + "\n")
                    process.stdin.flush()
        return answer_of("".join(lines), fails)

    yield by_pipe


def test_a_life_of_two_profiles(lpac: Lpac, card: EuiccCard, live_pki: TestPki) -> None:
    """Download, also with a confirmation code, list, nickname, enable, disable, delete, notifications,
    reset."""
    assert lpac("chip", "info")["eidValue"] == card.card.core.identity.eid.hex()
    assert lpac("profile", "list") == []
    store = MemoryStore()
    orders = [
        rsp.Order(build.build_package(describe.load_shipped("test-operator"))),
        rsp.Order(build.build_package(describe.load_shipped("home-operator")), confirmation_code="1234"),
    ]
    with rsp.serving(live_pki, orders, store=store) as service:
        first, second = service.codes
        lpac("profile", "download", "-a", first)
        lpac("profile", "download", "-a", second, "-c", "1234")
        assert [profile["iccid"] for profile in lpac("profile", "list")] == [FIRST, SECOND]
        lpac("profile", "nickname", FIRST, "Eins")
        lpac("profile", "enable", FIRST)
        states = {profile["iccid"]: profile for profile in lpac("profile", "list")}
        assert (states[FIRST]["profileState"], states[FIRST]["profileNickname"]) == ("enabled", "Eins")
        assert lpac("profile", "enable", FIRST, fails=True)
        assert lpac("profile", "delete", FIRST, fails=True)
        lpac("profile", "enable", SECOND)
        lpac("profile", "disable", SECOND)
        lpac("profile", "delete", FIRST)
        operations = [item["profileManagementOperation"] for item in lpac("notification", "list")]
        assert operations == ["install", "install", "enable", "disable", "enable", "disable", "delete"]
        lpac("notification", "process", "-a", "-r")
        assert lpac("notification", "list") == []
        # The server has verified both installation results, which are signed.
        assert {order.state for order in store.orders()} == {OrderState.INSTALLED}
    lpac("chip", "defaultsmdp", "smdp.example.com")
    assert lpac("chip", "info")["EuiccConfiguredAddresses"]["defaultDpAddress"] == "smdp.example.com"
    lpac("chip", "purge", "yes")
    assert lpac("profile", "list") == []


def test_a_real_package(lpac: Lpac, live_pki: TestPki, ts48_packages: list[Path]) -> None:
    package = next(path for path in ts48_packages if "v5" in path.name and "SUCI" in path.name).read_bytes()
    with rsp.serving(live_pki, [rsp.Order(package)]) as service:
        lpac("profile", "download", "-a", service.codes[0])
        (profile,) = lpac("profile", "list")
        lpac("profile", "enable", profile["iccid"])
        lpac("notification", "process", "-a", "-r")
        assert lpac("notification", "list") == []
