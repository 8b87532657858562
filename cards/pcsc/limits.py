"""How long an APDU a reader takes: it says so in its properties (PC/SC part 10 §2.3, §2.6.14)."""

from __future__ import annotations

from typing import Any

_GET_FEATURES = 3400
"""CM_IOCTL_GET_FEATURE_REQUEST."""
_TLV_PROPERTIES = 0x12
"""FEATURE_GET_TLV_PROPERTIES."""
_MAXIMUM_APDU_SIZE = 0x0A
"""dwMaxAPDUDataSize: bytes of data that an extended APDU may carry; 0: short APDUs only. Little-endian."""
_SHORT = 5 + 255 + 1
_EXTENDED_OVERHEAD = 4 + 3 + 2


def longest_apdu(scard: Any, card: Any) -> int | None:
    """Bytes of the longest command APDU; None if the reader does not say."""
    features = _objects(_control(scard, card, scard.SCARD_CTL_CODE(_GET_FEATURES)))
    if _TLV_PROPERTIES not in features:
        return None
    # The number of the control call is big-endian, unlike what the call answers.
    properties = _objects(_control(scard, card, int.from_bytes(features[_TLV_PROPERTIES], "big")))
    if _MAXIMUM_APDU_SIZE not in properties:
        return None
    size = int.from_bytes(properties[_MAXIMUM_APDU_SIZE], "little")
    return size + _EXTENDED_OVERHEAD if size else _SHORT


def _control(scard: Any, card: Any, code: int) -> bytes:
    """The answer to a control call; nothing from a reader that does not know it."""
    result, answer = scard.SCardControl(card, code, [])
    return b"" if result else bytes(answer)


def _objects(data: bytes) -> dict[int, bytes]:
    """Tag → value of objects with one byte of tag and one of length each."""
    found, at = {}, 0
    while at + 2 <= len(data):
        end = at + 2 + data[at + 1]
        found[data[at]] = data[at + 2 : end]
        at = end
    return found
