"""Where the cards of a test run come from: `--card sim`, `sim:FILE`, `modem:PORT`, …"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cards.errors import LinkError
from cards.link import CardLike, CardLink
from cards.protection import ProtectedLink
from simulator.testing.bench import Bench, Prototype, clock, entropy, make_bench, make_smdp

if TYPE_CHECKING:
    from cards.pcsc import Service

VIRTUAL_READER = "Virtual PCD 00 00"
_SEEN_SECONDS = 10.0
"""How long the PC/SC service may take to see a card."""


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
        self._pulled = card

    def transmit(self, apdu: bytes, /) -> bytes:
        return self._inserted().transmit(apdu)

    def reset(self) -> bytes:
        return self._inserted().reset()

    def close(self) -> None:
        """Nothing to release."""

    def remove(self) -> CardLike:
        """Pull the card; it loses its power."""
        self._pulled, self._card = self._inserted(), None
        return self._pulled

    def insert(self, card: CardLike | None = None) -> None:
        """Put a card in, without one that which was pulled. The next command powers it up."""
        card = card or self._pulled
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


class Lent:
    """A link with another end: nothing, for one that somebody else closes."""

    def __init__(self, link: CardLink, close: Callable[[], None] = lambda: None) -> None:
        self.transmit = link.transmit
        self.reset = link.reset
        self.close = close


class DescribedSource:
    """A fresh card for each test as a description says, a specimen or a file (docs/card-description.md)."""

    is_simulated = True

    def __init__(self, source: str) -> None:
        from simulator.euicc import Euicc
        from simulator.specimens.make import Maker

        self.name = f"sim:{source}"
        self.bench = make_bench()
        pki = self.bench.pki
        made = Maker(entropy("card"), clock, lambda: pki, lambda: make_smdp(pki)).from_text(source)
        if isinstance(made, Euicc):
            self._copy: Callable[[], CardLike] = Prototype(made).copy
        else:
            saved = made.save()
            self._copy = lambda: type(made).load(saved, entropy=entropy("copy")).card

    def open(self) -> CardLink:
        reader = SimulatedReader(self._copy())
        reader.reset()
        return reader


class RecordedSource:
    """A recording (`--trace FILE`) that answers what was recorded, from its beginning in each test."""

    is_simulated = True

    def __init__(self, path: Path) -> None:
        from cards.trace import reading

        self.name = f"sim:{path}"
        self._entries = reading.read(path.read_bytes(), str(path))

    def open(self) -> CardLink:
        from cards.trace.replay import ReplayCard

        reader = SimulatedReader(ReplayCard(self._entries, exact=False))
        reader.reset()
        return reader


class VirtualReaderSource:
    """The same in the virtual reader of the operating system's PC/SC service: the way to a real card, with
    one that may be spoilt."""

    name = "vpcd"
    is_simulated = True

    def __init__(self, port: int | None = None) -> None:
        self._simulated = SimulatedSource()
        self.bench = self._simulated.bench
        self._port = port

    def open(self) -> CardLink:
        from cards.pcsc import Service
        from cards.plug import FIRST_PORT, plugged

        port = self._port or FIRST_PORT
        with ExitStack() as stack:
            service = stack.enter_context(Service())
            _wait_for(service, False, "has a card that is not from here: take it out")  # of the test before
            stack.enter_context(plugged(self._simulated.open(), port))
            _wait_for(service, True, f"does not see what is put in: is its port {port}?")
            link = stack.enter_context(closing(service.connect(VIRTUAL_READER)))
            opened = stack.pop_all()
        return Lent(link, opened.close)


def _wait_for(service: Service, has_card: bool, otherwise: str) -> None:
    """Until the service has noticed that the first slot of its virtual reader has a card, or none. LinkError
    that says what is `otherwise` if it does not come to that."""
    deadline = time.monotonic() + _SEEN_SECONDS
    while service.find(VIRTUAL_READER).has_card is not has_card:
        if time.monotonic() > deadline:
            raise LinkError(f"{VIRTUAL_READER} {otherwise}")
        time.sleep(0.02)


class RealSource:
    """A card that is there once: in a reader or behind a modem. Each test opens and resets it; what could
    change it is kept away unless its number is `allowed`."""

    is_simulated = False

    def __init__(self, name: str, connect: Callable[[ExitStack], CardLink], allowed: str = "") -> None:
        self.name = name
        self._connect = connect
        self._allowed = allowed

    def open(self) -> CardLink:
        with ExitStack() as stack:
            link = ProtectedLink(self._connect(stack), self._allowed)
            link.reset()
            opened = stack.pop_all()
        return Lent(link, opened.close)


def source_of(text: str, allowed: str = "") -> CardSource:
    """The source that `--card` names; `allowed` is the number of a real card that may be changed. ValueError
    says what may stand there."""
    kind, _, rest = text.partition(":")
    if kind == "sim":
        return _simulated(rest)
    if kind == "vpcd" and (not rest or rest.isdecimal()):
        return VirtualReaderSource(int(rest) if rest else None)
    if kind in _REAL and rest:
        return RealSource(text, lambda stack: _REAL[kind](stack, rest), allowed)
    raise ValueError("it is sim, sim:FILE, pcsc:READER, vpcd or modem:PORT")


def _simulated(rest: str) -> CardSource:
    if not rest:
        return SimulatedSource()
    path = Path(rest)
    if path.suffix in (".jsonl", ".pcap", ".pcapng"):
        return RecordedSource(path)
    return DescribedSource(rest)


def _reader(stack: ExitStack, name: str) -> CardLink:
    from cards.pcsc import Service

    service = stack.enter_context(Service())
    return stack.enter_context(closing(service.connect(name)))


def _modem(stack: ExitStack, port: str) -> CardLink:
    from cards.at import SerialPort, open_modem

    return stack.enter_context(closing(open_modem(SerialPort(port))))


_REAL: dict[str, Callable[[ExitStack, str], CardLink]] = {"pcsc": _reader, "modem": _modem}
