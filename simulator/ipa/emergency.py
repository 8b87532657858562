"""The profile for emergency calls: while it is enabled, nothing else is done (SGP.32 §3.4.6, §5.9.22)."""

from __future__ import annotations

from simulator.ipa.errors import EmergencyActive
from simulator.ipa.steps import IpaProcedure
from simulator.lpa.steps import SendToCard

ENABLED = 1
TAGS = bytes.fromhex("5A9F709F7B")
"""ICCID, state and ecallIndication of ProfileInfo."""


def is_in_emergency() -> IpaProcedure[bool]:
    """Whether the emergency profile is enabled; asked only of an eUICC that supports one."""
    info2 = yield SendToCard("get_euicc_info2")
    if "ecallSupported" not in info2.get("iotSpecificInfo", {}):
        return False
    profiles = yield SendToCard("get_profiles_info", (None, TAGS))
    return any(item.get("ecallIndication") and item.get("profileState") == ENABLED for item in profiles)


def refuse_in_emergency() -> IpaProcedure[None]:
    """EmergencyActive while the emergency profile is enabled."""
    if (yield from is_in_emergency()):
        raise EmergencyActive
