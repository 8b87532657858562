"""What an operator wants done, as RPM commands and as packages for an eUICC (SGP.22 v3 §2.10.1, §5.3.6)."""

from __future__ import annotations

from typing import Any, Final

from asn1 import Asn1Error, rsp, tlv
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.metadata import MetadataError, iccid_bytes

Command = dict[str, Any]
"""RpmCommand, as decoded."""
MAX_PACKAGE: Final = 1057
"""Bytes that the value of an RpmPackage may have (§2.10.1)."""
_BARE: Final = ("enable", "disable", "delete")
_NAMES: Final = (*_BARE, "listProfileInfo", "updateMetadata", "contactPcmp")
_SWITCHING: Final = ((), ("enable",), ("disable",), ("disable", "enable"))
"""Which enabling and disabling one package may have, in this order."""


def read_script(script: list[dict[str, Any]]) -> list[Command]:
    """The commands of an rpmScript, members of `asn1.es2`. RspError says which member is missing or wrong."""
    if not script:
        raise RspError.of(Refusal.MALFORMED, "rpmScript", "at least one command expected")
    commands = [_read(row) for row in script]
    for command in commands:
        if package_length([command]) > MAX_PACKAGE:
            name = command["rpmCommandDetails"][0]
            detail = f"{name} needs {package_length([command])} bytes of {MAX_PACKAGE}"
            raise RspError.of(Refusal.MALFORMED, "rpmScript", detail)
    return commands


def _read(row: dict[str, Any]) -> Command:
    name = row["rpmCommand"]
    if name not in _NAMES:
        raise RspError.of(Refusal.MALFORMED, "rpmCommand", f"one of {', '.join(_NAMES)} expected, not {name}")
    details: Any = _list_profile_info(row) if name == "listProfileInfo" else {"iccid": _iccid(row)}
    if name == "updateMetadata":
        if not row.get("updateMetadataRequest"):
            raise RspError.of(Refusal.METADATA_MISSING)
        details["updateMetadataRequest"] = row["updateMetadataRequest"]
    if name == "contactPcmp" and "dpiRpm" in row:
        details["dpiRpm"] = row["dpiRpm"]
    command: Command = {"continueOnFailure": None} if row.get("continueOnFailure") else {}
    command["rpmCommandDetails"] = (name, details)
    return command


def _list_profile_info(row: dict[str, Any]) -> dict[str, Any]:
    """Of one profile, or of all that an owner has."""
    if "iccid" in row:
        criterion: tuple[str, Any] = ("iccid", _iccid(row))
    elif "profileOwnerOid" in row:
        criterion = ("profileOwnerOid", row["profileOwnerOid"])
    else:
        raise RspError.of(Refusal.ICCID_MISSING, detail="listProfileInfo wants iccid or profileOwnerOid")
    details = {"searchCriteria": criterion}
    if "tagList" in row:
        details["tagList"] = row["tagList"]
    try:
        rsp.encode("ListProfileInfo", details)
    except Asn1Error as error:
        raise RspError.of(Refusal.MALFORMED, "profileOwnerOid", str(error)) from error
    return details


def _iccid(row: dict[str, Any]) -> bytes:
    if "iccid" not in row:
        raise RspError.of(Refusal.ICCID_MISSING, detail=row["rpmCommand"])
    try:
        return iccid_bytes(row["iccid"].rstrip("Ff"))
    except MetadataError as error:
        raise RspError.of(Refusal.MALFORMED, "iccid", str(error)) from error


def target_of(command: Command) -> bytes | None:
    """The ICCID that a command is about, 10 bytes; None if it is about all profiles of an owner."""
    name, details = command["rpmCommandDetails"]
    if name != "listProfileInfo":
        iccid: bytes = details["iccid"]
        return iccid
    kind, value = details["searchCriteria"]
    return value if kind == "iccid" else None


def package_length(commands: list[Command]) -> int:
    """Bytes of the value of an RpmPackage with these commands."""
    return len(next(iter(tlv.read_all(rsp.encode("RpmPackage", commands)))).value)


def next_package(commands: list[Command]) -> list[Command]:
    """As many of the commands, from the first on, as one package may have: not longer than MAX_PACKAGE, with
    one enabling after one disabling at most, and nothing after contactPcmp."""
    package: list[Command] = []
    for command in commands:
        longer = [*package, command]
        if not _is_allowed(longer) or package_length(longer) > MAX_PACKAGE:
            break
        package = longer
    return package


def _is_allowed(commands: list[Command]) -> bool:
    names = [command["rpmCommandDetails"][0] for command in commands]
    switching = tuple(name for name in names if name in ("enable", "disable"))
    return switching in _SWITCHING and "contactPcmp" not in names[:-1]
