"""Packages that an eIM sends of its own accord: TransferEimPackage (SGP.32 §3.1.1.2, §6.3.3)."""

from __future__ import annotations

from typing import Any

from asn1 import Asn1Error, iot
from simulator.ipa.data import answer_data_request
from simulator.ipa.download import begin_later
from simulator.ipa.eim import Eim
from simulator.ipa.errors import UnusablePackage
from simulator.ipa.packages import load
from simulator.ipa.results import ECO_RESULTS, operations_of, pending, remove
from simulator.ipa.retrieval import transaction_of
from simulator.ipa.setup import Setup
from simulator.ipa.steps import IpaProcedure
from simulator.lpa.steps import SendToCard

REQUEST, RESPONSE = "transferEimPackageRequest", "transferEimPackageResponse"


def answer_transfer(setup: Setup, eim: Eim, octets: bytes) -> IpaProcedure[bytes]:
    """The answer, DER, to a message of an eIM, DER. The result of a package stays on the eUICC until the eIM
    acknowledges it; a download begins when the IPA runs next, and its result is brought then."""
    try:
        kind, package = iot.decode("EsipaMessageFromEimToIpa", octets)
    except Asn1Error:
        kind, package = "", None
    if kind != REQUEST:
        return _encode(("eimPackageError", _code("invalidPackageFormat")))
    try:
        return _encode((yield from _answer(setup, eim, *package)))
    except UnusablePackage as error:
        about = transaction_of(*package)
        if not about:
            return _encode(("eimPackageError", _code(error.name)))
        failed = {"correlationId": ("eimTransactionId", about["eimTransactionId"])}
        return _encode(("eimPackageErrorWithCid", failed | {"eimPackageError": _code(error.name)}))


def _answer(setup: Setup, eim: Eim, kind: str, value: Any) -> IpaProcedure[tuple[str, Any]]:
    if kind == "euiccPackageRequest":
        result = yield from load(setup, eim, value)
        if eim.is_indirect and any(name not in ECO_RESULTS for name, _ in operations_of(result)):
            notifications = yield from pending(setup, eim)
            if notifications:
                members = {"euiccPackageResult": result, "notificationList": notifications}
                return "ePRAndNotifications", members
        return "euiccPackageResult", result
    if kind == "ipaEuiccDataRequest":
        return "ipaEuiccDataResponse", (yield from answer_data_request(setup, eim, value))
    if kind == "eimAcknowledgements":
        yield from remove(value)
        return "eimPackageReceived", None
    if kind == "profileDownloadTriggerRequest":
        yield from begin_later(setup, eim, value)
        return (yield from _received(transaction_of(kind, value)))
    raise UnusablePackage("this IPA does not know packages of its kind", "unknownPackage")


def _received(about: dict[str, Any]) -> IpaProcedure[tuple[str, Any]]:
    """What a package without a result of its own is answered with: the transaction, or else the EID, says
    which one is meant."""
    if about:
        return "eimPackageReceivedWithCid", {"correlationId": ("eimTransactionId", about["eimTransactionId"])}
    eid = yield SendToCard("get_eid")
    return "eimPackageReceivedWithCid", {"correlationId": ("eidValue", eid.to_bytes())}


def _code(name: str) -> int:
    return iot.names("EimPackageResultErrorCode")[name]


def _encode(answer: tuple[str, Any]) -> bytes:
    return iot.encode("EsipaMessageFromIpaToEim", (RESPONSE, answer))
