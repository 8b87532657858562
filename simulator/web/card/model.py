"""What a visitor does with a card: choose one, say something to it, look at its files before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cards.dump import DumpedFile
from cards.errors import CardError
from cards.link import CardLink
from simulator.web.card import changes, files
from simulator.web.card.changes import Change
from simulator.web.card.console import Console, Line
from simulator.web.card.files import Node, Snapshot
from simulator.web.card.sources import CardShelf

FIRST: Final = ("shipped", "test-usim")
"""The card that is there when somebody comes for the first time."""


class Choice(NamedTuple):
    """A card that can be chosen."""

    kind: str
    name: str

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(slots=True)
class _Chosen:
    """The card that is open."""

    choice: Choice
    link: CardLink
    console: Console
    is_real: bool
    now: Snapshot | None = None
    before: Snapshot | None = None
    changes: dict[str, Change] = field(default_factory=dict)


class CardDesk:
    """`clock` gives seconds since 1970 (UTC), `timer` seconds of a clock that never goes back."""

    def __init__(
        self, shelves: Iterable[CardShelf], *, clock: Callable[[], float], timer: Callable[[], float]
    ) -> None:
        self._shelves = {shelf.kind: shelf for shelf in shelves}
        self._clock, self._timer = clock, timer
        self._chosen: _Chosen | None = None
        self.problem = ""
        """Why there is no card; a sentence."""
        self.path = "MF"
        """The file that is looked at."""

    def choices(self) -> list[Choice]:
        """The cards that are there now."""
        return [Choice(kind, name) for kind, shelf in self._shelves.items() for name in shelf.names()]

    def choose(self, choice: Choice) -> None:
        """Take another card in hand, or the same one anew. `problem` says why it cannot be had."""
        self.close()
        self.problem, self.path = "", "MF"
        shelf = self._shelves.get(choice.kind)
        try:
            if shelf is None or choice.name not in shelf.names():
                raise CardError(f"there is no card {choice.key} any more")
            link = shelf.open(choice.name)
            console = Console(link, clock=self._clock, timer=self._timer)
        except CardError as error:
            self.problem = f"{error}"
            return
        self._chosen = _Chosen(choice, link, console, shelf.is_real)
        if not shelf.is_real:
            self.read()

    def close(self) -> None:
        """Give the card back."""
        if self._chosen:
            self._chosen.link.close()
            self._chosen = None

    @property
    def choice(self) -> Choice | None:
        return self._chosen.choice if self._chosen else None

    @property
    def is_real(self) -> bool:
        """Whether the card is one that somebody may need: its files are read only when one asks for it."""
        return bool(self._chosen and self._chosen.is_real)

    @property
    def reads_on_demand(self) -> bool:
        """Whether files are read only when one asks: on a real card, and on one where that moves what is
        selected."""
        return self.is_real or bool(self.now and self.now.moved)

    # The console

    @property
    def lines(self) -> list[Line]:
        """What was said to the card, the oldest first."""
        return list(self._chosen.console.lines) if self._chosen else []

    @property
    def typed(self) -> list[str]:
        return self._chosen.console.typed if self._chosen else []

    def type(self, text: str) -> list[Line]:
        """Say lines to the card, then look at the files of a simulated one again."""
        if self._chosen is None:
            return []
        said = self._chosen.console.type(text)
        if said and not self.reads_on_demand:
            self.read()
        return said

    def filled(self, line: str) -> str:
        """A template's line with the number of a profile that the card has told of, if it needs one."""
        if "ICCID" not in line:
            return line
        known = [
            part.value
            for one in self.lines
            for exchange in one.exchanges
            for part in exchange.walk()
            if part.name == "iccid (5A)"
        ]
        return line.replace("ICCID-or-AID", "ICCID").replace("ICCID", known[-1]) if known else line

    # The files

    def read(self) -> None:
        """Read the files, and see what changed since `mark`."""
        if self._chosen is None:
            return
        self._chosen.now = files.snapshot(self._chosen.link)
        if self._chosen.before is None:
            self._chosen.before = self._chosen.now
        self._compare()

    def mark(self) -> None:
        """Changes count from now on."""
        if self._chosen:
            self._chosen.before = self._chosen.now
            self._compare()

    def _compare(self) -> None:
        chosen = self._chosen
        if chosen and chosen.before and chosen.now:
            chosen.changes = changes.compare(chosen.before, chosen.now)

    @property
    def now(self) -> Snapshot | None:
        """The files as they were read last; None if they were not."""
        return self._chosen.now if self._chosen else None

    @property
    def changes(self) -> dict[str, Change]:
        return self._chosen.changes if self._chosen else {}

    @property
    def tree(self) -> list[Node]:
        """All files of before and now."""
        if self._chosen is None:
            return []
        return files.tree(*(one for one in (self._chosen.before, self._chosen.now) if one))

    def file(self, path: str) -> DumpedFile | None:
        """A file as it is, or as it was if it is gone."""
        if self._chosen is None:
            return None
        both = (self._chosen.now, self._chosen.before)
        return next((found for one in both if one and (found := one.of(path))), None)
