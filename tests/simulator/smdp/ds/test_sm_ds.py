"""The SM-DS: events come, are found by the eUICC they are for, and go; and every way in which it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from asn1 import es11, es12
from simulator.crypto.certificates import Certificate, Role
from simulator.crypto.pki import TestPki
from simulator.smdp.client import PeerClient, UnreachableError
from simulator.smdp.ds import DsIdentity, DsMemoryStore, DsStore, SmDs
from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.ds.http import create_app
from simulator.smdp.ds.sql import DsSqlStore
from simulator.smdp.errors import RspError
from simulator.smdp.serve import running_application

EID = "89049032123451234512345678901235"
OTHER_EID = "89049032123451234512345678901236"
ADDRESS = "testrootsmds.example.com"
EVENT = {
    "functionRequesterIdentifier": "2.999.10",
    "functionCallIdentifier": "1",
    "eid": EID,
    "rspServerAddress": "testsmdpplus1.example.com",
    "eventId": "EVENT-1",
    "forwardingIndicator": False,
}


def make_ds(
    world: Any,
    root: Any = None,
    address: str = ADDRESS,
    oid: str = "2.999.15",
    store: DsStore | None = None,
) -> SmDs:
    identity = DsIdentity.from_pki(world.pki, address, oid=oid, entropy=world.entropy, now=world.clock())
    return SmDs(identity, store or DsMemoryStore(), entropy=world.entropy, clock=world.clock, root=root)


@pytest.fixture(params=["memory", "sql"])
def ds(world: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmDs]:
    if request.param == "memory":
        yield make_ds(world)
        return
    with DsSqlStore(f"sqlite:///{tmp_path / 'ds.db'}") as store:
        yield make_ds(world, store=store)


def opened(ds: SmDs, world: Any, **changes: Any) -> dict[str, Any]:
    return ds.initiate_authentication(
        {**world.euicc.initiate(), "smdpAddress": ds.identity.address, **changes}
    )


def events(ds: SmDs, world: Any, matching_id: str = "") -> list[dict[str, str]]:
    answer = ds.authenticate_client(world.euicc.authenticate(opened(ds, world), matching_id))
    entries: list[dict[str, str]] = answer["eventEntries"]
    return entries


def entry(event: dict[str, Any]) -> dict[str, str]:
    return {"eventId": event["eventId"], "rspServerAddress": event["rspServerAddress"]}


def test_an_event_is_found_by_its_euicc_until_it_is_deleted(world: Any, ds: SmDs) -> None:
    second = {**EVENT, "eventId": "EVENT-2", "rspServerAddress": "other.example.com"}
    assert events(ds, world) == []
    assert ds.register_event(EVENT) == {}
    ds.register_event(second)
    ds.register_event({**EVENT, "eid": OTHER_EID})
    assert events(ds, world) == [entry(EVENT), entry(second)]
    assert events(ds, world, "EVENT-2") == [entry(second)]
    assert ds.delete_event(EVENT) == {}
    assert events(ds, world) == [entry(second)]


def test_the_server_proves_to_be_an_sm_ds(world: Any, ds: SmDs) -> None:
    """The stand-in of the eUICC has checked the signature; the certificate says which role the server has."""
    certificate = Certificate.parse(opened(ds, world)["serverCertificate"])
    assert (certificate.role, certificate.registered_id) == (Role.DS_AUTH, "2.999.15")
    assert ds.identity.chains.verify((certificate.der,), Role.DS_AUTH, world.clock())


CASES: list[tuple[DsRefusal, Callable[[SmDs, Any], Any]]] = [
    (DsRefusal.SMDS_ADDRESS, lambda ds, world: opened(ds, world, smdpAddress="elsewhere.example.com")),
    (DsRefusal.MALFORMED, lambda ds, world: opened(ds, world, euiccChallenge=bytes(15))),
    (DsRefusal.SVN, lambda ds, world: world.euicc.__setattr__("svn", bytes(3)) or opened(ds, world)),
    (
        DsRefusal.SMDS_CERTIFICATE,
        lambda ds, world: opened(
            ds, world, euiccInfo1={**world.euicc.info1(), "euiccCiPKIdListForVerification": [bytes(20)]}
        ),
    ),
    (
        DsRefusal.SIGNING_KEY,
        lambda ds, world: opened(
            ds, world, euiccInfo1={**world.euicc.info1(), "euiccCiPKIdListForSigning": [bytes(20)]}
        ),
    ),
    (DsRefusal.EVENT_UNKNOWN, lambda ds, world: events(ds, world, "NONE")),
    (DsRefusal.EVENT_UNKNOWN, lambda ds, world: ds.delete_event(EVENT)),
    (DsRefusal.EVENT_EXISTS, lambda ds, world: [ds.register_event(EVENT) for _ in range(2)]),
    (
        DsRefusal.EVENT_UNKNOWN,  # an event of somebody else
        lambda ds, world: (
            ds.register_event(EVENT),
            ds.delete_event({**EVENT, "functionRequesterIdentifier": "2.999.11"}),
        ),
    ),
    (DsRefusal.MALFORMED, lambda ds, world: ds.register_event({**EVENT, "eid": EID[:-1] + "x"})),
    (DsRefusal.MALFORMED, lambda ds, world: ds.register_event({**EVENT, "eid": EID[:-2]})),
    (DsRefusal.MALFORMED, lambda ds, world: ds.register_event({**EVENT, "eventId": ""})),
    (DsRefusal.MALFORMED, lambda ds, world: ds.register_event({**EVENT, "rspServerAddress": ""})),
    (DsRefusal.MALFORMED, lambda ds, world: ds.delete_event({**EVENT, "eid": ""})),
    (DsRefusal.TRANSACTION_ID, lambda ds, world: replayed(ds, world)),
    (DsRefusal.TRANSACTION_ID, lambda ds, world: too_late(ds, world)),
    (
        DsRefusal.TRANSACTION_ID,
        lambda ds, world: ds.authenticate_client({**proof(ds, world), "transactionId": bytes(16)}),
    ),
    (DsRefusal.EUICC_SIGNATURE, lambda ds, world: ds.authenticate_client(damaged(ds, world))),
    (DsRefusal.EXECUTION_ERROR, lambda ds, world: ds.authenticate_client(refused(ds, world))),
    (DsRefusal.EUM_CERTIFICATE_EXPIRED, lambda ds, world: years_later(ds, world)),
]


def test_every_refusal_is_reached() -> None:
    """Those of certificates come from the functions that the SM-DP+ has too, and are tested there."""
    by_sm_dp = {DsRefusal.CI_KEY, DsRefusal.EUM_CERTIFICATE}
    by_sm_dp |= {DsRefusal.EUICC_CERTIFICATE, DsRefusal.EUICC_CERTIFICATE_EXPIRED}
    of_the_root = {DsRefusal.ROOT_FAILED, DsRefusal.ROOT_INACCESSIBLE}
    version_3 = {DsRefusal.EUICC_CAPABILITY, DsRefusal.LPA_CAPABILITY, DsRefusal.CONDITIONAL}
    version_3 |= {DsRefusal.UNSUPPORTED, DsRefusal.PUSH_SERVICE, DsRefusal.EC_ID_EXPIRED}
    assert {refusal for refusal, _ in CASES} | by_sm_dp | of_the_root | version_3 == set(DsRefusal)


def proof(ds: SmDs, world: Any) -> dict[str, Any]:
    request: dict[str, Any] = world.euicc.authenticate(opened(ds, world), "")
    return request


def replayed(ds: SmDs, world: Any) -> None:
    request = proof(ds, world)
    ds.authenticate_client(request)
    ds.authenticate_client(request)


def too_late(ds: SmDs, world: Any) -> None:
    request = proof(ds, world)
    world.clock.advance(hours=2)
    ds.authenticate_client(request)


def years_later(ds: SmDs, world: Any) -> None:
    world.clock.now += timedelta(days=365 * 40)
    ds.authenticate_client(proof(ds, world))


def damaged(ds: SmDs, world: Any) -> dict[str, Any]:
    request = proof(ds, world)
    kind, response = request["authenticateServerResponse"]
    return {**request, "authenticateServerResponse": (kind, {**response, "euiccSignature1": bytes(64)})}


def refused(ds: SmDs, world: Any) -> dict[str, Any]:
    request = proof(ds, world)
    error = {"transactionId": request["transactionId"], "authenticateErrorCode": 3}
    return {**request, "authenticateServerResponse": ("authenticateResponseError", error)}


@pytest.mark.parametrize(("refusal", "provoke"), CASES)
def test_refusals(world: Any, ds: SmDs, refusal: DsRefusal, provoke: Callable[[SmDs, Any], Any]) -> None:
    with pytest.raises(RspError) as caught:
        provoke(ds, world)
    assert (caught.value.subject_code, caught.value.reason_code) == (
        refusal.subject_code,
        refusal.reason_code,
    )
    assert "SM-DP+" not in caught.value.message


def test_a_foreign_euicc_learns_nothing(world: Any, ds: SmDs, brainpool_pki: TestPki) -> None:
    """An eUICC certificate under another manufacturer, whose CI this server does not trust."""
    ds.register_event(EVENT)
    server = opened(ds, world)
    world.euicc.eum_der = next(iter(brainpool_pki.branches.values())).eum.certificate_der  # type: ignore[union-attr]
    with pytest.raises(RspError) as caught:
        ds.authenticate_client(world.euicc.authenticate(server, ""))
    assert caught.value.subject_code in ("8.1.2", "8.1.3", "8.11.1")


class Root:
    """The root SM-DS behind a function call, or nothing that answers."""

    def __init__(self, ds: SmDs | None) -> None:
        self.ds = ds

    def post(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
        if self.ds is None:
            raise UnreachableError("nothing listens there")
        # Over the wire and back, so that what is sent is what the binding allows.
        values = es12.BINDING.decode_request(function, es12.BINDING.encode_request(function, message))
        method = self.ds.register_event if function == "registerEvent" else self.ds.delete_event
        return method(values)


def test_an_alternative_sm_ds_tells_the_root(world: Any, ds: SmDs) -> None:
    alternative = make_ds(world, Root(ds), "alternative.example.com", "2.999.16")
    forwarded = {**EVENT, "forwardingIndicator": True}
    alternative.register_event(forwarded)
    alternative.register_event({**EVENT, "eventId": "EVENT-2"})
    assert events(ds, world) == [{"eventId": "EVENT-1", "rspServerAddress": "alternative.example.com"}]
    assert len(events(alternative, world)) == 2
    assert events(alternative, world, "EVENT-1") == [entry(EVENT)]
    alternative.delete_event(EVENT)
    assert events(ds, world) == []


@pytest.mark.parametrize("function", ["register_event", "delete_event"])
def test_a_root_out_of_reach_changes_nothing(world: Any, ds: SmDs, function: str) -> None:
    root = Root(ds)
    alternative = make_ds(world, root, "alternative.example.com", "2.999.16")
    forwarded = {**EVENT, "forwardingIndicator": True}
    if function == "delete_event":
        alternative.register_event(forwarded)
    before = alternative.store.events()
    root.ds = None
    with pytest.raises(RspError) as caught:
        getattr(alternative, function)(forwarded)
    assert (caught.value.subject_code, caught.value.reason_code) == ("8.9", "5.1")
    assert alternative.store.events() == before
    root.ds = ds
    getattr(alternative, function)(forwarded)


def test_a_root_that_refuses(world: Any, ds: SmDs) -> None:
    class Refusing:
        def post(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
            raise RspError("1.1", "1.2")

    alternative = make_ds(world, Refusing(), "alternative.example.com")
    with pytest.raises(RspError) as caught:
        alternative.register_event({**EVENT, "forwardingIndicator": True})
    assert (caught.value.subject_code, caught.value.reason_code) == ("8.9", "4.2")


def test_old_sessions_are_forgotten(world: Any, ds: SmDs) -> None:
    ds.register_event(EVENT)
    events(ds, world)
    world.clock.advance(days=2)
    assert ds.store.forget(ds.now() - 86400) == 1
    assert len(ds.store.events()) == 1


def test_a_root_that_lost_the_event_does_not_keep_it_alive(world: Any, ds: SmDs) -> None:
    alternative = make_ds(world, Root(ds), "alternative.example.com", "2.999.16")
    alternative.register_event({**EVENT, "forwardingIndicator": True})
    ds.delete_event({**EVENT, "functionRequesterIdentifier": "2.999.16"})
    alternative.delete_event(EVENT)
    assert alternative.store.events() == []


def test_servers_prove_themselves_by_tls(world: Any, ds: SmDs) -> None:
    """Over HTTPS on loopback: with its certificate, without, and in another's name."""
    tls = world.pki.issue_peer_tls(
        ["operator"], Role.DP_TLS, "2.999.10", entropy=world.entropy, now=world.clock()
    )
    ds.identity = DsIdentity.from_pki(
        world.pki, "localhost", entropy=world.entropy, now=world.clock(), aliases=[ADDRESS]
    )
    with running_application(ds, create_app(ds)) as address, ExitStack() as clients:

        def client(tls: Any, requester: str = "2.999.10") -> PeerClient:
            place, anchors = address.smdp_address, world.pki.anchors
            made = PeerClient(es12.BINDING, place, requester=requester, anchors=anchors, tls=tls)
            return clients.enter_context(made)

        event = {name: value for name, value in EVENT.items() if not name.startswith("function")}
        assert client(tls).post("registerEvent", event) == {}
        for stranger in (client(None), client(tls, "2.999.11")):
            with pytest.raises(RspError) as caught:
                stranger.post("deleteEvent", event)
            assert (caught.value.subject_code, caught.value.reason_code) == ("1.1", "1.2")
        assert [event.event_id for event in ds.store.events()] == ["EVENT-1"]
        client(tls).post("deleteEvent", event)
    assert ds.store.events() == []
    with (
        PeerClient(es12.BINDING, address.smdp_address, requester="2.999.10", scheme="http") as late,
        pytest.raises(UnreachableError, match="does not answer"),
    ):
        late.post("deleteEvent", event)


def test_answers_follow_the_binding(world: Any, ds: SmDs) -> None:
    ds.register_event(EVENT)
    answer = ds.authenticate_client(proof(ds, world))
    document = es11.BINDING.encode_response("authenticateClient", answer)
    assert document["eventEntries"] == [entry(EVENT)]
