"""ES10b.VerifySmdsResponse: the eUICC checks what an SM-DS of version 3 answers (SGP.22 v3 §5.7)."""

from __future__ import annotations

from typing import Any

from asn1 import rsp
from simulator.crypto.ecc import verify_raw
from simulator.euicc.authentication import SIGNATURE_LENGTH, Refusal, signature_tlv
from simulator.euicc.core import EuiccCore
from simulator.euicc.es10 import Es10Function


def verify_smds_response(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """The signature must be that of the server that was authenticated, over its list of events or its answer
    to a push token, and euiccSignature1. Then the session is over; a refused answer leaves it as it is."""
    try:
        _check(core, request)
    except Refusal as refusal:
        code = rsp.names("VerifySmdsResponseResponse.verifySmdsResponseError")[refusal.name]
        return rsp.encode("VerifySmdsResponseResponse", ("verifySmdsResponseError", code))
    core.session = None
    return rsp.encode("VerifySmdsResponseResponse", ("verifySmdsResponseOk", None))


def _check(core: EuiccCore, request: dict[str, Any]) -> None:
    session = core.session
    if session is None or session.server_key is None:
        raise Refusal("noSession")
    signed, signature = request["smdsSigned2"], request["smdsSignature2"]
    covered = signed.raw + signature_tlv(session.signature1)
    if len(signature) != SIGNATURE_LENGTH or not verify_raw(session.server_key, signature, covered):
        raise Refusal("invalidSignature")
    if signed["transactionId"] != session.transaction_id:
        raise Refusal("invalidTransactionId")


FUNCTIONS = (
    Es10Function(
        "VerifySmdsResponse",
        0xBF45,
        "VerifySmdsResponseRequest",
        "SGP.22 v3 §5.7",
        verify_smds_response,
        is_v3=True,
    ),
)
