"""What the SM-DP+ signs after AuthenticateClient with the key that it was authenticated with (SGP.22 v3
§5.6.3): smdpSigned4 to 6, each over the eUICC's signature before it."""

from __future__ import annotations

from typing import Any

from asn1 import Record, rsp
from simulator.crypto.ecc import sign_raw
from simulator.smdp.context import Context
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.euicc_proof import signature_tlv
from simulator.smdp.identity import Credentials
from simulator.smdp.records import Session


def credentials_of(smdp: Context, session: Session) -> Credentials:
    """Those that the session was opened with; RspError SMDP_CERTIFICATE if the server came back with
    others."""
    credentials = smdp.identity.credentials_under(session.server_ci_key_id)
    if credentials is None:
        raise RspError.of(Refusal.SMDP_CERTIFICATE, session.server_ci_key_id.hex().upper())
    return credentials


def sign(
    smdp: Context, session: Session, kind: str, members: dict[str, Any], previous: bytes
) -> tuple[Record, bytes]:
    """The signed SEQUENCE of that type, with the session's transaction id, and the signature over it and over
    `previous`, a signature of the eUICC."""
    value = {"transactionId": session.transaction_id, **members}
    raw = rsp.encode(kind, value)
    signature = sign_raw(credentials_of(smdp, session).auth_key, raw + signature_tlv(previous))
    return Record(value, raw), signature
