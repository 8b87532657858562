"""Keys of EPS and 5GS. Values marked public come from programs of others that derive the same keys (a Kotlin
Milenage library, a Go AUSF, and a collection of LTE and 5G calculators)."""

from __future__ import annotations

import hashlib
import hmac

from simulator.crypto.access_keys import hxres_star, kasme, kausf, kseaf, res_star, serving_network_name
from simulator.crypto.aka import generate_vector
from simulator.crypto.milenage import Milenage

_KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
_OPC = bytes.fromhex("62e75b8d6fa5bf46ec87a9276f9df54d")
_SNN = serving_network_name("001", "01")


def test_5g_aka_of_a_public_example() -> None:
    vector = generate_vector(Milenage(_KEY, _OPC), _KEY, bytes(5) + b"\x01", b"\x80\x00")
    assert vector.autn.hex() == "de656c8b0bcf80004af30b82a8531115"
    expected = res_star(vector.ck, vector.ik, _SNN, _KEY, vector.xres)
    assert expected.hex() == "31b6d938a5290ccc65bc829f9820a8d9"
    assert hxres_star(_KEY, expected).hex() == "3308fb7cf06a35f1cd086b904ce82ecf"


def test_kausf_and_kseaf_of_a_public_example() -> None:
    ck = bytes.fromhex("0102030405060708090A0B0C0D0E0F00")
    ik = bytes.fromhex("02030405060708090A0B0C0D0E0F0001")
    key = kausf(ck, ik, _SNN, bytes.fromhex("0304050607F7"))
    assert key.hex().upper() == "20DE4EB2B75C8DAC301AD52773E2E37BD7B4B0C2FDB1C3751B98DD0DF846AED5"
    anchor = "D2BBC63B0C141247341C0FCA3DC3BFFDC6BFC1813489342DE8487E7E4DC3728B"
    assert kseaf(key, _SNN).hex().upper() == anchor


def test_kasme_is_one_hmac_over_the_fourteen_bytes_of_its_clause() -> None:
    ck, ik = bytes(range(16)), bytes(range(16, 32))
    text = bytes.fromhex("10 00F110 0003 55F328B43577 0006")
    expected = hmac.new(ck + ik, text, hashlib.sha256).digest()
    assert kasme(ck, ik, bytes.fromhex("00F110"), bytes.fromhex("55F328B43577")) == expected


def test_a_serving_network_is_named_with_three_digits_of_mnc() -> None:
    assert serving_network_name("310", "410") == b"5G:mnc410.mcc310.3gppnetwork.org"
    assert _SNN == b"5G:mnc001.mcc001.3gppnetwork.org"
