"""ES11: an eUICC is authenticated as by an SM-DP+, and hears of its events (SGP.22 §3.6.2, §5.8).

The functions are those of ES9+ but for the answer; where an SM-DP+ refuses with a subject 8.8.x, an SM-DS
refuses with 8.9.x (§5.2.6.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from simulator.smdp import initiate_authentication as es9_initiate
from simulator.smdp.ds import event_list, push
from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.ds.event_checking import ec_id_for
from simulator.smdp.ds.store import DsRecord
from simulator.smdp.errors import RspError
from simulator.smdp.euicc_proof import authenticate_euicc
from simulator.smdp.records import Session
from simulator.smdp.states import SessionState

if TYPE_CHECKING:
    from simulator.smdp.ds.core import SmDs

_ROWS: Final = {(row.subject_code, row.reason_code): row for row in DsRefusal}


def initiate_authentication(ds: SmDs, request: dict[str, Any]) -> dict[str, Any]:
    """§5.8.1: a new session with the server's signed challenge."""
    with _as_sm_ds():
        return es9_initiate.initiate_authentication(ds, request)


def authenticate_client(ds: SmDs, request: dict[str, Any]) -> dict[str, Any]:
    """§5.8.2: the events for the eUICC, or the one that the LPA names by its matching id; or, in version 3,
    the LPA's push token is taken."""
    session = ds.store.session(request["transactionId"])
    too_old = session and ds.now() - session.created_at > ds.session_lifetime.total_seconds()
    if session is None or too_old or session.state is not SessionState.INITIATED:
        raise DsRefusal.TRANSACTION_ID.error(request["transactionId"].hex().upper())
    kind, response = request["authenticateServerResponse"]
    if kind != "authenticateResponseOk":
        raise DsRefusal.EXECUTION_ERROR.error("AuthenticateServer", str(response))
    with _as_sm_ds():
        eid = authenticate_euicc(ds, session, response).eid
    asked, parameters = response["euiccSigned1"]["ctxParams1"]
    answer = _ANSWERS.get(asked)
    if answer is None:
        raise DsRefusal.MALFORMED.error("ctxParams1", f"{asked} is not supported")
    finished = session._replace(state=SessionState.FINISHED, eid=eid)
    members, records = answer(ds, finished, parameters, response["euiccSignature1"])
    ds.store.save(finished, *records)
    return {"transactionId": session.transaction_id, **members}


_Answered = tuple[dict[str, Any], tuple[DsRecord, ...]]
"""Members of the response, and what is to be saved."""


def _tell_events(ds: SmDs, session: Session, parameters: dict[str, Any], signature1: bytes) -> _Answered:
    """Event retrieval (§3.6.2)."""
    found = event_list.waiting(ds, session.eid, parameters)
    if not event_list.is_signed(session):
        return {"eventEntries": [event_list.entry(event) for event in found]}, ()
    content: dict[str, Any] = {"eventEntries": [event_list.record(event) for event in found]}
    made: tuple[DsRecord, ...] = ()
    if ds.ec_id_lifetime and "eventCheckingSupport" in session.lpa_can:
        content["ecId"], made = ec_id_for(ds, session.eid)
    registration = ds.store.push_registration(session.eid)
    if registration and ds.now() < registration.expires_at:
        content["pushServiceRefreshTime"] = _time(registration.expires_at)
    return event_list.signed(ds, session, ("eventList", content), signature1), made


def _take_push_token(ds: SmDs, session: Session, parameters: dict[str, Any], signature1: bytes) -> _Answered:
    """Push service registration (v3 §3.6.5); only a signed answer can tell of it."""
    if not event_list.is_signed(session):
        raise DsRefusal.MALFORMED.error("ctxParams1", "a push token needs signedSmdsResponseV3Support")
    registration = push.register(ds, session.eid, parameters)
    content = {"pushServiceRefreshTime": _time(registration.expires_at)}
    answer = event_list.signed(ds, session, ("pushServiceRegistrationResult", content), signature1)
    return answer, (registration,)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


_ANSWERS: Final[dict[str, Callable[[SmDs, Session, dict[str, Any], bytes], _Answered]]] = {
    "ctxParamsForCommonAuthentication": _tell_events,
    "ctxParamsForPushServiceRegistration": _take_push_token,
}
"""Choice of CtxParams1 → what is done."""


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
