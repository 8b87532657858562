"""For tests of other people's code, and of our own: a provisioning bench in process, and the pytest plugin.

from simulator.testing import make_bench

bench = make_bench()
bench.download(package, enable=True)
assert bench.euicc.transmit(bytes.fromhex("00A40004023F00"))[-2:] == b"\\x61\\x1e"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.testing.bench import ADDRESS, NOW, Bench, Prototype, clock, entropy, make_bench
    from simulator.testing.sources import SimulatedSource

__all__ = ["ADDRESS", "NOW", "Bench", "Prototype", "SimulatedSource", "clock", "entropy", "make_bench"]


def __getattr__(name: str) -> Any:
    # pytest loads the plugin, and so this package, in every run: what costs time waits until it is asked for.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module = "sources" if name == "SimulatedSource" else "bench"
    return getattr(importlib.import_module(f"simulator.testing.{module}"), name)
