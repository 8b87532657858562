"""ESipa, between the IPA of a device and its eIM: both bindings, and the way between them (SGP.32 §6).

In Python a message is what the ASN.1 binding makes of it, an alternative of EsipaMessageFromIpaToEim or
EsipaMessageFromEimToIpa with its value. The JSON binding says the same in members of an object; an error that
is a number in ASN.1 is a pair of subject and reason code there, but for the errors of packages.

    function, document = esipa.request_to_json(("getEimPackageRequest", {"eidValue": eid}))
    message = esipa.response_from_json(function, answer)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from asn1 import iot
from asn1.binding import Binding, BindingError, Document, Function, FunctionError, Member, failure_header
from asn1.errors import EncodeError

Message = tuple[str, Any]
"""The alternative, as "getEimPackageRequest", and its value."""

ASN1_PATH: Final = "/gsma/rsp2/asn1"
"""Where the ASN.1 binding takes all functions (§6.1.1)."""
ASN1_CONTENT_TYPE: Final = "application/x-gsma-rsp-asn1"
IPA_USER_AGENT: Final = "gsma-rsp-ipad"
PATH_PREFIX: Final = "/gsma/rsp2/esipa/"
FROM_IPA, FROM_EIM = "EsipaMessageFromIpaToEim", "EsipaMessageFromEimToIpa"

_TRANSACTION_ID: Final = Member("transactionId", "hex")
_MAYBE_TRANSACTION_ID: Final = Member("transactionId", "hex", is_optional=True)


def _optional(name: str, encoding: str) -> Member:
    return Member(name, encoding, is_optional=True)


FUNCTIONS: Final[dict[str, Function]] = {
    "initiateAuthentication": Function(
        "§6.4.1.1",
        (
            Member("euiccChallenge", "bytes"),
            _optional("smdpAddress", "text"),
            _optional("euiccInfo1", "iot:EUICCInfo1"),
            _optional("eimTransactionId", "hex"),
        ),
        (
            _MAYBE_TRANSACTION_ID,
            Member("serverSigned1", "iot:ServerSigned1"),
            Member("serverSignature1", "der:EuiccSign"),
            Member("euiccCiPKIdentifierToBeUsed", "iot:SubjectKeyIdentifier"),
            Member("serverCertificate", "der:Certificate"),
            _optional("matchingId", "text"),
            _optional("ctxParams1", "iot:CtxParams1"),
        ),
    ),
    "authenticateClient": Function(
        "§6.4.1.2",
        (_TRANSACTION_ID, Member("authenticateServerResponse", "iot:IotAuthenticateServerResponse")),
        (
            _MAYBE_TRANSACTION_ID,
            _optional("profileMetadata", "iot:StoreMetadataRequest"),
            _optional("smdpSigned2", "iot:SmdpSigned2"),
            _optional("smdpSignature2", "der:EuiccSign"),
            _optional("smdpCertificate", "der:Certificate"),
            _optional("hashCc", "iot:Octet32"),
            _optional("profileDownloadTrigger", "iot:ProfileDownloadTriggerRequest"),  # of an SM-DS
        ),
    ),
    "getBoundProfilePackage": Function(
        "§6.4.1.3",
        (_TRANSACTION_ID, Member("prepareDownloadResponse", "iot:IotPrepareDownloadResponse")),
        (_MAYBE_TRANSACTION_ID, Member("boundProfilePackage", "iot:BoundProfilePackage")),
    ),
    "getEimPackage": Function(
        "§6.4.1.5",
        (
            Member("eidValue", "hex"),
            _optional("notifyStateChange", "boolean"),
            _optional("stateChangeCause", "integer"),
            _optional("rPLMN", "hex"),
        ),
        (
            _optional("euiccPackageRequest", "iot:EuiccPackageRequest"),
            _optional("ipaEuiccDataRequest", "iot:IpaEuiccDataRequest"),
            _optional("profileDownloadTriggerRequest", "iot:ProfileDownloadTriggerRequest"),
            _optional("eimPackageError", "integer"),
        ),
    ),
    "provideEimPackageResult": Function(
        "§6.4.1.6",
        (_optional("eidValue", "hex"), Member("eimPackageResult", "iot:EimPackageResult")),
        (
            _optional("eimAcknowledgements", "iot:EimAcknowledgements"),
            _optional("provideEimPackageResultError", "integer"),
        ),
    ),
    "handleNotification": Function(
        "§6.4.1.7",
        (
            _optional("pendingNotification", "iot:IotPendingNotification"),
            _optional("provideEimPackageResult", "iot:ProvideEimPackageResult"),
        ),
        (),
        is_notification=True,
    ),
    "cancelSession": Function(
        "§6.4.1.8",
        (_TRANSACTION_ID, Member("cancelSessionResponse", "iot:IotCancelSessionResponse")),
        (),
    ),
}
"""TransferEimPackage, which the eIM calls at an IPA, is not among them."""

BINDING: Final = Binding("ESipa", PATH_PREFIX, FUNCTIONS)


class _Shape(NamedTuple):
    """What a function's messages are called in ASN.1; no error where the answer has none of its own."""

    request: str
    response: str = ""
    ok: str = ""
    error: str = ""


