"""The process of pcsc-lite: where it listens, whether this user may call it, and how it is woken."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

DEFAULT_SOCKET = "/run/pcscd/pcscd.comm"


def socket_path() -> Path:
    """Where the service listens, unless PCSCLITE_CSOCK_NAME says otherwise."""
    return Path(os.environ.get("PCSCLITE_CSOCK_NAME", DEFAULT_SOCKET))


def is_forbidden() -> bool:
    """Whether the service listens, but not for this user; pcsc-lite reports it as if it did not run."""
    if sys.platform != "linux":
        return False
    place = socket_path()
    try:
        return place.exists() and not os.access(place, os.R_OK | os.W_OK)
    except OSError:
        return True


def wake() -> socket.socket | None:
    """Call the service, which systemd starts for its first caller. It stays for as long as the connection is
    kept; None if nobody listens."""
    if sys.platform == "win32":
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(socket_path()))
    except OSError:
        connection.close()
        return None
    return connection
