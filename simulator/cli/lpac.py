"""lpac's line format: one JSON object a line, with the names and codes that programs around lpac read.

`{"type":"lpa","payload":{"code":0,"message":"success","data":…}}` ends a command, a code of -1 says that it
failed and in which function; `{"type":"progress",…}` tells of each step before it is done. Names are those of
lpac 2.3, as it prints them, its spelling mistakes included.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from cards.isdr import Es10Error
    from simulator.lpa import DownloadResult
    from simulator.lpa.notifications import Notification
    from simulator.lpa.profiles import InstalledProfile
    from simulator.lpa.steps import Step

Value = dict[str, Any]
PROGRESS = {
    "get_euicc_configured_addresses": "es10a_get_euicc_configured_addresses",
    "get_euicc_info1": "es10b_get_euicc_challenge_and_info",
    "initiateAuthentication": "es9p_initiate_authentication",
    "authenticate_server": "es10b_authenticate_server",
    "authenticateClient": "es9p_authenticate_client",
    "prepare_download": "es10b_prepare_download",
    "getBoundProfilePackage": "es9p_get_bound_profile_package",
    "load_bound_profile_package": "es10b_load_bound_profile_package",
    "cancel_session": "es10b_cancel_session",
    "cancelSession": "es9p_cancel_session",
    "list_notification": "es10b_list_notification",
    "retrieve_notifications_list": "es10b_retrieve_notifications_list",
    "handleNotification": "es9p_handle_notification",
    "remove_notification_from_list": "es10b_remove_notification_from_list",
}
"""Function of a step → lpac's name; what lpac does not tell of is not there."""
REASONS = {
    "iccidOrAidNotFound": "iccid or aid not found",
    "iccidNotFound": "iccid not found",
    "profileNotInDisabledState": "profile not in disabled state",
    "profileNotInEnabledState": "profile not in enabled state",
    "disallowedByPolicy": "disallowed by policy",
    "wrongProfileReenabling": "wrong profile reenabling",
    "nothingToDelete": "nothing to delete",
}
"""Result of ES10 → what lpac says; "unknown" for every other."""
SILENT = ("es10b_authenticate_server", "es10b_prepare_download", "es10a_set_default_dp_address")
"""Functions whose failure lpac does not explain."""
ICONS = {0: "jpeg", 1: "png"}
CLASSES = {0: "test", 1: "provisioning", 2: "operational"}
STATES = {0: "disabled", 1: "enabled"}
CATEGORIES = {0: "other", 1: "basicEuicc", 2: "mediumEuicc", 3: "contactlessEuicc"}
RENAMED = {"usimTestAlgorithm": "rfu1"}
"""Bit of UICCCapability → lpac's name where it differs."""
RESOURCES = {0x81: "installedApplication", 0x82: "freeNonVolatileMemory", 0x83: "freeVolatileMemory"}
"""Tag of extCardResource (TS 102 226 §8.2.1.7.2) → lpac's name."""
FAILED = -1


def line(kind: str, code: int, message: str, data: Any) -> str:
    """One line of output."""
    document = {"type": kind, "payload": {"code": code, "message": message, "data": data}}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def success(data: Any = None) -> None:
    """The last line of a command that did its work."""
    click.echo(line("lpa", 0, "success", data))


def failure(function: str, detail: str = "") -> None:
    """The last line of a command that failed."""
    click.echo(line("lpa", FAILED, function, detail))


class Progress:
    """Prints a line for each step that an LPA is about to do; `address` is that of the SM-DP+."""

    def __init__(self, address: str = "") -> None:
        self.address = address
        self.last = "euicc_init"
        """The step that was announced last."""
        self._number = ""

    def announce(self, step: Step) -> None:
        """What the LPA is about to do."""
        if metadata := getattr(step, "metadata", None):
            click.echo(line("progress", 0, "es8p_metadata_parse", metadata_data(metadata.value)))
        elif name := PROGRESS.get(getattr(step, "function", "")):
            self.last = name
            click.echo(line("progress", 0, name, self._data(name, step)))

    def _data(self, name: str, step: Any) -> str | None:
        if name in ("es10b_list_notification", "es10a_get_euicc_configured_addresses"):
            return None
        if "notification" not in name:
            return self.address
        if arguments := getattr(step, "arguments", ()):
            self._number = str(arguments[0])
        elif message := getattr(step, "message", None):
            self._number = str(_number_of(message["pendingNotification"])) or self._number
        return self._number


def _number_of(pending: tuple[str, Value]) -> int:
    kind, value = pending
    keys = {
        "profileInstallationResult": "profileInstallationResultData",
        "loadRpmPackageResultSigned": "loadRpmPackageResultDataSigned",
    }
    data = value[keys.get(kind, "tbsOtherNotification")]
    number: int = data.get("notificationMetadata", data)["seqNumber"]
    return number


def snake(name: str) -> str:
    """'installFailedDueToPEProcessingError' → 'install_failed_due_to_pe_processing_error'."""
    name = name.replace("eUICC", "Euicc")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def refusal(error: Es10Error) -> tuple[str, str]:
    """Function and detail of what an eUICC refused."""
    interface, _, function = error.FUNCTION.partition(".")
    name = f"{interface.lower()}_{snake(function)}"
    if name in SILENT:
        return name, ""
    if name == "es10b_remove_notification_from_list" and error.name == "nothingToDelete":
        return name, "seqNumber not found"
    return name, REASONS.get(error.name, "unknown")


