"""What goes wrong in the mobile world, on our side of it."""

from __future__ import annotations


class NetworkError(Exception):
    """Something that was asked of a network or handset and cannot be done; the sentence says what and why.

    What the simulated parties refuse one another (a reject cause, a barred network) is no error: it is in the
    result and in the journal.
    """


class WorldError(NetworkError):
    """Data of the world that is wrong, or a name that is not in it."""
