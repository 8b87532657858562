"""ES8+.StoreMetadata: what a profile says of itself, and what makes it unwelcome (SGP.22 §5.5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asn1 import Asn1Error, rsp
from simulator.euicc import enterprise
from simulator.euicc.profiles import OPERATIONAL, PPR1, PPR2, TEST, has_bit

if TYPE_CHECKING:
    from simulator.euicc.core import EuiccCore

Metadata = dict[str, Any]
UNKNOWN: Final = "..."
"""Where the codec keeps members that it does not know."""
V3_MEMBERS: Final = frozenset(
    (
        "rpmConfiguration",
        "hriServerAddress",
        "serviceProviderMessage",
        "lprConfiguration",
        "enterpriseConfiguration",
        "serviceDescription",
        "deviceChangeConfiguration",
        "estimatedProfileSize",
    )
)
"""Members of StoreMetadataRequest that an eUICC of version 2 passes over."""

IOT_MEMBERS: Final = frozenset(("ecallIndication", "fallbackAllowed", "iotSpecificMetadata"))
"""Members that a consumer's eUICC passes over (SGP.32 §4.4)."""


class Objection(Exception):  # noqa: N818 - an answer, not a fault
    """The profile is not installed; `name` is that of the reason in ErrorReason."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read_metadata(core: EuiccCore, der: bytes) -> Metadata:
    """StoreMetadataRequest as the eUICC keeps it; Objection if a profile with it is unwelcome."""
    try:
        metadata = dict(rsp.decode("StoreMetadataRequest", der))
    except Asn1Error:
        raise Objection("incorrectInputValues") from None
    if profile_class(metadata) == TEST and not core.features.test_profiles:
        raise Objection("unsupportedProfileClass")
    if core.registry.by_iccid(metadata["iccid"]):
        raise Objection("installFailedDueToIccidAlreadyExistsOnEuicc")
    if not _policies_allowed(core, metadata):
        raise Objection("pprNotAllowed")
    if not core.features.iot:
        metadata = {name: value for name, value in metadata.items() if name not in IOT_MEMBERS}
    if not core.features.is_v3:
        return {name: value for name, value in metadata.items() if name not in V3_MEMBERS}
    _check_v3(core, metadata)
    return metadata


def profile_class(metadata: Metadata) -> int:
    """profileClass; operational if it is not told."""
    return int(metadata.get("profileClass", OPERATIONAL))


def _check_v3(core: EuiccCore, metadata: Metadata) -> None:
    if objection := enterprise.objection_to_installation(core, metadata):
        raise Objection(objection)
    if "lprConfiguration" in metadata and not core.features.lpa_proxy:
        raise Objection("lprNotSupported")
    if UNKNOWN in metadata:
        raise Objection("unknownTlvInMetadata")


def _policies_allowed(core: EuiccCore, metadata: Metadata) -> bool:
    """Whether the rules authorisation table allows the profile's policy rules (§2.9.2, §2.9.3.1)."""
    rules = metadata.get("profilePolicyRules")
    wanted = [rule for rule in (PPR1, PPR2) if has_bit(rules, rule)]
    if PPR1 in wanted and any(profile.profile_class == OPERATIONAL for profile in core.registry):
        return False
    owner = metadata.get("profileOwner")
    return all(_authorised(core, rule, owner) for rule in wanted)


def _authorised(core: EuiccCore, rule: int, owner: dict[str, bytes] | None) -> bool:
    return owner is not None and any(
        has_bit(entry["pprIds"], rule)
        and any(_matches(operator, owner) for operator in entry["allowedOperators"])
        for entry in core.features.rules
    )


def _matches(operator: dict[str, bytes], owner: dict[str, bytes]) -> bool:
    """Whether an entry of the rules authorisation table means this owner: MCC and MNC with the wildcard digit
    'E', and the group identifiers where the entry has any (§2.9.2.3)."""
    pairs = zip(operator["mccMnc"].hex(), owner["mccMnc"].hex(), strict=True)
    if not all(want in ("e", have) for want, have in pairs):
        return False
    return all(owner.get(name) == operator[name] for name in ("gid1", "gid2") if name in operator)
