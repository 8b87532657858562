"""Places in a lesson, marks, and what is kept of them."""

from __future__ import annotations

import json

import pytest

from simulator.lessons.catalogue import LESSONS
from simulator.lessons.model import Ask, Chapter, Judgement
from simulator.lessons.progress import Progress, ProgressError, dumps, loads
from simulator.lessons.reading import Mark, Reading

LESSON = LESSONS[0]
ANSWERS = [question.right_answer for question in LESSON.questions()]


def at_question(reading: Reading) -> Reading:
    while not isinstance(reading.step, Ask):
        reading.forward()
    return reading


def test_marks_say_how_each_question_went() -> None:
    reading = at_question(Reading(LESSON))
    assert (reading.number, reading.count) == (0, len(ANSWERS))
    assert reading.answer("not hexadecimal").judgement is Judgement.UNREADABLE
    assert reading.answer(ANSWERS[0]).judgement is Judgement.RIGHT
    at_question(reading)
    assert reading.answer("1").judgement is Judgement.WRONG
    reading.answer(ANSWERS[1])
    at_question(reading)
    assert reading.skip().judgement is Judgement.RIGHT
    assert reading.marks == {0: Mark.AT_ONCE, 1: Mark.LATER, 2: Mark.SKIPPED}
    assert reading.at_once == 1


def test_back_leads_to_what_led_to_the_question_before() -> None:
    reading = at_question(Reading(LESSON))
    reading.back()
    assert reading.step is LESSON.steps()[0]
    for answer in ANSWERS[:2]:
        at_question(reading).answer(answer)
    at_question(reading).back()
    assert isinstance(reading.step, Chapter)
    assert reading.number == 1
    at_question(reading)
    reading.answer("1")
    reading.answer(ANSWERS[1])
    assert reading.marks[1] is Mark.AT_ONCE, "what was right at once stays so"


def test_a_skipped_question_can_still_be_answered() -> None:
    reading = at_question(Reading(LESSON))
    reading.skip()
    at_question(reading).back()
    at_question(reading).answer(ANSWERS[0])
    assert reading.marks[0] is Mark.LATER


def test_a_reading_goes_on_where_it_was_left() -> None:
    reading = at_question(Reading(LESSON))
    reading.answer(ANSWERS[0])
    at_question(reading).skip()
    kept = Progress().left(reading)
    again = Reading.resumed(LESSON, loads(dumps({"x": kept}))["x"].marks)
    assert (again.number, again.marks) == (2, {0: Mark.AT_ONCE, 1: Mark.SKIPPED})
    assert again.step is reading.step
    for answer in ANSWERS[2:]:
        at_question(again).answer(answer)
    assert again.step is None
    done = kept.finished(again)
    assert done == Progress((), 1, len(ANSWERS) - 1, len(ANSWERS))
    worse = Reading(LESSON)
    assert done.finished(worse) == Progress((), 2, len(ANSWERS) - 1, len(ANSWERS))


def test_marks_of_a_lesson_that_has_changed_do_no_harm() -> None:
    assert Reading.resumed(LESSON, [Mark.AT_ONCE] * 99).step is LESSON.steps()[0]
    assert Reading.resumed(LESSON, []).number == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"format": 99, "lessons": {}}',
        '{"format": 1}',
        json.dumps(
            {"format": 1, "lessons": {"sim": {"marks": ["great"], "runs": 0, "best": 0, "questions": 0}}}
        ),
        json.dumps({"format": 1, "lessons": {"sim": {"marks": []}}}),
        json.dumps({"format": 1, "lessons": {"sim": 7}}),
    ],
)
def test_a_damaged_record_is_told(text: str) -> None:
    with pytest.raises(ProgressError):
        loads(text)
