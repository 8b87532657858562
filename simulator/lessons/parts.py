"""The parts that lessons run: plain SIMs, and whole provisioning benches. The same in every run."""

from __future__ import annotations

from simulator.profile import build, describe
from simulator.profile.describe import Subscription
from simulator.specimens.sim import PlainSim
from simulator.testing.bench import entropy

PIN1 = 0x01
"""Key reference of PIN 1 (TS 102 221 Table 9.3)."""


def subscription(name: str = "home-operator") -> Subscription:
    """A subscription that comes along."""
    return describe.load_shipped(name)


def package(name: str = "home-operator") -> bytes:
    """Its profile package, DER."""
    return build.build_package(subscription(name))


def plain_sim(name: str = "home-operator", seed: str = "lesson") -> PlainSim:
    """A plain SIM with this subscription, as it comes out of its envelope."""
    return PlainSim(package(name), entropy=entropy(seed))


def hexed(data: bytes) -> str:
    """Upper-case hexadecimal."""
    return data.hex().upper()
