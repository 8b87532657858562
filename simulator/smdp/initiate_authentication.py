"""ES9+.InitiateAuthentication: keys that both sides know, and the server's challenge (SGP.22 §5.6.1)."""

from __future__ import annotations

from typing import Any, Final

from asn1 import Record, rsp
from simulator.crypto.ecc import sign_raw
from simulator.smdp.context import AuthCredentials, Server, ServerIdentity
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.records import Session

SUPPORTED_MAJOR_VERSIONS: Final = (2, 3)
"""Of SGP.22: an eUICC of v3 speaks v2 with a server of v2 (§2.6 of SGP.22 v3)."""
CHALLENGE_LENGTH: Final = 16


def initiate_authentication(server: Server, request: dict[str, Any]) -> dict[str, Any]:
    """A new session with the server's signed challenge."""
    identity = server.identity
    address = identity.own_address(request["smdpAddress"])
    if address is None:
        raise RspError.of(Refusal.SMDP_ADDRESS, request["smdpAddress"])
    if len(request["euiccChallenge"]) != CHALLENGE_LENGTH:
        raise RspError.of(Refusal.MALFORMED, "euiccChallenge", "16 bytes expected")
    info = request["euiccInfo1"]
    if info["svn"][0] not in SUPPORTED_MAJOR_VERSIONS:
        raise RspError.of(Refusal.SVN, ".".join(str(byte) for byte in info["svn"]))
    credentials = _credentials(identity, info["euiccCiPKIdListForVerification"])
    euicc_ci_key_id = _signing_key(identity, info["euiccCiPKIdListForSigning"])
    session = Session(
        transaction_id=server.entropy(16),
        created_at=server.now(),
        euicc_ci_key_id=euicc_ci_key_id,
        server_ci_key_id=credentials.ci_key_id,
        server_challenge=server.entropy(CHALLENGE_LENGTH),
    )
    signed = {
        "transactionId": session.transaction_id,
        "euiccChallenge": request["euiccChallenge"],
        "serverAddress": address,
        "serverChallenge": session.server_challenge,
    }
    raw = rsp.encode("ServerSigned1", signed)
    server.store.save(session)
    return {
        "transactionId": session.transaction_id,
        "serverSigned1": Record(signed, raw),
        "serverSignature1": sign_raw(credentials.auth_key, raw),
        "euiccCiPKIdToBeUsed": euicc_ci_key_id,
        "serverCertificate": credentials.auth_certificate,
    }


def _credentials(identity: ServerIdentity, key_ids: list[bytes]) -> AuthCredentials:
    """The server's credentials under the first CI key, in the eUICC's order, that the eUICC can verify."""
    for key_id in key_ids:
        if credentials := identity.credentials_under(key_id):
            return credentials
    raise RspError.of(Refusal.SMDP_CERTIFICATE, detail=", ".join(k.hex().upper() for k in key_ids))


def _signing_key(identity: ServerIdentity, key_ids: list[bytes]) -> bytes:
    """The first CI key, in the eUICC's order, under which this server can verify its signatures."""
    for key_id in key_ids:
        if identity.chains.anchor(key_id):
            return key_id
    raise RspError.of(Refusal.SIGNING_KEY, detail=", ".join(k.hex().upper() for k in key_ids))
