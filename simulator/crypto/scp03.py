"""Secure channel protocol '03' with i = '60' or '70' (GP Card Specification, Amendment D): AES-128, 192, 256.

The MAC chaining value is the whole 16-byte MAC of the command before; the first 8 bytes travel. The ICV of a
cipher is an enciphered counter of the commands of the session, those without data counted too.
"""

from __future__ import annotations

from typing import Final, Self

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.constant_time import bytes_eq

from simulator.crypto.secure_channel import (
    CRYPTOGRAM_LENGTH,
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

IDENTIFIER: Final = 0x03
SEQUENCE_LENGTH: Final = 3
CARD_CHALLENGE_LENGTH: Final = 8
I_RANDOM: Final = 0x60
I_PSEUDO_RANDOM: Final = 0x70
_BLOCK: Final = 16
_ZERO: Final = bytes(_BLOCK)
_CARD_CRYPTOGRAM, _HOST_CRYPTOGRAM, _CARD_CHALLENGE = 0x00, 0x01, 0x02
_S_ENC, _S_MAC, _S_RMAC = 0x04, 0x06, 0x07
"""Data derivation constants (Amendment D Table 4-1)."""
_RESPONSE = b"\x80"
"""First byte of the counter block of a response (§6.2.7)."""


def _cmac(key: bytes, data: bytes) -> bytes:
    cmac = CMAC(AES(key))
    cmac.update(data)
    return cmac.finalize()


def derive(key: bytes, constant: int, length: int, context: bytes) -> bytes:
    """Data derivation, `length` bytes: KDF in counter mode of NIST SP 800-108 with CMAC (§4.1.5)."""
    output = b""
    for counter in range(1, -(-length // _BLOCK) + 1):
        label = bytes((*bytes(11), constant, 0, *(8 * length).to_bytes(2, "big"), counter))
        output += _cmac(key, label + context)
    return output[:length]


def pseudo_random_challenge(keys: StaticKeys, sequence: bytes, aid: bytes) -> bytes:
    """The card challenge of i = '70', 8 bytes, from the counter (3 bytes) and the AID of the security domain
    (§6.2.2.1)."""
    return derive(keys.enc, _CARD_CHALLENGE, CARD_CHALLENGE_LENGTH, sequence + aid)


def _is_protected(sw: int) -> bool:
    """Whether a response has MAC and cipher: success and warnings, not errors (§6.2.5)."""
    return sw == 0x9000 or sw >> 8 in (0x62, 0x63)


class Scp03(SecureChannel):
    """A session from the keys of a set and the two challenges, 8 bytes each."""

    LEVELS = frozenset(SecurityLevel(value) for value in (0x00, 0x01, 0x03, 0x11, 0x13, 0x33))

    def __init__(self, keys: StaticKeys, host_challenge: bytes, card_challenge: bytes) -> None:
        super().__init__()
        context = host_challenge + card_challenge
        self._begin(
            derive(keys.enc, _S_ENC, len(keys.enc), context),
            derive(keys.mac, _S_MAC, len(keys.mac), context),
            derive(keys.mac, _S_RMAC, len(keys.mac), context),
            keys.dek,
        )
        self.card_cryptogram = derive(self._s_mac, _CARD_CRYPTOGRAM, CRYPTOGRAM_LENGTH, context)
        self.host_cryptogram = derive(self._s_mac, _HOST_CRYPTOGRAM, CRYPTOGRAM_LENGTH, context)

    def _begin(self, s_enc: bytes, s_mac: bytes, s_rmac: bytes, dek: bytes) -> None:
        self._s_enc, self._s_mac, self._s_rmac, self._dek = s_enc, s_mac, s_rmac, dek
        self._chaining = _ZERO
        self._counter = 0

    @classmethod
    def from_session_keys(cls, s_enc: bytes, s_mac: bytes, s_rmac: bytes) -> Self:
        """A session of which only these keys are known, as a key log has them: what they protect can be read.
        Cryptograms and sensitive data cannot."""
        channel = cls.__new__(cls)
        SecureChannel.__init__(channel)
        channel._begin(s_enc, s_mac, s_rmac, b"")
        return channel

    @property
    def session_keys(self) -> tuple[bytes, bytes, bytes]:
        """S-ENC, S-MAC and S-RMAC, 16, 24 or 32 bytes each."""
        return self._s_enc, self._s_mac, self._s_rmac

    def _command_mac(self, header: bytes, data: bytes) -> bytes:
        self._chaining = _cmac(self._s_mac, self._chaining + mac_header(header, len(data)) + data)
        return self._chaining[:MAC_LENGTH]

    def _icv(self, first: bytes = b"\0") -> bytes:
        block = first + self._counter.to_bytes(_BLOCK - 1, "big")
        return run(cipher_of(self._s_enc, ECB(), is_aes=True).encryptor(), block)

    def _encrypt(self, data: bytes, icv: bytes) -> bytes:
        return run(cipher_of(self._s_enc, CBC(icv), is_aes=True).encryptor(), pad(data, _BLOCK))

    def _decrypt(self, data: bytes, icv: bytes) -> bytes:
        if len(data) % _BLOCK:
            raise SecureMessagingError(f"{len(data)} bytes are no whole blocks")
        return unpad(run(cipher_of(self._s_enc, CBC(icv), is_aes=True).decryptor(), data))

    def protect_command(self, header: bytes, data: bytes) -> bytes:
        if not self.level & SecurityLevel.C_MAC:
            return data
        self._counter += 1
        if data and self.level & SecurityLevel.C_DECRYPTION:
            data = self._encrypt(data, self._icv())
        return data + self._command_mac(header, data)

    def open_command(self, header: bytes, data: bytes) -> bytes:
        if not self.level & SecurityLevel.C_MAC:
            return data
        self._counter += 1
        body, mac = split_mac(data)
        if not bytes_eq(mac, self._command_mac(header, body)):
            raise SecureMessagingError("the MAC is wrong")
        if body and self.level & SecurityLevel.C_DECRYPTION:
            body = self._decrypt(body, self._icv())
        return body

    def protect_response(self, data: bytes, sw: int) -> bytes:
        if not self.level & SecurityLevel.R_MAC or not _is_protected(sw):
            return data
        if data and self.level & SecurityLevel.R_ENCRYPTION:
            data = self._encrypt(data, self._icv(_RESPONSE))
        return data + self._response_mac(data, sw)

    def open_response(self, data: bytes, sw: int) -> bytes:
        if not self.level & SecurityLevel.R_MAC or not _is_protected(sw):
            return data
        body, mac = split_mac(data)
        if not bytes_eq(mac, self._response_mac(body, sw)):
            raise SecureMessagingError("the MAC of the response is wrong")
        if body and self.level & SecurityLevel.R_ENCRYPTION:
            body = self._decrypt(body, self._icv(_RESPONSE))
        return body

    def _response_mac(self, data: bytes, sw: int) -> bytes:
        return _cmac(self._s_rmac, self._chaining + data + sw.to_bytes(2, "big"))[:MAC_LENGTH]

    def encrypt_sensitive(self, clear: bytes) -> bytes:
        return run(cipher_of(self._dek, CBC(_ZERO), is_aes=True).encryptor(), clear)

    def decrypt_sensitive(self, ciphered: bytes) -> bytes:
        if not ciphered or len(ciphered) % _BLOCK:
            raise SecureMessagingError(f"{len(ciphered)} bytes are no whole blocks")
        return run(cipher_of(self._dek, CBC(_ZERO), is_aes=True).decryptor(), ciphered)
