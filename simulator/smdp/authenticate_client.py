"""ES9+.AuthenticateClient: the eUICC is authenticated and the profile for it found (SGP.22 §5.6.3)."""

from __future__ import annotations

from typing import Any

from asn1 import Record, rsp
from simulator.crypto.ecc import sign_raw
from simulator.smdp import eligibility
from simulator.smdp.context import Context
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.euicc_proof import authenticate_euicc, signature_tlv
from simulator.smdp.metadata import PackageHeader
from simulator.smdp.progress import NotificationPoint, progress
from simulator.smdp.records import Order
from simulator.smdp.states import OrderState, SessionEvent

_DOWNLOADABLE = (OrderState.RELEASED, OrderState.DOWNLOADED)
_OVER = (OrderState.INSTALLED, OrderState.ERROR, OrderState.UNAVAILABLE)


def authenticate_client(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The metadata of the profile, and what the eUICC needs to prepare its download."""
    session, authenticated = smdp.session_for(request["transactionId"], SessionEvent.AUTHENTICATE)
    kind, response = request["authenticateServerResponse"]
    if kind != "authenticateResponseOk":
        raise RspError.of(Refusal.EXECUTION_ERROR, "AuthenticateServer", str(response))
    certificate = authenticate_euicc(smdp, session, response)
    signed1 = response["euiccSigned1"]
    order = _find_order(smdp, certificate.eid, signed1)
    signed2: dict[str, Any] = {
        "transactionId": session.transaction_id,
        "ccRequiredFlag": bool(order.confirmation_code_hash),
    }
    if order.bpp_euicc_otpk:
        signed2["bppEuiccOtpk"] = order.bpp_euicc_otpk
    raw = rsp.encode("SmdpSigned2", signed2)
    credentials = smdp.identity.credentials_under(session.server_ci_key_id)
    if credentials is None:  # the server came back with other certificates
        raise RspError.of(Refusal.SMDP_CERTIFICATE, session.server_ci_key_id.hex().upper())
    signature = sign_raw(credentials.pb_key, raw + signature_tlv(response["euiccSignature1"]))
    authenticated = authenticated._replace(
        eid=certificate.eid,
        order_id=order.order_id,
        euicc_certificate=certificate.der,
        smdp_signature2=signature,
    )
    told = progress(smdp, order, NotificationPoint.ELIGIBILITY, certificate.eid)
    smdp.store.save(*_counted(order), authenticated, *told)
    return {
        "transactionId": session.transaction_id,
        "profileMetadata": rsp.decode("StoreMetadataRequest", order.profile_metadata),
        "smdpSigned2": Record(signed2, raw),
        "smdpSignature2": signature,
        "smdpCertificate": credentials.pb_certificate,
    }


def _counted(order: Order) -> tuple[Order, ...]:
    """The order with one attempt more. A reusable one without a limit is left alone: many may ask at once."""
    if order.is_reusable and not order.max_attempts:
        return ()
    return (order._replace(attempts=order.attempts + 1),)


def _find_order(smdp: Context, eid: bytes, signed: dict[str, Any]) -> Order:
    """The order that the LPA asks for, fit for this eUICC."""
    kind, parameters = signed["ctxParams1"]
    if kind != "ctxParamsForCommonAuthentication":
        raise RspError.of(Refusal.MALFORMED, "ctxParams1", f"{kind} is not supported")
    matching_id = parameters.get("matchingId", "")
    if not matching_id:
        return _find_for_eid(smdp, eid, signed["euiccInfo2"])
    order = smdp.store.order_by_matching_id(matching_id)
    if order is None or order.state in _OVER:
        raise RspError.of(Refusal.MATCHING_ID, matching_id, order.state.value if order else "")
    if order.eid not in (b"", eid):
        raise RspError.of(Refusal.EID, eid.hex())
    try:
        _check_order(smdp, order)
        _check_fit(order, signed["euiccInfo2"])
    except RspError as error:
        smdp.store.save(*progress(smdp, order, NotificationPoint.ELIGIBILITY, eid, error))
        raise
    return order


def _find_for_eid(smdp: Context, eid: bytes, euicc_info2: dict[str, Any]) -> Order:
    """The oldest order linked to this EID that fits the eUICC; without one, what hinders the first."""
    pending = [order for order in smdp.store.orders_for_eid(eid) if order.state not in _OVER]
    if not pending:
        raise RspError.of(Refusal.MATCHING_ID, "", f"and no order for {eid.hex()}")
    refusal: RspError | None = None
    for order in pending:
        try:
            _check_order(smdp, order)
            _check_fit(order, euicc_info2)
        except RspError as error:
            refusal = refusal or error
        else:
            return order
    assert refusal is not None, "an order is either returned or refused"
    raise refusal


def _check_order(smdp: Context, order: Order) -> None:
    if order.state not in _DOWNLOADABLE:
        raise RspError.of(Refusal.NOT_RELEASED, order.matching_id, order.state.value)
    if order.expires_at and smdp.now() >= order.expires_at:
        raise RspError.of(Refusal.ORDER_EXPIRED, order.matching_id)
    if order.max_attempts and order.attempts >= order.max_attempts:
        raise RspError.of(Refusal.DOWNLOAD_ATTEMPTS, order.matching_id)


def _check_fit(order: Order, euicc_info2: dict[str, Any]) -> None:
    if obstacle := eligibility.obstacle(PackageHeader.read(order.upp), euicc_info2):
        raise RspError.of(Refusal.NOT_ELIGIBLE, order.matching_id, obstacle)
    free = eligibility.free_memory(euicc_info2)
    if free is not None and free < len(order.upp):
        raise RspError.of(Refusal.EUICC_MEMORY, detail=f"{len(order.upp)} bytes, {free} are free")
