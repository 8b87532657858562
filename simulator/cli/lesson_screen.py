"""A lesson on the terminal: steps drawn with rich, answers from whoever types or from a list."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled
from rich.theme import Theme

from simulator.cli.wide import broken
from simulator.lessons import phrases
from simulator.lessons.model import (
    ENGLISH,
    Ask,
    Chapter,
    Choice,
    Judgement,
    Question,
    Rows,
    Say,
    Show,
    Step,
    Text,
    Translation,
    text,
)
from simulator.lessons.outline import outline
from simulator.lessons.reading import Mark, Reading

WIDEST = 96
THEME = Theme({"markdown.code": "bold cyan", "markdown.em": "italic"})
STYLES = {
    "title": "bold",
    "sent": "cyan",
    "received": "magenta",
    "field": "",
    "outcome": "green",
    "refusal": "red",
    "problem": "yellow",
}
"""Kind of a line of an exchange → how it looks."""


class Screen:
    """Draws what a lesson says, in a language."""

    def __init__(self, translation: Translation = ENGLISH, console: Console | None = None) -> None:
        self._translation = translation
        self.console = console or Console(highlight=False, theme=THEME)
        self.console.width = min(self.console.width, WIDEST)

    def _said(self, words: Text) -> str:
        return words.said(self._translation)

    def _markdown(self, words: Text, indent: int = 0) -> Markdown:
        """To be drawn behind `indent` columns."""
        return Markdown(broken(self._said(words), self.console.width - indent))

    def _phrase(self, template: str, **values: object) -> str:
        return self._said(text(template, **values))

    def begin(self, reading: Reading) -> None:
        lesson = reading.lesson
        title = self._phrase(phrases.TITLE, number=lesson.number, title=self._phrase(lesson.title))
        self.console.print()
        self.console.rule(f"[bold]{title}[/bold]", style="cyan")
        if reading.number:
            going_on = self._phrase(phrases.GOING_ON, number=reading.number + 1, count=reading.count)
            self.console.print(f"[dim]{going_on}[/dim]")

    def step(self, step: Step) -> None:
        """A step that is no question."""
        if isinstance(step, Chapter):
            self.console.print(f"\n[bold cyan]{self._said(step.title)}[/bold cyan]")
        elif isinstance(step, Say):
            self._say(step.text)
        elif isinstance(step, Show):
            self._show(step)
        elif isinstance(step, Rows):
            self._rows(step)

    def _say(self, words: Text) -> None:
        self.console.print()
        self.console.print(self._markdown(words))

    def _show(self, step: Show) -> None:
        self.console.print()
        for exchange in step.exchanges:
            for line in outline(exchange, self.console.width - 2):
                self.console.print(Padding(Styled(line.text, STYLES[line.kind]), (0, 0, 0, 2)))

    def _rows(self, step: Rows) -> None:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        heads, *rows = step.said(self._translation)
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*map(Styled, row))
        self.console.print()
        self.console.print(Padding(table, (0, 0, 0, 2)))

    def question(self, question: Question, number: int, count: int) -> None:
        self.console.print()
        title = self._phrase(phrases.QUESTION, number=number, count=count)
        self.console.rule(f"[yellow]{title}[/yellow]", align="left", style="yellow", characters="─")
        self.console.print(self._markdown(question.text))
        if isinstance(question, Choice):
            self.console.print()
            for place, one in enumerate(question.options, 1):
                row = Table.grid(padding=(0, 1))
                row.add_row(Styled(f"  {place}", "bold yellow"), self._markdown(one.text, 5))
                self.console.print(row)
        self.console.print(f"[dim]{self._phrase(phrases.KEYS)}[/dim]")

    def prompt(self, answers: Iterator[str] | None) -> str | None:
        """The next answer; None if there is no more."""
        if answers is None:
            try:
                return self.console.input("[bold yellow]›[/bold yellow] ").strip()
            except EOFError:
                return None
        answer = next(answers, None)
        if answer is not None:
            self.console.print(f"[bold yellow]›[/bold yellow] {answer}", markup=True)
        return answer

    def hint(self, question: Question) -> None:
        self.remark(self._phrase(phrases.HINT), "yellow", question.hint)

    def skipped(self, answer: str, why: Text) -> None:
        """The right answer to a question that was left out."""
        self.remark(self._phrase(phrases.IT_IS, answer=answer), "yellow", why)

    def remark(self, word: str, colour: str, words: Text) -> None:
        """What is said to an answer, behind a word or a mark."""
        row = Table.grid(padding=(0, 1))
        row.add_row(Styled(word, f"bold {colour}"), self._markdown(words, cell_len(word) + 1))
        self.console.print(row)

    def end(self, reading: Reading) -> None:
        marks = list(reading.marks.values())
        parts = [self._phrase(phrases.AT_ONCE, right=reading.at_once, count=reading.count)]
        for phrase, mark in ((phrases.LATER, Mark.LATER), (phrases.SKIPPED, Mark.SKIPPED)):
            if count := marks.count(mark):
                parts.append(self._phrase(phrase, count=count))
        self.console.print()
        self.console.rule(style="cyan")
        done = self._phrase(phrases.DONE, number=reading.lesson.number, result=", ".join(parts))
        self.console.print(f"[bold]{done}[/bold]")


def take(reading: Reading, screen: Screen, answers: Iterator[str] | None) -> None:
    """Go through a lesson until its end, or until the reader leaves or has no more answers."""
    screen.begin(reading)
    while (step := reading.step) is not None:
        if not isinstance(step, Ask):
            screen.step(step)
            reading.forward()
        elif not _asked(step.question, reading, screen, answers):
            return
    screen.end(reading)


def _asked(question: Question, reading: Reading, screen: Screen, answers: Iterator[str] | None) -> bool:
    """Ask until the question is answered, skipped, or put back; False if the reader leaves."""
    screen.question(question, reading.number + 1, reading.count)
    while True:
        given = screen.prompt(answers)
        if given is None or given.lower() in ("q", "quit"):
            return False
        if given.lower() in ("b", "back"):
            reading.back()
            return True
        if given.lower() in ("s", "skip"):
            right = question.right_answer
            screen.skipped(right, reading.skip().text)
            return True
        if given in ("?", "h", "hint", "help"):
            screen.hint(question)
        elif given and _judged(reading, screen, given):
            return True


def _judged(reading: Reading, screen: Screen, given: str) -> bool:
    verdict = reading.answer(given)
    if verdict.judgement is Judgement.RIGHT:
        screen.remark("✓", "green", verdict.text)
        return True
    screen.remark("✗" if verdict.judgement is Judgement.WRONG else "!", "red", verdict.text)
    return False
