"""Subscriptions of the world's operators: what is on the card, and what the home network knows of it.

    issuer = Issuer(world, seed=1, day=date(2026, 12, 1))
    issued = issuer.offer("airalo-th")
    card = issuer.sim(issued).card             # or issued.package on an SM-DP+
    issued.subscribers                         # for the authentication centre

IMSI and ICCID, K and OPc follow from the seed, the network lists from the world's tables. Simplified: keys
are Milenage's, an operator has one OPc for all; nothing is there that a trip does not need (no IMS, no remote
keys).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from cards.identities import Iccid, Imsi, Plmn
from simulator.crypto.aka import AkaFunctions
from simulator.crypto.milenage import Milenage
from simulator.network.world import World
from simulator.network.world.model import Offer, OfferKind, Operator, Radio, Rat
from simulator.profile.build import build_package
from simulator.profile.describe import Access, FiveG, Networks, Subscription
from simulator.scenario import numbering
from simulator.scenario.errors import IssuingError
from simulator.smdp.metadata import ProfileMetadata, ProfileOwner
from simulator.specimens.sim import PlainSim
from simulator.testing.bench import entropy

ACCESS: Final = {
    Rat.GERAN: "gsm",
    Rat.UTRAN: "utran",
    Rat.E_UTRAN: "eutran",
    Rat.NG_RAN: "ng-ran",
}
"""Technology → its name in EF.HPLMNwAcT and EF.OPLMNwAcT (TS 31.102 §4.2.5)."""
_BEST_FIRST: Final = (Rat.NG_RAN, Rat.E_UTRAN, Rat.UTRAN, Rat.GERAN)
_SPN_LENGTH: Final = 16
_GID_LENGTH: Final = 2


@dataclass(frozen=True, slots=True)
class Subscriber:
    """What an authentication centre keeps of a subscription."""

    operator: str
    """Key of the operator whose IMSI it is."""
    imsi: Imsi
    aka: AkaFunctions


@dataclass(frozen=True, slots=True)
class Issued:
    """A subscription as it is handed out."""

    seller: str
    """Key of whom it was bought from."""
    operator: str
    """Key of whose IMSI it has: the seller, or its sponsor."""
    offer: str
    """Key of what was bought; empty if it is just a subscription."""
    description: Subscription
    package: bytes
    """The profile package, DER."""
    metadata: ProfileMetadata
    """What an eUICC and its user are told of it."""
    applets: tuple[dict[str, Any], ...]
    """Toolkit applications of a plain SIM, as a card's description has them."""
    subscribers: tuple[Subscriber, ...]
    """One, or as many as it has IMSIs."""

    @property
    def iccid(self) -> Iccid:
        return Iccid(self.description.full_iccid)

    @property
    def imsi(self) -> Imsi:
        """The first of its IMSIs."""
        return self.subscribers[0].imsi


