"""The library behind PC/SC: pyscard's `smartcard.scard`, imported when the first reader is wanted."""

from __future__ import annotations

from typing import Any

from cards.errors import LinkError

MISSING = (
    "cards in readers need pyscard, which is not installed: pip install 'esim-simulator[pcsc]' "
    "(it is built on the spot: on Debian, first apt-get install gcc python3-dev libpcsclite-dev)"
)


def load() -> Any:
    """The module `smartcard.scard`: SCardConnect and its kin as functions that return a code first. LinkError
    where it, or the system's PC/SC library, is missing."""
    try:
        from smartcard import scard
    except ImportError as error:
        if error.name and error.name.partition(".")[0] == "smartcard" and "scard" not in error.name:
            raise LinkError(MISSING) from None
        raise LinkError(
            f"pyscard cannot use this system's PC/SC library ({error}); install it again"
        ) from None
    return scard
