"""The answer to reset: what a card says of its protocols and abilities (ISO/IEC 7816-3 §8, TS 102 221 §6.3).

A reader and a terminal decide by it how to talk; an eUICC announces itself in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Self

GLOBAL = 15
"""T=15: no protocol, but the mark of the global interface bytes."""
CONVENTIONS = {0x3B: "direct", 0x3F: "inverse"}
CLOCK_RATE_FACTORS = (372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0)
"""Fi by b8 to b5 of TA1, ISO/IEC 7816-3 Table 7; 0: reserved."""
BIT_RATE_FACTORS = (0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0)
"""Di by b4 to b1 of TA1, ISO/IEC 7816-3 Table 8; 0: reserved."""
CLOCK_STOP = {0: "not supported", 1: "in state low", 2: "in state high", 3: "in either state"}
VOLTAGE_CLASSES = ((0x01, "A (5 V)"), (0x02, "B (3 V)"), (0x04, "C (1.8 V)"))


class AtrError(ValueError):
    """Bytes that are no ATR; `offset` is where it went wrong."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"no ATR: {reason} (byte {offset})")
        self.offset = offset


@dataclass(frozen=True, slots=True)
class InterfaceGroup:
    """The bytes TAi, TBi, TCi and the protocol T that they belong to; None: the byte is absent."""

    number: int
    protocol: int
    ta: int | None
    tb: int | None
    tc: int | None


@dataclass(frozen=True, slots=True)
class Atr:
    """An answer to reset of 2 to 33 bytes, taken apart."""

    raw: bytes
    convention: str
    groups: tuple[InterfaceGroup, ...]
    protocols: tuple[int, ...]
    """T values offered, in order; T=0 where no TD says otherwise. T=15 is not among them."""
    historical: bytes
    check: int | None
    """TCK; absent if T=0 is the only protocol (ISO/IEC 7816-3 §8.2.5)."""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Take an ATR apart. Raises AtrError for truncation, extra bytes and a wrong TCK."""
        if len(data) < 2:
            raise AtrError(0, "shorter than TS and T0")
        if data[0] not in CONVENTIONS:
            raise AtrError(0, f"TS '{data[0]:02X}' is neither '3B' nor '3F'")
        try:
            groups, seen, offset = _interface_bytes(data)
        except IndexError:
            raise AtrError(len(data), "the interface bytes are cut off") from None
        end = offset + (data[1] & 0x0F)
        if end > len(data):
            raise AtrError(
                len(data), f"{data[1] & 0x0F} historical bytes announced, {len(data) - offset} there"
            )
        check = _check_byte(data, end, needed=any(seen))
        protocols = tuple(dict.fromkeys(t for t in seen if t != GLOBAL)) or (0,)
        return cls(bytes(data), CONVENTIONS[data[0]], groups, protocols, data[offset:end], check)

    @property
    def global_bytes(self) -> tuple[InterfaceGroup, ...]:
        """The groups after T=15, which hold for the card and not for a protocol."""
        return tuple(group for group in self.groups if group.number > 2 and group.protocol == GLOBAL)

    @property
    def bit_rate(self) -> tuple[int, int]:
        """Fi and Di of TA1; (372, 1) where it is absent, 0 for reserved values."""
        ta1 = self.groups[0].ta
        if ta1 is None:
            return 372, 1
        return CLOCK_RATE_FACTORS[ta1 >> 4], BIT_RATE_FACTORS[ta1 & 0x0F]

    @property
    def uicc_features(self) -> int:
        """The first TB after T=15, TS 102 221 §6.3.3; 0 where absent or not marked as such by b8."""
        tb = next((group.tb for group in self.global_bytes if group.tb is not None), 0)
        return tb if tb & 0x80 else 0

    @property
    def is_euicc(self) -> bool:
        """Whether the card says that it is an eUICC: b8 and b2 of the first TB after T=15."""
        return bool(self.uicc_features & 0x02)

    @property
    def has_multiple_enabled_profiles(self) -> bool:
        """Whether the card offers several enabled profiles at once: b8 and b1 of the same byte."""
        return bool(self.uicc_features & 0x01)

    @property
    def voltage_classes(self) -> tuple[str, ...]:
        """Supply voltages, from the first TA after T=15 (TS 102 221 §6.2.1); empty if not said."""
        ta = next((group.ta for group in self.global_bytes if group.ta is not None), 0)
        return tuple(name for bit, name in VOLTAGE_CLASSES if ta & bit)

    @property
    def compact_tlvs(self) -> dict[int, bytes]:
        """Historical bytes of category '80' as tag number (3 service data, 7 capabilities) → value
        (ISO/IEC 7816-4 §8.1.1); empty for other categories and for bytes that do not add up."""
        if self.historical[:1] != b"\x80":
            return {}
        found, offset = {}, 1
        while offset < len(self.historical):
            tag, length = divmod(self.historical[offset], 16)
            found[tag] = self.historical[offset + 1 : offset + 1 + length]
            offset += 1 + length
        return found if offset == len(self.historical) else {}

    @property
    def supports_extended_length(self) -> bool:
        """b7 of the third card capabilities byte, ISO/IEC 7816-4 §8.1.1.2.7."""
        capabilities = self.compact_tlvs.get(7, b"")
        return len(capabilities) == 3 and bool(capabilities[2] & 0x40)

    def words(self) -> list[str]:
        """One line of text for each thing that the ATR says."""
        fi, di = self.bit_rate
        lines = [
            f"{self.convention} convention",
            "protocols " + ", ".join(f"T={t}" for t in self.protocols),
            f"F {fi}, D {di}: {fi // di if di else '?'} clock cycles for a bit",
        ]
        if self.voltage_classes:
            lines.append("supply voltage class " + ", ".join(self.voltage_classes))
        if self.is_euicc:
            several = ", several profiles enabled at once" if self.has_multiple_enabled_profiles else ""
            lines.append(f"an eUICC{several}")
        if self.historical:
            lines.append(f"historical bytes {self.historical.hex().upper()}")
        return lines

    def __str__(self) -> str:
        return self.raw.hex().upper()


def _interface_bytes(data: bytes) -> tuple[tuple[InterfaceGroup, ...], list[int], int]:
    """The groups of interface bytes, the T of every TD, and the offset of the historical bytes."""
    groups: list[InterfaceGroup] = []
    seen: list[int] = []
    indicator, protocol, offset = data[1], 0, 2
    while True:
        values: list[int | None] = []
        for bit in (0x10, 0x20, 0x40):
            values.append(data[offset] if indicator & bit else None)
            offset += bool(indicator & bit)
        groups.append(InterfaceGroup(len(groups) + 1, protocol, *values))
        if not indicator & 0x80:
            return tuple(groups), seen, offset
        indicator = data[offset]
        protocol = indicator & 0x0F
        seen.append(protocol)
        offset += 1


def _check_byte(data: bytes, end: int, *, needed: bool) -> int | None:
    """TCK, which makes the exclusive-or of T0 to TCK zero."""
    if len(data) != end + needed:
        missing = "TCK is missing" if len(data) == end else f"{len(data) - end - needed} bytes too many"
        raise AtrError(end, missing)
    if not needed:
        return None
    if reduce(xor, data[1:]):
        raise AtrError(end, f"TCK '{data[end]:02X}' is wrong")
    return data[end]
