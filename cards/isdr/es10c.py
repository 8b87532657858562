"""ES10c: the profiles on an eUICC (SGP.22 §5.7.15 to §5.7.21)."""

from __future__ import annotations

from typing import Any

from asn1 import rsp
from cards.identities import Eid, Iccid, from_card
from cards.isdr.errors import (
    DeleteProfileError,
    DisableProfileError,
    EnableProfileError,
    EuiccMemoryResetError,
    GetProfilesInfoError,
    SetNicknameError,
)
from cards.isdr.transport import Es10Transport

EID_TAG = b"\x5a"
RESET_ALL = ("deleteOperationalProfiles", "deleteFieldLoadedTestProfiles", "resetDefaultSmdpAddress")
"""The options that eUICCs of version 2 know."""
Value = dict[str, Any]
ProfileId = Iccid | bytes
"""An ICCID, or the AID of an ISD-P as bytes."""


class Es10c(Es10Transport):
    """The functions of ES10c."""

    def get_profiles_info(
        self, search: tuple[str, Any] | None = None, tags: bytes | None = None
    ) -> list[Value]:
        """ProfileInfo of all profiles, or of those that match ('isdpAid' | 'iccid' | 'profileClass', value);
        `tags` are those of the objects wanted, one after another (§5.7.15)."""
        request: Value = {"searchCriteria": search} if search else {}
        if tags is not None:
            request["tagList"] = tags
        kind, value = self.call("ProfileInfoListRequest", request, "ProfileInfoListResponse")
        if kind != "profileInfoListOk":
            raise GetProfilesInfoError(value)
        profiles: list[Value] = value
        return profiles

    def enable_profile(
        self, profile: ProfileId, *, refresh: bool = True, port: int | None = None
    ) -> int | None:
        """Enable a profile (§5.7.16). With `refresh` the card then asks for a REFRESH; see `settle`.

        `port` is the eSIM port for it in mode MEP-A1; returns the one that the eUICC chose in mode MEP-A2.
        """
        request: dict[str, Any] = {"profileIdentifier": _identifier(profile), "refreshFlag": refresh}
        if port is not None:
            request["targetEsimPort"] = port
        answer = self.call("EnableProfileRequest", request, "EnableProfileResponse")
        if code := answer["enableResult"]:
            raise EnableProfileError(code)
        chosen: int | None = answer.get("targetEsimPort")
        return chosen

    def disable_profile(self, profile: ProfileId, *, refresh: bool = True) -> None:
        """Disable a profile (§5.7.17); see `enable_profile`."""
        request = {"profileIdentifier": _identifier(profile), "refreshFlag": refresh}
        answer = self.call("DisableProfileRequest", request, "DisableProfileResponse")
        if code := answer["disableResult"]:
            raise DisableProfileError(code)

    def delete_profile(self, profile: ProfileId) -> None:
        """Delete a disabled profile with its ISD-P (§5.7.18)."""
        answer = self.call("DeleteProfileRequest", _identifier(profile), "DeleteProfileResponse")
        if code := answer["deleteResult"]:
            raise DeleteProfileError(code)

    def euicc_memory_reset(self, *options: str) -> None:
        """Delete what the options name (names of resetOptions), by default `RESET_ALL` (§5.7.19)."""
        names = rsp.names("EuiccMemoryResetRequest.resetOptions")
        chosen = [names[option] for option in options or RESET_ALL]
        bits = sum(0x80 >> bit for bit in chosen)
        request = {"resetOptions": (bytes((bits,)), max(chosen) + 1)}
        answer = self.call("EuiccMemoryResetRequest", request, "EuiccMemoryResetResponse")
        if code := answer["resetResult"]:
            raise EuiccMemoryResetError(code)

    def get_eid(self) -> Eid:
        """The number of the eUICC (§5.7.20)."""
        answer = self.call("GetEuiccDataRequest", {"tagList": EID_TAG}, "GetEuiccDataResponse")
        return from_card(Eid, answer["eidValue"])

    def set_nickname(self, iccid: Iccid, nickname: str) -> None:
        """Name a profile, in up to 64 bytes of UTF-8; an empty name removes it (§5.7.21)."""
        request = {"iccid": iccid.to_bytes(), "profileNickname": nickname}
        if code := self.call("SetNicknameRequest", request, "SetNicknameResponse")["setNicknameResult"]:
            raise SetNicknameError(code)


def _identifier(profile: ProfileId) -> tuple[str, bytes]:
    if isinstance(profile, Iccid):
        return "iccid", profile.to_bytes()
    return "isdpAid", profile
