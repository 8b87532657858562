"""The JSON bindings of RSP over HTTP: messages to JSON and back by tables of members (SGP.22 §6.5).

A `Binding` is one interface, such as ES9+: its functions, and for each the members of request and response.
In Python a member is a decoded ASN.1 value, bytes, text, number or flag; in JSON it is text, hexadecimal,
base64, a number or a flag. Members that the table does not know are ignored, as a later version may add some.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64encode
from collections.abc import Callable, Container, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from asn1 import Codec, iot, rsp
from asn1.errors import Asn1Error

ADMIN_PROTOCOL_HEADER: Final = "X-Admin-Protocol"
ADMIN_PROTOCOL: Final = "gsma/rsp/v2.2.2"
"""What a client sends and a server answers (§6.2): name and the highest version of SGP.22 supported."""
CONTENT_TYPE: Final = "application/json"
SUCCESS: Final = "Executed-Success"
WARNING: Final = "Executed-WithWarning"
FAILED: Final = "Failed"
EXPIRED: Final = "Expired"
ARRAY: Final = "[]"
"""After the encoding of a member: an array of values so encoded."""

Document = dict[str, Any]
"""A JSON object."""


class BindingError(Exception):
    """A message is not what the binding says. `member` names the JSON member, `is_missing` tells absent from
    malformed."""

    def __init__(self, function: str, member: str, reason: str, *, is_missing: bool = False) -> None:
        self.function, self.member, self.reason, self.is_missing = function, member, reason, is_missing
        super().__init__(f"{function}.{member}: {reason}")


class FunctionError(Exception):
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
    """A JSON member. `encoding` is "text", "hex" (upper case), "bytes" (base64), "integer", "boolean",
    "object" (left as it is), or "der:<Type>" or "iot:<Type>": the base64 of the DER of that type of
    RSPDefinitions or SGP32Definitions; with "[]" after it, an array of such. A tuple of members stands for an
    array of objects that have them."""

    name: str
    encoding: str | tuple[Member, ...]
    is_optional: bool = False


class Function(NamedTuple):
    """A function of an interface: the clause, and the members of its request and of its response."""

    clause: str
    request: tuple[Member, ...]
    response: tuple[Member, ...]
    is_notification: bool = False
    """A notification is answered with HTTP status 204 and nothing else (§6.3)."""
    alternatives: tuple[tuple[Member, ...], ...] = ()
    """Other members that a response can have instead; it has those whose first one is there."""

    def response_with(self, names: Container[str]) -> tuple[Member, ...]:
        """The members of a response that has these names."""
        return next((members for members in self.alternatives if members[0].name in names), self.response)


REQUESTER: Final = (Member("functionRequesterIdentifier", "text"), Member("functionCallIdentifier", "text"))
"""The header of a request between servers (§6.5.1.3); in Python they are members like the others."""


@cache
def snake_case(function: str) -> str:
    """How a function is called in Python: 'getBoundProfilePackage' → 'get_bound_profile_package'."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", function).lower()


