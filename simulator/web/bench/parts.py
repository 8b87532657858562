"""The things on the bench: SIM cards, orders of profiles, and the phone that they are for."""

from __future__ import annotations

from dataclasses import dataclass

from cards.identities import Iccid
from cards.link import CardLike
from simulator.euicc import Euicc
from simulator.network.world.model import Device
from simulator.scenario.issuing import Issued


@dataclass(eq=False, slots=True)
class SimCard:
    """A SIM: on the table, or in a slot of the phone."""

    issued: Issued
    card: CardLike
    slot: int | None = None

    @property
    def iccid(self) -> Iccid:
        return self.issued.iccid


@dataclass(eq=False, slots=True)
class Order:
    """A profile that waits at the SM-DP+ of its seller, and the code that fetches it."""

    issued: Issued
    address: str
    matching_id: str
    code: str
    """The text of the QR code."""
    confirmation_code: str = ""


@dataclass(eq=False, slots=True)
class Phone:
    """A device of the world, with what is in it."""

    device: Device
    euicc: Euicc | None
    is_on: bool = False

    @property
    def name(self) -> str:
        return f"{self.device.maker} {self.device.model}"
