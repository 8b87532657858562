"""Lessons on the page: read to the end, with right and wrong answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from simulator.lessons.catalogue import LESSONS, Lesson, find
from simulator.lessons.model import Ask, Choice
from simulator.lessons.translations import translation
from simulator.web.lessons.course import Answered, Course
from tests.simulator.web.conftest import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_lesson_is_shown_up_to_each_question_and_answered_to_its_end() -> None:
    course, lesson = Course(), find("switching")
    sitting = course.begin(lesson)
    while (ask := sitting.question) is not None:
        before = len(sitting.shown)
        sitting.answer("nonsense")
        assert sitting.said is not None
        assert len(sitting.shown) == before
        sitting.answer(ask.question.right_answer)
        assert sitting.said is None
    assert [step for step in sitting.shown if not isinstance(step, Answered)] == [
        step for step in lesson.steps() if not isinstance(step, Ask)
    ]
    assert sitting.reading.at_once == sitting.reading.count
    assert course.begin(lesson) is sitting
    assert course.begin(lesson, anew=True) is not sitting
    assert course.following() == LESSONS[LESSONS.index(lesson) + 1]


def test_a_question_that_is_skipped_is_answered_for_the_reader() -> None:
    course = Course()
    sitting = course.begin(find("sim"))
    sitting.skip()
    last = next(step for step in reversed(sitting.shown) if isinstance(step, Answered))
    assert last.answer == ""
    assert last.verdict.text.said()
    assert sitting.reading.at_once == 0


def test_a_lesson_in_the_browser(visit: Visit, shoot: Callable[[Page, str], None]) -> None:
    lesson = LESSONS[0]
    page = visit("/lessons")
    page.get_by_role("button", name=f"1. {lesson.title}").click()
    for number, question in enumerate(lesson.questions()[:3], 1):
        page.get_by_role("heading", name=f"Question {number} of").wait_for()
        if isinstance(question, Choice):
            wrong = next(at for at, option in enumerate(question.options, 1) if not option.right)
            page.keyboard.press(str(wrong))
            page.get_by_text("Not quite.").wait_for()
            page.keyboard.press(question.right_answer)
        else:
            page.get_by_label("Your answer").fill(question.right_answer)
            page.get_by_role("button", name="Answer", exact=True).click()
        page.locator(".answered").nth(number - 1).wait_for()
    shoot(page, "lesson")
    page.reload()
    assert page.locator(".answered").count() == 3
    page.get_by_role("button", name="中文").click()
    page.get_by_role("heading", name="第 4 题").wait_for()
    assert translation("zh")[lesson.title] in page.locator(".lesson-button").first.inner_text()


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_lesson_begins_with_a_question_to_come(lesson: Lesson) -> None:
    sitting = Course().begin(lesson)
    assert sitting.shown
    assert sitting.question is not None
