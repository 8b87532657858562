"""What a mobility management message says, in words: the members of a `journal.Message`."""

from __future__ import annotations

from cards.identities import Imsi
from simulator.network.causes import FAILURES, cause_of
from simulator.network.nas import (
    Accepted,
    AuthenticationFailure,
    AuthenticationRequest,
    AuthenticationResponse,
    Identity,
    IdentityRequest,
    IdentityResponse,
    Nas,
    Protocol,
    Registering,
    Rejected,
    SecurityModeCommand,
    Temporary,
)
from simulator.network.suci import Suci

NO_KEY = 7
_TEMPORARY = {
    Protocol.MM: "TMSI", Protocol.GMM: "P-TMSI", Protocol.EMM: "GUTI", Protocol.FIVE_GMM: "5G-GUTI",
}  # fmt: skip
_AREA = {
    Protocol.MM: "location area", Protocol.GMM: "routing area", Protocol.EMM: "tracking area",
    Protocol.FIVE_GMM: "tracking area",
}  # fmt: skip


def members(message: Nas, protocol: Protocol) -> dict[str, str]:
    """Name → value, both for people."""
    if isinstance(message, Registering):
        said = _identity(message.identity, protocol)
        said["last " + _AREA[protocol]] = str(message.area) if message.area else "none"
        said["key set identifier"] = str(message.ksi) if message.ksi != NO_KEY else "no key"
        if message.is_combined:
            said["wants"] = "packet services, and calls and messages of a 2G or 3G network"
        return said
    if isinstance(message, IdentityRequest):
        return {"identity asked for": "SUCI" if protocol is Protocol.FIVE_GMM else "IMSI"}
    if isinstance(message, IdentityResponse):
        return _identity(message.identity, protocol)
    if isinstance(message, AuthenticationRequest):
        return {"RAND": message.rand.hex().upper(), "AUTN": message.autn.hex().upper()}
    if isinstance(message, AuthenticationResponse):
        return {"RES*" if protocol is Protocol.FIVE_GMM else "RES": message.res.hex().upper()}
    if isinstance(message, AuthenticationFailure):
        said = {"cause": f"#{message.cause} {FAILURES.get(message.cause, '')}".rstrip()}
        return said | ({"AUTS": message.auts.hex().upper()} if message.auts else {})
    if isinstance(message, SecurityModeCommand):
        return {"ciphering": "EEA0 (none)", "integrity": "128-EIA2", "key set identifier": str(message.ksi)}
    if isinstance(message, Accepted):
        return _accepted(message, protocol)
    if isinstance(message, Rejected):
        cause = cause_of(protocol, message.cause)
        return {"cause": f"#{cause.number} {cause.name}", "which means": cause.meaning}
    return {}


def _identity(identity: Identity, protocol: Protocol) -> dict[str, str]:
    if isinstance(identity, Imsi):
        return {"IMSI": str(identity)}
    if isinstance(identity, Temporary):
        return {_TEMPORARY[protocol]: str(identity)}
    return {"SUCI": identity.hex().upper()} | Suci.parse(identity).words()


def _accepted(message: Accepted, protocol: Protocol) -> dict[str, str]:
    said = {_TEMPORARY[protocol]: str(message.identity), _AREA[protocol]: str(message.area)}
    if protocol in (Protocol.EMM, Protocol.FIVE_GMM):
        said["IMS voice"] = "supported" if message.has_ims_voice else "not supported"
    if message.circuit is not None:
        said["TMSI"], said["location area"] = str(message.circuit[0]), str(message.circuit[1])
    if message.equivalent:
        said["equivalent PLMNs"] = ", ".join(map(str, message.equivalent))
    if message.emergency_numbers:
        said["emergency numbers"] = ", ".join(message.emergency_numbers)
    if message.cause is not None:
        said["cause"] = f"#{message.cause} {cause_of(protocol, message.cause).name}"
    return said
