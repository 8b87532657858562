"""`esim demo`, `esim download` and `esim smdp serve`: the main job, from the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest

from asn1 import saip
from simulator.cli import home, rsp
from simulator.cli.places import place_of
from simulator.cli.profile import package_of
from simulator.crypto.pki import TestPki
from simulator.lpa import InstallationFailed
from simulator.profile import build, describe
from simulator.smdp import MemoryStore
from tests.simulator.cli.conftest import Esim, Server
from tests.simulator.conftest import Bench

ROOT = Path(__file__).parents[3]


def test_the_demo_tells_the_whole_story(esim: Esim, esim_home: Path) -> None:
    told = esim("demo")
    assert told.status == 0, told.err
    assert max(map(len, told.out.splitlines())) <= 80
    for function in (
        *("InitiateAuthentication", "AuthenticateServer", "AuthenticateClient", "PrepareDownload"),
        *("GetBoundProfilePackage", "LoadBoundProfilePackage", "HandleNotification", "EnableProfile"),
    ):
        assert function in told.out
    before, after = told.out.index("2  The card before"), told.out.index("4  The card after")
    assert "IMSI    none" in told.out[before:after]
    assert re.search(r"8999900000000000709 +enabled +Home operator", told.out[after:])
    assert "IMSI    999700000000001" in told.out[after:]
    assert "RES, CK and IK are what the network expects" in told.out
    assert not esim_home.exists()


@pytest.mark.parametrize("name", ["test-operator", "travel-operator"])
def test_the_demo_takes_other_subscriptions(esim: Esim, name: str) -> None:
    assert "this card is its subscriber" in esim("demo", "--profile", name).out


def test_a_package_from_disk_is_downloaded(esim: Esim, ts48_package: Path) -> None:
    done = esim("download", "--upp", ts48_package, "--enable", "--json")
    assert done.status == 0, done.err
    data = json.loads(done.out)
    assert data["card"]["profiles"][0]["state"] == "enabled"
    assert data["card"]["iccid"] == data["card"]["profiles"][0]["iccid"]
    assert data["card"]["imsi"]
    assert all(step["error"] == "" for step in data["steps"])


def test_the_same_profile_is_not_installed_twice(esim: Esim) -> None:
    assert esim("card", "new", "phone", "--profile", "test-operator").status == 0
    refused = esim("download", "--upp", "test-operator", "--card", "phone")
    assert refused.status == 1
    assert "a profile with this ICCID is on the eUICC already" in refused.err
    assert refused.err.count("\n") == 1
    assert len(json.loads(esim("card", "show", "phone", "--json").out)["profiles"]) == 1


def profiles_on(esim: Esim, name: str) -> list[dict[str, Any]]:
    found = json.loads(esim("card", "show", name, "--json").out)["profiles"]
    assert isinstance(found, list)
    return found


def test_profiles_come_from_a_server_by_every_way_of_naming_them(
    esim: Esim, serve: Server, tmp_path: Path
) -> None:
    esim("card", "new", "phone")
    lines = serve(
        *("--upp", "test-operator", "--matching-id", "FIRST"),
        *("--upp", "home-operator", "--upp", "travel-operator"),
    )
    codes = [line for line in lines if line.startswith("LPA:1$")]
    address = codes[0].split("$")[1]
    assert codes[0] == f"LPA:1${address}$FIRST"

    by_name = esim("download", "--smdp", address, "--matching-id", "FIRST", "--card", "phone", "--enable")
    assert by_name.status == 0, by_name.err
    assert "IMSI    001010123456789" in by_name.out
    assert esim("download", codes[1], "--card", "phone", "--json").status == 0
    piped = esim("download", "--code-file", "-", "--card", "phone", "--json", stdin=f"{codes[2]}\n")
    assert piped.status == 0, piped.err
    assert len(profiles_on(esim, "phone")) == 3

    (tmp_path / "code.txt").write_text(codes[0])
    used = esim("download", "--code-file", tmp_path / "code.txt", "--card", "phone")
    assert used.status == 1
    assert "8.2.6/3.8" in used.err
    assert "failed" in used.out


def test_a_profile_that_is_not_enabled_is_said_to_be_so(esim: Esim) -> None:
    told = esim("download", "--upp", "test-operator").out
    assert "Profile   Test operator" in told
    assert "Provider  eSIM Simulator" in told
    assert told.endswith("IMSI    none\n  No profile is enabled.\n")
    assert "6A82" not in told


def test_a_picture_a_default_server_and_what_the_server_learns(
    esim: Esim, serve: Server, tmp_path: Path
) -> None:
    lines = serve("--upp", "test-operator", "--upp", "home-operator")
    codes = [line for line in lines if line.startswith("LPA:1$")]
    esim("card", "new", "phone")
    assert esim("qr", codes[0], "-o", tmp_path / "code.png").status == 0
    done = esim("download", tmp_path / "code.png", "--card", "phone", "--enable")
    assert done.status == 0, done.err
    assert json.loads(esim("lpa", "notifications", "--json").out) == {"notifications": []}

    address, matching_id = codes[1].split("$")[1:3]
    assert esim("lpa", "smdp", address).status == 0
    refused = esim("download", "--default", "--card", "phone")
    assert "8.2.6/3.8" in refused.err
    assert "No matching id was given" in refused.err
    by_id = esim("download", "--smdp", address, "--matching-id", matching_id, "--card", "phone", "--json")
    answer = json.loads(by_id.out)
    assert set(answer) == {"iccid", "notification_error", "rpm_pending", "steps", "card"}
    assert answer["rpm_pending"] is False
    assert (answer["iccid"], answer["notification_error"]) == ("8999900000000000709", None)
    esim("lpa", "enable", "2")
    sent = esim("lpa", "notifications", "send")
    assert (sent.status, sent.out.count("delivered")) == (0, 2)
    assert json.loads(esim("lpa", "notifications", "--json").out) == {"notifications": []}


def test_the_place_of_a_failure_in_a_package_at_hand(esim: Esim, serve: Server, tmp_path: Path) -> None:
    assert esim("profile", "build", "test-operator", "-o", tmp_path / "good.der").status == 0
    (tmp_path / "bad.der").write_bytes((tmp_path / "good.der").read_bytes()[:-9])
    code = serve("--upp", tmp_path / "bad.der")[-1]
    refused = esim("download", code, "--package", tmp_path / "bad.der", "--json")
    error = json.loads(refused.out)["error"]
    assert (error["reason"], error["bpp_command"]) == (
        "installFailedDueToPEProcessingError",
        "loadProfileElements",
    )
    assert "profile element 17 (rfm), byte" in error["message"]


def test_an_element_that_the_euicc_names_by_number_is_found_in_the_package(bench: Bench) -> None:
    parts = list(build.elements(describe.load_shipped("home-operator")))
    broken = next(index for index, (name, _) in enumerate(parts) if name == "usim")
    parts[broken][1]["ef-imsi"] = [("fillFileContent", bytes(10))]  # the template has 9
    encoded = [saip.encode("ProfileElement", part) for part in parts]
    with pytest.raises(InstallationFailed) as caught:
        bench.download(b"".join(encoded))
    sentence = place_of(b"".join(encoded), caught.value)
    offset = sum(map(len, encoded[:broken]))
    assert sentence.startswith(f"The eUICC stopped at profile element {broken} (usim), byte {offset}.")
    assert "ef-imsi" in sentence
    assert place_of(encoded[0], caught.value).startswith("The package says why (invalid-request-format)")
    assert place_of(b"\x00", caught.value).startswith("The package itself is damaged")


def test_a_confirmation_code_is_asked_for(esim: Esim, serve: Server) -> None:
    lines = serve("--upp", "test-operator", "--confirmation-code", "1234")
    code = lines[-1]
    assert code.endswith("$$1")
    missing = esim("download", code)
    assert missing.err.splitlines()[-1] == (
        "esim: the order asks for a confirmation code; give it with --confirmation-code."
    )
    wrong = esim("download", code, "--confirmation-code", "9999")
    assert "8.2.7/3.8" in wrong.err
    assert esim("download", code, "--confirmation-code", "1234", "--json").status == 0


def test_the_published_certificates_serve_too(esim: Esim, serve: Server, shared_data: Path) -> None:
    folder = shared_data / "sgp26"
    lines = serve("--pki", folder, "--upp", "home-operator")
    esim("card", "new", "sgp26", "--pki", folder)
    done = esim("download", lines[-1], "--card", "sgp26", "--pki", folder)
    assert done.status == 0, done.err
    stranger = esim("download", lines[-1])
    assert stranger.status == 1
    assert "TLS certificate is not accepted" in stranger.err
    trusting = esim("download", lines[-1], "--insecure")
    assert trusting.status == 1
    assert trusting.err.startswith("esim: ")


def test_orders_are_kept_in_a_database(esim: Esim, serve: Server, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'orders.db'}"
    first = serve("--db", url, "--upp", "test-operator", "--matching-id", "KEPT")
    assert first[-1].endswith("$KEPT")
    address = serve("--db", url)[0].split()[1]
    assert esim("download", "--smdp", address, "--matching-id", "KEPT", "--json").status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Give one of"),
        (("1$a$b", "--upp", "x"), "Give one of"),
        (("1$a$b", "--matching-id", "x"), "--matching-id goes with --smdp"),
    ],
)
def test_a_download_needs_one_source(esim: Esim, arguments: tuple[str, ...], words: str) -> None:
    refused = esim("download", *arguments)
    assert refused.status == 2
    assert words in refused.err


def test_codes_and_servers_that_are_not_there_are_told_in_one_sentence(esim: Esim) -> None:
    cut = esim("download", "LPA:1")
    assert (cut.status, cut.err.count("\n")) == (1, 1)
    assert "single quotes" in cut.err
    away = esim("download", "--smdp", "localhost:1", "--matching-id", "x")
    assert away.status == 1
    assert "localhost:1 cannot be reached" in away.err.splitlines()[-1]
    assert not list(home.card_names())


def test_a_package_that_an_euicc_refuses_is_named_with_the_place(esim: Esim, tmp_path: Path) -> None:
    esim("profile", "build", "test-operator", "-o", tmp_path / "good.der")
    path = tmp_path / "bad.der"
    path.write_bytes((tmp_path / "good.der").read_bytes()[:-9])
    checked = esim("profile", "check", path)
    assert (checked.status, checked.err) == (1, "")
    assert "error: profile element 17 (rfm), byte" in checked.out
    refused = esim("download", "--upp", path)
    assert refused.status == 1
    assert "installFailedDueToPEProcessingError" in refused.err
    assert "profile element 17 (rfm), byte" in refused.err.splitlines()[-1]
    assert esim("profile", "check", tmp_path / "good.der").status == 0
    files = esim("profile", "show", "--files", tmp_path / "good.der").out
    assert re.search(r"2FE2 EF.ICCID +transparent, 10 bytes", files)
    assert "ADF.USIM" in files


def test_a_server_that_cannot_be_run_says_why(esim: Esim) -> None:
    twice = ("--upp", "test-operator", "--matching-id", "X") * 2
    assert (
        "matching id X already; name another"
        in esim("smdp", "serve", "--port", "0", *twice).err.splitlines()[-1]
    )
    assert "cannot be used" in esim("smdp", "serve", "--db", "sqlite:////nonexistent/x.db").err
    assert "no database URL" in esim("smdp", "serve", "--db", "nonsense").err
    assert esim("smdp", "serve", "--matching-id", "X").status == 2
    unknown = esim("smdp", "serve", "--host", "192.0.2.1", "--port", "8443")
    assert (unknown.status, unknown.err.splitlines()[-1][:6]) == (1, "esim: ")


def test_an_order_that_nobody_fetched_is_served_again(test_pki: TestPki) -> None:
    store, order = MemoryStore(), rsp.Order(package_of("test-operator"), "AGAIN")
    for _ in range(2):
        with rsp.serving(test_pki, [order], address="smdp.example.com", store=store) as service:
            assert service.codes == ("LPA:1$smdp.example.com$AGAIN",)
    other = rsp.Order(package_of("home-operator"), "AGAIN")
    with (
        pytest.raises(click.ClickException, match="already"),
        rsp.serving(test_pki, [other], address="smdp.example.com", store=store),
    ):
        pass
