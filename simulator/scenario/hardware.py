"""The eUICC of a device of the world, as the manufacturer delivers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from cards.identities import Eid
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity
from simulator.euicc.core import DEFAULT_MEMORY
from simulator.euicc.features import ALLOW_PPR2, CONSUMER, V3, Features
from simulator.euicc.ports import Mep, MepMode
from simulator.network.world.model import Device
from simulator.scenario.numbering import drawn_digits
from simulator.testing.bench import entropy

_EUM: Final = "89049032"
"""Of the manufacturer of the test PKI (SGP.26)."""


@lru_cache(maxsize=4)
def pki_of(year: int) -> TestPki:
    """A PKI that is valid in this year and the eight after it: all trips of one year share it."""
    return TestPki.create(entropy=entropy(f"trips' PKI of {year}"), now=datetime(year, 1, 1, tzinfo=UTC))


@lru_cache(maxsize=64)
def _identity(year: int, eid: str) -> EuiccIdentity:
    now = datetime(year, 1, 1, tzinfo=UTC)
    draw = entropy(f"factory, {eid}")
    return EuiccIdentity.from_pki(pki_of(year), Eid(eid).to_bytes(), entropy=draw, now=now)


def euicc_of(
    device: Device, year: int, seed: int | str, clock: Callable[[], datetime], memory: int | None = None
) -> Euicc:
    """A new eUICC for the device. One of a device that has two profiles enabled at once follows SGP.22 v3
    with MEP (a simplification: phones did so by means of their own before), and then allows no PPR1 (v3
    §2.9.2.1)."""
    body = drawn_digits(22, "EID", seed, device.key)
    identity = _identity(year, str(Eid.with_check_digits(_EUM + body)))
    return Euicc(
        identity,
        entropy=entropy(f"eUICC of {device.key}, {seed}"),
        clock=clock,
        features=features_of(device),
        memory=DEFAULT_MEMORY if memory is None else memory,
    )


def features_of(device: Device) -> Features:
    """What the device's eUICC can do."""
    if device.enabled_profiles < 2:
        return CONSUMER
    mep = Mep(tuple(MepMode), device.enabled_profiles)
    return replace(CONSUMER, svn=V3, mep=mep, rules=ALLOW_PPR2)
