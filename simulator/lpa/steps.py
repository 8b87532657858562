"""The steps that an LPA's procedures are made of: what to do, without doing it.

A procedure is a generator. It yields a step and is sent the answer, or has the error thrown in; so it can
be run over any card and server, one step at a time, and tested with neither.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from asn1.binding import snake_case
from cards.identities import Iccid
from simulator.lpa.profiles import InstalledProfile, ProfileMetadata


@dataclass(frozen=True, slots=True)
class SendToCard:
    """Call a function of the `Isdr` client with these arguments; the answer is what it returns."""

    function: str
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    """Arguments by name."""


@dataclass(frozen=True, slots=True)
class PostToServer:
    """Send an ES9+ message (its members as `asn1.es9` has them) to the server at `address`."""

    address: str
    function: str
    message: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AskUser:
    """Show a profile to the user and ask for consent; the answer is a Decision."""

    metadata: ProfileMetadata
    confirmation_code_required: bool
    strong_consent_required: bool
    """A profile policy rule needs the user's explicit consent (§2.9.2.4)."""
    code_refused: bool = False
    """The server has refused the confirmation code that the user gave before."""


@dataclass(frozen=True, slots=True)
class AskMove:
    """Show a profile that is to leave for another device, and ask for strong confirmation (SGP.22 v3
    §3.11.1); the answer is a Decision."""

    profile: InstalledProfile
    message: str = ""
    """What the service provider has to say about it."""
    confirmation_code_required: bool = False
    code_refused: bool = False
    """The server has refused the confirmation code that the user gave before."""
    deletes: bool = True
    """Whether the profile may be deleted here."""


@dataclass(frozen=True, slots=True)
class RpmCommand:
    """A command of remote profile management, as the user is shown it."""

    name: str
    """That of its alternative in RpmCommand: 'enable', 'disable', 'delete', 'listProfileInfo',
    'updateMetadata' or 'contactPcmp'."""
    iccid: Iccid | None
    """None if it is about all profiles of an owner."""
    profile: InstalledProfile | None
    """None if it is not on the eUICC."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Its members, as decoded."""


@dataclass(frozen=True, slots=True)
class AskRpm:
    """Show the user what an operator wants done with its profiles, and ask; the answer is a Decision."""

    commands: tuple[RpmCommand, ...]
    strong_consent_required: bool
    """A profile would be deleted: more than a yes is wanted."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the user answered. `reason`, a name of CancelSessionReason, says why not."""

    accepted: bool = True
    confirmation_code: str = ""
    reason: str = "endUserRejection"


@dataclass(frozen=True, slots=True)
class Wait:
    """Let some time pass before an interrupted procedure begins anew; `why` says what interrupted it."""

    seconds: float
    why: str


Question = AskUser | AskRpm
Step = SendToCard | PostToServer | Question | AskMove | Wait
Result = TypeVar("Result")
Procedure = Generator[Step, Any, Result]


class Exchange(NamedTuple):
    """How the specification calls a step: interface and function, and the messages there and back."""

    interface: str
    function: str
    request: str
    response: str


