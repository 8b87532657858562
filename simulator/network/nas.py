"""Messages of mobility management between phone and network: the same few in four protocols (TS 24.008 §9.2
MM, §9.4 GMM; TS 24.301 §8.2 EMM; TS 24.501 §8.2 5GMM).

A message is a value without its protocol; `MESSAGES` says what it is called in each. `nas_coding` makes bytes
of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from cards.identities import Imsi, Plmn
from simulator.network.world.model import Rat


class Protocol(Enum):
    """Mobility management of a network, and the clause of its messages."""

    MM = "TS 24.008 §9.2"
    GMM = "TS 24.008 §9.4"
    EMM = "TS 24.301 §8.2"
    FIVE_GMM = "TS 24.501 §8.2"


PROTOCOLS: Final[dict[Rat, tuple[Protocol, ...]]] = {
    Rat.GERAN: (Protocol.MM, Protocol.GMM),
    Rat.UTRAN: (Protocol.MM, Protocol.GMM),
    Rat.E_UTRAN: (Protocol.EMM,),
    Rat.NG_RAN: (Protocol.FIVE_GMM,),
}
"""RAT → the protocols by which a phone registers there: in 2G and 3G with the circuit-switched and the
packet-switched part of the network."""


@dataclass(frozen=True, slots=True)
class Area:
    """A location area, routing area (its LAC; RAC is 1) or tracking area."""

    plmn: Plmn
    code: int

    def __str__(self) -> str:
        return f"{self.plmn}-{self.code:04X}"


@dataclass(frozen=True, slots=True)
class Temporary:
    """A temporary identity: TMSI or P-TMSI of an area, or GUTI (its PLMN and the 4 bytes at its end)."""

    value: bytes
    """4 bytes; with a GUTI the M-TMSI or 5G-TMSI."""
    plmn: Plmn
    pool: bytes = b""
    """Of a GUTI: MME group (2) and MME code (1); of a 5G-GUTI: AMF region (1), set and pointer (2)."""

    def __str__(self) -> str:
        return f"{self.plmn} {self.pool.hex().upper()}{self.value.hex().upper()}"


Identity = Imsi | Temporary | bytes
"""Who the phone says it is; bytes: a SUCI as TS 24.501 §9.11.3.4 codes it."""


@dataclass(frozen=True, slots=True)
class Registering:
    """The phone asks for registration: attach, location or tracking area update."""

    identity: Identity
    area: Area | None = None
    """Where it was registered last."""
    ksi: int = 7
    """Key set identifier of the keys that it still has; 7: none."""
    is_update: bool = False
    """The phone is registered and has come into another area."""
    is_combined: bool = False
    """In EMM: the phone wants calls and messages of a 2G or 3G network, too (CS fallback)."""


@dataclass(frozen=True, slots=True)
class IdentityRequest:
    """Who are you? The network asks for the IMSI or SUCI."""


@dataclass(frozen=True, slots=True)
class IdentityResponse:
    identity: Identity


@dataclass(frozen=True, slots=True)
class AuthenticationRequest:
    rand: bytes
    autn: bytes
    """Empty in a network that knows only GSM."""
    ksi: int = 0


@dataclass(frozen=True, slots=True)
class AuthenticationResponse:
    res: bytes
    """RES, SRES in GSM, RES* in 5GS."""


@dataclass(frozen=True, slots=True)
class AuthenticationFailure:
    cause: int
    auts: bytes = b""


@dataclass(frozen=True, slots=True)
class AuthenticationReject:
    """The network takes the card for a forgery."""


@dataclass(frozen=True, slots=True)
class SecurityModeCommand:
    """The network switches on integrity protection and ciphering with the new keys."""

    ksi: int = 0


@dataclass(frozen=True, slots=True)
class SecurityModeComplete:
    """The phone's answer, the first message under the new keys."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The phone is registered."""

    identity: Temporary
    area: Area
    equivalent: tuple[Plmn, ...] = ()
    emergency_numbers: tuple[str, ...] = ()
    cause: int | None = None
    """Of a combined attach that succeeded for EPS services only: why not for the others."""
    is_update: bool = False
    circuit: tuple[Temporary, Area] | None = None
    """TMSI and location area of a combined attach that succeeded for both."""
    has_ims_voice: bool = False
    """In EMM and 5GMM: calls may go over packet services (IMS voice over PS)."""


