"""Remote management of a card over SMS-PP (TS 31.115, TS 102 225, TS 102 226)."""

from simulator.uicc.ota.configuration import (
    AccessDomain,
    ApplicationTarget,
    FileTarget,
    KeySet,
    OtaConfiguration,
    configuration_of,
)
from simulator.uicc.ota.receiver import Ota

__all__ = [
    "AccessDomain",
    "ApplicationTarget",
    "FileTarget",
    "KeySet",
    "Ota",
    "OtaConfiguration",
    "configuration_of",
]
