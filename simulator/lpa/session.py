"""Common mutual authentication as the LPA carries it, and the end of a session (SGP.22 §3.0.1, §3.0.2).

Both sides say what they can do: the eUICC in euiccRspCapability, the LPA in lpaRspCapability, the server in
serverRspCapability, each only where it follows version 3. A server that sees none of it is talked to as one
of version 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from asn1 import rsp
from cards.errors import CardError
from cards.isdr.errors import Es10Error
from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.certificate import issuers, registered_ids
from simulator.lpa.device import Device
from simulator.lpa.errors import EuiccRefused, LpaError, ServerProtocolError
from simulator.lpa.profiles import bit_names
from simulator.lpa.steps import PostToServer, Procedure, SendToCard

Value = dict[str, Any]
LPA_CAPABILITIES: Final = (
    "crlStaplingV3Support",
    "certChainV3Support",
    "signedSmdsResponseV3Support",
    "eventCheckingSupport",
    "pushServiceSupport",
)
"""LpaRspCapability of every device of version 3: crlList and otherCertsInChain reach the eUICC, and so do an
SM-DS's signed answers; ecIds and push tokens are used where an SM-DS has them."""
_CI_LIST: Final = "euiccCiPKIdListForVerification"
OLDEST_VERSION = bytes((2, 0, 0))
"""Of SGP.22: what eUICCs before it send is of another shape."""


