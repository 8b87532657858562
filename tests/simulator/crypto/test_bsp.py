"""SCP03t/BSP against the trace of another SM-DP+, and its primitives against RFC 4493 and NIST."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from hypothesis import given
from hypothesis import strategies as st

from simulator.crypto.bsp import (
    MAX_MAC_ONLY,
    MAX_PLAINTEXT,
    MAX_SEGMENT,
    Bsp,
    BspError,
    BspSecurityError,
    BspStructureError,
    SessionKeys,
    derive_session_keys,
)

# Recorded from a commercial SM-DP+ during a download to a test eUICC; published by Osmocom with pySim.
TRACE_SECRET = "c9a993dd4879a8f7161f2085410edd4f9652f1df37be097ba96ba2ca6be528fe"
TRACE_EID = "89049032123451234512345678901235"
TRACE_HOST_ID = "80" * 8
TRACE_KEYS = SessionKeys(
    s_enc=bytes.fromhex("472f5bfadd97f21d34f3ce9b51b92751"),
    s_mac=bytes.fromhex("9ec07f5b36a13e12a991d66e294e6242"),
    initial_mcv=bytes.fromhex("406d507b448a699e7a36a38494debbde"),
)
TRACE = (  # (encrypted?, tag, clear data, segment), in the order of the session
    (True, 0x87, "bf2400", "8718f6fe031e4b9cfe87c8e1e62f3fde85c49412d7722a6a2d89"),
    (
        False,
        0x88,
        "bf252d5a0a98001032547698103214910947534d415f54455354921147534d415f544553545f50524f46494c45950100",
        "8838bf252d5a0a98001032547698103214910947534d415f54455354921147534d415f544553545f50524f46494c4595"
        "01008a62cc9adbb5ccbc",
    ),
    (
        True,
        0x87,
        "bf26368010000102030405060708090a0b0c0d0e0f8110010102030405060708090a0b0c0d0e0f82100201020304050607"
        "08090a0b0c0d0e0f",
        "8748a14c800a001992351cd46ad2945654674369701d82b7b46567652bc8fbed234939fc57fba748015525fd6c651e9d3d"
        "1330652d42a0cfad950e912122af4ec5362d3c0bc535729c40",
    ),
)


def test_session_keys_are_those_of_the_trace() -> None:
    keys = derive_session_keys(
        bytes.fromhex(TRACE_SECRET),
        host_id=bytes.fromhex(TRACE_HOST_ID),
        eid=bytes.fromhex(TRACE_EID),
    )
    assert keys == TRACE_KEYS


def test_each_segment_is_that_of_the_trace() -> None:
    server, card = Bsp.from_keys(TRACE_KEYS), Bsp.from_keys(TRACE_KEYS)
    for encrypted, tag, clear_hex, segment_hex in TRACE:
        clear, segment = bytes.fromhex(clear_hex), bytes.fromhex(segment_hex)
        assert (server.protect if encrypted else server.mac_only)(tag, clear) == segment
        assert (card.unprotect if encrypted else card.verify_mac_only)(segment) == clear
    assert server.mac_chaining_value == card.mac_chaining_value


@pytest.mark.parametrize(
    ("length", "mac"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_cmac_is_that_of_rfc_4493(length: int, mac: str) -> None:
    message = bytes.fromhex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    )
    cmac = CMAC(AES(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")))
    cmac.update(message[:length])
    assert cmac.finalize().hex() == mac


def test_kdf_is_that_of_the_nist_vectors() -> None:
    """NIST CAVS 12.0 ANSI X9.63-2001, SHA-256, first of the 192-bit secrets without SharedInfo."""
    secret = bytes.fromhex("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08")
    assert X963KDF(SHA256(), 16, b"").derive(secret).hex() == "443024c3dae66b95e6f5670601558f71"


def plainly_protected(
    keys: SessionKeys, counter: int, mcv: bytes, tag: int, clear: bytes
) -> tuple[bytes, bytes]:
    """The clause word for word, with a context of its own for each step: (segment, MAC chaining value)."""
    padded = clear + b"\x80"
    padded += bytes(-len(padded) % 16)
    icv = Cipher(AES(keys.s_enc), ECB()).encryptor().update(counter.to_bytes(16, "big"))
    ciphertext = Cipher(AES(keys.s_enc), CBC(icv)).encryptor().update(padded)
    length = len(ciphertext) + 8
    prefix = b"" if length < 128 else b"\x81" if length < 256 else b"\x82"
    header = bytes([tag]) + prefix + length.to_bytes(2 if length > 255 else 1, "big")
    cmac = CMAC(AES(keys.s_mac))
    cmac.update(mcv + header + ciphertext)
    mac = cmac.finalize()
    return header + ciphertext + mac[:8], mac


@given(st.lists(st.binary(max_size=MAX_PLAINTEXT), max_size=5))
def test_segments_chain_as_the_clause_says(clears: list[bytes]) -> None:
    keys = SessionKeys(b"E" * 16, b"M" * 16, b"C" * 16)
    server, card, mcv = Bsp.from_keys(keys), Bsp.from_keys(keys), keys.initial_mcv
    for counter, clear in enumerate(clears, 1):
        expected, mcv = plainly_protected(keys, counter, mcv, 0x86, clear)
        assert server.protect(0x86, clear) == expected
        assert card.unprotect(expected) == clear


def test_long_data_is_cut_into_full_segments() -> None:
    data = hashlib.shake_128(b"package").digest(3 * MAX_PLAINTEXT + 1)
    server, card = Bsp.from_keys(TRACE_KEYS), Bsp.from_keys(TRACE_KEYS)
    segments = server.protect_all(0x86, data)
    assert [len(s) for s in segments] == [MAX_SEGMENT] * 3 + [2 + 16 + 8]
    assert b"".join(map(card.unprotect, segments)) == data
    clear = server.mac_only_all(0x88, data)
    assert [len(s) for s in clear] == [MAX_SEGMENT] * 2 + [4 + 8 + len(data) - 2 * MAX_MAC_ONLY]
    assert b"".join(map(card.verify_mac_only, clear)) == data


def test_too_long_data_is_refused() -> None:
    server = Bsp.from_keys(TRACE_KEYS)
    with pytest.raises(BspStructureError):
        server.protect(0x86, bytes(MAX_PLAINTEXT + 1))
    with pytest.raises(BspStructureError):
        server.mac_only(0x88, bytes(MAX_MAC_ONLY + 1))


def test_every_flipped_bit_is_refused_and_changes_no_state() -> None:
    segment = Bsp.from_keys(TRACE_KEYS).protect(0x86, b"profile element")
    card = Bsp.from_keys(TRACE_KEYS)
    for bit in range(8 * len(segment)):
        wrong = (int.from_bytes(segment, "big") ^ 1 << bit).to_bytes(len(segment), "big")
        with pytest.raises(BspError):
            card.unprotect(wrong)
    assert card.unprotect(segment) == b"profile element"


def test_a_segment_out_of_turn_is_refused() -> None:
    server, card = Bsp.from_keys(TRACE_KEYS), Bsp.from_keys(TRACE_KEYS)
    server.protect(0x86, b"first")
    with pytest.raises(BspSecurityError):
        card.unprotect(server.protect(0x86, b"second"))


@pytest.mark.parametrize("padded", [bytes(16), b"\x80" + bytes(31), b"x" * 16])
def test_a_right_mac_over_wrong_padding_is_a_security_error(padded: bytes) -> None:
    keys = TRACE_KEYS
    icv = Cipher(AES(keys.s_enc), ECB()).encryptor().update((1).to_bytes(16, "big"))
    ciphertext = Cipher(AES(keys.s_enc), CBC(icv)).encryptor().update(padded)
    segment = Bsp.from_keys(keys).mac_only(0x86, ciphertext)
    with pytest.raises(BspSecurityError, match="padding"):
        Bsp.from_keys(keys).unprotect(segment)


@given(st.binary(max_size=MAX_SEGMENT + 2))
def test_any_bytes_are_answered_with_an_error_of_the_family(data: bytes) -> None:
    card = Bsp.from_keys(TRACE_KEYS)
    for take in (card.unprotect, card.verify_mac_only):
        with pytest.raises(BspError):
            take(data)


def test_keys_of_another_kind_are_refused() -> None:
    with pytest.raises(BspStructureError):
        derive_session_keys(bytes(32), host_id=b"h", eid=bytes(16), key_length=32)
