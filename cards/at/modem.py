"""A modem around a card: it answers the AT commands that reach a card (TS 27.007), for tests and lessons.

It has no radio. What it gets is bytes, what it says is bytes; `cards.at.terminal` puts it on a
pseudo-terminal.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cards.apdu import ApduError, CommandApdu
from cards.at.errors import INCORRECT, NO_CARD, NOT_ALLOWED, NOT_FOUND, NOT_SUPPORTED
from cards.at.restricted import COMMANDS, GET_RESPONSE, STATUS
from cards.errors import CardError, LinkError
from cards.link import CardLike, InProcessLink
from cards.processors import Direct, GetResponse, class_on_channel
from cards.session import CardSession

_PARAMETERS = re.compile(r'\s*(?:"([^"]*)"|([^",]*))\s*(?:,|$)')
_LONGEST_LINE = 4096
_MF = b"\x3f\x00"
_ADF = b"\x7f\xff"
_USIM = bytes.fromhex("A0000000871002")


class _RefusedError(Exception):
    """`+CME ERROR: <err>`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Modem:
    """Takes what a terminal sends with `feed`. `ways` are the AT commands by which it gives its card away."""

    def __init__(self, card: CardLike, ways: tuple[str, ...] = ("CSIM", "CGLA", "CRSM")) -> None:
        self._card = card
        self._session = CardSession(InProcessLink(card))
        self._received = b""
        self._echo = True
        self._errors = 0
        self._radio = True
        self._sessions: set[int] = set()
        """<sessionid>s; each is the number of its logical channel."""
        self._commands: dict[str, Callable[[list[str]], list[str]]] = {
            "+CFUN": self._cfun,
            "+CMEE": self._cmee,
        }
        if "CSIM" in ways:
            self._commands["+CSIM"] = self._csim
        if "CRSM" in ways:
            self._commands["+CRSM"] = self._crsm
        if "CGLA" in ways:
            self._commands |= {"+CCHO": self._ccho, "+CGLA": self._cgla, "+CCHC": self._cchc}
        self._card.reset()

    def feed(self, data: bytes) -> bytes:
        """What the modem says to these bytes, which may be part of a line or several."""
        said = b""
        for byte in data:
            if byte == 0x0D:
                line, self._received = self._received, b""
                said += (line + b"\r" if self._echo else b"") + self._answer(line.decode("ascii", "replace"))
            elif byte != 0x0A and len(self._received) < _LONGEST_LINE:
                self._received += bytes((byte,))
        return said

    def _answer(self, line: str) -> bytes:
        line = line.strip()
        if not line:
            return b""
        try:
            lines = [*self._run(line), "OK"]
        except _RefusedError as error:
            lines = [f"+CME ERROR: {error.number}" if self._errors else "ERROR"]
        return b"".join(f"\r\n{text}\r\n".encode() for text in lines)

    def _run(self, line: str) -> list[str]:
        if line[:2].upper() != "AT":
            raise _RefusedError(NOT_SUPPORTED)
        name, sign, rest = line[2:].partition("=")
        name = name.strip().upper()
        if name in ("", "Z", "&F"):
            return []
        if name in ("E", "E0", "E1"):
            self._echo = name == "E1"
            return []
        if name == "I":
            return ["esim-simulator", "a modem around a simulated card"]
        if name == "+CFUN?":
            return [f"+CFUN: {self._radio:d}"]
        command = self._commands.get(name)
        if command is None or not sign:
            raise _RefusedError(NOT_SUPPORTED)
        if rest.strip() == "?":
            return []
        try:
            return command(_split(rest))
        except (ValueError, IndexError, ApduError):
            raise _RefusedError(INCORRECT) from None
        except LinkError:
            raise _RefusedError(NO_CARD) from None

    def _cfun(self, parameters: list[str]) -> list[str]:
        """§8.2: 0 minimum functionality, 1 full; the card is reset on the way back."""
        if parameters[0] not in ("0", "1", "4"):
            raise _RefusedError(NOT_SUPPORTED)
        self._radio = parameters[0] == "1"
        if self._radio:
            self._sessions.clear()
            self._card.reset()
        return []

    def _cmee(self, parameters: list[str]) -> list[str]:
        """§9.1: 0 ERROR alone, 1 with a number."""
        self._errors = int(parameters[0])
        return []

    def _csim(self, parameters: list[str]) -> list[str]:
        """§8.17: the APDU as it is."""
        return self._exchange("+CSIM", _apdu(parameters))

    def _cgla(self, parameters: list[str]) -> list[str]:
        """§8.43: the APDU on the channel of a session."""
        session = int(parameters[0])
        if session not in self._sessions:
            raise _RefusedError(NOT_FOUND)
        command = CommandApdu.parse(_apdu(parameters[1:]))
        command = command.with_class(class_on_channel(command.cla, session))
        return self._exchange("+CGLA", command.to_bytes())

    def _exchange(self, name: str, apdu: bytes) -> list[str]:
        if not self._radio:
            raise _RefusedError(NOT_ALLOWED)
        answer = self._card.transmit(apdu).hex().upper()
        return [f'{name}: {len(answer)},"{answer}"']

    def _ccho(self, parameters: list[str]) -> list[str]:
        """§8.45: a logical channel with an application selected."""
        aid = bytes.fromhex(parameters[0])
        if not 1 <= len(aid) <= 16:
            raise _RefusedError(INCORRECT)
        try:
            channel = self._session.open_channel()
        except CardError:
            raise _RefusedError(20) from None
        try:
            CardSession(self._session.link, channel).select_application(aid)
        except CardError:
            self._session.close_channel(channel)
            raise _RefusedError(NOT_FOUND) from None
        self._sessions.add(channel)
        return [f"+CCHO: {channel}"]

    def _cchc(self, parameters: list[str]) -> list[str]:
        """§8.46: give a session's channel back."""
        session = int(parameters[0])
        if session not in self._sessions:
            raise _RefusedError(NOT_FOUND)
        self._sessions.remove(session)
        self._session.close_channel(session)
        return []

    def _crsm(self, parameters: list[str]) -> list[str]:
        """§8.18: <command>[,<fileid>[,<P1>,<P2>,<P3>[,<data>[,<pathid>]]]]; the file is selected first."""
        ins = int(parameters[0])
        if ins not in COMMANDS:
            raise _RefusedError(NOT_SUPPORTED)
        file = int(parameters[1]) if len(parameters) > 1 else 0x3F00
        p1, p2, p3 = (int(text or 0) for text in (parameters[2:5] + ["0"] * 3)[:3])
        data = bytes.fromhex(parameters[5]) if len(parameters) > 5 else b""
        path = bytes.fromhex(parameters[6]) if len(parameters) > 6 else b""
        answer = self._on_file(
            path, file.to_bytes(2, "big"), CommandApdu(0, ins, p1, p2, data, None if data else p3 or 256)
        )
        sw1, sw2 = answer[-2], answer[-1]
        text = answer[:-2].hex().upper()
        return [f"+CRSM: {sw1},{sw2}" + (f',"{text}"' if text else "")]

    def _on_file(self, path: bytes, file: bytes, command: CommandApdu) -> bytes:
        """Select a file by its path from the MF, then send the command (GET RESPONSE: SELECT's answer)."""
        card = GetResponse(Direct(self._session.link))
        whole = path.removeprefix(_MF) + (b"" if file == _MF else file)
        answer = card.transmit(_select(0x00, _MF))
        if whole.startswith(_ADF):  # the application that a modem uses is a USIM
            answer = card.transmit(_select(0x04, _USIM))
            whole = whole[2:]
        if whole and answer.sw.is_success:
            answer = card.transmit(_select(0x09, whole))
        if answer.sw.is_success and command.ins not in (GET_RESPONSE, STATUS):
            answer = card.transmit(command)
        return answer.data + answer.sw.to_bytes(2, "big")


def _select(p1: int, name: bytes) -> CommandApdu:
    """SELECT by FID ('00'), AID ('04') or path from the current DF ('09'), for the FCP."""
    return CommandApdu(0, 0xA4, p1, 0x04, name, 256)


def _split(text: str) -> list[str]:
    """Parameters between commas, quotes taken off."""
    found = []
    for match in _PARAMETERS.finditer(text):
        found.append(match[1] if match[1] is not None else match[2].strip())
        if match.end() == len(text) and not match[0].endswith(","):
            break
    return found


def _apdu(parameters: list[str]) -> bytes:
    """`<length>,<command>`: as many hexadecimal digits as the length says."""
    length, digits = parameters
    if int(length) != len(digits):
        raise ValueError("length and command do not agree")
    return bytes.fromhex(digits)
