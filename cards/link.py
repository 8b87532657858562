"""Links: how command APDUs reach a card. In-process here; readers and virtual readers stand beside it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


class CardLike(Protocol):
    """Anything that answers as a card does: the software UICC and eUICC, a recording, a test's fake."""

    def transmit(self, apdu: bytes, /) -> bytes: ...

    def reset(self) -> bytes: ...


@runtime_checkable
class CardLink(Protocol):
    """A way to one card. `transmit` takes one command APDU and returns data and status word."""

    def transmit(self, apdu: bytes, /) -> bytes:
        """Exchange one APDU; LinkError if the card is gone."""

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""

    def close(self) -> None:
        """Give the card free; a second call does nothing."""


class Meter:
    """A link that counts what passes through it: APDUs, and bytes both ways, status words included."""

    def __init__(self, link: CardLink) -> None:
        self._link = link
        self._transmit = link.transmit
        self.apdus = self.sent = self.received = 0

    def transmit(self, apdu: bytes, /) -> bytes:
        answer = self._transmit(apdu)
        self.apdus += 1
        self.sent += len(apdu)
        self.received += len(answer)
        return answer

    def reset(self) -> bytes:
        return self._link.reset()

    def close(self) -> None:
        self._link.close()


class InProcessLink:
    """The link to a card object in this process: no copy, no queue, no thread."""

    __slots__ = ("reset", "transmit")

    def __init__(self, card: CardLike) -> None:
        self.transmit = card.transmit
        self.reset = card.reset

    def close(self) -> None:
        """Nothing to release."""