@dataclass(frozen=True, slots=True)
class Completed:
    """The phone took its new temporary identity."""

    is_update: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    cause: int
    is_update: bool = False


Nas = (
    Registering
    | IdentityRequest
    | IdentityResponse
    | AuthenticationRequest
    | AuthenticationResponse
    | AuthenticationFailure
    | AuthenticationReject
    | SecurityModeCommand
    | SecurityModeComplete
    | Accepted
    | Completed
    | Rejected
)


class Name(NamedTuple):
    """What a message is called in a protocol, its type, and where it stands."""

    text: str
    type: int
    clause: str


_MM, _GMM, _EMM, _5GMM = Protocol.MM, Protocol.GMM, Protocol.EMM, Protocol.FIVE_GMM
MESSAGES: Final[dict[type[object], dict[Protocol, Name]]] = {
    Registering: {
        _MM: Name("LOCATION UPDATING REQUEST", 0x08, "TS 24.008 §9.2.15"),
        _GMM: Name("ATTACH REQUEST", 0x01, "TS 24.008 §9.4.1"),
        _EMM: Name("ATTACH REQUEST", 0x41, "TS 24.301 §8.2.4"),
        _5GMM: Name("REGISTRATION REQUEST", 0x41, "TS 24.501 §8.2.6"),
    },
    IdentityRequest: {
        _MM: Name("IDENTITY REQUEST", 0x18, "TS 24.008 §9.2.10"),
        _GMM: Name("IDENTITY REQUEST", 0x15, "TS 24.008 §9.4.12"),
        _EMM: Name("IDENTITY REQUEST", 0x55, "TS 24.301 §8.2.18"),
        _5GMM: Name("IDENTITY REQUEST", 0x5B, "TS 24.501 §8.2.21"),
    },
    IdentityResponse: {
        _MM: Name("IDENTITY RESPONSE", 0x19, "TS 24.008 §9.2.11"),
        _GMM: Name("IDENTITY RESPONSE", 0x16, "TS 24.008 §9.4.13"),
        _EMM: Name("IDENTITY RESPONSE", 0x56, "TS 24.301 §8.2.19"),
        _5GMM: Name("IDENTITY RESPONSE", 0x5C, "TS 24.501 §8.2.22"),
    },
    AuthenticationRequest: {
        _MM: Name("AUTHENTICATION REQUEST", 0x12, "TS 24.008 §9.2.2"),
        _GMM: Name("AUTHENTICATION AND CIPHERING REQUEST", 0x12, "TS 24.008 §9.4.9"),
        _EMM: Name("AUTHENTICATION REQUEST", 0x52, "TS 24.301 §8.2.7"),
        _5GMM: Name("AUTHENTICATION REQUEST", 0x56, "TS 24.501 §8.2.1"),
    },
    AuthenticationResponse: {
        _MM: Name("AUTHENTICATION RESPONSE", 0x14, "TS 24.008 §9.2.3"),
        _GMM: Name("AUTHENTICATION AND CIPHERING RESPONSE", 0x13, "TS 24.008 §9.4.10"),
        _EMM: Name("AUTHENTICATION RESPONSE", 0x53, "TS 24.301 §8.2.8"),
        _5GMM: Name("AUTHENTICATION RESPONSE", 0x57, "TS 24.501 §8.2.2"),
    },
    AuthenticationFailure: {
        _MM: Name("AUTHENTICATION FAILURE", 0x1C, "TS 24.008 §9.2.3a"),
        _GMM: Name("AUTHENTICATION AND CIPHERING FAILURE", 0x1C, "TS 24.008 §9.4.10a"),
        _EMM: Name("AUTHENTICATION FAILURE", 0x5C, "TS 24.301 §8.2.5"),
        _5GMM: Name("AUTHENTICATION FAILURE", 0x59, "TS 24.501 §8.2.4"),
    },
    AuthenticationReject: {
        _MM: Name("AUTHENTICATION REJECT", 0x11, "TS 24.008 §9.2.1"),
        _GMM: Name("AUTHENTICATION AND CIPHERING REJECT", 0x14, "TS 24.008 §9.4.11"),
        _EMM: Name("AUTHENTICATION REJECT", 0x54, "TS 24.301 §8.2.6"),
        _5GMM: Name("AUTHENTICATION REJECT", 0x58, "TS 24.501 §8.2.5"),
    },
    SecurityModeCommand: {
        _EMM: Name("SECURITY MODE COMMAND", 0x5D, "TS 24.301 §8.2.20"),
        _5GMM: Name("SECURITY MODE COMMAND", 0x5D, "TS 24.501 §8.2.25"),
    },
    SecurityModeComplete: {
        _EMM: Name("SECURITY MODE COMPLETE", 0x5E, "TS 24.301 §8.2.21"),
        _5GMM: Name("SECURITY MODE COMPLETE", 0x5E, "TS 24.501 §8.2.26"),
    },
    Accepted: {
        _MM: Name("LOCATION UPDATING ACCEPT", 0x02, "TS 24.008 §9.2.13"),
        _GMM: Name("ATTACH ACCEPT", 0x02, "TS 24.008 §9.4.2"),
        _EMM: Name("ATTACH ACCEPT", 0x42, "TS 24.301 §8.2.1"),
        _5GMM: Name("REGISTRATION ACCEPT", 0x42, "TS 24.501 §8.2.7"),
    },
    Completed: {
        _MM: Name("TMSI REALLOCATION COMPLETE", 0x1B, "TS 24.008 §9.2.18"),
        _GMM: Name("ATTACH COMPLETE", 0x03, "TS 24.008 §9.4.3"),
        _EMM: Name("ATTACH COMPLETE", 0x43, "TS 24.301 §8.2.2"),
        _5GMM: Name("REGISTRATION COMPLETE", 0x43, "TS 24.501 §8.2.8"),
    },
    Rejected: {
        _MM: Name("LOCATION UPDATING REJECT", 0x04, "TS 24.008 §9.2.14"),
        _GMM: Name("ATTACH REJECT", 0x04, "TS 24.008 §9.4.4"),
        _EMM: Name("ATTACH REJECT", 0x44, "TS 24.301 §8.2.3"),
        _5GMM: Name("REGISTRATION REJECT", 0x44, "TS 24.501 §8.2.9"),
    },
}
"""Message → protocol → what it is called there. MM and GMM know no security mode of their own: the radio
network switches ciphering on (TS 44.018 §3.4.7, TS 25.331 §8.1.12)."""


