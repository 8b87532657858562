"""What an eUICC refuses at ES10: an error class for each function, its result code in words (SGP.22 §5.7)."""

from __future__ import annotations

from typing import Any, ClassVar

from asn1 import Codec, rsp, saip
from asn1.errors import Asn1Error
from cards.errors import CardError

WORDS = {
    "undefinedError": "the eUICC gives no reason",
    "iccidOrAidNotFound": "no profile on the eUICC has this ICCID or AID",
    "iccidNotFound": "no profile on the eUICC has this ICCID",
    "profileNotInDisabledState": "the profile is not disabled",
    "profileNotInEnabledState": "the profile is not enabled",
    "disallowedByPolicy": "a profile policy rule forbids it",
    "wrongProfileReenabling": "another profile must be enabled again first",
    "nothingToDelete": "there is nothing to delete",
    "noResultAvailable": "there is no such notification",
    "incorrectInputValues": "the input is incorrect",
    "invalidCertificate": "the server's certificate is invalid, expired or not for this purpose",
    "invalidSignature": "the server's signature is wrong",
    "unsupportedCurve": "the server uses an elliptic curve that the eUICC does not know",
    "noSessionContext": "there is no RSP session on the eUICC (it may have been reset)",
    "invalidOid": "the server's object identifier is not the same in its certificates",
    "euiccChallengeMismatch": "the server did not sign the challenge that the eUICC gave",
    "ciPKUnknown": "the eUICC does not trust the certificate issuer that the server chose",
    "invalidTransactionId": "the transaction is not that of the running RSP session",
    "unsupportedCrtValues": "the key agreement parameters are not supported",
    "unsupportedRemoteOperationType": "the remote operation is not an installation",
    "unsupportedProfileClass": "the eUICC does not take profiles of this class",
    "scp03tStructureError": "a segment of the package is not well formed",
    "scp03tSecurityError": "a segment of the package fails its MAC or does not decrypt",
    "installFailedDueToIccidAlreadyExistsOnEuicc": "a profile with this ICCID is on the eUICC already",
    "installFailedDueToInsufficientMemoryForProfile": "the eUICC has not enough memory",
    "installFailedDueToInterruption": "the installation was interrupted",
    "installFailedDueToDataMismatch": "the profile has another ICCID than its metadata",
    "installFailedDueToPEProcessingError": "a profile element could not be processed",
    "installFailedDueToIccidMismatch": "the ICCID of the profile is not that of its metadata",
    "testProfileInstallFailedDueToInvalidNaaKey": "a test profile must not have this authentication key",
    "pprNotAllowed": "the eUICC does not allow the profile's policy rules",
    "installFailedDueToUnknownError": "the eUICC gives no reason",
    "invalidCRLFormat": "the revocation list is not well formed",
    "notEnoughMemorySpace": "the eUICC has not enough memory",
    "fresherCrlAlreadyLoaded": "the eUICC has a newer revocation list",
    "baseCrlMissing": "the eUICC lacks the list that this one is a difference to",
    "verificationKeyNotFound": "the eUICC has no key to check it with",
    "revokedCert": "a certificate of the server's is revoked",
    "disallowedForRpm": "the profile lets no server manage it so",
    "pprUpdateInvalidSetting": "profile policy rules can only be unset",
    "invalidRpmConfiguration": "the configuration of remote management is another owner's",
    "deleteNotAllowed": "this cannot be deleted",
    "enterpriseConfigurationNotAllowed": "the enterprise configuration must not be changed so",
    "noLprConfiguration": "the profile does not say where an LPA proxy is to go",
    "profileNotEnabled": "the profile is not enabled",
    "resultSizeOverflow": "there is more to list than the eUICC can tell at once",
    "unknownOrDamagedCommand": "the eUICC does not know the command",
    "interruption": "the eUICC was interrupted",
    "commandsWithRefreshExceeded": "a package enables once and disables once before, at most",
    "commandAfterContactPcmp": "nothing may follow contactPcmp",
    "commandPackageTooLarge": "the package is longer than the eUICC takes",
    "invalidCertOrCrlTime": "a certificate or list of the server's has expired or is not valid yet",
    "invalidCertOrCrlConfiguration": "a certificate or list of the server's is not for this purpose",
    "missingCrl": "the server brought no revocation list for one of its certificates",
    "invalidCrlSignature": "a revocation list of the server's is not signed by its issuer",
    "invalidIccid": "no profile on the eUICC that this can be done with has this ICCID",
    "noSession": "there is no such RSP session on the eUICC (it may have been reset)",
    "invalidData": "the server's data do not open, or are of another profile",
    "unsupportedCiPKId": "the eUICC does not trust this certificate issuer",
    "enterpriseProfilesNotSupported": "the eUICC takes no enterprise profiles",
    "enterpriseRulesNotAllowed": "enterprise rules need an enterprise capable device",
    "enterpriseProfileNotAllowed": "a profile that must not be disabled (ppr1) lets no enterprise profile in",
    "enterpriseOidMismatch": "profiles of another enterprise are on the eUICC",
    "enterpriseRulesError": "another profile has the reference enterprise rule, or the rules are malformed",
    "enterpriseProfilesOnly": "an enterprise rule allows enterprise profiles only",
    "lprNotSupported": "the eUICC does not support an LPA proxy",
    "unknownTlvInMetadata": "the profile's metadata have an element that the eUICC does not know",
    "disallowedByEnterpriseRule": "an enterprise rule forbids it",
    "disallowedInTestMode": "it is enabled again when the test profile is disabled",
    "commandError": "the command lacks something or contradicts itself",
    "noEsimPortAvailable": "all eSIM ports have an enabled profile",
    "insufficientMemory": "the eUICC has not enough memory",
    "associatedEimAlreadyExists": "the eUICC has an eIM already",
    "invalidAssociationToken": "an association token can only be asked for, with -1",
    "counterValueOutOfRange": "the counter value is negative or too high",
    "catBusy": "the card is busy with a command of its own",
    "ecallActive": "the emergency profile is enabled, and nothing else is done meanwhile",
    "ecallNotAvailable": "the eUICC has no emergency profile",
    "invalidCiPKId": "the eUICC has no certificate under this issuer",
    "immediateEnableNotAvailable": "immediate enabling is not configured for this profile",
    "rollbackNotAllowed": "no eIM has allowed to go back to the profile before",
    "fallbackNotAvailable": "no profile has the fallback attribute",
    "parametersNotAvailable": "the enabled profile has no connectivity parameters",
    "eimResetNotSupported": "the eUICC does not forget its eIMs",
    "resetIECNotSupported": "the eUICC does not reset the configuration of immediate enabling",
}
"""Name of a result code in the ASN.1 module → what it says."""

