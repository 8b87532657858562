"""Profile metadata of an order: what the user sees before the download (SGP.22 §2.4a, §5.5.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from asn1 import Asn1Error, rsp, saip

CLASSES: Final = {"test": 0, "provisioning": 1, "operational": 2}
EVENTS: Final = (
    "install",
    "enable",
    "disable",
    "delete",
    "rpm-enable",
    "rpm-disable",
    "rpm-delete",
    "rpm-result",
)
"""In the order of the bits of NotificationEvent; the last four are of version 3."""
LOCAL_EVENTS: Final = EVENTS[1:4]
RPM_EVENTS: Final = EVENTS[4:7]
RULES: Final = ("pprUpdateControl", "ppr1", "ppr2")
ENTERPRISE_RULES: Final = (
    "referenceEnterpriseRule",
    "priorityEnterpriseProfile",
    "onlyEnterpriseProfilesCanBeInstalled",
)
ICON_TYPES: Final = {"jpg": 0, "png": 1}


class MetadataError(ValueError):
    """A profile's metadata cannot be sent as they are; the message names the field."""


@dataclass(frozen=True, slots=True)
class ProfileOwner:
    """The operator: `mcc_mnc` are 5 or 6 digits; the group identifiers are those of EF.GID1 and EF.GID2."""

    mcc_mnc: str
    gid1: bytes = b""
    gid2: bytes = b""

    def value(self) -> dict[str, Any]:
        """OperatorId, MCC and MNC coded as in TS 24.008 §10.5.1.13."""
        digits = self.mcc_mnc
        if not digits.isdecimal() or len(digits) not in (5, 6):
            raise MetadataError(f"profile owner: MCC and MNC have 5 or 6 digits, not {digits!r}")
        third = digits[5] if len(digits) == 6 else "F"
        coded = bytes.fromhex(digits[1] + digits[0] + third + digits[2] + digits[4] + digits[3])
        groups = {name: gid for name, gid in (("gid1", self.gid1), ("gid2", self.gid2)) if gid}
        return {"mccMnc": coded, **groups}


@dataclass(frozen=True, slots=True)
class NotificationConfiguration:
    """Where the eUICC reports which of EVENTS. The SM-DP+ learns of the installation without asking, by the
    ProfileInstallationResult."""

    address: str
    events: tuple[str, ...] = LOCAL_EVENTS

    def values(self) -> list[dict[str, Any]]:
        """A NotificationConfigurationInformation for each event: one bit each, as real servers send them."""
        return [
            {"profileManagementOperation": named_bits([event], EVENTS), "notificationAddress": self.address}
            for event in self.events
        ]


@dataclass(frozen=True, slots=True)
class Enterprise:
    """Whose profile it is, and what that enterprise's rules are; None: it has none."""

    oid: str
    name: str
    """At most 64 characters."""
    rules: tuple[str, ...] | None = None
    """Some of ENTERPRISE_RULES; only those of the profile with the reference have force."""
    other_profiles: int = 0
    """How many profiles that are not an enterprise's may be enabled at once."""

    def value(self) -> dict[str, Any]:
        """EnterpriseConfiguration."""
        configuration: dict[str, Any] = {"enterpriseOid": self.oid, "enterpriseName": self.name}
        if self.rules is not None:
            configuration["enterpriseRules"] = {
                "enterpriseRuleBits": named_bits(self.rules, ENTERPRISE_RULES),
                "numberOfNonEnterpriseProfiles": self.other_profiles,
            }
        return configuration


