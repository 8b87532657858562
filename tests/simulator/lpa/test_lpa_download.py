"""The download procedure without card and server: every step, every way out of it (SGP.22 §3.0.1, §3.1.3)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from asn1 import rsp, tlv
from cards import CommandApdu
from cards.errors import CardError, CardStatusError
from cards.isdr.errors import AuthenticateServerError, InstallationError, PrepareDownloadError
from cards.status import SW
from simulator.lpa import (
    ActivationCode,
    AskUser,
    Decision,
    DownloadCancelled,
    EuiccRefused,
    InstallationFailed,
    LpaError,
    PostToServer,
    SendToCard,
    ServerProtocolError,
    ServerRefused,
)
from simulator.lpa.device import Device, DeviceError
from simulator.lpa.download import DownloadResult, download
from simulator.lpa.steps import Procedure

ADDRESS = "smdp.example.com"
TRANSACTION = bytes.fromhex("A1A2A3A4")
METADATA: dict[str, Any] = {
    "iccid": bytes.fromhex("981032547698103214f4"),
    "serviceProviderName": "Test",
    "profileName": "Profile",
}
PPR1 = {
    **METADATA,
    "profileOwner": {"mccMnc": bytes.fromhex("00F110")},
    "profilePolicyRules": (b"\x40", 2),
}
CODE = ActivationCode.parse(f"LPA:1${ADDRESS}$MATCH-1")


def package(metadata: dict[str, Any] = METADATA) -> bytes:
    stored = rsp.encode("StoreMetadataRequest", metadata)
    return tlv.encode(
        0xBF36,
        tlv.encode(0xBF23, b"\x82\x01\x01")
        + tlv.encode(0xA0, tlv.encode(0x87, bytes(16)))
        + tlv.encode(0xA1, tlv.encode(0x88, stored + bytes(8)))
        + tlv.encode(0xA3, tlv.encode(0x86, bytes(40))),
    )


def installation(final: tuple[str, Any]) -> dict[str, Any]:
    return {
        "profileInstallationResultData": {
            "transactionId": TRANSACTION,
            "notificationMetadata": {
                "seqNumber": 7,
                "profileManagementOperation": (b"\x80", 1),
                "notificationAddress": ADDRESS,
            },
            "finalResult": final,
        },
        "euiccSignPIR": bytes(64),
    }


SUCCESS = installation(("successResult", {"aid": b"\xa0" * 16, "simaResponse": b""}))


def answers(**changed: Any) -> dict[str, Any]:
    """What card, server and user answer when all goes well."""
    signed = {"transactionId": TRANSACTION, "serverAddress": ADDRESS}
    return {
        "get_euicc_configured_addresses": {"defaultDpAddress": ADDRESS, "rootDsAddress": "ds.example.com"},
        "get_euicc_info1": {"svn": b"\x02\x02\x02"},
        "get_euicc_challenge": bytes(16),
        "initiateAuthentication": {
            "transactionId": TRANSACTION,
            "serverSigned1": signed,
            "serverSignature1": bytes(64),
            "euiccCiPKIdToBeUsed": bytes(20),
            "serverCertificate": b"\x30\x00",
        },
        "authenticate_server": ("authenticateResponseOk", {}),
        "authenticateClient": {
            "transactionId": TRANSACTION,
            "profileMetadata": METADATA,
            "smdpSigned2": {"transactionId": TRANSACTION, "ccRequiredFlag": False},
            "smdpSignature2": bytes(64),
            "smdpCertificate": b"\x30\x00",
        },
        "ask": Decision(),
        "get_rat": [],
        "get_profiles_info": [],
        "get_euicc_info2": {},
        "prepare_download": ("downloadResponseOk", {}),
        "getBoundProfilePackage": {"transactionId": TRANSACTION, "boundProfilePackage": package()},
        "load_bound_profile_package": SUCCESS,
        "cancel_session": ("cancelSessionResponseOk", {}),
        "cancelSession": {},
        **changed,
    }


def changed_answer(name: str, **members: Any) -> dict[str, Any]:
    return answers(**{name: {**answers()[name], **members}})


class Play:
    """Runs a procedure against prepared answers; exceptions among them are thrown."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.steps: list[Any] = []

    def run(self, procedure: Procedure[DownloadResult]) -> DownloadResult:
        try:
            step = next(procedure)
            while True:
                self.steps.append(step)
                answer = self.given["ask" if isinstance(step, AskUser) else step.function]
                if isinstance(answer, Exception):
                    step = procedure.throw(answer)
                else:
                    step = procedure.send(dict(answer) if isinstance(answer, dict) else answer)
        except StopIteration as end:
            result: DownloadResult = end.value
            return result

    @property
    def names(self) -> list[str]:
        return ["ask" if isinstance(step, AskUser) else step.function for step in self.steps]

    def argument(self, name: str) -> Any:
        step = next(step for step in self.steps if getattr(step, "function", "") == name)
        return step.arguments[0] if isinstance(step, SendToCard) else step.message

    @property
    def cancel_reason(self) -> str:
        assert self.names[-2:] == ["cancel_session", "cancelSession"]
        card, server = self.steps[-2:]
        assert card.arguments[0] == TRANSACTION
        assert server.message["transactionId"] == TRANSACTION
        return str(card.arguments[1])


