"""The files of a card as HTML: the tree with marks, and one file with all that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from itertools import pairwise
from typing import Final

from cards.dump import DumpedFile
from simulator.web.card import files
from simulator.web.card.changes import Change, PartChange
from simulator.web.card.files import Node, Part, Snapshot
from simulator.web.explained import block_html
from simulator.web.words import texts

Say = Callable[..., str]
_NOTHING: Final = "–"
_DEEP: Final = 3
"""Directories above this depth are unfolded at first."""


def tree_html(roots: Iterable[Node], changes: dict[str, Change], chosen: str, say: Say) -> str:
    """A list of lists; a file is a button with its path in `data-path`."""
    inside = "".join(_node(root, changes, chosen, say, 0) for root in roots)
    return f"<ul class='files' data-walk='[data-path]'>{inside}</ul>"


def _node(node: Node, changes: dict[str, Change], chosen: str, say: Say, depth: int) -> str:
    marks = _marks(node, changes, say)
    current = " aria-current='true'" if node.path == chosen else ""
    title = node.title or _directory(node.path, say)
    said = f"<span class='dim small'>{escape(title)}</span>" if title else ""
    line = (
        f"<button type='button' class='file' data-path='{escape(node.path)}'{current}>"
        f"<span class='mono'>{escape(node.name)}</span> {said}{marks}</button>"
    )
    if not node.children:
        return f"<li>{line}</li>"
    inner = "".join(_node(child, changes, chosen, say, depth + 1) for child in node.children)
    below = any(child.path in changes for child in list(node.walk())[1:])
    is_open = " open" if depth < _DEEP or below else ""
    return f"<li><details{is_open}><summary>{line}</summary><ul class='files'>{inner}</ul></details></li>"


def _marks(node: Node, changes: dict[str, Change], say: Say) -> str:
    found = ""
    if change := changes.get(node.path):
        kind = change.kind.value
        found += f" <span class='mark {kind}'>{escape(say(f'card.kind.{kind}'))}</span>"
    if node.file and node.file.unreadable:
        locked = escape(say("card.locked"))
        found += f" <span class='lock' role='img' aria-label='{locked}' title='{locked}'>🔒</span>"
    return found


def _directory(path: str, say: Say) -> str:
    """What a directory is for."""
    key = f"card.directory.{files.directory_of(f'{path}/')}"
    return say(key) if key in texts() else ""


def file_html(file: DumpedFile, among: Snapshot, change: Change | None, say: Say) -> str:
    """Everything of one file. What changed comes first."""
    row = files.row_of(file.path)
    title = row.title if row else _directory(file.path, say)
    clause = f" <span class='dim small'>{escape(row.clause)}</span>" if row else ""
    return "".join(
        (
            f"<h3><span class='mono'>{escape(file.path)}</span></h3>",
            f"<p>{escape(title)}{clause}</p>" if title else "",
            f"<p class='dim small'>{escape(files.summary(file.parsed))}</p>",
            _change(change, say) if change else "",
            _content(file, say),
            _rules(file, among, say),
            _parameters(file, say),
        )
    )


def _content(file: DumpedFile, say: Say) -> str:
    if file.unreadable:
        return f"<p class='warn'>{escape(say('card.unreadable', why=file.unreadable))}</p>"
    parts = files.parts(file)
    used = [part for part in parts if not part.key or part.data.strip(b"\xff")]
    unused = [part.key for part in parts if part not in used]
    shown = "".join(_part(part, file, say) for part in used)
    if unused:
        shown += f"<p class='dim small'>{escape(say('card.unused', keys=', '.join(unused)))}</p>"
    return shown


def _part(part: Part, file: DumpedFile, say: Say) -> str:
    return block_html(
        _caption(part.key, len(part.data), file.objects is not None, say), part.data, part.fields
    )


def _caption(key: str, count: int, is_object: bool, say: Say) -> str:
    if not key:
        return say("card.content", count=count)
    return say("card.object" if is_object else "card.record", key=key, count=count)


def _rules(file: DumpedFile, among: Snapshot, say: Say) -> str:
    rows = "".join(
        f"<tr><td>{escape(rule.operations)}</td><td>{escape(rule.condition)}</td></tr>"
        for rule in files.rules(file, among)
    )
    if not rows:
        return ""
    head = f"<tr><th>{escape(say('card.operation'))}</th><th>{escape(say('card.condition'))}</th></tr>"
    return f"<h4>{escape(say('card.rules'))}</h4><table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _parameters(file: DumpedFile, say: Say) -> str:
    caption = say("card.fcp", count=len(file.fcp))
    inside = block_html(caption, file.fcp, files.parameters(file))
    return f"<details><summary>{escape(caption)}</summary>{inside}</details>"


# Before and after


def _change(change: Change, say: Say) -> str:
    kind = change.kind.value
    mark = f"<span class='mark {kind}'>{escape(say(f'card.kind.{kind}'))}</span>"
    title = f"<h4>{escape(say('card.before.after'))} {mark}</h4>"
    rows = [
        _row(one) for one in (*change.parameters, *(field for part in change.parts for field in part.fields))
    ]
    head = "".join(f"<th>{escape(say(f'card.{name}'))}</th>" for name in ("what", "before", "after"))
    table = f"<table class='differences'><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return title + "".join(_bytes(part, say) for part in change.parts) + (table if rows else "")


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell) or _NOTHING}</td>' for cell in cells)}</tr>"


def _bytes(part: PartChange, say: Say) -> str:
    """The bytes of before and after, one above the other; those that differ are marked in the newer ones."""
    both = ((say("card.before"), _plain(part.before)), (say("card.after"), _marked(part)))
    number = f"<figcaption>{escape(part.key)}</figcaption>" if part.key else ""
    rows = "".join(
        f"<div><span class='dim small'>{escape(name)}</span>"
        f"<code class='hex' translate='no'>{shown}</code></div>"
        for name, shown in both
    )
    return f"<figure class='before-after'>{number}{rows}</figure>"


def _plain(data: bytes) -> str:
    return data.hex(" ").upper() or _NOTHING


def _marked(part: PartChange) -> str:
    if not part.after:
        return _NOTHING
    cuts = sorted({0, len(part.after), *(at for span in part.spans for at in span)})
    starts = {start for start, _ in part.spans}
    pieces = []
    for begin, end in pairwise(cuts):
        shown = part.after[begin:end].hex(" ").upper()
        pieces.append(f"<mark>{shown}</mark>" if begin in starts else shown)
    return " ".join(pieces)
