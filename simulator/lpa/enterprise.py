"""What a device of SGP.22 version 3 checks of a profile besides its policy rules (§3.1.3, step 7): enterprise
profiles and their rules, and the LPA proxy. The eUICC checks most of it again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from simulator.lpa.device import Device
from simulator.lpa.profiles import OPERATIONAL, ProfileMetadata, bit_names, enterprise_rules

TAGS: Final = bytes.fromhex("5A959F7099BD")
"""What of the installed profiles is looked at: ICCID, class, state, policy rules, enterprise."""
REFERENCE: Final = "referenceEnterpriseRule"
ENTERPRISE_ONLY: Final = "onlyEnterpriseProfilesCanBeInstalled"
Value = Mapping[str, Any]


class Objection(NamedTuple):
    """Why a profile must not be installed: a name of CancelSessionReason, and in words."""

    reason: str
    why: str


def needs_installed(metadata: ProfileMetadata, device: Device, capabilities: Collection[str]) -> bool:
    """Whether the judgement depends on the profiles that are installed."""
    if "enterpriseConfiguration" in metadata.value:
        return "enterpriseProfilesSupport" in capabilities
    return device.is_enterprise_capable and "enterpriseProfilesSupport" in capabilities


def judge(
    metadata: ProfileMetadata, installed: Iterable[Value], device: Device, capabilities: Collection[str]
) -> Objection | None:
    """What speaks against the profile; None if nothing does. `capabilities` are the eUICC's
    (euiccRspCapability), `installed` is ProfileInfo with the `TAGS`."""
    value = metadata.value
    if "lprConfiguration" in value and not (device.has_lpa_proxy and "lpaProxySupport" in capabilities):
        return Objection("lprNotSupported", "it is for an LPA proxy, which this device does not have")
    configuration = value.get("enterpriseConfiguration")
    if configuration is None:
        return _judge_other(value, installed, device)
    if "enterpriseProfilesSupport" not in capabilities:
        return Objection("enterpriseProfilesNotSupported", "the eUICC takes no enterprise profiles")
    return _judge_enterprise(configuration, enterprise_rules(value), list(installed), device)


def _judge_other(value: Value, installed: Iterable[Value], device: Device) -> Objection | None:
    if not device.is_enterprise_capable or value.get("profileClass", OPERATIONAL) != OPERATIONAL:
        return None
    if any({REFERENCE, ENTERPRISE_ONLY} <= set(enterprise_rules(one)) for one in installed):
        why = "the enterprise whose device this is allows its own profiles only"
        return Objection("enterpriseProfilesOnly", why)
    return None


def _judge_enterprise(
    configuration: Value, rules: tuple[str, ...], installed: list[Value], device: Device
) -> Objection | None:
    if any("ppr1" in bit_names("PprIds", one.get("profilePolicyRules", (b"", 0))) for one in installed):
        why = "a profile that must not be disabled (ppr1) lets no enterprise profile in"
        return Objection("enterpriseProfileNotAllowed", why)
    if "enterpriseRules" in configuration and not device.is_enterprise_capable:
        why = "it has enterprise rules, and this device is not enterprise capable"
        return Objection("enterpriseRulesNotAllowed", why)
    others = [one["enterpriseConfiguration"] for one in installed if "enterpriseConfiguration" in one]
    if any(one["enterpriseOid"] != configuration["enterpriseOid"] for one in others):
        return Objection("enterpriseOidMismatch", "profiles of another enterprise are on the eUICC")
    if REFERENCE in rules and any(REFERENCE in enterprise_rules(one) for one in installed):
        why = "another profile has the reference enterprise rule already"
        return Objection("enterpriseRulesError", why)
    return None
