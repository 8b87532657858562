"""SCP80: secured packets between a network and a UICC (TS 102 225 §5; over SMS-PP: TS 31.115 §4), both sides.

A command packet is

    CPL(2) CHL(1) SPI(2) KIc(1) KID(1) TAR(3) | CNTR(5) PCNTR(1) [RC/CC/DS] data padding

and a response packet

    RPL(2) RHL(1) TAR(3) | CNTR(5) PCNTR(1) status(1) [RC/CC/DS] data padding

What stands right of the bar is ciphered where the SPI says so, in CBC with an initial chaining value of zero.
RC/CC/DS covers all other fields, lengths as they go out and padding in place; in a response over SMS-PP it
covers the user data header '027100' before the packet as well (TS 31.115 §4.3). Lengths and counters are
big-endian; the packet lengths do not count themselves.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple, Self

from cryptography.hazmat.primitives.constant_time import bytes_eq

from simulator.crypto.scp80_algorithms import (
    Check,
    Integrity,
    Key,
    Keys,
    ResponseStatus,
    SecurityError,
    block_length,
    check_of,
    decipher,
    encipher,
    padding_for,
)

__all__ = [
    "COUNTER_MAXIMUM",
    "NO_KEYS",
    "SMS_RESPONSE_HEADER",
    "CommandPacket",
    "CounterCheck",
    "Integrity",
    "Key",
    "Keys",
    "PorMode",
    "ResponsePacket",
    "ResponseStatus",
    "SecurityError",
    "Spi",
    "open_command",
    "open_response",
    "read_command_header",
    "response_capacity",
    "secure_command",
    "secure_response",
]

COUNTER_MAXIMUM: Final = (1 << 40) - 1
"""The highest value of CNTR; a receiver that has seen it is blocked (TS 102 225 §5.1.4)."""
SMS_RESPONSE_HEADER: Final = bytes.fromhex("027100")
"""User data header of a response packet in one SMS: response packet identifier (TS 31.115 §4.3)."""
_COMMAND_CLEAR: Final = 10
"""CPL to TAR: what is never ciphered in a command; in a response RPL to TAR."""
_RESPONSE_CLEAR: Final = 6
_COMMAND_HEADER: Final = 13
"""CHL of a command without RC/CC/DS: SPI to PCNTR; RHL of a response: TAR to status."""
_RESPONSE_HEADER: Final = 10


class CounterCheck(Enum):
    """SPI, first octet b4-b5."""

    NO_COUNTER = 0
    NOT_CHECKED = 1
    """A counter is there; replay and sequence are not checked."""
    HIGHER = 2
    """Processed if, and only if, the counter is higher than the receiver's."""
    ONE_HIGHER = 3


class PorMode(Enum):
    """Proof of receipt: SPI, second octet b1-b2."""

    NONE = 0
    ALWAYS = 1
    ON_ERROR = 2
    RESERVED = 3


class Spi(NamedTuple):
    """Security parameter indicator: how the command is secured, and how the response shall be."""

    integrity: Integrity = Integrity.NONE
    ciphered: bool = False
    counter: CounterCheck = CounterCheck.NO_COUNTER
    por: PorMode = PorMode.NONE
    por_integrity: Integrity = Integrity.NONE
    por_ciphered: bool = False
    por_by_submit: bool = False
    """The proof of receipt travels in an SMS-SUBMIT, not in the SMS-DELIVER-REPORT."""

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """From two octets; reserved bits (first b6-b8, second b7-b8) are passed over."""
        first, second = octets
        return cls(
            Integrity(first & 0x03),
            bool(first & 0x04),
            CounterCheck(first >> 3 & 0x03),
            PorMode(second & 0x03),
            Integrity(second >> 2 & 0x03),
            bool(second & 0x10),
            bool(second & 0x20),
        )

    def to_bytes(self) -> bytes:
        first = self.counter.value << 3 | self.ciphered << 2 | self.integrity.value
        second = self.por_by_submit << 5 | self.por_ciphered << 4 | self.por_integrity.value << 2
        return bytes((first, second | self.por.value))

    def reaches(self, minimum: int) -> bool:
        """Whether the command is as secure as a minimum security level asks for, which is coded as a first
        octet: integrity, ciphering and counter each no lower (TS 102 226 §8.2.1.3.2.4)."""
        first = self.to_bytes()[0]
        return all(first & mask >= minimum & mask for mask in (0x03, 0x04, 0x18))


NO_KEYS: Final = Keys()


class CommandPacket(NamedTuple):
    """A command packet, opened or yet to be secured. `counter`: 0 to 2^40 - 1."""

    spi: Spi
    kic: int
    kid: int
    tar: bytes
    counter: int = 0
    data: bytes = b""


class ResponsePacket(NamedTuple):
    """A response packet: the proof of receipt, and behind it what the application answers."""

    tar: bytes
    counter: int
    status: ResponseStatus
    data: bytes = b""


# --- command packets --------------------------------------------------------------------------------------


def secure_command(packet: CommandPacket, keys: Keys = NO_KEYS) -> bytes:
    """The command packet as it is sent, from CPL on. SecurityError '06' where keys or algorithms fail."""
    spi, kic, kid, tar, counter, data = packet
    check = check_of(spi.integrity, kid, keys.kid)
    padding = padding_for(kic, keys.kic, spi.ciphered, 6 + check.length + len(data))
    header_length = _COMMAND_HEADER + check.length
    packet_length = 1 + header_length + len(data) + len(padding)
    clear = packet_length.to_bytes(2, "big") + bytes((header_length,)) + spi.to_bytes()
    clear += bytes((kic, kid)) + tar
    counters = counter.to_bytes(5, "big") + bytes((len(padding),))
    body = counters + check.compute(clear + counters + data + padding) + data + padding
    return clear + (encipher(kic, keys.kic, body) if spi.ciphered else body)


