"""APDU scripts: what is sent for each line, what is held against the answers, and every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from cards.link import InProcessLink
from cards.script import Runner, ScriptError, SectionResult, load, parse
from cards.script.bytes import Mask, StatusMask, Template


class Answers:
    """A card that gives these answers in turn and keeps the commands."""

    def __init__(self, *answers: str) -> None:
        self.answers = [bytes.fromhex(answer) for answer in answers]
        self.commands: list[str] = []

    def transmit(self, apdu: bytes) -> bytes:
        self.commands.append(apdu.hex().upper())
        return self.answers.pop(0)

    def reset(self) -> bytes:
        self.commands.append("reset")
        return bytes.fromhex("3B9F96801FC7")


def run(text: str, *answers: str) -> tuple[list[str], list[SectionResult], Runner]:
    card = Answers(*answers)
    runner = Runner(InProcessLink(card))
    results = list(runner.run(parse(text)))
    return card.commands, results, runner


def problem(text: str, *answers: str) -> str:
    _, results, _ = run(text, *answers)
    failures = [result.failure for result in results if result.failure]
    assert len(failures) == 1
    return failures[0].problem


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("00 A4 00 04 02 3F00", "00A40004023F00"),
        ("00A40404 (A0000000 8710)", "00A4040406A00000008710"),
        ("80E29100 (BF2D (5C (5A 4F)))", "80E2910007BF2D045C025A4F"),
        ("80E29100 ($long)", "80E29100" + "000100" + "AA" * 256),
        ("00B0 $offset 0A", "00B000050A"),
        ("80100000 ()", "8010000000"),
    ],
)
def test_templates(text: str, bytes_: str) -> None:
    variables = {"long": b"\xaa" * 256, "offset": b"\x00\x05"}
    assert Template.parse(text).fill(variables).hex().upper() == bytes_


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("00A", "odd number"),
        ("00A4(", r"'\)' is missing"),
        ("00A4)", r"'\)' too many"),
        ("00A4 hello", "'hello' is neither"),
        ("$missing", "missing is not set"),
    ],
)
def test_templates_that_are_none(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Template.parse(text).fill({})


@pytest.mark.parametrize(
    ("mask", "data", "found"),
    [
        ("0102", "0102", {}),
        ("0? ?2", "0F A2", {}),
        ("62*", "62", {}),
        ("62*9000", "62AABB9000", {}),
        ("{a:1}{b}{c:2}", "0102030405", {"a": "01", "b": "0203", "c": "0405"}),
        ("$x{rest}", "AABBCC", {"rest": "CC"}),
        ("{all}", "", {"all": ""}),
    ],
)
def test_masks(mask: str, data: str, found: dict[str, str]) -> None:
    matched = Mask.parse(mask).match(bytes.fromhex(data), {"x": b"\xaa\xbb"})
    assert {name: value.hex().upper() for name, value in matched.items()} == found


@pytest.mark.parametrize(
    ("mask", "data", "said"),
    [
        ("0102", "0103", "byte 1 is 03 in place of 02"),
        ("?2", "13", r"byte 0 is 13 in place of \?2"),
        ("0102", "01", "1 bytes in place of 2"),
        ("0102*", "01", "1 bytes in place of at least 2"),
        ("0102", "010203", "3 bytes in place of 2"),
        ("*01", "0102", "byte 1 is 02 in place of 01"),
        ("$y", "", "y is not set"),
    ],
)
def test_where_an_answer_differs(mask: str, data: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Mask.parse(mask).match(bytes.fromhex(data), {})


def test_two_open_holes_can_be_read_in_two_ways() -> None:
    with pytest.raises(ValueError, match="only one hole"):
        Mask.parse("{a}{b}")


def test_status_words_with_any_digits() -> None:
    mask = StatusMask.parse("9000|61??|63C?")
    assert [sw for sw in (0x9000, 0x6112, 0x63C3, 0x63D0, 0x9001) if mask.matches(sw)] == [
        0x9000,
        0x6112,
        0x63C3,
    ]


SCRIPT = """
# A comment, and a section without a title before the first heading
00A40004023F00 => 62 *  9000
[read the ICCID]
00A40004022FE2      # what is not expected must succeed
00B000000A =>
    {iccid} 9000
