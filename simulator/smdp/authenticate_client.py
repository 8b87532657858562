"""ES9+.AuthenticateClient: the eUICC is authenticated, and what it asks for begins (SGP.22 §5.6.3).

What it asks for the choice in ctxParams1 says: OPERATIONS has a row for each, which finds what waits for this
eUICC and answers with it.
"""

from __future__ import annotations

from typing import Any, Final

from simulator.smdp.context import Context
from simulator.smdp.device_change.recovery import recover_profile
from simulator.smdp.device_change.request import request_device_change
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.euicc_proof import authenticate_euicc
from simulator.smdp.operation import Client, Operation
from simulator.smdp.profile_offer import offer_profile
from simulator.smdp.rpm.offer import is_meant, offer_rpm_package
from simulator.smdp.states import SessionEvent

DOWNLOAD, RPM = 0, 1
"""Bits of OperationType."""


def _common_authentication(smdp: Context, client: Client) -> dict[str, Any]:
    """A profile download, or remote profile management of version 3; an LPA that takes both gets what its
    matching id means, or what waits for its EID, remote management first."""
    octets, length = client.parameters.get("operationType", (b"\x80", 1))
    asked = {bit for bit in range(length) if octets[bit // 8] & 0x80 >> bit % 8}
    if RPM in asked and (DOWNLOAD not in asked or is_meant(smdp, client)):
        return offer_rpm_package(smdp, client)
    if DOWNLOAD not in asked:
        raise RspError.of(Refusal.MALFORMED, "operationType", "neither profileDownload nor rpm")
    return offer_profile(smdp, client)


OPERATIONS: Final[dict[str, Operation]] = {
    "ctxParamsForCommonAuthentication": _common_authentication,
    "ctxParamsForDeviceChange": request_device_change,
    "ctxParamsForProfileRecovery": recover_profile,
}
"""Choice of CtxParams1 → what is asked for."""


def authenticate_client(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Checks the eUICC, then answers with what waits for it."""
    session, authenticated = smdp.session_for(request["transactionId"], SessionEvent.AUTHENTICATE)
    kind, response = request["authenticateServerResponse"]
    if kind != "authenticateResponseOk":
        raise RspError.of(Refusal.EXECUTION_ERROR, "AuthenticateServer", str(response))
    certificate = authenticate_euicc(smdp, session, response)
    authenticated = authenticated._replace(eid=certificate.eid, euicc_certificate=certificate.der)
    signed = response["euiccSigned1"]
    asked, _ = signed["ctxParams1"]
    operation = OPERATIONS.get(asked)
    if operation is None:
        raise RspError.of(Refusal.MALFORMED, "ctxParams1", f"{asked} is not supported")
    deletion = request.get("deleteNotificationForDc")
    return operation(smdp, Client(authenticated, signed, response["euiccSignature1"], deletion))
