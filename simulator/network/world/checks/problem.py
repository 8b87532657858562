"""A sentence on what is wrong in a table, and where."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """In this row of this table, this member is wrong."""

    table: str
    row: str
    member: str
    says: str

    def __str__(self) -> str:
        return f"{self.table}.yaml, row {self.row!r}, member {self.member!r}: {self.says}"


def absent(name: str, key: str, keys: Collection[str]) -> str:
    """There is no such row in another table, and which may have been meant."""
    found = get_close_matches(key, keys, 1, 0.6)
    return f"there is no {name} {key!r}" + (f"; {found[0]!r} was meant?" if found else "")


def twice(keys: Iterable[str]) -> list[str]:
    """What stands more than once."""
    listed = list(keys)
    return sorted({key for key in listed if listed.count(key) > 1})


def is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdecimal()
