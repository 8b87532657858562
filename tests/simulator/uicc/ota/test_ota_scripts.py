"""Remote file and application management: what scripts do, what they may, and how they answer."""

from __future__ import annotations

import pytest

from simulator.uicc.ota.script import proactive_command
from tests.simulator.uicc.ota.conftest import (
    DES_KEYS,
    DISPLAY_TEXT,
    ISSUER,
    LIMITED,
    SHARED,
    USIM,
    USIM_FILES,
    Network,
)

SELECT_ICCID, SELECT_PL, SELECT_IMSI = "00A40004022FE2", "00A40004022F05", "00A40004026F07"
ICCID, IMSI = "98001032547698103214", "080910101032547698"
PIN1 = b"1234\xff\xff\xff\xff".hex().upper()


def file(network: Network, path: str) -> str:
    files = network.card.files
    return files.body(files.index.by_path[path]).hex().upper()


# --- compact format ---------------------------------------------------------------------------------------


def test_the_answer_is_number_last_status_and_last_data(network: Network) -> None:
    assert network(SHARED, SELECT_PL + "00D6000002" + "6465") == "029000"
    assert file(network, "3F00/2F05") == "6465FFFF"
    assert network(SHARED, SELECT_PL + "00B0000004") == "029000" + "6465FFFF"


def test_data_of_a_command_with_data_wait_for_get_response(network: Network) -> None:
    waiting = network(SHARED, SELECT_ICCID)
    assert waiting[:4] == "0161"
    assert network(SHARED, SELECT_ICCID + "00C0000002").startswith("0261")
    whole = network(SHARED, SELECT_ICCID + "00C0000000")
    assert whole[:6] == "029000"
    assert whole[6:8] == "62"
    assert len(whole) == 6 + 2 * int(waiting[4:], 16)
    assert network(SHARED, SELECT_ICCID + "00C00000FF") == "026C" + waiting[4:]
    assert network(SHARED, "00C0000000") == "016985"
    assert network(SHARED, SELECT_ICCID + "00C0010000") == "026A86"


def test_le_zero_brings_all_there_is(network: Network) -> None:
    assert network(SHARED, SELECT_ICCID + "00B0000000") == "029000" + ICCID
    assert network(SHARED, SELECT_ICCID + "00B0000800") == "029000" + ICCID[16:]
    assert network(SHARED, SELECT_ICCID + "00B0000014") == "026C0A"


def test_a_command_that_brings_data_is_the_last(network: Network) -> None:
    assert network(SHARED, SELECT_ICCID + "00B000000A" + SELECT_PL) == "029000" + ICCID


def test_a_script_ends_with_the_first_error(network: Network) -> None:
    assert network(SHARED, "00A4000402ABCD" + SELECT_PL + "00D6000001" + "AA") == "016A82"
    assert network(SHARED, SELECT_PL + "00D6000001" + "AA" + "00A4000402ABCD") == "036A82"
    assert file(network, "3F00/2F05") == "AA6EFFFF"


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        ("", ""),
        ("00", "016700"),
        ("00A40004", "016700"),
        ("00A40004023F", "016700"),
        ("0088000010" + "00" * 16, "016D00"),
        ("0070000001", "016D00"),
        ("80F2000000", "016D00"),
        ("80C2000003D10100", "016D00"),
        ("01A40004023F00", "016E00"),
        ("04A40004023F00", "016E00"),
        ("0020000100", "0163C3"),
        (SELECT_PL + "00D6000000", "026700"),
        (SELECT_PL + "00D60000056465666768", "026700"),
    ],
)
def test_what_no_remote_file_management_does(network: Network, script: str, answer: str) -> None:
    assert network(SHARED, script) == answer


# --- expanded format --------------------------------------------------------------------------------------


def tlvs(*values: str) -> str:
    return "".join(f"22{len(value) // 2:02X}{value}" for value in values)


def definite(body: str) -> str:
    return f"AA{len(body) // 2:02X}{body}"


def indefinite(body: str) -> str:
    return "AE80" + body + "0000"


SELECT_NOTHING = "00A4000C022F05"


