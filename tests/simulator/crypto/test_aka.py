"""Vectors, AUTS and conversions of TS 33.102, with Milenage, TUAK and the XOR test algorithm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.crypto.aka import (
    AkaFunctions,
    ResynchronisationError,
    c2,
    c3,
    generate_vector,
    resynchronisation_token,
    sqn_from_auts,
    xor,
)
from simulator.crypto.errors import KeyFormatError
from simulator.crypto.milenage import Milenage
from simulator.crypto.tuak import Tuak
from simulator.crypto.xor_test import XorTest

DATA = json.loads((Path(__file__).parent / "data" / "ts35208_milenage.json").read_text())["sets"]
GSM = {  # TS 55.205 §5: SRES and Kc of the same test sets
    "1": ("46f8416a", "eae4be823af9a08b"),
    "3": ("8c308a5e", "aa01739b8caa976d"),
    "4": ("cfbce3fe", "9a8ec95f408cc507"),
    "5": ("9655e265", "cdc1dc0841b81a22"),
    "6": ("13688f17", "df75bc5ea899879f"),
}
RAND = bytes(range(16))
SQN = bytes.fromhex("0000000004a1")
ALGORITHMS: tuple[AkaFunctions, ...] = (
    Milenage(bytes(range(16, 32)), bytes(range(32, 48))),
    Tuak(bytes(32), bytes(range(32)), mac_length=16),
    Tuak(bytes(16), bytes(range(32)), iterations=2),
    XorTest(bytes(range(16, 32))),
)


def test_milenage_vector_is_that_of_test_set_1() -> None:
    v = {name: bytes.fromhex(text) for name, text in DATA["1"].items()}
    vector = generate_vector(Milenage(v["k"], v["opc"]), v["rand"], v["sqn"], v["amf"])
    assert (vector.xres, vector.ck, vector.ik) == (v["f2"], v["f3"], v["f4"])
    assert vector.autn == xor(v["sqn"], v["f5"]) + v["amf"] + v["f1"]
    assert vector.autn.hex() == "55f328b43577" + "b9b9" + "4a9ffac354dfafb3"


@pytest.mark.parametrize("number", GSM)
def test_gsm_triplets_are_those_of_ts_55_205(number: str) -> None:
    v = {name: bytes.fromhex(text) for name, text in DATA[number].items()}
    assert (c2(v["f2"]).hex(), c3(v["f3"], v["f4"]).hex()) == GSM[number]


@pytest.mark.parametrize(
    ("res", "sres"),
    [
        ("01020304", "01020304"),
        ("0102030411", "10020304"),
        ("01020304" * 4, "00000000"),
        ("f0" * 12, "f0f0f0f0"),
    ],
)
def test_c2_folds_every_length_of_res(res: str, sres: str) -> None:
    assert c2(bytes.fromhex(res)).hex() == sres


def test_xor_algorithm_is_that_of_the_clause() -> None:
    """Worked by hand from TS 34.108 §8.1.2.1: K = '00 01 … 0F', RAND all '10', so XDOUT = '10 11 … 1F'."""
    functions = XorTest(bytes(range(16)))
    res, ck, ik, ak = functions.f2345(b"\x10" * 16)
    assert res.hex() == "101112131415161718191a1b1c1d1e1f"
    assert ck.hex() == "1112131415161718191a1b1c1d1e1f10"
    assert ik.hex() == "12131415161718191a1b1c1d1e1f1011"
    assert ak.hex() == "131415161718"
    mac = functions.f1(b"\x10" * 16, bytes.fromhex("0000000000ff"), bytes.fromhex("8000"))
    assert mac.hex() == "1011121314ea9617"
    vector = generate_vector(functions, b"\x10" * 16, bytes.fromhex("0000000000ff"), bytes.fromhex("8000"))
    assert vector.autn.hex() == "1314151617e7" + "8000" + "1011121314ea9617"


def test_xor_res_is_cut_to_its_length() -> None:
    assert XorTest(bytes(16), res_length=4).f2345(RAND)[0] == RAND[:4]
    with pytest.raises(KeyFormatError):
        XorTest(bytes(16), res_length=3)


@pytest.mark.parametrize("functions", ALGORITHMS, ids=lambda f: type(f).__name__)
def test_the_network_reads_the_cards_sqn_from_auts(functions: AkaFunctions) -> None:
    auts = resynchronisation_token(functions, RAND, SQN)
    assert sqn_from_auts(functions, RAND, auts) == SQN


@pytest.mark.parametrize("functions", ALGORITHMS, ids=lambda f: type(f).__name__)
def test_a_forged_auts_is_refused(functions: AkaFunctions) -> None:
    auts = bytearray(resynchronisation_token(functions, RAND, SQN))
    for position in range(len(auts)):
        auts[position] ^= 1
        with pytest.raises(ResynchronisationError):
            sqn_from_auts(functions, RAND, bytes(auts))
        auts[position] ^= 1
    with pytest.raises(ResynchronisationError, match="no room"):
        sqn_from_auts(functions, RAND, bytes(6))
