"""ES9+.InitiateAuthentication: keys that both sides know, and the server's challenge (SGP.22 §5.6.1)."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from asn1 import Record, rsp
from simulator.crypto.ecc import sign_raw
from simulator.smdp.context import AuthCredentials, Server, ServerIdentity, follows_v3
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.records import Session
from simulator.smdp.stapling import stapled_lists

SUPPORTED_MAJOR_VERSIONS: Final = (2, 3)
"""Of SGP.22: an eUICC of v3 speaks v2 with a server of v2 (§2.6 of SGP.22 v3)."""
CHALLENGE_LENGTH: Final = 16


def initiate_authentication(server: Server, request: dict[str, Any]) -> dict[str, Any]:
    """A new session with the server's signed challenge."""
    if not follows_v3(server):
        request = _as_version_2(request)
    identity = server.identity
    address = identity.own_address(request["smdpAddress"])
    if address is None:
        raise RspError.of(Refusal.SMDP_ADDRESS, request["smdpAddress"])
    if len(request["euiccChallenge"]) != CHALLENGE_LENGTH:
        raise RspError.of(Refusal.MALFORMED, "euiccChallenge", "16 bytes expected")
    info = request["euiccInfo1"]
    if info["svn"][0] not in SUPPORTED_MAJOR_VERSIONS:
        raise RspError.of(Refusal.SVN, ".".join(str(byte) for byte in info["svn"]))
    v3 = _has_chains(request)
    credentials = _credentials(identity, info["euiccCiPKIdListForVerification"], v3=v3)
    key_ids = _signing_keys(identity, info, v3=v3)
    lists = stapled_lists(server, credentials) if "euiccRspCapability" in info else ()
    is_stapled = bool(lists) and _has_stapling(request)
    session = Session(
        transaction_id=server.entropy(16),
        created_at=server.now(),
        euicc_ci_key_id=key_ids.v3 or key_ids.v2,
        server_ci_key_id=credentials.issuer_key_id,
        server_challenge=server.entropy(CHALLENGE_LENGTH),
        euicc_capability=_told("RspCapability", info.get("euiccRspCapability")),
        lpa_capability=_told("LpaRspCapability", request.get("lpaRspCapability")),
    )
    signed = {
        "transactionId": session.transaction_id,
        "euiccChallenge": request["euiccChallenge"],
        "serverAddress": address,
        "serverChallenge": session.server_challenge,
        **(
            _of_version_3(server, session, key_ids, has_lists=bool(lists), is_stapled=is_stapled)
            if session.euicc_capability
            else {}
        ),
    }
    raw = rsp.encode("ServerSigned1", signed)
    server.store.save(session)
    return {
        "transactionId": session.transaction_id,
        "serverSigned1": Record(signed, raw),
        "serverSignature1": sign_raw(credentials.auth_key, raw),
        **({"euiccCiPKIdToBeUsed": key_ids.v2} if key_ids.v2 else {}),
        "serverCertificate": credentials.auth_certificate,
        **({"otherCertsInChain": list(credentials.others)} if credentials.others else {}),
        **({"crlList": list(lists)} if is_stapled else {}),
    }


def _as_version_2(request: dict[str, Any]) -> dict[str, Any]:
    """The request as a server of version 2 reads it: it passes over what version 3 adds."""
    info = {name: value for name, value in request["euiccInfo1"].items() if name in _INFO1_OF_VERSION_2}
    kept = {name: value for name, value in request.items() if name != "lpaRspCapability"}
    return kept | {"euiccInfo1": info}


_INFO1_OF_VERSION_2: Final = ("svn", "euiccCiPKIdListForVerification", "euiccCiPKIdListForSigning")


def _told(type_name: str, bits: tuple[bytes, int] | None) -> bytes:
    """Capabilities as they are kept: DER, empty if none were told."""
    return rsp.encode(type_name, bits) if bits else b""


def _has_chains(request: dict[str, Any]) -> bool:
    """Whether eUICC and LPA both can do with SubCAs, in chains of variants A, B and C (§2.6.7.2)."""
    return _both_can(request, "certChainV3VerificationSupport", "certChainV3Support")


def _has_stapling(request: dict[str, Any]) -> bool:
    """Whether eUICC and LPA both can do with stapled revocation lists."""
    return _both_can(request, "crlStaplingV3Support", "crlStaplingV3Support")


def _both_can(request: dict[str, Any], euicc_bit: str, lpa_bit: str) -> bool:
    euicc = request["euiccInfo1"].get("euiccRspCapability")
    lpa = request.get("lpaRspCapability")
    return _has_bit("RspCapability", euicc, euicc_bit) and _has_bit("LpaRspCapability", lpa, lpa_bit)


def _has_bit(type_name: str, bits: tuple[bytes, int] | None, name: str) -> bool:
    """Whether a BIT STRING, as decoded, has the bit of this name; none has it not."""
    return bits is not None and name in rsp.bit_names(type_name, bits)


def _credentials(identity: ServerIdentity, key_ids: list[bytes], *, v3: bool) -> AuthCredentials:
    """The server's credentials under the first CI key, in the eUICC's order, that the eUICC can verify."""
    for key_id in key_ids:
        if credentials := identity.credentials_for(key_id, v3=v3):
            return credentials
    raise RspError.of(Refusal.SMDP_CERTIFICATE, detail=", ".join(k.hex().upper() for k in key_ids))


class _SigningKeys(NamedTuple):
    """The CI keys under which the eUICC may sign, empty if under none: with a chain of variant O, and with
    one of version 3, which it takes if there is one."""

    v2: bytes
    v3: bytes


def _signing_keys(identity: ServerIdentity, info: dict[str, Any], *, v3: bool) -> _SigningKeys:
    """Of each list the first CI key, in the eUICC's order, under which this server can verify signatures."""
    names = ("euiccCiPKIdListForSigning", "euiccCiPKIdListForSigningV3")
    lists = [info[names[0]], info.get(names[1], []) if v3 else []]
    found = _SigningKeys(*(next(filter(identity.chains.anchor, key_ids), b"") for key_ids in lists))
    if not any(found):
        detail = ", ".join(key_id.hex().upper() for key_ids in lists for key_id in key_ids)
        raise RspError.of(Refusal.SIGNING_KEY, detail=detail)
    return found


def _of_version_3(
    server: Server, session: Session, key_ids: _SigningKeys, *, has_lists: bool, is_stapled: bool
) -> dict[str, Any]:
    """SessionContext and ServerRspCapability, for an eUICC of version 3. Push services are told to an LPA
    that can use them."""
    context: dict[str, Any] = {"serverSvn": bytes(server.svn), "crlStaplingV3Used": is_stapled}
    if key_ids.v3:
        context["euiccCiPKIdToBeUsedV3"] = key_ids.v3
    if server.push_services and "pushServiceSupport" in session.lpa_can:
        context["supportedPushServices"] = list(server.push_services)
    names = (*server.rsp_capabilities, *(("crlStaplingV3Support",) if has_lists else ()))
    return {"sessionContext": context, "serverRspCapability": rsp.bits("ServerRspCapability", names)}
