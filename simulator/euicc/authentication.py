"""ES10b: mutual authentication with a server, and its end (SGP.22 §5.7.7, §5.7.13, §5.7.14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from asn1 import rsp, tlv
from cards.status import SW, StatusError
from simulator.crypto.certificates import Certificate, CertificateError, CertificateFault, Role
from simulator.crypto.ecc import sign_raw, verify_raw
from simulator.crypto.revocation import Crl
from simulator.crypto.stapling import StaplingError, StaplingFault, verify_lists
from simulator.euicc.core import EuiccCore, Session
from simulator.euicc.es10 import Es10Function
from simulator.euicc.identity import Credential
from simulator.euicc.info import euicc_info2
from simulator.euicc.profiles import has_bit

CHALLENGE_LENGTH = 16
SIGNATURE_LENGTH = 64
SIGNATURE = 0x5F37
_STAPLING_BIT = 0
"""crlStaplingV3Support, in ServerRspCapability and in LpaRspCapability."""
COMMON, DEVICE_CHANGE, RECOVERY = (
    "ctxParamsForCommonAuthentication",
    "ctxParamsForDeviceChange",
    "ctxParamsForProfileRecovery",
)
"""What a server is authenticated for: alternatives of CtxParams1, the last two of version 3."""


_REFUSALS = {
    CertificateFault.UNKNOWN_CI: "ciPKUnknown",
    CertificateFault.UNSUPPORTED_CURVE: "unsupportedCurve",
}
"""Faults of a server's certificates that have an error code of their own."""
_REFUSALS_V3 = _REFUSALS | {
    **dict.fromkeys((CertificateFault.EXPIRED, CertificateFault.NOT_YET_VALID), "invalidCertOrCrlTime"),
    **dict.fromkeys(
        (
            CertificateFault.WRONG_ROLE,
            CertificateFault.WRONG_EXTENSION,
            CertificateFault.UNKNOWN_CRITICAL_EXTENSION,
            CertificateFault.NAME_CONSTRAINT,
            CertificateFault.PATH_LENGTH,
            CertificateFault.WRONG_CURVE,
        ),
        "invalidCertOrCrlConfiguration",
    ),
}
"""Version 3 tells more apart."""


_STAPLING = {
    StaplingFault.MISSING: "missingCrl",
    StaplingFault.SIGNATURE: "invalidCrlSignature",
    StaplingFault.TIME: "invalidCertOrCrlTime",
    StaplingFault.CONFIGURATION: "invalidCertOrCrlConfiguration",
    StaplingFault.REVOKED: "revokedCert",
}
"""Faults of the revocation lists that a server of version 3 staples to its certificates."""


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """A function answers with one of its error codes; nothing has changed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def signature_tlv(signature: bytes) -> bytes:
    return tlv.encode(SIGNATURE, signature)


def server_path(
    core: EuiccCore, der: bytes, role: Role, others: Sequence[bytes] = ()
) -> tuple[Certificate, ...]:
    """A server's certificate and those above it up to a trusted CI's, verified; Refusal says why not.
    `others` are the SubCAs' that came with it; an eUICC of version 2 knows of none."""
    v3 = core.features.is_v3
    try:
        others = others if v3 else ()
        path = core.identity.chains.verify_path([der], role, core.clock(), others, v3=v3)
    except CertificateError as error:
        raise _refusal(core, error) from None
    if any(core.revocation_lists.is_revoked(certificate) for certificate in path):
        raise Refusal("revokedCert" if v3 else "invalidCertificate")
    return path


def _refusal(core: EuiccCore, error: CertificateError) -> Refusal:
    codes = _REFUSALS_V3 if core.features.is_v3 else _REFUSALS
    return Refusal(codes.get(error.fault, "invalidCertificate"))


