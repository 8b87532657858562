"""ES10b: authentication, download and notifications (SGP.22 §5.7.5 to §5.7.14, §5.7.22)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asn1 import rsp
from cards.errors import CardProtocolError
from cards.isdr.bpp import Segment, cut
from cards.isdr.errors import (
    AuthenticateServerError,
    CancelSessionError,
    InstallationError,
    ListNotificationError,
    LoadCrlError,
    LoadRpmPackageError,
    PrepareDeviceChangeError,
    PrepareDownloadError,
    RemoveNotificationFromListError,
    RetrieveNotificationsListError,
    VerifyDeviceChangeError,
    VerifyProfileRecoveryError,
    VerifySmdpResponseError,
    VerifySmdsResponseError,
)
from cards.isdr.transport import Es10Transport

NO_RESULT_AVAILABLE = 1
Value = dict[str, Any]
SegmentProgress = Callable[[Segment, int, int], None]
"""Called before each piece with the piece, its number from 1 on, and how many there are."""


class Es10b(Es10Transport):
    """The functions of ES10b."""

    def get_euicc_info1(self) -> Value:
        """EUICCInfo1: version and the CI keys that the eUICC trusts and signs under (§5.7.8)."""
        value: Value = self.call("GetEuiccInfo1Request", {}, "EUICCInfo1")
        return value

    def get_euicc_info2(self) -> Value:
        """EUICCInfo2: everything else that it can do (§5.7.8)."""
        value: Value = self.call("GetEuiccInfo2Request", {}, "EUICCInfo2")
        return value

    def get_euicc_challenge(self) -> bytes:
        """A new challenge of 16 bytes; it opens an RSP session (§5.7.7)."""
        answer = self.call("GetEuiccChallengeRequest", {}, "GetEuiccChallengeResponse")
        challenge: bytes = answer["euiccChallenge"]
        return challenge

    def authenticate_server(self, request: Value) -> tuple[str, Value]:
        """Let the eUICC check the server and prove itself; the AuthenticateServerResponse to send on
        (§5.7.13). Raises AuthenticateServerError."""
        answer: tuple[str, Value] = self.call(
            "AuthenticateServerRequest", request, "AuthenticateServerResponse"
        )
        if answer[0] != "authenticateResponseOk":
            raise AuthenticateServerError(answer[1]["authenticateErrorCode"])
        return answer

    def prepare_download(self, request: Value) -> tuple[str, Value]:
        """Let the eUICC check the order and make its one-time key; the PrepareDownloadResponse to send on
        (§5.7.5). Raises PrepareDownloadError."""
        answer: tuple[str, Value] = self.call("PrepareDownloadRequest", request, "PrepareDownloadResponse")
        if answer[0] != "downloadResponseOk":
            raise PrepareDownloadError(answer[1]["downloadErrorCode"])
        return answer

    def verify_smds_response(self, signed: Value, signature: bytes) -> None:
        """Let the eUICC check smdsSigned2 with smdsSignature2 (version 3). Raises VerifySmdsResponseError."""
        request = {"smdsSigned2": signed, "smdsSignature2": signature}
        kind, code = self.call("VerifySmdsResponseRequest", request, "VerifySmdsResponseResponse")
        if kind != "verifySmdsResponseOk":
            raise VerifySmdsResponseError(code)

    def load_bound_profile_package(self, package: bytes, progress: SegmentProgress | None = None) -> Value:
        """Send the package piece by piece; the ProfileInstallationResult (§5.7.6). An answer before the last
        piece ends it. Raises InstallationError, PackageError."""
        segments = cut(package)
        answer = b""
        for number, segment in enumerate(segments, 1):
            if progress:
                progress(segment, number, len(segments))
            answer = self.store_data(segment.data)
            if answer:
                break
        if not answer:
            raise CardProtocolError("the eUICC took the whole package and gave no installation result")
        result: Value = self.decode("ProfileInstallationResult", answer)
        if result["profileInstallationResultData"]["finalResult"][0] != "successResult":
            raise InstallationError(result)
        return result

    def load_rpm_package(self, request: Value) -> Value:
        """Have the eUICC carry out an operator's commands: smdpSigned3, smdpSignature3, and targetEsimPort in
        mode MEP-A1. The LoadRpmPackageResultSigned (SGP.22 v3 §5.7); see `settle` if one of them switches.
        Raises LoadRpmPackageError."""
        kind, value = self.call("LoadRpmPackageRequest", request, "LoadRpmPackageResult")
        if kind != "loadRpmPackageResultSigned":
            raise LoadRpmPackageError(value["loadRpmPackageErrorCodeNotSigned"])
        signed: Value = value
        return signed

    def cancel_session(self, transaction_id: bytes, reason: str) -> tuple[str, Value]:
        """End the RSP session; `reason` is a name of CancelSessionReason. The response to send on
        (§5.7.14). Raises CancelSessionError."""
        request = {"transactionId": transaction_id, "reason": rsp.names("CancelSessionReason")[reason]}
        answer: tuple[str, Any] = self.call("CancelSessionRequest", request, "CancelSessionResponse")
        if answer[0] != "cancelSessionResponseOk":
            raise CancelSessionError(answer[1])
        return answer

    def list_notification(self, operation: str | None = None) -> list[Value]:
        """Metadata of the notifications that wait, of one operation ('notificationInstall', …) or all
        (§5.7.9)."""
        request = {"profileManagementOperation": _event(operation)} if operation else {}
        kind, value = self.call("ListNotificationRequest", request, "ListNotificationResponse")
        if kind != "notificationMetadataList":
            raise ListNotificationError(value)
        notifications: list[Value] = value
        return notifications

    def retrieve_notifications_list(
        self, sequence_number: int | None = None, operation: str | None = None
    ) -> list[tuple[str, Value]]:
        """The notifications themselves, as PendingNotification: by number, by operation, or all (§5.7.10).
        None there is an empty list."""
        request: Value = {}
        if sequence_number is not None:
            request = {"searchCriteria": ("seqNumber", sequence_number)}
        elif operation:
            request = {"searchCriteria": ("profileManagementOperation", _event(operation))}
        kind, value = self.call(
            "RetrieveNotificationsListRequest", request, "RetrieveNotificationsListResponse"
        )
        if kind == "notificationList":
            notifications: list[tuple[str, Value]] = value
            return notifications
        if value == NO_RESULT_AVAILABLE:
            return []
        raise RetrieveNotificationsListError(value)

    def remove_notification_from_list(self, sequence_number: int) -> None:
        """Forget a notification that was delivered (§5.7.11)."""
        answer = self.call(
            "NotificationSentRequest", {"seqNumber": sequence_number}, "NotificationSentResponse"
        )
        if code := answer["deleteNotificationStatus"]:
            raise RemoveNotificationFromListError(code)

    def load_crl(self, crl: bytes) -> list[int]:
        """Give the eUICC a revocation list, DER; the numbers of the parts that are still missing (§5.7.12).
        Raises LoadCrlError."""
        kind, value = self.call("LoadCRLRequest", {"crl": crl}, "LoadCRLResponse")
        if kind != "loadCRLResponseOk":
            raise LoadCrlError(value)
        missing: list[int] = value.get("missingParts", [])
        return missing

    def get_rat(self) -> list[Value]:
        """The rules authorisation table: which operators may set which profile policy rules (§5.7.22)."""
        rules: list[Value] = self.call("GetRatRequest", {}, "GetRatResponse")["rat"]
        return rules

    def prepare_device_change(self, request: Value) -> tuple[str, Value]:
        """Let the eUICC sign that the user wants a profile on another device; the PrepareDeviceChangeResponse
        to send on (version 3). Raises PrepareDeviceChangeError."""
        answer: tuple[str, Value] = self.call(
            "PrepareDeviceChangeRequest", request, "PrepareDeviceChangeResponse"
        )
        if answer[0] != "prepareDeviceChangeResponseOk":
            raise PrepareDeviceChangeError(answer[1]["downloadErrorCode"])
        return answer

    def verify_device_change(self, request: Value) -> Value:
        """Have the eUICC open the server's DeviceChangeData, and delete the profile if they say so (version
        3). Raises VerifyDeviceChangeError."""
        kind, value = self.call("VerifyDeviceChangeRequest", request, "VerifyDeviceChangeResponse")
        if kind != "verifyDeviceChangeOk":
            raise VerifyDeviceChangeError(value)
        data: Value = value
        return data

    def verify_smdp_response(self, request: Value) -> None:
        """Have the eUICC check a server's request to come again later (version 3). Raises
        VerifySmdpResponseError."""
        kind, value = self.call("VerifySmdpResponseRequest", request, "VerifySmdpResponseResponse")
        if kind != "verifySmdpResponseOk":
            raise VerifySmdpResponseError(value)

    def verify_profile_recovery(self, request: Value) -> None:
        """Have the eUICC check the activation code to get a profile back with (version 3). Raises
        VerifyProfileRecoveryError."""
        kind, value = self.call("VerifyProfileRecoveryRequest", request, "VerifyProfileRecoveryResponse")
        if kind != "verifyProfileRecoveryOk":
            raise VerifyProfileRecoveryError(value)


def _event(operation: str) -> tuple[bytes, int]:
    """A NotificationEvent with one bit set, trailing zero bits left out as DER asks of named bits."""
    bit = rsp.names("NotificationEvent")[operation]
    return bytes((0x80 >> bit,)), bit + 1
