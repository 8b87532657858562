"""Why the SM-DS refuses: every status code it answers, each with its clause (SGP.22 §5.2.6, §5.8, §5.9)."""

from __future__ import annotations

from enum import Enum

from simulator.smdp.errors import RspError


class DsRefusal(Enum):
    """Subject code, reason code, the clause that names the pair, and what it means."""

    MALFORMED = "1.6", "2.1", "§5.2.6", "A member of the request is malformed"
    CONDITIONAL = "1.6", "2.3", "§5.2.6", "A member of the request needs another one"
    EXECUTION_ERROR = "8.1", "4.2", "§5.2.6", "The eUICC reports that it refused the server's message"
    EUICC_SIGNATURE = "8.1", "6.1", "§5.8.2", "The eUICC's signature or challenge is wrong"
    EUICC_CAPABILITY = "8.1", "3.11", "v3 §5.8.2", "The eUICC signs for other capabilities than it told"
    LPA_CAPABILITY = "1.6", "3.11", "v3 §5.8.2", "The eUICC signs for other capabilities than the LPA told"
    EUM_CERTIFICATE = "8.1.2", "6.1", "§5.8.2", "The manufacturer's certificate is invalid"
    EUM_CERTIFICATE_EXPIRED = "8.1.2", "6.3", "§5.8.2", "The manufacturer's certificate has expired"
    EUICC_CERTIFICATE = "8.1.3", "6.1", "§5.8.2", "The eUICC's certificate is invalid"
    EUICC_CERTIFICATE_EXPIRED = "8.1.3", "6.3", "§5.8.2", "The eUICC's certificate has expired"
    UNSUPPORTED = "8.9", "3.1", "v3 §5.8", "The SM-DS has no event checking, or no push service"
    PUSH_SERVICE = "8.9", "3.9", "v3 §5.8.2", "The SM-DS does not know this push service"
    ROOT_FAILED = "8.9", "4.2", "§5.9.1", "The root SM-DS refused"
    ROOT_INACCESSIBLE = "8.9", "5.1", "§5.9.1", "The root SM-DS does not answer"
    SMDS_ADDRESS = "8.9.1", "3.8", "§5.8.1", "The SM-DS address is not that of this server"
    SIGNING_KEY = "8.9.2", "3.1", "§5.8.1", "None of the eUICC's CI keys for signing is supported"
    SVN = "8.9.3", "3.1", "§5.8.1", "The version of SGP.22 that the eUICC supports is not supported"
    SMDS_CERTIFICATE = "8.9.4", "3.7", "§5.8.1", "The server has no certificate that the eUICC can verify"
    EVENT_EXISTS = "8.9.5", "3.3", "§5.9.1", "The event is registered already"
    EVENT_UNKNOWN = "8.9.5", "3.9", "§5.8.2, §5.9.2", "There is no such event, or ecId"
    EC_ID_EXPIRED = "8.9.5", "6.3", "v3 §5.8", "The ecId has expired"
    TRANSACTION_ID = "8.10.1", "3.9", "§5.8.2", "There is no such RSP session, or not at this step"
    CI_KEY = "8.11.1", "3.9", "§5.8.2", "The eUICC's certificate leads to another CI key than was asked for"

    def __init__(self, subject_code: str, reason_code: str, clause: str, meaning: str) -> None:
        self.subject_code, self.reason_code = subject_code, reason_code
        self.clause, self.meaning = clause, meaning

    def error(self, subject_identifier: str = "", detail: str = "") -> RspError:
        """The error of this row; `detail` follows its meaning."""
        message = self.meaning + (f": {detail}" if detail else "")
        return RspError(self.subject_code, self.reason_code, subject_identifier, message)
