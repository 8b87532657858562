"""ICCID, IMSI, PLMN and EID: published examples both ways."""

from __future__ import annotations

import pytest

from cards import Eid, Iccid, Imsi, Plmn
from cards.identities import IdentityError, luhn_digit


def test_luhn() -> None:
    assert luhn_digit("7992739871") == "3"


def test_iccid_of_the_generic_test_profile() -> None:
    """GSMA TS.48: ICCID '8900011234567890123F…' as stored, digits swapped in EF.ICCID."""
    iccid = Iccid.from_bytes(bytes.fromhex("981032547698103214F4"))
    assert str(iccid) == "8901234567890123414"
    assert iccid.to_bytes().hex() == "981032547698103214f4"


def test_iccid_check_digit() -> None:
    iccid = Iccid.with_check_digit("894410000000000000")
    assert iccid.is_valid
    assert len(iccid.digits) == 19
    assert not Iccid(iccid.digits[:-1] + str((int(iccid.digits[-1]) + 1) % 10)).is_valid


@pytest.mark.parametrize("text", ["", "89", "89x1234567890123456", "８" * 19, "8" * 21])
def test_text_that_is_no_iccid(text: str) -> None:
    with pytest.raises(IdentityError, match="ICCID"):
        Iccid(text)


@pytest.mark.parametrize(
    ("stored", "digits"),
    [("082943051100000000", "234501100000000"[:15]), ("080910101032547698", "001010123456789")],
)
def test_imsi(stored: str, digits: str) -> None:
    imsi = Imsi.from_bytes(bytes.fromhex(stored))
    assert imsi.digits == digits
    assert imsi.to_bytes().hex() == stored


def test_imsi_of_even_length() -> None:
    imsi = Imsi("00101012345678")
    assert imsi.to_bytes().hex() == "0801101010325476f8"
    assert Imsi.from_bytes(imsi.to_bytes()) == imsi
    assert str(imsi.plmn(3)) == "001-010"


@pytest.mark.parametrize("stored", ["", "FFFFFFFFFFFFFFFFFF", "0809", "00"])
def test_bytes_that_are_no_imsi(stored: str) -> None:
    with pytest.raises(IdentityError):
        Imsi.from_bytes(bytes.fromhex(stored))


@pytest.mark.parametrize(
    ("stored", "text"), [("00f110", "001-01"), ("130014", "310-410"), ("32f451", "234-15")]
)
def test_plmn(stored: str, text: str) -> None:
    plmn = Plmn.from_bytes(bytes.fromhex(stored))
    assert str(plmn) == text
    assert plmn.to_bytes().hex() == stored
    assert Plmn.parse(text) == plmn


def test_eid() -> None:
    eid = Eid("89049032123451234512345678901235")
    assert eid.is_valid
    assert Eid.with_check_digits(eid.digits[:30]) == eid
    assert Eid.from_bytes(eid.to_bytes()) == eid
    assert not Eid("89049032123451234512345678901236").is_valid
    with pytest.raises(IdentityError, match="32 decimal digits"):
        Eid("8904")
    with pytest.raises(IdentityError):
        Eid.from_bytes(bytes.fromhex("ABCDEF" + "00" * 13))
