"""Push service registration: an SM-DS is told how to reach the LPA when an event comes (SGP.22 v3 §3.6.5).

How a push service delivers, and where the LPA has its token from, is not the specification's matter.
"""

from __future__ import annotations

from datetime import datetime

from simulator.lpa.device import Device
from simulator.lpa.discovery import verified
from simulator.lpa.errors import LpaError, ServerProtocolError
from simulator.lpa.es9 import EVENT_RETRIEVAL
from simulator.lpa.session import authenticate, open_session
from simulator.lpa.steps import Procedure, SendToCard


def register_push(
    service: str, token: str, address: str = "", device: Device | None = None
) -> Procedure[datetime | None]:
    """Gives the SM-DS of this address, or the eUICC's root SM-DS, the LPA's token of a push service (OID);
    until when it is good, if the SM-DS says so. LpaError if eUICC or SM-DS have no such service."""
    if not address:
        addresses = yield SendToCard("get_euicc_configured_addresses")
        address = addresses.get("rootDsAddress", "")
        if not address:
            raise LpaError("the eUICC has no root SM-DS address: name an SM-DS")
    session = yield from open_session(address, device=device)
    if "pushServiceRegistrationSupport" not in session.euicc_capabilities:
        raise LpaError("the eUICC takes no part in push services: it takes one of SGP.22 version 3")
    context = session.opening["serverSigned1"].get("sessionContext", {})
    offered = context.get("supportedPushServices", ())
    if service not in offered:
        others = f"; it has {', '.join(offered)}" if offered else ""
        raise LpaError(f"{address} has no push service {service}{others}")
    parameters = {"selectedPushService": service, "pushToken": token}
    answer = yield from authenticate(
        session, parameters, EVENT_RETRIEVAL, kind="ctxParamsForPushServiceRegistration"
    )
    if "smdsSigned2" not in answer:
        raise ServerProtocolError(f"{address} answered the registration of a push token unsigned")
    kind, result = yield from verified(session, answer)
    if kind != "pushServiceRegistrationResult":
        raise ServerProtocolError(f"{address} answered with {kind} where a push token was registered")
    refresh: datetime | None = result.get("pushServiceRefreshTime")
    return refresh
