"""Why a network refuses a registration, and what a phone does then (TS 24.008 §4.4.4.7 and §4.7.3.1.4, TS
24.301 §5.5.1.2.5, TS 24.501 §5.5.1.2.5).

What a phone does is a set of effects; `handset/rejection.py` carries them out. Causes that are not here are
handled as the abnormal case d or b of the same clauses: the attempt failed, and is made again up to five
times (four in MM).
"""

from __future__ import annotations

from enum import Flag, auto
from typing import Final, NamedTuple

from simulator.network.nas import Protocol


class Effect(Flag):
    """What a reject cause does to the phone and the card."""

    NONE = 0
    FORGET = auto()
    """Temporary identity, last area and key set identifier are deleted, on the card too."""
    UPDATE_3 = auto()
    """Update status U3, GU3, EU3 or 5U3 ROAMING NOT ALLOWED; without it U2, GU2, EU2 or 5U2 NOT UPDATED."""
    INVALID_CS = auto()
    """The card counts as invalid for circuit-switched services until switch-off or removal."""
    INVALID_PS = auto()
    """The same for packet services."""
    INVALID_5G = auto()
    """The same for 5G only; 4G and older ones go on."""
    FORBID_PLMN = auto()
    """The network goes onto EF.FPLMN, unless it is the home network or an equivalent."""
    FORBID_PLMN_PS = auto()
    """The network goes onto the phone's list of forbidden PLMNs for GPRS service, until switch-off."""
    FORBID_AREA = auto()
    """The area goes onto the list of those forbidden for regional provision of service."""
    FORBID_AREA_ROAMING = auto()
    """The area goes onto the list of those forbidden for roaming."""
    OTHER_PLMN = auto()
    """The phone selects another network."""
    OTHER_AREA = auto()
    """The phone looks for a suitable cell in another area, or of another technology, of the same network."""
    NO_RAT = auto()
    """The phone does not use this technology in this network any more, until switch-off."""
    RETRY = auto()
    """The attempt counter goes up, and the phone tries again while it is below its limit."""
    REGISTER_ANEW = auto()
    """The phone registers again at once, with its permanent identity."""
    WAIT = auto()
    """The phone tries again when a timer has run out (T3346)."""


class Cause(NamedTuple):
    """A cause: its number in a protocol, its name there, what it means and does, and where that stands."""

    protocol: Protocol
    number: int
    name: str
    meaning: str
    effect: Effect
    clause: str


_E = Effect
_CARD = _E.FORGET | _E.UPDATE_3
_BOTH = _E.INVALID_CS | _E.INVALID_PS
_PLMN = _CARD | _E.FORBID_PLMN | _E.OTHER_PLMN
_REGIONAL = _CARD | _E.FORBID_AREA | _E.OTHER_AREA
_ROAMING = _E.UPDATE_3 | _E.FORBID_AREA_ROAMING | _E.OTHER_PLMN
_UNSUITABLE = _E.UPDATE_3 | _E.FORBID_AREA_ROAMING | _E.OTHER_AREA
_PS_PLMN = _CARD | _E.FORBID_PLMN_PS | _E.OTHER_PLMN

_UNKNOWN = "the home network does not know this subscriber"
_ILLEGAL_MS = "the network does not take this subscriber, or its card did not prove who it is"
_ILLEGAL_ME = "the network does not take this device, as one that is reported stolen"
_NO_PS = "the subscription has no packet services"
_NEITHER = "the subscription has neither packet nor circuit-switched services here"
_NOT_DERIVED = "the network does not know the temporary identity any more"
_DETACHED = "the network has dropped this phone meanwhile"
_NO_PLMN = "this network does not serve this subscriber, as one without a roaming agreement"
_NO_AREA = "the subscription does not cover this area"
_NO_ROAMING = "the subscriber may not roam in this area"
_NO_PS_PLMN = "the subscriber may not use packet services of this network"
_NO_CELLS = "there is no cell in this area that the subscriber may use; others of this network may serve"
_FAILURE = "something in the network, or on the way to the home network, failed"
_CONGESTION = "the network has too much to do"
_SEVERE = "the network is disturbed, and will be for a while"

_MM, _GMM, _EMM, _5GMM = Protocol.MM, Protocol.GMM, Protocol.EMM, Protocol.FIVE_GMM
_MM_AT, _GMM_AT, _EMM_AT, _5GMM_AT = (
    "TS 24.008 §4.4.4.7", "TS 24.008 §4.7.3.1.4", "TS 24.301 §5.5.1.2.5", "TS 24.501 §5.5.1.2.5",
)  # fmt: skip

