"""How fast phones attach, against the bare authentication and key agreement on the same card: in the centre a
vector, on the card AUTHENTICATE. Journal, coded messages and files written back are all in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from cards import Uicc
from cards.identities import Imsi
from simulator.crypto.milenage import Milenage
from simulator.network.handset.phone import Handset
from simulator.network.handset.registration import Attempt
from simulator.network.journal import Journal
from simulator.network.nas import Protocol
from simulator.network.networks import Networks
from simulator.network.world.model import Rat
from tests.simulator.network.conftest import HOME, OPC, K, link_to, operator, sim, world_of

IMSI = Imsi("001010123456789")


@pytest.fixture
def networks() -> Networks:
    world = world_of([operator(HOME, "hm", "001-01")], [])
    made = Networks(world, Journal(lambda: datetime(2026, 12, 1)), seed=1)
    made.subscribe(HOME, IMSI, Milenage(K, OPC))
    return made


def test_bare_aka(benchmark: Any, networks: Networks) -> None:
    """The measure for the two below."""
    auc, card = networks.home(HOME).auc, Uicc(link_to(sim()))
    card.select("MF/ADF.USIM")

    def agree() -> bytes:
        vector = auc.vector(IMSI)
        return card.authenticate(vector.rand, vector.autn).res

    assert benchmark(agree)


def test_attach(benchmark: Any, networks: Networks) -> None:
    """A combined attach in 4G. Target: 20 times bare AKA."""
    cells = [cell for cell in networks.cells("hm") if cell.rat is Rat.E_UTRAN]
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), cells)
    card = phone.card
    assert card is not None
    core = networks.serving(HOME)

    def attach() -> object:
        return Attempt(card, core, cells[0], Protocol.EMM, is_combined=True).run().accepted

    assert benchmark(attach)


def test_switch_on(benchmark: Any, networks: Networks) -> None:
    """From reset to registration, with all files read. Target: 100 times bare AKA."""
    cells = [cell for cell in networks.cells("hm") if cell.rat is Rat.E_UTRAN]
    link = link_to(sim())
    assert benchmark(lambda: Handset(networks).switch_on(link, cells))
