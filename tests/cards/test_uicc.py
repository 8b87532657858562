"""The terminal's side of a UICC, against a card that follows a script."""

from __future__ import annotations

import pytest

from cards import InProcessLink, Uicc
from cards.authentication import AuthenticationResult
from cards.errors import CardError, CardProtocolError, CardStatusError, InvalidPin, PinBlocked
from cards.files import UnknownFileError, file_identifier
from cards.uicc import PIN1

MF_FCP = "6208" + "8202782183023F00"
ICCID_FCP = "620C" + "8202412183022FE28002000A"
RECORDS_FCP = "620D" + "8205422100260283022F008800"
ADF_FCP = "6208" + "8202782183027FFF"
IMSI_FCP = "620C" + "8202412183026F0780020009"
USIM_AID = "A0000000871002FF33FF0189060100FF"
DIRECTORY_RECORD = "61184F10" + USIM_AID + "50045553494D" + "FF" * 12


class Script:
    """A card that expects these commands, in this order, and gives these answers."""

    def __init__(self, *exchanges: tuple[str, str]) -> None:
        self.exchanges = list(exchanges)

    def transmit(self, apdu: bytes) -> bytes:
        assert self.exchanges, f"unexpected {apdu.hex()}"
        expected, answer = self.exchanges.pop(0)
        assert apdu.hex().upper() == expected.replace(" ", "").upper()
        return bytes.fromhex(answer)

    def reset(self) -> bytes:
        return b"\x3b\x00"


def uicc(*exchanges: tuple[str, str]) -> Uicc:
    return Uicc(InProcessLink(Script(*exchanges)))


SELECT_MF = ("00A40004023F0000", MF_FCP + "9000")


def test_iccid() -> None:
    card = uicc(
        SELECT_MF, ("00A40004022FE200", ICCID_FCP + "9000"), ("00B000000A", "981032547698103214F49000")
    )
    assert str(card.read_iccid()) == "8901234567890123414"


def test_imsi_through_the_directory() -> None:
    card = uicc(
        SELECT_MF,
        SELECT_MF,
        ("00A40004022F0000", RECORDS_FCP + "9000"),
        ("00B2010426", DIRECTORY_RECORD + "9000"),
        ("00B2020426", "FF" * 38 + "9000"),
        ("00A4040410" + USIM_AID + "00", ADF_FCP + "9000"),
        ("00A40004026F0700", IMSI_FCP + "9000"),
        ("00B0000009", "0809101010325476989000"),
    )
    assert str(card.read_imsi()) == "001010123456789"


def test_a_card_without_usim() -> None:
    card = uicc(SELECT_MF, SELECT_MF, ("00A40004022F0000", "6208" + "8202412183022F00" + "9000"))
    with pytest.raises(CardError, match=r"no ADF\.USIM"):
        card.read_imsi()


def test_an_unpersonalised_card_says_no() -> None:
    with pytest.raises(CardStatusError, match="selecting MF: the card answered 6A82"):
        uicc(("00A40004023F0000", "6A82")).read_iccid()


def test_long_files_are_read_and_written_in_pieces() -> None:
    content = bytes(range(256)) * 2 + b"\x01"
    long = Uicc(
        InProcessLink(
            Script(
                ("00A40004024F0100", "620C" + "8202412183024F0180020201" + "9000"),
                ("00B0000000", content[:256].hex() + "9000"),
                ("00B0010000", content[256:512].hex() + "9000"),
                ("00B0020001", "019000"),
                ("00D60005FF" + content[:255].hex(), "9000"),
                ("00D6010401" + content[255:256].hex(), "9000"),
            )
        )
    )
    long.select(0x4F01)
    assert long.read_binary() == content
    long.update_binary(content[:256], offset=5)


def test_reading_stops_where_the_card_stops() -> None:
    assert uicc(("00B0000064", "0102" + "6282")).read_binary(length=100) == b"\x01\x02"
    with pytest.raises(CardError, match="32767"):
        uicc().read_binary(offset=40000, length=1)
    with pytest.raises(CardError, match="no file is selected"):
        uicc().read_binary()


def test_search_record() -> None:
    assert uicc(("00A2010402 0102 00", "02059000")).search_record(b"\x01\x02") == [2, 5]
    assert uicc(("00A2010402 0102 00", "6282")).search_record(b"\x01\x02") == []
    with pytest.raises(CardStatusError, match="6981"):
        uicc(("00A2010402 0102 00", "6981")).search_record(b"\x01\x02")


def test_update_record_and_increase() -> None:
    uicc(("00DC010402 ABCD", "9000")).update_record(1, b"\xab\xcd")
    card = uicc(
        ("00A40004026F3900", "620D" + "82054621000305 83026F39" + "8800" + "9000"),
        ("8032000003 000001 00", "000007" + "000001" + "9000"),
    )
    card.select(0x6F39)
    assert card.increase(1) == 7


