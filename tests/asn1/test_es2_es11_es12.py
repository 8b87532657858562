"""The JSON bindings between servers, and of the SM-DS: hand-written messages there and back."""

from __future__ import annotations

import pytest

from asn1 import es2, es11, es12
from asn1.binding import BindingError, FunctionError, failure_header

HEADER = {"functionRequesterIdentifier": "2.999.20", "functionCallIdentifier": "TX-567"}
DOWNLOAD_ORDER = {"header": HEADER, "eid": "89049032123451234512345678901235", "profileType": "P9054-2"}
CONFIRM_ORDER = {
    "header": HEADER,
    "iccid": "8947010000123456784F",
    "matchingId": "MAT-1",
    "confirmationCode": "1234",
    "smdsAddress": "testrootsmds.example.com",
    "releaseFlag": True,
}
PROGRESS = {
    "header": HEADER,
    "iccid": "8947010000123456784F",
    "profileType": "P9054-2",
    "timestamp": "2026-11-23T12:00:00Z",
    "notificationPointId": 3,
    "notificationPointStatus": {"status": "Executed-Success"},
    "resultData": "vzcA",
}
RPM_ORDER = {
    "header": HEADER,
    "eid": "89049032123451234512345678901235",
    "rpmScript": [
        {"rpmCommand": "disable", "iccid": "8947010000123456784F", "continueOnFailure": True},
        {"rpmCommand": "listProfileInfo", "profileOwnerOid": "2.999.20", "tagList": "5A9F70"},
        # BF2A 05, '92' 03: a profile name of three letters
        {
            "rpmCommand": "updateMetadata",
            "iccid": "8947010000123456784F",
            "updateMetadataRequest": "vyoFkgNOZXc=",
        },
        {"rpmCommand": "contactPcmp", "iccid": "8947010000123456784F", "dpiRpm": "hello"},
    ],
    "matchingId": "RPM-1",
    "smdsAddress": "testrootsmds.example.com",
}
NOTIFICATION = {
    "header": HEADER,
    "eid": "89049032123451234512345678901235",
    "matchingId": "RPM-1",
    "timestamp": "2026-11-23T12:00:00Z",
    "notificationEvent": 12,
    "notificationEventStatus": {"status": "Executed-Success"},
    "resultData": "oQIwAA==",
}


@pytest.mark.parametrize(
    ("function", "document"),
    [
        ("downloadOrder", DOWNLOAD_ORDER),
        ("confirmOrder", CONFIRM_ORDER),
        ("handleDownloadProgressInfo", PROGRESS),
        (
            "cancelOrder",
            {"header": HEADER, "iccid": "89", "finalProfileStatusIndicator": "Available"},
        ),
        ("releaseProfile", {"header": HEADER, "iccid": "89"}),
        ("rpmOrder", RPM_ORDER),
        ("cancelOrder", {"header": HEADER, "eid": DOWNLOAD_ORDER["eid"], "matchingId": "RPM-1"}),
        ("handleNotification", NOTIFICATION),
    ],
)
def test_es2_requests(function: str, document: dict[str, object]) -> None:
    binding = es2.CALLBACK if function.startswith("handle") else es2.BINDING
    values = binding.decode_request(function, document)
    assert values["functionCallIdentifier"] == "TX-567"
    assert "header" not in values
    assert binding.encode_request(function, values) == document
    assert binding.path(function) == f"/gsma/rsp2/es2plus/{function}"


def test_es2_types() -> None:
    script = es2.BINDING.decode_request("rpmOrder", RPM_ORDER)["rpmScript"]
    assert script[1]["tagList"] == bytes.fromhex("5A9F70")
    assert script[2]["updateMetadataRequest"]["profileName"] == "New"
    assert (
        es2.CALLBACK.decode_request("handleDownloadProgressInfo", PROGRESS)["resultData"] == b"\xbf\x37\x00"
    )
    assert es2.BINDING.decode_request("confirmOrder", CONFIRM_ORDER)["releaseFlag"] is True


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("releaseFlag", 1, "a JSON boolean expected"),
        ("releaseFlag", "true", "a JSON boolean expected"),
        ("iccid", 89, "a JSON string expected"),
        ("header", None, "a JSON object expected"),
        ("header", {"functionRequesterIdentifier": "2.999.20"}, "is missing"),
    ],
)
def test_es2_wrong_types(member: str, value: object, reason: str) -> None:
    with pytest.raises(BindingError, match=reason):
        es2.BINDING.decode_request("confirmOrder", {**CONFIRM_ORDER, member: value})


def test_es2_without_header() -> None:
    document = {name: value for name, value in CONFIRM_ORDER.items() if name != "header"}
    with pytest.raises(BindingError) as caught:
        es2.BINDING.decode_request("confirmOrder", document)
    assert (caught.value.member, caught.value.is_missing) == ("header", True)


@pytest.mark.parametrize("number", ["3", 3.0, True])
def test_notification_point_is_an_integer(number: object) -> None:
    with pytest.raises(BindingError, match="a JSON integer expected"):
        es2.CALLBACK.decode_request("handleDownloadProgressInfo", {**PROGRESS, "notificationPointId": number})


def test_es11_answers_with_events() -> None:
    """As the two public LPAs read it: the paths of ES9+, an array of events."""
    assert es11.BINDING.path("authenticateClient") == "/gsma/rsp2/es9plus/authenticateClient"
    events = [{"eventId": "E-1", "rspServerAddress": "smdp.example.com"}]
    document = es11.BINDING.encode_response(
        "authenticateClient", {"transactionId": b"\x0a", "eventEntries": events}
    )
    assert document["eventEntries"] == events
    assert es11.BINDING.decode_response("authenticateClient", document)["eventEntries"] == events
    with pytest.raises(BindingError, match="eventEntries"):
        es11.BINDING.decode_response("authenticateClient", {**document, "eventEntries": [{"eventId": "E-1"}]})
    with pytest.raises(FunctionError, match=r"8\.9/4\.2"):
        es11.BINDING.decode_response("authenticateClient", failure_header("8.9", "4.2"))


def test_es12_requests() -> None:
    event = {
        "header": HEADER,
        "eid": "89",
        "rspServerAddress": "a",
        "eventId": "E",
        "forwardingIndicator": False,
    }
    values = es12.BINDING.decode_request("registerEvent", event)
    assert values["forwardingIndicator"] is False
    assert es12.BINDING.encode_request("registerEvent", values) == event
    assert es12.BINDING.path("deleteEvent") == "/gsma/rsp2/es12/deleteEvent"
