"""The JSON binding of ES9+: the table, its encodings, and what it says of malformed messages."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest

from asn1 import es9, rsp

# SGP.22 §6.5.2.6, as lpac 2.3.0 sends it to a server.
INITIATE = {
    "smdpAddress": "testsmdpplus1.example.com",
    "euiccChallenge": b64encode(bytes(range(16))).decode(),
    "euiccInfo1": b64encode(
        bytes.fromhex("BF2035820302 0202A916 0414F54172BDF98A95D65CBEB88A38A1C11D800A85C3".replace(" ", ""))
        + bytes.fromhex("AA160414F54172BDF98A95D65CBEB88A38A1C11D800A85C3")
    ).decode(),
}


def test_initiate_authentication_request() -> None:
    values = es9.decode_request("initiateAuthentication", INITIATE)
    assert values["smdpAddress"] == "testsmdpplus1.example.com"
    assert values["euiccChallenge"] == bytes(range(16))
    assert values["euiccInfo1"]["svn"] == bytes.fromhex("020202")
    ci = bytes.fromhex("F54172BDF98A95D65CBEB88A38A1C11D800A85C3")
    assert values["euiccInfo1"]["euiccCiPKIdListForSigning"] == [ci]
    assert es9.encode_request("initiateAuthentication", values) == INITIATE


def test_initiate_authentication_response_carries_tags() -> None:
    """Signature and key identifier travel with tag and length, as every eUICC wants them in BF38."""
    signed = rsp.decode(
        "ServerSigned1",
        rsp.encode(
            "ServerSigned1",
            {
                "transactionId": b"\x0a" * 16,
                "euiccChallenge": bytes(16),
                "serverAddress": "a",
                "serverChallenge": bytes(16),
            },
        ),
    )
    document = es9.encode_response(
        "initiateAuthentication",
        {
            "transactionId": b"\x0a" * 16,
            "serverSigned1": signed,
            "serverSignature1": bytes(64),
            "euiccCiPKIdToBeUsed": bytes(20),
            "serverCertificate": bytes.fromhex("3000"),
        },
    )
    assert document["transactionId"] == "0A" * 16
    assert b64decode(document["serverSignature1"]) == bytes.fromhex("5F3740") + bytes(64)
    assert b64decode(document["euiccCiPKIdToBeUsed"]) == bytes.fromhex("0414") + bytes(20)
    assert b64decode(document["serverSigned1"]) == signed.raw
    assert document["header"] == {"functionExecutionStatus": {"status": "Executed-Success"}}
    decoded = es9.decode_response("initiateAuthentication", json.loads(json.dumps(document)))
    assert decoded["serverSignature1"] == bytes(64)
    assert decoded["serverSigned1"].raw == signed.raw


def test_bound_profile_package_stays_bytes() -> None:
    values = {"transactionId": b"\x01", "boundProfilePackage": bytes.fromhex("BF3600")}
    document = es9.encode_response("getBoundProfilePackage", values)
    assert es9.decode_response("getBoundProfilePackage", document) == values


@pytest.mark.parametrize("function", es9.FUNCTIONS)
def test_missing_members_are_named(function: str) -> None:
    for member in es9.FUNCTIONS[function].request:
        if member.is_optional:
            continue
        everything: dict[str, Any] = {
            m.name: INITIATE.get(m.name, "00") for m in es9.FUNCTIONS[function].request
        }
        del everything[member.name]
        first = es9.FUNCTIONS[function].request[0]
        with pytest.raises(es9.Es9Error) as caught:
            es9.decode_request(function, everything)
        assert caught.value.function == function
        if member == first:
            assert caught.value.member == member.name
            assert caught.value.is_missing


@pytest.mark.parametrize(
    ("member", "text"),
    [
        ("euiccChallenge", "%%%"),
        ("euiccChallenge", "AAAA\n"),
        ("euiccChallenge", 5),
        ("euiccInfo1", None),
        ("euiccInfo1", "AAAA"),
        ("euiccInfo1", INITIATE["euiccInfo1"][:-4]),
        ("smdpAddress", ["a"]),
    ],
)
def test_malformed_members_are_named(member: str, text: Any) -> None:
    with pytest.raises(es9.Es9Error) as caught:
        es9.decode_request("initiateAuthentication", {**INITIATE, member: text})
    assert caught.value.member == member
    assert not caught.value.is_missing


@pytest.mark.parametrize("text", ["0", "0 1", " 01", "xy", "", "01-02"])
def test_transaction_id_is_hexadecimal(text: str) -> None:
    with pytest.raises(es9.Es9Error, match="transactionId"):
        es9.decode_request("cancelSession", {"transactionId": text, "cancelSessionResponse": ""})


@pytest.mark.parametrize("document", [None, [], "x", 3])
def test_a_message_is_an_object(document: Any) -> None:
    with pytest.raises(es9.Es9Error):
        es9.decode_request("cancelSession", document)
    with pytest.raises(es9.Es9Error):
        es9.decode_response("cancelSession", document)


def test_failures_carry_their_codes() -> None:
    document = es9.failure_header("8.2.6", "3.8", "X-1", "Refused")
    assert document == {
        "header": {
            "functionExecutionStatus": {
                "status": "Failed",
                "statusCodeData": {
                    "subjectCode": "8.2.6",
                    "reasonCode": "3.8",
                    "subjectIdentifier": "X-1",
                    "message": "Refused",
                },
            }
        }
    }
    with pytest.raises(es9.Es9FunctionError) as caught:
        es9.decode_response("authenticateClient", document)
    error = caught.value
    assert (error.subject_code, error.reason_code) == ("8.2.6", "3.8")
    assert (error.subject_identifier, error.message) == ("X-1", "Refused")


def test_a_failure_without_codes_is_one_too() -> None:
    with pytest.raises(es9.Es9FunctionError):
        es9.raise_for_failure("f", {"header": {"functionExecutionStatus": {"status": "Expired"}}})


def test_unknown_functions_and_values_are_refused() -> None:
    with pytest.raises(es9.Es9Error, match="no such function"):
        es9.path("makeCoffee")
    assert es9.path("cancelSession") == "/gsma/rsp2/es9plus/cancelSession"
    with pytest.raises(es9.Es9Error, match="transactionId"):
        es9.encode_request("cancelSession", {"transactionId": 5, "cancelSessionResponse": b""})
    with pytest.raises(es9.Es9Error, match="is missing"):
        es9.encode_request("cancelSession", {"transactionId": b"\x01"})


def test_every_member_has_an_encoding_that_exists() -> None:
    for function in es9.FUNCTIONS.values():
        alternatives = [member for members in function.alternatives for member in members]
        for member in (*function.request, *function.response, *alternatives):
            kind, _, type_name = member.encoding.partition(":")
            assert kind in {"text", "hex", "bytes", "integer", "der"}
            if kind == "der":
                assert type_name in rsp.types | {"Certificate"}


def test_authenticate_client_answers_with_an_rpm_package() -> None:
    """The members of version 3 take the place of those of a download. The octets of smdpSigned3 by hand:
    '80' the transaction id, 'A1' the package of one command, 'A1' enable, '5A' the ICCID, '82' rpmPending."""
    iccid = bytes.fromhex("98940000000000000010")
    enable = bytes.fromhex("5A0A") + iccid
    command = b"\x30\x0e\xa1\x0c" + enable
    package = b"\xa1\x10" + command
    signed3 = b"\x30\x17" + b"\x80\x01\xaa" + package + b"\x82\x00"
    document = {
        **es9.success_header(),
        "transactionId": "AA",
        "smdpSigned3": b64encode(signed3).decode(),
        "smdpSignature3": b64encode(b"\x5f\x37\x40" + bytes(64)).decode(),
    }
    values = es9.decode_response("authenticateClient", document)
    assert values["smdpSigned3"].raw == signed3
    assert values["smdpSigned3"]["rpmPackage"] == [{"rpmCommandDetails": ("enable", {"iccid": iccid})}]
    assert "rpmPending" in values["smdpSigned3"]
    assert es9.encode_response("authenticateClient", values) == document
    del document["smdpSignature3"]
    with pytest.raises(es9.Es9Error, match="smdpSignature3"):
        es9.decode_response("authenticateClient", document)
