"""Indirect profile download: an eIM between an IPA and SM-DP+ or SM-DS (SGP.32 §3.2.3.2, §5.14.1 to §5.14.3).

Towards the servers the eIM is as an LPA (ES9+', ES11'); what the eUICC and they sign for each other passes
through it. It knows the address and the matching id, checks that it speaks with the right server, and puts
back what an IPA left out to save bytes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from asn1 import iot, rsp, tlv
from simulator.crypto.certificates import Certificate, CertificateError, Role
from simulator.eim import compact
from simulator.eim.context import Context
from simulator.eim.errors import UNDEFINED, Refused, error_name
from simulator.eim.metadata import check_bound_package, check_metadata, prepares_itself
from simulator.eim.packages import trigger_request
from simulator.eim.proofs import SIGNATURE, euicc_certificate, is_signed
from simulator.eim.records import Device, Package, PackageEvent, PackageKind, PackageState, Record, Session
from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.errors import LpaError, ServerRefused
from simulator.lpa.es9 import EVENT_RETRIEVAL


def initiate_authentication(eim: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ESipa.InitiateAuthentication (§5.14.1): InitiateAuthenticationOkEsipa."""
    package = _trigger(eim, request.get("eimTransactionId"))
    device = eim.store.get(Device, package.eid.hex()) if package else None
    target, knows_code = _target(device, package, request.get("smdpAddress", ""))
    info = request.get("euiccInfo1")
    if info is None:
        if device is None or not device.euicc_info1:
            raise Refused(UNDEFINED, "the IPA left out euiccInfo1, which this eIM does not have")
        info = iot.decode("EUICCInfo1", device.euicc_info1)
    message = {
        "euiccChallenge": request["euiccChallenge"],
        "euiccInfo1": rsp.decode("EUICCInfo1", iot.encode("EUICCInfo1", info)),
        "smdpAddress": target.smdp_address,
    }
    answer = _post(eim, target.smdp_address, "initiateAuthentication", message)
    server = _check_server(target, answer)
    context = _ctx_params1(device, target.matching_id) if device and knows_code else b""
    eim.store.save(
        Session(
            answer["transactionId"],
            target.smdp_address,
            eim.now(),
            answer["serverSigned1"].raw,
            _signing_ci(answer),
            eid=device.eid if device else b"",
            package=package.key if package else "",
            is_smds=server.role is Role.DS_AUTH,
            ctx_params1=context,
            smdp_oid=server.registered_id,
        )
    )
    return _initiate_ok(answer, target, context, knows_code=knows_code)


def _trigger(eim: Context, transaction_id: bytes | None) -> Package | None:
    """The package that began the download, if it is named. Refused if it is no open download of this eIM; one
    from an SM-DS may go on with the next event when it is done."""
    if transaction_id is None:
        return None
    package = eim.package(transaction_id)
    if package is not None and package.kind is PackageKind.DOWNLOAD:
        may_go_on = package.state is PackageState.DONE and _is_smds(package)
        if package.state is PackageState.SENT or may_go_on:
            return package
    raise Refused("invalidEimTransactionId", transaction_id.hex())


def _target(device: Device | None, package: Package | None, named: str) -> tuple[ActivationCode, bool]:
    """The server to speak with, and whether the matching id is known too. A package with an activation code
    insists on its server; an IPA that was told to look for one may have found out more than the eIM."""
    code, is_binding = _code(device, package) if package else (ActivationCode(""), False)
    if named and named.lower() != code.smdp_address.lower():
        if is_binding:
            raise Refused("smdpAddressMismatch", f"the IPA names {named}, the package {code.smdp_address}")
        return ActivationCode(named), package is not None and not _is_smds(package)
    if not code.smdp_address:
        raise Refused("invalidDpAddress", "neither the IPA nor a package names a server")
    return code, package is not None


def _is_smds(package: Package) -> bool:
    return bool(iot.decode("ProfileDownloadData", package.content)[0] == "contactSmds")


