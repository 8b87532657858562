"""Data objects that GET DATA shows and STORE DATA brings (GP Card Specification §11.3, §11.11, annex H)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cards.apdu import CommandApdu
from cards.explain import es10
from cards.explain.fields import (
    Cursor,
    Decoder,
    Field,
    Unreadable,
    ascii_text,
    counted,
    flags,
    hexadecimal,
    number,
)
from cards.explain.files.uicc import APPLICATION_TEMPLATE, application
from cards.explain.globalplatform.access_rules import RULES
from cards.explain.globalplatform.keys import CONTROL_REFERENCE, INFORMATION, curve
from cards.explain.globalplatform.words import object_identifier, privileges
from cards.explain.place import Place
from cards.explain.tlvs import Header, Row, extent, one, template

_ANNEX = "GP Card Specification Table H-1"
_OID = template({0x06: Row("object identifier", object_identifier, _ANNEX)})
RECOGNITION = {
    0x06: Row("object identifier", object_identifier, _ANNEX),
    0x60: Row("card management", clause=_ANNEX, inside=_OID),
    0x63: Row("card identification scheme", clause=_ANNEX, inside=_OID),
    0x64: Row("secure channel", clause=_ANNEX, inside=_OID),
    0x65: Row("card configuration", hexadecimal, _ANNEX),
    0x66: Row("card and chip", hexadecimal, _ANNEX),
    0x67: Row("trust point of the issuer security domain", hexadecimal, _ANNEX),
    0x68: Row("certificates of the issuer security domain", hexadecimal, _ANNEX),
}
"""In '73'."""
PROPRIETARY = {
    0x73: Row("security domain management data", clause="GP Card Specification Table 11-75",
              inside=template(RECOGNITION)),
    0x9F6E: Row("production life cycle", hexadecimal, "GP Card Specification Table 11-75"),
    0x9F65: Row("longest command", counted("bytes"), "GP Card Specification Table 11-75"),
}  # fmt: skip
"""In 'A5' of the answer to SELECT of a security domain."""

_SUITES = {
    9: "RSA 1024, SHA-1", 10: "RSA over 1024, PSS, SHA-256", 11: "DES with final triple DES",
    12: "CMAC, AES-128",
    13: "CMAC, AES-192", 14: "CMAC, AES-256", 15: "ECDSA 256, SHA-256", 16: "ECDSA 384, SHA-384",
    1: "ECDSA 512, SHA-512", 2: "ECDSA 521, SHA-512",
}  # fmt: skip


def _suites(data: bytes) -> str:
    return flags(_SUITES)(data.ljust(2, b"\0"))


_HASHES = {1: "SHA-1", 2: "SHA-256", 3: "SHA-384", 4: "SHA-512"}


def _listed(names: dict[int, str]) -> Callable[[bytes], str]:
    return lambda data: ", ".join(names.get(octet, f"{octet:02X}") for octet in data) or "none"


def _options(data: bytes) -> str:
    return ", ".join(f"i = {octet:02X}" for octet in data) or "none"


_CAPABLE = "GP Card Specification Table H-5"
_PROTOCOL = {
    0x80: Row("protocol", lambda data: f"SCP{hexadecimal(data)}", "GP Card Specification Table H-6"),
    0x81: Row("options", _options, "GP Card Specification Table H-6"),
    0x82: Row(
        "AES keys", flags({1: "128 bits", 2: "192 bits", 3: "256 bits"}), "GP Card Specification Table H-6"
    ),
    0x83: Row("TLS cipher suites", hexadecimal, "GP Card Specification Table H-6"),
    0x84: Row("longest pre-shared key", counted("bytes"), "GP Card Specification Table H-6"),
}
_CIPHERS = flags({1: "triple DES", 2: "AES-128", 3: "AES-192", 4: "AES-256", 8: "with an initial vector"})
_CAPABILITIES = {
    0xA0: Row("secure channel", clause=_CAPABLE, inside=template(_PROTOCOL)),
    0x81: Row("privileges of security domains", privileges, _CAPABLE),
    0x82: Row("privileges of applications", privileges, _CAPABLE),
    0x83: Row("hashes of load files", _listed(_HASHES), _CAPABLE),
    0x84: Row("ciphers of load files", _CIPHERS, _CAPABLE),
    0x85: Row("signatures of tokens", _suites, _CAPABLE),
    0x86: Row("signatures of receipts", _suites, _CAPABLE),
    0x87: Row("signatures of DAPs", _suites, _CAPABLE),
    0x88: Row("curves", lambda data: ", ".join(curve(bytes((octet,))) for octet in data), _CAPABLE),
}

_PRODUCTION = (
    ("IC fabricator", 2), ("IC type", 2), ("operating system", 2), ("operating system release date", 2),
    ("operating system release level", 2), ("IC fabrication date", 2), ("IC serial number", 4),
    ("IC batch", 2), ("IC module fabricator", 2), ("IC module packaging date", 2), ("ICC manufacturer", 2),
    ("IC embedding date", 2), ("IC pre-personalizer", 2), ("pre-personalization date", 2),
    ("pre-personalization equipment", 4), ("IC personalizer", 2), ("personalization date", 2),
    ("personalization equipment", 4),
)  # fmt: skip
"""CPLC, 42 bytes: name and length of each field (Visa's card production life cycle, in use with
GlobalPlatform)."""


def _day(data: bytes) -> str:
    """YDDD in BCD: last digit of the year, day of the year."""
    digits = data.hex()
    if digits == "0000":
        return "not set"
    if not digits.isdecimal() or not 1 <= int(digits[1:]) <= 366:
        return hexadecimal(data)
    return f"day {int(digits[1:])} of a year that ends in {digits[0]}"


def production(cursor: Cursor) -> Iterator[Field]:
    """CPLC data ('9F7F')."""
    for name, length in _PRODUCTION:
        yield cursor.field(name, length, _day if name.endswith("date") else hexadecimal)


_RESOURCES = {
    0x81: Row("installed applications", number, "TS 102 226 §8.2.1.7.2"),
    0x82: Row("free non-volatile memory", counted("bytes"), "TS 102 226 §8.2.1.7.2"),
    0x83: Row("free volatile memory", counted("bytes"), "TS 102 226 §8.2.1.7.2"),
}
_LEVELS = flags({1: "C-MAC", 2: "C-DECRYPTION", 5: "R-MAC", 6: "R-ENCRYPTION", 8: "authenticated",
                 7: "any authenticated"}, "none")  # fmt: skip
_GET = "GP Card Specification §11.3.3.1"
_TOKENS = "GP Card Specification §11.11.2"
OBJECTS: dict[int, Row] = {
    0x42: Row("issuer identification number", hexadecimal, _TOKENS),
    0x45: Row("card image number", hexadecimal, _TOKENS),
    0x4F: Row("AID", application, _GET),
    0x5A: Row("EID or ICCID", hexadecimal, "SGP.22 §5.7.20"),
    0x5F20: Row("security domain provider", hexadecimal, _TOKENS),
    0x5F50: Row("URL of the security domain manager", ascii_text, _TOKENS),
    0x66: Row("card data", clause="GP Card Specification §H.2", inside=template({
        0x73: Row("card recognition data", clause=_ANNEX, inside=template(RECOGNITION)),
    })),
    0x67: Row("card capabilities", clause="GP Card Specification §H.4", inside=template(_CAPABILITIES)),
    0x70: Row("security domain data", clause=_TOKENS, inside=template({})),
    0xC1: Row("sequence counter", number, "GP Card Specification §11.3.3.1"),
    0xC2: Row("confirmation counter", number, _GET),
    0xCF: Row("key diversification data", hexadecimal, _GET),
    0xD3: Row("security level", _LEVELS, _GET),
    0xE0: Row("keys", clause=_GET, inside=template(INFORMATION)),
    0x2F00: Row("applications", clause=_GET, inside=template(APPLICATION_TEMPLATE)),
    0x9F7F: Row("card production life cycle", inside=production, clause="CPLC"),
    0xFF1F: Row("menu parameters", clause="TS 102 226 §8.2.1.7.1", inside=template({})),
    0xFF20: Row("card resources", clause="TS 102 226 §8.2.1.7.1", inside=template(_RESOURCES)),
    0xFF21: Row("extended card resources", clause="TS 102 226 §8.2.1.7.2", inside=template(_RESOURCES)),
    **CONTROL_REFERENCE,
    **RULES,
}  # fmt: skip
"""Tag → data object."""
objects = template(OBJECTS)


def asked(command: CommandApdu, _: Place) -> str:
    """The object that P1 and P2 name."""
    tag = command.p1 << 8 | command.p2
    row = OBJECTS.get(tag)
    return f"object {tag:04X}{f' ({row.name})' if row else ''}"


def got(command: CommandApdu, _: Place) -> Decoder:
    """The answer to GET DATA: the object with its tag, or where a card leaves that out, its value alone. The
    tag is that of the command: '2F00' is none by the rules of BER."""
    tag = command.p1 << 8 | command.p2
    octets = bytes((command.p1, command.p2)).lstrip(b"\0") or b"\0"
    row = OBJECTS.get(tag)

    def decode(cursor: Cursor) -> Iterator[Field]:
        if row is None:
            yield from objects(cursor)
        elif cursor.peek(len(octets)) == octets:
            yield one(cursor, {tag: row}, lambda inner: _header(inner, tag, len(octets)))
        elif row.inside:
            yield cursor.group(row.name, None, row.inside, row.clause)
        else:
            yield cursor.field(row.name, None, row.words, row.clause)

    return decode


def _header(cursor: Cursor, tag: int, size: int) -> Header:
    """The header of an object whose tag is known and has so many bytes."""
    cursor.take(size)
    start, end = extent(cursor)
    return Header(tag, start, end)


_ENCRYPTION = {0: "not ciphered", 1: "ciphered as the application says", 3: "ciphered"}
_DGI, _BER_TLV, _STRUCTURE = 0x08, 0x10, 0x18


def store_parameters(command: CommandApdu) -> tuple[str, str]:
    """P1 and P2 of STORE DATA (Table 11-89)."""
    last = "last block" if command.p1 & 0x80 else "more blocks follow"
    layout = {0x00: "no layout said", _DGI: "DGIs", _BER_TLV: "TLVs"}.get(command.p1 & _STRUCTURE, "reserved")
    return f"{last}, {layout}, {_ENCRYPTION.get(command.p1 >> 5 & 3, '')}", f"block {command.p2}"


_GROUPS: dict[int, tuple[str, Decoder | None]] = {
    0x0070: ("security domain data", objects),
    0x00B9: ("control reference template of keys", template(CONTROL_REFERENCE)),
    0x0036: ("ECC public key", None),
    0x8113: ("keys, enciphered", None),
    0x8137: ("ECC private key, enciphered", None),
    0x8143: ("RSA private key, CRT, enciphered", None),
}
"""Data grouping identifier → what it holds (§11.11.4)."""


def _data_groups(cursor: Cursor) -> Iterator[Field]:
    """Identifier (2), length (1, or 'FF' and 2), data, one after the other (§11.11.3.1)."""
    while cursor.left:
        start = cursor.at
        identifier = int.from_bytes(cursor.take(2), "big")
        length = cursor.take(1)[0]
        length = int.from_bytes(cursor.take(2), "big") if length == 0xFF else length
        if length > cursor.left:
            raise Unreadable(f"data group {identifier:04X} has {length} bytes, {cursor.left} are there")
        name, inside = _GROUPS.get(identifier, ("data group", None))
        title = f"{name} ({identifier:04X})"
        data = cursor.peek(length)
        inner = cursor.group(title, length, inside) if inside else None
        if inner is None:
            cursor.take(length)
        yield Field(
            title,
            "" if inner else hexadecimal(data),
            start,
            cursor.at - start,
            "GP Card Specification §11.11.4",
            inner.children if inner else (),
        )


def stored(command: CommandApdu, _: Place) -> Decoder:
    """Data of STORE DATA to a security domain or an application: data groups, or objects."""
    if command.p1 & _STRUCTURE == _DGI:
        return _data_groups

    def decode(cursor: Cursor) -> Iterator[Field]:
        # What an operator changes in the metadata comes to the MNO-SD as a message of ES6.
        if es10.tag_of(cursor.peek(2)) in es10.FUNCTIONS:
            yield from es10.request(cursor)
        else:
            yield from objects(cursor)

    return decode