PE_WORDS = {
    "pe-not-supported": "the element is not supported",
    "memory-failure": "memory failed",
    "bad-values": "it holds values that cannot be",
    "not-enough-memory": "there is not enough memory for it",
    "invalid-request-format": "it is not well formed",
    "invalid-parameter": "a parameter is invalid",
    "runtime-not-supported": "the runtime environment that it needs is not there",
    "lib-not-supported": "a library that it needs is not there",
    "template-not-supported": "the file template that it names is not supported",
    "feature-not-supported": "a feature that it needs is not supported",
    "pin-code-missing": "a PIN that it refers to is not there",
    "unsupported-profile-version": "the version of the profile package is not supported",
}
"""PEStatus of TCA Profile Package §8.11 → what it says."""


def name_of(path: str, code: int, codec: Codec = rsp) -> str:
    """The name that a module, that of RSP by default, gives to a number of the type or member at `path`."""
    return next((name for name, number in codec.names(path).items() if number == code), f"code {code}")


def in_words(name: str) -> str:
    return WORDS.get(name, name)


class Es10Error(CardError):
    """The eUICC refused a function: `code` is its result, `name` that result as the spec calls it."""

    FUNCTION: ClassVar[str] = "ES10"
    CLAUSE: ClassVar[str] = "SGP.22 §5.7"
    CODES: ClassVar[str] = ""
    """Where the ASN.1 module names the codes."""
    CODEC: ClassVar[Codec] = rsp

    def __init__(self, code: int) -> None:
        self.code = code
        self.name = name_of(self.CODES, code, self.CODEC)
        super().__init__(f"{self.FUNCTION}: {in_words(self.name)} ({self.name}, {self.CLAUSE})")


class SetDefaultDpAddressError(Es10Error):
    FUNCTION, CLAUSE = "ES10a.SetDefaultDpAddress", "SGP.22 §5.7.4"
    CODES = "SetDefaultDpAddressResponse.setDefaultDpAddressResult"


class PrepareDownloadError(Es10Error):
    FUNCTION, CLAUSE, CODES = "ES10b.PrepareDownload", "SGP.22 §5.7.5", "DownloadErrorCode"


class ListNotificationError(Es10Error):
    FUNCTION, CLAUSE = "ES10b.ListNotification", "SGP.22 §5.7.9"
    CODES = "ListNotificationResponse.listNotificationsResultError"


class RetrieveNotificationsListError(Es10Error):
    FUNCTION, CLAUSE = "ES10b.RetrieveNotificationsList", "SGP.22 §5.7.10"
    CODES = "RetrieveNotificationsListResponse.notificationsListResultError"


class RemoveNotificationFromListError(Es10Error):
    FUNCTION, CLAUSE = "ES10b.RemoveNotificationFromList", "SGP.22 §5.7.11"
    CODES = "NotificationSentResponse.deleteNotificationStatus"


class LoadCrlError(Es10Error):
    FUNCTION, CLAUSE, CODES = "ES10b.LoadCRL", "SGP.22 §5.7.12", "LoadCRLResponseError"


class LoadRpmPackageError(Es10Error):
    FUNCTION, CLAUSE = "ES10b.LoadRpmPackage", "SGP.22 v3 §5.7"
    CODES = "LoadRpmPackageErrorCodeNotSigned"


