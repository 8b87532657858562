"""A whole provisioning bench in one fixture: PKI, SM-DP+, eUICC and the LPA between them, all in process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import shake_128

import pytest

from cards import InProcessLink
from cards.isdr import Isdr
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity
from simulator.lpa.es9 import InProcessEs9
from simulator.lpa.lpa import Lpa
from simulator.smdp.core import SmdpPlus
from simulator.smdp.identity import SmdpIdentity
from simulator.smdp.store import MemoryStore

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ADDRESS = "testsmdpplus1.example.com"


def clock() -> datetime:
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

    def lpa(self) -> Lpa:
        return Lpa(Isdr(InProcessLink(self.euicc)), InProcessEs9(self.smdp))

    def download(self, upp: bytes, *, enable: bool = False, **order: object) -> None:
        matching_id = self.smdp.add_order(upp, **order)  # type: ignore[arg-type]
        with self.lpa() as lpa:
            lpa.download(f"LPA:1${ADDRESS}${matching_id}")
            if enable:
                lpa.enable(lpa.profiles()[-1].iccid)
        if enable:
            self.euicc.reset()


def make_bench(pki: TestPki, seed: str = "bench") -> Bench:
    identity = EuiccIdentity.from_pki(pki, entropy=entropy(f"{seed}, factory"), now=NOW)
    euicc = Euicc(identity, entropy=entropy(f"{seed}, card"), clock=clock)
    server = SmdpIdentity.from_pki(pki, ADDRESS)
    smdp = SmdpPlus(server, MemoryStore(), entropy=entropy(f"{seed}, server"), clock=clock)
    bench = Bench(pki, euicc, smdp)
    euicc.card.on_fault = lambda apdu, error: bench.faults.append(error)
    return bench


@pytest.fixture(scope="session")
def test_pki() -> TestPki:
    return TestPki.create(entropy=entropy("pki"), now=NOW)


@pytest.fixture
def bench(test_pki: TestPki) -> Bench:
    return make_bench(test_pki)
