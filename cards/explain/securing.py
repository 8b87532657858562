"""Secure messaging of one logical channel: what of a command or an answer can be read (GP Card
Specification annex E, Amendment D)."""

from __future__ import annotations

from typing import NamedTuple

from cards.apdu import CommandApdu
from cards.explain.header import is_secured
from cards.explain.secrets import ChannelOpener, Secrets

INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE = 0x50, 0x82
_BEGINNINGS = (INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE)
_MAC = 8
_C_DECRYPTION, _R_MAC, _R_ENCRYPTION = 0x02, 0x10, 0x20
"""Bits of the security level, P1 of EXTERNAL AUTHENTICATE."""


class Clear(NamedTuple):
    """Data as far as they can be read: `note` says what was done, empty if nothing was; `is_closed`: they are
    ciphered, and nobody has the key."""

    data: bytes
    note: str = ""
    is_closed: bool = False


class Securing:
    """The secure channel session of one logical channel, from INITIALIZE UPDATE on."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._opener: ChannelOpener | None = None
        self._level: int | None = None
        """None: the trace does not show how the session began."""

    def end(self) -> None:
        """An application was selected."""
        self._opener, self._level = None, None

    def follow(self, command: CommandApdu, answer: bytes) -> None:
        """INITIALIZE UPDATE or EXTERNAL AUTHENTICATE went well."""
        if command.ins == INITIALIZE_UPDATE:
            self.end()
            if len(answer) >= 28:
                card_side = answer[12:20] if answer[11] == 0x02 else answer[13:21]
                self._opener = self._secrets.channel(answer[11], command.data, card_side)
        elif command.ins == EXTERNAL_AUTHENTICATE:
            self._level = command.p1
            if self._opener:
                self._opener.authenticate(command.header, command.data, command.p1)

    def command(self, command: CommandApdu) -> Clear:
        """The data of a command as it was before secure messaging."""
        data = command.data
        if not is_secured(command.cla) or command.ins in _BEGINNINGS or not data:
            return Clear(data)
        opened = self._opener.command(command.header, data) if self._opener else None
        if opened:
            return Clear(opened.data, opened.note)
        if self._level is not None and not self._level & _C_DECRYPTION and len(data) >= _MAC:
            return Clear(data[:-_MAC], "not ciphered; a MAC follows the data")
        return Clear(data, "ciphered; no key is known", is_closed=True)

    def answer(self, command: CommandApdu, data: bytes, sw: int) -> Clear:
        """The data of an answer."""
        level = self._level or 0
        if not is_secured(command.cla) or command.ins in _BEGINNINGS or not data or not level & _R_MAC:
            return Clear(data)
        opened = self._opener.response(data, sw) if self._opener else None
        if opened:
            return Clear(opened.data, opened.note)
        if not level & _R_ENCRYPTION and len(data) >= _MAC:
            return Clear(data[:-_MAC], "not ciphered; a MAC follows the data")
        return Clear(data, "ciphered; no key is known", is_closed=True)
