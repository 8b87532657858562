"""Short messages as the card sees them: SMS-PP download, concatenation, SEND SHORT MESSAGE (TS 23.040 §9,
TS 31.111 §7.1, TS 31.115 §4, TS 102 223 §6.4.10).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from asn1 import tlv
from asn1.errors import Asn1Error
from cards.status import SW, StatusError

SMS_PP_DOWNLOAD: Final = 0xD1
"""Tag of the ENVELOPE template."""
_COMPREHENSION = 0x7F
"""A COMPREHENSION-TLV tag without its flag that comprehension is required."""
_DEVICE_IDENTITIES, _ADDRESS, _SMS_TPDU = 0x02, 0x06, 0x0B
_NETWORK, _UICC, _TERMINAL = 0x83, 0x81, 0x82
_MESSAGE_TYPE, _HAS_HEADER = 0x03, 0x40
_SMS_DELIVER, _SMS_SUBMIT = 0x00, 0x01
DATA_DOWNLOAD: Final = 0x7F
"""TP-PID '(U)SIM data download' (TS 23.040 §9.2.3.9)."""
CLASS_2: Final = frozenset((0xF6, 0x16))
"""TP-DCS of 8-bit data, class 2: data coding group, general group (TS 23.038 §4)."""
_DATA_CODING = 0xF6
COMMAND_PACKET, RESPONSE_PACKET = 0x70, 0x71
"""Information element identifiers of secured packets (TS 31.115 §4.1; TS 23.040 §9.2.3.24)."""
_CONCATENATED, _CONCATENATED_16_BITS = 0x00, 0x08
_SECURITY_HEADERS = range(0x70, 0x80)
USER_DATA_LIMIT: Final = 140
DELIVER_REPORT_LIMIT: Final = 128
"""Octets of a UICC acknowledgement in the answer to ENVELOPE (TS 31.111 §7.1.1)."""
_LONGEST_MESSAGE = 255
_ASSEMBLIES = 5
"""Messages that may be incomplete at a time; the oldest makes room for another."""


class Address(NamedTuple):
    """TP address: number of digits, and type of number and numbering plan before the digits, two of them in
    an octet, swapped (TS 23.040 §9.1.2.5)."""

    digits: int
    octets: bytes

    def to_bytes(self) -> bytes:
        return bytes((self.digits,)) + self.octets


class Part(NamedTuple):
    """Where a short message stands in a concatenated one."""

    reference: int
    total: int
    number: int


class ShortMessage(NamedTuple):
    """An SMS-DELIVER of an SMS-PP download, with the service centre that the ENVELOPE names."""

    originator: Address
    protocol: int
    coding: int
    elements: tuple[tuple[int, bytes], ...]
    """Information elements of the user data header."""
    text: bytes
    """User data behind the header."""
    service_centre: bytes = b""
    """Value of the Address TLV; empty: not given."""

    @property
    def is_download(self) -> bool:
        """Whether it is data for the card: TP-PID and class tell it (TS 31.115 §4)."""
        return self.protocol == DATA_DOWNLOAD and self.coding in CLASS_2

    @property
    def is_command_packet(self) -> bool:
        return any(identifier == COMMAND_PACKET for identifier, _ in self.elements)

    @property
    def part(self) -> Part | None:
        """Its place, if it is one of several; elements that cannot be true are passed over."""
        for identifier, value in self.elements:
            if (identifier, len(value)) in ((_CONCATENATED, 3), (_CONCATENATED_16_BITS, 4)):
                total, number = value[-2:]
                if 1 <= number <= total:
                    return Part(int.from_bytes(value[:-2], "big"), total, number)
        return None


def read_download(envelope: bytes) -> ShortMessage:
    """The message of an ENVELOPE (SMS-PP DOWNLOAD), 'D1'. StatusError 6A80 if it is none, or cut off."""
    try:
        template = tlv.read(envelope)
        objects = {item.tag & _COMPREHENSION: item.value for item in reversed(tlv.read_all(template.value))}
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    if template.tag != SMS_PP_DOWNLOAD or template.end != len(envelope):
        raise StatusError(SW.INCORRECT_DATA)
    if objects.get(_DEVICE_IDENTITIES) != bytes((_NETWORK, _UICC)) or _SMS_TPDU not in objects:
        raise StatusError(SW.INCORRECT_DATA)
    try:
        return read_deliver(objects[_SMS_TPDU], objects.get(_ADDRESS, b""))
    except IndexError:
        raise StatusError(SW.INCORRECT_DATA) from None


def read_deliver(tpdu: bytes, service_centre: bytes = b"") -> ShortMessage:
    """An SMS-DELIVER, TS 23.040 §9.2.2.1. StatusError 6A80 for other types; IndexError if it is cut off."""
    if tpdu[0] & _MESSAGE_TYPE != _SMS_DELIVER:
        raise StatusError(SW.INCORRECT_DATA)
    digits = tpdu[1]
    offset = 3 + (digits + 1) // 2
    originator = Address(digits, tpdu[2:offset])
    protocol, coding, length = tpdu[offset], tpdu[offset + 1], tpdu[offset + 9]
    data = tpdu[offset + 10 :]
    if coding in CLASS_2 and length != len(data):
        raise StatusError(SW.INCORRECT_DATA)
    elements: tuple[tuple[int, bytes], ...] = ()
    if tpdu[0] & _HAS_HEADER:
        elements, data = _read_header(data)
    return ShortMessage(originator, protocol, coding, elements, data, service_centre)


def _read_header(data: bytes) -> tuple[tuple[tuple[int, bytes], ...], bytes]:
    """Information elements and what is behind them (TS 23.040 §9.2.3.24)."""
    end = 1 + data[0]
    header, rest = data[1:end], data[end:]
    if len(header) != data[0]:
        raise IndexError(end)
    elements = []
    offset = 0
    while offset < len(header):
        length = header[offset + 1]
        elements.append((header[offset], header[offset + 2 : offset + 2 + length]))
        offset += 2 + length
    if offset != len(header):
        raise IndexError(offset)
    return tuple(elements), rest


class Assembly:
    """Concatenated messages until all parts are there, in any order; a part that comes again replaces the
    one before (TS 23.040 §9.2.3.24.1)."""

    def __init__(self) -> None:
        self._open: dict[tuple[Address, int, int], dict[int, ShortMessage]] = {}

    def add(self, message: ShortMessage) -> ShortMessage | None:
        """The whole message with the header of its first part, or None while parts are missing."""
        part = message.part
        if part is None or part.total == 1:
            return message
        key = (message.originator, part.reference, part.total)
        parts = self._open.setdefault(key, {})
        parts[part.number] = message
        if len(parts) < part.total:
            if len(self._open) > _ASSEMBLIES:
                del self._open[next(iter(self._open))]
            return None
        del self._open[key]
        text = b"".join(parts[number].text for number in range(1, part.total + 1))
        return parts[1]._replace(text=text)

    def clear(self) -> None:
        self._open.clear()


# --- what the card sends ----------------------------------------------------------------------------------


def response_user_data(packet: bytes) -> bytes:
    """User data of a response packet in one message: header with the response packet identifier, packet."""
    return bytes((0x02, RESPONSE_PACKET, 0x00)) + packet


def response_messages(packet: bytes, reference: int) -> list[bytes]:
    """User data of a response packet in as many messages as it takes, concatenated under `reference`."""
    single = response_user_data(packet)
    if len(single) <= USER_DATA_LIMIT:
        return [single]
    first, later = USER_DATA_LIMIT - 8, USER_DATA_LIMIT - 6
    pieces = [packet[:first]]
    pieces += [packet[place : place + later] for place in range(first, len(packet), later)]
    if len(pieces) > _LONGEST_MESSAGE:
        raise ValueError(f"{len(packet)} bytes need more than {_LONGEST_MESSAGE} messages")
    messages = []
    for number, piece in enumerate(pieces, 1):
        element = bytes((_CONCATENATED, 3, reference & 0xFF, len(pieces), number))
        if number == 1:
            element += bytes((RESPONSE_PACKET, 0x00))
        messages.append(bytes((len(element),)) + element + piece)
    return messages


def send_short_message(user_data: bytes, destination: Address, service_centre: bytes = b"") -> bytes:
    """The proactive command SEND SHORT MESSAGE with an SMS-SUBMIT (TS 102 223 §6.6.9, TS 23.040 §9.2.2.2).

    The empty alpha identifier keeps the terminal from telling the user about it.
    """
    tpdu = bytes((_SMS_SUBMIT | _HAS_HEADER, 0x00)) + destination.to_bytes()
    tpdu += bytes((0x00, _DATA_CODING, len(user_data))) + user_data
    body = bytes.fromhex("8103011300") + tlv.encode(0x82, bytes((_UICC, _NETWORK))) + bytes.fromhex("0500")
    if service_centre:
        body += tlv.encode(0x86, service_centre)
    return tlv.encode(0xD0, body + tlv.encode(0x8B, tpdu))