SHAPES: Final[dict[str, _Shape]] = {
    "initiateAuthentication": _Shape(
        "initiateAuthenticationRequestEsipa",
        "initiateAuthenticationResponseEsipa",
        "initiateAuthenticationOkEsipa",
        "initiateAuthenticationErrorEsipa",
    ),
    "authenticateClient": _Shape(
        "authenticateClientRequestEsipa",
        "authenticateClientResponseEsipa",
        "authenticateClientOkDPEsipa",
        "authenticateClientErrorEsipa",
    ),
    "getBoundProfilePackage": _Shape(
        "getBoundProfilePackageRequestEsipa",
        "getBoundProfilePackageResponseEsipa",
        "getBoundProfilePackageOkEsipa",
        "getBoundProfilePackageErrorEsipa",
    ),
    "cancelSession": _Shape(
        "cancelSessionRequestEsipa", "cancelSessionResponseEsipa", "cancelSessionOk", "cancelSessionError"
    ),
    "getEimPackage": _Shape("getEimPackageRequest", "getEimPackageResponse"),
    "provideEimPackageResult": _Shape("provideEimPackageResult", "provideEimPackageResultResponse"),
    "handleNotification": _Shape("handleNotificationEsipa"),
}
"""The functions that an IPA calls."""

CODES: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "initiateAuthentication": {
        "invalidDpAddress": ("8.8.1", "3.8"),
        "euiccVersionNotSupportedByDp": ("8.8.3", "3.1"),
        "ciPKIdNotSupported": ("8.8.2", "3.1"),
        "smdpAddressMismatch": ("8.8.1", "3.10"),
        "smdpOidMismatch": ("8.8", "3.10"),
        "invalidEimTransactionId": ("8.10.1", "3.9"),
    },
    "authenticateClient": {
        "eumCertificateInvalid": ("8.1.2", "6.1"),
        "eumCertificateExpired": ("8.1.2", "6.3"),
        "euiccCertificateInvalid": ("8.1.3", "6.1"),
        "euiccCertificateExpired": ("8.1.3", "6.3"),
        "euiccSignatureInvalid": ("8.1", "6.1"),
        "matchingIdRefused": ("8.2.6", "3.8"),
        "eidMismatch": ("8.1.1", "3.8"),
        "noEligibleProfile": ("8.2.5", "4.3"),
        "ciPKUnknown": ("8.11.1", "3.9"),
        "invalidTransactionId": ("8.10.1", "3.9"),
        "insufficientMemory": ("8.1", "4.8"),
        "downloadOrderExpired": ("8.8.5", "4.1"),
        "pprNotAllowed": ("8.2.3", "3.8"),
        "eventIdUnknown": ("8.9.5", "3.9"),
    },
    "getBoundProfilePackage": {
        "euiccSignatureInvalid": ("8.1", "6.1"),
        "confirmationCodeMissing": ("8.2.7", "2.2"),
        "confirmationCodeRefused": ("8.2.7", "3.8"),
        "confirmationCodeRetriesExceeded": ("8.2.7", "6.4"),
        "bppRebindingRefused": ("8.2", "3.7"),
        "metadataMismatch": ("8.2.3", "3.10"),
        "invalidTransactionId": ("8.10.1", "3.9"),
    },
    "cancelSession": {
        "invalidTransactionId": ("8.10.1", "3.9"),
        "euiccSignatureInvalid": ("8.1", "6.1"),
    },
}
"""Function → name of its error in ASN.1 → subject and reason code. The codes are those of ES9+ (SGP.22 §5.6);
the mismatches that an eIM finds, which ES9+ has not, have codes of like meaning. What is in no row is
`UNDEFINED`."""
UNDEFINED: Final = ("1.1", "4.2")

_RENAMED: Final = {"profileMetadata": "profileMetaData"}
"""Members that JSON spells in another way: as JSON has them, and as ASN.1 has them."""
_BACK: Final = {asn1: json for json, asn1 in _RENAMED.items()}


def encode_request(message: Message) -> bytes:
    """A message of an IPA in the ASN.1 binding. EncodeError says what is wrong with it."""
    return iot.encode(FROM_IPA, message)


def decode_request(octets: bytes) -> Message:
    """The message of an IPA in the ASN.1 binding. DecodeError says what is wrong with it."""
    message: Message = iot.decode(FROM_IPA, octets)
    return message


