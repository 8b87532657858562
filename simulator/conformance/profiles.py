"""States of the profiles on an eUICC, and what each function refuses in them (SGP.22 §3.2, §5.7.15 on).

What was there before is there afterwards; a check that fails may leave another profile enabled.
"""

from __future__ import annotations

from collections.abc import Callable

from cards import Iccid
from cards.proactive import fetch_pending
from cards.session import CardSession
from simulator.conformance.model import Check, Subject, expect, require
from simulator.conformance.outcomes import Value, profile_of, refused, row
from simulator.conformance.server import ICCID, SECOND_ICCID, Server, serving
from simulator.conformance.states import (
    DISABLED,
    ENABLED,
    back,
    enabled,
    in_state,
    install_test,
    profiles,
    state_of,
)

_PPR1, _PPR2 = (b"\x40", 2), (b"\x20", 3)
_NOWHERE = bytes.fromhex("A0000005591010FFFFFFFF890000FFFF")
_UNKNOWN = Iccid("8900000000000000000")


# GetProfilesInfo, §5.7.15


def _listed(subject: Subject) -> None:
    with profiles(subject) as (_, listed):
        for profile in listed:
            members = {"iccid", "isdpAid", "profileState", "profileName", "serviceProviderName"}
            missing = members - profile.keys()
            expect(not missing, f"ProfileInfo lacks {', '.join(sorted(missing))}")


def _search(subject: Subject) -> None:
    with profiles(subject) as (isdr, listed):
        wanted = listed[0]
        for criterion in ("iccid", "isdpAid"):
            found = isdr.get_profiles_info((criterion, wanted[criterion]))
            aids = [one["isdpAid"] for one in found]
            expect(aids == [wanted["isdpAid"]], f"search by {criterion} finds another")
        for profile_class in range(3):
            found = isdr.get_profiles_info(("profileClass", profile_class))
            expected = [one["isdpAid"] for one in listed if one.get("profileClass", 2) == profile_class]
            aids = [one["isdpAid"] for one in found]
            expect(aids == expected, f"search by profileClass {profile_class} finds others")


def _tag_list(subject: Subject) -> None:
    with profiles(subject) as (isdr, listed):
        found = isdr.get_profiles_info(tags=b"\x5a\x9f\x70")
        expect(
            [one.keys() for one in found] == [{"iccid", "profileState"}] * len(listed),
            "a list of the tags '5A' and '9F70' gives other members",
        )


def _cut_tag_list(subject: Subject) -> None:
    with subject.isdr() as isdr:
        refused(lambda: isdr.get_profiles_info(tags=b"\x5a\x9f"), "incorrectInputValues", "half a tag")


def _at_most_one(subject: Subject) -> None:
    with profiles(subject) as (_, listed):
        enabled = [one for one in listed if one["profileState"] == ENABLED and "enabledOnEsimPort" not in one]
        expect(len(enabled) <= 1, f"{len(enabled)} profiles are enabled at once")


# EnableProfile, DisableProfile, DeleteProfile, §5.7.16 to §5.7.18


def _enable_enabled(subject: Subject) -> None:
    with profiles(subject) as (isdr, listed):
        profile = in_state(listed, ENABLED)
        for identifier in (profile["isdpAid"], Iccid.from_bytes(profile["iccid"])):
            call = lambda: isdr.enable_profile(identifier, refresh=False)  # noqa: B023, E731
            refused(call, "profileNotInDisabledState", "enabling the enabled profile")


def _disable_disabled(subject: Subject) -> None:
    with profiles(subject) as (isdr, listed):
        profile = in_state(listed, ENABLED)
        isdr.disable_profile(profile["isdpAid"], refresh=False)
        try:
            call = lambda: isdr.disable_profile(profile["isdpAid"], refresh=False)  # noqa: E731
            refused(call, "profileNotInEnabledState", "disabling the disabled profile")
        finally:
            isdr.enable_profile(profile["isdpAid"], refresh=False)


def _delete_enabled(subject: Subject) -> None:
    with profiles(subject) as (isdr, listed):
        profile = in_state(listed, ENABLED)
        call = lambda: isdr.delete_profile(profile["isdpAid"])  # noqa: E731
        refused(call, "profileNotInDisabledState", "deleting the enabled profile")
        expect(state_of(isdr, profile) == ENABLED, "the profile is not enabled any more")


def _unknown(function: str) -> Callable[[Subject], None]:
    """By an ICCID and by an AID that are nowhere."""

    def run(subject: Subject) -> None:
        with subject.isdr() as isdr:
            options = {} if function == "delete_profile" else {"refresh": False}
            for identifier in (_UNKNOWN, _NOWHERE):
                call = lambda: getattr(isdr, function)(identifier, **options)  # noqa: B023, E731
                refused(call, "iccidOrAidNotFound", "a profile that is not there")

    return run


