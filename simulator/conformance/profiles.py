"""States of the profiles on an eUICC, and what each function refuses in them (SGP.22 §3.2, §5.7.15 on).

What was there before is there afterwards; a check that fails may leave another profile enabled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cards import Iccid, Isdr
from cards.isdr.errors import Es10Error
from simulator.conformance.model import Check, Subject, expect

Value = dict[str, Any]
_DISABLED, _ENABLED = 0, 1


def refused(call: Callable[[], object], name: str, doing: str) -> None:
    """The call must end with this result of its function."""
    try:
        call()
    except Es10Error as error:
        expect(error.name == name, f"{doing}: {error.name} in place of {name}")
        return
    expect(False, f"{doing}: it was done, in place of {name}")


@contextmanager
def _profiles(subject: Subject) -> Iterator[tuple[Isdr, list[Value]]]:
    with subject.isdr() as isdr:
        profiles = isdr.get_profiles_info()
        expect(bool(profiles), "there is no profile on the eUICC to check with")
        yield isdr, profiles


def _in_state(profiles: list[Value], state: int) -> Value:
    found = [profile for profile in profiles if profile["profileState"] == state]
    expect(
        bool(found), f"there is no {'enabled' if state else 'disabled'} profile on the eUICC to check with"
    )
    return found[0]


def _state_of(isdr: Isdr, profile: Value) -> int:
    (found,) = isdr.get_profiles_info(("isdpAid", profile["isdpAid"]))
    state: int = found["profileState"]
    return state


def _listed(subject: Subject) -> None:
    with _profiles(subject) as (_, profiles):
        for profile in profiles:
            missing = {
                "iccid",
                "isdpAid",
                "profileState",
                "profileName",
                "serviceProviderName",
            } - profile.keys()
            expect(not missing, f"ProfileInfo lacks {', '.join(sorted(missing))}")


def _search(subject: Subject) -> None:
    with _profiles(subject) as (isdr, profiles):
        wanted = profiles[0]
        for criterion in ("iccid", "isdpAid"):
            found = isdr.get_profiles_info((criterion, wanted[criterion]))
            expect(
                [one["isdpAid"] for one in found] == [wanted["isdpAid"]],
                f"search by {criterion} finds another",
            )
        for profile_class in range(3):
            found = isdr.get_profiles_info(("profileClass", profile_class))
            expected = [one["isdpAid"] for one in profiles if one.get("profileClass", 2) == profile_class]
            expect(
                [one["isdpAid"] for one in found] == expected,
                f"search by profileClass {profile_class} finds others",
            )


def _tag_list(subject: Subject) -> None:
    with _profiles(subject) as (isdr, profiles):
        found = isdr.get_profiles_info(tags=b"\x5a\x9f\x70")
        expect(
            [one.keys() for one in found] == [{"iccid", "profileState"}] * len(profiles),
            "a list of the tags '5A' and '9F70' gives other members",
        )


def _enable_enabled(subject: Subject) -> None:
    with _profiles(subject) as (isdr, profiles):
        profile = _in_state(profiles, _ENABLED)
        call = lambda: isdr.enable_profile(profile["isdpAid"], refresh=False)  # noqa: E731
        refused(call, "profileNotInDisabledState", "enabling the enabled profile")


def _disable_disabled(subject: Subject) -> None:
    with _profiles(subject) as (isdr, profiles):
        profile = _in_state(profiles, _ENABLED)
        isdr.disable_profile(profile["isdpAid"], refresh=False)
        try:
            call = lambda: isdr.disable_profile(profile["isdpAid"], refresh=False)  # noqa: E731
            refused(call, "profileNotInEnabledState", "disabling the disabled profile")
        finally:
            isdr.enable_profile(profile["isdpAid"], refresh=False)


def _delete_enabled(subject: Subject) -> None:
    with _profiles(subject) as (isdr, profiles):
        profile = _in_state(profiles, _ENABLED)
        refused(
            lambda: isdr.delete_profile(profile["isdpAid"]),
            "profileNotInDisabledState",
            "deleting the enabled profile",
        )
        expect(_state_of(isdr, profile) == _ENABLED, "the profile is not enabled any more")


def _switch(subject: Subject) -> None:
    """Disable and enable, by ICCID and by AID; the state is told at once and after a reset."""
    with _profiles(subject) as (isdr, profiles):
        profile = _in_state(profiles, _ENABLED)
        isdr.disable_profile(Iccid.from_bytes(profile["iccid"]), refresh=False)
        disabled = _state_of(isdr, profile)
        isdr.enable_profile(profile["isdpAid"], refresh=False)
        expect(disabled == _DISABLED, "the disabled profile is listed as enabled")
        expect(_state_of(isdr, profile) == _ENABLED, "the enabled profile is listed as disabled")
    subject.link.reset()
    with subject.isdr() as isdr:
        expect(_state_of(isdr, profile) == _ENABLED, "after a reset the profile is not enabled")


def _at_most_one(subject: Subject) -> None:
    with _profiles(subject) as (_, profiles):
        enabled = [
            one for one in profiles if one["profileState"] == _ENABLED and "enabledOnEsimPort" not in one
        ]
        expect(len(enabled) <= 1, f"{len(enabled)} profiles are enabled at once")


def _nickname(subject: Subject) -> None:
    with _profiles(subject) as (isdr, profiles):
        iccid = Iccid.from_bytes(profiles[0]["iccid"])
        before = profiles[0].get("profileNickname", "")
        try:
            isdr.set_nickname(iccid, "Conformance")
            (found,) = isdr.get_profiles_info(("iccid", profiles[0]["iccid"]))
            expect(found.get("profileNickname") == "Conformance", "the nickname is not the one that was set")
            isdr.set_nickname(iccid, "")
            (found,) = isdr.get_profiles_info(("iccid", profiles[0]["iccid"]))
            expect(not found.get("profileNickname"), "the nickname is still there after it was removed")
        finally:
            isdr.set_nickname(iccid, before)


def _check(title: str, clause: str, run: Callable[[Subject], None], *, destructive: bool = True) -> Check:
    return Check("profiles", title, f"SGP.22 {clause}", run, ("es10c",), destructive)


CHECKS = (
    _check(
        "GetProfilesInfo tells the mandatory members of each profile", "§5.7.15", _listed, destructive=False
    ),
    _check("GetProfilesInfo searches by ICCID, AID and class", "§5.7.15", _search, destructive=False),
    _check(
        "GetProfilesInfo gives the members of a tag list and no others",
        "§5.7.15",
        _tag_list,
        destructive=False,
    ),
    _check("At most one profile is enabled", "§3.2.1", _at_most_one, destructive=False),
    _check("EnableProfile refuses the enabled profile", "§5.7.16", _enable_enabled),
    _check("DisableProfile refuses the disabled profile", "§5.7.17", _disable_disabled),
    _check("DeleteProfile refuses the enabled profile", "§5.7.18", _delete_enabled),
    _check("DisableProfile and EnableProfile, by ICCID and by AID", "§5.7.16, §5.7.17", _switch),
    _check("SetNickname sets and removes", "§5.7.21", _nickname),
)
"""The checks of this suite."""
