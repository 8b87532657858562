"""How far somebody is with the lessons, as text that is kept between runs."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from simulator.lessons.reading import Mark, Reading

FORMAT = 1


class ProgressError(ValueError):
    """What was kept is not readable; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Progress:
    """With one lesson. `marks` are those of a run that was left, of the questions in their order."""

    marks: tuple[Mark, ...] = ()
    runs: int = 0
    """How often it was finished."""
    best: int = 0
    """The most questions that were right at once in one run."""
    questions: int = 0
    """How many there were then."""

    def left(self, reading: Reading) -> Progress:
        """After a run that was left: the questions from the first one on that have marks."""
        marks: list[Mark] = []
        while len(marks) in reading.marks:
            marks.append(reading.marks[len(marks)])
        return replace(self, marks=tuple(marks))

    def finished(self, reading: Reading) -> Progress:
        """After a run to the end."""
        best = max(self.best if self.questions == reading.count else 0, reading.at_once)
        return Progress((), self.runs + 1, best, reading.count)


def dumps(progress: dict[str, Progress]) -> str:
    """Lesson name → progress, as JSON."""
    lessons = {
        name: {
            "marks": [mark.value for mark in one.marks],
            "runs": one.runs,
            "best": one.best,
            "questions": one.questions,
        }
        for name, one in sorted(progress.items())
    }
    return json.dumps({"format": FORMAT, "lessons": lessons}, indent=1) + "\n"


def loads(text: str) -> dict[str, Progress]:
    """What `dumps` wrote. ProgressError."""
    try:
        kept = json.loads(text)
    except ValueError as error:
        raise ProgressError(f"it is no JSON: {error}") from None
    if (
        not isinstance(kept, dict)
        or kept.get("format") != FORMAT
        or not isinstance(kept.get("lessons"), dict)
    ):
        raise ProgressError(f"it is no progress of lessons in format {FORMAT}")
    try:
        return {str(name): _one(value) for name, value in kept["lessons"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProgressError(f"an entry is damaged: {error}") from None


def _one(value: Any) -> Progress:
    marks = tuple(map(Mark, value["marks"]))
    return Progress(marks, int(value["runs"]), int(value["best"]), int(value["questions"]))
