"""AuthenticateClient for a profile download: the order that is meant, and its metadata (SGP.22 §5.6.3)."""

from __future__ import annotations

from typing import Any

from asn1 import Record, rsp
from simulator.crypto.ecc import sign_raw
from simulator.smdp import eligibility
from simulator.smdp.context import Context
from simulator.smdp.device_change.deletion import accept_deletion
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.euicc_proof import signature_tlv
from simulator.smdp.metadata import PackageHeader
from simulator.smdp.operation import Client
from simulator.smdp.progress import NotificationPoint, progress
from simulator.smdp.receiver import metadata_for
from simulator.smdp.records import Order
from simulator.smdp.rpm.offer import is_pending
from simulator.smdp.states import OrderState

_DOWNLOADABLE = (OrderState.RELEASED, OrderState.DOWNLOADED)
_OVER = (OrderState.INSTALLED, OrderState.ERROR, OrderState.UNAVAILABLE)


def offer_profile(smdp: Context, client: Client) -> dict[str, Any]:
    """The metadata of the profile, and what the eUICC needs to prepare its download."""
    order = _find_order(smdp, client)
    signed2: dict[str, Any] = {
        "transactionId": client.session.transaction_id,
        "ccRequiredFlag": bool(order.confirmation_code_hash),
    }
    if order.bpp_euicc_otpk:
        signed2["bppEuiccOtpk"] = order.bpp_euicc_otpk
    if is_pending(smdp, client):
        signed2["rpmPending"] = None
    raw = rsp.encode("SmdpSigned2", signed2)
    credentials = client.credentials(smdp)
    signature = sign_raw(credentials.pb_key, raw + signature_tlv(client.signature1))
    session = client.session._replace(order_id=order.order_id, smdp_signature2=signature)
    told = progress(smdp, order, NotificationPoint.ELIGIBILITY, client.eid)
    smdp.store.save(*_counted(order), session, *told)
    return {
        "transactionId": session.transaction_id,
        "profileMetadata": rsp.decode(
            "StoreMetadataRequest", metadata_for(order.profile_metadata, session.v3_features)
        ),
        "smdpSigned2": Record(signed2, raw),
        "smdpSignature2": signature,
        "smdpCertificate": credentials.pb_certificate,
    }


def _counted(order: Order) -> tuple[Order, ...]:
    """The order with one attempt more. A reusable one without a limit is left alone: many may ask at once."""
    if order.is_reusable and not order.max_attempts:
        return ()
    return (order._replace(attempts=order.attempts + 1),)


def _find_order(smdp: Context, client: Client) -> Order:
    """The order that the LPA asks for, fit for this eUICC."""
    eid, matching_id = client.eid, client.matching_id
    if not matching_id:
        return _find_for_eid(smdp, client)
    order = smdp.store.order_by_matching_id(matching_id)
    if order is None or order.state in _OVER:
        raise RspError.of(Refusal.MATCHING_ID, matching_id, order.state.value if order else "")
    if order.eid not in (b"", eid):
        raise RspError.of(Refusal.EID, eid.hex())
    if client.deletion is not None:
        order = accept_deletion(smdp, order, client.deletion)
    try:
        _check_order(smdp, order)
        _check_fit(order, client)
    except RspError as error:
        smdp.store.save(*progress(smdp, order, NotificationPoint.ELIGIBILITY, eid, error))
        raise
    return order


def _find_for_eid(smdp: Context, client: Client) -> Order:
    """The oldest order linked to this EID that fits the eUICC; without one, what hinders the first."""
    eid = client.eid
    pending = [order for order in smdp.store.orders_for_eid(eid) if order.state not in _OVER]
    if not pending:
        raise RspError.of(Refusal.MATCHING_ID, "", f"and no order for {eid.hex()}")
    refusal: RspError | None = None
    for order in pending:
        try:
            _check_order(smdp, order)
            _check_fit(order, client)
        except RspError as error:
            refusal = refusal or error
        else:
            return order
    assert refusal is not None, "an order is either returned or refused"
    raise refusal


def _check_order(smdp: Context, order: Order) -> None:
    if order.state not in _DOWNLOADABLE:
        raise RspError.of(Refusal.NOT_RELEASED, order.matching_id, order.state.value)
    if order.awaits_deletion:
        detail = "the old device has not reported yet that the profile is deleted there"
        raise RspError.of(Refusal.NOT_RELEASED, order.matching_id, detail)
    if order.expires_at and smdp.now() >= order.expires_at:
        raise RspError.of(Refusal.ORDER_EXPIRED, order.matching_id)
    if order.max_attempts and order.attempts >= order.max_attempts:
        raise RspError.of(Refusal.DOWNLOAD_ATTEMPTS, order.matching_id)


def _check_fit(order: Order, client: Client) -> None:
    euicc_info2 = client.euicc_info2
    metadata_for(order.profile_metadata, client.session.v3_features)
    if obstacle := eligibility.obstacle(PackageHeader.read(order.upp), euicc_info2):
        raise RspError.of(Refusal.NOT_ELIGIBLE, order.matching_id, obstacle)
    free = eligibility.free_memory(euicc_info2)
    if free is not None and free < len(order.upp):
        raise RspError.of(Refusal.EUICC_MEMORY, detail=f"{len(order.upp)} bytes, {free} are free")
