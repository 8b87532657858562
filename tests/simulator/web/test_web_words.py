"""The texts of the page: complete in every language, and each in use."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from simulator.web import words
from simulator.web.words import LANGUAGES, Language, say, texts

WEB = Path(words.__file__).parent
KEYS = sorted(texts())


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", KEYS)
def test_every_text_is_complete_in_all_languages(key: str) -> None:
    text = texts()[key]
    assert all(text.in_language(language).strip() for language in LANGUAGES)
    assert fields(text.en) == fields(text.zh)
    words = re.sub(r"{\w+}", "", text.en)
    assert re.search(r"[\u4e00-\u9fff]", text.zh) or not re.search(r"[a-z]{3}", words)


def test_every_text_is_used_and_every_text_that_is_used_is_there() -> None:
    sources = [path.read_text() for path in WEB.rglob("*.py") if path.name != "words.py"]
    used = {
        key
        for source in sources
        for key in re.findall(r"""["']([a-z]+(?:\.[A-Za-z0-9_+-]+)+)["']""", source)
        if not key.startswith("simulator.")
    }
    beginnings = {
        key
        for source in sources
        for key in re.findall(r"""f["']([a-z]+(?:\.[A-Za-z0-9_+-]+)*\.)\{""", source)
    }
    pages = {key.partition(".")[0] for key in KEYS}
    assert {key for key in used if key.partition(".")[0] in pages} <= set(KEYS)
    unused = {key for key in KEYS if key not in used and not key.startswith(tuple(beginnings))}
    assert not unused


def test_values_are_filled_in() -> None:
    assert say(Language.EN, "bytes.command", count=5) == "Command, 5 bytes"
    assert say(Language.ZH, "bytes.command", count=5) == "命令，5 字节"
    with pytest.raises(KeyError):
        say(Language.EN, "bytes.command")
    with pytest.raises(KeyError):
        say(Language.EN, "no.such.text")
