"""What the model says, in a visitor's language."""

from __future__ import annotations

from simulator.web.bench.record import Said, Words
from simulator.web.sentences import said
from simulator.web.visitors import Visitor
from simulator.web.words import Text


def in_words(visitor: Visitor, words: Words) -> str:
    """A text of the page with its values filled in, or what the journal says."""
    if isinstance(words, str):
        return said(words, visitor.language)
    return visitor.say(words.key, **{name: _value(visitor, value) for name, value in words.values.items()})


def _value(visitor: Visitor, value: object) -> object:
    if isinstance(value, Said):
        return in_words(visitor, value)
    if isinstance(value, str):
        return said(value, visitor.language)
    return value.in_language(visitor.language) if isinstance(value, Text) else value
