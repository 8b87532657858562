"""What an eIM may do with profiles, and the ways back from it: rollback, fallback (SGP.32 §3.3, §3.8.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from simulator.euicc import switching
from simulator.euicc.core import EuiccCore
from simulator.euicc.iot.state import IotState, Rollback

OK, NOT_FOUND, FALLBACK_NOT_ALLOWED, NO_FALLBACK, FALLBACK_ENABLED = 0, 1, 2, 2, 3
ROLLBACK_NOT_AVAILABLE, RETURN_PROFILE, UNDEFINED = 20, 21, 127

Operation = Callable[[EuiccCore, IotState, dict[str, Any], dict[str, Any]], tuple[str, int]]


def _enable(
    core: EuiccCore, state: IotState, signed: dict[str, Any], data: dict[str, Any]
) -> tuple[str, int]:
    """With the rollback flag, the profile that is enabled now can be enabled again by the IPA."""
    previous = core.registry.enabled
    wants_rollback = "rollbackFlag" in data
    if wants_rollback and previous is None:
        return "enableResult", ROLLBACK_NOT_AVAILABLE
    code = switching.enable(core, core.registry.by_iccid(data["iccid"]), refresh=True)
    if code == OK:
        state.rollback = state.returns_to = None
        if wants_rollback and previous is not None:
            transaction_id = signed.get("eimTransactionId")
            state.rollback = Rollback(previous.aid, signed["eimId"], signed["counterValue"], transaction_id)
    return "enableResult", _known(code)


def _disable(
    core: EuiccCore, state: IotState, signed: dict[str, Any], data: dict[str, Any]
) -> tuple[str, int]:
    code = switching.disable(core, core.registry.by_iccid(data["iccid"]), refresh=True)
    if code == OK:
        state.rollback = state.returns_to = None
    return "disableResult", _known(code)


def _delete(
    core: EuiccCore, state: IotState, signed: dict[str, Any], data: dict[str, Any]
) -> tuple[str, int]:
    """A profile that a way back leads to is not deleted."""
    profile = core.registry.by_iccid(data["iccid"])
    if profile is not None and state.rollback is not None and profile.aid == state.rollback.aid:
        return "deleteResult", ROLLBACK_NOT_AVAILABLE
    if profile is not None and profile.aid == state.returns_to:
        return "deleteResult", RETURN_PROFILE
    code = switching.delete(core, profile)
    if code == OK and profile is not None and profile.aid == state.fallback:
        state.fallback = None
    return "deleteResult", _known(code)


def _configure(
    core: EuiccCore, state: IotState, signed: dict[str, Any], data: dict[str, Any]
) -> tuple[str, int]:
    configure_immediate(state, data)
    return "configureImmediateEnableResult", OK


def configure_immediate(state: IotState, data: dict[str, Any]) -> None:
    """Which profiles may be enabled as soon as they are installed; without the flag, none."""
    state.immediate = dict(data) if "immediateEnableFlag" in data else None


def _set_fallback(
    core: EuiccCore, state: IotState, signed: dict[str, Any], data: dict[str, Any]
) -> tuple[str, int]:
    result = "setFallbackAttributeResult"
    profile = core.registry.by_iccid(data["iccid"])
    if profile is None:
        return result, NOT_FOUND
    if not profile.metadata.get("fallbackAllowed"):
        return result, FALLBACK_NOT_ALLOWED
    if state.returns_to is not None:
        return result, FALLBACK_ENABLED
    state.fallback = profile.aid
    return result, OK


def _unset_fallback(
    core: EuiccCore, state: IotState, signed: dict[str, Any], data: dict[str, Any]
) -> tuple[str, int]:
    result = "unsetFallbackAttributeResult"
    if state.fallback is None:
        return result, NO_FALLBACK
    if state.returns_to is not None:
        return result, FALLBACK_ENABLED
    state.fallback = None
    return result, OK


def _known(code: int) -> int:
    """Results of SGP.22 that SGP.32 has not are undefinedError."""
    return UNDEFINED if code in (switching.WRONG_PROFILE_REENABLING, switching.COMMAND_ERROR) else code


OPERATIONS: Final[dict[str, Operation]] = {
    "enable": _enable,
    "disable": _disable,
    "delete": _delete,
    "configureImmediateEnable": _configure,
    "setFallbackAttribute": _set_fallback,
    "unsetFallbackAttribute": _unset_fallback,
}