CAUSES: Final[tuple[Cause, ...]] = (
    Cause(_MM, 2, "IMSI unknown in HLR", _UNKNOWN, _CARD | _E.INVALID_CS, _MM_AT),
    Cause(_MM, 3, "Illegal MS", _ILLEGAL_MS, _CARD | _E.INVALID_CS, _MM_AT),
    Cause(_MM, 6, "Illegal ME", _ILLEGAL_ME, _CARD | _E.INVALID_CS, _MM_AT),
    Cause(_MM, 11, "PLMN not allowed", _NO_PLMN, _PLMN, _MM_AT),
    Cause(_MM, 12, "Location Area not allowed", _NO_AREA, _REGIONAL, _MM_AT),
    Cause(_MM, 13, "Roaming not allowed in this location area", _NO_ROAMING, _ROAMING, _MM_AT),
    Cause(_MM, 15, "No Suitable Cells In Location Area", _NO_CELLS, _UNSUITABLE, _MM_AT),
    Cause(_MM, 17, "Network failure", _FAILURE, _E.RETRY, "TS 24.008 §4.4.4.9 f"),
    Cause(_MM, 22, "Congestion", _CONGESTION, _E.WAIT, "TS 24.008 §4.4.4.9 g"),
    Cause(_GMM, 2, "IMSI unknown in HLR", _UNKNOWN, _E.INVALID_CS, "TS 24.008 §4.7.3.2.4"),
    Cause(_GMM, 3, "Illegal MS", _ILLEGAL_MS, _CARD | _BOTH, _GMM_AT),
    Cause(_GMM, 6, "Illegal ME", _ILLEGAL_ME, _CARD | _BOTH, _GMM_AT),
    Cause(_GMM, 7, "GPRS services not allowed", _NO_PS, _CARD | _E.INVALID_PS, _GMM_AT),
    Cause(_GMM, 8, "GPRS services and non-GPRS services not allowed", _NEITHER, _CARD | _BOTH, _GMM_AT),
    Cause(_GMM, 9, "MS identity cannot be derived by the network", _NOT_DERIVED, _E.FORGET | _E.REGISTER_ANEW, "TS 24.008 §4.7.5.1.4"),
    Cause(_GMM, 10, "Implicitly detached", _DETACHED, _E.REGISTER_ANEW, "TS 24.008 §4.7.5.1.4"),
    Cause(_GMM, 11, "PLMN not allowed", _NO_PLMN, _PLMN, _GMM_AT),
    Cause(_GMM, 12, "Location Area not allowed", _NO_AREA, _REGIONAL, _GMM_AT),
    Cause(_GMM, 13, "Roaming not allowed in this location area", _NO_ROAMING, _ROAMING, _GMM_AT),
    Cause(_GMM, 14, "GPRS services not allowed in this PLMN", _NO_PS_PLMN, _PS_PLMN, _GMM_AT),
    Cause(_GMM, 15, "No Suitable Cells In Location Area", _NO_CELLS, _UNSUITABLE, _GMM_AT),
    Cause(_GMM, 17, "Network failure", _FAILURE, _E.RETRY, "TS 24.008 §4.7.3.1.5 d"),
    Cause(_GMM, 22, "Congestion", _CONGESTION, _E.WAIT, _GMM_AT),
    Cause(_EMM, 2, "IMSI unknown in HSS", _UNKNOWN, _E.INVALID_CS, "TS 24.301 §5.5.1.3.4.3"),
    Cause(_EMM, 3, "Illegal UE", _ILLEGAL_MS, _CARD | _BOTH, _EMM_AT),
    Cause(_EMM, 6, "Illegal ME", _ILLEGAL_ME, _CARD | _BOTH, _EMM_AT),
    Cause(_EMM, 7, "EPS services not allowed", _NO_PS, _CARD | _E.INVALID_PS, _EMM_AT),
    Cause(_EMM, 8, "EPS services and non-EPS services not allowed", _NEITHER, _CARD | _BOTH, _EMM_AT),
    Cause(_EMM, 9, "UE identity cannot be derived by the network", _NOT_DERIVED, _E.FORGET | _E.REGISTER_ANEW, "TS 24.301 §5.5.3.2.5"),
    Cause(_EMM, 10, "Implicitly detached", _DETACHED, _E.REGISTER_ANEW, "TS 24.301 §5.5.3.2.5"),
    Cause(_EMM, 11, "PLMN not allowed", _NO_PLMN, _PLMN, _EMM_AT),
    Cause(_EMM, 12, "Tracking area not allowed", _NO_AREA, _REGIONAL, _EMM_AT),
    Cause(_EMM, 13, "Roaming not allowed in this tracking area", _NO_ROAMING, _CARD | _ROAMING, _EMM_AT),
    Cause(_EMM, 14, "EPS services not allowed in this PLMN", _NO_PS_PLMN, _PS_PLMN, _EMM_AT),
    Cause(_EMM, 15, "No suitable cells in tracking area", _NO_CELLS, _CARD | _UNSUITABLE, _EMM_AT),
    Cause(_EMM, 18, "CS domain not available", "the network has no 2G or 3G part for calls", _E.NONE, "TS 24.301 §5.5.1.3.4.3"),
    Cause(_EMM, 17, "Network failure", _FAILURE, _E.RETRY, "TS 24.301 §5.5.1.2.6 d"),
    Cause(_EMM, 22, "Congestion", _CONGESTION, _E.WAIT, _EMM_AT),
    Cause(_EMM, 35, "Requested service option not authorized in this PLMN", _NO_PLMN, _PLMN, _EMM_AT),
    Cause(_EMM, 42, "Severe network failure", _SEVERE, _E.FORGET | _E.OTHER_PLMN, _EMM_AT),
    Cause(_5GMM, 3, "Illegal UE", _ILLEGAL_MS, _CARD | _BOTH, _5GMM_AT),
    Cause(_5GMM, 6, "Illegal ME", _ILLEGAL_ME, _CARD | _BOTH, _5GMM_AT),
    Cause(_5GMM, 7, "5GS services not allowed", _NO_PS, _CARD | _E.INVALID_5G | _E.OTHER_AREA, _5GMM_AT),
    Cause(_5GMM, 9, "UE identity cannot be derived by the network", _NOT_DERIVED, _E.FORGET | _E.REGISTER_ANEW, "TS 24.501 §5.5.1.3.5"),
    Cause(_5GMM, 10, "Implicitly de-registered", _DETACHED, _E.REGISTER_ANEW, "TS 24.501 §5.5.1.3.5"),
    Cause(_5GMM, 11, "PLMN not allowed", _NO_PLMN, _PLMN, _5GMM_AT),
    Cause(_5GMM, 12, "Tracking area not allowed", _NO_AREA, _REGIONAL, _5GMM_AT),
    Cause(_5GMM, 13, "Roaming not allowed in this tracking area", _NO_ROAMING, _CARD | _ROAMING, _5GMM_AT),
    Cause(_5GMM, 15, "No suitable cells in tracking area", _NO_CELLS, _CARD | _UNSUITABLE, _5GMM_AT),
    Cause(_5GMM, 22, "Congestion", _CONGESTION, _E.WAIT, _5GMM_AT),
    Cause(_5GMM, 27, "N1 mode not allowed", "the subscription has no 5G core network", _CARD | _E.NO_RAT | _E.OTHER_AREA, _5GMM_AT),
    Cause(_5GMM, 62, "No network slices available", "no slice of this network is for this subscriber", _E.NO_RAT | _E.OTHER_AREA, _5GMM_AT),
    Cause(_5GMM, 73, "Serving network not authorized", "the home network does not let this network serve", _PLMN, _5GMM_AT),
    Cause(_5GMM, 111, "Protocol error, unspecified", _FAILURE, _E.RETRY, "TS 24.501 §5.5.1.2.7 d"),
)  # fmt: skip

