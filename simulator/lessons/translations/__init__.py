"""The lessons in other languages: a file for each, from the English templates to theirs."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

import yaml

from simulator.lessons.model import ENGLISH, Translation

LANGUAGES: Final = ("en", "zh")
"""By their codes of ISO 639-1; 'en' is what the lessons are written in."""


@cache
def translation(language: str) -> Translation:
    """The table of a language of LANGUAGES."""
    if language == "en":
        return ENGLISH
    file = resources.files(__name__) / f"{language}.yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    table: dict[str, str] = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)
    return table
