"""eUICC packages from the order to the result: what is signed, believed, acknowledged and refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asn1 import iot, rsp
from asn1.binding import BindingError
from asn1.errors import DecodeError
from simulator.crypto.ecc import sign_raw, verify_raw
from simulator.crypto.pki import TestPki
from simulator.eim import Eim, EimError, EimIdentity, EimStore, PackageKind, PackageState
from simulator.eim.records import MAX_DELIVERIES, PACKAGE, Package, PackageEvent
from simulator.smdp.store import ConflictError
from tests.simulator.conftest import NOW, entropy
from tests.simulator.eim.conftest import ADDRESS, World

LIST: tuple[str, Any] = ("listProfileInfo", {})
RAT: tuple[str, Any] = ("getRAT", {})
UNKNOWN_EID = bytes.fromhex("89049032123451234512345678901236")


def enabled(world: World) -> int:
    world.bench.euicc.reset()
    return [one.is_enabled for one in world.bench.euicc.core.registry].index(True)


def test_a_new_device_is_asked_first(test_pki: TestPki) -> None:
    world = World(test_pki)
    world.tell_the_card()
    world.eim.add_device(world.eid)
    kind, request = world.hand.poll()
    assert kind == "ipaEuiccDataRequest"
    assert request["tagList"].hex() == "81bf20bf228384a5a6a8a9"
    assert world.hand.work() == ("emptyResponse", {})
    device = world.device
    credential = world.bench.euicc.core.identity.credentials[0]
    assert device.euicc_certificate == credential.certificate
    assert device.eum_certificate == credential.eum_certificate
    assert device.root_smds_address == "testrootsmds.example.com"
    assert device.euicc_info2 == world.hand.es10(bytes.fromhex("BF2200"))
    assert device.association_token is None
    assert world.hand.poll() == ("eimPackageError", 1)


def test_a_package_is_signed_and_obeyed(world: World) -> None:
    world.add_profiles("test-operator", "home-operator")
    order = world.eim.order(world.eid, ("enable", world.iccid(1)), LIST)
    kind, request = world.hand.poll()
    assert kind == "euiccPackageRequest"
    signed = request["euiccPackageSigned"]
    assert (signed["eimId"], signed["eidValue"], signed["counterValue"]) == (ADDRESS, world.eid, 1)
    assert signed["eimTransactionId"] == order.transaction_id
    key = world.eim.identity.signing.certificate.public_key
    assert verify_raw(key, request["eimSignature"], signed.raw + bytes.fromhex("840100"))
    answer = world.hand.provide("euiccPackageResult", world.hand.load(request))
    kept = next(iter(world.bench.euicc.core.iot.results))  # type: ignore[union-attr]
    assert answer == ("eimAcknowledgements", [kept])
    assert enabled(world) == 1
    done = world.again(order)
    assert (done.state, done.detail, done.counter) == (PackageState.DONE, "", 1)
    kind, profiles = iot.decode("IotProfileInfoListResponse", world.device.profiles)
    assert [one["profileState"] for one in profiles] == [0, 1]


def test_the_association_token_is_signed(test_pki: TestPki) -> None:
    world = World(test_pki)
    assert world.tell_the_card(with_token=True) == ("addInitialEimOk", [("associationToken", 1)])
    world.eim.add_device(world.eid)
    world.hand.work_off()
    assert world.device.association_token == 1
    order = world.eim.order(world.eid, RAT)
    world.hand.work_off()
    assert world.again(order).state is PackageState.DONE
    world.eim.set_token(world.eid, 2)
    wrong = world.eim.order(world.eid, RAT)
    world.hand.work_off()
    failed = world.again(wrong)
    assert failed.state is PackageState.FAILED
    assert failed.detail.endswith("its association token is 1")


OPERATIONS: list[tuple[Callable[[World], tuple[str, Any]], str]] = [
    (lambda world: ("enable", {"iccid": bytes(10)}), "enableResult: iccidOrAidNotFound"),
    (lambda world: ("enable", world.iccid(0)), "enableResult: profileNotInDisabledState"),
    (lambda world: ("disable", world.iccid(1)), "disableResult: profileNotInEnabledState"),
    (lambda world: ("delete", world.iccid(0)), "deleteResult: profileNotInDisabledState"),
    (
        lambda world: ("setFallbackAttribute", world.iccid(1)),
        "setFallbackAttributeResult: fallbackNotAllowed",
    ),
    (lambda world: ("unsetFallbackAttribute", {}), "unsetFallbackAttributeResult: noFallbackAttribute"),
    (lambda world: ("deleteEim", {"eimId": "nobody"}), "deleteEimResult: eimNotFound"),
    (lambda world: ("updateEim", {"eimId": "nobody"}), "updateEimResult: eimNotFound"),
    (
        lambda world: ("addEim", world.eim.identity.configuration()),
        "addEimResult: associatedEimAlreadyExists",
    ),
    (lambda world: ("disable", world.iccid(0)), ""),
    (lambda world: ("delete", world.iccid(1)), ""),
    (lambda world: LIST, ""),
    (lambda world: RAT, ""),
    (lambda world: ("listEim", {}), ""),
    (lambda world: ("setDefaultDpAddress", {"defaultDpAddress": "dp.example.com"}), ""),
    (lambda world: ("configureImmediateEnable", {"immediateEnableFlag": None}), ""),
    (lambda world: ("deleteEim", {"eimId": ADDRESS}), ""),
]


@pytest.mark.parametrize(("operation", "detail"), OPERATIONS)
def test_every_operation(world: World, operation: Callable[[World], Any], detail: str) -> None:
    world.add_profiles("test-operator", "home-operator")
    order = world.eim.order(world.eid, operation(world))
    assert world.hand.work()[0] == "eimAcknowledgements"
    done = world.again(order)
    assert done.state is (PackageState.FAILED if detail else PackageState.DONE)
    assert done.detail == detail


def test_what_results_tell_is_remembered(world: World) -> None:
    world.eim.order(world.eid, RAT, ("setDefaultDpAddress", {"defaultDpAddress": "dp.example.com"}))
    world.hand.work_off()
    assert world.device.default_smdp_address == "dp.example.com"
    assert iot.decode("RulesAuthorisationTable", world.device.rules) == list(
        world.bench.euicc.core.features.rules
    )


def test_another_eim_is_added_and_takes_over(world: World, test_pki: TestPki) -> None:
    identity = EimIdentity.from_pki(test_pki, "second.example.com", entropy=entropy("second"), now=NOW)
    order = world.eim.order(world.eid, ("addEim", identity.configuration(with_token=True)))
    world.hand.work_off()
    assert world.again(order).state is PackageState.DONE
    second = Eim(identity, EimStore(), entropy=entropy("more"), clock=world.clock)
    second.add_device(world.eid)
    order = second.order(world.eid, ("deleteEim", {"eimId": ADDRESS}))
    world.hand.eim = second
    world.hand.work_off()
    assert second.device(world.eid).association_token == 1
    found = second.package(order.transaction_id)
    assert found is not None
    assert found.state is PackageState.DONE
    world.hand.eim = world.eim
    order = world.eim.order(world.eid, RAT)
    world.hand.work_off()
    assert "does not know this eIM" in world.again(order).detail


def test_a_package_without_result_is_the_same_again_and_then_given_up(world: World) -> None:
    first, second = world.eim.order(world.eid, RAT), world.eim.order(world.eid, LIST)
    fetched = [world.hand.poll() for _ in range(MAX_DELIVERIES)]
    assert all(one == fetched[0] for one in fetched)
    assert world.again(first).state is PackageState.SENT
    _, request = world.hand.poll()
    assert request["euiccPackageSigned"]["eimTransactionId"] == second.transaction_id
    assert request["euiccPackageSigned"]["counterValue"] == 2
    given_up = world.again(first)
    assert (given_up.state, given_up.detail) == (
        PackageState.FAILED,
        "the IPA fetched it 3 times and brought no result",
    )


def test_a_result_may_come_late(world: World) -> None:
    """Overlapping packages: the result of the first comes while the second is on its way."""
    first, second = world.eim.order(world.eid, RAT), world.eim.order(world.eid, LIST)
    for _ in range(MAX_DELIVERIES):
        _, request = world.hand.poll()
    late = world.hand.load(request)
    _, other = world.hand.poll()
    assert world.hand.provide("euiccPackageResult", late)[0] == "eimAcknowledgements"
    assert world.again(first).state is PackageState.DONE
    assert world.again(second).state is PackageState.SENT
    assert world.hand.provide("euiccPackageResult", world.hand.load(other))[0] == "eimAcknowledgements"
    assert world.again(second).state is PackageState.DONE


def test_a_lost_result_is_asked_for(world: World) -> None:
    """The IPA loses the result; the eUICC refuses the same package again, and keeps what it did."""
    order = world.eim.order(world.eid, RAT)
    _, request = world.hand.poll()
    world.hand.load(request)  # and the result is lost
    assert world.hand.work() == ("emptyResponse", {})
    assert world.again(order).detail == "replayError"
    kind, asked = world.hand.poll()
    assert (kind, asked["tagList"].hex()) == ("ipaEuiccDataRequest", "a2")
    assert world.hand.work()[0] == "eimAcknowledgements"
    found = world.again(order)
    assert (found.state, found.detail, len(found.results)) == (PackageState.DONE, "", 2)


def test_kept_results_of_another_eim_are_left_to_it(world: World, test_pki: TestPki) -> None:
    identity = EimIdentity.from_pki(test_pki, "second.example.com", entropy=entropy("second"), now=NOW)
    world.eim.order(world.eid, ("addEim", identity.configuration()))
    world.hand.work_off()
    second = Eim(identity, EimStore(), entropy=entropy("more"), clock=world.clock)
    second.add_device(world.eid)
    second.order(world.eid, RAT)
    world.hand.eim = second
    world.hand.work()
    world.hand.load(world.hand.poll()[1])  # its result is lost
    world.hand.eim = world.eim
    own = world.eim.order(world.eid, LIST)
    world.hand.load(world.hand.poll()[1])  # and so is this
    world.eim.order_data(world.eid, ["euiccPackageResultList"])
    world.hand.work()
    numbers = list(world.bench.euicc.core.iot.results)  # type: ignore[union-attr]
    kind, acknowledged = world.hand.work()
    assert (kind, acknowledged) == ("eimAcknowledgements", [numbers[0], numbers[2]])
    assert world.again(own).state is PackageState.DONE


def test_the_same_result_again_changes_nothing(world: World) -> None:
    order = world.eim.order(world.eid, RAT)
    _, request = world.hand.poll()
    result = world.hand.load(request)
    first = world.hand.provide("euiccPackageResult", result)
    before = world.again(order)
    assert world.hand.provide("euiccPackageResult", result) == first
    assert world.again(order) == before


def resigned(world: World, result: Any, **changes: Any) -> Any:
    """A result with changes, signed by the eUICC all the same."""
    kind, value = result
    data = dict(value["euiccPackageResultDataSigned"]) | changes
    der = iot.encode("EuiccPackageResultDataSigned", data)
    key = world.bench.euicc.core.identity.credentials[0].key
    return kind, {
        "euiccPackageResultDataSigned": iot.decode("EuiccPackageResultDataSigned", der),
        "euiccSignEPR": sign_raw(key, der + bytes.fromhex("840100")),
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"eimId": "other.example.com"},
        {"counterValue": 7},
        {"eimTransactionId": b"unknown"},
    ],
)
def test_a_signed_result_of_no_package_of_ours(world: World, changes: dict[str, Any]) -> None:
    order = world.eim.order(world.eid, RAT)
    _, request = world.hand.poll()
    result = world.hand.load(request)
    refused = ("provideEimPackageResultError", 127)
    assert world.hand.provide("euiccPackageResult", resigned(world, result, **changes)) == refused
    assert world.again(order).state is PackageState.SENT
    assert world.hand.provide("euiccPackageResult", result)[0] == "eimAcknowledgements"


def test_another_result_with_a_number_that_was_seen(world: World) -> None:
    world.eim.order(world.eid, RAT)
    _, request = world.hand.poll()
    result = world.hand.load(request)
    world.hand.provide("euiccPackageResult", result)
    forged = resigned(world, result, euiccResult=[("deleteResult", 0)])
    assert world.hand.provide("euiccPackageResult", forged) == ("provideEimPackageResultError", 127)


def test_a_wrong_signature_is_not_believed(world: World) -> None:
    order = world.eim.order(world.eid, RAT)
    _, request = world.hand.poll()
    kind, value = world.hand.load(request)
    for signature in (bytes(64), value["euiccSignEPR"][:-1], b""):
        forged = kind, value | {"euiccSignEPR": signature}
        assert world.hand.provide("euiccPackageResult", forged) == ("provideEimPackageResultError", 127)
    assert world.again(order).state is PackageState.SENT


def signed_error(world: World, request: Any, code: int) -> Any:
    signed = request["euiccPackageSigned"]
    data = {name: signed[name] for name in ("eimId", "counterValue", "eimTransactionId")}
    der = iot.encode("EuiccPackageErrorDataSigned", data | {"euiccPackageErrorCode": code})
    key = world.bench.euicc.core.identity.credentials[0].key
    return "euiccPackageErrorSigned", {
        "euiccPackageErrorDataSigned": iot.decode("EuiccPackageErrorDataSigned", der),
        "euiccSignEPE": sign_raw(key, der + bytes.fromhex("840100")),
    }


@pytest.mark.parametrize(("name", "code"), iot.names("EuiccPackageErrorCode").items())
def test_every_signed_error(world: World, name: str, code: int) -> None:
    order = world.eim.order(world.eid, RAT)
    _, request = world.hand.poll()
    error = signed_error(world, request, code)
    forged = error[0], error[1] | {"euiccSignEPE": bytes(64)}
    assert world.hand.provide("euiccPackageResult", forged) == ("provideEimPackageResultError", 127)
    assert world.hand.provide("euiccPackageResult", error) == ("emptyResponse", {})
    failed = world.again(order)
    assert (failed.state, failed.detail) == (PackageState.FAILED, name)


@pytest.mark.parametrize(("name", "code"), iot.names("EimPackageResultErrorCode").items())
def test_every_refusal_of_an_ipa(world: World, name: str, code: int) -> None:
    order = world.eim.order(world.eid, RAT)
    world.hand.poll()
    told = {"eimTransactionId": order.transaction_id, "eimPackageResultErrorCode": code}
    assert world.hand.provide("eimPackageResultResponseError", told) == ("emptyResponse", {})
    assert world.again(order).detail == name


@pytest.mark.parametrize(("name", "code"), iot.names("IpaEuiccDataErrorCode").items())
def test_every_refusal_of_data(world: World, name: str, code: int) -> None:
    order = world.eim.order_data(world.eid, ["euiccInfo2"])
    world.hand.poll()
    told = {"eimTransactionId": order.transaction_id, "ipaEuiccDataErrorCode": code}
    answer = world.hand.provide("ipaEuiccDataResponse", ("ipaEuiccDataResponseError", told))
    assert answer == ("emptyResponse", {})
    assert world.again(order).detail == name


def test_the_rollback_is_told(world: World) -> None:
    world.add_profiles("test-operator", "home-operator")
    order = world.eim.order(world.eid, ("enable", {**world.iccid(1), "rollbackFlag": None}))
    world.hand.work()
    assert enabled(world) == 1
    answer = world.hand.es10(iot.encode("ProfileRollbackRequest", {"refreshFlag": True}))
    result = iot.decode("ProfileRollbackResponse", answer)["eUICCPackageResult"]
    assert world.hand.provide("euiccPackageResult", result)[0] == "eimAcknowledgements"
    back = world.again(order)
    assert (back.state, len(back.results)) == (PackageState.DONE, 2)
    assert back.detail == "the IPA has gone back to the profile that was enabled before"


def test_devices_that_are_unknown_or_not_named(world: World) -> None:
    def polled(eid: bytes) -> Any:
        return world.hand.talk("getEimPackageRequest", {"eidValue": eid})

    assert polled(UNKNOWN_EID) == ("eimPackageError", 2)
    assert polled(bytes.fromhex("AB" * 16)) == ("eimPackageError", 3)
    order = world.eim.order(world.eid, RAT)
    _, request = world.hand.poll()
    result = world.hand.load(request)
    for eid, code in ((UNKNOWN_EID, 2), (bytes.fromhex("AB" * 16), 3)):
        answer = world.hand.provide("euiccPackageResult", result, eidValue=eid)
        assert answer == ("provideEimPackageResultError", code)
    unknown = {"eimId": ADDRESS, "eimTransactionId": b"unknown"}
    answer = world.hand.provide("euiccPackageResult", ("euiccPackageErrorUnsigned", unknown), eidValue=None)
    assert answer == ("provideEimPackageResultError", 4)
    assert world.hand.provide("euiccPackageResult", result, eidValue=None)[0] == "eimAcknowledgements"
    assert world.again(order).state is PackageState.DONE


def test_the_result_of_another_device(world: World) -> None:
    world.eim.add_device(UNKNOWN_EID)
    world.eim.order(world.eid, RAT)
    _, request = world.hand.poll()
    answer = world.hand.provide("euiccPackageResult", world.hand.load(request), eidValue=UNKNOWN_EID)
    assert answer == ("provideEimPackageResultError", 127)


def test_nothing_signed_goes_out_before_results_can_be_verified(test_pki: TestPki) -> None:
    world = World(test_pki)
    world.tell_the_card()
    world.eim.add_device(world.eid)
    _, request = world.hand.poll()
    refusal = {"eimTransactionId": request["eimTransactionId"], "ipaEuiccDataErrorCode": 127}
    world.hand.provide("ipaEuiccDataResponse", ("ipaEuiccDataResponseError", refusal))
    order = world.eim.order(world.eid, RAT)
    assert world.hand.poll() == ("eimPackageError", 1), "it would be fetched without end"
    world.eim.order_data(world.eid)
    assert world.hand.poll()[0] == "ipaEuiccDataRequest"
    assert world.hand.work_off() == 2
    assert world.again(order).state is PackageState.DONE


def test_certificates_that_are_not_trusted_or_another_s(test_pki: TestPki) -> None:
    strange = TestPki.create(entropy=entropy("strangers"), now=NOW)
    world = World(strange)
    world.eim = Eim(
        EimIdentity.from_pki(test_pki, ADDRESS, entropy=entropy("eim"), now=NOW),
        EimStore(),
        entropy=entropy("packages"),
        clock=world.clock,
    )
    world.hand.eim = world.eim
    world.eim.add_device(world.eid)
    assert world.hand.work() == ("provideEimPackageResultError", 127)
    assert not world.device.euicc_certificate
    own = World(test_pki)
    own.eim.add_device(UNKNOWN_EID)
    _, request = own.hand.talk("getEimPackageRequest", {"eidValue": UNKNOWN_EID})
    answer = own.hand.provide("ipaEuiccDataResponse", own.hand.data(request), eidValue=UNKNOWN_EID)
    assert answer == ("provideEimPackageResultError", 127)


@pytest.mark.parametrize(("name", "code"), iot.names("StateChangeCause").items())
def test_a_change_of_state_makes_the_eim_look(world: World, name: str, code: int) -> None:
    kind, request = world.hand.poll(notifyStateChange=None, stateChangeCause=code)
    assert kind == "euiccPackageRequest"
    assert request["euiccPackageSigned"]["euiccPackage"] == ("psmoList", [LIST])
    assert world.device.state_change == name
    world.hand.poll(notifyStateChange=None)
    assert sum(one.kind is PackageKind.EUICC for one in world.store.all(Package, world.eid)) == 1
    assert world.device.state_change == "undefined"


def test_the_counter_has_an_end(test_pki: TestPki) -> None:
    world = World(test_pki)
    world.tell_the_card(counter=0x7FFFFE)
    world.eim.add_device(world.eid, counter=0x7FFFFE)
    world.hand.work_off()
    order = world.eim.order(world.eid, RAT)
    world.hand.work()
    assert world.again(order).state is PackageState.DONE
    world.eim.order(world.eid, RAT)
    assert world.hand.poll() == ("eimPackageError", 127)
    assert world.device.counter == 0x7FFFFF


def test_orders_that_cannot_be(world: World) -> None:
    with pytest.raises(EimError, match="there is no device"):
        world.eim.order(UNKNOWN_EID, RAT)
    with pytest.raises(EimError, match="not both"):
        world.eim.order(world.eid, RAT, ("listEim", {}))
    with pytest.raises(EimError, match="not both"):
        world.eim.order(world.eid)
    with pytest.raises(EimError, match="already"):
        world.eim.add_device(world.eid)
    with pytest.raises(EimError, match="32 digits"):
        world.eim.add_device(bytes.fromhex("AB" * 16))
    with pytest.raises(EimError, match="IPAs do not tell mood"):
        world.eim.order_data(world.eid, ["mood"])


def test_what_waits_can_be_taken_back(world: World) -> None:
    order, other = world.eim.order(world.eid, RAT), world.eim.order(world.eid, LIST)
    assert world.eim.withdraw(other.transaction_id).state is PackageState.WITHDRAWN
    world.hand.poll()
    with pytest.raises(EimError, match="is sent: it cannot"):
        world.eim.withdraw(order.transaction_id)
    with pytest.raises(EimError, match="no package"):
        world.eim.withdraw(b"nothing")
    assert world.hand.work_off() == 1
    world.eim.remove_device(world.eid)
    assert world.hand.poll() == ("eimPackageError", 2)
    assert world.store.all(Package) == []


def test_what_an_ipa_does_not_say(world: World) -> None:
    with pytest.raises(DecodeError):
        world.eim.answer(b"\xbf\x39\x00")
    with pytest.raises(BindingError, match="no message"):
        world.hand.talk("transferEimPackageResponse", ("eimPackageReceived", None))
    with pytest.raises(DecodeError, match="pendingNotification"):
        world.eim.answer(bytes.fromhex("BF3D05A003BF7000"))


def test_what_is_unsigned_changes_nothing_of_a_package_that_is_over(world: World) -> None:
    order = world.eim.order(world.eid, RAT)
    world.hand.work()
    asked = world.eim.order_data(world.eid)
    world.hand.work()
    before = [world.again(order), world.again(asked)]
    refusal = {"eimTransactionId": order.transaction_id, "eimPackageResultErrorCode": 1}
    unsigned = {"eimId": ADDRESS, "eimTransactionId": order.transaction_id}
    no_data = {"eimTransactionId": asked.transaction_id, "ipaEuiccDataErrorCode": 1}
    for kind, result in (
        ("eimPackageResultResponseError", refusal),
        ("euiccPackageResult", ("euiccPackageErrorUnsigned", unsigned)),
        ("ipaEuiccDataResponse", ("ipaEuiccDataResponseError", no_data)),
    ):
        assert world.hand.provide(kind, result) == ("emptyResponse", {})
    assert [world.again(order), world.again(asked)] == before


def test_messages_at_the_same_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request whose records another one has just changed is run anew, but not for ever."""
    world.eim.order(world.eid, RAT)
    save, refusals = world.store.save, [2]

    def contended(*records: Any) -> None:
        if refusals[0]:
            refusals[0] -= 1
            raise ConflictError("another was faster")
        save(*records)

    monkeypatch.setattr(world.store, "save", contended)
    assert world.hand.poll()[0] == "euiccPackageRequest"
    assert world.device.counter == 1
    refusals[0] = 99
    assert world.hand.poll() == ("eimPackageError", 127)


