"""The JSON binding of ES9+: which member of which message carries what, as one table (SGP.22 §6.5.2).

    es9.encode_request("handleNotification", {"pendingNotification": value})
    es9.decode_response("initiateAuthentication", document)

In Python a member is a decoded ASN.1 value, bytes or text; in JSON it is text, hexadecimal or base64.
Members that the table does not know are ignored, as a later version may add some.
"""

from __future__ import annotations

import binascii
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from asn1 import rsp
from asn1.errors import Asn1Error

PATH_PREFIX: Final = "/gsma/rsp2/es9plus/"
ADMIN_PROTOCOL_HEADER: Final = "X-Admin-Protocol"
ADMIN_PROTOCOL: Final = "gsma/rsp/v2.2.2"
"""What an LPA sends and a server answers (§6.2): name and the highest version of SGP.22 supported."""
LPA_USER_AGENT: Final = "gsma-rsp-lpad"
CONTENT_TYPE: Final = "application/json"
SUCCESS: Final = "Executed-Success"
WARNING: Final = "Executed-WithWarning"
FAILED: Final = "Failed"
EXPIRED: Final = "Expired"

Document = dict[str, Any]
"""A JSON object."""


class Es9Error(Exception):
    """A message is not what the binding says. `member` names the JSON member, `is_missing` tells absent from
    malformed."""

    def __init__(self, function: str, member: str, reason: str, *, is_missing: bool = False) -> None:
        self.function, self.member, self.reason, self.is_missing = function, member, reason, is_missing
        super().__init__(f"{function}.{member}: {reason}")


class Es9FunctionError(Exception):
    """The server answered that the function failed (§6.5.1.4): its codes, and what it said."""

    def __init__(
        self,
        function: str,
        subject_code: str,
        reason_code: str,
        subject_identifier: str = "",
        message: str = "",
    ) -> None:
        self.function = function
        self.subject_code, self.reason_code = subject_code, reason_code
        self.subject_identifier, self.message = subject_identifier, message
        said = f" ({message})" if message else ""
        super().__init__(f"{function} failed with {subject_code}/{reason_code}{said}")


class Member(NamedTuple):
    """A JSON member. `encoding` is "text", "hex" (upper case), "bytes" (base64), or "der:<Type>": the base64
    of the DER of that type of RSPDefinitions."""

    name: str
    encoding: str
    is_optional: bool = False


class Function(NamedTuple):
    """A function of ES9+: the clause, and the members of its request and of its response."""

    clause: str
    request: tuple[Member, ...]
    response: tuple[Member, ...]
    is_notification: bool = False
    """A notification is answered with HTTP status 204 and nothing else (§6.3)."""


_TRANSACTION_ID: Final = Member("transactionId", "hex")

FUNCTIONS: Final[dict[str, Function]] = {
    "initiateAuthentication": Function(
        "§6.5.2.6",
        (
            Member("euiccChallenge", "bytes"),
            Member("euiccInfo1", "der:EUICCInfo1"),
            Member("smdpAddress", "text"),
        ),
        (
            _TRANSACTION_ID,
            Member("serverSigned1", "der:ServerSigned1"),
            Member("serverSignature1", "der:EuiccSign"),
            Member("euiccCiPKIdToBeUsed", "der:SubjectKeyIdentifier"),
            Member("serverCertificate", "der:Certificate"),
        ),
    ),
    "authenticateClient": Function(
        "§6.5.2.8",
        (_TRANSACTION_ID, Member("authenticateServerResponse", "der:AuthenticateServerResponse")),
        (
            _TRANSACTION_ID,
            Member("profileMetadata", "der:StoreMetadataRequest"),
            Member("smdpSigned2", "der:SmdpSigned2"),
            Member("smdpSignature2", "der:EuiccSign"),
            Member("smdpCertificate", "der:Certificate"),
        ),
    ),
    "getBoundProfilePackage": Function(
        "§6.5.2.7",
        (_TRANSACTION_ID, Member("prepareDownloadResponse", "der:PrepareDownloadResponse")),
        # The package stays bytes: an LPA cuts it at its TLVs and never opens it.
        (_TRANSACTION_ID, Member("boundProfilePackage", "bytes")),
    ),
    "handleNotification": Function(
        "§6.5.2.9", (Member("pendingNotification", "der:PendingNotification"),), (), is_notification=True
    ),
    "cancelSession": Function(
        "§6.5.2.10",
        (_TRANSACTION_ID, Member("cancelSessionResponse", "der:CancelSessionResponse")),
        (),
    ),
}


