"""Short messages: the TPDUs of TS 23.040 §9.2.2, and the secured packets that they carry (TS 31.115 §4, TS
102 225 §5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cards.explain.fields import Cursor, Decoder, Field, Unreadable, hexadecimal, named, number
from cards.explain.numbers import dialled, minutes_and_hours, time_stamp, type_of_number
from cards.text import from_septets

_UDHI, _REPLY_PATH, _STATUS_REPORT = 0x40, 0x80, 0x20
_TYPES = {0: "SMS-DELIVER", 1: "SMS-SUBMIT", 2: "SMS-STATUS-REPORT", 3: "reserved"}
_VALIDITY = {0: "no validity period", 2: "relative validity period", 1: "enhanced", 3: "absolute"}
_COMMAND_PACKET, _RESPONSE_PACKET = 0x70, 0x71
_RESPONSE_HEADER = b"\x02\x71\x00"
SECURED_PACKET, CIPHERED = "secured packet", "ciphered: counter, padding, checksum, data"
PART = "part of a message"
"""8-bit data of one of several short messages, which `packets` joins."""
HEADER_LENGTH, RESPONSE_HEADER_LENGTH = 13, 10
"""CHL of a command packet and RHL of a response packet without a checksum."""
RESPONSE_LENGTH = "packet length (RPL)"
_IDENTIFIERS = {
    0x00: "part of a long message", 0x01: "special message indication", 0x04: "application port, 8 bits",
    0x05: "application port, 16 bits", 0x08: "part of a long message, 16-bit reference",
    0x24: "national language, single shift", 0x25: "national language, locking shift",
    _COMMAND_PACKET: "command packet", _RESPONSE_PACKET: "response packet",
}  # fmt: skip
"""Information elements of the user data header (TS 23.040 §9.2.3.24, TS 31.115 §4.3)."""
_LONG = {0x00: 3, 0x08: 4}
"""Elements that number the parts of a long message, and the length of their values."""
_PROTOCOLS = {0x00: "mobile to mobile", 0x7F: "(U)SIM data download", 0x40: "short message type 0"}


def protocol(data: bytes) -> str:
    """TP-PID (TS 23.040 §9.2.3.9)."""
    return f"{data[0]:02X}: {_PROTOCOLS.get(data[0], 'another protocol')}"


def coding(data: bytes) -> str:
    """TP-DCS (TS 23.038 §4)."""
    value = data[0]
    alphabet = ("7-bit", "8-bit", "UCS2", "reserved")[alphabet_of(value)]
    return f"{value:02X}: {alphabet}{_class(value)}"


def alphabet_of(scheme: int) -> int:
    """0: 7-bit, 1: 8-bit, 2: UCS2, 3: reserved."""
    if scheme >> 6 in (0, 1):
        return scheme >> 2 & 3
    if scheme >> 4 == 0xF:
        return scheme >> 2 & 1
    return 2 if scheme >> 4 == 0xE else 0


def _class(scheme: int) -> str:
    has_class = scheme >> 4 == 0xF or (scheme >> 7 == 0 and scheme & 0x10)
    names = ("at once on the display", "for the terminal", "for the (U)SIM", "for other equipment")
    return f", class {scheme & 3} ({names[scheme & 3]})" if has_class else ""


def service_centre(cursor: Cursor) -> Iterator[Field]:
    """Length in bytes of TON and digits, then these (TS 24.011 §8.2.5.1)."""
    length = cursor.peek()
    yield cursor.field("length of service centre", 1, number)
    if length[0]:
        ton = cursor.peek()[0] if cursor.left else 0
        yield cursor.field("type of number", 1, type_of_number)
        yield cursor.field("service centre", length[0] - 1, lambda data: dialled(ton, data))


def address(cursor: Cursor, name: str) -> Iterator[Field]:
    """Number of digits, TON/NPI, digits (TS 23.040 §9.1.2.5)."""
    count = cursor.peek()
    yield cursor.field(f"length of {name} in digits", 1, number)
    ton = cursor.peek()
    yield cursor.field("type of number", 1, type_of_number)
    size = (count[0] + 1) // 2

    def words(data: bytes) -> str:
        if ton[0] >> 4 & 7 == 5:
            return f"“{unpacked(data, 4 * count[0] // 7, 0)}”"
        return dialled(ton[0], data)

    yield cursor.field(name, size, words)


def unpacked(octets: bytes, count: int, skipped_bits: int) -> str:
    """`count` septets, of which the first begins at a bit (TS 23.038 §6.1.2.1)."""
    bits = int.from_bytes(octets, "little") >> skipped_bits
    return from_septets(bytes(bits >> 7 * at & 0x7F for at in range(count)))


def tpdu(cursor: Cursor) -> Iterator[Field]:
    """An SMS-DELIVER or SMS-SUBMIT; others up to their first byte."""
    first = cursor.peek()
    if not first:
        raise Unreadable("there is no TPDU")
    kind = first[0] & 3
    bits = {7: "user data begins with a header", 8: "reply path", 6: "status report asked for"}
    yield cursor.field("message type", 1, lambda _: _TYPES[kind], "TS 23.040 §9.2.3.1")
    found = [text for bit, text in bits.items() if first[0] >> (bit - 1) & 1]
    yield Field("parameters", ", ".join(found) or "none", cursor.at - 1, 1)
    if kind == 0:
        yield from address(cursor, "originating address")
    elif kind == 1:
        yield cursor.field("message reference", 1, number)
        yield from address(cursor, "destination address")
    else:
        return
    yield cursor.field("protocol identifier", 1, protocol, "TS 23.040 §9.2.3.9")
    scheme = cursor.peek()
    yield cursor.field("data coding scheme", 1, coding, "TS 23.038 §4")
    if kind == 0:
        yield cursor.field("service centre time stamp", 7, time_stamp, "TS 23.040 §9.2.3.11")
    else:
        yield from _validity(cursor, first[0] >> 3 & 3)
    yield from _user_data(cursor, scheme[0], bool(first[0] & _UDHI))


def _validity(cursor: Cursor, form: int) -> Iterator[Field]:
    if form == 2:
        yield cursor.field("validity period", 1, lambda data: minutes_and_hours(data[0]))
    elif form == 3:
        yield cursor.field("validity period", 7, time_stamp)
    elif form == 1:
        yield cursor.field("validity period", 7)


def _user_data(cursor: Cursor, scheme: int, has_header: bool) -> Iterator[Field]:
    length = cursor.peek()
    packed = alphabet_of(scheme) == 0
    yield cursor.field("length of user data", 1, lambda data: f"{data[0]} {'septets' if packed else 'bytes'}")
    size = min((7 * length[0] + 7) // 8 if packed else length[0], cursor.left)
    start, end = cursor.at, cursor.at + size
    identifiers: set[int] = set()
    if has_header and size:
        identifiers = {identifier for identifier, _ in elements(cursor.data[start:end])}
        yield cursor.group(
            "user data header", min(1 + cursor.peek()[0], size), _header, "TS 23.040 §9.2.3.24"
        )
    if identifiers & set(_LONG) and alphabet_of(scheme) == 1 and part_of(cursor.data[start:end]):
        yield cursor.field(PART, end - cursor.at, clause="TS 23.040 §9.2.3.24.1")
        return
    if decoder := packet_decoder(identifiers):
        yield cursor.group(SECURED_PACKET, end - cursor.at, decoder, "TS 31.115 §4")
        return
    skipped = cursor.at - start
    if packed:
        count = length[0] - (8 * skipped + 6) // 7
        bits = (8 * skipped + 6) // 7 * 7 - 8 * skipped
        yield cursor.field("text", end - cursor.at, lambda data: f"“{unpacked(data, max(count, 0), bits)}”")
    elif alphabet_of(scheme) == 2:
        yield cursor.field("text", end - cursor.at, lambda data: f"“{data.decode('utf-16-be', 'replace')}”")
    else:
        yield cursor.field("user data", end - cursor.at, hexadecimal)


def packet_decoder(identifiers: set[int]) -> Decoder | None:
    """What follows a user data header with these elements, if it is a secured packet."""
    if _COMMAND_PACKET in identifiers:
        return command_packet
    return response_packet if _RESPONSE_PACKET in identifiers else None


class Part(NamedTuple):
    """Which of several short messages one is."""

    reference: int
    total: int
    number: int


def elements(user_data: bytes) -> Iterator[tuple[int, bytes]]:
    """Identifier and value of the information elements of a user data header."""
    end, at = min(1 + user_data[0], len(user_data)), 1
    while at + 1 < end:
        length = user_data[at + 1]
        yield user_data[at], user_data[at + 2 : min(at + 2 + length, end)]
        at += 2 + length


def part_of(user_data: bytes) -> Part | None:
    """The place in a long message that a user data header gives; None for a message of one part."""
    for identifier, value in elements(user_data):
        if len(value) == _LONG.get(identifier):
            total, number = value[-2:]
            if 1 <= number <= total > 1:
                return Part(int.from_bytes(value[:-2], "big"), total, number)
    return None


def _header(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("length", 1, number)
    while cursor.left >= 2:
        identifier, length = cursor.peek(2)
        name = _IDENTIFIERS.get(identifier, "information element")
        start = cursor.at
        cursor.take(2)
        value = cursor.take(length)
        yield Field(f"{name} ({identifier:02X})", hexadecimal(value), start, 2 + length)


_CIPHERS = {0: "none", 1: "DES or triple DES", 2: "AES", 3: "proprietary"}
_MODES = {0: "DES, CBC", 1: "triple DES, two keys", 2: "triple DES, three keys", 3: "DES, ECB"}
_COUNTERS = {
    0: "no counter",
    1: "counter, not checked",
    2: "counter, must be higher",
    3: "counter, one higher",
}
_CHECKS = {0: "no integrity", 1: "redundancy check", 2: "cryptographic checksum", 3: "digital signature"}
_RECEIPTS = {0: "no response", 1: "response always", 2: "response on error", 3: "reserved"}
STATUS_CODES = {
    0x00: "PoR OK", 0x01: "RC/CC/DS failed", 0x02: "counter too low", 0x03: "counter too high",
    0x04: "counter blocked", 0x05: "ciphering error", 0x06: "unidentified security error",
    0x07: "insufficient memory", 0x08: "more time needed", 0x09: "TAR unknown",
    0x0A: "insufficient security level", 0x0B: "response in SMS-SUBMIT follows",
    0x0C: "response over USSD follows",
}  # fmt: skip
"""Response status codes (TS 102 225 Table 5)."""


def security_level(data: bytes) -> str:
    """The first byte of SPI, which is the minimum security level of an application, too."""
    first = data[0]
    ciphered = "ciphered" if first & 4 else "not ciphered"
    return "; ".join((_CHECKS[first & 3], ciphered, _COUNTERS[first >> 3 & 3]))


def security_parameters(data: bytes) -> str:
    """SPI, two bytes (TS 102 225 §5.1.1)."""
    second = data[1]
    said = [security_level(data[:1]), _RECEIPTS[second & 3]]
    if second & 3:
        said.append(f"response with {_CHECKS[second >> 2 & 3]}{', ciphered' if second & 0x10 else ''}")
    return "; ".join(said)


def key(data: bytes) -> str:
    """KIc or KID: algorithm, mode, key version (TS 102 225 §5.1.2, §5.1.3)."""
    algorithm, version = data[0] & 3, data[0] >> 4
    mode = f" ({_MODES[data[0] >> 2 & 3]})" if algorithm == 1 else ""
    return f"{_CIPHERS[algorithm]}{mode}, key version {version}"


def command_packet(cursor: Cursor) -> Iterator[Field]:
    """CPL, CHL, SPI, KIc, KID, TAR, then what may be ciphered: counter, padding count, checksum, data."""
    yield cursor.field("packet length (CPL)", 2, number)
    length = cursor.peek()
    yield cursor.field("header length (CHL)", 1, number)
    parameters = cursor.peek(2)
    yield cursor.field("security parameters (SPI)", 2, security_parameters, "TS 102 225 §5.1.1")
    yield cursor.field("ciphering key (KIc)", 1, key, "TS 102 225 §5.1.2")
    yield cursor.field("integrity key (KID)", 1, key, "TS 102 225 §5.1.3")
    yield cursor.field("application (TAR)", 3, hexadecimal, "TS 101 220 annex D")
    if parameters[0] & 4:
        yield cursor.field(CIPHERED, None)
        return
    yield from secured_part(cursor, length[0] - HEADER_LENGTH)


def secured_part(cursor: Cursor, checksum: int) -> Iterator[Field]:
    """Counter, number of padding bytes, checksum of so many bytes, data (TS 102 225 §5.1)."""
    yield cursor.field("counter", 5, number)
    padding = cursor.peek()
    yield cursor.field("padding bytes", 1, number)
    if checksum > 0:
        yield cursor.field("checksum", checksum)
    # A script holds commands, which may hold short messages in turn.
    from cards.explain.scripts import script

    end = max(0, cursor.left - padding[0])
    yield cursor.group("secured data", end, script)
    if cursor.left:
        yield cursor.field("padding", None)


def delivery_report(cursor: Cursor) -> Iterator[Field]:
    """What the card answers to a download: the user data of a delivery report, with a response packet if a
    command packet was in it (TS 31.115 §4.4)."""
    if cursor.peek(3) != _RESPONSE_HEADER:
        yield cursor.field("user data", None)
        return
    yield cursor.group("user data header", 3, _header, "TS 23.040 §9.2.3.24")
    yield cursor.group(SECURED_PACKET, None, response_packet, "TS 31.115 §4.4")


def response_packet(cursor: Cursor, *, ciphered: bool = False) -> Iterator[Field]:
    """RPL, RHL, TAR, counter, padding count, status, checksum, data (TS 102 225 §5.2). That it is ciphered
    does not stand in it, but in the SPI of the command packet."""
    yield cursor.field(RESPONSE_LENGTH, 2, number)
    length = cursor.peek()
    yield cursor.field("header length (RHL)", 1, number)
    tar = cursor.peek(3)
    yield cursor.field("application (TAR)", 3, hexadecimal)
    if ciphered:
        yield cursor.field(CIPHERED, None)
        return
    yield from response_part(cursor, length[0] - RESPONSE_HEADER_LENGTH, tar)


def response_part(cursor: Cursor, checksum: int, tar: bytes) -> Iterator[Field]:
    """What of a response packet may be ciphered: counter, padding count, status, checksum of so many bytes,
    data, which remote management lays down (TS 102 226 §5.2)."""
    yield cursor.field("counter", 5, number)
    padding = cursor.peek()
    yield cursor.field("padding bytes", 1, number)
    yield cursor.field("response status", 1, named(STATUS_CODES))
    if checksum > 0:
        yield cursor.field("checksum", checksum)
    end = max(0, cursor.left - padding[0])
    if end:
        from cards.explain.scripts import response

        is_managed = tar == bytes(3) or tar[:2] == _REMOTE_FILES
        yield (
            cursor.group("response data", end, response) if is_managed else cursor.field("response data", end)
        )
    if cursor.left:
        yield cursor.field("padding", None)


_REMOTE_FILES = b"\xb0\x00"
"""TARs of remote file management begin so; the issuer security domain's is zero (TS 101 220 annex D)."""


STORED_STATUS = named(
    {
        0x00: "free", 0x01: "received, read", 0x03: "received, to be read", 0x07: "to be sent",
        0x05: "sent, status not asked for", 0x0D: "sent, status report asked for, not received",
        0x15: "sent, status report received", 0x1D: "sent, status report received and stored",
    }
)  # fmt: skip
"""TS 31.102 §4.2.25."""


def stored(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.SMS: status, service centre, TPDU."""
    status = cursor.peek()
    yield cursor.field("status", 1, STORED_STATUS)
    if status[0] & 7 and cursor.rest.strip(b"\xff"):
        yield from service_centre(cursor)
        yield from tpdu(cursor)


def report(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.SMSR: the record of EF.SMS, then an SMS-STATUS-REPORT."""
    yield cursor.field("record of EF.SMS", 1, lambda data: number(data) if data[0] else "none")
    if cursor.rest.strip(b"\xff"):
        yield cursor.field("status report", None)
