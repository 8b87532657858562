"""Lists of CDMA systems: the preferred roaming list and its extended form (3GPP2 C.S0016 §3.5.3, §3.5.5)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.fields import Cursor, Field, Unreadable, hexadecimal, number

_ACQUISITIONS = {
    1: "cellular analog", 2: "cellular CDMA, standard channels", 3: "cellular CDMA, custom channels",
    4: "cellular CDMA preferred", 5: "PCS CDMA, blocks", 6: "PCS CDMA, channels",
    7: "JTACS CDMA, standard channels", 8: "JTACS CDMA, custom channels", 9: "2 GHz band",
    10: "1x, bands and channels", 11: "HRPD, bands and channels", 15: "UMB", 16: "MCC, MNC and bands",
}  # fmt: skip
"""ACQ_TYPE (Table 3.5.5.2-1)."""
_SYSTEMS = {0: "SID and NID", 1: "HRPD", 2: "UMB", 3: "MCC and MNC"}
"""SYS_RECORD_TYPE (Table 3.5.5.3.2-1)."""


class Bits:
    """Fields that do not end on octets, read from the next octets of a cursor."""

    def __init__(self, cursor: Cursor, octets: int) -> None:
        self.start = cursor.at
        self._value = int.from_bytes(cursor.take(octets), "big")
        self._left = 8 * octets
        self._octets = octets

    def take(self, count: int) -> int:
        """The next bits as a number, the highest first. Unreadable if there are fewer."""
        if count > self._left:
            raise Unreadable(f"{count} bits are due, {self._left} are there")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def field(self, name: str, count: int) -> Field:
        """The next bits as a field over the octets that they lie in."""
        before = 8 * self._octets - self._left
        value = self.take(count)
        first, last = before // 8, (before + count - 1) // 8
        return Field(name, str(value), self.start + first, last - first + 1)


def preferred_roaming(cursor: Cursor) -> Iterator[Field]:
    """EF.PRL: size, identifier, counts, then tables that are packed bit by bit, and a CRC (§3.5.5)."""
    yield from _head(cursor)
    bits = Bits(cursor, 4)
    yield bits.field("preferred systems only", 1)
    yield bits.field("default roaming indicator", 8)
    yield bits.field("acquisition records", 9)
    yield bits.field("system records", 14)
    if cursor.left > 2:
        yield cursor.field("acquisition and system tables, bit by bit", cursor.left - 2)
    yield cursor.field("CRC", 2)


def _head(cursor: Cursor) -> Iterator[Field]:
    size = int.from_bytes(cursor.peek(2), "big")
    if 2 < size < cursor.left:
        # The file may be longer than the list.
        cursor.end = cursor.at + size
    yield cursor.field("size of the list", 2, number)
    yield cursor.field("identifier of the list", 2, number)


def extended_roaming(cursor: Cursor) -> Iterator[Field]:
    """EF.EPRL: as EF.PRL, but records are whole octets behind their lengths (§3.5.3.2)."""
    yield from _head(cursor)
    yield cursor.field("protocol revision (SSPR_P_REV)", 1, number)
    bits = Bits(cursor, 6)
    yield bits.field("preferred systems only", 1)
    yield bits.field("default roaming indicator", 8)
    acquisitions = bits.field("acquisition records", 9)
    subnets = bits.field("common subnet records", 9)
    systems = bits.field("system records", 14)
    yield from (acquisitions, subnets, systems)
    for place in range(int(acquisitions.value)):
        yield _acquisition(cursor, place)
    for place in range(int(subnets.value)):
        yield _subnet(cursor, place)
    for place in range(int(systems.value)):
        yield _system(cursor, place)
    yield cursor.field("CRC", 2)


def _acquisition(cursor: Cursor, place: int) -> Field:
    start = cursor.at
    kind, length = cursor.take(2)
    data = cursor.take(length)
    name = _ACQUISITIONS.get(kind, f"type {kind}")
    return Field(f"acquisition record {place}", f"{name}: {hexadecimal(data)}", start, 2 + length)


def _subnet(cursor: Cursor, place: int) -> Field:
    start = cursor.at
    length = cursor.take(1)[0] & 0x0F
    data = cursor.take(length)
    return Field(f"common subnet record {place}", hexadecimal(data), start, 1 + length)


def _system(cursor: Cursor, place: int) -> Field:
    """Length, type, preference, geography, priority and acquisition record; what else is in it depends on the
    type (§3.5.5.3.2)."""
    start = cursor.at
    length = cursor.peek()[0] >> 3 if cursor.left else 0
    if length < 3:
        raise Unreadable(f"a system record has at least 3 bytes, not {length}")
    bits = Bits(cursor, length)
    bits.take(5)
    kind, preferred, same_region, higher, record = (bits.take(count) for count in (4, 1, 1, 1, 9))
    said = [
        _SYSTEMS.get(kind, f"type {kind}"),
        "preferred" if preferred else "negative",
        *(["same region as the record before"] if same_region else []),
        *(["preferred to the next"] if higher else []),
        f"acquisition record {record}",
        hexadecimal(cursor.data[start : start + length]),
    ]
    return Field(f"system record {place}", ", ".join(said), start, length)
