"""Notifications, nicknames and addresses on an eUICC (SGP.22 §3.5, §5.7.4, §5.7.9 to §5.7.11, §5.7.21)."""

from __future__ import annotations

from collections.abc import Callable

from cards import Iccid
from simulator.conformance.model import Check, Subject, expect
from simulator.conformance.outcomes import refused, refused_by_status, row
from simulator.conformance.server import ICCID, serving
from simulator.conformance.states import ENABLED, back, enabled, profiles, state_of


def _nickname(subject: Subject) -> None:
    with profiles(subject) as (isdr, listed):
        iccid = Iccid.from_bytes(listed[0]["iccid"])
        before = listed[0].get("profileNickname", "")
        try:
            for name in ("Conformance", "\u7535\u8bdd " + "x" * 57):
                isdr.set_nickname(iccid, name)
                (found,) = isdr.get_profiles_info(("iccid", listed[0]["iccid"]))
                expect(found.get("profileNickname") == name, "the nickname is not the one that was set")
            isdr.set_nickname(iccid, "")
            (found,) = isdr.get_profiles_info(("iccid", listed[0]["iccid"]))
            expect(not found.get("profileNickname"), "the nickname is still there after it was removed")
        finally:
            isdr.set_nickname(iccid, before)


def _events(subject: Subject) -> None:
    """Enabling, disabling and deletion are told to whom the profile names, once each, with rising numbers."""
    with serving(subject) as server:
        isdr, before = server.isdr, enabled(server)
        start = max((one["seqNumber"] for one in isdr.list_notification()), default=0)
        aid = server.profile()["isdpAid"]
        isdr.enable_profile(aid, refresh=False)
        back(server, aid, before)
        if state_of(isdr, {"isdpAid": aid}) == ENABLED:
            isdr.disable_profile(aid, refresh=False)
        isdr.delete_profile(aid)
        told = [
            (one["seqNumber"], one["profileManagementOperation"][1] - 1, one["notificationAddress"])
            for one in isdr.list_notification()
            if one.get("iccid") == ICCID.to_bytes() and one["seqNumber"] > start
        ]
        address = server.equipment.address
        wanted = [(0, address), (1, address), (2, address), (3, address)]
        found = [(event, where) for _, event, where in sorted(told)]
        expect(
            found == wanted, f"{len(found)} notifications wait in place of install, enable, disable, delete"
        )


def _signed(subject: Subject) -> None:
    """A notification brings its certificates and a signature that verifies: a server of ours takes it."""
    with serving(subject) as server:
        server.profile()
        server.isdr.delete_profile(ICCID)
        smdp = server.equipment.smdp()
        listed = [
            one["seqNumber"]
            for one in server.isdr.list_notification("notificationDelete")
            if one.get("iccid") == ICCID.to_bytes()
        ]
        expect(bool(listed), "the deletion does not wait to be told")
        (pending,) = server.isdr.retrieve_notifications_list(listed[-1])
        expect(pending[0] == "otherSignedNotification", f"it comes as {pending[0]}")
        smdp.handle_notification({"pendingNotification": pending})


def _removed(subject: Subject) -> None:
    """A notification is there until it is removed, and can be removed once."""
    with serving(subject) as server:
        isdr = server.isdr
        server.profile()
        number = max(one["seqNumber"] for one in isdr.list_notification("notificationInstall"))
        isdr.remove_notification_from_list(number)
        left = [one["seqNumber"] for one in isdr.list_notification()]
        expect(number not in left, "the notification is still listed")
        expect(not isdr.retrieve_notifications_list(number), "the notification can still be retrieved")
        call = lambda: isdr.remove_notification_from_list(number)  # noqa: E731
        refused(call, "nothingToDelete", "removing it once more")


