"""Messages of SGP.32 v1.2 as bytes: some as an IPA in the field sends and reads them, the others by hand."""

from __future__ import annotations

from typing import Any

import pytest

from asn1 import Record, iot, rsp

EID = bytes(range(16))
TRANSACTION = bytes.fromhex("AABBCC")
INSTALL = (b"\x40", 2)
METADATA = {"seqNumber": 7, "profileManagementOperation": INSTALL, "notificationAddress": "a"}
TO_EIM, TO_IPA = "EsipaMessageFromIpaToEim", "EsipaMessageFromEimToIpa"

FROM_THE_FIELD: list[tuple[str, Any, str]] = [
    (
        TO_EIM,
        (
            "provideEimPackageResult",
            {
                "eidValue": EID,
                "eimPackageResult": (
                    "eimPackageResultResponseError",
                    {"eimTransactionId": TRANSACTION, "eimPackageResultErrorCode": 2},
                ),
            },
        ),
        "BF501C5A10000102030405060708090A0B0C0D0E0FA0088003AABBCC020102",
    ),
    (
        "ProfileDownloadTriggerResult",
        {
            "eimTransactionId": TRANSACTION,
            "profileDownloadTriggerResultData": ("profileDownloadError", {"profileDownloadErrorReason": 127}),
        },
        "BF540A8203AABBCC300380017F",
    ),
    (
        "IpaEuiccDataResponse",
        ("ipaEuiccData", {"defaultSmdpAddress": "x", "eimTransactionId": TRANSACTION}),
        "BF520AA0088101788703AABBCC",
    ),
    (
        TO_EIM,
        (
            "handleNotificationEsipa",
            (
                "pendingNotification",
                (
                    "compactOtherSignedNotification",
                    {"tbsOtherNotification": METADATA, "euiccNotificationSignature": b"\xee"},
                ),
            ),
        ),
        "BF3D15A013A111BF2F0A800107810206400C01615F3701EE",
    ),
    (TO_EIM, ("getEimPackageRequest", {"eidValue": EID}), "BF4F125A10000102030405060708090A0B0C0D0E0F"),
    (
        TO_EIM,
        ("getEimPackageRequest", {"eidValue": EID, "notifyStateChange": None, "stateChangeCause": 1}),
        "BF4F175A10000102030405060708090A0B0C0D0E0F8000810101",
    ),
    (TO_IPA, ("provideEimPackageResultResponse", ("eimAcknowledgements", [5])), "BF5006BF5303800105"),
    (TO_IPA, ("provideEimPackageResultResponse", ("emptyResponse", {})), "BF50023000"),
    (TO_IPA, ("provideEimPackageResultResponse", ("provideEimPackageResultError", 127)), "BF500302017F"),
]

