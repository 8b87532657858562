"""The serving network: the core of one operator, with the phones that it knows (TS 23.012, TS 23.060, TS
23.401, TS 23.502)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cards.identities import Imsi
from simulator.network.air import is_on_air
from simulator.network.home import HomeNetwork, Located, Refused
from simulator.network.journal import Journal
from simulator.network.nas import (
    Protocol,
)
from simulator.network.world.model import Operator, Rat


@dataclass(slots=True)
class Context:
    """What a network keeps of a phone that it has authenticated."""

    imsi: Imsi
    ksi: int = 7
    located: Located | None = None


class ServingNetwork:
    """The core of one operator. `home_of` finds the home network of an IMSI, or says why there is no way to
    it; `reveal` has the home network of a SUCI read it.

    `authenticates_always` is policy: whether a phone with keys that the network still has is authenticated
    again.
    """

    def __init__(
        self,
        operator: Operator,
        entropy: Callable[[int], bytes],
        journal: Journal,
        home_of: Callable[[Imsi], HomeNetwork | Refused],
        reveal: Callable[[bytes], Imsi | Refused],
        emergency_numbers: tuple[str, ...] = (),
    ) -> None:
        self.operator = operator
        self.journal = journal
        self.entropy = entropy
        self.emergency_numbers = emergency_numbers
        self.authenticates_always = True
        self.equivalent = operator.plmns[1:]
        self.home_of = home_of
        self.reveal = reveal
        self.contexts: dict[tuple[bool, bytes], Context] = {}
        """(Packet-switched, temporary identity) → who it is."""
        self.location_area = 1 + int.from_bytes(entropy(2), "big") % 0xFFFD
        """LAC that goes with a combined attach."""
        self.reject_next: list[tuple[Protocol, int]] = []
        """Causes that the next registrations in a protocol get, whoever asks: for tests and lessons."""

    def circuit_rats(self) -> tuple[Rat, ...]:
        """The technologies with a circuit-switched part that are on air today."""
        today = self.journal.now().date()
        return tuple(
            radio.rat
            for radio in self.operator.radios
            if radio.rat in (Rat.UTRAN, Rat.GERAN) and is_on_air(radio, today)
        )
