"""What a lesson is made of: steps that a face renders, texts with values, and questions that judge answers.

A lesson is a function that yields steps. Between two steps it runs the real parts, so that what a step
shows, and the right answer to a question, come from what happened. Parts are deterministic: the same steps
every time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from inspect import cleandoc
from types import MappingProxyType

from cards.explain import Explanation, Field

Translation = Mapping[str, str]
"""Template in English → template in another language, with the same names in braces."""
ENGLISH: Translation = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Text:
    """Words in simple Markdown (paragraphs, lists, **strong**, `code`), with values in {braces}."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def said(self, translation: Translation = ENGLISH) -> str:
        """The words in a language; in English what has no translation. KeyError if a value is missing."""
        return translation.get(self.template, self.template).format_map(self.values)


def text(template: str, /, **values: object) -> Text:
    """A text from a template as it stands in the code: indented, its paragraphs broken into lines."""
    return Text(_SOFT_BREAK.sub(" ", cleandoc(template)), values)


_SOFT_BREAK = re.compile(r"(?<!\n)\n(?!\n|[-*] |[0-9]+\. )")


@dataclass(frozen=True, slots=True)
class Chapter:
    """A new part of the lesson begins."""

    title: Text


@dataclass(frozen=True, slots=True)
class Say:
    """A paragraph or more."""

    text: Text


@dataclass(frozen=True, slots=True)
class Show:
    """Exchanges with a card, with the fields that matter here; each is bytes that were really exchanged."""

    exchanges: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table. Cells are words, or values that are the same in every language."""

    heads: tuple[Text, ...]
    rows: tuple[tuple[str | Text, ...], ...]

    def said(self, translation: Translation = ENGLISH) -> list[list[str]]:
        """The head and the rows in a language."""
        return [[_cell(one, translation) for one in row] for row in (self.heads, *self.rows)]


def _cell(cell: str | Text, translation: Translation) -> str:
    return cell if isinstance(cell, str) else cell.said(translation)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the reader."""

    question: Question


Step = Chapter | Say | Show | Rows | Ask
Steps = Iterator[Step]


class Judgement(Enum):
    """What became of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    UNREADABLE = "unreadable"
    """It is no answer of the kind that is asked for, and counts as none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an answer is judged, and what to say to it."""

    judgement: Judgement
    text: Text


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice: whether it is right, as the parts have shown, and why or why not."""

    text: Text
    right: bool
    why: Text


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several options is right."""

    text: Text
    options: tuple[Option, ...]
    hint: Text

    def __post_init__(self) -> None:
        if sum(option.right for option in self.options) != 1:
            shown = "; ".join(option.text.said() for option in self.options if option.right) or "none"
            raise ValueError(f"{self.text.said()!r} must have one right option; right are: {shown}")

    @property
    def right_answer(self) -> str:
        """Its number, from 1 on."""
        return str(1 + next(at for at, option in enumerate(self.options) if option.right))

    def judge(self, answer: str) -> Verdict:
        """`answer` is the number of an option."""
        number = answer.strip().rstrip(".)")
        if not (number.isascii() and number.isdecimal() and 1 <= int(number) <= len(self.options)):
            why = text(NO_OPTION, count=len(self.options))
            return Verdict(Judgement.UNREADABLE, why)
        option = self.options[int(number) - 1]
        return Verdict(Judgement.RIGHT if option.right else Judgement.WRONG, option.why)


NO_OPTION = "That is none of the answers: type a number from 1 to {count}."


class Kind(Enum):
    """What is asked for."""

    HEX = "hexadecimal bytes"
    NUMBER = "a number"
    DIGITS = "digits"


UNREADABLE = {
    Kind.HEX: "These are no bytes: each is two of the digits 0 to 9 and A to F.",
    Kind.NUMBER: "That is no number: type it in decimal, or in hexadecimal after 0x.",
    Kind.DIGITS: "Only the digits 0 to 9 are expected here.",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A wrong answer that somebody gives for a reason, and what to say to it."""

    answer: str
    why: Text


