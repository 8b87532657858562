"""The table of ES10 functions: tag of the request, its type, the function that answers (SGP.22 §5.7.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asn1 import Codec, rsp

if TYPE_CHECKING:
    from simulator.euicc.core import EuiccCore

Es10Handler = Callable[["EuiccCore", Any], bytes]
"""(eUICC, decoded request) → response in DER."""


@dataclass(frozen=True, slots=True)
class Es10Function:
    """One function of ES10a, ES10b or ES10c."""

    name: str
    tag: int
    request: str
    clause: str
    handler: Es10Handler
    codec: Codec = rsp
    """Which reads the request."""
    is_v3: bool = False
    """Whether only an eUICC of version 3 knows it."""
    is_v2: bool = False
    """Whether an eUICC of version 3 does not know it any more."""
