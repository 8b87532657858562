"""Which pages there are: a row for each."""

from __future__ import annotations

from typing import Final, NamedTuple


class Page(NamedTuple):
    """A page: its path, the key of its title, the letter that opens it, and the module whose `draw(visitor)`
    fills it."""

    path: str
    title: str
    letter: str
    module: str


PAGES: Final = (
    Page("/", "page.bench", "b", "simulator.web.bench.page"),
    Page("/travel", "page.travel", "g", "simulator.web.travel.page"),
    Page("/card", "page.card", "d", "simulator.web.card.page"),
    Page("/lessons", "page.lessons", "l", "simulator.web.lessons.page"),
)
