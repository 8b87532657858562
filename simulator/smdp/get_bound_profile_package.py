"""ES9+.GetBoundProfilePackage: the profile is bound to the eUICC's one-time key and sent (SGP.22 §5.6.2)."""

from __future__ import annotations

from typing import Any

from simulator.crypto.errors import KeyFormatError
from simulator.smdp import confirmation_code
from simulator.smdp.binding import Binding, Content, ProtectedPackage, bind, bound_profile_package
from simulator.smdp.context import Context
from simulator.smdp.device_change.outcome import ended
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.euicc_proof import check_signature, signature_tlv
from simulator.smdp.event_registration import closed
from simulator.smdp.identity import Credentials
from simulator.smdp.progress import NotificationPoint, progress
from simulator.smdp.receiver import metadata_for, stored_metadata
from simulator.smdp.records import Order, Session
from simulator.smdp.states import ORDER, OrderEvent, SessionEvent


def get_bound_profile_package(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The bound profile package. The same one-time key of the eUICC gives the same package (§3.1.3)."""
    session, delivered = smdp.session_for(request["transactionId"], SessionEvent.DELIVER)
    kind, response = request["prepareDownloadResponse"]
    if kind != "downloadResponseOk":
        raise RspError.of(Refusal.EXECUTION_ERROR, "PrepareDownload", str(response))
    signed = response["euiccSigned2"]
    certificate = smdp.identity.chains.parse(session.euicc_certificate)
    check_signature(
        certificate, response["euiccSignature2"], signed.raw + signature_tlv(session.smdp_signature2)
    )
    if signed["transactionId"] != session.transaction_id:
        raise RspError.of(Refusal.TRANSACTION_ID, signed["transactionId"].hex().upper())
    order = _order(smdp, session)
    _check_confirmation_code(smdp, session, order, signed.get("hashCc"))
    credentials = smdp.identity.credentials_under(session.server_ci_key_id)
    if credentials is None:  # the server came back with other certificates
        raise RspError.of(Refusal.SMDP_CERTIFICATE, session.server_ci_key_id.hex().upper())
    euicc_otpk = signed["euiccOtpk"]
    order = _protected(smdp, order)
    binding = _binding(smdp, order, session, credentials, euicc_otpk)
    package = bound_profile_package(
        binding, transaction_id=session.transaction_id, euicc_otpk=euicc_otpk, credentials=credentials
    )
    told = progress(smdp, order, NotificationPoint.DOWNLOAD, session.eid)
    smdp.store.save(*_bound(order, session, euicc_otpk, binding), delivered, *told)
    return {"transactionId": session.transaction_id, "boundProfilePackage": package}


def _protected(smdp: Context, order: Order) -> Order:
    """The order with its protected package, made now if it shall have one and this is the first download."""
    if not order.with_ppk or order.ppp:
        return order
    made = ProtectedPackage.make(order.upp, smdp.entropy)
    return order._replace(ppk=made.ppk, ppp=made.segments)


def _bound(order: Order, session: Session, euicc_otpk: bytes, binding: Binding) -> tuple[Order, ...]:
    """The order, now bound to the session's eUICC; a reusable one is bound to none."""
    if order.is_reusable:
        return ()
    bound = order.moved(OrderEvent.DOWNLOAD)._replace(
        eid=session.eid,
        bpp_euicc_otpk=euicc_otpk,
        bpp_smdp_otpk=binding.smdp_otpk,
        bpp_body=binding.body,
        transaction_id=session.transaction_id,
    )
    return (bound,)


def _order(smdp: Context, session: Session) -> Order:
    """The session's order, if it may still be downloaded, by this eUICC."""
    order = smdp.store.order(session.order_id)
    if order is None or OrderEvent.DOWNLOAD not in ORDER[order.state]:
        raise RspError.of(Refusal.NOT_RELEASED, detail=order.state.value if order else "the order is gone")
    if order.eid not in (b"", session.eid):
        raise RspError.of(Refusal.EID, session.eid.hex())
    if order.expires_at and smdp.now() >= order.expires_at:
        raise RspError.of(Refusal.ORDER_EXPIRED, order.matching_id)
    return order


def _check_confirmation_code(smdp: Context, session: Session, order: Order, hash_cc: bytes | None) -> None:
    """Counts failures; too many end the order."""
    failures = order.confirmation_code_failures
    refusal = confirmation_code.refusal_of(
        order.confirmation_code_hash, session.transaction_id, hash_cc, failures
    )
    if refusal is None:
        return
    error = RspError.of(refusal, order.matching_id)
    if refusal is Refusal.CONFIRMATION_CODE_MISSING:
        raise error
    failed = order._replace(confirmation_code_failures=failures + 1)
    told = progress(smdp, order, NotificationPoint.CONFIRMATION_FAILURE, session.eid, error)
    if refusal is Refusal.CONFIRMATION_CODE_ATTEMPTS:
        over = session.moved(SessionEvent.FAIL)
        assert over is not None, "a session that may deliver may fail"
        changed = ended(smdp, order, OrderEvent.FAIL)
        smdp.store.save(*closed(smdp, failed.moved(OrderEvent.FAIL)), over, *changed, *told)
    else:
        smdp.store.save(failed, *told)
    raise error


def _binding(
    smdp: Context, order: Order, session: Session, credentials: Credentials, euicc_otpk: bytes
) -> Binding:
    if order.bpp_euicc_otpk == euicc_otpk:
        return Binding(order.bpp_smdp_otpk, order.bpp_body)
    if order.bpp_euicc_otpk and not order.allows_rebinding:
        raise RspError.of(Refusal.REBINDING, order.matching_id)
    package = ProtectedPackage(order.ppk, order.ppp) if order.with_ppk else order.upp
    metadata = metadata_for(order.profile_metadata, session.v3_features)
    content = Content(stored_metadata(metadata), package)
    try:
        return bind(
            content,
            curve=credentials.curve,
            euicc_otpk=euicc_otpk,
            eid=session.eid,
            oid=credentials.oid,
            entropy=smdp.entropy,
            key_log=smdp.key_log,
        )
    except KeyFormatError as error:
        raise RspError.of(Refusal.MALFORMED, "euiccOtpk", str(error)) from error
