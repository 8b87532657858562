"""Whether a profile fits an eUICC: package version, services, memory (SGP.22 §5.6.3, annex F)."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from asn1 import rsp, tlv
from asn1.errors import TlvError
from simulator.smdp.metadata import PackageHeader

SERVICE_CAPABILITY: Final = {
    "contactless": "contactlessSupport",
    "usim": "usimSupport",
    "isim": "isimSupport",
    "csim": "csimSupport",
    "milenage": "akaMilenage",
    "tuak128": "akaTuak128",
    "tuak256": "akaTuak256",
    "cave": "akaCave",
    "usim-test-algorithm": "usimTestAlgorithm",
    "gba-usim": "gbaAuthenUsim",
    "gba-isim": "gbaAuthenISim",
    "mbms": "mbmsAuthenUsim",
    "eap": "eapClient",
    "javacard": "javacard",
    "multos": "multos",
    "multiple-usim": "multipleUsimSupport",
    "multiple-isim": "multipleIsimSupport",
    "multiple-csim": "multipleCsimSupport",
    "ber-tlv": "berTlvFileSupport",
    "dfLink": "dfLinkSupport",
    "cat-tp": "catTp",
    "get-identity": "getIdentity",
    "profile-a-x25519": "profile-a-x25519",
    "profile-b-p256": "profile-b-p256",
    "suciCalculatorApi": "suciCalculatorApi",
    "dns-resolution": "dns-resolution",
    "scp11ac": "scp11ac",
    "scp11c-authorization-mechanism": "scp11c-authorization-mechanism",
    "s16mode": "s16mode",
    "eaka": "eaka",
}
"""Service in the header of a profile package to the bit of UICCCapability that says that an eUICC has it."""
_FREE_MEMORY: Final = 0x82
"""Free non-volatile memory in bytes, in the Extended Card Resources (TS 102 226 §8.2.1.7.2)."""


def obstacle(header: PackageHeader, euicc_info2: dict[str, Any]) -> str:
    """Why the eUICC cannot take the package, in words; empty if it can."""
    versions = [euicc_info2["profileVersion"], *euicc_info2.get("additionalEuiccProfilePackageVersions", ())]
    highest = max(version[0] for version in versions)
    if header.major_version > highest:
        return f"the package is of version {header.major_version}, the eUICC reads up to {highest}"
    missing = [
        service
        for service in header.services
        if not has_bit(euicc_info2["uiccCapability"], SERVICE_CAPABILITY.get(service, ""))
    ]
    return f"the eUICC lacks {', '.join(missing)}" if missing else ""


def has_bit(capability: tuple[bytes, int], name: str) -> bool:
    """Whether the bit of that name of UICCCapability is set."""
    number = _bits().get(name)
    octets, length = capability
    return number is not None and number < length and bool(octets[number // 8] & 0x80 >> number % 8)


@cache
def _bits() -> dict[str, int]:
    return rsp.names("UICCCapability")


def free_memory(euicc_info2: dict[str, Any]) -> int | None:
    """Free non-volatile memory of the eUICC in bytes; None if it does not tell."""
    try:
        value = tlv.find(euicc_info2["extCardResource"], _FREE_MEMORY)
    except TlvError:
        return None
    return int.from_bytes(value, "big") if value else None
