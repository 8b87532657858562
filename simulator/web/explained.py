"""Bytes and their fields as HTML: a field that is pointed at or focused marks its bytes, a byte its field.

The bytes of a block are cut where a field begins or ends; `assets/shell.js` marks the pieces from `data-from`
to `data-to` of the block that a field lies in.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import pairwise
from typing import Final

from cards.explain import Explanation, Field

Say = Callable[..., str]
"""`Visitor.say`."""
_OPEN_DEPTH: Final = 2
"""Fields below are folded up at first."""
_LONGEST: Final = 4096
"""So many bytes of a block are shown; a whole package is longer, and its parts are blocks of their own."""
_LONG_VALUE: Final = 160


def exchange_html(explanation: Explanation, say: Say) -> str:
    """One exchange or object: both ways with all their fields."""
    both = (
        ("bytes.command", explanation.raw_command, explanation.command),
        ("bytes.answer", explanation.raw_answer, explanation.answer),
    )
    return "".join(
        block_html(say(key, count=len(raw)), raw, fields) for key, raw, fields in both if raw or fields
    )


def block_html(title: str, data: bytes, fields: Iterable[Field]) -> str:
    """Bytes and the tree of what they say."""
    fields = tuple(fields)
    cuts = _cuts(len(data), fields)
    shows = _characters if data[:1] == b"{" and data.isascii() else _hexadecimal
    pieces = "".join(
        f'<span data-i="{number}">{shows(data[begin:end])}</span> '
        for number, (begin, end) in enumerate(pairwise(cuts))
    )
    rest = f"<i> … {len(data) - _LONGEST}</i>" if len(data) > _LONGEST else ""
    tree = _list(fields, cuts, 0)
    shown = f'<code class="hex" translate="no" aria-label="{escape(title)}">{pieces}{rest}</code>'
    text = " text" if shows is _characters else ""
    both = f'<div class="bytes-both{text}">{shown if data else ""}{tree}</div>'
    return f'<figure class="bytes"><figcaption>{escape(title)}</figcaption>{both}</figure>'


def _cuts(length: int, fields: tuple[Field, ...]) -> list[int]:
    """Where a field of this block begins or ends, in order, from 0 to the last byte that is shown."""
    end = min(length, _LONGEST)
    found = {0, end}
    for field in _of_block(fields):
        found |= {at for at in (field.offset, field.offset + field.length) if 0 <= at <= end}
    return sorted(found)


def _of_block(fields: Iterable[Field]) -> Iterator[Field]:
    """Fields whose offsets count in this block: not those below one with bytes of its own."""
    for field in fields:
        yield field
        if field.data is None:
            yield from _of_block(field.children)


def _hexadecimal(data: bytes) -> str:
    return data.hex(" ").upper()


def _characters(data: bytes) -> str:
    """JSON is read as text."""
    return escape(data.decode("ascii"))


def _list(fields: tuple[Field, ...], cuts: list[int], depth: int) -> str:
    if not fields:
        return ""
    return f'<ul class="fields">{"".join(_item(field, cuts, depth) for field in fields)}</ul>'


def _item(field: Field, cuts: list[int], depth: int) -> str:
    line, place = _line(field), _place(field, cuts)
    if field.data is not None:
        inner = block_html(f"{field.name}, {len(field.data)}", field.data, field.children)
    else:
        inner = _list(field.children, cuts, depth + 1)
    if not inner:
        return f'<li><div class="field" tabindex="0" {place}>{line}</div></li>'
    unfolded = " open" if depth < _OPEN_DEPTH else ""
    return f'<li><details{unfolded}><summary class="field" {place}>{line}</summary>{inner}</details></li>'


def _place(field: Field, cuts: list[int]) -> str:
    """The pieces that a field covers; nothing for one that has no bytes, or none that are shown."""
    begin, end = bisect_left(cuts, field.offset), bisect_left(cuts, field.offset + field.length)
    end = min(end, len(cuts) - 1)
    return f'data-from="{begin}" data-to="{end}"' if field.length and begin < end else ""


def _line(field: Field) -> str:
    parts = [f'<b class="name">{escape(field.name)}</b>']
    if field.value:
        value = field.value
        if len(value) > _LONG_VALUE:
            value = f"{value[:_LONG_VALUE]}…"
        parts.append(f'<span class="value">{escape(value)}</span>')
    if field.clause:
        parts.append(f'<span class="clause">{escape(field.clause)}</span>')
    if field.problem:
        parts.append(f'<span class="problem">{escape(field.problem)}</span>')
    return " ".join(parts)