def test_each_command_has_its_answer(network: Network) -> None:
    script = tlvs("00A4000C022FE2", "00B0000003", "00A4000C022F05", "00B0000000")
    answers = "23029000" + "23059800109000" + "23029000" + "2306656EFFFF9000"
    assert network(SHARED, definite(script)) == "AB1A800104" + answers
    assert network(SHARED, indefinite(script)) == "AF80" + answers + "0000"


def test_the_answers_of_cards_in_the_field(network: Network) -> None:
    """'AB 0A 80 01 01 23 …' to one command; 'AB 07 80 01 01 23 02 61 32' where data wait (pySim)."""
    assert network(ISSUER, definite(tlvs("80CA00E000"))) == (
        "AB1B800101" + "2316" + "E012C00401018210C00402018210C00403018210" + "9000"
    )
    answer = network(SHARED, definite(tlvs("00A40004022FE2")))
    assert answer.startswith("AB07800101230261")
    whole = network(SHARED, definite(tlvs("00A40004022FE200")))
    assert whole[10:12] == "23"
    assert whole.endswith("9000")


def test_a_command_in_error_ends_the_script(network: Network) -> None:
    script = tlvs("00A4000C02ABCD", SELECT_NOTHING)
    assert network(SHARED, definite(script)) == "AB07800101" + "23026A82"
    assert network(SHARED, indefinite(script)) == "AF80" + "23026A82" + "0000"
    assert network(SHARED, definite(tlvs("00A400"))) == "AB07800101" + "23026700"


BAD_FORMAT = [
    ("an unknown tag", definite("2400"), "AB06800100" + "900101"),
    (
        "no command behind a command",
        definite(tlvs(SELECT_NOTHING) + "0102"),
        "AB0A800101" + "23029000" + "900102",
    ),
    ("a template longer than the script", "AA0A22", "AB06800100" + "900102"),
    ("a template shorter than the script", "AA022200FF", "AB06800100" + "900102"),
    ("a command longer than the template", definite("220900A4"), "AB06800100" + "900102"),
    ("no length of a command", definite("22"), "AB06800100" + "900103"),
    ("half a length of a command", definite("2281"), "AB06800100" + "900103"),
    ("no length of the template", "AA", "AB06800100" + "900103"),
    ("no length of an indefinite template", "AE", "AF80" + "900103" + "0000"),
    ("a definite length of it", "AE02" + "0000", "AF80" + "900102" + "0000"),
    ("no end of contents", "AE80" + tlvs(SELECT_NOTHING), "AF80" + "23029000" + "900102" + "0000"),
    ("nothing in a template", "AA00", "AB03800100"),
    ("nothing in an indefinite template", "AE800000", "AF800000"),
]


@pytest.mark.parametrize(
    ("script", "answer"), [row[1:] for row in BAD_FORMAT], ids=[row[0] for row in BAD_FORMAT]
)
def test_bad_format(network: Network, script: str, answer: str) -> None:
    assert network(SHARED, script) == answer


def test_an_unknown_tag_ends_the_script_there(network: Network) -> None:
    script = definite(tlvs(SELECT_NOTHING) + "2400" + tlvs("00D6000001AA"))
    assert network(SHARED, script) == "AB0A800101" + "23029000" + "900101"
    assert file(network, "3F00/2F05") == "656EFFFF"


def test_a_length_may_have_more_octets_than_it_needs(network: Network) -> None:
    assert network(SHARED, "AA82000A" + "228107" + SELECT_NOTHING) == "AB07800101" + "23029000"


def test_data_that_do_not_fit_are_cut_and_end_the_script(network: Network) -> None:
    network.spi = "1601"
    script = definite(tlvs("00A4000C026FF1", "00B0000000", SELECT_NOTHING))
    answer = network(SHARED, script)
    assert answer.endswith("62F1")
    assert answer[4:10] == "800102"
    assert len(answer) // 2 <= 128 - 3 - 13


