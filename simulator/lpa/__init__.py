"""The Local Profile Assistant, over any card link and any SM-DP+ (SGP.22 §3, §5.6, §5.7)."""

from __future__ import annotations

from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.device import Device
from simulator.lpa.device_change import MovedProfile, NewDevice, Recovery
from simulator.lpa.discovery import Event
from simulator.lpa.download import DownloadResult
from simulator.lpa.driver import Driver, Progress
from simulator.lpa.errors import (
    ActivationCodeError,
    DeviceChangeCancelled,
    DeviceChangeDelayed,
    DownloadCancelled,
    DownloadInterrupted,
    EuiccRefused,
    InstallationFailed,
    LpaError,
    RpmCancelled,
    ServerFault,
    ServerProtocolError,
    ServerRefused,
    ServerUnreachable,
)
from simulator.lpa.es9 import Es9Client, InProcessEs9
from simulator.lpa.lpa import Lpa
from simulator.lpa.retry import Patience
from simulator.lpa.rpm import Polling, RpmOutcome, RpmResult
from simulator.lpa.steps import (
    AskMove,
    AskRpm,
    AskUser,
    Decision,
    PostToServer,
    RpmCommand,
    SendToCard,
    Wait,
)

__all__ = [
    "ActivationCode",
    "ActivationCodeError",
    "AskMove",
    "AskRpm",
    "AskUser",
    "Decision",
    "Device",
    "DeviceChangeCancelled",
    "DeviceChangeDelayed",
    "DownloadCancelled",
    "DownloadInterrupted",
    "DownloadResult",
    "Driver",
    "Es9Client",
    "EuiccRefused",
    "Event",
    "InProcessEs9",
    "InstallationFailed",
    "Lpa",
    "LpaError",
    "MovedProfile",
    "NewDevice",
    "Patience",
    "Polling",
    "PostToServer",
    "Progress",
    "Recovery",
    "RpmCancelled",
    "RpmCommand",
    "RpmOutcome",
    "RpmResult",
    "SendToCard",
    "ServerFault",
    "ServerProtocolError",
    "ServerRefused",
    "ServerUnreachable",
    "Wait",
]
