"""Enabling, disabling and deleting profiles: who may, and what follows from it (SGP.22 §3.2, §2.9)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from simulator.euicc import enterprise
from simulator.euicc.core import EuiccCore
from simulator.euicc.notifications import DELETE, DISABLE, ENABLE
from simulator.euicc.profiles import PPR1, PPR2, TRANSITIONS, Event, Profile, ProfileState

OK: Final = 0
NOT_FOUND: Final = 1
WRONG_STATE: Final = 2
DISALLOWED_BY_POLICY: Final = 3
WRONG_PROFILE_REENABLING: Final = 4
CAT_BUSY: Final = 5
DISALLOWED_BY_ENTERPRISE_RULE: Final = 6
COMMAND_ERROR: Final = 7
NO_PORT: Final = 10
DISALLOWED_IN_TEST_MODE: Final = 4
"""Results of EnableProfile, DisableProfile and DeleteProfile (§5.7.16 to §5.7.18)."""


def enable(core: EuiccCore, profile: Profile | None, refresh: bool, slot: int = 0) -> int:
    """Enable a profile in a slot; the one that was enabled there is disabled.

    A test profile may take the place of any profile, whatever its policy rules say; from a test profile the
    way leads to another one, or back to the operational profile whose place it took.
    """
    if profile is None:
        return NOT_FOUND
    if (profile.state, Event.ENABLE) not in TRANSITIONS:
        return WRONG_STATE
    registry = core.registry
    previous = registry.enabled_in(slot)
    if previous is not None and not profile.is_test:
        if previous.is_test and registry.overridden.get(slot) != profile.aid:
            return WRONG_PROFILE_REENABLING
        if previous.forbids(PPR1):
            return DISALLOWED_BY_POLICY
    if enterprise.forbids_enabling(core, profile, previous):
        return DISALLOWED_BY_ENTERPRISE_RULE
    if refresh and core.is_busy(slot):
        return CAT_BUSY
    if previous is not None:
        _change(core, previous, ProfileState.DISABLED)
    if not profile.is_test:
        registry.overridden.pop(slot, None)
    elif previous is not None and not previous.is_test:
        registry.overridden[slot] = previous.aid
    profile.slot = slot
    _change(core, profile, ProfileState.ENABLED)
    core.switched(slot, refresh)
    return OK


def disable(core: EuiccCore, profile: Profile | None, refresh: bool) -> int:
    """Disable a profile; after a test profile the one whose place it took is enabled again."""
    if profile is None:
        return NOT_FOUND
    if (profile.state, Event.DISABLE) not in TRANSITIONS:
        return WRONG_STATE
    if profile.forbids(PPR1):
        return DISALLOWED_BY_POLICY
    if enterprise.forbids_disabling(core, profile):
        return DISALLOWED_BY_ENTERPRISE_RULE
    if refresh and core.is_busy(profile.slot):
        return CAT_BUSY
    _change(core, profile, ProfileState.DISABLED)
    _reenable(core, profile.slot)
    core.switched(profile.slot, refresh)
    return OK


def delete(core: EuiccCore, profile: Profile | None) -> int:
    """Delete a profile that is disabled; in version 3 not the one that comes back after a test profile."""
    if profile is None:
        return NOT_FOUND
    if (profile.state, Event.DELETE) not in TRANSITIONS:
        return WRONG_STATE
    if core.features.is_v3 and profile.aid in core.registry.overridden.values():
        return DISALLOWED_IN_TEST_MODE
    if profile.forbids(PPR2):
        return DISALLOWED_BY_POLICY
    _remove(core, profile)
    return OK


def reset(core: EuiccCore, doomed: Iterable[Profile]) -> int:
    """Delete profiles, enabled or not, whatever their policy rules say (§5.7.19)."""
    profiles = list(doomed)
    slots = {profile.slot for profile in profiles if profile.is_enabled}
    if any(map(core.is_busy, slots)):
        return CAT_BUSY
    for profile in profiles:
        _remove(core, profile)
    for slot in sorted(slots):
        _reenable(core, slot)
        core.switched(slot, True)
    return OK


def _change(core: EuiccCore, profile: Profile, state: ProfileState) -> None:
    profile.state = state
    core.announce(profile, ENABLE if state is ProfileState.ENABLED else DISABLE)


def _remove(core: EuiccCore, profile: Profile) -> None:
    core.registry.remove(profile)
    core.announce(profile, DELETE)
    overridden = core.registry.overridden
    core.registry.overridden = {slot: aid for slot, aid in overridden.items() if aid != profile.aid}


def _reenable(core: EuiccCore, slot: int) -> None:
    """Enable again the operational profile whose place a test profile took."""
    overridden = core.registry.overridden.pop(slot, None)
    profile = core.registry.by_aid(overridden) if overridden else None
    if profile is not None:
        profile.slot = slot
        _change(core, profile, ProfileState.ENABLED)
