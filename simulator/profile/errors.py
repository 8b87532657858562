"""What is wrong with a profile package, and where: the profile element, its field, the byte (SAIP §8.11)."""

from __future__ import annotations

from enum import IntEnum
from typing import Any


class PeStatus(IntEnum):
    """status of PEStatus, SAIP §8.11.1."""

    OK = 0
    PE_NOT_SUPPORTED = 1
    MEMORY_FAILURE = 2
    BAD_VALUES = 3
    NOT_ENOUGH_MEMORY = 4
    INVALID_REQUEST_FORMAT = 5
    INVALID_PARAMETER = 6
    RUNTIME_NOT_SUPPORTED = 7
    LIB_NOT_SUPPORTED = 8
    TEMPLATE_NOT_SUPPORTED = 9
    FEATURE_NOT_SUPPORTED = 10
    PIN_CODE_MISSING = 11
    UNSUPPORTED_PROFILE_VERSION = 31


class ProfileError(ValueError):
    """A profile package cannot be used. `index` counts elements from 0, `offset` bytes from the start of the
    package; `identification` is the element's own number, None where it has none."""

    def __init__(
        self,
        reason: str,
        *,
        status: PeStatus = PeStatus.BAD_VALUES,
        element: str = "",
        index: int | None = None,
        offset: int | None = None,
        identification: int | None = None,
        field: str = "",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.element = element
        self.index = index
        self.offset = offset
        self.identification = identification
        self.field = field

    def __str__(self) -> str:
        where = [f"profile element {self.index} ({self.element})"] if self.index is not None else []
        where += [f"field {self.field}"] if self.field else []
        where += [f"byte {self.offset}"] if self.offset is not None else []
        return ", ".join(where) + ": " + self.reason if where else self.reason

    def pe_status(self) -> dict[str, Any]:
        """The PEStatus that an eUICC reports."""
        status: dict[str, Any] = {"status": int(self.status)}
        if self.identification is not None:
            status["identification"] = self.identification
        return status
