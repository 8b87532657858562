"""ES10b.PrepareDownload (SGP.22 §5.7.5): the one-time key for a profile, signed for the SM-DP+."""

from __future__ import annotations

from typing import Any

from asn1 import rsp, tlv
from simulator.crypto.certificates import Certificate, Role
from simulator.crypto.ecc import PrivateKey, curve_of, one_time_key, public_bytes, sign_raw, verify_raw
from simulator.crypto.stapling import is_revoked
from simulator.euicc.authentication import COMMON, SIGNATURE_LENGTH, Refusal, server_path, signature_tlv
from simulator.euicc.core import EuiccCore, RetainedKey, Session
from simulator.euicc.es10 import Es10Function

_NAMES = dict.fromkeys(
    ("ciPKUnknown", "revokedCert", "invalidCertOrCrlTime", "invalidCertOrCrlConfiguration"),
    "invalidCertificate",
)
"""DownloadErrorCode tells less apart than AuthenticateErrorCode."""


def prepare_download(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """The error codes of DownloadErrorCode, in the order of the clause's checks."""
    signed = request["smdpSigned2"]
    try:
        session, certificate = _check_server(core, request)
    except Refusal as refusal:
        code = rsp.names("DownloadErrorCode")[_NAMES.get(refusal.name, refusal.name)]
        error = {"transactionId": signed["transactionId"], "downloadErrorCode": code}
        return rsp.encode("PrepareDownloadResponse", ("downloadResponseError", error))
    credential = session.credential
    assert credential is not None
    key = _one_time_key(core, certificate, signed.get("bppEuiccOtpk"))
    answer: dict[str, Any] = {"transactionId": session.transaction_id, "euiccOtpk": public_bytes(key)}
    if "hashCc" in request:
        answer["hashCc"] = request["hashCc"]
    euicc_signed2 = rsp.encode("EUICCSigned2", answer)
    signature = sign_raw(credential.key, euicc_signed2 + signature_tlv(request["smdpSignature2"]))
    session.pb_certificate, session.one_time_key = request["smdpCertificate"], key
    session.one_time_point = answer["euiccOtpk"]
    core.retained_key = RetainedKey(session.one_time_point, session.server_oid, key)
    return tlv.encode(0xBF21, tlv.encode(0xA0, euicc_signed2 + signature_tlv(signature)))


def _check_server(core: EuiccCore, request: dict[str, Any]) -> tuple[Session, Certificate]:
    session = core.session
    if session is None or not session.is_for(COMMON):
        raise Refusal("noSessionContext")
    certificate = server_path(core, request["smdpCertificate"], Role.DP_PB, session.server_chain)[0]
    if is_revoked(certificate, session.server_lists):
        raise Refusal("revokedCert")
    # The binding certificate must be of the SM-DP+ that was authenticated, and of the same issuer.
    if certificate.registered_id != session.server_oid:
        raise Refusal("invalidCertificate")
    if certificate.authority_key_id != session.server_ci_key_id:
        raise Refusal("invalidCertificate")
    signature, signed = request["smdpSignature2"], request["smdpSigned2"]
    covered = signed.raw + signature_tlv(session.signature1)
    if len(signature) != SIGNATURE_LENGTH or not verify_raw(certificate.public_key, signature, covered):
        raise Refusal("invalidSignature")
    if signed["transactionId"] != session.transaction_id:
        raise Refusal("invalidTransactionId")
    return session, certificate


def _one_time_key(core: EuiccCore, certificate: Certificate, wanted: bytes | None) -> PrivateKey:
    """The key of an earlier attempt, if the same SM-DP+ names it and it is still there, else a new one."""
    kept = core.retained_key
    fits = kept is not None and (kept.point, kept.server_oid) == (wanted, certificate.registered_id)
    if kept is not None and fits and curve_of(kept.key) is certificate.curve:
        return kept.key
    return one_time_key(certificate.curve, core.entropy)


FUNCTIONS = (
    Es10Function("PrepareDownload", 0xBF21, "PrepareDownloadRequest", "SGP.22 §5.7.5", prepare_download),
)
