"""Indirect profile download: the eIM stands between the IPA and the SM-DP+ (SGP.32 §3.2.3.2).

1. Common mutual authentication, every message of it by way of the eIM, which may know the SM-DP+'s address,
   the matching id and ctxParams1 in the IPA's place.
2. The IPA checks the profile policy rules against the eUICC's rules, unless the eIM has kept the metadata.
3. The eUICC makes its one-time key, with the confirmation code of the eIM or of the IPA.
4. The package goes to the eUICC; its result is for the eIM, and by it for the SM-DP+.

From 2 on, an IPA that stops says so to both sides, as an LPA does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asn1 import esipa, rsp
from cards.errors import CardError
from cards.isdr.errors import Es10Error
from simulator.ipa.compact import compact_authentication, compact_cancellation, compact_preparation
from simulator.ipa.eim import Eim
from simulator.ipa.errors import EimProtocolError
from simulator.ipa.results import CERTIFICATES, certificates_of, refusal
from simulator.ipa.setup import Setup
from simulator.ipa.steps import IpaProcedure, PostToEim
from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.certificate import registered_ids
from simulator.lpa.download import (
    Agreement,
    DownloadResult,
    StopSessionError,
    compare_metadata,
    consent,
    hash_of_confirmation_code,
    install,
    metadata_of,
)
from simulator.lpa.errors import DownloadCancelled, EuiccRefused, LpaError
from simulator.lpa.profiles import ProfileMetadata, bit_names
from simulator.lpa.steps import SendToCard

Value = dict[str, Any]


@dataclass(slots=True)
class _Session:
    """A session by way of an eIM."""

    setup: Setup
    eim: Eim
    eim_transaction_id: bytes | None
    transaction_id: bytes = b""
    euicc_capabilities: tuple[str, ...] = ()
    """RspCapability of an eUICC of version 3."""
    gave_context: bool = False
    """Whether ctxParams1 came from the eIM."""

    def ask(self, function: str, message: Value) -> IpaProcedure[tuple[str, Value]]:
        """A function of ESipa. Raises EimRefused with what the eIM or the SM-DP+ has against it."""
        kind, value = yield PostToEim(self.eim, function, message)
        if kind == esipa.SHAPES[function].error:
            raise refusal(self.eim, function, value)
        return kind, value

    def knows(self, name: str, octets: bytes) -> bool:
        """Whether a message may leave this out."""
        return self.setup.compact and self.setup.memory.knows(self.eim.eim_id, name, octets)


def download_indirectly(
    setup: Setup,
    eim: Eim,
    activation: ActivationCode | None,
    eim_transaction_id: bytes | None,
    agreement: Agreement,
) -> IpaProcedure[DownloadResult]:
    """Download and install a profile by way of an eIM; without an activation code the eIM knows where from.
    Raises EimRefused, and the errors of the LPA's `download`."""
    session = _Session(setup, eim, eim_transaction_id)
    opening = yield from _open(session, activation)
    agreement.has_begun = True
    answer = yield from _authenticate(session, opening, activation)
    try:
        metadata = yield from _check(session, answer, agreement)
        package = yield from _fetch_package(session, answer, agreement)
        if metadata is not None:
            compare_metadata(package, metadata)
        result = yield from install(package)
    except StopSessionError as stop:
        yield from _cancel(session, stop.reason)
        raise stop.error from stop.__cause__
    except KeyboardInterrupt:
        yield from _cancel(session, "postponed")
        raise DownloadCancelled("postponed", "it was stopped; the order stays open") from None
    data = result["profileInstallationResultData"]
    if metadata is None:
        metadata = ProfileMetadata.of(_carried(package))
    address = data["notificationMetadata"]["notificationAddress"]
    return DownloadResult(metadata, data["finalResult"][1]["aid"], result, address)


def _carried(package: bytes) -> Value:
    """The metadata within a bound profile package."""
    from cards.isdr import bpp

    carried: Value = rsp.decode("StoreMetadataRequest", bpp.metadata(bpp.cut(package)))
    return carried


