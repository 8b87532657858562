"""Numbers and places that many files and messages hold: PLMNs, areas, addresses, dates, access
technologies."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from cards.explain.fields import (
    Cursor,
    Decoder,
    Field,
    Unreadable,
    ascii_text,
    hexadecimal,
    named,
    number,
    or_unused,
    utf8,
)
from cards.identities import Plmn, swap_nibbles
from cards.text import decode_alpha

_SINGLE = {0x8000: "UTRAN", 0x0800: "NG-RAN", 0x0400: "satellite NG-RAN", 0x0040: "GSM COMPACT"}
_SINGLE |= {0x0020: "cdma2000 HRPD", 0x0010: "cdma2000 1xRTT"}
_E_UTRAN = {0x4000: "E-UTRAN", 0x5000: "E-UTRAN (NB-S1)", 0x6000: "E-UTRAN (WB-S1)", 0x7000: "E-UTRAN"}
_GSM = {0x80: "GSM and EC-GSM-IoT", 0x84: "GSM", 0x88: "EC-GSM-IoT", 0x8C: "GSM and EC-GSM-IoT"}
"""Bits of the Access Technology Identifier, and two groups that are read together (TS 31.102 §4.2.5)."""


def plmn(data: bytes) -> str:
    """Three bytes of MCC and MNC (TS 24.008 §10.5.1.13)."""
    return str(Plmn.from_bytes(data))


def bcd(data: bytes) -> str:
    """Digits two to a byte, swapped, filled with 'F'; 'A' to 'C' of them are '*', '#' and 'p'."""
    digits = swap_nibbles(data).rstrip("F")
    return digits.translate(str.maketrans("ABCDE", "*#pab")) or "none"


def plmns(cursor: Cursor) -> Iterator[Field]:
    """A list of PLMNs, of which 'FFFFFF' is an empty place."""
    place = 0
    while cursor.left >= 3:
        place += 1
        if cursor.peek(3) != b"\xff\xff\xff":
            yield cursor.field(f"PLMN {place}", 3, plmn)
        else:
            cursor.take(3)
    if not place:
        raise Unreadable("a PLMN has 3 bytes")


def access_technologies(data: bytes) -> str:
    """Two bytes of Access Technology Identifier (TS 31.102 §4.2.5)."""
    value = int.from_bytes(data, "big")
    found = [text for bit, text in _SINGLE.items() if value & bit]
    found += [_E_UTRAN[value & 0x7000]] if value & 0x4000 else []
    found += [_GSM[value & 0x8C]] if value & 0x80 else []
    return ", ".join(found) or "none named"


def plmns_with_access(cursor: Cursor) -> Iterator[Field]:
    """A list of PLMNs, each with access technologies, 5 bytes (TS 31.102 §4.2.5)."""
    place = 0
    while cursor.left >= 5:
        place += 1
        if cursor.peek(3) == b"\xff\xff\xff":
            cursor.take(5)
            continue
        start = cursor.at
        network = cursor.field("PLMN", 3, plmn, "TS 24.008 §10.5.1.13")
        access = cursor.field("access technologies", 2, access_technologies)
        yield Field(f"PLMN {place}", f"{network.value} ({access.value})", start, 5, "", (network, access))
    if not place:
        raise Unreadable("a PLMN with access technologies has 5 bytes")


def area(name: str, code: str, length: int, clause: str) -> Decoder:
    """A PLMN and a code within it: LAI (LAC), TAI (TAC)."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        yield cursor.field(f"{name}: PLMN", 3, or_unused(plmn), clause)
        yield cursor.field(f"{name}: {code}", length)

    return decode


TYPES_OF_NUMBER = {
    0: "unknown", 1: "international", 2: "national", 3: "network specific", 4: "subscriber",
    5: "alphanumeric", 6: "abbreviated", 7: "reserved",
}  # fmt: skip
NUMBERING_PLANS = {
    0: "unknown", 1: "ISDN (E.164)", 3: "data (X.121)", 4: "telex", 8: "national", 9: "private",
    15: "reserved",
}  # fmt: skip
"""TON and NPI (TS 24.008 Table 10.5.118)."""


