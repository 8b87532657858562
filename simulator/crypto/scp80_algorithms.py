"""What secures SCP80 packets: ciphers, checksums, redundancy checks, keys (TS 102 225 §5.1.2, §5.1.3)."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Callable, Mapping
from enum import Enum, IntEnum
from typing import Final, NamedTuple

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

from simulator.crypto.errors import CryptoError


class ResponseStatus(IntEnum):
    """Response status code, TS 102 225 Table 5; from '0B' on TS 31.115 §7."""

    POR_OK = 0x00
    RC_CC_DS_FAILED = 0x01
    CNTR_LOW = 0x02
    CNTR_HIGH = 0x03
    CNTR_BLOCKED = 0x04
    CIPHERING_ERROR = 0x05
    UNDEFINED_SECURITY_ERROR = 0x06
    """Unidentified security error: the algorithm or the key is not there, or the header is no header."""
    INSUFFICIENT_MEMORY = 0x07
    MORE_TIME = 0x08
    """The application needs more time for a command."""
    TAR_UNKNOWN = 0x09
    INSUFFICIENT_SECURITY_LEVEL = 0x0A
    RESPONSE_BY_SMS_SUBMIT = 0x0B
    RESPONSE_BY_USSD = 0x0C


class SecurityError(CryptoError):
    """A secured packet cannot be opened; `status` is what a proof of receipt says about it."""

    def __init__(self, status: ResponseStatus, message: str) -> None:
        super().__init__(f"{status.name}: {message}")
        self.status = status


class Integrity(Enum):
    """SPI, first octet b1-b2, and second octet b3-b4 (TS 102 225 §5.1.1)."""

    NONE = 0
    RC = 1
    CC = 2
    DS = 3


class Algorithm(Enum):
    """Ciphers of KIc and of KID for a cryptographic checksum: (key lengths in bytes, block length)."""

    DES_CBC = ((8,), 8, "DES in CBC mode")
    TRIPLE_DES_2 = ((16,), 8, "triple DES in outer-CBC mode, two keys")
    TRIPLE_DES_3 = ((24,), 8, "triple DES in outer-CBC mode, three keys")
    DES_ECB = ((8,), 8, "DES in ECB mode")
    AES = ((16, 24, 32), 16, "AES in CBC mode, AES in CMAC mode")

    def __init__(self, key_lengths: tuple[int, ...], block: int, meaning: str) -> None:
        self.key_lengths = key_lengths
        self.block = block
        self.meaning = meaning


KIC_ALGORITHMS: Final[Mapping[int, Algorithm]] = {
    0x1: Algorithm.DES_CBC,
    0x2: Algorithm.AES,
    0x5: Algorithm.TRIPLE_DES_2,
    0x9: Algorithm.TRIPLE_DES_3,
    0xD: Algorithm.DES_ECB,
}
"""KIc b1-b4 (TS 102 225 §5.1.2); '0' is an algorithm that both sides know, '3' a proprietary one."""
KID_ALGORITHMS: Final[Mapping[int, Algorithm]] = {
    0x1: Algorithm.DES_CBC,
    0x2: Algorithm.AES,
    0x5: Algorithm.TRIPLE_DES_2,
    0x9: Algorithm.TRIPLE_DES_3,
}
"""KID b1-b4 for a cryptographic checksum (§5.1.3.1)."""
_CRC_16, _CRC_32 = 0x1, 0x5
"""KID b1-b4 for a redundancy check (§5.1.3.2)."""
_IMPLICIT = 0x0


class Key(NamedTuple):
    """A key; `algorithm` is what both sides know where KIc or KID names none (b1-b2 '00'), and otherwise says
    which family the key belongs to. `mac_length`: bytes of an AES-CMAC, 8 or 4."""

    value: bytes
    algorithm: Algorithm | None = None
    mac_length: int = 8


class Keys(NamedTuple):
    """The two keys that a packet names by the high halves of KIc and KID; None where there is none."""

    kic: Key | None = None
    kid: Key | None = None


def redundancy_check_16(data: bytes) -> bytes:
    """CRC 16 of ISO/IEC 13239, generator X^16 + X^12 + X^5 + 1, 2 bytes (§5.1.3.2, Annex B)."""
    remainder = 0xFFFF
    for octet in data:
        remainder ^= octet
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x8408 if remainder & 1 else 0)
    return (remainder ^ 0xFFFF).to_bytes(2, "big")


def redundancy_check_32(data: bytes) -> bytes:
    """CRC 32 of ISO/IEC 13239, 4 bytes (§5.1.3.2, Annex B)."""
    return crc32(data).to_bytes(4, "big")


def _choose(
    table: Mapping[int, Algorithm], indicator: int, key: Key | None, name: str
) -> tuple[Algorithm, Key]:
    """The algorithm that KIc or KID names and its key; SecurityError '06' if they do not fit."""
    nibble = indicator & 0x0F
    if key is None:
        raise SecurityError(ResponseStatus.UNDEFINED_SECURITY_ERROR, f"no key for {name} {indicator:02X}")
    algorithm = key.algorithm if nibble == _IMPLICIT else table.get(nibble)
    if algorithm is None:
        raise SecurityError(ResponseStatus.UNDEFINED_SECURITY_ERROR, f"{name} {indicator:02X} is not known")
    is_aes = algorithm is Algorithm.AES
    if len(key.value) not in algorithm.key_lengths or (
        key.algorithm is not None and (key.algorithm is Algorithm.AES) is not is_aes
    ):
        raise SecurityError(
            ResponseStatus.UNDEFINED_SECURITY_ERROR,
            f"{name} {indicator:02X} does not fit a key of its number",
        )
    return algorithm, key


def _cipher(algorithm: Algorithm, key: bytes) -> Cipher[CBC | ECB]:
    if algorithm is Algorithm.AES:
        return Cipher(AES(key), CBC(bytes(16)))
    mode: CBC | ECB = ECB() if algorithm is Algorithm.DES_ECB else CBC(bytes(8))
    # One key makes single DES of triple DES; of two, the first is also the third.
    whole = key * 3 if len(key) == 8 else key + key[:8] if len(key) == 16 else key
    return Cipher(TripleDES(whole), mode)


def _run(context: CipherContext, data: bytes) -> bytes:
    return context.update(data) + context.finalize()


def _checksum(algorithm: Algorithm, key: Key, data: bytes) -> bytes:
    """Cryptographic checksum: the last block of the DES CBC, data filled with zeros, or the first bytes of
    the AES-CMAC."""
    if algorithm is Algorithm.AES:
        cmac = CMAC(AES(key.value))
        cmac.update(data)
        return cmac.finalize()[: key.mac_length]
    whole = data + bytes(-len(data) % 8)
    return _run(_cipher(algorithm, key.value).encryptor(), whole)[-8:]


class Check(NamedTuple):
    """RC/CC/DS as a packet asks for it: how long it is, and how it is computed."""

    length: int
    compute: Callable[[bytes], bytes]


def check_of(integrity: Integrity, kid: int, key: Key | None) -> Check:
    if integrity is Integrity.NONE:
        return Check(0, lambda data: b"")
    if integrity is Integrity.RC and kid & 0x0F == _CRC_32:
        return Check(4, redundancy_check_32)
    if integrity is Integrity.RC and kid & 0x0F == _CRC_16:
        return Check(2, redundancy_check_16)
    if integrity is not Integrity.CC:
        raise SecurityError(
            ResponseStatus.UNDEFINED_SECURITY_ERROR, f"{integrity.name} with KID {kid:02X} is not known"
        )
    algorithm, chosen = _choose(KID_ALGORITHMS, kid, key, "KID")
    length = chosen.mac_length if algorithm is Algorithm.AES else 8
    return Check(length, lambda data: _checksum(algorithm, chosen, data))


def decipher(kic: int, key: Key | None, ciphered: bytes) -> bytes:
    algorithm, chosen = _choose(KIC_ALGORITHMS, kic, key, "KIc")
    if not ciphered or len(ciphered) % algorithm.block:
        raise SecurityError(ResponseStatus.CIPHERING_ERROR, f"{len(ciphered)} bytes are no whole blocks")
    return _run(_cipher(algorithm, chosen.value).decryptor(), ciphered)


def encipher(kic: int, key: Key | None, clear: bytes) -> bytes:
    algorithm, chosen = _choose(KIC_ALGORITHMS, kic, key, "KIc")
    return _run(_cipher(algorithm, chosen.value).encryptor(), clear)


def padding_for(kic: int, key: Key | None, is_ciphered: bool, length: int) -> bytes:
    """Zeros that make whole blocks of `length` bytes to be ciphered."""
    return bytes(-length % block_length(kic, key)) if is_ciphered else b""


def block_length(kic: int, key: Key | None) -> int:
    """Bytes of a block of the cipher that KIc names; SecurityError '06' if it cannot be used."""
    return _choose(KIC_ALGORITHMS, kic, key, "KIc")[0].block
