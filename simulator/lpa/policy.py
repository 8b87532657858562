"""Whether an eUICC's rules allow the policy rules of a profile (SGP.22 §2.9)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from asn1 import rsp
from simulator.lpa.profiles import OPERATIONAL, ProfileMetadata, bit_names

WILDCARD = 0xE


class Verdict(NamedTuple):
    """`refusal` says why the profile must not be installed; empty: it may."""

    refusal: str = ""
    consent_required: bool = False


def judge(
    metadata: ProfileMetadata,
    rules: Iterable[Mapping[str, Any]],
    installed: Iterable[Mapping[str, Any]],
    forbidden: Collection[str] = (),
) -> Verdict:
    """Every policy rule of the profile needs a row of the rules authorisation table that allows its owner
    (§2.9.2.1), and must not be among those that the eUICC forbids altogether (forbiddenProfilePolicyRules of
    EUICCInfo2); 'ppr1' is only for the first operational profile (§2.9.2.2)."""
    rules = list(rules)
    consent = False
    for name in metadata.policy_rules:
        if name in forbidden:
            return Verdict(f"the eUICC forbids {name} to every profile")
        row = _authorisation(name, metadata.value.get("profileOwner"), rules)
        if row is None:
            return Verdict(f"the eUICC's rules do not let this operator set {name}")
        consent |= bool(bit_names("ProfilePolicyAuthorisationRule.pprFlags", row["pprFlags"]))
    if "ppr1" in metadata.policy_rules and any(
        profile.get("profileClass", OPERATIONAL) == OPERATIONAL for profile in installed
    ):
        return Verdict("it forbids to be disabled (ppr1), and there is an operational profile already")
    return Verdict(consent_required=consent)


def _authorisation(
    name: str, owner: Mapping[str, Any] | None, rules: list[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The first row that authorises the rule for the owner."""
    bit = rsp.names("PprIds")[name]
    for row in rules:
        octets, length = row["pprIds"]
        has_bit = bit < length and octets[bit // 8] & 0x80 >> bit % 8
        if has_bit and owner and any(_allows(operator, owner) for operator in row["allowedOperators"]):
            return row
    return None


def _allows(allowed: Mapping[str, Any], owner: Mapping[str, Any]) -> bool:
    """Operators match digit by digit, 'E' standing for any; group identifiers only if the row has them
    (§2.9.2.1)."""
    for want, have in zip(allowed["mccMnc"].hex(), owner["mccMnc"].hex(), strict=True):
        if int(want, 16) != WILDCARD and want != have:
            return False
    return all(
        not allowed.get(group) or allowed[group] == owner.get(group, b"") for group in ("gid1", "gid2")
    )
