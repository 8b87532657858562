"""eUICC packages by an IPA: polled, obeyed, their results brought, and the ways back (SGP.32 §3.3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from asn1 import iot
from simulator.ipa import EimRefused, EimUnreachable, NoConnectivity, UnusablePackage
from tests.simulator.ipa.conftest import IotBench, ScriptedEim


def results_kept(bench: IotBench) -> int:
    assert bench.bench.euicc.core.iot is not None
    return len(bench.bench.euicc.core.iot.results)


def notifications_kept(bench: IotBench) -> int:
    with bench.ipa() as ipa:
        return ipa.waiting()["notifications"]


def test_packages_until_there_is_none(direct: IotBench) -> None:
    direct.eim.add(("getRAT", {}))
    direct.eim.add(("listEim", {}))
    handled = direct.run()
    assert [(one.what, one.done, one.error) for one in handled] == [
        ("euiccPackageRequest", ("getRAT: ok",), None),
        ("euiccPackageRequest", ("listEim: ok",), None),
    ]
    polls = [value for name, value in direct.eim.received if name == "getEimPackageRequest"]
    assert len(polls) == 3
    assert polls[0].keys() == {"eidValue"}
    assert results_kept(direct) == 0  # both were acknowledged


def test_association_token_is_covered(iot_bench: IotBench) -> None:
    iot_bench.associate(associationToken=-1)
    assert iot_bench.eim.token == 1
    iot_bench.eim.add(("getRAT", {}))
    assert iot_bench.run()[0].done == ("getRAT: ok",)


def test_every_outcome_has_its_name(direct: IotBench) -> None:
    third = ScriptedEim(direct.bench, "third.example.com").configuration()
    direct.eim.add(("enable", direct.iccid(0)))
    direct.eim.add(("setDefaultDpAddress", {"defaultDpAddress": "smdp.example.com"}))
    direct.eim.add(("listProfileInfo", {"searchCriteria": ("iccid", bytes(10))}))
    direct.eim.add(("addEim", third), ("addEim", third))
    direct.eim.add(("updateEim", {"eimId": "nobody"}))
    direct.eim.add(("configureImmediateEnable", {}), ("unsetFallbackAttribute", {}))
    assert [one.done for one in direct.run()] == [
        ("enable: profileNotInDisabledState",),
        ("setDefaultDpAddress: ok",),
        ("listProfileInfo: ok",),
        ("addEim: ok", "addEim: associatedEimAlreadyExists"),
        ("updateEim: eimNotFound",),
        ("configureImmediateEnable: ok", "unsetFallbackAttribute: noFallbackAttribute"),
    ]


def test_what_is_not_acknowledged_stays_and_comes_again(direct: IotBench) -> None:
    direct.eim.acknowledges = False
    direct.eim.add(("getRAT", {}))
    direct.run()
    assert results_kept(direct) == 1
    direct.eim.acknowledges = True
    handled = direct.run()
    assert [(one.what, one.done) for one in handled] == [("waiting results", ("getRAT: ok",))]
    assert direct.eim.results[0] == direct.eim.results[1]
    assert results_kept(direct) == 0


def test_enabling_settles_the_card(direct: IotBench) -> None:
    direct.eim.add(("enable", direct.iccid(1)))
    handled = direct.run()
    assert handled[0].done == ("enable: ok",)
    assert direct.enabled == 1
    # The notifications go to the SM-DP+ from the IPA itself.
    assert [one.what for one in handled[1:]] == ["notification", "notification"]
    assert notifications_kept(direct) == 0


def test_notifications_go_with_the_result_by_way_of_the_eim(indirect: IotBench) -> None:
    indirect.eim.add(("enable", indirect.iccid(1)))
    indirect.run()
    ((kind, value),) = indirect.eim.results
    assert kind == "ePRAndNotifications"
    assert [item[0] for item in value["notificationList"]] == ["otherSignedNotification"] * 2
    assert notifications_kept(indirect) == 0


def test_notifications_of_earlier_go_by_handle_notification(indirect: IotBench) -> None:
    with indirect.bench.lpa() as lpa:
        lpa.enable(indirect.bench.euicc.core.registry.profiles[1].aid)
    handled = indirect.run()
    assert [(one.what, len(one.done)) for one in handled] == [("notifications", 2)]
    forwarded = [value for name, value in indirect.eim.received if name == "handleNotificationEsipa"]
    assert [value[0] for value in forwarded] == ["pendingNotification"] * 2
    assert notifications_kept(indirect) == 0


@pytest.mark.parametrize("is_allowed", [True, False])
def test_no_network_after_enabling(direct: IotBench, is_allowed: bool) -> None:
    """§3.3.1: the device goes back if the eIM allowed it; the result of that takes the first one's place."""
    operation = direct.iccid(1) | ({"rollbackFlag": None} if is_allowed else {})
    direct.has_network = lambda: direct.enabled == 0
    direct.eim.add(("enable", operation))
    handled = direct.run()
    if is_allowed:
        assert handled[0].done == ("enable: ok", "rollback: ok")
        assert direct.enabled == 0
        assert direct.eim.operations() == [("rollbackResult", 0)]
        assert results_kept(direct) == 0
    else:
        assert isinstance(handled[0].error, NoConnectivity)
        assert direct.enabled == 1
        assert direct.eim.results == []
        assert results_kept(direct) == 1


