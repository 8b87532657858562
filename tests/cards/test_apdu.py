"""Command and response APDUs: the seven encodings of ISO/IEC 7816-3 §12.1.3, and what is none of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import ApduError, CommandApdu, ResponseApdu, StatusWord

ENCODINGS = {
    "case 1": ("00A40004", CommandApdu(0x00, 0xA4, 0x00, 0x04)),
    "case 2S": ("00B0000009", CommandApdu(0x00, 0xB0, le=9)),
    "case 2S, Le 256": ("00B0000000", CommandApdu(0x00, 0xB0, le=256)),
    "case 3S": ("00A4000C023F00", CommandApdu(0x00, 0xA4, 0x00, 0x0C, b"\x3f\x00")),
    "case 4S": ("00A40004023F0000", CommandApdu(0x00, 0xA4, 0x00, 0x04, b"\x3f\x00", 256)),
    "case 2E": ("00B00000000101", CommandApdu(0x00, 0xB0, le=257, extended=True)),
    "case 2E, Le 65536": ("00B00000000000", CommandApdu(0x00, 0xB0, le=65536, extended=True)),
    "case 3E": ("00D60000000002ABCD", CommandApdu(0x00, 0xD6, data=b"\xab\xcd", extended=True)),
    "case 4E": ("00C10000000001AB0100", CommandApdu(0x00, 0xC1, data=b"\xab", le=256, extended=True)),
}


@pytest.mark.parametrize(("encoded", "command"), ENCODINGS.values(), ids=ENCODINGS)
def test_encodings(encoded: str, command: CommandApdu) -> None:
    assert CommandApdu.from_hex(encoded) == command
    assert command.to_bytes() == bytes.fromhex(encoded)


def test_cases() -> None:
    assert [CommandApdu.from_hex(ENCODINGS[f"case {n}"][0]).case for n in ("1", "2S", "3S", "4S")] == [
        1,
        2,
        3,
        4,
    ]


def test_long_data_and_long_le_make_a_command_extended() -> None:
    assert CommandApdu(0, 0xD6, data=bytes(256)).to_bytes()[4:7] == b"\x00\x01\x00"
    assert CommandApdu(0, 0xB0, le=257).to_bytes() == bytes.fromhex("00B00000000101")


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "00A400",
        "00A4000403AABB",
        "00A4000401AABBCC",
        "00A400040001",
        "00A40004000001",
        "00A4000400000200",
    ],
)
def test_bytes_that_are_no_command(encoded: str) -> None:
    if encoded == "00A40004000001":
        assert CommandApdu.from_hex(encoded).le == 1  # case 2E, not Lc 0
        return
    with pytest.raises(ApduError):
        CommandApdu.from_hex(encoded)


@pytest.mark.parametrize(
    "values", [{"cla": 256}, {"ins": -1}, {"le": 0}, {"le": 65537}, {"data": bytes(65536)}]
)
def test_values_that_no_command_can_carry(values: dict[str, object]) -> None:
    with pytest.raises(ApduError):
        CommandApdu(**{"cla": 0, "ins": 0, **values})  # type: ignore[arg-type]


@given(st.binary(max_size=300))
def test_whatever_parses_encodes_to_the_same_bytes(data: bytes) -> None:
    try:
        command = CommandApdu.parse(data)
    except ApduError:
        return
    assert command.to_bytes() == data


def test_hexadecimal_as_people_write_it() -> None:
    assert CommandApdu.from_hex("00:a4:00:04:02 3f 00").data == b"\x3f\x00"
    with pytest.raises(ApduError, match="not hexadecimal"):
        CommandApdu.from_hex("select mf")


def test_response() -> None:
    response = ResponseApdu.parse(bytes.fromhex("0809101010325476989000"))
    assert response.data.hex() == "080910101032547698"
    assert response.sw == 0x9000
    assert response.to_bytes().hex() == "0809101010325476989000"
    assert str(ResponseApdu(sw=StatusWord(0x6A82))) == "6A82"
    with pytest.raises(ApduError):
        ResponseApdu.parse(b"\x90")
