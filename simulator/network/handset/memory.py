"""What a phone keeps in its own memory while it is on (TS 23.122 §3.1, TS 24.301 §5.3.2, §5.3.9)."""

from __future__ import annotations

from dataclasses import dataclass, field

from cards.identities import Plmn
from simulator.network.handset.files import Listed
from simulator.network.nas import Area
from simulator.network.world.model import Rat


@dataclass(slots=True)
class Memory:
    """Lists that are empty again after switch-off, and the validity of the card."""

    forbidden_ps: set[Plmn] = field(default_factory=set)
    """Forbidden PLMNs for GPRS service."""
    forbidden_areas: set[Area] = field(default_factory=set)
    """Forbidden location or tracking areas for regional provision of service."""
    forbidden_areas_roaming: set[Area] = field(default_factory=set)
    """Forbidden location or tracking areas for roaming."""
    without: set[tuple[Plmn, Rat]] = field(default_factory=set)
    """Technologies that are not to be used in a network, as N1 mode is not."""
    equivalent: tuple[Plmn, ...] = ()
    """Equivalent PLMNs that the network of the last registration sent."""
    network_numbers: tuple[str, ...] = ()
    """Emergency numbers that the network sent."""
    steered: tuple[Listed, ...] = ()
    """What steering of roaming by the card put before the operator's list (TS 23.122 §4.4.6)."""
    kasme: bytes = b""
    """Of the EPS security context in use; empty: there is none."""
    is_invalid_cs: bool = False
    """The card counts as invalid for circuit-switched services."""
    is_invalid_ps: bool = False
    """The same for packet services."""

    is_invalid_5g: bool = False
    """The same for 5G."""

    @property
    def is_card_invalid(self) -> bool:
        return self.is_invalid_cs and self.is_invalid_ps
