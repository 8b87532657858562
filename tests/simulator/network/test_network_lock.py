"""SIM locks: each category against a real card, keys, and keys that the card brings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cards.identities import Plmn, to_swapped_bcd
from simulator.network.errors import NetworkError
from simulator.network.handset.card import CardData
from simulator.network.handset.lock import (
    MESSAGE,
    Category,
    Personalisation,
    code_of,
    network_lock,
    open_by_card,
)
from simulator.network.handset.phone import Handset, Service
from simulator.network.networks import Networks
from tests.simulator.network.conftest import BANDS, link_to, sim
from tests.simulator.network.test_network_phone import device

FITTING = {
    Category.NETWORK: "00101",
    Category.SUBSET: "0010101",
    Category.SERVICE_PROVIDER: "00101/AB12",
    Category.CORPORATE: "00101/AB12/",
    Category.SIM: "001010123456789",
}
KEY = "12345678"


def lock(category: Category, code: str) -> Personalisation:
    return Personalisation(category, frozenset({code}), KEY)


def phone_with(networks: Networks, *locks: Personalisation) -> Handset:
    phone = Handset(networks, locks=locks)
    phone.switch_on(link_to(sim(group_identifier=b"\xab\x12")), networks.cells("hm"))
    return phone


@pytest.mark.parametrize("category", list(Category), ids=lambda category: category.name)
def test_a_card_that_fits_is_taken(networks: Networks, category: Category) -> None:
    assert phone_with(networks, lock(category, FITTING[category])).service is Service.NORMAL


@pytest.mark.parametrize("category", list(Category), ids=lambda category: category.name)
def test_another_card_is_refused(networks: Networks, category: Category) -> None:
    code = FITTING[category]
    phone = phone_with(networks, lock(category, code[:-1] + ("8" if code[-1] != "8" else "9")))
    assert phone.service is Service.LIMITED
    assert phone.lock is not None
    assert phone.lock.category is category
    assert MESSAGE in phone.no_card
    assert category.text in phone.no_card
    with pytest.raises(NetworkError, match="locked"):
        phone.choose(Plmn("001", "01"))


def test_the_key_opens_the_lock(networks: Networks) -> None:
    phone = phone_with(networks, lock(Category.NETWORK, "31041"))
    assert phone.service is Service.LIMITED
    with pytest.raises(NetworkError, match="the key is wrong, 9 tries are left"):
        phone.locks[0].switch_off("00000000")
    phone.locks[0].switch_off(KEY)
    assert phone.switch_on(link_to(sim()), networks.cells("hm")) is Service.NORMAL


def test_too_many_wrong_keys() -> None:
    closed = lock(Category.NETWORK, "31041")
    for _ in range(10):
        with pytest.raises(NetworkError, match="wrong"):
            closed.switch_off("1")
    with pytest.raises(NetworkError, match="takes no more keys"):
        closed.switch_off(KEY)
    assert closed.is_on


def test_a_card_brings_the_keys() -> None:
    """EF.DCK (TS 31.102 §4.2.49): network, subset, service provider, corporate, 4 bytes each."""
    locks = [lock(category, "x") for category in Category]
    keys = b"\xff" * 4 + to_swapped_bcd(KEY, 4) + b"\xff" * 8
    assert [one.category for one in open_by_card(locks, keys)] == [Category.SUBSET]
    assert [one.is_on for one in locks] == [True, False, True, True, True]
    assert open_by_card(locks, b"") == []


def test_a_device_is_sold_with_its_lock(networks: Networks) -> None:
    locked = device(locked_to="alpha", bands=BANDS)
    phone = Handset(networks, locked)
    assert phone.switch_on(link_to(sim()), networks.cells("hm")) is Service.LIMITED
    free = Handset(networks, replace(locked, locked_to="home"))
    assert free.switch_on(link_to(sim()), networks.cells("hm")) is Service.NORMAL


def test_codes() -> None:
    assert code_of(Category.NETWORK, CardData()) == ""
    fitting = network_lock([Plmn("310", "410"), Plmn("310", "280")])
    assert fitting.codes == {"310410", "310280"}
