"""The page `/card`: which card, the console, and the files."""

from __future__ import annotations

import time
from typing import Final

from nicegui import ui
from nicegui.events import GenericEventArguments

from simulator.web.bench.model import Bench
from simulator.web.card import files, files_view, sources
from simulator.web.card.console_view import ConsoleView
from simulator.web.card.model import FIRST, CardDesk, Choice
from simulator.web.visitors import Visitor
from simulator.web.widgets import button, html, tag

_PATH: Final = (
    "(event) => { const one = event.target.closest('[data-path]'); "
    "if (one) { event.preventDefault(); emit(one.dataset.path); } }"
)


def draw(visitor: Visitor) -> None:
    """Fill the page."""
    desk = visitor.thing(CardDesk, lambda: _desk(visitor))
    if desk.choice is None and not desk.problem:
        desk.choose(Choice(*FIRST))
    elif not desk.reads_on_demand:
        desk.read()  # what the bench has done to it meanwhile
    ui.add_head_html(
        '<link rel="stylesheet" href="/assets/card.css"><script defer src="/assets/card.js"></script>'
    )
    CardPage(visitor, desk)


def _desk(visitor: Visitor) -> CardDesk:
    """The visitor's desk, to which the cards of the bench come when there is one."""
    bench = sources.BenchCards(lambda: visitor.found(Bench))
    return CardDesk([bench, *sources.shelves()], clock=time.time, timer=time.monotonic)


class CardPage:
    """What one visitor sees."""

    def __init__(self, visitor: Visitor, desk: CardDesk) -> None:
        self._say, self._desk = visitor.say, desk
        tag("h1", self._say("card.title"))
        tag("p", self._say("card.intro"), "dim")
        self._choice()
        self._problem = tag("div", role="status")
        with tag("div", css="card-desk"):
            self._console = ConsoleView(visitor, desk, self._draw_files)
            with tag("section", css="card card-files", **{"aria-labelledby": "files-title"}):
                with tag("div", css="row-of"):
                    tag("h2", self._say("card.files"), id="files-title")
                    button(self._say("card.read"), self._read, key="r")
                    button(self._say("card.mark"), self._mark, key="m")
                self._count = tag("p", css="dim small", role="status")
                with tag("div", css="files-both"):
                    self._tree = tag("nav", css="tree", **{"aria-label": self._say("card.files")})
                    self._tree.on("click", self._look, js_handler=_PATH)
                    self._file = tag("div", css="file-shown", tabindex="-1")
        self._draw_files()

    # Which card

    def _choice(self) -> None:
        with tag("div", css="row-of"):
            with tag("label", css="row-of"):
                tag("span", self._say("card.which"))
                self._select = tag("select", **{"data-test": "which"})
                self._select.on("change", self._choose, js_handler="(event) => emit(event.target.value)")
                self._options()
            button(self._say("card.anew"), self._again)

    def _options(self) -> None:
        with self._select:
            kinds: dict[str, list[Choice]] = {}
            for choice in self._desk.choices():
                kinds.setdefault(choice.kind, []).append(choice)
            for kind, choices in kinds.items():
                with tag("optgroup", label=self._say(f"card.{kind}")):
                    for choice in choices:
                        tag(
                            "option",
                            choice.name,
                            value=choice.key,
                            selected=choice == self._desk.choice,
                        )

    def _choose(self, event: GenericEventArguments) -> None:
        kind, _, name = str(event.args).partition(":")
        self._take(Choice(kind, name))

    def _again(self) -> None:
        if self._desk.choice:
            self._take(self._desk.choice)

    def _take(self, choice: Choice) -> None:
        # Nothing runs aside, for what is said to a card must come in the order in which it is typed. The
        # first eUICC of all makes a PKI, which takes a second.
        self._desk.choose(choice)
        self._console.draw()
        self._draw_files()

    # Files

    def _read(self) -> None:
        self._desk.read()
        self._draw_files()

    def _mark(self) -> None:
        self._desk.mark()
        self._draw_files()

    def _look(self, event: GenericEventArguments) -> None:
        """The tree stays as it is, so that focus and folds stay too: `card.js` has moved the mark."""
        self._desk.path = str(event.args)
        self._draw_file()

    def _draw_files(self) -> None:
        desk = self._desk
        self._draw_problem()
        self._tree.clear()
        self._count.clear()
        with self._count:
            tag("span", self._counted())
        with self._tree:
            html(files_view.tree_html(desk.tree, desk.changes, desk.path, self._say))
        self._draw_file()

    def _draw_file(self) -> None:
        desk = self._desk
        self._file.clear()
        file = desk.file(desk.path)
        if file and desk.now:
            with self._file:
                html(files_view.file_html(file, desk.now, desk.changes.get(desk.path), self._say))
                self._actions(desk.path)

    def _draw_problem(self) -> None:
        self._problem.clear()
        with self._problem:
            if self._desk.problem:
                tag("p", f"{self._desk.problem[:1].upper()}{self._desk.problem[1:]}.", "bad")
            if self._desk.is_real:
                tag("p", self._say("card.real"), "warn")
            elif self._desk.reads_on_demand:
                tag("p", self._say("card.moves"), "warn")

    def _counted(self) -> str:
        now = self._desk.now
        if now is None:
            return self._say("card.unread")
        if now.problem and not now.files:
            return self._say("card.no.files", why=now.problem)
        count = len(self._desk.changes)
        changed = self._say("card.changed", count=count) if count else self._say("card.unchanged")
        return f"{self._say('card.counted', count=len(now.files), locked=now.locked)}; {changed}"

    def _actions(self, path: str) -> None:
        """Lines for the console that have to do with the file."""
        with tag("div", css="row-of"):
            button(self._say("card.go"), lambda: self._console.put(files.selecting(path, self._desk.now)))
            for key, line in files.unlocking(self._desk.file(path), self._desk.now):
                button(self._say("card.unlock", key=key), lambda line=line: self._console.put(line))
