"""DER, and nothing but DER: what every type accepts and refuses (ITU-T X.690 §8, §10, §11; X.680)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from asn1 import DecodeError, EncodeError

# ASN.1 type, encoding, value.
VALID: list[tuple[str, str, Any]] = [
    ("BOOLEAN", "0101FF", True),
    ("BOOLEAN", "010100", False),
    ("NULL", "0500", None),
    ("INTEGER", "020100", 0),
    ("INTEGER", "02017F", 127),
    ("INTEGER", "02020080", 128),
    ("INTEGER", "020180", -128),
    ("INTEGER", "0202FF7F", -129),
    ("INTEGER (0..255)", "020200FF", 255),
    ("INTEGER (MIN..0)", "0201FF", -1),
    ("INTEGER (1..5 | 9)", "020109", 9),
    ("INTEGER (1..5, ...)", "02010A", 10),
    ("ENUMERATED {a(0), b(7)}", "0A0107", "b"),
    ("OCTET STRING", "0400", b""),
    ("OCTET STRING (SIZE (1 | 3..4))", "0403010203", b"\x01\x02\x03"),
    ("[1] O (SIZE (2)) O ::= [APPLICATION 5] OCTET STRING", "81020102", b"\x01\x02"),
    ("SEQUENCE {i I (0..limit)} I ::= [7] INTEGER limit INTEGER ::= 9", "3003 800109", {"i": 9}),
    ("BIT STRING", "030100", (b"", 0)),
    ("BIT STRING", "03020780", (b"\x80", 1)),
    ("BIT STRING {x(0), y(1)}", "03020080", (b"\x80", 8)),
    ("OBJECT IDENTIFIER", "0603883703", "2.999.3"),
    ("OBJECT IDENTIFIER", "060388370A", "2.999.10"),
    ("OBJECT IDENTIFIER", "0606678203010201", "2.23.259.1.2.1"),
    ("OBJECT IDENTIFIER", "060127", "0.39"),
    ("OBJECT IDENTIFIER", "060128", "1.0"),
    ("OBJECT IDENTIFIER", "060150", "2.0"),
    ("UTF8String (SIZE (1..2))", "0C03C3A962", "éb"),
    ("PrintableString", "13024954", "IT"),
    ("IA5String", "1601 7F", "\x7f"),
    ("NumericString", "1202 3120", "1 "),
    ("BMPString", "1E04 00E90062", "éb"),
    ("TeletexString", "1401 E9", "é"),
    ("UTCTime", "170D 3236303430313038333434365A", datetime(2026, 4, 1, 8, 34, 46, tzinfo=UTC)),
    ("UTCTime", "170D 3530303430313038333434365A", datetime(1950, 4, 1, 8, 34, 46, tzinfo=UTC)),
    ("GeneralizedTime", "180F 32303530303430313038333434365A", datetime(2050, 4, 1, 8, 34, 46, tzinfo=UTC)),
    ("ANY", "30020500", bytes.fromhex("30020500")),
    ("SEQUENCE {a [0] INTEGER, b BOOLEAN OPTIONAL}", "3003 800105", {"a": 5}),
    ("SEQUENCE {a [0] INTEGER DEFAULT 3}", "3000", {"a": 3}),
    ("SEQUENCE {a SEQUENCE OF OCTET STRING DEFAULT {}}", "3000", {"a": []}),
    ("SEQUENCE {a [5] EXPLICIT INTEGER}", "3005 A503020107", {"a": 7}),
    (
        "SEQUENCE {a [APPLICATION 26] NULL, b [PRIVATE 3] NULL, c [112] NULL}",
        "3007 5A00C3009F7000",
        dict.fromkeys("abc"),
    ),
    ("SET {b [1] INTEGER, a [0] INTEGER}", "3106 800101 810102", {"a": 1, "b": 2}),
    ("SEQUENCE (SIZE (0..2)) OF INTEGER", "3006 020101 020102", [1, 2]),
    ("SET OF INTEGER", "3106 020101 020102", [1, 2]),
    ("CHOICE {a INTEGER, b BOOLEAN}", "8101FF", ("b", True)),
    ("[7] CHOICE {a INTEGER, b BOOLEAN}", "A7038101FF", ("b", True)),
    ("SEQUENCE {c CHOICE {a INTEGER, b BOOLEAN}}", "3005 A0038101FF", {"c": ("b", True)}),
    ("SEQUENCE {c CHOICE {a [2] INTEGER}, d [3] NULL}", "3005 8201018300", {"c": ("a", 1), "d": None}),
]


@pytest.mark.parametrize(("definition", "encoding", "value"), VALID)
def test_valid(types: Callable[..., Any], definition: str, encoding: str, value: Any) -> None:
    of = types(f"T ::= {definition}")
    assert of.decode(encoding) == value
    assert of.encode(value) == bytes.fromhex(encoding)


# ASN.1 type, encoding, offset and reason of the error.
INVALID: list[tuple[str, str, int, str]] = [
    ("BOOLEAN", "010101", 0, "00 or FF"),
    ("BOOLEAN", "0102FFFF", 0, "00 or FF"),
    ("BOOLEAN", "0100", 0, "00 or FF"),
    ("NULL", "050100", 0, "NULL with a value"),
    ("INTEGER", "0200", 0, "without a value"),
    ("INTEGER", "02020001", 0, "more octets"),
    ("INTEGER", "0202FF80", 0, "more octets"),
    ("INTEGER", "0281 01 05", 1, "more octets"),
    ("INTEGER", "2201 05", 0, "tag 22 where 2 is expected"),
    ("INTEGER", "1F0201 05", 0, "more octets"),
    ("INTEGER (0..255)", "02020100", 0, r"outside 0\.\.255"),
    ("INTEGER (0..255)", "0201FF", 0, r"outside 0\.\.255"),
    ("ENUMERATED {a(0), b(7)}", "0A0101", 0, "does not name"),
    ("OCTET STRING (SIZE (2..3))", "040101", 0, r"1 octets, SIZE \(2\.\.3\)"),
    ("OCTET STRING (SIZE (1 | 3..4))", "04020102", 0, r"SIZE \(1 \| 3\.\.4\)"),
    ("[1] O (SIZE (2)) O ::= [APPLICATION 5] OCTET STRING", "810101", 0, "1 octets"),
    ("SEQUENCE {i I (0..limit)} I ::= [7] INTEGER limit INTEGER ::= 9", "3003 80010A", 2, "outside"),
    ("OCTET STRING", "2403 040101", 0, "tag 24 where 4 is expected"),
    ("OCTET STRING", "2480 040101 0000", 1, "indefinite"),
    ("OCTET STRING", "0405 01", 0, "over its end"),
    ("BIT STRING", "0300", 0, "unused bits"),
    ("BIT STRING", "030101", 0, "unused bits"),
    ("BIT STRING", "03020880", 0, "unused bits"),
    ("BIT STRING", "03020781", 0, "unused bits are not zero"),
    ("BIT STRING (SIZE (4))", "03020780", 0, r"1 bits, SIZE \(4\)"),
    ("OBJECT IDENTIFIER", "0600", 0, "cut short"),
    ("OBJECT IDENTIFIER", "060188", 0, "cut short"),
    ("OBJECT IDENTIFIER", "0603558001", 0, "more octets"),
    ("OBJECT IDENTIFIER", "0616" + "55" + "FF" * 20 + "7F", 0, "more octets"),
    ("UTF8String", "0C02C328", 0, "no UTF8String"),
    ("UTF8String (SIZE (1..2))", "0C03616263", 0, "3 characters"),
    ("PrintableString", "130140", 0, "not in PrintableString"),
    ("NumericString", "120141", 0, "not in NumericString"),
    ("IA5String", "160180", 0, "no IA5String"),
    ("BMPString", "1E0100", 0, "no BMPString"),
    ("UTCTime", "170B 323630343031303833345A", 0, "no UTCTime"),
    ("UTCTime", "1711 3236303430313038333434362B30313030", 0, "no UTCTime"),
    ("UTCTime", "170D 3236313330313038333434365A", 0, "month"),
    ("GeneralizedTime", "1811 32303530303430313038333434362E355A", 0, "no GeneralizedTime"),
    ("SEQUENCE {a [0] INTEGER, b [1] NULL}", "3003 800105", 5, "missing"),
    ("SEQUENCE {a [0] INTEGER, b [1] NULL}", "3002 8100", 2, "missing"),
    ("SEQUENCE {a [0] INTEGER, b [1] NULL}", "3005 8100 800105", 2, "missing"),
    ("SEQUENCE {a [0] NULL OPTIONAL, b [1] NULL OPTIONAL}", "3004 8100 8000", 4, "tag 80 where"),
    ("SEQUENCE {a [0] NULL OPTIONAL}", "3004 8000 8000", 4, "tag 80 where none"),
    ("SEQUENCE {a [0] NULL}", "3004 8000 8100", 4, "tag 81 where none"),
    ("SEQUENCE {a [0] NULL}", "3003 8000 05", 4, "ends within"),
    ("SEQUENCE {a [0] OCTET STRING}", "3004 80040102", 2, "over its end"),
    ("SEQUENCE {a [0] INTEGER DEFAULT 3}", "3003 800103", 2, "DEFAULT"),
    ("SEQUENCE {a BOOLEAN DEFAULT FALSE}", "3003 800100", 2, "DEFAULT"),
    ("SEQUENCE {a [5] EXPLICIT INTEGER}", "3002 A500", 2, "empty value"),
    ("SEQUENCE {a [5] EXPLICIT INTEGER}", "3008 A506020107020107", 4, "does not fill"),
    ("SEQUENCE {a [5] EXPLICIT INTEGER}", "3005 A503040107", 4, "tag 4 where 2"),
    ("SET {b [1] INTEGER, a [0] INTEGER}", "3106 810102 800101", 2, "missing"),
    ("SEQUENCE (SIZE (1..2)) OF INTEGER", "3000", 0, "0 elements"),
    ("SEQUENCE OF INTEGER", "3006 020101 040102", 5, "tag 4 where 2"),
    ("SEQUENCE OF INTEGER", "3004 020101 02", 5, "ends within"),
    ("SET OF INTEGER", "3106 020102 020101", 5, "ascending"),
    ("CHOICE {a INTEGER, b BOOLEAN}", "820101", 0, "tag 82 where 80 or 81"),
]


@pytest.mark.parametrize(("definition", "encoding", "offset", "reason"), INVALID)
def test_invalid(types: Callable[..., Any], definition: str, encoding: str, offset: int, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason) as caught:
        types(f"T ::= {definition}").decode(encoding)
    assert caught.value.offset == offset
    assert caught.value.path.startswith("T")


# ASN.1 type, value that does not fit it, path and reason of the error.
UNFIT: list[tuple[str, Any, str, str]] = [
    ("BOOLEAN", 1, "T", "bool expected"),
    ("NULL", False, "T", "None expected"),
    ("INTEGER", True, "T", "int expected"),
    ("INTEGER", 1.0, "T", "int expected"),
    ("INTEGER (0..255)", 256, "T", "outside"),
    ("ENUMERATED {a(0)}", "b", "T", "one of a"),
    ("ENUMERATED {a(0)}", [], "T", "one of a"),
    ("OCTET STRING", "00", "T", "bytes expected"),
    ("OCTET STRING (SIZE (2))", b"", "T", "0 octets"),
    ("BIT STRING", b"\x00", "T", "number of bits"),
    ("BIT STRING", (b"\x00", 9), "T", "9 bits do not lie in 1 octets"),
    ("BIT STRING", (b"\x01", 4), "T", "not zero"),
    ("BIT STRING (SIZE (8))", (b"\x10", 4), "T", "4 bits"),
    ("OBJECT IDENTIFIER", "1", "T", "no object identifier"),
    ("OBJECT IDENTIFIER", "3.1", "T", "no object identifier"),
    ("OBJECT IDENTIFIER", "1.40", "T", "no object identifier"),
    ("OBJECT IDENTIFIER", "1.2.²", "T", "no object identifier"),
    ("OBJECT IDENTIFIER", (1, 2), "T", "OID as str"),
    ("UTF8String", b"", "T", "str expected"),
    ("UTF8String", "\ud800", "T", "not in UTF8String"),
    ("PrintableString", "@", "T", "not in PrintableString"),
    ("UTCTime", "2026", "T", "datetime expected"),
    ("UTCTime", datetime(2050, 1, 1, tzinfo=UTC), "T", "2050"),
    ("ANY", "", "T", "one complete TLV"),
    ("ANY", b"\x05\x00\x00", "T", "not one complete TLV"),
    ("SEQUENCE {a NULL}", [], "T", "dict expected"),
    ("SEQUENCE {a NULL}", {}, "T.a", "missing"),
    ("SEQUENCE {a NULL}", {"a": None, "b": 1}, "T.b", "no such member"),
    ("SEQUENCE {a NULL}", {"a": None, "...": [b"\x05\x00"]}, "T....", "no such member"),
    ("SEQUENCE {a NULL, ...}", {"a": None, "...": [b"\x05"]}, "T....", "not one complete TLV"),
    ("SEQUENCE {a SEQUENCE OF INTEGER}", {"a": [1, "2"]}, "T.a[1]", "int expected"),
    ("SEQUENCE OF INTEGER", 5, "T", "list expected"),
    ("SEQUENCE (SIZE (1)) OF INTEGER", [], "T", "0 elements"),
    ("CHOICE {a INTEGER}", {"a": 1}, "T", "alternative, value"),
    ("CHOICE {a INTEGER}", ("b", 1), "T", "there are a"),
    ("CHOICE {a INTEGER}", ("a", None), "T.a", "int expected"),
]


@pytest.mark.parametrize(("definition", "value", "path", "reason"), UNFIT)
def test_unfit_values(types: Callable[..., Any], definition: str, value: Any, path: str, reason: str) -> None:
    with pytest.raises(EncodeError, match=reason) as caught:
        types(f"T ::= {definition}").encode(value)
    assert caught.value.path == path
    assert str(caught.value).startswith(path)


def test_defaults_are_left_out_and_lists_are_not_shared(types: Callable[..., Any]) -> None:
    of = types("T ::= SEQUENCE {a INTEGER DEFAULT 3, l SEQUENCE (SIZE (2)) OF OCTET STRING DEFAULT '00'H}")
    first, second = of.decode("3000"), of.decode("3000")
    assert first == {"a": 3, "l": [b"\x00", b"\x00"]}
    assert of.encode(first) == of.encode({}) == bytes.fromhex("3000")
    first["l"].append(b"\x01")
    assert second["l"] == [b"\x00", b"\x00"]


def test_named_defaults(types: Callable[..., Any]) -> None:
    of = types("T ::= SEQUENCE {c C DEFAULT two, d D DEFAULT two} D ::= C C ::= INTEGER {two(2)}")
    assert of.decode("3000") == {"c": 2, "d": 2}
    assert of.names == {"C": {"two": 2}}


def test_set_of_is_sorted_when_encoding(types: Callable[..., Any]) -> None:
    assert types("T ::= SET OF INTEGER").encode([2, 1]).hex() == "3106020101020102"


def test_times_of_other_zones_become_utc(types: Callable[..., Any]) -> None:
    east = datetime(2026, 4, 1, 10, 0, tzinfo=timezone(timedelta(hours=2)))
    assert types("T ::= UTCTime").encode(east)[2:] == b"260401080000Z"
    assert types("T ::= UTCTime").encode(east.replace(tzinfo=None))[2:] == b"260401100000Z"


class TestExtensions:
    """Members that a later version of a specification adds are kept, and written where they stood."""

    def test_unknown_members_are_kept(self, types: Callable[..., Any]) -> None:
        of = types("T ::= SEQUENCE {a [0] INTEGER, b [1] INTEGER OPTIONAL, ...}")
        data = bytes.fromhex("300C 800101 9F700102 A203800109")
        value = of.decode(data)
        assert value == {"a": 1, "...": [bytes.fromhex("9F700102"), bytes.fromhex("A203800109")]}
        assert of.encode(value) == data

    def test_unknown_members_before_a_second_root(self, types: Callable[..., Any]) -> None:
        of = types(
            "T ::= SEQUENCE {a [0] NULL, ..., [[ b [1] NULL ]], ..., z [9] NULL, y [8] INTEGER DEFAULT 1}"
        )
        for data in ("3004 8000 8900", "3009 8000 8100 9F2000 8900", "300C 8000 8100 9F2000 8900 880102"):
            value = of.decode(data)
            assert of.encode(value) == bytes.fromhex(data)
        assert value == {"a": None, "b": None, "...": [bytes.fromhex("9F2000")], "z": None, "y": 2}

    def test_extensibility_implied(self, types: Callable[..., Any]) -> None:
        of = types("T ::= SEQUENCE {a [0] NULL}", "AUTOMATIC TAGS EXTENSIBILITY IMPLIED")
        assert of.decode("3004 8000 8100") == {"a": None, "...": [b"\x81\x00"]}

    @pytest.mark.parametrize(
        ("encoding", "offset"),
        [
            ("3004 8100 8000", 2),  # before a member that must come first
            ("3006 8000 8200 8100", 6),  # a known member after an unknown one
            ("3006 8000 8000 8200", 4),  # a known member again
            ("3004 8000 A100", 4),  # a known tag, constructed where primitive is due
            ("3004 8000 0000", 4),  # end of contents
        ],
    )
    def test_what_is_no_extension(self, types: Callable[..., Any], encoding: str, offset: int) -> None:
        of = types("T ::= SEQUENCE {a [0] NULL, b [1] NULL OPTIONAL, ...}")
        with pytest.raises(DecodeError) as caught:
            of.decode(encoding)
        assert caught.value.offset == offset

    def test_unknown_alternatives(self, types: Callable[..., Any]) -> None:
        of = types("T ::= CHOICE {a [0] NULL, ...}")
        assert of.decode("820101") == ("...", b"\x82\x01\x01")
        assert of.encode(("...", b"\x82\x01\x01")) == b"\x82\x01\x01"
        with pytest.raises(DecodeError, match="tag A0"):
            of.decode("A000")
        with pytest.raises(DecodeError, match="tag 82 where 80"):
            types("T ::= CHOICE {a [0] NULL}", "AUTOMATIC TAGS EXTENSIBILITY IMPLIED").decode("820101")


def test_a_repeated_tag_is_resolved_by_position(types: Callable[..., Any]) -> None:
    of = types("T ::= SEQUENCE {a [1] INTEGER, b [1] INTEGER, c [1] INTEGER OPTIONAL, d [2] NULL}")
    assert of.decode("3008 810101 810102 8200") == {"a": 1, "b": 2, "d": None}
    assert of.decode("300B 810101 810102 810103 8200") == {"a": 1, "b": 2, "c": 3, "d": None}
    with pytest.raises(DecodeError, match="tag 81"):
        of.decode("300E 810101 810102 810103 810104 8200")
    with pytest.raises(DecodeError) as caught:
        of.decode("3005 810101 8200")
    assert (caught.value.path, caught.value.offset) == ("T", 5)


def test_nested_paths(types: Callable[..., Any]) -> None:
    of = types("T ::= SEQUENCE {l SEQUENCE OF CHOICE {n NULL, s SEQUENCE {i INTEGER (0..9)}}}")
    with pytest.raises(DecodeError) as caught:
        of.decode("3009 A007 8000 A103 80010A")
    assert (caught.value.path, caught.value.offset) == ("T.l[1].s.i", 8)
    assert str(caught.value) == "T.l[1].s.i: an INTEGER outside 0..9 (byte 8)"
