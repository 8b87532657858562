"""Every instruction of the card, command by command, with the status words that its clause lists."""

from __future__ import annotations

import pytest

from simulator.crypto.aka import c2, c3, generate_vector, sqn_from_auts
from simulator.crypto.milenage import Milenage
from simulator.uicc.commands import CARD_COMMANDS, FILE_COMMANDS
from tests.simulator.uicc.conftest import ISIM, KEY, OPC, USIM, Terminal

AID = USIM.hex().upper()
RIGHT, WRONG = b"1234\xff\xff\xff\xff".hex(), b"4321\xff\xff\xff\xff".hex()
PUK1 = b"12345678".hex()


def walk(terminal: Terminal, script: str) -> None:
    """Lines of command and expected answer; `…` in an answer stands for anything."""
    for line in script.strip().splitlines():
        command, _, expected = line.split("#")[0].partition("->")
        answer, expected = terminal(command), expected.replace(" ", "").upper()
        head, dots, tail = expected.partition("…")
        fits = answer.startswith(head) and answer.endswith(tail) if dots else answer == expected
        assert fits, f"{command.strip()} -> {answer}, expected {expected}"
    assert not terminal.faults


def test_every_row_has_a_clause_and_stands_once() -> None:
    rows = [*CARD_COMMANDS, *FILE_COMMANDS]
    assert len({row.key for row in rows}) == len(rows)
    assert all("§" in row.clause and row.cases for row in rows)


def test_class_and_instruction(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        00                  -> 6700
        00A4                -> 6700
        A1A40000023F00      -> 6E00  # class A0 knows no channels
        20A40000023F00      -> 6E00
        FFA40000023F00      -> 6E00
        00FE0000            -> 6982  # TERMINATE CARD USAGE is not for everybody
        00730000            -> 6D00  # MANAGE SECURE CHANNEL
        80FE0000            -> 6D00
        04A40004023F00      -> 6882
        10A40004023F00      -> 6884
        01A40004023F00      -> 6881
        40A40004023F00      -> 6881
        00A4000403 3F00     -> 6700
        00B0000002 0102     -> 6700  # a case that READ BINARY has not
        """,
    )


def test_select_by_fid(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        00A40004023F0000    -> 62 … 9000
        00A40004023F00      -> 61…
        00A4000C023F00      -> 9000
        00A4000C            -> 9000      # no identifier: the MF
        00A4000C027F10      -> 9000
        00A4000C026F3A      -> 9000      # child
        00A4000C025F3A      -> 9000      # child of the current DF, which an EF does not change
        00A4000C027F10      -> 9000      # parent
        00A4000C022FE2      -> 6A82      # an EF of the parent cannot be reached by identifier
        00A4000C023F00      -> 9000
        00A4000C026F07      -> 6A82
        00A4000C017F        -> 6A87
        00A4010C027F10      -> 9000
        00A4010C026F3A      -> 6A82      # child DF only
        00A4030C            -> 9000
        00A40084023F00      -> 6A86
        00A40208023F00      -> 6A86
        00A40004027FFF      -> 6A82      # no application is current
        """,
    )


