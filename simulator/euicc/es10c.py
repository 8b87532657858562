"""ES10c: the user's view of the profiles (SGP.22 §5.7.15 to §5.7.21)."""

from __future__ import annotations

from typing import Any

from asn1 import Asn1Error, rsp
from simulator.euicc import switching
from simulator.euicc.core import EuiccCore
from simulator.euicc.es10 import Es10Function
from simulator.euicc.ports import MepMode
from simulator.euicc.profiles import OPERATIONAL, PROVISIONING, TEST, Profile, has_bit

_NOTHING_TO_DELETE = 1

INFO_TAGS = {
    0x5A: "iccid",
    0x4F: "isdpAid",
    0x9F70: "profileState",
    0x90: "profileNickname",
    0x91: "serviceProviderName",
    0x92: "profileName",
    0x93: "iconType",
    0x94: "icon",
    0x95: "profileClass",
    0xB6: "notificationConfigurationInfo",
    0xB7: "profileOwner",
    0xB8: "dpProprietaryData",
    0x99: "profilePolicyRules",
}
"""Tags that a tag list may name, and the members of ProfileInfo that they mean (§5.7.15)."""
V3_INFO_TAGS = {
    0xBF22: "serviceSpecificDataStoredInEuicc",
    0xBA: "rpmConfiguration",
    0x9B: "hriServerAddress",
    0xBC: "lprConfiguration",
    0xBD: "enterpriseConfiguration",
    0x9F1F: "serviceDescription",
    0xBF20: "deviceChangeConfiguration",
    0x9F24: "enabledOnEsimPort",
    0x9F25: "profileSize",
}
"""Those that only an eUICC of version 3 knows."""
DEFAULT_INFO = (*tuple(INFO_TAGS.values())[:9], "enabledOnEsimPort")
"""What ProfileInfo tells when the request has no tag list."""
IOT_INFO_TAGS = {0x9F7B: "ecallIndication", 0x9F26: "fallbackAttribute", 0x9F67: "fallbackAllowed"}
"""Those of an IoT eUICC, which it tells without a tag list too (SGP.32 §4.4)."""


def profile_info(core: EuiccCore, profile: Profile) -> dict[str, Any]:
    """Every member of ProfileInfo that the profile has."""
    mode = core.mode
    info: dict[str, Any] = {
        **profile.metadata,
        "isdpAid": profile.aid,
        "profileState": profile.state.value,
        "profileClass": profile.profile_class,
        "profileSize": len(profile.package),
    }
    if profile.nickname is not None:
        info["profileNickname"] = profile.nickname
    if mode is not None and profile.is_enabled:
        info["enabledOnEsimPort"] = profile.slot + mode.first_port
    if profile.dp_oid:
        info["dpProprietaryData"] = {"dpOid": profile.dp_oid}
    if core.iot is not None and profile.aid == core.iot.fallback:
        info["fallbackAttribute"] = True
    return info


