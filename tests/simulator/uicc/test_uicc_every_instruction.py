"""What holds for every row of the instruction tables: class, channel, length, parameters, termination."""

from __future__ import annotations

import pytest

from cards.apdu import CommandApdu
from simulator.uicc.command import PROPRIETARY, Command
from simulator.uicc.commands import CARD_COMMANDS, FILE_COMMANDS
from tests.simulator.uicc.conftest import Terminal

ROWS = [*CARD_COMMANDS, *FILE_COMMANDS]
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name} {row.key:04X}")
DATA = "02A0B0"


def apdu(row: Command, case: int, p1p2: str = "0000", cla: int = 0) -> str:
    """A command of one of the four cases."""
    return f"{row.cla | cla:02X}{row.ins:02X}{p1p2}" + {1: "", 2: "00", 3: DATA, 4: DATA + "00"}[case]


def a_case(row: Command) -> int:
    return max(row.cases)


@every_row
def test_other_cases_have_a_wrong_length(terminal: Terminal, row: Command) -> None:
    terminal.verified()
    for case in {1, 2, 3, 4} - row.cases:
        assert CommandApdu.parse(bytes.fromhex(apdu(row, case))).case == case
        assert terminal(apdu(row, case)) == "6700"


@every_row
def test_classes_and_channels(terminal: Terminal, row: Command) -> None:
    terminal.verified()
    command = apdu(row, a_case(row))
    for cla, sw in ((0x01, "6881"), (0x03, "6881"), (0x40, "6881"), (0x4F, "6881")):
        assert terminal(apdu(row, a_case(row), cla=cla)) == sw
    assert terminal(apdu(row, a_case(row), cla=0x0C)) == "6882"
    assert terminal(apdu(row, a_case(row), cla=0x10)) == "6884"
    assert terminal("20" + command[2:]) == "6E00"
    assert terminal("FF" + command[2:]) == "6E00"
    assert terminal(command)[-4:] not in ("6D00", "6E00", "6F00")
    assert not terminal.faults


PARAMETERS = {
    "SELECT": ("0200", "00F0", "1000"),
    "STATUS": ("0300", "0002"),
    "READ BINARY": ("A000", "E000"),
    "UPDATE BINARY": ("A000", "E000"),
    "READ RECORD": ("014F", "0148"),
    "UPDATE RECORD": ("014F", "0148"),
    "SEARCH RECORD": ("014B", "0148"),
    "INCREASE": ("0001", "4000"),
    "RETRIEVE DATA": ("0100", "0020"),
    "SET DATA": ("0100", "0020"),
    "VERIFY PIN": ("0101", "8001"),
    "CHANGE PIN": ("0101", "8001"),
    "DISABLE PIN": ("0101", "8001"),
    "ENABLE PIN": ("0101", "8001"),
    "UNBLOCK PIN": ("0101", "8001"),
    "DEACTIVATE FILE": ("0100", "0001"),
    "ACTIVATE FILE": ("0100", "0001"),
    "AUTHENTICATE": ("0181", "0087", "00C1"),
    "AUTHENTICATE (in blocks)": ("0185",),
    "GET IDENTITY": ("0101", "0080"),
    "MANAGE CHANNEL": ("0100", "0014", "8000", "8014"),
    "GET CHALLENGE": ("0100", "0001"),
    "TERMINAL CAPABILITY": ("0100", "0001"),
    "TERMINAL PROFILE": ("0100", "0001"),
    "ENVELOPE": ("0100", "0001"),
    "FETCH": ("0100", "0001"),
    "TERMINAL RESPONSE": ("0100", "0001"),
    "SUSPEND UICC": ("0200", "0001"),
    "CREATE FILE": ("0100", "0001"),
    "DELETE FILE": ("0100", "0001"),
    "RESIZE FILE": ("0200", "0001"),
    "TERMINATE DF": ("0100", "0001"),
    "TERMINATE EF": ("0100", "0001"),
    "TERMINATE CARD USAGE": ("0100", "0001"),
}
"""P1 and P2 that the clause does not have; GET RESPONSE has nothing to give, and says that first."""


@every_row
def test_wrong_parameters(terminal: Terminal, row: Command) -> None:
    terminal.verified()
    terminal("00A4000C026F3B")
    if row.name == "INCREASE":
        terminal("00A4000C026F39")
    if row.name.endswith("DATA"):
        terminal("00A4000C026FF0")
    if row.name == "GET RESPONSE":
        assert terminal(apdu(row, 2, "0100")) == "6985"
        return
    for parameters in PARAMETERS[row.name]:
        assert terminal(apdu(row, a_case(row), parameters)) == "6A86", parameters


