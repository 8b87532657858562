"""Serves an eIM over HTTPS for the length of a block, delivers what waits, and forgets what is old."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from simulator.eim.core import Eim
from simulator.eim.http import create_app
from simulator.smdp.serve import Address, running_application
from simulator.smdp.store import StoreError

DEFAULT_PORT: Final = 8447
INTERVAL: Final = 5.0
"""Seconds between two looks for what waits."""
_log = logging.getLogger(__name__)


@contextmanager
def running(
    eim: Eim, host: str = "localhost", port: int = 0, *, is_tls: bool = True, interval: float = INTERVAL
) -> Iterator[Address]:
    """Serves in a thread for the length of the block; port 0 takes any that is free."""
    with (
        running_application(eim, create_app(eim), host, port, is_tls=is_tls) as address,
        _upkeep(eim, interval),
    ):
        yield address


@contextmanager
def _upkeep(eim: Eim, interval: float) -> Iterator[None]:
    over = threading.Event()

    def work() -> None:
        while not over.wait(interval):
            try:
                if count := eim.deliver_notifications():
                    _log.info("delivered %d notifications", count)
                eim.forget_sessions()
            except StoreError as error:
                _log.warning("%s", error)

    thread = threading.Thread(target=work, name="upkeep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
