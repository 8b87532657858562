"""ES9+.AuthenticateClient with ctxParamsForDeviceChange: may this eUICC give its profile away? (SGP.22 v3
§3.11.1, §5.6.3)"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from simulator.smdp.context import Context
from simulator.smdp.device_change.policy import DeviceChangePolicy
from simulator.smdp.device_change.states import OPEN, DeviceChangeEvent
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.metadata import iccid_digits
from simulator.smdp.operation import Client
from simulator.smdp.progress import NotificationPoint, progress
from simulator.smdp.records import DeviceChange, Order
from simulator.smdp.server_proof import sign
from simulator.smdp.states import OrderState

Message = dict[str, Any]


def request_device_change(smdp: Context, client: Client) -> Message:
    """What the user is to agree to (smdpSigned4), or when to come again (smdpSigned6)."""
    parameters = client.parameters
    old = installed_order(smdp, parameters["iccid"], client.eid)
    policy = DeviceChangePolicy.of_json(old.device_change)
    assert policy is not None
    _check_target(policy, parameters, client.eid)
    change = _open_change(smdp, old, client.eid) or _ask(smdp, old, policy, parameters, client.eid)
    change = change._replace(
        target_eid=parameters.get("targetEidValue", b""),
        target_tac=parameters.get("targetTacValue", b""),
        euicc_certificate=client.session.euicc_certificate,
    )
    told = progress(smdp, old, NotificationPoint.DEVICE_CHANGE_REQUEST, client.eid)
    if not is_prepared(smdp, change):
        smdp.store.save(change, client.session, *told)
        return _later(smdp, client, change, policy)
    _check_new_order(smdp, change)
    signed4, signature = sign(
        smdp,
        client.session,
        "SmdpSigned4",
        {"ccRequiredFlag": bool(change.confirmation_code_hash)},
        client.signature1,
    )
    session = client.session._replace(change_id=change.change_id, smdp_signature4=signature)
    smdp.store.save(change.moved(DeviceChangeEvent.PREPARE), session, *told)
    message = {"message": change.message, "languageTag": change.language}
    return {
        "transactionId": session.transaction_id,
        "smdpSigned4": signed4,
        "smdpSignature4": signature,
        **({"serviceProviderMessageForDc": message} if change.message else {}),
    }


def _later(smdp: Context, client: Client, change: DeviceChange, policy: DeviceChangePolicy) -> Message:
    retry = {"retryDelay": policy.retry_minutes, "dcSessionId": bytes.fromhex(change.change_id)}
    members = {"requestSpecificData": ("retryData", retry)}
    signed6, signature = sign(smdp, client.session, "SmdpSigned6", members, client.signature1)
    return {
        "transactionId": client.session.transaction_id,
        "smdpSigned6": signed6,
        "smdpSignature6": signature,
    }


def installed_order(smdp: Context, iccid: bytes, eid: bytes) -> Order:
    """The order by which this eUICC has the profile, which may change to another device."""
    digits = iccid_digits(iccid)
    orders = smdp.store.orders_with_iccid(digits)
    if not orders:
        raise RspError.of(Refusal.ICCID, digits)
    if not any(order.device_change for order in orders):
        raise RspError.of(Refusal.DEVICE_CHANGE, digits)
    for order in reversed(orders):
        if order.state is OrderState.INSTALLED and order.eid == eid and order.device_change:
            return order
    raise RspError.of(Refusal.DEVICE_CHANGE_NOT_ALLOWED, digits, f"it is not on the eUICC {eid.hex()}")


def _check_target(policy: DeviceChangePolicy, parameters: Message, eid: bytes) -> None:
    required = {"targetEidValue": policy.requires_eid, "targetTacValue": policy.requires_tac}
    for member, is_required in required.items():
        if is_required and member not in parameters:
            raise RspError.of(Refusal.INCOMPLETE, member, "the operator wants to know the new device")
    if parameters.get("targetEidValue") == eid:
        raise RspError.of(Refusal.DEVICE_CHANGE_NOT_ALLOWED, eid.hex(), "the new device has the same eUICC")


def _open_change(smdp: Context, old: Order, eid: bytes) -> DeviceChange | None:
    """The change that the user has asked for before, if it can still go on."""
    changes = smdp.store.device_changes_of(old.iccid)
    return next((one for one in reversed(changes) if one.eid == eid and one.state in OPEN), None)


def _ask(
    smdp: Context, old: Order, policy: DeviceChangePolicy, parameters: Message, eid: bytes
) -> DeviceChange:
    """A new change, as the operator has configured it, or says when asked."""
    answer = _answer_of_operator(smdp, old, parameters) if policy.asks_operator else {}
    said = answer.get("serviceProviderMessageForDc", {})
    code = answer.get("confirmationCode", policy.confirmation_code)
    return DeviceChange(
        change_id=smdp.entropy(16).hex(),
        order_id=old.order_id,
        iccid=old.iccid,
        eid=eid,
        created_at=smdp.now(),
        new_iccid=answer.get("newProfileIccid", "").rstrip("Ff"),
        message=said.get("message", policy.message),
        language=said.get("languageTag", policy.language),
        confirmation_code_hash=sha256(code.encode()).digest() if code else b"",
    )


def _answer_of_operator(smdp: Context, old: Order, parameters: Message) -> Message:
    """ES2+.HandleDeviceChangeRequest. An operator that does not answer is waited for, one that refuses has
    its way."""
    operator = smdp.store.operator(old.owner) if old.owner else None
    if operator is None or not operator.callback or smdp.operators is None:
        raise RspError.of(Refusal.TEMPORARY, old.owner, "the operator is to be asked and cannot be reached")
    message = {"iccid": old.iccid.ljust(20, "F")}
    if "targetEidValue" in parameters:
        message["eid"] = parameters["targetEidValue"].hex()
    if "targetTacValue" in parameters:
        message["tac"] = parameters["targetTacValue"].hex()
    try:
        return smdp.operators(operator).post("handleDeviceChangeRequest", message)
    except RspError as error:
        raise RspError.of(Refusal.DEVICE_CHANGE_NOT_ALLOWED, old.iccid, str(error)) from error
    except OSError as error:
        raise RspError.of(Refusal.TEMPORARY, old.owner, str(error)) from error


def new_order(smdp: Context, change: DeviceChange) -> Order | None:
    """The order of the profile for the new device: the one made at an earlier confirmation, or that of the
    other profile that the operator gives; None if there is none yet."""
    if change.new_order_id:
        return smdp.store.order(change.new_order_id)
    orders = smdp.store.orders_with_iccid(change.new_iccid) if change.new_iccid else []
    return next((order for order in orders if order.is_open), orders[-1] if orders else None)


def is_prepared(smdp: Context, change: DeviceChange) -> bool:
    """Whether the new device could download now: the same profile is always ready, another one once the
    operator has released it. One that is gone will not be ready any more: the next step says so."""
    if not change.new_iccid:
        return True
    order = new_order(smdp, change)
    return order is not None and order.state not in (
        OrderState.AVAILABLE,
        OrderState.ALLOCATED,
        OrderState.LINKED,
        OrderState.CONFIRMED,
    )


def _check_new_order(smdp: Context, change: DeviceChange) -> None:
    order = new_order(smdp, change)
    if order is not None and order.state is not OrderState.RELEASED:
        raise RspError.of(
            Refusal.DEVICE_CHANGE_NOT_ALLOWED,
            order.iccid,
            f"the profile for the new device is {order.state.value}",
        )
