"""The Local Profile Assistant, over any card link and any SM-DP+ (SGP.22 §3, §5.6, §5.7)."""

from __future__ import annotations

from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.download import Device, DownloadResult
from simulator.lpa.driver import Driver, Progress
from simulator.lpa.errors import (
    ActivationCodeError,
    DownloadCancelled,
    EuiccRefused,
    InstallationFailed,
    LpaError,
    ServerProtocolError,
    ServerRefused,
    ServerUnreachable,
)
from simulator.lpa.es9 import Es9Client, InProcessEs9
from simulator.lpa.lpa import Lpa
from simulator.lpa.steps import AskUser, Decision, PostToServer, SendToCard

__all__ = [
    "ActivationCode",
    "ActivationCodeError",
    "AskUser",
    "Decision",
    "Device",
    "DownloadCancelled",
    "DownloadResult",
    "Driver",
    "Es9Client",
    "EuiccRefused",
    "InProcessEs9",
    "InstallationFailed",
    "Lpa",
    "LpaError",
    "PostToServer",
    "Progress",
    "SendToCard",
    "ServerProtocolError",
    "ServerRefused",
    "ServerUnreachable",
]