BY_HAND: list[tuple[str, Any, str]] = [
    (
        TO_EIM,
        ("initiateAuthenticationRequestEsipa", {"euiccChallenge": EID, "eimTransactionId": TRANSACTION}),
        f"BF3917 8110{EID.hex()} 8203AABBCC",
    ),
    (
        TO_IPA,
        ("initiateAuthenticationResponseEsipa", ("initiateAuthenticationErrorEsipa", 52)),
        "BF3903 810134",
    ),
    (
        TO_EIM,
        (
            "authenticateClientRequestEsipa",
            {
                "transactionId": b"\x01",
                "authenticateServerResponse": (
                    "compactAuthenticateResponseOk",
                    {
                        "signedData": ("compactEuiccSigned1", {"extCardResource": b"\x05"}),
                        "euiccSignature1": b"\xee",
                    },
                ),
            },
        ),
        "BF3B11 800101 BF380B A209 A003840105 5F3701EE",
    ),
    (TO_IPA, ("authenticateClientResponseEsipa", ("authenticateClientErrorEsipa", 56)), "BF3B03 820138"),
    (
        TO_IPA,
        ("authenticateClientResponseEsipa", ("authenticateClientOkDSEsipa", {"transactionId": b"\x01"})),
        "BF3B05 A103 800101",
    ),
    (
        TO_EIM,
        (
            "getBoundProfilePackageRequestEsipa",
            {
                "transactionId": b"\x01",
                "prepareDownloadResponse": (
                    "compactDownloadResponseOk",
                    {"compactEuiccSigned2": {"euiccOtpk": b"\x04"}, "euiccSignature2": b"\xee"},
                ),
            },
        ),
        "BF3A12 800101 BF210C A20A 30045F490104 5F3701EE",
    ),
    (
        TO_EIM,
        (
            "cancelSessionRequestEsipa",
            {
                "transactionId": b"\x01",
                "cancelSessionResponse": (
                    "compactCancelSessionResponseOk",
                    {
                        "compactEuiccCancelSessionSigned": {"reason": 5},
                        "euiccCancelSessionSignature": b"\xee",
                    },
                ),
            },
        ),
        "BF4110 800101 A10B A209 3003800105 5F3701EE",
    ),
    (TO_IPA, ("cancelSessionResponseEsipa", ("cancelSessionOk", {})), "BF4102 A000"),
    (TO_IPA, ("getEimPackageResponse", ("eimPackageError", 1)), "BF4F03 020101"),
    (
        TO_IPA,
        (
            "getEimPackageResponse",
            ("ipaEuiccDataRequest", {"tagList": bytes.fromhex("BF2283"), "eimTransactionId": b"\x01"}),
        ),
        "BF4F0B BF5208 5C03BF2283 830101",
    ),
    (
        TO_IPA,
        (
            "getEimPackageResponse",
            (
                "profileDownloadTriggerRequest",
                {"profileDownloadData": ("contactSmds", {"smdsAddress": "a"}), "eimTransactionId": b"\x01"},
            ),
        ),
        "BF4F0D BF540A A005 A203 800161 820101",
    ),
    (
        TO_EIM,
        (
            "handleNotificationEsipa",
            (
                "pendingNotification",
                (
                    "compactProfileInstallationResult",
                    {
                        "compactProfileInstallationResultData": {
                            "transactionId": b"\x01",
                            "seqNumber": 9,
                            "iccidPresent": False,
                            "compactFinalResult": ("compactSuccessResult", {"compactAid": b"\x10\x00"}),
                        },
                        "euiccSignPIR": b"\xee",
                    },
                ),
            ),
        ),
        "BF3D1B A019 A017 A011 800101 020109 010100 A206 A004 4F021000 5F3701EE",
    ),
    (TO_EIM, ("transferEimPackageResponse", ("eimPackageReceived", None)), "BF4E02 0500"),
    (
        TO_EIM,
        (
            "transferEimPackageResponse",
            (
                "eimPackageErrorWithCid",
                {"correlationId": ("eimTransactionId", b"\x01"), "eimPackageError": 1},
            ),
        ),
        "BF4E0B BF6108 A003 800101 810101",
    ),
]


@pytest.mark.parametrize(("name", "value", "octets"), FROM_THE_FIELD + BY_HAND)
def test_a_message_is_these_octets(name: str, value: Any, octets: str) -> None:
    encoded = iot.encode(name, value)
    assert encoded.hex().upper() == octets.replace(" ", "").upper()
    assert iot.decode(name, encoded) == value


def test_what_others_signed_is_kept_as_it_came() -> None:
    signed = rsp.encode(
        "ServerSigned1",
        {
            "transactionId": TRANSACTION,
            "euiccChallenge": EID,
            "serverAddress": "smdp.example.com",
            "serverChallenge": EID,
        },
    )
    answer = {
        "serverSigned1": iot.decode("ServerSigned1", signed),
        "serverSignature1": b"\xee",
        "euiccCiPKIdentifierToBeUsed": b"\xf5\x41",
        "serverCertificate": b"\x30\x00",
        "matchingId": "",
    }
    octets = iot.encode("InitiateAuthenticationOkEsipa", answer)
    found = iot.decode("InitiateAuthenticationOkEsipa", octets)["serverSigned1"]
    assert isinstance(found, Record)
    assert found.raw == signed
