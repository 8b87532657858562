"""What can go wrong between an IPA and its eIM; the rest of the family is the LPA's."""

from __future__ import annotations

from simulator.lpa.errors import LpaError, ServerProtocolError, ServerUnreachable

ERROR_WORDS = {
    "noEimPackageAvailable": "it has nothing for this eUICC",
    "eidNotFound": "it does not know this eUICC: add the EID there",
    "invalidEid": "it takes the EID for malformed",
    "missingEid": "it wants the EID and got none",
    "invalidDpAddress": "it does not reach this SM-DP+: check the address in the activation code",
    "euiccVersionNotSupportedByDp": "the SM-DP+ does not support the eUICC's version of SGP.22",
    "ciPKIdNotSupported": "the SM-DP+ has no certificate under an issuer that the eUICC trusts",
    "smdpAddressMismatch": "the SM-DP+ gives another address than the activation code",
    "smdpOidMismatch": "the SM-DP+ has another object identifier than the activation code",
    "invalidEimTransactionId": "it does not know its own transaction any more: it may have been restarted",
    "eumCertificateInvalid": "the SM-DP+ does not accept the certificate of the eUICC's manufacturer",
    "eumCertificateExpired": "the certificate of the eUICC's manufacturer has expired",
    "euiccCertificateInvalid": "the SM-DP+ does not accept the eUICC's certificate",
    "euiccCertificateExpired": "the eUICC's certificate has expired",
    "euiccSignatureInvalid": "the eUICC's signature does not verify",
    "matchingIdRefused": "the SM-DP+ has no order with this matching id, or it is used up",
    "eidMismatch": "the order is for another eUICC",
    "noEligibleProfile": "no profile of the order suits this eUICC",
    "ciPKUnknown": "the SM-DP+ does not know the issuer of the eUICC's certificates",
    "invalidTransactionId": "the session is unknown there: it took too long, or a server was restarted",
    "insufficientMemory": "the eUICC has not enough memory for the profile",
    "downloadOrderExpired": "the download order has expired",
    "pprNotAllowed": "the eUICC does not allow the profile's policy rules",
    "eventIdUnknown": "the SM-DS does not know the event",
    "confirmationCodeMissing": "the order asks for a confirmation code: give it to the eIM or the IPA",
    "confirmationCodeRefused": "the confirmation code is wrong",
    "confirmationCodeRetriesExceeded": "the confirmation code was wrong too often: the order is closed",
    "bppRebindingRefused": "the SM-DP+ does not bind the profile to the eUICC once more",
    "metadataMismatch": "the package carries other metadata than was announced",
    "undefinedError": "it gives no reason",
}
"""Names of errors of ESipa (SGP.32 §6.3.2) → what they say, and what helps."""


class EimUnreachable(ServerUnreachable):
    """No connection to the eIM, or it broke off."""


class EimProtocolError(ServerProtocolError):
    """The eIM answered what SGP.32 does not allow."""


class EimRefused(LpaError):  # noqa: N818 - a name that reads as what happened
    """The eIM answered a function with an error: its code, and the name that SGP.32 gives it."""

    def __init__(self, eim_id: str, function: str, code: int, name: str) -> None:
        words = ERROR_WORDS.get(name, name)
        super().__init__(f"eIM {eim_id} refused ESipa.{function[:1].upper()}{function[1:]}: {words} ({name})")
        self.eim_id, self.function, self.code, self.name = eim_id, function, code, name


class NoConnectivity(LpaError):  # noqa: N818
    """The device has lost the network, after another profile was enabled for example."""

    def __init__(self) -> None:
        super().__init__("the device has no connectivity with the profile that is enabled now")


class NotAnIotEuicc(LpaError):  # noqa: N818
    """The card's eUICC has not the functions of SGP.32."""

    def __init__(self) -> None:
        super().__init__(
            "the eUICC obeys no eIM: it has not the functions of SGP.32 (make one with iot: true)"
        )


class EimFileError(LpaError):
    """A file holds no eIM configuration data."""


class UnusablePackage(LpaError):  # noqa: N818
    """An eIM package lacks what the IPA needs, or holds what it does not understand; `name` is the
    EimPackageResultErrorCode that the eIM is told."""

    def __init__(self, why: str, name: str = "invalidPackageFormat") -> None:
        super().__init__(f"the eIM's package cannot be used: {why} ({name})")
        self.name = name


class EmergencyActive(LpaError):  # noqa: N818
    """The emergency profile is enabled: nothing else is done meanwhile (SGP.32 §3.4.6)."""

    def __init__(self) -> None:
        super().__init__("the emergency profile is enabled, and nothing else is done meanwhile (ecallActive)")
