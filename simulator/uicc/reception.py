"""What a command's bytes mean before any application is asked: channel, class, length (TS 102 221 §10.1)."""

from __future__ import annotations

from cards.apdu import ApduError, CommandApdu
from cards.status import SW, StatusWord
from simulator.uicc.command import GSM

Entry = tuple[int, int, int, CommandApdu, bytes]
"""Channel, table key, case, parsed command, and the refusal if it fails before any application."""

MEMO: dict[bytes, Entry] = {}
"""Parsed commands by their bytes. Parsing depends on nothing else, so all cards share it."""
_MEMO_LIMIT = 4096
_MEMO_LENGTH = 24
"""Longer commands (challenges, blocks of STORE DATA) hardly ever come twice."""
_NOTHING = CommandApdu(0, 0)


def _status(sw: StatusWord) -> bytes:
    return sw.to_bytes(2, "big")


_WRONG_LENGTH = _status(SW.WRONG_LENGTH)
_CLA_NOT_SUPPORTED = _status(SW.CLA_NOT_SUPPORTED)
_CHAINED = _status(SW.COMMAND_CHAINING_NOT_SUPPORTED)
SECURED = _status(SW.SECURE_MESSAGING_NOT_SUPPORTED)
"""The refusal of a command under secure messaging, and the sign by which the card knows that it is one."""


def receive(apdu: bytes) -> Entry:
    """Read a command, and remember it if it is short."""
    entry = _read(apdu)
    if len(apdu) <= _MEMO_LENGTH:
        if len(MEMO) >= _MEMO_LIMIT:
            MEMO.clear()
        MEMO[apdu] = entry
    return entry


def _read(apdu: bytes) -> Entry:
    if len(apdu) < 4:
        return 0, 0, 0, _NOTHING, _WRONG_LENGTH
    cla = apdu[0]
    if cla == GSM:
        number, secure, group = 0, 0, GSM
    elif cla == 0xFF or cla & 0xE0 in (0x20, 0xA0):
        return 0, 0, 0, _NOTHING, _CLA_NOT_SUPPORTED
    elif cla & 0x40:
        number, secure, group = 4 + (cla & 0x0F), cla & 0x20, cla & 0x80
    else:
        number, secure, group = cla & 0x03, cla & 0x0C, cla & 0x80
    if cla & 0x10:
        return number, 0, 0, _NOTHING, _CHAINED
    try:
        command = CommandApdu.parse(apdu)
    except ApduError:
        return number, 0, 0, _NOTHING, _WRONG_LENGTH
    return number, group << 8 | apdu[1], command.case, command, SECURED if secure else b""
