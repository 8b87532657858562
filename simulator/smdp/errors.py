"""Why the SM-DP+ refuses: every status code it answers, each with its clause (SGP.22 §5.2.6)."""

from __future__ import annotations

from enum import Enum


class Refusal(Enum):
    """Subject code, reason code, the clause that names the pair, and what it means."""

    REQUESTER = "1.1", "1.2", "§5.2.2", "The function requester is not the one that its TLS certificate names"
    MALFORMED = "1.6", "2.1", "§5.2.6", "A member of the request is malformed"
    CONDITIONAL = "1.6", "2.3", "§5.2.6", "One of several members of the request is needed"
    INCOMPLETE = "1.6", "2.2", "§5.2.6", "A mandatory member of the request is missing"
    LPA_CAPABILITY = "1.6", "3.11", "v3 §5.6.3", "The eUICC signs for other capabilities than the LPA told"
    TEMPORARY = "1.2", "5.1", "§5.2.6", "The server cannot read or write its records now"
    PROTOCOL_FORMAT = "1.3.1", "2.1", "§5.2.6", "The message is not a JSON object"
    PROTOCOL_VERSION = "1.3.2", "3.1", "§5.2.6", "The protocol version in X-Admin-Protocol is not supported"
    EXECUTION_ERROR = "8.1", "4.2", "§5.2.6", "The eUICC reports that it refused the server's message"
    RPM_UNSUPPORTED = "8.1", "3.1", "v3 §5.6.3", "The eUICC does not support remote profile management"
    EUICC_SIGNATURE = "8.1", "6.1", "§5.6.2, §5.6.3", "The eUICC's signature or challenge is wrong"
    EUICC_CAPABILITY = "8.1", "3.11", "v3 §5.6.3", "The eUICC signs for other capabilities than it told"
    EUICC_MEMORY = "8.1", "4.8", "§5.6.3", "The eUICC has not enough memory for the profile"
    EID_MISSING = (
        "8.1.1",
        "2.2",
        "§5.3.2, v3 §5.3.6",
        "The order needs an EID: it has no matching id, or an SM-DS, or it manages profiles",
    )
    EID_ASSOCIATION = "8.1.1", "3.10", "§5.3.2, §5.3.3", "The order is linked to another EID"
    EID_UNKNOWN = "8.1.1", "3.9", "v3 §5.3.6", "This server has put no profile on an eUICC with this EID"
    EID = "8.1.1", "3.8", "§5.6.3", "The order is for another EID"
    EUM_CERTIFICATE = "8.1.2", "6.1", "§5.6.3", "The manufacturer's certificate is invalid"
    EUM_CERTIFICATE_EXPIRED = "8.1.2", "6.3", "§5.6.3", "The manufacturer's certificate has expired"
    EUICC_CERTIFICATE = "8.1.3", "6.1", "§5.6.3", "The eUICC's certificate is invalid"
    EUICC_CERTIFICATE_EXPIRED = "8.1.3", "6.3", "§5.6.3", "The eUICC's certificate has expired"
    NOT_RELEASED = "8.2", "1.2", "§5.6.3", "The profile has not been released"
    CANCELLED = "8.2", "3.8", "§5.3.5, §5.6.5", "The download was cancelled"
    REBINDING = "8.2", "3.7", "§5.6.2", "The package cannot be bound again"
    ICCID_MISSING = "8.2.1", "2.3", "v3 §5.3.6", "A command needs the ICCID of its profile"
    ICCID_OWNER = "8.2.1", "1.2", "§5.3.1 to §5.3.4", "The profile with this ICCID is another operator's"
    ICCID_IN_USE = "8.2.1", "3.3", "§5.3.1, §5.3.3", "The profile with this ICCID is not available"
    ICCID_STATE = (
        "8.2.1",
        "3.5",
        "§5.3.2 to §5.3.4",
        "The profile is not in the state that this needs",
    )
    ICCID = "8.2.1", "3.9", "§5.3.1 to §5.3.4", "There is no profile with this ICCID"
    PROFILE_TYPE_OWNER = "8.2.5", "1.2", "§5.3.1", "Profiles of this type are another operator's"
    PROFILE_TYPE_USED_UP = "8.2.5", "3.7", "§5.3.1", "No profile of this type is left"
    PROFILE_TYPE_OTHER = "8.2.5", "3.8", "§5.3.1", "The profile with this ICCID is of another type"
    PROFILE_TYPE = "8.2.5", "3.9", "§5.3.1", "There are no profiles of this type"
    NOT_ELIGIBLE = "8.2.5", "4.3", "§5.6.3, annex F", "No profile is fit for this eUICC or device"
    MATCHING_ID_INVALID = "8.2.6", "2.1", "v3 §5.3.6", "A matching id has letters, digits and '-'"
    RPM_STATE = "8.2.6", "3.5", "v3 §5.3.3", "The order of remote management is over"
    MATCHING_ID_IN_USE = "8.2.6", "3.3", "§5.3.2, v3 §5.3.6", "Another order has this matching id"
    MATCHING_ID_ASSOCIATION = "8.2.6", "3.10", "§5.3.3", "The order has another matching id"
    MATCHING_ID = "8.2.6", "3.8", "§5.6.3", "There is no order with this matching id"
    CONFIRMATION_CODE_MISSING = "8.2.7", "2.2", "§5.6.2", "The order asks for a confirmation code"
    CONFIRMATION_CODE = "8.2.7", "3.8", "§5.6.2", "The confirmation code is wrong"
    CONFIRMATION_CODE_ATTEMPTS = "8.2.7", "6.4", "§5.6.2", "The confirmation code was wrong too often"
    METADATA_MISSING = "8.2.9", "2.3", "v3 §5.3.6", "A command that updates metadata brings none"
    PROFILE_OWNER = "8.2.12", "3.10", "v3 §5.3.6", "The profile owner is not the operator that asks"
    DEVICE_CHANGE = "8.13", "3.1", "v3 §5.6.3", "The profile cannot change to another device"
    DEVICE_CHANGE_NOT_ALLOWED = "8.13", "1.2", "v3 §5.6.3", "This change of device is not allowed"
    DELETION = "8.13", "3.8", "v3 §5.6.3", "The notification does not report the deletion that is awaited"
    DC_SESSION = "8.13", "3.9", "v3 §5.6.7", "There is no such device change session"
    SMDP_OID = "8.8", "3.10", "§5.6.5", "The SM-DP+ OID is not that of this server"
    SMDP_ADDRESS = "8.8.1", "3.8", "§5.6.1", "The SM-DP+ address is not that of this server"
    SIGNING_KEY = "8.8.2", "3.1", "§5.6.1", "None of the eUICC's CI keys for signing is supported"
    SVN = "8.8.3", "3.1", "§5.6.1", "The version of SGP.22 that the eUICC supports is not supported"
    SMDP_CERTIFICATE = "8.8.4", "3.7", "§5.6.1", "The server has no certificate that the eUICC can verify"
    ORDER_EXPIRED = "8.8.5", "4.1", "§5.6.2, §5.6.3", "The download order has expired"
    DOWNLOAD_ATTEMPTS = "8.8.5", "6.4", "§5.6.3", "The download was attempted too often"
    SMDS_FAILED = "8.9", "4.2", "§5.3.2 to §5.3.4", "The SM-DS refused"
    SMDS_INACCESSIBLE = "8.9", "5.1", "§5.3.2 to §5.3.4", "The SM-DS does not answer"
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
