"""The LPA over a fake eUICC client and a fake server: profiles, notifications, progress."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cards import Iccid
from cards.errors import CardError
from cards.isdr.errors import InstallationError
from simulator.lpa import InstallationFailed, Lpa, LpaError, Progress, ServerUnreachable
from simulator.lpa.driver import Driver
from simulator.lpa.errors import ProfileNotFound
from simulator.lpa.notifications import deliver_result

ICCID = bytes.fromhex("981032547698103214f4")
OTHER = bytes.fromhex("981032547698103214f5")
AID = bytes.fromhex("A0000005591010FFFFFFFF8900001000")
PROFILES = [
    {
        "iccid": ICCID,
        "isdpAid": AID,
        "profileState": 1,
        "profileNickname": "Home",
        "serviceProviderName": "Op",
        "profileName": "Plan",
        "profileClass": 2,
        "profileOwner": {"mccMnc": bytes.fromhex("00F110")},
        "profilePolicyRules": (b"\x60", 3),
    },
    {"iccid": OTHER, "isdpAid": AID[:-1] + b"\x01", "profileState": 0, "profileName": "Travel"},
]


class FakeIsdr:
    """Answers as an `Isdr` would, and keeps what was asked."""

    def __init__(self, notifications: list[tuple[int, str]] = ()) -> None:  # type: ignore[assignment]
        self.meter = SimpleNamespace(apdus=0, sent=0, received=0)
        self.calls: list[Any] = []
        self.waiting = dict(notifications)

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.calls.append((name, *arguments, *named.items()))
            self.meter.apdus += 2
            self.meter.sent += 10
            return getattr(type(self), f"do_{name}", lambda *_: None)(self, *arguments)

        return call

    def do_get_profiles_info(self) -> list[dict[str, Any]]:
        return PROFILES

    def do_list_notification(self) -> list[dict[str, Any]]:
        return [
            {
                "seqNumber": number,
                "profileManagementOperation": (b"\x40", 2),
                "notificationAddress": address,
                "iccid": ICCID,
            }
            for number, address in self.waiting.items()
        ]

    def do_retrieve_notifications_list(self, number: int) -> list[Any]:
        return [("otherSignedNotification", {"number": number})] if number in self.waiting else []

    def do_remove_notification_from_list(self, number: int) -> None:
        del self.waiting[number]

    def do_get_rat(self) -> None:
        raise CardError("no GetRAT")


class FakeServer:
    def __init__(self, *unreachable: str) -> None:
        self.sent = self.received = 0
        self.unreachable = unreachable
        self.posted: list[tuple[str, str, Any]] = []

    def post(self, address: str, function: str, message: Any) -> dict[str, Any]:
        if address in self.unreachable:
            raise ServerUnreachable(address, "no route")
        self.sent += 100
        self.posted.append((address, function, message))
        return {}


def lpa(isdr: FakeIsdr, server: FakeServer | None = None, **options: Any) -> Lpa:
    return Lpa(isdr, server or FakeServer(), **options)  # type: ignore[arg-type]


def test_profiles() -> None:
    home, travel = lpa(FakeIsdr()).profiles()
    assert (home.label, home.is_enabled, home.policy_rules) == ("Home", True, ("ppr1", "ppr2"))
    assert str(home.owner) == "001-01"
    assert (travel.label, travel.is_enabled, travel.profile_class) == ("Travel", False, "operational")


@pytest.mark.parametrize("name", [Iccid.from_bytes(ICCID), "8901234567890123414", "Home", "Plan"])
def test_enable_by_iccid_or_name(name: Any) -> None:
    isdr = FakeIsdr()
    lpa(isdr).enable(name, refresh=False)
    assert isdr.calls[-2:] == [
        ("enable_profile", Iccid.from_bytes(ICCID), ("refresh", False)),
        ("settle",),
    ]


@pytest.mark.parametrize("name", [AID, AID.hex()])
def test_by_aid(name: Any) -> None:
    isdr = FakeIsdr()
    lpa(isdr).disable(name)
    assert isdr.calls[0] == ("disable_profile", AID, ("refresh", True))
    lpa(isdr).delete(name)
    assert isdr.calls[-1] == ("delete_profile", AID)
    lpa(isdr).set_nickname(name, "x")
    assert isdr.calls[-1] == ("set_nickname", Iccid.from_bytes(ICCID), "x")


def test_a_name_that_fits_none() -> None:
    with pytest.raises(ProfileNotFound, match="Nobody"):
        lpa(FakeIsdr()).delete("Nobody")


def test_notifications_go_in_order_and_are_removed() -> None:
    isdr, server = FakeIsdr([(5, "a.example"), (3, "a.example"), (4, "b.example")]), FakeServer()
    deliveries = lpa(isdr, server).process_notifications()
    assert [item.notification.sequence_number for item in deliveries] == [3, 4, 5]
    assert [address for address, _, _ in server.posted] == ["a.example", "b.example", "a.example"]
    assert server.posted[0][1:] == (
        "handleNotification",
        {"pendingNotification": ("otherSignedNotification", {"number": 3})},
    )
    assert isdr.waiting == {}
    assert deliveries[0].notification.operation == "enable"


def test_a_server_that_is_down_keeps_its_notifications() -> None:
    isdr = FakeIsdr([(3, "down.example"), (4, "b.example"), (5, "down.example")])
    server = FakeServer("down.example")
    assistant = lpa(isdr, server)
    deliveries = assistant.process_notifications()
    assert [type(item.error) for item in deliveries] == [ServerUnreachable, type(None), ServerUnreachable]
    assert [item.sequence_number for item in assistant.notifications()] == [3, 5]


def test_a_failed_installation_is_reported_to_the_server() -> None:
    result = {
        "profileInstallationResultData": {
            "notificationMetadata": {
                "seqNumber": 9,
                "profileManagementOperation": (b"\x80", 1),
                "notificationAddress": "a.example",
            },
            "finalResult": ("errorResult", {"bppCommandId": 2, "errorReason": 10}),
        }
    }
    error = InstallationFailed(InstallationError(result))
    isdr, server = FakeIsdr([(9, "a.example")]), FakeServer()
    driver = Driver(isdr, server)  # type: ignore[arg-type]
    assert driver.run(deliver_result(error.result)) is None
    assert server.posted[0][2] == {"pendingNotification": ("profileInstallationResult", result)}
    assert isdr.waiting == {}
    assert "storeMetadata" in str(error)


def test_progress_names_and_counts_each_step() -> None:
    seen: list[Progress] = []
    isdr = FakeIsdr([(3, "a.example")])
    lpa(isdr, FakeServer(), progress=seen.append).process_notifications()
    assert [(item.exchange.interface, item.exchange.function) for item in seen] == [
        ("ES10b", "ListNotification"),
        ("ES10b", "RetrieveNotificationsList"),
        ("ES9+", "HandleNotification"),
        ("ES10b", "RemoveNotificationFromList"),
    ]
    assert (seen[0].apdus, seen[0].sent) == (2, 10)
    assert (seen[2].apdus, seen[2].sent) == (0, 100)


def test_progress_tells_of_failures() -> None:
    seen: list[Progress] = []
    lpa(FakeIsdr([(3, "x")]), FakeServer("x"), progress=seen.append).process_notifications()
    assert "no route" in seen[-1].error


def test_info_without_rules() -> None:
    assert lpa(FakeIsdr()).info()["rat"] == []


def test_as_context() -> None:
    isdr = FakeIsdr()
    with lpa(isdr) as assistant:
        assert isinstance(assistant, Lpa)
    assert isdr.calls == [("open",), ("close",)]


def test_a_bad_activation_code() -> None:
    with pytest.raises(LpaError, match="activation code"):
        lpa(FakeIsdr()).download("nonsense")