def get_euicc_challenge(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.7.7: a new challenge, and with it a new session in place of an older one."""
    core.session = Session(core.entropy(CHALLENGE_LENGTH))
    return rsp.encode("GetEuiccChallengeResponse", {"euiccChallenge": core.session.challenge})


class _Server(NamedTuple):
    certificate: Certificate
    root_key_id: bytes
    credential: Credential
    lists: tuple[Crl, ...]


def authenticate_server(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.7.13. The error codes of AuthenticateErrorCode, in the order of the clause's checks."""
    signed = request["serverSigned1"]
    if request["ctxParams1"][0] != COMMON and not core.features.is_v3:
        raise StatusError(SW.INCORRECT_DATA)
    try:
        session, server = _check_server(core, request)
    except Refusal as refusal:
        return _authenticate_error(signed["transactionId"], refusal)
    credential = server.credential
    euicc_signed1 = rsp.encode(
        "EuiccSigned1",
        {
            "transactionId": signed["transactionId"],
            "serverAddress": signed["serverAddress"],
            "serverChallenge": signed["serverChallenge"],
            "euiccInfo2": euicc_info2(core),
            "ctxParams1": request["ctxParams1"],
        },
    )
    signature = sign_raw(credential.key, euicc_signed1)
    core.session = Session(
        session.challenge,
        transaction_id=signed["transactionId"],
        server_address=signed["serverAddress"],
        server_oid=server.certificate.registered_id,
        server_ci_key_id=server.certificate.authority_key_id,
        server_chain=tuple(request.get("otherCertsInChain", ())),
        server_lists=server.lists,
        server_key=server.certificate.public_key,
        server_root_key_id=server.root_key_id,
        context=request["ctxParams1"],
        credential=credential,
        signature1=signature,
    )
    # AuthenticateServerResponse, authenticateResponseOk: the signed octets must go out as they were signed.
    answer = euicc_signed1 + signature_tlv(signature) + credential.certificate + credential.eum_certificate
    if credential.others:
        answer += tlv.encode(0xA0, b"".join(credential.others))
    return tlv.encode(0xBF38, tlv.encode(0xA0, answer))


def _check_server(core: EuiccCore, request: dict[str, Any]) -> tuple[Session, _Server]:
    der = request["serverCertificate"]
    path = server_path(core, der, _role(der, core), request.get("otherCertsInChain", ()))
    certificate = path[0]
    signed = request["serverSigned1"]
    if not _verifies(certificate, request["serverSignature1"], signed.raw):
        raise Refusal("invalidSignature")
    session = core.session
    if session is None or session.is_authenticated:
        raise Refusal("noSessionContext")
    if signed["euiccChallenge"] != session.challenge:
        raise Refusal("euiccChallengeMismatch")
    _check_context(core, path, request["ctxParams1"])
    lists = _stapled_lists(core, request, path)
    return session, _Server(certificate, path[-1].subject_key_id, _credential(core, request), lists)


def _stapled_lists(core: EuiccCore, request: dict[str, Any], path: Sequence[Certificate]) -> tuple[Crl, ...]:
    """The lists that the server says it has stapled, verified; none where it says so in good faith.

    missingCrl too if eUICC, LPA and server each say, signed, that they can do with lists, and the server has
    used none: somebody on the way has made less of one of them.
    """
    signed, device = request["serverSigned1"], request["ctxParams1"][1].get("deviceInfo", {})
    if not core.features.is_v3:
        return ()
    if signed.get("sessionContext", {}).get("crlStaplingV3Used", False):
        try:
            return verify_lists(path, request.get("crlList", ()), core.clock())
        except StaplingError as error:
            raise Refusal(_STAPLING[error.fault]) from None
    told = signed.get("serverRspCapability"), device.get("lpaRspCapability")
    if all(has_bit(bits, _STAPLING_BIT) for bits in told):
        raise Refusal("missingCrl")
    return ()


def _check_context(core: EuiccCore, path: Sequence[Certificate], context: tuple[str, dict[str, Any]]) -> None:
    """In version 3 a session may be about a profile: one that its operator manages from afar, or lets change
    to another device over a server. It must be there, and the server below the CI that the operator allows,
    if it names one."""
    kind, parameters = context
    if not core.features.is_v3 or kind not in (COMMON, DEVICE_CHANGE) or "iccid" not in parameters:
        return
    profile = core.registry.by_iccid(parameters["iccid"])
    configuration = _configuration(kind, profile.metadata) if profile else None
    if configuration is None:
        raise Refusal("invalidIccid")
    if configuration.get("allowedCiPKId", path[-1].subject_key_id) != path[-1].subject_key_id:
        raise Refusal("ciPKUnknown")


def _configuration(kind: str, metadata: dict[str, Any]) -> dict[str, Any] | None:
    """What the operator says of what is asked for; None if it does not allow it."""
    if kind == COMMON:
        return metadata.get("rpmConfiguration")
    how, configuration = metadata.get("deviceChangeConfiguration", ("", None))
    return configuration if how == "requestToDp" else None


def _credential(core: EuiccCore, request: dict[str, Any]) -> Credential:
    """Under the CI that the server wants to see: one of version 3 if it names that in the session context,
    else one of variant O."""
    context = request["serverSigned1"].get("sessionContext", {})
    credential = None
    if core.features.is_v3 and "euiccCiPKIdToBeUsedV3" in context:
        credential = core.identity.credential(context["euiccCiPKIdToBeUsedV3"], v3=True)
    elif "euiccCiPKIdToBeUsed" in request:
        credential = core.identity.credential(request["euiccCiPKIdToBeUsed"], v3=False)
    if credential is None:
        raise Refusal("ciPKUnknown")
    return credential


def _role(der: bytes, core: EuiccCore) -> Role:
    """An SM-DS authenticates itself too; which one it is its certificate says."""
    try:
        role = core.identity.chains.parse(der).role
    except CertificateError as error:
        raise _refusal(core, error) from None
    return Role.DS_AUTH if role is Role.DS_AUTH else Role.DP_AUTH


def _verifies(certificate: Certificate, signature: bytes, data: bytes) -> bool:
    return len(signature) == SIGNATURE_LENGTH and verify_raw(certificate.public_key, signature, data)


def _authenticate_error(transaction_id: bytes, refusal: Refusal) -> bytes:
    code = rsp.names("AuthenticateErrorCode")[refusal.name]
    error = {"transactionId": transaction_id, "authenticateErrorCode": code}
    return rsp.encode("AuthenticateServerResponse", ("authenticateResponseError", error))


def cancel_session(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.7.14: end the session and sign why; invalidTransactionId if it is not the one under way."""
    session = core.session
    if session is None or session.credential is None or session.transaction_id != request["transactionId"]:
        return rsp.encode("CancelSessionResponse", ("cancelSessionResponseError", 5))
    signed = rsp.encode(
        "EuiccCancelSessionSigned",
        {
            "transactionId": session.transaction_id,
            "smdpOid": session.server_oid,
            "reason": request["reason"],
        },
    )
    core.session = None
    answer = signed + signature_tlv(sign_raw(session.credential.key, signed))
    return tlv.encode(0xBF41, tlv.encode(0xA0, answer))


FUNCTIONS = (
    Es10Function(
        "GetEUICCChallenge", 0xBF2E, "GetEuiccChallengeRequest", "SGP.22 §5.7.7", get_euicc_challenge
    ),
    Es10Function(
        "AuthenticateServer", 0xBF38, "AuthenticateServerRequest", "SGP.22 §5.7.13", authenticate_server
    ),
    Es10Function("CancelSession", 0xBF41, "CancelSessionRequest", "SGP.22 §5.7.14", cancel_session),
)
