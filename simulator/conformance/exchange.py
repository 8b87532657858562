"""Commands as checks send them, and their status words held against what a clause allows."""

from __future__ import annotations

from cards import CardLink
from cards.apdu import CommandApdu, ResponseApdu
from cards.session import CardSession
from cards.status import StatusWord
from simulator.conformance.model import expect


def fits(sw: StatusWord, wanted: str) -> bool:
    """Whether a status word is one of those parted by '|'; 'X' is any digit."""
    return any(
        all(want in ("X", have) for want, have in zip(one, str(sw), strict=True)) for one in wanted.split("|")
    )


def answers(sw: StatusWord, wanted: str, doing: str) -> None:
    """NotConform unless the status word is one of these, parted by '|'; 'X' is any digit."""
    expect(fits(sw, wanted), f"{doing}: the card answered {sw}, {sw.meaning}, in place of {wanted}")


class Line:
    """One logical channel of a card."""

    def __init__(self, link: CardLink, channel: int = 0) -> None:
        self.session = CardSession(link, channel)

    def __call__(self, apdu: str | bytes, wanted: str = "9000|91XX", doing: str = "") -> bytes:
        """Send a command, in hexadecimal, whose answer is fetched whole; its data."""
        raw = bytes.fromhex(apdu) if isinstance(apdu, str) else apdu
        response = self.session.transmit(CommandApdu.parse(raw))
        answers(response.sw, wanted, doing or raw.hex().upper())
        return response.data

    def send(self, apdu: str | bytes) -> ResponseApdu:
        """Send a command, whose answer is fetched whole."""
        raw = bytes.fromhex(apdu) if isinstance(apdu, str) else apdu
        return self.session.transmit(CommandApdu.parse(raw))

    def direct(self, apdu: str, wanted: str, doing: str = "") -> ResponseApdu:
        """Send a command as it is: no GET RESPONSE follows, nor a repetition with another Le."""
        raw = bytes.fromhex(apdu)
        response = ResponseApdu.parse(self.session.link.transmit(raw))
        answers(response.sw, wanted, doing or apdu)
        return response
