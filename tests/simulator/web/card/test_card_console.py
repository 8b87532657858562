"""The console before cards that answer."""

from __future__ import annotations

import pytest

from cards.errors import LinkError
from cards.link import CardLink
from simulator.testing.sources import SimulatedReader, source_of
from simulator.web.card.console import KEPT, Console

ICCID = "8999900000000000709"
"""Of the profile that is enabled on the shipped eUICC with two."""


def _console(source: str) -> Console:
    return Console(source_of(f"sim:{source}").open(), clock=lambda: 0.0, timer=lambda: 0.0)


@pytest.fixture
def sim() -> Console:
    return _console("test-usim")


@pytest.fixture(scope="module")
def euicc() -> Console:
    return _console("euicc-two-profiles")


def test_it_begins_with_a_reset(sim):
    (line,) = sim.lines
    assert (line.number, line.text, line.problem) == (1, "reset", "")
    assert [one.title for one in line.exchanges] == ["Reset"]
    assert line.exchanges[0].answer[0].name


def test_every_exchange_is_shown_and_explained(sim):
    (line,) = sim.type("00A40004023F00")
    assert [one.title for one in line.exchanges] == ["SELECT MF", "GET RESPONSE to SELECT MF"]
    assert line.status == "9000"
    assert line.succeeded
    (line,) = sim.type("raw 00A40004023F00 => 61??")
    assert len(line.exchanges) == 1
    assert line.status.startswith("61")


def test_the_console_stays_where_it_is(sim):
    sim.type("select MF/EF.ICCID")
    (line,) = sim.type("READ BINARY 0000 0A")
    assert line.exchanges[-1].title == "READ BINARY of MF/EF.ICCID, 10 bytes" or (
        "EF.ICCID" in line.exchanges[-1].title
    )
    assert any("8901" in field.value or "89" in field.value for field in line.exchanges[-1].walk())


def test_several_lines_end_at_the_first_that_fails(sim):
    said = sim.type("select MF/EF.ICCID\n\nREAD BINARY 7F00 01\nREAD BINARY 0000 0A")
    assert [line.succeeded for line in said] == [True, False]
    assert said[1].problem.startswith("The card answered 6B00")


def test_variables_and_channels_stay(sim):
    sim.type("select MF/EF.ICCID\n00B000000A => {iccid:10} 9000\nopen ch\nselect MF/EF.ICCID")
    (line,) = sim.type("00B000000A => $iccid 9000")
    assert line.succeeded
    assert line.exchanges[0].raw_command[0] == 0x01
    assert sim.type("close")[0].succeeded


@pytest.mark.parametrize(
    ("line", "problem", "status"),
    [
        ("nonsense", "'nonsense' is neither bytes", ""),
        ("00", "", ""),
        ("verify PIN1 9999", "The card answered 6984", "6984"),
        ("0011000000", "The card answered 6D00", "6D00"),
        ("READ BINARY 0000 00", "The card answered 6986", "6986"),
        ("$nothing", "$nothing is not set.", ""),
        ("GetEID", "No eUICC: the card has no ISD-R", "9000"),
    ],
)
def test_problems_in_a_sentence(sim, line, problem, status):
    (said,) = sim.type(line)
    assert not said.succeeded
    assert problem in said.problem
    assert said.problem.endswith(".")
    assert said.status == status


def test_a_wrong_pin_until_it_is_blocked():
    console = _console("usim-isim")
    console.type("select MF/ADF.USIM")
    said = [console.type("verify PIN1 9999")[0].problem for _ in range(4)]
    assert said[:3] == [
        "The value is wrong: 2 tries are left.",
        "The value is wrong: 1 try is left.",
        "It is blocked now.",
    ]
    assert said[3].startswith("The card answered 6983")


def test_functions_of_es10(euicc):
    (line,) = euicc.type("GetProfilesInfo")
    assert line.succeeded
    assert [one.title for one in line.exchanges[:3]] == [
        "TERMINAL CAPABILITY",
        "MANAGE CHANNEL open a channel",
        "SELECT ISD-R",
    ]
    assert ICCID in [field.value for field in line.exchanges[-1].walk()]
    (again,) = euicc.type("GetEID")  # the channel stays open
    assert again.exchanges[0].title == "STORE DATA: GetEID"


def test_a_refusal_of_the_euicc_is_no_success(euicc):
    (line,) = euicc.type(f"EnableProfile {ICCID}")
    assert line.status == "9000"
    assert line.problem.startswith("The eUICC refuses: profileNotInDisabledState (")
    (line,) = euicc.type("DeleteProfile 8944000000000000009")
    assert line.problem.startswith("The eUICC refuses: iccidOrAidNotFound (")


def test_what_the_card_wants_from_the_phone_is_told():
    euicc = _console("euicc-two-profiles")
    (line,) = euicc.type(f"DisableProfile {ICCID}")
    assert line.succeeded
    assert "FETCH 0000 0B shows it" in line.note
    (fetched,) = euicc.type("FETCH 0000 0B")
    assert any("REFRESH" in field.value for field in fetched.exchanges[-1].walk())
    euicc.type("reset")
    (line,) = euicc.type("GetEID")  # on a channel that is opened anew
    assert line.succeeded
    assert line.exchanges[0].title == "TERMINAL CAPABILITY"


def test_a_card_that_is_gone_and_back():
    link: CardLink = source_of("sim:test-usim").open()
    assert isinstance(link, SimulatedReader)
    console = Console(link, clock=lambda: 0.0, timer=lambda: 0.0)
    card = link.remove()
    with pytest.raises(LinkError):
        link.reset()
    (line,) = console.type("00A40004023F00")
    assert line.problem == "There is no card in the simulated reader: insert one."
    link.insert(card)
    assert console.type("reset\n00A40004023F00")[-1].succeeded


def test_memory_is_bounded(sim):
    for number in range(KEPT + 20):
        sim.type(f"# {number}" if number % 2 else "reset")
    assert len(sim.lines) == KEPT
    assert sim.lines[-1].number == KEPT + 21
    assert sim.typed[-1] == f"# {KEPT + 19}"