def test_select_by_path(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        00A4080C047F106F3A  -> 9000
        00A4080C067F105F3A4F22 -> 9000
        00A4090C024F22      -> 9000
        00A4080C037F106F    -> 6A87
        00A4080C047F106F07  -> 6A82
        00A4080C047FFF6F07  -> 6A82
        """,
    )
    terminal.usim()
    walk(
        terminal,
        """
        00A4080C047FFF6F07  -> 9000
        00A4000C023F00      -> 9000
        00A4080C047FFF6F07  -> 9000      # the application stays current
        00A4000C027FFF      -> 9000
        00A4090C045F3B4F20  -> 9000
        """,
    )


def test_select_by_name(terminal: Terminal) -> None:
    walk(
        terminal,
        f"""
        00A4040410{AID}00             -> 62 … 9000
        00A4040407A0000000871002      -> 61…
        00A4040C05A000000087          -> 9000
        80F2000102                    -> 6C12      # STATUS: AID of the application
        80F2000112                    -> 8410{AID}9000
        00A4040E05A000000087          -> 9000      # next
        80F2000112                    -> 8410{ISIM.hex().upper()}9000
        00A4040E05A000000087          -> 6A82
        00A4040F05A000000087          -> 9000      # previous
        80F2000112                    -> 8410{AID}9000
        00A4040D05A000000087          -> 9000      # last
        00A4040407A0000000031010      -> 6A82
        00A4040C                      -> 6A82
        """,
    )


def test_termination_of_an_application_forgets_its_pins(terminal: Terminal) -> None:
    terminal.verified()
    pin2 = b"5678\xff\xff\xff\xff".hex()
    walk(
        terminal,
        f"""
        0020008108{pin2}    -> 9000
        00D68B000101        -> 9000
        00A4044C10{AID}     -> 9000
        00A4040C10{AID}     -> 9000
        00D68B000101        -> 6982
        """,
    )


def test_fcp_of_files(terminal: Terminal) -> None:
    assert terminal("00A40004023F0000") == (
        "62218202782183023F00A5038001718A0105C60F9001E083010183010A9501088301119000"
    )
    assert terminal("00A40004022FE200") == "62178202412183022FE28A01058B032F060A8002000A8801109000"
    terminal.usim()
    assert terminal("00A40004026F3B00") == ("621A8205422100040383026F3B8A01058B036F06058002000C8801489000")
    assert terminal("00A40004026F3900")[4:18] == "82054621000303"
    assert terminal("00A40004026FF000")[4:12] == "82027921"
    assert terminal("00A40004026FF100").endswith("8002012C88009000")


def test_read_binary(terminal: Terminal) -> None:
    walk(terminal, "00B0000000 -> 6986\n00B0820000 -> 98001032547698103214 9000\n00B0000002 -> 98009000")
    terminal.usim()
    walk(
        terminal,
        """
        00A4000C026F07      -> 9000
        00B0000009          -> 6982
        """,
    )
    terminal.verified()
    walk(
        terminal,
        """
        00A4000C026F07      -> 9000
        00B0000009          -> 080910101032547698 9000
        00B0000000          -> 080910101032547698 9000
        00B000000A          -> 6C09
        00B0000801          -> 989000
        00B0000901          -> 6B00
        00B0870009          -> 080910101032547698 9000
        00B0A70009          -> 6A86
        00B09F0009          -> 6A82
        00B0890004          -> 6981
        00A4000C026FF3      -> 9000      # a link reads as its target
        00B0000009          -> 080910101032547698 9000
        00A4000C026FF1      -> 9000
        00B0000000          -> 00 … 9000
        00B0012C01          -> 6B00
        00B00000000010      -> 00000000000000000000000000000000 9000
        00A4000C026F3B      -> 9000
        00B0000004          -> 6981
        """,
    )
    assert len(terminal("00A4000C026FF1") + terminal("00B0000000")) == 4 + 2 * 258


def test_update_binary(terminal: Terminal) -> None:
    terminal.verified()
    walk(
        terminal,
        """
        00A4000C026F07      -> 9000
        00D6000001AA        -> 6982      # ADM
        00A4090C045F3B4F20  -> 9000
        00D6000003010203    -> 9000
        00B0000009          -> 010203FFFFFFFFFFFF 9000
        00D60008020102      -> 6700
        00D6000901AA        -> 6B00
        00D6810001AA        -> 9000
        00B0810001          -> AA 9000
        """,
    )


def test_records(terminal: Terminal) -> None:
    terminal.verified()
    walk(
        terminal,
        """
        00B2010404          -> 6986
        00A4000C026F3B      -> 9000
        00B2010404          -> 010203FF 9000
        00B2030400          -> 010207FF 9000
        00B2010403          -> 6C04
        00B2040404          -> 6A83
        00B2000404          -> 6A83      # no current record
        00B2000204          -> 010203FF 9000
        00B2000404          -> 010203FF 9000
        00B2000204          -> 040506FF 9000
        00B2000304          -> 010203FF 9000
        00B2000304          -> 6A83
        00A4000C026F3B      -> 9000
        00B2000304          -> 010207FF 9000
        00B2000204          -> 6A83
        00B2014C04          -> 010203FF 9000
        00B2010704          -> 6A86
        00DC020404AABBCCDD  -> 9000
        00B2020404          -> AABBCCDD 9000
        00DC020403AABBCC    -> 6700
        00DC040404AABBCCDD  -> 6A83
        00A4000C026F07      -> 9000
        00B2010404          -> 6981
        """,
    )


def test_cyclic_records(terminal: Terminal) -> None:
    terminal.verified()
    walk(
        terminal,
        """
        00A4000C026F39      -> 9000
        00B2010403          -> 000003 9000
        00DC010403000009    -> 6A86
        00DC000303000009    -> 9000
        00B2010403          -> 000009 9000
        00B2020403          -> 000003 9000
        00B2030403          -> 000002 9000
        00B2000303          -> 000002 9000   # before the last written comes the oldest
        8032000003000001    -> 6106
        00C0000006          -> 00000A000001 9000
        8032000003FFFFFF    -> 9850
        80320000040000000000 -> 6700
        00A4000C026F07      -> 9000
        8032000003000001    -> 6981
        """,
    )


def test_search_record(terminal: Terminal) -> None:
    terminal.verified()
    walk(
        terminal,
        """
        00A4000C026F3B      -> 9000
        00A2010402010200    -> 01039000
        00A20204020102      -> 6101
        00A2030502010200    -> 03019000
        00A201040201FF      -> 6A83
        00A2010405 0102030405 -> 6700
        00A20106040400 010200 -> 01039000
        00A20106040401 050600 -> 029000
        00A20106030C02 0700 -> 039000
        """,
    )


def test_pins(terminal: Terminal) -> None:
    walk(
        terminal,
        f"""
        00200001            -> 63C3
        0020000108{WRONG}   -> 63C2
        00200001            -> 63C2
        0020000108{RIGHT}   -> 9000
        00200001            -> 63C3
        002000010431323334  -> 6700
        0020010108{RIGHT}   -> 6A86
        0020000208{RIGHT}   -> 6A88
        0024000110{RIGHT}{WRONG} -> 9000
        0020000108{WRONG}   -> 9000
        0024000110{WRONG}{RIGHT} -> 9000
        0026000108{RIGHT}   -> 9000
        0020000108{RIGHT}   -> 6984
        0026000108{RIGHT}   -> 6984
        0028000108{WRONG}   -> 63C2
        0028000108{RIGHT}   -> 9000
        0028000108{RIGHT}   -> 6984
        002600 0A08 3535353535353535 -> 6985  # may not be disabled
        """,
    )


def test_a_disabled_pin_opens_what_it_guards(terminal: Terminal) -> None:
    terminal.usim()
    walk(
        terminal,
        f"""
        00B0870009          -> 6982
        0026000108{RIGHT}   -> 9000
        00B0870009          -> 080910101032547698 9000
        0028000108{RIGHT}   -> 9000
        """,
    )
    terminal.card.reset()
    terminal.usim()
    walk(terminal, "00B0870009 -> 6982")


def test_the_universal_pin_in_place_of_another(terminal: Terminal) -> None:
    terminal.usim()
    universal = b"9999\xff\xff\xff\xff".hex()
    walk(
        terminal,
        f"""
        0026910108{RIGHT}   -> 9000
        00B0870009          -> 6982
        0020001108{universal} -> 9000
        00B0870009          -> 080910101032547698 9000
        """,
    )


def test_blocking_and_unblocking(terminal: Terminal) -> None:
    walk(
        terminal,
        f"""
        0020000108{WRONG}   -> 63C2
        0020000108{WRONG}   -> 63C1
        0020000108{WRONG}   -> 63C0
        0020000108{RIGHT}   -> 6983
        00200001            -> 6983
        002C0001            -> 63CA
        002C000110{WRONG}{RIGHT} -> 63C9
        002C000110{PUK1}{WRONG}  -> 9000
        00200001            -> 63C3
        0020000108{WRONG}   -> 9000
        """,
    )


def test_a_verification_lasts_until_reset_and_counts_on_all_channels(terminal: Terminal) -> None:
    terminal.verified()
    walk(
        terminal,
        f"""
        0070000001          -> 019000
        01A4040C10{AID}     -> 9000
        01B0870009          -> 080910101032547698 9000
        """,
    )
    terminal.card.reset()
    terminal.usim()
    walk(terminal, "00B0870009 -> 6982")


def test_channels(terminal: Terminal) -> None:
    walk(
        terminal,
        f"""
        0070000000          -> 019000
        0070000000          -> 029000
        0070000001          -> 039000
        0070000000          -> 049000
        40A4040C10{AID}     -> 9000
        4070000000          -> 059000     # inherits what is current on channel 4
        41F2000112          -> 6D00
        C1F2000112          -> 8410{AID}9000
        01F2000112          -> 6D00
        81F2000102          -> 84009000
        00700013            -> 9000
        00700013            -> 6A86
        00700014            -> 6A86
        00708001            -> 9000
        01A40004023F00      -> 6881
        00708001            -> 6200
        00708000            -> 6A86
        00704000            -> 6A86
        """,
    )
    terminal.card.reset()
    walk(terminal, "40A40004023F00 -> 6881\n0070000001 -> 019000")


def test_all_channels_taken(terminal: Terminal) -> None:
    for number in range(1, 20):
        assert terminal("0070000001") == f"{number:02X}9000"
    assert terminal("0070000001") == "6A81"


def test_get_response(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        00C0000010          -> 6985
        00A40004022FE2      -> 6119
        00C0000010          -> 62 … 6109
        00C00000FF          -> 6C09
        00C0000009          -> … 9000
        00C0000001          -> 6985
        00A40004022FE2      -> 6119
        00A4000C023F00      -> 9000      # another command drops what was waiting
        00C0000019          -> 6985
        """,
    )


