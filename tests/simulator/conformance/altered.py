"""A card one of whose answers is altered, to see that somebody notices."""

from __future__ import annotations

from collections.abc import Iterator

from cards.link import CardLink
from cards.trace import Entry, Exchange

REFUSED, DONE, UNKNOWN = (bytes.fromhex(sw) for sw in ("6F00", "9000", "6D00"))
ATR, LATER_ATR = -1, -2
"""Places of the answer to a reset: each, and each but the first two."""
ATRS = {
    "TCK is wrong": "3B9F96801FC78031E073FE211B674A4C75303405",
    "T=14 alone": "3B800E8E",
    "F and D are reserved": "3B1070",
    "no historical bytes": "3B00",
    "classes A and C without B": "3B80801F051A",
}


class Altered:
    """The card behind `link`, whose answer number `place` (from 0) is another."""

    def __init__(self, link: CardLink, place: int, answer: bytes) -> None:
        self._link, self._place, self._answer = link, place, answer
        self._count = self._resets = 0

    def transmit(self, apdu: bytes) -> bytes:
        right = self._link.transmit(apdu)
        number, self._count = self._count, self._count + 1
        return self._answer if number == self._place else right

    def reset(self) -> bytes:
        right = self._link.reset()
        self._resets += 1
        is_altered = self._place == ATR or (self._place == LATER_ATR and self._resets > 2)
        return self._answer if is_altered else right

    def close(self) -> None:
        self._link.close()


def alterations(entries: list[Entry]) -> Iterator[tuple[int, bytes]]:
    """Places and answers to put there, from the last exchange to the first: the last byte of the data is
    another, what succeeded is refused, what was refused succeeds, the instruction is not known."""
    answers = [entry.response for entry in entries if isinstance(entry, Exchange)]
    for place, answer in reversed(list(enumerate(answers))):
        data, sw = answer[:-2], answer[-2:]
        if data:
            yield place, data[:-1] + bytes((data[-1] ^ 0x15,)) + sw
        yield place, REFUSED if sw[0] in (0x90, 0x91, 0x61) else DONE
        yield place, UNKNOWN
    for atr in ATRS.values():
        yield ATR, bytes.fromhex(atr)
        yield LATER_ATR, bytes.fromhex(atr)