def _kept(subject: Subject) -> None:
    """A reset loses no notification, and no number is used again."""
    with serving(subject) as server:
        isdr = server.isdr
        server.profile()
        before = isdr.list_notification()
        isdr.restart()
        expect(isdr.list_notification() == before, "a reset changes the list of notifications")
        highest = max(one["seqNumber"] for one in before)
        isdr.remove_notification_from_list(highest)
        isdr.delete_profile(ICCID)
        numbers = [one["seqNumber"] for one in isdr.list_notification("notificationDelete")]
        expect(max(numbers, default=0) > highest, "the number of a notification is used again")


def _by_event(subject: Subject) -> None:
    """ListNotification and RetrieveNotificationsList find by event what the whole list has of it."""
    with serving(subject) as server:
        isdr = server.isdr
        server.profile()
        isdr.delete_profile(ICCID)
        everything = isdr.list_notification()
        for bit, name in enumerate(("Install", "Enable", "Disable", "Delete")):
            listed = isdr.list_notification(f"notification{name}")
            expected = [one for one in everything if one["profileManagementOperation"][1] == bit + 1]
            expect(listed == expected, f"notification{name} lists {len(listed)} in place of {len(expected)}")
            retrieved = isdr.retrieve_notifications_list(operation=f"notification{name}")
            number = f"{len(retrieved)} in place of {len(expected)}"
            expect(len(retrieved) == len(expected), f"notification{name} retrieves {number}")


# SetDefaultDpAddress, §5.7.4


def _default_address(subject: Subject) -> None:
    with subject.isdr() as isdr:
        before = isdr.get_euicc_configured_addresses().get("defaultDpAddress", "")
        try:
            isdr.set_default_dp_address("conformance.example.com")
            told = isdr.get_euicc_configured_addresses().get("defaultDpAddress", "")
            expect(told == "conformance.example.com", f"the default address is {told!r}")
            isdr.set_default_dp_address("")
            told = isdr.get_euicc_configured_addresses().get("defaultDpAddress", "")
            expect(not told, f"the default address is {told!r} after it was removed")
        finally:
            isdr.set_default_dp_address(before)


def _default_ci(subject: Subject) -> None:
    with subject.isdr() as isdr:
        call = lambda: isdr.set_default_dp_address("conformance.example.com", bytes(20))  # noqa: E731
        refused(call, "unsupportedCiPKId", "a CI that the eUICC does not trust")


def _load_crl_gone(subject: Subject) -> None:
    with subject.isdr() as isdr:
        call = lambda: isdr.store_data(bytes.fromhex("BF350430020500"))  # noqa: E731
        refused_by_status(call, (0x6A88,), "LoadCRL, which version 3 does not have")


def _check(
    function: str,
    title: str,
    clause: str,
    run: Callable[[Subject], None],
    *needs: str,
    changes: bool = True,
) -> Check:
    return row("profiles", function, title, clause, run, "es10c", *needs, changes=changes)


_SERVER = "server"
CHECKS = (
    _check("SetNickname", "SetNickname sets and removes, 64 bytes of UTF-8 too", "§5.7.21", _nickname),
    _check("ListNotification", "Each event of a profile is told, in its order", "§3.5, §5.7.9", _events,
           _SERVER),
    _check("ListNotification", "ListNotification finds by event", "§5.7.9, §5.7.10", _by_event, _SERVER),
    _check("ListNotification", "Notifications outlive a reset; no number comes twice", "§3.5", _kept,
           _SERVER),
    _check("RetrieveNotificationsList", "A notification is signed, and a server verifies it",
           "§4.1.10, §5.7.10", _signed, _SERVER),
    _check("RemoveNotificationFromList", "RemoveNotificationFromList removes once: nothingToDelete",
           "§5.7.11", _removed, _SERVER),
    _check("SetDefaultDpAddress", "SetDefaultDpAddress sets and removes", "§5.7.4", _default_address),
    _check("SetDefaultDpAddress", "SetDefaultDpAddress with a CI that is not trusted: unsupportedCiPKId",
           "§5.7.4", _default_ci, "version3"),
    _check("LoadCRL", "LoadCRL is unknown to version 3: 6A88", "v3 §5.7", _load_crl_gone, "version3"),
)  # fmt: skip
"""The checks of this suite about notifications."""
