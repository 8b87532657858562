"""Device Change and Profile Recovery at the SM-DP+: the way through, and everything that stops it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from asn1 import es2, es9, rsp, tlv
from simulator.smdp import MemoryStore, Refusal, RspError, Store
from simulator.smdp.client import UnreachableError
from simulator.smdp.device_change.policy import DAY, DeviceChangePolicy
from simulator.smdp.device_change.states import DEVICE_CHANGE, DeviceChangeEvent, DeviceChangeState
from simulator.smdp.http import create_app
from simulator.smdp.management import PATH
from simulator.smdp.records import DeviceChange, Operator
from simulator.smdp.sql import SqlStore
from simulator.smdp.states import OrderState

ICCID = "89000123456789012341"
ICCID_BYTES = bytes.fromhex("98001032547698103214")
OTHER_EID = bytes.fromhex("89049032000000000000000000000163")
ADDRESS = "testsmdpplus1.example.com"
OPERATOR = "2.999.77"
S = DeviceChangeState


@dataclass
class Move:
    """A server, the card that has the profile, the card that shall have it."""

    world: Any
    old: Any
    new: Any
    operator: OperatorDouble = field(default_factory=lambda: OperatorDouble())

    @property
    def smdp(self) -> Any:
        return self.world.smdp

    @property
    def change(self) -> DeviceChange:
        return self.smdp.device_changes()[-1]  # type: ignore[no-any-return]

    def order(self, name: str) -> Any:
        return self.smdp.find_order(name)

    def proof(self, card: Any, context: tuple[str, Any], **more: Any) -> dict[str, Any]:
        """The request of AuthenticateClient by that card, over JSON."""
        opening = self.smdp.initiate_authentication(card.initiate())
        request = {**card.authenticate(opening, "", ctxParams1=context), **more}
        document = es9.encode_request("authenticateClient", request)
        return es9.decode_request("authenticateClient", document)

    def ask(self, card: Any = None, iccid: bytes = ICCID_BYTES, **members: Any) -> dict[str, Any]:
        """AuthenticateClient for a device change."""
        device = {"tac": bytes(4), "deviceCapabilities": {}}
        context = "ctxParamsForDeviceChange", {"iccid": iccid, "deviceInfo": device, **members}
        answer = self.smdp.authenticate_client(self.proof(card or self.old, context))
        return es9.decode_response("authenticateClient", es9.encode_response("authenticateClient", answer))

    def confirm(self, offer: dict[str, Any], code: str = "", **options: Any) -> dict[str, Any]:
        """The data of the change, as the old card reads them."""
        request = self.old.prepare_change(offer, code, **options)
        document = es9.encode_request("confirmDeviceChange", request)
        answer = self.smdp.confirm_device_change(es9.decode_request("confirmDeviceChange", document))
        document = es9.encode_response("confirmDeviceChange", answer)
        return self.old.open_change(es9.decode_response("confirmDeviceChange", document))  # type: ignore[no-any-return]

    def moved(self, **members: Any) -> dict[str, Any]:
        return self.confirm(self.ask(**members))

    def deleted(self) -> None:
        self.smdp.handle_notification(self.old.notify("delete"))

    def offer(self, code: str, deletion: Any = None) -> dict[str, Any]:
        """AuthenticateClient of the new card for a download."""
        context = {
            "matchingId": code.split("$")[2],
            "deviceInfo": {"tac": bytes(4), "deviceCapabilities": {}},
        }
        more = {"deleteNotificationForDc": deletion} if deletion else {}
        proof = self.proof(self.new, ("ctxParamsForCommonAuthentication", context), **more)
        return self.smdp.authenticate_client(proof)  # type: ignore[no-any-return]

    def download(self, code: str, error: int | None = None) -> None:
        """By the new card, up to the result."""
        package = self.smdp.get_bound_profile_package(self.new.prepare(self.offer(code)))
        self.smdp.handle_notification(self.new.result(package["transactionId"], error))

    def recover(self, card: Any = None, iccid: bytes = ICCID_BYTES) -> dict[str, Any]:
        device = {"tac": bytes(4), "deviceCapabilities": {}}
        context = "ctxParamsForProfileRecovery", {"iccid": iccid, "deviceInfo": device}
        return self.smdp.authenticate_client(self.proof(card or self.old, context))  # type: ignore[no-any-return]


@dataclass
class OperatorDouble:
    """ES2+ at an operator; the answer goes over JSON."""

    answer: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, operator: Operator) -> OperatorDouble:
        assert operator.oid == OPERATOR
        return self

    def post(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
        header = {"functionRequesterIdentifier": "2.999.10", "functionCallIdentifier": "1"}
        document = es2.CALLBACK.encode_request(function, {**header, **message})
        self.asked.append({k: v for k, v in document.items() if k != "header"})
        if self.error:
            raise self.error
        return es2.CALLBACK.decode_response(function, es2.CALLBACK.encode_response(function, self.answer))


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    sql = SqlStore(f"sqlite:///{tmp_path / 'smdp.db'}")
    yield sql
    sql.close()


Make = Callable[..., Move]


@pytest.fixture
def make(make_world: Callable[..., Any], make_euicc: Callable[..., Any], store: Store) -> Make:
    """A profile with this policy on the old card."""

    def new(policy: DeviceChangePolicy | None = None, **members: Any) -> Move:
        world = make_world(store)
        move = Move(world, world.euicc, make_euicc(world.pki, world.entropy, OTHER_EID))
        for card in (move.old, move.new):
            card.become_version_3("deviceChangeSupport")
        world.smdp.operators = move.operator
        world.smdp.add_operator(OPERATOR, "operator.example.com")
        if policy is None:
            policy = DeviceChangePolicy(**members)
        world.smdp.add_profile(world.upp, owner=OPERATOR)
        header = {"functionRequesterIdentifier": OPERATOR}
        world.smdp.set_device_change(ICCID, policy)
        world.smdp.download_order({**header, "iccid": ICCID})
        world.smdp.confirm_order({**header, "iccid": ICCID, "matchingId": "ID-1", "releaseFlag": True})
        package = world.delivered("ID-1")
        world.metadata = world.euicc.open(package["boundProfilePackage"])[1]
        world.smdp.handle_notification(world.euicc.result(package["transactionId"]))
        assert move.order("ID-1").state is OrderState.INSTALLED
        return move

    return new


def told(move: Move) -> list[tuple[int, str]]:
    """What the operator hears of: points and codes."""
    messages = [json.loads(one.message) for one in move.world.store.undelivered()]
    status = [one["notificationPointStatus"].get("statusCodeData", {}) for one in messages]
    codes = [f"{one.get('subjectCode', '')}/{one.get('reasonCode', '')}".strip("/") for one in status]
    return list(zip([one["notificationPointId"] for one in messages], codes, strict=True))[3:]


def refused(refusal: Refusal, call: Callable[[], Any], detail: str = "") -> None:
    with pytest.raises(RspError) as caught:
        call()
    codes = (caught.value.subject_code, caught.value.reason_code)
    assert codes == (refusal.subject_code, refusal.reason_code), caught.value
    assert detail in caught.value.message


# --- the way through --------------------------------------------------------------------------------------


def test_a_profile_moves_to_another_card(make: Make) -> None:
    move = make()
    assert move.world.metadata["deviceChangeConfiguration"] == ("requestToDp", {"smdpAddressForDc": ADDRESS})
    offer = move.ask()
    assert offer["smdpSigned4"]["ccRequiredFlag"] is False
    assert "serviceProviderMessageForDc" not in offer
    assert move.change.state is S.READY
    data = move.confirm(offer)
    code = data["activationCodeForDc"]
    assert data == {
        "iccid": ICCID_BYTES,
        "activationCodeForDc": code,
        "deleteOldProfile": None,
        "deleteNotificationForDcSupport": None,
        "notificationAddress": ADDRESS,
    }
    assert code.startswith(f"1${ADDRESS}$")
    assert move.change.state is S.CONFIRMED
    refused(Refusal.NOT_RELEASED, lambda: move.offer(code), "old device")
    move.deleted()
    assert move.change.state is S.DELETED
    assert move.order("ID-1").state is OrderState.UNAVAILABLE, "the old order is over"
    move.download(code)
    assert move.change.state is S.INSTALLED
    moved = move.order(code.split("$")[2])
    assert (moved.state, moved.eid) == (OrderState.INSTALLED, OTHER_EID)
    assert told(move)[:2] == [(5, ""), (6, "")]


def test_the_moved_profile_may_move_on(make: Make) -> None:
    move = make()
    code = move.moved()["activationCodeForDc"]
    move.deleted()
    move.download(code)
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, move.ask, "is not on the eUICC")
    move.old, move.new = move.new, move.old
    back = move.moved()["activationCodeForDc"]
    assert back != code
    move.deleted()
    move.download(back)
    assert [change.state for change in move.smdp.device_changes()] == [S.INSTALLED, S.INSTALLED]


def test_without_encryption_the_data_come_in_the_clear(make: Make) -> None:
    move = make()
    request = move.old.prepare_change(move.ask(), encrypts=False)
    answer = move.smdp.confirm_device_change(request)
    assert answer["smdpSigned5"]["deviceChangeResponse"][0] == "deviceChangeData"
    assert move.old.open_change(answer)["iccid"] == ICCID_BYTES


def test_the_deletion_travels_with_the_activation_code(make: Make) -> None:
    move = make()
    code = move.moved()["activationCodeForDc"]
    assert "profileMetadata" in move.offer(code, move.old.deletion())
    assert move.change.state is S.DELETED
    assert move.order("ID-1").state is OrderState.UNAVAILABLE
    (deletion,) = [one for one in move.smdp.notifications() if one.event == "delete"]
    assert (
        rsp.decode("DeleteNotificationForDc", deletion.content)["notificationMetadata"]["iccid"]
        == ICCID_BYTES
    )
    assert "profileMetadata" in move.offer(code, move.old.deletion()), "once it is free, nothing is asked"


def test_a_confirmation_that_is_repeated_gives_the_same_code(make: Make) -> None:
    move = make()
    request = move.old.prepare_change(move.ask())
    first = move.old.open_change(move.smdp.confirm_device_change(request))
    second = move.old.open_change(move.smdp.confirm_device_change(request))
    assert first == second
    assert move.moved()["activationCodeForDc"] == first["activationCodeForDc"], "also when asked anew"
    assert len(move.smdp.device_changes()) == 1


def test_the_operator_wants_to_know_the_new_device(make: Make) -> None:
    move = make(requires_eid=True, requires_tac=True)
    _, configuration = move.world.metadata["deviceChangeConfiguration"]
    assert configuration == {"smdpAddressForDc": ADDRESS, "eidRequired": None, "tacRequired": None}
    refused(Refusal.INCOMPLETE, move.ask, "new device")
    refused(Refusal.INCOMPLETE, lambda: move.ask(targetEidValue=OTHER_EID))
    refused(Refusal.INCOMPLETE, lambda: move.ask(targetTacValue=bytes(4)))
    code = move.moved(targetEidValue=OTHER_EID, targetTacValue=bytes(4))["activationCodeForDc"]
    move.deleted()
    order = move.order(code.split("$")[2])
    assert (order.eid, order.is_linked) == (OTHER_EID, True)
    move.new, right = move.old, move.new
    refused(Refusal.EID, lambda: move.offer(code))
    move.new = right
    move.download(code)


def test_a_message_and_a_confirmation_code(make: Make) -> None:
    move = make(message="Bis bald!", language="de", confirmation_code="4711")
    offer = move.ask()
    assert offer["serviceProviderMessageForDc"] == {"languageTag": "de", "message": "Bis bald!"}
    assert offer["smdpSigned4"]["ccRequiredFlag"] is True
    refused(Refusal.CONFIRMATION_CODE_MISSING, lambda: move.confirm(offer))
    refused(Refusal.CONFIRMATION_CODE, lambda: move.confirm(offer, "1"))
    assert move.confirm(offer, "4711")["iccid"] == ICCID_BYTES


def test_too_many_wrong_codes_end_the_change(make: Make) -> None:
    move = make(confirmation_code="4711")
    for refusal in (Refusal.CONFIRMATION_CODE,) * 2 + (Refusal.CONFIRMATION_CODE_ATTEMPTS,):
        offer = move.ask()
        refused(refusal, lambda offer=offer: move.confirm(offer, "1"))  # type: ignore[misc]
    assert move.change.state is S.CANCELLED
    refused(Refusal.TRANSACTION_ID, lambda: move.confirm(offer, "4711"))
    assert (2, "8.2.7/6.4") in told(move)
    assert move.confirm(move.ask(), "4711"), "the user may begin anew"
    assert len(move.smdp.device_changes()) == 2


# --- the operator is asked --------------------------------------------------------------------------------


def test_the_operator_decides(make: Make) -> None:
    move = make(asks_operator=True, message="unused")
    said = {"languageTag": "en", "message": "See you."}
    move.operator.answer = {"serviceProviderMessageForDc": said, "confirmationCode": "99"}
    offer = move.ask(targetEidValue=OTHER_EID, targetTacValue=bytes.fromhex("35290611"))
    assert move.operator.asked == [{"iccid": ICCID, "eid": OTHER_EID.hex(), "tac": "35290611"}]
    assert offer["serviceProviderMessageForDc"] == said
    assert move.confirm(offer, "99")
    move.ask()
    assert len(move.operator.asked) == 1, "it is asked once for a change"


def test_the_operator_refuses_or_is_away(make: Make) -> None:
    move = make(asks_operator=True)
    move.operator.error = RspError("8.2.1", "1.2", "", "not this one")
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, move.ask, "not this one")
    move.operator.error = UnreachableError("nobody there")
    refused(Refusal.TEMPORARY, move.ask, "nobody there")
    move.operator.error, move.smdp.operators = None, None
    refused(Refusal.TEMPORARY, move.ask, "cannot be reached")
    move.smdp.operators = move.operator
    move.smdp.add_operator(OPERATOR, "")
    refused(Refusal.TEMPORARY, move.ask, "cannot be reached")
    assert move.smdp.device_changes() == []


# --- another profile, prepared meanwhile ------------------------------------------------------------------

NEW_ICCID = "89000123456789012358"


def other_profile(move: Move) -> None:
    """In stock, for the operator to order."""
    from simulator.smdp import ProfileMetadata

    move.smdp.add_profile(move.world.upp, owner=OPERATOR, metadata=ProfileMetadata(iccid=NEW_ICCID))


def release_other(move: Move, **members: Any) -> None:
    header = {"functionRequesterIdentifier": OPERATOR, "iccid": NEW_ICCID}
    move.smdp.download_order(header)
    move.smdp.confirm_order({**header, "matchingId": "OTHER", "releaseFlag": True, **members})


def test_the_old_device_waits_for_another_profile(make: Make) -> None:
    move = make(asks_operator=True, retry_minutes=7)
    move.operator.answer = {"newProfileIccid": NEW_ICCID}
    answer = move.ask()
    signed = move.old.check_auth(answer, 6, move.old.signature1)
    kind, retry = signed["requestSpecificData"]
    assert (kind, retry["retryDelay"]) == ("retryData", 7)
    assert "smdpSigned4" not in answer
    check = {"dcSessionId": retry["dcSessionId"]}
    assert move.change.state is S.REQUESTED
    assert move.smdp.check_progress(check) == {"retryDelay": 7}, "no profile has this ICCID"
    other_profile(move)
    assert move.smdp.check_progress(check) == {"retryDelay": 7}, "it is in stock"
    release_other(move, confirmationCode="55")
    assert move.smdp.check_progress(check) == {}
    data = move.confirm(move.ask())
    assert data["activationCodeForDc"] == f"1${ADDRESS}$OTHER$$1"
    assert "deleteOldProfile" in data
    assert move.smdp.check_progress(check) == {}, "it waits for nothing any more"
    assert len(move.operator.asked) == 1


def test_with_another_profile_the_old_one_may_stay(make: Make) -> None:
    move = make(asks_operator=True, deletes_old=False)
    other_profile(move)
    release_other(move)
    move.operator.answer = {"newProfileIccid": NEW_ICCID}
    data = move.moved()
    assert not {"deleteOldProfile", "deleteNotificationForDcSupport", "notificationAddress"} & data.keys()
    move.download(data["activationCodeForDc"])
    assert move.change.state is S.INSTALLED
    assert move.order("ID-1").state is OrderState.INSTALLED


def test_the_same_profile_is_never_on_two_cards(make: Make) -> None:
    move = make(deletes_old=False)
    assert "deleteOldProfile" in move.moved()


def test_another_profile_that_is_gone(make: Make) -> None:
    move = make(asks_operator=True)
    other_profile(move)
    release_other(move)
    move.operator.answer = {"newProfileIccid": NEW_ICCID}
    offer = move.ask()
    move.smdp.withdraw_order("OTHER")
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, lambda: move.confirm(offer), "Unavailable")
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, move.ask, "Unavailable")


def test_a_progress_of_nothing(make: Make) -> None:
    move = make()
    refused(Refusal.DC_SESSION, lambda: move.smdp.check_progress({"dcSessionId": bytes(16)}))


# --- refusals of AuthenticateClient -----------------------------------------------------------------------


def test_who_may_ask(make: Make) -> None:
    move = make()
    refused(Refusal.ICCID, lambda: move.ask(iccid=bytes(10)))
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, lambda: move.ask(move.new), "is not on the eUICC")
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, lambda: move.ask(targetEidValue=move.old.eid), "same eUICC")
    move.smdp.set_device_change("ID-1", None)
    refused(Refusal.DEVICE_CHANGE, move.ask)


def test_a_profile_that_is_being_downloaded_is_not_offered_again(make: Make) -> None:
    move = make(asks_operator=True, deletes_old=False)
    other_profile(move)
    release_other(move)
    move.operator.answer = {"newProfileIccid": NEW_ICCID}
    code = move.moved()["activationCodeForDc"]
    move.smdp.get_bound_profile_package(move.new.prepare(move.offer(code)))
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, move.ask, "Downloaded")


# --- refusals of ConfirmDeviceChange ----------------------------------------------------------------------


def test_confirmations_that_are_none(make: Make) -> None:
    move = make()
    offer = move.ask()
    request = move.old.prepare_change(offer)
    unknown = {**request, "transactionId": bytes(16)}
    refused(Refusal.TRANSACTION_ID, lambda: move.smdp.confirm_device_change(unknown))
    error = {"transactionId": offer["transactionId"], "downloadErrorCode": 2}
    no = {**request, "prepareDeviceChangeResponse": ("prepareDeviceChangeResponseError", error)}
    refused(Refusal.EXECUTION_ERROR, lambda: move.smdp.confirm_device_change(no))
    refused(
        Refusal.TRANSACTION_ID,
        lambda: move.smdp.confirm_device_change(move.old.prepare_change(offer, transactionId=b"another")),
    )
    refused(
        Refusal.MALFORMED,
        lambda: move.smdp.confirm_device_change(
            move.old.prepare_change(offer, eacEuiccOtpk=b"\x04" + bytes(64))
        ),
        "point",
    )
    kind, response = request["prepareDeviceChangeResponse"]
    forged = {**request, "prepareDeviceChangeResponse": (kind, {**response, "euiccSignature3": bytes(64)})}
    refused(Refusal.EUICC_SIGNATURE, lambda: move.smdp.confirm_device_change(forged))
    assert move.change.state is S.READY
    assert len(move.smdp.orders()) == 1


def test_a_session_for_something_else_confirms_nothing(make: Make) -> None:
    move = make()
    move.world.order("ID-2")
    offer = move.world.authenticated("ID-2")
    request = {
        "transactionId": offer["transactionId"],
        "prepareDeviceChangeResponse": ("prepareDeviceChangeResponseError", {}),
    }
    refused(Refusal.TRANSACTION_ID, lambda: move.smdp.confirm_device_change(request), "no device change")
    transaction_id = move.ask()["transactionId"]
    signed = {"transactionId": transaction_id, "euiccOtpk": bytes(65)}
    raw = rsp.encode("EUICCSigned2", signed)
    signature = move.old.sign(raw + tlv.encode(0x5F37, b""))
    response = {"euiccSigned2": rsp.decode("EUICCSigned2", raw), "euiccSignature2": signature}
    package = {
        "transactionId": transaction_id,
        "prepareDownloadResponse": ("downloadResponseOk", response),
    }
    refused(Refusal.NOT_RELEASED, lambda: move.smdp.get_bound_profile_package(package))


def test_a_user_who_gives_up(make: Make) -> None:
    move = make()
    for reason, state in ((1, S.READY), (2, S.READY), (16, S.READY), (0, S.CANCELLED)):
        offer = move.ask()
        move.smdp.cancel_session(move.old.cancel(offer["transactionId"], reason))
        assert move.change.state is state
        refused(Refusal.TRANSACTION_ID, lambda offer=offer: move.confirm(offer))  # type: ignore[misc]
    assert len(move.smdp.device_changes()) == 1
    move.ask()
    assert len(move.smdp.device_changes()) == 2


# --- the deletion -----------------------------------------------------------------------------------------


def test_deletions_that_free_nothing(make: Make) -> None:
    move = make()
    code = move.moved()["activationCodeForDc"]
    stranger = move.new.deletion()
    refused(Refusal.EUICC_SIGNATURE, lambda: move.offer(code, stranger))
    enabling = move.old.deletion(profileManagementOperation=(b"\x40", 2))
    refused(Refusal.DELETION, lambda: move.offer(code, enabling), "no deletion")
    other = move.old.deletion(iccid=bytes(10))
    refused(Refusal.DELETION, lambda: move.offer(code, other), "another profile")
    move.smdp.handle_notification(move.new.notify("delete"))
    move.smdp.handle_notification(move.old.notify("disable"))
    assert move.change.state is S.CONFIRMED
    assert move.order(code.split("$")[2]).awaits_deletion


def test_a_deletion_of_an_earlier_change_is_no_use(make: Make) -> None:
    move = make()
    code = move.moved()["activationCodeForDc"]
    first = move.old.deletion()
    move.offer(code, first)
    move.download(code)
    move.old, move.new = move.new, move.old
    back = move.moved()["activationCodeForDc"]
    move.deleted()
    move.download(back)
    move.old, move.new = move.new, move.old
    again = move.moved()["activationCodeForDc"]
    refused(Refusal.DELETION, lambda: move.offer(again, first), "before this change")
    assert "profileMetadata" in move.offer(again, move.old.deletion())


def test_a_deletion_for_an_ordinary_order_is_passed_over(make: Make) -> None:
    move = make()
    move.world.order("ID-2")
    assert "profileMetadata" in move.offer(f"1${ADDRESS}$ID-2", move.old.deletion())


# --- recovery ---------------------------------------------------------------------------------------------


def failed(make: Make, days: int = 3) -> Move:
    move = make(recovery_days=days)
    data = move.moved()
    if days:
        assert data["profileRecoverySupport"] is None
        until = int(data["profileRecoveryValidityPeriod"].timestamp())
        assert until == move.smdp.now() + days * DAY
    else:
        assert "profileRecoverySupport" not in data
    move.deleted()
    move.download(data["activationCodeForDc"], error=12)
    assert move.change.state is S.FAILED
    return move


def test_what_could_not_be_installed_comes_back(make: Make) -> None:
    move = failed(make)
    answer = move.recover()
    signed = move.old.check_auth(answer, 4, move.old.signature1)
    code = signed["activationCodeForProfileRecovery"]
    assert signed["ccRequiredFlag"] is False
    assert move.change.state is S.RECOVERED
    again = move.recover()["smdpSigned4"]["activationCodeForProfileRecovery"]
    assert again == code, "asked again, the same order"
    refused(Refusal.EID, lambda: move.offer(code))
    move.new = move.old
    move.download(code)
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, move.recover, "Installed")
    assert told(move)[-5:] == [(7, ""), (7, ""), (1, ""), (3, ""), (4, "")]
    assert move.ask()["smdpSigned4"], "and it may change again"


def test_a_curable_failure_is_not_the_end(make: Make) -> None:
    move = make(recovery_days=3)
    code = move.moved()["activationCodeForDc"]
    move.deleted()
    move.download(code, error=10)
    assert move.change.state is S.DELETED
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, move.recover, "not Failed")
    move.download(code)
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, move.recover, "Installed, not Failed")


def test_who_recovers_what_and_when(make: Make) -> None:
    move = failed(make)
    refused(Refusal.ICCID, lambda: move.recover(iccid=bytes(10)))
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, lambda: move.recover(move.new), "did not leave")
    move.world.clock.advance(days=3)
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, move.recover, "over")


def test_recovery_that_was_not_offered(make: Make) -> None:
    refused(Refusal.DEVICE_CHANGE_NOT_ALLOWED, failed(make, days=0).recover, "not offered")


def test_a_new_device_that_refuses_the_profile(make: Make) -> None:
    move = make(recovery_days=1)
    code = move.moved()["activationCodeForDc"]
    move.deleted()
    offer = move.offer(code)
    move.smdp.cancel_session(move.new.cancel(offer["transactionId"], 0))
    assert move.change.state is S.FAILED
    assert move.recover()["smdpSigned4"]["activationCodeForProfileRecovery"]


# --- policies ---------------------------------------------------------------------------------------------


def test_a_stored_activation_code_needs_no_server(make_world: Callable[..., Any]) -> None:
    world = make_world()
    policy = DeviceChangePolicy(stored_code=f"LPA:1${ADDRESS}$STORED", deletes_old=False)
    world.order("ID-1", device_change=policy)
    order = world.smdp.find_order("ID-1")
    value = rsp.decode("StoreMetadataRequest", order.profile_metadata)["deviceChangeConfiguration"]
    assert value == ("usingStoredAc", {"activationCodeForDc": f"1${ADDRESS}$STORED"})
    assert order.device_change == ""
    world.smdp.set_device_change("ID-1", DeviceChangePolicy(stored_code="1$a$b"))
    order = world.smdp.find_order("ID-1")
    value = rsp.decode("StoreMetadataRequest", order.profile_metadata)["deviceChangeConfiguration"]
    assert value == ("usingStoredAc", {"activationCodeForDc": "1$a$b", "deleteOldProfile": None})
    world.smdp.set_device_change("ID-1", None)
    metadata = rsp.decode("StoreMetadataRequest", world.smdp.find_order("ID-1").profile_metadata)
    assert "deviceChangeConfiguration" not in metadata


def test_policies_that_cannot_be(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.order("MANY", is_reusable=True)
    with pytest.raises(ValueError, match="none of them"):
        world.smdp.set_device_change("MANY", DeviceChangePolicy())
    world.order("ID-1")
    with pytest.raises(ValueError, match="device change"):
        world.smdp.set_device_change("ID-1", DeviceChangePolicy(stored_code="1$" + "a" * 300))
    with pytest.raises(ValueError, match="device change"):
        world.smdp.set_device_change("ID-1", DeviceChangePolicy(allowed_ci="no hexadecimal"))
    with pytest.raises(KeyError):
        world.smdp.set_device_change("NONE", None)
    assert world.smdp.find_order("ID-1").device_change == ""


def test_a_policy_is_kept_whole() -> None:
    policy = DeviceChangePolicy(True, True, True, False, 5, 6, "code", "text", "fr", "", "00" * 20)
    assert DeviceChangePolicy.of_json(policy.to_json()) == policy
    assert DeviceChangePolicy.of_json("") is None
    assert policy.configuration("a.b") == (
        "requestToDp",
        {"smdpAddressForDc": "a.b", "allowedCiPKId": bytes(20), "eidRequired": None, "tacRequired": None},
    )


def test_every_state_and_event() -> None:
    """Each state is reached and left by what the table says alone; what is over stays so."""
    assert set(DEVICE_CHANGE) == set(S)
    reached = {after for steps in DEVICE_CHANGE.values() for after in steps.values()}
    assert reached == set(S) - {S.REQUESTED}
    for state, steps in DEVICE_CHANGE.items():
        change = DeviceChange("00", "1", ICCID, OTHER_EID, 0, state)
        for event in DeviceChangeEvent:
            assert change.moved(event).state is steps.get(event, state)


def test_records_come_back_as_saved(store: Store) -> None:
    at = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
    change = DeviceChange(
        "ab" * 16, "1", ICCID, OTHER_EID, 5, S.READY, OTHER_EID, bytes(4), b"certificate", NEW_ICCID,
        "2", "message", "de", bytes(32), 1, at, "3",
    )  # fmt: skip
    store.save(change, change._replace(change_id="cd" * 16, iccid="other", new_order_id=""))
    kept = change._replace(version=1)
    assert store.device_change("ab" * 16) == store.device_change_to("2") == kept
    assert store.device_changes_of(ICCID) == [kept]
    assert len(store.device_changes()) == 2
    assert store.device_change("") is None
    assert store.device_change_to("9") is None


def test_management_over_rest(make: Make) -> None:
    move = make(recovery_days=1)
    client = TestClient(create_app(move.smdp, management_token="secret"))
    client.headers["Authorization"] = "Bearer secret"
    path = f"{PATH}/orders/ID-1/device-change"
    assert client.delete(path).status_code == 200
    refused(Refusal.DEVICE_CHANGE, move.ask)
    assert client.put(path, json={"message": "Bye", "recoveryDays": 2}).status_code == 200
    assert move.ask()["serviceProviderMessageForDc"]["message"] == "Bye"
    (listed,) = client.get(f"{PATH}/device-changes").json()
    assert (listed["state"], listed["iccid"], listed["recoverableUntil"]) == ("Ready", ICCID, None)
    move.moved()
    assert client.get(f"{PATH}/device-changes").json()[0]["recoverableUntil"] == "2026-11-25T12:00:00Z"
    assert client.put(path, json={"recoveryDays": -1}).status_code == 422
    assert client.put(f"{PATH}/orders/NONE/device-change", json={}).status_code == 404
    assert client.put(path, json={"storedCode": "x" * 256}).status_code == 422
