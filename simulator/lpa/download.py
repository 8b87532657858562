"""Profile download and installation, step by step without I/O (SGP.22 §3.0.1, §3.1.3).

1. Common mutual authentication: the eUICC's challenge and info go to the server, the server's signature to
   the eUICC, the eUICC's to the server, which answers with the metadata of the profile.
2. The LPA checks the profile policy rules against the eUICC's rules, and asks the user.
3. The eUICC makes its one-time key; the server binds the package to it; the LPA compares metadata.
4. The package goes to the eUICC, piece by piece; its result goes to the server as a notification.

From 2 on, an LPA that stops says so to both sides: CancelSession with the reason that fits (§3.0.2). When it
is the eUICC or the server that refuses, or a message that is damaged, the procedure just ends, as the clauses
say: a cancelled order is lost unless the reason is "postponed" or "timeout" (§5.6.5), and both sides drop a
session that does not go on. `simulator.lpa.retry` begins such a download anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from asn1 import rsp
from asn1.errors import Asn1Error
from cards.errors import CardError
from cards.identities import Iccid
from cards.isdr import bpp
from cards.isdr.errors import Es10Error, InstallationError
from simulator.lpa import enterprise, policy
from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.device import Device
from simulator.lpa.errors import (
    DownloadCancelled,
    DownloadInterrupted,
    EuiccRefused,
    InstallationFailed,
    LpaError,
    ServerProtocolError,
)
from simulator.lpa.profiles import ProfileMetadata, bit_names
from simulator.lpa.session import Session, authenticate, cancel, open_session
from simulator.lpa.steps import AskUser, Decision, PostToServer, Procedure, SendToCard

Value = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DownloadResult:
    """A profile that was installed."""

    metadata: ProfileMetadata
    isdp_aid: bytes
    notification: Value
    """The ProfileInstallationResult, to be delivered."""
    smdp_address: str
    rpm_pending: bool = False
    """Whether the server also has commands of remote management (version 3); see `Lpa.manage`."""
    notification_error: LpaError | None = None
    """Why the server has not taken the notification; it waits on the eUICC then."""

    @property
    def iccid(self) -> Iccid:
        return self.metadata.iccid

    @property
    def sequence_number(self) -> int:
        number: int = self.notification["profileInstallationResultData"]["notificationMetadata"]["seqNumber"]
        return number


@dataclass(slots=True)
class Agreement:
    """What the user has said in an earlier attempt of the same download, so that nobody is asked twice."""

    confirmation_code: str = ""
    is_code_from_user: bool = False
    code_refused: bool = False
    metadata: ProfileMetadata | None = None
    """The profile that was agreed to."""
    has_begun: bool = False
    """A server has answered: an error from then on interrupts a download rather than prevents it."""

    def covers(self, metadata: ProfileMetadata, code_required: bool) -> bool:
        agreed = self.metadata is not None and self.metadata.value == metadata.value
        return agreed and (bool(self.confirmation_code) or not code_required)

    def take(self, metadata: ProfileMetadata, decision: Decision) -> None:
        """Remember a consent."""
        self.metadata = metadata
        if decision.confirmation_code and not self.confirmation_code:
            self.confirmation_code, self.is_code_from_user = str(decision.confirmation_code), True


class StopSessionError(Exception):
    """Leave the session: cancel it with a reason, then raise an error to the user."""

    def __init__(self, reason: str, error: LpaError) -> None:
        super().__init__(reason)
        self.reason = reason
        self.error = error


def download(
    activation: ActivationCode | None = None,
    confirmation_code: str = "",
    device: Device | None = None,
    agreement: Agreement | None = None,
) -> Procedure[DownloadResult]:
    """Download and install a profile. Without an activation code the eUICC's default SM-DP+ is asked;
    `agreement` is what an earlier attempt has left. Raises the errors of `simulator.lpa.errors`, and
    CardErrors as they come. A KeyboardInterrupt thrown in ends the session on both sides."""
    agreement = agreement or Agreement(confirmation_code)
    address, allowed_ci = (activation.smdp_address, b"") if activation else (yield from _default_server())
    matching_id = activation.matching_id if activation else ""
    device = device or Device()
    session = yield from open_session(address, activation, device, allowed_ci)
    agreement.has_begun = True
    try:
        context = session.common_context(device, matching_id)
        deletion = activation.delete_notification if activation else b""
        answer = yield from authenticate(session, context, deletion=deletion)
        metadata = metadata_of(answer)
        _check_names(session, metadata)
        code = yield from consent(metadata, answer, agreement, device, session.euicc_capabilities)
        package = yield from _fetch_package(session, answer, code)
        compare_metadata(package, metadata)
        result = yield from install(package)
    except StopSessionError as stop:
        told = yield from cancel(session, stop.reason)
        if isinstance(stop.error, DownloadInterrupted) and told:
            raise LpaError(f"{stop.error}; both sides were told, so the order is closed") from stop.__cause__
        raise stop.error from stop.__cause__
    except KeyboardInterrupt:
        reason = session.reason_of_abortion
        yield from cancel(session, reason)
        raise DownloadCancelled(reason, "it was stopped; the order stays open") from None
    aid = result["profileInstallationResultData"]["finalResult"][1]["aid"]
    return DownloadResult(metadata, aid, result, address, "rpmPending" in answer["smdpSigned2"])


def default_address() -> Procedure[str]:
    """The eUICC's default SM-DP+; LpaError if it has none."""
    address, _ = yield from _default_server()
    return address


