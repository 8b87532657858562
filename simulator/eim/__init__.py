"""A test eIM, the remote manager of IoT eUICCs (SGP.32): orders for devices, results, indirect downloads.

The core (`Eim`) does no input or output; `simulator.eim.http` puts it on the network.
"""

from simulator.eim.core import Eim
from simulator.eim.errors import EimError
from simulator.eim.identity import EimIdentity
from simulator.eim.records import Device, Notification, Package, PackageKind, PackageState
from simulator.eim.store import EimStore

__all__ = [
    "Device",
    "Eim",
    "EimError",
    "EimIdentity",
    "EimStore",
    "Notification",
    "Package",
    "PackageKind",
    "PackageState",
]