def path(function: str) -> str:
    """The HTTP path of a function (§6.5.2.1)."""
    _function(function)
    return PATH_PREFIX + function


def encode_request(function: str, values: Mapping[str, Any]) -> Document:
    """The JSON object of a request. Es9Error names the member that is missing or cannot be encoded."""
    return _encode(function, _function(function).request, values)


def decode_request(function: str, document: Any) -> dict[str, Any]:
    """The members of a request. Es9Error names the member that is missing or malformed."""
    return _decode(function, _function(function).request, document)


def encode_response(function: str, values: Mapping[str, Any]) -> Document:
    """The JSON object of a successful response, with its header."""
    return {**success_header(), **_encode(function, _function(function).response, values)}


def decode_response(function: str, document: Any) -> dict[str, Any]:
    """The members of a response. Es9FunctionError if it tells of a failure, Es9Error if it is malformed."""
    raise_for_failure(function, document)
    return _decode(function, _function(function).response, document)


def success_header(status: str = SUCCESS) -> Document:
    """The header of a function that was executed (§6.5.1.4)."""
    return {"header": {"functionExecutionStatus": {"status": status}}}


def failure_header(
    subject_code: str, reason_code: str, subject_identifier: str = "", message: str = "", status: str = FAILED
) -> Document:
    """The whole response of a function that failed (§6.5.1.4); empty texts are left out."""
    code = {"subjectCode": subject_code, "reasonCode": reason_code}
    if subject_identifier:
        code["subjectIdentifier"] = subject_identifier
    if message:
        code["message"] = message
    return {"header": {"functionExecutionStatus": {"status": status, "statusCodeData": code}}}


def raise_for_failure(function: str, document: Any) -> None:
    """Es9FunctionError if the response's header tells of a failure; Es9Error if it has no proper header."""
    try:
        execution = document["header"]["functionExecutionStatus"]
        if execution["status"] in (SUCCESS, WARNING):
            return
        code = execution.get("statusCodeData") or {}
        texts = [
            str(code.get(name, "")) for name in ("subjectCode", "reasonCode", "subjectIdentifier", "message")
        ]
    except (TypeError, KeyError, AttributeError):
        raise Es9Error(function, "header", "no functionExecutionStatus") from None
    raise Es9FunctionError(function, *texts)


def _function(name: str) -> Function:
    try:
        return FUNCTIONS[name]
    except KeyError:
        raise Es9Error(name, "", "ES9+ has no such function") from None


def _encode(function: str, members: tuple[Member, ...], values: Mapping[str, Any]) -> Document:
    document: Document = {}
    for name, encoding, is_optional in members:
        if name in values:
            try:
                document[name] = _to_json(encoding, values[name])
            except (Asn1Error, TypeError, AttributeError) as error:
                raise Es9Error(function, name, str(error)) from error
        elif not is_optional:
            raise Es9Error(function, name, "is missing", is_missing=True)
    return document


def _decode(function: str, members: tuple[Member, ...], document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise Es9Error(function, "", "a JSON object expected")
    values = {}
    for name, encoding, is_optional in members:
        if name in document:
            try:
                values[name] = _from_json(encoding, document[name])
            except (ValueError, Asn1Error) as error:
                raise Es9Error(function, name, str(error)) from error
        elif not is_optional:
            raise Es9Error(function, name, "is missing", is_missing=True)
    return values


def _to_json(encoding: str, value: Any) -> str:
    if encoding == "text":
        return str(value)
    if encoding == "hex":
        return str(value.hex()).upper()
    octets = value if encoding == "bytes" else rsp.encode(encoding[4:], value)
    return b64encode(octets).decode("ascii")


def _from_json(encoding: str, text: Any) -> Any:
    """The value of a JSON string. ValueError or Asn1Error says what is wrong with it."""
    if not isinstance(text, str):
        raise ValueError("a JSON string expected")
    decode = _FROM_TEXT.get(encoding)
    return decode(text) if decode else rsp.decode(encoding[4:], _from_base64(text))


def _from_base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise ValueError(f"not base64: {error}") from None


def _from_hex(text: str) -> bytes:
    """bytes.fromhex alone would take white space; lower case is taken, though the binding says upper."""
    if not text.isalnum():
        raise ValueError("hexadecimal digits expected")
    return bytes.fromhex(text)


_FROM_TEXT: Final[dict[str, Callable[[str], Any]]] = {"text": str, "hex": _from_hex, "bytes": _from_base64}
