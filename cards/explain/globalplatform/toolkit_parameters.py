"""What an application on a UICC may do: toolkit, files, administration (TS 102 226 §8.2.1.3.2)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.fields import Cursor, Decoder, Field, Unreadable, hexadecimal, named, number
from cards.explain.files.uicc import application
from cards.explain.sms import security_level
from cards.explain.tlvs import Row

_DOMAINS = {
    0x00: "full access", 0x01: "as the access domain of an APDU", 0x02: "by access conditions",
    0x03: "by access conditions of the 3G application", 0xFF: "no access",
}  # fmt: skip
"""Access domain parameter (§8.2.1.3.2.5)."""
_CLAUSE = "TS 102 226 §8.2.1.3.2"
_TAR = 3


def _access_domain(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("access domain parameter", 1, named(_DOMAINS), f"{_CLAUSE}.5")
    if cursor.left:
        yield cursor.field("access domain data", None)


def _behind_length(cursor: Cursor, name: str, decoder: Decoder) -> Iterator[Field]:
    length = cursor.peek()
    yield cursor.field(f"length of {name}", 1, number)
    if length[0]:
        yield cursor.group(name, length[0], decoder)


def _menu_entries(cursor: Cursor) -> Iterator[Field]:
    count = cursor.peek()
    yield cursor.field("menu entries, at most", 1, number)
    for entry in range(1, count[0] + 1):
        yield cursor.field(
            f"menu entry {entry}",
            2,
            lambda data: f"position {data[0] or 'any'}, identifier {data[1] or 'any'}",
        )


def _security_level(cursor: Cursor) -> Iterator[Field]:
    """Minimum security level: how it is said, then SPI (§8.2.1.3.2.6)."""
    yield cursor.field("level is said", 1, named({1: "by the first byte of SPI"}))
    if cursor.left:
        yield cursor.field("minimum security level", 1, security_level, "TS 102 225 §5.1.1")


def _application_references(cursor: Cursor) -> Iterator[Field]:
    place = 0
    while cursor.left >= _TAR:
        place += 1
        yield cursor.field(f"TAR {place}", _TAR, hexadecimal, "TS 101 220 annex D")


def _toolkit(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("priority", 1, number)
    yield cursor.field("timers, at most", 1, number)
    yield cursor.field("length of a menu text, at most", 1, number)
    yield from _menu_entries(cursor)
    yield cursor.field("channels, at most", 1, number)
    if cursor.left:
        yield from _behind_length(cursor, "minimum security level", _security_level)
    if cursor.left:
        yield from _behind_length(cursor, "TAR values", _application_references)


def toolkit_and_access(cursor: Cursor) -> Iterator[Field]:
    """'CA': access domain, then toolkit parameters (§8.2.1.3.2.1)."""
    yield from _behind_length(cursor, "access domain", _access_domain)
    yield from _toolkit(cursor)


def toolkit(cursor: Cursor) -> Iterator[Field]:
    """'80' in 'EA' (§8.2.1.3.2.2.1)."""
    yield from _toolkit(cursor)
    if cursor.left:
        yield cursor.field("services, at most", 1, number)


def file_access(cursor: Cursor) -> Iterator[Field]:
    """'81' and '82' in 'EA': for the UICC's files, whose AID is empty, and for each ADF an access domain and
    its DAP (§8.2.1.3.2.2.2)."""
    while cursor.left:
        length = cursor.peek()[0]
        if length > 16:
            raise Unreadable(f"an AID has up to 16 bytes, not {length}")
        yield cursor.field("length of AID", 1, number)
        if length:
            yield cursor.field("for files of", length, application)
        else:
            yield Field("for files of", "the UICC", cursor.at, 0)
        yield from _behind_length(cursor, "access domain", _access_domain)
        if cursor.left:
            yield from _behind_length(
                cursor, "DAP of the access domain", lambda inner: [inner.field("DAP", None)]
            )


ACCESS = {
    0x80: Row("toolkit parameters", clause=f"{_CLAUSE}.2.1", inside=toolkit),
    0x81: Row("file access parameters", clause=f"{_CLAUSE}.2.2", inside=file_access),
    0x82: Row("administrative file access parameters", clause=f"{_CLAUSE}.2.3", inside=file_access),
}
"""In 'EA'."""
