"""Event retrieval with real parties: order, SM-DS, discovery, download, and the event is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from asn1 import es12
from cards import InProcessLink
from cards.isdr import Isdr
from simulator.crypto.pki import TestPki
from simulator.lpa import Event, InProcessEs9, Lpa, LpaError, ServerRefused
from simulator.lpa.errors import ServerProtocolError, ServerUnreachable
from simulator.profile import build, describe
from simulator.smdp.delivery import deliver
from simulator.smdp.ds import DsIdentity, DsMemoryStore, SmDs
from simulator.smdp.records import Outgoing
from tests.simulator.conftest import ADDRESS, NOW, Bench, clock, entropy

ROOT, ALTERNATIVE = "testrootsmds.example.com", "alternative.example.com"
OPERATOR = {"functionRequesterIdentifier": "2.999.20", "functionCallIdentifier": "1"}


class Wire:
    """ES12 to an SM-DS, over its JSON."""

    def __init__(self, ds: SmDs, requester: str) -> None:
        self.ds, self.requester = ds, requester

    def post(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
        header = {"functionRequesterIdentifier": self.requester, "functionCallIdentifier": "1"}
        document = es12.BINDING.encode_request(function, {**header, **message})
        values = es12.BINDING.decode_request(function, document)
        method = {"registerEvent": self.ds.register_event, "deleteEvent": self.ds.delete_event}[function]
        return method(values)


@dataclass
class Internet:
    """Servers by their address, as an LPA reaches them."""

    servers: dict[str, Any]
    sent: int = 0
    received: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((address, function))
        if address not in self.servers:
            raise ServerUnreachable(address, "nothing listens there")
        return InProcessEs9(self.servers[address], through_json=True).post(address, function, message)


@dataclass
class World:
    bench: Bench
    root: SmDs
    alternative: SmDs
    internet: Internet
    lpa: Lpa
    iccid: str

    def order(self, sm_ds: str = ROOT, matching_id: str = "EVENT-1") -> None:
        """An operator orders the profile for the eUICC, by way of an SM-DS."""
        eid = self.bench.euicc.core.identity.eid.hex()
        smdp = self.bench.smdp
        smdp.download_order({**OPERATOR, "iccid": self.iccid, "eid": eid})
        confirmed = {"matchingId": matching_id, "smdsAddress": sm_ds, "releaseFlag": True}
        smdp.confirm_order({**OPERATOR, "iccid": self.iccid, **confirmed})


def make_ds(pki: TestPki, address: str, oid: str, root: Wire | None = None) -> SmDs:
    identity = DsIdentity.from_pki(pki, address, oid=oid, entropy=entropy(address), now=NOW)
    return SmDs(identity, DsMemoryStore(), entropy=entropy(f"{address}, run"), clock=clock, root=root)


@pytest.fixture
def world(bench: Bench) -> World:
    root = make_ds(bench.pki, ROOT, "2.999.15")
    alternative = make_ds(bench.pki, ALTERNATIVE, "2.999.16", Wire(root, "2.999.16"))
    ways = {ROOT: Wire(root, "2.999.10"), ALTERNATIVE: Wire(alternative, "2.999.10")}
    bench.smdp.registrars = ways.__getitem__
    internet = Internet({ADDRESS: bench.smdp, ROOT: root, ALTERNATIVE: alternative})
    package = build.build_package(describe.load_shipped("test-operator"))
    iccid = bench.smdp.add_profile(package)
    lpa = Lpa(Isdr(InProcessLink(bench.euicc)), internet)
    return World(bench, root, alternative, internet, lpa, iccid)


@pytest.mark.parametrize("sm_ds", [ROOT, ALTERNATIVE])
def test_an_ordered_profile_is_discovered_and_downloaded(world: World, sm_ds: str) -> None:
    """Through the root SM-DS, and through an alternative one that has told the root."""
    world.order(sm_ds)
    with world.lpa as lpa:
        (event,) = lpa.discover()
        assert event == Event(ADDRESS, "EVENT-1")
        assert (ALTERNATIVE in dict(world.internet.asked)) is (sm_ds == ALTERNATIVE)
        result = lpa.download(event)
    assert str(result.iccid) == world.iccid
    assert result.notification_error is None

    def peers(outgoing: Outgoing) -> Any:
        assert world.bench.smdp.registrars is not None
        return world.bench.smdp.registrars(outgoing.receiver)

    assert deliver(world.bench.smdp, peers) == 1
    assert world.root.store.events() == world.alternative.store.events() == []
    with world.lpa as lpa:
        assert lpa.discover() == []


def test_nothing_waits(world: World) -> None:
    with world.lpa as lpa:
        assert lpa.discover() == []
        assert lpa.discover(ALTERNATIVE) == []


def test_an_event_whose_server_is_away_is_still_told(world: World) -> None:
    world.order()
    del world.internet.servers[ADDRESS]
    with world.lpa as lpa:
        assert lpa.discover() == [Event(ADDRESS, "EVENT-1")]


def test_an_sm_ds_that_is_away(world: World) -> None:
    with world.lpa as lpa, pytest.raises(ServerUnreachable):
        lpa.discover("nowhere.example.com")


def test_an_sm_dp_is_no_sm_ds(world: World) -> None:
    with world.lpa as lpa, pytest.raises(ServerProtocolError, match="is no SM-DS"):
        lpa.discover(ADDRESS)


def test_sm_dss_that_name_one_another(world: World) -> None:
    eid = world.bench.euicc.core.identity.eid.hex()
    for ds, other in ((world.root, ALTERNATIVE), (world.alternative, ROOT)):
        event = {"eid": eid, "rspServerAddress": other, "eventId": "E", "forwardingIndicator": False}
        ds.register_event({**OPERATOR, **event})
    with world.lpa as lpa, pytest.raises(ServerProtocolError, match="sends in a circle"):
        lpa.discover()


def test_an_euicc_without_a_root(world: World) -> None:
    world.bench.euicc.core.root_ds_address = ""
    with world.lpa as lpa, pytest.raises(LpaError, match="no root SM-DS address"):
        lpa.discover()


def test_a_refusal_names_its_interface(world: World) -> None:
    """The event went away between two questions."""
    eid = world.bench.euicc.core.identity.eid.hex()
    event = {"eid": eid, "rspServerAddress": ALTERNATIVE, "eventId": "E", "forwardingIndicator": False}
    world.root.register_event({**OPERATOR, **event})
    with world.lpa as lpa, pytest.raises(ServerRefused, match="ES11") as caught:
        lpa.discover()
    assert (caught.value.subject_code, caught.value.reason_code) == ("8.9.5", "3.9")
