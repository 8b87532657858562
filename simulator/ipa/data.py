"""IpaEuiccDataRequest: what an eIM may ask of the eUICC and of the IPA (SGP.32 §2.11.1.2, §2.11.2.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asn1 import Asn1Error, iot, rsp
from cards.errors import CardError
from cards.isdr.iot_errors import GetCertsError
from simulator.ipa.eim import Eim
from simulator.ipa.emergency import is_in_emergency
from simulator.ipa.indirect import lasting
from simulator.ipa.results import CERTIFICATES, certificates_of, in_form
from simulator.ipa.setup import Setup
from simulator.ipa.steps import IpaProcedure, Remember
from simulator.lpa.errors import LpaError
from simulator.lpa.steps import SendToCard

Value = dict[str, Any]
INVALID_CI = 1
TAG_BITS, MORE = 0x1F, 0x80


class _RefusedError(LpaError):
    """The request cannot be answered; `name` is that of an IpaEuiccDataErrorCode."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the eIM asks for data that there is not ({name})")
        self.name = name


def answer_data_request(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[tuple[str, Value]]:
    """The IpaEuiccDataResponse: every member that the tag list names and that there is, or the error."""
    about = {name: value for name, value in request.items() if name == "eimTransactionId"}
    try:
        if (yield from is_in_emergency()):
            raise _RefusedError("ecallActive")
        data: Value = {}
        for tag in _tags(request["tagList"]):
            data |= yield from MEMBERS[tag](setup, eim, request)
    except _RefusedError as error:
        code = iot.names("IpaEuiccDataErrorCode")[error.name]
        return "ipaEuiccDataResponseError", about | {"ipaEuiccDataErrorCode": code}
    except (CardError, Asn1Error):
        code = iot.names("IpaEuiccDataErrorCode")["undefinedError"]
        return "ipaEuiccDataResponseError", about | {"ipaEuiccDataErrorCode": code}
    _note(setup, eim, data)
    yield Remember()
    return "ipaEuiccData", data | about


def _note(setup: Setup, eim: Eim, data: Value) -> None:
    """What the eIM has from now on: compact messages may leave it out."""
    note = setup.memory.note
    if "euiccInfo1" in data:
        note(eim.eim_id, "euiccInfo1", rsp.encode("EUICCInfo1", data["euiccInfo1"]))
    if "euiccInfo2" in data:
        note(eim.eim_id, "euiccInfo2", lasting(data["euiccInfo2"]))
    if {"euiccCertificate", "eumCertificate"} <= data.keys():
        note(eim.eim_id, CERTIFICATES, certificates_of(data))


def _tags(octets: bytes) -> list[int]:
    """The tags of a tag list, one after another. _RefusedError for one that is cut off or unknown."""
    tags, offset = [], 0
    while offset < len(octets):
        end = offset + 1
        if octets[offset] & TAG_BITS == TAG_BITS:
            while end < len(octets) and octets[end] & MORE:
                end += 1
            end += 1
        tag = int.from_bytes(octets[offset:end], "big")
        if end > len(octets) or tag not in MEMBERS:
            raise _RefusedError("incorrectTagList")
        tags.append(tag)
        offset = end
    return tags


def _notifications(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[Value]:
    kind, value = request.get("searchCriteriaNotification", ("", None))
    number = value if kind == "seqNumber" else None
    operation = value if kind == "profileManagementOperation" else None
    found = yield SendToCard("retrieve_pending_notifications", (number, operation))
    return {"notificationsList": [in_form(setup, eim, item) for item in found]}


def _package_results(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[Value]:
    _, number = request.get("searchCriteriaEuiccPackageResult", ("", None))
    found = yield SendToCard("retrieve_euicc_package_results", (number,))
    return {"euiccPackageResultList": found}


def _default_smdp(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[Value]:
    addresses = yield SendToCard("get_euicc_configured_addresses")
    address = addresses.get("defaultDpAddress")
    return {"defaultSmdpAddress": address} if address else {}


def _root_smds(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[Value]:
    addresses = yield SendToCard("get_euicc_configured_addresses")
    return {"rootSmdsAddress": addresses["rootDsAddress"]}


def _info1(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[Value]:
    return {"euiccInfo1": (yield SendToCard("get_euicc_info1"))}


def _info2(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[Value]:
    return {"euiccInfo2": (yield SendToCard("get_euicc_info2"))}


def _association_token(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[Value]:
    """Of the eIM that asks."""
    found = yield SendToCard("get_eim_configuration_data", (eim.eim_id,))
    return {name: item[name] for item in found for name in ("associationToken",) if name in item}


def _certificate(name: str) -> Callable[[Setup, Eim, Value], IpaProcedure[Value]]:
    def fetch(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[Value]:
        wanted = request.get("euiccCiPKIdentifierToBeUsed")
        identifier = b"" if wanted is None else (yield from _whole(wanted))
        try:
            certs = yield SendToCard("get_certs", (identifier,))
        except GetCertsError as error:
            if error.code == INVALID_CI:
                raise _RefusedError("euiccCiPKIdNotFound") from None
            raise
        return {name: certs[name]}

    return fetch


def _whole(short: bytes) -> IpaProcedure[bytes]:
    """The CI's identifier, of which the eIM may have cut the end off."""
    info1 = yield SendToCard("get_euicc_info1")
    known = [*info1["euiccCiPKIdListForSigning"], *info1.get("euiccCiPKIdListForSigningV3", ())]
    for identifier in known:
        if identifier.startswith(short):
            return bytes(identifier)
    raise _RefusedError("euiccCiPKIdNotFound")


def _capabilities(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[Value]:
    yield from ()
    return {"ipaCapabilities": setup.capabilities}


def _device_info(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[Value]:
    yield from ()
    return {"deviceInfo": setup.device.to_value()}


MEMBERS: Final[dict[int, Callable[[Setup, Eim, Value], IpaProcedure[Value]]]] = {
    0xA0: _notifications,
    0xBF2B: _notifications,  # how version 1.0 asked
    0x81: _default_smdp,
    0xA2: _package_results,
    0xBF20: _info1,
    0xBF22: _info2,
    0x83: _root_smds,
    0x84: _association_token,
    0xA5: _certificate("eumCertificate"),
    0xA6: _certificate("euiccCertificate"),
    0xA8: _capabilities,
    0xA9: _device_info,
}
"""Tag of a member of IpaEuiccData → what gets it (§2.11.2.2)."""
