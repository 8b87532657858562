"""The pieces of a bound profile package as they come, each in a message of its own (SGP.22 §2.5.5, §5.5,
§5.7.6)."""

from __future__ import annotations

from collections.abc import Iterator

from asn1 import rsp, saip, tlv
from asn1.errors import Asn1Error
from cards.explain.es10 import tag_of, tree
from cards.explain.fields import Cursor, Field, hexadecimal
from cards.explain.secrets import PackageOpener, Secrets
from cards.explain.tlvs import ber_header, template

_MAC = 8
PIECES = {
    0xBF36: "InitialiseSecureChannel", 0xA0: "ConfigureISDP", 0xA1: "StoreMetadata, begin",
    0x88: "StoreMetadata, segment", 0xA2: "ReplaceSessionKeys", 0xA3: "LoadProfileElements, begin",
    0x86: "LoadProfileElements, segment",
}  # fmt: skip
"""Tag that a piece begins with → what it is."""
CLAUSES = {
    0xBF36: "SGP.22 §5.5.1", 0xA0: "SGP.22 §5.5.2", 0xA1: "SGP.22 §5.5.3", 0x88: "SGP.22 §5.5.3",
    0xA2: "SGP.22 §5.5.4", 0xA3: "SGP.22 §5.5.5", 0x86: "SGP.22 §5.5.5",
}  # fmt: skip


class PackageReader:
    """Follows one package; with keys, what its segments say."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._opener: PackageOpener | None = None
        self._announced = 0
        self._metadata = b""
        self._elements = b""
        """Clear bytes of profile elements that are not whole yet."""
        self._element_number = 0

    def takes(self, message: bytes) -> bool:
        """Whether a message is a piece of a package."""
        return tag_of(message) in PIECES

    def fields(self, cursor: Cursor) -> Iterator[Field]:
        """A piece."""
        tag = tag_of(cursor.peek(2))
        begin = cursor.at
        if tag == 0xBF36:
            yield from self._head(cursor)
        elif tag in (0xA1, 0xA3):
            cursor.take(1)
            length = _length(cursor)
            self._announced, self._metadata = length, b"" if tag == 0xA1 else self._metadata
            said = f"{length} bytes of segments follow, a message each"
            yield Field(f"{PIECES[tag]} ({tag:02X})", said, begin, cursor.at - begin, CLAUSES[tag])
        elif tag in (0xA0, 0xA2):
            header = ber_header(cursor)
            children = tuple(self._segments(Cursor(cursor.data, header.start, header.end)))
            yield Field(f"{PIECES[tag]} ({tag:02X})", "", begin, cursor.at - begin, CLAUSES[tag], children)
        else:
            yield from self._segments(cursor)

    def _head(self, cursor: Cursor) -> Iterator[Field]:
        begin = cursor.at
        cursor.take(2)
        length = _length(cursor)
        said = f"a package of {length} bytes begins"
        yield Field("BoundProfilePackage (BF36)", said, begin, cursor.at - begin, "SGP.22 §2.5.3")
        start = cursor.at
        message = cursor.data[start : ber_header(cursor).end]
        self._opener, self._metadata, self._elements, self._element_number = None, b"", b"", 0
        yield from tree(rsp, "InitialiseSecureChannelRequest", message, start)
        one_time: bytes = rsp.decode("InitialiseSecureChannelRequest", message)["smdpOtpk"]
        self._opener = self._secrets.package(one_time)

    def _segments(self, cursor: Cursor) -> Iterator[Field]:
        while cursor.left:
            begin = cursor.at
            tag, start, end = ber_header(cursor)
            segment = cursor.data[begin:end]
            yield self._segment(tag, segment, begin, start)

    def _segment(self, tag: int, segment: bytes, begin: int, start: int) -> Field:
        """One segment: what it carries, and its MAC (§2.6.4)."""
        header, end = start - begin, len(segment) - _MAC
        mac = Field("MAC", hexadecimal(segment[end:]), begin + end, _MAC, "SGP.22 §2.6.4.5")
        opened = self._opener.open(segment, ciphered=tag != 0x88) if self._opener else None
        if tag == 0x88:
            body, name, note = segment[header:end], "data, not ciphered", opened.note if opened else ""
            inner = self._store_metadata(body)
        elif opened is None:
            body, name, note = segment[header:end], "ciphered data", "no key is known"
            inner = ()
        else:
            body, name, note = opened.data, "deciphered data", opened.note
            inner = self._clear(tag, body)
        value = note or hexadecimal(body)
        shown = Field(name, value, begin + header, end - header, "SGP.22 §2.6.4.4", inner, data=body)
        clause = CLAUSES.get(tag, "SGP.22 §2.5.3")
        return Field(
            f"segment ({tag:02X})", f"{len(segment)} bytes", begin, len(segment), clause, (shown, mac)
        )

    def _store_metadata(self, body: bytes) -> tuple[Field, ...]:
        """The metadata, once they are whole."""
        self._metadata += body
        joined = self._metadata
        try:
            fields = tree(rsp, "StoreMetadataRequest", joined)
        except Asn1Error:
            return ()
        if joined == body:
            return fields
        return (Field("metadata, joined", "", 0, len(joined), "", fields, data=joined),)

    def _clear(self, tag: int, body: bytes) -> tuple[Field, ...]:
        if tag == 0x86:
            return tuple(self._profile_elements(body))
        name = {0xBF24: "ConfigureISDPRequest", 0xBF26: "ReplaceSessionKeysRequest"}.get(tag_of(body))
        try:
            if name is None:
                return tuple(template({})(Cursor(body)))
            if name == "ReplaceSessionKeysRequest" and self._opener:
                keys = rsp.decode(name, body)
                self._opener.replace_keys(keys["ppkEnc"], keys["ppkCmac"], keys["initialMacChainingValue"])
            return tree(rsp, name, body)
        except (ValueError, KeyError) as error:
            return (Field("not readable", hexadecimal(body), 0, len(body), problem=str(error)),)

    def _profile_elements(self, body: bytes) -> Iterator[Field]:
        """The profile elements that this segment completes."""
        self._elements += body
        while self._elements:
            try:
                _, _, end = tlv.read_header(self._elements, 0)
            except Asn1Error:
                return
            if end > len(self._elements):
                return
            element, self._elements = self._elements[:end], self._elements[end:]
            self._element_number += 1
            try:
                fields = tree(saip, "ProfileElement", element)
                problem = ""
            except Asn1Error as error:
                fields, problem = (), str(error)
            name = f"profile element {self._element_number}"
            value = fields[0].name.partition(" (")[0] if fields else hexadecimal(element)
            inner = fields[0].children if fields else ()
            yield Field(name, value, 0, len(element), "SAIP §8", inner, problem, data=element)


def _length(cursor: Cursor) -> int:
    """A length whose value does not follow here."""
    first = cursor.take(1)[0]
    return int.from_bytes(cursor.take(first & 0x7F), "big") if first & 0x80 else first
