"""Where the cards of the page come from: those that come along, those on disk, those in readers. Each is
opened anew, and what is done to a simulated one here is kept nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from cards.link import CardLink


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


class ReaderCards:
    """Cards in PC/SC readers, which nothing that could change or block them reaches."""

    kind: Final = "reader"
    is_real: Final = True

    def names(self) -> list[str]:
        from cards.errors import CardError

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
