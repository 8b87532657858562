"""`esim eim`: a person gives orders, a running eIM hands them to a real eUICC, and the results are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from asn1 import esipa, iot
from cards.identities import Iccid
from simulator.cli import edge
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity, Features
from simulator.lpa.es9 import tls_context
from tests.simulator.cli.conftest import Esim, Server, Start, next_line
from tests.simulator.conftest import Bench, entropy, make_bench
from tests.simulator.eim.conftest import Hand

EID = "89049032123451234512345678901235"
UNKNOWN = "89049032123451234512345678901236"
HEADERS = {"X-Admin-Protocol": "gsma/rsp/v2.2.2", "Content-Type": esipa.ASN1_CONTENT_TYPE}


@pytest.fixture
def bench(esim: Esim, esim_home: Path) -> Bench:
    """An IoT eUICC of the PKI of `esim`, with two profiles, that knows the eIM."""
    configuration = bytes.fromhex(esim("eim", "config").out)
    pki = TestPki.load(esim_home / "pki")
    bench = make_bench(pki)
    identity = EuiccIdentity.from_pki(pki, entropy=entropy("factory"), now=edge.now())
    bench.euicc = Euicc(identity, entropy=entropy("card"), clock=edge.now, features=Features(iot=True))
    data = iot.decode("EimConfigurationData", configuration)
    request = iot.encode("AddInitialEimRequest", {"eimConfigurationDataList": [data]})
    answer = iot.decode("AddInitialEimResponse", bench.euicc.isdr.execute(request))
    assert answer == ("addInitialEimOk", [("addOk", None)])
    return bench


@pytest.fixture
def hand(bench: Bench, start: Start) -> Iterator[Hand]:
    """An IPA's hand that speaks with a running `esim eim serve` over TLS."""
    process = start("eim", "serve", "--port", "0")
    line = next_line(process.stdout)
    assert line.startswith("eIM localhost listens at https://localhost:"), line
    url = line.split()[4].rstrip(";")
    hand = Hand(None, bench)  # type: ignore[arg-type]
    with httpx2.Client(verify=tls_context(bench.pki.anchors)) as http:

        def talk(alternative: str, value: Any) -> Any:
            octets = esipa.encode_request((alternative, value))
            response = http.post(url + esipa.ASN1_PATH, content=octets, headers=HEADERS)
            return esipa.decode_response(response.content)[1] if response.content else None

        hand.talk = talk  # type: ignore[method-assign]
        yield hand


def test_orders_are_carried_out_and_shown(esim: Esim, hand: Hand, serve: Server) -> None:
    assert hand.poll() == ("eimPackageError", 2)
    assert esim("eim", "add", EID).out == f"Device {EID} is managed.\n"
    kind, request = hand.poll()
    assert kind == "ipaEuiccDataRequest"
    request = {**request, "tagList": bytes.fromhex("BF20BF22A5A6")}
    hand.provide("ipaEuiccDataResponse", hand.data(request))
    code = serve("--upp", "test-operator")[-1]
    assert esim("eim", "download", EID, code, "--indirect").status == 0
    kind, trigger = hand.poll()
    assert kind == "profileDownloadTriggerRequest"
    assert hand.download(trigger)[0] == "eimAcknowledgements"
    printed = str(Iccid.from_bytes(hand.bench.euicc.core.registry.profiles[0].iccid))

    assert esim("eim", "enable", EID, printed).out.endswith(f"enable {printed}\n")
    assert esim("eim", "list", EID).status == 0
    assert hand.work()[0] == "eimAcknowledgements"
    hand.bench.euicc.reset()
    assert hand.work()[0] == "eimAcknowledgements"

    shown = esim("eim", "results", EID).out
    assert "enable: ok" in shown
    assert f"  {printed}  enabled" in shown
    assert shown.count("done") == 4
    devices = esim("eim", "devices").out
    assert f"{EID}  last asked at" in devices
    assert f"  {printed}  enabled" in devices
    [device] = json.loads(esim("eim", "devices", "--json").out)
    assert device["euicc_info2"]["svn"] == "020202"
    assert device["counter"] == 2
    packages = json.loads(esim("eim", "results", "--json").out)
    assert [one["kind"] for one in packages] == ["data", "download", "euicc", "euicc"]
    result = packages[2]["results"][0]["euiccPackageResultSigned"]
    assert result["euiccPackageResultDataSigned"]["euiccResult"] == [{"enableResult": 0}]
    [told] = json.loads(esim("eim", "notifications", "--json").out)
    assert (told["event"], told["state"], told["iccid"]) == ("install", "delivered", printed)
    assert "delivered" in esim("eim", "notifications", EID).out
    assert esim("eim", "results", "--open").out == "There are no packages.\n"


