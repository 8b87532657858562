"""A visitor's way through the lessons: what was shown, what was answered, and what was said to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.lessons.catalogue import LESSONS, Lesson
from simulator.lessons.model import Ask, Judgement, Step, Verdict
from simulator.lessons.reading import Reading


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that is behind the reader, with what was answered and said to it."""

    ask: Ask
    answer: str
    """Empty: it was skipped."""
    verdict: Verdict


Shown = Step | Answered


@dataclass(slots=True)
class Sitting:
    """One lesson as it is read: everything up to the question that is asked now."""

    reading: Reading
    shown: list[Shown] = field(default_factory=list)
    said: Verdict | None = None
    """To the last answer, if it was not right."""

    @classmethod
    def of(cls, lesson: Lesson) -> Sitting:
        """At its beginning; the parts run."""
        sitting = cls(Reading(lesson))
        sitting._go_on()
        return sitting

    @property
    def question(self) -> Ask | None:
        """What is asked now; None at the end."""
        step = self.reading.step
        return step if isinstance(step, Ask) else None

    def answer(self, given: str) -> None:
        """A right answer leads on to the next question."""
        ask = self.question
        if ask is None:
            return
        verdict = self.reading.answer(given)
        self.said = verdict
        if verdict.judgement is Judgement.RIGHT:
            self._behind(Answered(ask, given, verdict))

    def skip(self) -> None:
        """Leave the question out, and be told the answer."""
        ask = self.question
        if ask is not None:
            self._behind(Answered(ask, "", self.reading.skip()))

    def _behind(self, answered: Answered) -> None:
        self.said = None
        self.shown.append(answered)
        self._go_on()

    def _go_on(self) -> None:
        while (step := self.reading.step) is not None and not isinstance(step, Ask):
            self.shown.append(step)
            self.reading.forward()


class Course:
    """All lessons that a visitor has begun, and the one that is open."""

    def __init__(self) -> None:
        self._sittings: dict[str, Sitting] = {}
        self.open: str = ""
        """Name of the lesson that is open."""

    @property
    def sitting(self) -> Sitting | None:
        return self._sittings.get(self.open)

    def begun(self, lesson: Lesson) -> Sitting | None:
        """How far a lesson has been read."""
        return self._sittings.get(lesson.name)

    def begin(self, lesson: Lesson, *, anew: bool = False) -> Sitting:
        """Open a lesson where it was left, or from its beginning."""
        if anew or lesson.name not in self._sittings:
            self._sittings[lesson.name] = Sitting.of(lesson)
        self.open = lesson.name
        return self._sittings[lesson.name]

    def following(self) -> Lesson | None:
        """The lesson after the one that is open."""
        names = [lesson.name for lesson in LESSONS]
        at = names.index(self.open) + 1 if self.open in names else len(names)
        return LESSONS[at] if at < len(LESSONS) else None
