"""Profiles as people see them: before a download, and on the eUICC (SGP.22 §4.4, §5.7.15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from asn1 import rsp
from cards.identities import Iccid, IdentityError, Plmn, from_card

CLASSES = {0: "test", 1: "provisioning", 2: "operational"}
OPERATIONAL = 2
ENABLED = 1


bit_names = rsp.bit_names
"""Names of the bits that are set in a BIT STRING of the RSP module."""


def enterprise_rules(value: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the enterprise rules in StoreMetadataRequest or ProfileInfo (version 3)."""
    rules = value.get("enterpriseConfiguration", {}).get("enterpriseRules")
    path = "EnterpriseConfiguration.enterpriseRules.enterpriseRuleBits"
    return bit_names(path, rules["enterpriseRuleBits"]) if rules else ()


def _owner(value: Mapping[str, Any]) -> Plmn | None:
    """MCC and MNC of the profile owner; None where they are absent or no digits (wildcards)."""
    try:
        return Plmn.from_bytes(value["profileOwner"]["mccMnc"]) if "profileOwner" in value else None
    except IdentityError:
        return None


@dataclass(frozen=True, slots=True)
class ProfileMetadata:
    """What the SM-DP+ says of a profile before it is downloaded (StoreMetadataRequest, §5.5.3)."""

    iccid: Iccid
    service_provider: str
    name: str
    profile_class: str
    owner: Plmn | None
    policy_rules: tuple[str, ...]
    """Names of the profile policy rules that are set: 'ppr1' not to be disabled, 'ppr2' not to be deleted."""
    value: Mapping[str, Any]
    enterprise: str = ""
    """Whose profile it is, if an enterprise's (version 3)."""
    enterprise_rules: tuple[str, ...] = ()
    """Names of the enterprise rules that are set."""
    message: str = ""
    """What the operator says to the user (serviceProviderMessage, version 3)."""

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        rules = bit_names("PprIds", value["profilePolicyRules"]) if "profilePolicyRules" in value else ()
        return cls(
            Iccid.from_bytes(value["iccid"]),
            value["serviceProviderName"],
            value["profileName"],
            CLASSES.get(value.get("profileClass", OPERATIONAL), "unknown"),
            _owner(value),
            tuple(rule for rule in rules if rule != "pprUpdateControl"),
            value,
            value.get("enterpriseConfiguration", {}).get("enterpriseName", ""),
            enterprise_rules(value),
            value.get("serviceProviderMessage", {}).get("message", ""),
        )


@dataclass(frozen=True, slots=True)
class InstalledProfile:
    """A profile on the eUICC (ProfileInfo)."""

    iccid: Iccid
    aid: bytes
    """AID of its ISD-P."""
    is_enabled: bool
    nickname: str
    service_provider: str
    name: str
    profile_class: str
    owner: Plmn | None
    policy_rules: tuple[str, ...]
    value: Mapping[str, Any]
    enterprise: str = ""
    """Whose profile it is, if an enterprise's and the eUICC was asked for it (version 3)."""
    enterprise_rules: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        rules = bit_names("PprIds", value["profilePolicyRules"]) if "profilePolicyRules" in value else ()
        return cls(
            from_card(Iccid, value["iccid"]),
            value.get("isdpAid", b""),
            value.get("profileState") == ENABLED,
            value.get("profileNickname", ""),
            value.get("serviceProviderName", ""),
            value.get("profileName", ""),
            CLASSES.get(value.get("profileClass", OPERATIONAL), "unknown"),
            _owner(value),
            rules,
            value,
            value.get("enterpriseConfiguration", {}).get("enterpriseName", ""),
            enterprise_rules(value),
        )

    @property
    def label(self) -> str:
        """What to call it: the nickname if there is one."""
        return self.nickname or self.name or str(self.iccid)
