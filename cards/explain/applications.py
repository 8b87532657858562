"""Applications by their AIDs, as far as they are assigned (TS 101 220 annex E, SGP.02 §2.2.3,
GlobalPlatform)."""

from __future__ import annotations

from cards.files import APPLICATIONS
from cards.isdr.transport import ECASD_AID, ISD_R_AID

_ISD_P = bytes.fromhex("A0000005591010FFFFFFFF8900")
_KNOWN = {
    **{aid: name for name, aid in APPLICATIONS.items()},
    ISD_R_AID: "ISD-R",
    ECASD_AID: "ECASD",
    bytes.fromhex("A00000015141434C00"): "ARA-M",
    bytes.fromhex("A0000001510000"): "ISD",
}


def name_of(aid: bytes) -> str:
    """'ADF.USIM', 'ISD-R' …; empty for an AID that nobody is known to have."""
    for known, name in _KNOWN.items():
        if aid.startswith(known):
            return name
    return "ISD-P" if aid.startswith(_ISD_P) and len(aid) == len(ISD_R_AID) else ""
