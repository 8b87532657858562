"""A lesson on the terminal: steps drawn with rich, answers from whoever types or from a list."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled
from rich.theme import Theme

from simulator.lessons.model import Ask, Chapter, Choice, Judgement, Question, Rows, Say, Show, Step, Text
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
HELP = "? hint · s skip · b back · q leave"


class Screen:
    """Draws what a lesson says."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, theme=THEME)
        self.console.width = min(self.console.width, WIDEST)

    def begin(self, reading: Reading) -> None:
        lesson = reading.lesson
        self.console.print()
        self.console.rule(f"[bold]Lesson {lesson.number}: {lesson.title}[/bold]", style="cyan")
        if reading.number:
            self.console.print(f"[dim]Going on at question {reading.number + 1} of {reading.count}.[/dim]")

    def step(self, step: Step) -> None:
        """A step that is no question."""
        if isinstance(step, Chapter):
            self.console.print(f"\n[bold cyan]{step.title.said()}[/bold cyan]")
        elif isinstance(step, Say):
            self._say(step.text)
        elif isinstance(step, Show):
            self._show(step)
        elif isinstance(step, Rows):
            self._rows(step)

    def _say(self, text: Text, style: str = "") -> None:
        self.console.print()
        self.console.print(Markdown(text.said(), style=style or "none"))

    def _show(self, step: Show) -> None:
        self.console.print()
        for exchange in step.exchanges:
            for line in outline(exchange, self.console.width - 2):
                self.console.print(Padding(Styled(line.text, STYLES[line.kind]), (0, 0, 0, 2)))

    def _rows(self, step: Rows) -> None:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for head in step.heads:
            table.add_column(head.said(), overflow="fold")
        for row in step.rows:
            table.add_row(*map(Styled, row))
        self.console.print()
        self.console.print(Padding(table, (0, 0, 0, 2)))

    def question(self, question: Question, number: int, count: int) -> None:
        self.console.print()
        self.console.rule(
            f"[yellow]Question {number} of {count}[/yellow]", align="left", style="yellow", characters="─"
        )
        self.console.print(Markdown(question.text.said()))
        if isinstance(question, Choice):
            self.console.print()
            for place, one in enumerate(question.options, 1):
                row = Table.grid(padding=(0, 1))
                row.add_row(Styled(f"  {place}", "bold yellow"), Markdown(one.text.said()))
                self.console.print(row)
        self.console.print(f"[dim]{HELP}[/dim]")

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
        self._remark("Hint", "yellow", question.hint)

    def verdict(self, word: str, colour: str, text: Text) -> None:
        self._remark(word, colour, text)

    def _remark(self, word: str, colour: str, text: Text) -> None:
        row = Table.grid(padding=(0, 1))
        row.add_row(Styled(word, f"bold {colour}"), Markdown(text.said()))
        self.console.print(row)

    def end(self, reading: Reading) -> None:
        marks = list(reading.marks.values())
        later, skipped = marks.count(Mark.LATER), marks.count(Mark.SKIPPED)
        parts = [f"{reading.at_once} of {reading.count} right at once"]
        parts += [f"{later} later"] if later else []
        parts += [f"{skipped} skipped"] if skipped else []
        self.console.print()
        self.console.rule(style="cyan")
        done = f"Lesson {reading.lesson.number} is done: {', '.join(parts)}."
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
            screen.verdict(f"It is {right}.", "yellow", reading.skip().text)
            return True
        if given in ("?", "h", "hint", "help"):
            screen.hint(question)
        elif given and _judged(reading, screen, given):
            return True


def _judged(reading: Reading, screen: Screen, given: str) -> bool:
    verdict = reading.answer(given)
    if verdict.judgement is Judgement.RIGHT:
        screen.verdict("✓", "green", verdict.text)
        return True
    screen.verdict("✗" if verdict.judgement is Judgement.WRONG else "!", "red", verdict.text)
    return False