def test_status(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        80F2000C            -> 9000
        80F2010C            -> 9000
        80F2030C            -> 6A86
        80F2000200          -> 6A86
        80F2000000          -> 62 … 9000
        """,
    )


def test_terminal_commands(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        80AA00000AA9088100820101830107 -> 9000
        80AA000002A905      -> 6A80
        80AA0000028100      -> 6A80
        8010000003FFFFFF    -> 9000
        8012000010          -> 6985
        8014000003810300    -> 6985
        80C2000003D60100    -> 9000
        80C2000002D605      -> 6A80
        0084000008          -> 0001020304050607 9000
        0084010008          -> 6A86
        """,
    )


def network() -> Milenage:
    return Milenage(KEY, OPC)


def challenge(rand: bytes, autn: bytes) -> str:
    return f"0088008122 10{rand.hex()} 10{autn.hex()} 00"


RAND = bytes.fromhex("23553cbe9637a89d218ae64dae47bf35")


def test_authenticate_in_3g_context_gives_the_results_of_ts_35_208(terminal: Terminal) -> None:
    terminal.verified()
    sqn = (1 << 5).to_bytes(6, "big")
    vector = generate_vector(network(), RAND, sqn, b"\xb9\xb9")
    answer = bytes.fromhex(terminal(challenge(RAND, vector.autn)))
    # TS 35.208 §4.3.1, test set 1: f2, f3, f4
    assert answer[:1] + answer[1:10] == bytes.fromhex("DB08a54211d5e3ba50bf")
    assert answer[10:27] == bytes.fromhex("10b40ba9a3c58b2a05bbf0d987b21bf8cb")
    assert answer[27:44] == bytes.fromhex("10f769bcd751044604127672711c6d3441")
    assert answer[44:53] == b"\x08" + c3(vector.ck, vector.ik)
    assert answer[53:] == b"\x90\x00"


