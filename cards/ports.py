"""eSIM ports of an eUICC that can have several profiles enabled: one link to each, over one reader.

MANAGE LSI of TS 102 221 (V17) selects the port that the next commands are for (SGP.22 v3 §3.4).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from asn1 import Asn1Error, tlv
from cards.apdu import CommandApdu, ResponseApdu
from cards.errors import CardProtocolError, CardStatusError
from cards.link import CardLink

MEP_MODES: Final = {"MEP-A1": 1, "MEP-A2": 2, "MEP-B": 3}
_SELECT, _RESET, _CONFIGURE = 0x00, 0x01, 0x04
_HIGHEST, _OPTIONS, _MODES, _MAXIMUM, _ATR = 0x80, 0x81, 0x90, 0x91, 0x80


class PortConfiguration(NamedTuple):
    """What terminal and eUICC have agreed on."""

    mode: str
    """A key of MEP_MODES; empty if they have none in common."""
    supported: tuple[str, ...]
    """All modes of the eUICC."""
    ports: int
    profiles: int
    """How many profiles can be enabled at once."""


class EsimPorts:
    """The ports behind one link. Commands of different ports may follow one another as they like."""

    def __init__(self, link: CardLink) -> None:
        self._link = link
        self._selected = 0

    def configure(self, modes: Iterable[str] = MEP_MODES, profiles: int = 2) -> PortConfiguration:
        """Propose modes, the best first. CardStatusError from an eUICC that has only one port."""
        numbers = bytes(MEP_MODES[mode] for mode in modes)
        proposal = tlv.encode(_HIGHEST, bytes((profiles,))) + tlv.encode(_OPTIONS, b"\0")
        proposal += tlv.encode(_MODES, numbers) + tlv.encode(_MAXIMUM, bytes((profiles,)))
        answer = self._manage(_CONFIGURE, 0, proposal)
        self._selected = 0
        names = {number: mode for mode, number in MEP_MODES.items()}
        try:
            found = {part.tag: part.value for part in tlv.read_all(answer)}
            joint, *supported = found[_MODES]
            return PortConfiguration(
                names.get(joint, ""),
                tuple(names.get(number, str(number)) for number in supported),
                found[_HIGHEST][0] + 1,
                found[_MAXIMUM][0],
            )
        except (Asn1Error, KeyError, IndexError, ValueError) as error:
            text = f"the answer to MANAGE LSI cannot be read: {answer.hex().upper()}"
            raise CardProtocolError(text) from error

    def port(self, number: int) -> PortLink:
        """A link to one port."""
        return PortLink(self, number)

    def transmit(self, number: int, apdu: bytes) -> bytes:
        """Exchange one APDU with a port; CardStatusError if there is no such port."""
        if number != self._selected:
            self._manage(_SELECT, number)
            self._selected = number
        return self._link.transmit(apdu)

    def reset(self, number: int) -> bytes:
        """Reset one port alone; its ATR."""
        return tlv.find(self._manage(_RESET, number), _ATR) or b""

    def _manage(self, operation: int, number: int, data: bytes = b"") -> bytes:
        le = None if operation == _SELECT else 256
        command = CommandApdu(0x80, 0x7C, operation, number, data, le)
        response = ResponseApdu.parse(self._link.transmit(command.to_bytes()))
        if response.sw.sw1 == 0x61:
            fetch = CommandApdu(0x00, 0xC0, le=response.sw.number)
            response = ResponseApdu.parse(self._link.transmit(fetch.to_bytes()))
        if not response.sw.is_success:
            raise CardStatusError(response.sw, command, "MANAGE LSI")
        return response.data


class PortLink:
    """A CardLink to one port."""

    def __init__(self, ports: EsimPorts, number: int) -> None:
        self._ports = ports
        self.number = number

    def transmit(self, apdu: bytes, /) -> bytes:
        return self._ports.transmit(self.number, apdu)

    def reset(self) -> bytes:
        return self._ports.reset(self.number)

    def close(self) -> None:
        """The link below belongs to all ports."""
