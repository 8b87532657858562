"""A card behind a TCP port, for clients without PC/SC: the messages of `slot`, with the roles of the sockets
turned.

One client at a time, as a reader holds one card; it finds the card freshly reset. vpcd, too, can be such a
client (`DEVICENAME host:port` in its configuration).
"""

from __future__ import annotations

import socket
from contextlib import suppress

from cards.errors import LinkError
from cards.link import CardLike
from cards.plug.slot import CardInSlot
from cards.plug.stream import LOOPBACK, converse


class CardServer:
    """A card that listens on `host`:`port`; 0 takes a free one."""

    def __init__(self, card: CardLike, port: int = 0, host: str = LOOPBACK) -> None:
        """LinkError if nobody can listen there."""
        self._card = card
        self._client: socket.socket | None = None
        self._closed = False
        try:
            self._listener = socket.create_server((host, port), backlog=1)
        except OSError as error:
            raise LinkError(
                f"the card cannot listen on {host}:{port}: {error.strerror or error}; name another port"
            ) from None
        self.host, self.port = self._listener.getsockname()[:2]

    def serve(self) -> None:
        """Answer one client after another until `close` is called from another thread."""
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                self._client = client
                converse(client, CardInSlot(self._card))
                self._client = None

    def close(self) -> None:
        """Listen no more, and drop the client. A second call does nothing."""
        self._closed = True
        for end in (self._client, self._listener):
            if end is not None:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._listener.close()
