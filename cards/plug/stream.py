"""The conversation of a card on a socket, whichever side has called the other."""

from __future__ import annotations

import socket

from cards.plug.slot import CardInSlot, Frames, frame

LOOPBACK = "127.0.0.1"
_QUICK = getattr(socket, "TCP_QUICKACK", None)
"""vpcd writes length and message apart: Linux would acknowledge the first only after 40 ms, and vpcd waits
for it. The kernel forgets the option, so that it is set again after each message."""
_PIECE = 1 << 16


def converse(connection: socket.socket, slot: CardInSlot) -> None:
    """Answer every message until the connection ends, from whichever side, or the card finds itself
    overlooked. What the card raises comes out."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    frames = Frames()
    while data := _receive(connection):
        for message in frames.feed(data):
            answer = slot.take(message)
            if answer is not None and not _sent(connection, frame(answer)):
                return
        if slot.is_overlooked:
            return


def _receive(connection: socket.socket) -> bytes:
    """What has come; nothing at the end."""
    try:
        if _QUICK is not None:
            connection.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)
        return connection.recv(_PIECE)
    except OSError:
        return b""


def _sent(connection: socket.socket, data: bytes) -> bool:
    try:
        connection.sendall(data)
    except OSError:
        return False
    return True
