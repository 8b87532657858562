"""Orders and profile metadata: what is taken, what is refused, and how metadata are coded."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.smdp import MetadataError, NotificationConfiguration, ProfileMetadata, ProfileOwner
from simulator.smdp.eligibility import free_memory, has_bit, obstacle
from simulator.smdp.metadata import PackageHeader, iccid_bytes, named_bits
from simulator.smdp.states import OrderState

HEADER = PackageHeader(bytes(10), 2, 3, "Test", ("usim", "milenage"))


@pytest.mark.parametrize(
    ("digits", "coded"),
    [
        ("89000123456789012341", "98001032547698103214"),
        ("8944000000000000001", "984400000000000000F1"),
        ("894400000000000000", "984400000000000000FF"),
    ],
)
def test_iccid(digits: str, coded: str) -> None:
    """TS 102 221 §13.2."""
    assert iccid_bytes(digits) == bytes.fromhex(coded)


@pytest.mark.parametrize("digits", ["", "89", "8" * 21, "89000123456789012F"])
def test_wrong_iccids(digits: str) -> None:
    with pytest.raises(MetadataError):
        iccid_bytes(digits)


@pytest.mark.parametrize(
    ("mcc_mnc", "coded"), [("00101", "00F110"), ("310410", "130014"), ("26201", "62F210")]
)
def test_profile_owner(mcc_mnc: str, coded: str) -> None:
    """TS 24.008 §10.5.1.13."""
    assert ProfileOwner(mcc_mnc).value() == {"mccMnc": bytes.fromhex(coded)}


def test_named_bits() -> None:
    assert named_bits([], ("a", "b")) == (b"", 0)
    assert named_bits(["b"], ("a", "b", "c")) == (b"\x40", 2)
    assert named_bits(["a", "c"], ("a", "b", "c")) == (b"\xa0", 3)


@pytest.mark.parametrize(
    "metadata",
    [
        ProfileMetadata(service_provider_name="x" * 33),
        ProfileMetadata(profile_name="x" * 65),
        ProfileMetadata(profile_class="secret"),
        ProfileMetadata(icon_type="gif", icon=b"x"),
        ProfileMetadata(icon_type="png", icon=bytes(1025)),
        ProfileMetadata(policy_rules=("ppr9",)),
        ProfileMetadata(owner=ProfileOwner("1")),
        ProfileMetadata(iccid="1"),
        ProfileMetadata(notifications=(NotificationConfiguration("a", ("update",)),)),
    ],
)
def test_wrong_metadata(world: Any, metadata: ProfileMetadata) -> None:
    with pytest.raises(MetadataError):
        world.order(metadata=metadata)
    assert world.smdp.orders() == []


@pytest.mark.parametrize("package", [b"", b"\x00", bytes.fromhex("A000"), bytes.fromhex("AA00")])
def test_what_is_no_package(world: Any, package: bytes) -> None:
    world.upp = package
    with pytest.raises(MetadataError):
        world.order()


def test_no_notifications(world: Any) -> None:
    world.order(metadata=ProfileMetadata(notifications=()))
    assert "notificationConfigurationInfo" not in world.authenticated()["profileMetadata"]


def test_matching_ids_are_unique_and_eids_whole(world: Any) -> None:
    world.order()
    with pytest.raises(ValueError, match="already"):
        world.order()
    with pytest.raises(ValueError, match="16 bytes"):
        world.order("ID-2", eid=b"\x89")
    with pytest.raises(ValueError, match="an EID, or both"):
        world.order("")


def test_release(world: Any) -> None:
    world.order(is_released=False)
    (order,) = world.smdp.orders()
    assert order.state is OrderState.CONFIRMED
    world.smdp.release_order("ID-1")
    world.delivered()
    with pytest.raises(ValueError, match="Downloaded"):
        world.smdp.release_order("ID-1")
    with pytest.raises(KeyError):
        world.smdp.release_order("ID-2")


def test_eligibility() -> None:
    info = {"profileVersion": bytes([2, 3, 1]), "uiccCapability": (b"\x48", 5)}
    assert obstacle(HEADER, info) == ""
    assert "milenage" in obstacle(HEADER, {**info, "uiccCapability": (b"\x40", 2)})
    old = {**info, "profileVersion": bytes([1, 0, 0])}
    assert "version 2" in obstacle(HEADER, old)
    assert obstacle(HEADER, {**old, "additionalEuiccProfilePackageVersions": [bytes([2, 0, 0])]}) == ""


def test_capability_bits() -> None:
    assert has_bit((b"\x80", 1), "contactlessSupport")
    assert not has_bit((b"\x80", 1), "usimSupport")
    assert not has_bit((b"\xff", 8), "no such bit")


@pytest.mark.parametrize(
    ("resource", "free"),
    [
        ("8101058204000493E083022000", 300000),
        ("81010582040000000083022000", 0),
        ("", None),
        ("8204FF", None),
        ("8200", None),
    ],
)
def test_free_memory(resource: str, free: int | None) -> None:
    """TS 102 226 §8.2.1.7.2."""
    assert free_memory({"extCardResource": bytes.fromhex(resource)}) == free
