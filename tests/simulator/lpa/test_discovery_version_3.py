"""Discovery by an LPA and an eUICC of version 3: signed lists, ecIds, several SM-DSs, push tokens; and with
servers of version 2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from cards import Iccid, InProcessLink
from cards.isdr import Isdr
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity, info
from simulator.euicc.features import V3, Features
from simulator.lpa import Event, Lpa, LpaError
from simulator.lpa.errors import EuiccRefused, ServerProtocolError, ServerRefused, ServerUnreachable
from simulator.lpa.es9 import EVENT_CHECK, EVENT_RETRIEVAL
from simulator.profile import build, describe
from simulator.smdp.context import V2
from simulator.smdp.ds import SmDs
from tests.simulator.conftest import ADDRESS, NOW, Bench, clock, entropy
from tests.simulator.lpa.test_discovery import ALTERNATIVE, OPERATOR, ROOT, Internet, Wire, make_ds

SECOND = "second-root.example.com"
SERVICE = "2.999.70.1"
Change = Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclass
class Wires(Internet):
    """The internet, on which answers may be changed."""

    change: Change = lambda function, answer: answer

    def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
        return self.change(function, super().post(address, function, message))


@dataclass
class World:
    euicc: Euicc
    root: SmDs
    alternative: SmDs
    second: SmDs
    internet: Wires
    lpa: Lpa
    bench: Bench
    checks: dict[str, bytes] = field(default_factory=dict)

    @property
    def eid(self) -> str:
        return self.euicc.core.identity.eid.hex()

    def register(self, ds: SmDs, event_id: str, address: str = ADDRESS, **more: Any) -> None:
        event = {
            "eid": self.eid,
            "rspServerAddress": address,
            "eventId": event_id,
            "forwardingIndicator": False,
        }
        Wire(ds, "2.999.10").post("registerEvent", {**OPERATOR, **event, **more})

    def discover(self, address: str = "") -> list[Event]:
        self.internet.asked.clear()
        with self.lpa as lpa:
            return lpa.discover(address)


def v3_euicc(pki: TestPki) -> Euicc:
    identity = EuiccIdentity.from_pki(pki, entropy=entropy("factory"), now=NOW)
    return Euicc(identity, entropy=entropy("card"), clock=clock, features=Features(svn=V3))


@pytest.fixture
def world(bench: Bench) -> World:
    root, second = make_ds(bench.pki, ROOT, "2.999.15"), make_ds(bench.pki, SECOND, "2.999.17")
    alternative = make_ds(bench.pki, ALTERNATIVE, "2.999.16", Wire(root, "2.999.16"))
    ways = {ROOT: Wire(root, "2.999.10"), ALTERNATIVE: Wire(alternative, "2.999.10")}
    bench.smdp.registrars = ways.__getitem__
    internet = Wires({ADDRESS: bench.smdp, ROOT: root, ALTERNATIVE: alternative, SECOND: second})
    euicc = v3_euicc(bench.pki)
    checks: dict[str, bytes] = {}
    lpa = Lpa(Isdr(InProcessLink(euicc)), internet, checks=checks)
    return World(euicc, root, alternative, second, internet, lpa, bench, checks)


def ordered(world: World, sm_ds: str) -> str:
    package = build.build_package(describe.load_shipped("test-operator"))
    iccid = world.bench.smdp.add_profile(package)
    world.bench.smdp.download_order({**OPERATOR, "iccid": iccid, "eid": world.eid})
    confirmed = {"matchingId": "E-1", "smdsAddress": sm_ds, "releaseFlag": True}
    world.bench.smdp.confirm_order({**OPERATOR, "iccid": iccid, **confirmed})
    return iccid


@pytest.mark.parametrize("sm_ds", [ROOT, ALTERNATIVE])
def test_a_profile_is_discovered_and_downloaded(world: World, sm_ds: str) -> None:
    iccid = ordered(world, sm_ds)
    (event,) = world.discover()
    assert event == Event(ADDRESS, "E-1", "profileDownload", "eSIM Simulator")
    with world.lpa as lpa:
        assert str(lpa.download(event).iccid) == iccid


@pytest.mark.usefixtures("with_rpm")
def test_an_event_says_which_profiles_it_is_about(world: World) -> None:
    """The SM-DS gets hashes, from which only who has the profiles can tell which they are."""
    iccid = ordered(world, ROOT)
    with world.lpa as lpa:
        lpa.download(world.discover()[0])
    salt = bytes(range(10))
    own = sha256(Iccid(iccid).to_bytes() + salt).digest()
    world.register(
        world.second, "R", eventType=1, hashedIccids=[bytes(32), own], salt=salt, serviceProviderName="X"
    )
    assert world.discover(SECOND) == [Event(ADDRESS, "R", "rpm", "X", (Iccid(iccid),))]


@pytest.fixture
def with_rpm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """eUICCs that say that they know remote profile management."""
    names = tuple(dict.fromkeys((*info.RSP_CAPABILITY_V3, "rpmSupport")))
    info._info2.cache_clear()
    monkeypatch.setattr(info, "RSP_CAPABILITY_V3", names)
    yield
    info._info2.cache_clear()


class TestEventChecking:
    def test_an_sm_ds_that_was_asked_before_says_whether_to_ask(self, world: World) -> None:
        assert world.discover() == []
        assert list(world.checks) == [ROOT]
        assert (ROOT, EVENT_RETRIEVAL) in world.internet.asked
        assert world.discover() == []
        assert world.internet.asked == [(ROOT, EVENT_CHECK)], "nobody was authenticated"
        world.register(world.root, "E-1")
        assert world.discover() == [Event(ADDRESS, "E-1")]
        assert world.internet.asked[0] == (ROOT, EVENT_CHECK)
        assert (ROOT, EVENT_RETRIEVAL) in world.internet.asked

    @pytest.mark.parametrize("how", ["expired", "unknown", "unsupported"])
    def test_an_ec_id_that_is_refused_is_forgotten(self, world: World, how: str) -> None:
        world.discover()
        old = world.checks[ROOT]
        if how == "expired":
            world.root.clock = lambda: NOW + timedelta(days=31)
        elif how == "unknown":
            world.checks[ROOT] = old = bytes(32)
        else:
            world.root.ec_id_lifetime = timedelta(0)
        world.register(world.root, "E-1")
        assert world.discover() == [Event(ADDRESS, "E-1")]
        assert world.checks.get(ROOT) != old
        assert (ROOT in world.checks) is (how != "unsupported")

    def test_only_the_first_sm_ds_of_a_way_is_checked(self, world: World) -> None:
        ordered(world, ALTERNATIVE)
        assert world.discover()[0].event_id == "E-1"
        assert list(world.checks) == [ROOT]

    def test_an_sm_ds_that_is_away(self, world: World) -> None:
        world.discover()
        del world.internet.servers[ROOT]
        with pytest.raises(ServerUnreachable):
            world.discover()
        assert ROOT in world.checks


class TestSeveralSmDss:
    def test_all_that_the_euicc_names_are_asked(self, world: World) -> None:
        world.euicc.core.additional_root_ds_addresses = (SECOND, ROOT)
        world.register(world.root, "E-1")
        world.register(world.second, "E-2")
        assert [event.event_id for event in world.discover()] == ["E-1", "E-2"]
        assert [event.event_id for event in world.discover(SECOND)] == ["E-2"]

    def test_one_that_is_away_does_not_hide_the_others(self, world: World) -> None:
        world.euicc.core.additional_root_ds_addresses = (SECOND,)
        world.register(world.second, "E-2")
        del world.internet.servers[ROOT]
        assert [event.event_id for event in world.discover()] == ["E-2"]
        del world.internet.servers[SECOND]
        with pytest.raises(ServerUnreachable, match=ROOT):
            world.discover()

    def test_profiles_say_where_to_poll(self, world: World) -> None:
        """A polling address is an SM-DS's, or an SM-DP+'s, which is asked itself then."""
        polled = iter([[{"rpmConfiguration": {"pollingAddress": one}} for one in (SECOND, ADDRESS)] + [{}]])
        world.lpa.isdr.get_profiles_info = lambda *_: next(polled)  # type: ignore[method-assign]
        world.register(world.second, "E-2")
        assert world.discover() == [Event(ADDRESS, "E-2"), Event(ADDRESS, "")]

    def test_a_root_must_be_an_sm_ds(self, world: World) -> None:
        world.euicc.core.additional_root_ds_addresses = (ADDRESS,)
        with pytest.raises(ServerProtocolError, match="is no SM-DS"):
            world.discover()


def without_signature(function: str, answer: dict[str, Any]) -> dict[str, Any]:
    if function != EVENT_RETRIEVAL:
        return answer
    return {"transactionId": answer["transactionId"], "eventEntries": []}


def with_another_list(function: str, answer: dict[str, Any]) -> dict[str, Any]:
    if function != EVENT_RETRIEVAL:
        return answer
    signed = {**answer["smdsSigned2"], "requestSpecificData": ("eventList", {"eventEntries": []})}
    return {**answer, "smdsSigned2": signed}


def with_another_kind(function: str, answer: dict[str, Any]) -> dict[str, Any]:
    return (
        {**answer, "smdsSigned2": {**answer["smdsSigned2"], "transactionId": b"other"}}
        if (function == EVENT_RETRIEVAL)
        else answer
    )


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (without_signature, ServerProtocolError, "this one is not signed"),
        (with_another_list, EuiccRefused, "signature is wrong"),
        (with_another_kind, ServerProtocolError, "signed another transaction"),
    ],
)
def test_lists_that_are_not_believed(world: World, change: Change, error: type[Exception], text: str) -> None:
    world.register(world.root, "E-1")
    world.internet.change = change
    with pytest.raises(error, match=text):
        world.discover()


def test_a_server_of_version_2(world: World) -> None:
    """It tells no capabilities, and answers with a plain list."""
    world.register(world.root, "E-1")
    world.root.svn = V2
    assert world.discover() == [Event(ADDRESS, "E-1")]
    assert world.checks == {}
    with world.lpa as lpa, pytest.raises(LpaError, match=f"{ROOT} has no push service"):
        lpa.register_push(SERVICE, "token")


def test_an_answer_with_no_list_at_all(world: World) -> None:
    world.root.__class__ = type("Older", (SmDs,), {"rsp_capabilities": ()})
    world.internet.change = lambda function, answer: (
        {"transactionId": answer["transactionId"]} if function == EVENT_RETRIEVAL else answer
    )
    with pytest.raises(ServerProtocolError, match="without a list of events"):
        world.discover()


class TestPush:
    def test_a_token_is_registered_and_used(self, world: World) -> None:
        told: list[str] = []
        world.root.push_services = {SERVICE: told.append}
        with world.lpa as lpa:
            assert lpa.register_push(SERVICE, "token") == NOW + timedelta(days=30)
        world.register(world.root, "E-1")
        assert told == ["token"]

    def test_services_that_are_not_offered(self, world: World) -> None:
        world.root.push_services = {SERVICE: lambda token: None}
        with world.lpa as lpa:
            with pytest.raises(LpaError, match=r"no push service 2\.999\.1; it has 2\.999\.70\.1"):
                lpa.register_push("2.999.1", "token", ROOT)
            with pytest.raises(ServerRefused, match=r"8\.9\.1/3\.8|1\.6/2\.1") as caught:
                lpa.register_push(SERVICE, "", ROOT)
        assert (caught.value.subject_code, caught.value.reason_code) == ("1.6", "2.1")

    def test_an_euicc_of_version_2(self, world: World) -> None:
        lpa = Lpa(Isdr(InProcessLink(world.bench.euicc)), world.internet)
        with lpa, pytest.raises(LpaError, match="takes no part in push services"):
            lpa.register_push(SERVICE, "token")

    def test_an_euicc_without_a_root(self, world: World) -> None:
        world.euicc.core.root_ds_address = ""
        with world.lpa as lpa, pytest.raises(LpaError, match="no root SM-DS address"):
            lpa.register_push(SERVICE, "token")

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            (lambda answer: {"transactionId": answer["transactionId"]}, "unsigned"),
        ],
    )
    def test_answers_that_do_not_fit(self, world: World, change: Any, text: str) -> None:
        world.root.push_services = {SERVICE: lambda token: None}
        world.internet.change = lambda function, answer: (
            change(answer) if function == EVENT_RETRIEVAL else answer
        )
        with world.lpa as lpa, pytest.raises(ServerProtocolError, match=text):
            lpa.register_push(SERVICE, "token")