def test_authenticate_refuses(terminal: Terminal) -> None:
    walk(terminal, f"{challenge(RAND, bytes(16))} -> 6985")
    terminal.usim()
    walk(terminal, f"{challenge(RAND, bytes(16))} -> 6982")
    terminal.verified()
    walk(
        terminal,
        f"""
        {challenge(RAND, bytes(16))}     -> 9862
        00880081 11 10{RAND.hex()}       -> 6700
        00880181 22 10{RAND.hex()}10{RAND.hex()} -> 6A86
        00880084 11 10{RAND.hex()}       -> 9864
        """,
    )


def test_a_replayed_challenge_is_out_of_step_and_the_network_can_catch_up(terminal: Terminal) -> None:
    terminal.verified()
    milenage = network()
    vector = generate_vector(milenage, RAND, (5 << 5).to_bytes(6, "big"), bytes(2))
    assert terminal(challenge(RAND, vector.autn)).startswith("DB")
    answer = bytes.fromhex(terminal(challenge(RAND, vector.autn)))
    assert answer[:2] == b"\xdc\x0e"
    sqn = int.from_bytes(sqn_from_auts(milenage, RAND, answer[2:16]), "big")
    assert sqn == 5 << 5
    fresh = generate_vector(milenage, RAND, (sqn + 32).to_bytes(6, "big"), bytes(2))
    assert terminal(challenge(RAND, fresh.autn)).startswith("DB")


