"""File control parameters as real cards give them (TS 102 221 §11.1.1.3)."""

from __future__ import annotations

import pytest

from asn1 import tlv
from cards import Fcp
from cards.errors import CardProtocolError
from cards.fcp import PinStatus


def parse(objects: str) -> Fcp:
    return Fcp.parse(tlv.encode(0x62, bytes.fromhex(objects)))


def test_a_transparent_file() -> None:
    fcp = parse("82024121 83022FE2 A506C00100CA0180 8A0105 8B032F0604 8002000A")
    assert (fcp.structure, fcp.fid, fcp.file_size, fcp.shareable) == ("transparent", 0x2FE2, 10, True)
    assert (fcp.arr_fid, fcp.arr_records) == (0x2F06, (4,))
    assert fcp.proprietary == {0xC0: b"\x00", 0xCA: b"\x80"}
    assert fcp.life_cycle_name == "activated"
    assert fcp.sfi == 0x02  # low five bits of '2FE2': '88' is absent


def test_a_linear_fixed_file() -> None:
    fcp = parse("82054221002602 83022F00 8A0105 8B032F0601 8002004C 8801F0")
    assert (fcp.structure, fcp.record_length, fcp.record_count) == ("linear fixed", 38, 2)
    assert fcp.sfi == 30


def test_a_cyclic_file_without_sfi() -> None:
    fcp = parse("8205462100030A 83026F39 8A0107 8800")
    assert (fcp.structure, fcp.record_length, fcp.record_count, fcp.sfi) == ("cyclic", 3, 10, None)


def test_an_adf_with_its_pins() -> None:
    fcp = parse("82027821 83027FFF 8407A0000000871002 8A0105 8B032F0601 C609900140 830101 830181")
    assert fcp.is_df
    assert fcp.aid == bytes.fromhex("A0000000871002")
    assert fcp.pins == (PinStatus(0x01, False), PinStatus(0x81, True))
    assert fcp.sfi is None


def test_security_environments_have_a_record_each() -> None:
    """TS 102 221 §9.2.7: pairs of security environment and record number after the EF.ARR."""
    assert parse("82024121 8B066F0600 020105").arr_records == (2, 5)


def test_a_ber_tlv_file() -> None:
    assert parse("82027921 83026F10").structure == "BER-TLV"


def test_life_cycles() -> None:
    assert [parse(f"8A01{state}").life_cycle_name for state in ("04", "0C", "F0")] == [
        "deactivated",
        "terminated",
        "proprietary",
    ]


@pytest.mark.parametrize("text", ["", "6F", "630482024121", "6205820241", "62038202"])
def test_nonsense(text: str) -> None:
    with pytest.raises(CardProtocolError):
        Fcp.parse(bytes.fromhex(text))
