"""What `esim travel … --why` prints: on what statements stand, each piece in full where it comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, takewhile
from typing import TYPE_CHECKING

from simulator.network.journal import Evidence, Row
from simulator.scenario.evidence import TRIP, Words

if TYPE_CHECKING:
    from simulator.network.world import World


class Grounds:
    """Numbers the evidence of one run. What stood above is named by its numbers; sources have numbers of
    their own, and their titles come at the end."""

    def __init__(self, world: World) -> None:
        self._words = Words(world)
        self._numbers: dict[Evidence | str, int] = {}
        self._sources: dict[str, int] = {}

    def lines(self, evidence: Iterable[Evidence]) -> Iterator[str]:
        """The lines under a statement."""
        again: list[int] = []
        for one in _joined(evidence):
            key = repr(one)
            if key in self._numbers:
                again.append(self._numbers[key])
            else:
                self._numbers[key] = len(self._numbers) + 1
                yield f"{self._numbers[key]:>3}  {self._line(one)}"
        if again:
            yield f"     as above: {ranges(sorted(again))}"

    def _line(self, one: Evidence) -> str:
        if not isinstance(one, Row):
            return self._words.line(one)
        if one.source == TRIP:
            return f"row {one.table}/{one.key}: {one.says}"
        number = self._sources.setdefault(one.source, len(self._sources) + 1)
        return f"row {one.table}/{one.key}: {one.says} [{number}]"

    def sources(self) -> Iterator[str]:
        """The numbers in brackets, and what they stand for."""
        for key, number in self._sources.items():
            yield f"[{number}] {self._words.source(key)}"


def _joined(evidence: Iterable[Evidence]) -> Iterator[Evidence]:
    """Rows of one key that follow each other as one; what all of them begin with is said once."""
    for _, group in groupby(evidence, lambda one: _place(one)):
        first, *others = group
        if not others or not isinstance(first, Row):
            yield first
            yield from others
            continue
        says = [first.says, *(one.says for one in others if isinstance(one, Row))]
        count = len(_common_words(says))
        text = "; ".join([says[0], *(" ".join(one.split(" ")[count:]) for one in says[1:])])
        yield Row(first.table, first.key, text, first.source)


def _common_words(texts: list[str]) -> list[str]:
    """The words with which all begin."""
    columns = zip(*(text.split(" ") for text in texts), strict=False)
    return [words[0] for words in takewhile(lambda words: len(set(words)) == 1, columns)]


def _place(one: Evidence) -> tuple[str, ...]:
    return (one.table, one.key, one.source) if isinstance(one, Row) else ("", str(id(one)))


def ranges(numbers: Iterable[int]) -> str:
    """1, 2, 3, 5 as '1–3, 5'."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in found)
