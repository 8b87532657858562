"""Contents of the files that a phone reads and writes, against bytes of TS 31.102 and of real cards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.identities import Plmn
from simulator.network.handset import files
from simulator.network.handset.files import LOCATION_FILES, Listed, Location, UpdateStatus
from simulator.network.nas import Area, Protocol, Temporary
from simulator.network.world.model import Rat

ATT, EE = Plmn("310", "410"), Plmn("234", "30")


def test_a_plmn_list_leaves_out_what_is_no_network() -> None:
    data = bytes.fromhex("130014 FFFFFF 32F403 A0B0C0 13")
    assert files.plmns(data) == (ATT, EE)


def test_networks_with_access_technologies() -> None:
    data = bytes.fromhex("1300144000 32F403C080 FFFFFF0000 32F4030800 62F2100000")
    assert files.listed(data) == (
        Listed(ATT, (Rat.E_UTRAN,)),
        Listed(EE, (Rat.E_UTRAN, Rat.UTRAN, Rat.GERAN)),
        Listed(EE, (Rat.NG_RAN,)),
        Listed(Plmn("262", "01"), ()),
    )


def test_a_forbidden_network_takes_the_first_empty_place() -> None:
    data = bytes.fromhex("130014 FFFFFF FFFFFF FFFFFF")
    assert files.with_forbidden(data, EE) == bytes.fromhex("130014 32F403 FFFFFF FFFFFF")


def test_the_oldest_forbidden_network_goes_out_of_a_full_list() -> None:
    networks = [Plmn("001", f"{number:02}") for number in range(1, 5)]
    full = files.forbidden_bytes(networks)
    assert files.plmns(files.with_forbidden(full, EE)) == (*networks[1:], EE)


def test_a_forbidden_network_is_not_listed_twice() -> None:
    data = files.forbidden_bytes([EE])
    assert files.with_forbidden(data, EE) == data
    assert files.with_forbidden(b"", EE) == b""


def test_a_network_is_taken_off_and_the_order_stays() -> None:
    networks = [Plmn("001", f"{number:02}") for number in range(1, 5)]
    after = files.without_forbidden(files.forbidden_bytes(networks), networks[1])
    assert files.plmns(after) == (networks[0], *networks[2:])
    assert after.endswith(b"\xff\xff\xff")


@given(st.lists(st.integers(0, 99), max_size=12), st.integers(1, 6))
def test_the_list_keeps_its_length_and_the_newest(numbers: list[int], places: int) -> None:
    data = files.forbidden_bytes([], places)
    kept: list[Plmn] = []
    for number in numbers:
        network = Plmn("999", f"{number:02}")
        data = files.with_forbidden(data, network)
        if network not in kept:
            kept = [*kept, network][-places:]
    assert len(data) == 3 * places
    assert list(files.plmns(data)) == kept


@pytest.mark.parametrize(
    ("protocol", "empty"),
    [
        (Protocol.MM, "FFFFFFFF FFFFFF0000 FF 01"),
        (Protocol.GMM, "FFFFFFFFFFFFFF FFFFFF0000 FF 01"),
        (Protocol.EMM, "FFFFFFFFFFFFFFFFFFFFFFFF FFFFFF0000 01"),
        (Protocol.FIVE_GMM, "FFFFFFFFFFFFFFFFFFFFFFFFFF FFFFFF000000 01"),
    ],
)
def test_a_card_that_was_nowhere(protocol: Protocol, empty: str) -> None:
    row, data = LOCATION_FILES[protocol], bytes.fromhex(empty)
    assert files.read_location(row, data) == Location()
    assert files.write_location(row, Location()) == data


@pytest.mark.parametrize(
    ("protocol", "coded", "identity"),
    [
        (Protocol.MM, "01020304 1300140A1B 00 00", Temporary(bytes((1, 2, 3, 4)), ATT)),
        (Protocol.GMM, "C1020304FFFFFF 1300140A1B 01 00", Temporary(bytes((0xC1, 2, 3, 4)), ATT)),
        (
            Protocol.EMM,
            "0BF613001480010201020304 1300140A1B 00",
            Temporary(bytes((1, 2, 3, 4)), ATT, b"\x80\x01\x02"),
        ),
        (
            Protocol.FIVE_GMM,
            "000BF213001401004101020304 130014000A1B 00",
            Temporary(bytes((1, 2, 3, 4)), ATT, b"\x01\x00\x41"),
        ),
    ],
)
def test_a_card_that_was_registered(protocol: Protocol, coded: str, identity: Temporary) -> None:
    row, data = LOCATION_FILES[protocol], bytes.fromhex(coded)
    location = Location(identity, Area(ATT, 0x0A1B), UpdateStatus.UPDATED)
    assert files.read_location(row, data) == location
    assert files.write_location(row, location) == data


@given(st.sampled_from(list(Protocol)), st.binary(max_size=24))
def test_any_bytes_are_some_location(protocol: Protocol, data: bytes) -> None:
    location = files.read_location(LOCATION_FILES[protocol], data)
    assert location.status in UpdateStatus


@pytest.mark.parametrize(
    ("data", "minutes"),
    [("05", 30), ("01", 6), ("00", None), ("FF", 60), ("", 60), ("50", 480), ("7F", 480)],
)
def test_the_search_period(data: str, minutes: int | None) -> None:
    assert files.search_period(bytes.fromhex(data)) == minutes


def test_access_classes_services_and_keys() -> None:
    assert files.access_classes(bytes.fromhex("8002")) == {1, 15}
    assert files.service_numbers(bytes.fromhex("0180")) == {1, 16}
    assert files.keys(b"\x02" + bytes(32)) == 2
    assert files.keys(b"\x02" + b"\xff" * 32) == 7
    assert files.keys(b"") == 7
