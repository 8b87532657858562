"""What the terminal tells the card and fetches from it (TS 102 221 §11.1.19, §11.2; TS 102 223 §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asn1 import tlv
from asn1.errors import Asn1Error
from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.cell_broadcast import Page, read_page
from simulator.uicc.command import PROPRIETARY, command

if TYPE_CHECKING:
    from simulator.uicc.card import Card
    from simulator.uicc.channel import Channel

_TERMINAL_CAPABILITY_TEMPLATE = 0xA9
_SMS_PP_DOWNLOAD, _CELL_BROADCAST_DOWNLOAD = 0xD1, 0xD2


def _no_parameters(command: CommandApdu) -> None:
    if command.p1 or command.p2:
        raise StatusError(SW.INCORRECT_P1_P2)


def terminal_capability(channel: Channel, command: CommandApdu) -> bytes:
    """TERMINAL CAPABILITY, §11.1.19: a template 'A9' with power class, extended channels, LPA support …"""
    _no_parameters(command)
    try:
        template = tlv.find(command.data, _TERMINAL_CAPABILITY_TEMPLATE)
        if template is None:
            raise StatusError(SW.INCORRECT_DATA)
        tlv.read_all(template)
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    channel.card.terminal_capability = template
    return b""


def terminal_profile(channel: Channel, command: CommandApdu) -> bytes:
    """TERMINAL PROFILE, §11.2.1: which toolkit functions the terminal has."""
    _no_parameters(command)
    card = channel.card
    card.terminal_profile = command.data
    if card.toolkit is not None:
        card.toolkit.start()
    return b""


def fetch(channel: Channel, command: CommandApdu) -> bytes:
    """FETCH, §11.2.3: the pending proactive command; Le must be its length."""
    _no_parameters(command)
    proactive = channel.card.proactive
    pending = proactive.waiting()
    if command.le not in (len(pending), 256):
        raise StatusError(SW.wrong_le(len(pending)))
    proactive.is_fetched = True
    return pending


def terminal_response(channel: Channel, command: CommandApdu) -> bytes:
    """TERMINAL RESPONSE, §11.2.4: how the fetched command went."""
    _no_parameters(command)
    channel.card.proactive.respond(command.data)
    return b""


def envelope(channel: Channel, command: CommandApdu) -> bytes:
    """ENVELOPE, §11.2.2: a short message or a secured page for the card goes to remote management (TS
    31.115), everything else to the toolkit applications."""
    _no_parameters(command)
    card = channel.card
    if command.data[0] == _SMS_PP_DOWNLOAD:
        return card.ota.handle(command.data)
    if command.data[0] == _CELL_BROADCAST_DOWNLOAD:
        return _cell_broadcast(card, read_page(command.data))
    if card.toolkit is not None:
        return card.toolkit.envelope(command.data)
    try:
        tlv.read_all(command.data)
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    return b""


def _cell_broadcast(card: Card, page: Page) -> bytes:
    """A page is never answered with data (TS 31.111 §7.1.2.2)."""
    if page.is_secured:
        card.ota.broadcast(page)
    elif card.toolkit is not None:
        card.toolkit.broadcast(page)
    return b""


COMMANDS = (
    command("TERMINAL CAPABILITY", PROPRIETARY, 0xAA, "3", "TS 102 221 §11.1.19", terminal_capability),
    command("TERMINAL PROFILE", PROPRIETARY, 0x10, "3", "TS 102 221 §11.2.1", terminal_profile),
    command("ENVELOPE", PROPRIETARY, 0xC2, "34", "TS 102 221 §11.2.2", envelope),
    command("FETCH", PROPRIETARY, 0x12, "2", "TS 102 221 §11.2.3", fetch),
    command("TERMINAL RESPONSE", PROPRIETARY, 0x14, "3", "TS 102 221 §11.2.4", terminal_response),
)
