"""Whole exchanges: what is asked, where the terminal stands, how answers and messages are joined."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.explain import Explainer, Explanation
from cards.explain.objects import explain_all, explain_object, is_command
from cards.trace import Exchange, Reset

FCP_OF_IMSI = "621C8202412183026F07A503C001008A01058B036F060480020009880138"
FCP_OF_USIM = "621E8202782183027FFF840CA0000000871002FFFFFFFF898A01058B032F0602"


def ask(explainer: Explainer, command: str, answer: str = "") -> Explanation:
    return explainer.exchange(bytes.fromhex(command), bytes.fromhex(answer))


def values(explanation: Explanation) -> dict[str, str]:
    return {field.name: field.value for field in explanation.walk()}


def test_a_path_is_followed_by_file_identifiers_and_aids() -> None:
    explainer = Explainer()
    assert ask(explainer, "00A4040C07A0000000871002", "9000").title == "SELECT ADF.USIM"
    assert ask(explainer, "00A40004026F07", f"{FCP_OF_IMSI}9000").title == "SELECT EF.IMSI"
    read = ask(explainer, "00B0000009", "0829826082000020809000")
    assert read.title == "READ BINARY MF/ADF.USIM/EF.IMSI, 9 bytes"


def test_the_same_identifier_means_another_file_elsewhere() -> None:
    explainer = Explainer()
    ask(explainer, "A0A40000023F00", "9F16")
    ask(explainer, "A0A40000027F20", "9F16")
    assert ask(explainer, "A0A40000026F38", "9F0F").title == "SELECT EF.SST"
    assert ask(explainer, "A0B0000002", "FF3F9000").title == "READ BINARY MF/DF.GSM/EF.SST, 2 bytes"
    ask(explainer, "00A4040C07A0000000871002", "9000")
    assert ask(explainer, "00A4000C026F38", "9000").title == "SELECT EF.UST"
    assert ask(explainer, "00B0000001", "9E9000").title == "READ BINARY MF/ADF.USIM/EF.UST, 1 bytes"


def test_a_refused_select_leaves_the_terminal_where_it_was() -> None:
    explainer = Explainer()
    ask(explainer, "00A4000C022FE2", "9000")
    refused = ask(explainer, "00A4000C026F07", "6A82")
    assert refused.outcome == "6A82: file or application not found"
    assert refused.succeeded is False
    assert ask(explainer, "00B000000A", "988812010000400310F09000").title.startswith(
        "READ BINARY MF/EF.ICCID"
    )


def test_channels_stand_apart_and_a_reset_closes_them() -> None:
    explainer = Explainer()
    ask(explainer, "0070000001", "019000")
    ask(explainer, "01A4040C07A0000000871004", "9000")
    ask(explainer, "00A4000C022F00", "9000")
    assert ask(explainer, "01A4000C026F02", "9000").title == "SELECT EF.IMPI"
    assert ask(explainer, "00B2010421", "6A83").title == "READ RECORD record 1 of MF/EF.DIR"
    explainer.reset()
    assert ask(explainer, "01A4000C026F02", "9000").title == "SELECT 6F02"


def test_short_file_identifiers_name_files() -> None:
    explainer = Explainer()
    ask(explainer, "00A4040C07A0000000871002", "9000")
    assert ask(explainer, "00B0870009", "0829826082000020809000").title == (
        "READ BINARY MF/ADF.USIM/EF.IMSI, 9 bytes"
    )
    assert ask(explainer, "00B201BC20", "6A83").title == "READ RECORD record 1 of MF/ADF.USIM/EF.ARR"


def test_get_response_brings_the_answer_of_its_command() -> None:
    explainer = Explainer()
    ask(explainer, "00A40004022FE2", "6117")
    explanation = ask(explainer, "00C0000017", f"{FCP_OF_IMSI}9000")
    assert explanation.title == "GET RESPONSE to SELECT EF.ICCID"
    assert values(explanation)["file size (80)"] == "9 bytes"
    assert values(explanation)["short file identifier (88)"] == "7"


def test_an_answer_in_pieces_is_joined() -> None:
    explainer = Explainer()
    ask(explainer, "81E2910003BF2E00", "610A")
    ask(explainer, "01C000000A", "BF2E128010A1A2A3A4A5610B")
    explanation = ask(explainer, "01C000000B", "A6A7A8A9AAABACADAEAFB09000")
    assert explanation.title == "GET RESPONSE to STORE DATA: GetEUICCChallenge"
    joined = explanation.answer[0]
    assert joined.data is not None
    assert len(joined.data) == 21
    assert values(explanation)["euiccChallenge (80)"] == "A1A2A3A4A5A6A7A8A9AAABACADAEAFB0"


def test_blocks_of_store_data_are_joined_and_name_every_byte() -> None:
    explainer = Explainer()
    first = ask(explainer, "81E2110005BF3E035C01", "9000")
    assert first.title == "STORE DATA, block 0 of GetEID"
    last = ask(explainer, "81E29101015A", "6112")
    assert last.title == "STORE DATA: GetEID"
    request = next(field for field in last.walk() if field.name.startswith("GetEuiccDataRequest"))
    assert (request.offset, request.length) == (0, 6)
    tags = next(field for field in last.walk() if field.name == "tagList (5C)")
    assert (tags.offset, tags.length, tags.value) == (3, 3, "5A (iccid or EID)")
    eid = ask(explainer, "01C0000015", "BF3E125A10890490321234512345123451234512359000")
    assert values(eid)["eidValue (5A)"] == "89049032123451234512345123451235"


def test_results_of_es10_are_told_in_words() -> None:
    explainer = Explainer()
    ask(explainer, "80E2910017BF3114A0124F10A0000005591010FFFFFFFF8900001100", "6106")
    result = ask(explainer, "00C0000006", "BF31038001029000")
    assert values(result)["enableResult (80)"] == "2: profileNotInDisabledState (the profile is not disabled)"


def test_a_long_file_is_read_in_pieces() -> None:
    explainer = Explainer()
    ask(explainer, "00A4000C027F10", "9000")
    ask(explainer, "00A40004026FE5", "620C8202412183026FE58002012C9000")
    uri = b"sip:" + b"a" * 290
    content = b"\x80\x82\x01\x26" + uri + b"\xff\xff"
    first = ask(explainer, "00B0000000", (content[:256] + b"\x90\x00").hex())
    assert first.answer[0].name == "bytes 0 to 255 of 300"
    second = ask(explainer, "00B001002C", (content[256:] + b"\x90\x00").hex())
    assert values(second)["public service identity (80)"] == uri.decode()


def test_updates_are_explained_by_the_same_layout() -> None:
    explainer = Explainer()
    ask(explainer, "00A4040C07A0000000871002", "9000")
    ask(explainer, "00A4000C026F7B", "9000")
    update = ask(explainer, "00D600000322F860", "9000")
    assert update.title == "UPDATE BINARY MF/ADF.USIM/EF.FPLMN, 3 bytes"
    assert values(update)["PLMN 1"] == "228-06"


COMMANDS = [
    ("0020000108313233 34FFFFFFFF", "63C2", "VERIFY PIN PIN 1", {"PIN": "1234"}),
    ("00200001", "63C3", "VERIFY PIN PIN 1, tries left only", {}),
    ("002C00011038373635343332313132333AFFFFFFFF", "", "", {}),
    ("0088008122" + "10" + "11" * 16 + "10" + "22" * 16, "9862", "AUTHENTICATE",
     {"RAND": "11" * 16, "AUTN": "22" * 16}),
    ("80100000020137", "9000", "TERMINAL PROFILE", {"byte 1": "profile download"}),
    ("80AA00000AA9088100820101830107", "9000", "TERMINAL CAPABILITY",
     {"extended logical channels (81)": "supported"}),
    ("80140000 0C810301250082028281830100", "9000", "TERMINAL RESPONSE", {"general result": "00: performed"}),
    ("80C2000009D30782020181900102", "9000", "ENVELOPE menu selection", {"item identifier (10)": "2"}),
    ("80F2000C", "9000", "STATUS", {"P2": "0C: no answer"}),
    ("80F24000024F00", "6A88", "GET STATUS of applications and security domains", {}),
    ("0084000008", "01020304050607089000", "GET CHALLENGE", {}),
    ("8050010008 0102030405060708", "", "INITIALIZE UPDATE", {"host challenge": "0102030405060708"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "answer", "title", "expected"), COMMANDS, ids=[c[2] or c[0][:8] for c in COMMANDS]
)
def test_a_command_and_what_is_in_it(command: str, answer: str, title: str, expected: dict[str, str]) -> None:
    explanation = ask(Explainer(), command.replace(" ", ""), answer)
    if title:
        assert explanation.title == title
    assert values(explanation).items() >= expected.items()


def test_an_authentication_is_taken_apart() -> None:
    explainer = Explainer()
    answer = "DB08" + "A1" * 8 + "10" + "B2" * 16 + "10" + "C3" * 16 + "9000"
    explanation = ask(
        explainer, "00880081221011111111111111111111111111111111102222222222222222222222222222222200", answer
    )
    assert values(explanation).items() >= {"RES": "A1" * 8, "CK": "B2" * 16, "IK": "C3" * 16}.items()
    failure = ask(explainer, "0088008122" + "10" + "11" * 16 + "10" + "22" * 16, "DC0E" + "44" * 14 + "9000")
    assert values(failure)["AUTS"] == "44" * 14


def test_a_proactive_command_in_words() -> None:
    explainer = Explainer()
    ask(explainer, "80F2000C", "911A")
    # DISPLAY TEXT "Hello" of TS 102 384's kind: details, devices, 8-bit text.
    fetched = ask(explainer, "8012000014", "D0128103012180820281028D0704" + b"Hello!".hex() + "9000")
    assert values(fetched)["type"] == "DISPLAY TEXT"
    assert values(fetched)["text string (0D)"] == "“Hello!”"
    assert values(fetched)["to"] == "02: display"


def test_an_sms_with_a_secured_packet() -> None:
    # ENVELOPE of TS 31.115 §4: CPL, CHL, SPI 1621, KIc and KID 15, TAR B00010, then what is ciphered.
    packet = "0018" + "15" + "1621" + "1515" + "B00010" + "00" * 16
    user_data = "027000" + packet
    tpdu = "400781214365F7" + "7FF6" + "26112810000000" + f"{len(user_data) // 2:02X}" + user_data
    message = "82028381" + f"8B{len(tpdu) // 2:02X}" + tpdu
    data = f"D1{len(message) // 2:02X}" + message
    explanation = ask(Explainer(), f"80C20000{len(data) // 2:02X}{data}", "9000")
    found = values(explanation)
    assert explanation.title == "ENVELOPE SMS-PP download"
    assert found["ciphering key (KIc)"] == "DES or triple DES (triple DES, two keys), key version 1"
    assert found["application (TAR)"] == "B00010"
    assert found["security parameters (SPI)"].startswith(
        "cryptographic checksum; ciphered; counter, must be higher"
    )


def test_objects_are_known_by_their_looks() -> None:
    titles = {
        "9000": "Status word",
        "3B9F96801FC78031A073BE21136743200718000001A5": "Answer to reset",
        FCP_OF_USIM: "File control parameters",
        "D009810301010482028182": "Proactive command",
        "BF2D00": "GetProfilesInfo (BF2D)",
        "61194F10A0000000871004FFFFFFFF890709000050054953696D31": "Application template",
        "0102": "Bytes",
        "C1020304": "Data object",
    }
    assert {text: explain_object(bytes.fromhex(text)).title for text in titles} == titles


def test_commands_and_answers_stand_mixed() -> None:
    words = ["00A4000C022FE2", "9000", "00B000000A", "988812010000400310F09000", FCP_OF_USIM, "00B0000000"]
    titles = [one.title for one in explain_all(map(bytes.fromhex, words), Explainer())]
    assert titles == [
        "SELECT EF.ICCID",
        "READ BINARY MF/EF.ICCID, 10 bytes",
        "File control parameters",
        "READ BINARY MF/EF.ICCID, 256 bytes",
    ]
    assert not is_command(bytes.fromhex("BF3E035C015A"))


def test_entries_of_a_trace_and_their_json() -> None:
    explainer = Explainer()
    reset = explainer.entry(Reset(bytes.fromhex("3B9F96801FC78031A073BE21136743200718000001A5")))
    assert values(reset)["TS, convention"] == "direct"
    data = explainer.entry(Exchange(bytes.fromhex("00A4000C022FE2"), b"\x90\x00")).as_data()
    assert data["title"] == "SELECT EF.ICCID"
    assert data["succeeded"] is True
    assert data["command"]["hex"] == "00A4000C022FE2"
    assert data["command"]["fields"][1] == {
        "name": "INS", "offset": 1, "length": 1, "value": "A4: SELECT", "clause": "TS 102 221 §11.1.1",
    }  # fmt: skip
    assert data["answer"]["fields"][-1]["value"] == "9000: normal ending of the command"


def test_bytes_that_are_no_apdu_are_shown_with_the_reason() -> None:
    explanation = ask(Explainer(), "00A400", "6700")
    assert explanation.title == "Bytes that are no command"
    assert "at least 4 bytes" in explanation.command[0].problem
    short = ask(Explainer(), "00A4000C022FE2", "90")
    assert short.answer[0].problem == "no status word"


HEADERS = st.sampled_from(
    ["00A40004", "00A40804", "00A40404", "00B00000", "00B20104", "80E29100", "80E21100", "81E29101",
     "00C00000", "80C20000", "80140000", "80120000", "80100000", "A0A40000", "A0F20000", "00880081",
     "00700000", "80500000", "84820100", "80CA0000", "80AA0000", "00200001", "80F20000", "00DC0104",
     "00D60000", "10D60000"]
)  # fmt: skip


@st.composite
def exchanges(draw: st.DrawFn) -> list[tuple[bytes, bytes]]:
    found = []
    for _ in range(draw(st.integers(1, 4))):
        data = draw(st.binary(max_size=40) | st.sampled_from([bytes.fromhex("3F00"), bytes.fromhex("6F07")]))
        header = bytes.fromhex(draw(HEADERS))
        body = bytes((len(data),)) + data if data else b"\x00"
        status = draw(st.sampled_from(["9000", "6110", "9F10", "6A82", "6282", "9110", "63C1", "6C05"]))
        found.append((header + body, draw(st.binary(max_size=40)) + bytes.fromhex(status)))
    return found


@settings(deadline=None)
@given(exchanges())
def test_nothing_that_a_card_says_makes_the_explainer_raise(session: list[tuple[bytes, bytes]]) -> None:
    explainer = Explainer()
    for command, response in session:
        explanation = explainer.exchange(command, response)
        assert explanation.title
        assert explanation.as_data()


@settings(deadline=None)
@given(st.binary(max_size=12), st.binary(max_size=12))
def test_no_bytes_make_the_explainer_raise(command: bytes, response: bytes) -> None:
    assert Explainer().exchange(command, response).title
    assert explain_object(command).title


@pytest.mark.parametrize(
    ("command", "answer", "expected"),
    [
        # GBA of TS 33.220: bootstrapping behind 'DD', a key for a NAF behind 'DE' (TS 31.102 §7.1.2.4).
        ("0088008423DD10" + "11" * 16 + "10" + "22" * 16, "DB0433445566" + "9000",
         {"what is asked for": "DD: GBA bootstrapping", "AUTN": "22" * 16, "RES": "33445566"}),
        ("0088008408DE026E6103406162", "DB02ABCD9000",
         {"NAF_ID": "6E61", "IMPI": "@ab", "Ks_ext_NAF": "ABCD"}),
        ("0088008122" + "10" + "11" * 16 + "10" + "22" * 16, "DC0E" + "44" * 14 + "9000",
         {"RAND": "11" * 16, "result": "DC: synchronisation failure", "AUTS": "44" * 14}),
        ("803200000300000500", "00001E0000059000", {"new value": "30", "added": "5"}),
        ("00A2010402414200", "02039000", {"pattern": "4142", "found in record": "3"}),
        ("8076000004000A010500", "01050102030405060708" + "9000",
         {"at least": "10 s", "at most": "5 min", "resume token": "0102030405060708"}),
        ("8076010008" + "0102030405060708", "9000", {"resume token": "0102030405060708"}),
        ("0084000008", "0102030405060708" + "9000", {"challenge": "0102030405060708"}),
        ("A0A20000024142", "059000", {"pattern": "4142", "found in record": "5"}),
    ],
    ids=["GBA", "NAF", "AUTS", "INCREASE", "SEARCH", "SUSPEND", "RESUME", "CHALLENGE", "SEEK"],
)  # fmt: skip
def test_commands_that_few_sessions_have(command: str, answer: str, expected: dict[str, str]) -> None:
    explanation = ask(Explainer(), command, answer)
    assert values(explanation).items() >= expected.items()
    assert not [field for field in explanation.walk() if field.problem]


def test_a_suci_is_told_from_its_concealment() -> None:
    """GET IDENTITY with the results of TS 33.501 §C.4.3.1 and, for the null scheme, of §C.4 by hand."""
    concealed = "B2E92F836055A255837DEBF850B528997CE0201CB82ADFE4BE1F587D07D8457DCB02352410CDDD9E730EF3FA87"
    told = values(ask(Explainer(), "8078000100", f"A13501722410F0FF011E{concealed}9000"))
    assert told["SUPI format and type of identity"] == "01: IMSI, SUCI"
    assert told["home network"] == "274-012"
    assert told["routing indicator"] == "0"
    assert told["protection scheme"] == "01: Profile A"
    assert told["home network public key identifier"] == "30"
    assert told["ephemeral public key"] == concealed[:64]
    assert told["enciphered MSIN"] == "CB02352410"
    assert told["MAC of the SUCI"] == "CDDD9E730EF3FA87"
    in_clear = values(ask(Explainer(), "8078000100", "A10D01722410F0FF000000012080F69000"))
    assert in_clear["MSIN"] == "001002086"
    nai = b"type1.rid0.schid0.useridverylongusername1@3gpp.com"
    named = values(ask(Explainer(), "8078000100", f"A1{len(nai) + 1:02X}11{nai.hex()}9000"))
    assert named["NAI"] == nai.decode()
    assert named["SUPI format and type of identity"] == "11: network specific identifier, SUCI"
    hidden = values(ask(Explainer(), "8078000100", f"A11911{b'type1.rid0.schid1.abcdef'.hex()}9000"))
    assert hidden["concealed NAI"] == "type1.rid0.schid1.abcdef"


@pytest.mark.parametrize("suci", ["", "01", "01722410", "01722410F0FF011EAABB", "01722410F0FF0C1EAABB", "79"])
def test_a_damaged_suci_is_shown_as_far_as_it_goes(suci: str) -> None:
    data = bytes.fromhex(suci)
    explanation = ask(Explainer(), "8078000100", f"A1{len(data):02X}{suci}9000")
    assert any(field.name == "SUCI (A1)" for field in explanation.walk())
