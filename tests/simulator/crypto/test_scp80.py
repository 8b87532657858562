"""Secured packets against published bytes: those of real cards, of TS 102 225, and of two other programs.

Sources: the unit tests of pySim (answers of sysmocom cards), of asterix (a trace of a card and its loader)
and the data set of gsm0348. Only the bytes come from there.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.crypto.scp80 import (
    COUNTER_MAXIMUM,
    NO_KEYS,
    CommandPacket,
    CounterCheck,
    Integrity,
    Key,
    Keys,
    PorMode,
    ResponsePacket,
    ResponseStatus,
    SecurityError,
    Spi,
    open_command,
    open_response,
    read_command_header,
    response_capacity,
    secure_command,
    secure_response,
)
from simulator.crypto.scp80_algorithms import (
    KIC_ALGORITHMS,
    KID_ALGORITHMS,
    Algorithm,
    redundancy_check_16,
    redundancy_check_32,
)


def keys(kic: str, kid: str, mac_length: int = 8) -> Keys:
    return Keys(Key(bytes.fromhex(kic)), Key(bytes.fromhex(kid), mac_length=mac_length))


class Vector(NamedTuple):
    source: str
    spi: str
    kic: int
    kid: int
    tar: str
    counter: int
    data: str
    keys: Keys
    packet: str

    @property
    def command(self) -> CommandPacket:
        spi, tar, data = map(bytes.fromhex, (self.spi, self.tar, self.data))
        return CommandPacket(Spi.parse(spi), self.kic, self.kid, tar, self.counter, data)


SELECT_MF = "00A40004023F00"
SJA5_DES = keys("300102030405060708090a0b0c0d0e0f", "301102030405060708090a0b0c0d0e0f")
SJA5_AES = keys("200102030405060708090a0b0c0d0e0f", "201102030405060708090a0b0c0d0e0f")
SJA2 = keys("C21DD66ACAC13CB3BC8B331B24AFB57B", "12110C78E678C25408233076AA033615")
ASTERIX = keys("2233445566778899AABBCCDDEEFF0011", "456789ABCDEF012356789ABCDEF01234")
ASTERIX_3 = keys(
    "0956F342366C6C92F32D5392ECB1CBD5C051DB484843F0EB", "9CD41F792BC38C08A5DF849B4118C71AEA4D8192207297C8"
)
GSM_SCRIPT = "A0A40000023F00A0A40000027F10A0A40000026F3CA0B2010405"
RESPONSE_DATA = "000E0AB0001000000018180000049000"
THREE_KEYS = "938ED71B96CC424B7255E700AF27D4AA128BAA5F27D25559"
AES_KIC, AES_KID = "D382E547B32F46A981FB1789DE20C4ED", "67062EAE4534B19DFCE61464597DF320"

COMMANDS = [
    Vector(
        "pySim, sysmoISIM-SJA5: 3DES, CC",
        "0619",
        0x35,
        0x35,
        "B00011",
        0,
        SELECT_MF,
        SJA5_DES,
        "00201506193535b00011ae733256918d050b87c94fbfe12e4dc402f262c41cf67f2f",
    ),
    Vector(
        "pySim, sysmoISIM-SJA5: AES-128, CMAC",
        "0619",
        0x22,
        0x22,
        "B00011",
        0,
        SELECT_MF,
        SJA5_AES,
        "00281506192222b00011e87cceebb2d93083011ce294f93fc4d8de80da1abae8c37ca3e72ec4432e5058",
    ),
    Vector(
        "pySim, 3DES, no checksum",
        "0419",
        0x35,
        0x35,
        "B00000",
        0,
        "00A40000023F00",
        SJA2,
        "00180d04193535b00000e3ec80a849b554421276af3883927c20",
    ),
    Vector(
        "pySim, CC in clear (CPL added: there the packet begins with CHL)",
        "0219",
        0x35,
        0x35,
        "B00000",
        0,
        "00A40000023F00",
        SJA2,
        "001d1502193535b00000000000000000072ea17bdb72060e00a40000023f00",
    ),
    Vector(
        "asterix, ciphered only",
        "0400",
        0x15,
        0x15,
        "000000",
        0,
        "ABECEDAB",
        keys("AABBCCDDEEFF00112233445566778899", ""),
        "00180D04001515000000B959E0D6BFABCF59F158041EEB0AB14A",
    ),
    Vector(
        "asterix, counter not checked",
        "0E00",
        0x25,
        0x25,
        "C00000",
        1,
        "A0A40000023F00",
        ASTERIX,
        "0020150E002525C0000028BDEA5BAFC32C4CE1A79B247ECEB40888775EE0A700742A",
    ),
    Vector(
        "asterix, CC in clear, higher counter",
        "1201",
        0x25,
        0x25,
        "C00000",
        1,
        "A0A40000023F00",
        ASTERIX,
        "001D1512012525C000000000000001004FBDB3740E950C28A0A40000023F00",
    ),
    Vector(
        "asterix, 3DES with three keys",
        "1601",
        0x39,
        0x39,
        "C20010",
        6,
        "A0A40000023F00",
        ASTERIX_3,
        "00201516013939C20010BC10EE50A5C581408562D8F2C80D2C9AA0AED19DA2CD7D50",
    ),
    Vector(
        "asterix, three keys, CC in clear",
        "1201",
        0x39,
        0x39,
        "C20010",
        7,
        "A0A40000023F00",
        ASTERIX_3,
        "001D1512013939C200100000000007008523E37E6DBCCF7DA0A40000023F00",
    ),
    Vector(
        "asterix, trace of a card: CRC 32, ciphered",
        "1535",
        0x15,
        0x15,
        "C00000",
        0x76,
        "80CA00E00000C0000000",
        keys("263B48DBCBC1C21C0AA13E4D4516C446", ""),
        "00201115351515C000004D5C2C7F43D3E774316C66CE8E1D5045755BACEF5DC83203",
    ),
    Vector(
        "gsm0348 002: DES in CBC mode",
        "0C01",
        0x01,
        0x01,
        "B00010",
        1,
        GSM_SCRIPT,
        keys("1793F5B8FA365911", "0000000000000000"),
        "00280D0C010101B000105905054126C910D7FF308D2D377B7F981C7370E4639F0EC82F9FED71B2527830",
    ),
    Vector(
        "gsm0348 004: DES in ECB mode",
        "0C01",
        0x0D,
        0x01,
        "B00010",
        1,
        GSM_SCRIPT,
        keys("1793F5B8FA365911", "0000000000000000"),
        "00280D0C010D01B000105905054126C910D7837B8C1644C06CAFCBF498D3389CC2E8AFF3E3FF451D3324",
    ),
    Vector(
        "gsm0348 014: three keys, high counter",
        "0C01",
        0x09,
        0x01,
        "B00010",
        0xFFAB00FF00,
        GSM_SCRIPT,
        keys(THREE_KEYS, ""),
        "00280D0C010901B00010B788B3F7E5E222EED4D04747B89E6EB3C4072B81AD75AAB9F406A74CE8169922",
    ),
    Vector(
        "gsm0348 019: CC with single DES",
        "0E01",
        0x09,
        0x01,
        "B00010",
        1,
        GSM_SCRIPT,
        keys(THREE_KEYS, "B127D4FFAC65A53A"),
        "0030150E010901B0001082BC0C16A1FC375441DB1163130211932390EBD209C7C183589EF8C581CE820FB331C3032BA2B2FC",
    ),
    Vector(
        "gsm0348 023: CC with three keys",
        "0E01",
        0x09,
        0x09,
        "B00010",
        1,
        GSM_SCRIPT,
        keys(THREE_KEYS, "9571C0BE50A35A74034D055F5A0A3FB10005D8C93C6A3918"),
        "0030150E010909B00010F62431EA2C69C44298E52B71EF4DFD05FA427F05E9202501046125FE1AFE325E56D130B660EEE52A",
    ),
    Vector(
        "gsm0348 025: key set 7",
        "1601",
        0x75,
        0x75,
        "000000",
        0x36F,
        "A0A40000027F20",
        keys("20422042204420442045204520462046", "2123456789ABCDEF100276FEDCBA0123"),
        "002015160175750000002B2D234931B581FC76BE70F3C5DD49F2967E9B2244A228C1",
    ),
    Vector(
        "gsm0348 028: AES-256, CMAC of 4 bytes",
        "1601",
        0x12,
        0x12,
        "B00010",
        1,
        RESPONSE_DATA,
        keys(AES_KIC * 2, AES_KID + AES_KIC, 4),
        "00281116011212B00010B2E0C40CCAFEF52E45EDF0C612D4ECA0C477A70CF860A76D0F4798A1793635A5",
    ),
    Vector(
        "gsm0348 029: AES-256, CMAC of 8 bytes",
        "1601",
        0x12,
        0x12,
        "B00010",
        1,
        RESPONSE_DATA,
        keys(AES_KIC * 2, AES_KID + AES_KIC),
        "00281516011212B00010C9F23D986CC63FA53638751A249266D1086952E9A0F7E5EF1910295919E68056",
    ),
    Vector(
        "gsm0348 030: AES-192",
        "1601",
        0x12,
        0x12,
        "B00010",
        1,
        RESPONSE_DATA,
        keys(AES_KIC + AES_KIC[:16], AES_KID + AES_KID[:16]),
        "00281516011212B0001085B09A5F9A25A1EC3E7FF5A02FA73ABF59F38EB9E4052FDB4352C38E6550DB52",
    ),
    Vector(
        "gsm0348: no security at all",
        "0022",
        0x00,
        0x00,
        "010203",
        0,
        "AABB",
        NO_KEYS,
        "00100D002200000102030000000000" + "00AABB",
    ),
]


@pytest.mark.parametrize("vector", COMMANDS, ids=lambda vector: vector.source)
def test_command_packets_of_others_come_out_byte_for_byte_and_open(vector: Vector) -> None:
    assert secure_command(vector.command, vector.keys).hex().upper() == vector.packet.upper()
    assert open_command(bytes.fromhex(vector.packet), vector.keys) == vector.command


class Answer(NamedTuple):
    source: str
    spi: str
    kic: int
    kid: int
    keys: Keys
    packet: str
    response: ResponsePacket


def ok(tar: str, counter: int, data: str) -> ResponsePacket:
    return ResponsePacket(bytes.fromhex(tar), counter, ResponseStatus.POR_OK, bytes.fromhex(data))


CARD_REGISTRY = "019000E012C00401018210C00402018210C00403018210"
RESPONSES = [
    Answer(
        "pySim, sysmoISIM-SJA5: 3DES, ciphered, CC",
        "0619",
        0x35,
        0x35,
        SJA5_DES,
        "001c12b000118bb989492c632529326a2f4681feb37c825bc9021c9f6d0b",
        ok("B00011", 0, "016132"),
    ),
    Answer(
        "pySim, sysmoISIM-SJA5: CC in clear",
        "0609",
        0x35,
        0x35,
        SJA5_DES,
        "001612b0001100000000000000b5bcd6353a421fae016132",
        ok("B00011", 0, "016132"),
    ),
    Answer(
        "pySim, sysmoISIM-SJA5: in clear",
        "0601",
        0x35,
        0x35,
        SJA5_DES,
        "000e0ab0001100000000000000016132",
        ok("B00011", 0, "016132"),
    ),
    Answer(
        "pySim, sysmoISIM-SJA5: AES-128, ciphered, CMAC",
        "0619",
        0x22,
        0x22,
        SJA5_AES,
        "002412b00011ebc6b497e2cad7aedf36ace0e3a29b38853f0fe9ccde81913be5702b73abce1f",
        ok("B00011", 0, "016132"),
    ),
    Answer(
        "pySim, sysmoISIM-SJA2",
        "0619",
        0x35,
        0x35,
        SJA2,
        "001c12b000119660ebdb81be189b5e4389e9e7ab2bc0954f963ad869ed7c",
        ok("B00011", 0, "01612f"),
    ),
    Answer(
        "asterix, trace of a card: CRC 32, ciphered",
        "1535",
        0x15,
        0x15,
        keys("263B48DBCBC1C21C0AA13E4D4516C446", ""),
        "002C0EC00000888B39C361C66D5F3DC4EFCEF508CC228021DD34E577B147E54EFF18B3922C9176644E2E8AA9A695",
        ok("C00000", 0x76, CARD_REGISTRY),
    ),
    Answer(
        "gsm0348, response 002",
        "1639",
        0x25,
        0x25,
        keys("AAADB5D0727D2BC91075D204FE41DA99", "26A54F5FC8E1538BF9C9655C18F10A5B"),
        "001C12C00203F5909CB8B8F141FEC926024DCF0EB376D4CCFB92BB35177A",
        ok("C00203", 0x42, "1100"),
    ),
    Answer(
        "gsm0348, AES-CMAC in clear",
        "0629",
        0x12,
        0x12,
        keys("", "11223344556677889910111213141516"),
        "001C1200000100000000000000F5AB90FE3AABB6C3AB0780010123029000",
        ok("000001", 0, "AB0780010123029000"),
    ),
    Answer(
        "gsm0348, ciphered without checksum",
        "1611",
        0x15,
        0x15,
        keys("FBF4F3446B85A11BA5C2203425BABE4E", ""),
        "00140A00000048B0E9A947EEE0A66D05D526A6E7EB44",
        ok("000000", 0x1A, "016E00"),
    ),
]


@pytest.mark.parametrize("answer", RESPONSES, ids=lambda answer: answer.source)
def test_response_packets_of_cards_open_and_come_out_again(answer: Answer) -> None:
    command = CommandPacket(Spi.parse(bytes.fromhex(answer.spi)), answer.kic, answer.kid, answer.response.tar)
    assert open_response(bytes.fromhex(answer.packet), command, answer.keys) == answer.response
    assert secure_response(answer.response, command, answer.keys).hex().upper() == answer.packet.upper()


def test_redundancy_checks_of_the_examples_in_the_specification() -> None:
    """TS 102 225 §5.1.3.2: '01 02 03 04 05' gives '22 EC'; CRC 32 of the same bytes."""
    assert redundancy_check_16(bytes.fromhex("0102030405")).hex() == "22ec"
    assert redundancy_check_32(bytes.fromhex("0102030405")).hex() == "470b99f4"


def test_a_redundancy_check_of_two_bytes() -> None:
    command = CommandPacket(Spi(Integrity.RC), 0x00, 0x11, bytes(3), data=b"\x01\x02")
    packet = secure_command(command)
    assert packet[:16].hex() == "00120f010000110000000000000000" + "00"
    assert packet[16:18] == redundancy_check_16(packet[:16] + b"\x01\x02")
    assert open_command(packet) == command


SPI_BITS = [
    ("0000", Spi()),
    ("0100", Spi(Integrity.RC)),
    ("0200", Spi(Integrity.CC)),
    ("0300", Spi(Integrity.DS)),
    ("0400", Spi(ciphered=True)),
    ("0800", Spi(counter=CounterCheck.NOT_CHECKED)),
    ("1000", Spi(counter=CounterCheck.HIGHER)),
    ("1800", Spi(counter=CounterCheck.ONE_HIGHER)),
    ("0001", Spi(por=PorMode.ALWAYS)),
    ("0002", Spi(por=PorMode.ON_ERROR)),
    ("0003", Spi(por=PorMode.RESERVED)),
    ("0004", Spi(por_integrity=Integrity.RC)),
    ("0008", Spi(por_integrity=Integrity.CC)),
    ("000C", Spi(por_integrity=Integrity.DS)),
    ("0010", Spi(por_ciphered=True)),
    ("0020", Spi(por_by_submit=True)),
]


@pytest.mark.parametrize(("octets", "spi"), SPI_BITS, ids=[octets for octets, _ in SPI_BITS])
def test_each_bit_of_the_spi_has_its_meaning(octets: str, spi: Spi) -> None:
    assert Spi.parse(bytes.fromhex(octets)) == spi
    assert spi.to_bytes().hex().upper() == octets


def test_reserved_bits_of_the_spi_are_passed_over() -> None:
    assert Spi.parse(bytes.fromhex("E0C0")) == Spi()


@pytest.mark.parametrize(
    ("first", "minimum", "reached"),
    [
        ("16", 0x16, True),
        ("1E", 0x16, True),
        ("0E", 0x16, False),
        ("12", 0x16, False),
        ("15", 0x16, False),
        ("17", 0x16, True),
        ("02", 0x02, True),
        ("01", 0x02, False),
        ("00", 0x00, True),
    ],
)
def test_a_minimum_security_level_holds_field_by_field(first: str, minimum: int, reached: bool) -> None:
    assert Spi.parse(bytes.fromhex(first + "00")).reaches(minimum) is reached


def status_of(packet: str, keys: Keys) -> ResponseStatus:
    with pytest.raises(SecurityError) as caught:
        open_command(bytes.fromhex(packet), keys)
    return caught.value.status


CC = COMMANDS[0].packet
RC = "00100F0100000000000000000000000022EC"
FAILURES = [
    ("one bit of the ciphertext", CC[:-1] + "E", SJA5_DES, ResponseStatus.RC_CC_DS_FAILED),
    ("another key", CC, SJA2, ResponseStatus.RC_CC_DS_FAILED),
    ("CPL too long", "0021" + CC[4:], SJA5_DES, ResponseStatus.UNDEFINED_SECURITY_ERROR),
    ("CHL of a header without checksum", CC[:4] + "0D" + CC[6:], SJA5_DES, ResponseStatus(6)),
    ("CHL below every header", CC[:4] + "0C" + CC[6:], SJA5_DES, ResponseStatus(6)),
    ("CHL beyond the packet", CC[:4] + "FF" + CC[6:], SJA5_DES, ResponseStatus(6)),
    ("no blocks", "001F" + CC[4:-2], SJA5_DES, ResponseStatus.CIPHERING_ERROR),
    ("no key for KIc", CC, Keys(None, SJA5_DES.kid), ResponseStatus.UNDEFINED_SECURITY_ERROR),
    ("no key for KID", CC, Keys(SJA5_DES.kic, None), ResponseStatus.UNDEFINED_SECURITY_ERROR),
    ("AES under a key of DES", COMMANDS[1].packet, keys("00" * 8, "00" * 8), ResponseStatus(6)),
    ("KIc is proprietary", CC[:10] + "33" + CC[12:], SJA5_DES, ResponseStatus.UNDEFINED_SECURITY_ERROR),
    ("RC with a KID of AES", "000F0F010000020000000000000000000000"[:34], NO_KEYS, ResponseStatus(6)),
    ("a digital signature", "000E0D0300000000000000000000000000"[:32], NO_KEYS, ResponseStatus(6)),
    ("padding beyond the data", "000F0D0000000000000000000000000200", NO_KEYS, ResponseStatus(5)),
    ("nothing", "", NO_KEYS, ResponseStatus.UNDEFINED_SECURITY_ERROR),
    ("header only", "000A15061935", SJA5_DES, ResponseStatus.UNDEFINED_SECURITY_ERROR),
]


@pytest.mark.parametrize(
    ("packet", "keys", "status"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES]
)
def test_each_way_of_failing_has_its_status(packet: str, keys: Keys, status: ResponseStatus) -> None:
    assert status_of(packet, keys) is status


def test_a_key_of_another_family_is_not_used() -> None:
    """A triple DES key of 16 bytes is no AES key, though it has the length of one."""
    des = Key(SJA5_AES.kic.value if SJA5_AES.kic else b"", Algorithm.TRIPLE_DES_2)
    assert status_of(COMMANDS[1].packet, Keys(des, SJA5_AES.kid)) is ResponseStatus.UNDEFINED_SECURITY_ERROR


def test_an_algorithm_that_both_sides_know_comes_from_the_key() -> None:
    """KIc and KID with b1-b4 '0000', TS 102 225 §5.1.2."""
    known = Keys(*(key and key._replace(algorithm=Algorithm.TRIPLE_DES_2) for key in SJA5_DES))
    command = COMMANDS[0].command._replace(kic=0x30, kid=0x30)
    packet = secure_command(command, known)
    assert open_command(packet, known) == command
    assert status_of(packet.hex(), SJA5_DES) is ResponseStatus.UNDEFINED_SECURITY_ERROR


def test_the_header_of_a_ciphered_packet_is_readable_without_keys() -> None:
    header = read_command_header(bytes.fromhex(CC))
    assert header == COMMANDS[0].command._replace(data=b"")
    assert read_command_header(bytes.fromhex(COMMANDS[6].packet)).counter == 1


def test_a_response_with_a_reserved_status_or_a_wrong_header_is_refused() -> None:
    command = CommandPacket(Spi(), 0, 0, bytes(3))
    for packet in (
        "000B0A0000000000000000000D",
        "000B090000000000000000000000",
        "000C0A000000000000000000" + "00",
    ):
        with pytest.raises(SecurityError):
            open_response(bytes.fromhex(packet), command)


@pytest.mark.parametrize(("spi", "fits"), [("0000", 56), ("0008", 48), ("0010", 49), ("0018", 41)])
def test_the_capacity_of_a_response_is_what_fits(spi: str, fits: int) -> None:
    command = COMMANDS[0].command._replace(spi=Spi.parse(bytes.fromhex(spi)))
    assert response_capacity(69, command, SJA5_DES) == fits
    lengths = [len(secure_response(ok("B00011", 0, "00" * n), command, SJA5_DES)) for n in (fits, fits + 1)]
    assert lengths[0] <= 69 < lengths[1]


@given(st.binary(max_size=80))
def test_bytes_that_are_no_packet_only_raise_security_errors(octets: bytes) -> None:
    for opening in (open_command, read_command_header):
        try:
            opening(octets)
        except SecurityError:
            continue


@given(
    st.integers(0, 255),
    st.integers(0, 255),
    st.sampled_from(sorted(KIC_ALGORITHMS)),
    st.sampled_from(sorted(KID_ALGORITHMS)),
    st.integers(0, COUNTER_MAXIMUM),
    st.binary(max_size=60),
)
def test_what_is_secured_opens_again(
    first: int, second: int, kic: int, kid: int, counter: int, data: bytes
) -> None:
    both = [table[n].key_lengths[-1] for table, n in ((KIC_ALGORITHMS, kic), (KID_ALGORITHMS, kid))]
    secret = Keys(*(Key(bytes(range(length))) for length in both))
    command = CommandPacket(Spi.parse(bytes((first, second))), kic, kid, b"\xb0\x00\x00", counter, data)
    response = ResponsePacket(command.tar, counter, ResponseStatus.CNTR_LOW, data)
    try:
        sent, answered = secure_command(command, secret), secure_response(response, command, secret)
    except SecurityError:
        assert Integrity.DS in (command.spi.integrity, command.spi.por_integrity) or Integrity.RC in (
            command.spi.integrity,
            command.spi.por_integrity,
        )
        return
    assert open_command(sent, secret) == command
    assert open_response(answered, command, secret) == response