ORDERS = [
    (("disable", EID, "8949449999999990015"), "disable 8949449999999990015"),
    (("delete", EID, "8949449999999990015"), "delete 8949449999999990015"),
    (("enable", EID, "8949449999999990015", "--rollback"), "enable 8949449999999990015 with rollback"),
    (("fallback", EID, "8949449999999990015"), "setFallbackAttribute 8949449999999990015"),
    (("no-fallback", EID), "unsetFallbackAttribute"),
    (("list", EID), "listProfileInfo"),
    (("rules", EID), "getRAT"),
    (("list-eims", EID), "listEim"),
    (("delete-eim", EID, "other.example.com"), "deleteEim other.example.com"),
    (("set-smdp", EID, "dp.example.com"), "setDefaultDpAddress dp.example.com"),
    (("immediate", EID), "configureImmediateEnable"),
    (("immediate", EID, "--smdp-oid", "2.999.10"), "configureImmediateEnable 2.999.10"),
    (("immediate", EID, "--off"), "configureImmediateEnable"),
    (("data", EID), "ask what the eUICC and its IPA are"),
    (("data", EID, "notificationsList"), "ask what the eUICC and its IPA are"),
    (("download", EID), "download from the default SM-DP+"),
    (("download", EID, "--smds", "root"), "ask the root SM-DS for downloads"),
    (("download", EID, "--smds", "ds.example.com"), "ask the SM-DS ds.example.com for downloads"),
    (("download", EID, "1$dp.example.com$A"), "download LPA:1$dp.example.com$A"),
    (
        ("download", EID, "1$dp.example.com$A", "--indirect", "--confirmation-code", "1"),
        "download LPA:1$dp.example.com$A through this eIM",
    ),
]


def test_every_order(esim: Esim) -> None:
    esim("eim", "add", EID)
    expected = []
    for arguments, words in ORDERS:
        outcome = esim("eim", *arguments)
        assert outcome.status == 0, outcome.err
        package, said = outcome.out.rstrip("\n").split("  ", 1)
        assert said == words
        expected.append(f"{package}  queued     {words}")
    assert esim("eim", "results", "--open").out.splitlines()[1:] == expected
    assert esim("eim", "withdraw", package).out == f"{package} is withdrawn.\n"
    assert esim("eim", "results", "--open").out.splitlines()[1:] == expected[:-1]


def test_other_eims(esim: Esim, tmp_path: Path) -> None:
    esim("eim", "add", EID)
    file = tmp_path / "other.der"
    arguments = ("--address", "other.example.com", "--eim-id", "2.999.20.1", "--token", "--direct")
    wrote = esim("eim", "config", *arguments, "--counter", "5", "--out", file)
    assert wrote.out == f"Wrote {file}: eIM 2.999.20.1 at other.example.com.\n"
    data = iot.decode("EimConfigurationData", file.read_bytes())
    assert (data["eimIdType"], data["counterValue"], data["associationToken"]) == (1, 5, -1)
    assert "indirectProfileDownload" not in data
    assert esim("eim", "add-eim", EID, file).out.endswith("addEim 2.999.20.1\n")
    file.write_text(file.read_bytes().hex())
    assert esim("eim", "update-eim", EID, file).out.endswith("updateEim 2.999.20.1\n")
    file.write_text("rubbish")
    assert "holds no eIM configuration data" in esim("eim", "add-eim", EID, file).err


def test_the_key_stays_the_same(esim: Esim, esim_home: Path) -> None:
    first = esim("eim", "config").out
    assert esim("eim", "config").out == first
    assert (esim_home / "pki" / "SK_S_EIMsign_ECDSA_NIST.pem").stat().st_mode & 0o77 == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", UNKNOWN), f"there is no device {UNKNOWN}; add it first"),
        (("list", "12"), "'12' is no EID: 32 digits are expected."),
        (("enable", EID, "12"), "ICCID"),
        (("remove", UNKNOWN), "there is no device"),
        (("withdraw", "xx"), "'xx' is no package"),
        (("withdraw", "00"), "there is no package 00"),
        (("data", EID, "mood"), "IPAs do not tell mood"),
        (("download", EID, "rubbish"), "no activation code"),
        (("download", EID, "1$a$b", "--smds", "root"), "not both"),
        (("download", EID, "1$a$b", "--confirmation-code", "1"), "indirect downloads only"),
        (("add", EID), "there is a device"),
        (("results", "--db", "/nowhere/eim.db"), "cannot be used"),
    ],
)
def test_wrong_calls_are_told_in_a_sentence(esim: Esim, arguments: tuple[str, ...], said: str) -> None:
    esim("eim", "add", EID)
    outcome = esim("eim", *arguments)
    assert outcome.status in (1, 2)
    assert said in outcome.err
    assert "Traceback" not in outcome.err


def test_devices_come_and_go(esim: Esim) -> None:
    assert "There are no devices" in esim("eim", "devices").out
    assert "There are no notifications" in esim("eim", "notifications").out
    esim("eim", "add", EID, UNKNOWN, "--token", "3", "--counter", "7")
    devices = json.loads(esim("eim", "devices", "--json").out)
    assert [(one["association_token"], one["counter"]) for one in devices] == [(3, 7), (3, 7)]
    assert f"{EID}  has never asked for anything\n" in esim("eim", "devices").out
    assert esim("eim", "remove", EID).out == f"Device {EID} is forgotten.\n"
    assert len(json.loads(esim("eim", "devices", "--json").out)) == 1