class Issuer:
    """Issues subscriptions of a world. The same seed gives the same ones; radios are those of `day`."""

    def __init__(self, world: World, seed: int | str, day: date) -> None:
        self.world = world
        self._seed = seed
        self._day = day

    def subscription(
        self, operator: str, *, seller: str = "", number: int = 1, ppr: Iterable[str] = ()
    ) -> Issued:
        """Subscription `number` of an operator, sold under the name of `seller`. WorldError if there is no
        such operator, IssuingError if it has no network code of its own or of a host."""
        return self._issued(
            self.world.operator(operator), self.world.operator(seller or operator), number, "", ppr
        )

    def offer(self, key: str, *, number: int = 1) -> Issued:
        """What comes with an offer: with the IMSI of its sponsor, or all IMSIs of a multi-IMSI SIM.
        WorldError if there is no such offer."""
        offer = self.world.offer(key)
        sponsor = self.world.operator(offer.sponsor or offer.seller)
        issued = self._issued(sponsor, self.world.operator(offer.seller), number, key, offer.ppr)
        return self._with_identities(issued, offer, number) if offer.kind is OfferKind.MULTI_IMSI else issued

    def sim(self, issued: Issued) -> PlainSim:
        """A plain SIM with it."""
        draw = entropy(f"SIM {issued.iccid}")
        return PlainSim(issued.package, entropy=draw, applets=issued.applets)

    def _issued(
        self, operator: Operator, seller: Operator, number: int, offer: str, ppr: Iterable[str]
    ) -> Issued:
        plmns = self.home_plmns(operator)
        names = (self._seed, operator.key, seller.key, number)
        key, opc = numbering.drawn(16, "K", *names), self._opc(operator)
        imsi = numbering.imsi(plmns[0], *names)
        gid = self._gid(operator, seller)
        description = Subscription.model_validate(
            {
                "name": seller.name,
                "iccid": str(numbering.iccid(self._country(operator, seller), plmns[0], *names)),
                "operator": {"name": seller.name[:_SPN_LENGTH], "plmn": str(plmns[0])},
                "imsi": str(imsi),
                "sms_centre": "+88210" + numbering.drawn_digits(6, "SMSC", operator.key),
                "access_control_classes": (int(str(imsi)[-1]),),
                "group_identifier": gid.hex() if gid else None,
                "authentication": {"key": key.hex(), "opc": opc.hex()},
                "networks": self._networks(operator, plmns),
                "five_g": FiveG()
                if Rat.NG_RAN in self._rats(self.world.host_of(operator.key).radios)
                else None,
            }
        )
        return Issued(
            seller.key,
            operator.key,
            offer,
            description,
            _package(description),
            ProfileMetadata(
                service_provider_name=seller.name[:32],
                profile_name=(self.world.offers[offer].name if offer else seller.name)[:64],
                owner=ProfileOwner(plmns[0].mcc + plmns[0].mnc, gid),
                policy_rules=tuple(ppr),
            ),
            (),
            (Subscriber(operator.key, imsi, Milenage(key, opc)),),
        )

    def _with_identities(self, issued: Issued, offer: Offer, number: int) -> Issued:
        """The sponsors' identities besides its own, each for its country, and the application that changes
        between them."""
        others = [self._identity(self.world.operator(sponsor), offer, number) for sponsor in offer.sponsors]
        authentication = issued.description.authentication
        own = {
            "name": issued.description.operator.name,
            "imsi": str(issued.imsi),
            "plmn": issued.description.operator.plmn,
            "authentication": {"key": authentication.key.hex(), "opc": (authentication.opc or b"").hex()},
        }
        applet = {
            "kind": "multi-imsi",
            "title": offer.name[:30],
            "identities": [own, *(identity for identity, _ in others)],
        }
        return Issued(
            issued.seller,
            issued.operator,
            issued.offer,
            issued.description,
            issued.package,
            issued.metadata,
            (applet,),
            (*issued.subscribers, *(subscriber for _, subscriber in others)),
        )

    def _identity(self, sponsor: Operator, offer: Offer, number: int) -> tuple[dict[str, Any], Subscriber]:
        """A sponsor's identity as the application has it, and as the sponsor's network knows it."""
        names = (self._seed, sponsor.key, offer.key, number)
        plmn = self.home_plmns(sponsor)[0]
        key, opc = numbering.drawn(16, "K", *names), self._opc(sponsor)
        imsi = numbering.imsi(plmn, *names)
        identity = {
            "name": sponsor.name[:_SPN_LENGTH],
            "imsi": str(imsi),
            "plmn": str(plmn),
            "countries": list(self.world.countries[sponsor.country].mccs),
            "authentication": {"key": key.hex(), "opc": opc.hex()},
        }
        return identity, Subscriber(sponsor.key, imsi, Milenage(key, opc))

    def home_plmns(self, operator: Operator) -> tuple[Plmn, ...]:
        """The operator's networks, or its host's; IssuingError if there are none."""
        plmns = operator.plmns or self.world.host_of(operator.key).plmns
        if not plmns:
            raise IssuingError(
                f"{operator.name} has no network and no host, so it has no IMSIs: "
                "an offer of it needs a sponsor"
            )
        return plmns

    def _country(self, operator: Operator, seller: Operator) -> str:
        return operator.country or self.world.host_of(operator.key).country or seller.country

    def _opc(self, operator: Operator) -> bytes:
        return numbering.drawn(16, "OPc", self._seed, operator.key)

    def _gid(self, operator: Operator, seller: Operator) -> bytes:
        """EF.GID1 tells subscribers of one network apart: those of virtual operators and resellers."""
        if seller.key == operator.key and not operator.host:
            return b""
        return numbering.drawn(_GID_LENGTH, "GID1", seller.key)

    def _rats(self, radios: Iterable[Radio]) -> tuple[Rat, ...]:
        """The technologies that are on the air on the day, the best first."""
        running = {
            radio.rat
            for radio in radios
            if (radio.since is None or radio.since <= self._day)
            and (radio.until is None or self._day <= radio.until)
        }
        return tuple(rat for rat in _BEST_FIRST if rat in running)

    def _networks(self, operator: Operator, plmns: tuple[Plmn, ...]) -> Networks:
        """EF.HPLMNwAcT, EF.EHPLMN, and in EF.OPLMNwAcT the networks that the operator prefers abroad."""
        access = _access(self._rats(self.world.host_of(operator.key).radios)) or ("eutran",)
        return Networks(
            home=(Access(plmn=str(plmns[0]), access=access),),
            equivalent_home=tuple(map(str, plmns)),
            operator_controlled=tuple(self._preferred(operator)),
        )

    def _preferred(self, operator: Operator) -> Iterable[Access]:
        for agreement in self.world.agreements_of(operator.key):
            visited = self.world.operator(agreement.visited)
            if agreement.preferred and not agreement.barred and visited.plmns:
                yield Access(plmn=str(visited.plmns[0]), access=_access(agreement.rats))


def _access(rats: Iterable[Rat]) -> tuple[str, ...]:
    wanted = set(rats)
    return tuple(ACCESS[rat] for rat in _BEST_FIRST if rat in wanted)


@lru_cache(maxsize=256)
def _package(description: Subscription) -> bytes:
    return build_package(description)
