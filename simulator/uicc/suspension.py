"""What a suspended card keeps, and how it waits for RESUME (TS 102 221 §11.1.22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from simulator.uicc.card import Card
    from simulator.uicc.channel import Channel
    from simulator.uicc.tables import Row

_SUSPEND_UICC = 0x8076
"""Key of SUSPEND UICC and RESUME in the instruction tables."""


class Suspension(NamedTuple):
    """What a suspended card goes on with."""

    token: bytes
    channels: tuple[Channel | None, ...]
    verified: frozenset[tuple[bytes, int]]


class FirstCommand(dict[int, "Row"]):
    """The instructions of the basic channel until the first command after a suspension has come: if that is
    not RESUME, the suspension ends (§11.1.22). Kept out of `transmit`, which every command goes through."""

    def __init__(self, channel: Channel, card: Card) -> None:
        super().__init__(channel.handlers)
        self._channel, self._card, self._handlers = channel, card, channel.handlers

    def get(self, key: int, default: Any = None) -> Any:
        """The row, as any table has it; the channel has its own table again."""
        self._channel.handlers = self._handlers
        if key != _SUSPEND_UICC:
            self._card.take_suspended()
        return self._handlers.get(key, default)
