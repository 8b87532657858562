"""Milenage against all test sets of TS 35.207 and TS 35.208."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.crypto.errors import KeyFormatError
from simulator.crypto.milenage import DEFAULT_CONSTANTS, Milenage

DATA = json.loads((Path(__file__).parent / "data" / "ts35208_milenage.json").read_text())["sets"]
Values = dict[str, bytes]


@pytest.fixture(params=DATA, ids=lambda number: f"set{number}")
def values(request: pytest.FixtureRequest) -> Values:
    return {name: bytes.fromhex(text) for name, text in DATA[request.param].items()}


def test_every_published_set_is_there() -> None:
    assert list(DATA) == [str(number) for number in range(1, 21)]


def test_opc(values: Values) -> None:
    assert Milenage.opc(values["k"], values["op"]) == values["opc"]


def test_f1_to_f5star(values: Values) -> None:
    functions = Milenage(values["k"], values["opc"])
    message = values["rand"], values["sqn"], values["amf"]
    assert functions.f1(*message) == values["f1"]
    assert functions.f1star(*message) == values["f1star"]
    assert functions.f2345(values["rand"]) == tuple(values[name] for name in ("f2", "f3", "f4", "f5"))
    assert functions.f5star(values["rand"]) == values["f5star"]


def test_a_second_rand_is_not_answered_with_the_first() -> None:
    one, three = ({name: bytes.fromhex(text) for name, text in DATA[n].items()} for n in "13")
    functions = Milenage(one["k"], one["opc"])
    functions.f2345(three["rand"])
    assert functions.f2345(one["rand"])[0] == one["f2"]
    functions.f5star(three["rand"])
    assert functions.f1(one["rand"], one["sqn"], one["amf"]) == one["f1"]


def test_operator_constants_and_rotations_are_used() -> None:
    """With r3 = r2 and c3 = c2, f3 gives the block that f2 and f5 are cut from."""
    constants = DEFAULT_CONSTANTS[:32] + DEFAULT_CONSTANTS[16:32] + DEFAULT_CONSTANTS[48:]
    res, ck, _, ak = Milenage(bytes(16), bytes(16), c=constants, r=bytes([64, 0, 0, 64, 96])).f2345(bytes(16))
    assert (ck[:6], ck[8:]) == (ak, res)


def test_wrong_lengths_are_refused() -> None:
    for arguments in ((bytes(15), bytes(16)), (bytes(16), bytes(17))):
        with pytest.raises(KeyFormatError):
            Milenage(*arguments)
        with pytest.raises(KeyFormatError):
            Milenage.opc(*arguments)
    with pytest.raises(KeyFormatError, match="rotation"):
        Milenage(bytes(16), bytes(16), r=bytes([128, 0, 0, 0, 0]))
    with pytest.raises(KeyFormatError):
        Milenage(bytes(16), bytes(16), c=bytes(79))
