"""ESipa.GetEimPackage: what waits for a device, oldest first, signed when it is first fetched (SGP.32 §3.3.1,
§5.14.5).

A device has one package at a time: as long as that one has no result, it is handed out again, the same
octets, which an eUICC that has carried it out recognises by their counter. After `MAX_DELIVERIES` it is given
up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from asn1 import iot, tlv
from simulator.crypto.ecc import sign_raw
from simulator.eim.context import Context
from simulator.eim.errors import EimError, Refused
from simulator.eim.metadata import prepares_itself
from simulator.eim.proofs import SIGNATURE, association
from simulator.eim.records import (
    MAX_DELIVERIES,
    Device,
    Package,
    PackageEvent,
    PackageKind,
    PackageState,
    Record,
)

COUNTER_LIMIT: Final = 0x7FFFFF
"""Highest counterValue of a package."""
_PACKAGE_REQUEST: Final = 0xBF51
DATA_TAGS: Final[dict[str, int]] = {
    "notificationsList": 0xA0,
    "defaultSmdpAddress": 0x81,
    "euiccPackageResultList": 0xA2,
    "euiccInfo1": 0xBF20,
    "euiccInfo2": 0xBF22,
    "rootSmdsAddress": 0x83,
    "associationToken": 0x84,
    "eumCertificate": 0xA5,
    "euiccCertificate": 0xA6,
    "ipaCapabilities": 0xA8,
    "deviceInfo": 0xA9,
}
"""Members of IpaEuiccData that can be asked for, and their tags in the tag list (§6.3.2.6)."""
_FOR_ALL: Final = frozenset(DATA_TAGS) - {"notificationsList", "euiccPackageResultList"}
"""What an eIM asks of a new device."""


def data_request(members: Iterable[str] = _FOR_ALL, **fields: Any) -> bytes:
    """IpaEuiccDataRequest, DER, for these members of IpaEuiccData; EimError if there is no such member."""
    wanted = frozenset(members)
    if unknown := wanted - DATA_TAGS.keys():
        known = ", ".join(DATA_TAGS)
        raise EimError(f"IPAs do not tell {', '.join(sorted(unknown))}; they tell {known}")
    tags = b"".join(
        tag.to_bytes((tag.bit_length() + 7) // 8, "big") for name, tag in DATA_TAGS.items() if name in wanted
    )
    return iot.encode("IpaEuiccDataRequest", {"tagList": tags, **fields})


def get_eim_package(eim: Context, request: dict[str, Any]) -> tuple[str, Any]:
    """§5.14.5: the next package for the device. Refused, with a name of eimPackageError, if there is none, or
    the device is unknown."""
    device = known_device(eim, request["eidValue"])._replace(seen_at=eim.now())
    changed: list[Record] = []
    if "notifyStateChange" in request:
        cause = request.get("stateChangeCause", iot.names("StateChangeCause")["undefined"])
        device = device._replace(state_change=_cause_name(cause))
        changed += _news_request(eim, device)
    package, given_up = _next(eim, device, changed)
    if package is None:
        eim.store.save(device, *changed, *given_up)
        raise Refused("noEimPackageAvailable", device.key)
    device, package = _ready(eim, device, package)
    package = package.moved(PackageEvent.DELIVER)._replace(deliveries=package.deliveries + 1)
    rest = [record for record in changed if record.key != package.key]
    eim.store.save(device, package, *rest, *given_up)
    return _answer(package)


def known_device(eim: Context, eid: bytes) -> Device:
    """The device with this EID; Refused, invalidEid or eidNotFound, if there is none."""
    if not eid.hex().isdecimal():
        raise Refused("invalidEid", f"{eid.hex()} is no EID: 32 digits expected")
    device = eim.store.get(Device, eid.hex())
    if device is None:
        raise Refused("eidNotFound", eid.hex())
    return device


def _cause_name(cause: int) -> str:
    names = {number: name for name, number in iot.names("StateChangeCause").items()}
    return names.get(cause, str(cause))


def _news_request(eim: Context, device: Device) -> list[Package]:
    """A package that asks for the profiles, unless one waits already: what was known is out of date."""
    content = iot.encode("EuiccPackage", ("psmoList", [("listProfileInfo", {})]))
    if any(one.content == content and one.is_open for one in eim.store.all(Package, device.eid)):
        return []
    return [eim.new_package(device.eid, PackageKind.EUICC, content, is_automatic=True)]


def _next(eim: Context, device: Device, new: Iterable[Record]) -> tuple[Package | None, list[Package]]:
    """The package whose turn it is, and those that are given up."""
    waiting, given_up = [], []
    for package in (*eim.store.all(Package, device.eid), *new):
        if not isinstance(package, Package) or not package.is_open:
            continue
        if package.state is PackageState.SENT and package.deliveries >= MAX_DELIVERIES:
            detail = f"the IPA fetched it {MAX_DELIVERIES} times and brought no result"
            failed = package.moved(PackageEvent.FAIL)
            given_up.append(failed._replace(detail=detail, finished_at=eim.now()))
        else:
            waiting.append(package)
    if waiting and waiting[0].kind is PackageKind.EUICC and not device.euicc_certificate:
        return _certificates_first(eim, device, waiting), given_up
    return (waiting[0] if waiting else None), given_up


def _certificates_first(eim: Context, device: Device, waiting: list[Package]) -> Package | None:
    """Without the eUICC's certificate no result could be verified: the request for it goes before signed
    packages. One that failed is not made anew, for the IPA would fetch it without end."""
    asked = next((one for one in waiting if one.kind is PackageKind.DATA), None)
    if asked is not None:
        return asked
    if any(one.kind is PackageKind.DATA for one in eim.store.all(Package, device.eid)):
        return next((one for one in waiting if one.kind is not PackageKind.EUICC), None)
    return eim.new_package(device.eid, PackageKind.DATA, data_request(), is_automatic=True)


def _ready(eim: Context, device: Device, package: Package) -> tuple[Device, Package]:
    """The package with the octets for the IPA, and the device with the counter that they took."""
    if package.request:
        return device, package
    if package.kind is PackageKind.EUICC:
        device = device._replace(counter=device.counter + 1)
        return device, package._replace(counter=device.counter, request=_signed(eim, device, package))
    if package.kind is PackageKind.DATA:
        asked = dict(iot.decode("IpaEuiccDataRequest", package.content))
        asked["eimTransactionId"] = package.transaction_id
        return device, package._replace(request=iot.encode("IpaEuiccDataRequest", asked))
    return device, package._replace(request=trigger_request(device, package))


def trigger_request(device: Device, package: Package) -> bytes:
    """ProfileDownloadTriggerRequest, DER. In an indirect download an IPA that can do without the data
    (eimDownloadDataHandling) does not get it, but for an SM-DS: it must know that it speaks with one."""
    data = iot.decode("ProfileDownloadData", package.content)
    is_kept = package.is_indirect and data[0] != "contactSmds"
    trigger: dict[str, Any] = {"eimTransactionId": package.transaction_id}
    if not (is_kept and prepares_itself(device, "eimDownloadDataHandling")):
        trigger["profileDownloadData"] = data
    return iot.encode("ProfileDownloadTriggerRequest", trigger)


def _signed(eim: Context, device: Device, package: Package) -> bytes:
    """EuiccPackageRequest (§2.11.1.1): the signature covers the association token too."""
    if device.counter > COUNTER_LIMIT:
        raise Refused("undefinedError", f"the counter of {device.key} has reached its limit")
    signed = iot.encode(
        "EuiccPackageSigned",
        {
            "eimId": eim.identity.eim_id,
            "eidValue": device.eid,
            "counterValue": device.counter,
            "eimTransactionId": package.transaction_id,
            "euiccPackage": iot.decode("EuiccPackage", package.content),
        },
    )
    signature = sign_raw(eim.identity.signing.require_key(), signed + association(device))
    return tlv.encode(_PACKAGE_REQUEST, signed + tlv.encode(SIGNATURE, signature))


_ALTERNATIVES: Final = {
    PackageKind.EUICC: ("euiccPackageRequest", "EuiccPackageRequest"),
    PackageKind.DATA: ("ipaEuiccDataRequest", "IpaEuiccDataRequest"),
    PackageKind.DOWNLOAD: ("profileDownloadTriggerRequest", "ProfileDownloadTriggerRequest"),
}


def _answer(package: Package) -> tuple[str, Any]:
    alternative, name = _ALTERNATIVES[package.kind]
    return alternative, iot.decode(name, package.request)