def _switch(subject: Subject) -> None:
    """Disable and enable, by ICCID and by AID; the state is told at once and after a reset."""
    with profiles(subject) as (isdr, listed):
        profile = in_state(listed, ENABLED)
        isdr.disable_profile(Iccid.from_bytes(profile["iccid"]), refresh=False)
        disabled = state_of(isdr, profile)
        isdr.enable_profile(profile["isdpAid"], refresh=False)
        expect(disabled == DISABLED, "the disabled profile is listed as enabled")
        expect(state_of(isdr, profile) == ENABLED, "the enabled profile is listed as disabled")
    subject.link.reset()
    with subject.isdr() as isdr:
        expect(state_of(isdr, profile) == ENABLED, "after a reset the profile is not enabled")


def _refresh(subject: Subject) -> None:
    """With the refresh flag the card asks for a REFRESH; afterwards it shows the other profile's files."""
    with serving(subject) as server:
        before = enabled(server)
        aid = server.profile()["isdpAid"]
        isdr = server.isdr
        isdr.enable_profile(aid)
        expect(bool(isdr.pending_proactive), "EnableProfile with refreshFlag announces no proactive command")
        commands = fetch_pending(CardSession(subject.link), isdr.pending_proactive)
        expect(bool(commands), "there is no proactive command to fetch")
        isdr.restart()
        expect(subject.uicc.read_iccid() == ICCID, "the files are not the enabled profile's")
        isdr.restart()
        back(server, aid, before)


def _files_follow(subject: Subject) -> None:
    """Without the refresh flag the files are the other profile's at once."""
    with serving(subject) as server:
        before = enabled(server)
        aid = server.profile()["isdpAid"]
        server.isdr.enable_profile(aid, refresh=False)
        expect(subject.uicc.read_iccid() == ICCID, "the files are not the enabled profile's")
        back(server, aid, before)


def _replaces(subject: Subject) -> None:
    """Enabling a profile disables the one that was enabled."""
    with serving(subject) as server:
        before = enabled(server)
        require(before is not None, "no profile is enabled")
        assert before is not None
        aid = server.profile()["isdpAid"]
        server.isdr.enable_profile(aid, refresh=False)
        expect(state_of(server.isdr, before) == DISABLED, "the profile before is still enabled")
        back(server, aid, before)
        expect(state_of(server.isdr, before) == ENABLED, "the profile before does not come back")


def _forbidden(server: Server, rule: tuple[bytes, int]) -> Value:
    """A profile with a policy rule. NotApplicable if the rules authorisation table does not allow it here."""
    bit = 1 if rule is _PPR1 else 2
    allowed = any(
        entry["pprIds"][0][0] & 0x80 >> bit for entry in server.isdr.get_rat() if entry["pprIds"][0]
    )
    require(allowed, f"the rules authorisation table does not allow ppr{bit}")
    if rule is _PPR1:
        others = [one for one in server.isdr.get_profiles_info() if one.get("profileClass", 2) == 2]
        require(not others, "ppr1 is only allowed where there is no operational profile")
    return server.profile(profilePolicyRules=rule)


def _ppr1(subject: Subject) -> None:
    """Neither disabling nor enabling another profile; a memory reset takes it away."""
    with serving(subject) as server:
        aid = _forbidden(server, _PPR1)["isdpAid"]
        other = server.profile(SECOND_ICCID)["isdpAid"]
        isdr = server.isdr
        isdr.enable_profile(aid, refresh=False)
        try:
            refused(lambda: isdr.disable_profile(aid, refresh=False), "disallowedByPolicy", "disabling it")
            call = lambda: isdr.enable_profile(other, refresh=False)  # noqa: E731
            refused(call, "disallowedByPolicy", "enabling another one")
        finally:
            isdr.euicc_memory_reset("deleteOperationalProfiles")


def _ppr2(subject: Subject) -> None:
    """The profile of others must not go with it, so this runs only where there are none."""
    with serving(subject) as server:
        operational = [one for one in server.isdr.get_profiles_info() if one.get("profileClass", 2) == 2]
        require(not operational, "there are operational profiles, which taking it away would delete")
        profile = _forbidden(server, _PPR2)
        isdr = server.isdr
        call = lambda: isdr.delete_profile(profile["isdpAid"])  # noqa: E731
        try:
            refused(call, "disallowedByPolicy", "deleting a profile with ppr2")
            expect(profile_of(isdr, ICCID.to_bytes()) is not None, "the profile is gone")
        finally:
            isdr.euicc_memory_reset("deleteOperationalProfiles")


