"""A card as the terminal sees it: APDUs, status words, links, and typed commands over any link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cards.apdu import ApduError, CommandApdu, ResponseApdu
from cards.link import CardLink, InProcessLink
from cards.status import SW, StatusError, StatusWord

if TYPE_CHECKING:
    from cards.atr import Atr
    from cards.fcp import Fcp
    from cards.identities import Eid, Iccid, Imsi, Plmn
    from cards.isdr import Isdr
    from cards.uicc import Uicc

__all__ = [
    "SW",
    "ApduError",
    "Atr",
    "CardLink",
    "CommandApdu",
    "Eid",
    "Fcp",
    "Iccid",
    "Imsi",
    "InProcessLink",
    "Isdr",
    "Plmn",
    "ResponseApdu",
    "StatusError",
    "StatusWord",
    "Uicc",
]

# The card core imports this package for its vocabulary only; clients load when someone asks for them.
_LAZY = {
    "Atr": "cards.atr",
    "Eid": "cards.identities",
    "Fcp": "cards.fcp",
    "Iccid": "cards.identities",
    "Imsi": "cards.identities",
    "Isdr": "cards.isdr",
    "Plmn": "cards.identities",
    "Uicc": "cards.uicc",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)