def test_a_download() -> None:
    play = Play(answers())
    result = play.run(download(CODE))
    assert play.names == [
        "get_euicc_info1",
        "get_euicc_challenge",
        "initiateAuthentication",
        "authenticate_server",
        "authenticateClient",
        "ask",
        "prepare_download",
        "getBoundProfilePackage",
        "load_bound_profile_package",
    ]
    assert {step.address for step in play.steps if isinstance(step, PostToServer)} == {ADDRESS}
    assert play.argument("initiateAuthentication")["smdpAddress"] == ADDRESS
    context = play.argument("authenticate_server")["ctxParams1"][1]
    assert context["matchingId"] == "MATCH-1"
    assert "hashCc" not in play.argument("prepare_download")
    assert (str(result.metadata.iccid), result.sequence_number) == ("8901234567890123414", 7)


def test_without_activation_code_the_default_server_is_asked() -> None:
    play = Play(answers())
    play.run(download())
    assert play.names[0] == "get_euicc_configured_addresses"
    assert "matchingId" not in play.argument("authenticate_server")["ctxParams1"][1]
    with pytest.raises(LpaError, match="no default SM-DP"):
        Play(answers(get_euicc_configured_addresses={})).run(download())


def test_what_the_device_says() -> None:
    play = Play(answers())
    play.run(download(CODE, device=Device(imei=bytes(8))))
    request = {**play.argument("authenticate_server")}
    signed = {"euiccChallenge": bytes(16), "serverChallenge": bytes(16), **request["serverSigned1"]}
    assert rsp.encode("AuthenticateServerRequest", {**request, "serverSigned1": signed})[:2] == b"\xbf\x38"
    assert request["ctxParams1"][1]["deviceInfo"]["imei"] == bytes(8)


def test_an_imei_as_sgp_22_codes_it() -> None:
    """Digits swapped; in the last octet the check digit in the high nibble and 'F' in the low one (§4.2)."""
    for text in ("490154203237518", "49-015420-323751-8", "49015420323751"):
        device = Device.of_imei(text)
        assert device.imei == bytes.fromhex("941045022373158F")
        assert device.tac == bytes.fromhex("94104502")
    for wrong in ("", "4901542032375", "490154203237519", "49015420323751x", "٤90154203237518"):
        with pytest.raises(DeviceError, match="is no IMEI"):
            Device.of_imei(wrong)


def confirmation(**changed: Any) -> dict[str, Any]:
    flagged = {"transactionId": TRANSACTION, "ccRequiredFlag": True}
    return {**changed_answer("authenticateClient", smdpSigned2=flagged), **changed}


