"""A whole provisioning bench in one fixture: PKI, SM-DP+, eUICC and the LPA between them, all in process."""

from __future__ import annotations

import pytest

from simulator.crypto.pki import TestPki
from simulator.testing import ADDRESS, NOW, Bench, clock, entropy, make_bench

__all__ = ["ADDRESS", "NOW", "Bench", "clock", "entropy", "make_bench"]


@pytest.fixture(scope="session")
def test_pki() -> TestPki:
    return TestPki.create(entropy=entropy("pki"), now=NOW)


@pytest.fixture
def bench(test_pki: TestPki) -> Bench:
    return make_bench(test_pki)