CARD_EXCHANGES = {
    "get_euicc_configured_addresses": Exchange(
        "ES10a",
        "GetEuiccConfiguredAddresses",
        "EuiccConfiguredAddressesRequest",
        "EuiccConfiguredAddressesResponse",
    ),
    "get_euicc_info1": Exchange("ES10b", "GetEUICCInfo", "GetEuiccInfo1Request", "EUICCInfo1"),
    "get_euicc_info2": Exchange("ES10b", "GetEUICCInfo", "GetEuiccInfo2Request", "EUICCInfo2"),
    "restart": Exchange("card", "Reset", "reset, then SELECT of the ISD-R", ""),
    "load_rpm_package": Exchange("ES10b", "LoadRpmPackage", "LoadRpmPackageRequest", "LoadRpmPackageResult"),
    "get_euicc_challenge": Exchange(
        "ES10b", "GetEUICCChallenge", "GetEuiccChallengeRequest", "GetEuiccChallengeResponse"
    ),
    "authenticate_server": Exchange(
        "ES10b", "AuthenticateServer", "AuthenticateServerRequest", "AuthenticateServerResponse"
    ),
    "verify_smds_response": Exchange(
        "ES10b", "VerifySmdsResponse", "VerifySmdsResponseRequest", "VerifySmdsResponseResponse"
    ),
    "get_rat": Exchange("ES10b", "GetRAT", "GetRatRequest", "GetRatResponse"),
    "get_profiles_info": Exchange(
        "ES10c", "GetProfilesInfo", "ProfileInfoListRequest", "ProfileInfoListResponse"
    ),
    "prepare_download": Exchange(
        "ES10b", "PrepareDownload", "PrepareDownloadRequest", "PrepareDownloadResponse"
    ),
    "disable_profile": Exchange("ES10c", "DisableProfile", "DisableProfileRequest", "DisableProfileResponse"),
    "delete_profile": Exchange("ES10c", "DeleteProfile", "DeleteProfileRequest", "DeleteProfileResponse"),
    "prepare_device_change": Exchange(
        "ES10b", "PrepareDeviceChange", "PrepareDeviceChangeRequest", "PrepareDeviceChangeResponse"
    ),
    "verify_device_change": Exchange(
        "ES10b", "VerifyDeviceChange", "VerifyDeviceChangeRequest", "VerifyDeviceChangeResponse"
    ),
    "verify_smdp_response": Exchange(
        "ES10b", "VerifySmdpResponse", "VerifySmdpResponseRequest", "VerifySmdpResponseResponse"
    ),
    "verify_profile_recovery": Exchange(
        "ES10b", "VerifyProfileRecovery", "VerifyProfileRecoveryRequest", "VerifyProfileRecoveryResponse"
    ),
    "load_bound_profile_package": Exchange(
        "ES10b", "LoadBoundProfilePackage", "BoundProfilePackage", "ProfileInstallationResult"
    ),
    "cancel_session": Exchange("ES10b", "CancelSession", "CancelSessionRequest", "CancelSessionResponse"),
    "list_notification": Exchange(
        "ES10b", "ListNotification", "ListNotificationRequest", "ListNotificationResponse"
    ),
    "retrieve_notifications_list": Exchange(
        "ES10b",
        "RetrieveNotificationsList",
        "RetrieveNotificationsListRequest",
        "RetrieveNotificationsListResponse",
    ),
    "remove_notification_from_list": Exchange(
        "ES10b", "RemoveNotificationFromList", "NotificationSentRequest", "NotificationSentResponse"
    ),
    "settle": Exchange("card", "Refresh", "FETCH of the REFRESH, reset, SELECT of the ISD-R", ""),
    "get_eid": Exchange("ES10c", "GetEID", "GetEuiccDataRequest", "GetEuiccDataResponse"),
    "retrieve_euicc_package_results": Exchange(
        "ES10b",
        "RetrieveNotificationsList",
        "IotRetrieveNotificationsListRequest",
        "IotRetrieveNotificationsListResponse",
    ),
    "retrieve_pending_notifications": Exchange(
        "ES10b",
        "RetrieveNotificationsList",
        "IotRetrieveNotificationsListRequest",
        "IotRetrieveNotificationsListResponse",
    ),
    "load_euicc_package": Exchange("ES10b", "LoadEuiccPackage", "EuiccPackageRequest", "EuiccPackageResult"),
    **{
        snake_case(name[:1].lower() + name[1:]): Exchange("ES10b", name, f"{name}Request", f"{name}Response")
        for name in (
            "AddInitialEim",
            "GetEimConfigurationData",
            "GetCerts",
            "ImmediateEnable",
            "ProfileRollback",
            "ExecuteFallbackMechanism",
            "ReturnFromFallback",
            "EnableEmergencyProfile",
            "DisableEmergencyProfile",
        )
    },
}
"""Function of `Isdr` → its names; the last ones are of SGP.32."""

SERVER_EXCHANGES = {
    "initiateAuthentication": Exchange(
        "ES9+", "InitiateAuthentication", "InitiateAuthenticationRequest", "InitiateAuthenticationOkEs9"
    ),
    "authenticateClient": Exchange(
        "ES9+", "AuthenticateClient", "AuthenticateClientRequest", "AuthenticateClientOk"
    ),
    "ES11.authenticateClient": Exchange(
        "ES11", "AuthenticateClient", "AuthenticateClientRequest", "AuthenticateClientOkEs11"
    ),
    "ES11.checkEvent": Exchange("ES11", "CheckEvent", "CheckEventRequest", "CheckEventOk"),
    "getBoundProfilePackage": Exchange(
        "ES9+", "GetBoundProfilePackage", "GetBoundProfilePackageRequest", "GetBoundProfilePackageOk"
    ),
    "handleNotification": Exchange("ES9+", "HandleNotification", "HandleNotification", ""),
    "cancelSession": Exchange("ES9+", "CancelSession", "CancelSessionRequestEs9", "CancelSessionOk"),
    "confirmDeviceChange": Exchange(
        "ES9+", "ConfirmDeviceChange", "ConfirmDeviceChangeRequest", "ConfirmDeviceChangeOk"
    ),
    "checkProgress": Exchange("ES9+", "CheckProgress", "CheckProgressRequest", "CheckProgressOk"),
}
"""Function of ES9+ or ES11 → its names."""


def exchange_of(step: SendToCard | PostToServer | Wait) -> Exchange:
    """How the specification calls a step."""
    if isinstance(step, Wait):
        return Exchange("LPA", "Wait", step.why, "")
    table = CARD_EXCHANGES if isinstance(step, SendToCard) else SERVER_EXCHANGES
    return table[step.function]