def test_confirmation_code_is_hashed_with_the_transaction() -> None:
    play = Play(confirmation())
    play.run(download(CODE, "1234"))
    wanted = sha256(sha256(b"1234").digest() + TRANSACTION).digest()
    assert play.argument("prepare_download")["hashCc"] == wanted


def test_confirmation_code_is_asked_for() -> None:
    play = Play(confirmation(ask=Decision(confirmation_code="1234")))
    play.run(download(CODE))
    question = next(step for step in play.steps if isinstance(step, AskUser))
    assert question.confirmation_code_required
    assert "hashCc" in play.argument("prepare_download")


def test_no_confirmation_code_ends_the_session() -> None:
    play = Play(confirmation())
    with pytest.raises(DownloadCancelled, match="confirmation code"):
        play.run(download(CODE))
    assert play.cancel_reason == "endUserRejection"


@pytest.mark.parametrize("reason", ["endUserRejection", "postponed", "timeout"])
def test_the_user_says_no(reason: str) -> None:
    play = Play(answers(ask=Decision(False, reason=reason)))
    with pytest.raises(DownloadCancelled, match=reason):
        play.run(download(CODE))
    assert play.cancel_reason == reason


RULE = {
    "pprIds": (b"\x60", 3),
    "allowedOperators": [{"mccMnc": bytes.fromhex("EEEEEE")}],
    "pprFlags": (b"\x80", 1),
}
NO_CONSENT_RULE = {**RULE, "pprFlags": (b"", 0)}
OTHER_OPERATOR = {**RULE, "allowedOperators": [{"mccMnc": bytes.fromhex("00F120")}]}
OTHER_RULE = {**RULE, "pprIds": (b"\x20", 3)}


@pytest.mark.parametrize(
    ("rules", "installed", "words"),
    [
        ([], [], "do not let this operator set ppr1"),
        ([OTHER_OPERATOR], [], "do not let"),
        ([OTHER_RULE], [], "do not let"),
        ([RULE], [{"profileClass": 2}], "operational profile already"),
    ],
)
def test_policy_rules_that_are_not_allowed(rules: list[Any], installed: list[Any], words: str) -> None:
    given = changed_answer("authenticateClient", profileMetadata=PPR1)
    play = Play({**given, "get_rat": rules, "get_profiles_info": installed})
    with pytest.raises(DownloadCancelled, match=words):
        play.run(download(CODE))
    assert play.cancel_reason == "pprNotAllowed"


@pytest.mark.parametrize(("rule", "consent"), [(RULE, True), (NO_CONSENT_RULE, False)])
def test_policy_rules_that_are_allowed(rule: dict[str, Any], consent: bool) -> None:
    given = changed_answer("authenticateClient", profileMetadata=PPR1)
    bound = {"boundProfilePackage": package(PPR1)}
    play = Play({**given, "get_rat": [rule], "getBoundProfilePackage": bound})
    assert play.run(download(CODE)).metadata.policy_rules == ("ppr1",)
    question = next(step for step in play.steps if isinstance(step, AskUser))
    assert question.strong_consent_required is consent


def test_another_profile_in_the_package() -> None:
    other = package({**METADATA, "profileName": "Other"})
    play = Play(answers(getBoundProfilePackage={"boundProfilePackage": other}))
    with pytest.raises(DownloadCancelled, match="profileName"):
        play.run(download(CODE))
    assert play.cancel_reason == "metadataMismatch"


@pytest.mark.parametrize("damaged", [b"", b"\xbf\x36\x00", package()[:-1]])
def test_a_damaged_package(damaged: bytes) -> None:
    play = Play(answers(getBoundProfilePackage={"boundProfilePackage": damaged}))
    with pytest.raises(ServerProtocolError, match="no usable"):
        play.run(download(CODE))
    assert play.cancel_reason == "loadBppExecutionError"


