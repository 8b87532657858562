"""Data and answers of commands that few sessions have: INCREASE, SEARCH RECORD, SUSPEND UICC,
GET IDENTITY, AUTHENTICATE in other contexts than the network's (TS 102 221 §11.1, TS 31.102 §7.1.2, §7.5)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.apdu import CommandApdu
from cards.explain.fields import Cursor, Decoder, Field, hexadecimal, named, number, utf8
from cards.explain.numbers import bcd, plmn
from cards.explain.place import Place
from cards.explain.tlvs import Row, template

_GBA, _MBMS, _LOCAL_KEY = 4, 5, 6
"""Authentication contexts in b3 to b1 of P2 (TS 31.102 Table 7.1)."""
_BOOTSTRAPPING, _NAF = 0xDD, 0xDE
_GBA_TAGS = {_BOOTSTRAPPING: "GBA bootstrapping", _NAF: "key for an application (NAF)"}
_RESULTS = {0xDB: "successful", 0xDC: "synchronisation failure"}
_NULL_SCHEME = 0
_SCHEMES = {_NULL_SCHEME: "null scheme", 1: "Profile A", 2: "Profile B"}
_PUBLIC_KEY_BYTES = {1: 32, 2: 33}
_MAC_BYTES = 8
"""Protection schemes, their ephemeral keys, and the MAC behind the ciphertext (TS 33.501 §C.1, §C.3.4)."""
_UNITS = {0: "s", 1: "min", 2: "h", 3: "days", 4: "times 10 days"}


def _behind_lengths(cursor: Cursor, *names: str) -> Iterator[Field]:
    for name in names:
        size = cursor.peek()
        if size:
            yield cursor.field(f"length of {name}", 1, number)
            yield cursor.field(name, size[0], utf8 if name == "IMPI" else hexadecimal)


def challenge(command: CommandApdu, _: Place) -> Decoder:
    """Data of AUTHENTICATE: RAND and AUTN, each behind its length; in the GBA context behind a tag, or the
    identifiers of an application and the subscriber (TS 31.102 §7.1.2.4)."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        tag = cursor.peek()
        if command.p2 & 7 == _GBA and tag and tag[0] in _GBA_TAGS:
            yield cursor.field("what is asked for", 1, named(_GBA_TAGS))
            names = ("RAND", "AUTN") if tag[0] == _BOOTSTRAPPING else ("NAF_ID", "IMPI")
            yield from _behind_lengths(cursor, *names)
        elif command.p2 & 7 == _MBMS:
            yield cursor.field("MIKEY message or key identifiers (TS 33.246)", None)
        elif command.p2 & 7 == _LOCAL_KEY:
            yield from template({})(cursor)
        else:
            yield from _behind_lengths(cursor, "RAND", "AUTN")

    return decode


def authenticated(command: CommandApdu, _: Place) -> Decoder:
    """RES, CK, IK, Kc behind 'DB'; AUTS behind 'DC'; SRES and Kc in the GSM context; a key of an application
    in that of GBA (TS 31.102 §7.1.2.1 to §7.1.2.4)."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        first = cursor.peek()
        if not first or first[0] not in _RESULTS:
            yield from _behind_lengths(cursor, "SRES", "Kc")
            return
        yield cursor.field("result", 1, named(_RESULTS))
        if first[0] == 0xDC:
            yield from _behind_lengths(cursor, "AUTS")
        elif command.p2 & 7 == _GBA and command.data[:1] == bytes((_NAF,)):
            yield from _behind_lengths(cursor, "Ks_ext_NAF")
        elif command.p2 & 7 in (_MBMS, _LOCAL_KEY):
            yield cursor.field("result data", None)
        else:
            yield from _behind_lengths(cursor, "RES", "CK", "IK", "Kc")

    return decode


def added(cursor: Cursor) -> Iterator[Field]:
    """Data of INCREASE (TS 102 221 §11.1.8)."""
    yield cursor.field("added", None, number)


def increased(cursor: Cursor) -> Iterator[Field]:
    """The record as it is now, then what was added, in as many bytes as it came."""
    size = 3 if cursor.left > 3 else 0
    yield cursor.field("new value", cursor.left - size, number)
    if size:
        yield cursor.field("added", size, number)


def pattern(command: CommandApdu, _: Place) -> Decoder:
    """Data of SEARCH RECORD; an enhanced search says first where to look (TS 102 221 §11.1.7)."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        if command.p2 & 7 == 6 and cursor.left > 2:
            yield cursor.field("search indication", 2)
        yield cursor.field("pattern", None)

    return decode


def _duration(data: bytes) -> str:
    return f"{data[1]} {_UNITS.get(data[0], 'units')}"


def suspension(command: CommandApdu, _: Place) -> Decoder:
    """Data of SUSPEND UICC: how long, at least and at most; or the token to resume with (TS 102 221
    §11.1.22)."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        if command.p1 == 0x01:
            yield cursor.field("resume token", None)
            return
        yield cursor.field("at least", 2, _duration)
        yield cursor.field("at most", 2, _duration)

    return decode


def suspended(cursor: Cursor) -> Iterator[Field]:
    """How long the card may be suspended, and the token that it resumes with."""
    yield cursor.field("at most", 2, _duration)
    yield cursor.field("resume token", None)


def random_bytes(cursor: Cursor) -> Iterator[Field]:
    """The answer to GET CHALLENGE (TS 102 221 §11.1.18)."""
    yield cursor.field("challenge", None)


def found_record(cursor: Cursor) -> Iterator[Field]:
    """The answer to SEEK of type 2 (TS 51.011 §9.2.7)."""
    yield cursor.field("found in record", 1, number)


def _suci(cursor: Cursor) -> Iterator[Field]:
    """A 5GS mobile identity of the type SUCI from octet 4 on (TS 24.501 §9.11.3.4)."""
    kind = cursor.peek()
    yield cursor.field("SUPI format and type of identity", 1, _kind_of_identity)
    if kind and kind[0] >> 4 & 7:
        is_open = b".schid0." in cursor.rest  # TS 23.003 §28.7.3
        yield cursor.field("NAI" if is_open else "concealed NAI", None, utf8)
        return
    yield cursor.field("home network", 3, plmn)
    yield cursor.field("routing indicator", 2, bcd)
    scheme = (cursor.peek() or b"\xff")[0] & 0xF
    yield cursor.field("protection scheme", 1, named(_SCHEMES))
    yield cursor.field("home network public key identifier", 1, number)
    if scheme == _NULL_SCHEME:
        yield cursor.field("MSIN", None, bcd)
    elif scheme in _PUBLIC_KEY_BYTES:
        yield cursor.field("ephemeral public key", _PUBLIC_KEY_BYTES[scheme])
        yield cursor.field("enciphered MSIN", max(cursor.left - _MAC_BYTES, 0))
        yield cursor.field("MAC of the SUCI", None)
    else:
        yield cursor.field("scheme output", None)


def _kind_of_identity(data: bytes) -> str:
    supi = {0: "IMSI", 1: "network specific identifier", 2: "GCI", 3: "GLI"}.get(data[0] >> 4 & 7, "unknown")
    return f"{data[0]:02X}: {supi}, {'SUCI' if data[0] & 7 == 1 else 'no SUCI'}"


_IDENTITIES = {0xA1: Row("SUCI", inside=_suci, clause="TS 31.102 §7.5.2.1")}
identity = template(_IDENTITIES)
"""The answer to GET IDENTITY (TS 31.102 §7.5.2)."""