def _open(session: _Session, activation: ActivationCode | None) -> IpaProcedure[Value]:
    """InitiateAuthentication by way of the eIM: the server's answer, checked (steps 5 to 10)."""
    info1 = yield SendToCard("get_euicc_info1")
    if "euiccRspCapability" in info1:
        session.euicc_capabilities = bit_names("RspCapability", info1["euiccRspCapability"])
    challenge = yield SendToCard("get_euicc_challenge")
    request: Value = {"euiccChallenge": challenge}
    if activation is not None:
        request["smdpAddress"] = activation.smdp_address
    if not session.knows("euiccInfo1", rsp.encode("EUICCInfo1", info1)):
        request["euiccInfo1"] = info1
    if session.eim_transaction_id is not None:
        request["eimTransactionId"] = session.eim_transaction_id
    _, opening = yield from session.ask("initiateAuthentication", request)
    signed = opening["serverSigned1"]
    session.transaction_id = opening.get("transactionId", signed["transactionId"])
    if signed["transactionId"] != session.transaction_id:
        raise EimProtocolError("the server signed another transaction than it opened")
    if activation is not None:
        _check_server(opening, activation)
    return opening | {"euiccCiPKIdToBeUsed": _whole_identifier(opening, info1)}


def _check_server(opening: Value, activation: ActivationCode) -> None:
    """The server must be the one that the activation code names."""
    address = opening["serverSigned1"]["serverAddress"]
    if address.casefold() != activation.smdp_address.casefold():
        raise EimProtocolError(
            f"the eIM passed a server on that signed for {address!r}, not for {activation.smdp_address}"
        )
    oids = registered_ids(opening["serverCertificate"]) if activation.smdp_oid else []
    if activation.smdp_oid and activation.smdp_oid not in oids:
        raise EimProtocolError(
            f"the server's certificate is for {', '.join(oids) or 'no OID'}, "
            f"the activation code asks for {activation.smdp_oid}"
        )


def _whole_identifier(opening: Value, info1: Value) -> bytes:
    """The CI to be used; the eIM may have cut its identifier short at the end."""
    short = opening["euiccCiPKIdentifierToBeUsed"]
    known = [*info1["euiccCiPKIdListForSigning"], *info1.get("euiccCiPKIdListForSigningV3", ())]
    whole = next((identifier for identifier in known if identifier.startswith(short)), short)
    return bytes(whole)


def _authenticate(
    session: _Session, opening: Value, activation: ActivationCode | None
) -> IpaProcedure[Value]:
    """AuthenticateServer at the eUICC, AuthenticateClient by way of the eIM (steps 11 to 14). What the eUICC
    has against the server, the eIM is told."""
    context = opening.get("ctxParams1")
    session.gave_context = context is not None
    if context is None:
        matching_id = opening.get("matchingId", activation.matching_id if activation else "")
        members: Value = {"deviceInfo": session.setup.device.to_value()}
        if matching_id:
            members["matchingId"] = matching_id
        context = ("ctxParamsForCommonAuthentication", members)
    names = ("serverSigned1", "serverSignature1", "euiccCiPKIdToBeUsed", "serverCertificate")
    request = {name: opening[name] for name in names} | {"ctxParams1": context}
    try:
        response = yield SendToCard("authenticate_server", (request,))
    except Es10Error as error:
        failed = {"transactionId": session.transaction_id, "authenticateErrorCode": error.code}
        yield from _tell(session, "authenticateClient", ("authenticateResponseError", failed))
        raise EuiccRefused(error) from error
    message = {
        "transactionId": session.transaction_id,
        "authenticateServerResponse": _short_authentication(session, response),
    }
    kind, answer = yield from session.ask("authenticateClient", message)
    if kind != "authenticateClientOkDPEsipa":
        raise EimProtocolError("the eIM answered for an SM-DS, where an SM-DP+ was asked for")
    return answer


