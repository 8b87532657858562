"""Things that are folded up, and drawn when somebody opens them: they may be long."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from simulator.web.widgets import html, tag


def folded(draw: Callable[[], str], *, css: str = "", is_open: bool = False) -> ui.element:
    """The summary, for others to be put in; `draw` gives the HTML of the rest."""
    with tag("details", css=css, open=is_open) as details:
        summary = tag("summary")
        body = tag("div")
    is_drawn = False

    def show() -> None:
        nonlocal is_drawn
        if not is_drawn:
            is_drawn = True
            with body:
                html(draw())

    if is_open:
        show()
    else:
        details.on("toggle", show, [])
    return summary
