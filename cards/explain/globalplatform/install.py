"""INSTALL and DELETE: fields behind their lengths, and the parameters of loading, installing and making
selectable (GP Card Specification §11.5, §11.2)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.apdu import CommandApdu
from cards.explain.fields import Cursor, Decoder, Field, Unreadable, Words, counted, flags, hexadecimal, named
from cards.explain.files.uicc import application
from cards.explain.globalplatform.toolkit_parameters import ACCESS, toolkit_and_access
from cards.explain.globalplatform.words import implicit_selection, key_version, privileges
from cards.explain.place import Place
from cards.explain.tlvs import Row, template

_PURPOSES = {
    0x40: "registry update", 0x20: "personalization", 0x10: "extradition", 0x08: "make selectable",
    0x04: "install", 0x02: "load",
}  # fmt: skip
_COMBINED = {0x01: "begins a combined loading", 0x03: "ends a combined loading"}
_MORE = 0x80


def purpose(command: CommandApdu) -> str:
    """'load', 'install and make selectable' … (Table 11-42)."""
    names = [text for bit, text in reversed(_PURPOSES.items()) if command.p1 & bit]
    return " and ".join(names)


def asked(command: CommandApdu, _: Place) -> str:
    return f"[for {purpose(command) or 'nothing that is known'}]"


def parameters(command: CommandApdu) -> tuple[str, str]:
    more = ", more INSTALL commands follow" if command.p1 & _MORE else ""
    return f"for {purpose(command)}{more}", _COMBINED.get(command.p2, "")


_TOKEN_REFERENCE = {
    0x42: Row("identification of the token issuer (IIN)"),
    0x45: Row("card image number of the token issuer"),
    0x5F20: Row("identifier of the application provider", hexadecimal),
    0x93: Row("token number"),
}
_SIGNATURE = Row("control reference template of the token", clause="GP Card Specification Table 11-53",
                 inside=template(_TOKEN_REFERENCE))  # fmt: skip
_BYTES = counted("bytes")
_CONTACTLESS = Row("contactless parameters", clause="GP Amendment C §3.11.3", inside=template({}))
_LOAD = "GP Card Specification Table 11-48"
LOADING = template(
    {
        0xEF: Row("system parameters", clause=_LOAD, inside=template({
            0xC6: Row("memory for code, at least", _BYTES, _LOAD),
            0xC7: Row("volatile memory, at least", _BYTES, _LOAD),
            0xC8: Row("non-volatile memory for data, at least", _BYTES, _LOAD),
            0xCD: Row("format of the load file data block", hexadecimal, _LOAD),
            0xDD: Row("parameters of the load file data block", hexadecimal, _LOAD),
        })),
        0xB6: _SIGNATURE,
    }
)  # fmt: skip
"""Load parameters."""

_SD = "GP UICC Configuration §4.3.2"


def _protocol(data: bytes) -> str:
    if len(data) != 2:
        raise Unreadable("a secure channel protocol is identifier and options, two bytes")
    return f"SCP{data[0]:02X}, i = {data[1]:02X}"


_SECURITY_DOMAIN = {
    0x45: Row("card image number", hexadecimal, _SD),
    0x81: Row("secure channel protocol", _protocol, _SD),
    0x82: Row("accepts extradition to it", hexadecimal, _SD),
    0x83: Row("accepts deletion of associated domains", hexadecimal, _SD),
    0x84: Row("goes to PERSONALIZED", hexadecimal, _SD),
    0x86: Row("CASD capabilities", hexadecimal, _SD),
    0x87: Row("accepts extradition from it", hexadecimal, _SD),
}
_SECURITY_DOMAIN_PRIVILEGE = 0x80


def application_parameters(is_security_domain: bool) -> Row:
    """'C9': what the application itself is told, which only that of a security domain lays down."""
    name, clause = "parameters of the application", "GP Card Specification Table 11-49"
    if is_security_domain:
        return Row("parameters of the security domain", clause=clause, inside=template(_SECURITY_DOMAIN))
    return Row(name, lambda data: hexadecimal(data) if data else "none", clause)


_INSTALL = "GP Card Specification Table 11-49"
_SYSTEM = {
    0xC7: Row("volatile memory, at most", _BYTES, _INSTALL),
    0xC8: Row("non-volatile memory, at most", _BYTES, _INSTALL),
    0xCA: Row(
        "SIM file access and toolkit parameters", clause="TS 102 226 §8.2.1.3.2.1", inside=toolkit_and_access
    ),
    0xCB: Row("global service parameters", hexadecimal, _INSTALL),
    0xCF: Row("implicit selection", implicit_selection, _INSTALL),
    0xD7: Row("volatile memory set aside", _BYTES, _INSTALL),
    0xD8: Row("non-volatile memory set aside", _BYTES, _INSTALL),
    0xA0: _CONTACTLESS,
    0xA1: _CONTACTLESS,
}


def installing(is_security_domain: bool) -> Decoder:
    """Install parameters."""
    return template(
        {
            0xC9: application_parameters(is_security_domain),
            0xEF: Row("system parameters", clause=_INSTALL, inside=template(_SYSTEM)),
            0xEA: Row("UICC system parameters", clause="TS 102 226 §8.2.1.3.2.2", inside=template(ACCESS)),
            0xB6: _SIGNATURE,
        }
    )


_SELECTING = template(
    {
        0xEF: Row(
            "system parameters",
            clause="GP Card Specification Table 11-50",
            inside=template(
                {
                    0xCF: Row("implicit selection", implicit_selection, "GP Card Specification §11.1.7"),
                    0xA0: _CONTACTLESS,
                    0xA1: _CONTACTLESS,
                }
            ),
        ),
        0xB6: _SIGNATURE,
    }
)
"""Parameters of making selectable; those of extradition and registry update are the same with fewer or more
rows of Tables 11-51 and 11-52."""
_RESTRICTIONS = flags(
    {1: "delete", 2: "load", 3: "install", 4: "make selectable", 5: "extradition", 6: "personalization",
     7: "registry update"}
)  # fmt: skip
_UPDATING = template(
    {
        0xEF: Row(
            "system parameters",
            clause="GP Card Specification Table 11-52",
            inside=template(
                {
                    0xCF: Row("implicit selection", implicit_selection, "GP Card Specification §11.1.7"),
                    0xD9: Row("restricted", _RESTRICTIONS, "GP Card Specification Table 11-53"),
                    0xA0: _CONTACTLESS,
                    0xA1: _CONTACTLESS,
                }
            ),
        ),
        0xB6: _SIGNATURE,
    }
)


def _length(cursor: Cursor) -> int:
    """One octet, or '81' and one, or '82' and two."""
    first = cursor.take(1)[0]
    if first in (0x81, 0x82):
        return int.from_bytes(cursor.take(first & 0x7F), "big")
    return first


def _counted(cursor: Cursor, name: str, words: Words = hexadecimal, clause: str = "",
             inside: Decoder | None = None) -> Field:  # fmt: skip
    """A field behind its length, which is part of it."""
    start = cursor.at
    length = _length(cursor)
    if not length:
        return Field(name, "not given", start, cursor.at - start, clause)
    header = cursor.at - start
    inner = (
        cursor.group(name, length, inside, clause) if inside else cursor.field(name, length, words, clause)
    )
    if inside:
        return Field(name, f"{length} bytes", start, header + length, clause, inner.children)
    return Field(name, inner.value, start, header + length, clause, problem=inner.problem)


def _load(cursor: Cursor) -> Iterator[Field]:
    """Table 11-43."""
    yield _counted(cursor, "load file", application)
    yield _counted(cursor, "security domain", application)
    yield _counted(cursor, "hash of the load file data block")
    yield _counted(cursor, "load parameters", clause="GP Card Specification §11.5.2.3.7", inside=LOADING)
    yield _counted(cursor, "load token")


def _install(cursor: Cursor) -> Iterator[Field]:
    """Tables 11-44, 11-45."""
    yield _counted(cursor, "load file", application)
    yield _counted(cursor, "module", application)
    yield _counted(cursor, "application", application)
    given = cursor.peek(2)
    yield _counted(cursor, "privileges", privileges, "GP Card Specification Table 11-7")
    is_domain = len(given) == 2 and bool(given[0] and given[1] & _SECURITY_DOMAIN_PRIVILEGE)
    yield _counted(
        cursor, "install parameters", clause="GP Card Specification §11.5.2.3.7", inside=installing(is_domain)
    )
    yield _counted(cursor, "install token")


def _six(first: str, parameter_name: str, inside: Decoder) -> Decoder:
    """Six fields, of which the second is empty: what all other purposes have (Tables 11-46 to 11-49)."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        yield _counted(cursor, first, application)
        yield _counted(cursor, "empty")
        yield _counted(cursor, "application", application)
        yield _counted(cursor, "privileges", privileges, "GP Card Specification Table 11-7")
        yield _counted(cursor, parameter_name, clause="GP Card Specification §11.5.2.3.7", inside=inside)
        yield _counted(cursor, "token")

    return decode


