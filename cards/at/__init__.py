"""Cards behind modems: APDUs in AT commands (3GPP TS 27.007 §8.17, §8.18, §8.43 to §8.46).

A modem gives its card away in one of three ways, each a link here: `CsimLink` takes any APDU, `CglaLink`
any on logical channels that the modem opens, `CrsmLink` only what reads and writes files. `open_modem` finds
out which. `Modem` is the other side: it plays a modem around a card.
"""

from __future__ import annotations

from cards.at.client import AtClient, AtPort, ModemError, ModemSilent, SerialPort
from cards.at.detect import MODES, open_modem
from cards.at.links import CglaLink, CsimLink
from cards.at.modem import Modem
from cards.at.restricted import CrsmLink

__all__ = [
    "MODES",
    "AtClient",
    "AtPort",
    "CglaLink",
    "CrsmLink",
    "CsimLink",
    "Modem",
    "ModemError",
    "ModemSilent",
    "SerialPort",
    "open_modem",
]
