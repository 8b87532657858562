"""An exchange as lines of text: what is asked, the bytes there and back, and the fields below."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from cards.explain import Explanation, Field

WIDTH = 78
_LONGEST = 64
"""Bytes of a command or an answer that are shown."""


class Line(NamedTuple):
    """A line and what it is: 'title', 'sent', 'received', 'field', 'outcome', 'refusal' or 'problem'."""

    kind: str
    text: str


def outline(exchange: Explanation, width: int = WIDTH) -> Iterator[Line]:
    """The lines of one exchange, each at most `width` characters long."""
    clause = f" ({exchange.clause})" if exchange.clause else ""
    yield from _wrapped("title", "", "  ", exchange.title + clause, width)
    if exchange.raw_command:
        yield from _wrapped("sent", "  → ", "    ", _bytes(exchange.raw_command), width)
        yield from _fields(exchange.command, width)
    if exchange.raw_answer:
        yield from _wrapped("received", "  ← ", "    ", _answer(exchange), width)
        yield from _fields(exchange.answer, width)
    if exchange.raw_command and exchange.outcome:
        kind = "refusal" if exchange.succeeded is False else "outcome"
        yield from _wrapped(kind, "    ", "    ", exchange.outcome, width)


def _answer(exchange: Explanation) -> str:
    """The status word stands apart from the data."""
    if exchange.succeeded is None:
        return _bytes(exchange.raw_answer)
    data, sw = exchange.raw_answer[:-2], exchange.raw_answer[-2:]
    return f"{_bytes(data)} {sw.hex().upper()}".strip()


def _bytes(data: bytes) -> str:
    if len(data) <= _LONGEST:
        return data.hex().upper()
    return f"{data[: _LONGEST // 2].hex().upper()}… ({len(data)} bytes)"


def _fields(fields: tuple[Field, ...], width: int, depth: int = 0) -> Iterator[Line]:
    margin = " " * (4 + 2 * depth)
    for field in fields:
        shown = f"{field.name}: {field.value}" if field.value else field.name
        yield from _wrapped("field", margin, margin + "  ", shown, width)
        if field.problem:
            yield from _wrapped("problem", margin + "  ", margin + "  ", field.problem, width)
        yield from _fields(field.children, width, depth + 1)


def _wrapped(kind: str, first: str, following: str, text: str, width: int) -> Iterator[Line]:
    lines = textwrap.wrap(text, width, initial_indent=first, subsequent_indent=following)
    return (Line(kind, line) for line in lines)
