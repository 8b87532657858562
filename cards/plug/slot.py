"""The messages between a virtual reader and its card, without any socket (vsmartcard, virtualsmartcard/vpcd).

A message is two bytes of length, big-endian, and as many bytes. From the reader, one byte alone is a control:
power off, power on, reset, or the question for the ATR; everything else is a command APDU. Only the ATR and
APDUs are answered.
"""

from __future__ import annotations

from enum import IntEnum

from cards.link import CardLike

LENGTH_BYTES = 2
LONGEST = 0xFFFF
_ENOUGH_LOOKS = 3
"""A new card is looked at twice before it gets power."""


class Control(IntEnum):
    """What a message of one byte means."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    ATR = 4


def frame(message: bytes) -> bytes:
    """A message with its length before it; ValueError if it is longer than 65535 bytes."""
    if len(message) > LONGEST:
        raise ValueError(f"{len(message)} bytes do not fit into one message of {LONGEST}")
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


class Frames:
    """Finds messages in bytes that come in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that these bytes complete, in order."""
        rest = self._rest + data
        messages = []
        while len(rest) >= LENGTH_BYTES:
            end = LENGTH_BYTES + int.from_bytes(rest[:LENGTH_BYTES], "big")
            if len(rest) < end:
                break
            messages.append(rest[LENGTH_BYTES:end])
            rest = rest[end:]
        self._rest = rest
        return messages


class CardInSlot:
    """A card with power on it, and its answers to the reader's messages."""

    def __init__(self, card: CardLike) -> None:
        self._card = card
        self._atr = card.reset()
        self._looks = 0
        """Questions for the ATR before the card got power; -1 once it did."""

    @property
    def is_overlooked(self) -> bool:
        """Whether the reader sees the card, again and again, but the service gives it no power. pcsc-lite
        looks every 400 ms whether a card is there, powers a new one at once, and loses track of a reader
        whose card is exchanged in between while a program uses it: then the card must be out for longer."""
        return self._looks > _ENOUGH_LOOKS

    def take(self, message: bytes) -> bytes | None:
        """The answer to a message; None where the reader waits for none. A card without power has lost its
        channels and verified PINs when it gets power again: both power on and reset begin anew."""
        if len(message) != 1:
            return self._card.transmit(message)
        if message[0] == Control.ATR:
            self._looks += self._looks >= 0
            return self._atr
        if message[0] in (Control.POWER_ON, Control.RESET):
            self._looks = -1
            self._atr = self._card.reset()
        return None
