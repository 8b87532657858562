"""What was said between a test and its card, kept to be shown when the test fails."""

from __future__ import annotations

from cards.apdu import ApduError, CommandApdu, ResponseApdu
from cards.link import CardLink

SHOWN = 60
"""How many of the last exchanges a report shows."""


class ApduTrace:
    """Keeps the exchanges of one test, as bytes."""

    def __init__(self) -> None:
        self.exchanges: list[tuple[bytes, bytes]] = []

    def of(self, link: CardLink) -> CardLink:
        """The same link, which is listened to."""
        return _TracedLink(link, self.exchanges)

    def lines(self) -> list[str]:
        """The last exchanges with their meaning, a line each way."""
        left_out = len(self.exchanges) - SHOWN
        lines = [f"… {left_out} exchanges before"] if left_out > 0 else []
        for command, answer in self.exchanges[-SHOWN:]:
            lines += _lines(command, answer)
        return lines


class _TracedLink:
    def __init__(self, link: CardLink, exchanges: list[tuple[bytes, bytes]]) -> None:
        self._link = link
        self._exchanges = exchanges

    def transmit(self, apdu: bytes, /) -> bytes:
        answer = self._link.transmit(apdu)
        self._exchanges.append((apdu, answer))
        return answer

    def reset(self) -> bytes:
        atr = self._link.reset()
        self._exchanges.append((b"", atr))
        return atr

    def close(self) -> None:
        self._link.close()


def _lines(command: bytes, answer: bytes) -> list[str]:
    if not command:
        return [f"   reset, ATR {answer.hex().upper()}"]
    try:
        sent = str(CommandApdu.parse(command))
        response = ResponseApdu.parse(answer)
    except ApduError as error:
        return [f"-> {command.hex().upper()}", f"<- {answer.hex().upper()} ({error})"]
    data = f"{response.data.hex().upper()} " if response.data else ""
    return [f"-> {sent}", f"<- {data}{response.sw}, {response.sw.meaning}"]
