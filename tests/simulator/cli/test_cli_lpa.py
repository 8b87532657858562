"""`esim lpa`, the formats for programs, and consent on a terminal."""

from __future__ import annotations

import io
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from cards import Iccid
from simulator.cli import consent, lpac, output
from simulator.cli.consent import Consent
from simulator.lpa import AskUser, DownloadCancelled, ServerRefused
from simulator.lpa.profiles import ProfileMetadata
from tests.simulator.cli.conftest import Esim

TEST_ICCID = "8999900000000000014"
HOME_ICCID = "8999900000000000709"


@pytest.fixture
def phone(esim: Esim) -> str:
    made = esim(
        "card", "new", "phone", "--profile", "test-operator", "--profile", "home-operator", "--enable"
    )
    assert made.status == 0, made.err
    return "phone"


def lpac_lines(text: str) -> list[dict[str, Any]]:
    lines = text.splitlines()
    documents = [json.loads(line) for line in lines]
    for line, document in zip(lines, documents, strict=True):
        assert line == json.dumps(document, separators=(",", ":"), ensure_ascii=False), "as cJSON prints it"
        assert list(document) == ["type", "payload"]
        assert list(document["payload"]) == ["code", "message", "data"]
    return documents


def payload(text: str) -> Any:
    """Payload of the last line."""
    return lpac_lines(text)[-1]["payload"]


def test_profiles_are_listed_in_every_format(esim: Esim, phone: str) -> None:
    listed = esim("lpa", "list").out
    assert f"  1    {TEST_ICCID}  enabled   operational" in listed
    (first, second) = json.loads(esim("lpa", "list", "--json").out)["profiles"]
    assert (first["iccid"], first["state"], second["state"]) == (TEST_ICCID, "enabled", "disabled")
    assert set(first) == {
        *("iccid", "isdp_aid", "state", "class", "name", "service_provider", "nickname", "owner"),
        "policy_rules",
    }
    answer = payload(esim("lpa", "list", "--format", "lpac").out)
    assert (answer["code"], answer["message"]) == (0, "success")
    assert answer["data"][0] == {
        "iccid": TEST_ICCID,
        "isdpAid": "a0000005591010ffffffff8900001000",
        "profileState": "enabled",
        "profileNickname": None,
        "serviceProviderName": "eSIM Simulator",
        "profileName": "Test operator",
        "iconType": None,
        "icon": None,
        "profileClass": "operational",
    }


def test_the_euicc_tells_of_itself(esim: Esim, phone: str) -> None:
    told = esim("lpa", "info").out
    assert max(map(len, told.splitlines())) <= 80
    assert "Default SM-DP+   none" in told
    data = json.loads(esim("lpa", "info", "--json").out)
    assert data["eid"].startswith("89049032")
    assert "usimTestAlgorithm" in data["uicc_capabilities"]
    chip = payload(esim("lpa", "info", "--format", "lpac").out)["data"]
    assert list(chip) == ["eidValue", "EuiccConfiguredAddresses", "EUICCInfo2", "rulesAuthorisationTable"]
    assert chip["EuiccConfiguredAddresses"] == {
        "defaultDpAddress": None,
        "rootDsAddress": "testrootsmds.example.com",
    }
    assert list(chip["EUICCInfo2"])[:5] == [
        *("profileVersion", "svn", "euiccFirmwareVer", "extCardResource", "uiccCapability")
    ]
    assert set(chip["EUICCInfo2"]["extCardResource"]) == {
        *("installedApplication", "freeNonVolatileMemory", "freeVolatileMemory")
    }


