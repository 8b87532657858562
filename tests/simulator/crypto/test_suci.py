"""SUCI protection schemes against the implementers' test data of TS 33.501 §C.4."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from simulator.crypto import suci
from simulator.crypto.errors import KeyFormatError
from simulator.crypto.suci import ProtectionScheme, SchemeOutputError

A, B = ProtectionScheme.PROFILE_A, ProtectionScheme.PROFILE_B
PRIVATE_A = "c53c22208b61860b06c62e5406a7b330c2b577aa5558981510d128247d38bd1d"
PUBLIC_A = "5a8d38864820197c3394b92613b20b91633cbd897119273bf8e4a6f4eec0a650"
PRIVATE_B = "f1ab1074477ebcc7f554ea1c5fc368b1616730155e0041ac447d6301975fecda"
PUBLIC_B = "0272da71976234ce833a6907425867b82e074d44ef907dfb4b3e21c1c2256ebcd1"
PUBLIC_B_UNCOMPRESSED = (
    "0472da71976234ce833a6907425867b82e074d44ef907dfb4b3e21c1c2256ebcd1"
    "5a7ded52fcbb097a4ed250e036c7b9c8c7004c4eedc4f068cd7bf8d3f900e3b4"
)
MSIN = "001002086"
USERNAME = b"verylongusername1"


class Vector(NamedTuple):
    clause: str
    scheme: ProtectionScheme
    home_private: str
    home_public: str
    ephemeral_private: str
    ephemeral_public: str
    scheme_input: str
    ciphertext: str
    mac: str

    @property
    def output(self) -> bytes:
        return bytes.fromhex(self.ephemeral_public + self.ciphertext + self.mac)


VECTORS = [
    Vector(
        "C.4.3.1",
        A,
        PRIVATE_A,
        PUBLIC_A,
        "c80949f13ebe61af4ebdbd293ea4f942696b9e815d7e8f0096bbf6ed7de62256",
        "b2e92f836055a255837debf850b528997ce0201cb82adfe4be1f587d07d8457d",
        "00012080f6",
        "cb02352410",
        "cddd9e730ef3fa87",
    ),
    Vector(
        "C.4.3.2",
        A,
        PRIVATE_A,
        PUBLIC_A,
        "be9eff3e9f22a4b42a3d236e7a6c500b3f2e7e0c7449988ba800d664bf4fcd97",
        "977d8b2fdaa7b64aa700d04227d5b440630ea4ec50f9082273a26bb678c92222",
        "766572796c6f6e67757365726e616d6531",
        "8e358a1582adb15322c10e515141d2039a",
        "12e1d7783a97f1ac",
    ),
    Vector(
        "C.4.4.1",
        B,
        PRIVATE_B,
        PUBLIC_B,
        "99798858a1dc6a2c68637149a4b1dbfd1fdff5addd62a2142f06699ed7602529",
        "039aab8376597021e855679a9778ea0b67396e68c66df32c0f41e9acca2da9b9d1",
        "00012080f6",
        "46a33fc271",
        "6ac7dae96aa30a4d",
    ),
    Vector(
        "C.4.4.2",
        B,
        PRIVATE_B,
        PUBLIC_B,
        "90a5898bd29ffa3f261e00e980067c70a2b1b992a21f5b4fef6d4df69fe804ad",
        "03759bb22c563d9f4a6b3c1419e543fc2f39d6823f02a9d71162b39399218b244b",
        "766572796c6f6e67757365726e616d6531",
        "be22d8b9f856a52ed381cd7eaf4cf2d525",
        "3cddc61a0a7882eb",
    ),
]
each_vector = pytest.mark.parametrize("vector", VECTORS, ids=[vector.clause for vector in VECTORS])


@each_vector
def test_conceal(vector: Vector) -> None:
    output = suci.conceal(
        vector.scheme,
        bytes.fromhex(vector.scheme_input),
        bytes.fromhex(vector.home_public),
        bytes.fromhex(vector.ephemeral_private),
    )
    assert output.hex() == vector.output.hex()


@each_vector
def test_reveal(vector: Vector) -> None:
    private = bytes.fromhex(vector.home_private)
    assert suci.reveal(vector.scheme, vector.output, private).hex() == vector.scheme_input


def test_public_keys() -> None:
    assert suci.public_key(A, bytes.fromhex(PRIVATE_A)).hex() == PUBLIC_A
    assert suci.public_key(B, bytes.fromhex(PRIVATE_B)).hex() == PUBLIC_B


def test_the_keys_between_are_those_of_annex_c() -> None:
    """§C.4.3.1: encryption key, ICB and MAC key from the ephemeral shared key."""
    shared = bytes.fromhex("028ddf890ec83cdf163947ce45f6ec1a0e3070ea5fe57e2b1f05139f3e82422a")
    derived = suci.x963_kdf(shared, bytes.fromhex(VECTORS[0].ephemeral_public), 64)
    assert derived[:16].hex() == "2ba342cabd2b3b1e5e4e890da11b65f6"
    assert derived[16:32].hex() == "e2622cb0cdd08204e721c8ea9b95a7c6"
    assert derived[32:].hex() == "d9846966fb7cf5fcf11266c5957dea60b83fff2b7c940690a4bfe57b1eb52bd2"


def test_key_derivation_cuts_where_it_is_asked_to() -> None:
    """NIST CAVP, ANS X9.63-2001, SHA-256, shared secret of 192 bits, no shared info, count 0."""
    secret = bytes.fromhex("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08")
    assert suci.x963_kdf(secret, b"", 16).hex() == "443024c3dae66b95e6f5670601558f71"
    assert len(suci.x963_kdf(secret, b"", 33)) == 33


def test_profile_b_takes_an_uncompressed_home_network_key() -> None:
    """EF.SUCI_Calc_Info may hold either form (TS 31.102 §4.4.11.8)."""
    vector = VECTORS[2]
    ephemeral = bytes.fromhex(vector.ephemeral_private)
    output = suci.conceal(B, bytes.fromhex("00012080f6"), bytes.fromhex(PUBLIC_B_UNCOMPRESSED), ephemeral)
    assert output == vector.output


def test_the_null_scheme_changes_nothing() -> None:
    """§C.4.2."""
    assert suci.conceal(ProtectionScheme.NULL, bytes.fromhex("00012080F6"), b"", b"").hex() == "00012080f6"
    assert suci.reveal(ProtectionScheme.NULL, USERNAME, b"") == USERNAME


def test_msin_coding() -> None:
    assert suci.msin_input(MSIN).hex() == "00012080f6"
    assert suci.msin_input("0123456789").hex() == "1032547698"
    assert suci.msin_of(bytes.fromhex("00012080f6")) == MSIN
    assert suci.msin_of(bytes.fromhex("1032547698")) == "0123456789"
    for wrong in ("", "1A", "1F", "FF", "1FF1"):
        with pytest.raises(SchemeOutputError):
            suci.msin_of(bytes.fromhex(wrong))


@each_vector
def test_every_flipped_bit_is_found(vector: Vector) -> None:
    private = bytes.fromhex(vector.home_private)
    for at in range(len(vector.output)):
        damaged = bytearray(vector.output)
        damaged[at] ^= 0x01
        with pytest.raises((SchemeOutputError, KeyFormatError)):
            suci.reveal(vector.scheme, bytes(damaged), private)


@pytest.mark.parametrize("scheme", [A, B])
def test_what_is_no_key_is_refused(scheme: ProtectionScheme) -> None:
    private = bytes.fromhex(PRIVATE_A)
    for public in (b"", bytes(31), bytes(32), bytes(33), b"\x02" + b"\xff" * 32, b"\x04" + bytes(64)):
        with pytest.raises(KeyFormatError):
            suci.conceal(scheme, b"\x00", public, private)
    home = suci.public_key(scheme, private)
    with pytest.raises(KeyFormatError):
        suci.conceal(scheme, b"\x00", home, b"")
    with pytest.raises(SchemeOutputError):
        suci.reveal(scheme, bytes(39), private)


def test_ephemeral_keys_come_from_the_entropy_alone() -> None:
    def entropy(count: int) -> bytes:
        return bytes(range(count))

    assert suci.ephemeral_private_key(ProtectionScheme.NULL, entropy) == b""
    for scheme, home in ((A, PRIVATE_A), (B, PRIVATE_B)):
        ephemeral = suci.ephemeral_private_key(scheme, entropy)
        assert ephemeral == suci.ephemeral_private_key(scheme, entropy)
        assert len(ephemeral) == 32
        public = suci.public_key(scheme, bytes.fromhex(home))
        output = suci.conceal(scheme, USERNAME, public, ephemeral)
        assert suci.reveal(scheme, output, bytes.fromhex(home)) == USERNAME


def test_what_a_real_card_calculated() -> None:
    """The answer of a sysmoISIM-SJA5 to GET IDENTITY, as the manual of pySim shows it: IMSI 99970 0000115530,
    Profile B with the home network key of annex C."""
    answer = bytes.fromhex(
        "0199f90717ff021b"
        "027a2c58ce1c6b89df088a9eb4d242596dd75746bb5f3503d2cf58a7461e4fd106e205c86f76544e9d732226a4e1"
    )
    assert suci.msin_of(suci.reveal(B, answer[8:], bytes.fromhex(PRIVATE_B))) == "0000115530"
