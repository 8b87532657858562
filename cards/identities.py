"""The numbers that identify cards and subscriptions, as text and as cards store them.

ICCID (ITU-T E.118, TS 102 221 §13.2), IMSI and PLMN (TS 23.003 §2.2, TS 31.102 §4.2.2, TS 24.008
§10.5.1.13), EID (SGP.02 §2.2.2, SGP.29).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeVar

from cards.errors import CardProtocolError


class IdentityError(ValueError):
    """Text or bytes that are no such number; the sentence says which and why."""


def swap_nibbles(data: bytes) -> str:
    """The digits of nibble-swapped BCD, filler 'F' kept: 21 43 F5 → '12345F'."""
    digits = data.hex().upper()
    swapped = [""] * len(digits)
    swapped[::2], swapped[1::2] = digits[1::2], digits[::2]
    return "".join(swapped)


def to_swapped_bcd(digits: str, length: int) -> bytes:
    """Digits as nibble-swapped BCD of `length` bytes, filled with 'F'."""
    padded = digits.ljust(2 * length, "F")
    return bytes(int(padded[i + 1] + padded[i], 16) for i in range(0, 2 * length, 2))


def luhn_digit(digits: str) -> str:
    """The check digit after `digits`, ITU-T E.118 §4.1 (the Luhn formula)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 - place % 2)
        total += doubled // 10 + doubled % 10
    return str(-total % 10)


def _digits(name: str, text: str, shortest: int, longest: int) -> str:
    stripped = "".join(text.split()).replace("-", "")
    # Not isdigit(), which takes superscripts and other scripts' digits.
    if not (stripped.isascii() and stripped.isdecimal()) or not shortest <= len(stripped) <= longest:
        wanted = str(shortest) if shortest == longest else f"{shortest} to {longest}"
        raise IdentityError(f"{text!r} is no {name}: {wanted} decimal digits are expected")
    return stripped


@dataclass(frozen=True, slots=True, order=True)
class Iccid:
    """The number of a card or profile: 18 to 20 digits, usually 19 of which the last is a check digit."""

    digits: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "digits", _digits("ICCID", self.digits, 18, 20))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the ten bytes of EF.ICCID or of tag '5A': BCD, nibbles swapped, filled with 'F'."""
        if len(data) != 10:
            raise IdentityError(f"an ICCID has 10 bytes, not {len(data)}")
        return cls(swap_nibbles(data).rstrip("F"))

    @classmethod
    def with_check_digit(cls, digits: str) -> Self:
        """Add the check digit to 17 to 19 digits."""
        return cls(digits + luhn_digit(digits))

    def to_bytes(self) -> bytes:
        return to_swapped_bcd(self.digits, 10)

    @property
    def is_valid(self) -> bool:
        """Whether the last digit is the right check digit. Many test profiles have a wrong one."""
        return luhn_digit(self.digits[:-1]) == self.digits[-1]

    def __str__(self) -> str:
        return self.digits


@dataclass(frozen=True, slots=True, order=True)
class Plmn:
    """A mobile network: country code of 3 digits, network code of 2 or 3."""

    mcc: str
    mnc: str

    def __post_init__(self) -> None:
        _digits("MCC", self.mcc, 3, 3)
        _digits("MNC", self.mnc, 2, 3)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read three bytes, TS 24.008 §10.5.1.13: MCC2 MCC1, MNC3 MCC3, MNC2 MNC1; MNC3 'F': none."""
        if len(data) != 3:
            raise IdentityError(f"a PLMN has 3 bytes, not {len(data)}")
        d = swap_nibbles(data)
        return cls(d[:3], (d[4:] + d[3]).rstrip("F"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read '001-01', '00101' or '001.001'."""
        digits = _digits("PLMN", text.replace(".", ""), 5, 6)
        return cls(digits[:3], digits[3:])

    def to_bytes(self) -> bytes:
        mnc = self.mnc.ljust(3, "F")
        return to_swapped_bcd(self.mcc + mnc[2] + mnc[:2], 3)

    def __str__(self) -> str:
        return f"{self.mcc}-{self.mnc}"


@dataclass(frozen=True, slots=True, order=True)
class Imsi:
    """The number of a subscription: 6 to 15 digits, MCC, MNC and MSIN."""

    digits: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "digits", _digits("IMSI", self.digits, 6, 15))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read EF.IMSI, TS 31.102 §4.2.2: length byte, then '9' (odd) or '1' (even) and the digits."""
        if not data or not 1 <= data[0] <= 8 or len(data) <= data[0]:
            raise IdentityError(f"{data.hex().upper()} is no content of EF.IMSI")
        nibbles = swap_nibbles(data[1 : 1 + data[0]])
        return cls(nibbles[1:].rstrip("F"))

    def to_bytes(self) -> bytes:
        """The nine bytes of EF.IMSI."""
        odd = len(self.digits) % 2
        body = to_swapped_bcd(("9" if odd else "1") + self.digits, len(self.digits) // 2 + 1)
        return (bytes((len(body),)) + body).ljust(9, b"\xff")

    @property
    def mcc(self) -> str:
        return self.digits[:3]

    def plmn(self, mnc_length: int = 2) -> Plmn:
        """The home network; how long the MNC is stands in EF.AD, not in the IMSI."""
        return Plmn(self.digits[:3], self.digits[3 : 3 + mnc_length])

    def __str__(self) -> str:
        return self.digits


@dataclass(frozen=True, slots=True, order=True)
class Eid:
    """The number of an eUICC: 32 digits, the last two of which make the whole 1 modulo 97."""

    digits: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "digits", _digits("EID", self.digits, 32, 32))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the 16 bytes of tag '5A': BCD, nibbles not swapped."""
        if len(data) != 16:
            raise IdentityError(f"an EID has 16 bytes, not {len(data)}")
        return cls(data.hex())

    @classmethod
    def with_check_digits(cls, digits: str) -> Self:
        """Add the two check digits to 30 digits."""
        return cls(f"{digits}{98 - int(digits + '00') % 97:02d}")

    def to_bytes(self) -> bytes:
        return bytes.fromhex(self.digits)

    @property
    def is_valid(self) -> bool:
        return int(self.digits) % 97 == 1

    def __str__(self) -> str:
        return self.digits


Identity = TypeVar("Identity", Iccid, Imsi, Eid)


def from_card(kind: type[Identity], data: bytes) -> Identity:
    """The number that a card gave as these bytes. CardProtocolError if they are none."""
    try:
        return kind.from_bytes(data)
    except IdentityError as error:
        raise CardProtocolError(f"the card's {kind.__name__.upper()} is not readable: {error}") from None
