"""The profile for emergency calls: enabled by the device of itself, and nothing else is done meanwhile
(SGP.32 §3.4.6, §5.9.22, §5.9.23)."""

from __future__ import annotations

from typing import Any, Final

from asn1 import iot
from simulator.euicc import switching
from simulator.euicc.core import EuiccCore
from simulator.euicc.profiles import Profile

NOT_AVAILABLE: Final = 8
UNDEFINED: Final = 127
ECALL_ACTIVE: Final = 104


def emergency_profile(core: EuiccCore) -> Profile | None:
    """The profile whose metadata have ecallIndication."""
    return next((one for one in core.registry if one.metadata.get("ecallIndication")), None)


def is_active(core: EuiccCore) -> bool:
    """Whether the emergency profile is enabled."""
    profile = emergency_profile(core)
    return profile is not None and profile.is_enabled


def enable_emergency_profile(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.22: it takes the place of the enabled profile; with a REFRESH, a leave to roll back ends."""
    state = core.iot
    assert state is not None
    profile, previous = emergency_profile(core), core.registry.enabled
    code = NOT_AVAILABLE if profile is None else switching.enable(core, profile, request["refreshFlag"])
    if code == switching.OK:
        state.emergency_returns_to = previous.aid if previous else b""
        if request["refreshFlag"]:
            state.rollback = None
    return iot.encode("EnableEmergencyProfileResponse", {"enableEmergencyProfileResult": _known(code)})


def disable_emergency_profile(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.23: back to the profile whose place it took, or to none."""
    state = core.iot
    assert state is not None
    profile, refresh = emergency_profile(core), request["refreshFlag"]
    if profile is None:
        code = NOT_AVAILABLE
    elif not profile.is_enabled:
        code = switching.WRONG_STATE
    else:
        back = core.registry.by_aid(state.emergency_returns_to or b"")
        code = switching.enable(core, back, refresh) if back else switching.disable(core, profile, refresh)
    if code == switching.OK:
        state.emergency_returns_to = None
        if refresh:
            state.rollback = None
    return iot.encode("DisableEmergencyProfileResponse", {"disableEmergencyProfileResult": _known(code)})


def _known(code: int) -> int:
    """Results that the functions do not have are undefinedError."""
    return (
        code
        if code in (switching.OK, switching.WRONG_STATE, switching.CAT_BUSY, NOT_AVAILABLE)
        else UNDEFINED
    )
