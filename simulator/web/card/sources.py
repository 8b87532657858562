"""Where the cards of the page come from: those that come along, those on disk, those in readers. Each is
opened anew, and what is done to a simulated one here is kept nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from cards.errors import CardError, LinkError
from cards.explain.header import channel_of
from cards.link import CardLike, CardLink
from cards.session import MANAGE_CHANNEL

if TYPE_CHECKING:
    from simulator.web.bench.model import Bench

_IN_USE: Final = (
    "the phone uses this card: switch it off to talk to the card yourself, or open a logical channel "
    "(open ch)"
)


class CardShelf(Protocol):
    """Cards of one kind."""

    @property
    def kind(self) -> str:
        """The last word of the key of its title."""

    @property
    def is_real(self) -> bool:
        """Whether a card is there only once: then it is only read, and only when somebody asks."""

    def names(self) -> list[str]:
        """The cards that are there now."""

    def open(self, name: str) -> CardLink:
        """A link to a card, which was not reset yet. CardError."""


_offered: list[CardShelf] = []


def offer(shelf: CardShelf) -> None:
    """Have the page show more cards: whoever serves it knows of some that it cannot know of itself."""
    _offered[:] = [other for other in _offered if other.kind != shelf.kind] + [shelf]


def shelves() -> list[CardShelf]:
    """All cards of the page, but for those of a visitor's bench."""
    return [ShippedCards(), *_offered, ReaderCards()]


class ShippedCards:
    """Specimens that come along, as `esim card new --from` makes them."""

    kind: Final = "shipped"
    is_real: Final = False

    def names(self) -> list[str]:
        from simulator.specimens.describe import shipped

        return sorted(shipped())

    def open(self, name: str) -> CardLink:
        from simulator.testing.sources import source_of

        return source_of(f"sim:{name}").open()


@dataclass(frozen=True, slots=True)
class SavedCards:
    """Named cards of `esim card`, as copies: the files on disk stay as they are."""

    list_names: Callable[[], list[str]]
    copy: Callable[[str], CardLink]
    kind: str = "saved"
    is_real: bool = False

    def names(self) -> list[str]:
        return self.list_names()

    def open(self, name: str) -> CardLink:
        return self.copy(name)


class BenchCards:
    """The cards of a visitor's bench, themselves, not copies: what is done on the bench shows in their files.
    A card that a phone uses is only looked at, on a logical channel of its own."""

    kind: Final = "bench"
    is_real: Final = False

    def __init__(self, bench: Callable[[], Bench | None]) -> None:
        self._bench = bench

    def names(self) -> list[str]:
        return list(self._cards())

    def open(self, name: str) -> CardLink:
        bench = self._bench()
        card = self._cards().get(name)
        if bench is None or card is None:
            raise CardError(f"{name} is not on the bench any more")
        return SharedLink(bench, card)

    def _cards(self) -> dict[str, CardLike]:
        bench = self._bench()
        if bench is None:
            return {}
        found = {f"{sim.issued.description.name} {sim.iccid}": sim.card for sim in bench.sims}
        if bench.phone.euicc is not None:
            found[f"eUICC, {bench.phone.name}"] = bench.phone.euicc
        return found


class SharedLink:
    """A card of a bench, whose phone comes first."""

    def __init__(self, bench: Bench, card: CardLike) -> None:
        self._bench, self._card = bench, card

    def transmit(self, apdu: bytes, /) -> bytes:
        if self._bench.is_busy:
            raise LinkError("the phone is at work with its cards: wait until it is done")
        if self._is_in_use and channel_of(apdu[0]) == 0 and apdu[1:2] != bytes((MANAGE_CHANNEL,)):
            raise CardError(_IN_USE)
        return self._card.transmit(apdu)

    def reset(self) -> bytes:
        if self._is_in_use:
            raise CardError(_IN_USE)
        return self._card.reset()

    def close(self) -> None:
        """The card stays where it is."""

    @property
    def _is_in_use(self) -> bool:
        """Whether it is in a phone that is on."""
        phone = self._bench.phone
        slotted = any(sim.card is self._card and sim.slot is not None for sim in self._bench.sims)
        return phone.is_on and (slotted or phone.euicc is self._card)


class ReaderCards:
    """Cards in PC/SC readers, which nothing that could change or block them reaches."""

    kind: Final = "reader"
    is_real: Final = True

    def names(self) -> list[str]:
        try:
            from cards.pcsc import Service
        except ImportError:
            return []
        try:
            with Service() as service:
                return [reader.name for reader in service.readers() if reader.has_card]
        except CardError:
            return []

    def open(self, name: str) -> CardLink:
        from simulator.testing.sources import source_of

        return source_of(f"pcsc:{name}").open()