def test_every_step_of_a_package() -> None:
    package = Package(b"T", bytes(16), PackageKind.EUICC, b"", 0)
    for state in PackageState:
        for event in PackageEvent:
            after = package._replace(state=state).moved(event).state
            assert after is PACKAGE[state].get(event, state)
    assert {state for row in PACKAGE.values() for state in row.values()} == set(PackageState) - {
        PackageState.QUEUED
    }


def test_the_notifications_that_come_with_a_result(world: World) -> None:
    world.add_profiles("test-operator", "home-operator")
    with world.bench.lpa() as lpa:
        lpa.process_notifications()
    heard = len(world.bench.smdp.notifications())
    world.eim.order(world.eid, ("enable", world.iccid(1)))
    _, request = world.hand.poll()
    result = world.hand.load(request)
    world.bench.euicc.reset()
    kind, pending = rsp.decode("RetrieveNotificationsListResponse", world.hand.es10(bytes.fromhex("BF2B00")))
    assert kind == "notificationList"
    assert pending
    forged = pending[0][0], pending[0][1] | {"euiccNotificationSignature": bytes(64)}
    both = {"euiccPackageResult": result, "notificationList": [forged, *pending]}
    kind, numbers = world.hand.provide("ePRAndNotifications", both)
    told = [one[1]["tbsOtherNotification"]["seqNumber"] for one in pending]
    assert kind == "eimAcknowledgements"
    assert numbers[1:] == told
    assert len(world.bench.smdp.notifications()) == heard + len(pending)