def test_the_eim_cannot_be_reached_after_enabling(direct: IotBench) -> None:
    direct.eim.is_away = lambda name: name == "provideEimPackageResult" and direct.enabled == 1
    direct.eim.add(("enable", direct.iccid(1) | {"rollbackFlag": None}))
    assert direct.run()[0].done == ("enable: ok", "rollback: ok")
    assert direct.eim.operations() == [("rollbackResult", 0)]


def test_power_is_lost_between_package_and_result(direct: IotBench) -> None:
    """The eUICC keeps the result; with no network, it goes back then."""
    direct.has_network = lambda: direct.enabled == 0
    direct.eim.add(("enable", direct.iccid(1) | {"rollbackFlag": None}))
    package = direct.eim.packages.pop()
    direct.bench.euicc.isdr.execute(iot.encode("EuiccPackageRequest", package[1]))
    direct.lose_power()
    handled = direct.run()
    assert [(one.what, one.done) for one in handled[:1]] == [("waiting results", ("rollback: ok",))]
    assert direct.enabled == 0
    assert direct.eim.operations() == [("rollbackResult", 0)]


def test_a_refused_package_waits_in_the_memory(direct: IotBench) -> None:
    """The eUICC does not keep the errors of packages, so the IPA does."""
    direct.eim.add(("getRAT", {}), eidValue=bytes(16))
    direct.eim.is_away = lambda name: name == "provideEimPackageResult"
    handled = direct.run()
    assert isinstance(handled[0].error, EimUnreachable)
    direct.lose_power()
    direct.eim.is_away = lambda name: False
    assert [(one.what, one.done) for one in direct.run()] == [
        ("waiting results", ("brought 1 from the memory",))
    ]
    ((kind, (error, value)),) = direct.eim.results
    assert (kind, error) == ("euiccPackageResult", "euiccPackageErrorSigned")
    assert value["euiccPackageErrorDataSigned"]["euiccPackageErrorCode"] == 3  # invalidEid
    assert direct.run() == []


def test_an_unsigned_error(direct: IotBench) -> None:
    direct.eim.add(("getRAT", {}))
    kind, value = direct.eim.packages[0]
    direct.eim.packages[0] = kind, value | {"eimSignature": bytes(64)}
    assert direct.run()[0].done == ("refused: the eUICC does not know the eIM, or its signature is wrong",)
    assert direct.eim.results[0][1][0] == "euiccPackageErrorUnsigned"


def test_what_the_euicc_cannot_read_is_an_invalid_package(direct: IotBench) -> None:
    """The eUICC answers '6A80'; the eIM is told invalidPackageFormat, with its transaction."""
    direct.eim.add(("getRAT", {}))
    execute = direct.bench.euicc.isdr.execute
    direct.bench.euicc.isdr.execute = (
        lambda message: execute(  # type: ignore[method-assign]
            b"\xbf\x51\x02\x30\x00" if message[:2] == b"\xbf\x51" else message
        )
    )
    assert isinstance(direct.run()[0].error, UnusablePackage)
    assert direct.eim.results == [
        ("eimPackageResultResponseError", {"eimTransactionId": b"\x01", "eimPackageResultErrorCode": 1})
    ]


@pytest.mark.parametrize(
    ("code", "name"), [(2, "eidNotFound"), (3, "invalidEid"), (4, "missingEid"), (127, "undefinedError")]
)
def test_an_eim_that_gives_no_packages(direct: IotBench, code: int, name: str) -> None:
    direct.eim.packages.append(("eimPackageError", code))
    error = direct.run()[0].error
    assert isinstance(error, EimRefused)
    assert (error.code, error.name) == (code, name)


def test_an_eim_that_refuses_a_result(direct: IotBench) -> None:
    """Nothing is lost: the eUICC keeps the result."""
    direct.eim.add(("getRAT", {}))
    direct.eim.answers["provideEimPackageResult"] = lambda value: (
        "provideEimPackageResultResponse",
        ("provideEimPackageResultError", 2),
    )
    error = direct.run()[0].error
    assert isinstance(error, EimRefused)
    assert error.name == "eidNotFound"
    assert results_kept(direct) == 1


def test_other_eims_hear_of_a_change(direct: IotBench) -> None:
    """StateChangeCause otherEim for the one that has not changed anything (§6.3.2.6)."""
    second = ScriptedEim(direct.bench, "second.example.com")
    direct.eim.add(("addEim", second.configuration()))
    direct.run()
    first, direct.eim = direct.eim, second
    # Both eIMs answer at the same in-process address: the second one plays both now.
    direct.run()
    polls: list[Any] = [value for name, value in second.received if name == "getEimPackageRequest"]
    assert polls[-1]["stateChangeCause"] == 0
    assert "notifyStateChange" in polls[-1]
    second.received.clear()
    direct.run()
    assert all("stateChangeCause" not in value for _, value in second.received)
    assert first.operations()[0][0] == "addEimResult"
