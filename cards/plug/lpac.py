"""A card on a pipe, in the lines of lpac's `stdio` driver: one JSON object a line.

lpac writes `{"type":"apdu","payload":{"func":…,"param":…}}` and reads
`{"type":"apdu","payload":{"ecode":…,"data":…}}`. `ecode` is 0 for done and negative for failed; of
`logic_channel_open` it is the number of the channel.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cards.errors import CardError
from cards.link import CardLike, InProcessLink
from cards.session import CardSession

FAILED = -1


class LpacCard:
    """A card and its answers to lines."""

    def __init__(self, card: CardLike) -> None:
        self._card = card
        self._session = CardSession(InProcessLink(card))

    def take(self, line: str) -> str | None:
        """The line that answers a line; None if it is not for the card, as lpac's own results are not."""
        payload = _request(line)
        if payload is None:
            return None
        try:
            function = _FUNCTIONS[payload["func"]]
            code, data = function(self, bytes.fromhex(payload.get("param") or ""))
        except (CardError, KeyError, TypeError, ValueError):
            code, data = FAILED, None
        answer: dict[str, Any] = {"ecode": code}
        if data is not None:
            answer["data"] = data.hex().upper()
        return json.dumps({"type": "apdu", "payload": answer}, separators=(",", ":"))

    def _connect(self, _: bytes) -> tuple[int, None]:
        self._card.reset()
        return 0, None

    def _disconnect(self, _: bytes) -> tuple[int, None]:
        # Without power the card keeps no channel; it gets power again with the next connection.
        self._card.reset()
        return 0, None

    def _open_channel(self, aid: bytes) -> tuple[int, None]:
        number = self._session.open_channel()
        try:
            CardSession(InProcessLink(self._card), number).select_application(aid)
        except CardError:
            self._session.close_channel(number)
            raise
        return number, None

    def _close_channel(self, number: bytes) -> tuple[int, None]:
        (channel,) = number
        self._session.close_channel(channel)
        return 0, None

    def _transmit(self, apdu: bytes) -> tuple[int, bytes]:
        return 0, self._card.transmit(apdu)


_FUNCTIONS: dict[str, Callable[[LpacCard, bytes], tuple[int, bytes | None]]] = {
    "connect": LpacCard._connect,
    "disconnect": LpacCard._disconnect,
    "logic_channel_open": LpacCard._open_channel,
    "logic_channel_close": LpacCard._close_channel,
    "transmit": LpacCard._transmit,
}


def _request(line: str) -> dict[str, Any] | None:
    """The payload of a line for the card."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    if not isinstance(message, dict) or message.get("type") != "apdu":
        return None
    payload = message.get("payload")
    return payload if isinstance(payload, dict) else {}
