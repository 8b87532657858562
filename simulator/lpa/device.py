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
_ENTERPRISE_CAPABLE, _LPA_PROXY = 0x20, 0x80


class DeviceError(LpaError):
    """What was given is no IMEI."""


@dataclass(frozen=True, slots=True)
class Device:
    """TAC, 4 bytes of swapped BCD; IMEI, 8 bytes: 14 digits of swapped BCD, then the check digit in the high
    nibble and 'F' in the low one, as since SGP.22 2.1."""

    tac: bytes = bytes.fromhex("35290611")
    imei: bytes | None = None
    capabilities: dict[str, Any] = field(default_factory=lambda: dict(CAPABILITIES))
    lpa_svn: tuple[int, int, int] = (3, 1, 0)
    """Highest version of SGP.22 that the LPA follows; one of version 2 neither sends nor asks for what
    version 3 adds."""
    is_removable: bool = True
    """Whether the eUICC can be taken out (euiccFormFactorType, v3)."""
    is_enterprise_capable: bool = False
    """Whether it heeds the rules of enterprises (SGP.22 v3)."""
    has_lpa_proxy: bool = False
    """Whether it has an LPA proxy, through which an operator manages the content of its profile (v3)."""

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

    @property
    def is_v3(self) -> bool:
        return self.lpa_svn >= (3, 0, 0)

    @property
    def rsp_capabilities(self) -> tuple[str, ...]:
        """Bits of LpaRspCapability that depend on the device."""
        has = {"enterpriseCapableDevice": self.is_enterprise_capable, "lpaProxySupport": self.has_lpa_proxy}
        return tuple(name for name, is_set in has.items() if is_set)

    @property
    def terminal_capabilities(self) -> int:
        """What TERMINAL CAPABILITY says of it to an eUICC of version 3, in tag '83' (TS 102 221
        §11.1.19.2.4): the bits besides those of every LPA."""
        if not self.is_v3:
            return 0
        return _ENTERPRISE_CAPABLE * self.is_enterprise_capable | _LPA_PROXY * self.has_lpa_proxy

    def to_value(self, *, is_v3: bool = False) -> dict[str, Any]:
        """DeviceInfo for the codec, with what version 3 adds if all parties follow that."""
        imei = {"imei": self.imei} if self.imei else {}
        capabilities = dict(self.capabilities)
        if is_v3:
            capabilities |= {
                "lpaSvn": bytes(self.lpa_svn),
                "euiccFormFactorType": int(not self.is_removable),
            }
        return {"tac": self.tac, "deviceCapabilities": capabilities, **imei}
