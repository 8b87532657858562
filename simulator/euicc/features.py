"""What an eUICC is made with: the version that it follows, its options, its rules (SGP.22 §4.3, §2.9.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from asn1 import rsp
from simulator.euicc.ports import Mep, MepMode

Version = tuple[int, int, int]
V2: Final[Version] = (2, 2, 2)
V3: Final[Version] = (3, 1, 0)

Rule = Mapping[str, Any]
"""One ProfilePolicyAuthorisationRule, as decoded."""

ANY_OPERATOR: Final = {"mccMnc": bytes.fromhex("EEEEEE")}
"""Wildcard in the rules authorisation table (SGP.22 §2.9.2.3)."""
ALLOW_ALL_POLICIES: Final[tuple[Rule, ...]] = (
    {"pprIds": (b"\x60", 3), "allowedOperators": [ANY_OPERATOR], "pprFlags": (b"\x80", 1)},
)
"""A rules authorisation table with which every operator may use PPR1 and PPR2, with the user's consent."""

ALLOW_PPR2: Final[tuple[Rule, ...]] = (
    {"pprIds": (b"\x20", 3), "allowedOperators": [ANY_OPERATOR], "pprFlags": (b"\x80", 1)},
)
"""The same without PPR1, for an eUICC with several profiles enabled at once: there that rule must not be
allowed (SGP.22 v3 §2.9.2.1)."""

_SIMPLE: Final = (
    "rpm",
    "encrypts_device_change",
    "iot",
    "test_profiles",
    "enterprise",
    "lpa_proxy",
    "tre_product",
)
"""Members of Features that are saved as they are."""


@dataclass(frozen=True, slots=True)
class Features:
    """Set when the eUICC is made; nothing of it changes afterwards."""

    svn: Version = V2
    """Highest version of SGP.22 that it follows."""
    rules: tuple[Rule, ...] = field(default=ALLOW_ALL_POLICIES, hash=False)
    """The rules authorisation table: which operators may use which profile policy rules."""
    iot: bool = False
    """Whether it is the eUICC of an IoT device, which obeys eIMs (SGP.32)."""
    mep: Mep | None = None
    """Whether several profiles can be enabled at once, and how; only of version 3."""
    test_profiles: bool = True
    """Whether it takes profiles of the class test."""
    rpm: bool = True
    """Whether operators can manage their profiles remotely; of version 3."""
    enterprise: bool = True
    """Whether it takes enterprise profiles; of version 3."""
    lpa_proxy: bool = True
    """Whether it keeps for a device with an LPA proxy where that finds its server; of version 3."""
    package_versions: tuple[Version, ...] = ()
    """Versions of the profile package format besides the base one; of version 3."""
    tre: tuple[str, ...] = ("isDiscrete",)
    """How its tamper resistant element is built: names of treProperties; of version 3."""
    tre_product: str = ""
    """What an integrated element is part of (GlobalPlatform DLOA Platform_Label); of version 3."""
    additional_info: bytes = b""
    """additionalEuiccInfo, at most 32 bytes; of version 3."""
    encrypts_device_change: bool = True
    """Whether it has the data of a device change encrypted for itself; of version 3."""

    @property
    def base_svn(self) -> bytes:
        """The svn of EUICCInfo1 and EUICCInfo2: a version 2, also of an eUICC that follows version 3."""
        return bytes(min(self.svn, V2))

    @property
    def is_v3(self) -> bool:
        return self.svn >= (3, 0, 0)

    def save(self) -> dict[str, Any]:
        """The features as plain values."""
        rules = rsp.encode("GetRatResponse", {"rat": list(self.rules)})
        saved = {
            "svn": list(self.svn),
            "rules": rules.hex(),
            **{name: getattr(self, name) for name in _SIMPLE},
            "package_versions": [list(version) for version in self.package_versions],
            "tre": list(self.tre),
            "additional_info": self.additional_info.hex(),
        }
        if self.mep is not None:
            saved["mep"] = {
                "modes": [mode.value for mode in self.mep.modes],
                "profiles": self.mep.profiles,
            }
        return saved

    @classmethod
    def load(cls, saved: dict[str, Any]) -> Features:
        """The features that `save` gave."""
        rules = rsp.decode("GetRatResponse", bytes.fromhex(saved["rules"]))["rat"]
        mep = saved.get("mep")
        simple = {name: saved[name] for name in _SIMPLE if name in saved}
        return cls(
            svn=_version(saved["svn"]),
            rules=tuple(rules),
            mep=Mep(tuple(map(MepMode, mep["modes"])), mep["profiles"]) if mep else None,
            package_versions=tuple(map(_version, saved.get("package_versions", ()))),
            tre=tuple(saved.get("tre", CONSUMER.tre)),
            additional_info=bytes.fromhex(saved.get("additional_info", "")),
            **simple,
        )


def _version(numbers: Iterable[int]) -> Version:
    major, minor, patch = numbers
    return major, minor, patch


CONSUMER: Final = Features()
"""An eUICC of version 2 for consumer devices."""
