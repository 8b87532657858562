"""A multi-IMSI SIM in a phone: it hears where it is, changes its identity, is read anew, and the phone
registers again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime

import pytest

from cards import InProcessLink
from cards.identities import Imsi, Plmn
from cards.proactive import Reply, scripted
from cards.toolkit import TYPES, DataObject, Event
from simulator.crypto.milenage import Milenage
from simulator.network.errors import NetworkError
from simulator.network.handset.phone import Handset, Service
from simulator.network.journal import Apdu, Journal
from simulator.network.networks import Networks
from simulator.network.world.model import Rat
from simulator.profile import image_of
from simulator.profile.build import build_package
from simulator.specimens.sim import PlainSim
from simulator.uicc import Card, FileSystem
from simulator.uicc.toolkit import Applet
from simulator.uicc.toolkit.commands import Proactive
from simulator.uicc.toolkit.runtime import Session
from tests.simulator.network.conftest import OPC, K, agreement, link_to, operator, subscription, world_of

OTHER_K, OTHER_OPC = (
    bytes.fromhex("fec86ba6eb707ed08905757b1bb44b8f"),
    bytes.fromhex("1006020f0a478bf6b699f15c062e42b3"),
)
TRAVEL, LOCAL = Imsi("001010123456789"), Imsi("999700000000007")
APPLET = {
    "kind": "multi-imsi",
    "title": "Network",
    "identities": [
        {
            "name": "Travel", "imsi": str(TRAVEL), "plmn": "001-01",
            "authentication": {"key": K.hex(), "opc": OPC.hex()},
        },
        {
            "name": "Local", "imsi": str(LOCAL), "plmn": "999-70", "countries": ["999"],
            "authentication": {"key": OTHER_K.hex(), "opc": OTHER_OPC.hex()},
        },
    ],
}  # fmt: skip


def card() -> PlainSim:
    return PlainSim(build_package(subscription()), entropy=random.Random(1).randbytes, applets=[APPLET])


def networks(*agreements: tuple[str, str]) -> Networks:
    world = world_of(
        [
            operator("home", "hm", "001-01"),
            operator("alpha", "vs", "999-70"),
            operator("beta", "vs", "999-80"),
        ],
        [agreement(*pair) for pair in agreements],
    )
    made = Networks(world, Journal(lambda: datetime(2026, 12, 1, 9)), seed=1)
    made.subscribe("home", TRAVEL, Milenage(K, OPC))
    made.subscribe("alpha", LOCAL, Milenage(OTHER_K, OTHER_OPC))
    return made


def test_abroad_the_card_takes_its_local_identity() -> None:
    world = networks(("home", "beta"))
    phone = Handset(world)
    assert phone.switch_on(link_to(card()), world.cells("vs")) is Service.NORMAL
    assert phone.data.imsi == LOCAL
    assert phone.registration is not None
    assert phone.registration.plmn == Plmn("999", "70")
    assert not phone.registration.is_roaming
    refresh = next(event for event in world.journal if event.kind == "refresh")
    assert any(isinstance(one, Apdu) and one.command[1] == 0x12 for one in refresh.evidence)


def test_at_home_it_keeps_its_own() -> None:
    world = networks()
    phone = Handset(world)
    phone.switch_on(link_to(card()), world.cells("hm"))
    assert phone.data.imsi == TRAVEL
    assert not any(event.kind == "refresh" for event in world.journal)


def test_it_changes_back_and_forth_as_the_phone_travels() -> None:
    world = networks(("home", "beta"))
    phone = Handset(world)
    phone.switch_on(link_to(card()), world.cells("hm"))
    seen = [phone.data.imsi]
    for country in ("vs", "hm", "vs"):
        phone.move(world.cells(country))
        assert phone.service is Service.NORMAL
        seen.append(phone.data.imsi)
    assert seen == [TRAVEL, LOCAL, TRAVEL, LOCAL]


def test_where_its_identity_is_not_taken_it_changes_all_the_same() -> None:
    """Nobody in the country has an agreement with the travel operator: limited service, of which the card
    hears, asks where it is, and takes the local identity."""
    world = networks()
    phone = Handset(world)
    assert phone.switch_on(link_to(card()), world.cells("vs")) is Service.NORMAL
    assert phone.data.imsi == LOCAL


def test_the_user_takes_an_identity_by_hand() -> None:
    """At home, the local identity of another country: the phone registers with it, if anybody takes it."""
    world = networks(("home", "beta"), ("alpha", "home"))
    phone = Handset(world, respond=scripted({"SELECT ITEM": [Reply.item(2)]}))
    phone.switch_on(link_to(card()), world.cells("hm"))
    assert phone.toolkit is not None
    assert phone.toolkit.terminal.menu == {1: "Network"}
    with pytest.raises(NetworkError, match="no item 7"):
        phone.choose_from_menu(7)
    assert phone.choose_from_menu(1) is Service.NORMAL
    assert any(event.kind == "refresh" for event in world.journal)
    # It stays with it: the card hears of the location only when that is another one.
    assert phone.data.imsi == LOCAL
    assert phone.registration is not None
    assert phone.registration.is_roaming


def test_forbidden_networks_of_the_old_identity_are_forgotten() -> None:
    world = networks()
    phone = Handset(world)
    phone.switch_on(link_to(card()), world.cells("vs"))
    assert phone.data.forbidden == ()


def test_a_card_that_never_stops_asking_is_not_followed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulator.network.handset.toolkit import PhoneToolkit

    world = networks(("home", "beta"))
    monkeypatch.setattr(PhoneToolkit, "wants", lambda self: 0)
    phone = Handset(world)
    phone.switch_on(link_to(card()), world.cells("hm"))
    assert sum(event.kind == "refresh" for event in world.journal) <= 6


class Steering(Applet):
    """An application of the operator that sends the phone to Beta as soon as it hears where it is."""

    events = frozenset({Event.LOCATION_STATUS})

    def __init__(self) -> None:
        self.done = False

    def happened(self, card: Card, event: int, objects: Sequence[DataObject]) -> Session:
        if not self.done:
            self.done = True
            wanted = DataObject(0x72, Plmn("999", "80").to_bytes() + b"\x40\x00")
            yield Proactive(TYPES["REFRESH"], 0x07, 0x82, (wanted,))


def test_steering_of_roaming_by_the_card() -> None:
    """TS 23.122 §4.4.6, TS 31.111 §6.4.7: the list comes before the operator's, the network is not forbidden
    any more, and the phone goes there at once."""
    world = networks(("home", "alpha"), ("home", "beta"))
    listed = [{"plmn": "999-70", "access": ["eutran"]}]
    lists = {"operator_controlled": listed, "forbidden": ["999-80"]}
    files = FileSystem(image_of(build_package(subscription(networks=lists))))
    steering = Card(files, entropy=random.Random(1).randbytes, applets=[Steering()])
    phone = Handset(world)
    cells = [cell for cell in world.cells("vs") if cell.rat is Rat.E_UTRAN]
    phone.switch_on(InProcessLink(steering), cells)
    assert phone.registration is not None
    assert phone.registration.plmn == Plmn("999", "80")
    assert phone.data.forbidden == ()
    assert phone.lists().operator_list[0].plmn == Plmn("999", "80")
    assert any(event.kind == "steered" for event in world.journal)
    assert phone.data.imsi == TRAVEL
