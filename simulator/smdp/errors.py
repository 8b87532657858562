"""Why the SM-DP+ refuses: every status code it answers, each with its clause (SGP.22 §5.2.6)."""

from __future__ import annotations

from enum import Enum


class Refusal(Enum):
    """Subject code, reason code, the clause that names the pair, and what it means."""

    REQUESTER = "1.1", "1.2", "§5.2.2", "The function requester is not the one that its TLS certificate names"
    MALFORMED = "1.6", "2.1", "§5.2.6", "A member of the request is malformed"
    INCOMPLETE = "1.6", "2.2", "§5.2.6", "A mandatory member of the request is missing"
    PROTOCOL_FORMAT = "1.3.1", "2.1", "§5.2.6", "The message is not a JSON object"
    PROTOCOL_VERSION = "1.3.2", "3.1", "§5.2.6", "The protocol version in X-Admin-Protocol is not supported"
    EXECUTION_ERROR = "8.1", "4.2", "§5.2.6", "The eUICC reports that it refused the server's message"
    EUICC_SIGNATURE = "8.1", "6.1", "§5.6.2, §5.6.3", "The eUICC's signature or challenge is wrong"
    EUICC_MEMORY = "8.1", "4.8", "§5.6.3", "The eUICC has not enough memory for the profile"
    EID = "8.1.1", "3.8", "§5.6.3", "The order is for another EID"
    EUM_CERTIFICATE = "8.1.2", "6.1", "§5.6.3", "The manufacturer's certificate is invalid"
    EUM_CERTIFICATE_EXPIRED = "8.1.2", "6.3", "§5.6.3", "The manufacturer's certificate has expired"
    EUICC_CERTIFICATE = "8.1.3", "6.1", "§5.6.3", "The eUICC's certificate is invalid"
    EUICC_CERTIFICATE_EXPIRED = "8.1.3", "6.3", "§5.6.3", "The eUICC's certificate has expired"
    NOT_RELEASED = "8.2", "1.2", "§5.6.3", "The profile has not been released"
    REBINDING = "8.2", "3.7", "§5.6.2", "The package cannot be bound again"
    NOT_ELIGIBLE = "8.2.5", "4.3", "§5.6.3, annex F", "No profile is fit for this eUICC or device"
    MATCHING_ID = "8.2.6", "3.8", "§5.6.3", "There is no order with this matching id"
    CONFIRMATION_CODE_MISSING = "8.2.7", "2.2", "§5.6.2", "The order asks for a confirmation code"
    CONFIRMATION_CODE = "8.2.7", "3.8", "§5.6.2", "The confirmation code is wrong"
    CONFIRMATION_CODE_ATTEMPTS = "8.2.7", "6.4", "§5.6.2", "The confirmation code was wrong too often"
    SMDP_OID = "8.8", "3.10", "§5.6.5", "The SM-DP+ OID is not that of this server"
    SMDP_ADDRESS = "8.8.1", "3.8", "§5.6.1", "The SM-DP+ address is not that of this server"
    SIGNING_KEY = "8.8.2", "3.1", "§5.6.1", "None of the eUICC's CI keys for signing is supported"
    SVN = "8.8.3", "3.1", "§5.6.1", "The version of SGP.22 that the eUICC supports is not supported"
    SMDP_CERTIFICATE = "8.8.4", "3.7", "§5.6.1", "The server has no certificate that the eUICC can verify"
    ORDER_EXPIRED = "8.8.5", "4.1", "§5.6.3", "The download order has expired"
    DOWNLOAD_ATTEMPTS = "8.8.5", "6.4", "§5.6.3", "The download was attempted too often"
    TRANSACTION_ID = "8.10.1", "3.9", "§5.6.2 to §5.6.5", "There is no such RSP session, or not at this step"
    CI_KEY = "8.11.1", "3.9", "§5.6.3", "The eUICC's certificate leads to another CI key than was asked for"

    def __init__(self, subject_code: str, reason_code: str, clause: str, meaning: str) -> None:
        self.subject_code, self.reason_code = subject_code, reason_code
        self.clause, self.meaning = clause, meaning


class RspError(Exception):
    """A function of the SM-DP+ fails: the codes that the caller gets, which object it is about, and words."""

    def __init__(
        self, subject_code: str, reason_code: str, subject_identifier: str = "", message: str = ""
    ) -> None:
        self.subject_code, self.reason_code = subject_code, reason_code
        self.subject_identifier, self.message = subject_identifier, message
        super().__init__(f"{subject_code}/{reason_code}" + (f": {message}" if message else ""))

    @classmethod
    def of(cls, refusal: Refusal, subject_identifier: str = "", detail: str = "") -> RspError:
        """The error of a row of the table; `detail` follows its meaning."""
        message = refusal.meaning + (f": {detail}" if detail else "")
        return cls(refusal.subject_code, refusal.reason_code, subject_identifier, message)
