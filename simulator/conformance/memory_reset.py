"""eUICCMemoryReset, and what waits for a REFRESH (SGP.22 §5.7.19, §5.7.16, §5.7.17).

A memory reset would take others' profiles away, so it runs only where there are none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cards import Isdr
from simulator.conformance.model import Check, NotApplicable, Subject, expect, require
from simulator.conformance.outcomes import profile_of, refused, row
from simulator.conformance.server import ICCID, SECOND_ICCID, Server, serving
from simulator.conformance.states import back, enabled, install_test

_CALLS: Final[dict[str, Callable[[Isdr, bytes, bytes], object]]] = {
    "enable": lambda isdr, enabled, other: isdr.enable_profile(other),
    "disable": lambda isdr, enabled, other: isdr.disable_profile(enabled),
    "reset": lambda isdr, enabled, other: isdr.euicc_memory_reset("deleteOperationalProfiles"),
}
"""What would ask for another REFRESH."""


def _busy(function: str) -> Callable[[Subject], None]:
    """While a REFRESH waits another one cannot be asked for: catBusy."""

    def run(subject: Subject) -> None:
        with serving(subject) as server:
            isdr, before = server.isdr, enabled(server)
            first = server.profile()["isdpAid"]
            second = server.profile(SECOND_ICCID)["isdpAid"]
            isdr.enable_profile(first)
            try:
                refused(lambda: _CALLS[function](isdr, first, second), "catBusy", "while a REFRESH waits")
            finally:
                isdr.restart()
                back(server, first, before)

    return run


def _only_ours(server: Server) -> None:
    others = server.isdr.get_profiles_info()
    require(not others, "there are profiles on the eUICC, which a memory reset would delete")


def _reset_operational(subject: Subject) -> None:
    with serving(subject) as server:
        _only_ours(server)
        aid = server.profile()["isdpAid"]
        server.profile(SECOND_ICCID)
        server.isdr.enable_profile(aid, refresh=False)
        server.isdr.euicc_memory_reset("deleteOperationalProfiles")
        left = server.isdr.get_profiles_info()
        expect(not left, f"{len(left)} profiles are left")
        expect(bool(server.isdr.pending_proactive), "the enabled profile went, and no REFRESH is asked for")
        events = [
            one["profileManagementOperation"] for one in server.isdr.list_notification("notificationDelete")
        ]
        expect(len(events) >= 2, f"{len(events)} deletions wait to be told in place of 2")
        server.isdr.restart()


def _reset_test(subject: Subject) -> None:
    """Test profiles alone; operational ones stay."""
    with serving(subject) as server:
        _only_ours(server)
        server.profile(SECOND_ICCID)
        install_test(server)
        server.isdr.euicc_memory_reset("deleteFieldLoadedTestProfiles")
        left = [one["iccid"] for one in server.isdr.get_profiles_info()]
        expect(left == [SECOND_ICCID.to_bytes()], f"{len(left)} profiles are left in place of one")


def _reset_address(subject: Subject) -> None:
    """The default address alone; profiles stay."""
    with serving(subject) as server:
        isdr = server.isdr
        before = isdr.get_euicc_configured_addresses().get("defaultDpAddress", "")
        server.profile()
        isdr.set_default_dp_address("conformance.example.com")
        try:
            isdr.euicc_memory_reset("resetDefaultSmdpAddress")
            left = isdr.get_euicc_configured_addresses().get("defaultDpAddress", "")
            # An eUICC may have an address from its making, which the reset brings back.
            expect(left != "conformance.example.com", "the default address is still the one that was set")
            expect(profile_of(isdr, ICCID.to_bytes()) is not None, "a profile is gone")
        finally:
            isdr.set_default_dp_address(before)


def _reset_nothing(subject: Subject) -> None:
    with subject.isdr() as isdr:
        classes = {one.get("profileClass", 2) for one in isdr.get_profiles_info()}
        if 0 not in classes:
            option = "deleteFieldLoadedTestProfiles"
        elif 2 not in classes:
            option = "deleteOperationalProfiles"
        else:
            raise NotApplicable("there are profiles of each class on the eUICC")
        refused(lambda: isdr.euicc_memory_reset(option), "nothingToDelete", option)


def _check(
    function: str,
    title: str,
    clause: str,
    run: Callable[[Subject], None],
    *needs: str,
    changes: bool = True,
) -> Check:
    return row("profiles", function, title, clause, run, "es10c", *needs, changes=changes)


_RESET, _SERVER = "eUICCMemoryReset", "server"
CHECKS = (
    _check(_RESET, "eUICCMemoryReset of operational profiles", "§5.7.19", _reset_operational, _SERVER),
    _check(_RESET, "eUICCMemoryReset of test profiles", "§5.7.19", _reset_test, _SERVER),
    _check(_RESET, "eUICCMemoryReset of the default address", "§5.7.19", _reset_address, _SERVER),
    _check(_RESET, "eUICCMemoryReset of what is not there: nothingToDelete", "§5.7.19", _reset_nothing),
    _check(_RESET, "eUICCMemoryReset while a REFRESH waits: catBusy", "§5.7.19", _busy("reset"), _SERVER),
    _check("EnableProfile", "EnableProfile while a REFRESH waits: catBusy", "§5.7.16", _busy("enable"),
           _SERVER),
    _check("DisableProfile", "DisableProfile while a REFRESH waits: catBusy", "§5.7.17", _busy("disable"),
           _SERVER),
)  # fmt: skip
"""The checks of this suite about resetting the memory."""
