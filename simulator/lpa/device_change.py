"""A profile leaves for another device, and comes back if it could not be installed there (SGP.22 v3 §3.11).

How a profile may leave its operator has said in its metadata. Either the eUICC has the activation code for
the new device (usingStoredAc), or the server is asked (requestToDp): it may ask its operator, may want the
old device to come again later, and gives the code once the user has agreed and the eUICC has signed for it.
Then the old eUICC deletes the profile, and its signed word for that goes to the server twice: as a
notification, and within the activation code, in case that this device cannot reach the server any more.

The new device does nothing special: it downloads with the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from asn1 import rsp
from cards.identities import Iccid
from cards.isdr.errors import Es10Error, VerifyDeviceChangeError
from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.device import Device
from simulator.lpa.download import DownloadResult, hash_of_confirmation_code
from simulator.lpa.errors import (
    ActivationCodeError,
    DeviceChangeCancelled,
    DeviceChangeDelayed,
    EuiccRefused,
    LpaError,
    ProfileNotFound,
    ServerProtocolError,
    ServerRefused,
)
from simulator.lpa.notifications import Delivery, Notification, deliver_some, waiting
from simulator.lpa.profiles import InstalledProfile
from simulator.lpa.retry import WRONG_CODE, Patience, download_patiently
from simulator.lpa.session import Session, authenticate, cancel, open_session
from simulator.lpa.steps import AskMove, Decision, PostToServer, Procedure, SendToCard, Wait

Value = dict[str, Any]
TAGS: Final = bytes.fromhex("5A 4F 9F70 90 91 92 95 99 B7 BF20")
"""Of ProfileInfo, what is to be known of a profile that leaves."""
NOTIFICATION_TAG: Final = 0xA0
"""Of NotificationMetadata within DeleteNotificationForDc."""
MINUTE: Final = 60.0
_NO_V3: Final = (
    "{who} SGP.22 version 2, in which a profile cannot change to another device: ask the operator for a new "
    "activation code"
)


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What the operator may want to know of the device that the profile goes to."""

    eid: bytes = b""
    """16 bytes; empty if it is not known."""
    tac: bytes = b""
    """4 bytes of swapped BCD; empty if it is not known."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What an LPA keeps to get a profile back that the new device could not install."""

    iccid: Iccid
    smdp_address: str
    until: datetime | None = None
    """When the server gives it no longer; None if it did not say."""
    allowed_ci: str = ""
    """subjectKeyIdentifier, in hexadecimal, of the only CI under which the server may be asked."""


@dataclass(frozen=True, slots=True)
class MovedProfile:
    """A profile that another device may download now."""

    profile: InstalledProfile
    activation_code: ActivationCode
    is_deleted: bool
    """Whether it is gone from this eUICC."""
    deliveries: list[Delivery] = field(default_factory=list)
    """What became of the notifications of that."""
    recovery: Recovery | None = None


def move(
    iccid: Iccid,
    new: NewDevice | None = None,
    device: Device | None = None,
    confirmation_code: str = "",
    *,
    waits: bool = False,
) -> Procedure[MovedProfile]:
    """Let a profile go to another device; the activation code for that. With `waits` a server that wants to
    be asked later is, else DeviceChangeDelayed says when. Raises the errors of `simulator.lpa.errors`, and
    CardErrors as they come."""
    info1 = yield SendToCard("get_euicc_info1")
    if "euiccRspCapability" not in info1:
        raise LpaError(_NO_V3.format(who="the eUICC follows"))
    profile = yield from _profile(iccid)
    how, configuration = profile.value.get("deviceChangeConfiguration", ("", {}))
    if not how:
        raise LpaError(
            f"{profile.label} ({iccid}) cannot change to another device: its operator has not configured it "
            "so; ask there for a new activation code"
        )
    if how == "usingStoredAc":
        return (yield from _with_stored_code(profile, configuration))
    request = _Request(profile, configuration, new or NewDevice(), device or Device(), confirmation_code)
    request.check()
    while True:
        try:
            return (yield from _over_server(request))
        except DeviceChangeDelayed as delay:
            if not waits:
                raise
            yield from _until_ready(request, delay)


def _profile(iccid: Iccid) -> Procedure[InstalledProfile]:
    found = yield SendToCard("get_profiles_info", (("iccid", iccid.to_bytes()), TAGS))
    if not found:
        raise ProfileNotFound(f"no profile on the eUICC has the ICCID {iccid}")
    return InstalledProfile.of(found[0])


# --- usingStoredAc -----------------------------------------------------------------------------------------


def _with_stored_code(profile: InstalledProfile, configuration: Value) -> Procedure[MovedProfile]:
    code = _code(configuration["activationCodeForDc"], "the profile")
    deletes = "deleteOldProfile" in configuration
    yield from _agreed(AskMove(profile, deletes=deletes))
    if not deletes:
        return MovedProfile(profile, code, is_deleted=False)
    if profile.is_enabled:
        yield from _disable(profile)
    yield SendToCard("delete_profile", (profile.iccid,))
    if profile.is_enabled:
        yield SendToCard("restart")
    return MovedProfile(profile, code, is_deleted=True, deliveries=(yield from _report(profile)))


