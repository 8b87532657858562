"""ES2+: profiles are ordered, confirmed, released, cancelled; what each function refuses and tells."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import pytest

from asn1 import es2, es12, rsp
from simulator.crypto.certificates import Role
from simulator.smdp import MemoryStore, ProfileMetadata, SmdpIdentity, Store
from simulator.smdp.client import PeerClient, UnreachableError
from simulator.smdp.delivery import FIRST_PAUSE, deliver
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.records import Outgoing
from simulator.smdp.serve import running
from simulator.smdp.sql import SqlStore
from simulator.smdp.states import OrderState

OPERATOR, OTHER = "2.999.20", "2.999.21"
EID = "89049032123451234512345678901235"
OTHER_EID = "89049032123451234512345678901236"
ICCID = "89000123456789012341"
TYPE = "Test profile"


class SmDs:
    """An SM-DS that writes down what it is told, refuses, or does not answer."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, dict[str, Any]]] = []
        self.refusal: Exception | None = None

    def at(self, address: str) -> SmDs:
        self.address = address
        return self

    def post(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
        if self.refusal:
            raise self.refusal
        header = {"functionRequesterIdentifier": "", "functionCallIdentifier": ""}
        es12.BINDING.encode_request(function, {**header, **message})
        self.told.append((self.address, function, message))
        return {}


@pytest.fixture(params=["memory", "sql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    sql = SqlStore("sqlite://")
    yield sql
    sql.close()


@pytest.fixture
def ds() -> SmDs:
    return SmDs()


@pytest.fixture
def shop(make_world: Callable[..., Any], store: Store, ds: SmDs) -> Any:
    """A server with one profile in stock and an operator who wants to hear of it."""
    world = make_world(store)
    world.smdp.registrars = ds.at
    world.smdp.add_operator(OPERATOR, "operator.example.com")
    world.smdp.add_profile(world.upp, owner=OPERATOR)
    return world


def call(shop: Any, function: str, /, requester: str = OPERATOR, **members: Any) -> dict[str, Any]:
    """Calls a function by way of JSON."""
    message = {"functionRequesterIdentifier": requester, "functionCallIdentifier": "1", **members}
    values = es2.BINDING.decode_request(function, es2.BINDING.encode_request(function, message))
    snake = {
        "downloadOrder": shop.smdp.download_order,
        "confirmOrder": shop.smdp.confirm_order,
        "cancelOrder": shop.smdp.cancel_order,
        "releaseProfile": shop.smdp.release_profile,
    }
    return es2.BINDING.decode_response(
        function, es2.BINDING.encode_response(function, snake[function](values))
    )


def ordered(shop: Any, **members: Any) -> None:
    call(shop, "downloadOrder", iccid=ICCID, **members)


def confirmed(shop: Any, **members: Any) -> dict[str, Any]:
    return call(shop, "confirmOrder", **{"iccid": ICCID, "releaseFlag": False, **members})


def cancelled(shop: Any, **members: Any) -> None:
    call(shop, "cancelOrder", **{"iccid": ICCID, "finalProfileStatusIndicator": "Available", **members})


def order(shop: Any) -> Any:
    return shop.store.orders_with_iccid(ICCID)[-1]


def told(shop: Any) -> list[dict[str, Any]]:
    """What the operator is to hear, with the point and the codes."""
    waiting = [outgoing for outgoing in shop.store.undelivered() if outgoing.interface == "ES2+"]
    return [json.loads(outgoing.message) for outgoing in waiting]


def points(shop: Any) -> list[tuple[int, str]]:
    found = []
    for message in told(shop):
        code = message["notificationPointStatus"].get("statusCodeData")
        found.append(
            (message["notificationPointId"], f"{code['subjectCode']}/{code['reasonCode']}" if code else "")
        )
    return found


def test_a_profile_is_ordered_by_type_and_downloaded(shop: Any) -> None:
    assert call(shop, "downloadOrder", profileType=TYPE) == {"iccid": ICCID}
    assert order(shop).state is OrderState.ALLOCATED
    answer = confirmed(shop, matchingId="MAT-1", confirmationCode="1234")
    assert answer == {"matchingId": "MAT-1", "smdpAddress": "testsmdpplus1.example.com"}
    assert order(shop).state is OrderState.CONFIRMED
    assert order(shop).confirmation_code_hash == sha256(b"1234").digest()
    assert call(shop, "releaseProfile", iccid=ICCID) == {}
    package = shop.delivered("MAT-1", "1234")
    assert shop.euicc.open(package["boundProfilePackage"])[2] == shop.upp
    result = shop.euicc.result(package["transactionId"])
    shop.smdp.handle_notification(result)
    assert order(shop).state is OrderState.INSTALLED
    assert points(shop) == [(1, ""), (3, ""), (4, "")]
    last = told(shop)[-1]
    assert last["iccid"] == ICCID
    assert (last["eid"], last["profileType"]) == (EID, TYPE)
    assert last["timestamp"] == "2026-11-23T12:00:00Z"
    data = rsp.decode("PendingNotification", b64decode(last["resultData"]))
    assert data == result["pendingNotification"]


def test_a_profile_is_ordered_for_an_euicc(shop: Any) -> None:
    """Default SM-DP+ use case, §3.1.1.2: no matching id, the EID finds the order."""
    ordered(shop, eid=EID)
    assert order(shop).state is OrderState.LINKED
    assert confirmed(shop, matchingId="", releaseFlag=True)["eid"] == EID
    assert order(shop).state is OrderState.RELEASED
    assert shop.authenticated("")["profileMetadata"]["profileName"] == TYPE


def test_a_matching_id_is_made_up(shop: Any) -> None:
    ordered(shop)
    matching_id = confirmed(shop, releaseFlag=True)["matchingId"]
    assert order(shop).matching_id == matching_id != ""
    assert shop.authenticated(matching_id)


def test_an_iccid_of_19_digits(shop: Any) -> None:
    shop.smdp.add_profile(shop.upp, metadata=ProfileMetadata(iccid="8900012345678901235"))
    for spelling in ("8900012345678901235F", "8900012345678901235"):
        assert call(shop, "downloadOrder", iccid=spelling)["iccid"] == "8900012345678901235F"
        call(shop, "cancelOrder", iccid=spelling, finalProfileStatusIndicator="Available")


def test_a_cancelled_profile_returns_or_goes(shop: Any) -> None:
    before = order(shop)
    ordered(shop, eid=EID)
    confirmed(shop, matchingId="MAT-1", confirmationCode="1", releaseFlag=True)
    cancelled(shop, eid=EID, matchingId="MAT-1")
    assert order(shop)._replace(version=0) == before._replace(version=0)
    with pytest.raises(RspError):
        shop.authenticated("MAT-1")
    ordered(shop)
    cancelled(shop, finalProfileStatusIndicator="Unavailable")
    assert order(shop).state is OrderState.UNAVAILABLE


def test_the_sm_ds_hears_of_the_order(shop: Any, ds: SmDs) -> None:
    ordered(shop, eid=EID)
    confirmed(shop, matchingId="MAT-1", smdsAddress="ds.example.com")
    assert ds.told == []  # not before it is released
    call(shop, "releaseProfile", iccid=ICCID)
    event = {
        "eid": EID,
        "rspServerAddress": "testsmdpplus1.example.com",
        "eventId": "MAT-1",
        "forwardingIndicator": True,
        "eventType": 0,
        "serviceProviderName": "eSIM Simulator",
    }
    assert ds.told == [("ds.example.com", "registerEvent", event)]
    cancelled(shop)
    assert ds.told[1:] == [("ds.example.com", "deleteEvent", {"eid": EID, "eventId": "MAT-1"})]


def test_the_sm_ds_forgets_an_order_that_is_over(shop: Any, ds: SmDs) -> None:
    ordered(shop, eid=EID)
    confirmed(shop, matchingId="", smdsAddress="ds.example.com", releaseFlag=True)
    event_id = ds.told[0][2]["eventId"]
    assert event_id
    package = shop.delivered(event_id)
    shop.smdp.handle_notification(shop.euicc.result(package["transactionId"]))
    (forget,) = [o for o in shop.store.undelivered() if o.interface == "ES12"]
    assert (forget.receiver, forget.function) == ("ds.example.com", "deleteEvent")
    assert json.loads(forget.message) == {"eid": EID, "eventId": event_id}
    assert not order(shop).is_event_registered


@pytest.mark.parametrize("reason", [0, 1])
def test_only_a_cancelled_order_that_is_over_leaves_the_sm_ds(shop: Any, ds: SmDs, reason: int) -> None:
    """0 is endUserRejection, 1 postponed."""
    ordered(shop, eid=EID)
    confirmed(shop, matchingId="MAT-1", smdsAddress="ds.example.com", releaseFlag=True)
    offer = shop.authenticated("MAT-1")
    shop.smdp.cancel_session(shop.euicc.cancel(offer["transactionId"], reason))
    forgotten = [outgoing for outgoing in shop.store.undelivered() if outgoing.interface == "ES12"]
    assert len(forgotten) == (reason == 0)
    assert order(shop).is_event_registered is (reason == 1)
    assert points(shop)[1:2] == [(3, "8.2/3.8")]


def test_an_sm_ds_out_of_reach_leaves_the_order_as_it_was(shop: Any, ds: SmDs) -> None:
    ordered(shop, eid=EID)
    before = order(shop)
    for ds.refusal, codes in (
        (UnreachableError("no"), ("8.9", "5.1")),
        (RspError("1.1", "1.2"), ("8.9", "4.2")),
    ):
        with pytest.raises(RspError) as caught:
            confirmed(shop, smdsAddress="ds.example.com", releaseFlag=True)
        assert (caught.value.subject_code, caught.value.reason_code) == codes
        assert order(shop) == before
    ds.refusal = RspError("8.9.5", "3.3")  # an earlier attempt got through
    confirmed(shop, smdsAddress="ds.example.com", releaseFlag=True)
    assert order(shop).is_event_registered


def test_wrong_codes_and_too_many_attempts_are_told(shop: Any) -> None:
    ordered(shop)
    confirmed(shop, matchingId="MAT-1", confirmationCode="1234", releaseFlag=True)
    for expected in ("8.2.7/3.8", "8.2.7/3.8", "8.2.7/6.4"):
        with pytest.raises(RspError):
            shop.smdp.get_bound_profile_package(shop.euicc.prepare(shop.authenticated("MAT-1"), "0"))
        assert points(shop)[-1] == (2, expected)
    assert order(shop).state is OrderState.ERROR


def test_an_euicc_that_is_not_fit_is_told(shop: Any) -> None:
    ordered(shop)
    confirmed(shop, matchingId="MAT-1", releaseFlag=True)
    shop.euicc.capability = (b"\x00", 8)
    with pytest.raises(RspError):
        shop.authenticated("MAT-1")
    assert points(shop) == [(1, "8.2.5/4.3")]


def test_who_does_not_want_to_hear_is_not_told(shop: Any) -> None:
    shop.smdp.add_operator(OPERATOR, "")
    ordered(shop)
    confirmed(shop, matchingId="MAT-1", releaseFlag=True)
    shop.authenticated("MAT-1")
    assert told(shop) == []


def lost(shop: Any) -> None:
    cancelled(shop, finalProfileStatusIndicator="Unavailable")


def installed(shop: Any) -> None:
    ordered(shop)
    confirmed(shop, matchingId="MAT-1", releaseFlag=True)
    shop.smdp.handle_notification(shop.euicc.result(shop.delivered("MAT-1")["transactionId"]))


def twice(shop: Any) -> None:
    shop.smdp.add_profile(shop.upp, metadata=ProfileMetadata(iccid="8900012345678901235"))
    for iccid in (ICCID, "8900012345678901235"):
        call(shop, "downloadOrder", iccid=iccid)
        confirmed(shop, iccid=iccid, matchingId="SAME")


REFUSED: list[tuple[Refusal, Callable[[Any], Any]]] = [
    (Refusal.CONDITIONAL, lambda shop: call(shop, "downloadOrder")),
    (Refusal.MALFORMED, lambda shop: ordered(shop, eid="8904")),
    (Refusal.MALFORMED, lambda shop: ordered(shop, eid="x" * 32)),
    (Refusal.ICCID, lambda shop: call(shop, "downloadOrder", iccid="8900000000000000000F")),
    (Refusal.ICCID_OWNER, lambda shop: ordered(shop, requester=OTHER)),
    (Refusal.ICCID_IN_USE, lambda shop: (ordered(shop), ordered(shop))),
    (Refusal.PROFILE_TYPE_OTHER, lambda shop: ordered(shop, profileType="Gold")),
    (Refusal.PROFILE_TYPE, lambda shop: call(shop, "downloadOrder", profileType="Gold")),
    (
        Refusal.PROFILE_TYPE_OWNER,
        lambda shop: call(shop, "downloadOrder", requester=OTHER, profileType=TYPE),
    ),
    (
        Refusal.PROFILE_TYPE_USED_UP,
        lambda shop: [call(shop, "downloadOrder", profileType=TYPE) for _ in range(2)],
    ),
    (Refusal.ICCID, lambda shop: confirmed(shop, iccid="8900000000000000000F")),
    (Refusal.ICCID_STATE, lambda shop: confirmed(shop)),
    (Refusal.ICCID_OWNER, lambda shop: (ordered(shop), confirmed(shop, requester=OTHER))),
    (Refusal.ICCID_STATE, lambda shop: (ordered(shop), confirmed(shop), confirmed(shop))),
    (Refusal.EID_MISSING, lambda shop: (ordered(shop), confirmed(shop, matchingId=""))),
    (Refusal.EID_MISSING, lambda shop: (ordered(shop), confirmed(shop, smdsAddress="ds.example.com"))),
    (Refusal.EID_ASSOCIATION, lambda shop: (ordered(shop, eid=EID), confirmed(shop, eid=OTHER_EID))),
    (Refusal.MALFORMED, lambda shop: (ordered(shop), confirmed(shop, matchingId="a b"))),
    (Refusal.MALFORMED, lambda shop: (ordered(shop), confirmed(shop, matchingId="A" * 256))),
    (Refusal.MATCHING_ID_IN_USE, twice),
    (Refusal.ICCID, lambda shop: call(shop, "releaseProfile", iccid="8900000000000000000F")),
    (
        Refusal.ICCID_OWNER,
        lambda shop: (ordered(shop), call(shop, "releaseProfile", requester=OTHER, iccid=ICCID)),
    ),
    (Refusal.ICCID_STATE, lambda shop: (ordered(shop), call(shop, "releaseProfile", iccid=ICCID))),
    (Refusal.ICCID, lambda shop: cancelled(shop, iccid="8900000000000000000F")),
    (Refusal.ICCID_OWNER, lambda shop: (ordered(shop), cancelled(shop, requester=OTHER))),
    (Refusal.ICCID_STATE, lambda shop: cancelled(shop)),
    (Refusal.ICCID_STATE, lambda shop: (ordered(shop), lost(shop), cancelled(shop))),
    (Refusal.ICCID_IN_USE, lambda shop: (installed(shop), cancelled(shop))),
    (Refusal.EID_ASSOCIATION, lambda shop: (ordered(shop, eid=EID), cancelled(shop, eid=OTHER_EID))),
    (
        Refusal.MATCHING_ID_ASSOCIATION,
        lambda shop: (ordered(shop), confirmed(shop, matchingId="A"), cancelled(shop, matchingId="B")),
    ),
    (
        Refusal.MALFORMED,
        lambda shop: (ordered(shop), cancelled(shop, finalProfileStatusIndicator="Lost")),
    ),
]


@pytest.mark.parametrize(("refusal", "provoke"), REFUSED)
def test_refusals(shop: Any, refusal: Refusal, provoke: Callable[[Any], Any]) -> None:
    with pytest.raises(RspError) as caught:
        provoke(shop)
    assert (caught.value.subject_code, caught.value.reason_code) == (
        refusal.subject_code,
        refusal.reason_code,
    )


def test_a_stock_holds_an_iccid_once(shop: Any) -> None:
    with pytest.raises(ValueError, match=f"a profile with the ICCID {ICCID} already"):
        shop.smdp.add_profile(shop.upp)


class Inbox:
    """An operator's end: takes, refuses, or is away."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.taken: list[str] = []

    def __call__(self, outgoing: Outgoing) -> Inbox:
        return self

    def post(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
        if self.error:
            raise self.error
        es2.CALLBACK.encode_request(function, {"functionRequesterIdentifier": "", **message})
        self.taken.append(message["functionCallIdentifier"])
        return {}


def test_delivery_waits_for_the_operator(shop: Any) -> None:
    installed(shop)
    waiting = [outgoing.message_id for outgoing in shop.store.undelivered()]
    inbox = Inbox()
    inbox.error = UnreachableError("away")
    assert deliver(shop.smdp, inbox) == 0
    inbox.error = None
    assert deliver(shop.smdp, inbox) == 0  # it is not due yet
    shop.clock.advance(seconds=FIRST_PAUSE + 1)
    assert deliver(shop.smdp, inbox) == len(waiting)
    assert inbox.taken == waiting
    assert deliver(shop.smdp, inbox) == 0
    assert shop.store.undelivered() == []


def test_pauses_grow_and_a_refusal_ends_it(shop: Any) -> None:
    ordered(shop)
    confirmed(shop, matchingId="MAT-1", releaseFlag=True)
    shop.authenticated("MAT-1")
    inbox = Inbox()
    inbox.error = UnreachableError("away")
    pauses = []
    for _ in range(12):
        deliver(shop.smdp, inbox)
        (outgoing,) = shop.store.undelivered()
        pauses.append(outgoing.next_attempt_at - shop.smdp.now())
        shop.clock.advance(seconds=pauses[-1])
    assert pauses[:3] == [10, 20, 40]
    assert pauses[-1] == 3600
    inbox.error = RspError("8.2.1", "3.9")
    deliver(shop.smdp, inbox)
    assert shop.store.undelivered() == []


def test_over_https_with_the_operators_certificate(world: Any) -> None:
    shop = world
    shop.smdp.add_profile(shop.upp, owner=OPERATOR)
    tls = shop.pki.issue_peer_tls(["operator"], Role.DP_TLS, OPERATOR, entropy=shop.entropy, now=shop.clock())
    shop.smdp.identity = SmdpIdentity.from_pki(shop.pki, "localhost")
    with (
        running(shop.smdp) as address,
        PeerClient(
            es2.BINDING, address.smdp_address, requester=OPERATOR, anchors=shop.pki.anchors, tls=tls
        ) as operator,
    ):
        assert operator.post("downloadOrder", {"profileType": TYPE}) == {"iccid": ICCID}
        with pytest.raises(RspError) as caught:
            operator.post("downloadOrder", {"profileType": TYPE})
        assert (caught.value.subject_code, caught.value.reason_code) == ("8.2.5", "3.7")