def test_lpac_s_names_of_the_published_example() -> None:
    """EUICCInfo2 of the example in lpac's own documentation, from the bytes that say it."""
    info2 = {
        "profileVersion": bytes((2, 1, 0)),
        "svn": bytes((2, 2, 0)),
        "euiccFirmwareVer": bytes((4, 6, 0)),
        "extCardResource": bytes.fromhex("8101008204000473528302" + "1752"),
        "uiccCapability": (bytes.fromhex("7F36C0"), 18),
        "ts102241Version": bytes((9, 2, 0)),
        "globalplatformVersion": bytes((2, 3, 0)),
        "rspCapability": (b"\x90", 4),
        "euiccCiPKIdListForVerification": [bytes.fromhex("81370f5125d0b1d408d4c3b232e6d25e795bebfb")],
        "euiccCiPKIdListForSigning": [bytes.fromhex("81370f5125d0b1d408d4c3b232e6d25e795bebfb")],
        "forbiddenProfilePolicyRules": (b"\xc0", 2),
        "ppVersion": bytes((0, 0, 1)),
        "sasAcreditationNumber": "GI-BA-UP-0419",
        "certificationDataObject": {
            "platformLabel": "1.2.840.1234567/myPlatformLabel",
            "discoveryBaseURL": "https://mycompany.com/myDLOARegistrar",
        },
    }
    assert lpac.info2_data(info2) == {
        "profileVersion": "2.1.0",
        "svn": "2.2.0",
        "euiccFirmwareVer": "4.6.0",
        "extCardResource": {
            "installedApplication": 0,
            "freeNonVolatileMemory": 291666,
            "freeVolatileMemory": 5970,
        },
        "uiccCapability": [
            *("usimSupport", "isimSupport", "csimSupport", "akaMilenage", "akaCave", "akaTuak128"),
            *("akaTuak256", "gbaAuthenUsim", "gbaAuthenISim", "eapClient", "javacard"),
            *("multipleUsimSupport", "multipleIsimSupport"),
        ],
        "ts102241Version": "9.2.0",
        "globalplatformVersion": "2.3.0",
        "rspCapability": ["additionalProfile", "testProfileSupport"],
        "euiccCiPKIdListForVerification": ["81370f5125d0b1d408d4c3b232e6d25e795bebfb"],
        "euiccCiPKIdListForSigning": ["81370f5125d0b1d408d4c3b232e6d25e795bebfb"],
        "euiccCategory": None,
        "forbiddenProfilePolicyRules": ["pprUpdateControl", "ppr1"],
        "ppVersion": "0.0.1",
        "sasAcreditationNumber": "GI-BA-UP-0419",
        "certificationDataObject": {
            "platformLabel": "1.2.840.1234567/myPlatformLabel",
            "discoveryBaseURL": "https://mycompany.com/myDLOARegistrar",
        },
    }


@pytest.mark.parametrize(
    ("command", "function", "detail", "name", "code"),
    [
        (("enable", "1"), "es10c_enable_profile", "profile not in disabled state", "EnableProfile", 2),
        (("disable", "2"), "es10c_disable_profile", "profile not in enabled state", "DisableProfile", 2),
        (("delete", "89"), "es10c_delete_profile", "iccid or aid not found", "", 0),
        (("delete", "1"), "es10c_delete_profile", "profile not in disabled state", "DeleteProfile", 2),
    ],
)
def test_what_the_euicc_refuses(
    esim: Esim, phone: str, command: tuple[str, ...], function: str, detail: str, name: str, code: int
) -> None:
    refused = esim("lpa", *command, "--format", "lpac")
    assert (refused.status, refused.err) == (1, "")
    assert payload(refused.out) == {"code": -1, "message": function, "data": detail}
    error = json.loads(esim("lpa", *command, "--json").out)["error"]
    if not name:
        assert error["kind"] == "ProfileNotFound"
        return
    assert (error["function"], error["code"]) == (f"ES10c.{name}", code)
    said = esim("lpa", *command)
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"esim: ES10c.{name}: the profile is not")
    assert said.err.count("\n") == 1