def _code(text: str, who: str) -> ActivationCode:
    try:
        return ActivationCode.parse(text)
    except ActivationCodeError as error:
        raise ServerProtocolError(f"{who} gives an activation code that is none: {error}") from error


# --- requestToDp -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked, and of whom."""

    profile: InstalledProfile
    configuration: Mapping[str, Any]
    new: NewDevice
    device: Device
    confirmation_code: str

    @property
    def address(self) -> str:
        address: str = self.configuration["smdpAddressForDc"]
        return address

    @property
    def allowed_ci(self) -> str:
        key_id: bytes = self.configuration.get("allowedCiPKId", b"")
        return key_id.hex().upper()

    def check(self) -> None:
        """LpaError unless all is known that the operator wants to know."""
        wanted = {"eidRequired": ("EID", self.new.eid), "tacRequired": ("TAC", self.new.tac)}
        missing = [name for flag, (name, given) in wanted.items() if flag in self.configuration and not given]
        if missing:
            raise LpaError(
                f"the operator of {self.profile.label} wants to know the {' and the '.join(missing)} of the "
                "new device: look there, and give it"
            )

    def context(self, session: Session) -> Value:
        """CtxParamsForDeviceChange."""
        members: Value = {
            "iccid": self.profile.iccid.to_bytes(),
            "deviceInfo": session.device_info(self.device),
        }
        if self.new.eid:
            members["targetEidValue"] = self.new.eid
        if self.new.tac:
            members["targetTacValue"] = self.new.tac
        return members


def _over_server(request: _Request) -> Procedure[MovedProfile]:
    session = yield from _open(request.address, request.device, request.allowed_ci)
    try:
        answer = yield from authenticate(session, request.context(session), kind="ctxParamsForDeviceChange")
        if "smdpSigned6" in answer:
            yield from _delayed(answer)
        data = yield from _confirmed(request, session, answer)
    except DeviceChangeCancelled as cancelled:
        yield from cancel(session, cancelled.reason)
        raise
    except KeyboardInterrupt:
        yield from cancel(session, session.reason_of_abortion)
        why = "it was stopped; it can be begun anew"
        raise DeviceChangeCancelled(session.reason_of_abortion, why) from None
    return (yield from _finish(request, data))


def _open(address: str, device: Device, allowed_ci: str) -> Procedure[Session]:
    """A session in which all follow version 3."""
    session: Session = yield from open_session(address, device=device, allowed_ci=bytes.fromhex(allowed_ci))
    if not session.is_v3:
        raise LpaError(
            _NO_V3.format(who=f"{address} speaks" if session.lpa_capabilities else "this side follows")
        )
    return session


def _delayed(answer: Value) -> Procedure[None]:
    """The eUICC checks that the server wants to be asked later."""
    request = {name: answer[name] for name in ("smdpSigned6", "smdpSignature6")}
    yield from _checked(SendToCard("verify_smdp_response", (request,)))
    _, retry = answer["smdpSigned6"]["requestSpecificData"]
    raise DeviceChangeDelayed(retry["retryDelay"], retry["dcSessionId"])


def _until_ready(request: _Request, delay: DeviceChangeDelayed) -> Procedure[None]:
    """Ask the server from time to time, as often as it wants (ES9+.CheckProgress)."""
    minutes: int | None = delay.minutes
    while minutes is not None:
        yield Wait(minutes * MINUTE, "the profile for the new device is being prepared")
        message = {"dcSessionId": delay.session_id}
        answer = yield PostToServer(request.address, "checkProgress", message)
        minutes = answer.get("retryDelay")


def _confirmed(request: _Request, session: Session, answer: Value) -> Procedure[Value]:
    """The user agrees, the eUICC signs it, the server gives the data of the change, which the eUICC opens;
    with a wrong confirmation code from the user that is asked for again."""
    if "smdpSigned4" not in answer:
        raise ServerProtocolError(f"{session.address} answers a device change with something else")
    offer = {name: answer[name] for name in ("smdpSigned4", "smdpSignature4")}
    message = answer.get("serviceProviderMessageForDc", {}).get("message", "")
    is_required = bool(answer["smdpSigned4"]["ccRequiredFlag"])
    code, is_refused = request.confirmation_code if is_required else "", False
    while True:
        question = AskMove(request.profile, message, is_required and not code, code_refused=is_refused)
        decision = yield from _agreed(question)
        code = code or decision.confirmation_code
        if is_required and not code:
            why = "the operator asks for a confirmation code, and none was given"
            raise DeviceChangeCancelled("endUserRejection", why)
        try:
            return (yield from _confirm(session, offer, code if is_required else ""))
        except ServerRefused as error:
            if (error.subject_code, error.reason_code) != WRONG_CODE or request.confirmation_code:
                raise
            code, is_refused = "", True


