"""For tests of other people's code, and of our own: a provisioning bench in process, and the pytest plugin.

from simulator.testing import make_bench

bench = make_bench()
bench.download(package, enable=True)
assert bench.euicc.transmit(bytes.fromhex("00A40004023F00"))[-2:] == b"\\x61\\x1e"
"""

from __future__ import annotations

from simulator.testing.bench import ADDRESS, NOW, Bench, Prototype, clock, entropy, make_bench
from simulator.testing.sources import SimulatedSource

__all__ = ["ADDRESS", "NOW", "Bench", "Prototype", "SimulatedSource", "clock", "entropy", "make_bench"]
