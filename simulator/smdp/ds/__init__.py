"""SM-DS: tells LPAs which servers have something for their eUICC (SGP.22 §3.6, §5.8, §5.9).

The core (`SmDs`) does no input or output; `simulator.smdp.ds.http` puts it on the network.
"""

from simulator.smdp.ds.core import Registrar, SmDs
from simulator.smdp.ds.identity import DsIdentity
from simulator.smdp.ds.store import DsMemoryStore, DsStore, Event, EventType

__all__ = ["DsIdentity", "DsMemoryStore", "DsStore", "Event", "EventType", "Registrar", "SmDs"]