def test_switching_naming_and_what_waits_then(esim: Esim, phone: str) -> None:
    switched = esim("lpa", "enable", "2")
    assert switched.out.splitlines() == [
        f"Enabled Home operator ({HOME_ICCID}).",
        "3 notifications wait for testsmdpplus1.example.com; send with `esim lpa notifications send`.",
    ]
    waiting = json.loads(esim("lpa", "notifications", "--json").out)["notifications"]
    assert [item["operation"] for item in waiting] == ["enable", "disable", "enable"]
    rows = payload(esim("lpa", "notifications", "--format", "lpac").out)["data"]
    assert rows[1] == {
        "seqNumber": waiting[1]["sequence_number"],
        "profileManagementOperation": "disable",
        "notificationAddress": "testsmdpplus1.example.com",
        "iccid": TEST_ICCID,
    }
    assert json.loads(esim("lpa", "nickname", "2", "Zuhause", "--json").out)["notifications_waiting"] == 3
    assert "Zuhause" in esim("lpa", "list").out
    assert payload(esim("lpa", "disable", "Zuhause", "--no-refresh", "--format", "lpac").out)["data"] is None
    assert "is called Home operator now" in esim("lpa", "nickname", "Zuhause").out
    assert "Removed 1 notification." in esim("lpa", "notifications", "remove", rows[0]["seqNumber"]).out
    assert esim("lpa", "notifications", "remove").status == 2
    absent = esim("lpa", "notifications", "remove", "77", "--format", "lpac")
    assert absent.out.splitlines() == [
        '{"type":"progress","payload":{"code":0,"message":"es10b_remove_notification_from_list","data":"77"}}',
        '{"type":"lpa","payload":{"code":-1,"message":"es10b_remove_notification_from_list",'
        '"data":"seqNumber not found"}}',
    ]
    assert "Removed 3 notifications." in esim("lpa", "notifications", "remove", "--all").out
    assert esim("lpa", "notifications").out == "No notification waits.\n"
    assert esim("lpa", "notifications", "send").out == "No notification waits.\n"


def test_notifications_that_no_server_takes_stay(esim: Esim, phone: str) -> None:
    kept = esim("lpa", "notifications", "send")
    assert kept.status == 1
    assert "stays: testsmdpplus1.example.com cannot be reached" in kept.out
    (item,) = json.loads(esim("lpa", "notifications", "send", "--json").out)["notifications"]
    assert (item["delivered"], item["error"]["kind"]) == (False, "ServerUnreachable")
    told = lpac_lines(esim("lpa", "notifications", "send", "--format", "lpac").out)
    assert [(line["type"], line["payload"]["message"], line["payload"]["code"]) for line in told] == [
        ("progress", "es10b_list_notification", 0),
        ("progress", "es10b_retrieve_notifications_list", 0),
        ("progress", "es9p_handle_notification", 0),
        ("lpa", "es9p_handle_notification", -1),
    ]
    assert told[1]["payload"]["data"] == str(item["sequence_number"])
    assert len(json.loads(esim("lpa", "notifications", "--json").out)["notifications"]) == 1


def test_the_memory_is_reset_only_when_told_so(esim: Esim, phone: str) -> None:
    assert esim("lpa", "reset", stdin="n\n").status == 130
    assert len(json.loads(esim("lpa", "list", "--json").out)["profiles"]) == 2
    assert esim("lpa", "smdp", "localhost:8443").out == "The default SM-DP+ is localhost:8443.\n" + (
        "1 notification waits for testsmdpplus1.example.com; send with `esim lpa notifications send`.\n"
    )
    assert "Default SM-DP+  localhost:8443" in esim("lpa", "smdp").out
    assert esim("lpa", "reset", "address", "--yes").status == 0
    assert json.loads(esim("lpa", "smdp", "--json").out)["default_smdp"] == ""
    esim("lpa", "smdp", "localhost:8443")
    assert esim("lpa", "smdp", "--clear").status == 0
    assert payload(esim("lpa", "smdp", "--format", "lpac").out)["data"]["defaultDpAddress"] is None
    assert "host name" in esim("lpa", "smdp", "https://x").err
    assert payload(esim("lpa", "reset", "--yes", "--format", "lpac").out)["code"] == 0
    assert json.loads(esim("lpa", "list", "--json").out) == {"profiles": []}
    nothing = payload(esim("lpa", "reset", "operational", "--yes", "--format", "lpac").out)
    assert nothing == {"code": -1, "message": "es10c_euicc_memory_reset", "data": "nothing to delete"}


