"""`esim lesson`: short lessons that run the real parts and ask questions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import home, output

if TYPE_CHECKING:
    from simulator.lessons.catalogue import Lesson
    from simulator.lessons.progress import Progress

AUTO = "auto"


@click.group()
def command() -> None:
    """Learn about SIM cards and eSIMs from cards, servers and networks that run here."""


_LANGUAGE = click.option("--lang", type=click.Choice(("en", "zh")), default="en", help="English or Chinese.")


@command.command("list")
@_LANGUAGE
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_lessons(lang: str, as_json: bool) -> None:
    """List the lessons, and how far you are."""
    from simulator.lessons.catalogue import LESSONS
    from simulator.lessons.translations import translation

    known, words = _kept(), translation(lang)
    if as_json:
        output.write_json([_data(lesson, known.get(lesson.name)) for lesson in LESSONS])
        return
    for lesson in LESSONS:
        state = _state(known.get(lesson.name))
        number = click.style(f"{lesson.number:>2}", fg="cyan")
        title = click.style(words.get(lesson.title, lesson.title), bold=True)
        click.echo(f"{number}  {title}  ({lesson.minutes} min)")
        about = words.get(lesson.about, lesson.about)
        click.echo(f"    {about}" + (click.style(f"  {state}", fg="green") if state else ""))
    click.echo("\nStart one with `esim lesson run NUMBER`.")


def _data(lesson: Lesson, progress: Progress | None) -> dict[str, object]:
    data: dict[str, object] = {
        name: getattr(lesson, name) for name in ("number", "name", "title", "about", "minutes")
    }
    if progress:
        data |= {"answered": len(progress.marks), "runs": progress.runs}
        data |= {"best": progress.best, "questions": progress.questions}
    return data


def _state(progress: Progress | None) -> str:
    if progress is None:
        return ""
    parts = []
    if progress.runs:
        parts.append(f"done, {progress.best} of {progress.questions} right at once")
    if count := len(progress.marks):
        parts.append(f"left after {count} question{'s' if count > 1 else ''}")
    return "; ".join(parts)


@command.command("run")
@click.argument("name", metavar="NUMBER")
@click.option(
    "--answers",
    metavar="auto|FILE",
    help="Take the answers from a file, a line each, or answer rightly by itself (auto).",
)
@click.option("--from-start", is_flag=True, help="Do not go on where you left.")
@_LANGUAGE
def run_lesson(name: str, answers: str | None, from_start: bool, lang: str) -> None:
    """Take a lesson, by its number or name.

    At a question type the answer, or ? for a hint, s to skip, b to go back, q to leave. What you have done is
    kept, and the next run goes on there. Answers may come from a file or a pipe, a line each.
    """
    from simulator.cli.lesson_screen import Screen, take
    from simulator.lessons.catalogue import UnknownLessonError, find
    from simulator.lessons.progress import Progress
    from simulator.lessons.reading import Reading
    from simulator.lessons.translations import translation

    try:
        lesson = find(name)
    except UnknownLessonError as error:
        raise click.UsageError(f"{error}.") from None
    screen = Screen(translation(lang))
    if answers == AUTO:
        take(Reading(lesson), screen, (question.right_answer for question in lesson.questions()))
        return
    known = _kept()
    before = known.get(lesson.name, Progress())
    reading = Reading(lesson) if from_start else Reading.resumed(lesson, before.marks)
    interrupted = False
    try:
        take(reading, screen, _lines(answers))
    except KeyboardInterrupt:
        interrupted = True
    after = before.left(reading) if reading.step else before.finished(reading)
    _keep(known | {lesson.name: after})
    if reading.step:
        where = f"question {len(after.marks) + 1} of {reading.count}"
        click.echo(f"\nUntil later: `esim lesson run {lesson.number}` goes on at {where}.")
    if interrupted:
        raise click.exceptions.Exit(130)


def _lines(answers: str | None) -> Iterator[str] | None:
    """Answers from a file or a pipe, without comments; None: somebody types them."""
    if answers is None and sys.stdin.isatty():
        return None
    try:
        text = sys.stdin.read() if answers in (None, "-") else Path(str(answers)).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise click.ClickException("the answers are no text in UTF-8.") from None
    return (line.strip() for line in text.splitlines() if not line.startswith("#"))


def _path() -> Path:
    return home.home() / "lessons.json"


def _kept() -> dict[str, Progress]:
    from simulator.lessons.progress import ProgressError, loads

    try:
        return loads(_path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ProgressError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{_path()} cannot be read ({error}): delete it to begin anew.") from None


def _keep(progress: dict[str, Progress]) -> None:
    from simulator.lessons.progress import dumps

    home.write_atomically(_path(), dumps(progress).encode())
