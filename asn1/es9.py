"""The JSON binding of ES9+, between LPA and SM-DP+, as a table (SGP.22 §6.5.2).

es9.encode_request("handleNotification", {"pendingNotification": value})
es9.decode_response("initiateAuthentication", document)
"""

from __future__ import annotations

from typing import Final

from asn1.binding import (
    ADMIN_PROTOCOL,
    ADMIN_PROTOCOL_HEADER,
    CONTENT_TYPE,
    EXPIRED,
    FAILED,
    SUCCESS,
    WARNING,
    Binding,
    BindingError,
    Document,
    Function,
    FunctionError,
    Member,
    failure_header,
    raise_for_failure,
    success_header,
)

__all__ = [
    "ADMIN_PROTOCOL",
    "ADMIN_PROTOCOL_HEADER",
    "BINDING",
    "CONTENT_TYPE",
    "EXPIRED",
    "FAILED",
    "FUNCTIONS",
    "LPA_USER_AGENT",
    "SUCCESS",
    "WARNING",
    "Document",
    "Es9Error",
    "Es9FunctionError",
    "decode_request",
    "decode_response",
    "encode_request",
    "encode_response",
    "failure_header",
    "path",
    "raise_for_failure",
    "success_header",
]

PATH_PREFIX: Final = "/gsma/rsp2/es9plus/"
LPA_USER_AGENT: Final = "gsma-rsp-lpad"

_TRANSACTION_ID: Final = Member("transactionId", "hex")

_RPM_PACKAGE: Final = (
    Member("smdpSigned3", "der:SmdpSigned3"),
    Member("smdpSignature3", "der:EuiccSign"),
    _TRANSACTION_ID,
)
_DEVICE_CHANGES: Final = (
    (
        Member("smdpSigned4", "der:SmdpSigned4"),
        _TRANSACTION_ID,
        Member("smdpSignature4", "der:EuiccSign"),
        Member("serviceProviderMessageForDc", "der:LocalisedTextMessage", is_optional=True),
    ),
    (
        Member("smdpSigned6", "der:SmdpSigned6"),
        _TRANSACTION_ID,
        Member("smdpSignature6", "der:EuiccSign"),
    ),
)
"""What version 3 answers to a device change or a profile recovery, and to a device change that must wait."""

FUNCTIONS: Final[dict[str, Function]] = {
    "initiateAuthentication": Function(
        "§6.5.2.6",
        (
            Member("euiccChallenge", "bytes"),
            Member("euiccInfo1", "der:EUICCInfo1"),
            Member("smdpAddress", "text"),
            Member("lpaRspCapability", "der:LpaRspCapability", is_optional=True),  # version 3
        ),
        (
            _TRANSACTION_ID,
            Member("serverSigned1", "der:ServerSigned1"),
            Member("serverSignature1", "der:EuiccSign"),
            # Version 3 may name the CI in serverSigned1 alone.
            Member("euiccCiPKIdToBeUsed", "der:SubjectKeyIdentifier", is_optional=True),
            Member("serverCertificate", "der:Certificate"),
            Member("otherCertsInChain", "der:CertificateChain", is_optional=True),  # version 3
            Member("crlList", "der:SegmentedCrlList", is_optional=True),  # version 3
        ),
    ),
    "authenticateClient": Function(
        "§6.5.2.8",
        (
            _TRANSACTION_ID,
            Member("authenticateServerResponse", "der:AuthenticateServerResponse"),
            Member("deleteNotificationForDc", "der:DeleteNotificationForDc", is_optional=True),  # version 3
        ),
        (
            _TRANSACTION_ID,
            Member("profileMetadata", "der:StoreMetadataRequest"),
            Member("smdpSigned2", "der:SmdpSigned2"),
            Member("smdpSignature2", "der:EuiccSign"),
            Member("smdpCertificate", "der:Certificate"),
        ),
        # Version 3: remote profile management, device change.
        alternatives=(_RPM_PACKAGE, *_DEVICE_CHANGES),
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
    # The following are of version 3.
    "confirmDeviceChange": Function(
        "v3 §5.6.6",
        (_TRANSACTION_ID, Member("prepareDeviceChangeResponse", "der:PrepareDeviceChangeResponse")),
        (
            Member("smdpSigned5", "der:SmdpSigned5"),
            _TRANSACTION_ID,
            Member("smdpSignature5", "der:EuiccSign"),
        ),
    ),
    "checkProgress": Function(
        "v3 §5.6.7",
        (Member("dcSessionId", "hex"),),
        (Member("retryDelay", "integer", is_optional=True),),
    ),
}

BINDING: Final = Binding("ES9+", PATH_PREFIX, FUNCTIONS)
path = BINDING.path
encode_request, decode_request = BINDING.encode_request, BINDING.decode_request
encode_response, decode_response = BINDING.encode_response, BINDING.decode_response
Es9Error, Es9FunctionError = BindingError, FunctionError
