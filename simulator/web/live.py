"""Brings what happens in other threads onto a page: many changes become one redrawing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from nicegui import ui

_SOON: Final = 0.03
"""Seconds in which changes are gathered."""


class Live:
    """Calls `redraw` in the page's own loop and place, soon after `changed` was called from any thread. When
    the page is closed it leaves the list of listeners."""

    def __init__(self, listeners: list[Callable[[], None]], redraw: Callable[[], None]) -> None:
        self._client = ui.context.client
        self._loop = asyncio.get_running_loop()
        self._redraw = redraw
        self._is_due = False
        listeners.append(self.changed)
        self._client.on_delete(lambda: listeners.remove(self.changed))

    def changed(self) -> None:
        """Something is different now."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._plan)

    def _plan(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._loop.call_later(_SOON, self.now)

    def now(self) -> None:
        """Draw what there is."""
        self._is_due = False
        if not self._client.is_deleted:
            with self._client.content:
                self._redraw()
