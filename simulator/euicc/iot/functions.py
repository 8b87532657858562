"""The functions of ES10b that only an IoT eUICC has, or that it answers in another way (SGP.32 §5.9)."""

from __future__ import annotations

from typing import Any

from asn1 import Codec, iot, rsp, tlv
from simulator.euicc import es10b, es10c, switching
from simulator.euicc.core import EuiccCore
from simulator.euicc.es10 import Es10Function
from simulator.euicc.iot import eims, emergency
from simulator.euicc.iot.packages import forget_result, load_euicc_package, sign_result, state_of
from simulator.euicc.iot.profiles import configure_immediate
from simulator.euicc.profiles import has_bit

_NOT_ALLOWED, _NOT_AVAILABLE, _NO_SESSION = 1, 6, 4
_OK, _NOTHING = 0, 1
_RESET_EIMS, _RESET_IMMEDIATE = 5, 6


def add_initial_eim(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.4: the first eIMs, all or none; once there is one, eIMs are added by packages only."""
    state = state_of(core)
    if state.eims:
        return _initial_error(eims.ALREADY_EXISTS)
    tokens = []
    try:
        for data in request["eimConfigurationDataList"]:
            token = eims.add(core, state, data)
            tokens.append(("addOk", None) if token is None else ("associationToken", token))
    except eims.EimError as error:
        state.eims.clear()
        return _initial_error(error.code)
    return iot.encode("AddInitialEimResponse", ("addInitialEimOk", tokens))


def _initial_error(code: int) -> bytes:
    return iot.encode("AddInitialEimResponse", ("addInitialEimError", code))


def get_eim_configuration_data(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.18: of all eIMs, or of one."""
    wanted = request.get("searchCriteria")
    found = [eim for eim in state_of(core).eims.values() if wanted is None or eim["eimId"] == wanted[1]]
    return iot.encode("GetEimConfigurationDataResponse", {"eimConfigurationDataList": found})


def get_certs(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.10: the eUICC's certificate and its manufacturer's, under one CI or the preferred one."""
    identity, wanted = core.identity, request.get("euiccCiPKId")
    credential = identity.credentials[0] if wanted is None else identity.credential(wanted)
    if credential is None:
        return iot.encode("GetCertsResponse", ("getCertsError", 1))
    certs = {"eumCertificate": credential.eum_certificate, "euiccCertificate": credential.certificate}
    return iot.encode("GetCertsResponse", ("certs", certs))


def retrieve_notifications_list(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.11: notifications as SGP.22 has them, or the results of packages."""
    kind, number = request.get("searchCriteria") or ("", None)
    results = state_of(core).results
    if kind == "euiccPackageResults":
        return tlv.encode(0xBF2B, tlv.encode(0xA2, b"".join(results.values())))
    if kind == "seqNumber" and number in results:
        return tlv.encode(0xBF2B, tlv.encode(0xA2, results[number]))
    return es10b.retrieve_notifications_list(core, request)


def remove_notification_from_list(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.12: a notification, or the result of a package."""
    if state_of(core).results.pop(request["seqNumber"], None) is not None:
        return rsp.encode("NotificationSentResponse", {"deleteNotificationStatus": 0})
    return es10b.remove_notification_from_list(core, request)


def profile_rollback(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.16: enable again what was enabled before the last package, if that package allowed it, and tell
    the eIM so in place of its result."""
    state = state_of(core)
    rollback = state.rollback
    if rollback is None:
        return iot.encode("ProfileRollbackResponse", {"cmdResult": _NOT_ALLOWED})
    code = switching.enable(core, core.registry.by_aid(rollback.aid), request["refreshFlag"])
    if code == switching.CAT_BUSY:
        return iot.encode("ProfileRollbackResponse", {"cmdResult": code})
    if code != switching.OK:
        return iot.encode("ProfileRollbackResponse", {"cmdResult": 127})
    state.rollback = None
    about = {"eimId": rollback.eim_id, "counterValue": rollback.counter}
    if rollback.transaction_id is not None:
        about["eimTransactionId"] = rollback.transaction_id
    forget_result(core, rollback.eim_id, rollback.counter)
    result = sign_result(core, state.eims[rollback.eim_id], about, [("rollbackResult", _OK)])
    return tlv.encode(0xBF58, tlv.encode(0x02, bytes((_OK,))) + result)


def configure_immediate_profile_enabling(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.17: by the IPA, as long as no eIM is there to do it."""
    state = state_of(core)
    if state.eims:
        code = eims.ALREADY_EXISTS
    else:
        configure_immediate(state, request)
        code = _OK
    return iot.encode("ConfigureImmediateProfileEnablingResponse", {"configImmediateEnableResult": code})


def immediate_enable(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.15: enable the profile that has just been installed, if it came from the SM-DP+ that was
    configured for that. With a REFRESH, a leave to roll back ends."""
    configured, profile = state_of(core).immediate, core.registry.by_aid(core.last_installed)
    if profile is None:
        code = _NO_SESSION
    elif configured is None or configured.get("defaultSmdpOid", profile.dp_oid) != profile.dp_oid:
        code = _NOT_ALLOWED
    else:
        code = switching.enable(core, profile, request["refreshFlag"])
        if code == switching.OK and request["refreshFlag"]:
            state_of(core).rollback = None
        code = code if code in (switching.OK, switching.CAT_BUSY) else 127
    return iot.encode("ImmediateEnableResponse", {"immediateEnableResult": code})


def execute_fallback(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.20: the profile with the fallback attribute takes the place of the enabled one; a leave to roll
    back ends."""
    state, previous = state_of(core), core.registry.enabled
    profile = core.registry.by_aid(state.fallback or b"")
    if profile is None:
        code = _NOT_AVAILABLE
    elif emergency.is_active(core):
        code = emergency.ECALL_ACTIVE
    else:
        code = switching.enable(core, profile, request["refreshFlag"])
        if code == switching.OK:
            state.rollback, state.returns_to = None, previous.aid if previous else b""
        elif code not in (switching.WRONG_STATE, switching.CAT_BUSY):
            code = 127
    return iot.encode("ExecuteFallbackMechanismResponse", {"executeFallbackMechanismResult": code})


def return_from_fallback(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.21: back to the profile whose place the fallback profile took."""
    state = state_of(core)
    refresh = request["refreshFlag"]
    if state.fallback is None:
        code = _NOT_AVAILABLE
    elif state.returns_to is None:
        code = switching.COMMAND_ERROR
    else:
        back = core.registry.by_aid(state.returns_to)
        fallback = core.registry.by_aid(state.fallback)
        code = switching.enable(core, back, refresh) if back else switching.disable(core, fallback, refresh)
        if code == switching.OK:
            state.returns_to = None
        elif code != switching.CAT_BUSY:
            code = 127
    return iot.encode("ReturnFromFallbackResponse", {"returnFromFallbackResult": code})


def euicc_memory_reset(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.5: what the function of SGP.22 resets, and what only an IoT eUICC has."""
    options, state = request["resetOptions"], state_of(core)
    if emergency.is_active(core):
        return iot.encode("IotEuiccMemoryResetResponse", {"resetResult": emergency.ECALL_ACTIVE})
    answer = rsp.decode("EuiccMemoryResetResponse", es10c.euicc_memory_reset(core, request))
    results = {"resetResult": answer["resetResult"]}
    if has_bit(options, _RESET_EIMS):
        results["resetEimResult"] = _OK if state.eims else _NOTHING
        state.eims.clear()
        state.rollback = None
    if has_bit(options, _RESET_IMMEDIATE):
        results["resetImmediateEnableConfigResult"] = _OK
        state.immediate = None
    return iot.encode("IotEuiccMemoryResetResponse", results)


def get_connectivity_parameters(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.24: profiles here have no connectivity parameters."""
    return iot.encode("GetConnectivityParametersResponse", ("connectivityParametersError", 1))


_ROWS: tuple[tuple[str, int, str, str, Any, Codec], ...] = (
    ("LoadEuiccPackage", 0xBF51, "EuiccPackageRequest", "1", load_euicc_package, iot),
    ("AddInitialEim", 0xBF57, "AddInitialEimRequest", "4", add_initial_eim, iot),
    ("EuiccMemoryReset", 0xBF64, "IotEuiccMemoryResetRequest", "5", euicc_memory_reset, iot),
    ("GetCerts", 0xBF56, "GetCertsRequest", "10", get_certs, iot),
    (
        "RetrieveNotificationsList",
        0xBF2B,
        "IotRetrieveNotificationsListRequest",
        "11",
        retrieve_notifications_list,
        iot,
    ),
    (
        "RemoveNotificationFromList",
        0xBF30,
        "NotificationSentRequest",
        "12",
        remove_notification_from_list,
        rsp,
    ),
    ("ImmediateEnable", 0xBF5A, "ImmediateEnableRequest", "15", immediate_enable, iot),
    ("ProfileRollback", 0xBF58, "ProfileRollbackRequest", "16", profile_rollback, iot),
    (
        "ConfigureImmediateProfileEnabling",
        0xBF59,
        "ConfigureImmediateProfileEnablingRequest",
        "17",
        configure_immediate_profile_enabling,
        iot,
    ),
    (
        "GetEimConfigurationData",
        0xBF55,
        "GetEimConfigurationDataRequest",
        "18",
        get_eim_configuration_data,
        iot,
    ),
    ("ExecuteFallbackMechanism", 0xBF5D, "ExecuteFallbackMechanismRequest", "20", execute_fallback, iot),
    ("ReturnFromFallback", 0xBF5E, "ReturnFromFallbackRequest", "21", return_from_fallback, iot),
    (
        "EnableEmergencyProfile",
        0xBF5B,
        "EnableEmergencyProfileRequest",
        "22",
        emergency.enable_emergency_profile,
        iot,
    ),
    (
        "DisableEmergencyProfile",
        0xBF5C,
        "DisableEmergencyProfileRequest",
        "23",
        emergency.disable_emergency_profile,
        iot,
    ),
    (
        "GetConnectivityParameters",
        0xBF5F,
        "GetConnectivityParametersRequest",
        "24",
        get_connectivity_parameters,
        iot,
    ),
)
FUNCTIONS = {
    tag: Es10Function(name, tag, request, f"SGP.32 §5.9.{clause}", handler, codec)
    for name, tag, request, clause, handler, codec in _ROWS
}