def read_command_header(packet: bytes) -> CommandPacket:
    """What is never ciphered: SPI, KIc, KID and TAR; where nothing is ciphered, the counter too.

    SecurityError '06' unless CPL is the length of what follows it and the header fits into that.
    """
    if len(packet) < _COMMAND_CLEAR + 6 or int.from_bytes(packet[:2], "big") != len(packet) - 2:
        raise SecurityError(ResponseStatus.UNDEFINED_SECURITY_ERROR, "CPL is not the length of the packet")
    if packet[2] < _COMMAND_HEADER or packet[2] + 3 > len(packet):
        raise SecurityError(ResponseStatus.UNDEFINED_SECURITY_ERROR, "CHL is not the length of a header")
    spi = Spi.parse(packet[3:5])
    counter = 0 if spi.ciphered else int.from_bytes(packet[10:15], "big")
    return CommandPacket(spi, packet[5], packet[6], packet[7:10], counter)


def open_command(packet: bytes, keys: Keys = NO_KEYS) -> CommandPacket:
    """Decipher a command packet and verify its RC/CC/DS; the counter is for the caller to check.

    SecurityError '01' for a wrong RC/CC/DS, '05' where it cannot be deciphered, '06' for keys, algorithms or
    lengths that do not fit.
    """
    header = read_command_header(packet)
    clear, body = packet[:_COMMAND_CLEAR], packet[_COMMAND_CLEAR:]
    check = check_of(header.spi.integrity, header.kid, keys.kid)
    if clear[2] != _COMMAND_HEADER + check.length:
        raise SecurityError(ResponseStatus.UNDEFINED_SECURITY_ERROR, "CHL does not fit SPI and KID")
    if header.spi.ciphered:
        body = decipher(header.kic, keys.kic, body)
    counters, code, data = body[:6], body[6 : 6 + check.length], body[6 + check.length :]
    _verify(check, code, clear + counters + data)
    return header._replace(counter=int.from_bytes(counters[:5], "big"), data=_unpadded(data, counters[5]))


def _verify(check: Check, code: bytes, data: bytes) -> None:
    if len(code) != check.length or not bytes_eq(code, check.compute(data)):
        raise SecurityError(ResponseStatus.RC_CC_DS_FAILED, "RC/CC/DS is wrong")


def _unpadded(data: bytes, padding: int) -> bytes:
    if padding > len(data):
        raise SecurityError(ResponseStatus.CIPHERING_ERROR, f"PCNTR {padding} exceeds the data")
    return data[: len(data) - padding]


# --- response packets -------------------------------------------------------------------------------------


def secure_response(
    packet: ResponsePacket,
    command: CommandPacket,
    keys: Keys = NO_KEYS,
    prefix: bytes = SMS_RESPONSE_HEADER,
) -> bytes:
    """The response packet as it is sent, from RPL on, secured as the SPI of its command asks.

    `prefix` is what RC/CC/DS covers in front of the packet: over SMS-PP the user data header.
    """
    spi = command.spi
    check = check_of(spi.por_integrity, command.kid, keys.kid)
    padding = padding_for(command.kic, keys.kic, spi.por_ciphered, 7 + check.length + len(packet.data))
    header_length = _RESPONSE_HEADER + check.length
    packet_length = 1 + header_length + len(packet.data) + len(padding)
    clear = packet_length.to_bytes(2, "big") + bytes((header_length,)) + packet.tar
    fields = packet.counter.to_bytes(5, "big") + bytes((len(padding), packet.status))
    body = fields + check.compute(prefix + clear + fields + packet.data + padding) + packet.data + padding
    return clear + (encipher(command.kic, keys.kic, body) if spi.por_ciphered else body)


def response_capacity(length: int, command: CommandPacket, keys: Keys = NO_KEYS) -> int:
    """How many bytes of data fit into a response packet of at most `length` bytes, RPL included."""
    check = check_of(command.spi.por_integrity, command.kid, keys.kid)
    body = length - _RESPONSE_CLEAR
    if command.spi.por_ciphered:
        body -= body % block_length(command.kic, keys.kic)
    return max(0, body - 7 - check.length)


def open_response(
    packet: bytes,
    command: CommandPacket,
    keys: Keys = NO_KEYS,
    prefix: bytes = SMS_RESPONSE_HEADER,
) -> ResponsePacket:
    """Decipher the response to a command and verify its RC/CC/DS. SecurityError as `open_command`."""
    if len(packet) < _RESPONSE_CLEAR + 7 or int.from_bytes(packet[:2], "big") != len(packet) - 2:
        raise SecurityError(ResponseStatus.UNDEFINED_SECURITY_ERROR, "RPL is not the length of the packet")
    clear, body = packet[:_RESPONSE_CLEAR], packet[_RESPONSE_CLEAR:]
    check = check_of(command.spi.por_integrity, command.kid, keys.kid)
    if clear[2] != _RESPONSE_HEADER + check.length:
        raise SecurityError(ResponseStatus.UNDEFINED_SECURITY_ERROR, "RHL does not fit SPI and KID")
    if command.spi.por_ciphered:
        body = decipher(command.kic, keys.kic, body)
    fields, code, data = body[:7], body[7 : 7 + check.length], body[7 + check.length :]
    _verify(check, code, prefix + clear + fields + data)
    try:
        status = ResponseStatus(fields[6])
    except ValueError:
        message = f"status {fields[6]:02X} is reserved"
        raise SecurityError(ResponseStatus.UNDEFINED_SECURITY_ERROR, message) from None
    counter = int.from_bytes(fields[:5], "big")
    return ResponsePacket(clear[3:], counter, status, _unpadded(data, fields[5]))
