"""A small world, and cards of its operators."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pytest

from cards import InProcessLink
from cards.identities import Imsi, Plmn
from simulator.network.journal import Journal
from simulator.network.networks import Networks
from simulator.network.world.model import (
    Agreement,
    Country,
    EsimSupport,
    Operator,
    PriceClass,
    Radio,
    Rat,
)
from simulator.network.world.queries import World
from simulator.profile.build import build_package
from simulator.profile.describe import Subscription, load_shipped
from simulator.specimens.sim import PlainSim

K = bytes.fromhex("465b5ce8b199b49faa5f0a2ee238a6bc")
OPC = bytes.fromhex("cd63cb71954a9f4e48a5994e37a02baf")
ALL = tuple(Rat)
BANDS = {Rat.GERAN: ("GSM900",), Rat.UTRAN: ("1",), Rat.E_UTRAN: ("3", "20"), Rat.NG_RAN: ("n78",)}


def operator(key: str, country: str, *plmns: str, rats: tuple[Rat, ...] = ALL, host: str = "") -> Operator:
    """An operator with a radio for each technology."""
    radios = tuple(Radio(rat, BANDS[rat], "example") for rat in rats)
    codes = tuple(Plmn.parse(plmn) for plmn in plmns)
    return Operator(
        key=key, name=key.title(), country=country, plmns=codes, radios=radios, esim=EsimSupport.NONE,
        source="example", esim_source="example", host=host,
    )  # fmt: skip


def agreement(home: str, visited: str, **members: Any) -> Agreement:
    """An agreement that allows everything."""
    values: dict[str, Any] = {
        "rats": ALL,
        "services": ("voice", "sms", "data"),
        "price": PriceClass.HIGH,
        "preferred": False,
        "barred": False,
        "source": "example",
    }
    return Agreement(home, visited, **(values | members))


def world_of(operators: list[Operator], agreements: list[Agreement]) -> World:
    countries = {
        key: Country(key, key.upper(), key, "example", mccs, "000", 0.0, 0.0, "example")
        for key, mccs in (("hm", ("001",)), ("vs", ("999",)))
    }
    return World(
        sources={},
        countries=countries,
        bands={},
        operators={item.key: item for item in operators},
        agreements={item.key: item for item in agreements},
        devices={},
        offers={},
        rates={},
    )


HOME, ALPHA, BETA, GAMMA = "home", "alpha", "beta", "gamma"


@pytest.fixture
def world() -> World:
    """Home in one country; in the other Alpha and Beta, who have agreements with it, and Gamma, who has
    none."""
    operators = [
        operator(HOME, "hm", "001-01"),
        operator(ALPHA, "vs", "999-70"),
        operator(BETA, "vs", "999-80"),
        operator(GAMMA, "vs", "999-90"),
    ]
    return world_of(operators, [agreement(HOME, ALPHA), agreement(HOME, BETA)])


@pytest.fixture
def journal() -> Journal:
    return Journal(lambda: datetime(2026, 12, 1, 9))


@pytest.fixture
def networks(world: World, journal: Journal) -> Networks:
    """Networks of that world, where the subscriber of `card` is known."""
    from simulator.crypto.milenage import Milenage

    made = Networks(world, journal, seed=1)
    made.subscribe(HOME, Imsi("001010123456789"), Milenage(K, OPC))
    return made


def subscription(**changes: Any) -> Subscription:
    """The shipped test subscription, 001-01, with changes to its members (values of a part: as mappings)."""
    base = load_shipped("test-operator")
    for name, value in changes.items():
        if isinstance(value, dict):
            part = getattr(base, name)
            value = type(part).model_validate(part.model_dump(exclude_unset=True, mode="json") | value)
        base = base.model_copy(update={name: value})
    return base


def sim(**changes: Any) -> PlainSim:
    """A card with that subscription."""
    return PlainSim(build_package(subscription(**changes)), entropy=random.Random(1).randbytes)


def link_to(card: PlainSim) -> InProcessLink:
    return InProcessLink(card.card)