class Binding:
    """One interface over HTTP. Every method names the function first, as the specification spells it."""

    def __init__(
        self, name: str, path_prefix: str, functions: Mapping[str, Function], *, has_header: bool = False
    ) -> None:
        """`has_header`: requests carry REQUESTER, as those between servers do."""
        self.name, self.path_prefix, self.functions = name, path_prefix, functions
        self.has_header = has_header

    def path(self, function: str) -> str:
        """The HTTP path of a function (§6.5.2)."""
        self._function(function)
        return self.path_prefix + function

    def encode_request(self, function: str, values: Mapping[str, Any]) -> Document:
        """The JSON object of a request. BindingError names the member that is missing or wrong."""
        document = _encode(function, self._function(function).request, values)
        return {"header": _encode(function, REQUESTER, values), **document} if self.has_header else document

    def decode_request(self, function: str, document: Any) -> dict[str, Any]:
        """The members of a request. BindingError names the member that is missing or malformed."""
        values = _decode(function, self._function(function).request, document)
        if not self.has_header:
            return values
        if "header" not in document:
            raise BindingError(function, "header", "is missing", is_missing=True)
        return {**_decode(function, REQUESTER, document["header"]), **values}

    def encode_response(self, function: str, values: Mapping[str, Any]) -> Document:
        """The JSON object of a successful response, with its header."""
        members = self._function(function).response_with(values)
        return {**success_header(), **_encode(function, members, values)}

    def decode_response(self, function: str, document: Any) -> dict[str, Any]:
        """The members of a response. FunctionError if it tells of a failure, BindingError if
        it is malformed."""
        raise_for_failure(function, document)
        return _decode(function, self._function(function).response_with(document), document)

    def _function(self, name: str) -> Function:
        try:
            return self.functions[name]
        except KeyError:
            raise BindingError(name, "", f"{self.name} has no such function") from None


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
    """FunctionError if the response's header tells of a failure; BindingError if it has no proper header."""
    try:
        execution = document["header"]["functionExecutionStatus"]
        if execution["status"] in (SUCCESS, WARNING):
            return
        code = execution.get("statusCodeData") or {}
        texts = [
            str(code.get(name, "")) for name in ("subjectCode", "reasonCode", "subjectIdentifier", "message")
        ]
    except (TypeError, KeyError, AttributeError):
        raise BindingError(function, "header", "no functionExecutionStatus") from None
    raise FunctionError(function, *texts)


def _encode(function: str, members: tuple[Member, ...], values: Mapping[str, Any]) -> Document:
    document: Document = {}
    for name, encoding, is_optional in members:
        if name in values:
            try:
                document[name] = _to_json(f"{function}.{name}", encoding, values[name])
            except (Asn1Error, ValueError, TypeError, AttributeError) as error:
                raise BindingError(function, name, str(error)) from error
        elif not is_optional:
            raise BindingError(function, name, "is missing", is_missing=True)
    return document


def _decode(function: str, members: tuple[Member, ...], document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise BindingError(function, "", "a JSON object expected")
    values = {}
    for name, encoding, is_optional in members:
        if name in document:
            try:
                values[name] = _from_json(f"{function}.{name}", encoding, document[name])
            except (ValueError, Asn1Error) as error:
                raise BindingError(function, name, str(error)) from error
        elif not is_optional:
            raise BindingError(function, name, "is missing", is_missing=True)
    return values


def _to_json(where: str, encoding: str | tuple[Member, ...], value: Any) -> Any:
    if isinstance(encoding, tuple):
        return [_encode(where, encoding, item) for item in value]
    if encoding.endswith(ARRAY):
        return [_to_json(where, encoding.removesuffix(ARRAY), item) for item in value]
    if encoding in _JSON_TYPES:
        return _checked(_JSON_TYPES[encoding], value)
    if encoding == "text":
        return str(value)
    if encoding == "hex":
        return str(value.hex()).upper()
    octets = value if encoding == "bytes" else _CODECS[encoding[:4]].encode(encoding[4:], value)
    return b64encode(octets).decode("ascii")


def _from_json(where: str, encoding: str | tuple[Member, ...], value: Any) -> Any:
    """The value of a JSON member. ValueError or Asn1Error says what is wrong with it."""
    if isinstance(encoding, tuple):
        return [_decode(where, encoding, item) for item in _checked(list, value)]
    if encoding.endswith(ARRAY):
        return [_from_json(where, encoding.removesuffix(ARRAY), item) for item in _checked(list, value)]
    if encoding in _JSON_TYPES:
        return _checked(_JSON_TYPES[encoding], value)
    text = _checked(str, value)
    decode = _FROM_TEXT.get(encoding)
    return decode(text) if decode else _CODECS[encoding[:4]].decode(encoding[4:], _from_base64(text))


_CODECS: Final[dict[str, Codec]] = {"der:": rsp, "iot:": iot}
_JSON_TYPES: Final[dict[str, type]] = {"integer": int, "boolean": bool, "object": dict}
_JSON_NAMES: Final[dict[type, str]] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    dict: "object",
    list: "array",
}


def _checked(kind: type, value: Any) -> Any:
    # JSON's true is no number, though Python's True is an int.
    if type(value) is not kind:
        raise ValueError(f"a JSON {_JSON_NAMES[kind]} expected")
    return value


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
