"""Status codes of an SM-DP+ or SM-DS in words, with likely causes and what to do (SGP.22 §5.2.6 and the
clause of each function)."""
# ruff: noqa: E501 - a table reads best with a row a line

from __future__ import annotations

from typing import Final, NamedTuple


class Reason(NamedTuple):
    """What a pair of codes means, the clause that says so, and what helps."""

    meaning: str
    clause: str
    advice: str


SUBJECTS: Final[dict[str, str]] = {
    "1": "the function",
    "1.1": "the function requester",
    "1.2": "the function provider",
    "1.3": "the protocol",
    "1.3.1": "the protocol format",
    "1.3.2": "the protocol version",
    "1.6": "the function",
    "8": "eUICC remote provisioning",
    "8.1": "the eUICC",
    "8.1.1": "the EID",
    "8.1.2": "the EUM certificate",
    "8.1.3": "the eUICC certificate",
    "8.2": "the profile",
    "8.2.1": "the profile's ICCID",
    "8.2.5": "the profile type",
    "8.2.6": "the matching id",
    "8.2.7": "the confirmation code",
    "8.2.9": "the profile metadata",
    "8.2.12": "the profile owner",
    "8.8": "the SM-DP+",
    "8.8.1": "the SM-DP+ address",
    "8.8.2": "the security configuration of the SM-DP+",
    "8.8.3": "the specification version that the SM-DP+ supports",
    "8.8.4": "the certificate of the SM-DP+",
    "8.8.5": "the download order",
    "8.9": "the SM-DS",
    "8.9.1": "the SM-DS address",
    "8.9.2": "the security configuration of the SM-DS",
    "8.9.3": "the specification version that the SM-DS supports",
    "8.9.4": "the certificate of the SM-DS",
    "8.9.5": "the event",
    "8.10": "the RSP operation",
    "8.10.1": "the transaction",
    "8.11": "the certificate issuer",
    "8.11.1": "the public key of the certificate issuer",
    "8.13": "the change of device",
}
"""Subject codes, SGP.22 §5.2.6.1."""

REASONS: Final[dict[str, str]] = {
    "1.1": "is unknown or could not be identified",
    "1.2": "is not allowed",
    "2.1": "is invalid",
    "2.2": "is missing",
    "2.3": "is missing under this condition",
    "3.1": "is not supported",
    "3.3": "is already in use",
    "3.4": "is not in the right state",
    "3.5": "cannot be used in this state",
    "3.6": "does not meet the conditions",
    "3.7": "is not available",
    "3.8": "is refused",
    "3.9": "is unknown",
    "3.10": "is not associated as given",
    "3.11": "has changed",
    "4.1": "has expired",
    "4.2": "failed while it was executed",
    "4.3": "was stopped on a warning",
    "4.8": "has not enough memory",
    "5.1": "is not accessible",
    "5.3": "took too long",
    "6.1": "failed its verification",
    "6.3": "has expired",
    "6.4": "was tried too often",
}
"""Reason codes, SGP.22 §5.2.6.2."""

_AUTHENTICATE = "§5.6.3"
_INITIATE = "§5.6.1"
_PACKAGE = "§5.6.2"
_SAME_PKI = "Both sides must come from one PKI: check which CI key each has with 'esim pki show'."
_OTHER_CODE = "Check the activation code, and ask for a new one if it was used already."