@dataclass(frozen=True, slots=True)
class Free:
    """An answer is typed: bytes, a number or digits. `right` comes from what ran."""

    text: Text
    kind: Kind
    right: str
    why: Text
    hint: Text
    mistakes: tuple[Mistake, ...] = ()
    otherwise: Text = field(default_factory=lambda: text("That is not it."))
    """What is said to a wrong answer that is no known mistake."""

    @property
    def right_answer(self) -> str:
        return self.right

    def judge(self, answer: str) -> Verdict:
        """Spaces, case and marks of hexadecimal do not matter."""
        given = _normal(self.kind, answer)
        if given is None:
            return Verdict(Judgement.UNREADABLE, text(UNREADABLE[self.kind]))
        if given == _normal(self.kind, self.right):
            return Verdict(Judgement.RIGHT, self.why)
        for mistake in self.mistakes:
            if given == _normal(self.kind, mistake.answer):
                return Verdict(Judgement.WRONG, mistake.why)
        return Verdict(Judgement.WRONG, self.otherwise)


Question = Choice | Free


def _normal(kind: Kind, answer: str) -> str | None:
    """The answer in the one way in which answers are compared; None if it is none of this kind."""
    plain = re.sub(r"[\s_]", "", answer)
    if kind is Kind.HEX:
        plain = re.sub(r"0x|[:'h]", "", plain, flags=re.IGNORECASE).upper()
        return plain if re.fullmatch(r"([0-9A-F]{2})+", plain) else None
    if kind is Kind.NUMBER:
        plain = plain.replace(",", "")
        if re.fullmatch(r"0[xX][0-9A-Fa-f]{1,32}", plain):
            return str(int(plain, 16))
        return str(int(plain)) if re.fullmatch(r"[0-9]{1,40}", plain) else None
    plain = plain.replace("-", "")
    return plain if re.fullmatch(r"[0-9]+", plain) else None


# Short forms in which lessons are written


def chapter(template: str, /, **values: object) -> Chapter:
    return Chapter(text(template, **values))


def say(template: str, /, **values: object) -> Say:
    return Say(text(template, **values))


def show(
    *exchanges: Explanation, only: tuple[str, ...] = (), command: bool = False, brief: bool = False
) -> Show:
    """Exchanges with the fields whose names begin with one of `only` (all if it is empty) and those above
    them; those of the command only with `command`, none at all if `brief`."""

    def kept(fields: tuple[Field, ...]) -> tuple[Field, ...]:
        return () if brief else _kept(fields, only)

    return Show(
        tuple(
            replace(one, command=kept(_data(one.command)) if command else (), answer=kept(_data(one.answer)))
            for one in exchanges
        )
    )


def _data(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Without the header of a command and the status word, which are shown in the lines with the bytes."""
    plain = [one for one in fields if not one.name.startswith(_HEADER)]
    return tuple(
        child for one in plain for child in (one.children if one.name == "data" and one.children else (one,))
    )


_HEADER = ("CLA", "INS", "P1", "P2", "Lc", "Le", "status word")


def _kept(fields: tuple[Field, ...], only: tuple[str, ...]) -> tuple[Field, ...]:
    if not only:
        return fields
    found = []
    for one in fields:
        if one.name.startswith(only):
            found.append(one)
        elif children := _kept(one.children, only):
            found.append(replace(one, children=children))
    return tuple(found)


def choice(question: Text, *options: Option, hint: Text) -> Ask:
    return Ask(Choice(question, options, hint))


def option(template: str, right: bool, why: Text, /, **values: object) -> Option:
    return Option(text(template, **values), right, why)


def ask(
    kind: Kind,
    question: Text,
    right: object,
    *mistakes: Mistake,
    why: Text,
    hint: Text,
    otherwise: Text | None = None,
) -> Ask:
    """A question whose answer is typed. A mistake that happens to be the right answer is left out."""
    plain = bytes(right).hex().upper() if isinstance(right, bytes) else str(right)
    kept = tuple(one for one in mistakes if _normal(kind, one.answer) != _normal(kind, plain))
    return Ask(Free(question, kind, plain, why, hint, kept, otherwise or text("That is not it.")))


def mistake(answer: object, template: str, /, **values: object) -> Mistake:
    plain = bytes(answer).hex().upper() if isinstance(answer, bytes) else str(answer)
    return Mistake(plain, text(template, **values))


class ClaimError(Exception):
    """A lesson says what the parts do not do: a fault of ours."""


def claim(holds: bool, what: str) -> None:
    """What a lesson says in words has just been seen to be so. ClaimError if it has not."""
    if not holds:
        raise ClaimError(f"a lesson says that {what}, and it is not so")
