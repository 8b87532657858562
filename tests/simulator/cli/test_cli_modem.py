"""`--modem`: commands on a card behind a modem."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cards.at import Modem
from cards.at.terminal import ModemTerminal
from simulator.profile import build, describe
from tests.simulator.cli.conftest import Esim, Start, next_line
from tests.simulator.conftest import Bench, make_bench, test_pki

__all__ = ["test_pki"]


@pytest.fixture
def bench(test_pki: object) -> Bench:
    bench = make_bench(test_pki)  # type: ignore[arg-type]
    bench.download(build.build_package(describe.load_shipped("test-operator")), enable=True)
    return bench


@pytest.fixture
def port(bench: Bench) -> Iterator[str]:
    with ModemTerminal(Modem(bench.euicc)) as terminal:
        yield terminal.path


def test_apdus_and_the_lpa(esim: Esim, port: str) -> None:
    outcome = esim("apdu", "--modem", port, "00A40804022FE2", "00B000000A")
    assert "989909000000000010F4" in outcome.out
    assert "8999900000000000014" in esim("lpa", "list", "--modem", port).out


def test_what_would_change_the_card(esim: Esim, port: str, bench: Bench) -> None:
    outcome = esim("lpa", "disable", "--modem", port, "8999900000000000014")
    assert outcome.status == 1
    assert "DisableProfile (SGP.22 §5.7.17) was not sent" in outcome.err
    eid = "89049032123451234512345678901235"
    outcome = esim("lpa", "disable", "--modem", port, "8999900000000000014", "--allow-changes", eid)
    assert outcome.status == 0, outcome.err


def test_conformance(esim: Esim, port: str) -> None:
    outcome = esim("conform", "--modem", port, "--suite", "usim", "--suite", "es10")
    assert outcome.status == 0, outcome.out
    assert "would change the card: --allow-changes with its ICCID or EID allows it" in outcome.out
    assert " passed, 0 failed, " in outcome.out.splitlines()[-1]


def test_one_card_only(esim: Esim, port: str) -> None:
    outcome = esim("apdu", "--modem", port, "--card", "x", "00A40804022FE2")
    assert outcome.status == 2
    assert "Give one of --card, --reader and --modem." in outcome.err


def test_a_port_that_is_not_there(esim: Esim) -> None:
    outcome = esim("apdu", "--modem", "/dev/none", "00A40804022FE2")
    assert (outcome.status, outcome.err) == (
        1,
        "esim: the port /dev/none cannot be opened: No such file or directory\n",
    )


def test_a_card_is_played_behind_a_modem(esim: Esim, start: Start) -> None:
    esim("card", "new", "phone", "--profile", "test-operator", "--enable")
    process = start("reader", "plug", "phone", "--modem")
    sentence = next_line(process.stderr)
    assert sentence.startswith("Card phone is behind the modem /dev/pts/")
    outcome = esim("lpa", "list", "--modem", sentence.split()[6])
    assert "8999900000000000014" in outcome.out, outcome.err


def test_one_way_to_plug(esim: Esim) -> None:
    outcome = esim("reader", "plug", "phone", "--modem", "--stdio")
    assert (outcome.status, "Give one of --tcp, --modem" in outcome.err) == (2, True)