TABLE: Final[dict[tuple[str, str], Reason]] = {
    ("1.6", "2.1"): Reason("a member of the request is malformed", "§5.2.6", "LPA and server disagree on the protocol: look at the message that the server names."),
    ("1.6", "2.2"): Reason("a mandatory member of the request is missing", "§5.2.6", "LPA and server disagree on the protocol: look at the message that the server names."),
    ("1.1", "1.2"): Reason("the caller is not the one that its TLS certificate names", "§5.2.2", "Use the certificate of the requester that the message names."),
    ("1.1", "2.1"): Reason("the identifier of the caller is not valid", "§5.2.6", "Check functionRequesterIdentifier."),
    ("1.1", "3.9"): Reason("the caller is unknown", "§5.2.6", "The server must be told of this requester first."),
    ("1.2", "5.1"): Reason("the server cannot do its work now", "§5.2.6", "Try again in a while."),
    ("1.3.1", "2.1"): Reason("the message is not a JSON object", "§5.2.6", "LPA and server disagree on the protocol: look at the message that was sent."),
    ("1.3.2", "3.1"): Reason("the protocol version in X-Admin-Protocol is not supported", "§6.2", "Use a server or an LPA of another version."),
    ("1.6", "2.3"): Reason("one of several members of the request is needed, and none is there", "§5.2.6", "Give one of the members that the message names."),
    ("1.6", "3.11"): Reason("the eUICC signs that the LPA can do other things than the LPA told the server", "v3 §5.6.3", "A message was changed on its way, or the LPA tells lpaRspCapability in one place only."),
    ("8.1", "3.11"): Reason("the eUICC signs that it can do other things than it told the server at first", "v3 §5.6.3", "A message was changed on its way, or EUICCInfo1 and EUICCInfo2 of the eUICC differ."),
    ("8.1", "4.2"): Reason("the eUICC refused what the server sent", "§5.6.3", "The eUICC's own error says why."),
    ("8.1", "4.8"): Reason("there is not enough space on the eUICC for this profile", _AUTHENTICATE, "Delete a profile and try again."),
    ("8.1", "6.1"): Reason("the eUICC's signature or the challenge that it signed is wrong", _AUTHENTICATE, "A message was changed on its way, or the eUICC signs with a key that its certificate does not hold."),
    ("8.1.1", "2.2"): Reason("the order needs an EID", "§5.3.1", "Order the profile for an EID, or with a matching id."),
    ("8.1.1", "3.1"): Reason("another EID belongs to this ICCID", "§5.3.2", "Use the eUICC that the profile was ordered for."),
    ("8.1.1", "3.8"): Reason("the profile was ordered for another EID", _AUTHENTICATE, "Use the eUICC that the profile was ordered for, or order it anew."),
    ("8.1.1", "3.10"): Reason("the order is linked to another EID", "§5.3.2, §5.3.3", "Use the EID of the order."),
    ("8.1.2", "6.1"): Reason("the certificate of the eUICC's manufacturer is invalid", _AUTHENTICATE, _SAME_PKI),
    ("8.1.2", "6.3"): Reason("the certificate of the eUICC's manufacturer has expired", _AUTHENTICATE, "Renew the test PKI, or set the clock right."),
    ("8.1.3", "6.1"): Reason("the eUICC's certificate is invalid", _AUTHENTICATE, _SAME_PKI),
    ("8.1.3", "6.3"): Reason("the eUICC's certificate has expired", _AUTHENTICATE, "Renew the test PKI, or set the clock right."),
    ("8.2", "1.2"): Reason("the profile has not been released", _AUTHENTICATE, "The operator must release it (ES2+.ReleaseProfile) before it can be downloaded."),
    ("8.2", "3.7"): Reason("the package cannot be bound a second time", _PACKAGE, "The profile was downloaded before: ask for a new activation code."),
    ("8.2", "3.8"): Reason("the download was cancelled", "§5.3.5, §5.6.5", "The operator, or the LPA in an earlier session, gave it up: ask for a new activation code."),
    ("8.2.1", "1.2"): Reason("the profile with this ICCID belongs to another caller", "§5.3.2 to §5.3.4", "Only the operator that ordered the profile may do this."),
    ("8.2.1", "3.1"): Reason("the profile with this ICCID was ordered for another EID", "§5.3.2", "Use the EID that the profile was ordered for."),
    ("8.2.1", "3.3"): Reason("the profile with this ICCID is in use", "§5.3.1", "Order another profile."),
    ("8.2.1", "3.5"): Reason("the profile with this ICCID cannot be released in its state", "§5.3.4", "Confirm the order first; one that was cancelled cannot be released."),
    ("8.2.1", "3.9"): Reason("no profile has this ICCID", "§5.3.1", "Check the ICCID of the order."),
    ("8.2.5", "1.2"): Reason("the caller may not use this profile type", "§5.3.1", "Order a profile type of your own."),
    ("8.2.5", "3.7"): Reason("no profile of this type is left", "§5.3.1", "The operator must provide more profiles."),
    ("8.2.5", "3.8"): Reason("the profile with this ICCID is of another profile type", "§5.3.1", "Give the profile type or the ICCID, or make them agree."),
    ("8.2.5", "3.9"): Reason("the profile type is unknown", "§5.3.1", "Check the profile type of the order."),
    ("8.2.5", "4.3"): Reason("no profile fits this eUICC or device", "§5.6.3, annex F", "The profile needs something that the eUICC lacks: compare it with the eUICC's capabilities."),
    ("8.2.6", "3.1"): Reason("another matching id belongs to this ICCID", "§5.3.3", "Use the matching id of the order."),
    ("8.2.6", "3.3"): Reason("the matching id is in use", "§5.3.2", "Choose another one, or let the server choose."),
    ("8.2.6", "3.8"): Reason("the matching id is refused", _AUTHENTICATE, _OTHER_CODE),
    ("8.2.6", "3.10"): Reason("the order has another matching id", "§5.3.3", "Use the matching id of the order."),
    ("8.1", "3.1"): Reason("the eUICC does not support remote profile management", "v3 §5.6.3", "Use an eUICC of version 3 that supports it."),
    ("8.1.1", "3.9"): Reason("the server has put no profile on an eUICC with this EID", "v3 §5.3.6", "Check the EID, and download the profile first."),
    ("8.2.1", "2.3"): Reason("a command lacks the ICCID of its profile", "v3 §5.3.6", "Name the profile."),
    ("8.2.6", "2.1"): Reason("the matching id has characters that it must not have", "v3 §5.3.6", "Use letters, digits and hyphens."),
    ("8.2.6", "3.5"): Reason("the order of remote management is over", "v3 §5.3.3", "It was carried out, failed, or cancelled before."),
    ("8.2.9", "2.3"): Reason("a command that updates metadata brings none", "v3 §5.3.6", "Say what is to be updated."),
    ("8.2.12", "3.10"): Reason("the profile owner is not the operator that asks", "v3 §5.3.6", "Only the operator that owns a profile can manage it."),
    ("8.2.7", "2.2"): Reason("a confirmation code is required", _PACKAGE, "Give the confirmation code that came with the activation code."),
    ("8.2.7", "3.8"): Reason("the confirmation code is wrong", _PACKAGE, "Check the confirmation code: after some wrong ones the order is lost."),
    ("8.2.7", "6.4"): Reason("the confirmation code was wrong too often", _PACKAGE, "The order is lost: ask for a new activation code."),
    ("8.8", "3.1"): Reason("the SM-DP+ OID is not that of this server", "§5.6.5", "Check the OID in the activation code."),
    ("8.8", "3.10"): Reason("the SM-DP+ OID is not that of this server", "§5.6.5", "Check the OID in the activation code."),
    ("8.8.1", "3.8"): Reason("the SM-DP+ address is not that of this server", _INITIATE, "Use the very address that the server is configured with, with its port if it has one there."),
    ("8.8.2", "3.1"): Reason("eUICC and server have no CI key for signing in common", _INITIATE, _SAME_PKI),
    ("8.8.3", "3.1"): Reason("the version of SGP.22 that the eUICC speaks is not supported by the server", _INITIATE, "Use a server or an eUICC of another version."),
    ("8.8.4", "3.7"): Reason("the server has no certificate under a CI key that the eUICC trusts", _INITIATE, _SAME_PKI),
    ("8.8.5", "4.1"): Reason("the download order has expired", _AUTHENTICATE, "Ask for a new activation code."),
    ("8.8.5", "6.4"): Reason("the download was tried too often", _AUTHENTICATE, "Ask for a new activation code."),
    ("8.9", "3.1"): Reason("the SM-DS has no event checking, or no push service", "v3 §5.8", "Ask for the list of events instead."),
    ("8.9", "3.9"): Reason("the SM-DS does not know this push service", "v3 §5.8", "Choose one of those that the SM-DS offers."),
    ("8.9", "4.2"): Reason("the SM-DS refused", "§5.3.2, §5.9.1", "The SM-DS has its own reason: look into its log."),
    ("8.9", "5.1"): Reason("the SM-DS could not be reached", "§5.3.2, §5.9.1", "Check its address, and try again when it is there."),
    ("8.9.1", "3.8"): Reason("the SM-DS address is not that of this server", "§5.8.1", "Check the root SM-DS address of the eUICC."),
    ("8.9.2", "3.1"): Reason("eUICC and SM-DS have no CI key in common", "§5.8.1", _SAME_PKI),
    ("8.9.3", "3.1"): Reason("the version of SGP.22 that the eUICC speaks is not supported by the SM-DS", "§5.8.1", "Use another SM-DS."),
    ("8.9.4", "3.7"): Reason("the SM-DS has no certificate under a CI key that the eUICC trusts", "§5.8.1", _SAME_PKI),
    ("8.9.5", "3.3"): Reason("the event is registered already", "§5.9.1", "Take another event id, or delete the event first."),
    ("8.9.5", "3.9"): Reason("no event waits for this EID", "§5.8.2", "The operator may not have registered it yet: try again later."),
    ("8.9.5", "6.3"): Reason("the ecId has expired", "v3 §5.8", "Ask for the list of events: a new ecId comes with it."),
    ("8.10.1", "3.9"): Reason("the transaction is unknown", "§5.6.2 to §5.6.5", "The server forgot the session, by a restart or a time-out: start the download anew."),
    ("8.11.1", "3.9"): Reason("the eUICC's certificate leads to a CI key that the server does not trust", _AUTHENTICATE, _SAME_PKI),
    ("8.13", "1.2"): Reason("this change of device is not allowed", "v3 §5.6.3", "The server says why; the operator decides who may take a profile where."),
    ("8.13", "3.1"): Reason("the operator does not let this profile change to another device", "v3 §5.6.3", "Ask the operator for a new activation code instead."),
    ("8.13", "3.8"): Reason("what the activation code brings does not report the deletion on the old device", "v3 §5.6.3", "Send the notifications of the old device with 'esim lpa notifications send'."),
    ("8.13", "3.9"): Reason("the server knows no such change of device", "v3 §5.6.7", "Begin anew on the old device."),
}  # fmt: skip
"""(subject code, reason code) → what it means there."""

