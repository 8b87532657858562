"""One byte of an ES10b message is wrong: the eUICC names the error that SGP.22 names, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asn1 import Asn1Error, rsp, tlv
from cards.status import StatusError
from simulator.crypto.ecc import verify_raw
from simulator.crypto.pki import TestPki
from simulator.euicc.core import Session
from simulator.euicc.isdr import FUNCTIONS
from simulator.profile import build, describe
from simulator.smdp.errors import RspError
from tests.simulator.conftest import Bench, make_bench

MALFORMED = "6A80"
"""Named here like an error code: the ISD-R's status word for a message that is not what its tag says."""

# Where a byte lies → the answers that are right. A byte of a tag or length may break the message as a whole.
AUTHENTICATE = {
    "serverSigned1": {"invalidSignature"},
    "serverSignature1": {"invalidSignature"},
    "euiccCiPKIdToBeUsed": {"ciPKUnknown"},
    "serverCertificate": {"invalidCertificate", "ciPKUnknown", "invalidSignature"},
    "ctxParams1": {"ok"},  # is not signed by the server: the SM-DP+ judges it
}
PREPARE = {
    "smdpSigned2": {"invalidSignature"},
    "smdpSignature2": {"invalidSignature"},
    "smdpCertificate": {"invalidCertificate", "invalidSignature"},
}


def package() -> bytes:
    return build.build_package(describe.load_shipped("home-operator"))


class Recorder:
    """Runs a download and lets `change` replace a message on its way to the ISD-R."""

    def __init__(
        self, bench: Bench, change: Callable[[int, bytes], bytes] = lambda number, message: message
    ) -> None:
        self.bench = bench
        self.messages: list[bytes] = []
        self.answers: list[bytes] = []
        execute = bench.euicc.isdr.execute

        def recorded(message: bytes) -> bytes:
            number = len(self.messages)
            self.messages.append(message)
            self.answers.append(b"")
            self.answers[number] = execute(change(number, message))
            return self.answers[number]

        bench.euicc.isdr.execute = recorded  # type: ignore[method-assign]


def record(pki: TestPki, *, with_ppk: bool = False) -> Recorder:
    """The messages of a download that goes well."""
    recorder = Recorder(make_bench(pki))
    recorder.bench.download(package(), with_ppk=with_ppk)
    return recorder


def until(recorder: Recorder, tag: int) -> tuple[Bench, bytes]:
    """A bench in the state just before the first message with this tag, and that message.

    Entropy is the same in every bench, so that the recorded messages fit a new one.
    """
    bench = make_bench(recorder.bench.pki)
    for message in recorder.messages:
        if int.from_bytes(message[:2], "big") == tag:
            return bench, message
        bench.euicc.isdr.execute(message)
    raise AssertionError(f"no message {tag:X}")


def outcome(bench: Bench, message: bytes, response: str, codes: str) -> str:
    """ "ok", the name of the error code, or the status word."""
    try:
        answer = bench.euicc.isdr.execute(message)
    except StatusError as error:
        return str(error.sw)
    kind, value = rsp.decode(response, answer)
    if kind.endswith("Ok"):
        return "ok"
    code = next(value[name] for name in ("authenticateErrorCode", "downloadErrorCode") if name in value)
    return next(name for name, number in rsp.names(codes).items() if number == code)


def state(bench: Bench) -> Any:
    return bench.euicc.core.save()


@pytest.fixture(scope="module")
def recorded(test_pki: TestPki) -> Recorder:
    return record(test_pki)


def regions(request: str, message: bytes) -> dict[str, list[int]]:
    """Top-level member → offsets of the bytes of its value."""
    found: dict[str, list[int]] = {}
    for field in rsp.fields(request, message):
        member = field.path.removeprefix(request).strip(".").split(".")[0]
        if member:
            start = field.offset + field.header_length
            found.setdefault(member, []).extend(range(start, start + field.length))
    return {member: sorted(set(offsets)) for member, offsets in found.items()}


@pytest.mark.parametrize(
    ("tag", "request_type", "response_type", "codes", "expected"),
    [
        (
            0xBF38,
            "AuthenticateServerRequest",
            "AuthenticateServerResponse",
            "AuthenticateErrorCode",
            AUTHENTICATE,
        ),
        (0xBF21, "PrepareDownloadRequest", "PrepareDownloadResponse", "DownloadErrorCode", PREPARE),
    ],
    ids=["AuthenticateServer", "PrepareDownload"],
)
def test_a_wrong_byte_is_named_and_the_right_message_still_works(
    recorded: Recorder,
    tag: int,
    request_type: str,
    response_type: str,
    codes: str,
    expected: dict[str, set[str]],
) -> None:
    bench, message = until(recorded, tag)
    before = state(bench)
    found = regions(request_type, message)
    assert set(expected) <= set(found)
    for member, right in expected.items():
        if right == {"ok"}:
            continue
        for offset in found[member]:
            damaged = bytearray(message)
            damaged[offset] ^= 0x01
            answer = outcome(bench, bytes(damaged), response_type, codes)
            assert answer in right | {MALFORMED}, f"{member}, byte {offset}"
            assert state(bench) == before
    assert outcome(bench, message, response_type, codes) == "ok"
    assert not bench.faults


