"""Secure channel protocol '02' with i = '15' or '55' (GP Card Specification annex E).

Three keys, C-MAC on the command as it is with secure messaging shown in CLA, the ICV of a MAC being the MAC
before it enciphered with single DES; no MAC on responses, which other values of i have.
"""

from __future__ import annotations

from typing import Final, Self

from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.constant_time import bytes_eq

from simulator.crypto.secure_channel import (
    MAC_LENGTH,
    SecureChannel,
    SecureMessagingError,
    SecurityLevel,
    StaticKeys,
    cipher_of,
    mac_header,
    pad,
    run,
    split_mac,
    unpad,
)

IDENTIFIER: Final = 0x02
SEQUENCE_LENGTH: Final = 2
CARD_CHALLENGE_LENGTH: Final = 6
I_RANDOM: Final = 0x15
I_PSEUDO_RANDOM: Final = 0x55
_BLOCK: Final = 8
_ZERO: Final = bytes(_BLOCK)
_C_MAC, _DEK, _ENC = b"\x01\x01", b"\x01\x81", b"\x01\x82"
"""Constants of the session keys (Table E-2)."""


def _des(key: bytes, data: bytes, icv: bytes = _ZERO) -> bytes:
    return run(cipher_of(key, CBC(icv), is_aes=False).encryptor(), data)


def full_mac(key: bytes, data: bytes) -> bytes:
    """Full triple DES MAC over padded data, 8 bytes (§B.1.2.1)."""
    return _des(key, pad(data, _BLOCK))[-_BLOCK:]


def retail_mac(key: bytes, data: bytes, icv: bytes = _ZERO) -> bytes:
    """Single DES plus final triple DES MAC over padded data, 8 bytes (§B.1.2.2)."""
    padded = pad(data, _BLOCK)
    if len(padded) > _BLOCK:
        icv = _des(key[:8], padded[:-_BLOCK], icv)[-_BLOCK:]
    return _des(key, padded[-_BLOCK:], icv)


def session_key(key: bytes, constant: bytes, sequence: bytes) -> bytes:
    """16 bytes from a static key of 16 and the sequence counter of 2 (§E.4.1)."""
    return _des(key, constant + sequence + bytes(12))


def pseudo_random_challenge(keys: StaticKeys, sequence: bytes, aid: bytes) -> bytes:
    """The card challenge of i = '55', 6 bytes, from the AID of the security domain (§E.4.2.3)."""
    return retail_mac(session_key(keys.mac, _C_MAC, sequence), aid)[:CARD_CHALLENGE_LENGTH]


class Scp02(SecureChannel):
    """A session from 16-byte keys, the sequence counter (2 bytes), and challenges of 8 (host) and 6 (card)
    bytes."""

    LEVELS = frozenset(
        (
            SecurityLevel.NONE,
            SecurityLevel.C_MAC,
            SecurityLevel.C_MAC | SecurityLevel.C_DECRYPTION,
        )
    )

    def __init__(
        self, keys: StaticKeys, sequence: bytes, host_challenge: bytes, card_challenge: bytes
    ) -> None:
        super().__init__()
        s_enc, s_mac = session_key(keys.enc, _ENC, sequence), session_key(keys.mac, _C_MAC, sequence)
        self._begin(s_enc, s_mac, session_key(keys.dek, _DEK, sequence))
        card_side = sequence + card_challenge
        self.card_cryptogram = full_mac(self._s_enc, host_challenge + card_side)
        self.host_cryptogram = full_mac(self._s_enc, card_side + host_challenge)

    def _begin(self, s_enc: bytes, s_mac: bytes, s_dek: bytes) -> None:
        self._s_enc, self._s_mac, self._s_dek = s_enc, s_mac, s_dek
        self._mac = b""
        """The last MAC; empty before the first."""

    @classmethod
    def from_session_keys(cls, s_enc: bytes, s_mac: bytes) -> Self:
        """A session of which only these keys are known, as a key log has them: what they protect can be read.
        Cryptograms and sensitive data cannot."""
        channel = cls.__new__(cls)
        SecureChannel.__init__(channel)
        channel._begin(s_enc, s_mac, b"")
        return channel

    @property
    def session_keys(self) -> tuple[bytes, bytes]:
        """S-ENC and S-MAC, 16 bytes each."""
        return self._s_enc, self._s_mac

    def _command_mac(self, header: bytes, data: bytes) -> bytes:
        icv = run(cipher_of(self._s_mac[:8], ECB(), is_aes=False).encryptor(), self._mac) or _ZERO
        self._mac = retail_mac(self._s_mac, mac_header(header, len(data)) + data, icv)
        return self._mac

    def protect_command(self, header: bytes, data: bytes) -> bytes:
        if not self.level & SecurityLevel.C_MAC:
            return data
        mac = self._command_mac(header, data)
        if data and self.level & SecurityLevel.C_DECRYPTION:
            data = _des(self._s_enc, pad(data, _BLOCK))
        return data + mac

    def open_command(self, header: bytes, data: bytes) -> bytes:
        if not self.level & SecurityLevel.C_MAC:
            return data
        body, mac = split_mac(data)
        if body and self.level & SecurityLevel.C_DECRYPTION:
            if len(body) % _BLOCK:
                raise SecureMessagingError(f"{len(body)} bytes are no whole blocks")
            body = unpad(run(cipher_of(self._s_enc, CBC(_ZERO), is_aes=False).decryptor(), body))
        if not bytes_eq(mac, self._command_mac(header, body)):
            raise SecureMessagingError("the MAC is wrong")
        return body

    def protect_response(self, data: bytes, sw: int) -> bytes:
        return data

    def open_response(self, data: bytes, sw: int) -> bytes:
        return data

    def encrypt_sensitive(self, clear: bytes) -> bytes:
        return run(cipher_of(self._s_dek, ECB(), is_aes=False).encryptor(), clear)

    def decrypt_sensitive(self, ciphered: bytes) -> bytes:
        if not ciphered or len(ciphered) % MAC_LENGTH:
            raise SecureMessagingError(f"{len(ciphered)} bytes are no whole blocks")
        return run(cipher_of(self._s_dek, ECB(), is_aes=False).decryptor(), ciphered)
