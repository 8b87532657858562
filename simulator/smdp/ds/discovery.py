"""ES11: an eUICC is authenticated as by an SM-DP+, and hears of its events (SGP.22 §3.6.2, §5.8).

The functions are those of ES9+ but for the answer; where an SM-DP+ refuses with a subject 8.8.x, an SM-DS
refuses with 8.9.x (§5.2.6.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from simulator.smdp import initiate_authentication as es9_initiate
from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.errors import RspError
from simulator.smdp.euicc_proof import authenticate_euicc
from simulator.smdp.states import SessionState
from simulator.smdp.store import ConflictError

if TYPE_CHECKING:
    from simulator.smdp.ds.core import SmDs

_ROWS: Final = {(row.subject_code, row.reason_code): row for row in DsRefusal}


def initiate_authentication(ds: SmDs, request: dict[str, Any]) -> dict[str, Any]:
    """§5.8.1: a new session with the server's signed challenge."""
    with _as_sm_ds():
        return es9_initiate.initiate_authentication(ds, request)


def authenticate_client(ds: SmDs, request: dict[str, Any]) -> dict[str, Any]:
    """§5.8.2: the events for the eUICC, or the one that the LPA names by its matching id."""
    session = ds.store.session(request["transactionId"])
    too_old = session and ds.now() - session.created_at > ds.session_lifetime.total_seconds()
    if session is None or too_old or session.state is not SessionState.INITIATED:
        raise DsRefusal.TRANSACTION_ID.error(request["transactionId"].hex().upper())
    kind, response = request["authenticateServerResponse"]
    if kind != "authenticateResponseOk":
        raise DsRefusal.EXECUTION_ERROR.error("AuthenticateServer", str(response))
    with _as_sm_ds():
        eid = authenticate_euicc(ds, session, response).eid
    entries = _entries(ds, eid, response["euiccSigned1"])
    try:
        ds.store.save(session._replace(state=SessionState.FINISHED, eid=eid))
    except ConflictError:
        raise DsRefusal.TRANSACTION_ID.error(session.transaction_id.hex().upper()) from None
    return {"transactionId": session.transaction_id, "eventEntries": entries}


def _entries(ds: SmDs, eid: bytes, signed: dict[str, Any]) -> list[dict[str, str]]:
    kind, parameters = signed["ctxParams1"]
    if kind != "ctxParamsForCommonAuthentication":
        raise DsRefusal.MALFORMED.error("ctxParams1", f"{kind} is not supported")
    wanted = parameters.get("matchingId", "")
    found = ds.store.events_for_eid(eid)
    if wanted:
        found = [event for event in found if event.event_id == wanted]
        if not found:
            raise DsRefusal.EVENT_UNKNOWN.error(wanted)
    return [{"eventId": event.event_id, "rspServerAddress": event.rsp_server_address} for event in found]


@contextmanager
def _as_sm_ds() -> Iterator[None]:
    """Turns a refusal of the functions shared with the SM-DP+ into the SM-DS's own."""
    try:
        yield
    except RspError as error:
        subject = error.subject_code.replace("8.8.", "8.9.", 1)
        row = _ROWS.get((subject, error.reason_code))
        if row is None or subject == error.subject_code:
            raise
        raise row.error(error.subject_identifier) from error
