"""The compact forms of ES10 answers made whole again: what an IPA left out to save bytes is put back, so that
the eUICC's signatures hold (SGP.32 §5.14, §2.11.2).

All functions return the octets that were signed, with the rest of the answer as SGP.22 has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from asn1 import iot, rsp
from simulator.eim.errors import UNDEFINED, Refused
from simulator.eim.records import Device, Session

_AID_FRONT: Final = bytes.fromhex("A0000005591010FFFFFFFF8900")
_AID_END: Final = b"\x00"
"""The AID of an ISD-P around its bytes 14 and 15 (SGP.02 §2.2.3)."""
_SUCCESS: Final = bytes.fromhex("3007A0053003800100")
"""simaResponse of an installation without remarks."""
_INSTALL: Final = (b"\x80", 1)


def authenticate_response(device: Device | None, session: Session, value: dict[str, Any]) -> dict[str, Any]:
    """AuthenticateResponseOk from its compact form. Refused if the eIM lacks what the IPA left out."""
    kind, signed = value["signedData"]
    known = device or Device(b"")
    certificates = {
        "euiccCertificate": value.get("euiccCertificate") or known.euicc_certificate,
        "eumCertificate": value.get("eumCertificate") or known.eum_certificate,
    }
    if not all(certificates.values()):
        raise Refused("euiccCertificateInvalid", "the IPA left out certificates that this eIM does not have")
    if kind != "euiccSigned1":
        signed = _euicc_signed1(known, session, signed)
    return {"euiccSigned1": signed, "euiccSignature1": value["euiccSignature1"], **certificates}


def _euicc_signed1(device: Device, session: Session, compact: dict[str, Any]) -> Any:
    server = iot.decode("ServerSigned1", session.server_signed1)
    context = compact.get("ctxParams1")
    if context is None and session.ctx_params1:
        context = iot.decode("CtxParams1", session.ctx_params1)
    if context is None or not device.euicc_info2:
        raise Refused(UNDEFINED, "the IPA left out what this eIM does not know: euiccInfo2 or ctxParams1")
    info = dict(iot.decode("EUICCInfo2", device.euicc_info2))
    whole = {
        **{name: server[name] for name in ("transactionId", "serverAddress", "serverChallenge")},
        "euiccInfo2": info | {"extCardResource": compact["extCardResource"]},
        "ctxParams1": context,
    }
    return rsp.decode("EuiccSigned1", iot.encode("EuiccSigned1", whole))


def prepare_download_response(session: Session, value: dict[str, Any], hash_cc: bytes) -> dict[str, Any]:
    """PrepareDownloadResponseOk from its compact form; `hash_cc` is what the eIM gave, if it gave one."""
    compact = value["compactEuiccSigned2"]
    signed2 = iot.decode("SmdpSigned2", session.smdp_signed2)
    whole: dict[str, Any] = {"transactionId": session.transaction_id}
    key = compact.get("euiccOtpk") or signed2.get("bppEuiccOtpk")
    if key is None:
        raise Refused(UNDEFINED, "the IPA left out euiccOtpk, and the SM-DP+ has not named any")
    whole["euiccOtpk"] = key
    if code := compact.get("hashCc") or hash_cc:
        whole["hashCc"] = code
    signed = rsp.decode("EUICCSigned2", rsp.encode("EUICCSigned2", whole))
    return {"euiccSigned2": signed, "euiccSignature2": value["euiccSignature2"]}


def cancel_session_response(session: Session, value: dict[str, Any]) -> dict[str, Any]:
    """CancelSessionResponseOk from its compact form. A reason that is left out is undefinedReason."""
    reason = value["compactEuiccCancelSessionSigned"].get(
        "reason", rsp.names("CancelSessionReason")["undefinedReason"]
    )
    whole = {"transactionId": session.transaction_id, "smdpOid": session.smdp_oid, "reason": reason}
    signed = rsp.decode("EuiccCancelSessionSigned", rsp.encode("EuiccCancelSessionSigned", whole))
    return {
        "euiccCancelSessionSigned": signed,
        "euiccCancelSessionSignature": value["euiccCancelSessionSignature"],
    }


def installation_results(session: Session, value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The ProfileInstallationResult that a compact one may be: with each address that its notification may
    name. The signature tells which is right."""
    data = value["compactProfileInstallationResultData"]
    metadata = rsp.decode("StoreMetadataRequest", session.metadata) if session.metadata else {}
    server = iot.decode("ServerSigned1", session.server_signed1)
    named = [one["notificationAddress"] for one in metadata.get("notificationConfigurationInfo", ())]
    about: dict[str, Any] = {"seqNumber": data["seqNumber"], "profileManagementOperation": _INSTALL}
    end = {"iccid": metadata["iccid"]} if data["iccidPresent"] and metadata else {}
    for address in dict.fromkeys((server["serverAddress"], session.address, *named)):
        whole = {
            "transactionId": session.transaction_id,
            "notificationMetadata": {**about, "notificationAddress": address, **end},
            "smdpOid": session.smdp_oid,
            "finalResult": _final_result(*data["compactFinalResult"]),
        }
        signed = rsp.decode(
            "ProfileInstallationResultData", rsp.encode("ProfileInstallationResultData", whole)
        )
        yield {"profileInstallationResultData": signed, "euiccSignPIR": value["euiccSignPIR"]}


def _final_result(kind: str, result: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if kind == "errorResult":
        return kind, result
    aid = _AID_FRONT + result["compactAid"] + _AID_END
    return "successResult", {"aid": aid, "simaResponse": result.get("simaResponse", _SUCCESS)}


def other_notification(device: Device | None, value: dict[str, Any]) -> dict[str, Any]:
    """OtherSignedNotification from its compact form, with the certificates of the device."""
    if device is None or not device.euicc_certificate:
        raise Refused(UNDEFINED, "the IPA left out certificates that this eIM does not have")
    return {
        "tbsOtherNotification": value["tbsOtherNotification"],
        "euiccNotificationSignature": value["euiccNotificationSignature"],
        "euiccCertificate": device.euicc_certificate,
        "eumCertificate": device.eum_certificate,
    }