def _code(device: Device | None, package: Package) -> tuple[ActivationCode, bool]:
    """What the package names, and whether there is no other choice."""
    kind, value = iot.decode("ProfileDownloadData", package.content)
    if kind == "activationCode":
        return ActivationCode.parse(value), True
    if kind == "contactDefaultSmdp":
        return ActivationCode(device.default_smdp_address if device else ""), False
    return ActivationCode(value.get("smdsAddress") or (device.root_smds_address if device else "")), False


def _check_server(target: ActivationCode, answer: dict[str, Any]) -> Certificate:
    """The certificate of the server, which must be the one that was meant (SGP.22 §3.0.1)."""
    said = answer["serverSigned1"]["serverAddress"]
    if said.lower() != target.smdp_address.lower():
        raise Refused("smdpAddressMismatch", f"the server calls itself {said}")
    try:
        server = Certificate.parse(answer["serverCertificate"])
    except CertificateError as error:
        raise Refused(UNDEFINED, f"the server's certificate: {error}") from error
    oid = server.registered_id
    if target.smdp_oid and target.smdp_oid != oid:
        raise Refused("smdpOidMismatch", f"the server's certificate is of {oid}, not {target.smdp_oid}")
    return server


def _signing_ci(answer: dict[str, Any]) -> bytes:
    """Under which CI the eUICC is to sign; version 3 may name it in serverSigned1 alone."""
    context = answer["serverSigned1"].get("sessionContext", {})
    found: bytes | None = answer.get("euiccCiPKIdToBeUsed") or context.get("euiccCiPKIdToBeUsedV3")
    if found is None:
        raise Refused(UNDEFINED, "the server names no CI for the eUICC to sign under")
    return found


def _ctx_params1(device: Device, matching_id: str) -> bytes:
    """CtxParams1, DER, if the IPA leaves them to the eIM (eimCtxParams1Generation)."""
    if not device.device_info or not prepares_itself(device, "eimCtxParams1Generation"):
        return b""
    parameters = {"matchingId": matching_id, "deviceInfo": iot.decode("DeviceInfo", device.device_info)}
    return iot.encode("CtxParams1", ("ctxParamsForCommonAuthentication", parameters))


def _initiate_ok(
    answer: dict[str, Any], target: ActivationCode, context: bytes, *, knows_code: bool
) -> dict[str, Any]:
    ok: dict[str, Any] = {
        "transactionId": answer["transactionId"],
        "serverSigned1": answer["serverSigned1"],
        "serverSignature1": answer["serverSignature1"],
        "euiccCiPKIdentifierToBeUsed": _signing_ci(answer),
        "serverCertificate": answer["serverCertificate"],
    }
    if knows_code:
        ok["matchingId"] = target.matching_id
    if context:
        ok["ctxParams1"] = iot.decode("CtxParams1", context)
    return ok


