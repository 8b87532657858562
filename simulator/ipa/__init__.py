"""The IoT Profile Assistant, over any card link, any eIM and any SM-DP+ (SGP.32 v1.2)."""

from __future__ import annotations

from simulator.ipa.eim import Eim, read_eims
from simulator.ipa.errors import (
    EimFileError,
    EimProtocolError,
    EimRefused,
    EimUnreachable,
    EmergencyActive,
    NoConnectivity,
    NotAnIotEuicc,
    UnusablePackage,
)
from simulator.ipa.esipa import EsipaClient, InProcessEsipa
from simulator.ipa.ipa import Ipa
from simulator.ipa.memory import Memory
from simulator.ipa.retrieval import Handled
from simulator.ipa.setup import Setup

__all__ = [
    "Eim",
    "EimFileError",
    "EimProtocolError",
    "EimRefused",
    "EimUnreachable",
    "EmergencyActive",
    "EsipaClient",
    "Handled",
    "InProcessEsipa",
    "Ipa",
    "Memory",
    "NoConnectivity",
    "NotAnIotEuicc",
    "Setup",
    "UnusablePackage",
    "read_eims",
]