class AuthenticateServerError(Es10Error):
    FUNCTION, CLAUSE, CODES = "ES10b.AuthenticateServer", "SGP.22 §5.7.13", "AuthenticateErrorCode"


class CancelSessionError(Es10Error):
    FUNCTION, CLAUSE = "ES10b.CancelSession", "SGP.22 §5.7.14"
    CODES = "CancelSessionResponse.cancelSessionResponseError"


class PrepareDeviceChangeError(Es10Error):
    FUNCTION, CLAUSE, CODES = "ES10b.PrepareDeviceChange", "SGP.22 v3 §5.7", "DownloadErrorCode"


class VerifyDeviceChangeError(Es10Error):
    FUNCTION, CLAUSE = "ES10b.VerifyDeviceChange", "SGP.22 v3 §5.7"
    CODES = "VerifyDeviceChangeResponse.verifyDeviceChangeError"


class VerifySmdpResponseError(Es10Error):
    FUNCTION, CLAUSE = "ES10b.VerifySmdpResponse", "SGP.22 v3 §5.7"
    CODES = "VerifySmdpResponseResponse.verifySmdpResponseError"


class VerifyProfileRecoveryError(Es10Error):
    FUNCTION, CLAUSE = "ES10b.VerifyProfileRecovery", "SGP.22 v3 §5.7"
    CODES = "VerifyProfileRecoveryResponse.verifyProfileRecoveryError"


class VerifySmdsResponseError(Es10Error):
    FUNCTION, CLAUSE = "ES10b.VerifySmdsResponse", "SGP.22 v3 §5.7"
    CODES = "VerifySmdsResponseResponse.verifySmdsResponseError"


class GetProfilesInfoError(Es10Error):
    FUNCTION, CLAUSE, CODES = "ES10c.GetProfilesInfo", "SGP.22 §5.7.15", "ProfileInfoListError"


class EnableProfileError(Es10Error):
    FUNCTION, CLAUSE = "ES10c.EnableProfile", "SGP.22 §5.7.16"
    CODES = "EnableProfileResponse.enableResult"


class DisableProfileError(Es10Error):
    FUNCTION, CLAUSE = "ES10c.DisableProfile", "SGP.22 §5.7.17"
    CODES = "DisableProfileResponse.disableResult"


class DeleteProfileError(Es10Error):
    FUNCTION, CLAUSE = "ES10c.DeleteProfile", "SGP.22 §5.7.18"
    CODES = "DeleteProfileResponse.deleteResult"


class EuiccMemoryResetError(Es10Error):
    FUNCTION, CLAUSE = "ES10c.eUICCMemoryReset", "SGP.22 §5.7.19"
    CODES = "EuiccMemoryResetResponse.resetResult"


class SetNicknameError(Es10Error):
    FUNCTION, CLAUSE = "ES10c.SetNickname", "SGP.22 §5.7.21"
    CODES = "SetNicknameResponse.setNicknameResult"


class InstallationError(Es10Error):
    """ES10b.LoadBoundProfilePackage ended without a profile: at which command of the package, why, and what
    the eUICC said of the profile elements (SGP.22 §2.5.6)."""

    FUNCTION, CLAUSE, CODES = "ES10b.LoadBoundProfilePackage", "SGP.22 §5.7.6", "ErrorReason"

    def __init__(self, result: dict[str, Any]) -> None:
        data = result["profileInstallationResultData"]
        error = data["finalResult"][1]
        super().__init__(error["errorReason"])
        self.result = result
        """The whole ProfileInstallationResult: the notification that the SM-DP+ is still to get."""
        self.command = name_of("BppCommandId", error["bppCommandId"])
        self.element_statuses = element_statuses(error.get("simaResponse", b""))
        text = f"the installation failed at {self.command}: {in_words(self.name)}"
        details = "; ".join(self.element_statuses)
        self.args = (f"{text} ({self.name}, {self.CLAUSE})" + (f": {details}" if details else ""),)


def element_statuses(sima_response: bytes) -> list[str]:
    """What an eUICC says of the profile elements that it did not accept, a sentence each; empty if it says
    nothing that can be read."""
    offset, sentences = 0, []
    try:
        while offset < len(sima_response):
            response, offset = saip.decode_prefix("EUICCResponse", sima_response, offset)
            sentences += [_pe_sentence(status) for status in response["peStatus"] if status["status"]]
            if message := response.get("statusMessage"):
                sentences.append(message)
    except Asn1Error:
        sentences.append(f"the eUICC's response {sima_response.hex().upper()} is not readable")
    return sentences


def _pe_sentence(status: dict[str, Any]) -> str:
    names = {number: name for name, number in saip.names("PEStatus.status").items()}
    name = names.get(status["status"], f"status {status['status']}")
    element = status.get("identification")
    which = "a profile element" if element is None else f"profile element with identification {element}"
    offset = status.get("offset")
    where = "" if offset is None else f" at byte {offset}"
    more = status.get("additional-information")
    detail = "" if more is None else f", additional information {more}"
    return f"{which}{where}: {PE_WORDS.get(name, name)} ({name}{detail})"
