"""Which of its ways a modem gives its card away by: asked with the test form of each command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cards.at.client import AtClient, AtPort
from cards.at.links import CglaLink, CsimLink
from cards.at.restricted import CrsmLink
from cards.errors import LinkError
from cards.link import CardLink

_WAYS: Final[dict[str, tuple[str, Callable[[AtClient], CardLink]]]] = {
    "csim": ("+CSIM", CsimLink),
    "cgla": ("+CGLA", CglaLink),
    "crsm": ("+CRSM", CrsmLink),
}
MODES: Final = tuple(_WAYS)
"""The ways, best first: any APDU, any on channels of its own, files only."""


def open_modem(port: AtPort, mode: str = "") -> CardLink:
    """The link to the card behind a modem, by `mode` or by the best way that it knows. LinkError if it knows
    none, or does not answer."""
    client = AtClient(port)
    try:
        client.start()
        for name in (mode,) if mode else MODES:
            command, link = _WAYS[name]
            if mode or client.supports(command):
                return link(client)
    except BaseException:
        client.close()
        raise
    client.close()
    raise LinkError("the modem knows none of AT+CSIM, AT+CGLA and AT+CRSM: its card cannot be reached")
