"""Remote profile management: an operator's commands from its SM-DP+ to the eUICC (SGP.22 v3 §3.7.2, §3.7.3).

1. Common mutual authentication, in which the LPA says that it comes for remote management.
2. The server's package is compared with the policy rules of the profiles, and the user is asked.
3. The eUICC carries it out; its signed result is a notification for the server.

An LPA that stops in 2 tells both sides why: CancelSession.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cards.errors import CardError
from cards.identities import Iccid, from_card
from cards.isdr.errors import Es10Error, in_words, name_of
from simulator.lpa.device import Device
from simulator.lpa.errors import EuiccRefused, LpaError, RpmCancelled, ServerProtocolError
from simulator.lpa.profiles import InstalledProfile, bit_names
from simulator.lpa.session import Session, authenticate, cancel, open_session
from simulator.lpa.steps import AskRpm, Procedure, RpmCommand, SendToCard

Value = dict[str, Any]
STRONG: Final = ("delete",)
"""Commands that need more than a yes (SGP.21: strong confirmation)."""
_POLLING_TAGS: Final = bytes.fromhex("5ABA")
"""ICCID and rpmConfiguration in ProfileInfo."""
_SHOWN_TAGS: Final = bytes.fromhex("5A4F9F709091929599")
"""What a user knows a profile by, its state, and its policy rules, which are told on demand only."""
_RESULT_CODES: Final = {
    "enableResult": "EnableProfileResponse.enableResult",
    "disableResult": "DisableProfileResponse.disableResult",
    "deleteResult": "DeleteProfileResponse.deleteResult",
    "updateMetadataResult": "UpdateMetadataResponse",
    "rpmProcessingTerminated": "RpmCommandResult.rpmCommandResultData.rpmProcessingTerminated",
    "profileInfoListError": "ProfileInfoListError",
    "contactPcmpResponseError": "ContactPcmpResponse.contactPcmpResponseError",
}
"""Alternative of a result → where the ASN.1 module names its codes."""


@dataclass(frozen=True, slots=True)
class Polling:
    """Where the operator of a profile has its commands fetched."""

    iccid: Iccid
    address: str


@dataclass(frozen=True, slots=True)
class RpmOutcome:
    """What became of one command."""

    result: str
    """Name of the code, such as 'ok' or 'disallowedByPolicy'."""
    words: str
    profiles: tuple[InstalledProfile, ...] = ()
    """What listProfileInfo has found."""
    pcmp_address: str = ""
    """What contactPcmp has found: where the LPA proxy is to go."""

    @property
    def is_good(self) -> bool:
        return self.result == "ok"


@dataclass(frozen=True, slots=True)
class RpmResult:
    """A package that the eUICC has answered."""

    address: str
    commands: tuple[RpmCommand, ...]
    outcomes: tuple[RpmOutcome, ...]
    """Of the commands in their order; fewer if the package was ended, the last one then says why."""
    error: str
    """Why the eUICC did not open the package: a name of LoadRpmPackageErrorCodeSigned; empty if it did."""
    is_pending: bool
    """Whether the server has more."""
    notification: tuple[str, Value]
    """PendingNotification, for the server."""
    notification_error: LpaError | None = None
    """Why the server has not taken it; it waits on the eUICC then."""


def polling_addresses() -> Procedure[list[Polling]]:
    """Of all profiles that have one (rpmConfiguration, §2.4a.1.6)."""
    profiles = yield SendToCard("get_profiles_info", (None, _POLLING_TAGS))
    found = []
    for profile in profiles:
        if address := profile.get("rpmConfiguration", {}).get("pollingAddress"):
            found.append(Polling(from_card(Iccid, profile["iccid"]), address))
    return found


def manage(
    address: str,
    matching_id: str = "",
    iccid: Iccid | None = None,
    device: Device | None = None,
    *,
    is_allowed: bool = True,
    port: int | None = None,
) -> Procedure[RpmResult]:
    """Fetch a package from the SM-DP+ at this address, and have it carried out. `iccid` is that of the
    profile whose polling address it is. Unless it `is_allowed` by the user's settings, the server is told
    so."""
    yield from _check_euicc()
    session = yield from open_session(address)
    if "sessionContext" not in session.opening["serverSigned1"]:
        raise LpaError(
            f"{address} follows SGP.22 version 2, which has no remote profile management: "
            "only the user manages its profiles"
        )
    context = session.common_context(device or Device(), matching_id, ("rpm",))
    if iccid is not None:
        context["iccid"] = iccid.to_bytes()
    answer = yield from authenticate(session, context)
    if "smdpSigned3" not in answer:
        raise ServerProtocolError(f"{address} answered with something else than an RPM package")
    try:
        commands = yield from _agree(answer["smdpSigned3"], is_allowed)
        signed = yield from _load(answer, port)
    except RpmCancelled as stop:
        yield from cancel(session, stop.reason)
        raise
    except KeyboardInterrupt:
        reason = session.reason_of_abortion
        yield from cancel(session, reason)
        raise RpmCancelled(reason, "it was stopped; the order stays open") from None
    return (yield from _result(session, answer["smdpSigned3"], commands, signed))


def _check_euicc() -> Procedure[None]:
    info1 = yield SendToCard("get_euicc_info1")
    if "euiccRspCapability" not in info1:
        raise LpaError("the eUICC follows SGP.22 version 2, which has no remote profile management")
    if "rpmSupport" not in bit_names("RspCapability", info1["euiccRspCapability"]):
        raise LpaError("the eUICC does not support remote profile management")


def _agree(signed3: Value, is_allowed: bool) -> Procedure[tuple[RpmCommand, ...]]:
    """Policy rules, then the user (§3.7.2); RpmCancelled unless both agree."""
    if not is_allowed:
        raise RpmCancelled("rpmDisabled", "remote management is switched off")
    infos = yield SendToCard("get_profiles_info", (None, _SHOWN_TAGS))
    installed = {from_card(Iccid, info["iccid"]): InstalledProfile.of(info) for info in infos}
    commands = tuple(_command(value, installed) for value in signed3["rpmPackage"])
    unknown = [command.name for command in commands if command.name == "..."]
    if unknown or not commands:
        raise RpmCancelled("invalidRpmPackage", "the package has a command that this LPA does not know")
    for command in commands:
        if rule := _forbidding_rule(command, installed.values()):
            raise RpmCancelled("pprNotAllowed", f"{command.name} {command.iccid}: {rule}")
    strong = any(command.name in STRONG for command in commands)
    decision = yield AskRpm(commands, strong)
    if not decision.accepted:
        why = _CANCEL_WORDS.get(decision.reason, "the user stopped it")
        raise RpmCancelled(decision.reason, why)
    return commands


_CANCEL_WORDS = {
    "endUserRejection": "the user does not want it",
    "postponed": "the user wants it later",
    "timeout": "the user did not answer in time",
}


def _command(value: Value, installed: Mapping[Iccid, InstalledProfile]) -> RpmCommand:
    name, details = value["rpmCommandDetails"]
    octets = details.get("iccid") if isinstance(details, dict) else None
    if name == "listProfileInfo" and details["searchCriteria"][0] == "iccid":
        octets = details["searchCriteria"][1]
    iccid = from_card(Iccid, octets) if octets else None
    profile = installed.get(iccid) if iccid else None
    return RpmCommand(name, iccid, profile, details if isinstance(details, dict) else {})


def _forbidding_rule(command: RpmCommand, installed: Iterable[InstalledProfile]) -> str:
    """The policy rule in the way of a command; empty if there is none (§2.9.3)."""
    rules = command.profile.policy_rules if command.profile else ()
    if command.name == "delete" and "ppr2" in rules:
        return "its operator does not let it be deleted (ppr2)"
    if command.name == "disable" and "ppr1" in rules:
        return "its operator does not let it be disabled (ppr1)"
    bound = any(profile.is_enabled and "ppr1" in profile.policy_rules for profile in installed)
    if command.name == "enable" and bound:
        return "the enabled profile must not be disabled (ppr1)"
    return ""


def _load(answer: Value, port: int | None) -> Procedure[Value]:
    request = {name: answer[name] for name in ("smdpSigned3", "smdpSignature3")}
    if port is not None:
        request["targetEsimPort"] = port
    try:
        signed: Value = yield SendToCard("load_rpm_package", (request,))
    except Es10Error as error:
        raise EuiccRefused(error) from error
    except CardError as error:
        why = f"the eUICC stopped while it loaded the package: {error}"
        raise RpmCancelled("loadRpmPackageError", why) from error
    return signed


def _result(
    session: Session, signed3: Value, commands: tuple[RpmCommand, ...], signed: Value
) -> Procedure[RpmResult]:
    kind, value = signed["loadRpmPackageResultDataSigned"]["finalResult"]
    error = ""
    outcomes: tuple[RpmOutcome, ...] = ()
    if kind == "rpmPackageExecutionResult":
        outcomes = tuple(_outcome(*result["rpmCommandResultData"]) for result in value)
    else:
        error = name_of("LoadRpmPackageErrorCodeSigned", value)
    done = (command.name for command, outcome in zip(commands, outcomes, strict=False) if outcome.is_good)
    if any(name in ("enable", "disable") for name in done):
        # The eUICC has asked for a REFRESH.
        yield SendToCard("settle")
    pending = ("loadRpmPackageResultSigned", signed)
    return RpmResult(session.address, commands, outcomes, error, "rpmPending" in signed3, pending)


def _outcome(kind: str, value: Any) -> RpmOutcome:
    if kind in ("listProfileInfoResult", "contactPcmpResult"):
        kind, value = value
    if kind == "profileInfoListOk":
        return RpmOutcome("ok", "", tuple(InstalledProfile.of(info) for info in value if "iccid" in info))
    if kind == "contactPcmpResponseOk":
        return RpmOutcome("ok", "", pcmp_address=value["pcmpAddress"])
    code = value[kind] if isinstance(value, dict) else value
    name = name_of(_RESULT_CODES[kind], code)
    return RpmOutcome(name, "" if name == "ok" else in_words(name))


def describe_update(details: Mapping[str, Any]) -> str:
    """What an updateMetadata command changes, in words."""
    request = details["updateMetadataRequest"]
    shown = {"serviceProviderName": "the provider", "profileName": "the name"}
    words = [f"{shown[name]} to {request[name]!r}" for name in shown if name in request]
    words += [name for name in request if name not in (*shown, "tagsForDeletion", "...", "iconType")]
    if "tagsForDeletion" in request:
        words.append(f"without {request['tagsForDeletion'].hex().upper()}")
    return ", ".join(words)
