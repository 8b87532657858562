"""ECDSA and ECKA against published vectors: RFC 6979, RFC 5903, RFC 7027, and real SGP.26 keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.crypto.ecc import (
    Curve,
    curve_of,
    one_time_key,
    private_key,
    public_bytes,
    public_key,
    shared_secret,
    sign_raw,
    verify_raw,
)
from simulator.crypto.errors import KeyFormatError

RFC6979_KEY = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
RFC6979_SIGNATURES = {  # RFC 6979 §A.2.5, "With SHA-256"
    b"sample": "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    b"test": "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
    "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
}
ECKA = {  # curve: (key A, point A, key B, point B, shared x)
    Curve.NIST_P256: (  # RFC 5903 §8.1
        "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
        "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
        "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
        "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
        "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
        "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
        "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE",
    ),
    Curve.BRAINPOOL_P256R1: (  # RFC 7027 §A.1
        "81DB1EE100150FF2EA338D708271BE38300CB54241D79950F77B063039804F1D",
        "44106E913F92BC02A1705D9953A8414DB95E1AAA49E81D9E85F929A8E3100BE5"
        "8AB4846F11CACCB73CE49CBDD120F5A900A69FD32C272223F789EF10EB089BDC",
        "55E40BC41E37E3E2AD25C3C6654511FFA8474A91A0032087593852D3E7D76BD3",
        "8D2D688C6CF93E1160AD04CC4429117DC2C41825E1E9FCA0ADDD34E6F1B39F7B"
        "990C57520812BE512641E47034832106BC7D3E8DD0E4C7F1136D7006547CEC6A",
        "89AFC39D41D3B327814B80940B042590F96556EC91E6AE7939BCE31F3A18BF2B",
    ),
}


@pytest.mark.parametrize("message", RFC6979_SIGNATURES)
def test_signatures_are_those_of_rfc_6979(message: bytes) -> None:
    key = private_key(Curve.NIST_P256, RFC6979_KEY)
    assert sign_raw(key, message) == bytes.fromhex(RFC6979_SIGNATURES[message])


@pytest.mark.parametrize("curve", Curve)
def test_both_sides_agree_on_the_published_secret(curve: Curve) -> None:
    key_a, point_a, key_b, point_b, secret = ECKA[curve]
    a, b = private_key(curve, int(key_a, 16)), private_key(curve, int(key_b, 16))
    assert public_bytes(a) == bytes.fromhex("04" + point_a)
    assert public_bytes(b) == bytes.fromhex("04" + point_b)
    assert shared_secret(a, public_bytes(b)) == bytes.fromhex(secret)
    assert shared_secret(b, public_bytes(a)) == bytes.fromhex(secret)


@pytest.mark.parametrize("curve", Curve)
def test_a_signature_holds_only_for_its_key_and_data(curve: Curve) -> None:
    key = one_time_key(curve, lambda n: bytes(range(n)))
    other = one_time_key(curve, lambda n: bytes(n)).public_key()
    signature = sign_raw(key, b"euiccSigned1")
    assert len(signature) == 64
    assert verify_raw(key.public_key(), signature, b"euiccSigned1")
    assert not verify_raw(key.public_key(), signature, b"euiccSigned2")
    assert not verify_raw(other, signature, b"euiccSigned1")


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64])
def test_a_signature_of_wrong_form_is_wrong_not_an_error(signature: bytes) -> None:
    key = private_key(Curve.NIST_P256, 1)
    assert not verify_raw(key.public_key(), signature, b"")


def test_one_time_keys_replay_with_their_entropy() -> None:
    first, second = (one_time_key(Curve.NIST_P256, lambda n: b"\x5a" * n) for _ in range(2))
    assert public_bytes(first) == public_bytes(second)
    assert curve_of(first) is Curve.NIST_P256


@pytest.mark.parametrize("curve", Curve)
def test_a_point_off_the_curve_is_refused(curve: Curve) -> None:
    key = private_key(curve, 7)
    point = bytearray(public_bytes(key))
    point[-1] ^= 1
    with pytest.raises(KeyFormatError, match="does not lie"):
        shared_secret(key, bytes(point))
    with pytest.raises(KeyFormatError, match="65 bytes"):
        public_key(curve, b"\x00")
    with pytest.raises(KeyFormatError, match="does not lie"):
        public_key(curve, bytes(65))


@pytest.mark.parametrize("scalar", [0, -1, 1 << 256])
def test_a_scalar_outside_the_group_is_refused(scalar: int) -> None:
    with pytest.raises(KeyFormatError):
        private_key(Curve.NIST_P256, scalar)


def test_the_published_scalars_are_keys(shared_data: Path) -> None:
    names = {"secp256r1": Curve.NIST_P256, "brainpoolP256r1": Curve.BRAINPOOL_P256R1}
    for entry in json.loads((shared_data / "sgp26" / "keys.json").read_text()).values():
        key = private_key(names[entry["curve"]], int(entry["d"], 16))
        assert verify_raw(key.public_key(), sign_raw(key, b"x"), b"x")
