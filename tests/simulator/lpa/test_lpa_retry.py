"""Downloads that are interrupted, over real parties: what is begun anew, what not, what both sides keep
(SGP.22 §3.0.2, §3.1.3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cards import InProcessLink
from cards.errors import CardError
from cards.isdr import Isdr
from simulator.euicc import Euicc
from simulator.lpa import (
    AskUser,
    Decision,
    DownloadCancelled,
    InProcessEs9,
    Lpa,
    LpaError,
    Patience,
    Progress,
    SendToCard,
    ServerFault,
    ServerProtocolError,
    ServerRefused,
    ServerUnreachable,
    Wait,
)
from simulator.lpa.download import download
from simulator.lpa.retry import download_patiently, is_interruption
from simulator.profile import build, describe
from simulator.smdp.states import OrderState
from tests.simulator.conftest import ADDRESS, Bench, clock, entropy

UPP = build.build_package(describe.load_shipped("test-operator"))
AFTER_AUTHENTICATION = ("authenticateClient", "getBoundProfilePackage")


class Flaky(InProcessEs9):
    """Breaks at chosen calls, before the server hears of them or after it has answered."""

    def __init__(self, server: Any, *breaks: tuple[str, bool]) -> None:
        super().__init__(server)
        self.breaks = list(breaks)
        self.calls: list[str] = []
        self.messages: list[tuple[str, dict[str, Any]]] = []

    def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(function)
        self.messages.append((function, message))
        is_lost = (function, True) in self.breaks
        if (function, False) in self.breaks:
            self.breaks.remove((function, False))
            raise ServerUnreachable(address, "no route")
        answer = super().post(address, function, message)
        if is_lost:
            self.breaks.remove((function, True))
            raise ServerUnreachable(address, "the connection broke off")
        return answer


class Assistant:
    """An LPA over flaky ways, that remembers what it asked and how long it waited."""

    def __init__(self, bench: Bench, es9: InProcessEs9, *, attempts: int = 3, **decision: Any) -> None:
        self.asked: list[AskUser] = []
        self.waited: list[str] = []
        self.decision = decision
        self.link = InProcessLink(bench.euicc)
        patience = Patience(attempts, pause=0.0)
        self.lpa = Lpa(
            Isdr(self.link), es9, consent=self._consent, progress=self._progress, patience=patience
        )

    def _consent(self, question: AskUser) -> Decision:
        self.asked.append(question)
        return Decision(**self.decision)

    def _progress(self, progress: Progress) -> None:
        if progress.exchange.function == "Wait":
            self.waited.append(progress.exchange.request)


def code(bench: Bench, **order: Any) -> str:
    return f"LPA:1${ADDRESS}${bench.smdp.add_order(UPP, **order)}"


def state(bench: Bench) -> OrderState:
    (order,) = bench.smdp.orders()
    return order.state


@pytest.mark.parametrize("lost", [False, True], ids=["request lost", "answer lost"])
@pytest.mark.parametrize("function", AFTER_AUTHENTICATION)
def test_a_connection_that_breaks_is_tried_again_and_nobody_is_asked_twice(
    bench: Bench, function: str, lost: bool
) -> None:
    es9 = Flaky(bench.smdp, (function, lost))
    assistant = Assistant(bench, es9)
    with assistant.lpa as lpa:
        result = lpa.download(code(bench))
        assert [profile.iccid for profile in lpa.profiles()] == [result.iccid]
        assert lpa.notifications() == []
    assert es9.calls.count("initiateAuthentication") == 2
    assert len(assistant.asked) == 1
    assert len(assistant.waited) == 1
    assert "cannot be reached" in assistant.waited[0]


def test_the_second_attempt_uses_the_same_one_time_key(bench: Bench) -> None:
    es9 = Flaky(bench.smdp, ("getBoundProfilePackage", True))
    with Assistant(bench, es9).lpa as lpa:
        lpa.download(code(bench))
    points = [
        message["prepareDownloadResponse"][1]["euiccSigned2"]["euiccOtpk"]
        for function, message in es9.messages
        if function == "getBoundProfilePackage"
    ]
    assert len(points) == 2
    assert points[0] == points[1]


def test_attempts_end(bench: Bench) -> None:
    es9 = Flaky(bench.smdp, *[("getBoundProfilePackage", False)] * 5)
    assistant = Assistant(bench, es9, attempts=2)
    with assistant.lpa as lpa, pytest.raises(ServerUnreachable):
        lpa.download(code(bench))
    assert es9.calls.count("getBoundProfilePackage") == 2
    assert "cancelSession" not in es9.calls, "the order must stay open"


def test_a_server_that_never_answered_is_not_waited_for(bench: Bench) -> None:
    es9 = Flaky(bench.smdp, ("initiateAuthentication", False))
    assistant = Assistant(bench, es9)
    with assistant.lpa as lpa, pytest.raises(ServerUnreachable):
        lpa.download(code(bench))
    assert (es9.calls, assistant.waited) == (["initiateAuthentication"], [])


def test_a_card_that_loses_power_in_the_package_is_reset_and_the_order_goes_on(bench: Bench) -> None:
    execute, cut = bench.euicc.isdr.execute, iter([True])

    def fail(message: bytes) -> bytes:
        if message[:1] == b"\x86" and next(cut, False):
            bench.euicc.reset()
            raise CardError("the card was taken out")
        return execute(message)

    bench.euicc.isdr.execute = fail  # type: ignore[method-assign]
    es9 = Flaky(bench.smdp)
    assistant = Assistant(bench, es9)
    with assistant.lpa as lpa:
        lpa.download(code(bench))
        assert len(lpa.profiles()) == 1
    assert len(assistant.waited) == 1
    assert "stopped while it loaded the package" in assistant.waited[0]
    assert "cancelSession" not in es9.calls


def test_a_session_that_the_server_forgot_is_opened_again(bench: Bench) -> None:
    class Forgetful(Flaky):
        def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
            if function == "getBoundProfilePackage" and function not in self.calls:
                self.calls.append(function)
                raise ServerRefused(function, "8.10.1", "3.9")
            return super().post(address, function, message)

    es9 = Forgetful(bench.smdp)
    with Assistant(bench, es9).lpa as lpa:
        lpa.download(code(bench))
    assert es9.calls.count("initiateAuthentication") == 2


@pytest.mark.parametrize(
    ("error", "interrupted"),
    [
        (ServerUnreachable("a", "b"), True),
        (ServerFault("503"), True),
        (ServerRefused("x", "8.10.1", "3.9"), True),
        (ServerRefused("x", "1.2", "5.1"), True),
        (ServerRefused("x", "8.2.6", "3.8"), False),
        (ServerProtocolError("nonsense"), False),
        (DownloadCancelled("timeout", "x"), False),
        (LpaError("x"), False),
    ],
)
def test_what_counts_as_an_interruption(error: LpaError, interrupted: bool) -> None:
    assert is_interruption(error) is interrupted


def codes_of_user(*typed: str) -> Callable[[AskUser], Decision]:
    answers: Iterator[str] = iter(typed)
    return lambda _: Decision(confirmation_code=next(answers))


def test_a_wrong_confirmation_code_is_asked_for_again(bench: Bench) -> None:
    activation = code(bench, confirmation_code="1234")
    asked: list[AskUser] = []
    answer = codes_of_user("9999", "1234")

    def consent(question: AskUser) -> Decision:
        asked.append(question)
        return answer(question)

    with Lpa(Isdr(InProcessLink(bench.euicc)), InProcessEs9(bench.smdp), consent=consent) as lpa:
        lpa.download(activation)
    assert [(item.confirmation_code_required, item.code_refused) for item in asked] == [
        (True, False),
        (True, True),
    ]


def test_wrong_codes_end_and_one_from_the_command_line_is_not_asked_for(bench: Bench) -> None:
    activation = code(bench, confirmation_code="1234")
    isdr, es9 = Isdr(InProcessLink(bench.euicc)), InProcessEs9(bench.smdp)
    with Lpa(isdr, es9) as lpa, pytest.raises(ServerRefused, match=r"8\.2\.7/3\.8"):
        lpa.download(activation, "0000")
    consent = codes_of_user("1", "2", "3")
    patience = Patience(codes=2)
    with Lpa(isdr, es9, consent=consent, patience=patience) as lpa, pytest.raises(ServerRefused):
        lpa.download(activation)
    assert consent(None).confirmation_code == "3", "the third was never asked for"  # type: ignore[arg-type]


def test_stopping_in_the_middle_tells_both_sides_and_keeps_the_order(bench: Bench) -> None:
    class Stopped(Flaky):
        def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
            answer = super().post(address, function, message)
            if function == "authenticateClient" and self.calls.count(function) == 1:
                raise KeyboardInterrupt
            return answer

    es9 = Stopped(bench.smdp)
    activation = code(bench)
    with Assistant(bench, es9).lpa as lpa:
        with pytest.raises(DownloadCancelled, match="the order stays open") as caught:
            lpa.download(activation)
        assert caught.value.reason == "postponed"
        assert es9.calls[-1] == "cancelSession"
        assert state(bench) is OrderState.RELEASED
        lpa.download(activation)


def test_version_3_servers_hear_that_a_session_was_aborted() -> None:
    """Bit 4 of ServerRspCapability (cancelForSessionAbortedSupport), bit 3 for names that are empty."""
    procedure = download()
    opening = {
        "transactionId": b"\x01",
        "serverSigned1": {
            "transactionId": b"\x01",
            "serverAddress": ADDRESS,
            "serverRspCapability": (b"\x18", 5),
        },
    }
    next(procedure)
    procedure.send({"defaultDpAddress": ADDRESS})
    procedure.send({"svn": b"\x03\x01\x00"})
    procedure.send(bytes(16))
    authenticate = procedure.send(opening)
    assert isinstance(authenticate, SendToCard)
    assert authenticate.function == "authenticate_server"
    step = procedure.throw(KeyboardInterrupt())
    assert step == SendToCard("cancel_session", (b"\x01", "sessionAborted"))


def test_euiccs_before_version_2_are_refused() -> None:
    procedure = download_patiently()
    next(procedure)
    procedure.send({"defaultDpAddress": ADDRESS})
    with pytest.raises(LpaError, match=r"version 1\.1\.0"):
        procedure.send({"svn": b"\x01\x01\x00"})


def test_pauses_grow() -> None:
    procedure = download_patiently(patience=Patience(attempts=4, pause=0.5))
    pauses, step = [], next(procedure)
    for _ in range(3):
        step = procedure.send({"defaultDpAddress": ADDRESS})
        procedure.send({"svn": b"\x02\x02\x02"})
        procedure.send(bytes(16))
        procedure.send(
            {"transactionId": b"1", "serverSigned1": {"serverAddress": ADDRESS, "transactionId": b"1"}}
        )
        wait = procedure.throw(ServerUnreachable("a", "b"))
        assert isinstance(wait, Wait)
        pauses.append(wait.seconds)
        step = procedure.send(None)
    assert step == SendToCard("get_euicc_configured_addresses")
    assert pauses == [0.5, 1.0, 2.0]


def test_notifications_survive_power_loss_and_go_in_order(bench: Bench) -> None:
    """The server is away while profiles come and are switched; the card is stored, and read again."""
    es9 = Flaky(bench.smdp, ("handleNotification", False))
    with Assistant(bench, es9).lpa as lpa:
        result = lpa.download(code(bench))
        assert isinstance(result.notification_error, ServerUnreachable)
        lpa.enable(result.iccid)
    stored = json.loads(json.dumps(bench.euicc.save()))
    revived = Euicc.load(stored, entropy=entropy("revived"), clock=clock)
    later = Flaky(bench.smdp)
    with Lpa(Isdr(InProcessLink(revived)), later) as lpa:
        assert [item.operation for item in lpa.notifications()] == ["install", "enable"]
        assert [delivery.error for delivery in lpa.process_notifications()] == [None, None]
        assert lpa.notifications() == []
    kinds = [message["pendingNotification"][0] for _, message in later.messages]
    assert kinds == ["profileInstallationResult", "otherSignedNotification"]
    assert state(bench) is OrderState.INSTALLED


def test_the_result_of_a_download_does_not_overtake_what_waits(bench: Bench) -> None:
    with bench.lpa() as lpa:
        first = lpa.download(code(bench))
        lpa.enable(first.iccid)
    other = build.build_package(describe.load_shipped("home-operator"))
    es9 = Flaky(bench.smdp)
    with Assistant(bench, es9).lpa as lpa:
        lpa.download(f"LPA:1${ADDRESS}${bench.smdp.add_order(other)}")
        assert lpa.notifications() == []
    kinds = [
        message["pendingNotification"][0] for name, message in es9.messages if name == "handleNotification"
    ]
    assert kinds == ["otherSignedNotification", "profileInstallationResult"]


def test_a_notification_that_a_server_refuses_does_not_hold_up_the_next(bench: Bench) -> None:
    class Strict(Flaky):
        def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
            if message["pendingNotification"][0] == "profileInstallationResult":
                raise ServerProtocolError("status 400")
            return super().post(address, function, message)

    with Assistant(bench, Flaky(bench.smdp, ("handleNotification", False))).lpa as lpa:
        lpa.enable(lpa.download(code(bench)).iccid)
    with Assistant(bench, Strict(bench.smdp)).lpa as lpa:
        errors = [type(delivery.error) for delivery in lpa.process_notifications()]
        assert errors == [ServerProtocolError, type(None)]
        (left,) = lpa.notifications()
        with pytest.raises(LpaError, match="sequence number 99"):
            lpa.process_notifications([99])
        lpa.remove_notifications([left.sequence_number])
        assert lpa.notifications() == []


def test_addresses_and_memory_reset(bench: Bench) -> None:
    bench.download(UPP, enable=True)
    with bench.lpa() as lpa:
        lpa.set_default_smdp_address("smdp.example.com:8443")
        assert lpa.addresses()["defaultDpAddress"] == "smdp.example.com:8443"
        with pytest.raises(LpaError, match="host name is expected"):
            lpa.set_default_smdp_address("https://x/")
        lpa.memory_reset("resetDefaultSmdpAddress")
        assert "defaultDpAddress" not in lpa.addresses()
        assert len(lpa.profiles()) == 1
        lpa.memory_reset()
        assert lpa.profiles() == []
        assert "delete" in [item.operation for item in lpa.notifications()]