_LAYOUTS: dict[int, Decoder] = {
    0x02: _load,
    0x04: _install,
    0x08: _six("empty", "make selectable parameters", _SELECTING),
    0x0C: _install,
    0x10: _six("security domain", "extradition parameters", template({0xB6: _SIGNATURE})),
    0x20: _six("empty", "empty", template({})),
    0x40: _six("security domain", "registry update parameters", _UPDATING),
}
"""P1 without b8 → data (§11.5.2.3)."""
_ALL_AT_ONCE = 0x0E


def data(command: CommandApdu, _: Place) -> Decoder | None:
    """The layout that P1 says; a combined loading begins with that of loading and ends with that of
    installing (§11.5.2.3.6)."""
    purpose_bits = command.p1 & ~_MORE
    if purpose_bits == _ALL_AT_ONCE:
        return _install if command.p2 == 0x03 else _load
    return _LAYOUTS.get(purpose_bits)


def confirmation(cursor: Cursor) -> Iterator[Field]:
    """What card content management answers: a receipt behind its length, and who gave it (§11.1.6)."""
    start = cursor.at
    length = _length(cursor)
    if not length:
        yield Field("receipt", "none", start, cursor.at - start, "GP Card Specification §11.1.6")
        return
    yield cursor.field("receipt", length, clause="GP Card Specification §11.1.6")
    if cursor.left:
        yield _counted(cursor, "confirmation counter")
        yield _counted(cursor, "card unique data")
    while cursor.left:
        yield _counted(cursor, "further data")


deleted = template(
    {
        0x4F: Row("to be deleted", application, "GP Card Specification Table 11-23"),
        0xD0: Row("key identifier", hexadecimal, "GP Card Specification Table 11-24"),
        0xD2: Row("key version", key_version, "GP Card Specification Table 11-24"),
        0xB6: _SIGNATURE,
        0x9E: Row("delete token", hexadecimal, "GP Card Specification Table 11-23"),
    }
)
"""Data of DELETE."""


def delete_parameters(command: CommandApdu) -> tuple[str, str]:
    scope = named({0: "this object only", 1: "this object and all that come from it"})
    return "", scope(bytes((command.p2 >> 7,))).partition(": ")[2]


def deletion_asked(command: CommandApdu, _: Place) -> str:
    """'of A0000…', 'of key version 30'."""
    if command.data[:1] == b"\x4f" and len(command.data) >= 2:
        return f"of {application(command.data[2 : 2 + command.data[1]])}"
    return "of keys" if command.data[:1] in (b"\xd0", b"\xd2") else ""
