"""The instruction tables as the dispatcher uses them: what each kind of card understands."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.command import ISO, PROPRIETARY, Handler
from simulator.uicc.commands import CARD_COMMANDS, FILE_COMMANDS
from simulator.uicc.gsm.commands import COMMANDS as GSM_COMMANDS

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

Row = tuple[frozenset[int], Handler]
"""The cases that a command may have, and its handler; found by class group and instruction."""


class Classes(Enum):
    """Which commands a card understands: those of a UICC, those of a GSM SIM (class 'A0'), or both."""

    UICC = "uicc"
    GSM = "gsm"
    BOTH = "both"


def issuer_data(channel: Channel, command: CommandApdu) -> bytes:
    """GET DATA of the issuer security domain, all that a terminated card still does besides saying what it is
    (GP Card Specification §5.1.1.5); 6D00 where there is none."""
    card = channel.card
    if not card.files.image.security_domains:
        raise StatusError(SW.INS_NOT_SUPPORTED)
    domain = card.registered(card.files.registry.issuer)
    row = domain.handlers[(command.cla & 0x80) << 8 | command.ins]
    return row[1](channel, command)


def terminated(channel: Channel, command: CommandApdu) -> bytes:
    raise StatusError(SW.CONDITIONS_NOT_SATISFIED)


CARD_HANDLERS: dict[int, Row] = {row.key: (row.cases, row.handler) for row in CARD_COMMANDS}
FILE_HANDLERS: dict[int, Row] = CARD_HANDLERS | {row.key: (row.cases, row.handler) for row in FILE_COMMANDS}
GSM_HANDLERS: dict[int, Row] = {row.key: (row.cases, row.handler) for row in GSM_COMMANDS}
HANDLERS = {
    Classes.UICC: FILE_HANDLERS,
    Classes.GSM: GSM_HANDLERS,
    Classes.BOTH: FILE_HANDLERS | GSM_HANDLERS,
}
_GET_DATA = 0xCA
_STILL_ANSWERED = frozenset({0xA4, 0xC0, 0xF2})
"""INS of SELECT, GET RESPONSE and STATUS."""
TERMINATED_HANDLERS: dict[int, Row] = {
    key: (cases, handler if key & 0xFF in _STILL_ANSWERED else terminated)
    for key, (cases, handler) in FILE_HANDLERS.items()
} | {group << 8 | _GET_DATA: (frozenset({2, 4}), issuer_data) for group in (ISO, PROPRIETARY)}
