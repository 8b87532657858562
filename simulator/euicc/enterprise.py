"""Enterprise profiles: what may be installed, changed and enabled beside them (SGP.22 v3 §2.4.12).

A profile with an enterpriseConfiguration (§2.4a.1.7) in its metadata is an enterprise's. The configuration
may have rules, which have force only

- while they are the reference: at most one profile on the eUICC has them with referenceEnterpriseRule set;
- in an enterprise capable device, which says so in TERMINAL CAPABILITY (tag '83', bit 6).

The rules of the reference then bind every operational profile; test and provisioning profiles serve the
device and are free of them, as they are of policy rules:

    onlyEnterpriseProfilesCanBeInstalled   no other profile is installed any more; those there stay
    numberOfNonEnterpriseProfiles          so many of the others may be enabled at once
    priorityEnterpriseProfile              no other profile is enabled unless the reference is: with a single
                                           profile enabled at a time none is, with several it comes first

Deleting a profile and resetting the memory they do not hinder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from simulator.euicc.profiles import OPERATIONAL, PPR1, Profile, has_bit

if TYPE_CHECKING:
    from simulator.euicc.core import EuiccCore

Metadata = Mapping[str, Any]
REFERENCE, PRIORITY, ENTERPRISE_ONLY = range(3)
"""Bits of enterpriseRuleBits."""
_NO_RULES: Final[Metadata] = {"enterpriseRuleBits": (b"", 0), "numberOfNonEnterpriseProfiles": 0}


def _configuration(metadata: Metadata) -> Metadata | None:
    found: Metadata | None = metadata.get("enterpriseConfiguration")
    return found


def _is_operational(metadata: Metadata) -> bool:
    return int(metadata.get("profileClass", OPERATIONAL)) == OPERATIONAL


def _rules(metadata: Metadata) -> Metadata:
    configuration = _configuration(metadata)
    return _NO_RULES if configuration is None else configuration.get("enterpriseRules", _NO_RULES)


def _has_rule(metadata: Metadata, bit: int) -> bool:
    return has_bit(_rules(metadata)["enterpriseRuleBits"], bit)


def _reference(core: EuiccCore) -> Profile | None:
    """The profile whose rules have force; None if there is none, or the device is not enterprise capable."""
    if not core.is_enterprise_capable():
        return None
    return next((one for one in core.registry if _has_rule(one.metadata, REFERENCE)), None)


def objection_to_installation(core: EuiccCore, metadata: Metadata) -> str:
    """Why a profile must not be installed: a name of ErrorReason, empty if it may (§5.5.3)."""
    configuration = _configuration(metadata)
    if configuration is None:
        reference = _reference(core)
        only = reference is not None and _has_rule(reference.metadata, ENTERPRISE_ONLY)
        return "enterpriseProfilesOnly" if only and _is_operational(metadata) else ""
    if not core.features.enterprise:
        return "enterpriseProfilesNotSupported"
    if any(profile.forbids(PPR1) for profile in core.registry):
        return "enterpriseProfileNotAllowed"
    return _objection_to_rules(core, configuration, beside=None)


def _objection_to_rules(core: EuiccCore, configuration: Metadata, beside: Profile | None) -> str:
    """What is wrong with a configuration, given those of all profiles but `beside`."""
    if "enterpriseRules" in configuration and not core.is_enterprise_capable():
        return "enterpriseRulesNotAllowed"
    others = [one.metadata for one in core.registry if one is not beside]
    owned = [found for one in others if (found := _configuration(one)) is not None]
    if any(one["enterpriseOid"] != configuration["enterpriseOid"] for one in owned):
        return "enterpriseOidMismatch"
    own: Metadata = {"enterpriseConfiguration": configuration}
    is_second = _has_rule(own, REFERENCE) and any(_has_rule(one, REFERENCE) for one in others)
    if is_second or _rules(own)["numberOfNonEnterpriseProfiles"] < 0:
        return "enterpriseRulesError"
    return ""


def may_change(core: EuiccCore, profile: Profile, configuration: Metadata) -> bool:
    """Whether an update may bring this configuration (§5.4.1): the profile must be the same enterprise's
    already, and the rules must be such that it could be installed with them."""
    before = _configuration(profile.metadata)
    if before is None or before["enterpriseOid"] != configuration["enterpriseOid"]:
        return False
    return not _objection_to_rules(core, configuration, beside=profile)


def forbids_enabling(core: EuiccCore, profile: Profile, displaced: Profile | None) -> bool:
    """Whether the reference forbids to enable a profile in the place of `displaced` (§5.7.16)."""
    reference = _reference(core)
    if reference is None or not _is_operational(profile.metadata):
        return False
    enabled = [one for one in core.registry if one.is_enabled and one is not displaced]
    if _configuration(profile.metadata) is None:
        private = [one for one in (*enabled, profile) if _is_private(one)]
        if len(private) > _rules(reference.metadata)["numberOfNonEnterpriseProfiles"]:
            return True
    return profile is not reference and _has_rule(reference.metadata, PRIORITY) and reference not in enabled


def forbids_disabling(core: EuiccCore, profile: Profile) -> bool:
    """Whether the reference forbids to disable a profile: itself, as long as others that need it are enabled
    (§5.7.17)."""
    if profile is not _reference(core) or not _has_rule(profile.metadata, PRIORITY):
        return False
    return any(
        one.is_enabled and one is not profile and _is_operational(one.metadata) for one in core.registry
    )


def _is_private(profile: Profile) -> bool:
    """Whether the profile counts among the non-enterprise ones."""
    return _is_operational(profile.metadata) and _configuration(profile.metadata) is None