def _short_authentication(session: _Session, response: tuple[str, Value]) -> tuple[str, Value]:
    if not session.setup.compact:
        return response
    value = response[1]
    info2 = value["euiccSigned1"]["euiccInfo2"]
    return compact_authentication(
        response,
        knows_info2=session.knows("euiccInfo2", lasting(info2)),
        knows_certificates=session.knows(CERTIFICATES, certificates_of(value)),
        gave_context=session.gave_context,
    )


def lasting(info2: Value) -> bytes:
    """EUICCInfo2 without extCardResource, which changes with every profile."""
    return rsp.encode("EUICCInfo2", dict(info2) | {"extCardResource": b""})


def _tell(session: _Session, function: str, response: tuple[str, Value]) -> IpaProcedure[None]:
    """What the eUICC refused, to the eIM; what the eIM says to that changes nothing."""
    member = {"authenticateClient": "authenticateServerResponse"}.get(function, "prepareDownloadResponse")
    try:
        yield PostToEim(session.eim, function, {"transactionId": session.transaction_id, member: response})
    except LpaError:
        return


def _check(session: _Session, answer: Value, agreement: Agreement) -> IpaProcedure[ProfileMetadata | None]:
    """The metadata, if the eIM has not kept it: policy rules, and consent to them (step 15)."""
    if "profileMetaData" not in answer:
        return None
    metadata = metadata_of({"profileMetadata": answer["profileMetaData"]})
    required = answer["smdpSigned2"]["ccRequiredFlag"] and "hashCc" not in answer
    asked = {"smdpSigned2": {"ccRequiredFlag": required}}
    yield from consent(metadata, asked, agreement, session.setup.device, session.euicc_capabilities)
    return metadata


def _fetch_package(session: _Session, answer: Value, agreement: Agreement) -> IpaProcedure[bytes]:
    """PrepareDownload at the eUICC, GetBoundProfilePackage by way of the eIM (steps 16 to 19)."""
    request = {name: answer[name] for name in ("smdpSigned2", "smdpSignature2", "smdpCertificate")}
    if "hashCc" in answer:
        request["hashCc"] = answer["hashCc"]
    elif answer["smdpSigned2"]["ccRequiredFlag"]:
        if not agreement.confirmation_code:
            why = "the order asks for a confirmation code, and neither the eIM nor the IPA has one"
            raise StopSessionError("endUserRejection", DownloadCancelled("endUserRejection", why))
        code = agreement.confirmation_code
        request["hashCc"] = hash_of_confirmation_code(code, session.transaction_id)
    try:
        prepared = yield SendToCard("prepare_download", (request,))
    except Es10Error as error:
        failed = {"transactionId": session.transaction_id, "downloadErrorCode": error.code}
        yield from _tell(session, "getBoundProfilePackage", ("downloadResponseError", failed))
        raise EuiccRefused(error) from error
    if session.setup.compact:
        retained = answer["smdpSigned2"].get("bppEuiccOtpk")
        prepared = compact_preparation(prepared, retained_key=retained, gave_hash="hashCc" in answer)
    message = {"transactionId": session.transaction_id, "prepareDownloadResponse": prepared}
    _, bound = yield from session.ask("getBoundProfilePackage", message)
    return rsp.encode("BoundProfilePackage", bound["boundProfilePackage"])


def _cancel(session: _Session, reason: str) -> IpaProcedure[None]:
    """CancelSession to the eUICC, and its signed answer to the eIM. What goes wrong here does not hide why
    the session is cancelled."""
    try:
        answer = yield SendToCard("cancel_session", (session.transaction_id, reason))
        if session.setup.compact:
            answer = compact_cancellation(answer)
        message = {"transactionId": session.transaction_id, "cancelSessionResponse": answer}
        yield PostToEim(session.eim, "cancelSession", message)
    except (CardError, LpaError):
        return
