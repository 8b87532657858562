"""What is known of a card: written down by its owner, or read out of a simulated one."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.conformance import Verdict, known
from simulator.profile.describe import DescriptionError
from simulator.uicc.image import AkaAlgorithm
from tests.simulator.conformance.cards_under_test import run, secrets, source_of

TEXT = """
pin1: "2468"
puk1: "24681357"
authentication: {key: 465b5ce8b199b49faa5f0a2ee238a6bc, opc: cd63cb71954a9f4e48a5994e37a02baf}
remote_keys:
  - {version: 1, identifier: 1, value: 000102030405060708090a0b0c0d0e0f}
  - {version: 1, identifier: 2, value: 101112131415161718191a1b1c1d1e1f}
  - {version: 32, identifier: 1, value: 000102030405060708090a0b0c0d0e0f, type: des}
remote_counter: 7
remote_tar: B00120
"""


def loaded(folder: Path, text: str) -> known.Known:
    path = folder / "secrets.yaml"
    path.write_text(text)
    return known.load(path)


def test_what_an_owner_writes_down(tmp_path: Path) -> None:
    secret = loaded(tmp_path, TEXT)
    assert secret.pins == {known.PIN1: b"2468\xff\xff\xff\xff"}
    assert secret.puks == {known.PIN1: b"24681357"}
    assert secret.aka is not None
    assert secret.aka.algorithm is AkaAlgorithm.MILENAGE
    assert secret.remote is not None
    assert (secret.remote.version, secret.remote.counter, secret.files_tar.hex()) == (1, 7, "b00120")
    assert [secret.has(word) for word in ("pin1", "puk1", "aka", "remote")] == [True] * 4
    assert [secret.has(word) for word in ("pin2", "puk2", "adm1", "keys")] == [False] * 4


@pytest.mark.parametrize(
    ("text", "told"), [("pin1: 12", "pin1"), ("pin3: '1234'", "pin3"), ("remote_tar: B0", "remote_tar")]
)
def test_what_cannot_be_a_secret(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(DescriptionError, match=told):
        loaded(tmp_path, text)


def test_a_simulated_card_hides_nothing() -> None:
    secret = secrets(source_of("laboratory-sim"))
    assert all(secret.has(word) for word in known.WORDS)
    assert [keys.version for keys in secret.domain] == [0x20, 0x30]


def test_checks_that_need_what_nobody_knows() -> None:
    source = source_of("laboratory-sim")
    results = run(source, "pins", known=known.NOTHING)
    assert {one.verdict for one in results} == {Verdict.SKIPPED}
    assert {"needs the value of PIN 1 (--secrets)"} < {one.finding for one in results}