MAC_FAILURE: Final = 20
SYNCH_FAILURE: Final = 21
GSM_UNACCEPTABLE: Final = 23
"""Causes that the phone gives, in AUTHENTICATION FAILURE (TS 24.008 §4.3.2.6)."""
SEPARATION_UNACCEPTABLE: Final = 26
"""Non-EPS or non-5G authentication unacceptable: the separation bit of AMF is 0 (TS 24.301 §5.4.2.6 b, TS
24.501 §5.4.1.3.7 d)."""
FAILURES: Final[dict[int, str]] = {
    MAC_FAILURE: "MAC failure",
    SYNCH_FAILURE: "synch failure",
    GSM_UNACCEPTABLE: "GSM authentication unacceptable",
    SEPARATION_UNACCEPTABLE: "non-EPS or non-5G authentication unacceptable",
}

ATTEMPTS: Final[dict[Protocol, int]] = {_MM: 4, _GMM: 5, _EMM: 5, _5GMM: 5}
"""Attempts before the phone gives a network up for the time being (TS 24.008 §4.4.4.9, §4.7.3.1.5, TS 24.301
§5.5.1.2.6, TS 24.501 §5.5.1.2.7)."""

_BY_NUMBER: Final = {(cause.protocol, cause.number): cause for cause in CAUSES}


def cause_of(protocol: Protocol, number: int) -> Cause:
    """What a number means in a protocol; one that is not in the table counts as a failed attempt."""
    found = _BY_NUMBER.get((protocol, number))
    if found is not None:
        return found
    return Cause(
        protocol, number, f"cause {number}", _FAILURE, Effect.RETRY, f"{protocol.value}: abnormal case"
    )
