"""EUICCInfo1 and EUICCInfo2: what the eUICC tells of itself (SGP.22 §4.3)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from asn1 import Record, rsp, tlv
from simulator.euicc.features import Features

if TYPE_CHECKING:
    from simulator.euicc.core import EuiccCore

PROFILE_VERSION = bytes((2, 3, 1))
"""Version of the profile package format."""
FIRMWARE_VERSION = bytes((0, 1, 0))
PP_VERSION = bytes((1, 0, 0))
VOLATILE_MEMORY = 8192

UICC_CAPABILITY = (
    "usimSupport",
    "isimSupport",
    "csimSupport",
    "akaMilenage",
    "akaTuak128",
    "akaTuak256",
    "usimTestAlgorithm",
    "javacard",
    "berTlvFileSupport",
    "getIdentity",
    "profile-a-x25519",
    "profile-b-p256",
)
"""What a profile may ask for. Profiles with Java Card applications, and with files for GET IDENTITY, install
and their files are there; the applications themselves are kept and not run."""
RSP_CAPABILITY = ("additionalProfile", "crlSupport")


@cache
def named_bits(path: str, names: tuple[str, ...]) -> tuple[bytes, int]:
    """A BIT STRING with these named bits set."""
    positions = [rsp.names(path)[name] for name in names]
    length = max(positions) + 1
    bits = bytearray((length + 7) // 8)
    for position in positions:
        bits[position // 8] |= 0x80 >> position % 8
    return bytes(bits), length


def euicc_info1(core: EuiccCore) -> dict[str, Any]:
    """EUICCInfo1: version, and the CIs by subject key identifier."""
    verifying, signing = _key_ids(core)
    return {
        "svn": core.features.base_svn,
        "euiccCiPKIdListForVerification": list(verifying),
        "euiccCiPKIdListForSigning": list(signing),
    }


def euicc_info2(core: EuiccCore) -> Record:
    """EUICCInfo2. Its card resource tells the memory that is really left (TS 102 226 §8.2.1.7)."""
    registry = core.registry
    return _info2(core.features, len(registry.profiles), max(registry.free, 0), *_key_ids(core))


def _key_ids(core: EuiccCore) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """subjectKeyIdentifiers of the CIs for verification, and of those for signing."""
    return core.identity.chains.anchor_key_ids, tuple(item.ci_key_id for item in core.identity.credentials)


def _rsp_capability(features: Features) -> tuple[str, ...]:
    return RSP_CAPABILITY + (("testProfileSupport",) if features.test_profiles else ())


@lru_cache(maxsize=64)
def _info2(
    features: Features, profiles: int, free: int, verifying: tuple[bytes, ...], signing: tuple[bytes, ...]
) -> Record:
    """Encoded once: it only changes when a profile comes or goes, and every session sends it."""
    resource = (
        tlv.encode(0x81, bytes((profiles,)))
        + tlv.encode(0x82, free.to_bytes(4, "big"))
        + tlv.encode(0x83, VOLATILE_MEMORY.to_bytes(4, "big"))
    )
    members = {
        "profileVersion": PROFILE_VERSION,
        "svn": features.base_svn,
        "euiccFirmwareVer": FIRMWARE_VERSION,
        "extCardResource": resource,
        "uiccCapability": named_bits("UICCCapability", UICC_CAPABILITY),
        "globalplatformVersion": bytes((2, 3, 0)),
        "rspCapability": named_bits("RspCapability", _rsp_capability(features)),
        "euiccCiPKIdListForVerification": list(verifying),
        "euiccCiPKIdListForSigning": list(signing),
        "euiccCategory": 2,
        "ppVersion": PP_VERSION,
        "sasAcreditationNumber": "ESIM-SIMULATOR",
    }
    return Record(members, rsp.encode("EUICCInfo2", members))
