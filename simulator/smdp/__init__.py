"""SM-DP+: serves profiles to LPAs over ES9+ (SGP.22 §3.1, §5.6).

The core (`SmdpPlus`) does no input or output; `simulator.smdp.http` and `simulator.smdp.serve` put it on the
network, `simulator.smdp.sql` keeps its records on disk.
"""

from simulator.smdp.core import SmdpPlus, utc_now
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.identity import SmdpIdentity
from simulator.smdp.metadata import MetadataError, NotificationConfiguration, ProfileMetadata, ProfileOwner
from simulator.smdp.store import ConflictError, MemoryStore, Store

__all__ = [
    "ConflictError",
    "MemoryStore",
    "MetadataError",
    "NotificationConfiguration",
    "ProfileMetadata",
    "ProfileOwner",
    "Refusal",
    "RspError",
    "SmdpIdentity",
    "SmdpPlus",
    "Store",
    "utc_now",
]
