"""The page `/lessons`: a lesson step by step, with its questions."""

from __future__ import annotations

from functools import partial
from html import escape

from nicegui import run, ui

from simulator.lessons.catalogue import LESSONS, Lesson
from simulator.lessons.model import Ask, Chapter, Choice, Judgement, Rows, Say, Show
from simulator.lessons.translations import translation
from simulator.web.explained import exchange_html
from simulator.web.lessons.course import Answered, Course, Shown, Sitting
from simulator.web.visitors import Visitor
from simulator.web.widgets import button, field, html, tag


def draw(visitor: Visitor) -> None:
    """Fill the page."""
    _LessonsPage(visitor)


class _LessonsPage:
    def __init__(self, visitor: Visitor) -> None:
        self._say = visitor.say
        self._words = translation(visitor.language.value)
        self._course = visitor.thing(Course, Course)
        self._typed = ""
        tag("h1", self._say("page.lessons"))
        tag("p", self._say("lessons.intro"), "dim")
        with tag("div", css="lessons"):
            self._list = tag(
                "nav", css="card", **{"aria-label": self._say("lessons.list"), "data-walk": "button"}
            )
            with tag("article", css="card lesson"):
                self._told = tag("div")
                self._asked = tag("section", css="asked", **{"aria-live": "polite"})
        self._drawn = 0
        self._draw_list()
        sitting = self._course.sitting
        if sitting is None:
            with self._told:
                tag("p", self._say("lessons.choose"), "dim")
        else:
            self._go_on(sitting)

    # The list

    def _draw_list(self) -> None:
        self._list.clear()
        with self._list, tag("ol", css="plain"):
            for lesson in LESSONS:
                with tag("li"):
                    self._draw_lesson(lesson)

    def _draw_lesson(self, lesson: Lesson) -> None:
        chosen = "true" if lesson.name == self._course.open else "false"
        box = tag("button", css="lesson-button", type="button", **{"aria-pressed": chosen})
        box.on("click", partial(self._open, lesson), [])
        with box:
            tag("strong", f"{lesson.number}. {self._translated(lesson.title)}")
            tag("span", self._translated(lesson.about), "small dim")
            tag("span", self._state(lesson), "small")

    def _translated(self, text: str) -> str:
        return self._words.get(text, text)

    def _state(self, lesson: Lesson) -> str:
        sitting = self._course.begun(lesson)
        if sitting is None:
            return self._say("lessons.minutes", count=lesson.minutes)
        reading = sitting.reading
        if sitting.question is None:
            return self._say("lessons.done", right=reading.at_once, count=reading.count)
        return self._say("lessons.begun", number=reading.number + 1, count=reading.count)

    async def _open(self, lesson: Lesson, *, anew: bool = False) -> None:
        self._told.clear()
        self._asked.clear()
        with self._told:
            tag("p", self._say("lessons.runs"), "dim")
        sitting = await run.io_bound(partial(self._course.begin, anew=anew), lesson)
        if sitting is None:
            return  # the server ends
        self._told.clear()
        self._drawn = 0
        self._draw_list()
        self._go_on(sitting)

    # What is told

    def _go_on(self, sitting: Sitting) -> None:
        with self._told:
            for shown in sitting.shown[self._drawn :]:
                self._draw_shown(shown)
        self._drawn = len(sitting.shown)
        self._draw_question(sitting)

    def _draw_shown(self, shown: Shown) -> None:
        if isinstance(shown, Chapter):
            tag("h2", shown.title.said(self._words))
        elif isinstance(shown, Say):
            ui.markdown(shown.text.said(self._words))
        elif isinstance(shown, Rows):
            self._draw_rows(shown)
        elif isinstance(shown, Show):
            for one in shown.exchanges:
                with tag("div", css="exchange"):
                    tag("strong", one.title)
                    tag("span", " · ".join(part for part in (one.outcome, one.clause) if part), "small dim")
                    html(exchange_html(one, self._say))
        elif isinstance(shown, Answered):
            self._draw_answered(shown)

    def _draw_rows(self, rows: Rows) -> None:
        head, *lines = rows.said(self._words)
        heads = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
        cells = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in lines
        )
        html(f"<table><thead><tr>{heads}</tr></thead><tbody>{cells}</tbody></table>")

    def _right_answer(self, ask: Ask) -> str:
        """A choice by its text."""
        question = ask.question
        if isinstance(question, Choice):
            return question.options[int(question.right_answer) - 1].text.said(self._words)
        return question.right_answer

    def _draw_answered(self, answered: Answered) -> None:
        question = answered.ask.question
        with tag("div", css="answered"):
            ui.markdown(question.text.said(self._words))
            key = "lessons.right" if answered.answer else "lessons.skipped"
            tag(
                "p",
                self._say(key, answer=self._right_answer(answered.ask)),
                "good" if answered.answer else "warn",
            )
            ui.markdown(answered.verdict.text.said(self._words))

    # What is asked

    def _draw_question(self, sitting: Sitting) -> None:
        say, ask = self._say, sitting.question
        reading = sitting.reading
        self._asked.clear()
        with self._asked:
            if ask is None:
                self._draw_end(sitting)
                return
            tag("h3", say("lessons.question", number=reading.number + 1, count=reading.count))
            ui.markdown(ask.question.text.said(self._words))
            if isinstance(ask.question, Choice):
                with tag("div", css="options", **{"data-walk": "button"}):
                    for number, option in enumerate(ask.question.options, 1):
                        press = partial(self._answer, sitting, str(number))
                        button(f"{number}. {option.text.said(self._words)}", press, key=str(number))
            else:
                self._typed = ""
                with tag("div", css="row-of"):
                    field(say("lessons.answer"), self._type, enter=partial(self._answer_typed, sitting))
                    button(say("lessons.check"), partial(self._answer_typed, sitting), css="main")
            with tag("div", css="row-of"):
                button(say("lessons.hint"), partial(self._hint, ask), css="quiet", key="h")
                button(say("lessons.skip"), partial(self._skip, sitting), css="quiet", key="x")
            self._verdict = tag("div")

    def _type(self, text: str) -> None:
        self._typed = text

    def _answer_typed(self, sitting: Sitting) -> None:
        self._answer(sitting, self._typed)

    def _answer(self, sitting: Sitting, given: str) -> None:
        sitting.answer(given)
        if sitting.said is None:
            self._go_on(sitting)
            self._draw_list()
            return
        self._verdict.clear()
        with self._verdict:
            if sitting.said.judgement is Judgement.WRONG:
                tag("p", self._say("lessons.wrong"), "bad")
            ui.markdown(sitting.said.text.said(self._words))

    def _hint(self, ask: Ask) -> None:
        self._verdict.clear()
        with self._verdict:
            ui.markdown(ask.question.hint.said(self._words))

    def _skip(self, sitting: Sitting) -> None:
        sitting.skip()
        self._go_on(sitting)
        self._draw_list()

    def _draw_end(self, sitting: Sitting) -> None:
        say, reading = self._say, sitting.reading
        tag("p", say("lessons.end", right=reading.at_once, count=reading.count), "good")
        with tag("div", css="row-of"):
            following = self._course.following()
            if following is not None:
                words = say("lessons.next", title=self._translated(following.title))
                button(words, partial(self._open, following), css="main", key="n")
            button(say("lessons.again"), partial(self._open, reading.lesson, anew=True))
