"""Where the cards of a test run come from: `--card sim`, `sim:FILE`, `modem:PORT`, …"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cards.errors import LinkError
from cards.link import CardLike, CardLink
from simulator.testing.bench import Bench, Prototype, make_bench


class CardSource(Protocol):
    """Gives each test a card. `is_simulated`: a fresh one each time, which a test may spoil."""

    name: str
    is_simulated: bool

    def open(self) -> CardLink: ...


class SimulatedReader:
    """A reader in process whose card can be pulled: then commands raise LinkError until one is inserted."""

    name = "simulated reader"

    def __init__(self, card: CardLike) -> None:
        self._card: CardLike | None = card

    def transmit(self, apdu: bytes, /) -> bytes:
        return self._inserted().transmit(apdu)

    def reset(self) -> bytes:
        return self._inserted().reset()

    def close(self) -> None:
        """Nothing to release."""

    def remove(self) -> CardLike:
        """Pull the card; it loses its power."""
        card, self._card = self._inserted(), None
        return card

    def insert(self, card: CardLike) -> None:
        """Put a card in. The next command powers it up."""
        card.reset()
        self._card = card

    def _inserted(self) -> CardLike:
        if self._card is None:
            raise LinkError("there is no card in the simulated reader: insert one")
        return self._card


class SimulatedSource:
    """A fresh software eUICC for each test, with a profile enabled."""

    is_simulated = True

    def __init__(self, profile: str = "test-operator") -> None:
        self.name = "sim"
        self.bench: Bench = make_bench()
        from simulator.profile import build, describe

        self.bench.download(build.build_package(describe.load_shipped(profile)), enable=True)
        self._prototype = Prototype(self.bench.euicc)

    def open(self) -> SimulatedReader:
        return SimulatedReader(self._prototype.copy())


class LinkSource:
    """A card that is there once: behind a reader or a modem. Each test opens and resets it."""

    is_simulated = False

    def __init__(self, name: str, connect: Callable[[], CardLink]) -> None:
        self.name = name
        self._connect = connect

    def open(self) -> CardLink:
        link = self._connect()
        link.reset()
        return link


def source_of(text: str) -> CardSource:
    """The source that `--card` names. ValueError says what may stand there."""
    kind, _, rest = text.partition(":")
    if kind == "sim" and not rest:
        return SimulatedSource()
    if kind == "modem" and rest:
        return LinkSource(text, lambda: _modem(rest))
    raise ValueError(f"--card {text}: it is sim, sim:FILE, pcsc:READER, vpcd or modem:PORT")


def _modem(port: str) -> CardLink:
    from cards.at import SerialPort, open_modem

    return open_modem(SerialPort(port))
