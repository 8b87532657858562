"""Where the cards of the page come from: those that come along, those on disk, those in readers. Each is
opened anew, and what is done to a simulated one here is kept nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from cards.link import CardLink


class CardShelf(Protocol):
    """Cards of one kind. `kind` is the last word of the key of its title."""

    kind: str
    is_real: bool
    """Whether a card is there only once: then it is only read, and only when somebody asks."""

    def names(self) -> list[str]:
        """The cards that are there now."""

    def open(self, name: str) -> CardLink:
        """A link to a card, which was not reset yet. CardError."""


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
