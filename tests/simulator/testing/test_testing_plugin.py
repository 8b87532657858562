"""The pytest plugin in somebody else's project: fixtures, marks, scripts, what a failing test shows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cards import InProcessLink, Uicc
from cards.at import Modem
from cards.at.terminal import ModemTerminal
from cards.errors import LinkError
from cards.trace import Exchange, Reset
from cards.trace.recording import RecordingSink
from simulator.testing.capabilities import CAPABILITIES, has
from simulator.testing.sources import SimulatedSource, source_of
from tests.simulator.conftest import Bench

ICCID = "8999900000000000014"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project of its own, which has installed this one."""
    pytester.makeini("[pytest]\naddopts = --strict-markers -p no:cacheprovider -p no:xdist -p no:cov\n")
    return pytester


@pytest.fixture
def modem(bench: Bench) -> Iterator[str]:
    """A card that is not a fresh one each time, behind a modem."""
    from simulator.profile import build, describe

    bench.download(build.build_package(describe.load_shipped("test-operator")), enable=True)
    with ModemTerminal(Modem(bench.euicc)) as terminal:
        yield f"modem:{terminal.path}"


TESTS = """
import pytest

def test_files(uicc):
    assert str(uicc.read_iccid()) == "8999900000000000014"

def test_the_euicc(euicc):
    assert len(euicc.get_profiles_info()) == 1

def test_each_test_has_a_fresh_card_1(uicc):
    uicc.select("MF/ADF.USIM/EF.FPLMN")
    uicc.update_binary(bytes.fromhex("99F907"))

def test_each_test_has_a_fresh_card_2(uicc):
    uicc.select("MF/ADF.USIM/EF.FPLMN")
    assert uicc.read_binary(length=3) == bytes.fromhex("FFFFFF")

def test_download(lpa, smdp):
    from simulator.profile import build, describe
    matching_id = smdp.add_order(build.build_package(describe.load_shipped("home-operator")))
    lpa.download(f"LPA:1$testsmdpplus1.example.com${matching_id}")
    assert len(lpa.profiles()) == 2

@pytest.mark.requires("usim", "es10c")
def test_what_it_has(card):
    assert card.transmit(bytes.fromhex("00A40004023F00"))[-2] == 0x61

@pytest.mark.requires("version3")
def test_what_it_has_not(card):
    raise AssertionError

@pytest.mark.destructive
def test_a_simulated_card_may_be_spoilt(card): ...
"""


def test_fixtures_and_marks(project: pytest.Pytester) -> None:
    project.makepyfile(TESTS)
    result = project.runpytest_inprocess("-rs")
    result.assert_outcomes(passed=7, skipped=1)
    result.stdout.fnmatch_lines(["*the card (sim) does not do this: version3, is an eUICC of version 3*"])


def test_the_same_tests_on_a_card_behind_a_modem(project: pytest.Pytester, modem: str) -> None:
    project.makepyfile(
        """
        import pytest

        def test_files(uicc):
            assert str(uicc.read_iccid()) == "8999900000000000014"

        def test_that_should_be_marked(uicc):
            from cards.protection import Protected
            uicc.select("MF/ADF.USIM/EF.FPLMN")
            with pytest.raises(Protected, match="was not sent"):
                uicc.update_binary(bytes.fromhex("99F907"))

        @pytest.mark.destructive
        def test_that_changes_the_card(uicc):
            uicc.select("MF/ADF.USIM/EF.FPLMN")
            uicc.update_binary(bytes.fromhex("99F907"))
        """
    )
    result = project.runpytest_inprocess("--card", modem, "-rs")
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines([f"*it changes the card: name it with --card-id {ICCID} or *"])
    wrong = project.runpytest_inprocess("--card", modem, "--card-id", "123")
    wrong.assert_outcomes(errors=3)
    wrong.stdout.fnmatch_lines(
        [f"*changes are allowed to the card 123, but the one here has the number {ICCID}*"]
    )
    project.runpytest_inprocess("--card", modem, "--card-id", ICCID).assert_outcomes(passed=2, failed=1)