def test_an_sqn_too_far_ahead_or_too_old_is_refused(terminal: Terminal) -> None:
    terminal.verified()
    for seq in (1 << 40, 0):
        vector = generate_vector(network(), RAND, (seq << 5).to_bytes(6, "big")[-6:], bytes(2))
        assert terminal(challenge(RAND, vector.autn)).startswith("DC")


def test_each_index_counts_for_itself(terminal: Terminal) -> None:
    terminal.verified()
    for sqn in (9 << 5 | 1, 8 << 5 | 2, 9 << 5 | 2):
        vector = generate_vector(network(), RAND, sqn.to_bytes(6, "big"), bytes(2))
        assert terminal(challenge(RAND, vector.autn)).startswith("DB")


def test_authenticate_in_gsm_context(terminal: Terminal) -> None:
    terminal.verified()
    res, ck, ik, _ = network().f2345(RAND)
    expected = "04" + c2(res).hex() + "08" + c3(ck, ik).hex() + "9000"
    assert terminal(f"0088008011 10{RAND.hex()} 00") == expected.upper()


def test_an_isim_knows_only_the_ims_context(terminal: Terminal) -> None:
    terminal.verified()
    terminal("00A4040C10" + ISIM.hex())
    vector = generate_vector(network(), RAND, (1 << 5).to_bytes(6, "big"), bytes(2))
    answer = terminal(challenge(RAND, vector.autn))
    assert answer.startswith("DB08")
    assert len(answer) == 2 * (1 + 9 + 17 + 17 + 2), "no Kc"
    assert terminal(f"0088008011 10{RAND.hex()} 00") == "9864"


@pytest.mark.parametrize("change", ["00D6810001AA", "0020000108" + WRONG])
def test_save_and_restore(terminal: Terminal, change: str) -> None:
    terminal.verified()
    terminal("00A4090C045F3B4F20")
    terminal(change)
    files = terminal.card.files
    again = type(files)(files.image)
    again.restore(files.save())
    assert again.save() == files.save()
