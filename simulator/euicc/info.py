"""EUICCInfo1 and EUICCInfo2: what the eUICC tells of itself (SGP.22 §4.3)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

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
RSP_CAPABILITY = ("additionalProfile", "deviceInfoExtensibilitySupport")
RSP_CAPABILITY_V2 = ("crlSupport",)
"""Only before version 3."""
RSP_CAPABILITY_V3 = (
    "serviceSpecificDataSupport",
    "hriServerAddressSupport",
    "serviceProviderMessageSupport",
    "serviceDescriptionSupport",
    "deviceChangeSupport",
    "estimatedProfileSizeIndicationSupport",
    "profileSizeInProfilesInfoSupport",
    "crlStaplingV3Support",
    "certChainV3VerificationSupport",
    "signedSmdsResponseV3Support",
    "euiccRspCapInInfo1",
    "cancelForEmptySpnPnSupport",
    "updateNotifConfigInfoSupport",
    "updateMetadataV3Support",
    "v3ObjectsInCtxParamsCASupport",
    "pushServiceRegistrationSupport",
)
"""Only from version 3 on."""
CERTIFICATION: Final = {
    "platformLabel": "2.999.1/esim-simulator",
    "discoveryBaseURL": "https://dloa.example.com/esim-simulator",
}
"""certificationDataObject: where the letters of approval of the platform would be (GlobalPlatform DLOA)."""

IOT_MEMBERS = {
    "lpaMode": 0,
    "iotSpecificInfo": {"iotVersion": [bytes((1, 2, 0))], "ecallSupported": None, "fallbackSupported": None},
}
"""What an IoT eUICC adds to EUICCInfo2 (SGP.32 §5.9.2): ipad, versions of SGP.32, what it can do."""


@cache
def named_bits(path: str, names: tuple[str, ...]) -> tuple[bytes, int]:
    """A BIT STRING with these named bits set."""
    return rsp.bits(path, names)


def euicc_info1(core: EuiccCore) -> dict[str, Any]:
    """EUICCInfo1: version, and the CIs by subject key identifier."""
    verifying, signing, signing_v3 = _key_ids(core)
    return {
        "svn": core.features.base_svn,
        "euiccCiPKIdListForVerification": list(verifying),
        "euiccCiPKIdListForSigning": list(signing),
        **_v3_members(core.features, signing_v3),
        **({"euiccRspCapability": _rsp_capability(core.features)} if core.features.is_v3 else {}),
    }


def euicc_info2(core: EuiccCore) -> Record:
    """EUICCInfo2. Its card resource tells the memory that is really left (TS 102 226 §8.2.1.7)."""
    registry = core.registry
    return _info2(core.features, len(registry.profiles), max(registry.free, 0), *_key_ids(core))


def _key_ids(core: EuiccCore) -> tuple[tuple[bytes, ...], tuple[bytes, ...], tuple[bytes, ...]]:
    """subjectKeyIdentifiers of the CIs for verification, of those for signing with a chain of variant O, and
    of those for signing with one of version 3."""
    credentials = core.identity.credentials
    signing = tuple(dict.fromkeys(item.ci_key_id for item in credentials if not item.is_v3))
    signing_v3 = tuple(dict.fromkeys(item.ci_key_id for item in credentials if item.is_v3))
    return core.identity.chains.anchor_key_ids, signing, signing_v3


def _rsp_capability(features: Features) -> tuple[bytes, int]:
    names = RSP_CAPABILITY + (RSP_CAPABILITY_V3 if features.is_v3 else RSP_CAPABILITY_V2)
    options = {"testProfileSupport": features.test_profiles}
    if features.is_v3:
        options["rpmSupport"] = features.rpm
        options["enterpriseProfilesSupport"] = features.enterprise
        options["lpaProxySupport"] = features.lpa_proxy
        options["encryptedDeviceChangeDataSupport"] = features.encrypts_device_change
    return named_bits("RspCapability", names + tuple(name for name, has in options.items() if has))


def _v3_members(features: Features, signing_v3: tuple[bytes, ...]) -> dict[str, Any]:
    """What an eUICC of version 3 adds to both EUICCInfo1 and EUICCInfo2."""
    if not features.is_v3:
        return {}
    signing = {"euiccCiPKIdListForSigningV3": list(signing_v3)} if signing_v3 else {}
    return {**signing, "highestSvn": bytes(features.svn)}


def _v3_members2(features: Features) -> dict[str, Any]:
    """What an eUICC of version 3 adds to EUICCInfo2 alone. lpaMode is not there: it has no LPA of its own."""
    members: dict[str, Any] = {
        "certificationDataObject": CERTIFICATION,
        "treProperties": named_bits("EUICCInfo2.treProperties", features.tre),
    }
    if features.tre_product:
        members["treProductReference"] = features.tre_product
    if features.package_versions:
        members["additionalEuiccProfilePackageVersions"] = [bytes(one) for one in features.package_versions]
    if features.additional_info:
        members["additionalEuiccInfo"] = features.additional_info
    return members


@lru_cache(maxsize=64)
def _info2(
    features: Features,
    profiles: int,
    free: int,
    verifying: tuple[bytes, ...],
    signing: tuple[bytes, ...],
    signing_v3: tuple[bytes, ...],
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
        "rspCapability": _rsp_capability(features),
        "euiccCiPKIdListForVerification": list(verifying),
        "euiccCiPKIdListForSigning": list(signing),
        "euiccCategory": 2,
        "ppVersion": PP_VERSION,
        "sasAcreditationNumber": "ESIM-SIMULATOR",
        **(_v3_members2(features) if features.is_v3 else {}),
        **_v3_members(features, signing_v3),
        **(IOT_MEMBERS if features.iot else {}),
    }
    return Record(members, rsp.encode("EUICCInfo2", members))
