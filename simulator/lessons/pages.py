"""The lessons as Markdown, for docs/lessons/: what the terminal shows, with the answers folded.

python -m simulator.lessons.pages docs/lessons
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simulator.lessons.catalogue import LESSONS, Lesson
from simulator.lessons.model import (
    ENGLISH,
    Ask,
    Chapter,
    Choice,
    Free,
    Question,
    Rows,
    Say,
    Show,
    Step,
    Translation,
)
from simulator.lessons.outline import outline

_MADE = "<!-- Made by simulator/lessons/pages.py from a run of the lesson; do not edit. -->"
_INDEX = """\
# Lessons

Eight short lessons on SIM cards and eSIMs, for students, travellers and engineers. Each runs the real parts
of this project: software cards, an eUICC, an SM-DP+, an LPA, a network. Every byte on these pages was
exchanged by them, and every right answer was computed from what they did. On the terminal the lessons ask
you, judge your answers, and remember how far you are:

```sh
esim lesson list
esim lesson run 1 --answers auto
```

Without `--answers auto`, which answers by itself, `?` gives a hint, `s` skips a question, `b` goes back, and
`q` leaves. With `--lang zh` the lessons speak Chinese.

| | lesson | about | minutes |
| --- | --- | --- | --- |
"""


def file_name(lesson: Lesson) -> str:
    """Of its page."""
    return f"{lesson.number}-{lesson.name}.md"


def index() -> str:
    """The page that lists the lessons."""
    rows = [
        f"| {one.number} | [{one.title}]({file_name(one)}) | {one.about} | {one.minutes} |" for one in LESSONS
    ]
    return "\n".join([_MADE, "", _INDEX + "\n".join(rows), ""])


def page(lesson: Lesson, translation: Translation = ENGLISH) -> str:
    """A lesson as a page."""
    number = 0
    parts = [_MADE, f"# Lesson {lesson.number}: {lesson.title}"]
    parts.append(f"On the terminal: `esim lesson run {lesson.number}`. About {lesson.minutes} minutes.")
    for step in lesson.steps():
        number += isinstance(step, Ask)
        parts += _step(step, number, translation)
    following = next((one for one in LESSONS if one.number == lesson.number + 1), None)
    if following:
        parts.append(f"Next: [lesson {following.number}, {following.title}]({file_name(following)}).")
    return "\n\n".join(parts) + "\n"


def _step(step: Step, number: int, translation: Translation) -> Iterator[str]:
    if isinstance(step, Chapter):
        yield f"## {step.title.said(translation)}"
    elif isinstance(step, Say):
        yield step.text.said(translation)
    elif isinstance(step, Show):
        lines = (line.text for exchange in step.exchanges for line in outline(exchange))
        yield "\n".join(["```text", *lines, "```"])
    elif isinstance(step, Rows):
        head, *rows = (" | ".join(map(_cell, row)) for row in step.said(translation))
        ruler = " | ".join("---" for _ in step.heads)
        yield "\n".join(f"| {row} |" for row in (head, ruler, *rows))
    else:
        yield from _question(step.question, number, translation)


def _cell(value: str) -> str:
    return value.replace("|", "\\|")


def _question(question: Question, number: int, translation: Translation) -> Iterator[str]:
    yield f"### Question {number}"
    yield question.text.said(translation)
    if isinstance(question, Choice):
        yield "\n".join(
            f"{place}. {one.text.said(translation)}" for place, one in enumerate(question.options, 1)
        )
    yield from _folded("Hint", [question.hint.said(translation)])
    yield from _folded("Answer", _answer(question, translation))


def _answer(question: Question, translation: Translation) -> Iterator[str]:
    if isinstance(question, Free):
        yield f"**{question.right}**"
        yield question.why.said(translation)
        wrong = [f"- {one.answer}: {one.why.said(translation)}" for one in question.mistakes]
    else:
        right = question.options[int(question.right_answer) - 1]
        yield f"**{question.right_answer}. {right.text.said(translation)}**"
        yield right.why.said(translation)
        wrong = [
            f"- {place}: {one.why.said(translation)}"
            for place, one in enumerate(question.options, 1)
            if not one.right
        ]
    if wrong:
        yield "Other answers:"
        yield "\n".join(wrong)


def _folded(summary: str, parts: Iterator[str] | list[str]) -> Iterator[str]:
    """Opens with a click: in HTML, which every reader of Markdown lets through. `markdown` is for those that
    do not look for Markdown in HTML without it."""
    yield f'<details markdown="1">\n<summary>{summary}</summary>'
    yield from parts
    yield "</details>"


def pages() -> dict[str, str]:
    """File name → page, of the index and of all lessons."""
    return {"index.md": index()} | {file_name(lesson): page(lesson) for lesson in LESSONS}


if __name__ == "__main__":
    import sys

    for name, content in pages().items():
        (Path(sys.argv[1]) / name).write_text(content, encoding="utf-8")
