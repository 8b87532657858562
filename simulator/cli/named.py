"""Named cards on disk: what `esim card`, `esim apdu` and `esim download` open, use and put back.

A card file holds either a plain SIM (its profile package and what the card changed) or an eUICC (its
identity with private keys, and its state). One command at a time holds a card; another one is told so.
"""

from __future__ import annotations

import binascii
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import edge, home, tracing

if TYPE_CHECKING:
    from cards.link import CardLike
    from simulator.euicc import Euicc
    from simulator.specimens.sim import PlainSim

SIM, EUICC = "sim", "euicc"


class SimCard:
    """A plain SIM."""

    kind = SIM

    def __init__(self, sim: PlainSim) -> None:
        self._sim = sim
        self.card = sim.card
        self.card.key_log = edge.key_log()
        self.end: CardLike = sim.card
        """What a terminal's link leads to."""

    def save(self) -> dict[str, Any]:
        return {"kind": SIM, **self._sim.save()}


class EuiccCard:
    """A software eUICC."""

    kind = EUICC

    def __init__(self, euicc: Euicc) -> None:
        self.card = euicc
        euicc.log_keys(edge.key_log())
        self.end: CardLike = euicc

    def save(self) -> dict[str, Any]:
        return {"kind": EUICC, "euicc": self.card.save()}


NamedCard = SimCard | EuiccCard


def card_of(made: PlainSim | Euicc) -> NamedCard:
    """What a description became, as a card that can be named."""
    from simulator.specimens.sim import PlainSim

    return SimCard(made) if isinstance(made, PlainSim) else EuiccCard(made)


def revive(name: str, stored: dict[str, Any]) -> NamedCard:
    """The card that a card file describes."""
    try:
        if stored["kind"] == SIM:
            from simulator.specimens.sim import PlainSim

            return SimCard(PlainSim.load(stored, entropy=edge.entropy))
        from simulator.euicc import Euicc

        return EuiccCard(Euicc.load(stored["euicc"], entropy=edge.entropy, clock=edge.now))
    except (KeyError, TypeError, binascii.Error) as error:
        path = home.card_path(name)
        raise click.ClickException(f"{path} is not a card file of ours: {error!r}.") from None


@contextmanager
def opened(name: str) -> Iterator[NamedCard]:
    """The card, for as long as the block runs. What a command changes is on disk before it is answered, so
    that neither an error nor the end of this program takes anything back."""
    from simulator.uicc.durable import DurableCard

    with _held(name):
        card = revive(name, home.read_card(name))
        durable = DurableCard(card.card, card.save, lambda state: home.write_card(name, state))
        card.end = tracing.watched(with_quirks(durable), f"card {name}")
        yield card


def with_quirks(card: CardLike) -> CardLike:
    """The card behind what `esim --quirks` puts in the way, if anything."""
    quirks = edge.quirks()
    if quirks is None:
        return card
    from simulator.faults import QuirkyCard

    return QuirkyCard(card, quirks)


@contextmanager
def _held(name: str) -> Iterator[None]:
    """Nobody else holds the card meanwhile."""
    path = home.card_path(name).with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(f"card {name} is in use by another esim command.") from None
        yield
