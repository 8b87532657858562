"""A phone with a simulated card attaches for real: AKA on the card, files read and written."""

from __future__ import annotations

from simulator.network.handset.phone import Handset, Service
from simulator.network.nas import Protocol
from simulator.network.networks import Networks
from tests.simulator.network.conftest import link_to, sim


def test_a_card_at_home_registers_with_its_home_network(networks: Networks) -> None:
    phone = Handset(networks)
    assert phone.switch_on(link_to(sim()), networks.cells("hm")) is Service.NORMAL
    assert phone.registration is not None
    assert str(phone.registration.plmn) == "001-01"
    assert not phone.registration.is_roaming
    assert phone.registration.services == {"voice", "sms", "data"}


def test_abroad_it_registers_where_there_is_an_agreement(networks: Networks) -> None:
    phone = Handset(networks)
    assert phone.switch_on(link_to(sim()), networks.cells("vs")) is Service.NORMAL
    assert phone.registration is not None
    assert phone.registration.operator in ("alpha", "beta")
    assert phone.registration.agreement is not None


def test_the_card_keeps_where_it_was(networks: Networks) -> None:
    phone, card = Handset(networks), sim()
    phone.switch_on(link_to(card), networks.cells("hm"))
    assert phone.data.location(Protocol.FIVE_GMM).area is not None
    phone.switch_off()
    again = Handset(networks)
    again.switch_on(link_to(card), networks.cells("hm"))
    assert again.registration is not None
    assert again.registration.candidate.reason.name == "REGISTERED"