def test_the_card_is_chosen_or_asked_for(esim: Esim, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "there is no eUICC yet" in esim("lpa", "list").err
    for name in ("one", "two"):
        esim("card", "new", name)
    assert "say with --card which eUICC: one, two" in esim("lpa", "list").err
    assert json.loads(esim("lpa", "list", "--json").out)["error"]["kind"] == "ClickException"
    assert esim("lpa", "list", "--card", "two").out == "       no profiles\n"
    monkeypatch.setenv("ESIM_CARD", "one")
    assert esim("lpa", "list").status == 0


# download in the formats for programs


def test_a_download_in_lpac_s_lines(esim: Esim, phone: str) -> None:
    esim("card", "new", "empty")
    lines = lpac_lines(
        esim("download", "--upp", "travel-operator", "--card", "empty", "--format", "lpac").out
    )
    messages = [line["payload"]["message"] for line in lines]
    assert messages[:9] == [
        "es10b_get_euicc_challenge_and_info",
        "es9p_initiate_authentication",
        "es10b_authenticate_server",
        "es9p_authenticate_client",
        "es8p_metadata_parse",
        "es10b_prepare_download",
        "es9p_get_bound_profile_package",
        "es10b_load_bound_profile_package",
        "es10b_list_notification",
    ]
    metadata = lines[4]["payload"]["data"]
    assert list(metadata) == [
        *("iccid", "serviceProviderName", "profileName", "iconType", "icon", "profileClass")
    ]
    assert lines[1]["payload"]["data"].startswith("localhost:")
    assert lines[-1]["payload"]["data"] == {
        "seqNumber": 1,
        "iccid": metadata["iccid"],
        "bppCommandId": "unknown",
        "errorReason": "unknown",
    }


def test_a_failed_installation_in_lpac_s_lines_and_json(esim: Esim, phone: str) -> None:
    again = ("download", "--upp", "test-operator", "--card", phone)
    *_, result, last = lpac_lines(esim(*again, "--format", "lpac").out)
    assert result["type"] == "progress"
    assert result["payload"]["message"] == "es10b_load_bound_profile_package:result"
    reason = "install_failed_due_to_iccid_already_exists_on_euicc"
    assert result["payload"]["data"]["errorReason"] == reason
    command = result["payload"]["data"]["bppCommandId"]
    assert last["payload"] == {
        "code": -1,
        "message": "es10b_load_bound_profile_package",
        "data": f"{command},{reason}",
    }
    error = json.loads(esim(*again, "--json").out)["error"]
    assert error["kind"] == "InstallationFailed"
    assert error["reason"] == "installFailedDueToIccidAlreadyExistsOnEuicc"
    assert lpac.snake(error["bpp_command"]) == command


def test_the_default_server_must_be_known(esim: Esim, phone: str) -> None:
    assert "has no default SM-DP+ address" in esim("download", "--default", "--card", phone).err
    error = json.loads(esim("download", "LPA:1", "--json").out)["error"]
    assert error["kind"] == "ActivationCodeError"
    assert payload(esim("download", "LPA:1", "--format", "lpac").out)["message"] == "activation_code"


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("installFailedDueToPEProcessingError", "install_failed_due_to_pe_processing_error"),
        ("scp03tStructureError", "scp03t_structure_error"),
        ("configureISDP", "configure_isdp"),
        ("storeMetadata2", "store_metadata2"),
        ("eUICCMemoryReset", "euicc_memory_reset"),
        ("initiateAuthentication", "initiate_authentication"),
    ],
)
def test_names_as_lpac_writes_them(name: str, snake: str) -> None:
    assert lpac.snake(name) == snake


