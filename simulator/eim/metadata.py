"""What an eIM checks of a profile on its way: its metadata, and that the package holds just these (SGP.32
§3.2.3.2)."""

from __future__ import annotations

from typing import Any, Final

from asn1 import iot, rsp
from asn1.errors import Asn1Error
from simulator.eim.errors import Refused
from simulator.eim.records import Device, Session

_MAC_LENGTH: Final = 8
_UPDATE_CONTROL: Final = 0
"""Bit of PprIds that is no rule (SGP.22 §2.4.5)."""


def prepares_itself(device: Device, feature: str) -> bool:
    """Whether the IPA leaves this to the eIM; `feature` is a bit of IpaCapabilities.ipaFeatures."""
    if not device.ipa_capabilities:
        return False
    octets, length = iot.decode("IpaCapabilities", device.ipa_capabilities)["ipaFeatures"]
    bit = iot.names("IpaCapabilities.ipaFeatures")[feature]
    return bit < length and bool(octets[bit // 8] & 0x80 >> bit % 8)


def check_metadata(device: Device | None, metadata: dict[str, Any]) -> None:
    """Refused, pprNotAllowed, if the profile has rules that the eUICC's table does not authorise, where the
    IPA leaves that to the eIM (eimProfileMetadataVerification). Without the table no rule is allowed."""
    if device is None or not prepares_itself(device, "eimProfileMetadataVerification"):
        return
    wanted = _bits(metadata.get("profilePolicyRules", (b"", 0))) - {_UPDATE_CONTROL}
    table = iot.decode("RulesAuthorisationTable", device.rules) if device.rules else []
    owner = metadata.get("profileOwner")
    allowed: set[int] = set()
    for row in table:
        if owner is not None and any(_means(operator, owner) for operator in row["allowedOperators"]):
            allowed |= _bits(row["pprIds"])
    if wanted - allowed:
        names = {number: name for name, number in rsp.names("PprIds").items()}
        told = ", ".join(names.get(bit, str(bit)) for bit in sorted(wanted - allowed))
        raise Refused("pprNotAllowed", f"{told} is not authorised for the owner of the profile")


def _bits(value: tuple[bytes, int]) -> set[int]:
    octets, length = value
    return {bit for bit in range(length) if octets[bit // 8] & 0x80 >> bit % 8}


def _means(operator: dict[str, bytes], owner: dict[str, bytes]) -> bool:
    """Whether an entry of the table means this owner; 'E' stands for any digit (SGP.22 §2.9.2.3)."""
    pairs = zip(operator["mccMnc"].hex(), owner["mccMnc"].hex(), strict=True)
    if not all(want in ("e", have) for want, have in pairs):
        return False
    return all(owner.get(name) == operator[name] for name in ("gid1", "gid2") if name in operator)


def check_bound_package(session: Session, package: dict[str, Any]) -> None:
    """Refused, metadataMismatch, if the package stores other metadata than AuthenticateClient promised. They
    are in it in the clear, with a MAC at the end of each segment (SGP.22 §2.5.4)."""
    stored = b"".join(segment[:-_MAC_LENGTH] for segment in package["sequenceOf88"])
    try:
        same = rsp.decode("StoreMetadataRequest", stored) == rsp.decode(
            "StoreMetadataRequest", session.metadata
        )
    except Asn1Error as error:
        raise Refused("metadataMismatch", str(error)) from error
    if not same:
        raise Refused("metadataMismatch", "the package holds other metadata than were shown before")
