"""TUAK against all test sets of TS 35.233, and its permutation against hashlib's SHA-3 and SHAKE."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.crypto.errors import KeyFormatError
from simulator.crypto.keccak import keccak_f1600
from simulator.crypto.tuak import Tuak

DATA = json.loads((Path(__file__).parent / "data" / "ts35233_tuak.json").read_text())["sets"]


@pytest.mark.parametrize("number", DATA)
def test_published_set(number: str) -> None:
    iterations = DATA[number]["iterations"]
    v = {name: bytes.fromhex(text) for name, text in DATA[number].items() if name != "iterations"}
    assert Tuak.topc(v["k"], v["top"], iterations=iterations) == v["topc"]
    functions = Tuak(
        v["k"],
        v["topc"],
        iterations=iterations,
        res_length=len(v["f2"]),
        mac_length=len(v["f1"]),
        ck_length=len(v["f3"]),
        ik_length=len(v["f4"]),
    )
    assert functions.f1(v["rand"], v["sqn"], v["amf"]) == v["f1"]
    assert functions.f1star(v["rand"], v["sqn"], v["amf"]) == v["f1star"]
    assert functions.f2345(v["rand"]) == (v["f2"], v["f3"], v["f4"], v["f5"])
    assert functions.f5star(v["rand"]) == v["f5star"]


def test_every_published_set_is_there() -> None:
    assert list(DATA) == list("123456")


@given(st.binary(max_size=135))
def test_the_permutation_is_that_of_shake256(message: bytes) -> None:
    padded = bytearray(message + b"\x1f" + bytes(199 - len(message)))
    padded[135] ^= 0x80
    assert keccak_f1600(bytes(padded))[:136] == hashlib.shake_256(message).digest(136)


def test_the_permutation_iterates_over_the_whole_state() -> None:
    """Two blocks of SHA3-256: the second absorbs into the capacity that the first left."""
    message = bytes(range(200))
    state = keccak_f1600(message[:136] + bytes(64))
    block = bytearray(message[136:] + b"\x06" + bytes(71))
    block[135] ^= 0x80
    absorbed = bytes(a ^ b for a, b in zip(state, bytes(block) + bytes(64), strict=True))
    assert keccak_f1600(absorbed)[:32] == hashlib.sha3_256(message).digest()


@pytest.mark.parametrize(
    "wrong", [{"k": bytes(24)}, {"topc": bytes(16)}, {"iterations": 0}, {"res_length": 5}, {"mac_length": 4}]
)
def test_wrong_lengths_are_refused(wrong: dict[str, object]) -> None:
    arguments: dict[str, object] = {"k": bytes(16), "topc": bytes(32), **wrong}
    with pytest.raises(KeyFormatError):
        Tuak(**arguments)  # type: ignore[arg-type]


def test_wrong_operator_values_are_refused() -> None:
    with pytest.raises(KeyFormatError):
        Tuak.topc(bytes(16), bytes(16))
