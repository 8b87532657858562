"""ECDSA and ECKA as RSP uses them: raw signatures and uncompressed points (SGP.22 §2.6.7, BSI TR-03111).

On the wire a signature is r‖s, 32 bytes each, big-endian (TR-03111 §5.2.1, "plain format"), a public key
is the uncompressed point '04'‖x‖y, 65 bytes. Signatures are deterministic (RFC 6979) and one-time keys
are drawn from entropy that the caller hands in, so that a run can be replayed byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulator.crypto.errors import KeyFormatError

PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey
Entropy = Callable[[int], bytes]
"""Gives the number of random bytes that is asked for."""

_SIGN: Final = ec.ECDSA(SHA256(), deterministic_signing=True)
_VERIFY: Final = ec.ECDSA(SHA256())
_ECDH: Final = ec.ECDH()
POINT_LENGTH: Final = 65
SIGNATURE_LENGTH: Final = 64


class Curve(Enum):
    """The curves that an eUICC must know (SGP.22 §2.6.7.1); the value is the curve's OID."""

    NIST_P256 = "1.2.840.10045.3.1.7"
    BRAINPOOL_P256R1 = "1.3.36.3.3.2.8.1.1.7"

    __hash__ = object.__hash__
    """By identity: Enum's own hash is computed in Python each time."""

    @property
    def label(self) -> str:
        """The short name in the file names of SGP.26: "NIST" or "BRP"."""
        return _LABEL[self]


_LABEL: Final = {Curve.NIST_P256: "NIST", Curve.BRAINPOOL_P256R1: "BRP"}
_DOMAIN: Final[dict[Curve, ec.EllipticCurve]] = {
    Curve.NIST_P256: ec.SECP256R1(),
    Curve.BRAINPOOL_P256R1: ec.BrainpoolP256R1(),
}
_BY_NAME: Final = {domain.name: curve for curve, domain in _DOMAIN.items()}
_ORDER: Final = {  # FIPS 186-4 §D.1.2.3; RFC 5639 §3.4
    Curve.NIST_P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    Curve.BRAINPOOL_P256R1: 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
}


def curve_of(key: PrivateKey | PublicKey) -> Curve:
    """The curve of a key; KeyFormatError for any curve but the two of `Curve`."""
    try:
        return _BY_NAME[key.curve.name]
    except KeyError:
        raise KeyFormatError(f"RSP knows no curve {key.curve.name}") from None


def private_key(curve: Curve, scalar: int) -> PrivateKey:
    """The private key with this scalar; KeyFormatError unless 0 < scalar < n."""
    if not 0 < scalar < _ORDER[curve]:
        raise KeyFormatError(f"a private key on {curve.name} lies between 1 and the order of the curve")
    return ec.derive_private_key(scalar, _DOMAIN[curve])


def one_time_key(curve: Curve, entropy: Entropy) -> PrivateKey:
    """A fresh private key from 40 bytes of `entropy`, by extra random bits (FIPS 186-5 §A.2.1)."""
    drawn = int.from_bytes(entropy(40), "big")
    return private_key(curve, drawn % (_ORDER[curve] - 1) + 1)


def public_bytes(key: PrivateKey | PublicKey) -> bytes:
    """The uncompressed point '04'‖x‖y, 65 bytes, of a key or of a private key's public half."""
    public = key.public_key() if isinstance(key, ec.EllipticCurvePrivateKey) else key
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def public_key(curve: Curve, point: bytes) -> PublicKey:
    """The public key with this uncompressed `point`; KeyFormatError if it is not one on the curve."""
    if len(point) != POINT_LENGTH:
        raise KeyFormatError(f"an uncompressed point has {POINT_LENGTH} bytes, this one has {len(point)}")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_DOMAIN[curve], point)
    except ValueError:
        raise KeyFormatError(f"the point {point.hex()} does not lie on {curve.name}") from None


def sign_raw(key: PrivateKey, data: bytes) -> bytes:
    """ECDSA with SHA-256 over `data`: r‖s, 64 bytes (SGP.22 §2.6.7.2)."""
    r, s = decode_dss_signature(key.sign(data, _SIGN))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify_raw(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether `signature` (r‖s, 64 bytes; any other length is wrong) is the key's over `data`."""
    if len(signature) != SIGNATURE_LENGTH:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), data, _VERIFY)
    except InvalidSignature:
        return False
    return True


def shared_secret(key: PrivateKey, peer_point: bytes) -> bytes:
    """ECKA (TR-03111 §4.3.1): the x coordinate, 32 bytes, shared with the holder of `peer_point` (65 bytes).

    KeyFormatError if the peer's point is not one on the key's curve.
    """
    return key.exchange(_ECDH, public_key(curve_of(key), peer_point))
