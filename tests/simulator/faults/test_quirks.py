"""A user's own file makes cards and servers misbehave, and every change is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from simulator.faults import QuirkError, QuirkyCard, load_quirks
from simulator.smdp.http import create_app
from tests.simulator.conftest import Bench
from tests.simulator.faults.test_fault_plans import Card


def quirks(tmp_path: Path, text: str, told: list[str] | None = None) -> Any:
    path = tmp_path / "odd.py"
    path.write_text("from simulator.faults import Answer\n" + text)
    return load_quirks(path, (told if told is not None else []).append)


@pytest.mark.parametrize(
    ("text", "answer", "log", "told"),
    [
        ("def before_apdu(command): return None", "01029000", ["0102"], []),
        (
            "def before_apdu(command): return command[:1] + b'\\7'",
            "01079000",
            ["0107"],
            ["quirk before_apdu of odd.py: 0102 became 0107"],
        ),
        (
            "def before_apdu(command): return Answer(b'\\x6f\\0')",
            "6f00",
            [],
            ["quirk before_apdu of odd.py: the answer to 0102 became 6F00"],
        ),
        (
            "def after_apdu(command, response): return command + b'\\x69\\x82'",
            "01026982",
            ["0102"],
            ["quirk after_apdu of odd.py: the answer 01029000 became 01026982"],
        ),
    ],
)
def test_a_card_with_quirks(tmp_path: Path, text: str, answer: str, log: list[str], told: list[str]) -> None:
    card, heard = Card(), list[str]()
    loaded = quirks(tmp_path, text, heard)
    quirky = QuirkyCard(card, loaded)
    assert quirky.transmit(b"\x01\x02").hex() == answer
    assert quirky.reset() == b"\x3b"
    quirky.close()
    assert card.log == [*log, "reset", "close"]
    assert heard == loaded.struck == told


def test_another_atr(tmp_path: Path) -> None:
    heard = list[str]()
    quirky = QuirkyCard(Card(), quirks(tmp_path, "def on_reset(atr): return atr + b'\\0'", heard))
    assert quirky.reset() == b"\x3b\x00"
    assert heard == ["quirk on_reset of odd.py: the ATR 3B became 3B00"]


def test_a_server_with_quirks(tmp_path: Path, bench: Bench) -> None:
    text = """
def on_request(function, message):
    return {**message, "smdpAddress": "elsewhere.example"} if "smdpAddress" in message else None

def on_answer(function, message, answer):
    return {**answer, "odd": function}
"""
    heard = list[str]()
    app = create_app(bench.smdp, meddler=quirks(tmp_path, text, heard))
    headers = {"X-Admin-Protocol": "gsma/rsp/v2.2.0", "Content-Type": "application/json"}
    message = {"euiccChallenge": "AAAAAAAAAAAAAAAAAAAAAA==", "euiccInfo1": "", "smdpAddress": "here"}
    answer = TestClient(app).post("/gsma/rsp2/es9plus/initiateAuthentication", headers=headers, json=message)
    assert answer.json()["odd"] == "initiateAuthentication"
    assert len(heard) == 2
    assert "elsewhere.example" in heard[0]
    assert heard[1].startswith("quirk on_answer of odd.py: the answer to initiateAuthentication {")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def f(:", "line 2"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def after_adpu(command): ...", "there is no hook after_adpu; there are before_apdu"),
        ("x = 1", "defines no hook"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(QuirkError, match=words):
        quirks(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(QuirkError, match="No such file"):
        load_quirks(tmp_path / "nothing.py")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "def before_apdu(command): return 5",
            "before_apdu of odd.py: None or bytes expected, not int",
        ),
        ("def before_apdu(command):\n  return command[9]", "odd.py, line 3: IndexError"),
        ("def before_apdu(): ...", "takes 0 positional arguments"),
    ],
)
def test_a_quirk_that_fails(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(QuirkError, match=words):
        QuirkyCard(Card(), quirks(tmp_path, text)).transmit(b"\x01")