def authenticate_client(eim: Context, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """ESipa.AuthenticateClient (§5.14.2): AuthenticateClientOkDPEsipa or …OkDSEsipa, by its name."""
    session = _session(eim, request["transactionId"])
    session, response = _authenticate_response(eim, session, request["authenticateServerResponse"])
    message = {"transactionId": session.transaction_id, "authenticateServerResponse": response}
    package = eim.store.get(Package, session.package)
    if session.is_smds:
        answer = _post(eim, session.address, EVENT_RETRIEVAL, message, name="authenticateClient")
        return "authenticateClientOkDSEsipa", _event(eim, session, package, answer)
    answer = _post(eim, session.address, "authenticateClient", message)
    if "smdpSigned2" not in answer:
        raise Refused(UNDEFINED, "the SM-DP+ has something else for the eUICC than a profile")
    device = eim.store.get(Device, session.eid.hex())
    check_metadata(device, answer["profileMetadata"])
    eim.store.save(
        session._replace(
            metadata=answer["profileMetadata"].raw,
            smdp_signed2=answer["smdpSigned2"].raw,
            smdp_signature2=answer["smdpSignature2"],
        )
    )
    ok = {
        "transactionId": session.transaction_id,
        "profileMetaData": answer["profileMetadata"],
        "smdpSigned2": answer["smdpSigned2"],
        "smdpSignature2": answer["smdpSignature2"],
        "smdpCertificate": answer["smdpCertificate"],
    }
    if code := _hash_cc(package, session):
        ok["hashCc"] = code
    return "authenticateClientOkDPEsipa", ok


def _authenticate_response(
    eim: Context, session: Session, response: tuple[str, Any]
) -> tuple[Session, tuple[str, Any]]:
    """AuthenticateServerResponse as an SM-DP+ takes it, and the session with the eUICC that gave it."""
    kind, value = response
    if kind == "authenticateResponseError":
        return session, response
    if kind == "compactAuthenticateResponseOk":
        value = compact.authenticate_response(eim.store.get(Device, session.eid.hex()), session, value)
    others = value.get("otherCertsInChain", ())
    certificate = euicc_certificate(eim, value["euiccCertificate"], value["eumCertificate"], others)
    if session.eid and certificate.eid != session.eid:
        raise Refused("eidMismatch", f"{certificate.eid.hex()} downloads for {session.eid.hex()}")
    if not is_signed(certificate, value["euiccSignature1"], value["euiccSigned1"].raw):
        raise Refused("euiccSignatureInvalid", certificate.eid.hex())
    return session._replace(eid=certificate.eid), ("authenticateResponseOk", value)


def _event(eim: Context, session: Session, package: Package | None, answer: dict[str, Any]) -> dict[str, Any]:
    """What the SM-DS knows, as a further package that is on its way already: the IPA begins a new session
    with its transaction id. What else it knows waits for the next time."""
    if "eventEntries" not in answer:
        raise Refused(UNDEFINED, "the SM-DS answers an LPA of version 3, which this eIM does not claim to be")
    ok: dict[str, Any] = {"transactionId": session.transaction_id}
    changed: list[Record] = [session]
    told = "the SM-DS knows of no event"
    if entries := answer["eventEntries"]:
        code = _event_code(entries[0])
        told = f"the SM-DS names {code.smdp_address}"
        found = _further(eim, eim.store.get(Device, session.eid.hex()) or Device(session.eid), code, package)
        changed.append(found)
        ok["profileDownloadTrigger"] = iot.decode("ProfileDownloadTriggerRequest", found.request)
    if package is not None:
        done = package.moved(PackageEvent.SUCCEED)
        changed.append(done._replace(detail=told, finished_at=eim.now()))
    eim.store.save(*changed)
    return ok


def _event_code(entry: dict[str, str]) -> ActivationCode:
    """An event as an activation code. Refused if it names no server, or an id that no server takes."""
    try:
        return ActivationCode.parse(f"1${entry['rspServerAddress']}${entry['eventId']}")
    except LpaError as error:
        raise Refused(UNDEFINED, f"an event of the SM-DS: {error}") from error


def _further(eim: Context, device: Device, code: ActivationCode, package: Package | None) -> Package:
    content = iot.encode("ProfileDownloadData", ("activationCode", str(code)))
    found = eim.new_package(device.eid, PackageKind.DOWNLOAD, content, is_automatic=True, is_indirect=True)
    return found._replace(
        state=PackageState.SENT,
        deliveries=1,
        request=trigger_request(device, found),
        confirmation_code_hash=package.confirmation_code_hash if package else b"",
    )


def _hash_cc(package: Package | None, session: Session) -> bytes:
    """hashCc for this session (SGP.22 §5.7.5), if the eIM has the confirmation code."""
    if package is None or not package.confirmation_code_hash:
        return b""
    return sha256(package.confirmation_code_hash + session.transaction_id).digest()


def get_bound_profile_package(eim: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ESipa.GetBoundProfilePackage (§5.14.3): GetBoundProfilePackageOkEsipa."""
    session = _session(eim, request["transactionId"], invalid="invalidTransactionId")
    response = _prepare_download_response(eim, session, request["prepareDownloadResponse"])
    message = {"transactionId": session.transaction_id, "prepareDownloadResponse": response}
    answer = _post(eim, session.address, "getBoundProfilePackage", message)
    package = rsp.decode("BoundProfilePackage", answer["boundProfilePackage"])
    check_bound_package(session, package)
    return {"transactionId": session.transaction_id, "boundProfilePackage": package}


def _prepare_download_response(eim: Context, session: Session, response: tuple[str, Any]) -> tuple[str, Any]:
    kind, value = response
    if kind == "downloadResponseError":
        return response
    if not session.smdp_signed2:
        raise Refused("invalidTransactionId", f"{session.key} has not been authenticated")
    if kind == "compactDownloadResponseOk":
        given = _hash_cc(eim.store.get(Package, session.package), session)
        value = compact.prepare_download_response(session, value, given)
    signed = value["euiccSigned2"].raw + tlv.encode(SIGNATURE, session.smdp_signature2)
    _check_euicc(eim, session, value["euiccSignature2"], signed)
    return "downloadResponseOk", value


def _check_euicc(eim: Context, session: Session, signature: bytes, signed: bytes) -> None:
    """Where the certificate of the eUICC is known, its signature is checked here too."""
    device = eim.store.get(Device, session.eid.hex())
    if device is None or not device.euicc_certificate:
        return
    certificate = eim.identity.chains.parse(device.euicc_certificate)
    if not is_signed(certificate, signature, signed):
        raise Refused("euiccSignatureInvalid", session.eid.hex())


def cancel_session(eim: Context, request: dict[str, Any]) -> dict[str, Any]:
    """ESipa.CancelSession (§5.14.7): no data."""
    session = _session(eim, request["transactionId"])
    kind, value = request["cancelSessionResponse"]
    if kind == "compactCancelSessionResponseOk":
        kind, value = "cancelSessionResponseOk", compact.cancel_session_response(session, value)
    reason = value
    if kind == "cancelSessionResponseOk":
        signed = value["euiccCancelSessionSigned"]
        _check_euicc(eim, session, value["euiccCancelSessionSignature"], signed.raw)
        reason = signed["reason"]
    message = {"transactionId": session.transaction_id, "cancelSessionResponse": (kind, value)}
    _post(eim, session.address, "cancelSession", message)
    _cancelled(eim, session, kind, reason)
    return {}


def _cancelled(eim: Context, session: Session, kind: str, reason: int) -> None:
    package = eim.store.get(Package, session.package)
    if package is None:
        return
    path = "CancelSessionReason" if kind == "cancelSessionResponseOk" else f"CancelSessionResponse.{kind}"
    names = {number: name for name, number in rsp.names(path).items()}
    detail = f"the IPA cancelled the download: {names.get(reason, str(reason))}"
    eim.store.save(package.moved(PackageEvent.FAIL)._replace(detail=detail, finished_at=eim.now()))


def _session(eim: Context, transaction_id: bytes, *, invalid: str = "invalidTransactionId") -> Session:
    session = eim.store.get(Session, transaction_id.hex())
    if session is None:
        raise Refused(invalid, f"{transaction_id.hex()} is no session of this eIM")
    return session


def _post(
    eim: Context, address: str, function: str, message: dict[str, Any], *, name: str = ""
) -> dict[str, Any]:
    """A function of ES9+' or ES11'. Refused, with the error of ESipa that the server's codes stand for."""
    if eim.es9 is None:
        raise Refused(UNDEFINED, "this eIM relays nothing")
    try:
        return eim.es9.post(address, function, message)
    except ServerRefused as error:
        own = error_name(name or function, error.subject_code, error.reason_code)
        if function == EVENT_RETRIEVAL and (error.subject_code, error.reason_code) == ("8.9.5", "3.9"):
            own = "eventIdUnknown"
        raise Refused(own, str(error)) from error
    except LpaError as error:
        raise Refused(UNDEFINED, str(error)) from error
