"""Elements of plain HTML: what a browser, a keyboard and a screen reader know by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from nicegui import app, ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.events import GenericEventArguments

NO_KEYS: Final = "no keys"
"""Under this key a page's storage says that its visitor wants no single keys."""


def tag(name: str, text: str = "", css: str = "", **attributes: str | bool) -> ui.element:
    """An element with a text, or for others to be put in; attributes as HTML spells them."""
    element = TextElement(tag=name, text=text) if text else ui.element(name)
    if css:
        element.classes(css)
    element.props.update(attributes)
    return element


def button(
    text: str,
    press: Callable[..., Any] | None = None,
    *,
    css: str = "",
    label: str = "",
    key: str = "",
    **attributes: str | bool,
) -> ui.element:
    """A button. `label` is what a screen reader says; `key` presses it wherever the focus is."""
    element = tag("button", text, css, type="button", **attributes)
    if label:
        element.props.update({"aria-label": label, "title": label})
    if key:
        element.props.update(keys(key))
    if press is not None:
        element.on("click", press, [])
    return element


def keys(letter: str) -> dict[str, str]:
    """The attributes of an element that a single key presses, or goes to if it is no button (`shell.js`);
    none for a visitor who has switched that off."""
    if app.storage.client.get(NO_KEYS):
        return {}
    return {"data-key": letter, "aria-keyshortcuts": letter}


def html(text: str, name: str = "div") -> ui.html:
    """HTML that we wrote ourselves; everything else in it must be escaped already."""
    return ui.html(text, sanitize=False, tag=name)


def field(
    label: str,
    change: Callable[[str], None],
    value: str = "",
    *,
    hint: str = "",
    key: str = "",
    enter: Callable[..., Any] | None = None,
) -> ui.input:
    """A line to type into; `change` gets each new value, `enter` is called by that key."""
    line = ui.input(label, value=value, on_change=lambda event: change(str(event.value or "")))
    line.props("outlined dense autocomplete=off").classes("typed")
    line.props.update({"aria-label": label, "hint": hint} if hint else {"aria-label": label})
    if key:
        line.props.update(keys(key))
    if enter is not None:
        line.on("keydown.enter", enter, [])
    return line


def choice(label: str, options: Mapping[str, str], value: str, change: Callable[[str], None]) -> ui.element:
    """A menu of the browser: value → its text."""
    with tag("label", css="field-label"):
        tag("span", label)
        menu = tag("select", value=value, **{"aria-label": label})
        with menu:
            for name, text in options.items():
                tag("option", text, value=name)

    def changed(event: GenericEventArguments) -> None:
        menu.props["value"] = event.args
        change(str(event.args))

    menu.on("change", changed, js_handler="(event) => emit(event.target.value)")
    return menu


def check(label: str, value: bool, change: Callable[[bool], None]) -> ui.element:
    """A box to tick."""
    with tag("label", css="check"):
        box = tag("input", type="checkbox", checked=value)
        tag("span", label)

    def changed(event: GenericEventArguments) -> None:
        box.props["checked"] = bool(event.args)
        change(bool(event.args))

    box.on("change", changed, js_handler="(event) => emit(event.target.checked)")
    return box


class Panel:
    """A part of a page that is drawn anew when what it shows has changed, and only then.

    `shows` gives values to compare; `draw` fills the element.
    """

    def __init__(
        self, shows: Callable[[], object], draw: Callable[[], None], css: str = "", **attributes: str
    ) -> None:
        self._shows, self._draw = shows, draw
        self._shown: object = object()
        self._box = tag("section", css=css, **attributes)

    def refresh(self) -> None:
        """Draw it if need be."""
        shown = self._shows()
        if shown == self._shown:
            return
        self._shown = shown
        self._box.clear()
        with self._box:
            self._draw()
