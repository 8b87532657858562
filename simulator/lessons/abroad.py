"""A small made-up world for lessons, and a phone in it. It is not that of `simulator/network/world/`, so that
a lesson stays as it is when a real operator changes."""

from __future__ import annotations

from collections.abc import Iterable

from cards import Imsi, Plmn
from cards.link import CardLike
from simulator.crypto.aka import AkaFunctions
from simulator.crypto.milenage import Milenage
from simulator.crypto.tuak import Tuak
from simulator.lessons.listening import Listener
from simulator.lessons.parts import subscription
from simulator.network.causes import Cause, cause_of
from simulator.network.handset.phone import Handset, Service
from simulator.network.journal import Journal, Message
from simulator.network.nas import Protocol
from simulator.network.networks import Networks
from simulator.network.world.model import (
    Agreement,
    Country,
    Device,
    EsimSupport,
    Operator,
    PriceClass,
    Radio,
    Rat,
)
from simulator.network.world.queries import World
from simulator.profile.build import operator_constant
from simulator.profile.describe import Subscription
from simulator.testing.bench import NOW

HOME, ALPHA, BETA, GAMMA, DELTA = "home", "alpha", "beta", "gamma", "delta"
PLMNS = {HOME: "999-70", ALPHA: "999-80", BETA: "001-01", GAMMA: "999-90", DELTA: "999-99"}
FAR = "far"
BAND = "3"
"""All networks of the lesson use LTE in this band."""
EXAMPLE = "example"


def _operator(key: str) -> Operator:
    return Operator(
        key=key,
        name=key.title(),
        esim=EsimSupport.NONE,
        source=EXAMPLE,
        esim_source=EXAMPLE,
        country=HOME if key == HOME else FAR,
        plmns=(Plmn.parse(PLMNS[key]),),
        radios=(Radio(Rat.E_UTRAN, (BAND,), EXAMPLE),),
    )


def _agreement(home: str, visited: str, price: PriceClass, preferred: bool = False) -> Agreement:
    services = ("voice", "sms", "data")
    return Agreement(home, visited, (Rat.E_UTRAN,), services, price, preferred, False, EXAMPLE)


def made_up_world(preferred: str = "") -> World:
    """Home in one country; in the other Alpha and Beta, with which it has agreements, Gamma, with which it
    has none, and Delta, which the card forbids. Alpha has an agreement with Beta. `preferred` is the partner
    that Home likes best."""
    countries = [Country(HOME, "Home", "本国", "example", ("999",), "000", 0.0, 0.0, EXAMPLE)]
    countries.append(Country(FAR, "Far", "远方", "example", ("999", "001"), "000", 0.0, 0.0, EXAMPLE))
    agreements = [_agreement(HOME, key, PriceClass.HIGH, key == preferred) for key in (ALPHA, BETA)]
    agreements.append(_agreement(ALPHA, BETA, PriceClass.LOW))
    return World(
        sources={},
        countries={one.key: one for one in countries},
        bands={},
        operators={key: _operator(key) for key in PLMNS},
        agreements={one.key: one for one in agreements},
        devices={},
        offers={},
        rates={},
    )


def functions_of(described: Subscription) -> AkaFunctions:
    """What the home network computes with."""
    keys = described.authentication
    algorithm = Tuak if keys.algorithm == "tuak" else Milenage
    return algorithm(keys.key, operator_constant(keys))


class Trip:
    """A phone abroad with a card, and all that is said. `keys` are the networks that can be heard there."""

    def __init__(
        self,
        card: CardLike,
        keys: Iterable[str] = PLMNS,
        *,
        preferred: str = "",
        pin: str = "",
        device: Device | None = None,
    ) -> None:
        self.journal = Journal(lambda: NOW)
        self.networks = Networks(made_up_world(preferred), self.journal, seed=0, steering=bool(preferred))
        for home, name in ((HOME, "home-operator"), (ALPHA, "travel-operator")):
            described = subscription(name)
            self.networks.subscribe(home, Imsi(described.imsi), functions_of(described))
        wanted = set(keys)
        self.cells = [cell for cell in self.networks.cells(FAR) if cell.operator in wanted]
        self.listener = Listener(card)
        self.phone = Handset(self.networks, device, pin1=pin or subscription().pins.pin1)

    def switch_on(self) -> Service:
        return self.phone.switch_on(self.listener.link, self.cells)

    def name(self, plmn: Plmn) -> str:
        found = self.networks.world.operator_of(plmn)
        return found.name if found else str(plmn)

    def messages(self) -> list[Message]:
        """Between all parties, in their order."""
        return [proof for event in self.journal for proof in event.evidence if isinstance(proof, Message)]

    def cause(self) -> Cause:
        """Why a network refused first."""
        numbers = (event.details["cause"] for event in self.journal if event.kind == "refused")
        return cause_of(Protocol.EMM, next(numbers))

    def registered(self) -> str:
        """Key of the operator that serves; empty if none."""
        return self.phone.registration.operator if self.phone.registration else ""
