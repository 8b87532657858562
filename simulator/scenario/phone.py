"""A traveller's phone: slots with cards, an eUICC with profiles, and which of its lines are switched on.

Each line is a card to the handset: a SIM in a slot, or the enabled profile on a port of the eUICC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cards import InProcessLink, Isdr
from cards.link import CardLike, CardLink
from cards.ports import EsimPorts
from cards.trace import TracedLink
from simulator.euicc import Euicc
from simulator.network.world.model import Device
from simulator.scenario.issuing import Issued
from simulator.scenario.servers import Recorder

_MODE: Final = "MEP-A1"
"""In which the LPA says on which port a profile is enabled (SGP.22 v3 §3.4)."""


@dataclass(eq=False, slots=True)
class Line:
    """A subscription in the phone. `name` is what the trip calls it."""

    name: str
    issued: Issued
    card: CardLike | None = None
    """The SIM; None: it is a profile."""
    slot: int | None = None
    """Where the SIM is; None: not in the phone, or a profile."""
    port: int | None = None
    """Where the profile is enabled: its eSIM port, 0 on an eUICC with one; None: it is disabled."""
    is_on: bool = True
    """Whether the SIM in a slot is switched on in the settings."""

    @property
    def is_profile(self) -> bool:
        return self.card is None

    @property
    def is_active(self) -> bool:
        """Whether the handset has it."""
        return self.port is not None if self.is_profile else self.slot is not None and self.is_on


@dataclass(eq=False, slots=True)
class Phone:
    """A device of the world with what is in it. `recorder` gets what the LPA says to the eUICC."""

    device: Device
    euicc: Euicc | None
    recorder: Recorder
    seconds: Callable[[], float]
    """The simulated time, in seconds since 1970."""
    locked_to: str = ""
    lines: list[Line] = field(default_factory=list)
    """In the phone: SIMs in slots, and profiles on the eUICC, enabled or not."""
    _ports: EsimPorts | None = None

    def __post_init__(self) -> None:
        if self.euicc is not None:
            self._connect(self.euicc)

    def _connect(self, euicc: Euicc) -> None:
        euicc.reset()
        if self.has_ports:
            self._ports = EsimPorts(self._watched(euicc))
            self._ports.configure([_MODE], self.device.enabled_profiles)

    def _watched(self, card: CardLike) -> CardLink:
        return TracedLink(card, (self.recorder,), clock=self.seconds, timer=lambda: 0.0)

    @property
    def name(self) -> str:
        return f"{self.device.maker} {self.device.model}"

    @property
    def has_ports(self) -> bool:
        """Whether several profiles can be enabled at once."""
        return self.device.enabled_profiles > 1

    @property
    def active(self) -> list[Line]:
        """The lines that are switched on."""
        return [line for line in self.lines if line.is_active]

    @property
    def profiles(self) -> list[Line]:
        return [line for line in self.lines if line.is_profile]

    @property
    def enabled(self) -> list[Line]:
        return [line for line in self.profiles if line.is_active]

    def free_slot(self) -> int | None:
        """A slot without a card."""
        used = {line.slot for line in self.lines if line.slot is not None}
        return next((number for number in range(self.device.sim_slots) if number not in used), None)

    def free_port(self) -> int | None:
        """An eSIM port without an enabled profile; 0 on an eUICC that has only one."""
        used = {line.port for line in self.enabled}
        first = 1 if self.has_ports else 0
        ports = range(first, first + self.device.enabled_profiles)
        return next((number for number in ports if number not in used), None)

    @property
    def has_room(self) -> bool:
        """Whether one line more can be on."""
        return len(self.active) < self.device.active

    def put_in(self, line: Line, slot: int) -> None:
        """A SIM comes into a slot."""
        line.slot = slot
        if line not in self.lines:
            self.lines.append(line)

    def take_out(self, line: Line) -> None:
        """A SIM leaves its slot."""
        line.slot = None
        self.lines.remove(line)

    def link(self, line: Line) -> CardLink:
        """The handset's way to a line that is on; what is said there the handset notes itself."""
        if line.card is not None:
            return InProcessLink(line.card)
        assert self.euicc is not None, "a profile is on an eUICC"
        if self._ports is None:
            return InProcessLink(self.euicc)
        assert line.port is not None, "the profile is enabled"
        return self._ports.port(line.port)

    def isdr(self) -> Isdr:
        """The ISD-R, as the LPA has it."""
        assert self.euicc is not None, "the device has an eUICC"
        return Isdr(self._ports.port(0) if self._ports else self._watched(self.euicc))
