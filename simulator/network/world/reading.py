"""Reads rows of the world's tables from YAML: the types of a value's members say what a row may hold.

YAML's own guesses are switched off, so that MCC 001 keeps its zeros and Norway ('no') is not false. A member
that is missing, unknown, said twice or of the wrong form is refused in one sentence.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from cards.identities import Plmn
from simulator.network.errors import WorldError

Read = Callable[[yaml.Node], Any]
Value = TypeVar("Value")
_BaseLoader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Of libyaml where PyYAML was built with it."""


class _Loader(_BaseLoader):  # type: ignore[misc]
    """Every word is text, so nothing is to be resolved: a quarter of the time that YAML takes."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        return ""


class WrongError(Exception):
    """What is wrong within a row, and the way to it: 'radios', '[0]', 'bands'."""

    def __init__(self, says: str, *path: str) -> None:
        super().__init__(says)
        self.says = says
        self.path = path

    def within(self, step: str) -> WrongError:
        return WrongError(self.says, step, *self.path)

    def __str__(self) -> str:
        member = "".join(p if p.startswith("[") else f".{p}" for p in self.path).lstrip(".")
        return f"member {member!r}: {self.says}" if member else self.says


def table(path: Path) -> dict[str, yaml.Node]:
    """The rows of a file by key. A WorldError names file, line and what is wrong."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise WorldError(f"{path.name}{line}: this is no YAML: {error.problem}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WorldError(f"{path.name}: it cannot be read: {error}") from None
    return members(path, "", node) if node else {}


def members(path: Path, key: str, node: yaml.Node) -> dict[str, yaml.Node]:
    """The members of a row that holds rows itself."""
    try:
        return _members(node)
    except WrongError as error:
        raise WorldError(f"{path.name}{f', row {key!r}' if key else ''}: {error}") from None


def row(kind: type[Value], path: Path, key: str, node: yaml.Node, given: dict[str, Any]) -> Value:
    """One row as a value of `kind`; `given` are members that the place of the row says, such as its key."""
    try:
        value: Value = _record(kind, node, given)
    except WrongError as error:
        raise WorldError(f"{path.name}, row {key!r} (line {node.start_mark.line + 1}): {error}") from None
    return value


def _members(node: yaml.Node) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise WrongError("'name: value' is expected")
    members: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise WrongError("a name is a word")
        if key.value in members:
            raise WrongError("it is said twice", key.value)
        members[key.value] = value
    return members


def _record(kind: type, node: yaml.Node, given: dict[str, Any]) -> Any:
    readers, required = _schema(kind)
    values = dict(given)
    for name, member in _members(node).items():
        if name in given or name not in readers:
            expected = ", ".join(n for n in readers if n not in given)
            raise WrongError(f"there is no such member; there are {expected}", name)
        try:
            values[name] = readers[name](member)
        except WrongError as error:
            raise error.within(name) from None
    for name in required:
        if name not in values:
            raise WrongError("it is missing", name)
    return kind(**values)


@cache
def _schema(kind: type) -> tuple[dict[str, Read], tuple[str, ...]]:
    """How each member of a dataclass is read, and which must be there."""
    assert is_dataclass(kind)
    hints = get_type_hints(kind)
    members: tuple[Field[Any], ...] = fields(kind)
    required = tuple(f.name for f in members if f.default is MISSING and f.default_factory is MISSING)
    return {f.name: _reader(hints[f.name]) for f in members}, required


@cache
def _reader(hint: Any) -> Read:
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _optional(_reader(next(a for a in arguments if a is not type(None))))
    if origin is tuple:
        lengths = None if arguments[-1] is Ellipsis else len(arguments)
        return _sequence(_reader(arguments[0]), lengths)
    if origin is dict:
        return _mapping(_reader(arguments[0]), _reader(arguments[1]))
    if is_dataclass(hint):
        assert isinstance(hint, type)
        return lambda node: _record(hint, node, {})
    assert issubclass(hint, Enum)
    return lambda node: _choice(hint, _text(node))


def _optional(inner: Read) -> Read:
    def read(node: yaml.Node) -> Any:
        return None if isinstance(node, yaml.ScalarNode) and node.value == "null" else inner(node)

    return read


def _sequence(item: Read, length: int | None) -> Read:
    def read(node: yaml.Node) -> tuple[Any, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise WrongError("a list in brackets is expected")
        if length is not None and len(node.value) != length:
            raise WrongError(f"a list of {length} is expected, not of {len(node.value)}")
        try:
            return tuple([item(child) for child in node.value])
        except WrongError:
            return tuple(_at(f"[{i}]", item, child) for i, child in enumerate(node.value))

    return read


def _mapping(key: Read, value: Read) -> Read:
    def read(node: yaml.Node) -> dict[Any, Any]:
        members = _members(node)
        return {
            _at(name, key, yaml.ScalarNode("", name)): _at(name, value, child)
            for name, child in members.items()
        }

    return read


def _at(step: str, read: Read, node: yaml.Node) -> Any:
    try:
        return read(node)
    except WrongError as error:
        raise error.within(step) from None


def _text(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise WrongError("one word or sentence is expected, not a list or rows")
    if not node.value:
        raise WrongError("it is empty; leave it out instead")
    text: str = node.value
    return text


def _choice(kind: type[Enum], text: str) -> Enum:
    if text not in kind.__members__:
        raise WrongError(f"{text!r} is none of {', '.join(kind.__members__)}")
    return kind[text]


def _whole(node: yaml.Node) -> int:
    text = _text(node)
    if not (text.isascii() and text.isdecimal()):
        raise WrongError(f"{text!r} is no whole number")
    return int(text)


def _decimal(node: yaml.Node) -> Decimal:
    text = _text(node)
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        raise WrongError(f"{text!r} is no number")
    return Decimal(text)


def _truth(node: yaml.Node) -> bool:
    text = _text(node)
    if text not in ("true", "false"):
        raise WrongError(f"{text!r} is neither true nor false")
    return text == "true"


def _date(node: yaml.Node) -> date:
    text = _text(node)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongError(f"{text!r} is no date such as 2022-02-22") from None


def _plmn(node: yaml.Node) -> Plmn:
    text = _text(node)
    if not re.fullmatch(r"[0-9]{3}-[0-9]{2,3}", text):
        raise WrongError(f"{text!r} is no network code such as 310-410 or 262-01")
    return Plmn.parse(text)


_SCALARS: dict[type, Read] = {
    str: _text,
    bool: _truth,
    int: _whole,
    float: lambda node: float(_decimal(node)),
    Decimal: _decimal,
    date: _date,
    Plmn: _plmn,
}
