"""ES9+.ConfirmDeviceChange: the user agrees, and the old device gets an activation code for the new one
(SGP.22 v3 §3.11.1, §5.6.6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from asn1 import rsp, tlv
from simulator.crypto.bsp import KEY_TYPE_AES, Bsp, derive_session_keys
from simulator.crypto.ecc import curve_of, one_time_key, public_bytes, shared_secret
from simulator.crypto.errors import KeyFormatError
from simulator.smdp import confirmation_code
from simulator.smdp.binding import HOST_ID, KEY_LENGTH
from simulator.smdp.context import Context
from simulator.smdp.device_change.policy import DAY, DeviceChangePolicy
from simulator.smdp.device_change.request import new_order
from simulator.smdp.device_change.states import DEVICE_CHANGE, DeviceChangeEvent
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.euicc_proof import check_signature, signature_tlv
from simulator.smdp.metadata import iccid_bytes
from simulator.smdp.progress import NotificationPoint, progress
from simulator.smdp.records import DeviceChange, Order, Session
from simulator.smdp.server_proof import credentials_of, sign
from simulator.smdp.states import OrderState, SessionEvent

Message = dict[str, Any]


def confirm_device_change(smdp: Context, request: Message) -> Message:
    """The data of the change, encrypted if the eUICC wants them so. Asked again, the same ones are given."""
    session, confirmed = smdp.session_for(request["transactionId"], SessionEvent.CONFIRM)
    change = smdp.store.device_change(session.change_id) if session.change_id else None
    if change is None or DeviceChangeEvent.CONFIRM not in DEVICE_CHANGE[change.state]:
        raise RspError.of(Refusal.TRANSACTION_ID, session.key.upper(), "no device change waits in it")
    signed3, signature3 = _checked(smdp, session, request["prepareDeviceChangeResponse"])
    old = smdp.store.order(change.order_id)
    if old is None:
        raise RspError.of(Refusal.DEVICE_CHANGE_NOT_ALLOWED, change.iccid, "the order is gone")
    _check_code(smdp, session, change, old, signed3.get("hashCc"))
    policy = DeviceChangePolicy.of_json(old.device_change) or DeviceChangePolicy()
    order = _order_for(smdp, change, old, policy)
    period = policy.recovery_days * DAY
    change = change.moved(DeviceChangeEvent.CONFIRM)._replace(
        new_order_id=order.order_id, recoverable_until=smdp.now() + period if period else 0
    )
    response = _protected(smdp, session, signed3, _data(smdp, change, order))
    signed5, signature5 = sign(smdp, session, "SmdpSigned5", {"deviceChangeResponse": response}, signature3)
    told = progress(smdp, old, NotificationPoint.DEVICE_CHANGE_CONFIRMATION, change.eid)
    smdp.store.save(order, change, confirmed, *told)
    return {
        "transactionId": session.transaction_id,
        "smdpSigned5": signed5,
        "smdpSignature5": signature5,
    }


def _checked(smdp: Context, session: Session, response: tuple[str, Message]) -> tuple[Message, bytes]:
    """What the eUICC has signed, and the signature."""
    kind, value = response
    if kind != "prepareDeviceChangeResponseOk":
        raise RspError.of(Refusal.EXECUTION_ERROR, "PrepareDeviceChange", str(value))
    signed, signature = value["euiccSigned3"], value["euiccSignature3"]
    certificate = smdp.identity.chains.parse(session.euicc_certificate)
    check_signature(certificate, signature, signed.raw + signature_tlv(session.smdp_signature4))
    if signed["transactionId"] != session.transaction_id:
        raise RspError.of(Refusal.TRANSACTION_ID, signed["transactionId"].hex().upper())
    return signed, signature


def _check_code(
    smdp: Context, session: Session, change: DeviceChange, old: Order, hash_cc: bytes | None
) -> None:
    """Counts failures; too many end the change."""
    failures = change.confirmation_code_failures
    refusal = confirmation_code.refusal_of(
        change.confirmation_code_hash, session.transaction_id, hash_cc, failures
    )
    if refusal is None:
        return
    error = RspError.of(refusal, change.iccid)
    if refusal is not Refusal.CONFIRMATION_CODE_MISSING:
        changed = change._replace(confirmation_code_failures=failures + 1)
        ended: tuple[Session, ...] = ()
        if refusal is Refusal.CONFIRMATION_CODE_ATTEMPTS:
            changed = changed.moved(DeviceChangeEvent.CANCEL)
            failed = session.moved(SessionEvent.FAIL)
            assert failed is not None, "a session that may confirm may fail"
            ended = (failed,)
        told = progress(smdp, old, NotificationPoint.CONFIRMATION_FAILURE, change.eid, error)
        smdp.store.save(changed, *ended, *told)
    raise error


def _order_for(smdp: Context, change: DeviceChange, old: Order, policy: DeviceChangePolicy) -> Order:
    """The order that the new device downloads: of the other profile that the operator gives, or a new one of
    the same profile, which then cannot stay where it is."""
    order = new_order(smdp, change)
    if order is not None and order.state is not OrderState.RELEASED:
        raise RspError.of(Refusal.DEVICE_CHANGE_NOT_ALLOWED, order.iccid, order.state.value)
    if order is None:
        order = same_profile(smdp, old)
    if change.target_eid:
        order = order._replace(eid=change.target_eid, is_linked=True)
    return order._replace(awaits_deletion=deletes(change, policy))


def same_profile(smdp: Context, old: Order) -> Order:
    """A new order for the profile of an older one, ready to be downloaded."""
    return Order(
        order_id=smdp.entropy(8).hex(),
        upp=old.upp,
        profile_metadata=old.profile_metadata,
        matching_id=smdp.new_matching_id(),
        iccid=old.iccid,
        profile_type=old.profile_type,
        owner=old.owner,
        with_ppk=old.with_ppk,
        device_change=old.device_change,
    )


def deletes(change: DeviceChange, policy: DeviceChangePolicy) -> bool:
    """Whether the old eUICC must delete its profile: two must not hold the same."""
    return policy.deletes_old or not change.new_iccid


def _data(smdp: Context, change: DeviceChange, order: Order) -> Message:
    """DeviceChangeData."""
    address = smdp.identity.address
    flag = "$$1" if order.confirmation_code_hash else ""
    data: Message = {
        "iccid": iccid_bytes(change.iccid),
        "activationCodeForDc": f"1${address}${order.matching_id}{flag}",
    }
    if order.awaits_deletion:
        data |= {"deleteOldProfile": None, "deleteNotificationForDcSupport": None}
        data["notificationAddress"] = address
    if change.recoverable_until:
        data["profileRecoverySupport"] = None
        data["profileRecoveryValidityPeriod"] = datetime.fromtimestamp(change.recoverable_until, UTC)
    return data


def _protected(smdp: Context, session: Session, signed3: Message, data: Message) -> tuple[str, Message]:
    """DeviceChangeResponse: in the clear, or under keys agreed on with the eUICC's one-time key."""
    if "eacEuiccOtpk" not in signed3:
        return "deviceChangeData", data
    key = one_time_key(curve_of(credentials_of(smdp, session).auth_key), smdp.entropy)
    try:
        secret = shared_secret(key, signed3["eacEuiccOtpk"])
    except KeyFormatError as error:
        raise RspError.of(Refusal.MALFORMED, "eacEuiccOtpk", str(error)) from error
    bsp = Bsp.from_keys(derive_session_keys(secret, host_id=HOST_ID, eid=session.eid))
    segments = bsp.protect_all(0x87, rsp.encode("DeviceChangeData", data))
    template = {"keyType": bytes([KEY_TYPE_AES]), "keyLen": bytes([KEY_LENGTH]), "hostId": HOST_ID}
    return "encryptedDeviceChangeData", {
        "controlRefTemplate": template,
        "eacSmdpOtpk": public_bytes(key),
        "sequenceOf87": [tlv.read(segment).value for segment in segments],
    }
