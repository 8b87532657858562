"""Lines of the console, against commands written out by hand."""

from __future__ import annotations

import pytest

from cards.explain.es10 import FUNCTIONS
from cards.script.model import Select, Send, Verify
from simulator.web.card import es10, lines, templates
from simulator.web.card.es10 import Es10Line

ICCID = "8999900000000000709"


def _sent(line: str) -> list[str]:
    steps = lines.parse(line)
    assert isinstance(steps, tuple)
    return [step.command.fill({}).hex().upper() for step in steps if isinstance(step, Send)]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("00A40004023F00", "00A40004023F00"),
        ("00 a4 00 04 02 3f 00", "00A40004023F00"),
        ("00:A4:00:04:02:3F:00", "00A40004023F00"),
        ("0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00", "00A40004023F00"),
        ("-> 00a40004023f00", "00A40004023F00"),
        ("APDU: 00 A4 00 04 02 3F 00", "00A40004023F00"),
        ("00A40404 (A0000000871002)", "00A4040407A0000000871002"),
        ("READ BINARY 0000 0A", "00B000000A"),
        ("read record 0104 1A => 9000", "00B201041A"),
        ("STATUS", "80F20000"),
        ("GET CHALLENGE 0000 08", "0084000008"),
        (
            "RUN GSM ALGORITHM 0000 (00112233445566778899AABBCCDDEEFF)",
            "A08800001000112233445566778899AABBCCDDEEFF",
        ),
        ("FETCH 0000 0B", "801200000B"),
    ],
)
def test_commands(line, command):
    assert _sent(line) == [command]


@pytest.mark.parametrize("word", ["select", "SELECT"])
def test_words_of_the_script_language(word):
    (select,) = lines.parse(f"{word} MF/ADF.USIM/EF.IMSI")
    (verify,) = lines.parse("verify PIN1 1234")
    assert isinstance(select, Select)
    assert select.path == "MF/ADF.USIM/EF.IMSI"
    assert isinstance(verify, Verify)
    assert (verify.reference, verify.value) == (1, "1234")


@pytest.mark.parametrize("line", ["", "  ", "# a remark"])
def test_nothing_is_asked(line):
    assert lines.parse(line) == ()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("hello", "'hello' is neither bytes in hexadecimal nor a word"),
        ("00A4000", "odd number"),
        ("select", "select needs the path of a file"),
        ("select MF/EF.NOSUCH", "'EF.NOSUCH' is the name of no known file"),
        ("verify PIN1 12", "a PIN has 4 to 8 digits"),
        ("include /etc/passwd", "include belongs into a script file"),
        ("define x", "define belongs into a script file"),
        ("EnableProfile", "EnableProfile is called so: EnableProfile ICCID-or-AID [norefresh]"),
        ("EnableProfile 123", "is no ICCID"),
        ("EnableProfile A0XY", "is no AID"),
        (f"EnableProfile {ICCID} now", "only norefresh may stand here, not now"),
        ("ProfileRollback now", "only norefresh may stand here, not now"),
        ("SetNickname A0000005591010FFFFFFFF8900001000 Home", "names the profile by its ICCID"),
        (f"SetNickname {ICCID} {'x' * 65}", "SetNickname cannot be asked for that"),
        ("RemoveNotificationFromList one", "one is no sequence number"),
        ("AuthenticateServer", "takes its whole request in hexadecimal, from its tag BF38 on"),
        ("AuthenticateServer BF38G", "takes its whole request in hexadecimal"),
        ("GetEID 1", "GetEID is called so: GetEID"),
    ],
)
def test_mistakes_are_told_in_a_sentence(line, problem):
    with pytest.raises(ValueError, match=r"\w") as caught:
        lines.parse(line)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        # Written out from RSPDefinitions: BF3E { 5C '5A' }, BF31 { A0 { 5A iccid } 81 refreshFlag }, …
        ("GetEID", "BF3E035C015A"),
        ("geteid", "BF3E035C015A"),
        ("GetProfilesInfo", "BF2D00"),
        ("GetEUICCChallenge", "BF2E00"),
        (f"EnableProfile {ICCID}", "BF3111A00C5A0A989909000000000007F98101FF"),
        (f"DisableProfile {ICCID} norefresh", "BF3211A00C5A0A989909000000000007F9810100"),
        (f"DeleteProfile {ICCID}", "BF330C5A0A989909000000000007F9"),
        (
            "DeleteProfile A0000005591010FFFFFFFF8900001000",
            "BF33124F10A0000005591010FFFFFFFF8900001000",
        ),
        (f"SetNickname {ICCID} My trip", "BF29155A0A989909000000000007F990074D792074726970"),
        ("SetDefaultDpAddress smdp.example.com", "BF3F128010736D64702E6578616D706C652E636F6D"),
        ("SetDefaultDpAddress", "BF3F028000"),
        ("RetrieveNotificationsList", "BF2B00"),
        ("RetrieveNotificationsList 7", "BF2B05A003800107"),
        ("RemoveNotificationFromList 7", "BF3003800107"),
        ("eUICCMemoryReset", "BF3404820205E0"),
        ("ExecuteFallbackMechanism", "BF5D038001FF"),
        ("BF3E035C015A", "BF3E035C015A"),
        ("bf 3e 03 5c 01 5a", "BF3E035C015A"),
        ("GetEID BF3E035C015A", "BF3E035C015A"),
    ],
)
def test_requests_of_es10(line, request_):
    found = lines.parse(line)
    assert isinstance(found, Es10Line)
    assert found.request.hex().upper() == request_


def test_every_template_can_be_typed_and_names_its_clause():
    seen = set()
    for group in templates.GROUPS:
        for template in templates.of(group):
            assert template.clause, template
            assert template.name, template
            seen.add(template.key or template.name)
            line = template.line.partition(" [")[0].replace("ICCID-or-AID", ICCID).replace("ICCID", ICCID)
            line = line.replace("NUMBER", "1")
            if "REQUEST" in line:
                continue
            assert lines.parse(line), line
    assert len(seen) > 50


def test_every_function_of_es10_that_has_one_word_can_be_typed():
    one_word = {function.name for function in FUNCTIONS.values() if " " not in function.name}
    assert {template.name for template in templates.of("es10")} == one_word
    assert set(es10.ARGUMENTS) <= one_word


def test_paths_for_completion_can_be_selected():
    paths = templates.paths()
    assert "MF/EF.ICCID" in paths
    assert "MF/ADF.USIM/EF.IMSI" in paths
    assert "MF/DF.TELECOM/DF.PHONEBOOK/EF.PBR" in paths
    assert len(paths) == len(set(paths))
    for path in paths:
        assert lines.parse(f"select {path}"), path
