"""Keys at rest: AES-256-GCM under a key that scrypt derives from a passphrase (RFC 7914, NIST SP 800-38D)."""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

SALT_LENGTH: Final = 16
NONCE_LENGTH: Final = 12
_COST, _BLOCK_SIZE, _PARALLELISM = 1 << 15, 8, 1
_PROOF: Final = b"esim-simulator keys"
"""What the seal encrypts, so that a wrong passphrase is found before any key is needed."""


class VaultError(Exception):
    """The passphrase is not the one that the database was made with."""


class Vault:
    """Encrypts and decrypts; without a passphrase both leave everything as it is."""

    def __init__(self, cipher: AESGCM | None = None, seal: bytes = b"") -> None:
        self._cipher = cipher
        self.seal = seal
        """Salt and proof, to be kept beside what is encrypted; empty without a passphrase."""

    @classmethod
    def open(cls, passphrase: str, seal: bytes | None, *, is_new: bool) -> Vault:
        """The vault with this seal, or a new one where there is no seal and nothing is kept yet. VaultError
        with a wrong passphrase, with none where one is needed, or with one where none was used."""
        if seal:
            return cls._opened(passphrase, seal)
        if passphrase and not is_new:
            raise VaultError(
                "the keys in this database are not encrypted: leave the passphrase out, or set one first"
            )
        return cls.new(passphrase) if passphrase else cls()

    @classmethod
    def new(cls, passphrase: str) -> Vault:
        """A vault with a new salt."""
        salt = os.urandom(SALT_LENGTH)
        vault = cls(_cipher(passphrase, salt))
        vault.seal = salt + vault.encrypt(_PROOF)
        return vault

    @classmethod
    def _opened(cls, passphrase: str, seal: bytes) -> Vault:
        if not passphrase:
            raise VaultError("the keys in this database are encrypted: give its passphrase")
        vault = cls(_cipher(passphrase, seal[:SALT_LENGTH]), seal)
        vault.decrypt(seal[SALT_LENGTH:])
        return vault

    def encrypt(self, data: bytes) -> bytes:
        """Nonce and ciphertext with its tag, 28 bytes longer than `data`; nothing stays nothing."""
        if self._cipher is None or not data:
            return data
        nonce = os.urandom(NONCE_LENGTH)
        return nonce + self._cipher.encrypt(nonce, data, None)

    def decrypt(self, data: bytes) -> bytes:
        """What was encrypted. VaultError if it was so with another passphrase, or was changed."""
        if self._cipher is None or not data:
            return data
        try:
            return self._cipher.decrypt(data[:NONCE_LENGTH], data[NONCE_LENGTH:], None)
        except InvalidTag:
            raise VaultError("the passphrase is not the one that this database was made with") from None


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    kdf = Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK_SIZE, p=_PARALLELISM)
    return AESGCM(kdf.derive(passphrase.encode()))
