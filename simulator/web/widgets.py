"""Elements of plain HTML: what a browser, a keyboard and a screen reader know by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement


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
    """The attributes of an element that a single key presses, or goes to if it is no button (`shell.js`)."""
    return {"data-key": letter, "aria-keyshortcuts": letter}


def html(text: str, name: str = "div") -> ui.html:
    """HTML that we wrote ourselves; everything else in it must be escaped already."""
    return ui.html(text, sanitize=False, tag=name)
