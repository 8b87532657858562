"""All networks of the world at once: who is whose home network, and what serves in a cell."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import partial

from cards.identities import Imsi
from simulator.crypto.aka import AkaFunctions
from simulator.crypto.errors import CryptoError
from simulator.network.air import Cell, cells_at
from simulator.network.errors import NetworkError
from simulator.network.home import HomeNetwork, Refusal, Refused, Steering, Subscription, no_agreement
from simulator.network.journal import Journal, Row
from simulator.network.serving import ServingNetwork
from simulator.network.suci import Suci
from simulator.network.world.model import Operator
from simulator.network.world.queries import World


class Networks:
    """Home and serving networks of every operator, made when they are first asked for.

        networks = Networks(world, journal, seed=1)
        networks.subscribe("att-us", imsi, functions)
        cells = networks.cells("th")

    The same seed gives the same challenges, temporary identities and levels.
    """

    def __init__(self, world: World, journal: Journal, *, seed: int = 0, steering: bool = False) -> None:
        self.world = world
        self.journal = journal
        self.seed = seed
        self._entropy = random.Random(f"networks {seed}").randbytes
        self._steering = steering
        self._homes: dict[str, HomeNetwork] = {}
        self._serving: dict[str, ServingNetwork] = {}

    def subscribe(
        self,
        operator: str,
        imsi: Imsi,
        functions: AkaFunctions,
        *,
        services: Iterable[str] = ("voice", "sms", "data"),
        is_gsm: bool = False,
        seq: int = 0,
    ) -> Subscription:
        """Enter a subscriber of an operator (its key); `is_gsm`: with a SIM that knows no AUTN."""
        subscription = Subscription(imsi, frozenset(services), is_gsm=is_gsm)
        self.home(operator).add(subscription, functions, seq=seq)
        return subscription

    def home(self, operator: str) -> HomeNetwork:
        """The home network of an operator's subscribers."""
        if operator not in self._homes:
            self._homes[operator] = HomeNetwork(
                self.world.operator(operator),
                self._entropy,
                partial(self.world.agreement, operator),
                partial(self._prefers, operator),
                Steering() if self._steering else None,
            )
        return self._homes[operator]

    def serving(self, operator: str) -> ServingNetwork:
        """The core network of an operator that has one."""
        if operator not in self._serving:
            found = self.world.operator(operator)
            self._serving[operator] = ServingNetwork(
                found,
                self._entropy,
                self.journal,
                partial(self._home_of, found),
                self._reveal,
            )
        return self._serving[operator]

    def cells(self, country: str) -> list[Cell]:
        """The cells of a country today, by the journal's clock."""
        return cells_at(self.world, country, self.journal.now().date(), seed=self.seed)

    def _prefers(self, home: str, country: str) -> bool:
        operators = self.world.operators_in(country)
        found = (self.world.agreement(home, operator.key) for operator in operators)
        return any(agreement is not None and agreement.preferred for agreement in found)

    def _reveal(self, data: bytes) -> Imsi | Refused:
        """The home network of a SUCI reads it (Nudm_UEAuthentication, TS 33.501 §6.1.2)."""
        suci = Suci.parse(data)
        digits = suci.home.mcc + suci.home.mnc
        keys: dict[int, bytes] = {}
        for home in self._homes.values():
            if any(imsi.digits.startswith(digits) for imsi in home.subscriptions):
                keys |= home.concealment_keys
        try:
            return suci.imsi(keys)
        except (NetworkError, CryptoError) as error:
            why = f"the home network {suci.home} cannot read the SUCI: {error}"
            return Refused(Refusal.UNKNOWN_SUBSCRIBER, why)

    def _home_of(self, visited: Operator, imsi: Imsi) -> HomeNetwork | Refused:
        """The way from a serving network to the home of an IMSI: by its first digits (TS 23.003 §2.2), and
        only where there is an agreement or it is the same network."""
        # A virtual operator may share its host's numbers: whoever has the subscriber is the home.
        owner = next((home for home in self._homes.values() if imsi in home.auc), None)
        operator = owner.operator if owner else self.world.operator_of(imsi)
        if operator is None:
            says = "no operator has this beginning of an IMSI"
            row = Row("operators", imsi.digits[:6], says, visited.source)
            why = f"{visited.name} knows no home network of {imsi}"
            return Refused(Refusal.ROAMING_NOT_ALLOWED, why, (row,))
        home = self.home(operator.key)
        if not home.is_own(visited) and self.world.agreement(operator.key, visited.key) is None:
            return no_agreement(operator, visited)
        return home