EUICC_ADVICE: Final[dict[str, str]] = {
    "ciPKUnknown": _SAME_PKI,
    "invalidCertificate": _SAME_PKI,
    "invalidCertOrCrlTime": "Look at the server's certificates with 'esim pki show', and at the clocks.",
    "invalidCertOrCrlConfiguration": "Look at the server's certificates with 'esim pki show'.",
    "missingCrl": "The server needs a list of each of its issuers: see 'esim pki crl'.",
    "invalidCrlSignature": "The server has the list of another issuer: look at it with 'esim pki crl'.",
    "enterpriseProfilesNotSupported": "Use an eUICC of version 3 that supports enterprise profiles.",
    "enterpriseRulesNotAllowed": "Use an enterprise capable device, or a profile without enterprise rules.",
    "enterpriseProfileNotAllowed": "Delete the profile with ppr1 first, if its operator allows it.",
    "enterpriseOidMismatch": "An eUICC belongs to one enterprise: delete the other one's profiles first.",
    "enterpriseRulesError": "Only one profile may have the reference enterprise rule: delete that one first.",
    "enterpriseProfilesOnly": "The enterprise lets no other profiles in: delete its own first, or use another device.",
    "lprNotSupported": "Use a profile without lprConfiguration.",
    "unknownTlvInMetadata": "The SM-DP+ sent metadata of a later version.",
    "disallowedByEnterpriseRule": "Enable the enterprise's profile first, or disable another: see 'esim lpa list'.",
    "disallowedInTestMode": "Disable the test profile first.",
    "noEsimPortAvailable": "Disable a profile first.",
    "revokedCert": "The certificate issuer has withdrawn a certificate: the server needs a new one.",
    "invalidOid": "DPauth and DPpb certificates must be of the same SM-DP+.",
    "noSessionContext": "The eUICC was reset in between: start the download anew.",
    "euiccChallengeMismatch": "Start the download anew; two LPAs may have used the eUICC at once.",
    "installFailedDueToIccidAlreadyExistsOnEuicc": "Delete the profile that is there first, if it is not needed.",
    "installFailedDueToInsufficientMemoryForProfile": "Delete a profile and try again.",
    "installFailedDueToInterruption": "Try again: the order may still be open.",
    "installFailedDueToPEProcessingError": "Check the package with 'esim profile check'.",
    "installFailedDueToIccidMismatch": "The SM-DP+ gave metadata of another profile: check how it was ordered.",
    "pprNotAllowed": "The operator is not in the eUICC's rules authorisation table.",
    "invalidSignature": "A message was changed on its way, or the server signs with a key that its certificate does not hold.",
    "unsupportedCurve": "Use a server with a certificate on a curve that the eUICC knows: see 'esim lpa info'.",
    "invalidTransactionId": "Messages of two sessions were mixed: start the download anew.",
    "unsupportedCrtValues": "eUICC and server disagree on SCP03t: compare their versions of SGP.22.",
    "unsupportedRemoteOperationType": "The server sent something that is no installation.",
    "unsupportedProfileClass": "The eUICC takes no profiles of this class: look at its capabilities.",
    "incorrectInputValues": "The package is not built as SGP.22 §2.5.4 says: another server may do better.",
    "scp03tStructureError": "The package is not built as SGP.22 §2.5.4 says: another server may do better.",
    "scp03tSecurityError": "The package was damaged on its way, or bound to another eUICC: order it anew.",
    "installFailedDueToDataMismatch": "The SM-DP+ gave metadata of another profile: check how it was ordered.",
    "testProfileInstallFailedDueToInvalidNaaKey": "A test profile needs the keys of the test operator: check its class.",
    "profileNotInDisabledState": "The profile is enabled already; one that is to be deleted must be disabled first.",
    "profileNotInEnabledState": "The profile is not enabled.",
    "disallowedByPolicy": "Only its operator can lift the rule.",
    "wrongProfileReenabling": "Disable the test profile: that enables the operational one again.",
    "catBusy": "A proactive session is going on: try again when it has ended.",
}
"""What helps with what an eUICC refuses, by the name of the result."""


def explain(subject_code: str, reason_code: str) -> str:
    """A sentence or two on a pair of codes; also for pairs that no clause names."""
    row = TABLE.get((subject_code, reason_code))
    if row:
        return f"{row.meaning} (SGP.22 {row.clause}). {row.advice}"
    subject = SUBJECTS.get(subject_code, f"subject {subject_code}")
    return f"{subject} {REASONS.get(reason_code, f'has reason code {reason_code}')} (SGP.22 §5.2.6)."
