"""Other profiles that a device enables of itself: fallback, return, emergency (SGP.32 §3.4.5, §3.4.6)."""

from __future__ import annotations

from simulator.ipa.retrieval import associated
from simulator.ipa.setup import Setup
from simulator.ipa.steps import CheckConnectivity, IpaProcedure, Remember
from simulator.lpa.steps import SendToCard

CAUSES = {
    "execute_fallback_mechanism": "fallback",
    "return_from_fallback": "fallback",
    "enable_emergency_profile": "emergencyProfile",
    "disable_emergency_profile": "emergencyProfile",
}
"""Function → the StateChangeCause that the eIMs are told."""


def switch(setup: Setup, function: str) -> IpaProcedure[None]:
    """One of the functions in `CAUSES`, the REFRESH that follows, and a note to tell every eIM. Raises the
    error of the function."""
    eims = yield from associated()
    yield SendToCard(function)
    yield SendToCard("settle")
    for eim in eims:
        setup.memory.state_changes[eim.eim_id] = CAUSES[function]
    yield Remember()


def fall_back_without_network(setup: Setup) -> IpaProcedure[bool]:
    """The fallback profile takes over if the device has no network (§3.4.5); whether it did. Raises
    ExecuteFallbackMechanismError if there is none."""
    if (yield CheckConnectivity()):
        return False
    yield from switch(setup, "execute_fallback_mechanism")
    return True
