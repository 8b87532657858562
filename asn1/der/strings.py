"""Character strings and times in DER (ITU-T X.690 §8.23, §11.7, §11.8; RFC 5280 §4.1.2.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from asn1.der.base import wrong_type
from asn1.der.constraints import Ranges, allows, describe
from asn1.errors import DecodeError, EncodeError

if TYPE_CHECKING:
    from datetime import datetime

# Type: its Python codec, and the characters it may hold where that is not all of them (X.680 §41).
CHARACTER_SETS: dict[str, tuple[str, str | None]] = {
    "UTF8String": ("utf-8", None),
    "IA5String": ("ascii", None),
    "VisibleString": ("ascii", r"[ -~]*"),
    "PrintableString": ("ascii", r"[A-Za-z0-9 '()+,\-./:=?]*"),
    "NumericString": ("ascii", r"[0-9 ]*"),
    "TeletexString": ("latin-1", None),
    "T61String": ("latin-1", None),
    "BMPString": ("utf-16-be", None),
    "UniversalString": ("utf-32-be", None),
}


class CharacterString:
    """Text of one of the restricted types; `str`, whose characters SIZE counts."""

    __slots__ = ("_alphabet", "_codec", "_name", "_ranges")

    def __init__(self, name: str, ranges: Ranges) -> None:
        self._name = name
        self._ranges = ranges
        self._codec, alphabet = CHARACTER_SETS[name]
        self._alphabet = alphabet and re.compile(alphabet)

    def decode(self, data: bytes, start: int, content: int, end: int) -> str:
        try:
            text = data[content:end].decode(self._codec)
        except UnicodeDecodeError:
            raise DecodeError("", start, f"octets that are no {self._name}") from None
        if fault := self._fault(text):
            raise DecodeError("", start, fault)
        return text

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise wrong_type("a str", value)
        if fault := self._fault(value):
            raise EncodeError("", fault)
        try:
            return value.encode(self._codec)
        except UnicodeEncodeError:
            raise EncodeError("", f"a character that is not in {self._name}") from None

    def _fault(self, text: str) -> str | None:
        if self._alphabet and not self._alphabet.fullmatch(text):
            return f"a character that is not in {self._name}"
        if self._ranges and not allows(self._ranges, len(text)):
            return f"{len(text)} characters, SIZE ({describe(self._ranges)}) asked"
        return None


class Time:
    """UTCTime or GeneralizedTime to the second, in UTC with a Z; a `datetime` in UTC.

    A `datetime` without a time zone is taken as UTC when encoding. Two-digit years 50 to 99 are 1950 to 1999
    (RFC 5280 §4.1.2.5.1).
    """

    __slots__ = ("_name", "_pattern", "_year_digits")

    def __init__(self, name: str) -> None:
        self._name = name
        self._year_digits = 2 if name == "UTCTime" else 4
        self._pattern = re.compile(rb"([0-9]{%d})" % self._year_digits + rb"([0-9]{2})" * 5 + b"Z")

    def decode(self, data: bytes, start: int, content: int, end: int) -> datetime:
        from datetime import UTC, datetime

        found = self._pattern.fullmatch(data[content:end])
        if not found:
            raise DecodeError("", start, f"no {self._name} to the second in UTC")
        year, month, day, hour, minute, second = map(int, found.groups())
        if self._year_digits == 2:
            year += 1900 if year >= 50 else 2000
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError as error:
            raise DecodeError("", start, f"no date: {error}") from None

    def encode(self, value: Any) -> bytes:
        from datetime import UTC, datetime

        if not isinstance(value, datetime):
            raise wrong_type("a datetime", value)
        moment = value.astimezone(UTC) if value.tzinfo else value
        if self._year_digits == 2 and not 1950 <= moment.year < 2050:
            raise EncodeError("", f"the year {moment.year} does not go into a UTCTime")
        year = f"{moment.year:04}"[-self._year_digits :]
        return f"{year}{moment:%m%d%H%M%S}Z".encode()
