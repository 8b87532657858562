"""Checks what an eUICC proves: its certificate chain and its signatures (SGP.22 §4.5.2, §5.6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from asn1 import rsp, tlv
from simulator.crypto.certificates import Certificate, CertificateError, CertificateFault, Role
from simulator.crypto.ecc import verify_raw
from simulator.smdp.context import Server, follows_v3
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.records import Session

_TIME_FAULTS: Final = (CertificateFault.EXPIRED, CertificateFault.NOT_YET_VALID)


def euicc_path(
    server: Server, euicc: bytes, eum: bytes, others: Sequence[bytes] = ()
) -> tuple[Certificate, ...]:
    """The eUICC's certificate and those above it up to a trusted CI's, once the chain holds, name constraints
    on the EID too. `others` is otherCertsInChain of version 3."""
    try:
        return server.identity.chains.verify_path((euicc, eum), Role.EUICC, server.clock(), others)
    except CertificateError as error:
        raise RspError.of(_refusal(error), detail=str(error)) from error


def authenticate_euicc(server: Server, session: Session, response: dict[str, Any]) -> Certificate:
    """The eUICC's certificate, once it has signed this server's challenge."""
    euicc, eum = response["euiccCertificate"], response["eumCertificate"]
    path = euicc_path(server, euicc, eum, response.get("otherCertsInChain", ()))
    certificate = path[0]
    signed = response["euiccSigned1"]
    check_signature(certificate, response["euiccSignature1"], signed.raw)
    ci_key_id = path[-1].subject_key_id
    if ci_key_id != session.euicc_ci_key_id:
        raise RspError.of(Refusal.CI_KEY, ci_key_id.hex().upper())
    if signed["transactionId"] != session.transaction_id:
        raise RspError.of(Refusal.TRANSACTION_ID, signed["transactionId"].hex().upper())
    if signed["serverChallenge"] != session.server_challenge:
        raise RspError.of(Refusal.EUICC_SIGNATURE, certificate.eid.hex(), "serverChallenge")
    if follows_v3(server):
        _check_capabilities(session, signed)
    return certificate


def _check_capabilities(session: Session, signed: dict[str, Any]) -> None:
    """What eUICC and LPA of version 3 said that they can do, before anything was signed, is what the eUICC
    signs now: nobody on the way made less of it."""
    bits = signed["euiccInfo2"]["rspCapability"]
    is_told = "euiccRspCapInInfo1" in rsp.bit_names("RspCapability", bits)
    told = session.euicc_capability
    if (told or is_told) and told != rsp.encode("RspCapability", bits):
        raise RspError.of(Refusal.EUICC_CAPABILITY, "euiccRspCapability")
    device = signed["ctxParams1"][1].get("deviceInfo")
    if device is None:
        return
    lpa = device.get("lpaRspCapability")
    if session.lpa_capability != (rsp.encode("LpaRspCapability", lpa) if lpa else b""):
        raise RspError.of(Refusal.LPA_CAPABILITY, "lpaRspCapability")


def _refusal(error: CertificateError) -> Refusal:
    if error.fault is CertificateFault.UNKNOWN_CI or error.role is Role.CI:
        return Refusal.CI_KEY
    is_time = error.fault in _TIME_FAULTS
    if error.role is not Role.EUICC:  # the manufacturer's, or a SubCA's
        return Refusal.EUM_CERTIFICATE_EXPIRED if is_time else Refusal.EUM_CERTIFICATE
    return Refusal.EUICC_CERTIFICATE_EXPIRED if is_time else Refusal.EUICC_CERTIFICATE


def check_signature(certificate: Certificate, signature: bytes, signed: bytes) -> None:
    """RspError EUICC_SIGNATURE unless `signature` (64 bytes) is the certificate's over `signed`."""
    if not verify_raw(certificate.public_key, signature, signed):
        raise RspError.of(Refusal.EUICC_SIGNATURE, certificate.eid.hex())


def signature_tlv(signature: bytes) -> bytes:
    """A signature as the next one covers it: with its tag '5F37'."""
    return tlv.encode(0x5F37, signature)
