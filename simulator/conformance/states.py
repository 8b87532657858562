"""What checks of profiles ask again and again: which are there, which is enabled, and how to go back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from asn1 import rsp
from cards import Isdr
from cards.errors import CardError
from simulator.conformance.model import Subject, require
from simulator.conformance.outcomes import Value
from simulator.conformance.server import Server, forget_notifications

DISABLED: Final = 0
ENABLED: Final = 1
"""profileState."""


@contextmanager
def profiles(subject: Subject) -> Iterator[tuple[Isdr, list[Value]]]:
    """The ISD-R and its profiles, of which there must be one. What is to be told afterwards is forgotten."""
    with subject.isdr() as isdr:
        listed = isdr.get_profiles_info()
        require(bool(listed), "there is no profile on the eUICC to check with")
        before = {one["seqNumber"] for one in isdr.list_notification()}
        try:
            yield isdr, listed
        finally:
            with suppress(CardError):
                forget_notifications(isdr, before)


def in_state(listed: list[Value], state: int) -> Value:
    """The first profile in this state; NotApplicable if there is none."""
    found = [profile for profile in listed if profile["profileState"] == state]
    require(
        bool(found), f"there is no {'enabled' if state else 'disabled'} profile on the eUICC to check with"
    )
    return found[0]


def state_of(isdr: Isdr, profile: Value) -> int:
    """profileState of a profile now."""
    (found,) = isdr.get_profiles_info(("isdpAid", profile["isdpAid"]))
    state: int = found["profileState"]
    return state


def enabled(server: Server) -> Value | None:
    """The profile that is enabled."""
    found = [one for one in server.isdr.get_profiles_info() if one["profileState"] == ENABLED]
    return found[0] if found else None


def back(server: Server, aid: bytes, before: Value | None) -> None:
    """The profile that was enabled before is enabled again, or none."""
    if before is None:
        server.isdr.disable_profile(aid, refresh=False)
    else:
        server.isdr.enable_profile(before["isdpAid"], refresh=False)


def install_test(server: Server) -> Value:
    """A test profile; NotApplicable where the eUICC takes none."""
    octets, length = server.isdr.get_euicc_info2()["rspCapability"]
    bit = rsp.names("RspCapability")["testProfileSupport"]
    has = bit < length and bool(octets[bit // 8] & 0x80 >> bit % 8)
    require(has, "the eUICC takes no test profiles")
    return server.profile(is_test=True)
