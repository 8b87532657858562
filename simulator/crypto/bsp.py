"""Protection of a Bound Profile Package: SCP03t, later called BSP (SGP.22 §2.5.2, §2.5.3, §2.6.4; GP Amd D).

Each segment is one TLV: one-byte tag, BER length, then either the ciphertext or the clear data, then the
8 most significant bytes of an AES-CMAC. Two states run through all segments of a package, in order:

- the data block counter starts at 1 and counts *every* segment, also those that only carry a MAC; the
  counter block, encrypted with S-ENC, is the initial chaining vector of the segment (§2.6.4.4);
- the MAC of a segment covers the whole 16-byte MAC of the one before it (the MAC chaining value), the
  tag, the final length and the data (§2.6.4.5).

ReplaceSessionKeys (§5.5.4) ends these states: go on with a new `Bsp` of the new keys.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from simulator.crypto.errors import CryptoError

KEY_TYPE_AES: Final = 0x88
"""Key type 'AES' in the CRT of InitialiseSecureChannel (SGP.22 §5.5.1; GP Card Spec Table 11-16)."""
MAC_LENGTH: Final = 8
MAX_SEGMENT: Final = 1020
"""Whole segment with tag, length field and MAC, in bytes (SGP.22 §2.5.3)."""
MAX_RECEIVED: Final = 1036
"""Longest segment that is taken. Servers exist that cut at 1008 bytes before padding, which makes 16 more."""
MAX_MAC_ONLY: Final = MAX_SEGMENT - 4 - MAC_LENGTH
"""Most clear bytes in a segment that carries only a MAC: tag and length take 4 bytes."""
MAX_PLAINTEXT: Final = MAX_MAC_ONLY // 16 * 16 - 1
"""Most bytes that one encrypted segment takes: padding adds at least the byte '80'."""
_BLOCK: Final = 16


class BspError(CryptoError):
    """A segment cannot be taken."""


class BspStructureError(BspError):
    """The TLV is malformed or too long (incorrectInputValues, scp03tStructureError of SGP.22 §2.5.6)."""


class BspSecurityError(BspError):
    """The MAC or the padding is wrong (scp03tSecurityError of SGP.22 §2.5.6)."""


class SessionKeys(NamedTuple):
    """S-ENC and S-MAC, 16 bytes each, and the initial MAC chaining value, 16 bytes."""

    s_enc: bytes
    s_mac: bytes
    initial_mcv: bytes


def derive_session_keys(
    shared_secret: bytes, *, host_id: bytes, eid: bytes, key_type: int = KEY_TYPE_AES, key_length: int = 16
) -> SessionKeys:
    """The keys of a session from the 32-byte ECKA secret, by X9.63 KDF with SHA-256 (SGP.22 §2.6.4.2).

    `host_id` (1 to 16 bytes) comes from InitialiseSecureChannel, `eid` is 16 bytes. SharedInfo is key
    type, key length, then host id and EID, each after its length.
    """
    if not (0 <= key_type <= 0xFF and key_length == 16 and len(host_id) < 0x80 and len(eid) < 0x80):
        raise BspStructureError("the control reference template asks for a key that SCP03t does not know")
    shared_info = bytes([key_type, key_length, len(host_id), *host_id, len(eid), *eid])
    output = X963KDF(SHA256(), 3 * key_length, shared_info).derive(shared_secret)
    return SessionKeys(s_enc=output[16:32], s_mac=output[32:], initial_mcv=output[:16])


class Bsp:
    """One side of a protected session: either only protects or only unprotects, segment after segment."""

    def __init__(self, s_enc: bytes, s_mac: bytes, initial_mcv: bytes) -> None:
        aes = AES(s_enc)
        self._aes = aes
        self._counter_cipher = Cipher(aes, ECB()).encryptor()
        self._counter = 1
        self._cmac = CMAC(AES(s_mac))
        self._mcv = initial_mcv
        # One CBC context for all segments: it chains on from `_last`, the last ciphertext block that it
        # saw, so the first block of a segment is XORed with `_last` and its own chaining vector.
        self._cbc: CipherContext | None = None
        self._last = 0

    @classmethod
    def from_keys(cls, keys: SessionKeys) -> Bsp:
        return cls(*keys)

    @property
    def mac_chaining_value(self) -> bytes:
        """The MAC, 16 bytes, of the last segment."""
        return self._mcv

    def protect(self, tag: int, plaintext: bytes) -> bytes:
        """The segment that carries `plaintext` (at most MAX_PLAINTEXT bytes) encrypted under `tag`."""
        if len(plaintext) > MAX_PLAINTEXT:
            raise BspStructureError(f"{len(plaintext)} bytes do not fit a segment, {MAX_PLAINTEXT} do")
        padded = plaintext + b"\x80" + bytes(-(len(plaintext) + 1) % _BLOCK)
        if self._cbc is None:
            self._cbc = Cipher(self._aes, CBC(bytes(_BLOCK))).encryptor()
        mask = self._last ^ self._next_icv()
        ciphertext = self._cbc.update(_xor_first_block(padded, mask))
        self._last = int.from_bytes(ciphertext[-_BLOCK:], "big")
        return self._append_mac(tag, ciphertext)

    def mac_only(self, tag: int, data: bytes) -> bytes:
        """The segment that carries `data` (at most MAX_MAC_ONLY bytes) in the clear under `tag`."""
        if len(data) > MAX_MAC_ONLY:
            raise BspStructureError(f"{len(data)} bytes do not fit a segment, {MAX_MAC_ONLY} do")
        self._counter += 1
        return self._append_mac(tag, data)

    def protect_all(self, tag: int, plaintext: bytes) -> list[bytes]:
        """`plaintext` cut into as few encrypted segments as possible."""
        starts = range(0, len(plaintext), MAX_PLAINTEXT)
        return [self.protect(tag, plaintext[at : at + MAX_PLAINTEXT]) for at in starts]

    def mac_only_all(self, tag: int, data: bytes) -> list[bytes]:
        """`data` cut into as few clear segments with MAC as possible."""
        starts = range(0, len(data), MAX_MAC_ONLY)
        return [self.mac_only(tag, data[at : at + MAX_MAC_ONLY]) for at in starts]

    def unprotect(self, segment: bytes) -> bytes:
        """The plaintext of an encrypted segment (the whole TLV).

        BspStructureError and BspSecurityError tell what is wrong. A segment refused for its structure or
        MAC leaves the session as it was.
        """
        header, end = _header_length(segment), len(segment) - MAC_LENGTH
        if end <= header or (end - header) % _BLOCK:
            raise BspStructureError("the ciphertext is not a whole number of AES blocks")
        self._check_mac(segment)
        if self._cbc is None:
            self._cbc = Cipher(self._aes, CBC(bytes(_BLOCK))).decryptor()
        mask = self._last ^ self._next_icv()
        self._last = int.from_bytes(segment[end - _BLOCK : end], "big")
        return _unpad(_xor_first_block(self._cbc.update(segment[header:end]), mask))

    def verify_mac_only(self, segment: bytes) -> bytes:
        """The clear data of a segment (the whole TLV) that only carries a MAC."""
        header = _header_length(segment)
        self._check_mac(segment)
        self._counter += 1
        return segment[header:-MAC_LENGTH]

    def _next_icv(self) -> int:
        counter = self._counter
        self._counter = counter + 1
        return int.from_bytes(self._counter_cipher.update(counter.to_bytes(_BLOCK, "big")), "big")

    def _mac(self, data: bytes) -> bytes:
        cmac = self._cmac.copy()
        cmac.update(self._mcv + data)
        return cmac.finalize()

    def _append_mac(self, tag: int, data: bytes) -> bytes:
        unsigned = bytes([tag]) + _length(len(data) + MAC_LENGTH) + data
        self._mcv = self._mac(unsigned)
        return unsigned + self._mcv[:MAC_LENGTH]

    def _check_mac(self, segment: bytes) -> None:
        mac = self._mac(segment[:-MAC_LENGTH])
        if not bytes_eq(mac[:MAC_LENGTH], segment[-MAC_LENGTH:]):
            raise BspSecurityError("the MAC of the segment is wrong")
        self._mcv = mac


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    return bytes([0x81, length]) if length < 0x100 else bytes([0x82, length >> 8, length & 0xFF])


def _header_length(segment: bytes) -> int:
    """Length of tag and length field; BspStructureError unless the TLV is whole, minimal and not too long."""
    length = len(segment)
    if not 2 + MAC_LENGTH <= length <= MAX_RECEIVED:
        raise BspStructureError(f"a segment has {2 + MAC_LENGTH} to {MAX_RECEIVED} bytes, not {length}")
    header = 2 if segment[1] < 0x80 else segment[1] - 0x80 + 2
    if header > length or segment[1:header] != _length(length - header):
        raise BspStructureError("the length field of the segment is wrong")
    return header


def _xor_first_block(data: bytes, mask: int) -> bytes:
    first = int.from_bytes(data[:_BLOCK], "big") ^ mask
    return first.to_bytes(_BLOCK, "big") + data[_BLOCK:]


def _unpad(padded: bytes) -> bytes:
    """Without the padding '80' '00'…, of which there are 1 to 16 bytes (§2.6.4.4)."""
    plaintext = padded.rstrip(b"\0")
    if not plaintext.endswith(b"\x80") or len(padded) - len(plaintext) >= _BLOCK:
        raise BspSecurityError("the padding of the segment is wrong")
    return plaintext[:-1]
