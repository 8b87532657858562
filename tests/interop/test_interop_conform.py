"""The checks of cards on a card behind the PC/SC service: through T=0, readers and its own way to reset."""

from __future__ import annotations

from pathlib import Path

from cards.pcsc import Service
from simulator.conformance import Verdict
from simulator.testing.sources import DescribedSource, Lent
from tests.interop.conftest import READER, Insert
from tests.simulator.cli.conftest import Esim
from tests.simulator.conformance.cards_under_test import failures, run, source_of

SECRETS = """
pin1: "2468"
puk1: "24681357"
pin2: "1357"
puk2: "13572468"
adm1: "55555555"
authentication: {key: 465b5ce8b199b49faa5f0a2ee238a6bc, opc: cd63cb71954a9f4e48a5994e37a02baf}
remote_keys:
  - {version: 1, identifier: 1, value: 000102030405060708090a0b0c0d0e0f}
  - {version: 1, identifier: 2, value: 101112131415161718191a1b1c1d1e1f}
  - {version: 1, identifier: 3, value: 202122232425262728292a2b2c2d2e2f}
"""
ICCID = "8999900000000003000"


def test_a_sim_that_nothing_is_known_of(insert: Insert, esim: Esim) -> None:
    with insert(DescribedSource("laboratory-sim").open()):
        outcome = esim("conform", "--reader", READER)
    assert outcome.status == 0, outcome.out
    assert "would change the card" in outcome.out
    assert "needs the value of PIN 1 (--secrets)" in outcome.out


def test_a_sim_that_may_change(insert: Insert, esim: Esim, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.yaml"
    secrets.write_text(SECRETS)
    with insert(DescribedSource("laboratory-sim").open()):
        outcome = esim("conform", "--reader", READER, "--secrets", secrets, "--allow-changes", ICCID)
    assert outcome.status == 0, outcome.out
    assert int(outcome.out.splitlines()[-1].split()[0]) > 200


def test_an_euicc_before_a_server_that_it_trusts(insert: Insert, readers: Service) -> None:
    source = source_of("euicc-two-profiles")
    with insert(source.open()), readers.connect("0") as link:
        results = run(source, connect=lambda: Lent(link))
    assert failures(results) == {}
    assert sum(one.verdict is Verdict.PASSED for one in results) > 350
