"""A card in the virtual reader of the operating system's PC/SC service (vsmartcard's vpcd).

vpcd, a driver of pcscd, listens on one TCP port for each slot; the card connects to it. To take the card out
is to close the connection.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from cards.errors import LinkError
from cards.link import CardLike
from cards.pcsc.daemon import wake
from cards.plug.slot import CardInSlot
from cards.plug.stream import LOOPBACK, converse

FIRST_PORT = 0x8C7B
"""Port of the first slot; the second one has the next number."""


_START_SECONDS, _RETRY_SECONDS = 5.0, 0.2
_OUT_SECONDS = 0.6
"""How long a card that was overlooked stays out."""


class VirtualSlot:
    """A slot of the virtual reader, and the card that is to go into it.

    One thread serves; another one may take the card out at any time.
    """

    def __init__(self, card: CardLike, port: int = FIRST_PORT, host: str = LOOPBACK) -> None:
        self._card = card
        self._place = host, port
        self._socket: socket.socket | None = None
        self._service: socket.socket | None = None
        """Keeps the PC/SC service from ending for want of clients."""
        self._is_out = threading.Event()
        self._is_out.set()

    def insert(self) -> None:
        """Put the card in. LinkError if no virtual reader listens there."""
        self._is_out.clear()
        self._service = self._service or wake()
        deadline = time.monotonic() + (_START_SECONDS if self._service else 0)
        while not self._connect():
            if time.monotonic() >= deadline:
                self.remove()
                host, port = self._place
                raise LinkError(
                    f"no virtual reader listens on {host}:{port}; install the packages pcscd and "
                    "vsmartcard-vpcd, and start the service with `systemctl start pcscd`, or run `pcscd`"
                )
            time.sleep(_RETRY_SECONDS)

    def serve(self) -> None:
        """Answer the reader until the card is taken out. LinkError if the reader goes away."""
        while True:
            connection = self._socket
            if connection is None or self._is_out.is_set():
                return
            slot = CardInSlot(self._card)
            with connection:
                converse(connection, slot)
            if self._is_out.is_set():
                return
            if not slot.is_overlooked:
                raise LinkError("the virtual reader has gone: the PC/SC service was stopped")
            if self._is_out.wait(_OUT_SECONDS) or not self._connect():
                return

    def stay(self, report: Callable[[str], None]) -> None:
        """Serve, and go in again each time that the service was stopped and is back, until the card is taken
        out. `report` hears of it."""
        while not self._is_out.is_set():
            try:
                self.serve()
            except LinkError as error:
                report(f"{error}; the card goes in again when it is back")
                self._give_up_service()
                while not self._is_out.wait(_RETRY_SECONDS):
                    if self._connect():
                        report("the card is in the virtual reader again")
                        break

    def remove(self) -> None:
        """Take the card out. A second call does nothing."""
        self._is_out.set()
        self._give_up_service()
        connection, self._socket = self._socket, None
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _connect(self) -> bool:
        try:
            connection = socket.create_connection(self._place, _START_SECONDS)
        except OSError:
            return False
        connection.settimeout(None)
        self._socket = connection
        if self._is_out.is_set():  # it was taken out meanwhile
            connection.close()
        return True

    def _give_up_service(self) -> None:
        service, self._service = self._service, None
        if service is not None:
            service.close()


@contextmanager
def plugged(card: CardLike, port: int = FIRST_PORT, host: str = LOOPBACK) -> Iterator[VirtualSlot]:
    """The card is in the virtual reader for as long as the block runs; a thread answers for it. What ends
    that early, the reader gone or the card itself, is raised at the end of the block."""
    slot = VirtualSlot(card, port, host)
    slot.insert()
    failures: list[Exception] = []

    def answer() -> None:
        try:
            slot.serve()
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits
            failures.append(error)

    thread = threading.Thread(target=answer, name=f"card in {host}:{port}", daemon=True)
    thread.start()
    try:
        yield slot
    finally:
        slot.remove()
        thread.join()
    if failures:
        raise failures[0]