UPDATES: Final[dict[type[object], dict[Protocol, Name]]] = {
    Registering: {
        _GMM: Name("ROUTING AREA UPDATE REQUEST", 0x08, "TS 24.008 §9.4.14"),
        _EMM: Name("TRACKING AREA UPDATE REQUEST", 0x48, "TS 24.301 §8.2.29"),
    },
    Accepted: {
        _GMM: Name("ROUTING AREA UPDATE ACCEPT", 0x09, "TS 24.008 §9.4.15"),
        _EMM: Name("TRACKING AREA UPDATE ACCEPT", 0x49, "TS 24.301 §8.2.26"),
    },
    Completed: {
        _GMM: Name("ROUTING AREA UPDATE COMPLETE", 0x0A, "TS 24.008 §9.4.16"),
        _EMM: Name("TRACKING AREA UPDATE COMPLETE", 0x4A, "TS 24.301 §8.2.27"),
    },
    Rejected: {
        _GMM: Name("ROUTING AREA UPDATE REJECT", 0x0B, "TS 24.008 §9.4.17"),
        _EMM: Name("TRACKING AREA UPDATE REJECT", 0x4B, "TS 24.301 §8.2.28"),
    },
}
"""The same for a phone that is registered and has come into another area; MM and 5GMM have the same messages
for both, and say it inside."""


def name_of(message: Nas, protocol: Protocol) -> Name:
    """How a protocol calls a message."""
    if getattr(message, "is_update", False) and (name := UPDATES.get(type(message), {}).get(protocol)):
        return name
    return MESSAGES[type(message)][protocol]
