"""Concealing a subscription permanent identifier: the SUCI's protection schemes (TS 33.501 §6.12, annex C).

The null scheme, ECIES Profile A (X25519) and Profile B (secp256r1 with compressed points); both profiles
use the ANSI X9.63 key derivation with SHA-256, AES-128 in counter mode and 8 bytes of HMAC-SHA-256. The
card conceals with an ephemeral key that is handed in, the home network reveals.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from enum import IntEnum
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulator.crypto.ecc import Curve, Entropy, one_time_key, private_key
from simulator.crypto.errors import CryptoError, KeyFormatError


class ProtectionScheme(IntEnum):
    """Protection Scheme Identifier, TS 33.501 §C.1; 3 to 11 are reserved, 12 to 15 the operator's own."""

    NULL = 0
    PROFILE_A = 1
    PROFILE_B = 2


class SchemeOutputError(CryptoError):
    """A scheme output that the home network cannot have been meant to open: too short, or a wrong MAC."""


_ENCRYPTION_KEY_LENGTH: Final = 16
_COUNTER_BLOCK_LENGTH: Final = 16
_MAC_KEY_LENGTH: Final = 32
_MAC_LENGTH: Final = 8
"""enckeylen, icblen, mackeylen and maclen in bytes, the same for both profiles (§C.3.4)."""


