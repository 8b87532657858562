"""The home network: what HLR, HSS and UDM know of a subscription, and what they answer a serving network (TS
23.012, TS 29.002, TS 29.272, TS 29.503).

A serving network asks for vectors and reports where the subscriber is. The home network answers by the
subscription, by the world's roaming agreements, and by steering: it may refuse a network that it does not
prefer, some times, so that the phone looks for another one (GSMA IR.73).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from cards.identities import Imsi
from simulator.crypto.aka import AkaFunctions
from simulator.network.auc import AuthenticationCentre
from simulator.network.journal import Evidence, Row, Rule
from simulator.network.world.model import Agreement, Operator, Rat

ALL_RATS = frozenset(Rat)
SERVICES = frozenset(("voice", "sms", "data"))


class Refusal(Enum):
    """Why a home network refuses, by the names of its interfaces: MAP (TS 29.002 §7.6.1), S6a (TS 29.272
    §7.4), Nudm (TS 29.503 §6)."""

    UNKNOWN_SUBSCRIBER = "unknownSubscriber", "DIAMETER_ERROR_USER_UNKNOWN", "USER_NOT_FOUND"
    NO_CIRCUIT_SERVICE = "unknownSubscriber (imsiUnknown)", "DIAMETER_ERROR_USER_UNKNOWN", "USER_NOT_FOUND"
    NO_PACKET_SERVICE = (
        "unknownSubscriber (gprsEpsSubscriptionUnknown)",
        "DIAMETER_ERROR_UNKNOWN_EPS_SUBSCRIPTION",
        "NO_PS_SUBSCRIPTION",
    )
    ROAMING_NOT_ALLOWED = "roamingNotAllowed", "DIAMETER_ERROR_ROAMING_NOT_ALLOWED", "ROAMING_NOT_ALLOWED"
    PACKET_ROAMING_NOT_ALLOWED = (
        "roamingNotAllowed (plmnRoamingNotAllowed)",
        "DIAMETER_ERROR_ROAMING_NOT_ALLOWED (ODB_VPLMN_APN)",
        "ROAMING_NOT_ALLOWED",
    )
    OPERATOR_BARRING = (
        "roamingNotAllowed (operatorDeterminedBarring)",
        "DIAMETER_ERROR_ROAMING_NOT_ALLOWED (ODB_ALL_APN)",
        "ROAMING_NOT_ALLOWED",
    )
    RAT_NOT_ALLOWED = "roamingNotAllowed", "DIAMETER_ERROR_RAT_NOT_ALLOWED", "RAT_NOT_ALLOWED"
    STEERING = "systemFailure", "DIAMETER_UNABLE_TO_COMPLY", "SYSTEM_FAILURE"

    @property
    def map_error(self) -> str:
        return self.value[0]

    @property
    def diameter(self) -> str:
        return self.value[1]

    @property
    def problem(self) -> str:
        return self.value[2]


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a subscriber may use."""

    imsi: Imsi
    services: frozenset[str] = SERVICES
    """Of 'voice', 'sms', 'data'."""
    rats: frozenset[Rat] = ALL_RATS
    roaming: bool = True
    is_gsm: bool = False
    """The subscriber has a SIM of the second generation: vectors are triplets (TS 43.020)."""
    barred: bool = False
    """Operator determined barring: the subscriber has not paid, say (TS 23.015)."""


@dataclass(frozen=True, slots=True)
class Located:
    """The home network takes note of where the subscriber is: what it may use there."""

    services: frozenset[str]
    rats: frozenset[Rat]
    agreement: Agreement | None
    """None at home."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The home network says no. `why` is a sentence."""

    refusal: Refusal
    why: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(slots=True)
class Steering:
    """Steering of roaming by refused update locations (GSMA IR.73): how often a network that is not preferred
    is refused before the subscriber gets it after all, so that nobody stays without service where there is
    nothing better."""

    refusals: int = 5
    """As many as a phone makes attempts (TS 24.301 §5.5.1.2.6), so that it leaves the network."""
    counts: dict[tuple[Imsi, str, Rat, bool], int] = field(default_factory=dict)
    """(Subscriber, operator, technology, packet-switched) → refused so far."""

    def refuses(self, imsi: Imsi, operator: str, rat: Rat, packet: bool) -> bool:
        """Whether this attempt is one to refuse; counted if so."""
        key = (imsi, operator, rat, packet)
        count = self.counts.get(key, 0)
        if count >= self.refusals:
            return False
        self.counts[key] = count + 1
        return True


