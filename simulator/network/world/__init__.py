"""The mobile world as tables: countries, bands, operators, agreements, devices, offers, with their sources.

`load()` reads the YAML files beside this one, strictly and once; `model` has the values, `queries` what is
asked of them, `checks` what must hold.
"""

from simulator.network.world.loading import load, read
from simulator.network.world.queries import World

__all__ = ["World", "load", "read"]
