"""Several profiles enabled at once: eSIM ports, and MANAGE LSI, which goes from one to another.

SGP.22 v3 §3.4 (modes MEP-A1, MEP-A2, MEP-B), TS 102 221 V17 (logical SE interfaces). Each eSIM port is a card
to the terminal, with channels and a reset of its own. In the modes MEP-A port 0 has the ISD-R and no profile,
the others have a profile and no ISD-R; in MEP-B each port has both. Until the terminal has configured a mode,
there is port 0 alone, as on any eUICC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from asn1 import Asn1Error, tlv
from cards.apdu import ApduError, CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.card import T1, Card

if TYPE_CHECKING:
    from simulator.euicc.core import EuiccCore

MANAGE_LSI: Final = b"\x80\x7c"
"""CLA and INS."""
_SELECT, _RESET, _CONFIGURE = 0x00, 0x01, 0x04
_HIGHEST, _OPTIONS, _MODES, _MAXIMUM = 0x80, 0x81, 0x90, 0x91
_ATR: Final = 0x80


class MepMode(Enum):
    """How profiles come to their ports; the value is that of MANAGE LSI, 0 being none."""

    A1 = 1
    """The LPA says on which port a profile is enabled."""
    A2 = 2
    """The eUICC takes the first port that is free."""
    B = 3
    """A profile is enabled on the port that the command came on."""

    @property
    def first_port(self) -> int:
        """The first port with a profile."""
        return 0 if self is MepMode.B else 1


@dataclass(frozen=True, slots=True)
class Mep:
    """What an eUICC supports: modes, and how many profiles are enabled at once."""

    modes: tuple[MepMode, ...] = tuple(MepMode)
    profiles: int = 2


class Ports:
    """The cards behind the ports, one of which gets the commands."""

    def __init__(self, core: EuiccCore, cards: tuple[Card, ...]) -> None:
        self.core = core
        self.cards = cards
        self.selected = 0

    def reset(self) -> bytes:
        """Of the whole chip: no mode is configured any more, port 0 is selected. Returns the ATR."""
        self.selected, self.core.mode = 0, None
        for card in self.cards[1:]:
            card.reset()
        return self.cards[0].reset()

    def transmit(self, apdu: bytes) -> bytes:
        """Execute one command APDU; data and status word."""
        if not apdu.startswith(MANAGE_LSI):
            return self.cards[self.selected].transmit(apdu)
        try:
            command = CommandApdu.parse(bytes(apdu))
            return self._answered(command, self._manage(command))
        except ApduError:
            return SW.WRONG_LENGTH.to_bytes(2, "big")
        except StatusError as error:
            return error.sw.to_bytes(2, "big")

    def _answered(self, command: CommandApdu, data: bytes) -> bytes:
        """Data at once where the command has Le, or the transmission protocol is T=1; else they wait for GET
        RESPONSE."""
        card = self.cards[self.selected]
        if not data or command.le is not None or card.protocol == T1:
            return data + SW.OK.to_bytes(2, "big")
        basic = card.channels[0]
        assert basic is not None, "the basic channel is always open"
        basic.pending = data
        return SW.bytes_available(len(data)).to_bytes(2, "big")

    @property
    def count(self) -> int:
        """How many ports there are in the mode that is configured."""
        mode = self.core.mode
        return 1 if mode is None else mode.first_port + self.core.slots

    def _manage(self, command: CommandApdu) -> bytes:
        """MANAGE LSI: P1 '00' selects the interface P2, '01' resets it, '04' configures them all; those of
        contactless use ('02', '03') are not there: 6A86."""
        if command.p1 == _CONFIGURE and not command.p2:
            return self._configure(command.data)
        if command.p1 not in (_SELECT, _RESET):
            raise StatusError(SW.INCORRECT_P1_P2)
        if command.data:
            raise StatusError(SW.WRONG_LENGTH)
        if command.p2 >= self.count:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        if command.p1 == _SELECT:
            self.selected = command.p2
            return b""
        self.core.remount(command.p2)
        return tlv.encode(_ATR, self.cards[command.p2].reset())

    def _configure(self, data: bytes) -> bytes:
        """The first mode in the terminal's order that both know, and as many profiles as both can have."""
        try:
            wanted = {part.tag: part.value for part in tlv.read_all(data)}
        except Asn1Error:
            raise StatusError(SW.INCORRECT_DATA) from None
        highest, modes, maximum = (wanted.get(tag, b"") for tag in (_HIGHEST, _MODES, _MAXIMUM))
        if len(highest) != 1 or len(maximum) > 1:
            raise StatusError(SW.INCORRECT_DATA)
        core = self.core
        mep = core.features.mep
        assert mep is not None, "an eUICC with one port has no MANAGE LSI"
        mode = next((one for number in modes for one in mep.modes if one.value == number), None)
        slots = min(mep.profiles, maximum[0] if maximum else mep.profiles)
        if mode is not None:
            slots = min(slots, highest[0] + 1 - mode.first_port)
        core.mode, core.slots = (mode, slots) if mode and slots > 0 else (None, 1)
        self.selected = 0
        for number in range(len(self.cards)):
            core.remount(number)
        return (
            tlv.encode(_HIGHEST, bytes((self.count - 1,)))
            + tlv.encode(_OPTIONS, b"\0")
            + tlv.encode(_MODES, bytes((core.mode.value if core.mode else 0, *(m.value for m in mep.modes))))
            + tlv.encode(_MAXIMUM, bytes((core.slots,)))
        )
