"""What became of a card's files between two moments: which came, went and changed, byte by byte and by what
they say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import zip_longest
from typing import NamedTuple

from cards.compare import FieldDifference, differences
from cards.dump import DumpedFile
from simulator.web.card import files
from simulator.web.card.files import Part, Snapshot


class Kind(Enum):
    """The value is the CSS class of the mark."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"
    OPENED = "opened"
    """It could not be read before, and can be now."""
    CLOSED = "closed"
    """It could be read before."""


class PartChange(NamedTuple):
    """A part of a file before and after. `spans` are the bytes that differ in the newer one: the first, and
    the one after the last."""

    key: str
    before: bytes
    after: bytes
    spans: tuple[tuple[int, int], ...]
    fields: tuple[FieldDifference, ...]
    """By meaning: what it said, and what it says now."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is not as it was."""

    path: str
    kind: Kind
    parts: tuple[PartChange, ...] = ()
    parameters: tuple[FieldDifference, ...] = ()
    """File control parameters that differ."""


def compare(before: Snapshot, after: Snapshot) -> dict[str, Change]:
    """Changes by path, in the order of the files."""
    paths = dict.fromkeys((*before.files, *after.files))
    found = ((path, _change(path, before.of(path), after.of(path))) for path in paths)
    return {path: change for path, change in found if change}


def _change(path: str, before: DumpedFile | None, after: DumpedFile | None) -> Change | None:
    if before is None or after is None:
        return Change(path, Kind.NEW if before is None else Kind.GONE)
    if bool(before.unreadable) != bool(after.unreadable):
        return Change(path, Kind.OPENED if before.unreadable else Kind.CLOSED)
    parts = tuple(_parts(files.parts(before), files.parts(after)))
    said: tuple[FieldDifference, ...] = ()
    if before.fcp != after.fcp:
        said = tuple(differences(files.parameters(before), files.parameters(after)))
    return Change(path, Kind.CHANGED, parts, said) if parts or said else None


def _parts(before: list[Part], after: list[Part]) -> list[PartChange]:
    old, new = ({part.key: part for part in parts} for parts in (before, after))
    found = []
    for key in dict.fromkeys((*old, *new)):
        one, other = old.get(key, Part(key, b"", ())), new.get(key, Part(key, b"", ()))
        if one.data != other.data:
            said = tuple(differences(one.fields, other.fields))
            found.append(PartChange(key, one.data, other.data, spans(one.data, other.data), said))
    return found


def spans(before: bytes, after: bytes) -> tuple[tuple[int, int], ...]:
    """Runs of bytes of `after` that differ from `before`; bytes that only `before` has are in none."""
    found: list[list[int]] = []
    for at, (old, new) in enumerate(zip_longest(before, after)):
        if old == new or new is None:
            continue
        if found and found[-1][1] == at:
            found[-1][1] = at + 1
        else:
            found.append([at, at + 1])
    return tuple((start, end) for start, end in found)
