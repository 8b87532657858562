"""What happened on the bench: acts of a person, and below each the messages that passed between the parties.

Everything comes from one thread at a time. Who listens hears of each change, and asks for what there is then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from cards.explain import Explanation

ACTS: Final = 24
"""Acts that are kept; of earlier ones only the number remains."""
ROWS: Final = 400
"""Messages that are kept of one act; a download has about fifty."""


class Party(Enum):
    """Who talks to whom, in the order of their columns."""

    TRAVELLER = "traveller"
    PHONE = "phone"
    CARD = "card"
    SERVER = "server"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the page: its key, and what is filled in."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


Words = Said | str
"""A text of the page, or one that is the same in all languages."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that can be opened to its bytes: an APDU, a message of ES9+ or of the network."""

    explanation: Explanation
    seconds: float = 0.0

    @property
    def size(self) -> tuple[int, int]:
        """Bytes there and back."""
        return len(self.explanation.raw_command), len(self.explanation.raw_answer)


@dataclass(slots=True)
class Row:
    """One arrow of the diagram, there and back: a function with its answer, be it in one APDU or in many."""

    number: int
    sender: Party
    receiver: Party
    title: Words
    interface: str = ""
    """'ES9+', 'ES10b', 'AKA' …"""
    pieces: list[Piece] = field(default_factory=list)
    outcome: str = ""
    """What the receiver answered."""
    succeeded: bool | None = None
    why: Words = ""
    """What happens here, or why it went wrong, in a sentence."""
    is_fault: bool = False
    """Something that was made to go wrong on the way."""

    @property
    def seconds(self) -> float:
        return sum(piece.seconds for piece in self.pieces)

    @property
    def size(self) -> tuple[int, int]:
        """Bytes there and back."""
        sizes = [piece.size for piece in self.pieces]
        return sum(there for there, _ in sizes), sum(back for _, back in sizes)


class State(Enum):
    """How far an act has come."""

    RUNS = "runs"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Act:
    """Something that a person did, and what came of it."""

    number: int
    title: Said
    rows: list[Row] = field(default_factory=list)
    state: State = State.RUNS
    result: Words = ""
    """How it ended, in a sentence."""
    left_out: int = 0
    """Messages that are not kept."""


class Recorder:
    """Takes acts and rows. `pace` is called before each row: it may wait, so that a person can follow."""

    def __init__(self, pace: Callable[[], None] = lambda: None) -> None:
        self.pace = pace
        self.acts: deque[Act] = deque(maxlen=ACTS)
        self.listeners: list[Callable[[], None]] = []
        self._acts = self._rows = 0

    def begin(self, title: Said) -> Act:
        """A person does something."""
        self._acts += 1
        act = Act(self._acts, title)
        self.acts.append(act)
        self.changed()
        return act

    def end(self, state: State, result: Words = "") -> None:
        """It is over."""
        act = self.acts[-1]
        act.state, act.result = state, result
        self.changed()

    def add(
        self,
        sender: Party,
        receiver: Party,
        title: Words,
        *,
        interface: str = "",
        piece: Piece | None = None,
        outcome: str = "",
        succeeded: bool | None = None,
        why: Words = "",
        is_fault: bool = False,
    ) -> Row:
        """A message."""
        self.pace()
        self._rows += 1
        row = Row(
            self._rows,
            sender,
            receiver,
            title,
            interface,
            [piece] if piece else [],
            outcome,
            succeeded,
            why,
            is_fault,
        )
        rows = self.acts[-1].rows
        if len(rows) < ROWS:
            rows.append(row)
        else:
            self.acts[-1].left_out += 1
        self.changed()
        return row

    def changed(self) -> None:
        """Tell those who listen."""
        for listener in tuple(self.listeners):
            listener()

    def row(self, number: int) -> Row | None:
        """The row with this number, if it is still kept."""
        return next((row for act in self.acts for row in act.rows if row.number == number), None)

    def clear(self) -> None:
        """Forget everything."""
        self.acts.clear()
        self.changed()