def encode_response(message: Message) -> bytes:
    """An answer of an eIM in the ASN.1 binding."""
    return iot.encode(FROM_EIM, message)


def decode_response(octets: bytes) -> Message:
    """The answer of an eIM in the ASN.1 binding. DecodeError says what is wrong with it."""
    message: Message = iot.decode(FROM_EIM, octets)
    return message


def function_of(message: Message) -> str:
    """The function that an IPA calls with a message; BindingError if none."""
    for name, shape in SHAPES.items():
        if shape.request == message[0]:
            return name
    raise BindingError("ESipa", message[0], "is no message that an IPA sends of itself")


def error_codes(path: str) -> dict[str, int]:
    """The named numbers of the error of a function, "undefinedError" among them."""
    shape = SHAPES[path]
    return iot.names(f"{shape.response[:1].upper()}{shape.response[1:]}.{shape.error}")


def request_to_json(message: Message) -> tuple[str, Document]:
    """The function and the JSON object of a message of an IPA. BindingError says what is wrong with it."""
    function = function_of(message)
    value = message[1]
    if function == "handleNotification":
        value = {value[0]: value[1]}
    return function, BINDING.encode_request(function, _flag_out(value))


def request_from_json(function: str, document: Any) -> Message:
    """The message that a JSON object is. BindingError says what is wrong with it."""
    values = BINDING.decode_request(function, document)
    if function == "handleNotification":
        return SHAPES[function].request, _only_one(function, values)
    if values.get("notifyStateChange") is False:
        del values["notifyStateChange"]
    elif "notifyStateChange" in values:
        values["notifyStateChange"] = None
    return _checked(function, FROM_IPA, (SHAPES[function].request, values))


def _flag_out(value: dict[str, Any]) -> dict[str, Any]:
    """NULL is true in JSON."""
    return value | {"notifyStateChange": True} if "notifyStateChange" in value else value


def response_to_json(message: Message) -> Document:
    """The JSON object of an eIM's answer, with its header."""
    function = next(name for name, shape in SHAPES.items() if shape.response == message[0])
    kind, value = message[1]
    if kind == SHAPES[function].error:
        name = next((name for name, code in error_codes(function).items() if code == value), "")
        return failure_header(*CODES[function].get(name, UNDEFINED), message=name)
    return BINDING.encode_response(function, _RESPONSE_MEMBERS.get(function, _members)(kind, value))


def _members(kind: str, value: Any) -> dict[str, Any]:
    return {_BACK.get(name, name): member for name, member in value.items()}


def _package(kind: str, value: Any) -> dict[str, Any]:
    return {} if kind == "emptyResponse" else {kind: value}


_RESPONSE_MEMBERS: Final[dict[str, Callable[[str, Any], dict[str, Any]]]] = {
    "getEimPackage": _package,
    "provideEimPackageResult": _package,
}


def response_from_json(function: str, document: Any) -> Message:
    """The answer that a JSON object is, its errors as ASN.1 has them. BindingError says what is wrong with
    it; FunctionError, where the eIM refuses what has no error in ASN.1."""
    shape = SHAPES[function]
    try:
        values = BINDING.decode_response(function, document)
    except FunctionError as error:
        if not shape.error:
            raise
        return shape.response, (shape.error, _code(function, error))
    if function == "provideEimPackageResult" and not values:
        return shape.response, ("emptyResponse", {})
    if function in _RESPONSE_MEMBERS:
        return _checked(function, FROM_EIM, (shape.response, _only_one(function, values)))
    kind = shape.ok
    if function == "authenticateClient" and "smdpSigned2" not in values:
        kind = "authenticateClientOkDSEsipa"
    renamed = {_RENAMED.get(name, name): member for name, member in values.items()}
    return _checked(function, FROM_EIM, (shape.response, (kind, renamed)))


def _code(function: str, error: FunctionError) -> int:
    codes, pair = error_codes(function), (error.subject_code, error.reason_code)
    named = (name for name, row in CODES[function].items() if row == pair)
    return codes[next(named, "undefinedError")]


def _only_one(function: str, values: dict[str, Any]) -> tuple[str, Any]:
    """The one member of those that exclude each other."""
    if len(values) != 1:
        names = ", ".join(values) or "none"
        raise BindingError(function, "", f"one member expected, not {names}", is_missing=not values)
    return next(iter(values.items()))


def _checked(function: str, kind: str, message: Message) -> Message:
    """A message whose members are not only there, but may stand together, as ASN.1 says."""
    try:
        iot.encode(kind, message)
    except EncodeError as error:
        raise BindingError(function, error.path.rpartition(".")[2], error.reason) from error
    return message
