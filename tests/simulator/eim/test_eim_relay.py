"""Indirect profile download: between an eUICC and real servers, in full and in compact forms, and refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asn1 import esipa, iot, rsp
from simulator.crypto.pki import TestPki
from simulator.eim import EimError, PackageState
from simulator.eim.errors import FURTHER_CODES, error_name
from simulator.eim.records import Notification, NotificationState, Package, Session
from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.errors import ServerRefused
from simulator.lpa.es9 import InProcessEs9
from simulator.profile import build, describe
from simulator.smdp.ds import DsIdentity, DsMemoryStore, SmDs
from simulator.smdp.metadata import ProfileMetadata, ProfileOwner
from tests.simulator.conftest import ADDRESS as SMDP_ADDRESS
from tests.simulator.conftest import NOW, clock, entropy
from tests.simulator.eim.conftest import DEVICE_INFO, SMDS_ADDRESS, World

PACKAGE = build.build_package(describe.load_shipped("test-operator"))
SAVES_ALL = (b"\xfc", 6)
"""ipaFeatures: the eIM makes ctxParams1, verifies the metadata, and bytes are saved."""


def ordered(world: World, **order: Any) -> ActivationCode:
    return ActivationCode(SMDP_ADDRESS, world.bench.smdp.add_order(PACKAGE, **order))


def triggered(world: World, code: ActivationCode | None = None, **options: Any) -> tuple[Package, Any]:
    """An indirect download that the IPA has fetched."""
    order = world.eim.order_download(world.eid, code or ordered(world), is_indirect=True, **options)
    kind, trigger = world.hand.poll()
    assert kind == "profileDownloadTriggerRequest"
    assert trigger == {"eimTransactionId": order.transaction_id}
    return order, trigger


def codes(function: str) -> dict[str, int]:
    return esipa.error_codes(function)


def failed(function: str, name: str) -> tuple[str, int]:
    return esipa.SHAPES[function].error, codes(function)[name]


@pytest.mark.parametrize("saves_bytes", [False, True])
def test_an_indirect_download(world: World, saves_bytes: bool) -> None:
    world.hand.saves_bytes = saves_bytes
    order, trigger = triggered(world)
    kind, numbers = world.hand.download(trigger)
    assert kind == "eimAcknowledgements"
    assert len(numbers) == 1
    assert world.again(order).state is PackageState.DONE
    [profile] = world.bench.euicc.core.registry.profiles
    [heard] = world.bench.smdp.notifications()
    assert (heard.is_success, heard.iccid) == (True, profile.iccid)
    [kept] = world.store.all(Notification)
    assert kept.state is NotificationState.DELIVERED
    assert not world.bench.faults


def test_the_eim_makes_the_parameters(test_pki: TestPki) -> None:
    world = World(test_pki)
    world.tell_the_card()
    world.hand.features, world.hand.saves_bytes = SAVES_ALL, True
    world.eim.add_device(world.eid)
    world.hand.work_off()
    order, trigger = triggered(world)
    _, ok = world.hand.initiate(trigger["eimTransactionId"])
    assert ok["ctxParams1"][1] == {"matchingId": ok["matchingId"], "deviceInfo": DEVICE_INFO}
    world.hand.download(trigger)
    assert world.again(order).state is PackageState.DONE


def test_an_ipa_that_needs_the_data(test_pki: TestPki) -> None:
    """Without eimDownloadDataHandling the trigger of an indirect download holds the activation code."""
    world = World(test_pki)
    world.tell_the_card()
    world.hand.features = (b"\xc0", 2)
    world.eim.add_device(world.eid)
    world.hand.work_off()
    code = ordered(world)
    order = world.eim.order_download(world.eid, code, is_indirect=True)
    _, trigger = world.hand.poll()
    assert trigger["profileDownloadData"] == ("activationCode", str(code))
    world.hand.download(trigger, smdpAddress=SMDP_ADDRESS)
    assert world.again(order).state is PackageState.DONE


def test_an_ipa_knows_that_it_speaks_with_an_sm_ds(world: World) -> None:
    world.eim.order_download(world.eid, smds=SMDS_ADDRESS, is_indirect=True)
    _, trigger = world.hand.poll()
    assert trigger["profileDownloadData"] == ("contactSmds", {"smdsAddress": SMDS_ADDRESS})


def test_with_a_confirmation_code(world: World) -> None:
    order, trigger = triggered(world, ordered(world, confirmation_code="1234"), confirmation_code="1234")
    world.hand.download(trigger)
    assert world.again(order).state is PackageState.DONE
    with pytest.raises(EimError, match="indirect downloads only"):
        world.eim.order_download(world.eid, ordered(world), confirmation_code="1234")


def test_compact_with_the_eim_s_confirmation_code(world: World) -> None:
    world.hand.saves_bytes = True
    order, trigger = triggered(world, ordered(world, confirmation_code="1234"), confirmation_code="1234")
    world.hand.download(trigger)
    assert world.again(order).state is PackageState.DONE


def test_an_ipa_that_names_the_server(world: World) -> None:
    """Without a trigger: the user of the device has the activation code."""
    code = ordered(world)
    _, ok = world.hand.initiate(None, smdpAddress=SMDP_ADDRESS)
    assert "matchingId" not in ok
    _, ok = world.hand.authenticate(ok, code.matching_id)
    _, ok = world.hand.bound_package(ok)
    result = world.hand.install(ok["boundProfilePackage"])
    pending = ("pendingNotification", ("profileInstallationResult", result))
    assert world.hand.talk("handleNotificationEsipa", pending) is None
    [heard] = world.bench.smdp.notifications()
    assert heard.is_success


def test_from_the_default_smdp(world: World) -> None:
    world.eim.order(world.eid, ("setDefaultDpAddress", {"defaultDpAddress": SMDP_ADDRESS}))
    world.hand.work()
    world.bench.smdp.add_order(PACKAGE, "", eid=world.eid)
    order = world.eim.order_download(world.eid, is_indirect=True)
    assert world.hand.work()[0] == "eimAcknowledgements"
    assert world.again(order).state is PackageState.DONE


@pytest.mark.parametrize("address", ["", SMDS_ADDRESS])
def test_from_an_sm_ds(world: World, address: str) -> None:
    code = ordered(world)
    event = {
        "functionRequesterIdentifier": "2.999.10",
        "functionCallIdentifier": "1",
        "eid": world.eid.hex(),
        "rspServerAddress": SMDP_ADDRESS,
        "eventId": code.matching_id,
        "forwardingIndicator": False,
    }
    world.ds.register_event(event)
    order = world.eim.order_download(world.eid, smds=address, is_indirect=True)
    assert world.hand.work()[0] == "eimAcknowledgements"
    done = world.again(order)
    assert (done.state, done.detail) == (PackageState.DONE, f"the SM-DS names {SMDP_ADDRESS}")
    further = world.store.all(Package, world.eid)[-1]
    assert (further.is_automatic, further.state) == (True, PackageState.DONE)
    assert len(world.bench.euicc.core.registry.profiles) == 1


def test_an_sm_ds_that_names_another(world: World, test_pki: TestPki) -> None:
    """An alternative SM-DS has its event at the root under its own address."""
    code = ordered(world)
    address = "alternative.example.com"
    identity = DsIdentity.from_pki(test_pki, address, oid="2.999.16", entropy=entropy("other"), now=NOW)
    other = SmDs(identity, DsMemoryStore(), entropy=entropy("other ds"), clock=clock)
    world.servers._ways[address] = InProcessEs9(other)
    event = {
        "functionRequesterIdentifier": "2.999.10",
        "functionCallIdentifier": "1",
        "eid": world.eid.hex(),
        "rspServerAddress": SMDP_ADDRESS,
        "eventId": code.matching_id,
        "forwardingIndicator": False,
    }
    other.register_event(event)
    world.ds.register_event(event | {"rspServerAddress": address})
    world.eim.order_download(world.eid, smds=SMDS_ADDRESS, is_indirect=True)
    assert world.hand.work()[0] == "eimAcknowledgements"
    states = [one.state for one in world.store.all(Package, world.eid)]
    assert states == [PackageState.DONE] * 4
    assert len(world.bench.euicc.core.registry.profiles) == 1


def test_an_ipa_that_asks_the_sm_ds_itself(world: World) -> None:
    """It hears of the events, and downloads one after another through the eIM, under one transaction."""
    packages = [
        build.build_package(describe.load_shipped(name)) for name in ("test-operator", "home-operator")
    ]
    codes = [world.bench.smdp.add_order(package) for package in packages]
    order = world.eim.order_download(world.eid, smds=SMDS_ADDRESS, is_indirect=True)
    world.hand.poll()
    for matching_id in codes:
        _, ok = world.hand.initiate(order.transaction_id, smdpAddress=SMDP_ADDRESS)
        assert "matchingId" not in ok
        _, ok = world.hand.authenticate(ok, matching_id)
        _, ok = world.hand.bound_package(ok)
        result = world.hand.install(ok["boundProfilePackage"])
        pending = ("pendingNotification", ("profileInstallationResult", result))
        world.hand.talk("handleNotificationEsipa", pending)
        assert world.again(order).state is PackageState.DONE
    assert len(world.bench.smdp.notifications()) == 2


def test_an_ipa_that_knows_the_default_smdp(world: World) -> None:
    world.bench.smdp.add_order(PACKAGE, "", eid=world.eid)
    world.eim.order_download(world.eid, is_indirect=True)
    _, trigger = world.hand.poll()
    assert world.hand.download(trigger, smdpAddress=SMDP_ADDRESS)[0] == "eimAcknowledgements"


def test_an_sm_ds_without_events(world: World) -> None:
    order = world.eim.order_download(world.eid, smds=SMDS_ADDRESS, is_indirect=True)
    kind, ok = world.hand.work()
    assert (kind, list(ok)) == ("authenticateClientOkDSEsipa", ["transactionId"])
    assert world.again(order).detail == "the SM-DS knows of no event"


def test_an_event_that_names_no_server(world: World) -> None:
    order = world.eim.order_download(world.eid, smds=SMDS_ADDRESS, is_indirect=True)
    event = {
        "functionRequesterIdentifier": "2.999.10",
        "functionCallIdentifier": "1",
        "eid": world.eid.hex(),
        "rspServerAddress": "no server",
        "eventId": "A",
        "forwardingIndicator": False,
    }
    world.ds.register_event(event)
    assert world.hand.work() == failed("authenticateClient", "undefinedError")
    assert "an event of the SM-DS" in world.again(order).detail


@pytest.mark.parametrize(
    ("function", "answer", "address"),
    [
        ("authenticateClient", {}, SMDP_ADDRESS),  # remote profile management, or device change
        ("ES11.authenticateClient", {}, SMDS_ADDRESS),  # a signed list of events
    ],
)
def test_answers_of_version_3(world: World, function: str, answer: dict[str, Any], address: str) -> None:
    post = world.servers.post

    def changed(address: str, called: str, message: dict[str, Any]) -> dict[str, Any]:
        return answer if called == function else post(address, called, message)

    world.servers.post = changed  # type: ignore[method-assign]
    code = None if address == SMDS_ADDRESS else ordered(world)
    order = world.eim.order_download(world.eid, code, smds=None if code else address, is_indirect=True)
    assert world.hand.work() == failed("authenticateClient", "undefinedError")
    assert "authenticateClient was refused" in world.again(order).detail


def test_an_event_that_is_unknown(world: World) -> None:
    world.eim.order_download(world.eid, smds=SMDS_ADDRESS, is_indirect=True)
    _, trigger = world.hand.poll()
    _, ok = world.hand.initiate(trigger["eimTransactionId"])
    answer = world.hand.authenticate({**ok, "matchingId": "NOT-THERE"})
    assert answer == failed("authenticateClient", "eventIdUnknown")


def test_a_direct_download_is_only_triggered(world: World) -> None:
    code = ordered(world)
    order = world.eim.order_download(world.eid, code)
    _, trigger = world.hand.poll()
    assert trigger["profileDownloadData"] == ("activationCode", str(code))
    with world.bench.lpa() as lpa:
        result = lpa.download(str(code)).notification
    whole = iot.decode("ProfileInstallationResult", rsp.encode("ProfileInstallationResult", result))
    told = {
        "eimTransactionId": order.transaction_id,
        "profileDownloadTriggerResultData": ("profileInstallationResult", whole),
    }
    forged = told | {
        "profileDownloadTriggerResultData": ("profileInstallationResult", whole | {"euiccSignPIR": bytes(64)})
    }
    refused = ("provideEimPackageResultError", 127)
    assert world.hand.provide("profileDownloadTriggerResult", forged) == refused
    assert world.hand.provide("profileDownloadTriggerResult", told) == ("emptyResponse", {})
    assert world.again(order).state is PackageState.DONE
    assert world.store.all(Notification) == [], "the IPA tells the SM-DP+ itself"


@pytest.mark.parametrize(("name", "code"), [("ecallActive", 104), ("undefinedError", 127)])
def test_a_download_that_the_ipa_gives_up(world: World, name: str, code: int) -> None:
    order, _ = triggered(world)
    told = {
        "eimTransactionId": order.transaction_id,
        "profileDownloadTriggerResultData": ("profileDownloadError", {"profileDownloadErrorReason": code}),
    }
    assert world.hand.provide("profileDownloadTriggerResult", told) == ("emptyResponse", {})
    assert world.again(order).detail == name


def test_a_result_by_handle_notification(world: World) -> None:
    order, trigger = triggered(world)
    _, ok = world.hand.initiate(trigger["eimTransactionId"])
    _, ok = world.hand.authenticate(ok)
    _, ok = world.hand.bound_package(ok)
    result = world.hand.install(ok["boundProfilePackage"])
    told = {
        "eimTransactionId": order.transaction_id,
        "profileDownloadTriggerResultData": ("profileInstallationResult", result),
    }
    about = {"eidValue": world.eid, "eimPackageResult": ("profileDownloadTriggerResult", told)}
    assert world.hand.talk("handleNotificationEsipa", ("provideEimPackageResult", about)) is None
    assert world.again(order).state is PackageState.DONE
    assert len(world.bench.smdp.notifications()) == 1


def compact_result(result: Any, **changes: Any) -> Any:
    data = result["profileInstallationResultData"]
    _, success = data["finalResult"]
    compact = {
        "transactionId": data["transactionId"],
        "seqNumber": data["notificationMetadata"]["seqNumber"],
        "iccidPresent": True,
        "compactFinalResult": (
            "compactSuccessResult",
            {"compactAid": success["aid"][13:15], "simaResponse": success["simaResponse"]},
        ),
    }
    return "compactProfileInstallationResult", {
        "compactProfileInstallationResultData": compact | changes,
        "euiccSignPIR": result["euiccSignPIR"],
    }


def test_a_compact_installation_result(world: World) -> None:
    order, trigger = triggered(world)
    _, ok = world.hand.initiate(trigger["eimTransactionId"])
    _, ok = world.hand.authenticate(ok)
    _, ok = world.hand.bound_package(ok)
    result = world.hand.install(ok["boundProfilePackage"])
    for wrong in ({"seqNumber": 99}, {"transactionId": b"unknown"}):
        world.hand.talk("handleNotificationEsipa", ("pendingNotification", compact_result(result, **wrong)))
    assert world.store.all(Notification) == []
    assert world.again(order).state is PackageState.SENT
    world.hand.talk("handleNotificationEsipa", ("pendingNotification", compact_result(result)))
    assert world.again(order).state is PackageState.DONE
    [heard] = world.bench.smdp.notifications()
    assert rsp.decode("PendingNotification", heard.content)[1] == result


def test_an_installation_that_failed(world: World) -> None:
    order, trigger = triggered(world)
    _, ok = world.hand.initiate(trigger["eimTransactionId"])
    _, ok = world.hand.authenticate(ok)
    _, ok = world.hand.bound_package(ok)
    package = dict(ok["boundProfilePackage"])
    package["sequenceOf86"] = [bytes(len(package["sequenceOf86"][0])), *package["sequenceOf86"][1:]]
    result = world.hand.install(package)
    pending = ("pendingNotification", ("profileInstallationResult", result))
    world.hand.talk("handleNotificationEsipa", pending)
    over = world.again(order)
    assert (over.state, over.detail) == (PackageState.FAILED, "scp03tSecurityError")
    [heard] = world.bench.smdp.notifications()
    assert not heard.is_success


def compact_other(pending: Any, **members: Any) -> Any:
    signed = pending[1]
    compact = {
        "tbsOtherNotification": signed["tbsOtherNotification"],
        "euiccNotificationSignature": signed["euiccNotificationSignature"],
    }
    return "pendingNotification", ("compactOtherSignedNotification", compact | members)


def test_other_notifications(world: World) -> None:
    world.add_profiles("test-operator")
    with world.bench.lpa() as lpa:
        lpa.process_notifications()
    heard = len(world.bench.smdp.notifications())
    world.eim.order(world.eid, ("disable", world.iccid(0)))
    world.hand.work()
    world.bench.euicc.reset()
    _, [pending] = rsp.decode("RetrieveNotificationsListResponse", world.hand.es10(bytes.fromhex("BF2B00")))
    forged = pending[0], pending[1] | {"euiccNotificationSignature": bytes(64)}
    for refused in (("pendingNotification", forged), compact_other(pending)):
        world.hand.talk("handleNotificationEsipa", refused)
    assert world.store.all(Notification) == []
    world.servers.down.add(SMDP_ADDRESS)
    world.hand.talk("handleNotificationEsipa", compact_other(pending, eidValue=world.eid))
    [kept] = world.store.all(Notification)
    assert (kept.state, kept.event, kept.failures) == (NotificationState.WAITING, "disable", 1)
    assert len(world.bench.smdp.notifications()) == heard
    assert world.eim.deliver_notifications() == 0, "not yet"
    world.later(seconds=60)
    assert world.eim.deliver_notifications() == 0, "still down"
    world.servers.down.clear()
    world.later(seconds=60)
    assert world.eim.deliver_notifications() == 0, "twice as long now"
    world.later(seconds=60)
    assert world.eim.deliver_notifications() == 1
    world.hand.talk("handleNotificationEsipa", ("pendingNotification", pending))
    assert len(world.bench.smdp.notifications()) == heard + 1
    assert [one.state for one in world.store.all(Notification)] == [NotificationState.DELIVERED]


def test_a_notification_that_the_server_refuses(world: World) -> None:
    Refusing(world, "handleNotification", ("8.1.3", "6.1"))
    world.add_profiles("test-operator")
    _, [pending] = iot.decode(
        "IotRetrieveNotificationsListResponse", world.hand.es10(bytes.fromhex("BF2B00"))
    )
    world.hand.talk("handleNotificationEsipa", ("pendingNotification", pending))
    [kept] = world.store.all(Notification)
    assert (kept.state, kept.event) == (NotificationState.REFUSED, "enable")
    assert "8.1.3/6.1" in kept.detail
    world.later(days=9)
    assert world.eim.deliver_notifications() == 0


@pytest.mark.parametrize("saves_bytes", [False, True])
def test_a_download_that_is_cancelled(world: World, saves_bytes: bool) -> None:
    world.hand.saves_bytes = saves_bytes
    order, trigger = triggered(world)
    _, ok = world.hand.initiate(trigger["eimTransactionId"])
    world.hand.authenticate(ok)
    assert world.hand.cancel(reason=0) == ("cancelSessionOk", {})
    over = world.again(order)
    assert over.state is PackageState.FAILED
    assert over.detail == "the IPA cancelled the download: endUserRejection"
    assert world.servers.posted[-1] == (SMDP_ADDRESS, "cancelSession")


def test_cancelling_refused(world: World) -> None:
    _, trigger = triggered(world)
    _, ok = world.hand.initiate(trigger["eimTransactionId"])
    world.hand.authenticate(ok)
    kind, value = iot.decode(
        "IotCancelSessionResponse",
        world.hand.es10(
            rsp.encode("CancelSessionRequest", {"transactionId": world.hand.transaction_id, "reason": 5})
        ),
    )
    forged = (kind, value | {"euiccCancelSessionSignature": bytes(64)})

    def cancelled(transaction_id: bytes | None, response: Any) -> Any:
        request = {"transactionId": transaction_id, "cancelSessionResponse": response}
        return world.hand.talk("cancelSessionRequestEsipa", request)

    assert cancelled(world.hand.transaction_id, forged) == failed("cancelSession", "euiccSignatureInvalid")
    assert cancelled(b"unknown", (kind, value)) == failed("cancelSession", "invalidTransactionId")
    error = ("cancelSessionResponseError", 5)
    assert cancelled(world.hand.transaction_id, error) == failed("cancelSession", "undefinedError")


class TestInitiateAuthentication:
    def test_an_unknown_transaction(self, world: World) -> None:
        refused = failed("initiateAuthentication", "invalidEimTransactionId")
        assert world.hand.initiate(b"unknown") == refused
        order = world.eim.order_download(world.eid, ordered(world), is_indirect=True)
        assert world.hand.initiate(order.transaction_id) == refused, "it was not fetched yet"

    def test_no_server(self, world: World) -> None:
        assert world.hand.initiate(None) == failed("initiateAuthentication", "invalidDpAddress")
        world.eim.order_download(world.eid, is_indirect=True)
        _, trigger = world.hand.poll()
        answer = world.hand.initiate(trigger["eimTransactionId"])
        assert answer == failed("initiateAuthentication", "invalidDpAddress"), "no default SM-DP+"

    def test_another_address(self, world: World) -> None:
        _, trigger = triggered(world)
        refused = failed("initiateAuthentication", "smdpAddressMismatch")
        assert world.hand.initiate(trigger["eimTransactionId"], smdpAddress="other.example.com") == refused

    def test_a_server_with_another_name(self, world: World) -> None:
        server = world.servers._ways[SMDP_ADDRESS]._server
        world.servers._ways["alias.example.com"] = world.servers._ways[SMDP_ADDRESS]
        before = server.initiate_authentication

        def renamed(request: dict[str, Any]) -> dict[str, Any]:
            answer: dict[str, Any] = before({**request, "smdpAddress": SMDP_ADDRESS})
            return answer

        server.initiate_authentication = renamed
        _, trigger = triggered(world, ActivationCode("alias.example.com", "M"))
        refused = failed("initiateAuthentication", "smdpAddressMismatch")
        assert world.hand.initiate(trigger["eimTransactionId"]) == refused

    def test_another_oid(self, world: World) -> None:
        _, trigger = triggered(world, ActivationCode(SMDP_ADDRESS, "M", "2.999.11"))
        refused = failed("initiateAuthentication", "smdpOidMismatch")
        assert world.hand.initiate(trigger["eimTransactionId"]) == refused

    def test_the_right_oid(self, world: World) -> None:
        _, trigger = triggered(world, ActivationCode(SMDP_ADDRESS, "M", "2.999.10"))
        assert world.hand.initiate(trigger["eimTransactionId"])[0] == "initiateAuthenticationOkEsipa"

    def test_nobody_there(self, world: World) -> None:
        _, trigger = triggered(world)
        world.servers.down.add(SMDP_ADDRESS)
        refused = failed("initiateAuthentication", "undefinedError")
        assert world.hand.initiate(trigger["eimTransactionId"]) == refused
        world.eim.es9 = None
        assert world.hand.initiate(trigger["eimTransactionId"]) == refused

    def test_an_eim_that_does_not_know_the_eUICC(self, world: World) -> None:  # noqa: N802
        world.hand.saves_bytes = True
        refused = failed("initiateAuthentication", "undefinedError")
        assert world.hand.initiate(None, smdpAddress=SMDP_ADDRESS) == refused

    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"svn": bytes((1, 0, 0))}, "euiccVersionNotSupportedByDp"),
            ({"euiccCiPKIdListForSigning": [bytes(20)]}, "ciPKIdNotSupported"),
            ({"euiccCiPKIdListForVerification": [bytes(20)]}, "ciPKIdNotSupported"),
        ],
    )
    def test_what_the_server_refuses(self, world: World, changes: dict[str, Any], name: str) -> None:
        _, trigger = triggered(world)
        info = dict(iot.decode("EUICCInfo1", world.hand.es10(bytes.fromhex("BF2000")))) | changes
        answer = world.hand.initiate(trigger["eimTransactionId"], euiccInfo1=info)
        assert answer == failed("initiateAuthentication", name)


class Refusing:
    """A server that answers well, until it refuses a function."""

    def __init__(self, world: World, function: str, codes: tuple[str, str]) -> None:
        self._post, self._function, self._codes = world.servers.post, function, codes
        world.eim.es9 = self

    def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
        if function == self._function:
            raise ServerRefused(function, *self._codes)
        return self._post(address, function, message)


@pytest.mark.parametrize(
    ("function", "name", "codes"),
    [
        (function, name, pair)
        for function, rows in esipa.CODES.items()
        for name, pair in rows.items()
        if function != "cancelSession"
    ]
    + [(function, name, pair) for function, rows in FURTHER_CODES.items() for pair, name in rows.items()]
    + [("authenticateClient", "undefinedError", ("8.2", "1.2"))],
)
def test_every_code_of_the_servers(world: World, function: str, name: str, codes: tuple[str, str]) -> None:
    """Each refusal of an SM-DP+ reaches the IPA as the error of ESipa that it stands for."""
    Refusing(world, function, codes)
    _, trigger = triggered(world)
    assert world.hand.download(trigger) == failed(function, name)
    assert error_name(function, *codes) == name


class TestAuthenticateClient:
    def test_an_unknown_session(self, world: World) -> None:
        _, trigger = triggered(world)
        _, ok = world.hand.initiate(trigger["eimTransactionId"])
        response = world.hand.authenticate_server(ok)
        request = {"transactionId": b"unknown", "authenticateServerResponse": response}
        answer = world.hand.talk("authenticateClientRequestEsipa", request)
        assert answer == failed("authenticateClient", "invalidTransactionId")

    @pytest.mark.parametrize(
        ("change", "name"),
        [
            (lambda ok: {"euiccSignature1": bytes(64)}, "euiccSignatureInvalid"),
            (lambda ok: {"euiccCertificate": ok["eumCertificate"]}, "euiccCertificateInvalid"),
            (lambda ok: {"eumCertificate": ok["euiccCertificate"]}, "eumCertificateInvalid"),
        ],
    )
    def test_what_the_euicc_does_not_prove(
        self, world: World, change: Callable[[Any], dict[str, Any]], name: str
    ) -> None:
        _, trigger = triggered(world)
        _, ok = world.hand.initiate(trigger["eimTransactionId"])
        kind, value = world.hand.authenticate_server(ok)
        request = {
            "transactionId": ok["transactionId"],
            "authenticateServerResponse": (kind, value | change(value)),
        }
        answer = world.hand.talk("authenticateClientRequestEsipa", request)
        assert answer == failed("authenticateClient", name)

    def test_an_euicc_that_refused(self, world: World) -> None:
        _, trigger = triggered(world)
        _, ok = world.hand.initiate(trigger["eimTransactionId"])
        error = (
            "authenticateResponseError",
            {"transactionId": ok["transactionId"], "authenticateErrorCode": 2},
        )
        request = {"transactionId": ok["transactionId"], "authenticateServerResponse": error}
        answer = world.hand.talk("authenticateClientRequestEsipa", request)
        assert answer == failed("authenticateClient", "undefinedError")
        assert world.servers.posted[-1] == (SMDP_ADDRESS, "authenticateClient")

    def test_another_eUICC(self, world: World) -> None:  # noqa: N802
        other = bytes.fromhex("89049032123451234512345678901236")
        world.eim.add_device(other)
        order = world.eim.order_download(other, ordered(world), is_indirect=True)
        world.eim.withdraw(world.store.all(Package, other)[0].transaction_id)
        world.hand.talk("getEimPackageRequest", {"eidValue": other})
        _, ok = world.hand.initiate(order.transaction_id)
        assert world.hand.authenticate(ok) == failed("authenticateClient", "eidMismatch")

    def test_compact_without_what_the_eim_needs(self, world: World) -> None:
        world.hand.saves_bytes = True
        device = world.device
        _, trigger = triggered(world)
        for lacking, name in (
            ({"euicc_certificate": b""}, "euiccCertificateInvalid"),
            ({"euicc_info2": b""}, "undefinedError"),
        ):
            _, ok = world.hand.initiate(trigger["eimTransactionId"])
            world.store.save(world.device._replace(**lacking))
            assert world.hand.authenticate(ok) == failed("authenticateClient", name)
            world.store.save(device._replace(version=world.device.version))

    @pytest.mark.parametrize("rules", [False, True])
    def test_rules_that_the_eim_is_to_check(self, world: World, rules: bool) -> None:
        capabilities = iot.encode("IpaCapabilities", {"ipaFeatures": SAVES_ALL})
        owner = {"mccMnc": bytes.fromhex("09F107")}
        table = iot.encode(
            "RulesAuthorisationTable",
            [{"pprIds": (b"\x60", 3), "allowedOperators": [owner], "pprFlags": (b"", 0)}],
        )
        world.store.save(world.device._replace(ipa_capabilities=capabilities, rules=table if rules else b""))
        metadata = ProfileMetadata(policy_rules=("ppr1",), owner=ProfileOwner("90170"))
        _, trigger = triggered(world, ordered(world, metadata=metadata))
        _, ok = world.hand.initiate(trigger["eimTransactionId"])
        kind, value = world.hand.authenticate(ok)
        if rules:
            assert kind == "authenticateClientOkDPEsipa"
        else:
            assert (kind, value) == failed("authenticateClient", "pprNotAllowed")


class TestGetBoundProfilePackage:
    def prepared(self, world: World, **order: Any) -> dict[str, Any]:
        _, trigger = triggered(world, ordered(world, **order))
        _, ok = world.hand.initiate(trigger["eimTransactionId"])
        answer: tuple[str, dict[str, Any]] = world.hand.authenticate(ok)
        assert answer[0] == "authenticateClientOkDPEsipa"
        return answer[1]

    def test_a_wrong_signature(self, world: World) -> None:
        ok = self.prepared(world)
        kind, value = world.hand.prepare(ok)
        forged = (kind, value | {"euiccSignature2": bytes(64)})
        answer = world.hand.bound_package(ok, forged)
        assert answer == failed("getBoundProfilePackage", "euiccSignatureInvalid")

    def test_before_authentication(self, world: World) -> None:
        ok = self.prepared(world)
        response = world.hand.prepare(ok)
        _, trigger = world.hand.poll()
        _, ok = world.hand.initiate(trigger["eimTransactionId"])
        refused = failed("getBoundProfilePackage", "invalidTransactionId")
        for transaction_id in (ok["transactionId"], b"unknown"):
            world.hand.transaction_id = transaction_id
            assert world.hand.bound_package({}, response) == refused

    def test_no_confirmation_code(self, world: World) -> None:
        ok = self.prepared(world, confirmation_code="1234")
        answer = world.hand.bound_package(ok)
        assert answer == failed("getBoundProfilePackage", "confirmationCodeMissing")

    def test_a_wrong_confirmation_code(self, world: World) -> None:
        ok = self.prepared(world, confirmation_code="1234")
        answer = world.hand.bound_package({**ok, "hashCc": bytes(32)})
        assert answer == failed("getBoundProfilePackage", "confirmationCodeRefused")

    def test_an_euicc_that_refused(self, world: World) -> None:
        ok = self.prepared(world)
        error = ("downloadResponseError", {"transactionId": ok["transactionId"], "downloadErrorCode": 2})
        answer = world.hand.bound_package(ok, error)
        assert answer == failed("getBoundProfilePackage", "undefinedError")

    def test_other_metadata(self, world: World) -> None:
        ok = self.prepared(world)
        session = world.store.get(Session, ok["transactionId"].hex())
        assert session is not None
        other = dict(rsp.decode("StoreMetadataRequest", session.metadata)) | {"profileName": "another"}
        world.store.save(session._replace(metadata=rsp.encode("StoreMetadataRequest", other)))
        assert world.hand.bound_package(ok) == failed("getBoundProfilePackage", "metadataMismatch")

    def test_compact_without_key(self, world: World) -> None:
        ok = self.prepared(world)
        compact = ("compactDownloadResponseOk", {"compactEuiccSigned2": {}, "euiccSignature2": bytes(64)})
        answer = world.hand.bound_package(ok, compact)
        assert answer == failed("getBoundProfilePackage", "undefinedError")


def test_a_package_that_was_bound_before(world: World) -> None:
    """The download breaks off; in the next the eUICC uses the key that the package is bound to, and an IPA
    that saves bytes leaves it out."""
    code = ordered(world)
    _, trigger = triggered(world, code)
    _, ok = world.hand.initiate(trigger["eimTransactionId"])
    _, ok = world.hand.authenticate(ok)
    world.hand.bound_package(ok)
    world.hand.saves_bytes = True
    _, ok = world.hand.initiate(trigger["eimTransactionId"])
    _, ok = world.hand.authenticate(ok)
    assert "bppEuiccOtpk" in ok["smdpSigned2"]
    kind, value = world.hand.prepare(ok)
    assert value["compactEuiccSigned2"]["euiccOtpk"] == ok["smdpSigned2"]["bppEuiccOtpk"]
    short = (kind, value | {"compactEuiccSigned2": {}})
    kind, value = world.hand.bound_package(ok, short)
    assert kind == "getBoundProfilePackageOkEsipa"
    assert world.hand.install(value["boundProfilePackage"])["profileInstallationResultData"]["finalResult"][
        0
    ] == ("successResult")


def test_why_a_download_failed_stands_at_its_package(world: World) -> None:
    order, trigger = triggered(world, ActivationCode(SMDP_ADDRESS, "NOT-THERE"))
    assert world.hand.download(trigger) == failed("authenticateClient", "matchingIdRefused")
    assert "8.2.6/3.8" in world.again(order).detail
    error = ("profileDownloadError", {"profileDownloadErrorReason": 127})
    told = {"eimTransactionId": order.transaction_id, "profileDownloadTriggerResultData": error}
    world.hand.provide("profileDownloadTriggerResult", told)
    detail = world.again(order).detail
    assert detail.startswith("undefinedError; authenticateClient was refused with matchingIdRefused")


def test_old_sessions_are_forgotten(world: World) -> None:
    _, trigger = triggered(world)
    world.hand.initiate(trigger["eimTransactionId"])
    world.later(days=6)
    assert world.eim.forget_sessions() == 0
    world.later(days=2)
    assert world.eim.forget_sessions() == 1
    assert world.store.all(Session) == []
