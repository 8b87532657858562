"""Packet captures: GSMTAP in UDP in IPv4, written as pcapng and read from pcapng and pcap, so that Wireshark
shows a trace (IETF draft-ietf-opsawg-pcapng §3, §4; draft-ietf-opsawg-pcap §4, §5).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from cards.trace import gsmtap
from cards.trace.entries import Entry, TraceError

SECTION = b"\x0a\x0d\x0d\x0a"
_INTERFACE, _SIMPLE, _ENHANCED = 1, 3, 6
_BYTE_ORDER = 0x1A2B3C4D
_ETHERNET, _RAW, _LINUX_SLL, _IPV4, _NULL, _LINUX_SLL2 = 1, 101, 113, 228, 0, 276
_LINK_HEADERS = {_ETHERNET: 14, _RAW: 0, _LINUX_SLL: 16, _IPV4: 0, _NULL: 4, _LINUX_SLL2: 20, 12: 0, 14: 0}
"""Link type → bytes before the IP header."""
_COMMENT, _APPLICATION, _RESOLUTION = 1, 4, 9
"""Options: opt_comment, shb_userappl, if_tsresol."""
PCAP_MAGICS = {
    b"\xa1\xb2\xc3\xd4": (">", 1e-6),
    b"\xd4\xc3\xb2\xa1": ("<", 1e-6),
    b"\xa1\xb2\x3c\x4d": (">", 1e-9),
    b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
}
"""First four bytes of a pcap file → byte order and unit of time."""


class PcapngSink:
    """Writes each entry as a packet, so that the file is whole whenever the program ends."""

    def __init__(self, file: BinaryIO, application: str = "esim-simulator") -> None:
        self._file = file
        options = _option(_APPLICATION, application.encode()) + bytes(4)
        file.write(
            _block(int.from_bytes(SECTION, "little"), struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1) + options)
        )
        # Times are in microseconds, which is the resolution without the option.
        file.write(_block(_INTERFACE, struct.pack("<HHI", _RAW, 0, 0)))
        file.flush()

    def take(self, entry: Entry, /, comment: str = "") -> None:
        """Write a packet; `comment` is what Wireshark shows beside it."""
        packet = _datagram(gsmtap.encode(entry))
        high, low = divmod(round(entry.time * 1e6), 1 << 32)
        body = struct.pack("<IIIII", 0, high, low, len(packet), len(packet)) + _padded(packet)
        if comment:
            body += _option(_COMMENT, comment.encode()) + bytes(4)
        self._file.write(_block(_ENHANCED, body))
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


def _datagram(payload: bytes) -> bytes:
    """UDP in IPv4 from and to this host; a UDP checksum of 0 says that there is none (RFC 768)."""
    udp = struct.pack(">HHHH", gsmtap.PORT, gsmtap.PORT, 8 + len(payload), 0) + payload
    local = bytes((127, 0, 0, 1))
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0x4000, 64, 17, 0) + local + local
    return header[:10] + struct.pack(">H", _checksum(header)) + header[12:] + udp


def _checksum(header: bytes) -> int:
    """RFC 791: the complement of the sum of 16-bit words, carries added."""
    total: int = sum(struct.unpack(f">{len(header) // 2}H", header))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def is_capture(data: bytes) -> bool:
    """Whether the bytes begin as pcapng or pcap does."""
    return data[:4] == SECTION or data[:4] in PCAP_MAGICS


def read(data: bytes) -> list[Entry]:
    """The entries of a capture, other packets left out. TraceError if it is damaged."""
    packets = _pcapng(data) if data[:4] == SECTION else _pcap(data)
    try:
        payloads = ((time, _payload(link, packet)) for time, link, packet in packets)
        found = [gsmtap.decode(payload, time) for time, payload in payloads if payload]
    except (struct.error, IndexError):
        raise TraceError("the capture is damaged: it ends within a block") from None
    return [entry for entry in found if entry is not None]


def _pcap(data: bytes) -> Iterator[tuple[float, int, bytes]]:
    order, unit = PCAP_MAGICS[data[:4]]
    link = struct.unpack_from(f"{order}I", data, 20)[0] & 0x0FFFFFFF
    offset = 24
    while offset < len(data):
        seconds, fraction, captured, _ = struct.unpack_from(f"{order}IIII", data, offset)
        offset += 16
        yield seconds + fraction * unit, link, data[offset : offset + captured]
        offset += captured


def _pcapng(data: bytes) -> Iterator[tuple[float, int, bytes]]:
    order, offset = "<", 0
    interfaces: list[tuple[int, float]] = []
    while offset < len(data):
        if data[offset : offset + 4] == SECTION:
            order = "<" if data[offset + 8 : offset + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack_from(f"{order}II", data, offset)
        if length < 12 or offset + length > len(data):
            raise TraceError(f"the capture is damaged: the block at byte {offset} claims {length} bytes")
        body = data[offset + 8 : offset + length - 4]
        if kind == _INTERFACE:
            interfaces.append((struct.unpack_from(f"{order}H", body)[0], _unit(order, body[8:])))
        elif kind == _ENHANCED:
            number, high, low, captured, _ = struct.unpack_from(f"{order}IIIII", body)
            link, unit = interfaces[number]
            yield (high << 32 | low) * unit, link, body[20 : 20 + captured]
        elif kind == _SIMPLE:
            yield 0.0, interfaces[0][0], body[4:]
        offset += length


def _unit(order: str, options: bytes) -> float:
    """The unit of an interface's times in seconds: if_tsresol, else a microsecond."""
    offset = 0
    while offset + 4 <= len(options):
        code, length = struct.unpack_from(f"{order}HH", options, offset)
        if code == _RESOLUTION and length == 1:
            exponent = options[offset + 4]
            return float(2.0 ** -(exponent & 0x7F) if exponent & 0x80 else 10.0**-exponent)
        if not code:
            break
        offset += 4 + length + -length % 4
    return 1e-6


def _payload(link: int, packet: bytes) -> bytes:
    """What a UDP packet to port 4729 carries; nothing for any other packet."""
    if link not in _LINK_HEADERS:
        return b""
    offset = _LINK_HEADERS[link]
    if link == _ETHERNET and packet[12:14] == b"\x81\x00":
        offset += 4
    version = packet[offset] >> 4 if len(packet) > offset else 0
    if version == 4 and packet[offset + 9] == 17:
        offset += 4 * (packet[offset] & 0x0F)
    elif version == 6 and packet[offset + 6] == 17:
        offset += 40
    else:
        return b""
    _, destination, length, _ = struct.unpack_from(">HHHH", packet, offset)
    return packet[offset + 8 : offset + length] if destination == gsmtap.PORT else b""
