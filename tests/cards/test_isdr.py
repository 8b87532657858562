"""ES10 from the LPA's side: the exact commands that reach the card, and what the eUICC may refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asn1 import rsp, saip, tlv
from cards import Iccid, InProcessLink, Isdr
from cards.errors import CardError, CardProtocolError, CardStatusError
from cards.isdr import Es10Error, InstallationError, bpp
from cards.isdr.errors import AuthenticateServerError, EnableProfileError, element_statuses
from cards.proactive import parse_proactive

ICCID = Iccid("8901234567890123414")
AID = bytes.fromhex("A0000005591010FFFFFFFF8900001000")
OPEN = [
    "80AA00000AA9088100820101830107",
    "0070000001",
    "01A4040410A0000005591010FFFFFFFF8900000100",
]


class FakeEuicc:
    """Answers ES10 messages by their tag; keeps every command that it got."""

    def __init__(self, **answers: bytes | Callable[[bytes], bytes]) -> None:
        self.answers = answers
        self.commands: list[str] = []
        self.messages: list[bytes] = []
        self.sw = b"\x90\x00"
        self.proactive = b""
        self._received = self._waiting = b""

    def transmit(self, apdu: bytes) -> bytes:
        self.commands.append(apdu.hex().upper())
        ins = apdu[1]
        if ins == 0x70:
            return b"\x01\x90\x00" if len(apdu) == 5 else b"\x90\x00"
        if ins == 0x12:
            return self.proactive + b"\x90\x00"
        if ins == 0xE2:
            return self._store_data(apdu)
        if ins == 0xC0:
            return self._answer()
        return b"\x90\x00"

    def _store_data(self, apdu: bytes) -> bytes:
        self._received += apdu[5 : 5 + apdu[4]]
        if apdu[2] == 0x11:
            return b"\x90\x00"
        message, self._received = self._received, b""
        self.messages.append(message)
        answer = self.answers.get(f"x{message[:2].hex().upper()}", b"")
        self._waiting = answer(message) if callable(answer) else answer
        return self._answer()

    def _answer(self) -> bytes:
        if not self._waiting:
            return self.sw
        if self.commands[-1][2:4] == "E2":
            return bytes((0x61, min(len(self._waiting), 256) & 0xFF))
        piece, self._waiting = self._waiting[:256], self._waiting[256:]
        return piece + (bytes((0x61, min(len(self._waiting), 256) & 0xFF)) if self._waiting else self.sw)

    def reset(self) -> bytes:
        self.commands.append("reset")
        return bytes.fromhex("3B00")


def isdr(card: FakeEuicc, **options: Any) -> Isdr:
    return Isdr(InProcessLink(card), **options)


def test_commands_are_those_of_a_phone() -> None:
    card = FakeEuicc(xBF3E=bytes.fromhex("BF3E125A1089049032123451234512345678901235"))
    with isdr(card) as lpa:
        assert str(lpa.get_eid()) == "89049032123451234512345678901235"
    assert card.commands == [*OPEN, "81E2910006BF3E035C015A", "01C0000015", "00708001"]


def test_long_messages_go_in_numbered_blocks() -> None:
    card = FakeEuicc(xBF29=bytes.fromhex("BF2903800100"))
    isdr(card, segment_length=20).set_nickname(ICCID, "x" * 30)
    sent = card.commands[3:6]
    assert [command[:10] for command in sent] == ["81E2110014", "81E2110114", "81E2910207"]
    assert card.messages == [bytes.fromhex("BF292C5A0A981032547698103214F4901E") + b"x" * 30]


def test_segment_length_is_checked() -> None:
    with pytest.raises(CardError, match="1 to 255"):
        isdr(FakeEuicc(), segment_length=256)


def test_a_card_that_is_no_euicc() -> None:
    class Plain(FakeEuicc):
        def transmit(self, apdu: bytes) -> bytes:
            return b"\x6a\x82" if apdu[1] == 0xA4 else super().transmit(apdu)

    card = Plain()
    with pytest.raises(CardError, match="no ISD-R"):
        isdr(card).get_eid()
    assert card.commands[-1] == "00708001"


@pytest.mark.parametrize(
    ("call", "message", "answer"),
    [
        (lambda x: x.get_euicc_configured_addresses(), "BF3C00", "BF3C0581036473312E"[:-2]),
        (lambda x: x.get_euicc_challenge(), "BF2E00", "BF2E128010" + "AB" * 16),
        (lambda x: x.list_notification(), "BF2800", "BF2802A000"),
        (lambda x: x.list_notification("notificationDelete"), "BF280481020410", "BF2802A000"),
        (lambda x: x.retrieve_notifications_list(5), "BF2B05A003800105", "BF2B03810101"),
        (lambda x: x.remove_notification_from_list(5), "BF3003800105", "BF3003800100"),
        (lambda x: x.get_profiles_info(), "BF2D00", "BF2D02A000"),
        (lambda x: x.get_profiles_info(tags=b"\x5a"), "BF2D035C015A", "BF2D02A000"),
        (lambda x: x.enable_profile(ICCID), "BF3111A00C5A0A981032547698103214F48101FF", "BF3103800100"),
        (
            lambda x: x.disable_profile(AID, refresh=False),
            f"BF3217A0124F10{AID.hex()}810100",
            "BF3203800100",
        ),
        (lambda x: x.delete_profile(ICCID), "BF330C5A0A981032547698103214F4", "BF3303800100"),
        (lambda x: x.euicc_memory_reset(), "BF3404820205E0", "BF3403800100"),
        (lambda x: x.set_default_dp_address("a.b"), "BF3F058003612E62", "BF3F03800100"),
        (lambda x: x.get_rat(), "BF4300", "BF4302A000"),
    ],
)
def test_messages_byte_for_byte(call: Callable[[Isdr], Any], message: str, answer: str) -> None:
    card = FakeEuicc(**{f"x{message[:4]}": bytes.fromhex(answer)})
    call(isdr(card))
    assert card.messages == [bytes.fromhex(message)]


def test_results_that_say_no_are_errors_in_words() -> None:
    card = FakeEuicc(xBF31=bytes.fromhex("BF3103800102"))
    with pytest.raises(EnableProfileError, match="the profile is not disabled") as caught:
        isdr(card).enable_profile(ICCID)
    assert (caught.value.code, caught.value.name) == (2, "profileNotInDisabledState")
    assert "SGP.22 §5.7.16" in str(caught.value)


def test_an_unknown_result_code_is_told_too() -> None:
    with pytest.raises(Es10Error, match="code 99"):
        isdr(FakeEuicc(xBF31=bytes.fromhex("BF3103800163"))).enable_profile(ICCID)


def test_authenticate_server_error() -> None:
    refusal = rsp.encode(
        "AuthenticateServerResponse",
        ("authenticateResponseError", {"transactionId": b"\x01", "authenticateErrorCode": 7}),
    )
    card = FakeEuicc(xBF38=refusal)
    request = {
        "serverSigned1": {
            "transactionId": b"\x01",
            "euiccChallenge": bytes(16),
            "serverAddress": "a.b",
            "serverChallenge": bytes(16),
        },
        "serverSignature1": bytes(64),
        "euiccCiPKIdToBeUsed": bytes(20),
        "serverCertificate": bytes.fromhex("3000"),
        "ctxParams1": (
            "ctxParamsForCommonAuthentication",
            {"deviceInfo": {"tac": bytes(4), "deviceCapabilities": {}}},
        ),
    }
    with pytest.raises(AuthenticateServerError, match="does not trust the certificate issuer"):
        isdr(card).authenticate_server(request)


def test_answers_that_are_nonsense() -> None:
    with pytest.raises(CardProtocolError, match="ProfileInfoListResponse"):
        isdr(FakeEuicc(xBF2D=b"\xbf\x2d\x01\xff")).get_profiles_info()
    with pytest.raises(CardProtocolError):
        isdr(FakeEuicc()).get_profiles_info()


def test_a_card_that_refuses_store_data() -> None:
    card = FakeEuicc()
    card.sw = b"\x69\x85"
    with pytest.raises(CardStatusError, match="ES10 message BF2D"):
        isdr(card).get_profiles_info()


# Bound profile packages

INITIALISE = tlv.encode(0xBF23, b"\x82\x01\x01")
A0 = tlv.encode(0xA0, tlv.encode(0x87, bytes(20)))
METADATA = bytes.fromhex("BF2503910141")
A1 = tlv.encode(0xA1, tlv.encode(0x88, METADATA[:4] + bytes(8)) + tlv.encode(0x88, METADATA[4:] + bytes(8)))
A2 = tlv.encode(0xA2, tlv.encode(0x87, bytes(30)))
A3 = tlv.encode(0xA3, tlv.encode(0x86, bytes(300)) + tlv.encode(0x86, bytes(10)))


def package(*sequences: bytes) -> bytes:
    return tlv.encode(0xBF36, INITIALISE + b"".join(sequences))


def result(final: tuple[str, Any]) -> bytes:
    data = {
        "transactionId": b"\x01",
        "notificationMetadata": {
            "seqNumber": 1,
            "profileManagementOperation": (b"\x80", 1),
            "notificationAddress": "a.b",
        },
        "smdpOid": "2.999.10",
        "finalResult": final,
    }
    return rsp.encode(
        "ProfileInstallationResult", {"profileInstallationResultData": data, "euiccSignPIR": bytes(64)}
    )


SUCCESS = result(("successResult", {"aid": AID, "simaResponse": bytes.fromhex("3000")}))


def test_the_pieces_of_a_package() -> None:
    segments = bpp.cut(package(A0, A1, A2, A3))
    names = [segment.name for segment in segments]
    assert names == [
        "InitialiseSecureChannel",
        "ConfigureISDP",
        *["StoreMetadata"] * 3,
        "ReplaceSessionKeys",
        *["LoadProfileElements"] * 3,
    ]
    assert b"".join(segment.data for segment in segments) == package(A0, A1, A2, A3)
    assert segments[0].data.endswith(INITIALISE)
    assert segments[2].data == A1[:2]
    assert bpp.metadata(segments) == METADATA


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (b"", "damaged"),
        (package(A0, A1, A3)[:-1], "damaged"),
        (package(A0, A1, A3) + b"\x00", "not one TLV"),
        (tlv.encode(0xBF36, A0), "BF23"),
        (package(A0, A3, A1), "does not belong"),
        (package(A0, A3), "missing"),
        (package(A0, A1, A2), "missing"),
    ],
)
def test_packages_that_are_none(damaged: bytes, reason: str) -> None:
    with pytest.raises(bpp.PackageError, match=reason):
        bpp.cut(damaged)


def test_load_bound_profile_package() -> None:
    last = tlv.encode(0x86, bytes(10))
    card = FakeEuicc(x860A=SUCCESS)
    seen: list[tuple[str, int, int]] = []
    answer = isdr(card).load_bound_profile_package(
        package(A0, A1, A3), lambda segment, number, count: seen.append((segment.name, number, count))
    )
    assert answer["profileInstallationResultData"]["finalResult"][1]["aid"] == AID
    assert card.messages[-1] == last
    assert seen[-1] == ("LoadProfileElements", 8, 8)


def test_an_installation_that_fails_names_command_reason_and_element() -> None:
    status = {"status": 9, "identification": 12}
    sima = saip.encode("EUICCResponse", {"peStatus": [status]})
    failure = ("errorResult", {"bppCommandId": 5, "errorReason": 12, "simaResponse": sima})
    card = FakeEuicc(x8682=result(failure))
    with pytest.raises(InstallationError) as caught:
        isdr(card).load_bound_profile_package(package(A0, A1, A3))
    text = str(caught.value)
    assert "failed at loadProfileElements: a profile element could not be processed" in text
    assert "profile element with identification 12: the file template that it names is not supported" in text
    assert card.messages[-1][:2] == b"\x86\x82"  # the last '86' was not sent any more
    assert element_statuses(b"\xff") == ["the eUICC's response FF is not readable"]


def test_a_card_that_forgets_the_result() -> None:
    with pytest.raises(CardProtocolError, match="no installation result"):
        isdr(FakeEuicc()).load_bound_profile_package(package(A0, A1, A3))


# The REFRESH after a switch


def test_close_after_a_reset() -> None:
    class Forgetful(FakeEuicc):
        def transmit(self, apdu: bytes) -> bytes:
            return b"\x68\x81" if apdu[:3] == b"\x00\x70\x80" else super().transmit(apdu)

    lpa = isdr(Forgetful())
    lpa.open()
    assert lpa.is_open
    lpa.close()
    assert not lpa.is_open


@pytest.mark.parametrize(
    ("call", "answer", "words"),
    [
        (lambda x: x.set_default_dp_address("a.b"), "BF3F0380017F", "gives no reason"),
        (lambda x: x.delete_profile(ICCID), "BF3303800103", "policy rule"),
        (lambda x: x.set_nickname(ICCID, ""), "BF2903800101", "no profile on the eUICC"),
        (lambda x: x.euicc_memory_reset("resetDefaultSmdpAddress"), "BF3403800101", "nothing to delete"),
        (lambda x: x.get_profiles_info(), "BF2D03810101", "input is incorrect"),
        (lambda x: x.list_notification(), "BF280381017F", "gives no reason"),
        (lambda x: x.retrieve_notifications_list(operation="notificationInstall"), "BF2B0381017F", "reason"),
        (lambda x: x.remove_notification_from_list(1), "BF3003800101", "nothing to delete"),
        (lambda x: x.cancel_session(b"\x01", "timeout"), "BF4103810105", "running RSP session"),
        (lambda x: x.disable_profile(ICCID), "BF3203800102", "not enabled"),
    ],
)
def test_every_function_has_its_error(call: Callable[[Isdr], Any], answer: str, words: str) -> None:
    with pytest.raises(Es10Error, match=words) as caught:
        call(isdr(FakeEuicc(**{f"x{answer[:4]}": bytes.fromhex(answer)})))
    assert type(caught.value) is not Es10Error
    assert caught.value.CLAUSE in str(caught.value)


def test_settle_fetches_the_refresh_and_resets() -> None:
    card = FakeEuicc(xBF31=bytes.fromhex("BF3103800100"))
    card.proactive = bytes.fromhex("D009810301010482028182")
    card.sw = b"\x91\x0b"
    lpa = isdr(card)
    lpa.enable_profile(ICCID)
    assert lpa.pending_proactive == 11
    card.sw = b"\x90\x00"
    lpa.settle()
    assert card.commands[-5:] == ["801200000B", "reset", *OPEN]


def test_another_command_gets_a_terminal_response() -> None:
    card = FakeEuicc(xBF31=bytes.fromhex("BF3103800100"))
    card.proactive = bytes.fromhex("D009810301010382028182")
    lpa = isdr(card)
    lpa.enable_profile(ICCID)
    lpa.pending_proactive = 11
    lpa.settle()
    assert "801400000C810301010382028281830100" in "".join(card.commands)
    with pytest.raises(CardProtocolError):
        parse_proactive(b"\xd1\x00")
    with pytest.raises(CardProtocolError):
        parse_proactive(b"\xd0\x01")
