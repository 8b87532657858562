"""The error family of the cryptographic layer; each module raises its own member."""

from __future__ import annotations


class CryptoError(Exception):
    """Something that was handed in does not hold cryptographically: a key, a point, a signature, a MAC."""


class KeyFormatError(CryptoError):
    """A key or point is not what its curve or algorithm asks for (length, range, not on the curve)."""