def test_immediate_and_error_actions(network: Network) -> None:
    text = DISPLAY_TEXT[:-2]
    assert network(SHARED, definite("8111" + text + tlvs(SELECT_NOTHING))) == "AB07800102" + "23029000"
    assert [sent.hex().upper() for sent in network.sent] == [text]
    assert network(SHARED, definite("8211" + text + tlvs(SELECT_NOTHING))) == "AB07800102" + "23029000"
    assert len(network.sent) == 1
    assert network(SHARED, definite("820102" + tlvs("00A4000C02ABCD"))) == "AB07800102" + "23026A82"
    assert network.sent[1].hex().upper() == text
    assert network(SHARED, definite("820102" + "8200" + tlvs("00A4000C02ABCD"))) == "AB07800103" + "23026A82"
    assert network(SHARED, definite("81017F" + "810101" + "810181" + "810182")) == "AB03800104"
    assert len(network.sent) == 2


@pytest.mark.parametrize(
    ("octets", "command"),
    [
        (DISPLAY_TEXT, DISPLAY_TEXT[:-2]),
        (DISPLAY_TEXT[4:], DISPLAY_TEXT[:-2]),
        ("8103010104" + "82028182" + "FFFF", "D009" + "8103010104" + "82028182"),
        ("D009" + "8103012000" + "82028183", "D009" + "8103012000" + "82028183"),
        ("8103011300" + "82028183", ""),
        ("82028182" + "8103010104", ""),
        ("D00F81", ""),
        ("D000", ""),
        ("FFFF", ""),
        ("", ""),
    ],
)
def test_only_some_proactive_commands_are_actions(octets: str, command: str) -> None:
    assert proactive_command(bytes.fromhex(octets)).hex().upper() == command


def test_a_proactive_session_that_goes_on_is_not_suspended(network: Network) -> None:
    network.card.proactive.queue(bytes.fromhex(DISPLAY_TEXT[:-2]))
    for action in ("810181", "810102"):
        answer = network(SHARED, definite(action + tlvs(SELECT_NOTHING)))
        assert answer == "AB06800100" + "810101"
    assert network(SHARED, definite("810182" + tlvs(SELECT_NOTHING))) == "AB07800102" + "23029000"


def test_chained_scripts_go_on_where_the_last_one_stopped(network: Network) -> None:
    first = definite("830101" + tlvs(SELECT_NOTHING))
    read = tlvs("00B0000002")
    assert network(SHARED, definite("830102" + read)) == "AB06800100" + "830101"
    assert network(SHARED, first) == "AB07800102" + "23029000"
    assert network(SHARED, definite("830102" + read)) == "AB09800102" + "2304656E9000"
    assert network(SHARED, definite("830103" + read)) == "AB09800102" + "2304656E9000"
    assert network(SHARED, definite("830103" + read)) == "AB06800100" + "830101"
    assert network(SHARED, definite("830155" + read)) == "AB06800100" + "830102"
    assert network(SHARED, definite("8300" + read)) == "AB06800100" + "830102"
    assert network(SHARED, definite(tlvs(SELECT_NOTHING) + "830101")) == "AB0A800101" + "23029000" + "830103"


@pytest.mark.parametrize(("first", "lasts"), [("01", False), ("11", True)])
def test_a_chain_outlives_a_reset_only_where_it_says_so(network: Network, first: str, lasts: bool) -> None:
    network(SHARED, definite("8301" + first + tlvs(SELECT_NOTHING)))
    network.card.reset()
    network.ota.reset()
    answer = network(SHARED, definite("830103" + tlvs("00B0000002")))
    assert answer == ("AB09800102" + "2304656E9000" if lasts else "AB06800100" + "830101")


# --- access -----------------------------------------------------------------------------------------------


def test_full_access_needs_no_pin(network: Network) -> None:
    assert network(USIM_FILES, SELECT_IMSI + "00D6000002" + "0829") == "029000"
    assert file(network, f"{USIM.hex().upper()}/6F07")[:4] == "0829"
    assert network(USIM_FILES, SELECT_IMSI + "00B0000009") == "029000" + "0829" + IMSI[4:]


