"""`esim ipa`: a device on disk does what a running eIM wants, and tells so; what goes wrong, in sentences."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.cli.conftest import Esim, Server, Start, next_line


@pytest.fixture
def meter(esim: Esim) -> str:
    """An IoT eUICC on disk; its EID."""
    assert esim("card", "new", "meter", "--from", "euicc-iot").status == 0
    eid: str = json.loads(esim("ipa", "status", "--json").out)["eid"]
    return eid


@pytest.fixture
def eim(esim: Esim, start: Start, meter: str, tmp_path: Path) -> str:
    """A running eIM that manages the meter, and whom the meter obeys; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"localhost:{port}"
    file = tmp_path / "eim.der"
    assert esim("eim", "config", "--address", address, "--out", file).status == 0
    process = start("eim", "serve", "--port", port, "--address", address)
    assert "listens at" in next_line(process.stdout)
    assert esim("ipa", "add-eim", file).out == "The eUICC obeys localhost.\n"
    assert esim("eim", "add", meter).status == 0
    return address


def run(esim: Esim, *arguments: object) -> Any:
    return json.loads(esim("ipa", "run", "--json", *arguments).out)


def profiles(esim: Esim) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(esim("ipa", "status", "--json").out)["profiles"]
    return found


def test_a_meter_and_its_eim(esim: Esim, eim: str, meter: str, serve: Server) -> None:
    first = run(esim)
    assert [(one["what"], one["error"]) for one in first["handled"][:1]] == [("ipaEuiccDataRequest", None)]
    code = serve("--upp", "test-operator")[-1]
    assert esim("eim", "download", meter, code, "--indirect").status == 0
    second = esim("ipa", "run", "--binding", "json", "--compact")
    assert second.status == 0, second.out
    assert "profileDownloadTriggerRequest  installed 89" in second.out
    assert len(profiles(esim)) == 3
    status = esim("ipa", "status").out
    assert f"eIM       localhost at {eim}, profiles by way of it" in status
    assert "Fallback  none" in status


def test_a_profile_without_service(esim: Esim, eim: str, meter: str) -> None:
    run(esim)
    other = profiles(esim)[1]
    assert esim("eim", "enable", meter, other["iccid"], "--rollback").status == 0
    handled = run(esim, "--no-service", other["iccid"])["handled"]
    assert handled[0]["done"] == ["enable: ok", "rollback: ok"]
    assert [one["state"] for one in profiles(esim)] == ["enabled", "disabled"]


def test_fallback_and_return(esim: Esim, eim: str, meter: str) -> None:
    run(esim)
    iccid = profiles(esim)[1]["iccid"]
    assert esim("eim", "fallback", meter, iccid).status == 0
    assert run(esim)["handled"][0]["done"] == ["setFallbackAttribute: ok"]
    assert f"Fallback  {iccid}" in esim("ipa", "status").out
    assert esim("ipa", "fallback").out.startswith("The fallback profile is enabled.")
    assert [one["state"] for one in profiles(esim)] == ["disabled", "enabled"]
    assert esim("ipa", "return", "--json").status == 0
    assert [one["state"] for one in profiles(esim)] == ["enabled", "disabled"]


def test_an_eim_that_is_away(esim: Esim, meter: str, tmp_path: Path) -> None:
    file = tmp_path / "eim.der"
    esim("eim", "config", "--address", "localhost:9", "--out", file)
    esim("ipa", "add-eim", file)
    outcome = esim("ipa", "run")
    assert outcome.status == 1
    assert "getEimPackage  failed: localhost:9 cannot be reached: nothing listens there" in outcome.out


def test_again_and_again(esim: Esim, start: Start, meter: str) -> None:
    process = start("ipa", "run", "--every", "0.01", "--card", "meter")
    assert [next_line(process.stdout).split(".")[0] for _ in range(3)].count("There was nothing to do") >= 1


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("fallback",), 1, "no profile has the fallback attribute"),
        (("return",), 1, "no profile has the fallback attribute"),
        (("emergency",), 1, "the eUICC has no emergency profile"),
        (("emergency", "--end"), 1, "the eUICC has no emergency profile"),
        (("run", "--once", "--every", "1"), 2, "not both"),
        (("run", "--imei", "12"), 1, "is no IMEI"),
        (("add-eim", "/dev/null"), 1, "is empty"),
    ],
)
def test_what_goes_wrong(esim: Esim, meter: str, arguments: tuple[str, ...], status: int, words: str) -> None:
    outcome = esim("ipa", *arguments)
    assert outcome.status == status
    assert words in outcome.err


def test_errors_as_json(esim: Esim, meter: str) -> None:
    outcome = esim("ipa", "fallback", "--json")
    assert outcome.status == 1
    assert json.loads(outcome.out)["error"]["reason"] == "fallbackNotAvailable"


def test_a_consumers_euicc(esim: Esim) -> None:
    esim("card", "new", "phone")
    outcome = esim("ipa", "run")
    assert outcome.status == 1
    assert "the eUICC obeys no eIM" in outcome.err


def test_a_memory_that_is_none(esim: Esim, esim_home: Path, meter: str) -> None:
    path = esim_home / "ipa" / f"{meter}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("[]")
    outcome = esim("ipa", "status")
    assert outcome.status == 1
    assert f"{path} is not the memory of an IPA" in outcome.err
