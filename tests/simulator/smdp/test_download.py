"""The way of a profile through the SM-DP+: what it sends opens with the eUICC's keys, its state moves on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asn1 import rsp, tlv
from simulator.crypto import ecc
from simulator.crypto.pki import TestPki
from simulator.smdp import ProfileMetadata, ProfileOwner
from simulator.smdp.states import OrderState, SessionState


def only_order(world: Any) -> Any:
    (order,) = world.smdp.orders()
    return order


def test_a_download_from_begin_to_end(world: Any) -> None:
    world.order()
    package = world.delivered()
    isdp, metadata, profile = world.euicc.open(package["boundProfilePackage"])
    assert profile == world.upp
    assert isdp == {"dpProprietaryData": {"dpOid": "2.999.10"}}
    assert metadata["iccid"] == bytes.fromhex("98001032547698103214")
    assert metadata["profileName"] == "Test profile"
    assert only_order(world).state is OrderState.DOWNLOADED
    assert world.smdp.handle_notification(world.euicc.result(package["transactionId"])) == {}
    assert only_order(world).state is OrderState.INSTALLED
    session = world.store.session(package["transactionId"])
    assert session.state is SessionState.FINISHED
    (notification,) = world.smdp.notifications()
    assert (notification.event, notification.is_success) == ("install", True)
    assert notification.eid == world.euicc.eid


def test_the_package_is_der_and_its_segments_are_short(world: Any) -> None:
    world.upp = world.upp + tlv.encode(0xBF7F, bytes(30000))
    world.order()
    package = world.delivered()["boundProfilePackage"]
    assert rsp.encode("BoundProfilePackage", rsp.decode("BoundProfilePackage", package)) == package
    assert world.euicc.open(package)[2] == world.upp


def test_on_brainpool(make_world: Callable[..., Any], brainpool_pki: TestPki) -> None:
    world = make_world(pki=brainpool_pki)
    world.order()
    assert world.euicc.open(world.delivered()["boundProfilePackage"])[2] == world.upp


def test_with_the_published_certificates(make_world: Callable[..., Any], sgp26_pki: TestPki) -> None:
    world = make_world(pki=sgp26_pki)
    world.order()
    package = world.delivered()
    assert world.euicc.open(package["boundProfilePackage"])[2] == world.upp
    world.smdp.handle_notification(world.euicc.result(package["transactionId"]))
    assert only_order(world).state is OrderState.INSTALLED


def test_real_packages(world: Any, ts48_package: Path) -> None:
    world.upp = ts48_package.read_bytes()
    world.order()
    _, metadata, profile = world.euicc.open(world.delivered()["boundProfilePackage"])
    assert profile == world.upp
    assert metadata["profileName"] == "GSMA Generic eUICC Test Profile"


def test_with_keys_of_its_own(world: Any) -> None:
    world.order(with_ppk=True)
    package = world.delivered()["boundProfilePackage"]
    assert 0xA2 in {t.tag for t in tlv.read_all(tlv.read(package).value)}
    assert world.euicc.open(package)[2] == world.upp


def test_the_protected_package_is_kept_and_its_keys_replaced_per_download(world: Any) -> None:
    world.order(with_ppk=True)
    first = world.delivered()["boundProfilePackage"]
    order = only_order(world)
    assert len(order.ppk) == 48
    world.euicc.one_time = ecc.one_time_key(world.euicc.curve, world.entropy)
    second = world.delivered()["boundProfilePackage"]
    assert only_order(world).ppp == order.ppp
    sequences = [
        {part.tag: part.value for part in tlv.read_all(tlv.read(package).value)}
        for package in (first, second)
    ]
    assert sequences[0][0xA3] == sequences[1][0xA3] == order.ppp
    assert sequences[0][0xA2] != sequences[1][0xA2], "session keys are new"
    assert world.euicc.open(second)[2] == world.upp


def test_metadata_of_the_order_reach_user_and_card(world: Any) -> None:
    metadata = ProfileMetadata(
        service_provider_name="Operator",
        profile_name="Travel",
        iccid="8944000000000000001",
        profile_class="test",
        owner=ProfileOwner("00101", gid1=b"\x01"),
        icon_type="png",
        icon=b"icon",
        policy_rules=("ppr1",),
    )
    world.order(metadata=metadata)
    offer = world.authenticated()
    shown = offer["profileMetadata"]
    assert shown["serviceProviderName"] == "Operator"
    assert shown["iccid"] == bytes.fromhex("984400000000000000F1")
    assert shown["profileOwner"] == {"mccMnc": bytes.fromhex("00F110"), "gid1": b"\x01"}
    assert shown["profilePolicyRules"] == (b"\x40", 2)
    assert (shown["profileClass"], shown["iconType"], shown["icon"]) == (0, 1, b"icon")
    assert [n["profileManagementOperation"] for n in shown["notificationConfigurationInfo"]] == [
        (b"\x40", 2),
        (b"\x20", 3),
        (b"\x10", 4),
    ]
    package = world.smdp.get_bound_profile_package(world.euicc.prepare(offer))
    assert world.euicc.open(package["boundProfilePackage"])[1] == shown


def test_confirmation_code(world: Any) -> None:
    world.order(confirmation_code="1234")
    offer = world.authenticated()
    assert offer["smdpSigned2"]["ccRequiredFlag"] is True
    package = world.smdp.get_bound_profile_package(world.euicc.prepare(offer, "1234"))
    assert world.euicc.open(package["boundProfilePackage"])[2] == world.upp


def test_default_smdp_finds_the_order_by_eid(world: Any) -> None:
    world.order("", eid=world.euicc.eid)
    assert world.euicc.open(world.delivered("")["boundProfilePackage"])[2] == world.upp


def test_a_lost_package_is_sent_again_for_the_same_key(world: Any) -> None:
    """§3.1.3: the server says which one-time key it used; the eUICC may answer with it again."""
    world.order()
    first = world.delivered()["boundProfilePackage"]
    offer = world.authenticated()
    assert offer["smdpSigned2"]["bppEuiccOtpk"] == ecc.public_bytes(world.euicc.one_time)
    second = world.smdp.get_bound_profile_package(world.euicc.prepare(offer))["boundProfilePackage"]
    assert world.euicc.open(second)[2] == world.upp
    assert [t.value for t in tlv.read_all(tlv.read(first).value)][1:] == [
        t.value for t in tlv.read_all(tlv.read(second).value)
    ][1:]
    assert first != second


def test_a_new_key_is_bound_anew(world: Any) -> None:
    world.order()
    world.delivered()
    world.euicc.one_time = ecc.one_time_key(world.euicc.curve, world.entropy)
    assert world.euicc.open(world.delivered()["boundProfilePackage"])[2] == world.upp


def test_the_same_request_twice_gives_the_same_package(world: Any) -> None:
    world.order()
    request = world.euicc.prepare(world.authenticated())
    first = world.smdp.get_bound_profile_package(request)
    assert world.smdp.get_bound_profile_package(request) == first


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (10, OrderState.RELEASED),  # memory
        (11, OrderState.RELEASED),  # interruption
        (12, OrderState.ERROR),  # profile element
        (127, OrderState.ERROR),
    ],
)
def test_a_failed_installation(world: Any, error: int, state: OrderState) -> None:
    world.order()
    transaction_id = world.delivered()["transactionId"]
    world.smdp.handle_notification(world.euicc.result(transaction_id, error))
    order = only_order(world)
    assert (order.state, order.bpp_body != b"") == (state, state is OrderState.ERROR)
    assert world.smdp.notifications()[0].is_success is False


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (0, OrderState.ERROR),
        (1, OrderState.RELEASED),
        (2, OrderState.RELEASED),
        (4, OrderState.ERROR),
        (16, OrderState.RELEASED),  # sessionAborted
    ],
)
def test_cancel(world: Any, reason: int, state: OrderState) -> None:
    world.order()
    transaction_id = world.authenticated()["transactionId"]
    assert world.smdp.cancel_session(world.euicc.cancel(transaction_id, reason)) == {}
    assert only_order(world).state is state
    assert world.store.session(transaction_id).state is SessionState.CANCELLED


def test_an_installation_counts_although_the_user_gave_up(world: Any) -> None:
    world.order()
    transaction_id = world.delivered()["transactionId"]
    result = world.euicc.result(transaction_id)
    world.smdp.cancel_session(world.euicc.cancel(transaction_id, 0))
    world.smdp.handle_notification(result)
    assert world.store.session(transaction_id).state is SessionState.FINISHED


def test_other_notifications_are_kept_once(world: Any) -> None:
    request = world.euicc.notify("enable")
    world.smdp.handle_notification(request)
    world.smdp.handle_notification(request)
    world.smdp.handle_notification(world.euicc.notify("delete"))
    assert [n.event for n in world.smdp.notifications()] == ["enable", "delete"]


def test_a_repeated_result_changes_nothing(world: Any) -> None:
    world.order()
    result = world.euicc.result(world.delivered()["transactionId"])
    world.smdp.handle_notification(result)
    before = world.records()
    world.smdp.handle_notification(result)
    assert world.records() == before


def test_a_reusable_order_serves_many_at_once(world: Any, make_euicc: Callable[..., Any]) -> None:
    world.order(is_reusable=True)
    before = only_order(world)
    first, second = world.euicc, make_euicc(world.pki, world.entropy, world.euicc.eid[:15] + b"\x12")
    offers = []
    for euicc in (first, second):
        world.euicc = euicc
        offers.append(world.authenticated())
    for euicc, offer in zip((first, second), offers, strict=True):
        package = world.smdp.get_bound_profile_package(euicc.prepare(offer))
        assert euicc.open(package["boundProfilePackage"])[2] == world.upp
        world.smdp.handle_notification(euicc.result(package["transactionId"]))
    assert only_order(world) == before


def test_a_matching_id_is_made_up(world: Any) -> None:
    matching_id = world.order(None)
    assert set(matching_id) <= set("0123456789ABCDEF-")
    world.delivered(matching_id)


def test_address_is_compared_without_case(world: Any) -> None:
    request = {**world.euicc.initiate(), "smdpAddress": "TestSmdpPlus1.Example.COM"}
    response = world.smdp.initiate_authentication(request)
    assert response["serverSigned1"]["serverAddress"] == "testsmdpplus1.example.com"


def test_the_same_entropy_gives_the_same_bytes(make_world: Callable[..., Any]) -> None:
    def run() -> bytes:
        world = make_world()
        world.order()
        package: bytes = world.delivered()["boundProfilePackage"]
        return package

    assert run() == run()