@dataclass(frozen=True, slots=True)
class ProfileMetadata:
    """What StoreMetadataRequest says of a profile. `iccid`: 18 to 20 digits; empty for the package's."""

    service_provider_name: str = "eSIM Simulator"
    """At most 32 characters."""
    profile_name: str = ""
    """At most 64 characters; empty: the profile type that the package tells."""
    iccid: str = ""
    profile_class: str = "operational"
    owner: ProfileOwner | None = None
    notifications: tuple[NotificationConfiguration, ...] | None = None
    """None: enabling, disabling and deletion, to the SM-DP+ itself."""
    icon_type: str = ""
    icon: bytes = b""
    """JPG or PNG, 64 × 64 pixels, at most 1024 bytes."""
    policy_rules: tuple[str, ...] = field(default=())
    """Some of RULES."""
    enterprise: Enterprise | None = None
    """Of an enterprise profile (version 3)."""
    further: Mapping[str, Any] = field(default_factory=dict)
    """Other members of StoreMetadataRequest by their names, with the codec's values: `lprConfiguration`,
    `rpmConfiguration`, `serviceProviderMessage` and so on."""

    def encode(self, package: PackageHeader, address: str) -> bytes:
        """StoreMetadataRequest, DER. MetadataError if something is too long or unknown."""
        try:
            return rsp.encode("StoreMetadataRequest", self._value(package, address))
        except Asn1Error as error:
            raise MetadataError(f"profile metadata: {error}") from error

    def _value(self, package: PackageHeader, address: str) -> dict[str, Any]:
        configurations = self.notifications
        if configurations is None:
            configurations = (NotificationConfiguration(address),)
        value: dict[str, Any] = {
            "iccid": iccid_bytes(self.iccid) if self.iccid else package.iccid,
            "serviceProviderName": self.service_provider_name,
            "profileName": self.profile_name or package.profile_type[:64],
            "profileClass": _look_up(CLASSES, self.profile_class, "profile class"),
        }
        if self.icon:
            value |= {"iconType": _look_up(ICON_TYPES, self.icon_type, "icon type"), "icon": self.icon}
        if configurations:
            value["notificationConfigurationInfo"] = [v for c in configurations for v in c.values()]
        if self.owner:
            value["profileOwner"] = self.owner.value()
        if self.policy_rules:
            value["profilePolicyRules"] = named_bits(self.policy_rules, RULES)
        if self.enterprise:
            value["enterpriseConfiguration"] = self.enterprise.value()
        return value | dict(self.further)


@dataclass(frozen=True, slots=True)
class PackageHeader:
    """What the header of a profile package says."""

    iccid: bytes
    """As in EF.ICCID: digits swapped in each byte, 10 bytes."""
    major_version: int
    minor_version: int
    profile_type: str
    services: tuple[str, ...]
    """Names of the services that the eUICC must have."""

    @classmethod
    @lru_cache(maxsize=64)
    def read(cls, upp: bytes) -> PackageHeader:
        """From an unprotected profile package; MetadataError if it does not begin with a header."""
        try:
            (name, value), _ = saip.decode_prefix("ProfileElement", upp)
        except Asn1Error as error:
            raise MetadataError(f"not a profile package: {error}") from error
        if name != "header":
            raise MetadataError(f"a profile package begins with its header, not with {name}")
        return cls(
            bytes((b << 4 | b >> 4) & 0xFF for b in value["iccid"]),
            value["major-version"],
            value["minor-version"],
            value.get("profileType", ""),
            tuple(value["eUICC-Mandatory-services"]),
        )


def named_bits(names: Iterable[str], bits: tuple[str, ...]) -> tuple[bytes, int]:
    """A BIT STRING with the bits of these names set, without trailing zero bits (X.690 §11.2.2)."""
    numbers = [_look_up({bit: n for n, bit in enumerate(bits)}, name, "bit") for name in names]
    length = max(numbers, default=-1) + 1
    mask = sum(1 << (7 - n) for n in set(numbers))
    return (bytes([mask]) if length else b""), length


def iccid_bytes(digits: str) -> bytes:
    """An ICCID, 18 to 20 digits, as in EF.ICCID: two digits a byte, swapped, filled with 'F'; 10 bytes."""
    if not digits.isdecimal() or not 18 <= len(digits) <= 20:
        raise MetadataError(f"an ICCID has 18 to 20 digits, not {digits!r}")
    padded = digits.ljust(20, "F")
    return bytes.fromhex("".join(padded[at + 1] + padded[at] for at in range(0, 20, 2)))


def iccid_digits(iccid: bytes) -> str:
    """The digits of an ICCID in EF.ICCID's coding, 10 bytes."""
    return "".join(f"{byte & 0xF:X}{byte >> 4:X}" for byte in iccid).rstrip("F")


def _look_up(table: dict[str, int], name: str, what: str) -> int:
    try:
        return table[name]
    except KeyError:
        raise MetadataError(f"{what}: one of {', '.join(table)} expected, not {name!r}") from None
