"""What an eUICC of version 3 tells of itself besides, in words and as JSON (SGP.22 v3 §5.7.8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final


def dotted(octets: bytes) -> str:
    """'3.1.0' of three bytes."""
    return ".".join(map(str, octets))


def _tre(bits: tuple[bytes, int]) -> list[str]:
    from simulator.lpa.profiles import bit_names

    return list(bit_names("EUICCInfo2.treProperties", bits))


_MEMBERS: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "highestSvn": ("highest_sgp22_version", dotted),
    "additionalEuiccProfilePackageVersions": (
        "additional_package_versions",
        lambda versions: [dotted(version) for version in versions],
    ),
    "euiccCiPKIdListForSigningV3": ("ci_keys_for_signing_v3", lambda keys: [key.hex() for key in keys]),
    "certificationDataObject": ("certification", dict),
    "treProperties": ("tre_properties", _tre),
    "treProductReference": ("tre_product", str),
    "additionalEuiccInfo": ("additional_info", bytes.hex),
    "lpaMode": ("lpa_mode", lambda mode: ("lpad", "lpae")[mode] if mode in (0, 1) else str(mode)),
}
"""Member of EUICCInfo2 that version 3 adds → its name in JSON, and its value."""


def data(info2: Mapping[str, Any], addresses: Mapping[str, Any]) -> dict[str, Any]:
    """What an eUICC of version 3 tells besides; only what it does tell."""
    told = {name: write(info2[member]) for member, (name, write) in _MEMBERS.items() if member in info2}
    if "allowedCiPKId" in addresses:
        told["default_smdp_ci_key"] = addresses["allowedCiPKId"].hex()
    return told


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """The same in words, a line each."""
    titles = {
        "highest_sgp22_version": "SGP.22 up to",
        "additional_package_versions": "Packages too",
        "ci_keys_for_signing_v3": "CI keys, v3",
        "default_smdp_ci_key": "CI of SM-DP+",
        "tre_properties": "Built as",
        "tre_product": "Part of",
        "lpa_mode": "LPA",
        "additional_info": "Further info",
    }
    for name, title in titles.items():
        value = told.get(name)
        for line in value if isinstance(value, list) else [value] if value else []:
            yield f"{title:<17}{line}"
    if certification := told.get("certification"):
        yield f"Certified as     {certification['platformLabel']}"
        yield f"Certificates at  {certification['discoveryBaseURL']}"