@dataclass(frozen=True, slots=True)
class Session:
    """An RSP session that both sides know, so that leaving it early must be told to both."""

    address: str
    opening: Value
    """The server's answer to InitiateAuthentication."""
    euicc_capabilities: tuple[str, ...] = ()
    """RspCapability of an eUICC of version 3."""
    lpa_capabilities: tuple[str, ...] = ()
    """LpaRspCapability, if both eUICC and LPA follow version 3."""

    @property
    def transaction_id(self) -> bytes:
        number: bytes = self.opening["transactionId"]
        return number

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What a server of version 3 can do (ServerRspCapability)."""
        bits = self.opening["serverSigned1"].get("serverRspCapability")
        return bit_names("ServerRspCapability", bits) if bits else ()

    @property
    def is_v3(self) -> bool:
        """Whether eUICC, LPA and server all follow version 3: then what that version adds may be sent."""
        return bool(self.lpa_capabilities) and "sessionContext" in self.opening["serverSigned1"]

    @property
    def reason_of_abortion(self) -> str:
        """The reason for a session that is left and may be begun anew: servers of version 2 know no other
        than "postponed" that keeps the order."""
        return "sessionAborted" if "cancelForSessionAbortedSupport" in self.capabilities else "postponed"

    def device_info(self, device: Device) -> Value:
        """DeviceInfo as this server may have it."""
        info = device.to_value(is_v3=self.is_v3)
        if self.is_v3:
            info["lpaRspCapability"] = rsp.bits("LpaRspCapability", self.lpa_capabilities)
        return info

    def common_context(
        self, device: Device, matching_id: str = "", operations: tuple[str, ...] = ()
    ) -> Value:
        """CtxParamsForCommonAuthentication. `operations` are names of OperationType; without any the server
        takes a download to be meant, and an eUICC that does not know the member is spared it."""
        context: Value = {"deviceInfo": self.device_info(device)}
        if matching_id:
            context["matchingId"] = matching_id
        if operations and "v3ObjectsInCtxParamsCASupport" in self.euicc_capabilities:
            context["operationType"] = rsp.bits("OperationType", operations)
        return context


def open_session(
    address: str,
    activation: ActivationCode | None = None,
    device: Device | None = None,
    allowed_ci: bytes = b"",
) -> Procedure[Session]:
    """The first half of common mutual authentication (§3.0.1), the server's answer checked. With
    `allowed_ci`, a subjectKeyIdentifier, the server must be certified by that CI; an activation code may name
    one too, or the beginning of it."""
    device = device or Device()
    info1 = yield SendToCard("get_euicc_info1")
    if info1["svn"] < OLDEST_VERSION:
        version = ".".join(map(str, info1["svn"]))
        raise LpaError(f"the eUICC follows SGP.22 version {version}; versions from 2.0.0 on are supported")
    if allowed_ci:
        info1 = {**info1, _CI_LIST: [allowed_ci]}
    elif activation and activation.ci_key_id:
        info1 = _restricted(info1, address, activation.ci_key_id.lower())
    challenge = yield SendToCard("get_euicc_challenge")
    opening = {"euiccChallenge": challenge, "euiccInfo1": info1, "smdpAddress": address}
    capabilities: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    if "euiccRspCapability" in info1 and device.is_v3:  # an eUICC of version 3
        capabilities = bit_names("RspCapability", info1["euiccRspCapability"])
        own = (*LPA_CAPABILITIES, *device.rsp_capabilities)
        opening["lpaRspCapability"] = rsp.bits("LpaRspCapability", own)
    server = yield PostToServer(address, "initiateAuthentication", opening)
    _check_server(server, address, activation)
    if allowed_ci and allowed_ci not in issuers(
        server["serverCertificate"], server.get("otherCertsInChain", ())
    ):
        raise ServerProtocolError(
            f"{address} is not certified by {allowed_ci.hex()}, the only CI for the default SM-DP+"
        )
    return Session(address, server, capabilities, own)


def _restricted(info1: Value, address: str, ci: str) -> Value:
    """EUICCInfo1 that names no other CI to verify the server with, so that it cannot choose another."""
    keys = [key for key in info1[_CI_LIST] if key.hex().startswith(ci)]
    if not keys:
        raise LpaError(f"{address} is to be trusted below the CI {ci} alone, which the eUICC does not trust")
    return {**info1, _CI_LIST: keys}


def authenticate(
    session: Session,
    context: Value,
    function: str = "authenticateClient",
    *,
    kind: str = "ctxParamsForCommonAuthentication",
    deletion: bytes = b"",
) -> Procedure[Value]:
    """The second half: eUICC and server check each other; the answer of AuthenticateClient (ES9+, ES11).
    `kind` and `context` are ctxParams1; `deletion` is a DeleteNotificationForDc, DER, that came with an
    activation code."""
    server = {name: value for name, value in session.opening.items() if name != "transactionId"}
    request = {**server, "ctxParams1": (kind, context)}
    try:
        client = yield SendToCard("authenticate_server", (request,))
    except Es10Error as error:
        raise EuiccRefused(error) from error
    proof = {"transactionId": session.transaction_id, "authenticateServerResponse": client}
    if deletion:
        proof["deleteNotificationForDc"] = rsp.decode("DeleteNotificationForDc", deletion)
    answer: Value = yield PostToServer(session.address, function, proof)
    return answer


def _check_server(server: Value, address: str, activation: ActivationCode | None) -> None:
    """What the LPA itself checks of the server's answer (§3.0.1, steps 8 to 10)."""
    signed = server["serverSigned1"]
    if signed["serverAddress"].casefold() != address.casefold():
        raise ServerProtocolError(
            f"{address} signed for the address {signed['serverAddress']!r}: it is not the server asked for"
        )
    if signed["transactionId"] != server["transactionId"]:
        raise ServerProtocolError("the server signed another transaction than it opened")
    if activation and activation.smdp_oid:
        oids = registered_ids(server["serverCertificate"])
        if activation.smdp_oid not in oids:
            raise ServerProtocolError(
                f"the server's certificate is for {', '.join(oids) or 'no OID'}, "
                f"the activation code asks for {activation.smdp_oid}"
            )


def cancel(session: Session, reason: str) -> Procedure[bool]:
    """CancelSession to the eUICC, and its signed answer to the server (§3.0.2); whether both took it. What
    goes wrong here does not hide why the session is cancelled."""
    try:
        answer = yield SendToCard("cancel_session", (session.transaction_id, reason))
        message = {"transactionId": session.transaction_id, "cancelSessionResponse": answer}
        yield PostToServer(session.address, "cancelSession", message)
    except (CardError, LpaError):
        return False
    return True
