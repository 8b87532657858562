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
from simulator.smdp.states import SessionEvent

OPERATIONS: Final[dict[str, Operation]] = {
    "ctxParamsForCommonAuthentication": offer_profile,
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
