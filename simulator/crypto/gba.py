"""Generic Bootstrapping Architecture on the UICC, GBA_U: the challenge's MAC* and the NAF keys (TS 33.220).

Ks is CK ‖ IK of a bootstrapping, 32 bytes with keys of 16 bytes each; RAND is 16 bytes.
"""

from __future__ import annotations

import hmac
from hashlib import sha1
from typing import Final

_FC_NAF_KEY: Final = 0x01
_MAC_AT: Final = 8
_MAC_LENGTH: Final = 8


def kdf(key: bytes, fc: int, *parameters: bytes) -> bytes:
    """The generic key derivation function, 32 bytes: HMAC-SHA-256 under `key` over FC and each parameter,
    which is followed by its length in two bytes (TS 33.220 §B.2.0). ValueError beyond 65535 bytes."""
    if any(len(parameter) > 0xFFFF for parameter in parameters):
        raise ValueError("a parameter of the key derivation function has at most 65535 bytes")
    text = b"".join(parameter + len(parameter).to_bytes(2, "big") for parameter in parameters)
    return hmac.digest(key, bytes((fc,)) + text, "sha256")


def ks_ext_naf(ks: bytes, rand: bytes, impi: bytes, naf_id: bytes) -> bytes:
    """The NAF key that the card hands to the terminal, 32 bytes (§B.3). IMPI is UTF-8, NAF_ID the name
    of the NAF in UTF-8 and 5 bytes of Ua security protocol identifier."""
    return kdf(ks, _FC_NAF_KEY, b"gba-me", rand, impi, naf_id)


def ks_int_naf(ks: bytes, rand: bytes, impi: bytes, naf_id: bytes) -> bytes:
    """The NAF key that never leaves the card, 32 bytes (§B.3)."""
    return kdf(ks, _FC_NAF_KEY, b"gba-u", rand, impi, naf_id)


def convert_autn(autn: bytes, ik: bytes) -> bytes:
    """AUTN* from AUTN, or AUTN from AUTN*: MAC* = MAC ⊕ Trunc(SHA-1(IK)), the first 64 bits (§5.3.2).

    AUTN is SQN ⊕ AK (6 bytes), AMF (2) and MAC (8).
    """
    # The clause names SHA-1; it hides the MAC from a terminal that would bootstrap without the card.
    mask = sha1(ik, usedforsecurity=False).digest()[:_MAC_LENGTH]
    mac = bytes(a ^ b for a, b in zip(autn[_MAC_AT:], mask, strict=True))
    return autn[:_MAC_AT] + mac
