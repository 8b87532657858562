"""Profile packages: a row of profile elements in DER, one after another (SAIP §7, §8.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from asn1 import DecodeError, saip
from simulator.profile.errors import PeStatus, ProfileError


@dataclass(frozen=True, slots=True)
class Element:
    """One profile element: its place in the package (`index` from 0, `offset` and `length` in bytes), its
    kind as ProfileElement names it, its identification number and its decoded value."""

    index: int
    name: str
    value: Any
    offset: int
    length: int

    @property
    def header(self) -> dict[str, Any]:
        """The PEHeader; empty for the profile header, which has none, and for elements of unknown kind,
        whose value is their undecoded TLV."""
        if not isinstance(self.value, dict):
            return {}
        return next((value for key, value in self.value.items() if key.lower().endswith("-header")), {})

    @property
    def identification(self) -> int | None:
        number = self.header.get("identification")
        return int(number) if number is not None else None

    @property
    def is_mandated(self) -> bool:
        return "mandated" in self.header

    def error(self, reason: str, status: PeStatus = PeStatus.BAD_VALUES, field: str = "") -> ProfileError:
        """An error that names this element."""
        return ProfileError(
            reason,
            status=status,
            element=self.name,
            index=self.index,
            offset=self.offset,
            identification=self.identification,
            field=field,
        )


@dataclass(frozen=True, slots=True)
class ProfilePackage:
    """A whole package, decoded. `der` is what was read."""

    elements: tuple[Element, ...]
    der: bytes

    @classmethod
    def parse(cls, der: bytes) -> Self:
        """Decode a package. ProfileError where an element is not DER, or where there is none."""
        elements: list[Element] = []
        offset = 0
        while offset < len(der):
            try:
                (name, value), end = saip.decode_prefix("ProfileElement", der, offset)
            except DecodeError as error:
                raise ProfileError(
                    f"is no profile element: {error.reason}",
                    status=PeStatus.INVALID_REQUEST_FORMAT,
                    element=error.path.removeprefix("ProfileElement").lstrip(".") or "?",
                    index=len(elements),
                    offset=error.offset,
                ) from None
            elements.append(Element(len(elements), name, value, offset, end - offset))
            offset = end
        if not elements:
            raise ProfileError("the package is empty", status=PeStatus.INVALID_REQUEST_FORMAT)
        return cls(tuple(elements), der)

    @property
    def header(self) -> dict[str, Any]:
        """The profile header, which is the first element; ProfileError if it is not."""
        first = self.elements[0]
        if first.name != "header":
            raise first.error("a package begins with its header", PeStatus.INVALID_REQUEST_FORMAT)
        value: dict[str, Any] = first.value
        return value

    @property
    def iccid(self) -> bytes:
        """ICCID of the header, 10 bytes, digits in order (not swapped as in EF.ICCID)."""
        iccid = self.header["iccid"]
        assert isinstance(iccid, bytes)
        return iccid
