"""The SM-DS of SGP.22 version 3: signed lists, what an event is about, ecIds and push services."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asn1 import es11, es12, rsp, tlv
from simulator.crypto import ecc
from simulator.crypto.certificates import Certificate
from simulator.crypto.pki import TestPki
from simulator.smdp.ds import DsIdentity, DsMemoryStore, DsStore, Event, EventType, SmDs
from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.ds.http import create_app
from simulator.smdp.ds.sql import DsSqlStore
from simulator.smdp.errors import RspError
from simulator.smdp.http import Interface, answer

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EID = "89049032123451234512345678901235"
ADDRESS = "testrootsmds.example.com"
SERVICE, OTHER_SERVICE = "2.999.70.1", "2.999.70.2"
EVENT = {
    "functionRequesterIdentifier": "2.999.10",
    "functionCallIdentifier": "1",
    "eid": EID,
    "rspServerAddress": "testsmdpplus1.example.com",
    "eventId": "EVENT-1",
    "forwardingIndicator": False,
}
HASHES = [bytes([n]) * 32 for n in (1, 2)]
ABOUT = {
    "eventType": 1,
    "hashedIccids": HASHES,
    "salt": bytes(range(8)),
    "serviceProviderName": "Example",
    "operatorId": {"mccMnc": bytes.fromhex("00F110"), "gid1": b"\x01"},
}
ALL = ("profileDownload", "rpm")
LPA = ("signedSmdsResponseV3Support", "eventCheckingSupport", "pushServiceSupport")


class Phone:
    """The LPA of the stand-in for an eUICC, both of version 3 as far as they say so."""

    def __init__(self, world: Any, ds: SmDs, lpa: tuple[str, ...] | None = LPA) -> None:
        self.world, self.ds = world, ds
        self.lpa = rsp.bits("LpaRspCapability", lpa) if lpa is not None else None
        world.euicc.is_v3 = True
        world.euicc.rsp_capability = rsp.bits(
            "RspCapability", ["additionalProfile", "signedSmdsResponseV3Support"]
        )

    def opened(self) -> dict[str, Any]:
        told = {} if self.lpa is None else {"lpaRspCapability": self.lpa}
        request = {**self.world.euicc.initiate(), "smdpAddress": self.ds.identity.address, **told}
        document = es11.BINDING.encode_request("initiateAuthentication", request)
        values = es11.BINDING.decode_request("initiateAuthentication", document)
        return self.ds.initiate_authentication(values)

    def proof(
        self, server: dict[str, Any], operations: tuple[str, ...] = (), matching_id: str = ""
    ) -> dict[str, Any]:
        device: dict[str, Any] = {"tac": bytes(4), "deviceCapabilities": {}}
        if self.lpa is not None:
            device["lpaRspCapability"] = self.lpa
        context: dict[str, Any] = {"deviceInfo": device, "matchingId": matching_id}
        if operations:
            context["operationType"] = rsp.bits("OperationType", operations)
        changed = {"ctxParams1": ("ctxParamsForCommonAuthentication", context)}
        request: dict[str, Any] = self.world.euicc.authenticate(server, "", **changed)
        return request

    def ask(self, operations: tuple[str, ...] = ALL, matching_id: str = "") -> dict[str, Any]:
        return self.ds.authenticate_client(self.proof(self.opened(), operations, matching_id))

    def listed(self, operations: tuple[str, ...] = ALL, matching_id: str = "") -> dict[str, Any]:
        """The signed list, checked as an eUICC does, after the way over JSON."""
        server = self.opened()
        made = self.ds.authenticate_client(self.proof(server, operations, matching_id))
        document = es11.BINDING.encode_response("authenticateClient", made)
        assert "eventEntries" not in document
        received = es11.BINDING.decode_response("authenticateClient", document)
        return self.checked(server, received, "eventList")

    def checked(self, server: dict[str, Any], received: dict[str, Any], kind: str) -> dict[str, Any]:
        key = Certificate.parse(server["serverCertificate"]).public_key
        covered = received["smdsSigned2"].raw + tlv.encode(0x5F37, self.world.euicc.signature1)
        assert ecc.verify_raw(key, received["smdsSignature2"], covered)
        assert (
            received["smdsSigned2"]["transactionId"] == received["transactionId"] == server["transactionId"]
        )
        found, content = received["smdsSigned2"]["requestSpecificData"]
        assert found == kind
        members: dict[str, Any] = content
        return members

    def register(self, service: str = SERVICE, token: str = "token-1") -> dict[str, Any]:
        server = self.opened()
        parameters = {"selectedPushService": service, "pushToken": token}
        changed = {"ctxParams1": ("ctxParamsForPushServiceRegistration", parameters)}
        made = self.ds.authenticate_client(self.world.euicc.authenticate(server, "", **changed))
        return self.checked(server, made, "pushServiceRegistrationResult")


def make_ds(world: Any, store: DsStore | None = None, **options: Any) -> SmDs:
    identity = identity_of(world.pki)
    return SmDs(identity, store or DsMemoryStore(), entropy=world.entropy, clock=world.clock, **options)


IDENTITIES: dict[tuple[bytes, ...], DsIdentity] = {}


def identity_of(pki: TestPki) -> DsIdentity:
    """Made once: certificates take a while."""
    if pki.anchors not in IDENTITIES:
        source = random.Random("ds").randbytes
        IDENTITIES[pki.anchors] = DsIdentity.from_pki(pki, ADDRESS, entropy=source, now=NOW)
    return IDENTITIES[pki.anchors]


@pytest.fixture
def pushed() -> list[str]:
    """The tokens by which an LPA was told."""
    return []


IN_EVERY_STORE = pytest.mark.parametrize("ds", ["memory", "sqlite", "postgresql"], indirect=True)


@pytest.fixture
def ds(world: Any, request: pytest.FixtureRequest, tmp_path: Path, pushed: list[str]) -> Iterator[SmDs]:
    services = {SERVICE: pushed.append}
    kind = getattr(request, "param", "memory")
    if kind == "memory":
        yield make_ds(world, push_services=services)
        return
    url = f"sqlite:///{tmp_path / 'ds.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgresql")
    with DsSqlStore(url) as store:
        yield make_ds(world, store, push_services=services)


@pytest.fixture
def phone(world: Any, ds: SmDs) -> Phone:
    return Phone(world, ds)


def registered(ds: SmDs, **changes: Any) -> None:
    """RegisterEvent, over its JSON."""
    document = es12.BINDING.encode_request("registerEvent", {**EVENT, **changes})
    ds.register_event(es12.BINDING.decode_request("registerEvent", document))


@IN_EVERY_STORE
def test_a_signed_list_tells_what_an_event_is_about(ds: SmDs, phone: Phone) -> None:
    registered(ds)
    registered(ds, eventId="EVENT-2", **ABOUT)
    first, second = phone.listed()["eventEntries"]
    assert first == {"eventId": "EVENT-1", "rspServerAddress": EVENT["rspServerAddress"], "eventType": 0}
    assert second == {"eventId": "EVENT-2", "rspServerAddress": EVENT["rspServerAddress"], **ABOUT}
    assert ds.store.events()[1] == Event(
        bytes.fromhex(EID),
        "EVENT-2",
        "testsmdpplus1.example.com",
        "2.999.10",
        registered_at=ds.now(),
        event_type=EventType.RPM,
        hashed_iccids=b"\x01" * 32 + b"\x02" * 32,
        salt=bytes(range(8)),
        service_provider_name="Example",
        operator_id=bytes.fromhex("3008800300F110810101"),
        version=1,
    )


def test_a_list_in_bytes() -> None:
    """SmdsSigned2 by hand: transaction [0], the choice of a list [0], its entries [1], ecId [2]."""
    record = "3009 0C0145 0C0161 020101"
    value = {
        "transactionId": b"\xaa",
        "requestSpecificData": (
            "eventList",
            {"eventEntries": [{"eventId": "E", "rspServerAddress": "a", "eventType": 1}], "ecId": bytes(16)},
        ),
    }
    assert rsp.encode("SmdsSigned2", value) == bytes.fromhex(
        f"3024 8001AA A01F A10B {record} 8210 {'00' * 16}"
    )


@pytest.mark.parametrize(
    ("operations", "found"),
    [
        ((), ["D"]),  # an LPA that says nothing asks for downloads
        (("profileDownload",), ["D"]),
        (("rpm",), ["R"]),
        (ALL, ["D", "R"]),
    ],
)
def test_events_are_found_by_their_operation(
    ds: SmDs, phone: Phone, operations: tuple[str, ...], found: list[str]
) -> None:
    registered(ds, eventId="D")
    registered(ds, eventId="R", eventType=1)
    assert [entry["eventId"] for entry in phone.listed(operations)["eventEntries"]] == found
    for wanted in ("D", "R"):
        if wanted in found:
            assert len(phone.listed(operations, wanted)["eventEntries"]) == 1
        else:
            assert_refused(DsRefusal.EVENT_UNKNOWN, lambda wanted=wanted: phone.listed(operations, wanted))


def test_an_euicc_of_version_2_hears_of_downloads_only(world: Any, ds: SmDs) -> None:
    registered(ds)
    registered(ds, eventId="R", eventType=1)
    phone = Phone(world, ds, lpa=None)
    world.euicc.is_v3 = False
    opening = phone.opened()
    assert not {"sessionContext", "serverRspCapability"} & opening["serverSigned1"].keys()
    answered = ds.authenticate_client(phone.proof(opening))
    assert answered.keys() == {"transactionId", "eventEntries"}
    assert [entry["eventId"] for entry in answered["eventEntries"]] == ["EVENT-1"]


@pytest.mark.parametrize("euicc", [True, False])
@pytest.mark.parametrize("lpa", [True, False])
def test_a_list_is_signed_if_both_can_do_with_it(world: Any, euicc: bool, lpa: bool) -> None:
    ds = make_ds(world)
    phone = Phone(world, ds, LPA if lpa else ("certChainV3Support",))
    if not euicc:
        world.euicc.rsp_capability = rsp.bits("RspCapability", ["additionalProfile"])
    opening = phone.opened()
    capability = opening["serverSigned1"]["serverRspCapability"]
    assert rsp.bit_names("ServerRspCapability", capability) == ("eventListSigningV3Support",)
    assert ("smdsSigned2" in ds.authenticate_client(phone.proof(opening))) is (euicc and lpa)


def test_push_services_are_told_to_whom_can_use_them(world: Any, ds: SmDs, phone: Phone) -> None:
    signed = phone.opened()["serverSigned1"]
    assert signed["sessionContext"]["supportedPushServices"] == [SERVICE]
    assert "pushServiceV3Support" in rsp.bit_names("ServerRspCapability", signed["serverRspCapability"])
    without = Phone(world, ds, ("signedSmdsResponseV3Support",)).opened()["serverSigned1"]
    assert "supportedPushServices" not in without["sessionContext"]


class TestEventChecking:
    def check(self, ds: SmDs, ec_id: bytes, address: str = ADDRESS) -> bool:
        """CheckEvent, over its JSON."""
        document = es11.BINDING.encode_request("checkEvent", {"ecId": ec_id, "smdsAddress": address})
        answered = answer(Interface.of(es11.BINDING, ds), "checkEvent", document)
        assert answered.status == 200
        pending: bool = es11.BINDING.decode_response("checkEvent", answered.document)["isPendingEvent"]
        return pending

    def test_an_ec_id_tells_whether_events_wait(self, ds: SmDs, phone: Phone) -> None:
        ec_id = phone.listed()["ecId"]
        assert len(ec_id) == 32
        assert bytes.fromhex(EID) not in ec_id
        assert self.check(ds, ec_id) is False
        registered(ds, eid=EID[:-1] + "6")
        assert self.check(ds, ec_id) is False
        registered(ds)
        assert self.check(ds, ec_id) is True
        ds.delete_event(EVENT)
        assert self.check(ds, ec_id) is False

    @IN_EVERY_STORE
    def test_it_is_given_again_until_half_of_its_life_is_over(
        self, world: Any, ds: SmDs, phone: Phone
    ) -> None:
        first = phone.listed()["ecId"]
        world.clock.advance(days=14)
        assert phone.listed()["ecId"] == first
        world.clock.advance(days=2)
        second = phone.listed()["ecId"]
        assert second != first
        assert [self.check(ds, one) for one in (first, second)] == [False, False]
        world.clock.advance(days=14)
        assert_refused(
            DsRefusal.EC_ID_EXPIRED, lambda: ds.check_event({"ecId": first, "smdsAddress": ADDRESS})
        )
        assert self.check(ds, second) is False
        assert ds.store.forget(ds.now() + 1) == 4  # three sessions, and the first ecId
        assert_refused(
            DsRefusal.EVENT_UNKNOWN, lambda: ds.check_event({"ecId": first, "smdsAddress": ADDRESS})
        )

    @pytest.mark.parametrize(
        ("refusal", "request_"),
        [
            (DsRefusal.SMDS_ADDRESS, {"ecId": bytes(32), "smdsAddress": "elsewhere.example.com"}),
            (DsRefusal.EVENT_UNKNOWN, {"ecId": bytes(32), "smdsAddress": ADDRESS}),
            (DsRefusal.MALFORMED, {"ecId": bytes(15), "smdsAddress": ADDRESS}),
            (DsRefusal.MALFORMED, {"ecId": bytes(33), "smdsAddress": ADDRESS}),
        ],
    )
    def test_refusals(self, world: Any, refusal: DsRefusal, request_: dict[str, Any]) -> None:
        assert_refused(refusal, lambda: make_ds(world).check_event(request_))

    def test_a_server_without_it(self, world: Any) -> None:
        ds = make_ds(world, ec_id_lifetime=timedelta(0))
        assert "ecId" not in Phone(world, ds).listed()
        request = {"ecId": bytes(32), "smdsAddress": ADDRESS}
        assert_refused(DsRefusal.UNSUPPORTED, lambda: ds.check_event(request))

    def test_an_lpa_without_it_gets_none(self, world: Any, ds: SmDs) -> None:
        assert "ecId" not in Phone(world, ds, ("signedSmdsResponseV3Support",)).listed()


class TestPush:
    @IN_EVERY_STORE
    def test_whoever_registered_is_told_of_new_events(
        self, world: Any, ds: SmDs, phone: Phone, pushed: list[str]
    ) -> None:
        registered(ds)
        assert pushed == []
        assert phone.register()["pushServiceRefreshTime"] == world.clock() + timedelta(days=30)
        registered(ds, eventId="EVENT-2")
        registered(ds, eventId="EVENT-2", eid=EID[:-1] + "6")  # another eUICC's
        assert pushed == ["token-1"]
        with pytest.raises(RspError):  # it is no new event
            registered(ds, eventId="EVENT-2")
        assert pushed == ["token-1"]
        assert phone.listed()["pushServiceRefreshTime"] == world.clock() + timedelta(days=30)

    @IN_EVERY_STORE
    def test_the_last_token_counts(self, ds: SmDs, phone: Phone, pushed: list[str]) -> None:
        phone.register()
        phone.register(token="token-2")
        registered(ds)
        assert pushed == ["token-2"]

    @IN_EVERY_STORE
    def test_a_token_expires(self, world: Any, ds: SmDs, phone: Phone, pushed: list[str]) -> None:
        phone.register()
        world.clock.advance(days=30)
        registered(ds)
        assert pushed == []
        assert "pushServiceRefreshTime" not in phone.listed()
        assert ds.store.forget(ds.now() + 1) == 3  # two sessions and the token; the ecId lives on

    def test_a_service_that_is_gone_is_not_asked(self, world: Any, ds: SmDs, phone: Phone) -> None:
        phone.register()
        ds.push_services = {OTHER_SERVICE: lambda token: pytest.fail("another service was asked")}
        registered(ds)

    @pytest.mark.parametrize(
        ("refusal", "parameters"),
        [
            (DsRefusal.PUSH_SERVICE, {"service": OTHER_SERVICE}),
            (DsRefusal.MALFORMED, {"token": ""}),
        ],
    )
    def test_refusals(self, ds: SmDs, phone: Phone, refusal: DsRefusal, parameters: dict[str, str]) -> None:
        assert_refused(refusal, lambda: phone.register(**parameters))

    def test_a_server_without_push_services(self, world: Any) -> None:
        assert_refused(DsRefusal.UNSUPPORTED, lambda: Phone(world, make_ds(world)).register())

    def test_only_a_signed_answer_tells_of_it(self, world: Any, ds: SmDs) -> None:
        phone = Phone(world, ds, ("pushServiceSupport",))
        assert_refused(DsRefusal.MALFORMED, phone.register)


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (DsRefusal.CONDITIONAL, {"hashedIccids": HASHES}),
        (DsRefusal.CONDITIONAL, {"salt": bytes(8)}),
        (DsRefusal.MALFORMED, {"hashedIccids": [bytes(31)], "salt": bytes(8)}),
        (DsRefusal.MALFORMED, {"hashedIccids": HASHES, "salt": bytes(7)}),
        (DsRefusal.MALFORMED, {"hashedIccids": HASHES, "salt": bytes(17)}),
        (DsRefusal.MALFORMED, {"eventType": 2}),
        (DsRefusal.MALFORMED, {"eventType": -1}),
        (DsRefusal.MALFORMED, {"serviceProviderName": "x" * 33}),
    ],
)
def test_events_that_are_not_taken(world: Any, refusal: DsRefusal, changes: dict[str, Any]) -> None:
    ds = make_ds(world)
    assert_refused(refusal, lambda: registered(ds, **changes))
    assert ds.store.events() == []


def test_what_an_event_is_about_goes_to_the_root(world: Any, ds: SmDs, phone: Phone) -> None:
    class Wire:
        def post(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
            registered(ds, **message)
            return {}

    identity = DsIdentity.from_pki(
        world.pki, "alternative.example.com", oid="2.999.16", entropy=world.entropy, now=world.clock()
    )
    alternative = SmDs(identity, DsMemoryStore(), entropy=world.entropy, clock=world.clock, root=Wire())
    registered(alternative, **ABOUT, forwardingIndicator=True)
    (entry,) = phone.listed()["eventEntries"]
    assert entry == {"eventId": "EVENT-1", "rspServerAddress": "alternative.example.com", **ABOUT}


CHANGED = [
    (DsRefusal.EUICC_CAPABILITY, lambda phone: setattr(phone.world.euicc, "rsp_capability", (b"\x80", 1))),
    (DsRefusal.LPA_CAPABILITY, lambda phone: setattr(phone, "lpa", (b"\x80", 1))),
    (DsRefusal.LPA_CAPABILITY, lambda phone: setattr(phone, "lpa", None)),
]


@pytest.mark.parametrize(("refusal", "change"), CHANGED)
def test_nobody_makes_less_of_a_capability(
    world: Any, refusal: DsRefusal, change: Callable[[Phone], None]
) -> None:
    """Capabilities are told before anything is signed; the eUICC signs them later."""
    phone = Phone(world, make_ds(world))
    server = phone.opened()
    change(phone)
    assert_refused(refusal, lambda: phone.ds.authenticate_client(phone.proof(server)))


def test_other_contexts_are_refused(world: Any) -> None:
    phone = Phone(world, make_ds(world))
    recovery = {"iccid": bytes(10), "deviceInfo": {"tac": bytes(4), "deviceCapabilities": {}}}
    recovery["deviceInfo"]["lpaRspCapability"] = phone.lpa  # type: ignore[index]
    request = world.euicc.authenticate(
        phone.opened(), "", ctxParams1=("ctxParamsForProfileRecovery", recovery)
    )
    assert_refused(DsRefusal.MALFORMED, lambda: phone.ds.authenticate_client(request))


def test_new_certificates_in_the_middle_of_a_session(world: Any) -> None:
    phone = Phone(world, make_ds(world))
    request = phone.proof(phone.opened())
    identity = phone.ds.identity
    phone.ds.identity = DsIdentity(identity.address, (), identity.anchors)
    assert_refused(DsRefusal.SMDS_CERTIFICATE, lambda: phone.ds.authenticate_client(request))


def test_check_event_has_a_path_of_its_own(world: Any) -> None:
    paths = {route.path for route in create_app(make_ds(world)).routes}  # type: ignore[attr-defined]
    assert "/gsma/rsp2/es9plus/checkEvent" in paths


def assert_refused(refusal: DsRefusal, call: Callable[[], Any]) -> None:
    with pytest.raises(RspError) as caught:
        call()
    codes = (caught.value.subject_code, caught.value.reason_code)
    assert codes == (refusal.subject_code, refusal.reason_code)