def _test_profile(subject: Subject) -> None:
    """A test profile takes the place of an operational one, which alone may follow, or comes back."""
    with serving(subject) as server:
        isdr = server.isdr
        first = server.profile(SECOND_ICCID)["isdpAid"]
        before = enabled(server)
        if before is None:
            isdr.enable_profile(first, refresh=False)
            before = profile_of(isdr, SECOND_ICCID.to_bytes())
            others = [one for one in isdr.get_profiles_info() if one["profileState"] == DISABLED]
        else:
            others = [value for value in [profile_of(isdr, SECOND_ICCID.to_bytes())] if value]
        assert before is not None
        test = install_test(server)
        isdr.enable_profile(test["isdpAid"], refresh=False)
        try:
            operational = [one for one in others if one.get("profileClass", 2) == 2]
            for other in operational[:1]:
                call = lambda: isdr.enable_profile(other["isdpAid"], refresh=False)  # noqa: B023, E731
                refused(call, "wrongProfileReenabling", "another profile than the one before")
            if server.is_v3:
                call = lambda: isdr.delete_profile(before["isdpAid"])  # noqa: E731
                refused(call, "disallowedInTestMode", "deleting the profile that comes back")
        finally:
            isdr.disable_profile(test["isdpAid"], refresh=False)
        expect(state_of(isdr, before) == ENABLED, "the profile before does not come back")
        require(bool(operational) or server.is_v3, "there is no third profile to enable in its place")


def _check(
    function: str,
    title: str,
    clause: str,
    run: Callable[[Subject], None],
    *needs: str,
    changes: bool = True,
) -> Check:
    return row("profiles", function, title, clause, run, "es10c", *needs, changes=changes)


_INFO, _ENABLE, _DISABLE, _DELETE = "GetProfilesInfo", "EnableProfile", "DisableProfile", "DeleteProfile"
_SERVER = "server"
CHECKS = (
    _check(_INFO, "GetProfilesInfo tells the mandatory members of each profile", "§5.7.15", _listed,
           changes=False),
    _check(_INFO, "GetProfilesInfo searches by ICCID, AID and class", "§5.7.15", _search, changes=False),
    _check(_INFO, "GetProfilesInfo gives the members of a tag list and no others", "§5.7.15", _tag_list,
           changes=False),
    _check(_INFO, "GetProfilesInfo refuses half a tag: incorrectInputValues", "§5.7.15", _cut_tag_list,
           changes=False),
    _check(_INFO, "At most one profile is enabled", "§3.2.1", _at_most_one, changes=False),
    _check(_ENABLE, "EnableProfile refuses the enabled profile: profileNotInDisabledState", "§5.7.16",
           _enable_enabled),
    _check(_ENABLE, "EnableProfile of what is not there: iccidOrAidNotFound", "§5.7.16",
           _unknown("enable_profile")),
    _check(_ENABLE, "EnableProfile disables the profile before", "§3.2.1, §5.7.16", _replaces, _SERVER),
    _check(_ENABLE, "EnableProfile with the refresh flag asks for a REFRESH", "§3.2.1, §5.7.16", _refresh,
           _SERVER),
    _check(_ENABLE, "EnableProfile without it shows the other files at once", "§3.2.1, §5.7.16",
           _files_follow, _SERVER),
    _check(_ENABLE, "EnableProfile and DisableProfile under ppr1: disallowedByPolicy", "§2.9.2, §5.7.16",
           _ppr1, _SERVER),
    _check(_ENABLE, "EnableProfile after a test profile: wrongProfileReenabling", "§2.4.5.3, §5.7.16",
           _test_profile, _SERVER),
    _check(_DISABLE, "DisableProfile refuses the disabled profile: profileNotInEnabledState", "§5.7.17",
           _disable_disabled),
    _check(_DISABLE, "DisableProfile of what is not there: iccidOrAidNotFound", "§5.7.17",
           _unknown("disable_profile")),
    _check(_DISABLE, "DisableProfile and EnableProfile, by ICCID and by AID", "§5.7.16, §5.7.17", _switch),
    _check(_DELETE, "DeleteProfile refuses the enabled profile: profileNotInDisabledState", "§5.7.18",
           _delete_enabled),
    _check(_DELETE, "DeleteProfile of what is not there: iccidOrAidNotFound", "§5.7.18",
           _unknown("delete_profile")),
    _check(_DELETE, "DeleteProfile under ppr2: disallowedByPolicy", "§2.9.2, §5.7.18", _ppr2, _SERVER),
)  # fmt: skip
"""The checks of this suite about states."""