def test_an_adf_of_another_target_is_out_of_reach(network: Network) -> None:
    into = "00A4040410" + USIM.hex()
    assert network(SHARED, into + SELECT_IMSI + "00B0000009") == "036982"
    assert network(USIM_FILES, SELECT_ICCID + "00B000000A") == "016A82"
    assert network(USIM_FILES, "00A40004023F00" + SELECT_ICCID + "00B000000A") == "039000" + ICCID


def test_a_limited_domain_reads_what_its_keys_open(network: Network) -> None:
    assert network(LIMITED, SELECT_IMSI + "00B0000009") == "029000" + IMSI
    assert network(LIMITED, SELECT_IMSI + "00D6000001AA") == "026982"
    adm = "0020000A08" + b"55555555".hex()
    assert network(LIMITED, adm + SELECT_IMSI + "00D6000001AA") == "039000"


def test_what_is_verified_afar_is_not_verified_at_the_terminal(network: Network) -> None:
    transmit = network.card.transmit
    assert network(USIM_FILES, "0020000108" + PIN1) == "019000"
    transmit(bytes.fromhex("00A4040C10") + USIM)
    transmit(bytes.fromhex("00A4000C026F07"))
    assert transmit(bytes.fromhex("00B0000009")).hex() == "6982"
    assert transmit(bytes.fromhex("0020000108" + PIN1)).hex() == "9000"
    assert network(USIM_FILES, "0020000108" + "00" * 8) == "0163C2"
    assert transmit(bytes.fromhex("00B0000009")).hex().upper() == IMSI + "9000"


def test_the_terminal_keeps_its_files_and_the_script_its_own(network: Network) -> None:
    transmit = network.card.transmit
    transmit(bytes.fromhex("00A4000C022FE2"))
    network(USIM_FILES, SELECT_IMSI)
    assert transmit(bytes.fromhex("00B000000A")).hex().upper() == ICCID + "9000"
    assert network(SHARED, "00B0000001") == "016986"


def test_files_are_created_and_deleted_under_the_administrative_domain(network: Network) -> None:
    create = "00E0000018" + "6216" + "82024121" + "83026F9B" + "8A0105" + "8B032F060A" + "80020004" + "8800"
    assert network(LIMITED, "00A40004023F00" + create) == "026982"
    assert network(SHARED, create + "00D6000004" + "01020304") == "029000"
    assert file(network, "3F00/6F9B") == "01020304"
    assert network(SHARED, "00E40000026F9B") == "019000"
    assert "3F00/6F9B" not in network.card.files.index.by_path


def test_a_file_that_the_terminal_uses_is_not_deleted(network: Network) -> None:
    network.card.transmit(bytes.fromhex("00A4000C022F05"))
    assert network(SHARED, "00E40000022F05") == "016985"


def test_a_deactivated_file_stays_so(network: Network) -> None:
    assert network(SHARED, SELECT_PL + "0004000000") == "029000"
    assert network(SHARED, SELECT_PL + "00B0000001") == "026984"
    assert network(SHARED, SELECT_PL + "0044000000" + "00B0000001") == "03900065"


# --- applications -----------------------------------------------------------------------------------------


def test_application_management_reaches_the_security_domain(network: Network) -> None:
    assert network(ISSUER, "80CA00E000") == "019000E012C00401018210C00402018210C00403018210"
    assert network(ISSUER, "80CA00E005") == "016C14"
    assert network(ISSUER, "80D8008101AA" + "80C0000000") == "02900001"
    assert network.issuer.keks == [DES_KEYS.kik]
    assert network(ISSUER, definite(tlvs("80D8008101AA00"))) == "AB08800101" + "2303019000"
    assert network(ISSUER, "80F24000024F00") == "016A88"
    assert network(ISSUER, "0084000008") == "016D00"
    assert network(ISSUER, SELECT_ICCID) == "016D00"


def test_a_fault_in_an_application_is_reported_and_the_proof_is_sent(network: Network) -> None:
    assert network(ISSUER, "80E2900001AA") == "016F00"
    assert [type(fault) for fault in network.faults] == [ZeroDivisionError]
