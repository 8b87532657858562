"""Every status code that ES9+ can answer: one way to get it each, and nothing in the store changes."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asn1 import Asn1Error, es9, rsp
from simulator.crypto import ecc
from simulator.crypto.issue import Issuer, euicc_certificate
from simulator.crypto.pki import TestPki
from simulator.smdp import Refusal, RspError, SmdpIdentity
from simulator.smdp.http import Interface, answer
from simulator.smdp.states import OrderEvent, OrderState

OTHER_EID = bytes.fromhex("89049032000000000000000000000012")


class Case:
    """A refusal, and how to provoke it: set-up on a fresh world, then a call that fails."""

    def __init__(self, refusal: Refusal, name: str, provoke: Callable[[Any], Callable[[], Any]]) -> None:
        self.refusal, self.name, self.provoke = refusal, name, provoke


CASES: list[Case] = []


def case(refusal: Refusal) -> Callable[[Callable[[Any], Callable[[], Any]]], None]:
    def register(provoke: Callable[[Any], Callable[[], Any]]) -> None:
        CASES.append(Case(refusal, provoke.__name__, provoke))

    return register


def initiate(world: Any, **changes: Any) -> Callable[[], Any]:
    return lambda: world.smdp.initiate_authentication({**world.euicc.initiate(), **changes})


def authenticate(world: Any, matching_id: str = "ID-1", **changes: Any) -> Callable[[], Any]:
    request = world.euicc.authenticate(world.initiated(), matching_id, **changes)
    return lambda: world.smdp.authenticate_client(request)


def download(world: Any, code: str = "", **changes: Any) -> Callable[[], Any]:
    request = world.euicc.prepare(world.authenticated(), code, **changes)
    return lambda: world.smdp.get_bound_profile_package(request)


def change_response(request: dict[str, Any], **changes: Any) -> dict[str, Any]:
    kind, response = request["authenticateServerResponse"]
    return {**request, "authenticateServerResponse": (kind, {**response, **changes})}


@case(Refusal.SMDP_ADDRESS)
def another_address(world: Any) -> Callable[[], Any]:
    return initiate(world, smdpAddress="smdp.example.org")


@case(Refusal.MALFORMED)
def a_short_challenge(world: Any) -> Callable[[], Any]:
    return initiate(world, euiccChallenge=bytes(15))


@case(Refusal.SVN)
def an_old_version(world: Any) -> Callable[[], Any]:
    world.euicc.svn = bytes([1, 1, 0])
    return initiate(world)


@case(Refusal.SMDP_CERTIFICATE)
def no_key_to_verify_with(world: Any) -> Callable[[], Any]:
    return initiate(world, euiccInfo1={**world.euicc.info1(), "euiccCiPKIdListForVerification": [bytes(20)]})


@case(Refusal.SIGNING_KEY)
def no_key_to_sign_with(world: Any) -> Callable[[], Any]:
    return initiate(world, euiccInfo1={**world.euicc.info1(), "euiccCiPKIdListForSigning": []})


@case(Refusal.TRANSACTION_ID)
def authenticate_in_an_unknown_session(world: Any) -> Callable[[], Any]:
    request = world.euicc.authenticate(world.initiated(), "ID-1")
    return lambda: world.smdp.authenticate_client({**request, "transactionId": bytes(16)})


@case(Refusal.TRANSACTION_ID)
def authenticate_too_late(world: Any) -> Callable[[], Any]:
    call = authenticate(world)
    world.clock.advance(hours=2)
    return call


@case(Refusal.TRANSACTION_ID)
def authenticate_twice(world: Any) -> Callable[[], Any]:
    call = authenticate(world)
    call()
    return call


@case(Refusal.TRANSACTION_ID)
def another_transaction_is_signed(world: Any) -> Callable[[], Any]:
    return authenticate(world, transactionId=bytes(16))


@case(Refusal.EUICC_CAPABILITY)
def the_euicc_has_another_capability_than_it_told(world: Any) -> Callable[[], Any]:
    world.euicc.is_v3 = True
    server = world.initiated()
    world.euicc.rsp_capability = (b"\x80", 1)
    return lambda: world.smdp.authenticate_client(world.euicc.authenticate(server, "ID-1"))


@case(Refusal.LPA_CAPABILITY)
def the_lpa_has_another_capability_than_it_told(world: Any) -> Callable[[], Any]:
    request = {**world.euicc.initiate(), "lpaRspCapability": (b"\x40", 2)}
    server = world.smdp.initiate_authentication(request)
    return lambda: world.smdp.authenticate_client(world.euicc.authenticate(server, "ID-1"))


@case(Refusal.EXECUTION_ERROR)
def the_euicc_refused_the_server(world: Any) -> Callable[[], Any]:
    transaction_id = world.initiated()["transactionId"]
    error = {"transactionId": transaction_id, "authenticateErrorCode": 2}
    request = {
        "transactionId": transaction_id,
        "authenticateServerResponse": ("authenticateResponseError", error),
    }
    return lambda: world.smdp.authenticate_client(request)


@case(Refusal.EUM_CERTIFICATE)
def the_manufacturer_is_no_manufacturer(world: Any) -> Callable[[], Any]:
    world.euicc.eum_der = world.smdp.identity.credentials[0].auth_certificate
    return authenticate(world)


@case(Refusal.EUM_CERTIFICATE_EXPIRED)
def the_manufacturer_has_expired(world: Any) -> Callable[[], Any]:
    world.clock.advance(days=365 * 34)
    return authenticate(world)


@case(Refusal.EUICC_CERTIFICATE)
def the_manufacturer_did_not_sign_the_certificate(world: Any) -> Callable[[], Any]:
    request = world.euicc.authenticate(world.initiated(), "ID-1")
    der = bytearray(world.euicc.own.certificate_der)
    der[-1] ^= 1
    return lambda: world.smdp.authenticate_client(change_response(request, euiccCertificate=bytes(der)))


@case(Refusal.EUICC_CERTIFICATE)
def an_eid_that_the_manufacturer_may_not_give(world: Any) -> Callable[[], Any]:
    eum = world.euicc.branch.eum
    issuer = Issuer(eum.certificate, eum.require_key())
    key = world.euicc.own.require_key()
    eid = bytes.fromhex("89033023000000000000000000000012")
    der = euicc_certificate(issuer, key.public_key(), eid, entropy=world.entropy, now=world.clock.now)
    request = world.euicc.authenticate(world.initiated(), "ID-1")
    return lambda: world.smdp.authenticate_client(change_response(request, euiccCertificate=der))


@case(Refusal.EUICC_CERTIFICATE_EXPIRED)
def the_certificate_is_not_valid_yet(world: Any) -> Callable[[], Any]:
    request = world.euicc.authenticate(world.initiated(), "ID-1")
    later = world.clock.now + timedelta(days=20)
    young = world.pki.issue_euicc(world.euicc.eid, world.euicc.curve, entropy=world.entropy, now=later)
    changed = change_response(request, euiccCertificate=young.certificate_der)
    return lambda: world.smdp.authenticate_client(changed)


@case(Refusal.EUICC_SIGNATURE)
def a_wrong_signature(world: Any) -> Callable[[], Any]:
    request = world.euicc.authenticate(world.initiated(), "ID-1")
    return lambda: world.smdp.authenticate_client(change_response(request, euiccSignature1=bytes(64)))


@case(Refusal.EUICC_SIGNATURE)
def an_old_challenge(world: Any) -> Callable[[], Any]:
    return authenticate(world, serverChallenge=bytes(16))


@case(Refusal.CI_KEY)
def another_ci_than_asked_for(world: Any) -> Callable[[], Any]:
    world.euicc.ci_key_ids = world.euicc.ci_key_ids[::-1]
    return authenticate(world)


@case(Refusal.CI_KEY)
def a_ci_nobody_trusts(world: Any) -> Callable[[], Any]:
    foreign = TestPki.create(entropy=random.Random(9).randbytes, now=world.clock.now)
    branch = next(iter(foreign.branches.values()))
    assert branch.eum is not None
    request = world.euicc.authenticate(world.initiated(), "ID-1")
    changed = change_response(request, eumCertificate=branch.eum.certificate_der)
    return lambda: world.smdp.authenticate_client(changed)


@case(Refusal.MALFORMED)
def another_operation_than_a_download(world: Any) -> Callable[[], Any]:
    parameters = {"selectedPushService": "2.999.1", "pushToken": "t"}
    return authenticate(world, ctxParams1=("ctxParamsForPushServiceRegistration", parameters))


@case(Refusal.MATCHING_ID)
def no_such_matching_id(world: Any) -> Callable[[], Any]:
    return authenticate(world, "ID-2")


@case(Refusal.MATCHING_ID)
def nothing_for_this_eid(world: Any) -> Callable[[], Any]:
    return authenticate(world, "")


@case(Refusal.MATCHING_ID)
def an_order_that_is_over(world: Any) -> Callable[[], Any]:
    world.smdp.handle_notification(world.euicc.result(world.delivered()["transactionId"]))
    return authenticate(world)


@case(Refusal.EID)
def an_order_for_another_eid(world: Any) -> Callable[[], Any]:
    world.order("ID-2", eid=OTHER_EID)
    return authenticate(world, "ID-2")


@case(Refusal.NOT_RELEASED)
def a_profile_not_released(world: Any) -> Callable[[], Any]:
    world.order("ID-2", is_released=False)
    return authenticate(world, "ID-2")


@case(Refusal.NOT_RELEASED)
def a_profile_for_the_eid_not_released(world: Any) -> Callable[[], Any]:
    world.order("", eid=world.euicc.eid, is_released=False)
    return authenticate(world, "")


@case(Refusal.ORDER_EXPIRED)
def an_expired_order(world: Any) -> Callable[[], Any]:
    world.order("ID-2", expires=world.clock.now)
    return authenticate(world, "ID-2")


@case(Refusal.ORDER_EXPIRED)
def an_order_that_expires_before_it_is_fetched(world: Any) -> Callable[[], Any]:
    world.order("ID-2", expires=world.clock.now + timedelta(minutes=1))
    request = world.euicc.prepare(world.authenticated("ID-2"))
    world.clock.advance(minutes=1)
    return lambda: world.smdp.get_bound_profile_package(request)


@case(Refusal.DOWNLOAD_ATTEMPTS)
def too_many_attempts(world: Any) -> Callable[[], Any]:
    world.order("ID-2", max_attempts=1)
    world.authenticated("ID-2")
    return authenticate(world, "ID-2")


@case(Refusal.NOT_ELIGIBLE)
def a_newer_package_than_the_euicc_reads(world: Any) -> Callable[[], Any]:
    world.euicc.profile_version = bytes([1, 0, 0])
    return authenticate(world)


@case(Refusal.NOT_ELIGIBLE)
def a_service_that_the_euicc_lacks(world: Any) -> Callable[[], Any]:
    world.euicc.capability = (b"\x80", 1)
    return authenticate(world)


@case(Refusal.EUICC_MEMORY)
def a_full_euicc(world: Any) -> Callable[[], Any]:
    world.euicc.card_resource = bytes.fromhex("81010082040000001083020100")
    return authenticate(world)


@case(Refusal.TRANSACTION_ID)
def download_before_authentication(world: Any) -> Callable[[], Any]:
    request = world.euicc.prepare(world.authenticated())
    other = world.initiated()["transactionId"]
    return lambda: world.smdp.get_bound_profile_package({**request, "transactionId": other})


@case(Refusal.EXECUTION_ERROR)
def the_euicc_refused_the_download(world: Any) -> Callable[[], Any]:
    transaction_id = world.authenticated()["transactionId"]
    error = {"transactionId": transaction_id, "downloadErrorCode": 1}
    request = {
        "transactionId": transaction_id,
        "prepareDownloadResponse": ("downloadResponseError", error),
    }
    return lambda: world.smdp.get_bound_profile_package(request)


@case(Refusal.TRANSACTION_ID)
def another_transaction_is_signed_for_the_download(world: Any) -> Callable[[], Any]:
    return download(world, transactionId=bytes(16))


@case(Refusal.EUICC_SIGNATURE)
def a_download_signed_by_another_card(world: Any) -> Callable[[], Any]:
    offer = world.authenticated()
    world.euicc.own = world.pki.issue_euicc(OTHER_EID, entropy=world.entropy, now=world.clock.now)
    request = world.euicc.prepare(offer)
    return lambda: world.smdp.get_bound_profile_package(request)


@case(Refusal.MALFORMED)
def a_point_that_is_none(world: Any) -> Callable[[], Any]:
    return download(world, euiccOtpk=b"\x04" + bytes(64))


@case(Refusal.REBINDING)
def a_package_that_is_bound_once(world: Any) -> Callable[[], Any]:
    world.order("ID-2", allows_rebinding=False)
    world.delivered("ID-2")
    world.euicc.one_time = ecc.one_time_key(world.euicc.curve, world.entropy)
    request = world.euicc.prepare(world.authenticated("ID-2"))
    return lambda: world.smdp.get_bound_profile_package(request)


@case(Refusal.CONFIRMATION_CODE_MISSING)
def no_confirmation_code(world: Any) -> Callable[[], Any]:
    world.order("ID-2", confirmation_code="1234")
    request = world.euicc.prepare(world.authenticated("ID-2"))
    return lambda: world.smdp.get_bound_profile_package(request)


@case(Refusal.EID)
def another_card_was_faster(world: Any) -> Callable[[], Any]:
    request = world.euicc.prepare(world.authenticated())
    first = world.euicc
    world.euicc = type(first)(world.pki, world.entropy, OTHER_EID)
    world.delivered()
    world.euicc = first
    return lambda: world.smdp.get_bound_profile_package(request)


@case(Refusal.NOT_RELEASED)
def the_order_was_withdrawn(world: Any) -> Callable[[], Any]:
    call = download(world)
    (order,) = world.smdp.orders()
    world.store.save(order.moved(OrderEvent.WITHDRAW))
    return call


@case(Refusal.TRANSACTION_ID)
def a_result_of_an_unknown_session(world: Any) -> Callable[[], Any]:
    world.delivered()
    return lambda: world.smdp.handle_notification(world.euicc.result(bytes(16)))


@case(Refusal.TRANSACTION_ID)
def a_result_without_a_download(world: Any) -> Callable[[], Any]:
    transaction_id = world.authenticated()["transactionId"]
    return lambda: world.smdp.handle_notification(world.euicc.result(transaction_id))


@case(Refusal.EUICC_SIGNATURE)
def a_result_signed_by_another_card(world: Any) -> Callable[[], Any]:
    transaction_id = world.delivered()["transactionId"]
    world.euicc.own = world.pki.issue_euicc(OTHER_EID, entropy=world.entropy, now=world.clock.now)
    return lambda: world.smdp.handle_notification(world.euicc.result(transaction_id))


@case(Refusal.SMDP_OID)
def a_result_for_another_server(world: Any) -> Callable[[], Any]:
    request = world.euicc.result(world.delivered()["transactionId"], smdpOid="2.999.11")
    return lambda: world.smdp.handle_notification(request)


@case(Refusal.EUICC_SIGNATURE)
def a_forged_notification(world: Any) -> Callable[[], Any]:
    kind, signed = world.euicc.notify("delete")["pendingNotification"]
    forged = {**signed, "euiccNotificationSignature": bytes(64)}
    return lambda: world.smdp.handle_notification({"pendingNotification": (kind, forged)})


@case(Refusal.MALFORMED)
def a_notification_of_a_later_version(world: Any) -> Callable[[], Any]:
    pending = ("aLaterKind", {})
    return lambda: world.smdp.handle_notification({"pendingNotification": pending})


@case(Refusal.TRANSACTION_ID)
def cancel_an_unknown_session(world: Any) -> Callable[[], Any]:
    return lambda: world.smdp.cancel_session(world.euicc.cancel(bytes(16), 0))


@case(Refusal.TRANSACTION_ID)
def cancel_another_session_than_signed(world: Any) -> Callable[[], Any]:
    first, second = (world.authenticated()["transactionId"] for _ in range(2))
    request = {**world.euicc.cancel(first, 0), "transactionId": second}
    return lambda: world.smdp.cancel_session(request)


@case(Refusal.EXECUTION_ERROR)
def the_euicc_does_not_cancel(world: Any) -> Callable[[], Any]:
    request = {
        "transactionId": world.authenticated()["transactionId"],
        "cancelSessionResponse": ("cancelSessionResponseError", 5),
    }
    return lambda: world.smdp.cancel_session(request)


@case(Refusal.EUICC_SIGNATURE)
def cancelled_by_another_card(world: Any) -> Callable[[], Any]:
    transaction_id = world.authenticated()["transactionId"]
    world.euicc.own = world.pki.issue_euicc(OTHER_EID, entropy=world.entropy, now=world.clock.now)
    return lambda: world.smdp.cancel_session(world.euicc.cancel(transaction_id, 0))


@case(Refusal.SMDP_OID)
def cancelled_for_another_server(world: Any) -> Callable[[], Any]:
    request = world.euicc.cancel(world.authenticated()["transactionId"], 0, smdpOid="2.999.11")
    return lambda: world.smdp.cancel_session(request)


@pytest.mark.parametrize("case", CASES, ids=[f"{c.refusal.name}-{c.name}" for c in CASES])
def test_refusal(world: Any, case: Case) -> None:
    world.order()
    call = case.provoke(world)
    before = world.records()
    with pytest.raises(RspError) as caught:
        call()
    error = caught.value
    wanted = (case.refusal.subject_code, case.refusal.reason_code)
    assert (error.subject_code, error.reason_code) == wanted, str(error)
    assert error.message.startswith(case.refusal.meaning)
    assert world.records() == before


def test_wrong_confirmation_codes_are_counted_and_end_the_order(world: Any) -> None:
    world.order(confirmation_code="1234")
    offer = world.authenticated()
    codes = []
    for _ in range(4):
        with pytest.raises(RspError) as caught:
            world.smdp.get_bound_profile_package(world.euicc.prepare(offer, "4321"))
        codes.append((caught.value.subject_code, caught.value.reason_code))
    assert codes == [("8.2.7", "3.8"), ("8.2.7", "3.8"), ("8.2.7", "6.4"), ("8.10.1", "3.9")]
    (order,) = world.smdp.orders()
    assert order.state is OrderState.ERROR


def test_a_right_code_after_a_wrong_one(world: Any) -> None:
    world.order(confirmation_code="1234")
    offer = world.authenticated()
    with pytest.raises(RspError):
        world.smdp.get_bound_profile_package(world.euicc.prepare(offer, "4321"))
    package = world.smdp.get_bound_profile_package(world.euicc.prepare(offer, "1234"))
    assert world.euicc.open(package["boundProfilePackage"])[2] == world.upp


ES2_REFUSALS = (
    *("CONDITIONAL", "EID_MISSING", "EID_ASSOCIATION", "ICCID", "ICCID_OWNER", "ICCID_IN_USE", "ICCID_STATE"),
    *("PROFILE_TYPE", "PROFILE_TYPE_OWNER", "PROFILE_TYPE_USED_UP", "PROFILE_TYPE_OTHER"),
    *("MATCHING_ID_IN_USE", "MATCHING_ID_ASSOCIATION", "SMDS_FAILED", "SMDS_INACCESSIBLE"),
    *("RPM_UNSUPPORTED", "EID_UNKNOWN", "ICCID_MISSING", "MATCHING_ID_INVALID", "RPM_STATE"),
    *("METADATA_MISSING", "PROFILE_OWNER"),
)
"""Those of ES2+ and of remote management, which test_es2.py and test_smdp_rpm.py reach."""
DEVICE_CHANGE_REFUSALS = ("DEVICE_CHANGE", "DEVICE_CHANGE_NOT_ALLOWED", "DELETION", "DC_SESSION")
"""Those of device change, which test_smdp_device_change.py reaches."""


def test_every_refusal_is_tested_and_has_its_own_codes() -> None:
    by_http = {
        Refusal.REQUESTER,
        Refusal.TEMPORARY,
        Refusal.INCOMPLETE,
        Refusal.PROTOCOL_FORMAT,
        Refusal.PROTOCOL_VERSION,
    }
    counted = {Refusal.CONFIRMATION_CODE, Refusal.CONFIRMATION_CODE_ATTEMPTS}
    es2 = {Refusal[name] for name in (*ES2_REFUSALS, *DEVICE_CHANGE_REFUSALS)}
    told_only = {Refusal.CANCELLED}
    assert {c.refusal for c in CASES} | by_http | counted | es2 | told_only == set(Refusal)
    codes = [(r.subject_code, r.reason_code) for r in Refusal]
    assert len(set(codes)) == len(codes)
    assert all(r.clause and r.meaning for r in Refusal)


def test_a_server_with_other_certificates_after_a_restart(world: Any, brainpool_pki: TestPki) -> None:
    world.order()
    request = world.euicc.authenticate(world.initiated(), "ID-1")
    credentials = SmdpIdentity.from_pki(brainpool_pki).credentials
    world.smdp.identity = replace(world.smdp.identity, credentials=credentials)
    with pytest.raises(RspError, match=r"8\.8\.4/3\.7"):
        world.smdp.authenticate_client(request)


# Every byte of every request: damaged, it is refused, and nothing changes.

REQUESTS: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "authenticateClient": (
        "authenticateServerResponse",
        lambda world: world.euicc.authenticate(world.initiated(), "ID-1"),
    ),
    "getBoundProfilePackage": (
        "prepareDownloadResponse",
        lambda world: world.euicc.prepare(world.authenticated(), "1234"),
    ),
    "handleNotification": (
        "pendingNotification",
        lambda world: world.euicc.result(world.delivered("ID-1", "1234")["transactionId"]),
    ),
    "handleNotification, not of an installation": (
        "pendingNotification",
        lambda world: world.euicc.notify("delete"),
    ),
    "cancelSession": (
        "cancelSessionResponse",
        lambda world: world.euicc.cancel(world.authenticated()["transactionId"], 0),
    ),
}
TYPES = {member.name: member.encoding[4:] for f in es9.FUNCTIONS.values() for member in f.request}
EXPECTED = {
    "authenticateClient": {"1.6/2.1", "8.1/6.1", "8.1.2/6.1", "8.1.2/6.3", "8.1.3/6.1", "8.1.3/6.3"}
    | {"8.11.1/3.9", "8.1/4.2"},
    "getBoundProfilePackage": {"1.6/2.1", "8.1/6.1", "8.1/4.2"},
    "handleNotification": {"1.6/2.1", "8.1/6.1", "8.10.1/3.9"},
    "handleNotification, not of an installation": {"1.6/2.1", "8.1/6.1", "8.1.2/6.1", "8.1.2/6.3"}
    | {"8.1.3/6.1", "8.1.3/6.3", "8.11.1/3.9"},
    "cancelSession": {"1.6/2.1", "8.1/6.1", "8.1/4.2"},
}


def damaged(octets: bytes, step: int) -> Iterator[bytes]:
    source = random.Random(7)
    for at in range(0, len(octets), step):
        changed = bytearray(octets)
        changed[at] ^= 1 << source.randrange(8)
        yield bytes(changed)


@pytest.mark.parametrize("name", REQUESTS)
def test_damaged_requests_are_refused_and_change_nothing(world: Any, name: str) -> None:
    world.order(confirmation_code="1234")
    member, make = REQUESTS[name]
    function = name.partition(",")[0]
    request = make(world)
    document = es9.encode_request(function, request)
    octets = rsp.encode(TYPES[member], request[member])
    before, codes = world.records(), set()
    for changed in damaged(octets, 1 if len(octets) < 400 else 5):
        document[member] = b64encode(changed).decode()
        answered = answer(Interface.of(es9.BINDING, world.smdp), function, document).document
        assert answered is not None, changed.hex()
        status = answered["header"]["functionExecutionStatus"]
        assert status["status"] == "Failed", changed.hex()
        codes.add("{subjectCode}/{reasonCode}".format(**status["statusCodeData"]))
    assert world.records() == before
    assert codes <= EXPECTED[name]
    assert {"1.6/2.1", "8.1/6.1"} <= codes


def test_a_damaged_first_request_never_harms(world: Any) -> None:
    """Nothing in it is signed: it is refused, or a session begins that only its eUICC can go on with."""
    document = es9.encode_request("initiateAuthentication", world.euicc.initiate())
    octets = rsp.encode("EUICCInfo1", world.euicc.info1())
    for changed in damaged(octets, 1):
        document["euiccInfo1"] = b64encode(changed).decode()
        assert answer(Interface.of(es9.BINDING, world.smdp), "initiateAuthentication", document).status == 200
    assert world.smdp.orders() == []


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=80), member=st.sampled_from(sorted({m for m, _ in REQUESTS.values()})))
def test_arbitrary_bytes_are_refused(data: bytes, member: str) -> None:
    function = next(n.partition(",")[0] for n, (m, _) in REQUESTS.items() if m == member)
    document = {"transactionId": "00", member: b64encode(data).decode()}
    try:
        rsp.decode(TYPES[member], data)
    except Asn1Error:
        with pytest.raises(es9.Es9Error):
            es9.decode_request(function, document)
