"""What EPS and 5GS make of CK and IK: KASME (TS 33.401 annex A), and RES*, HXRES*, KAUSF, KSEAF of 5G AKA
(TS 33.501 annex A).

All keys are 32 bytes; SQN ⊕ AK is the first 6 bytes of AUTN. A serving network is named by its three bytes of
PLMN (TS 24.008 §10.5.1.13) in EPS, by `serving_network_name` in 5GS.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from simulator.crypto.gba import kdf

SEPARATION_BIT: Final = 0x80
"""Of the first byte of AMF: '1' in vectors that are for EPS or 5GS only (TS 33.401 §6.1.1, TS 33.102 annex
H)."""

_FC_KASME: Final = 0x10
_FC_KAUSF: Final = 0x6A
_FC_RES_STAR: Final = 0x6B
_FC_KSEAF: Final = 0x6C


def kasme(ck: bytes, ik: bytes, plmn: bytes, concealed_sqn: bytes) -> bytes:
    """KASME of a serving network's three bytes of PLMN (TS 33.401 §A.2)."""
    return kdf(ck + ik, _FC_KASME, plmn, concealed_sqn)


def serving_network_name(mcc: str, mnc: str) -> bytes:
    """'5G:mnc001.mcc001.3gppnetwork.org': an MNC of two digits gets a zero in front (TS 24.501 §9.12.1)."""
    return f"5G:mnc{mnc.zfill(3)}.mcc{mcc}.3gppnetwork.org".encode()


def kausf(ck: bytes, ik: bytes, serving_network: bytes, concealed_sqn: bytes) -> bytes:
    """KAUSF of 5G AKA (TS 33.501 §A.2)."""
    return kdf(ck + ik, _FC_KAUSF, serving_network, concealed_sqn)


def kseaf(kausf_: bytes, serving_network: bytes) -> bytes:
    """The anchor key that the serving network gets (TS 33.501 §A.6)."""
    return kdf(kausf_, _FC_KSEAF, serving_network)


def res_star(ck: bytes, ik: bytes, serving_network: bytes, rand: bytes, res: bytes) -> bytes:
    """RES* or XRES*, 16 bytes: the last half of what the function gives (TS 33.501 §A.4)."""
    return kdf(ck + ik, _FC_RES_STAR, serving_network, rand, res)[16:]


def hxres_star(rand: bytes, xres_star: bytes) -> bytes:
    """What the serving network compares, 16 bytes: the last half of the hash (TS 33.501 §A.5)."""
    return sha256(rand + xres_star).digest()[16:]
