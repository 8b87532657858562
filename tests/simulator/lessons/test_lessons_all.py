"""Every lesson: its right answers, its wrong ones, its hints, its page."""

from __future__ import annotations

import importlib
import re
import string
from pathlib import Path

import pytest

from simulator.lessons import phrases
from simulator.lessons.catalogue import LESSONS, Lesson, UnknownLessonError, find
from simulator.lessons.model import (
    NO_OPTION,
    UNREADABLE,
    Ask,
    Chapter,
    Choice,
    Judgement,
    Rows,
    Say,
    Show,
    Text,
)
from simulator.lessons.pages import pages
from simulator.lessons.translations import LANGUAGES, translation

FOLDER = Path(__file__).parents[3] / "docs" / "lessons"
each = pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])


def texts(lesson: Lesson) -> list[Text]:
    """Everything that a lesson says in words."""
    found: list[Text] = []
    for step in lesson.steps():
        if isinstance(step, Say):
            found.append(step.text)
        elif isinstance(step, Chapter):
            found.append(step.title)
        elif isinstance(step, Rows):
            found += (cell for row in (step.heads, *step.rows) for cell in row if isinstance(cell, Text))
        elif isinstance(step, Ask):
            question = step.question
            found += [question.text, question.hint]
            if isinstance(question, Choice):
                found += [text for one in question.options for text in (one.text, one.why)]
            else:
                found += [question.why, question.otherwise, *(one.why for one in question.mistakes)]
    return found


@each
def test_right_answers_are_right_and_wrong_ones_are_explained(lesson: Lesson) -> None:
    assert len(lesson.questions()) >= 4
    for question in lesson.questions():
        assert question.judge(question.right_answer).judgement is Judgement.RIGHT
        assert question.hint.said()
        wrong = (
            [str(place) for place, one in enumerate(question.options, 1) if not one.right]
            if isinstance(question, Choice)
            else [one.answer for one in question.mistakes]
        )
        assert wrong, question.text.said()
        assert len(set(wrong)) == len(wrong), "one mistake is explained twice"
        for answer in wrong:
            verdict = question.judge(answer)
            assert verdict.judgement is Judgement.WRONG
            assert len(verdict.text.said()) > 10


@each
def test_every_text_has_its_values_and_uses_them(lesson: Lesson) -> None:
    for text in texts(lesson):
        assert text.said()
        names = {name for _, name, _, _ in string.Formatter().parse(text.template) if name is not None}
        assert names == set(text.values), text.template
        assert "  " not in text.template


@each
def test_a_lesson_has_chapters_and_shows_what_was_exchanged(lesson: Lesson) -> None:
    steps = lesson.steps()
    assert isinstance(steps[0], Chapter)
    assert sum(isinstance(step, Chapter) for step in steps) >= 4
    assert any(isinstance(step, Show) for step in steps)
    assert all(exchange.raw_answer for step in steps if isinstance(step, Show) for exchange in step.exchanges)


@each
def test_a_lesson_is_the_same_every_time(lesson: Lesson) -> None:
    module = importlib.import_module(f"simulator.lessons.subjects.{lesson.name}")
    assert tuple(module.steps()) == lesson.steps()


def test_the_pages_are_current() -> None:
    made = pages()
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert kept == made, "python -m simulator.lessons.pages docs/lessons"


def test_a_lesson_is_found_by_number_and_by_name() -> None:
    assert find("1") is find("sim") is LESSONS[0]
    assert [lesson.number for lesson in LESSONS] == list(range(1, len(LESSONS) + 1))
    with pytest.raises(UnknownLessonError, match="no lesson 'x'; there are 1 sim"):
        find("x")


def everything() -> set[str]:
    """All templates: of lessons, of the catalogue, of faces, and of what is said to nonsense."""
    found = {text.template for lesson in LESSONS for text in texts(lesson)}
    found |= {words for lesson in LESSONS for words in (lesson.title, lesson.about)}
    return found | set(phrases.ALL) | set(UNREADABLE.values()) | {NO_OPTION}


def fields(template: str) -> list[tuple[str, str]]:
    """Names in braces with their formats, sorted."""
    parts = string.Formatter().parse(template)
    return sorted((name, form or "") for _, name, form, _ in parts if name is not None)


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_a_translation_is_whole_and_keeps_values_code_and_clauses(language: str) -> None:
    table = translation(language)
    assert set(table) == everything(), "translate what is new, and take out what is gone"
    for english, other in table.items():
        assert {name for name, _ in fields(other)} == {name for name, _ in fields(english)}, english
        assert set(fields(other)) <= set(fields(english)), english
        for kept in (r"`[^`]*`", r"§[0-9.a-z]*[0-9a-z]"):
            assert sorted(re.findall(kept, other)) == sorted(re.findall(kept, english)), english