def test_pins() -> None:
    uicc(("0020000108 31323334FFFFFFFF", "9000")).verify_pin(PIN1, "1234")
    with pytest.raises(InvalidPin, match="2 tries") as caught:
        uicc(("0020000108 39393939FFFFFFFF", "63C2")).verify_pin(PIN1, "9999")
    assert caught.value.remaining == 2
    with pytest.raises(PinBlocked, match="PUK"):
        uicc(("0020000108 39393939FFFFFFFF", "6983")).verify_pin(PIN1, "9999")
    with pytest.raises(CardStatusError, match="6A88"):
        uicc(("0020000108 39393939FFFFFFFF", "6A88")).verify_pin(PIN1, "9999")
    with pytest.raises(CardError, match="4 to 8 digits"):
        uicc().verify_pin(PIN1, "12a4")


def test_the_other_pin_commands() -> None:
    one, two = "31323334FFFFFFFF", "35363738FFFFFFFF"
    uicc(("0024000110" + one + two, "9000")).change_pin(PIN1, "1234", "5678")
    uicc(("0026000108" + one, "9000")).disable_pin(PIN1, "1234")
    uicc(("0028000108" + one, "9000")).enable_pin(PIN1, "1234")
    uicc(("002C000110" + "3132333435363738" + one, "9000")).unblock_pin(PIN1, "12345678", "1234")
    assert [uicc(("00200001", sw)).pin_tries(PIN1) for sw in ("63C3", "6983", "9000")] == [3, 0, 3]


RAND, AUTN = bytes(range(16)), bytes(range(16, 32))
AUTHENTICATE = "0088008122" + "10" + RAND.hex() + "10" + AUTN.hex() + "00"


def test_authenticate() -> None:
    answer = "DB08" + "A1" * 8 + "10" + "A2" * 16 + "10" + "A3" * 16 + "08" + "A4" * 8
    result = uicc((AUTHENTICATE, answer + "9000")).authenticate(RAND, AUTN)
    assert result == AuthenticationResult(b"\xa1" * 8, b"\xa2" * 16, b"\xa3" * 16, b"\xa4" * 8)


def test_synchronisation_failure() -> None:
    result = uicc((AUTHENTICATE, "DC0E" + "05" * 14 + "9000")).authenticate(RAND, AUTN)
    assert result.is_synchronisation_failure
    assert result.auts == b"\x05" * 14


@pytest.mark.parametrize("answer", ["", "DB", "DB0801", "DC", "AA0101", "DB0101"])
def test_nonsense_for_authenticate(answer: str) -> None:
    with pytest.raises(CardProtocolError):
        uicc((AUTHENTICATE, answer + "9000")).authenticate(RAND, AUTN)


def test_wrong_mac() -> None:
    with pytest.raises(CardStatusError, match="incorrect MAC"):
        uicc((AUTHENTICATE, "9862")).authenticate(RAND, AUTN)


def test_gsm_context() -> None:
    command = "0088008011" + "10" + RAND.hex() + "00"
    result = uicc((command, "04 01020304 08 0102030405060708 9000")).authenticate_gsm(RAND)
    assert (result.res.hex(), result.kc.hex()) == ("01020304", "0102030405060708")
    with pytest.raises(CardProtocolError, match="SRES"):
        uicc((command, "04 01020304 9000")).authenticate_gsm(RAND)


def test_channels() -> None:
    card = uicc(("0070000001", "01" + "9000"), ("01A40004023F0000", MF_FCP + "9000"), ("00708001", "9000"))
    with card.open_channel() as second:
        second.select(0x3F00)
    with pytest.raises(CardProtocolError, match="MANAGE CHANNEL"):
        uicc(("0070000001", "9000")).open_channel()


def test_status() -> None:
    assert uicc(("80F2000000", MF_FCP + "9000")).status().fid == 0x3F00


def test_file_names() -> None:
    assert file_identifier("EF.IMSI", "ADF.USIM") == 0x6F07
    assert file_identifier("ef.iccid") == 0x2FE2
    assert file_identifier("6fad") == 0x6FAD
    with pytest.raises(UnknownFileError, match="ambiguous"):
        file_identifier("EF.ARR")
    with pytest.raises(UnknownFileError, match="no known file"):
        file_identifier("EF.NOTHING")


def test_data_objects_in_blocks() -> None:
    long = bytes(300)
    card = uicc(
        ("80CB0080015C00", "5C03 84BF38 9000".replace(" ", "")),
        ("80CB0080018400", "8482012C" + "00" * 252 + "62F1"),
        ("80CB000000", "00" * 48 + "9000"),
        ("80CB008002BF3800", "BF3801AA9000"),
        ("80DB0080FF" + "8482012C" + "00" * 251, "63F1"),
        ("80DB000031" + "00" * 49, "9000"),
        ("80DB0080018 4".replace(" ", ""), "9000"),
    )
    assert card.read_objects() == {0x84: long, 0xBF38: b"\xaa"}
    card.write_object(0x84, long)
    card.write_object(0x84, None)


@pytest.mark.parametrize("answer", ["6A88", "8402AA9000", "8501AA9000", "8401AABB9000"])
def test_data_objects_that_are_none(answer: str) -> None:
    card = uicc(("80CB0080015C00", "5C01849000"), ("80CB0080018400", answer))
    with pytest.raises((CardStatusError, CardProtocolError)):
        card.read_objects()


def test_a_card_that_wants_more_than_there_is() -> None:
    with pytest.raises(CardStatusError):
        uicc(("80DB0080038401AA", "63F1")).write_object(0x84, b"\xaa")
