"""Whatever bytes a card receives: a status word, no fault of ours, no file changed but by a write."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.uicc import Card, FileSystem
from simulator.uicc.commands import CARD_COMMANDS, FILE_COMMANDS
from tests.simulator.uicc.conftest import IMAGE, USIM, Terminal

WRITING = frozenset({0xD6, 0xDC, 0x32, 0xDB, 0xD4, 0xE0, 0xE4})
"""INS of the commands that may change a file."""
INSTRUCTIONS = sorted({row.ins for row in (*CARD_COMMANDS, *FILE_COMMANDS)})
FIDS = [0x3F00, 0x2FE2, 0x2F06, 0x7F10, 0x6F3A, 0x5F3A, 0x6F07, 0x6F3B, 0x6F39, 0x6FF0, 0x6FF1, 0x7FFF]
PIN = b"1234\xff\xff\xff\xff"

selections = st.sampled_from(FIDS).map(lambda fid: bytes.fromhex(f"00A4000402{fid:04X}"))
known = st.sampled_from(
    [
        bytes.fromhex("00A4040410") + USIM,
        bytes.fromhex("0020000108") + PIN,
        bytes.fromhex("0070000001"),
        bytes.fromhex("00C0000000"),
        bytes.fromhex("00B2000204"),
        bytes.fromhex("8032000003000001"),
        bytes.fromhex("00DC010404AABBCCDD"),
        bytes.fromhex("00D6000001AA"),
    ]
)
shaped = st.builds(
    lambda cla, ins, parameters, data, le: bytes((cla, ins)) + parameters + data + le,
    st.sampled_from([0x00, 0x01, 0x80, 0x81, 0x40, 0xC0]),
    st.sampled_from(INSTRUCTIONS),
    st.binary(min_size=2, max_size=2),
    st.binary(max_size=20).map(lambda data: bytes((len(data),)) + data if data else b""),
    st.binary(max_size=1),
)
commands = st.one_of(known, selections, shaped, st.binary(max_size=30))


def fresh() -> Terminal:
    card = Card(FileSystem(IMAGE), entropy=bytes)
    terminal = Terminal(card)
    card.on_fault = lambda apdu, error: terminal.faults.append(error)
    return terminal


@settings(max_examples=300, deadline=None)
@given(st.lists(commands, min_size=1, max_size=12))
def test_any_commands_get_a_status_word_and_change_nothing_unasked(script: list[bytes]) -> None:
    terminal = fresh()
    for apdu in script:
        before = dict(terminal.card.files.bodies)
        answer = terminal.card.transmit(apdu)
        assert len(answer) >= 2
        assert not terminal.faults, terminal.faults
        if terminal.card.files.bodies != before:
            assert apdu[1] in WRITING
            assert answer[-2] in (0x90, 0x61, 0x91)


@settings(max_examples=150, deadline=None)
@given(st.lists(commands, max_size=12), st.lists(commands, min_size=1, max_size=6))
def test_a_reset_forgets_what_is_to_be_forgotten(before: list[bytes], after: list[bytes]) -> None:
    """After a reset a card answers as another card with the same files, PINs and counters does."""
    used = fresh()
    for apdu in before:
        used.card.transmit(apdu)
    used.card.reset()
    files = FileSystem(IMAGE)
    files.restore(used.card.files.save())
    other = Card(files, entropy=bytes)
    for apdu in after:
        assert used.card.transmit(apdu) == other.transmit(apdu)


@settings(max_examples=100, deadline=None)
@given(st.lists(commands, max_size=15))
def test_saving_and_restoring_keeps_everything(script: list[bytes]) -> None:
    terminal = fresh()
    for apdu in script:
        terminal.card.transmit(apdu)
    saved = terminal.card.files.save()
    again = FileSystem(IMAGE)
    again.restore(saved)
    assert again.save() == saved


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=5, max_size=255))
def test_pin_tries_only_ever_go_down_without_the_pin(value: bytes) -> None:
    terminal = fresh()
    for _ in range(5):
        terminal.card.transmit(bytes.fromhex("00200001") + bytes((len(value),)) + value)
    left = terminal.card.transmit(bytes.fromhex("00200001"))
    assert left.hex() in ("63c3", "6983") or value == PIN


def test_two_cards_of_one_image_do_not_see_each_other() -> None:
    first, second = fresh(), fresh()
    for terminal in (first, second):
        terminal.verified()
        terminal("00A4090C045F3B4F20")
    assert first("00D6000001AA") == "9000"
    assert first("00B0000001") == "AA9000"
    assert second("00B0000001") == "FF9000"


@pytest.mark.parametrize("ins", INSTRUCTIONS)
def test_an_error_in_a_handler_is_6f00_and_reported(ins: int, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = fresh()

    def broken(channel: object, command: object) -> bytes:
        raise ZeroDivisionError

    rows = {
        key: (frozenset({1, 2, 3, 4}), broken) for key in terminal.card.file_handlers if key & 0xFF == ins
    }
    monkeypatch.setattr(terminal.card.channels[0], "handlers", rows)
    cla = next(iter(rows)) >> 8
    assert terminal(f"{cla:02X}{ins:02X}0000") == "6F00"
    assert isinstance(terminal.faults[0], ZeroDivisionError)
