"""What other software cards get wrong, and this one must not; one test for each mistake."""

from __future__ import annotations

from simulator.crypto.aka import generate_vector
from simulator.crypto.milenage import Milenage
from tests.simulator.uicc.conftest import KEY, OPC, USIM, Terminal
from tests.simulator.uicc.test_uicc_instructions import walk

AID = USIM.hex().upper()
PIN = b"1234\xff\xff\xff\xff".hex()


def test_the_imsi_is_not_read_without_pin1(terminal: Terminal) -> None:
    terminal.usim()
    walk(
        terminal,
        """
        00A4000C026F07 -> 9000
        00B0000009     -> 6982
        00B0870009     -> 6982   # by SFI neither
        """,
    )


def test_each_channel_has_its_own_selection(terminal: Terminal) -> None:
    terminal.verified()
    walk(
        terminal,
        """
        00A4000C026F07     -> 9000
        0070000001         -> 01 9000
        01A4000C022FE2     -> 9000
        00B0000001         -> 08 9000   # still EF.IMSI
        01B0000001         -> 98 9000
        0070000001         -> 02 9000
        02B0000001         -> 6986
        """,
    )


def test_a_channel_that_is_not_open_does_not_answer(terminal: Terminal) -> None:
    for cla in ("01", "03", "40", "4F", "81", "C3"):
        assert terminal(f"{cla}A4000C023F00") == "6881", cla


def test_channels_do_not_stay_open_over_a_reset(terminal: Terminal) -> None:
    assert terminal("0070000001") == "019000"
    terminal.card.reset()
    assert terminal("01A4000C023F00") == "6881"
    assert terminal("0070000001") == "019000"


def test_next_and_previous_record_begin_at_the_ends(terminal: Terminal) -> None:
    terminal.verified()
    walk(
        terminal,
        """
        00A4000C026F3B -> 9000
        00B2000300     -> 010207FF 9000   # previous: the last one
        00A4000C026F3B -> 9000
        00B2000200     -> 010203FF 9000   # next: the first one
        00B2000200     -> 040506FF 9000
        00B2000300     -> 010203FF 9000
        00B2000300     -> 6A83
        """,
    )


def test_paths_may_go_through_7fff(terminal: Terminal) -> None:
    terminal.usim()
    assert terminal("00A4080C047FFF6F07") == "9000"
    assert terminal("00A4080C067FFF5F3B4F20") == "9000"


def test_le_larger_than_the_file(terminal: Terminal) -> None:
    assert terminal("00A4000C022FE2") == "9000"
    assert terminal("00B00000FF") == "6C0A"
    assert terminal("00B0000000") == "980010325476981032149000"


def test_select_without_answer_has_none(terminal: Terminal) -> None:
    assert terminal("00A4000C023F00") == "9000"
    assert terminal("00A4000C023F0000") == "9000"
    assert terminal(f"00A4040C10{AID}00") == "9000"


def test_gsm_context_is_rand_alone(terminal: Terminal) -> None:
    terminal.verified()
    answer = terminal("0088008011" + "10" + bytes(16).hex() + "00")
    assert answer[:2] == "04"
    assert answer[10:12] == "08"
    assert answer.endswith("9000")


def test_data_objects_belong_to_their_file(terminal: Terminal) -> None:
    terminal.verified()
    walk(
        terminal,
        """
        00A4000C026FF0    -> 9000
        80DB008003 8401AA -> 9000
        00A4000C026F07    -> 9000
        80CB0080018400    -> 6981
        """,
    )


def test_short_commands_have_a_wrong_length(terminal: Terminal) -> None:
    for command in ("", "00", "00A4", "00A400", "00A40004023F", "00D6000002AA"):
        assert terminal(command) == "6700", command


def test_authenticate_changes_nothing_but_its_counter(terminal: Terminal) -> None:
    terminal.verified()
    before = terminal.card.files.save()
    rand = bytes(16)
    vector = generate_vector(Milenage(KEY, OPC), rand, (1 << 5).to_bytes(6, "big"), b"\0\0")
    assert terminal("0088008122" + "10" + rand.hex() + "10" + vector.autn.hex() + "00").startswith("DB")
    after = terminal.card.files.save()
    changed = {key for key in after if after[key] != before.get(key)}
    assert changed == {"akas"}


def test_select_of_class_a0_is_answered_as_a_sim_answers(terminal: Terminal) -> None:
    """TS 51.011 §9.2.1: 9FXX, and 22 or 23 bytes of fixed places, not the FCP of a UICC."""
    answer = terminal("A0A40000023F00")
    assert answer[:2] == "9F"
    data = terminal(f"A0C00000{answer[2:]}")
    assert data.endswith("9000")
    assert data[8:14] == "3F0001", "identifier, and type of file: MF"
    assert not data.startswith("62")
    answer = terminal("A0A40000022FE2")
    assert answer == "9F0F"
    data = terminal("A0C000000F")
    assert data[4:8] == "000A", "the size of the file"
    assert data[8:14] == "2FE204", "an EF"