class HomeNetwork:
    """The home network of an operator's subscribers. `agreement_with` gives the row of the world's agreements
    with a visited operator (its key), or None; `preferred_in` whether this home network prefers a network of
    that country over others."""

    def __init__(
        self,
        operator: Operator,
        entropy: Callable[[int], bytes],
        agreement_with: Callable[[str], Agreement | None],
        preferred_in: Callable[[str], bool] = lambda country: False,
        steering: Steering | None = None,
    ) -> None:
        self.operator = operator
        self.auc = AuthenticationCentre(entropy)
        self.subscriptions: dict[Imsi, Subscription] = {}
        self.concealment_keys: dict[int, bytes] = {}
        """Private keys for SUCIs, by identifier (TS 33.501 §6.12.5)."""
        self.locations: dict[Imsi, tuple[str, Rat]] = {}
        """Subscriber → operator and technology that reported it last."""
        self.steering = steering
        self._agreement_with = agreement_with
        self._preferred_in = preferred_in

    def add(self, subscription: Subscription, functions: AkaFunctions, *, seq: int = 0) -> None:
        """Enter a subscriber with the functions that its card has, too."""
        self.subscriptions[subscription.imsi] = subscription
        self.auc.add(subscription.imsi, functions, seq=seq)

    def update_location(self, imsi: Imsi, visited: Operator, rat: Rat, packet: bool) -> Located | Refused:
        """The subscriber shows up in a network, in its packet-switched part or the other
        (MAP_UPDATE_LOCATION, Update-Location-Request, Nudm_UECM_Registration)."""
        subscription = self.subscriptions.get(imsi)
        if subscription is None:
            return Refused(Refusal.UNKNOWN_SUBSCRIBER, f"{self.operator.name} has no subscriber {imsi}")
        if rat not in subscription.rats:
            return Refused(Refusal.RAT_NOT_ALLOWED, f"the subscription does not allow {rat.value}")
        if not subscription.services & _services_of(packet):
            refusal = Refusal.NO_PACKET_SERVICE if packet else Refusal.NO_CIRCUIT_SERVICE
            return Refused(
                refusal, f"the subscription has no {'packet' if packet else 'circuit-switched'} services"
            )
        is_own = self.is_own(visited)
        answer = self._at_home(subscription) if is_own else self._abroad(subscription, visited, rat, packet)
        if isinstance(answer, Located):
            self.locations[imsi] = visited.key, rat
        return answer

    def is_own(self, visited: Operator) -> bool:
        """Whether it is the network of this operator, or the host's of a virtual one."""
        return visited.key in (self.operator.key, self.operator.host)

    def _at_home(self, subscription: Subscription) -> Located | Refused:
        if subscription.barred:
            return Refused(
                Refusal.OPERATOR_BARRING, f"{self.operator.name} has barred the subscriber", _BARRING
            )
        return Located(subscription.services, subscription.rats, None)

    def _abroad(
        self, subscription: Subscription, visited: Operator, rat: Rat, packet: bool
    ) -> Located | Refused:
        here, there = self.operator.name, visited.name
        agreement = self._agreement_with(visited.key)
        if agreement is None:
            return no_agreement(self.operator, visited)
        row = Row("agreements", agreement.key, _says(agreement), agreement.source)

        def refused(refusal: Refusal, why: str, *evidence: Evidence) -> Refused:
            return Refused(refusal, why, (row, *evidence))

        if agreement.barred:
            return refused(Refusal.ROAMING_NOT_ALLOWED, f"{here} bars its subscribers from {there}")
        if not subscription.roaming:
            return refused(Refusal.ROAMING_NOT_ALLOWED, "the subscription does not include roaming")
        if subscription.barred:
            return refused(Refusal.OPERATOR_BARRING, f"{here} has barred the subscriber", *_BARRING)
        if rat not in agreement.rats:
            return refused(
                Refusal.RAT_NOT_ALLOWED, f"the agreement with {there} does not include {rat.value}"
            )
        if self._steers_away(agreement, visited) and self._refuses(subscription.imsi, visited, rat, packet):
            why = f"{here} prefers another network in this country and refuses {there} for now"
            return refused(Refusal.STEERING, why, _STEERING)
        services = subscription.services & frozenset(agreement.services)
        if not services & _services_of(packet):
            refusal = Refusal.PACKET_ROAMING_NOT_ALLOWED if packet else Refusal.NO_CIRCUIT_SERVICE
            return refused(
                refusal, f"the agreement with {there} has no {'data' if packet else 'calls or messages'}"
            )
        return Located(services, subscription.rats & frozenset(agreement.rats), agreement, (row,))

    def _steers_away(self, agreement: Agreement, visited: Operator) -> bool:
        return not agreement.preferred and self._preferred_in(visited.country)

    def _refuses(self, imsi: Imsi, visited: Operator, rat: Rat, packet: bool) -> bool:
        """Who is in a network already is not steered away from another part of it."""
        if self.steering is None or self.locations.get(imsi, ("", rat))[0] == visited.key:
            return False
        return self.steering.refuses(imsi, visited.key, rat, packet)


_BARRING = (Rule("TS 23.015 §2", "operator determined barring"),)
_STEERING = Rule(
    "GSMA IR.73", "the home network refuses the update location some times, so that the phone leaves"
)


def _services_of(packet: bool) -> frozenset[str]:
    """What needs the packet-switched part of a network, and what the circuit-switched one."""
    return frozenset(("data",)) if packet else frozenset(("voice", "sms"))


def no_agreement(home: Operator, visited: Operator) -> Refused:
    """The answer where there is no roaming agreement."""
    row = Row("agreements", f"{home.key}/{visited.key}", "there is no such row", "absent")
    why = f"{home.name} has no roaming agreement with {visited.name}"
    return Refused(Refusal.ROAMING_NOT_ALLOWED, why, (row,))


def _says(agreement: Agreement) -> str:
    rats = ", ".join(rat.value for rat in agreement.rats)
    words = "barred" if agreement.barred else "preferred" if agreement.preferred else "allowed"
    services = ", ".join(agreement.services)
    return f"{agreement.home} in {agreement.visited}: {words}; {rats}; {services}; {agreement.price.value}"
