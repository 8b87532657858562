"""Packages and results in words, and as plain values, for people and programs that look at an eIM."""

from __future__ import annotations

from typing import Any, Final

from asn1 import iot
from asn1.errors import Asn1Error
from cards.identities import Iccid, IdentityError
from simulator.eim.records import Package, PackageKind
from simulator.eim.results import failure_name

_MANNERS: Final = {
    "rollbackFlag": "with rollback",
    "immediateEnableFlag": "",
}


def order_in_words(package: Package) -> str:
    """What a package is to do: "enable 8949…", "download LPA:1$…"."""
    if package.kind is PackageKind.EUICC:
        return "; ".join(_operation(*one) for one in iot.decode("EuiccPackage", package.content)[1])
    if package.kind is PackageKind.DATA:
        return "ask what the eUICC and its IPA are"
    how = " through this eIM" if package.is_indirect else ""
    return f"{_source(*iot.decode('ProfileDownloadData', package.content))}{how}"


def _source(kind: str, value: Any) -> str:
    if kind == "activationCode":
        return f"download LPA:{value}"
    if kind == "contactDefaultSmdp":
        return "download from the default SM-DP+"
    address = value.get("smdsAddress")
    return f"ask the SM-DS {address} for downloads" if address else "ask the root SM-DS for downloads"


def _operation(name: str, data: dict[str, Any]) -> str:
    details = [_detail(member, value) for member, value in data.items() if member in _TOLD]
    return " ".join([name, *filter(None, details)])


_TOLD: Final = frozenset(
    {"iccid", "rollbackFlag", "eimId", "defaultDpAddress", "defaultSmdpOid", "defaultSmdpAddress"}
)


def _detail(member: str, value: Any) -> str:
    if member == "iccid":
        return iccid_digits(value)
    return _MANNERS[member] if value is None else str(value)


def iccid_digits(octets: bytes) -> str:
    """An ICCID as it is printed; one that is none in hexadecimal."""
    try:
        return str(Iccid.from_bytes(octets))
    except IdentityError:
        return octets.hex()


def results_of(package: Package) -> list[Any]:
    """What came back for a package, as plain values."""
    return [plain(_decoded(package, der)) for der in package.results]


_TYPES: Final = {
    PackageKind.EUICC: ("EuiccPackageResult", "EimPackageResultResponseError"),
    PackageKind.DATA: ("IpaEuiccDataResponse", "EimPackageResultResponseError"),
    PackageKind.DOWNLOAD: (
        "ProfileDownloadTriggerResult",
        "IotPendingNotification",
        "EimPackageResultResponseError",
    ),
}


def _decoded(package: Package, der: bytes) -> Any:
    for name in _TYPES[package.kind]:
        try:
            return iot.decode(name, der)
        except Asn1Error:
            continue
    return der


def answers_in_words(package: Package) -> list[str]:
    """What each operation of an eUICC package came to, a line each; what else there is to say of it."""
    lines: list[str] = []
    for der in package.results if package.kind is PackageKind.EUICC else ():
        kind, value = _decoded(package, der) if der[:2] == b"\xbf\x51" else ("", {})
        if kind == "euiccPackageResultSigned":
            results = value["euiccPackageResultDataSigned"]["euiccResult"]
            lines += [line for one in results for line in _result(*one)]
    return lines or ([package.detail] if package.detail else [])


def _result(kind: str, value: Any) -> list[str]:
    name = kind.removesuffix("Result")
    if failure := failure_name(kind, value):
        return [f"{name}: {failure}"]
    if kind == "listProfileInfoResult":
        return [_profile(one) for one in value[1]] or ["there are no profiles"]
    if kind == "listEimResult":
        return [f"eIM {one['eimId']}" for one in value[1]]
    if kind == "getRATResult":
        return [f"rule for {', '.join(_operators(row))}" for row in value] or ["no rule is authorised"]
    if kind == "addEimResult" and value[0] == "associationToken":
        return [f"{name}: ok, with association token {value[1]}"]
    return [f"{name}: ok"]


def _profile(info: dict[str, Any]) -> str:
    states = {number: name for name, number in iot.names("ProfileState").items()}
    state = states.get(info.get("profileState", -1), "")
    fallback = "fallback" if info.get("fallbackAttribute") else ""
    name = info.get("profileNickname") or info.get("profileName", "")
    parts = (iccid_digits(info.get("iccid", b"")), state, fallback, info.get("serviceProviderName", ""), name)
    return "  ".join(filter(None, parts))


def _operators(row: dict[str, Any]) -> list[str]:
    return [operator["mccMnc"].hex() for operator in row["allowedOperators"]]


def profiles_in_words(listed: bytes) -> list[str]:
    """The profiles of an IotProfileInfoListResponse (DER), a line each."""
    return (
        _result("listProfileInfoResult", iot.decode("IotProfileInfoListResponse", listed)) if listed else []
    )


def plain(value: Any) -> Any:
    """A decoded ASN.1 value for JSON: octets in hexadecimal, an alternative as an object with one member, a
    BIT STRING as text of '0' and '1'."""
    match value:
        case bytes():
            return value.hex().upper()
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case (bytes() as octets, int() as length):
            return "".join(f"{octet:08b}" for octet in octets)[:length]
        case (str() as name, inner):
            return {name: plain(inner)}
    return value
