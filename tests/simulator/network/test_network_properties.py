"""Whatever networks refuse, and whatever a card's lists hold: what must hold for phone and card."""

from __future__ import annotations

from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.identities import Imsi, Plmn
from simulator.crypto.milenage import Milenage
from simulator.network.causes import CAUSES
from simulator.network.handset.files import LOCATION_FILES, UpdateStatus
from simulator.network.handset.phone import Handset, Service
from simulator.network.journal import Journal
from simulator.network.networks import Networks
from simulator.specimens.sim import PlainSim
from tests.simulator.network.conftest import (
    ALPHA,
    BETA,
    GAMMA,
    HOME,
    OPC,
    K,
    agreement,
    link_to,
    operator,
    sim,
    world_of,
)

WORLD = world_of(
    [
        operator(HOME, "hm", "001-01"),
        operator(ALPHA, "vs", "999-70"),
        operator(BETA, "vs", "999-80"),
        operator(GAMMA, "vs", "999-90"),
    ],
    [agreement(HOME, ALPHA), agreement(HOME, BETA, volte=False)],
)
REFUSALS = st.lists(st.tuples(st.sampled_from((HOME, ALPHA, BETA)), st.sampled_from(CAUSES)), max_size=8)
CODES = st.sampled_from(("001-01", "999-70", "999-80", "999-90", "999-99"))
ACCESS = st.lists(st.sampled_from(("gsm", "utran", "eutran", "ng-ran")), min_size=1, unique=True)
LISTED = st.lists(st.fixed_dictionaries({"plmn": CODES, "access": ACCESS}), max_size=3)
LISTS = st.fixed_dictionaries(
    {
        "user_controlled": LISTED,
        "operator_controlled": LISTED,
        "forbidden": st.lists(CODES, max_size=4, unique=True),
        "equivalent_home": st.sampled_from(([], ["001-01"], ["999-80", "001-01"])),
    }
)


@given(REFUSALS, LISTS, st.lists(st.sampled_from(("hm", "vs")), min_size=1, max_size=3), st.integers(0, 3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_phone_on_its_way(refusals: list, lists: dict, way: list[str], seed: int) -> None:  # type: ignore[type-arg]
    networks = Networks(WORLD, Journal(lambda: datetime(2026, 12, 1)), seed=seed)
    networks.subscribe(HOME, Imsi("001010123456789"), Milenage(K, OPC))
    for name, cause in refusals:
        networks.serving(name).reject_next.append((cause.protocol, cause.number))
    card = sim(networks=lists)
    before = _lengths(card)
    phone = Handset(networks)
    phone.switch_on(link_to(card), networks.cells(way[0]))
    _holds(phone)
    for country in way[1:]:
        phone.move(networks.cells(country))
        _holds(phone)
    assert _lengths(card) == before


def _lengths(card: PlainSim) -> dict[str, int]:
    files = card.card.files
    return {node.path: len(files.body(node)) for node in files.index.nodes if not node.is_df}


def _holds(phone: Handset) -> None:
    data, found = phone.data, phone.registration
    forbidden = set(data.forbidden)
    assert phone.service is not Service.NONE
    assert phone.camped is not None
    assert len(data.forbidden) == len(forbidden)
    if found is None:
        return
    # It never registered by itself where it is forbidden, nor in an area that was refused.
    assert found.plmn not in forbidden or found.plmn in data.homes
    assert found.cell in phone.cells
    assert found.operator in (HOME, ALPHA, BETA)
    assert found.is_roaming == (found.operator != HOME)
    for protocol in found.protocols:
        location = data.location(protocol)
        assert location.status is UpdateStatus.UPDATED
        assert location.area is not None
        assert location.area.plmn == found.plmn
        assert LOCATION_FILES[protocol].name in data.contents
    # The network registered last is this one, and no other.
    assert data.registered == found.plmn
    assert Plmn.from_bytes(found.plmn.to_bytes()) == found.plmn
