"""What the secure channel protocols '02' and '03' of GlobalPlatform have in common (GP §10).

A `SecureChannel` is one session, seen from either side: the card opens commands and protects responses, the
terminal protects commands and opens responses. Headers are CLA, INS, P1 and P2, 4 bytes; what is computed
over CLA takes no notice of the logical channel.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import IntFlag
from typing import Final, NamedTuple

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.constant_time import bytes_eq

from simulator.crypto.errors import CryptoError

MAC_LENGTH: Final = 8
CRYPTOGRAM_LENGTH: Final = 8
HOST_CHALLENGE_LENGTH: Final = 8
_PROPRIETARY, _SECURE = 0x80, 0x04
_PADDING: Final = 0x80


class SecureMessagingError(CryptoError):
    """A command, a response or a cryptogram is not what the keys of the session make of it."""


class SecurityLevel(IntFlag):
    """P1 of EXTERNAL AUTHENTICATE (GP Card Specification Table 10-1, Amendment D Table 7-7)."""

    NONE = 0x00
    C_MAC = 0x01
    C_DECRYPTION = 0x02
    R_MAC = 0x10
    R_ENCRYPTION = 0x20


class StaticKeys(NamedTuple):
    """A key set: Key-ENC, Key-MAC and Key-DEK. Triple DES 16 bytes, AES 16, 24 or 32 bytes each."""

    enc: bytes
    mac: bytes
    dek: bytes


class SecureChannel(ABC):
    """One session. Its level is `NONE` until `authenticate` or `protect_authentication` has been called."""

    LEVELS: frozenset[SecurityLevel]
    """The levels that EXTERNAL AUTHENTICATE may ask for."""

    def __init__(self) -> None:
        self.level = SecurityLevel.NONE
        self.card_cryptogram = b""
        self.host_cryptogram = b""

    def authenticate(self, header: bytes, data: bytes, level: SecurityLevel) -> None:
        """EXTERNAL AUTHENTICATE on the card: host cryptogram and MAC, 8 bytes each."""
        cryptogram, mac = data[:CRYPTOGRAM_LENGTH], data[CRYPTOGRAM_LENGTH:]
        if not bytes_eq(cryptogram, self.host_cryptogram):
            raise SecureMessagingError("the host cryptogram is wrong")
        if not bytes_eq(mac, self._command_mac(header, cryptogram)):
            raise SecureMessagingError("the MAC of EXTERNAL AUTHENTICATE is wrong")
        self.level = level

    def protect_authentication(self, header: bytes, level: SecurityLevel) -> bytes:
        """The data of EXTERNAL AUTHENTICATE, 16 bytes."""
        mac = self._command_mac(header, self.host_cryptogram)
        self.level = level
        return self.host_cryptogram + mac

    @abstractmethod
    def protect_command(self, header: bytes, data: bytes) -> bytes:
        """The data of a command as the level asks for it, MAC at its end."""

    @abstractmethod
    def open_command(self, header: bytes, data: bytes) -> bytes:
        """The plain data of a command; SecureMessagingError if MAC or padding is wrong."""

    @abstractmethod
    def protect_response(self, data: bytes, sw: int) -> bytes:
        """The data of a response as the level asks for it."""

    @abstractmethod
    def open_response(self, data: bytes, sw: int) -> bytes:
        """The plain data of a response; SecureMessagingError if MAC or padding is wrong."""

    @abstractmethod
    def encrypt_sensitive(self, clear: bytes) -> bytes:
        """A key or other sensitive data, whole blocks, under the key that is for them (DEK)."""

    @abstractmethod
    def decrypt_sensitive(self, ciphered: bytes) -> bytes:
        """What `encrypt_sensitive` made; SecureMessagingError unless it is whole blocks."""

    @abstractmethod
    def _command_mac(self, header: bytes, data: bytes) -> bytes:
        """The MAC of a command, 8 bytes; the next one chains on it."""


def pad(data: bytes, block: int) -> bytes:
    """Padding method 2: '80', then zeros up to whole blocks (GP Card Specification §B.2.3)."""
    return data + bytes((_PADDING,)) + bytes(-(len(data) + 1) % block)


def unpad(padded: bytes) -> bytes:
    stripped = padded.rstrip(b"\0")
    if not stripped or stripped[-1] != _PADDING:
        raise SecureMessagingError("the padding is wrong")
    return stripped[:-1]


def mac_header(header: bytes, length: int) -> bytes:
    """The header over which a MAC is computed: class '84' or '04', and Lc with the MAC counted in."""
    whole = length + MAC_LENGTH
    lc = bytes((whole,)) if whole <= 0xFF else b"\0" + whole.to_bytes(2, "big")
    return bytes((header[0] & _PROPRIETARY | _SECURE,)) + header[1:4] + lc


def split_mac(data: bytes) -> tuple[bytes, bytes]:
    if len(data) < MAC_LENGTH:
        raise SecureMessagingError(f"{len(data)} bytes have no room for a MAC")
    return data[:-MAC_LENGTH], data[-MAC_LENGTH:]


def run(context: CipherContext, data: bytes) -> bytes:
    return context.update(data) + context.finalize()


def cipher_of(key: bytes, mode: CBC | ECB, *, is_aes: bool) -> Cipher[CBC | ECB]:
    """AES, or triple DES of which a key of 8 bytes makes single DES."""
    if is_aes:
        return Cipher(AES(key), mode)
    whole = key * 3 if len(key) == 8 else key + key[:8] if len(key) == 16 else key
    algorithm: BlockCipherAlgorithm = TripleDES(whole)
    return Cipher(algorithm, mode)


def key_check_value(key: bytes, *, is_aes: bool) -> bytes:
    """3 bytes: of DES, a block of zeros enciphered; of AES, a block of bytes of one (GP Card Spec §B.5,
    §B.6)."""
    block = b"\x01" * 16 if is_aes else bytes(8)
    return run(cipher_of(key, ECB(), is_aes=is_aes).encryptor(), block)[:3]
