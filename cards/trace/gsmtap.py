"""GSMTAP packets of type SIM, as Wireshark decodes them: UDP port 4729, a header of 16 bytes, then an ATR or
a command with its answer in the form of T=0 (osmocom.org, GSMTAP version 2; ISO/IEC 7816-3 §12.2).
"""

from __future__ import annotations

import socket
import struct

from cards.apdu import ApduError, CommandApdu
from cards.status import StatusWord
from cards.trace.entries import Entry, Exchange, Reset, TraceError

PORT = 4729
_HEADER = struct.Struct(">BBBBHbbIBBBB")
_VERSION, _WORDS, _TYPE_SIM = 2, 4, 4
_APDU, _ATR = 0, 1
"""Sub-types: a command with data and status word in one packet, and an answer to reset."""
_OUTGOING = frozenset((0x12, 0x70, 0x84, 0xB0, 0xB2, 0xC0, 0xCA, 0xF2))
"""INS whose P3 is Le: FETCH, MANAGE CHANNEL, GET CHALLENGE, READ BINARY, READ RECORD, GET RESPONSE, GET DATA,
STATUS."""


def encode(entry: Entry) -> bytes:
    """The packet of an entry."""
    if isinstance(entry, Reset):
        return _header(_ATR) + entry.atr
    return _header(_APDU) + _tpdu(entry.command) + entry.response


def _header(sub_type: int) -> bytes:
    return _HEADER.pack(_VERSION, _WORDS, _TYPE_SIM, 0, 0, 0, 0, 0, sub_type, 0, 0, 0)


def _tpdu(command: bytes) -> bytes:
    """CLA INS P1 P2 P3 and data: Le of case 4 has no place in it, and case 1 has P3 '00'. An extended
    command, which T=0 has no single form for, and bytes that are no command go as they are."""
    try:
        parsed = CommandApdu.parse(command)
    except ApduError:
        return command
    if parsed.extended:
        return command
    if parsed.data:
        return parsed.header + bytes((len(parsed.data),)) + parsed.data
    return parsed.header + bytes(((parsed.le or 0) & 0xFF,))


def decode(packet: bytes, time: float = 0.0) -> Entry | None:
    """The entry of a packet; None for one of another kind. TraceError if it is no GSMTAP."""
    if len(packet) < _HEADER.size or packet[0] != _VERSION:
        raise TraceError("a packet to port 4729 is no GSMTAP of version 2")
    _, words, kind, _, _, _, _, _, sub_type, *_ = _HEADER.unpack(packet[: _HEADER.size])
    payload = packet[4 * words :]
    if kind != _TYPE_SIM:
        return None
    if sub_type == _ATR:
        return Reset(payload, time)
    return _exchange(payload, time) if sub_type == _APDU else None


def _exchange(payload: bytes, time: float) -> Exchange:
    """Cuts header, P3, data and status word apart again. What P3 counts follows from how much there is, from
    the status word (an error brings no data) and, where that leaves both open, from INS."""
    if len(payload) < 7:
        raise TraceError(f"a GSMTAP packet has {len(payload)} bytes of APDU, at least 7 are due")
    header, p3, body, sw = payload[:4], payload[4], payload[5:-2], StatusWord.from_bytes(payload[-2:], "big")
    if p3 == 0 and len(body) > 256 and _is_extended(payload):
        lc = int.from_bytes(payload[5:7], "big")
        return Exchange(payload[: 7 + lc], payload[7 + lc :], time)
    brings = StatusWord(sw).is_success or StatusWord(sw).is_warning
    is_answer = len(body) < p3 or p3 == 0 or (len(body) == p3 and brings and header[1] in _OUTGOING)
    if is_answer:
        has_le = p3 or body or (brings and header[1] in _OUTGOING)
        return Exchange(header + (payload[4:5] if has_le else b""), payload[5:], time)
    data, answer = body[:p3], body[p3:]
    le = b"\0" if answer else b""
    return Exchange(header + payload[4:5] + data + le, answer + payload[-2:], time)


def _is_extended(payload: bytes) -> bool:
    return 256 <= int.from_bytes(payload[5:7], "big") <= len(payload) - 9


class UdpSink:
    """Sends each entry to a host at once. Nobody needs to listen there."""

    def __init__(self, host: str = "127.0.0.1", port: int = PORT) -> None:
        """TraceError if the host is not known."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except OSError as error:
            raise TraceError(f"cannot send a trace to {host}: {error.strerror or error}") from None
        self._socket = socket.socket(family, kind, protocol)
        self._address = address

    def take(self, entry: Entry, /) -> None:
        # A host that refuses answers with ICMP, which shows as an error at the next packet.
        try:
            self._socket.sendto(encode(entry), self._address)
        except ConnectionError:
            self._socket.sendto(encode(entry), self._address)

    def close(self) -> None:
        self._socket.close()