def x963_kdf(secret: bytes, shared_info: bytes, length: int) -> bytes:
    """ANSI X9.63 key derivation with SHA-256: `length` bytes (SEC 1 §3.6.1)."""
    blocks = range(1, -(-length // 32) + 1)
    derived = b"".join(sha256(secret + count.to_bytes(4, "big") + shared_info).digest() for count in blocks)
    return derived[:length]


class _Curve(NamedTuple):
    """What makes a profile of ECIES: the length of its public key on the wire, and the key agreement."""

    key_length: int
    public: Callable[[bytes], bytes]
    """The public key, as the scheme output carries it, that belongs to a private one of 32 bytes."""
    agree: Callable[[bytes, bytes], bytes]
    """(own private key, the other's public key) → shared secret, 32 bytes."""


def _x25519(private: bytes) -> X25519PrivateKey:
    if len(private) != 32:
        raise KeyFormatError(f"an X25519 private key has 32 bytes, this one has {len(private)}")
    return X25519PrivateKey.from_private_bytes(private)


def _x25519_public(private: bytes) -> bytes:
    return _x25519(private).public_key().public_bytes_raw()


def _x25519_agree(private: bytes, public: bytes) -> bytes:
    if len(public) != 32:
        raise KeyFormatError(f"an X25519 public key has 32 bytes, this one has {len(public)}")
    try:
        return _x25519(private).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise KeyFormatError(f"the X25519 public key {public.hex()} leads to the all-zero secret") from None


def _p256(private: bytes) -> ec.EllipticCurvePrivateKey:
    return private_key(Curve.NIST_P256, int.from_bytes(private, "big"))


def _p256_public(private: bytes) -> bytes:
    return _p256(private).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def _p256_agree(private: bytes, public: bytes) -> bytes:
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    except ValueError:
        raise KeyFormatError(f"{public.hex()} is no point of secp256r1") from None
    return _p256(private).exchange(ec.ECDH(), point)


_CURVES: Final = {
    ProtectionScheme.PROFILE_A: _Curve(32, _x25519_public, _x25519_agree),  # §C.3.4.1
    ProtectionScheme.PROFILE_B: _Curve(33, _p256_public, _p256_agree),  # §C.3.4.2
}


def ephemeral_private_key(scheme: ProtectionScheme, entropy: Entropy) -> bytes:
    """A fresh private key, 32 bytes, for one concealment; empty for the null scheme, which needs none."""
    if scheme is ProtectionScheme.NULL:
        return b""
    if scheme is ProtectionScheme.PROFILE_A:
        return entropy(32)
    return one_time_key(Curve.NIST_P256, entropy).private_numbers().private_value.to_bytes(32, "big")


def public_key(scheme: ProtectionScheme, private: bytes) -> bytes:
    """The public key of a profile that belongs to `private` (32 bytes): 32 bytes in Profile A, the
    compressed point of 33 in Profile B. KeyFormatError if `private` is none; KeyError for the null scheme."""
    return _CURVES[scheme].public(private)


def _mac(key: bytes, ciphertext: bytes) -> bytes:
    return hmac.digest(key, ciphertext, "sha256")[:_MAC_LENGTH]


def _keys(secret: bytes, ephemeral_public: bytes) -> tuple[bytes, bytes, bytes]:
    """Encryption key, initial counter block and MAC key (§C.3.2)."""
    mac_at = _ENCRYPTION_KEY_LENGTH + _COUNTER_BLOCK_LENGTH
    derived = x963_kdf(secret, ephemeral_public, mac_at + _MAC_KEY_LENGTH)
    return derived[:_ENCRYPTION_KEY_LENGTH], derived[_ENCRYPTION_KEY_LENGTH:mac_at], derived[mac_at:]


def _in_counter_mode(key: bytes, counter: bytes, data: bytes) -> bytes:
    return Cipher(AES(key), CTR(counter)).encryptor().update(data)


def split(scheme: ProtectionScheme, scheme_output: bytes) -> tuple[bytes, bytes, bytes]:
    """Ephemeral public key (32 or 33 bytes), ciphertext and MAC (8 bytes) of a profile's scheme output.

    SchemeOutputError if it is too short for them, KeyError for the null scheme.
    """
    key_length = _CURVES[scheme].key_length
    if len(scheme_output) < key_length + _MAC_LENGTH:
        raise SchemeOutputError(f"{len(scheme_output)} bytes hold no key, ciphertext and MAC")
    return scheme_output[:key_length], scheme_output[key_length:-_MAC_LENGTH], scheme_output[-_MAC_LENGTH:]


def conceal(
    scheme: ProtectionScheme, scheme_input: bytes, home_network_public_key: bytes, ephemeral_private: bytes
) -> bytes:
    """The scheme output: ephemeral public key ‖ ciphertext ‖ MAC, or the input itself in the null scheme
    (TS 33.501 §C.2, §C.3.2).

    `home_network_public_key` is 32 bytes in Profile A, in Profile B a point of 33 (compressed) or 65 bytes;
    both keys are empty in the null scheme. KeyFormatError if a key is none of its curve.
    """
    if scheme is ProtectionScheme.NULL:
        return scheme_input
    curve = _CURVES[scheme]
    ephemeral_public = curve.public(ephemeral_private)
    secret = curve.agree(ephemeral_private, home_network_public_key)
    key, counter, mac_key = _keys(secret, ephemeral_public)
    ciphertext = _in_counter_mode(key, counter, scheme_input)
    return ephemeral_public + ciphertext + _mac(mac_key, ciphertext)


def reveal(scheme: ProtectionScheme, scheme_output: bytes, home_network_private_key: bytes) -> bytes:
    """The scheme input, as the home network finds it (TS 33.501 §C.3.3). The key is 32 bytes.

    SchemeOutputError if the output is too short or its MAC wrong, KeyFormatError if a key is none.
    """
    if scheme is ProtectionScheme.NULL:
        return scheme_output
    ephemeral_public, ciphertext, mac = split(scheme, scheme_output)
    secret = _CURVES[scheme].agree(home_network_private_key, ephemeral_public)
    key, counter, mac_key = _keys(secret, ephemeral_public)
    if not hmac.compare_digest(_mac(mac_key, ciphertext), mac):
        raise SchemeOutputError("the MAC of the scheme output is wrong")
    return _in_counter_mode(key, counter, ciphertext)


def msin_input(msin: str) -> bytes:
    """The scheme input of an IMSI: its MSIN in BCD, first digit in the low nibble, an odd number of digits
    filled with 'F' (TS 33.501 §C.3.1, TS 24.501 §9.11.3.4)."""
    padded = msin + "F" * (len(msin) % 2)
    return bytes(int(padded[at + 1] + padded[at], 16) for at in range(0, len(padded), 2))


def msin_of(scheme_input: bytes) -> str:
    """The MSIN that a scheme input holds. SchemeOutputError if the bytes are no BCD digits."""
    digits = "".join(f"{byte & 0x0F:X}{byte >> 4:X}" for byte in scheme_input).removesuffix("F")
    if not digits.isdecimal():
        raise SchemeOutputError(f"{scheme_input.hex().upper()} holds no decimal digits")
    return digits