@every_row
def test_a_terminated_card(terminal: Terminal, row: Command) -> None:
    """Only SELECT, STATUS and GET RESPONSE are still answered (TS 102 222 §6.9), for good."""
    terminal.card.terminate()
    expected = {"SELECT": "6A82", "STATUS": "9000"}.get(row.name, "6985")
    for _ in range(2):
        assert terminal(apdu(row, a_case(row)))[-4:] == expected
        assert terminal("00A4000C023F00") == "9000"
        terminal.card.reset()


def test_extended_length(terminal: Terminal) -> None:
    """More than 255 bytes go in, and more than 256 come out in one answer (§10.1.5, §10.1.6)."""
    terminal.verified()
    assert terminal("00A4000C026FF1") == "9000"
    body = bytes(range(256)) + bytes(44)
    assert terminal("00B0000000012C") == "00" * 300 + "9000"
    assert terminal("00B00000000000") == "00" * 300 + "9000"
    assert terminal("00B00000000200") == "6C00", "256, or more than SW2 can say"
    assert terminal("00A4000C025F3B") == "9000"
    assert terminal("00A4000C024F20") == "9000"
    assert terminal("00D60000000009" + "112233445566778899") == "9000"
    assert terminal("00D6000000012C" + body.hex()) == "6700", "the file has nine bytes"
    assert terminal("00B0000000000A") == "6C09"
    assert terminal("00A40000000002" + "3F00" + "0000").endswith("9000")
    for cut in ("00D60000000009", "00D6000000000911", "00B000000000", "00A400000000023F0000"):
        assert terminal(cut) == "6700", cut


def test_every_channel(terminal: Terminal) -> None:
    """Channels 1 to 3 in class '0X' and '8X', 4 to 19 in '4X' and 'CX'; each keeps its own selection."""
    terminal.verified()
    classes = {number: (number, 0x80 | number) for number in range(1, 4)}
    classes |= {number: (0x40 | number - 4, 0xC0 | number - 4) for number in range(4, 20)}
    for number, (iso, proprietary) in classes.items():
        assert terminal(f"007000{number:02X}") == "9000"
        assert terminal(f"{iso:02X}A4000C022FE2") == "9000"
        assert terminal(f"{iso:02X}B0000001") == "989000"
        assert terminal(f"{proprietary:02X}F2000C") == "9000"
    for number, (iso, _) in classes.items():
        assert terminal(f"{iso:02X}B0000102") == "00109000"
        assert terminal(f"{iso:02X}B0820001") == "989000", "by SFI"
        assert terminal(f"007080{number:02X}") == "9000"
        assert terminal(f"{iso:02X}B0000102") == "6881"


def test_short_file_identifiers(terminal: Terminal) -> None:
    """Every command that may name its file so, without a file selected; it becomes the current one."""
    sfi = {"EF.IMSI": 7, "records": 9, "cyclic": 10, "PIN2": 11}
    commands = (
        (f"00B0{0x80 | sfi['EF.IMSI']:02X}0009", "0809101010325476989000"),
        (f"00B201{sfi['records'] << 3 | 4:02X}04", "010203FF9000"),
        (f"00DC01{sfi['records'] << 3 | 4:02X}04010203FF", "9000"),
        (f"00A201{sfi['records'] << 3 | 4:02X}0301020300", "019000"),
        (f"8032{0x80 | sfi['cyclic']:02X}000300000100", "0000040000019000"),
        (f"00D6{0x80 | sfi['PIN2']:02X}000101", "6982"),
    )
    for command, answer in commands:
        terminal.card.reset()
        terminal.verified()
        assert terminal(command) == answer, command
        if answer != "6982":
            assert terminal("00B0000001") in ("089000", "6981"), "a file is current"
    terminal.card.reset()
    terminal.verified()
    assert terminal("00B09E0001") == "6A82"
    assert terminal("00B201F401") == "6A82"


def test_proprietary_rows_are_found_on_further_channels_too(terminal: Terminal) -> None:
    for row in ROWS:
        if row.cla == PROPRIETARY:
            assert terminal(apdu(row, a_case(row), cla=0x40)) == "6881"