def _agreed(question: AskMove) -> Procedure[Decision]:
    decision: Decision = yield question
    if not decision.accepted:
        words = {"postponed": "the user wants it later", "timeout": "the user did not answer in time"}
        why = words.get(decision.reason, "the user does not want it")
        raise DeviceChangeCancelled(decision.reason, why)
    return decision


def _confirm(session: Session, offer: Value, code: str) -> Procedure[Value]:
    if code:
        offer = {**offer, "hashCc": hash_of_confirmation_code(code, session.transaction_id)}
    prepared = yield from _checked(SendToCard("prepare_device_change", (offer,)))
    message = {"transactionId": session.transaction_id, "prepareDeviceChangeResponse": prepared}
    answer: Value = yield PostToServer(session.address, "confirmDeviceChange", message)
    return {name: answer[name] for name in ("smdpSigned5", "smdpSignature5")}


def _checked(step: SendToCard) -> Procedure[Any]:
    """A step of the eUICC, whose refusal is the session's end."""
    try:
        return (yield step)
    except Es10Error as error:
        raise EuiccRefused(error) from error


def _finish(request: _Request, signed: Value) -> Procedure[MovedProfile]:
    """The eUICC opens the data and deletes the profile, which must be disabled for that; then all hear of
    it."""
    profile, is_disabled = request.profile, False
    try:
        data: Value = yield SendToCard("verify_device_change", (signed,))
    except VerifyDeviceChangeError as error:
        if error.name != "profileNotInDisabledState":
            raise EuiccRefused(error) from error
        yield from _disable(profile)
        is_disabled = True
        data = yield from _checked(SendToCard("verify_device_change", (signed,)))
    code = _code(data["activationCodeForDc"], request.address)
    is_deleted = "deleteOldProfile" in data
    deliveries: list[Delivery] = []
    if is_disabled:
        yield SendToCard("restart")
    if is_deleted:
        if "deleteNotificationForDcSupport" in data:
            deletion = yield from _deletion(profile, data.get("notificationAddress", request.address))
            code = replace(code, delete_notification=deletion)
        deliveries = yield from _report(profile)
    return MovedProfile(profile, code, is_deleted, deliveries, _recovery(request, data))


def _recovery(request: _Request, data: Value) -> Recovery | None:
    if "profileRecoverySupport" not in data:
        return None
    until = data.get("profileRecoveryValidityPeriod")
    return Recovery(request.profile.iccid, request.address, until, request.allowed_ci)


def _disable(profile: InstalledProfile) -> Procedure[None]:
    """Without a REFRESH, which would end the session; the card is reset afterwards."""
    yield SendToCard("disable_profile", (profile.iccid,), {"refresh": False})


# --- what the eUICC says of the deletion -------------------------------------------------------------------


def _deletion(profile: InstalledProfile, address: str) -> Procedure[bytes]:
    """DeleteNotificationForDc, DER: the newest deletion of this profile that is for the server; empty if
    there is none."""
    pending = yield SendToCard("retrieve_notifications_list", (None, "notificationDelete"))
    for kind, value in reversed(pending):
        if kind != "otherSignedNotification":
            continue
        metadata = value["tbsOtherNotification"]
        own = metadata.get("iccid") == profile.iccid.to_bytes()
        if own and metadata["notificationAddress"].casefold() == address.casefold():
            signature = value["euiccNotificationSignature"]
            deletion = {
                "notificationMetadata": metadata.retagged(NOTIFICATION_TAG),
                "euiccNotificationSignature": signature,
            }
            return rsp.encode("DeleteNotificationForDc", deletion)
    return b""


def _report(profile: InstalledProfile) -> Procedure[list[Delivery]]:
    """Deliver what the eUICC has to say of the profile."""
    notifications: list[Notification] = yield from waiting()
    own = [item for item in notifications if item.iccid == profile.iccid]
    return (yield from deliver_some(own))


# --- recovery ----------------------------------------------------------------------------------------------


def recover(
    recovery: Recovery, device: Device | None = None, patience: Patience | None = None
) -> Procedure[DownloadResult]:
    """Get a profile back that another device could not install: the server is asked for an activation code,
    and the profile downloaded with it."""
    device = device or Device()
    session = yield from _open(recovery.smdp_address, device, recovery.allowed_ci)
    context = {"iccid": recovery.iccid.to_bytes(), "deviceInfo": session.device_info(device)}
    answer = yield from authenticate(session, context, kind="ctxParamsForProfileRecovery")
    text = answer.get("smdpSigned4", {}).get("activationCodeForProfileRecovery")
    if text is None:
        raise ServerProtocolError(f"{session.address} gives no activation code to recover the profile with")
    offer = {name: answer[name] for name in ("smdpSigned4", "smdpSignature4")}
    yield from _checked(SendToCard("verify_profile_recovery", (offer,)))
    code = _code(text, session.address)
    return (yield from download_patiently(code, device=device, patience=patience))
