"""A whole provisioning bench: PKI, SM-DP+, eUICC, LPA between them, in process, the same in each run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import shake_128
from typing import Any

from cards.isdr import Isdr
from cards.link import CardLink, InProcessLink
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity
from simulator.lpa.es9 import InProcessEs9
from simulator.lpa.lpa import Lpa
from simulator.smdp.core import SmdpPlus
from simulator.smdp.identity import SmdpIdentity
from simulator.smdp.store import MemoryStore

NOW = datetime(2026, 11, 1, tzinfo=UTC)
"""The time on the bench: it stands still."""
ADDRESS = "testsmdpplus1.example.com"


def clock() -> datetime:
    """`NOW`."""
    return NOW


def entropy(seed: str) -> Callable[[int], bytes]:
    """Random-looking bytes that are the same in every run."""
    drawn = 0

    def draw(count: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return shake_128(f"{seed} {drawn}".encode()).digest(count)

    return draw


@dataclass
class Bench:
    """One of everything. `download` orders a package and installs it; `lpa` opens an LPA on the eUICC."""

    pki: TestPki
    euicc: Euicc
    smdp: SmdpPlus
    faults: list[Exception] = field(default_factory=list)
    """What the card answered '6F00' for: faults of ours."""

    def lpa(self, link: CardLink | None = None) -> Lpa:
        """An LPA on the bench's eUICC, or on the one behind `link`."""
        return Lpa(Isdr(link or InProcessLink(self.euicc)), InProcessEs9(self.smdp))

    def download(self, upp: bytes, *, enable: bool = False, **order: Any) -> None:
        """Order the profile package `upp` (DER), with members of `SmdpPlus.add_order`, and install it."""
        matching_id = self.smdp.add_order(upp, **order)
        with self.lpa() as lpa:
            lpa.download(f"LPA:1${ADDRESS}${matching_id}")
            if enable:
                lpa.enable(lpa.profiles()[-1].iccid)
        if enable:
            self.euicc.reset()


def make_bench(pki: TestPki | None = None, seed: str = "bench") -> Bench:
    """A bench under `pki`, or under one of its own."""
    pki = pki or _test_pki()
    identity = EuiccIdentity.from_pki(pki, entropy=entropy(f"{seed}, factory"), now=NOW)
    euicc = Euicc(identity, entropy=entropy(f"{seed}, card"), clock=clock)
    bench = Bench(pki, euicc, make_smdp(pki, seed))
    euicc.card.on_fault = lambda apdu, error: bench.faults.append(error)
    return bench


def make_smdp(pki: TestPki, seed: str = "bench") -> SmdpPlus:
    """An SM-DP+ without orders, in memory."""
    identity = SmdpIdentity.from_pki(pki, ADDRESS)
    return SmdpPlus(identity, MemoryStore(), entropy=entropy(f"{seed}, server"), clock=clock)


@cache
def _test_pki() -> TestPki:
    return TestPki.create(entropy=entropy("pki"), now=NOW)


class Prototype:
    """An eUICC of which copies cost a fraction of a millisecond: they share keys and file-system images, and
    hold only what they change."""

    def __init__(self, euicc: Euicc) -> None:
        self._core = euicc.core
        self._state = euicc.core.save()
        self._atr, self._protocol = euicc.card.atr, euicc.card.protocol
        self._copies = 0

    def copy(self) -> Euicc:
        """A fresh eUICC with the same profiles, after a reset."""
        self._copies += 1
        core = self._core
        euicc = Euicc(
            core.identity,
            entropy=entropy(f"copy {self._copies}"),
            clock=core.clock,
            features=core.features,
            atr=self._atr,
            protocol=self._protocol,
        )
        euicc.core.restore(self._state)
        euicc.reset()
        return euicc
