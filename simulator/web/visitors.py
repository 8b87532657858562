"""Who looks at the page: a visitor's language, theme and things, kept while the server runs.

Each browser is a visitor of its own, with things of its own; those who have been away longest are forgotten
when there are too many.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

from simulator.web.words import LANGUAGES, Language, say

LIMIT: Final = 24
"""Visitors at once; a bench and its messages take some megabytes."""

Thing = TypeVar("Thing")


@runtime_checkable
class Closable(Protocol):
    """A thing that has something to end."""

    def close(self) -> None:
        """The visitor is gone."""


@dataclass(slots=True)
class Visitor:
    """One browser."""

    number: str
    language: Language = Language.EN
    is_dark: bool | None = None
    """None: as the browser has it."""
    has_shortcuts: bool = True
    """Whether single keys do something (WCAG 2.2 §2.1.4 wants a switch)."""
    _things: dict[type[Any], Any] = field(default_factory=dict)

    def thing(self, kind: type[Thing], make: Callable[[], Thing]) -> Thing:
        """The visitor's own bench, trip, console …: made at the first time, the same one after a reload."""
        if kind not in self._things:
            self._things[kind] = make()
        found: Thing = self._things[kind]
        return found

    def found(self, kind: type[Thing]) -> Thing | None:
        """A thing that is there already; None if it was not made yet."""
        thing: Thing | None = self._things.get(kind)
        return thing

    def replace(self, kind: type[Thing], thing: Thing) -> None:
        """Put another thing in the place of one."""
        self._end(self._things.pop(kind, None))
        self._things[kind] = thing

    def say(self, key: str, /, **values: object) -> str:
        """A text of the page in the visitor's language."""
        return say(self.language, key, **values)

    def close(self) -> None:
        """End all things."""
        while self._things:
            self._end(self._things.popitem()[1])

    def _end(self, thing: object) -> None:
        if isinstance(thing, Closable):
            thing.close()


class Visitors:
    """All visitors, the one who came last at the end."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._visitors: OrderedDict[str, Visitor] = OrderedDict()

    def of(self, number: str, accepted: str = "") -> Visitor:
        """The visitor with this number; a new one reads what the browser accepts (Accept-Language)."""
        if number not in self._visitors:
            self._visitors[number] = Visitor(number, preferred(accepted))
        self._visitors.move_to_end(number)
        while len(self._visitors) > self._limit:
            self._visitors.popitem(last=False)[1].close()
        return self._visitors[number]

    def __len__(self) -> int:
        return len(self._visitors)

    def close(self) -> None:
        """Forget all."""
        while self._visitors:
            self._visitors.popitem()[1].close()


def preferred(accepted: str) -> Language:
    """The first language of an Accept-Language header that the page speaks (RFC 9110 §12.5.4), else
    English."""
    weighed = []
    for place, item in enumerate(accepted.split(",")):
        name, _, weight = item.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, name.partition("-")[0].lower()))
        except ValueError:
            continue
    spoken = {language.value: language for language in LANGUAGES}
    return next(
        (spoken[name] for weight, _, name in sorted(weighed) if name in spoken and weight), Language.EN
    )