def test_errors_of_a_server_keep_their_codes() -> None:
    error = ServerRefused("authenticateClient", "8.2.6", "3.8", "ID", "Refused")
    data = output.error_data(error)
    assert (data["function"], data["subject_code"], data["reason_code"]) == (
        "ES9+.AuthenticateClient",
        "8.2.6",
        "3.8",
    )
    assert output.lpac_error(error, "x") == ("es9p_authenticate_client", "Refused")
    assert output.lpac_error(DownloadCancelled("timeout", "x"), "x") == ("cancelled", "")


# consent


METADATA = ProfileMetadata(Iccid(TEST_ICCID), "Provider", "Plan", "operational", None, ("ppr1",), {})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def answered(monkeypatch: pytest.MonkeyPatch, typed: str, question: AskUser, **options: Any) -> Any:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    return Consent(**options)(question)


@pytest.mark.parametrize(
    ("typed", "accepted", "reason"),
    [
        ("y\n", True, "endUserRejection"),
        ("n\n", False, "endUserRejection"),
        ("L\n", False, "postponed"),
        ("what\ny\n", True, "endUserRejection"),
        ("", False, "postponed"),
    ],
)
def test_the_user_is_asked_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    accepted: bool,
    reason: str,
) -> None:
    decision = answered(monkeypatch, typed, AskUser(METADATA, False, False))
    assert (decision.accepted, decision.reason) == (accepted, reason)
    shown = capsys.readouterr().err
    assert "Profile   Plan" in shown
    assert "it cannot be disabled once it is enabled (ppr1)" in shown


def test_rules_need_more_than_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    question = AskUser(METADATA, False, True)
    assert answered(monkeypatch, "agree\n", question).accepted
    assert not answered(monkeypatch, "y\n", question).accepted
    assert answered(monkeypatch, "", question, yes=True).accepted


def test_where_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    asking = Consent()
    assert asking(AskUser(METADATA, False, False)).accepted
    strict = asking(AskUser(METADATA, False, True))
    assert (strict.accepted, strict.reason) == (False, "postponed")
    assert "--yes" in asking.missing
    assert not asking(AskUser(METADATA, True, False)).accepted
    assert "--confirmation-code" in asking.missing


def test_an_answer_may_come_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    def dawdle(*_: Any, **__: Any) -> str:
        signal.pause()
        return "y"

    monkeypatch.setattr(consent.click, "prompt", dawdle)
    decision = answered(monkeypatch, "", AskUser(METADATA, False, False), seconds=0.02)
    assert (decision.accepted, decision.reason) == (False, "timeout")
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_a_confirmation_code_is_asked_for_once_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(consent.click, "prompt", lambda *_, **__: "1234")
    decision = answered(monkeypatch, "", AskUser(METADATA, True, False, code_refused=True))
    assert decision.confirmation_code == "1234"
    assert "refused the confirmation code" in capsys.readouterr().err


# the page


def names_in(data: Any) -> set[str]:
    if isinstance(data, dict):
        return set(data) | {name for value in data.values() for name in names_in(value)}
    return {name for item in data for name in names_in(item)} if isinstance(data, list) else set()


@pytest.mark.parametrize(
    "command",
    [
        ("lpa", "list"),
        ("lpa", "info"),
        ("lpa", "smdp"),
        ("lpa", "notifications"),
        ("lpa", "notifications", "send"),
        ("lpa", "enable", "2"),
        ("lpa", "enable", "1"),
        ("qr", "LPA:1$a.example$ID"),
        ("download", "--upp", "travel-operator"),
        ("download", "--upp", "test-operator", "--card", "phone"),
    ],
)
def test_every_name_in_json_is_on_the_page(esim: Esim, phone: str, command: tuple[str, ...]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "lpa.md").read_text(encoding="utf-8")
    inner = {"gid1", "gid2", "plmn", "profiles", "imsi", "iccid", "eid"}  # of `rules` and of a card
    unknown = {name for name in names_in(json.loads(esim(*command, "--json").out)) if f"`{name}`" not in page}
    assert unknown <= inner
