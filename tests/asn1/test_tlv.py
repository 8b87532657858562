"""BER-TLV: what is read comes back as it was, what is no TLV is refused at its offset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asn1 import Asn1Error, TlvError, tlv


def test_header_forms() -> None:
    data = bytes.fromhex("5A0A 98001032547698103214 BF3803 8001FF 9F7001 01")
    iccid, authenticate, state = tlv.read_all(data)
    assert (iccid.tag, iccid.header_length, len(iccid.value)) == (0x5A, 2, 10)
    assert (authenticate.tag, authenticate.offset, authenticate.end) == (0xBF38, 12, 18)
    assert (state.tag, state.value, state.raw) == (0x9F70, b"\x01", bytes.fromhex("9F700101"))


@pytest.mark.parametrize(
    ("length", "octets"),
    [(0, "00"), (127, "7F"), (128, "8180"), (255, "81FF"), (256, "820100"), (65536, "83010000")],
)
def test_lengths_take_the_fewest_octets(length: int, octets: str) -> None:
    assert tlv.encode_length(length).hex().upper() == octets
    found = tlv.read(b"\x04" + bytes.fromhex(octets) + bytes(length))
    assert len(found.value) == length


@pytest.mark.parametrize(
    ("data", "offset", "reason"),
    [
        ("", 0, "no data left"),
        ("5A", 0, "ends within"),
        ("BF", 0, "ends within"),
        ("BF38", 0, "ends within"),
        ("5A82 01", 0, "ends within"),
        ("5A0A 98", 0, "claims 10 octets, 1 are left"),
        ("0400 3080 0000", 2 + 1, "indefinite"),
        ("04817F", 1, "more octets than it needs"),
        ("04820080", 1, "more octets than it needs"),
        ("04850000000001", 1, "more than 4 octets"),
        ("1F1E00", 0, "more octets than it needs"),
        ("1F801F00", 0, "more octets than it needs"),
        ("1F8181818100", 0, "longer than 4 octets"),
    ],
)
def test_what_is_refused(data: str, offset: int, reason: str) -> None:
    with pytest.raises(TlvError, match=reason) as caught:
        tlv.read_all(bytes.fromhex(data)) or tlv.read(b"")
    assert caught.value.offset == offset


def test_read_within_an_end() -> None:
    data = bytes.fromhex("040201020500")
    assert tlv.read(data, 0, 4).value == b"\x01\x02"
    with pytest.raises(TlvError, match="claims 2 octets, 1 are left"):
        tlv.read(data, 0, 3)
    with pytest.raises(TlvError, match="no data left"):
        tlv.read(data, 6)


def test_find_takes_the_first_and_stays_on_its_level() -> None:
    data = bytes.fromhex("E303 5A01AA 5A01BB 5A01CC")
    assert tlv.find(data, 0x5A) == b"\xbb"
    assert tlv.find(data, 0x4F) is None
    with pytest.raises(TlvError):
        tlv.find(data + b"\x4f", 0x4F)


@given(st.integers(0, 0x1F_FF_FF), st.binary(max_size=300))
def test_what_is_written_is_read(number: int, value: bytes) -> None:
    short = number < 0x1F
    high = [number & 0x7F] + [number >> 7 * i & 0x7F | 0x80 for i in (1, 2) if number >> 7 * i]
    octets = bytes([0x80 | number]) if short else bytes([0x9F, *reversed(high)])
    found = tlv.read(tlv.encode(int.from_bytes(octets, "big"), value))
    assert (tlv.tag_bytes(found.tag), found.value) == (octets, value)


@given(st.binary(max_size=40))
def test_arbitrary_octets_are_read_back_or_refused(data: bytes) -> None:
    try:
        found = tlv.read_all(data)
    except Asn1Error:
        return
    assert b"".join(item.raw for item in found) == data