[again]
00B000000A => $iccid 9000
"""


def test_captured_bytes_are_expected_later() -> None:
    commands, results, runner = run(SCRIPT, "62009000", "9000", "AABB9000", "AABB9000")
    assert [result.section.title for result in results] == ["script", "read the ICCID", "again"]
    assert commands == ["00A40004023F00", "00A40004022FE2", "00B000000A", "00B000000A"]
    assert runner.variables == {"iccid": b"\xaa\xbb"}
    assert not any(result.failure for result in results)


def test_what_differs_ends_the_section_and_not_the_script() -> None:
    commands, results, _ = run(SCRIPT, "62009000", "9000", "6982", "AABB9000")
    first, second, third = results
    assert first.failure is None
    assert second.failure is not None
    assert second.failure.problem == "the card answered 6982, security status not satisfied, in place of 9000"
    assert second.failure.step.place == "script, line 6"
    assert third.failure is not None
    assert "iccid is not set" in third.failure.problem
    assert len(commands) == 4


def test_get_response_follows_unless_the_bare_answer_is_expected() -> None:
    commands, _, _ = run("00A40004023F00 => 62* 9000", "6102", "62009000")
    assert commands == ["00A40004023F00", "00C0000002"]
    commands, _, _ = run("00A40004023F00 => 61??", "6102")
    assert commands == ["00A40004023F00"]
    commands, _, _ = run("raw 00A40004023F00 => 6102|9000", "6102")
    assert commands == ["00A40004023F00"]


def test_no_data() -> None:
    assert "1 bytes in place of 0" in problem("00A40004023F00 => none 9000", "AA9000")


def test_reset_and_its_atr() -> None:
    commands, results, _ = run("reset\nreset => 3B9F*\nreset => 3B00")
    assert commands == ["reset"] * 3
    assert results[0].failure is not None
    assert results[0].failure.step.place == "script, line 3"


def test_channels() -> None:
    commands, _, runner = run(
        "open ch\n00A4040406A00000008710\non 0\n00B0000001\non $ch\n00B0000001\nclose\n00B0000001",
        *("019000", "9000", "019000", "019000", "9000", "019000"),
    )
    assert commands == [
        "0070000001",
        "01A4040406A00000008710",
        "00B0000001",
        "01B0000001",
        "00708001",
        "00B0000001",
    ]
    assert runner.channel == 0


def test_files_by_name() -> None:
    fcp = "62088202782183023F009000"
    commands, _, _ = run("select MF/EF.ICCID\nselect MF/EF.PL => 6A82", fcp, fcp, fcp, "6A82")
    assert commands == ["00A40004023F0000", "00A40004022FE200", "00A40004023F0000", "00A40004022F0500"]
    assert "in place of 6A82" in problem("select MF/EF.ICCID => 6A82", fcp, fcp)


def test_pins() -> None:
    commands, _, _ = run(
        "verify PIN1 1234\nverify ADM1 3132333435363738\nset k 41\nverify 81 0000 => 63C?",
        "9000",
        "9000",
        "63C2",
    )
    assert commands == [
        "002000010831323334FFFFFFFF",
        "0020000A083132333435363738",
        "002000810830303030FFFFFFFF",
    ]


def test_macros_and_includes(tmp_path: Path) -> None:
    (tmp_path / "common.apdu").write_text("define by_aid aid sw\n    00A40404 ($aid) => $sw\n    end\n")
    main = tmp_path / "main.apdu"
    main.write_text(
        "include common.apdu\ndefine both\n  by_aid A000000087 9000\n  by_aid A0 6A82\nend\nboth\n"
    )
    card = Answers("9000", "6A82")
    results = list(Runner(InProcessLink(card)).run(load(main)))
    assert card.commands == ["00A4040405A000000087", "00A4040401A0"]
    assert str(results[0].steps[0]).startswith("main.apdu, line 6 (main.apdu, line 3)")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n00A4 =>", "line 2: after => status words are missing"),
        ("=> 9000", "there is no command"),
        ("00A40004 => 90", "'90' is no status word"),
        ("00A40004 => 0 9000", "odd number of digits"),
        ("hello", "'hello' is neither"),
        ("reset 5", "reset takes nothing"),
        ("select", "needs the path"),
        ("select MF/EF.NOTHING", "EF.NOTHING"),
        ("verify PIN1", "key reference and a PIN"),
        ("verify PIN77 1234", "PIN77 is no key reference"),
        ("verify PIN1 12", "4 to 8 digits"),
        ("open", "open needs a name"),
        ("close 1", "close takes nothing"),
        ("set", "set needs a name"),
        ("include nothing.apdu", "cannot be read: No such file"),
        ("define", "cannot be the name"),
        ("define reset\nend", "cannot be the name"),
        ("define x\n  reset", "has no `end`"),
        ("define x a\nend\nx", "takes 1 arguments, not 0"),
        ("define x\n  x\nend\nx", "without end"),
    ],
)
def test_mistakes(text: str, said: str) -> None:
    with pytest.raises(ScriptError, match="line") as error:
        parse(text)
    assert said in str(error.value)


def test_a_file_that_includes_itself(tmp_path: Path) -> None:
    path = tmp_path / "self.apdu"
    path.write_text("include self.apdu\n")
    with pytest.raises(ScriptError, match="without end"):
        load(path)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.apdu"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScriptError, match="no text"):
        load(path)


def test_what_is_wrong_at_run_time() -> None:
    assert "a command has at least 4 bytes" in problem("00A4")
    assert "$x is not set" in problem("verify PIN1 $x")
    assert "$x is not set" in problem("on $x")
    assert "one byte" in problem("set x 0102\non $x")
    assert "logical channel 20" in problem("on 20")


def test_scriptor() -> None:
    text = "reset\n00 A4 00 04 02 3F 00 # MF\n00 B0 \\\n 00 00 0A\n"
    card = Answers("6114", "6B00")
    results = list(Runner(InProcessLink(card)).run(parse(text, "old.scriptor")))
    assert card.commands == ["reset", "00A40004023F00", "00B000000A"]
    assert results[0].failure is None
    with pytest.raises(ScriptError, match=r"old\.scriptor, line 1: 'zz'"):
        parse("zz", "old.scriptor")


DUMP = """
INFO  -> a0a40000023f00
INFO  <- 9f17:
-> a0c00000 17
<- 9000: 0000000000003f0001
"""


def test_a_dump_of_pysim() -> None:
    card = Answers("9F17", "0000000000003F00029000")
    results = list(Runner(InProcessLink(card)).run(parse(DUMP, "dump.txt")))
    assert card.commands == ["A0A40000023F00", "A0C0000017"]
    failure = results[0].failure
    assert failure is not None
    assert failure.problem.endswith("byte 8 is 02 in place of 01")
    with pytest.raises(ScriptError, match="no answer"):
        parse("-> a0a40000023f00\n", "dump.txt")


def test_what_a_section_is_about() -> None:
    script = parse(
        "[a]\nclause TS 102 221 §11.1.1\ncase SGP.23 §4.2.12 TC\nneeds usim\nneeds es10c\n"
        "destructive\nreset\n[b]\nreset"
    )
    first, second = script.sections
    assert (first.clause, first.needs, first.destructive) == ("TS 102 221 §11.1.1", ("usim", "es10c"), True)
    assert (first.case, second.case) == ("SGP.23 §4.2.12 TC", "")
    assert (second.clause, second.needs, second.destructive) == ("", (), False)


@pytest.mark.parametrize("text", ["reset\nneeds usim", "[a]\nreset\nclause x", "destructive now"])
def test_what_a_section_is_about_stands_first(text: str) -> None:
    with pytest.raises(ScriptError, match=r"belongs before the first step|destructive takes nothing"):
        parse(text)
