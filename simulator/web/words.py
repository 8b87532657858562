"""The texts of the page, in every language that it speaks: what all pages share here, the rest in the tables
of each page.

The terms of the specifications (eUICC, ICCID, ES10b.AuthenticateServer, IMSI) are the same in all languages,
and what bytes say is told in English everywhere, as the specifications do.
"""

from __future__ import annotations

import importlib
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Final, NamedTuple


class Language(Enum):
    """By its name in Accept-Language."""

    EN = "en"
    ZH = "zh"

    @property
    def tag(self) -> str:
        """For the lang attribute of HTML (BCP 47)."""
        return {Language.EN: "en", Language.ZH: "zh-Hans"}[self]

    @property
    def own_name(self) -> str:
        return {Language.EN: "English", Language.ZH: "中文"}[self]


LANGUAGES: Final = tuple(Language)


class Text(NamedTuple):
    """A text in each language; {names} in braces are filled in."""

    en: str
    zh: str

    def in_language(self, language: Language) -> str:
        return self.zh if language is Language.ZH else self.en


Words = dict[str, Text]

WORDS: Final[Words] = {
    "app.name": Text("eSIM Simulator", "eSIM 模拟器"),
    "app.skip": Text("Skip to the content", "跳到正文"),
    "app.pages": Text("Pages", "页面"),
    "app.language": Text("Language", "语言"),
    "app.theme": Text("Theme: {theme}", "主题：{theme}"),
    "app.theme.auto": Text("as the device", "跟随系统"),
    "app.theme.light": Text("light", "浅色"),
    "app.theme.dark": Text("dark", "深色"),
    "app.help": Text("Keys and help", "快捷键与帮助"),
    "app.close": Text("Close", "关闭"),
    "app.shortcuts": Text("Single keys do something", "启用单键快捷键"),
    "app.shortcuts.why": Text(
        "Letters work while you are not typing into a field. Tab and Shift+Tab walk through everything, Enter and "
        "Space press, Escape closes.",
        "未在输入框中输入时，字母键可用。Tab 与 Shift+Tab 依次移动焦点，Enter 与空格键按下按钮，Escape 关闭。",
    ),
    "app.key": Text("Key", "按键"),
    "app.does": Text("What it does", "作用"),
    "app.about": Text(
        "Everything on these pages runs on this machine: card, phone, server and network are the real parts of "
        "the simulator, and nothing is loaded from elsewhere.",
        "页面上的一切都在本机运行：卡、手机、服务器和网络都是模拟器的真实部件，不会从别处加载任何内容。",
    ),
    "page.bench": Text("Bench", "实验台"),
    "bytes.command": Text("Command, {count} bytes", "命令，{count} 字节"),
    "bytes.answer": Text("Answer, {count} bytes", "响应，{count} 字节"),
}
"""Texts that all pages share."""

TABLES: Final = (
    "simulator.web.words",
    "simulator.web.bench.words",
    "simulator.web.card.words",
    "simulator.web.lessons.words",
    "simulator.web.travel.words",
)
"""Modules with a table `WORDS`; keys begin with a word of their page."""


@cache
def texts() -> MappingProxyType[str, Text]:
    """All texts by key. ValueError if two tables have the same key."""
    found: Words = {}
    for name in TABLES:
        table: Words = importlib.import_module(name).WORDS
        if twice := found.keys() & table.keys():
            raise ValueError(f"{name}: {', '.join(sorted(twice))} stand in another table too")
        found |= table
    return MappingProxyType(found)


def say(language: Language, key: str, /, **values: object) -> str:
    """A text in a language, its names filled in. KeyError if there is no such text, or no such value."""
    return texts()[key].in_language(language).format(**values)
