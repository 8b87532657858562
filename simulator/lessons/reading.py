"""Somebody reads a lesson: where they are, what they answered, how well it went. Faces drive it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from simulator.lessons.catalogue import Lesson
from simulator.lessons.model import Ask, Judgement, Question, Step, Verdict


class Mark(Enum):
    """How a question went."""

    AT_ONCE = "at once"
    LATER = "later"
    """After a wrong answer, or after it was skipped before."""
    SKIPPED = "skipped"


@dataclass(slots=True)
class Reading:
    """A place in a lesson, and the marks of the questions answered or skipped, by their numbers from 0."""

    lesson: Lesson
    marks: dict[int, Mark] = field(default_factory=dict)
    _at: int = 0
    _failed: set[int] = field(default_factory=set)

    @classmethod
    def resumed(cls, lesson: Lesson, marks: Iterable[Mark]) -> Reading:
        """Goes on behind the questions that have these marks; from the beginning if those are all."""
        places = _questions(lesson.steps())
        kept = list(marks)[: len(places)]
        if not kept or len(kept) == len(places):
            return cls(lesson)
        return cls(lesson, dict(enumerate(kept)), places[len(kept) - 1] + 1)

    @property
    def step(self) -> Step | None:
        """What is to be shown now; None at the end."""
        steps = self.lesson.steps()
        return steps[self._at] if self._at < len(steps) else None

    @property
    def number(self) -> int:
        """Of the question that comes next or is asked now, from 0."""
        return len(_questions(self.lesson.steps()[: self._at]))

    @property
    def count(self) -> int:
        """Of all questions of the lesson."""
        return len(_questions(self.lesson.steps()))

    @property
    def at_once(self) -> int:
        """How many were right at once."""
        return list(self.marks.values()).count(Mark.AT_ONCE)

    def forward(self) -> None:
        """The step was shown: the next one."""
        self._at += 1

    def answer(self, given: str) -> Verdict:
        """Judge an answer to the question that is asked now; a right one leads on."""
        verdict = self._question().judge(given)
        if verdict.judgement is Judgement.WRONG:
            self._failed.add(self.number)
        elif verdict.judgement is Judgement.RIGHT:
            self._mark(Mark.LATER if self.number in self._failed else Mark.AT_ONCE)
            self._at += 1
        return verdict

    def skip(self) -> Verdict:
        """Leave the question out; the verdict on the right answer."""
        question = self._question()
        self._mark(Mark.SKIPPED)
        self._failed.add(self.number)
        self._at += 1
        return question.judge(question.right_answer)

    def back(self) -> None:
        """To what came before the question before this one: its text, and all that leads to it."""
        earlier = _questions(self.lesson.steps()[: self._at])
        self._at = earlier[-2] + 1 if len(earlier) > 1 else 0

    def _question(self) -> Question:
        step = self.step
        assert isinstance(step, Ask), "there is no question to answer"
        return step.question

    def _mark(self, mark: Mark) -> None:
        """The first mark counts, but for a question that was skipped."""
        if self.marks.get(self.number, Mark.SKIPPED) is Mark.SKIPPED:
            self.marks[self.number] = mark


def _questions(steps: Iterable[Step]) -> list[int]:
    """The places of the questions among steps."""
    return [place for place, step in enumerate(steps) if isinstance(step, Ask)]
