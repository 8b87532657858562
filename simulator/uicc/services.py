"""Service tables of USIM and ISIM: which optional services a command may rely on (TS 31.102 §4.2.8,
TS 31.103 §4.2.7)."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.uicc.index import Node

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel


class Naa(Enum):
    """The network access applications that have a service table: RID and PIX of their AIDs (TS 101 220
    annex E), and the identifier of the table."""

    USIM = bytes.fromhex("A0000000871002"), 0x6F38
    ISIM = bytes.fromhex("A0000000871004"), 0x6F07

    def __init__(self, prefix: bytes, table: int) -> None:
        self.prefix = prefix
        self.table = table

    __hash__ = object.__hash__
    """By identity: Enum's own hash is computed in Python each time."""


class Service(NamedTuple):
    """A service of EF.UST or EF.IST that a command depends on."""

    naa: Naa
    number: int
    name: str
    clause: str
    """Where the command's clause makes itself depend on the service."""


GSM_ACCESS: Final = Service(Naa.USIM, 27, "GSM Access", "TS 31.102 §7.1.2.1")
CALL_CONTROL: Final = Service(Naa.USIM, 30, "Call Control by USIM", "TS 31.111 §7.3.1")
MO_SMS_CONTROL: Final = Service(Naa.USIM, 31, "MO-SMS Control by USIM", "TS 31.111 §7.3.2")
GSM_SECURITY_CONTEXT: Final = Service(Naa.USIM, 38, "GSM security context", "TS 31.102 §7.1.1.1")
VGCS_SECURITY: Final = Service(Naa.USIM, 64, "VGCS security", "TS 31.102 §7.1.1.2")
VBS_SECURITY: Final = Service(Naa.USIM, 65, "VBS security", "TS 31.102 §7.1.1.2")
GBA: Final = Service(Naa.USIM, 68, "Generic Bootstrapping Architecture (GBA)", "TS 31.102 §7.1.1.3")
MBMS_SECURITY: Final = Service(Naa.USIM, 69, "MBMS security", "TS 31.102 §7.1.1.5")
SUBSCRIPTION_IDENTIFIER_PRIVACY: Final = Service(
    Naa.USIM, 124, "Subscription identifier privacy support", "TS 31.102 §7.5.1"
)
SUCI_BY_USIM: Final = Service(Naa.USIM, 125, "SUCI calculation by the USIM", "TS 31.102 §7.5.1")
SUPI_NAI: Final = Service(Naa.USIM, 130, "Support for SUPI of type NSI or GLI or GCI", "TS 31.102 §7.5.2")
GBA_ISIM: Final = Service(Naa.ISIM, 2, "Generic Bootstrapping Architecture (GBA)", "TS 31.103 §7.1.1.3")

SERVICES: Final = (
    GSM_ACCESS,
    CALL_CONTROL,
    MO_SMS_CONTROL,
    GSM_SECURITY_CONTEXT,
    VGCS_SECURITY,
    VBS_SECURITY,
    GBA,
    MBMS_SECURITY,
    SUBSCRIPTION_IDENTIFIER_PRIVACY,
    SUCI_BY_USIM,
    SUPI_NAI,
    GBA_ISIM,
)


def naa_of(adf: Node | None) -> Naa | None:
    """Which application an ADF is, by its AID; None for any other, and for none."""
    return None if adf is None else _naa_with(adf.df.aid)


@lru_cache(maxsize=256)
def _naa_with(aid: bytes) -> Naa | None:
    return next((naa for naa in Naa if aid.startswith(naa.prefix)), None)


def has_service(channel: Channel, adf: Node, number: int) -> bool:
    """Whether the ADF's service table says that service `number` (from 1) is available.

    EF.UST is mandatory: a USIM that came without one is taken to have every service. EF.IST is optional,
    and without it an ISIM has none.
    """
    return _holds(channel, adf, naa_of(adf), number)


def _holds(channel: Channel, adf: Node, naa: Naa | None, number: int) -> bool:
    table = adf.by_fid.get(naa.table) if naa else None
    if table is None:
        return naa is Naa.USIM
    byte, bit = divmod(number - 1, 8)
    body = channel.files.body(table)
    return byte < len(body) and bool(body[byte] >> bit & 1)


def is_available(channel: Channel, adf: Node, service: Service) -> bool:
    """Whether a service of the table above is available in the ADF, which must be of its application."""
    return naa_of(adf) is service.naa and _holds(channel, adf, service.naa, service.number)
