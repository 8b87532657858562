"""What the LPA's device says of itself to servers (DeviceInfo, SGP.22 §4.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from cards.identities import luhn_digit, to_swapped_bcd
from simulator.lpa.errors import LpaError

CAPABILITIES = {
    "gsmSupportedRelease": bytes.fromhex("0D0000"),
    "utranSupportedRelease": bytes.fromhex("0D0000"),
    "eutranEpcSupportedRelease": bytes.fromhex("0D0000"),
}
"""Release 13 of GSM, UTRAN and E-UTRAN, as major, minor, revision (§4.2)."""
TAC_DIGITS, SERIAL_DIGITS = 8, 6


class DeviceError(LpaError):
    """What was given is no IMEI."""


@dataclass(frozen=True, slots=True)
class Device:
    """TAC, 4 bytes of swapped BCD; IMEI, 8 bytes: 14 digits of swapped BCD, then the check digit in the high
    nibble and 'F' in the low one, as since SGP.22 2.1."""

    tac: bytes = bytes.fromhex("35290611")
    imei: bytes | None = None
    capabilities: dict[str, Any] = field(default_factory=lambda: dict(CAPABILITIES))

    @classmethod
    def of_imei(cls, imei: str) -> Self:
        """The device with this IMEI: 15 digits, or 14 without the check digit; spaces and hyphens do not
        count. Raises DeviceError."""
        digits = imei.replace(" ", "").replace("-", "")
        body, check = digits[: TAC_DIGITS + SERIAL_DIGITS], digits[TAC_DIGITS + SERIAL_DIGITS :]
        if not (digits.isascii() and digits.isdecimal() and len(digits) in (14, 15)):
            raise DeviceError(f"{imei!r} is no IMEI: 15 digits are expected, or 14 without the check digit")
        right = luhn_digit(body)
        if check not in ("", right):
            raise DeviceError(f"{imei!r} is no IMEI: its check digit would be {right} (TS 23.003 §6.2.1)")
        last = bytes((int(right) << 4 | 0xF,))
        octets = to_swapped_bcd(body, (TAC_DIGITS + SERIAL_DIGITS) // 2)
        return cls(octets[: TAC_DIGITS // 2], octets + last)

    def to_value(self) -> dict[str, Any]:
        """DeviceInfo for the codec."""
        imei = {"imei": self.imei} if self.imei else {}
        return {"tac": self.tac, "deviceCapabilities": self.capabilities, **imei}
