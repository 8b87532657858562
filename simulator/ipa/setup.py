"""What an IPA is: what it can do, what its device says of itself, what it remembers (SGP.32 §4.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from asn1 import iot
from simulator.ipa.memory import Memory
from simulator.lpa.device import Device
from simulator.lpa.retry import Patience

FEATURES: Final = (
    "directRspServerCommunication",
    "indirectRspServerCommunication",
    "eimDownloadDataHandling",
    "eimCtxParams1Generation",
)
"""What every IPA of this package can do (ipaFeatures). It takes ctxParams1 and download data from an eIM, and
makes them itself for one that gives none. It verifies metadata itself."""
MINIMIZE: Final = "minimizeEsipaBytes"
PROTOCOLS: Final = ("ipaRetrieveHttps",)


@dataclass(slots=True)
class Setup:
    """An IPA, before it does anything."""

    device: Device = field(default_factory=Device)
    memory: Memory = field(default_factory=Memory)
    patience: Patience = field(default_factory=Patience)
    confirmation_code: str = ""
    """For orders that ask for one, where the eIM has none."""
    compact: bool = False
    """Save bytes: messages to an eIM leave out what it has got already (minimizeEsipaBytes)."""
    plmn: bytes = b""
    """rPLMN, the network where the device is registered, 3 bytes as in TS 24.008 §10.5.1.3; empty: none."""

    @property
    def capabilities(self) -> dict[str, Any]:
        """IpaCapabilities, as the eIM is told."""
        features = (*FEATURES, MINIMIZE) if self.compact else FEATURES
        return {
            "ipaFeatures": iot.bits("IpaCapabilities.ipaFeatures", features),
            "ipaSupportedProtocols": iot.bits("IpaCapabilities.ipaSupportedProtocols", PROTOCOLS),
        }