def _default_server() -> Procedure[tuple[str, bytes]]:
    """The default SM-DP+, and the only CI that it may be certified by; any if that is empty (version 3)."""
    addresses = yield SendToCard("get_euicc_configured_addresses")
    if not (address := addresses.get("defaultDpAddress")):
        raise LpaError("the eUICC has no default SM-DP+ address: give an activation code")
    return str(address), addresses.get("allowedCiPKId", b"")


def metadata_of(answer: Value) -> ProfileMetadata:
    """The metadata in the answer of AuthenticateClient. Raises ServerProtocolError."""
    try:
        return ProfileMetadata.of(answer["profileMetadata"])
    except ValueError as error:
        raise ServerProtocolError(f"the profile's metadata is not usable: {error}") from error


def _check_names(session: Session, metadata: ProfileMetadata) -> None:
    """A profile needs names by which a user knows it, if the server can be told so (version 3 only)."""
    named = metadata.service_provider and metadata.name
    if not named and "cancelForEmptySpnPnSupport" in session.capabilities:
        reason = "emptyProfileOrSpName"
        raise StopSessionError(
            reason, DownloadCancelled(reason, "the profile has no name or no service provider")
        )


def consent(
    metadata: ProfileMetadata,
    answer: Value,
    agreement: Agreement,
    device: Device,
    capabilities: tuple[str, ...],
) -> Procedure[str]:
    """Rules, then the user (§3.1.3, steps 3 and 4); the confirmation code, if one is required."""
    yield from _check_enterprise(metadata, device, capabilities)
    strong = bool(metadata.policy_rules) and (yield from _is_strong_consent_needed(metadata))
    binds_device = device.is_enterprise_capable and enterprise.REFERENCE in metadata.enterprise_rules
    required = bool(answer["smdpSigned2"]["ccRequiredFlag"])
    if not agreement.covers(metadata, required):
        code_wanted = required and not agreement.confirmation_code
        decision = yield AskUser(metadata, code_wanted, strong or binds_device, agreement.code_refused)
        if not decision.accepted:
            why = _CANCEL_WORDS.get(decision.reason, "the user stopped it")
            rejects_rules = binds_device and decision.reason == "endUserRejection"
            reason = "enterpriseRulesNotAllowed" if rejects_rules else decision.reason
            raise StopSessionError(reason, DownloadCancelled(reason, why))
        agreement.take(metadata, decision)
    if required and not agreement.confirmation_code:
        why = "the order asks for a confirmation code, and none was given"
        raise StopSessionError("endUserRejection", DownloadCancelled("endUserRejection", why))
    return agreement.confirmation_code if required else ""


