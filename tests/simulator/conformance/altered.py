"""A card one of whose answers is altered, to see that somebody notices."""

from __future__ import annotations

from collections.abc import Iterator

from cards.link import CardLink
from cards.trace import Entry, Exchange

REFUSED, DONE = bytes.fromhex("6F00"), bytes.fromhex("9000")


class Altered:
    """The card behind `link`, whose answer number `place` (from 0) is another."""

    def __init__(self, link: CardLink, place: int, answer: bytes) -> None:
        self._link, self._place, self._answer = link, place, answer
        self._count = 0

    def transmit(self, apdu: bytes) -> bytes:
        right = self._link.transmit(apdu)
        number, self._count = self._count, self._count + 1
        return self._answer if number == self._place else right

    def reset(self) -> bytes:
        return self._link.reset()

    def close(self) -> None:
        self._link.close()


def alterations(entries: list[Entry]) -> Iterator[tuple[int, bytes]]:
    """Places and answers to put there, from the last exchange to the first: the last byte of the data is
    another, what succeeded is refused, what was refused succeeds."""
    answers = [entry.response for entry in entries if isinstance(entry, Exchange)]
    for place, answer in reversed(list(enumerate(answers))):
        data, sw = answer[:-2], answer[-2:]
        if data:
            yield place, data[:-1] + bytes((data[-1] ^ 0x15,)) + sw
        yield place, REFUSED if sw[0] in (0x90, 0x91, 0x61) else DONE
