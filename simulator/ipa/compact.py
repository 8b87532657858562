"""The compact forms of what an eUICC answers: without what the eIM has already (SGP.32 §5.14, §6.3.2).

Signatures are over the whole messages, which the eIM makes anew from what it knows: the eUICC's certificates
and EUICCInfo2, the session, the confirmation code.
"""

from __future__ import annotations

from typing import Any

SUCCESS_RESPONSE = bytes.fromhex("3007A0053003800100")
"""simaResponse of an installation without any remark, which is left out."""
AID_BYTES = slice(13, 15)
"""Bytes 14 and 15 of the AID of an ISD-P: the others are the same on every eUICC."""
ISD_P_PREFIX, ISD_P_SUFFIX = bytes.fromhex("A0000005591010FFFFFFFF8900"), b"\x00"
Choice = tuple[str, Any]


def compact_authentication(
    response: Choice, *, knows_info2: bool, knows_certificates: bool, gave_context: bool
) -> Choice:
    """AuthenticateServerResponse; the flags say what the eIM has: EUICCInfo2, certificates, ctxParams1."""
    kind, value = response
    if kind != "authenticateResponseOk":
        return response
    signed = value["euiccSigned1"]
    data: Choice = ("euiccSigned1", signed)
    if knows_info2:
        short = {"extCardResource": signed["euiccInfo2"]["extCardResource"]}
        if not gave_context:
            short["ctxParams1"] = signed["ctxParams1"]
        data = ("compactEuiccSigned1", short)
    compact = {"signedData": data, "euiccSignature1": value["euiccSignature1"]}
    if not knows_certificates:
        compact |= {name: value[name] for name in ("euiccCertificate", "eumCertificate")}
    return "compactAuthenticateResponseOk", compact


def compact_preparation(response: Choice, *, retained_key: bytes | None, gave_hash: bool) -> Choice:
    """PrepareDownloadResponse; `retained_key` is bppEuiccOtpk of the SM-DP+, `gave_hash` whether hashCc came
    from the eIM."""
    kind, value = response
    if kind != "downloadResponseOk":
        return response
    signed = value["euiccSigned2"]
    short = {}
    if signed["euiccOtpk"] != retained_key:
        short["euiccOtpk"] = signed["euiccOtpk"]
    if "hashCc" in signed and not gave_hash:
        short["hashCc"] = signed["hashCc"]
    return "compactDownloadResponseOk", {
        "compactEuiccSigned2": short,
        "euiccSignature2": value["euiccSignature2"],
    }


def compact_cancellation(response: Choice) -> Choice:
    """CancelSessionResponse: the session and the SM-DP+'s object identifier the eIM knows."""
    kind, value = response
    if kind != "cancelSessionResponseOk":
        return response
    return "compactCancelSessionResponseOk", {
        "compactEuiccCancelSessionSigned": {"reason": value["euiccCancelSessionSigned"]["reason"]},
        "euiccCancelSessionSignature": value["euiccCancelSessionSignature"],
    }


def compact_notification(notification: Choice, eid: bytes = b"") -> Choice:
    """PendingNotification, with the EID where nothing else tells the eIM whose it is. One that the compact
    form cannot tell in full is left as it is."""
    kind, value = notification
    if kind == "otherSignedNotification":
        members = ("tbsOtherNotification", "euiccNotificationSignature")
        whose = {"eidValue": eid} if eid else {}
        return "compactOtherSignedNotification", whose | {name: value[name] for name in members}
    if kind != "profileInstallationResult":
        return notification
    data = value["profileInstallationResultData"]
    final = _final_result(data["finalResult"])
    if final is None:
        return notification
    compact = {
        "transactionId": data["transactionId"],
        "seqNumber": data["notificationMetadata"]["seqNumber"],
        "iccidPresent": "iccid" in data["notificationMetadata"],
        "compactFinalResult": final,
    }
    return "compactProfileInstallationResult", {
        "compactProfileInstallationResultData": compact,
        "euiccSignPIR": value["euiccSignPIR"],
    }


def _final_result(final: Choice) -> Choice | None:
    kind, value = final
    if kind != "successResult":
        return "errorResult", value
    aid = value["aid"]
    if ISD_P_PREFIX + aid[AID_BYTES] + ISD_P_SUFFIX != aid:
        return None
    short = {"compactAid": aid[AID_BYTES]}
    if value["simaResponse"] != SUCCESS_RESPONSE:
        short["simaResponse"] = value["simaResponse"]
    return "compactSuccessResult", short
