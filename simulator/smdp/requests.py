"""Members that several functions of ES2+ have (SGP.22 §4.1.1, §5.3)."""

from __future__ import annotations

from typing import Any, Final

from simulator.smdp.errors import Refusal, RspError

MATCHING_ID_CHARACTERS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-")
"""§4.1.1 has upper case only; lower case is taken because activation codes in the field have it."""
MATCHING_ID_LENGTH: Final = 255
EID_DIGITS: Final = 32


def eid_of(request: dict[str, Any]) -> bytes:
    """The EID of the request, 16 bytes; empty if it has none."""
    text = request.get("eid", "")
    if text and (len(text) != EID_DIGITS or not (text.isascii() and text.isdigit())):
        raise RspError.of(Refusal.MALFORMED, "eid", f"{EID_DIGITS} digits expected")
    return bytes.fromhex(text)