def test_every_single_byte_of_the_signatures_counts(recorded: Recorder) -> None:
    bench, message = until(recorded, 0xBF38)
    for offset in regions("AuthenticateServerRequest", message)["serverSignature1"]:
        damaged = bytearray(message)
        damaged[offset] ^= 0x80
        name = outcome(bench, bytes(damaged), "AuthenticateServerResponse", "AuthenticateErrorCode")
        assert name == "invalidSignature"


UNSIGNED = {
    "CancelSession": 0xBF41,
    "ListNotification": 0xBF28,
    "RetrieveNotificationsList": 0xBF2B,
    "RemoveNotificationFromList": 0xBF30,
}
"""Messages that nobody signs."""
RIGHT_ANSWERS: dict[str, set[str | int]] = {
    "CancelSession": {MALFORMED, "signed", 5},
    "ListNotification": {MALFORMED, "list"},
    "RetrieveNotificationsList": {MALFORMED, "list", "empty list"},
    "RemoveNotificationFromList": {MALFORMED, 1},
}
"""5 is invalidTransactionId, 1 nothingToDelete: another number is a number too."""


def unsigned_outcome(name: str, answer: bytes) -> str | int:
    """What an answer says in short: a word, an error code, or the status word."""
    if len(answer) == 2:
        return answer.hex().upper()
    if name == "RemoveNotificationFromList":
        return int(rsp.decode("NotificationSentResponse", answer)["deleteNotificationStatus"])
    kind, value = rsp.decode(f"{name}Response", answer)
    if kind == "cancelSessionResponseError":
        return int(value)
    if kind == "cancelSessionResponseOk":
        return "signed"
    return "list" if value or name == "ListNotification" else "empty list"


@pytest.mark.parametrize("name", UNSIGNED)
def test_a_wrong_byte_in_an_unsigned_message(bench: Bench, name: str) -> None:
    """The message is refused, or it is a right message that means something else; nothing is lost by it."""
    tag = UNSIGNED[name]
    bench.download(package(), enable=True)
    core = bench.euicc.core
    session = Session(bytes(16), b"transaction", credential=core.identity.credentials[0], server_oid="2.999")
    numbers = [item.sequence_number for item in core.notifications.pending]
    assert len(numbers) == 1
    request = {
        "CancelSession": {"transactionId": session.transaction_id, "reason": 0},
        "RetrieveNotificationsList": {"searchCriteria": ("seqNumber", numbers[0])},
        "RemoveNotificationFromList": {"seqNumber": numbers[0]},
    }
    good = rsp.encode(FUNCTIONS[tag].request, request.get(name, {}))
    before = state(bench)
    for offset, bit in product(range(len(good)), range(8)):
        damaged = bytearray(good)
        damaged[offset] ^= 1 << bit
        core.session = session
        try:
            answer = bench.euicc.isdr.execute(bytes(damaged))
        except StatusError as error:
            answer = error.sw.to_bytes(2, "big")
        if bytes(damaged)[:2] == good[:2]:
            assert unsigned_outcome(name, answer) in RIGHT_ANSWERS[name], damaged.hex()
        assert state(bench) == before, damaged.hex()
    core.session = session
    assert unsigned_outcome(name, bench.euicc.isdr.execute(good)) in ("signed", "list", 0)
    assert not bench.faults


def test_a_wrong_byte_in_a_notification_is_seen_by_the_server(bench: Bench) -> None:
    """What RetrieveNotificationsList answers is signed, whoever carries it."""
    bench.download(package(), enable=True)
    answer = bench.euicc.isdr.execute(rsp.encode("RetrieveNotificationsListRequest", {}))
    ((kind, notification),) = rsp.decode("RetrieveNotificationsListResponse", answer)[1]
    good = rsp.encode("PendingNotification", (kind, notification))
    for offset in range(len(good)):
        damaged = bytearray(good)
        damaged[offset] ^= 0x01
        with pytest.raises((Asn1Error, RspError)):
            bench.smdp.handle_notification(
                {"pendingNotification": rsp.decode("PendingNotification", bytes(damaged))}
            )
    received = len(bench.smdp.notifications())
    bench.smdp.handle_notification({"pendingNotification": (kind, notification)})
    assert len(bench.smdp.notifications()) == received + 1


