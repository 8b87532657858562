"""The lessons in the order in which they are best taken."""

from __future__ import annotations

import importlib
from functools import cache
from typing import NamedTuple

from simulator.lessons.model import Ask, Question, Step


class Lesson(NamedTuple):
    """A lesson: its number, its short name (that of its module in `subjects`), and what a list says."""

    number: int
    name: str
    title: str
    about: str
    minutes: int

    def steps(self) -> tuple[Step, ...]:
        """Runs the parts; everything that is said, shown and asked. The same each time."""
        return _steps(self.name)

    def questions(self) -> tuple[Question, ...]:
        """The questions in their order."""
        return tuple(step.question for step in self.steps() if isinstance(step, Ask))


@cache
def _steps(name: str) -> tuple[Step, ...]:
    return tuple(importlib.import_module(f"simulator.lessons.subjects.{name}").steps())


LESSONS = (
    Lesson(1, "sim", "What is on a SIM", "files, numbers, the PIN, and a key that nobody can read", 7),
    Lesson(
        2,
        "authentication",
        "How the network knows you",
        "challenge and answer, sequence numbers, and why a clone fails",
        9,
    ),
    Lesson(3, "euicc", "What changes with an eUICC", "its manager, whom it trusts, a SIM in a package", 7),
    Lesson(4, "download", "A download step by step", "from the QR code to the report, message by message", 9),
    Lesson(
        5,
        "copying",
        "Why a profile cannot be copied",
        "QR codes, eavesdroppers, packages for the wrong chip",
        8,
    ),
    Lesson(6, "switching", "Switching", "one of many is the card: enable, reset, rules, reports", 8),
    Lesson(7, "roaming", "Roaming", "how a phone chooses a network, and who lets it in", 9),
    Lesson(8, "trouble", "What goes wrong", "error codes, power cuts, blocked PINs: find the cause", 8),
)


class UnknownLessonError(ValueError):
    """There is no such lesson; the sentence says which there are."""


def find(wanted: str) -> Lesson:
    """The lesson with this number or name. UnknownLessonError."""
    for lesson in LESSONS:
        if wanted in (str(lesson.number), lesson.name):
            return lesson
    named = ", ".join(f"{lesson.number} {lesson.name}" for lesson in LESSONS)
    raise UnknownLessonError(f"there is no lesson {wanted!r}; there are {named}")