def test_a_card_that_stops_half_way() -> None:
    stopped = CardStatusError(SW.TECHNICAL_PROBLEM, CommandApdu(0x80, 0xE2))
    play = Play(answers(load_bound_profile_package=stopped))
    with pytest.raises(LpaError, match="6F00"):
        play.run(download(CODE))
    assert play.cancel_reason == "loadBppExecutionError"


def test_a_failed_installation_is_no_reason_to_cancel() -> None:
    failure = installation(("errorResult", {"bppCommandId": 5, "errorReason": 9}))
    play = Play(answers(load_bound_profile_package=InstallationError(failure)))
    with pytest.raises(InstallationFailed, match=r"on the eUICC already.*Delete the profile") as caught:
        play.run(download(CODE))
    assert caught.value.command == "loadProfileElements"
    assert play.names[-1] == "load_bound_profile_package"


def test_the_euicc_refuses_the_server() -> None:
    play = Play(answers(authenticate_server=AuthenticateServerError(7)))
    with pytest.raises(EuiccRefused, match="one PKI"):
        play.run(download(CODE))
    assert play.names[-1] == "authenticate_server"


def test_the_euicc_refuses_the_order() -> None:
    play = Play(answers(prepare_download=PrepareDownloadError(2)))
    with pytest.raises(EuiccRefused, match="signature is wrong"):
        play.run(download(CODE))
    assert play.names[-1] == "prepare_download"


def test_the_server_refuses() -> None:
    refusal = ServerRefused("authenticateClient", "8.2.6", "3.8")
    with pytest.raises(ServerRefused, match="matching id is refused"):
        Play(answers(authenticateClient=refusal)).run(download(CODE))


@pytest.mark.parametrize("broken", ["cancel_session", "cancelSession"])
def test_a_cancel_that_fails_does_not_hide_the_reason(broken: str) -> None:
    error = CardError("gone") if broken == "cancel_session" else LpaError("gone")
    play = Play(answers(ask=Decision(False), **{broken: error}))
    with pytest.raises(DownloadCancelled, match="endUserRejection"):
        play.run(download(CODE))


@pytest.mark.parametrize(
    ("signed", "words"),
    [
        ({"serverAddress": "evil.example.com"}, "not the server asked for"),
        ({"transactionId": b"\x00"}, "another transaction"),
    ],
)
def test_a_server_that_signs_something_else(signed: dict[str, Any], words: str) -> None:
    good = answers()["initiateAuthentication"]["serverSigned1"]
    with pytest.raises(ServerProtocolError, match=words):
        Play(changed_answer("initiateAuthentication", serverSigned1={**good, **signed})).run(download(CODE))


def test_addresses_are_compared_without_case() -> None:
    Play(answers()).run(download(ActivationCode(ADDRESS.upper(), "MATCH-1")))


def test_the_oid_of_the_activation_code(shared_data: Any) -> None:
    certificate = next((shared_data / "sgp26").rglob("*CERT_S_SM_DPauth_ECDSA_NIST.der")).read_bytes()
    given = changed_answer("initiateAuthentication", serverCertificate=certificate)
    Play(given).run(download(ActivationCode(ADDRESS, "ID", "2.999.10")))
    with pytest.raises(ServerProtocolError, match=r"for 2\.999\.10, the activation code asks for 2\.999\.11"):
        Play(given).run(download(ActivationCode(ADDRESS, "ID", "2.999.11")))
    with pytest.raises(ServerProtocolError, match="not readable"):
        Play(answers()).run(download(ActivationCode(ADDRESS, "ID", "2.999.10")))


def test_metadata_that_is_not_usable() -> None:
    bad = {**METADATA, "iccid": b"\xff" * 10}
    play = Play(changed_answer("authenticateClient", profileMetadata=bad))
    with pytest.raises(ServerProtocolError, match="metadata"):
        play.run(download(CODE))
    assert play.names[-1] == "authenticateClient"