def profile_data(profile: InstalledProfile) -> Value:
    """A row of `lpac profile list`."""
    value = profile.value
    return {
        "iccid": str(profile.iccid),
        "isdpAid": profile.aid.hex() or None,
        "profileState": STATES.get(value.get("profileState", -1)),
        "profileNickname": value.get("profileNickname"),
        "serviceProviderName": value.get("serviceProviderName"),
        "profileName": value.get("profileName"),
        **_icon_and_class(value),
    }


def metadata_data(value: Mapping[str, Any]) -> Value:
    """What lpac tells of a profile before it is downloaded."""
    from cards.identities import Iccid

    return {
        "iccid": str(Iccid.from_bytes(value["iccid"])),
        "serviceProviderName": value["serviceProviderName"],
        "profileName": value["profileName"],
        **_icon_and_class(value),
    }


def _icon_and_class(value: Mapping[str, Any]) -> Value:
    icon = value.get("icon")
    return {
        "iconType": ICONS.get(value.get("iconType", -1)),
        "icon": base64.b64encode(icon).decode() if icon is not None else None,
        "profileClass": CLASSES.get(value.get("profileClass", -1)),
    }


def notification_data(notification: Notification) -> Value:
    """A row of `lpac notification list`."""
    return {
        "seqNumber": notification.sequence_number,
        "profileManagementOperation": notification.operation,
        "notificationAddress": notification.address,
        "iccid": str(notification.iccid) if notification.iccid else None,
    }


def result_data(result: Mapping[str, Any]) -> Value:
    """What lpac says of a ProfileInstallationResult."""
    from cards.identities import Iccid
    from cards.isdr.errors import name_of

    data = result["profileInstallationResultData"]
    metadata = data["notificationMetadata"]
    kind, final = data["finalResult"]
    command = reason = "unknown"
    if kind == "errorResult":
        command = snake(name_of("BppCommandId", final["bppCommandId"]))
        reason = snake(name_of("ErrorReason", final["errorReason"]))
    iccid = metadata.get("iccid")
    return {
        "seqNumber": metadata["seqNumber"],
        "iccid": str(Iccid.from_bytes(iccid)) if iccid else None,
        "bppCommandId": command,
        "errorReason": reason,
    }


def download_data(result: DownloadResult) -> Value:
    """The data of a download that succeeded."""
    return result_data(result.notification)


def chip_data(info: Mapping[str, Any]) -> Value:
    """The data of `lpac chip info`, from `Lpa.info`."""
    addresses = info["addresses"]
    return {
        "eidValue": str(info["eid"]),
        "EuiccConfiguredAddresses": {
            "defaultDpAddress": addresses.get("defaultDpAddress"),
            "rootDsAddress": addresses.get("rootDsAddress"),
        },
        "EUICCInfo2": info2_data(info["info2"]),
        "rulesAuthorisationTable": [rule_data(rule) for rule in info["rat"]],
    }


def info2_data(info2: Mapping[str, Any]) -> Value:
    """EUICCInfo2 with lpac's names."""
    data: Value = {
        "profileVersion": version(info2["profileVersion"]),
        "svn": version(info2["svn"]),
        "euiccFirmwareVer": version(info2["euiccFirmwareVer"]),
        "extCardResource": resources(info2["extCardResource"]),
        "uiccCapability": [
            RENAMED.get(name, name) for name in _bits("UICCCapability", info2, "uiccCapability")
        ],
        "ts102241Version": version(info2.get("ts102241Version")),
        "globalplatformVersion": version(info2.get("globalplatformVersion")),
        "rspCapability": _bits("RspCapability", info2, "rspCapability"),
        "euiccCiPKIdListForVerification": _hex(info2["euiccCiPKIdListForVerification"]),
        "euiccCiPKIdListForSigning": _hex(info2["euiccCiPKIdListForSigning"]),
        "euiccCategory": CATEGORIES.get(info2.get("euiccCategory", FAILED)),
    }
    if "forbiddenProfilePolicyRules" in info2:
        data["forbiddenProfilePolicyRules"] = _bits("PprIds", info2, "forbiddenProfilePolicyRules")
    certification = info2.get("certificationDataObject", {})
    return data | {
        "ppVersion": version(info2["ppVersion"]),
        "sasAcreditationNumber": info2["sasAcreditationNumber"],
        "certificationDataObject": {
            "platformLabel": certification.get("platformLabel"),
            "discoveryBaseURL": certification.get("discoveryBaseURL"),
        },
    }


def rule_data(rule: Mapping[str, Any]) -> Value:
    """A row of the rules authorisation table with lpac's names."""
    return {
        "pprIds": _bits("PprIds", rule, "pprIds"),
        "allowedOperators": [
            {
                "plmn": operator["mccMnc"].hex(),
                "gid1": operator["gid1"].hex() if "gid1" in operator else None,
                "gid2": operator["gid2"].hex() if "gid2" in operator else None,
            }
            for operator in rule["allowedOperators"]
        ],
        "pprFlags": _bits("ProfilePolicyAuthorisationRule.pprFlags", rule, "pprFlags"),
    }


def resources(octets: bytes) -> dict[str, int]:
    """Numbers of extCardResource; 0 where the eUICC does not tell."""
    from asn1 import tlv

    told = {item.tag: int.from_bytes(item.value, "big") for item in tlv.read_all(octets)}
    return {name: told.get(tag, 0) for tag, name in RESOURCES.items()}


def version(octets: bytes | None) -> str | None:
    """'2.2.2' of three bytes."""
    return ".".join(map(str, octets)) if octets is not None else None


def _bits(type_name: str, value: Mapping[str, Any], member: str) -> list[str]:
    from simulator.lpa.profiles import bit_names

    return list(bit_names(type_name, value[member]))


def _hex(values: Iterable[bytes]) -> list[str]:
    return [value.hex() for value in values]