def test_a_failing_test_shows_its_apdus(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_that_fails(card):
            card.transmit(bytes.fromhex("00A40004026F07"))
            assert False
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*APDUs*", "-> 00A40004026F07  SELECT*", "<- 6A82  *not found*"])


def test_a_need_that_is_none_is_told(project: pytest.Pytester) -> None:
    project.makepyfile("import pytest\n@pytest.mark.requires('magic')\ndef test(card): ...")
    result = project.runpytest_inprocess()
    result.stdout.fnmatch_lines(["*the words are uicc, files*"])
    assert result.ret != 0


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("hat", "--card hat: it is sim, sim:FILE"),
        ("sim:no.yaml", "--card sim:no.yaml: no.yaml: cannot be read*"),
    ],
)
def test_a_card_that_is_none_is_told_once(project: pytest.Pytester, card: str, said: str) -> None:
    project.makepyfile("def test(card): ...\ndef test_more(card): ...")
    result = project.runpytest_subprocess("--card", card)
    result.stderr.fnmatch_lines([f"ERROR: {said}*"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "Traceback" not in str(result.stderr) + str(result.stdout)


def test_a_card_that_cannot_be_reached_fails_in_one_line(project: pytest.Pytester) -> None:
    project.makepyfile("def test(card): ...")
    result = project.runpytest_inprocess("--card", "modem:/dev/nothing")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["--card modem:/dev/nothing: */dev/nothing*"])
    assert "sources.py" not in str(result.stdout)
    assert "another exception" not in str(result.stdout)


SCRIPT = """
[the MF is there]
00A40004023F00 => 62* 9000

[the ICCID]
select MF/EF.ICCID
00B000000A => {iccid:10} 9000

[something else]
00B000000A => 00* 9000

[its number again]
00B000000A => $iccid 9000
"""


def test_scripts_are_tests(project: pytest.Pytester) -> None:
    project.makefile(".apdu", cards=SCRIPT)
    result = project.runpytest_inprocess("-v")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "cards.apdu::the ICCID PASSED*",
            "*cards.apdu, line 9: *: the data 98*byte 0 is 98 in place of 00*",
            "-> 00B00000*",
        ]
    )


def test_a_script_with_a_mistake(project: pytest.Pytester) -> None:
    project.makefile(".apdu", cards="hello\n")
    result = project.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*cards.apdu, line 1: 'hello' is neither*"])


def test_a_card_that_is_pulled() -> None:
    reader = SimulatedSource().open()
    uicc = Uicc(reader)
    assert str(uicc.read_iccid()) == ICCID
    card = reader.remove()
    with pytest.raises(LinkError, match="no card in the simulated reader"):
        uicc.read_iccid()
    with pytest.raises(LinkError):
        reader.reset()
    reader.insert(card)
    assert str(uicc.read_iccid()) == ICCID
    reader.remove()
    reader.insert()
    assert str(uicc.read_iccid()) == ICCID


def test_what_a_card_can_do(bench: Bench) -> None:
    link = InProcessLink(bench.euicc)  # without a profile: no files
    found = {word for word in CAPABILITIES if has(link, word)}
    assert found == {"uicc", "gsm", "channels", "es10a", "es10b", "es10c", "version2", "toolkit", "suspend"}


def test_sections_that_need_something(project: pytest.Pytester) -> None:
    text = (
        "[no]\nneeds version3\nreset\n[yes]\nclause TS 102 221 §11.1.1\nneeds usim\n00A40004023F00 => 6A82\n"
    )
    project.makefile(".apdu", cards=text)
    result = project.runpytest_inprocess("-rs")
    result.assert_outcomes(skipped=1, failed=1)
    result.stdout.fnmatch_lines(["*in place of 6A82 (TS 102 221 §11.1.1)"])


def test_a_card_from_a_description(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_two(euicc):
            assert len(euicc.get_profiles_info()) == 2
        """
    )
    project.runpytest_inprocess("--card", "sim:euicc-two-profiles").assert_outcomes(passed=1)
    project.makefile(".yaml", plain="name: Plain\nkind: sim\nprofile: home-operator\n")
    project.makepyfile(
        """
        def test_one(uicc):
            uicc.select("MF/ADF.USIM/EF.FPLMN")
        def test_its_number(uicc):
            assert str(uicc.read_iccid()) == "8999900000000000709"
        """
    )
    project.runpytest_inprocess("--card", "sim:plain.yaml").assert_outcomes(passed=2)


def test_a_described_euicc_keeps_its_atr_and_protocol(tmp_path: Path) -> None:
    path = tmp_path / "t1.yaml"
    path.write_text(
        "name: T1\nkind: euicc\nprotocol: 1\natr: 3B9F96813FC7828031E073FE211F571A1B1C1D1E1F02AA\n"
    )
    with pytest.raises(Exception, match="ATR"):
        source_of(f"sim:{path}")
    path.write_text("name: T0\nkind: euicc\natr: 3B9F96801FC78031A073BE21136743200718000001A5\n")
    assert (
        source_of(f"sim:{path}").open().reset().hex().upper()
        == "3B9F96801FC78031A073BE21136743200718000001A5"
    )


def test_a_recording(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_its_number(card):
            card.transmit(bytes.fromhex("00A40004023F00"))
            assert card.transmit(bytes.fromhex("00A40004022FE2")) == bytes.fromhex("611E")
        """
    )
    with (project.path / "old.jsonl").open("w") as file:
        recorder = RecordingSink(file)
        recorder.take(Reset(b"\x3b\x00"))
        recorder.take(Exchange(bytes.fromhex("00A40004023F00"), bytes.fromhex("6127")))
        recorder.take(Exchange(bytes.fromhex("00A40004022FE2"), bytes.fromhex("611E")))
    project.runpytest_inprocess("--card", "sim:old.jsonl").assert_outcomes(passed=1)


def test_the_plugin_costs_nothing_until_it_is_used() -> None:
    code = (
        "import sys, simulator.testing.plugin\nprint([m for m in sys.modules if m[:5] in ('cards', 'asn1.')])"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout == "[]\n"
