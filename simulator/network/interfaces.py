"""What serving and home networks say to one another, and what the phone hears of a refusal (TS 29.002, TS
29.272, TS 29.509, TS 29.503)."""

from __future__ import annotations

from typing import Final

from simulator.network.home import Refusal
from simulator.network.nas import Protocol

_MM, _GMM, _EMM, _5GMM = Protocol.MM, Protocol.GMM, Protocol.EMM, Protocol.FIVE_GMM
CAUSE_OF_REFUSAL: Final[dict[Refusal, dict[Protocol, int]]] = {
    Refusal.UNKNOWN_SUBSCRIBER: {_MM: 2, _GMM: 8, _EMM: 8, _5GMM: 3},
    Refusal.NO_CIRCUIT_SERVICE: {_MM: 2, _GMM: 2, _EMM: 2, _5GMM: 7},
    Refusal.NO_PACKET_SERVICE: {_MM: 2, _GMM: 7, _EMM: 7, _5GMM: 7},
    Refusal.ROAMING_NOT_ALLOWED: {_MM: 11, _GMM: 11, _EMM: 11, _5GMM: 11},
    Refusal.PACKET_ROAMING_NOT_ALLOWED: {_MM: 11, _GMM: 14, _EMM: 14, _5GMM: 27},
    Refusal.OPERATOR_BARRING: {_MM: 11, _GMM: 11, _EMM: 15, _5GMM: 15},
    Refusal.RAT_NOT_ALLOWED: {_MM: 15, _GMM: 15, _EMM: 15, _5GMM: 27},
    Refusal.STEERING: {_MM: 17, _GMM: 17, _EMM: 17, _5GMM: 111},
}
"""What a serving network tells the phone when the home network refuses (TS 29.010 §2.2, TS 29.272 annex A, TS
29.524 §4)."""
CAUSE_CLAUSES: Final = {
    _MM: "TS 29.010 §2.2", _GMM: "TS 29.010 §2.2", _EMM: "TS 29.272 annex A", _5GMM: "TS 29.524 §4",
}  # fmt: skip
REQUESTS: Final = {
    _MM: ("MAP_SEND_AUTHENTICATION_INFO", "MAP_UPDATE_LOCATION", "TS 29.002 §8.5.2", "TS 29.002 §8.1.2"),
    _GMM: (
        "MAP_SEND_AUTHENTICATION_INFO", "MAP_UPDATE_GPRS_LOCATION",
        "TS 29.002 §8.5.2", "TS 29.002 §8.1.7",
    ),
    _EMM: (
        "Authentication-Information-Request", "Update-Location-Request",
        "TS 29.272 §7.2.5", "TS 29.272 §7.2.3",
    ),
    _5GMM: (
        "Nausf_UEAuthentication_Authenticate", "Nudm_UECM_Registration",
        "TS 29.509 §5.2", "TS 29.503 §5.3",
    ),
}  # fmt: skip
"""Protocol → how the serving network asks for vectors and reports the location."""