def type_of_number(data: bytes) -> str:
    """TON/NPI, one byte."""
    value = data[0]
    kind = TYPES_OF_NUMBER[value >> 4 & 7]
    return f"{value:02X}: {kind}, {NUMBERING_PLANS.get(value & 15, 'reserved')}"


def dialled(ton: int, digits: bytes) -> str:
    """A number as people write it."""
    text = bcd(digits)
    return f"+{text}" if ton >> 4 & 7 == 1 and text != "none" else text


def number_of_length(name: str, size: int) -> Decoder:
    """Length of TON and digits, TON/NPI, digits in `size` bytes (TS 31.102 §4.4.2.3)."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        length = cursor.peek()
        yield cursor.field(f"length of {name}", 1, or_unused(number, "no number"))
        ton = cursor.peek()
        yield cursor.field("type of number", 1, or_unused(type_of_number), "TS 24.008 Table 10.5.118")
        used = max(0, length[0] - 1) if length and length[0] <= size + 1 else size
        digits = cursor.peek(used)
        yield cursor.field(name, size, or_unused(lambda _: dialled(ton[0], digits)))

    return decode


def alpha(data: bytes) -> str:
    """A name in the coding of TS 102 221 annex A, in quotation marks."""
    text = decode_alpha(data)
    return f"“{text}”" if text else "empty"


def time_stamp(data: bytes) -> str:
    """Seven bytes of swapped BCD: year, month, day, hour, minute, second, and quarters of an hour from UTC
    (TS 23.040 §9.2.3.11)."""
    if len(data) != 7:
        raise Unreadable(f"a time stamp has 7 bytes, not {len(data)}")
    digits = swap_nibbles(data[:6])
    if not digits.isdecimal():
        raise Unreadable("a time stamp consists of digits")
    year, month, day, hour, minute, second = (digits[at : at + 2] for at in range(0, 12, 2))
    stamp = f"20{year}-{month}-{day} {hour}:{minute}:{second}"
    if data[6] == 0xFF:
        return stamp
    quarters = (data[6] & 0x07) * 10 + (data[6] >> 4)
    sign = "-" if data[6] & 0x08 else "+"
    return f"{stamp} UTC{sign}{quarters // 4:02}:{quarters % 4 * 15:02}"


def minutes_and_hours(value: int) -> str:
    """The validity period of a short message in its relative format (TS 23.040 §9.2.3.12.1)."""
    if value <= 143:
        total = (value + 1) * 5
        return f"{total} minutes" if total < 60 else f"{total // 60} h {total % 60:02} min"
    if value <= 167:
        total = (value - 143) * 30
        return f"{12 + total // 60} h {total % 60:02} min"
    return f"{value - 166} days" if value <= 196 else f"{value - 192} weeks"


def typed_address(data: bytes) -> str:
    """A type (0 name, 1 IPv4, 2 IPv6) and the address."""
    kind, value = data[0], data[1:]
    if kind == 0:
        return utf8(value)
    if (kind, len(value)) in ((1, 4), (2, 16)):
        return str(ip_address(value))
    raise Unreadable(f"address type {kind} with {len(value)} bytes")


def labels(data: bytes) -> str:
    """A domain name or APN as labels, each after its length (TS 23.003 §9.1)."""
    found, offset = [], 0
    while offset < len(data):
        length = data[offset]
        if offset + 1 + length > len(data):
            raise Unreadable("a label runs over the end")
        found.append(ascii_text(data[offset + 1 : offset + 1 + length]))
        offset += 1 + length
    return ".".join(found)


UPDATE_STATUS = named(
    {0: "updated", 1: "not updated", 2: "PLMN not allowed", 3: "area not allowed", 7: "reserved"}
)
"""Status of a location update (TS 31.102 §4.2.17)."""
ROAMING_STATUS = named({0: "updated", 1: "not updated", 2: "roaming not allowed", 7: "reserved"})
"""Status of an EPS or 5GS update (TS 31.102 §4.2.91)."""
KEY = or_unused(hexadecimal)
KEY_SET = or_unused(named({7: "no key is available"}, "a key set"), "no key is available")
"""Key set identifier: '07' says that there is none (TS 24.008 §10.5.1.2)."""
