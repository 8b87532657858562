"""What all pages have around them: title, ways to the other pages, language, theme, keys."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from typing import Final

from nicegui import app, ui
from starlette.requests import Request

from simulator.web.door import VISITOR
from simulator.web.pages import PAGES, Page
from simulator.web.visitors import Visitor, Visitors
from simulator.web.widgets import NO_KEYS, button, html, keys, tag
from simulator.web.words import LANGUAGES, Language

ASSETS: Final = "/assets"
THEMES: Final = {None: ("auto", "◐"), False: ("light", "☀"), True: ("dark", "☾")}
"""Theme → the last word of its text's key, and its sign."""
_NEXT_THEME: Final = {None: False, False: True, True: None}
RESPONSE_TIMEOUT: Final = 30.0


def add_pages(visitors: Visitors, version: str) -> None:
    """Put every page where it is found."""
    for page in PAGES:
        _add(page, visitors, version)


def _add(page: Page, visitors: Visitors, version: str) -> None:
    def show(request: Request) -> None:
        visitor = visitors.of(request.scope[VISITOR], request.headers.get("accept-language", ""))
        draw: Callable[[Visitor], None] = importlib.import_module(page.module).draw
        with framed(page, visitor, version):
            draw(visitor)

    ui.page(page.path, response_timeout=RESPONSE_TIMEOUT, dark=None)(show)


@contextmanager
def framed(page: Page, visitor: Visitor, version: str) -> Iterator[None]:
    """The block draws the content of the page."""
    say = visitor.say
    ui.page_title(f"{say(page.title)} · {say('app.name')}")
    ui.dark_mode(visitor.is_dark)
    app.storage.client[NO_KEYS] = not visitor.has_shortcuts
    ui.add_head_html(
        f'<link rel="stylesheet" href="{ASSETS}/shell.css?{version}">'
        f'<script defer src="{ASSETS}/shell.js?{version}"></script>'
        f'<script>document.documentElement.lang="{visitor.language.tag}";</script>'
    )
    # NiceGUI puts all of a page into its <main>; ours is the one inside, without the header.
    ui.query("main.q-page").props("role=none")
    tag("a", say("app.skip"), "skip", href="#content")
    help_dialog = _help(visitor)
    with tag("header", css="top"):
        tag("span", say("app.name"), "brand")
        with tag("nav", **{"aria-label": say("app.pages")}):
            for one in PAGES:
                _way(one, page, visitor)
        with tag("div", css="choices"):
            _languages(visitor)
            _theme(visitor)
            button("?", help_dialog.open, css="quiet", label=say("app.help"), key="?")
    with tag("main", css="content", id="content", tabindex="-1"):
        yield


def _way(one: Page, here: Page, visitor: Visitor) -> None:
    attributes: dict[str, str] = {"href": one.path}
    if one is here:
        attributes["aria-current"] = "page"
    attributes |= keys(one.letter)
    tag("a", visitor.say(one.title), **attributes)


def _languages(visitor: Visitor) -> None:
    def choose(language: Language) -> None:
        visitor.language = language
        ui.navigate.reload()

    with tag("div", css="languages", role="group", **{"aria-label": visitor.say("app.language")}):
        for language in LANGUAGES:
            chosen = "true" if language is visitor.language else "false"
            button(
                language.own_name,
                partial(choose, language),
                css="quiet",
                lang=language.tag,
                **{"aria-pressed": chosen},
            )


def _theme(visitor: Visitor) -> None:
    def change() -> None:
        visitor.is_dark = _NEXT_THEME[visitor.is_dark]
        ui.navigate.reload()

    name, sign = THEMES[visitor.is_dark]
    button(sign, change, css="quiet", label=visitor.say("app.theme", theme=visitor.say(f"app.theme.{name}")))


def _help(visitor: Visitor) -> ui.dialog:
    """The keys of the page; `shell.js` fills in those that are on it when it opens."""

    def switch() -> None:
        visitor.has_shortcuts = not visitor.has_shortcuts
        ui.navigate.reload()

    say = visitor.say
    with ui.dialog() as dialog, tag("div", css="card help"):
        tag("h2", say("app.help"))
        tag("p", say("app.about"))
        tag("p", say("app.shortcuts.why"))
        with tag("label", css="check"):
            box = tag("input", type="checkbox")
            box.props.update({"checked": visitor.has_shortcuts})
            box.on("change", switch, [])
            tag("span", say("app.shortcuts"))
        html(
            f'<table class="keys"><thead><tr><th>{say("app.key")}</th><th>{say("app.does")}</th></tr></thead>'
            "<tbody data-keys></tbody></table>"
        )
        button(say("app.close"), dialog.close)
    return dialog


def add_assets() -> None:
    """Serve style sheet and script from here."""
    app.add_static_files(ASSETS, str(files("simulator.web") / "assets"))
