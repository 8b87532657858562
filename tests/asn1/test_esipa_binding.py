"""The JSON binding of ESipa: what an IPA in the field writes, and that both bindings say the same."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from asn1 import esipa, iot
from asn1.binding import BindingError, FunctionError, failure_header, success_header

EID = bytes.fromhex("89049032123451234512345678901235")
TRANSACTION = bytes.fromhex("0123456789ABCDEF")
SIGNED = iot.decode(
    "ServerSigned1",
    iot.encode(
        "ServerSigned1",
        {
            "transactionId": TRANSACTION,
            "euiccChallenge": EID,
            "serverAddress": "smdp.example.com",
            "serverChallenge": EID,
        },
    ),
)
SIGNED_2 = iot.decode(
    "SmdpSigned2", iot.encode("SmdpSigned2", {"transactionId": TRANSACTION, "ccRequiredFlag": False})
)
CERTIFICATE = bytes.fromhex("3000")
ERROR_RESULT = ("eimPackageResultResponseError", {"eimPackageResultErrorCode": 2})

REQUESTS: list[tuple[esipa.Message, str, dict[str, Any]]] = [
    (
        ("getEimPackageRequest", {"eidValue": EID, "notifyStateChange": None, "stateChangeCause": 1}),
        "getEimPackage",
        {"eidValue": "89049032123451234512345678901235", "notifyStateChange": True, "stateChangeCause": 1},
    ),
    (
        ("provideEimPackageResult", {"eidValue": EID, "eimPackageResult": ERROR_RESULT}),
        "provideEimPackageResult",
        {
            "eidValue": "89049032123451234512345678901235",
            "eimPackageResult": b64encode(bytes.fromhex("A003020102")).decode(),
        },
    ),
    (
        ("handleNotificationEsipa", ("provideEimPackageResult", {"eimPackageResult": ERROR_RESULT})),
        "handleNotification",
        {"provideEimPackageResult": b64encode(bytes.fromhex("BF5005A003020102")).decode()},
    ),
    (
        (
            "initiateAuthenticationRequestEsipa",
            {"euiccChallenge": bytes(16), "smdpAddress": "smdp.example.com", "eimTransactionId": TRANSACTION},
        ),
        "initiateAuthentication",
        {
            "euiccChallenge": "AAAAAAAAAAAAAAAAAAAAAA==",
            "smdpAddress": "smdp.example.com",
            "eimTransactionId": "0123456789ABCDEF",
        },
    ),
    (
        (
            "cancelSessionRequestEsipa",
            {"transactionId": TRANSACTION, "cancelSessionResponse": ("cancelSessionResponseError", 127)},
        ),
        "cancelSession",
        {
            "transactionId": "0123456789ABCDEF",
            "cancelSessionResponse": b64encode(bytes.fromhex("BF410381017F")).decode(),
        },
    ),
]

RESPONSES: list[tuple[str, esipa.Message]] = [
    ("getEimPackage", ("getEimPackageResponse", ("eimPackageError", 1))),
    ("getEimPackage", ("getEimPackageResponse", ("ipaEuiccDataRequest", {"tagList": b"\xa5"}))),
    ("provideEimPackageResult", ("provideEimPackageResultResponse", ("emptyResponse", {}))),
    ("provideEimPackageResult", ("provideEimPackageResultResponse", ("eimAcknowledgements", [1, 2]))),
    ("provideEimPackageResult", ("provideEimPackageResultResponse", ("provideEimPackageResultError", 2))),
    ("cancelSession", ("cancelSessionResponseEsipa", ("cancelSessionOk", {}))),
    (
        "initiateAuthentication",
        (
            "initiateAuthenticationResponseEsipa",
            (
                "initiateAuthenticationOkEsipa",
                {
                    "serverSigned1": SIGNED,
                    "serverSignature1": b"\xee",
                    "euiccCiPKIdentifierToBeUsed": b"\xf5\x41",
                    "serverCertificate": CERTIFICATE,
                    "matchingId": "M",
                },
            ),
        ),
    ),
    (
        "authenticateClient",
        (
            "authenticateClientResponseEsipa",
            (
                "authenticateClientOkDPEsipa",
                {
                    "transactionId": TRANSACTION,
                    "smdpSigned2": SIGNED_2,
                    "smdpSignature2": b"\xee",
                    "smdpCertificate": CERTIFICATE,
                    "hashCc": bytes(32),
                },
            ),
        ),
    ),
    (
        "authenticateClient",
        (
            "authenticateClientResponseEsipa",
            ("authenticateClientOkDSEsipa", {"transactionId": TRANSACTION, "profileDownloadTrigger": {}}),
        ),
    ),
]


@pytest.mark.parametrize(("message", "function", "document"), REQUESTS)
def test_a_request(message: esipa.Message, function: str, document: dict[str, Any]) -> None:
    assert esipa.request_to_json(message) == (function, document)
    assert esipa.request_from_json(function, document) == message
    assert esipa.decode_request(esipa.encode_request(message)) == message


@pytest.mark.parametrize(("function", "message"), RESPONSES)
def test_a_response(function: str, message: esipa.Message) -> None:
    document = esipa.response_to_json(message)
    assert document["header"]["functionExecutionStatus"]["status"] == "Executed-Success"
    assert esipa.response_from_json(function, document) == message
    assert esipa.decode_response(esipa.encode_response(message)) == message


@pytest.mark.parametrize("function", esipa.CODES)
def test_every_error_goes_both_ways(function: str) -> None:
    shape = esipa.SHAPES[function]
    rows = esipa.CODES[function]
    assert len(set(rows.values())) == len(rows), "two errors with the same codes"
    codes = esipa.error_codes(function)
    assert set(rows) | {"undefinedError"} == set(codes) - {"deprecated"}
    for code in set(codes.values()) - {codes.get("deprecated")}:
        message = shape.response, (shape.error, code)
        document = esipa.response_to_json(message)
        assert document["header"]["functionExecutionStatus"]["status"] == "Failed"
        assert esipa.response_from_json(function, document) == message


def test_unknown_codes_are_undefined() -> None:
    answer = esipa.response_from_json("authenticateClient", failure_header("8.2", "1.2"))
    assert answer == ("authenticateClientResponseEsipa", ("authenticateClientErrorEsipa", 127))
    with pytest.raises(FunctionError):
        esipa.response_from_json("getEimPackage", failure_header("1.6", "2.1"))


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(BindingError, match="eidValue"):
        esipa.request_from_json("getEimPackage", {})
    with pytest.raises(BindingError, match="eidValue"):
        esipa.request_from_json("getEimPackage", {"eidValue": "89"})
    with pytest.raises(BindingError, match="one member expected"):
        esipa.request_from_json("handleNotification", {})
    with pytest.raises(BindingError, match="no such function"):
        esipa.request_from_json("transferEimPackage", {})
    with pytest.raises(BindingError, match="one member expected"):
        esipa.response_from_json("getEimPackage", success_header())
    with pytest.raises(BindingError, match="no message"):
        esipa.request_to_json(("transferEimPackageResponse", ("eimPackageReceived", None)))
    with pytest.raises(BindingError, match="smdpSignature2"):
        esipa.response_from_json(
            "authenticateClient",
            success_header() | {"smdpSigned2": b64encode(SIGNED_2.raw).decode()},
        )


def test_a_flag_that_is_not_set() -> None:
    document = {"eidValue": EID.hex(), "notifyStateChange": False}
    assert esipa.request_from_json("getEimPackage", document)[1] == {"eidValue": EID}
