"""A modem on a pseudo-terminal, which programs open as a serial port."""

from __future__ import annotations

import os
import select
import termios
import threading
import tty
from types import TracebackType
from typing import Self

from cards.at.modem import Modem


class ModemTerminal:
    """Answers on a pseudo-terminal, in a thread, until it is closed. `path` is what a terminal opens."""

    def __init__(self, modem: Modem) -> None:
        self._modem = modem
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs, termios.TCSANOW)
        self.path = os.ttyname(self._theirs)
        self._waker, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="modem", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            ready, _, _ = select.select([self._ours, self._waker], [], [])
            if self._waker in ready:
                return
            said = self._modem.feed(os.read(self._ours, 4096))
            while said:
                said = said[os.write(self._ours, said) :]

    def wait(self) -> None:
        """Until it is closed, or its thread ends."""
        self._thread.join()

    def close(self) -> None:
        """Take the terminal away; who has it open reads its end."""
        if self._thread.is_alive():
            os.write(self._wake, b"x")
            self._thread.join()
            for handle in (self._ours, self._theirs, self._waker, self._wake):
                os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