def _check_enterprise(
    metadata: ProfileMetadata, device: Device, capabilities: tuple[str, ...]
) -> Procedure[None]:
    """Enterprise profiles and the LPA proxy (version 3); what is not allowed ends the session."""
    if not device.is_v3:
        return
    installed = []
    if enterprise.needs_installed(metadata, device, capabilities):
        installed = yield SendToCard("get_profiles_info", (None, enterprise.TAGS))
    if objection := enterprise.judge(metadata, installed, device, capabilities):
        raise StopSessionError(objection.reason, DownloadCancelled(objection.reason, objection.why))


def _is_strong_consent_needed(metadata: ProfileMetadata) -> Procedure[bool]:
    """Compare the profile's policy rules with the eUICC's (§2.9.2); those not allowed end the session."""
    rules = yield SendToCard("get_rat")
    installed = yield SendToCard("get_profiles_info")
    info2 = yield SendToCard("get_euicc_info2")
    bits = info2.get("forbiddenProfilePolicyRules")
    verdict = policy.judge(metadata, rules, installed, bit_names("PprIds", bits) if bits else ())
    if verdict.refusal:
        raise StopSessionError("pprNotAllowed", DownloadCancelled("pprNotAllowed", verdict.refusal))
    return verdict.consent_required


_CANCEL_WORDS = {
    "endUserRejection": "the user does not want it",
    "postponed": "the user wants it later",
    "timeout": "the user did not answer in time",
}


def hash_of_confirmation_code(code: str, transaction_id: bytes) -> bytes:
    """SHA-256 over the SHA-256 of the code and the transaction id (§3.1.3, step 5)."""
    return sha256(sha256(code.encode()).digest() + transaction_id).digest()


def _fetch_package(session: Session, answer: Value, code: str) -> Procedure[bytes]:
    """The eUICC's one-time key to the server, and the package that is bound to it."""
    request = {name: answer[name] for name in ("smdpSigned2", "smdpSignature2", "smdpCertificate")}
    if code:
        request["hashCc"] = hash_of_confirmation_code(code, session.transaction_id)
    try:
        prepared = yield SendToCard("prepare_download", (request,))
    except Es10Error as error:
        raise EuiccRefused(error) from error
    message = {"transactionId": session.transaction_id, "prepareDownloadResponse": prepared}
    bound = yield PostToServer(session.address, "getBoundProfilePackage", message)
    package: bytes = bound["boundProfilePackage"]
    return package


_NOT_STORED = "serviceSpecificDataNotStoredInEuicc"
"""What the server tells the LPA alone (§2.4a.1.4)."""


def compare_metadata(package: bytes, metadata: ProfileMetadata) -> None:
    """The package must carry the metadata that the user agreed to (§3.1.3.3)."""
    try:
        der = bpp.metadata(bpp.cut(package))
        announced = {name: value for name, value in metadata.value.items() if name != _NOT_STORED}
        if der == rsp.encode("StoreMetadataRequest", announced):
            return
        carried = rsp.decode("StoreMetadataRequest", der)
    except (bpp.PackageError, Asn1Error) as error:
        problem = ServerProtocolError(f"the server sent no usable bound profile package: {error}")
        raise StopSessionError("loadBppExecutionError", problem) from error
    if carried != announced:
        differing = sorted(
            name for name in carried.keys() | announced.keys() if carried.get(name) != announced.get(name)
        )
        why = f"the package has other metadata than announced: {', '.join(differing)}"
        raise StopSessionError("metadataMismatch", DownloadCancelled("metadataMismatch", why))


def install(package: bytes) -> Procedure[Value]:
    """The package to the eUICC. A failed installation is a result, which the server gets as a notification;
    a card that stops half-way ends the session, if it still knows of it."""
    try:
        result: Value = yield SendToCard("load_bound_profile_package", (package,))
    except InstallationError as error:
        raise InstallationFailed(error) from error
    except CardError as error:
        problem = DownloadInterrupted(f"the eUICC stopped while it loaded the package: {error}")
        raise StopSessionError("loadBppExecutionError", problem) from error
    return result