PIECES = {0xBF36: 0, 0xA0: 1, 0xA1: 2, 0x88: 2, 0xA2: 4, 0xA3: 5, 0x86: 5}
"""First tag of a piece → bppCommandId that an error in it is reported with."""
REASONS = {0: {1, 2, 3, 4, 5, 7}, 1: {1, 7, 8}, 2: {1, 7, 8}, 4: {1, 7, 8}, 5: {7, 8, 12, 13}}
"""bppCommandId → error reasons that a wrong byte may have there (SGP.22 §2.5.6)."""


def pieces(recorder: Recorder) -> list[int]:
    numbers = [number for number, message in enumerate(recorder.messages) if message[:2] == b"\xbf\x36"]
    start = numbers[0]
    end = next(number for number in range(start, len(recorder.messages)) if recorder.answers[number])
    return list(range(start, end + 1))


def piece_tag(message: bytes) -> int:
    return 0xBF36 if message[:2] == b"\xbf\x36" else message[0]


@pytest.mark.parametrize("with_ppk", [False, True], ids=["session keys", "profile keys"])
def test_a_wrong_byte_in_any_piece_of_the_package_ends_in_a_signed_result(
    test_pki: TestPki, with_ppk: bool
) -> None:
    good = record(test_pki, with_ppk=with_ppk)
    for number in pieces(good):
        message = good.messages[number]
        step = max(1, len(message) // 50)
        for offset in sorted({*range(16), *range(0, len(message), step), *range(-9, 0)}):
            if -len(message) <= offset < len(message):
                _damage_piece(good, number, offset % len(message))


def _damage_piece(good: Recorder, number: int, offset: int) -> None:
    bench = make_bench(good.bench.pki)
    result = b""
    refused: list[int] = []
    for index, message in enumerate(good.messages[: pieces(good)[-1] + 1]):
        if index == number:
            damaged = bytearray(message)
            damaged[offset] ^= 0x01
            message = bytes(damaged)
        try:
            result = bench.euicc.isdr.execute(message)
        except StatusError as error:
            refused.append(error.sw)
            break
        if index >= number and result:
            break
    else:
        raise AssertionError(f"byte {offset} of piece {number} was not missed")
    assert not bench.euicc.core.registry.profiles
    assert not bench.faults
    # With a wrong tag it is no piece of a package at all.
    assert set(refused) <= {0x6A80, 0x6A88, 0x6985}
    if result[:2] == b"\xbf\x37":
        _check_result(bench, result, PIECES.get(piece_tag(good.messages[number])), is_header=offset < 5)


def _check_result(bench: Bench, result: bytes, command: int | None, *, is_header: bool) -> None:
    decoded = rsp.decode("ProfileInstallationResult", result)
    data = decoded["profileInstallationResultData"]
    kind, error = data["finalResult"]
    assert kind == "errorResult"
    if command is not None:
        # A wrong tag ends the command before it, a wrong length is noticed when a later one begins.
        earliest, latest = (0, 5) if is_header else (command, command + 1)
        assert earliest <= error["bppCommandId"] <= latest
    assert error["errorReason"] in REASONS[error["bppCommandId"]]
    key = bench.euicc.core.identity.credentials[0].key.public_key()
    assert verify_raw(key, decoded["euiccSignPIR"], data.raw)
    assert [item.der for item in bench.euicc.core.notifications.pending] == [result]


def test_after_a_damaged_package_the_next_download_works(bench: Bench) -> None:
    recorder = Recorder(
        bench, lambda number, message: message[:-1] + b"\0" if message[:1] == b"\x86" else message
    )
    with pytest.raises(Exception, match="loadProfileElements"):
        bench.download(package())
    assert not bench.euicc.core.registry.profiles
    recorder.bench.euicc.isdr.execute = type(bench.euicc.isdr).execute.__get__(bench.euicc.isdr)  # type: ignore[method-assign]
    bench.download(package())
    assert len(bench.euicc.core.registry.profiles) == 1


def test_the_same_profile_twice(bench: Bench) -> None:
    bench.download(package())
    with pytest.raises(Exception, match=r"storeMetadata.*already"):
        bench.download(package())
    assert len(bench.euicc.core.registry.profiles) == 1


def test_a_reset_in_the_middle_leaves_nothing(recorded: Recorder) -> None:
    bench = make_bench(recorded.bench.pki)
    last = pieces(recorded)[-1]
    for message in recorded.messages[:last]:
        bench.euicc.isdr.execute(message)
    bench.euicc.reset()
    with pytest.raises(StatusError):
        bench.euicc.isdr.execute(recorded.messages[last])
    assert not bench.euicc.core.registry.profiles
    bench.download(package())


@pytest.mark.parametrize("what", ["reset", "another function", "CancelSession"])
def test_an_interrupted_installation_is_reported(recorded: Recorder, what: str) -> None:
    """installFailedDueToInterruption waits as a notification; a cancelled session has its own answer."""
    bench = make_bench(recorded.bench.pki)
    for message in recorded.messages[: pieces(recorded)[-1]]:
        bench.euicc.isdr.execute(message)
    session = bench.euicc.core.session
    assert session is not None
    if what == "reset":
        bench.euicc.reset()
    elif what == "another function":
        bench.euicc.isdr.execute(rsp.encode("GetEuiccInfo1Request", {}))
    else:
        request = {"transactionId": session.transaction_id, "reason": 5}
        answer = bench.euicc.isdr.execute(rsp.encode("CancelSessionRequest", request))
        assert unsigned_outcome("CancelSession", answer) == "signed"
        assert not bench.euicc.core.notifications.pending
        return
    (waiting,) = bench.euicc.core.notifications.pending
    data = rsp.decode("ProfileInstallationResult", waiting.der)["profileInstallationResultData"]
    assert data["finalResult"] == ("errorResult", {"bppCommandId": 5, "errorReason": 11})
    bench.euicc.reset()
    assert len(bench.euicc.core.notifications.pending) == 1


def test_each_channel_collects_its_own_message(bench: Bench) -> None:
    for select in ("0070000001", "00A4040C10A0000005591010FFFFFFFF8900000100"):
        bench.euicc.transmit(bytes.fromhex(select))
    bench.euicc.transmit(bytes.fromhex("01A4040C10A0000005591010FFFFFFFF8900000100"))
    assert bench.euicc.transmit(bytes.fromhex("80E2110002BF3E")) == b"\x90\x00"
    assert bench.euicc.transmit(bytes.fromhex("81E2910003BF2E00"))[-2:] != b"\x6a\x86"
    answer = bench.euicc.transmit(bytes.fromhex("80E2910104035C015A"))
    assert answer[0] == 0x61, "GetEUICCData, in two blocks around another channel's message"


def test_a_package_for_another_euicc_is_not_opened(recorded: Recorder, test_pki: TestPki) -> None:
    other = make_bench(test_pki, "another")
    for message in recorded.messages[: pieces(recorded)[0]]:
        try:
            other.euicc.isdr.execute(message)
        except StatusError:
            continue
    with pytest.raises(StatusError) as caught:
        other.euicc.isdr.execute(recorded.messages[pieces(recorded)[0]])
    assert caught.value.sw == 0x6985, "no download was prepared on it"


FUZZED = sorted(FUNCTIONS)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(FUZZED), st.binary(max_size=60))
def test_any_body_behind_any_tag(test_pki: TestPki, tag: int, body: bytes) -> None:
    bench = FUZZ_BENCHES.setdefault(id(test_pki), make_bench(test_pki))
    profiles = list(bench.euicc.core.registry.profiles)
    bench.euicc.transmit(bytes.fromhex("00A4040C10A0000005591010FFFFFFFF8900000100"))
    message = tlv.encode(tag, body)
    answer = bench.euicc.transmit(bytes.fromhex("80E29100") + bytes((len(message),)) + message)
    assert len(answer) >= 2
    assert bench.euicc.core.registry.profiles == profiles
    assert not bench.faults


FUZZ_BENCHES: dict[int, Bench] = {}


@settings(max_examples=250, deadline=None)
@given(st.lists(st.binary(min_size=4, max_size=40), min_size=1, max_size=6))
def test_any_bytes_on_a_channel_with_the_isd_r(test_pki: TestPki, script: list[bytes]) -> None:
    bench = FUZZ_BENCHES.setdefault(id(test_pki), make_bench(test_pki))
    bench.euicc.transmit(bytes.fromhex("00A4040C10A0000005591010FFFFFFFF8900000100"))
    for apdu in script:
        assert len(bench.euicc.transmit(b"\x80\xe2" + apdu)) >= 2
        assert len(bench.euicc.transmit(apdu)) >= 2
    assert not bench.faults


def test_entropy_repeats_a_download(test_pki: TestPki) -> None:
    first, second = record(test_pki), record(test_pki)
    assert first.messages == second.messages
    assert first.answers == second.answers
