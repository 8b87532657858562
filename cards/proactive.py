"""The little of the toolkit that a terminal needs to switch profiles: FETCH and TERMINAL RESPONSE
(TS 102 221 §11.2, TS 102 223 §6.4.7)."""

from __future__ import annotations

from dataclasses import dataclass

from asn1 import tlv
from asn1.errors import TlvError
from cards.errors import CardProtocolError
from cards.session import CardSession

FETCH, TERMINAL_RESPONSE = 0x12, 0x14
PROACTIVE_COMMAND = 0xD0
REFRESH = 0x01
UICC_RESET = 0x04
"""Command qualifier of REFRESH after which the terminal resets the card and sends no TERMINAL RESPONSE."""
PERFORMED = bytes.fromhex("82028281830100")
"""Device identities (terminal to UICC) and result '00', command performed."""


@dataclass(frozen=True, slots=True)
class ProactiveCommand:
    """A command of the card to the terminal: type and qualifier of its command details."""

    number: int
    type: int
    qualifier: int
    raw: bytes

    @property
    def asks_for_reset(self) -> bool:
        return self.type == REFRESH and self.qualifier == UICC_RESET


def parse_proactive(data: bytes) -> ProactiveCommand:
    """Read the answer of FETCH: 'D0' with command details '81' or '01'. Raises CardProtocolError."""
    try:
        template = tlv.read(data)
        details = tlv.read(template.value)
    except TlvError as error:
        raise CardProtocolError(f"the proactive command is no TLV: {error}") from None
    if template.tag != PROACTIVE_COMMAND or details.tag & 0x7F != 0x01 or len(details.value) != 3:
        raise CardProtocolError(f"{data.hex().upper()} is no proactive command")
    number, kind, qualifier = details.value
    return ProactiveCommand(number, kind, qualifier, data)


def fetch_pending(session: CardSession, length: int) -> ProactiveCommand:
    """Fetch the pending command, and tell the card that it was performed, unless it asks for a reset."""
    data = session.send(FETCH, cla=0x80, le=length, doing="FETCH").data
    command = parse_proactive(data)
    if not command.asks_for_reset:
        details = tlv.encode(0x81, bytes((command.number, command.type, command.qualifier)))
        session.send(TERMINAL_RESPONSE, data=details + PERFORMED, cla=0x80, doing="TERMINAL RESPONSE")
    return command