def get_profiles_info(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.7.15: the profiles that fit the search criterion, each with the members of the tag list."""
    try:
        members = info_members(request.get("tagList"), is_v3=core.features.is_v3, is_iot=core.features.iot)
    except Asn1Error:
        return rsp.encode("ProfileInfoListResponse", ("profileInfoListError", 1))
    found = [profile for profile in core.registry if _fits(profile, request.get("searchCriteria"))]
    infos = [_only(profile_info(core, profile), members) for profile in found]
    return rsp.encode("ProfileInfoListResponse", ("profileInfoListOk", infos))


def info_members(tag_list: bytes | None, *, is_v3: bool, is_iot: bool = False) -> tuple[str, ...]:
    """The members that a tag list names; tags that ProfileInfo does not know are passed over. Asn1Error if
    the list is cut off."""
    if tag_list is None:
        return DEFAULT_INFO + (tuple(IOT_INFO_TAGS.values()) if is_iot else ())
    known = INFO_TAGS | (V3_INFO_TAGS if is_v3 else {})
    known |= IOT_INFO_TAGS if is_iot else {}
    members = []
    offset = 0
    while offset < len(tag_list):
        # A tag list is a row of bare tags: read each as if an empty value followed.
        length = 2 if tag_list[offset] & 0x1F == 0x1F else 1
        tag = int.from_bytes(tag_list[offset : offset + length], "big")
        offset += length
        if offset > len(tag_list):
            raise Asn1Error("the last tag of the list is cut off")
        if tag in known:
            members.append(known[tag])
    return tuple(members)


def _only(info: dict[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in info.items() if name in members}


def _fits(profile: Profile, criterion: tuple[str, Any] | None) -> bool:
    if criterion is None:
        return True
    kind, value = criterion
    own = {"isdpAid": profile.aid, "iccid": profile.iccid, "profileClass": profile.profile_class}
    return bool(own[kind] == value)


def enable_profile(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.7.16. Where the eUICC chooses the port (MEP-A2), it says which."""
    profile = core.registry.find(request["profileIdentifier"])
    slot, error = slot_for(core, request.get("targetEsimPort"))
    result = error or switching.enable(core, profile, request["refreshFlag"], slot)
    answer = {"enableResult": result}
    if core.mode is MepMode.A2 and result == switching.OK:
        answer["targetEsimPort"] = slot + core.mode.first_port
    return rsp.encode("EnableProfileResponse", answer)


def slot_for(core: EuiccCore, port: int | None) -> tuple[int, int]:
    """Where a profile is to be enabled, and the error if that is nowhere: commandError where the LPA names no
    port although it should, or one that has no profile; noEsimPortAvailable if all are taken."""
    mode = core.mode
    if mode is None:
        return 0, switching.OK
    if mode is MepMode.B:
        return core.port, switching.OK
    if mode is MepMode.A1:
        slot = -1 if port is None else port - mode.first_port
        return slot, switching.OK if 0 <= slot < core.slots else switching.COMMAND_ERROR
    free = [slot for slot in range(core.slots) if core.registry.enabled_in(slot) is None]
    return (free[0], switching.OK) if free else (0, switching.NO_PORT)


def disable_profile(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.7.17."""
    profile = core.registry.find(request["profileIdentifier"])
    result = switching.disable(core, profile, request["refreshFlag"])
    return rsp.encode("DisableProfileResponse", {"disableResult": result})


def delete_profile(core: EuiccCore, request: tuple[str, bytes]) -> bytes:
    """§5.7.18."""
    result = switching.delete(core, core.registry.find(request))
    return rsp.encode("DeleteProfileResponse", {"deleteResult": result})


_RESET_OPTION = {OPERATIONAL: 0, TEST: 1, PROVISIONING: 4}
"""Bits of resetOptions, by the class of the profiles that they delete."""
_DEFAULT_DP_ADDRESS, _PRELOADED_TEST_PROFILES = 2, 3
_V3_OPTIONS = (_PRELOADED_TEST_PROFILES, _RESET_OPTION[PROVISIONING])
"""Bits that are new in version 3."""


def euicc_memory_reset(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.7.19: what the options name; nothingToDelete if there is nothing of it."""
    options = request["resetOptions"]
    unknown = () if core.features.is_v3 else _V3_OPTIONS
    doomed = [
        profile
        for profile in core.registry
        if (bit := _reset_option(profile)) not in unknown and has_bit(options, bit)
    ]
    clears_address = has_bit(options, _DEFAULT_DP_ADDRESS) and bool(core.default_dp_address)
    result = switching.reset(core, doomed)
    if result == switching.OK:
        if clears_address:
            core.default_dp_address, core.default_dp_ci = "", b""
        elif not doomed:
            result = _NOTHING_TO_DELETE
    return rsp.encode("EuiccMemoryResetResponse", {"resetResult": result})


def _reset_option(profile: Profile) -> int:
    """The bit of resetOptions that deletes a profile."""
    return _PRELOADED_TEST_PROFILES if profile.is_preloaded else _RESET_OPTION[profile.profile_class]


def get_eid(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.7.20."""
    return rsp.encode("GetEuiccDataResponse", {"eidValue": core.identity.eid})


def set_nickname(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.7.21: an empty nickname removes it."""
    profile = core.registry.by_iccid(request["iccid"])
    if profile is not None:
        profile.nickname = request["profileNickname"] or None
    return rsp.encode(
        "SetNicknameResponse", {"setNicknameResult": switching.OK if profile else switching.NOT_FOUND}
    )


_ROWS = (
    ("GetProfilesInfo", 0xBF2D, "ProfileInfoListRequest", "15", get_profiles_info),
    ("EnableProfile", 0xBF31, "EnableProfileRequest", "16", enable_profile),
    ("DisableProfile", 0xBF32, "DisableProfileRequest", "17", disable_profile),
    ("DeleteProfile", 0xBF33, "DeleteProfileRequest", "18", delete_profile),
    ("eUICCMemoryReset", 0xBF34, "EuiccMemoryResetRequest", "19", euicc_memory_reset),
    ("GetEID", 0xBF3E, "GetEuiccDataRequest", "20", get_eid),
    ("SetNickname", 0xBF29, "SetNicknameRequest", "21", set_nickname),
)
FUNCTIONS = tuple(
    Es10Function(name, tag, request, f"SGP.22 §5.7.{clause}", handler)
    for name, tag, request, clause, handler in _ROWS
)
