"""ES10b: a profile leaves for another device, and comes back if it could not be installed there (SGP.22 v3
§3.11, §5.7).

The server's answers are signed with the key of its CERT.DPauth, each over the eUICC's signature before it: 4
and 6 over euiccSignature1, 5 over euiccSignature3. The data of a change come encrypted under keys agreed on
for it alone, as a bound profile package does, if the eUICC has sent a one-time key.
"""

from __future__ import annotations

from typing import Any

from asn1 import Asn1Error, Record, rsp, tlv
from simulator.crypto.bsp import Bsp, BspError, derive_session_keys
from simulator.crypto.ecc import curve_of, one_time_key, public_bytes, shared_secret, sign_raw, verify_raw
from simulator.crypto.errors import CryptoError
from simulator.euicc import switching
from simulator.euicc.authentication import (
    DEVICE_CHANGE,
    RECOVERY,
    SIGNATURE_LENGTH,
    Refusal,
    signature_tlv,
)
from simulator.euicc.core import EuiccCore, Session
from simulator.euicc.es10 import Es10Function

KEY_TYPE, KEY_LENGTH = b"\x88", b"\x10"
"""The one kind of key that a control reference template may ask for: AES with 16 bytes."""
SEGMENT = 0x87

_NO_DELETION = {
    switching.NOT_FOUND: "invalidData",
    switching.WRONG_STATE: "profileNotInDisabledState",
    switching.DISALLOWED_BY_POLICY: "disallowedByPolicy",
}
"""Why the profile cannot be deleted, in the words of VerifyDeviceChange."""


def prepare_device_change(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """Sign that the user agrees, with the confirmation code and a one-time key for the answer. The errors are
    those of DownloadErrorCode."""
    signed, signature4 = request["smdpSigned4"], request["smdpSignature4"]
    try:
        session = _session(core, "noSessionContext", DEVICE_CHANGE)
        _check(session, signed, signature4, session.signature1)
    except Refusal as refusal:
        code = rsp.names("DownloadErrorCode")[refusal.name]
        error = {"transactionId": signed["transactionId"], "downloadErrorCode": code}
        return rsp.encode("PrepareDeviceChangeResponse", ("prepareDeviceChangeResponseError", error))
    assert session.credential is not None
    assert session.server_key is not None
    answer: dict[str, Any] = {"transactionId": session.transaction_id}
    if core.features.encrypts_device_change:
        session.change_key = one_time_key(curve_of(session.server_key), core.entropy)
        answer["eacEuiccOtpk"] = public_bytes(session.change_key)
    if "hashCc" in request:
        answer["hashCc"] = request["hashCc"]
    signed3 = rsp.encode("EUICCSigned3", answer)
    session.signature3 = sign_raw(session.credential.key, signed3 + signature_tlv(signature4))
    # prepareDeviceChangeResponseOk is a SEQUENCE: the signed octets must go out as they were signed.
    return tlv.encode(0xBF4D, tlv.encode(0xA0, signed3 + signature_tlv(session.signature3)))


def verify_device_change(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """Open the data of the change and delete the profile if they say so, or change nothing: a refused one may
    be repeated, after the profile was disabled for example."""
    try:
        session = _session(core, "noSession", DEVICE_CHANGE)
        if not session.signature3:
            raise Refusal("noSession")
        _check(session, request["smdpSigned5"], request["smdpSignature5"], session.signature3)
        data = _opened(core, session, request["smdpSigned5"]["deviceChangeResponse"])
        if data["iccid"] != session.context[1]["iccid"]:
            raise Refusal("invalidData")
        if "deleteOldProfile" in data:
            _delete(core, data["iccid"])
    except Refusal as refusal:
        return _error("VerifyDeviceChange", refusal)
    core.session = None
    return rsp.encode("VerifyDeviceChangeResponse", ("verifyDeviceChangeOk", data))


def verify_smdp_response(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """The server wants the LPA to come again later; the session ends."""
    try:
        session = _session(core, "noSession", DEVICE_CHANGE)
        _check(session, request["smdpSigned6"], request["smdpSignature6"], session.signature1)
    except Refusal as refusal:
        return _error("VerifySmdpResponse", refusal)
    core.session = None
    return rsp.encode("VerifySmdpResponseResponse", ("verifySmdpResponseOk", None))


def verify_profile_recovery(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """The server gives an activation code to get a profile back with; the session ends."""
    try:
        session = _session(core, "noSession", RECOVERY)
        _check(session, request["smdpSigned4"], request["smdpSignature4"], session.signature1)
    except Refusal as refusal:
        return _error("VerifyProfileRecovery", refusal)
    core.session = None
    return rsp.encode("VerifyProfileRecoveryResponse", ("verifyProfileRecoveryOk", None))


def _session(core: EuiccCore, refusal: str, kind: str) -> Session:
    """The session under way, if the server was authenticated for this."""
    if core.session is None or not core.session.is_for(kind):
        raise Refusal(refusal)
    return core.session


def _check(session: Session, signed: Record, signature: bytes, previous: bytes) -> None:
    """The server's signature over what it says and the eUICC's signature before, then the transaction."""
    assert session.server_key is not None
    covered = signed.raw + signature_tlv(previous)
    if len(signature) != SIGNATURE_LENGTH or not verify_raw(session.server_key, signature, covered):
        raise Refusal("invalidSignature")
    if signed["transactionId"] != session.transaction_id:
        raise Refusal("invalidTransactionId")


def _opened(core: EuiccCore, session: Session, response: tuple[str, Any]) -> dict[str, Any]:
    """DeviceChangeData, decrypted where the eUICC has asked for that."""
    kind, value = response
    if (kind == "encryptedDeviceChangeData") != (session.change_key is not None):
        raise Refusal("invalidData")
    if session.change_key is None:
        return dict(value)
    template = value["controlRefTemplate"]
    if (template["keyType"], template["keyLen"]) != (KEY_TYPE, KEY_LENGTH):
        raise Refusal("unsupportedCrtValues")
    try:
        secret = shared_secret(session.change_key, value["eacSmdpOtpk"])
        bsp = Bsp.from_keys(derive_session_keys(secret, host_id=template["hostId"], eid=core.identity.eid))
        clear = b"".join(bsp.unprotect(tlv.encode(SEGMENT, one)) for one in value["sequenceOf87"])
        return dict(rsp.decode("DeviceChangeData", clear))
    except (CryptoError, BspError, Asn1Error):
        raise Refusal("invalidData") from None


def _delete(core: EuiccCore, iccid: bytes) -> None:
    result = switching.delete(core, core.registry.by_iccid(iccid))
    if result != switching.OK:
        raise Refusal(_NO_DELETION.get(result, "undefinedError"))


def _error(function: str, refusal: Refusal) -> bytes:
    member = f"{function[0].lower()}{function[1:]}Error"
    code = rsp.names(f"{function}Response.{member}")[refusal.name]
    return rsp.encode(f"{function}Response", (member, code))


_ROWS = (
    ("PrepareDeviceChange", 0xBF4D, prepare_device_change),
    ("VerifyDeviceChange", 0xBF4B, verify_device_change),
    ("VerifySmdpResponse", 0xBF60, verify_smdp_response),
    ("VerifyProfileRecovery", 0xBF62, verify_profile_recovery),
)
FUNCTIONS = tuple(
    Es10Function(name, tag, f"{name}Request", "SGP.22 v3 §5.7", handler, is_v3=True)
    for name, tag, handler in _ROWS
)
